"""What visitors left on the page without ordering a clip: it outlives the program, for them alone, until deleted."""

import os
import shutil
import sqlite3
import stat
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from animate import examples
from studio import left
from studio.archive import digest
from studio.choices import choose
from studio.left import Given, Left
from studio.limits import LIMITS
from studio.page import Studio, build
from studio.returning import Returning
from studio.runs import State
from studio.wishes import TUNING, Wish
from studio.words import Words
from tests.awaiting import awaited
from tests.fake_animator import FakeAnimator
from tests.media import dancer, encode

CHARACTER, BODY = examples.characters()["bear"], [[0.5, 0.25, 1.0]] * 18
PAGE: Any = SimpleNamespace(session_hash="page")
SET = ["draft", "large", 2.5, 1, 40, 2, 77, "size", "steady", 0.5]


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    """What one visitor has uploaded."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    Image.fromarray(dancer(1)[0]).save(folder / "picture.png")
    (folder / "pose.json").write_text("{}")
    encode(folder / "dance.mp4", dancer(10))
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture
def given(files) -> Given:
    choice = choose({}, "picture", files["picture"], character=1, body=BODY)
    choice = choose(choice, "dance", files["dance"], person=2, edits=[[4, 0.5, 0.25, None]], pose=files["pose"])
    return Given(
        picture=files["picture"], dance=files["dance"], choice=choice, fields=dict(zip(TUNING, SET, strict=True))
    )


def kept(folder: Path, *, hours: float = 24) -> Left:
    return Left(folder / "private" / "left.db", hours=hours)


def written(folder: Path) -> bytes:
    """All that is on the disk of it, in its log too."""
    return b"".join(path.read_bytes() for path in (folder / "private").glob("left.db*"))


def test_it_outlives_the_program_for_its_visitor_alone(given, tmp_path):
    kept(tmp_path).keep("me", given)
    assert kept(tmp_path).find("me") == given
    for stranger in ("you", "", digest("me")):
        assert kept(tmp_path).find(stranger) is None
    assert digest("me").encode() in written(tmp_path)
    assert b'"me"' not in written(tmp_path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "private").iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("gone", "stays"),
    [
        ("picture", {"dance", "person", "edits", "pose"}),
        ("dance", {"picture", "character", "body"}),
        ("pose", {"picture", "character", "body", "dance", "person", "edits"}),
    ],
)
def test_what_is_of_a_file_that_is_gone_goes_from_the_disk_too(given, files, gone, stays, tmp_path):
    store = kept(tmp_path)
    store.keep("me", given)
    files[gone].unlink()
    for _ in range(2):
        now = store.find("me")
        assert now is not None
        assert {*now.choice} == stays
        assert now.fields == given.fields
        assert [now.picture is None, now.dance is None] == [gone == "picture", gone == "dance"]
        store.forget()
    assert files[gone].name.encode() not in written(tmp_path)
    assert b"edits" in written(tmp_path) or gone == "dance"
    store.keep("me", given)  # by a page that shows it still
    assert files[gone].name.encode() not in written(tmp_path)


def test_of_files_that_are_all_gone_nothing_stays(given, files, tmp_path):
    store = kept(tmp_path)
    store.keep("me", given)
    store.keep("you", Given(picture=None, dance=None, choice={}, fields=given.fields))  # has had no file
    for path in files.values():
        path.unlink()
    assert store.find("me") is None
    store.forget()
    assert digest("me").encode() not in written(tmp_path)
    assert kept(tmp_path).find("you") == Given(picture=None, dance=None, choice={}, fields=given.fields)


def test_what_is_past_its_time_goes(given, tmp_path, monkeypatch):
    hour = [0.0]
    monkeypatch.setattr(left, "time", SimpleNamespace(time=lambda: 1e9 + hour[0] * 3600))
    kept(tmp_path).keep("me", given)
    hour[0] = 23
    kept(tmp_path).forget()
    kept(tmp_path).keep("you", given)
    assert kept(tmp_path).find("me") == given
    hour[0] = 25
    assert kept(tmp_path).find("me") is None
    kept(tmp_path).forget()
    assert digest("me").encode() not in written(tmp_path)
    assert kept(tmp_path).find("you") == given


def test_of_too_many_visitors_the_latest_stay(given, tmp_path, monkeypatch):
    monkeypatch.setattr(left, "MOST", 3)
    store = kept(tmp_path)
    for visitor in ("a", "b", "c", "a", "d", "e"):
        store.keep(visitor, given)
    assert [each for each in "abcde" if store.find(each)] == ["a", "d", "e"]


@pytest.mark.parametrize(
    "what",
    [
        "no JSON",
        "[]",
        "{}",
        '{"picture": 7, "dance": null, "choice": {}, "fields": {}}',
        '{"picture": null, "dance": null, "choice": {"body": [[1, 2]]}, "fields": {}}',
        '{"picture": null, "dance": null, "choice": {"edits": 3}, "fields": {}}',
        '{"picture": null, "dance": null, "choice": {"person": 1e999}, "fields": {}}',
        '{"picture": null, "dance": null, "choice": {}, "fields": 3}',
    ],
)
def test_a_damaged_row_is_none(given, what, tmp_path):
    store = kept(tmp_path)
    store.keep("me", given)
    store._base.execute("UPDATE given SET what = ?", (what,))
    assert store.find("me") is None
    store.forget()
    assert digest("me").encode() not in written(tmp_path)
    store.keep("me", given)
    assert store.find("me") == given


@pytest.mark.parametrize("other", [b"no database at all " * 500, "CREATE TABLE given (what TEXT, version TEXT)"])
def test_a_list_that_cannot_be_read_is_begun_anew(given, other, tmp_path):
    (tmp_path / "private").mkdir()
    if isinstance(other, bytes):
        (tmp_path / "private" / "left.db").write_bytes(other)
    else:
        with sqlite3.connect(tmp_path / "private" / "left.db") as base:
            base.execute(other)
        base.close()
    store = kept(tmp_path)
    store.keep("me", given)
    assert kept(tmp_path).find("me") == given


def test_a_disk_that_takes_nothing_stops_no_page(given, tmp_path, caplog):
    store = kept(tmp_path)
    store._base.execute("PRAGMA query_only=ON")
    store.keep("me", given)
    assert store.find("me") is None
    store._base.execute("PRAGMA query_only=OFF")
    store._base.execute("DROP TABLE given")
    store.keep("me", given)
    assert store.find("me") is None
    assert [record.exc_info for record in caplog.records] == [None] * 3


@pytest.fixture
def studio(tmp_path):
    """The page, as often as it is begun."""
    made: list[Studio] = []

    def begin() -> Studio:
        for each in made:
            each.close()
        made.append(build(lambda name: FakeAnimator(), limits=LIMITS["cpu"], folder=tmp_path))
        made[-1].janitor.look()
        return made[-1]

    yield begin
    made[-1].close()


def returning(studio: Studio) -> Returning:
    return Returning(studio.keeping.acts, studio.left)


def restored(studio: Studio, visitor: str, clip: str = "") -> dict[Any, Any]:
    """Parts of the page by name to what is put there when it is opened."""
    names = {part: name for name, part in vars(studio.parts).items() if not isinstance(part, list | tuple)}
    names |= dict(zip(studio.parts.tuning, TUNING, strict=True))
    told = returning(studio).restore(visitor, clip)
    return {names[part]: update["value"] for part, update in told.items()}


def test_the_page_is_as_it_was_left_though_no_clip_was_ordered(studio, given, files):
    boxes = str(given.picture), str(given.dance)
    returning(studio()).remember(None, "me", *boxes, given.choice, PAGE, *SET, "")
    expected = {"picture": boxes[0], "dance": boxes[1], "choice": given.choice, "model": "", **given.fields}
    again = studio()
    assert restored(again, "me") == expected
    assert restored(again, "you") == {}
    returning(again).remember(None, "me", str(CHARACTER), boxes[1], given.choice, PAGE, *SET, "")
    assert {*restored(again, "me")["choice"]} == {"dance", "person", "edits", "pose"}
    returning(again).remember(None, "me", boxes[0], None, given.choice, PAGE, *SET, "")
    assert {*restored(studio(), "me")["choice"]} == {"picture", "character", "body"}
    long_ago = time.time() - (LIMITS["cpu"].keep_hours + 1) * 3600
    os.utime(files["picture"], (long_ago, long_ago))
    assert restored(studio(), "me") == {}


def test_of_notes_of_one_moment_the_pages_last_is_kept(studio, given, monkeypatch):
    page, reached, go_on = studio(), threading.Event(), threading.Event()
    notes, boxes = returning(page), (str(given.picture), str(given.dance))
    rest = given.choice, PAGE, *SET, ""

    def slow(choice: Any, *boxes: Path | None) -> Any:
        if boxes == (None, None):
            reached.set()
            go_on.wait(30)
        return {}

    monkeypatch.setattr("studio.returning.chosen_of_these", slow)
    before = threading.Thread(target=lambda: notes.remember(1.0, "me", None, None, *rest))
    before.start()
    assert reached.wait(30)
    notes.remember(3.0, "me", *boxes, *rest)
    go_on.set()
    before.join()
    assert {"picture", "dance"} <= {*restored(page, "me")}
    notes.remember(2.0, "me", None, None, *rest)  # which was on its way for longer
    assert {"picture", "dance"} <= {*restored(page, "me")}
    notes.remember(1.0, "me", boxes[0], None, given.choice, SimpleNamespace(session_hash="another"), *SET, "")  # type: ignore[arg-type]
    assert "dance" not in restored(page, "me")


def test_what_cannot_be_set_any_more_is_left_out(studio, given):
    page = studio()
    odd = {"preset": "newest", "size": 3, "seconds": 60, "start": -1, "steps": 1000, "seed": None, "smoothing": 0.5}
    page.left.keep("me", Given(picture=given.picture, dance=None, choice={}, fields={**odd, "model": "gone", "new": 1}))
    told = restored(page, "me")
    assert told == {"picture": str(given.picture), "seconds": 10, "smoothing": 0.5, "model": ""}


def test_an_example_is_there_again_though_its_copy_is_past_its_time(studio, tmp_path):
    page = studio()
    copy = Path(shutil.copy2(CHARACTER, tmp_path / "uploads.png"))
    returning(page).remember(None, "me", str(copy), None, {}, PAGE)
    copy.unlink()
    assert restored(studio(), "me") == {"picture": str(CHARACTER)}


@pytest.mark.parametrize("act", ["delete", "delete_all"])
def test_deleted_is_gone(studio, given, files, act, tmp_path):
    page = studio()
    clip = page.archive.add("me", Wish(picture=given.picture, dance=given.dance, pose=files["pose"]))
    page.archive.change(clip.id, phase="done")
    for visitor in ("me", "you"):
        other = Given(picture=CHARACTER, dance=None, choice={}, fields={})
        page.left.keep(visitor, given if visitor == "me" else other)
    asks: Any = SimpleNamespace(request=None)
    press: Any = SimpleNamespace(act=act, clip=clip.id)

    async def pressed() -> None:
        async for _ in page.keeping.act("me", clip.id, str(given.picture), str(given.dance), asks, press):
            pass

    awaited(pressed())
    assert restored(page, "me", clip.id) == {}
    assert restored(page, "you") == {"picture": str(CHARACTER)}
    assert digest("me").encode() not in written(tmp_path)
    assert b"uploads" not in written(tmp_path)


def test_all_is_deleted_of_a_visitor_who_has_ordered_nothing(studio, given, tmp_path):
    page = studio()
    page.left.keep("me", given)
    asks: Any = SimpleNamespace(request=None)
    press: Any = SimpleNamespace(act="delete_all", clip="")

    async def pressed() -> None:
        async for _ in page.keeping.act("me", "", None, None, asks, press):  # type: ignore[arg-type]
            pass

    awaited(pressed())
    assert digest("me").encode() not in written(tmp_path)


def test_what_is_for_whoever_had_a_clip_made_is_shown_and_given_to_them_alone(studio, given):
    """Its link, as long as it is public, and its dance; also when the page is opened again."""
    page = studio()
    clip = page.archive.add("me", Wish(picture=given.picture, dance=given.dance))
    page.archive.change(clip.id, phase="done", share="s" * 16, until=time.time() + 60)
    again = page.archive.add("you", page.archive.wish(clip))
    page.archive.change(again.id, phase="done")
    parts, keeping = page.parts, page.keeping
    asks: Any = SimpleNamespace(request=None, query_params={}, headers={"host": "192.168.1.5"}, session_hash="page")

    async def opened(visitor: str, run_id: str) -> dict[Any, Any]:
        updates = [each async for each in returning(page).open(visitor, run_id, asks)]
        return {part: value for each in updates for part, value in each.items()}

    async def pressed(visitor: str) -> dict[Any, Any]:
        press: Any = SimpleNamespace(act="show", clip=clip.id)
        return [each async for each in keeping.act(visitor, "", None, None, asks, press)][-1]  # type: ignore[arg-type]

    async def followed(visitor: str) -> dict[Any, Any]:
        run: Any = SimpleNamespace(id=clip.id, model="", stopping=threading.Event())
        run.state = State(phase="done", video=page.archive.video(clip))
        return await anext(keeping.acts.follow(run, visitor, Words("en"), asks))

    page.workshop.trouble = "No model is loaded here."  # for which an opened page waits no more
    for told in (awaited(opened("me", clip.id)), awaited(pressed("me")), awaited(followed("me"))):
        assert f"http://192.168.1.5/clip/{'s' * 16}" in told[parts.share_link]
        assert told[parts.other_button]["visible"]
    for told in (awaited(opened("you", clip.id)), awaited(followed("you")), awaited(opened("you", again.id))):
        assert told[parts.clip]["value"]
        assert told[parts.share_link] == ""
        assert not told[parts.other_button]["visible"]
    gone = awaited(pressed("you"))  # a card of a page that was opened before: those that are still there are drawn anew
    assert "failed" in gone[parts.status]
    assert parts.history in gone
    assert f'?clip={clip.id}"' in awaited(followed("me"))[parts.take]
    asks.headers["host"] = "127.0.0.1:7860"  # which leads other devices to themselves
    for told in (awaited(opened("me", clip.id)), awaited(pressed("me")), awaited(followed("me"))):
        assert "clip.gif" in told[parts.take]
        assert "?clip=" not in told[parts.take]
    dance = Path(keeping.other_character(clip.id, "me", asks)[parts.dance])
    assert dance.read_bytes() == given.dance.read_bytes()
    assert page.archive.folder not in dance.parents, "of which nothing is served"
    for visitor, clip_id in (("you", clip.id), ("", clip.id), ("you", again.id)):
        assert parts.dance not in keeping.other_character(clip_id, visitor, asks)
    page.archive.change(clip.id, until=time.time() - 1)
    assert awaited(opened("me", clip.id))[parts.share_link] == ""
