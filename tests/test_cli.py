"""The command line: a clip and exit 0, or one plain line, exit 2, and nothing left behind."""

import contextlib
import fcntl
import io
import os
import pty
import resource
import shutil
import signal
import struct
import subprocess
import sys
import termios
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from animate import Animator, InputError, Note, Progress, RenderSettings, examples, video
from animate.__main__ import main, tell
from tests import toy
from tests.media import beep, dancer, encode, grey, sound_seconds

ROOT = Path(__file__).parents[1]
PICTURE = next(iter(examples.characters().values()))
DANCE = "disco"  # danced by somebody the pose models see


def run(*arguments: object, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """limit: bytes that any file may grow to, as on a full disk."""

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-m", "animate", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=small_disk if limit else None
    )


def run_here(*arguments: object) -> tuple[int, str]:
    """The same in this process, which is quicker: exit code and stderr."""
    words = io.StringIO()
    with contextlib.redirect_stderr(words):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse's way out
            code = int(end.code or 0)
    return code, words.getvalue()


def refused(folder: Path, *arguments: object, limit: int | None = None) -> str:
    """The one line; nothing but what was there before is in the folder."""
    before = sorted(folder.iterdir())
    arguments = (*arguments, "-o", folder / "clip.mp4")
    done = run(*arguments, limit=limit) if limit else None
    code, words = (done.returncode, done.stderr) if done else run_here(*arguments)
    assert code == 2, words
    lines = [line for line in words.splitlines() if not line.startswith("Embedded model on")]
    assert len(lines) == 1, words
    assert "Traceback" not in lines[0]
    assert "Errno" not in lines[0]
    assert lines[0].endswith((".", "?"))
    assert sorted(folder.iterdir()) == before
    return lines[0]


def test_an_example_dances_with_its_music(tmp_path):
    done = run(PICTURE, DANCE, "-o", tmp_path / "clip.mp4", "--seconds", 1.2, "--size", "128x192")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    info = video.probe(tmp_path / "clip.mp4")
    assert (info.width, info.height, info.fps) == (128, 192, 25)
    assert info.seconds == pytest.approx(1.2, abs=0.05)
    assert sound_seconds(tmp_path / "clip.mp4") == pytest.approx(1.2, abs=0.06)
    frames = np.stack(list(video.read(tmp_path / "clip.mp4").frames)).astype(int)
    assert np.abs(frames[20] - frames[0]).mean() > 1, "the character moves"
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_video_somebody_uploads_dances_too(tmp_path):
    """The dancer is found, not looked up: the copy is encoded anew, at another size and rate, and so is the picture."""
    clip = video.read(examples.dances()[DANCE], seconds=1, fps=Fraction(25, 2), short_side=360)
    dance = tmp_path / "dance.mp4"
    video.write(dance, clip.frames, fps=clip.fps, audio=clip.audio)
    person = next(video.read(dance).frames)
    Image.fromarray(person).save(tmp_path / "person.jpg")
    assert examples.known_pose(dance) is None
    code, words = run_here(tmp_path / "person.jpg", dance, "-o", tmp_path / "clip.mp4", "--size", "128x192")
    assert code == 0, words
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert container.streams.video[0].frames == 12
        assert container.streams.audio
        assert container.streams.video[0].average_rate == Fraction(25, 2)


def test_nobody_in_the_video(tmp_path):
    empty = encode(tmp_path / "empty.mp4", [grey(90, width=160, height=240)] * 12)
    words = refused(tmp_path, PICTURE, empty)
    assert "Nobody was found in empty.mp4, from 0.0 to 0.5 s." in words


def test_nobody_in_the_picture(tmp_path):
    Image.fromarray(grey(90, width=200, height=300)).save(tmp_path / "wall.png")
    assert "Nobody was found in the picture" in refused(tmp_path, tmp_path / "wall.png", DANCE)


def test_a_dance_of_three_frames(tmp_path):
    clip = video.read(examples.dances()[DANCE], seconds=0.12)
    video.write(tmp_path / "short.mp4", clip.frames, fps=clip.fps)
    assert "too short there for a dance: 0.1 s." in refused(tmp_path, PICTURE, tmp_path / "short.mp4")


