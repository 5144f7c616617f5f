"""Media in and out: every kind of file reads as a player shows it, and what is written plays."""

import gc
import os
import weakref
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from animate import video
from animate.colour import HLG, PQ
from animate.errors import BadSettings, UnreadableVideo
from tests.media import beep, dancer, encode, grey, levels, onset, sound_seconds

ROOT = Path(__file__).parents[1]


def shades(count: int) -> list[np.ndarray]:
    """Frames whose grey tells their number: 8 times it."""
    return [grey(8 * index) for index in range(count)]


def numbers(frames) -> list[int]:
    return [round(level / 8) for level in levels(frames)]


def test_probe_tells_what_a_player_shows(tmp_path):
    path = encode(tmp_path / "a.mp4", shades(30), rate=Fraction(30000, 1001), sound=beep(1, at=0.5))
    info = video.probe(path)
    assert (info.width, info.height, info.fps, info.has_audio) == (64, 48, Fraction(30000, 1001), True)
    assert info.seconds == pytest.approx(30 * 1001 / 30000, abs=0.02)


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.webm", "libvpx", "yuv420p"),
        ("a.mkv", "ffv1", "yuv444p"),
        ("a.gif", "gif", "rgb8"),
    ],
)
def test_every_frame_of_a_steady_video_comes_once(tmp_path, name, codec, pixels):
    clip = video.read(encode(tmp_path / name, shades(30), rate=25, codec=codec, pixels=pixels))
    assert clip.fps == 25
    assert numbers(clip.frames) == list(range(30))


def test_an_uneven_video_is_read_by_its_time_stamps(tmp_path):
    times = [0.0, 0.04, 0.08, 0.40, 0.44, 1.00, 1.04]
    path = encode(tmp_path / "uneven.mkv", shades(7), times=times)
    clip = video.read(path, fps=Fraction(25))
    assert numbers(clip.frames) == [0, 1, *[2] * 8, 3, *[4] * 14, 5, 6]


def with_holds(frames: int, *, rate: float, held: int, seconds: float) -> list[float]:
    """The moments of frames at that rate, of which some, spread over the video, are held for so many seconds more."""
    holds = np.zeros(frames)
    holds[np.linspace(1, frames - 1, held, dtype=int)] = seconds
    return np.round(np.arange(frames) / rate + holds.cumsum(), 3).tolist()


@pytest.mark.parametrize(
    ("name", "rate", "held", "expected"),
    [
        ("phone.mp4", 30, 1, 30),
        ("screen.mkv", 30, 4, 30),
        ("screen.webm", 30, 8, 30),
        ("slow.mkv", 12, 3, 12),
        ("fast.mkv", 1000, 9, 60),
        ("film.mkv", 24, 0, 24),
    ],
)
def test_frames_that_are_held_make_a_video_no_slower(tmp_path, name, rate, held, expected):
    times = with_holds(30, rate=rate, held=held, seconds=2)
    codec = "libvpx" if name.endswith("webm") else "libx264"
    path = encode(tmp_path / name, shades(30), rate=rate, times=times, codec=codec)
    info = video.probe(path)
    assert float(info.fps) == pytest.approx(expected, rel=0.03)
    assert info.seconds == pytest.approx(times[-1], abs=1), "how long the last is shown, nobody says"
    if rate == 30:
        shown = numbers(video.read(path, fps=Fraction(30)).frames)
        assert sorted(set(shown)) == list(range(30))
        assert len(shown) == pytest.approx(30 * times[-1], abs=3)


def test_a_dance_that_ends_in_a_long_hold_keeps_its_beat(tmp_path):
    first, *others = (Image.fromarray(frame) for frame in shades(30))
    first.save(tmp_path / "a.gif", save_all=True, append_images=others, duration=[70] * 29 + [3000])
    info = video.probe(tmp_path / "a.gif")
    assert float(info.fps) == pytest.approx(1 / 0.07, rel=0.01)
    assert info.seconds == pytest.approx(29 * 0.07 + 3, abs=0.1)


def test_odd_moments_make_no_odd_rate(tmp_path):
    """Of two frames, of pairs, of one held for an hour, and of slow ones."""
    for number, times in enumerate(([0, 0.04], [0, 0.001, 0.1, 0.101, 0.2, 0.201], [0, 0.04, 3000], [0, 1, 2, 3])):
        info = video.probe(encode(tmp_path / f"{number}.mkv", shades(len(times)), times=times))
        assert 0 < info.fps <= 60


