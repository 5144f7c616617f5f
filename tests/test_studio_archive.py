"""Clips that are kept: through restarts, for their owner alone, until deleted or past their time."""

import asyncio
import json
import os
import re
import shutil
import stat
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urljoin

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from animate import Posed, examples, video
from studio import files, owning, reports, share
from studio.archive import Archive, Clip, digest
from studio.failures import failure_of
from studio.handing import handed
from studio.history import history
from studio.janitor import sweep
from studio.logs import Tame
from studio.naming import called
from studio.routes import routes
from studio.wishes import Wish
from studio.words import LANGUAGES, Line, Words
from tests.awaiting import awaited
from tests.media import dancer, encode


@pytest.fixture(scope="module")
def wish(tmp_path_factory) -> Wish:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(dancer(1)[0]).save(folder / "my own.PNG")
    return Wish(picture=folder / "my own.PNG", dance=encode(folder / "dance.mp4", dancer(40)), seed=7, steps=3)


@pytest.fixture
def archive(tmp_path) -> Archive:
    return Archive(tmp_path / "clips", keep_days=2)


def finished(archive: Archive, wish: Wish, visitor: str = "ann") -> Clip:
    clip = archive.add(visitor, wish)
    encode(archive.video(clip), dancer(40))
    done = archive.change(clip.id, phase="done", seconds=1.6, took=3.0)
    assert done is not None
    return done


def reopened(archive: Archive) -> Archive:
    return Archive(archive.folder, keep_days=archive.keep_days)


def test_clips_may_be_gone_through_while_others_are_added(archive, wish):
    first = archive.add("ann", wish)

    class Slow(Clip):
        @property
        def phase(self):
            archive._clips.setdefault(f"another {len(archive._clips)}", first)  # as another thread does
            return "waiting"

    object.__setattr__(slow := replace(first), "__class__", Slow)
    archive._clips[first.id] = slow
    assert len(archive.unfinished()) == len(archive.coming("ann")) - 1 == 1


def test_clips_outlive_the_program_for_their_owner(archive, wish):
    first, second, other = finished(archive, wish), finished(archive, wish), finished(archive, wish, "bob")
    again = reopened(archive)
    assert [clip.id for clip in again.of("ann")] == [second.id, first.id]
    assert again.of("bob") == [other]
    assert again.of("") == again.of("eve") == []
    assert again.find(first.id) == first
    kept = again.wish(first)
    assert kept.picture is not None
    assert kept.picture.read_bytes() == wish.picture.read_bytes()
    assert (kept.seed, kept.steps) == (7, 3)
    assert b'"ann"' not in (archive.private / "clips.db").read_bytes()


def test_what_was_not_finished_is_known_after_a_restart(archive, wish):
    finished(archive, wish)
    waiting = archive.add("ann", wish)
    assert [clip.id for clip in reopened(archive).unfinished()] == [waiting.id]
    assert waiting not in reopened(archive).of("ann")


def test_only_the_owner_deletes_and_nothing_stays(archive, wish):
    clip = finished(archive, wish)
    assert not archive.delete(clip.id, visitor="bob")
    assert archive.delete(clip.id, visitor="ann")
    assert not archive.delete(clip.id)
    assert [*archive.folder.iterdir()] == []
    assert archive.change(clip.id, seconds=1) is None


def test_clips_of_an_older_program_are_taken_over(archive, wish):
    clip = finished(archive, wish)
    record = {name: value for name, value in vars(clip).items() if name not in ("stage", "done", "total", "attempts")}
    archive._store.drop(clip.id)
    (archive.folder / clip.id / "clip.json").write_text(json.dumps(record))
    again = reopened(archive)
    assert again.find(clip.id) == clip
    assert not (archive.folder / clip.id / "clip.json").exists()
    assert reopened(archive).find(clip.id) == clip


def test_a_list_of_an_older_program_goes_on(archive, wish):
    clip = finished(archive, wish)
    for column in ("lent", "picture_called", "dance_called"):
        archive._store._base.execute(f"ALTER TABLE clips DROP COLUMN {column}")
    again = reopened(archive)
    assert again.find(clip.id) == replace(clip, picture_called="", dance_called="")
    assert again._store.whole


