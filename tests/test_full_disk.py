"""A disk that is full: clips are deleted all the same, and whoever asks for more is told so in their words."""

import errno
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from animate.errors import AnimateError, in_file_words
from studio import files, hosting, store, view
from studio.archive import Archive, Clip
from studio.jobs import Workshop
from studio.limits import LIMITS
from studio.page import Studio, build
from studio.routes import routes
from studio.wishes import Wish, to_order
from studio.words import Line, Words
from tests.awaiting import awaited, wait_for
from tests.fake_animator import FakeAnimator
from tests.media import dancer, encode

LIMITED = replace(LIMITS["cpu"], free_gb=0)
FULL = Words("es")("disk_full")
SPANISH: Any = SimpleNamespace(request=True, headers={"accept-language": "es"})


@pytest.fixture(scope="module")
def wish(tmp_path_factory) -> Wish:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(dancer(1)[0]).save(folder / "picture.png")
    return Wish(picture=folder / "picture.png", dance=encode(folder / "dance.mp4", dancer(25)), consent=True)


@pytest.fixture(scope="module")
def studio(tmp_path_factory) -> Iterator[Studio]:
    made = build(
        lambda name: FakeAnimator(pause=0.002),
        limits=LIMITED,
        folder=tmp_path_factory.mktemp("studio"),
    )
    made.workshop._trial = lambda animator: None
    made.open()
    yield made
    made.close()


def done(archive: Archive, wish: Wish) -> Clip:
    clip = archive.add("ann", wish)
    archive.video(clip).write_bytes(b"a clip")
    made = archive.change(clip.id, phase="done", seconds=1.0)
    assert made is not None
    return made


def fill(*given: Any, **named: Any) -> None:
    """Fails as SQLite does on a full disk."""
    base = sqlite3.connect(":memory:")
    base.execute("PRAGMA max_page_count=1")
    base.execute("CREATE TABLE too_much (it)")


def test_a_clip_is_deleted_though_its_list_has_room_only_then(wish, tmp_path, monkeypatch):
    archive = Archive(tmp_path / "clips", keep_days=1)
    clip, drop = done(archive, wish), archive._store.drop
    place = archive.folder / clip.id
    monkeypatch.setattr(archive._store, "drop", lambda each: fill() if place.exists() else drop(each))
    assert archive.delete(clip.id, visitor="ann")
    assert not place.exists()
    assert [*archive._store.all()] == archive.all() == []


def test_a_clip_that_the_list_cannot_do_without_yet_is_deleted_later(wish, tmp_path, monkeypatch):
    archive = Archive(tmp_path / "clips", keep_days=1)
    clip = done(archive, wish)
    with monkeypatch.context() as disk:
        disk.setattr(archive._store, "drop", fill)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            archive.delete(clip.id)
    assert archive.of("ann") == [clip]
    assert archive.delete(clip.id)
    assert archive.all() == []


def test_what_is_past_its_time_goes_though_another_cannot(wish, tmp_path, monkeypatch):
    archive = Archive(tmp_path / "clips", keep_days=1)
    stuck, old = (done(archive, wish) for _ in range(2))
    for clip in (stuck, old):
        archive.change(clip.id, made=time.time() - 2 * 86400)
    with monkeypatch.context() as disk:
        drop = archive._store.drop
        disk.setattr(archive._store, "drop", lambda each: fill() if each == stuck.id else drop(each))
        archive.sweep()
    assert [clip.id for clip in archive.all()] == [stuck.id]
    archive.sweep()
    assert archive.all() == []


def test_a_start_on_a_full_disk_takes_no_list_for_damaged(wish, tmp_path, monkeypatch, capsys):
    clip = done(Archive(tmp_path / "clips", keep_days=1), wish)
    with monkeypatch.context() as disk:
        disk.setattr(store, "connect", fill)
        with pytest.raises(SystemExit), hosting.in_words(host="127.0.0.1", port=None):
            Archive(tmp_path / "clips", keep_days=1)
    told = capsys.readouterr().err
    assert told.startswith("The page cannot open: database or disk is full. Free some space")
    assert len(told.splitlines()) == 1
    assert Archive(tmp_path / "clips", keep_days=1).all() == [clip]


