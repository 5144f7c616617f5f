"""Where clips come from: credentials that a changed byte breaks, and a mark that lives through compression."""

import contextlib
import io
import json
import os
import re
import socket
import stat
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from animate import examples, sidecar, video
from animate.__main__ import main
from animate.provenance import Identity, Seal, credentials_of, origin
from animate.watermark import BITS, PROGRAM, Watermark, detect
from tests.awaiting import awaited
from tests.media import beep, encode

ROOT = Path(__file__).parents[1]
RATE = Fraction(25)


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Identity:
    return Identity.of(tmp_path_factory.mktemp("identity") / "own" / "identity.pem")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Identity:
    return Identity.of(tmp_path_factory.mktemp("elsewhere") / "identity.pem")


def dancing() -> Iterator[np.ndarray]:
    """A second of a dance: h w 3, without a mark as yet."""
    yield from video.read(next(iter(examples.dances().values())), seconds=1, fps=RATE).frames


@pytest.fixture(scope="module")
def clip(tmp_path_factory, here) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    sound = encode(folder / "sound.mp4", dancing(), sound=beep(1, at=0.5))
    with video.ClipWriter(folder / "clip.mp4", fps=RATE, audio=sound, seal=Seal(here, "Stand-in")) as writer:
        for frame in dancing():
            writer.add(frame)
    assert [path.name for path in folder.iterdir() if "part" in path.name] == []
    return folder / "clip.mp4"