def test_of_what_is_made_again_it_is_known_whose_its_files_are(archive, wish):
    clip = finished(archive, wish)
    own, other = (archive.add(visitor, archive.wish(clip)) for visitor in ("ann", "bob"))
    once_more = archive.add("bob", archive.wish(other))
    assert [reopened(archive).find(each.id).lent for each in (clip, own, other, once_more)] == [0, 0, 1, 1]


def test_what_an_end_in_the_middle_left_behind_goes(archive, wish):
    clip, lost = finished(archive, wish), archive.add("ann", wish)
    orphan = archive.folder / "orphan-of-a-kill"
    orphan.mkdir()
    (orphan / "picture.png").write_bytes(b"x")
    place = archive.folder / clip.id
    (place / "clip.gif.part").write_bytes(b"half")
    (place / "unfinished").mkdir()
    shutil.rmtree(archive.folder / lost.id)
    again = reopened(archive)
    assert [path.name for path in archive.folder.iterdir()] == [clip.id]
    assert {path.name for path in place.iterdir()} == {"clip.mp4", "picture.png", "dance.mp4"}
    assert again.find(lost.id) is None
    assert [record["id"] for record in again._store.all()] == [clip.id]


def test_a_damaged_list_loses_no_files(archive, wish):
    clip = finished(archive, wish)
    archive._store._base.close()
    (archive.private / "clips.db").write_bytes(b"no database at all " * 100)
    for more in archive.private.glob("clips.db-*"):
        more.unlink()
    again = reopened(archive)
    assert again.find(clip.id) is None
    assert archive.video(clip).is_file()
    assert list(archive.private.glob("damaged-*"))


def test_a_clip_that_was_given_up_says_why_and_keeps_no_files(archive, wish):
    clip = archive.add("ann", wish)
    archive.fail(clip.id, Line("too_many", {"count": 3}))
    again = reopened(archive)
    kept = again.find(clip.id)
    assert kept is not None
    assert (kept.phase, failure_of(kept.failure)) == ("failed", Line("too_many", {"count": 3}))
    assert [*(archive.folder / clip.id).iterdir()] == []
    assert again.unfinished() == again.of("ann") == []


def test_deleting_leaves_no_trace(archive, tmp_path):
    """Neither the files, nor the uploads they were made of, nor a line in the list or its log."""
    uploads = tmp_path / "abc"
    uploads.mkdir()
    Image.fromarray(dancer(1)[0]).save(uploads / "holiday.png")
    dance = encode(uploads / "dance.mp4", dancer(10))
    wish = Wish(picture=uploads / "holiday.png", dance=dance)
    clip, other = finished(archive, wish), finished(archive, wish, "bob")
    secret = clip.id.encode()
    assert secret in b"".join(path.read_bytes() for path in archive.private.iterdir())
    archive.delete(clip.id, visitor="ann")
    assert dance.exists()  # somebody else's clip is made of it
    archive.delete(other.id)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and archive.private not in path.parents] == []
    left = b"".join(path.read_bytes() for path in archive.private.iterdir())
    assert secret not in left
    assert other.id.encode() not in left


def test_what_is_handed_out_of_a_clips_folder_has_another_name_and_goes_with_the_clip(archive, tmp_path):
    upload = tmp_path / "aa" / "upload.mp4"
    upload.parent.mkdir()
    encode(upload, dancer(5))
    clip = archive.add("ann", Wish(picture=next(iter(examples.characters().values())), dance=upload))
    made = archive.wish(clip)
    assert handed(archive, made.dance, "ann") == upload
    upload.unlink()  # past its time
    os.utime(made.dance, (0, 0))
    handed_out = handed(archive, made.dance, "ann")
    assert handed_out.samefile(made.dance)
    assert archive.folder not in handed_out.parents
    assert handed(archive, made.dance, "ann") == handed_out, "one is enough"
    sweep(tmp_path, hours=1, but=("clips", "private"))
    assert handed_out.exists()
    assert handed(archive, made.picture, "ann") in examples.characters().values()
    assert handed(archive, made.dance, "bob") is None
    lent = archive.add("bob", made)
    assert handed(archive, archive.wish(lent).dance, "bob") is None
    assert handed(archive, tmp_path / "upload.png", "bob") == tmp_path / "upload.png"
    archive.delete(lent.id)
    archive.delete(clip.id, visitor="ann")
    assert not handed_out.exists()
    assert handed(archive, made.dance, "ann") is None