@pytest.mark.parametrize(
    ("name", "contents"), [("list.mp4", b"milk, bread\n" * 99), ("empty.mp4", b""), ("torn.mp4", None)]
)
def test_what_is_no_video(tmp_path, name, contents):
    path = tmp_path / name
    if contents is None:
        whole = encode(tmp_path / "whole.mp4", dancer(30), faststart=False)
        path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    else:
        path.write_bytes(contents)
    assert f"{name} cannot be read as a video." in refused(tmp_path, PICTURE, path)


def test_two_hours_a_minute_too_long_and_8k(tmp_path):
    ages = encode(tmp_path / "ages.mkv", [grey(level) for level in (0, 99, 200)], times=[0, 1, 7300])
    assert "2 hours" in refused(tmp_path, PICTURE, ages)
    long = encode(tmp_path / "long.mkv", [grey(level) for level in (0, 99, 200)], times=[0, 1, 90])
    assert "at most 60 s" in refused(tmp_path, PICTURE, long)
    huge = encode(tmp_path / "8k.mp4", [grey(0, width=7680, height=4320)], codec="mjpeg", pixels="yuvj420p")
    assert "7680" in refused(tmp_path, PICTURE, huge)


def test_no_disk(tmp_path):
    words = refused(tmp_path, PICTURE, DANCE, "--seconds", 1, "--size", "128x192", limit=4096)
    assert "space" in words


def test_no_such_files_options_or_models(tmp_path):
    assert "nowhere.png" in refused(tmp_path, tmp_path / "nowhere.png", DANCE)
    assert "nowhere.mp4" in refused(tmp_path, PICTURE, tmp_path / "nowhere.mp4")
    assert "no size" in refused(tmp_path, PICTURE, DANCE, "--size", "big")
    assert "multiple of 8" in refused(tmp_path, PICTURE, DANCE, "--size", "100x200")
    assert "steps" in refused(tmp_path, PICTURE, DANCE, "--steps", "0").lower()
    assert "giant" in refused(tmp_path, PICTURE, DANCE, "--model", "giant")
    assert "lasts" in refused(tmp_path, PICTURE, DANCE, "--start", "100")
    for device in ("toaster", "meta", "cuda:99", ""):
        assert f"no device «{device}»" in refused(tmp_path, PICTURE, DANCE, "--device", device)
    code, words = run_here(PICTURE, DANCE, "-o", tmp_path / "clip.avi")
    assert (code, len(words.splitlines())) == (2, 1)


def test_a_models_file_is_named_with_its_folder(tmp_path):
    model = Path(shutil.copytree(toy.folder(), tmp_path / "model"))
    file = model / "sd-vae-ft-mse" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:999])
    words = refused(tmp_path, PICTURE, DANCE, "--model", model, "--device", "cpu")
    assert words.startswith(f"{file} is damaged: it was cut short")


def test_a_song_keeps_its_beat(tmp_path):
    """The part is cut from the middle of the dance; a tone 0.5 s into the part is heard 0.5 s into the clip."""
    from tests.media import onset

    sound = beep(4, at=1.5)
    clip = video.read(examples.dances()[DANCE], seconds=3.5)
    dance = encode(tmp_path / "beep.mp4", clip.frames, rate=clip.fps, sound=sound)
    options = ("--start", 1, "--seconds", 1.2, "--size", "64x96")
    code, words = run_here(PICTURE, dance, "-o", tmp_path / "clip.mp4", *options)
    assert code == 0, words
    assert onset(tmp_path / "clip.mp4") == pytest.approx(0.5, abs=0.04)


def joints(path: Path) -> np.ndarray:
    from pose.files import load_pose

    return load_pose(path)[0].points


def test_joints_are_kept_and_dance_again(tmp_path):
    """From an example to a keypoint file, from that to the same clip, silent or with the sound of a video."""
    options = ("--size", "64x96", "--stay", "on")
    code, words = run_here(
        PICTURE, DANCE, "-o", tmp_path / "a.mp4", *options, "--seconds", 1, "--save-pose", tmp_path / "a.json"
    )
    assert code == 0, words
    assert joints(tmp_path / "a.json").shape == (25, 134, 3)
    again = (tmp_path / "b.mp4", "--save-pose", tmp_path / "b.npz")
    code, words = run_here(PICTURE, "--pose", tmp_path / "a.json", "-o", *again, *options)
    assert code == 0, words
    seen = joints(tmp_path / "a.json")[..., 2] > 0
    np.testing.assert_allclose(joints(tmp_path / "b.npz")[seen], joints(tmp_path / "a.json")[seen], atol=0.01)
    first, second = (np.stack(list(video.read(tmp_path / name).frames)).astype(int) for name in ("a.mp4", "b.mp4"))
    assert np.abs(first - second).mean() < np.abs(np.diff(first, axis=0)).mean()
    assert not video.probe(tmp_path / "b.mp4").has_audio
    sound = encode(tmp_path / "sound.mp4", [grey(90)] * 50, sound=beep(2, at=0.5))
    code, words = run_here(PICTURE, sound, "--pose", tmp_path / "a.json", "-o", tmp_path / "c.mp4", *options)
    assert code == 0, words
    assert video.probe(tmp_path / "c.mp4").has_audio