def test_a_rate_asked_for_thins_or_repeats(tmp_path):
    path = encode(tmp_path / "a.mp4", shades(24), rate=24)
    assert numbers(video.read(path, fps=Fraction(12)).frames) == list(range(0, 24, 2))
    assert numbers(video.read(path, fps=Fraction(48)).frames) == [index // 2 for index in range(48)]


def test_a_very_fast_video_is_halved(tmp_path):
    path = encode(tmp_path / "slow-motion.mp4", shades(24), rate=120)
    clip = video.read(path)
    assert (video.probe(path).fps, clip.fps) == (120, 60)
    assert numbers(clip.frames) == list(range(0, 24, 2))


@pytest.mark.parametrize(
    ("rate", "every"),
    [
        (Fraction(rate), every)
        for rate, every in (("60.02", 1), ("60.3", 1), ("30.02", 1), ("120.1", 2), (144, 3), (72, 2))
    ],
)
def test_a_clock_that_is_a_little_fast_does_not_halve_a_video(tmp_path, rate, every):
    clip = video.read(encode(tmp_path / "fast.mp4", shades(24), rate=rate))
    assert float(clip.fps) == pytest.approx(float(rate) / every, rel=1e-3)
    assert numbers(clip.frames)[:7] == list(range(0, 7 * every, every))


def test_a_webcam_clip_without_length_is_measured(tmp_path):
    path = encode(tmp_path / "a.webm", shades(30), rate=30, codec="libvpx")
    data = path.read_bytes()
    # Browsers do not know the length when they write the head: its field (0x4489) becomes one without meaning (0xec).
    path.write_bytes(data.replace(b"\x44\x89\x88", b"\xec\x89\x00", 1))
    with av.open(str(path)) as container:
        assert container.duration is None
    info = video.probe(path)
    assert info.seconds == pytest.approx(1.0, abs=0.05)
    assert float(info.fps) == pytest.approx(30, abs=0.3)
    assert numbers(video.read(path, fps=Fraction(30)).frames) == list(range(30))


@pytest.mark.parametrize(("degrees", "corner"), [(90, (0, -1)), (180, (-1, -1)), (270, (-1, 0)), (0, (0, 0))])
def test_a_phone_clip_is_turned_upright(tmp_path, degrees, corner):
    frame = grey(0)
    frame[:24, :32] = (250, 20, 20)
    path = encode(tmp_path / "phone.mp4", [frame] * 3, rotation=-degrees % 360)
    info, shown = video.probe(path), next(video.read(path).frames)
    assert shown.shape[:2] == ((64, 48) if degrees % 180 else (48, 64)) == (info.height, info.width)
    assert shown[corner][0] > 150
    assert (shown[:, :, 0] > 128).mean() == pytest.approx(0.25, abs=0.03)


def test_pixels_that_are_not_square_are_stretched(tmp_path):
    path = encode(tmp_path / "dv.mp4", shades(2), aspect=Fraction(2, 1))
    assert (video.probe(path).width, video.probe(path).height) == (128, 48)
    assert next(video.read(path).frames).shape == (48, 128, 3)


def test_odd_sizes_read_and_write(tmp_path):
    path = encode(tmp_path / "odd.mkv", [grey(100, width=75, height=51)] * 3, pixels="yuv444p")
    frame = next(video.read(path).frames)
    assert frame.shape == (51, 75, 3)
    video.write(tmp_path / "even.mp4", [frame] * 3, fps=Fraction(25))
    assert next(video.read(tmp_path / "even.mp4").frames).shape == (52, 76, 3)


def test_short_side_scales_down_and_never_up(tmp_path):
    path = encode(tmp_path / "a.mp4", [grey(50, width=160, height=96)] * 2)
    assert next(video.read(path, short_side=48).frames).shape == (48, 80, 3)
    assert next(video.read(path, short_side=400).frames).shape == (96, 160, 3)


@pytest.mark.parametrize(("transfer", "white"), [(PQ, 0.581), (HLG, 0.75)])
def test_high_dynamic_range_keeps_black_black_and_white_white(tmp_path, transfer, white):
    frames = [np.full((48, 64, 3), round(code * 65535), np.uint16) for code in (0, white / 2, white, 1)]
    path = encode(tmp_path / "hdr.mp4", frames, pixels="yuv420p10le", transfer=transfer)
    black, middle, page, lamp = levels(video.read(path).frames)
    assert black <= 2
    assert 30 < middle < 140
    assert 230 <= page <= 248 < lamp


# Of four greys of a standard screen whose white has 203 cd/m2 (BT.1886), the codes of BT.2100.
@pytest.mark.parametrize(
    ("transfer", "codes"), [(PQ, (0.0924, 0.276, 0.4165, 0.5108)), (HLG, (0.0559, 0.2237, 0.4474, 0.6344))]
)
def test_high_dynamic_range_keeps_the_greys_of_a_standard_screen(tmp_path, transfer, codes):
    frames = [np.full((48, 64, 3), round(code * 65535), np.uint16) for code in codes]
    path = encode(tmp_path / "hdr.mp4", frames, pixels="yuv420p10le", transfer=transfer)
    assert levels(video.read(path).frames) == pytest.approx([16, 64, 128, 192], abs=4)


@pytest.mark.parametrize("height", [96, 720])
def test_colours_survive_writing_and_reading(tmp_path, height):
    colours = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (230, 180, 150), (0, 0, 0), (255, 255, 255)]
    frames = [np.full((height, 128, 3), colour, np.uint8) for colour in colours]
    video.write(tmp_path / "a.mp4", frames, fps=Fraction(25))
    for frame, colour in zip(video.read(tmp_path / "a.mp4").frames, colours, strict=True):
        assert np.abs(frame[height // 2, 64].astype(int) - colour).max() <= 4


@pytest.mark.parametrize(
    ("start", "seconds", "expected"), [(0.0, 0.4, range(10)), (0.4, 0.4, range(10, 20)), (0.8, None, range(20, 30))]
)
def test_a_part_is_cut_out(tmp_path, start, seconds, expected):
    path = encode(tmp_path / "a.mp4", shades(30))
    assert numbers(video.read(path, start=start, seconds=seconds).frames) == list(expected)


def test_a_part_deep_in_the_video_is_cut_out(tmp_path):
    path = encode(tmp_path / "a.mp4", (grey(index % 25 * 8) for index in range(400)))
    assert numbers(video.read(path, start=12.2, seconds=0.2).frames) == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("start", [0.0, 1.5])
@pytest.mark.parametrize(
    ("name", "codec", "sound_codec"),
    [("a.mp4", "libx264", "aac"), ("a.webm", "libvpx", "libopus"), ("a.mov", "mjpeg", "aac")],
)
def test_the_sound_stays_in_step_with_the_pictures(tmp_path, name, codec, sound_codec, start):
    frames = [grey(240 if index == 50 else 10) for index in range(100)]
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    source = encode(tmp_path / name, frames, sound=beep(4, at=2.0), codec=codec, pixels=pixels, sound_codec=sound_codec)
    clip = video.read(source, start=start, seconds=2.2)
    written = video.write(tmp_path / "out.mp4", clip.frames, fps=clip.fps, audio=clip.audio, start=clip.start)
    assert written == 55
    flash = int(np.argmax(levels(video.read(tmp_path / "out.mp4").frames))) / 25
    assert flash == pytest.approx(2.0 - start, abs=0.021)  # half a frame, where the cut falls between two
    assert onset(tmp_path / "out.mp4") == pytest.approx(2.0 - start, abs=0.015)
    assert sound_seconds(tmp_path / "out.mp4") == pytest.approx(2.2, abs=0.03)


def test_sound_that_begins_late_is_not_pulled_forward(tmp_path):
    frames = [grey(240 if index == 25 else 10) for index in range(50)]
    source = encode(tmp_path / "late.mkv", frames, sound=beep(1.4, at=0.5), sound_starts=0.5)
    video.write(tmp_path / "out.mp4", frames, fps=Fraction(25), audio=source)
    assert onset(tmp_path / "out.mp4") == pytest.approx(1.0, abs=0.02)


def test_sound_shorter_than_the_pictures_just_ends(tmp_path):
    source = encode(tmp_path / "a.mp4", shades(20), sound=beep(0.5, at=0.2))
    assert video.write(tmp_path / "out.mp4", shades(20), fps=Fraction(25), audio=source) == 20
    assert 0.3 < sound_seconds(tmp_path / "out.mp4") < 0.6


def test_a_silent_video_stays_silent(tmp_path):
    clip = video.read(encode(tmp_path / "a.mp4", shades(5)))
    assert clip.audio is None
    video.write(tmp_path / "out.mp4", clip.frames, fps=clip.fps, audio=clip.audio)
    assert sound_seconds(tmp_path / "out.mp4") == 0


def test_what_is_written_plays_everywhere(tmp_path):
    path = tmp_path / "out.mp4"
    video.write(path, dancer(30), fps=Fraction(30000, 1001))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt, stream.frames) == ("h264", "yuv420p", 30)
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        assert stream.average_rate == Fraction(30000, 1001)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("end", ["raises", "closed"])
def test_nothing_is_left_of_a_clip_that_was_not_finished(tmp_path, end):
    source = encode(tmp_path / "source.mp4", shades(10), sound=beep(0.4, at=0.1))

    def frames():
        yield from dancer(12)
        raise RuntimeError("no more")

    def writing():
        with video.ClipWriter(tmp_path / "out.mp4", fps=Fraction(25), audio=source) as writer:
            for frame in dancer(12):
                writer.add(frame)
                yield

    if end == "raises":
        with pytest.raises(RuntimeError):
            video.write(tmp_path / "out.mp4", frames(), fps=Fraction(25), audio=source)
    else:
        work = writing()
        for _ in range(5):
            next(work)
        assert (tmp_path / "out.mp4.part").exists()
        work.close()
    assert [path.name for path in tmp_path.iterdir()] == ["source.mp4"]


def test_a_finished_clip_is_not_lost_to_a_failed_one(tmp_path):
    video.write(tmp_path / "out.mp4", dancer(5), fps=Fraction(25))
    before = (tmp_path / "out.mp4").read_bytes()
    with pytest.raises(UnreadableVideo, match="not one frame"):
        video.write(tmp_path / "out.mp4", [], fps=Fraction(25))
    assert (tmp_path / "out.mp4").read_bytes() == before


def test_frames_pass_through_one_at_a_time(tmp_path):
    path = encode(tmp_path / "a.mp4", (grey(index % 250) for index in range(200)))
    alive: list[weakref.ref] = []
    most = 0

    def watched():
        nonlocal most
        for frame in video.read(path).frames:
            alive.append(weakref.ref(frame))
            gc.collect(0)
            most = max(most, sum(each() is not None for each in alive))
            yield frame

    assert video.write(tmp_path / "out.mp4", watched(), fps=Fraction(25)) == 200
    assert most <= 4


def refused(path: Path) -> str:
    """The words with which a video is refused: one or two plain sentences, nothing of the machine's insides."""
    with pytest.raises(UnreadableVideo) as caught:
        video.probe(path)
    words = str(caught.value)
    assert "\n" not in words
    assert words.endswith(".")
    assert str(path.parent) not in words
    assert "Errno" not in words
    return words


def test_what_is_no_video_is_refused(tmp_path):
    for name, contents in {
        "text.mp4": b"this is a shopping list\n" * 100,
        "empty.mp4": b"",
        "playlist.mp4": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "concat.mp4": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        "dash.mp4": b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><Period/></MPD>",
        "sdp.mp4": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 1234 RTP/AVP 96\n",
    }.items():
        path = tmp_path / name
        path.write_bytes(contents)
        assert "Choose an MP4" in refused(path)
    assert "no file" in refused(tmp_path / "nowhere.mp4")
    assert "no file" in refused(tmp_path)


def test_a_picture_or_a_song_is_no_video(tmp_path):
    Image.fromarray(grey(9)).save(tmp_path / "picture.png")
    (tmp_path / "picture.png").rename(tmp_path / "picture.mp4")
    refused(tmp_path / "picture.mp4")
    song = encode(tmp_path / "song.m4a", [], sound=beep(0.5, at=0.1))
    assert "no moving picture" in refused(song)


def test_a_video_without_a_frame_is_refused(tmp_path):
    with av.open(str(tmp_path / "none.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    refused(tmp_path / "none.mp4")


def test_a_torn_file_is_read_as_far_as_it_goes(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (50, 48, 64, 3), np.uint8)
    whole = encode(tmp_path / "whole.mp4", noise, faststart=True)
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    assert 10 < sum(1 for _ in video.read(torn).frames) < 50

    whole = encode(tmp_path / "index-last.mp4", noise, faststart=False)
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    refused(torn)


def test_a_start_beyond_the_end_is_refused_in_words(tmp_path):
    path = encode(tmp_path / "a.mp4", shades(25))
    with pytest.raises(BadSettings, match=r"lasts 1\.0 s"):
        video.read(path, start=3)


def test_8k_and_hours_are_refused(tmp_path):
    huge = encode(tmp_path / "8k.mp4", [grey(0, width=7680, height=4320)], codec="mjpeg", pixels="yuvj420p")
    assert "7680 x 4320" in refused(huge)
    long = encode(tmp_path / "long.mkv", shades(3), times=[0, 1, 7300])
    assert "2 hours" in refused(long)


def test_music_that_goes_on_for_hours_makes_no_video_long(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "MAX_VIDEO_SECONDS", 2)
    path = encode(tmp_path / "music.mkv", shades(25), sound=np.zeros((2, 5 * 48000), np.float32))
    with av.open(str(path)) as container:
        assert (container.duration or 0) > 4_000_000  # all that the file's head tells
    assert video.probe(path).seconds == pytest.approx(1, abs=0.1)


def test_a_frame_held_for_an_age_does_not_become_endless(tmp_path):
    path = encode(tmp_path / "held.mkv", shades(3), times=[0, 0.04, 3000])
    frames = video.read(path, fps=Fraction(25), seconds=2).frames
    assert sum(1 for _ in frames) == 50


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs POSIX limits")
def test_a_full_disk_leaves_nothing(tmp_path):
    import resource

    noise = np.random.default_rng(0).integers(0, 255, (40, 240, 320, 3), np.uint8)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, usual[1]))
    try:
        with pytest.raises(OSError, match="large"):
            video.write(tmp_path / "out.mp4", noise, fps=Fraction(25))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert list(tmp_path.iterdir()) == []