def test_whatever_a_browser_says_it_is_nobody_elses(archive, wish):
    clip = archive.add("", wish)  # of a program
    for odd in ([], [[]], {"a": 1}, 7, True, "\ud800", None):
        assert archive.find(odd) is None
        assert archive.of(odd) == []
        assert archive.coming(odd) == []
        assert not odd or digest(odd) not in (clip.visitor, digest("ann"))


def test_the_list_is_for_its_owner_alone(archive):
    assert stat.S_IMODE((archive.private / "clips.db").stat().st_mode) == 0o600
    assert stat.S_IMODE(archive.private.stat().st_mode) == 0o700


def test_old_clips_go_and_shared_ones_stay_as_promised(archive, wish):
    old, shared, new = (finished(archive, wish) for _ in range(3))
    long_ago = time.time() - 3 * 86400
    archive.change(old.id, made=long_ago)
    archive.change(shared.id, made=long_ago, share="abc", until=time.time() + 86400)
    archive.sweep()
    assert [archive.find(clip.id) is not None for clip in (old, shared, new)] == [False, True, True]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_1234.HEIC", "IMG_1234"),
        ("my  own (2).png", "my-own-2"),
        ("Мой медведь.png", "Мой-медведь"),
        ("नृत्य.mp4", "नृत्य"),
        ("e\u0301te\u0301.mp4", "été"),
        ("..", ""),
        ("a\\b:c*d?.mp4", "a-b-c-d"),
        ("bear\u202egpj.exe.png", "bear-gpj-exe"),
        ('"><script>.png', "script"),
        ("🐻.png", ""),
        (f"{'long ' * 40}.png", "long-long-long-long-long"),
        ("con.png", "con"),
    ],
)
def test_files_are_called_what_all_systems_take(name, expected):
    assert called(Path("/uploads") / name) == expected


def test_a_copy_of_an_example_is_called_as_that(tmp_path):
    copy = tmp_path / "image.png"
    shutil.copyfile(examples.characters()["bear"], copy)
    assert called(copy) == "bear"


def names_shown(archive: Archive, clip_id: str, visitor: str) -> list[str]:
    parts = SimpleNamespace(clip="clip", take="take", other_button="other", share_link="link")
    request = SimpleNamespace(headers={"host": "127.0.0.1"}, url=None)
    shown = owning.shown(parts, archive, clip_id, visitor, Words("en"), request)  # pyright: ignore[reportArgumentType]
    return re.findall(r' download="([^"]+)"', shown["take"])


def test_what_a_players_own_menu_keeps_has_the_same_name(archive, wish, client):
    clip = finished(archive, replace(wish, dance=examples.dances()["disco"]))
    archive.change(clip.id, picture_called="ни-ñ-🐻?#")
    parts: Any = SimpleNamespace(clip="clip", take="take", other_button="other", share_link="link")
    request: Any = SimpleNamespace(headers={"host": "127.0.0.1"}, url=None)
    shown = owning.shown(parts, archive, clip.id, "ann", Words("en"), request)
    (address,) = re.findall(r'<video[^>]* src="([^"]+)"', shown["clip"]["value"])
    assert unquote(address.split("/")[-1]) == "ни-ñ-🐻?#-disco.mp4"
    answer = client.get(f"/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")