def test_skeletons_are_kept_as_a_video_that_is_a_dance_again(tmp_path):
    out, skeletons = tmp_path / "a.mp4", tmp_path / "skeletons.mp4"
    code, words = run_here(PICTURE, DANCE, "-o", out, "--size", "64x96", "--seconds", 0.4, "--save-pose", skeletons)
    assert code == 0, words
    code, words = run_here(PICTURE, skeletons, "-o", tmp_path / "b.mp4", "--size", "64x96")
    assert code == 0, words
    assert "skeleton video" in words


def test_a_body_known_better_than_it_can_be_found(tmp_path):
    """A wall has no body, until somebody says where."""
    Image.fromarray(grey(90, width=200, height=300)).save(tmp_path / "wall.png")
    known = ROOT / "assets" / "characters" / f"{PICTURE.stem}.json"
    out = tmp_path / "a.mp4"
    code, words = run_here(
        tmp_path / "wall.png", DANCE, "-o", out, "--size", "64x96", "--seconds", 0.4, "--body", known
    )
    assert code == 0, words


def test_what_is_chosen_of_the_diffusion_reaches_it(tmp_path, monkeypatch):
    class Loaded:
        words = "Embedded model on nothing."

        def render(self, job, out):
            raise InputError(f"{job.settings}.")

    loaded = {}
    monkeypatch.setattr(Animator, "load", lambda name, **given: loaded.update(given) or Loaded())
    options = {"steps": 12, "guidance": 2.5, "seed": 7, "window": 16, "overlap": 8}
    options |= {"schedule": "scaled_linear", "solver": "dpm"}
    given = [word for name, value in options.items() for word in (f"--{name}", value)]
    words = refused(
        tmp_path,
        PICTURE,
        DANCE,
        "--size",
        "64x96",
        "--device",
        "cpu",
        "--dtype",
        "bfloat16",
        "--model",
        toy.folder(),
        *given,
    )
    assert words == f"{RenderSettings(width=64, height=96, **options)}."
    assert loaded == {"device": "cpu", "dtype": "bfloat16"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--size", "500x700"), "width"),
        (("--steps", 0), "steps"),
        (("--guidance", 0), "guidance"),
        (("--seed", -1), "seed"),
        (("--overlap", 20), "overlap"),
        (("--seconds", 0), "seconds"),
        (("--start", 9999), "nothing starts at 9999 s"),
        (("--start", 50, "--pose", ROOT / "assets/dances/disco.npz"), "nothing starts at 50 s"),
        (("--person", -1), "Person -1"),
        (("--pose", PICTURE.with_suffix(".nowhere.npz")), "cannot be read"),
        (("--save-pose", PICTURE / "joints.json"), "could not be written"),
    ],
)
def test_what_a_model_is_not_needed_for_is_refused_before_one_is_loaded(tmp_path, monkeypatch, given, said):
    monkeypatch.setattr(Animator, "load", None)
    assert said in refused(tmp_path, PICTURE, DANCE, *given)


@pytest.mark.parametrize("order", ["picture out video", "out picture video", "picture seconds video out"])
def test_options_may_stand_anywhere(tmp_path, order):
    given = {"picture": [PICTURE], "video": ["nowhere.mp4"], "out": ["-o", "clip.mp4"], "seconds": ["--seconds", 1]}
    code, words = run_here(*(word for part in order.split() for word in given[part]))
    assert (code, words) == (2, "There is no file nowhere.mp4. Choose a video.\n")