def again(clip: Path, target: Path, *, crf: int, left: int = 0, top: int = 0) -> Path:
    """The same pictures compressed anew, without what the file said of itself."""
    frames = (frame[top:, left:] for frame in video.read(clip).frames)
    with av.open(str(target), "w") as container:
        stream = None
        for index, frame in enumerate(frames):
            even = np.ascontiguousarray(frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2])
            if stream is None:
                stream = container.add_stream("libx264", rate=RATE, options={"crf": str(crf)})
                stream.width, stream.height, stream.pix_fmt = even.shape[1], even.shape[0], "yuv420p"
            picture = av.VideoFrame.from_ndarray(even, format="rgb24")
            picture.pts = index
            container.mux(stream.encode(picture))
        assert stream is not None
        container.mux(stream.encode())
    return target


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path):
    file = tmp_path / "deep" / "identity.pem"
    first, second = Identity.of(file), Identity.of(file)
    assert first == second
    assert [path.name for path in file.parent.iterdir()] == ["identity.pem"]
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_starts_at_the_same_moment_agree_on_one_key(tmp_path):
    found, file = [], tmp_path / "identity.pem"
    threads = [threading.Thread(target=lambda: found.append(Identity.of(file))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("damage", ["emptied", "zeroed", "cut in the key", "cut in the chain"])
def test_a_damaged_key_is_told_put_aside_and_followed_by_one_that_stays(tmp_path, caplog, damage):
    file = tmp_path / "identity.pem"
    lost = Identity.of(file)
    whole = file.read_bytes()
    kept = {"emptied": b"", "zeroed": bytes(len(whole)), "cut in the key": whole[:90]}.get(damage, whole[:-60])
    file.write_bytes(kept)
    new = Identity.of(file)
    assert new != lost
    assert new == Identity.of(file)
    assert (tmp_path / "damaged-identity.pem").read_bytes() == kept
    assert [record.message.count("was damaged") for record in caplog.records] == [1]


def test_where_nothing_can_be_kept_clips_are_signed_all_the_same(tmp_path, clip):
    (tmp_path / "file").write_text("in the way")
    passing = Identity.of(tmp_path / "file" / "identity.pem")
    copy = tmp_path / "clip.mp4"
    copy.write_bytes(clip.read_bytes())
    Seal(passing, "Stand-in").sign(copy)
    assert origin(copy, passing).credentials == "here"


def test_a_clip_says_where_it_was_made(clip, here, elsewhere):
    found = origin(clip, here)
    assert (found.credentials, found.mark, found.program) == ("here", "here", "Animate")
    assert found.made.endswith("Z")
    assert found.here
    other = origin(clip, elsewhere)
    assert (other.credentials, other.mark) == ("elsewhere", "elsewhere")
    assert not other.here
    with av.open(str(clip)) as container:
        assert len(list(container.decode(video=0))) == 25
        assert container.streams.audio


def test_credentials_tell_what_a_reader_needs(clip):
    import c2pa

    with c2pa.Reader("video/mp4", clip.open("rb")) as reader:
        told = json.loads(reader.json())
    manifest = told["manifests"][told["active_manifest"]]
    (actions,) = (each["data"]["actions"] for each in manifest["assertions"] if "actions" in each["label"])
    assert actions[0]["action"] == "c2pa.created"
    assert actions[0]["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert actions[0]["when"]
    assert "root" not in json.dumps(told)
    assert str(clip.parent) not in json.dumps(told)


def boxes(data: bytes) -> Iterator[tuple[str, int, int]]:
    """The outermost boxes of an MP4: name, first byte, byte after."""
    start = 0
    while start < len(data):
        size = int.from_bytes(data[start : start + 4])
        yield data[start + 4 : start + 8].decode("latin1"), start, start + size
        start += size


@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_one_changed_byte_is_seen(clip, here, tmp_path_factory, where, change):
    data = bytearray(clip.read_bytes())
    places = [range(a, b) for name, a, b in boxes(bytes(data)) if name not in ("ftyp", "uuid")]
    place = int(where * sum(map(len, places)))
    for span in places:
        if place < len(span):
            data[span[place]] ^= change
            break
        place -= len(span)
    changed = tmp_path_factory.getbasetemp() / "changed.mp4"
    changed.write_bytes(data)
    assert credentials_of(changed, here)[0] in ("altered", "none")


def test_changes_of_pictures_sound_and_index_are_told(clip, here, tmp_path):
    data = clip.read_bytes()
    assert {name for name, *_ in boxes(data)} >= {"moov", "mdat"}
    for name, start, end in boxes(data):
        if name in ("moov", "mdat"):
            changed = bytearray(data)
            changed[(start + end) // 2] ^= 1
            (tmp_path / "changed.mp4").write_bytes(changed)
            assert credentials_of(tmp_path / "changed.mp4", here)[0] == "altered", name


def test_the_mark_lives_through_compression_and_cropping(clip, here, tmp_path):
    compressed = origin(again(clip, tmp_path / "compressed.mp4", crf=23), here)
    assert (compressed.credentials, compressed.mark) == ("none", "here")
    cropped = origin(again(clip, tmp_path / "cropped.mp4", crf=23, left=13, top=38), here)
    assert cropped.mark == "here"


@pytest.mark.parametrize("installation", [0x0000, 0xFFFF, 0x3C59, 0xA5A6])
def test_all_32_bits_come_back_and_nobody_sees_them(tmp_path, installation):
    mark, errors = Watermark(installation), []
    plain = examples.dances()["disco"]
    with video.ClipWriter(tmp_path / "marked.mp4", fps=RATE, seal=Stamp(mark, errors)) as writer:  # type: ignore[arg-type]
        for frame in video.read(plain, seconds=1, fps=RATE).frames:
            writer.add(frame)
    assert 10 * np.log10(255**2 / np.mean(errors)) >= 45
    squeezed = again(tmp_path / "marked.mp4", tmp_path / "squeezed.mp4", crf=23)
    trace = detect(video.lumas(squeezed, most=100))
    assert trace.found
    assert PROGRAM << 16 | trace.installation == PROGRAM << 16 | installation
    assert BITS == 32


class Stamp:
    """A mark alone, and how much it changes."""

    def __init__(self, mark: Watermark, errors: list[float]):
        self.mark, self.errors = mark, errors

    def stamp(self, luma: np.ndarray) -> np.ndarray:
        stamped = self.mark.stamp(luma)
        self.errors.append(float(np.square(stamped.astype(float) - luma).mean()))
        return stamped

    def sign(self, path: Path, *, kind: str) -> None:
        pass


def test_the_roughest_picture_keeps_45_decibels():
    noise = np.random.default_rng(0).integers(0, 256, (96, 160), np.uint8)
    stamped = Watermark(7).stamp(noise).astype(float)
    assert 10 * np.log10(255**2 / np.square(stamped - noise).mean()) >= 45


def test_no_mark_is_found_where_there_is_none():
    for path in sorted((ROOT / "assets" / "dances").glob("*.mp4")):
        assert not detect(video.lumas(path, most=50)).found
    noise = np.random.default_rng(1).integers(0, 256, (20, 200, 120), np.uint8)
    assert not detect(iter(noise)).found
    assert not detect(iter([])).found
    assert not detect(iter([np.zeros((8, 8), np.uint8)])).found
    tiny = np.zeros((5, 7), np.uint8)
    assert (Watermark(1).stamp(tiny) == tiny).all()


def test_the_command_line_says_it(clip, here, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(Identity, "of", lambda: here)
    assert main(["check", str(clip)]) == 0
    assert "made by AI here" in capsys.readouterr().out
    plain = sorted((ROOT / "assets" / "dances").glob("*.mp4"))[0]
    assert main(["check", str(plain)]) == 1
    assert "no content credentials" in capsys.readouterr().out
    (tmp_path / "text.mp4").write_text("nothing")
    assert main(["check", str(tmp_path / "text.mp4")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_credentials_that_lie_elsewhere_are_not_asked_for(clip, here, tmp_path):
    """A file may name an address for its credentials; nobody goes there."""
    import c2pa

    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/credentials.c2pa"
        seal, plain, remote = Seal(here, "Stand-in"), tmp_path / "plain.jpg", tmp_path / "remote.jpg"
        from PIL import Image

        Image.fromarray(next(dancing())).save(plain)
        info = c2pa.C2paSignerInfo(b"es256", here.chain.encode(), here.key.encode(), None)  # type: ignore[arg-type]
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(seal._claims(0)) as builder:
            builder.set_no_embed()
            builder.set_remote_url(address)
            with plain.open("rb") as source, remote.open("w+b") as target:
                builder.sign(signer, "image/jpeg", source, target)
        assert address.encode() in remote.read_bytes()
        assert credentials_of(remote, here)[0] == "none"
        with contextlib.suppress(TimeoutError):
            asked.append(server.accept())
    assert asked == []


def test_all_that_can_be_taken_away_says_where_it_comes_from(clip, here, elsewhere, monkeypatch, tmp_path):
    from animate import Posed
    from studio import files
    from studio.archive import Archive
    from studio.wishes import Wish

    monkeypatch.setattr(Identity, "of", lambda: here)
    archive = Archive(tmp_path / "clips", keep_days=1)
    kept = archive.add("ann", Wish(picture=examples.characters()["bear"], dance=clip))
    archive.video(kept).write_bytes(clip.read_bytes())
    info = video.probe(clip)
    joints = np.random.default_rng(0).uniform(20, 200, (25, 134, 3)).astype(np.float32)
    files.keep_poses(archive.video(kept).parent, Posed(joints, (info.width, info.height), "mini"))
    found = {}
    for name in ("clip.mp4", "side.mp4", "clip.webm", "clip.gif", "poster.jpg"):
        made = files.made(archive, kept, name)
        assert made is not None, name
        told = origin(made, here)
        found[name] = (told.credentials, told.mark)
        if told.mark == "here":
            assert origin(made, elsewhere).mark == "elsewhere", name
        if told.credentials == "here":
            assert origin(made, elsewhere).credentials == "elsewhere", name
            for share in (0.5, 0.8):  # among pictures and sound
                spoilt = bytearray(made.read_bytes())
                spoilt[int(len(spoilt) * share)] ^= 1
                copy = made.with_name(f"spoilt{made.suffix}")
                copy.write_bytes(spoilt)
                assert credentials_of(copy, here)[0] == "altered", (name, share)
    assert found == {
        "clip.mp4": ("here", "here"),
        "side.mp4": ("here", "here"),
        "clip.webm": ("here", "here"),
        "clip.gif": ("here", "here"),
        "poster.jpg": ("here", "none"),
    }


@pytest.fixture(scope="module")
def webm(clip, tmp_path_factory, here) -> tuple[Path, bytes]:
    """A signed WebM, and what it was before."""
    path = tmp_path_factory.mktemp("webm") / "clip.webm"
    film = video.read(clip)
    video.write(path, film.frames, fps=film.fps, audio=film.audio)
    before = path.read_bytes()
    Seal(here, "Stand-in").sign(path, kind="video/webm")
    return path, before


def test_a_webm_carries_its_credentials_behind_all_that_players_look_at(webm, tmp_path, here, elsewhere):
    path, before = webm
    plain = tmp_path / "plain.webm"
    plain.write_bytes(before)
    assert path.read_bytes().startswith(before)
    assert video.probe(path) == video.probe(plain)
    for start in (0, 0.7):
        shown = zip(video.read(path, start=start).frames, video.read(plain, start=start).frames, strict=True)
        assert all((ours == theirs).all() for ours, theirs in shown)
    assert credentials_of(path, here)[:2] == ("here", "Animate")
    assert credentials_of(path, elsewhere)[0] == "elsewhere"
    assert credentials_of(plain, here)[0] == "none"
    for name in ("more.webm", "called.mkv"):
        (tmp_path / name).write_bytes(path.read_bytes() + bytes(name == "more.webm"))
    assert credentials_of(tmp_path / "more.webm", here)[0] == "altered"
    assert credentials_of(tmp_path / "called.mkv", here)[0] == "here"


@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_one_changed_byte_of_a_webm_is_seen(webm, here, tmp_path_factory, where, change):
    path, before = webm
    data = bytearray(path.read_bytes())
    data[int(where * len(before))] ^= change
    changed = tmp_path_factory.getbasetemp() / "changed.webm"
    changed.write_bytes(data)
    assert credentials_of(changed, here)[0] in ("altered", "none")


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=60), cut=st.integers(1, 3000), grown=st.integers(1, 2**56 - 1))
def test_credentials_at_the_end_of_nonsense_are_none(webm, data, cut, grown):
    whole, before = webm[0].read_bytes(), webm[1]
    size = (1 << 56 | grown).to_bytes(8)
    for each in (data, before[:4] + data, whole[:-cut], before + b"\xec" + size + data, before + b"\xec" + data):
        assert sidecar.split(io.BytesIO(each)) is None


@pytest.mark.parametrize("side", [256, 384])
def test_a_gif_carries_one_mark_alone(clip, here, monkeypatch, tmp_path, side):
    """Two, one over the other, would be seen."""
    from studio import files

    monkeypatch.setattr(Identity, "of", lambda: here)
    small = tmp_path / "small.mp4"
    with video.ClipWriter(small, fps=RATE, seal=Seal(here, "Stand-in")) as writer:
        for frame in dancing():
            height, width = frame.shape[:2]
            writer.add(cv2.resize(frame, (side, side * height // width)))
    stamped = []
    stamp = Seal.stamp
    monkeypatch.setattr(Seal, "stamp", lambda self, luma: stamped.append(self.marks) or stamp(self, luma))
    (tmp_path / "clip.gif").write_bytes(files._gif(small))
    assert set(stamped) == {side > 320}
    assert origin(tmp_path / "clip.gif", here).mark == "here"


def test_a_mark_is_looked_for_in_pictures_of_odd_sides(tmp_path):
    Image.new("RGB", (337, 321), (90, 120, 60)).save(tmp_path / "odd.gif")
    (luma,) = video.lumas(tmp_path / "odd.gif", most=1)
    assert luma.shape == (321, 337)
    assert 100 < luma.min() <= luma.max() < 120
    assert origin(tmp_path / "odd.gif", Identity("", "")).mark == "none"


def test_a_gif_has_even_sides_and_its_mark(clip, here, monkeypatch, tmp_path):
    """Of a clip of 608 x 640 the scaled one was 320 x 337."""
    from studio import files

    monkeypatch.setattr(Identity, "of", lambda: here)
    with video.ClipWriter(tmp_path / "tall.mp4", fps=RATE, seal=Seal(here, "Stand-in")) as writer:
        for frame in dancing():
            writer.add(cv2.resize(frame, (608, 640)))
    (tmp_path / "tall.gif").write_bytes(files._gif(tmp_path / "tall.mp4"))
    with Image.open(tmp_path / "tall.gif") as picture:
        assert picture.size == (320, 336)
    assert origin(tmp_path / "tall.gif", here).mark == "here"


def test_the_page_says_it_in_the_readers_language(clip, here, monkeypatch, tmp_path):
    from types import SimpleNamespace

    from studio.origin import tell

    monkeypatch.setattr(Identity, "of", lambda: here)
    asks = SimpleNamespace(request=True, headers={"accept-language": "es"})
    ask = lambda path: awaited(tell(str(path), asks))  # type: ignore[arg-type]  # noqa: E731
    assert "lo hizo la IA aquí" in ask(clip)
    assert re.search(r'el <time datetime="[-\d]+T[:\d]+Z">[-\d]+ [:\d]+ UTC</time>', ask(clip))
    assert "la marca de esta instalación" in ask(clip)
    (tmp_path / "text.mp4").write_text("nothing")
    assert 'class="failed"' in ask(tmp_path / "text.mp4")
    assert awaited(tell(None, asks)) == ""  # type: ignore[arg-type]