def test_what_is_taken_away_is_called_after_character_and_dance_for_its_owner_alone(archive, wish):
    wish = replace(wish, dance=examples.dances()["disco"])
    clip = finished(archive, wish)
    (archive.folder / clip.id / "poses.npz").touch()
    name = "my-own-disco"
    kinds = (".mp4", ".webm", ".gif", ".jpg", "-side.mp4", ".json")
    assert names_shown(archive, clip.id, "ann") == [f"{name}{kind}" for kind in kinds]
    assert names_shown(reopened(archive), clip.id, "ann") == [f"{name}{kind}" for kind in kinds]
    archive.change(clip.id, made=86400.0, share="abc", until=time.time() + 60)
    assert names_shown(archive, clip.id, "bob")[0] == "clip-19700102-000000.mp4"
    client = TestClient(Starlette(routes=routes(archive)))
    for address in (f"/own/{clip.id}/clip.mp4", "/clip/abc/clip.mp4", "/clip/abc"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "my-own" not in str(answer.headers)
        assert b"my-own" not in answer.content

    own, other = (archive.add(visitor, archive.wish(clip)) for visitor in ("ann", "bob"))
    assert names_shown(archive, own.id, "ann")[0] == f"{name}.mp4"
    assert names_shown(archive, other.id, "bob")[0] == "clip-disco.mp4", "the file was ann's, the dance is ours"
    archive.change(clip.id, picture_called="", dance_called="")  # as of an older program
    assert names_shown(archive, clip.id, "ann")[0] == "clip-19700102-000000.mp4"


def test_an_upload_that_is_handed_out_again_is_called_as_it_was(archive, tmp_path):
    (tmp_path / "aa").mkdir()
    encode(upload := tmp_path / "aa" / "my waltz.mp4", dancer(5))
    clip = archive.add("ann", Wish(picture=examples.characters()["bear"], dance=upload))
    upload.unlink()  # past its time
    again = handed(archive, archive.wish(clip).dance, "ann")
    assert archive.add("ann", replace(archive.wish(clip), dance=again)).dance_called == "my-waltz"
    archive.fail(clip.id, "It failed.")
    assert archive.find(clip.id).dance_called == ""


def test_what_can_be_taken_away(archive, wish, monkeypatch):
    clip = finished(archive, wish)
    gif, poster = files.made(archive, clip, "clip.gif"), files.made(archive, clip, "poster.jpg")
    assert gif is not None
    assert poster is not None
    with Image.open(gif) as picture:
        assert picture.is_animated
        assert picture.info["loop"] == 0
        assert sum(_durations(picture)) == 1600
    with Image.open(poster) as picture:
        assert picture.format == "JPEG"
    settings = files.made(archive, clip, "settings.json")
    assert settings is not None
    assert json.loads(settings.read_text())["seed"] == 7
    webm = files.made(archive, clip, "clip.webm")
    assert webm is not None
    assert webm.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    assert video.probe(webm).seconds == pytest.approx(1.6, abs=0.05)
    assert files.made(archive, clip, "../clip.json") is None
    assert files.made(archive, clip, "picture.png") is None
    gif.unlink()
    monkeypatch.setattr(files, "GIF_BYTES", 5000)  # of pictures; the credentials come on top
    monkeypatch.setattr(files, "_GIF_SIDES", (320, 48))
    smaller = files.made(archive, clip, "clip.gif")
    assert smaller is not None
    with Image.open(smaller) as picture:
        assert min(picture.size) == 48


def test_side_by_side_moves_in_step_with_the_clip(archive, wish):
    clip = finished(archive, wish)
    assert not files.has_poses(archive, clip.id)
    assert files.made(archive, clip, "side.mp4") is None
    points = np.zeros((40, 134, 3), np.float32)
    points[:, [1, 2, 3]] = [[48, 20, 1], [30, 60, 1], [20, 90, 1]]
    points[20:, 3, 0] = 70  # in the second half the arm is elsewhere
    files.keep_poses(archive.folder / clip.id, Posed(points, (96, 128), "mini"))
    path = files.made(archive, clip, "side.mp4")
    assert path is not None
    frames = [*video.read(path).frames]
    assert len(frames) == 40
    picture, skeleton, moved = (np.stack(frames)[:, :, left : left + 96] for left in (0, 104, 208))
    assert np.ptp(picture.astype(int), axis=0).max() < 12
    arm = skeleton.max(axis=-1) > 60
    assert arm[:18].any()
    assert (arm[5] ^ arm[15]).sum() < 0.2 * (arm[5] ^ arm[35]).sum()
    clip_frames = np.stack([*video.read(archive.video(clip)).frames])
    assert np.abs(moved.astype(int) - clip_frames).mean() < 8


def test_films_hold_up_neither_posters_nor_the_page_and_are_made_once(archive, wish, monkeypatch):
    """Eight who wait for four films, where two threads make answers; one of them leaves."""
    clips, going_on, made = [finished(archive, wish) for _ in range(4)], threading.Event(), []

    def film(clip: Path, target: Path) -> None:
        made.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        assert going_on.wait(60)
        target.write_bytes(b"film")

    monkeypatch.setattr(files, "_webm", film)

    async def ask() -> list[httpx.Response | BaseException]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
        to = httpx.ASGITransport(Starlette(routes=routes(archive)))
        async with httpx.AsyncClient(transport=to, base_url="http://here") as client:
            films = [asyncio.create_task(client.get(f"/own/{clip.id}/clip.webm")) for clip in clips for _ in range(2)]
            try:
                while not made:
                    await asyncio.sleep(0.01)
                films[0].cancel()
                poster = await asyncio.wait_for(client.get(f"/own/{clips[0].id}/poster.jpg"), 20)
                assert poster.headers["content-type"] == "image/jpeg"
                await asyncio.wait_for(asyncio.to_thread(time.monotonic), 20)
            finally:
                going_on.set()
            return await asyncio.gather(*films, return_exceptions=True)

    left, *answers = awaited(ask())
    assert isinstance(left, asyncio.CancelledError)
    assert [answer.content for answer in answers] == [b"film"] * 7
    assert len(made) == 4
    assert sys.platform != "linux" or min(made) > os.getpriority(os.PRIO_PROCESS, os.getpid())


def _durations(picture: Image.Image) -> list[int]:
    times = []
    for frame in range(picture.n_frames):
        picture.seek(frame)
        times.append(picture.info["duration"])
    return times


@pytest.fixture
def client(archive) -> TestClient:
    return TestClient(Starlette(routes=routes(archive)))


def test_own_files_are_there_for_who_knows_the_id(archive, wish, client):
    clip = finished(archive, wish)
    answer = client.get(f"/own/{clip.id}/clip.mp4", headers={"Range": "bytes=0-99"})
    assert (answer.status_code, len(answer.content)) == (206, 100)
    assert "no-cache" in answer.headers["cache-control"]
    for missing in ("clip.json", "picture.png", "..%2Fclip.json", "clip.avi", "side.mp4"):
        assert client.get(f"/own/{clip.id}/{missing}").status_code == 404
    archive.delete(clip.id)
    assert client.get(f"/own/{clip.id}/clip.mp4").status_code == 404


def test_a_file_that_goes_between_the_look_and_the_answer_is_not_found(archive, wish, client, monkeypatch):
    clip = finished(archive, wish)
    monkeypatch.setattr(files, "made", lambda archive, clip, name: archive.folder / clip.id / "gone.mp4")
    assert client.get(f"/own/{clip.id}/clip.mp4").status_code == 404


def test_a_clip_is_private_until_it_is_shared_and_after(archive, wish, client):
    clip = finished(archive, wish)
    assert client.get(f"/clip/{clip.id}").status_code == 404
    archive.change(clip.id, share="s" * 16, until=time.time() + 60)
    page = client.get("/clip/" + "s" * 16, headers={"Accept-Language": "ar"})
    assert 'dir="rtl"' in page.text
    assert "صُنع بالذكاء الاصطناعي" in page.text
    assert f'property="og:image" content="http://testserver/clip/{"s" * 16}/poster.jpg"' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-robots-tag"] == "noindex"
    assert clip.id not in page.text
    names = ("clip.mp4", "poster.jpg", "settings.json", "clip.gif")
    answers = [client.get(f"/clip/{'s' * 16}/{name}").status_code for name in names]
    assert answers == [200, 200, 404, 404]
    archive.change(clip.id, until=time.time() - 1)
    for path in ("", "/clip.mp4", "/poster.jpg"):
        assert client.get(f"/clip/{'s' * 16}{path}").status_code == 404
    ended = client.get("/clip/" + "s" * 16, headers={"Accept-Language": "es"})
    assert Words("es").html("gone") in ended.text
    assert "<video" not in ended.text
    assert 'href="http://testserver/"' in ended.text  # where one's own can be made


@pytest.mark.parametrize("root", ["", "/studio", "https://ann-animate.hf.space/studio/"])
def test_behind_a_proxy_a_shared_clip_is_where_its_page_is(archive, wish, client, monkeypatch, root):
    """root: the path that the proxy takes away."""
    monkeypatch.setenv("GRADIO_ROOT_PATH", root)
    base = "https://ann-animate.hf.space/" + ("studio/" if root else "")
    clip = finished(archive, wish)
    archive.change(clip.id, share="s" * 16, until=time.time() + 60)
    proxy = {"x-forwarded-proto": "https,http", "x-forwarded-host": "ann-animate.hf.space", "host": "10.0.0.1:7860"}
    there = {f"{base}clip/" + "s" * 16 + f"/{name}" for name in ("clip.mp4", "poster.jpg")}
    page = client.get("/clip/" + "s" * 16, headers=proxy)
    report = client.post("/clip/" + "s" * 16 + "/report", headers=proxy)
    for path, answer in (("", page), ("/report", report)):
        assert "http://" not in answer.text
        here = f"{base}clip/" + "s" * 16 + path
        assert {urljoin(here, each) for each in re.findall(r' (?:src|poster)="([^"]+)"', answer.text)} == there
        assert {*re.findall(r'og:(?:image|video)" content="([^"]+)"', answer.text)} == there
    (action,) = re.findall(r' action="([^"]+)"', page.text)
    assert urljoin(str(page.url), action) == str(report.url)
    assert not any("://" in each for each in re.findall(r' (?:src|poster|action)="([^"]+)"', page.text + report.text))


def test_reports_reach_who_runs_the_page_and_those_of_three_end_the_link(archive, wish, caplog):
    clip = finished(archive, wish)
    archive.change(clip.id, share="s" * 16, until=time.time() + 60)
    address, app = "/clip/" + "s" * 16, Starlette(routes=routes(archive))

    def report(*whom: str) -> list[str]:
        return [TestClient(app, client=(each, 1)).post(f"{address}/report").text for each in whom]

    one_network = ("2001:db8:1:2::3", "2001:db8:1:2:ffff::4")
    assert all("Thank you" in each for each in report("10.0.0.1", "10.0.0.1", "10.0.0.1", "::ffff:10.0.0.1"))
    assert all("Thank you" in each for each in report(*one_network))
    archive.change(clip.id, reports=0)  # as by sharing it for longer
    assert TestClient(app).get(address).status_code == 200
    assert caplog.text.count("was reported") == 2
    kept = b"".join(path.read_bytes() for path in archive.private.iterdir())
    assert not any(each.encode() in kept for each in ("10.0.0.1", "2001:db8"))
    report("10.0.0.2")
    assert TestClient(app).get(address).status_code == 404
    archive.change(clip.id, share="t" * 16, until=time.time() + 60)
    address = "/clip/" + "t" * 16
    report("10.0.0.1", "10.0.0.2")
    assert TestClient(app).get(address).status_code == 200  # another link, which one more may end
    archive.delete(clip.id)
    kept = b"".join(path.read_bytes() for path in archive.private.iterdir())
    assert not any(each * 16 in kept for each in (b"s", b"t"))


def test_what_is_logged_of_a_report_leads_whoever_runs_the_page_to_the_clip(archive, wish, capsys, caplog, monkeypatch):
    clip, studio = finished(archive, wish), archive.folder.parent
    archive.change(clip.id, share="s" * 16, until=time.time() + 60)
    for each in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
        TestClient(Starlette(routes=routes(archive)), client=(each, 1)).post("/clip/" + "s" * 16 + "/report")
    for as_json in (True, False):
        logged = Tame(studio, as_json=as_json).format(caplog.records[-1])
        assert clip.id not in logged
        asked = re.search(r"studio[.]reports (\w+)", logged)
        assert asked is not None
        monkeypatch.setattr(sys, "argv", ["reports", asked[1], "--folder", str(studio)])
        reports.main()
        told = capsys.readouterr().out
        assert told.startswith(f"{archive.folder / clip.id}\nnot shared; reported by 3.")
    monkeypatch.setattr(sys, "argv", ["reports", "0" * 10, "--folder", str(studio)])
    with pytest.raises(SystemExit, match="no such clip"):
        reports.main()
    monkeypatch.setattr(sys, "argv", ["reports", "0" * 10, "--folder", str(studio / "elsewhere")])
    with pytest.raises(SystemExit, match="no list of clips"):
        reports.main()


def test_a_link_is_shown_as_long_as_it_leads_there(archive, wish):
    clip = replace(finished(archive, wish), share="abc", until=time.time() + 60)
    for private in (replace(clip, share=""), replace(clip, until=time.time() - 1)):
        assert share.link(Words("en"), private, base="http://192.168.1.5:7860/") == ""


def test_links_have_a_code_where_phones_reach_them(archive, wish):
    clip = replace(finished(archive, wish), share="abc", until=time.time() + 60)
    here = share.link(Words("en"), clip, base="http://127.0.0.1:7860/")
    assert "<img" not in here
    assert "works on this computer alone. Whoever started the page can open it to others" in here
    assert "--" not in here
    shown = share.link(Words("en"), clip, base="http://192.168.1.5:7860/")
    assert "this computer alone" not in shown
    assert "http://192.168.1.5:7860/clip/abc" in shown
    assert 'src="data:image/svg+xml' in shown
    somewhere = share.link(Words("en"), clip, base="http://localhost:7860/", network="")
    assert "<img" not in somewhere
    assert "this computer alone" not in somewhere
    assert "in the place of localhost" in somewhere


@pytest.mark.parametrize(
    ("host", "network", "base"),
    [
        ("localhost:7860", "http://192.168.1.5:7860", "http://192.168.1.5:7860/"),
        ("127.0.0.1:7860", None, "http://127.0.0.1:7860/"),
        ("localhost:7860", "", "http://localhost:7860/"),
        ("my.house:7860", "http://192.168.1.5:7860", "http://my.house:7860/"),
    ],
)
def test_links_lead_others_to_this_computer_where_its_own_visitor_is_at_localhost(archive, wish, host, network, base):
    clip = archive.change(finished(archive, wish).id, share="abc", until=time.time() + 60)
    parts: Any = SimpleNamespace(clip="clip", take="take", other_button="other", share_link="link")
    request: Any = SimpleNamespace(headers={"host": host}, url=None)
    shown = owning.shown(parts, archive, clip.id, "ann", Words("en"), request, network)
    assert f'href="{base}clip/abc"' in shown["link"]
    reached = "localhost" not in base and "127.0.0.1" not in base
    assert ('<img class="qr"' in shown["link"]) == reached
    assert (f'href="{base}?clip={clip.id}"' in shown["take"]) == reached
    assert ("this computer alone" in shown["link"]) == (network is None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_history_names_every_button(archive, wish, language):
    clip = finished(archive, wish)
    shown = history(Words(language), archive, "ann")
    assert shown.count("<button") == shown.count('type="button"') == 3
    assert f'src="own/{clip.id}/poster.jpg"' in shown
    assert clip.id not in history(Words(language), archive, "eve")