def test_help_tells_all_that_can_be_asked_for(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    for word in ("python -m animate get MODEL", "python -m animate check CLIP", "AVIF", "HEIC", "GIF"):
        assert word in told
    for word in ("get", "check"):
        with pytest.raises(SystemExit, match="0"):
            main([word, "--help"])


@pytest.mark.parametrize("name", [".mp4", "clip", "clip.avi", "."])
def test_what_is_no_name_for_a_clip_is_told_with_one_that_is(name):
    assert run_here(PICTURE, DANCE, "-o", name) == (2, f"{name} is no name for a clip. Choose one like clip.mp4.\n")


@pytest.mark.parametrize(
    ("columns", "term", "encoding", "bar"),
    [
        (100, "xterm", "utf-8", "█" * 12 + "·" * 12),
        (100, "xterm", "ascii", "#" * 12 + "." * 12),
        (0, "xterm", "utf-8", "█" * 12 + "·" * 12),  # as one that does not say
        (40, "xterm", "utf-8", ""),
        (100, "dumb", "utf-8", ""),
    ],
)
def test_a_bar_moves_where_a_terminal_can_show_it(monkeypatch, columns, term, encoding, bar):
    reads, shows = pty.openpty()
    fcntl.ioctl(shows, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    monkeypatch.setenv("TERM", term)
    with open(shows, "w", encoding=encoding, errors="backslashreplace") as terminal, monkeypatch.context() as shown:
        shown.setattr(sys, "stderr", terminal)
        for event in (Progress("watch", 1, 2), Note("It turns.")):
            tell(event)
        terminal.flush()
        told = os.read(reads, 9999).decode()
    os.close(reads)
    clear = "\r\033[K" if bar else ""
    assert told == (f"{clear}Watching the dancer  {bar} 1 of 2{clear}" if bar else "") + "It turns.\r\n"


def test_where_no_clip_can_be_written_is_told_before_a_model_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(Animator, "load", None)
    (tmp_path / "file").touch()
    (tmp_path / "folder.mp4").mkdir()
    dance, picture = tmp_path / "dance.mp4", tmp_path / "picture.mp4"
    for source, copy in ((examples.dances()[DANCE], dance), (PICTURE, picture)):
        copy.write_bytes(source.read_bytes())
    before = dance.read_bytes()
    for place, said in {
        tmp_path / "file/clip.mp4": "could not be written",
        tmp_path / f"{'long' * 64}.mp4": "could not be written",
        tmp_path / "folder.mp4": "is a folder",
        dance: "dance.mp4 is what the clip is made of",
        picture: "picture.mp4 is what the clip is made of",
    }.items():
        code, words = run_here(picture, dance, "-o", place)
        assert (code, len(words.splitlines())) == (2, 1)
        assert said in words
    code, words = run_here(PICTURE, dance, "-o", tmp_path / "a.mp4", "--save-pose", tmp_path / "b" / ".." / "a.mp4")
    assert (code, "the clip and its joints" in words) == (2, True)
    assert dance.read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_what_a_model_does_not_obey_is_told(tmp_path):
    """The embedded one shows the puppet as long as that is better, so that nothing is diffused."""
    options = ("-o", tmp_path / "clip.mp4", "--size", "64x96", "--seconds", 0.4)
    code, words = run_here(PICTURE, DANCE, *options, "--seed", 7, "--steps", 9)
    assert code == 0
    assert words.splitlines()[0] == "Only models that diffuse obey --steps, --seed; this clip is the same without."
    code, words = run_here(PICTURE, DANCE, *options)
    assert (code, "diffuse" in words) == (0, False)


def test_pose_options_are_refused_in_words(tmp_path):
    (tmp_path / "list.json").write_text("{}")
    assert "no keypoint file" in refused(tmp_path, PICTURE, "--pose", tmp_path / "list.json")
    assert "no keypoint file" in refused(tmp_path, PICTURE, DANCE, "--body", tmp_path / "list.json")
    assert "no keypoint file" in refused(tmp_path, PICTURE, tmp_path / "list.json")
    assert "no dance" in refused(tmp_path, PICTURE)
    assert "cannot hold a pose" in refused(tmp_path, PICTURE, DANCE, "--save-pose", tmp_path / "a.txt")
    assert "smoothing" in refused(tmp_path, PICTURE, DANCE, "--smooth", 9)
    assert "cannot be read" in refused(tmp_path, PICTURE, "--pose", tmp_path / "nowhere.npz")