@pytest.mark.parametrize("act", ["delete", "delete_all"])
def test_a_press_that_a_full_disk_undoes_is_told_in_the_visitors_words(act, studio, wish, monkeypatch):
    clip, other = done(studio.archive, wish), done(studio.archive, wish)
    drop = studio.archive._store.drop
    monkeypatch.setattr(studio.archive._store, "drop", lambda each: fill() if each == clip.id else drop(each))

    async def deleted() -> dict[Any, Any]:
        press: Any = SimpleNamespace(act=act, clip=clip.id)
        return [each async for each in studio.keeping.act("ann", clip.id, "", "", SPANISH, press)][-1]

    told = awaited(deleted())
    assert told[studio.parts.status] == view.status(FULL, failed=True)
    assert clip.id in told[studio.parts.history]
    assert (other.id in told[studio.parts.history]) == (act == "delete")
    assert studio.parts.clip not in told
    monkeypatch.undo()
    assert studio.archive.delete(clip.id)


def test_a_link_that_a_full_disk_cannot_keep_is_told_in_the_visitors_words(studio, wish, monkeypatch):
    clip = done(studio.archive, wish)
    monkeypatch.setattr(studio.archive._store, "put", fill)
    for told in (
        studio.keeping.share(clip.id, "ann", 7, SPANISH),
        studio.keeping.unshare(clip.id, "ann", SPANISH),
    ):
        assert told == {studio.parts.share_link: view.status(FULL, failed=True)}


def pressed(studio: Studio, wish: Wish) -> str:
    """What is told of a press on Animate, in the end."""

    async def made() -> str:
        shown = [each async for each in studio.keeping.acts.make(lambda: wish, "ann", SPANISH)]
        return shown[-1][studio.parts.status]

    return awaited(made())


def test_nothing_is_kept_of_a_press_while_there_is_no_room(studio, wish, monkeypatch):
    monkeypatch.setattr(studio.keeping.acts, "limits", replace(studio.limits, free_gb=1e9))
    monkeypatch.setattr(studio.archive, "add", lambda *given: pytest.fail("it was kept"))
    assert pressed(studio, wish) == view.status(FULL, failed=True)


def test_what_a_full_disk_cannot_take_at_a_press_is_told_and_leaves_nothing(studio, wish, monkeypatch):
    before = {*studio.archive.folder.iterdir()}
    monkeypatch.setattr(studio.archive._store, "put", fill)
    assert pressed(studio, wish) == view.status(FULL, failed=True)
    assert {*studio.archive.folder.iterdir()} == before


@pytest.mark.parametrize(("cannot", "phase", "failure"), [("running", "done", ""), ("done", "failed", "disk_full")])
def test_a_clip_goes_on_though_its_list_is_full_until_it_is_done(
    cannot, phase, failure, studio, wish, monkeypatch, caplog
):
    put = studio.archive._store.put
    monkeypatch.setattr(studio.archive._store, "put", lambda row: fill() if row["phase"] == cannot else put(row))
    run = studio.keeping.acts.order(replace(wish, seconds=0.5), "ann", SimpleNamespace(request=None))
    wait_for(lambda: run.order is None)
    assert (run.state.phase, run.state.video is not None) == (phase, not failure)
    assert run.state.failure == (Line(failure) if failure else "")
    assert not any(record.exc_info for record in caplog.records)


def without_words() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@in_file_words()
def in_words() -> None:
    without_words()


@pytest.mark.parametrize("write", [without_words, in_words, fill])
def test_a_clip_that_does_not_fit_onto_the_disk_is_told_so(write: Callable[[], None], wish, tmp_path, caplog):
    with pytest.raises((AnimateError, OSError, sqlite3.Error)) as failure:
        write()
    shop = Workshop(lambda name: FakeAnimator(fails=failure.value), folder=tmp_path, limits=LIMITED)
    shop.open()
    run = shop.order(to_order(wish, LIMITED))
    wait_for(lambda: run.state.over)
    shop.close()
    assert (run.state.phase, run.state.failure) == ("failed", Line("disk_full"))
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("write", [without_words, in_words])
def test_what_is_taken_away_and_does_not_fit_onto_the_disk_is_told_so(write, wish, tmp_path, monkeypatch):
    archive = Archive(tmp_path / "clips", keep_days=1)
    clip = done(archive, wish)
    monkeypatch.setattr(files, "made", lambda *given: write())
    asked = TestClient(Starlette(routes=routes(archive))).get(f"/own/{clip.id}/clip.gif", headers=SPANISH.headers)
    assert (asked.status_code, asked.text) == (507, FULL)
