"""Who is watched and how they are fitted: what people are told on the way."""

import re
from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from animate import (
    Animator,
    BadSettings,
    Finished,
    Job,
    NoPersonFound,
    Note,
    OutOfMemory,
    Progress,
    RenderSettings,
    UnreadablePose,
    UnreadableVideo,
    WeightsError,
    examples,
    motion,
    pictures,
)
from animate.beforehand import check_dance
from animate.canvas import Canvas, shrunk
from animate.characters import find_character, find_or_guess
from animate.provenance import Identity, Seal
from animate.savepoint import Savepoint
from animate.watching import Dance, Watched, Watcher
from animate.writing import write
from pose import finder, weights
from pose.draw import STYLES, draw
from pose.files import load_pose, save_pose
from pose.finder import PoseFinder
from pose.looking import Estimator
from pose.people import Seen
from pose.skeleton import FOOT_OF, LEGS, NOSE
from pose.waiting import wait
from pose.weights import PoseModelError
from studio.pace import frames_of, units, work_of
from studio.words import Words
from tests.body import ADULT, LOWER, SIZE, away, body, dance, sequence
from tests.figure import JOINTS
from tests.figure import draw as draw_figure
from tests.media import beep, encode, grey, onset

SETTINGS = RenderSettings(width=64, height=64)


class Finder:
    """One dancer, found on the processor though the GPU was asked for."""

    provider, fell_back, note = "CPUExecutionProvider", True, ""

    def watch(self, frames, fps):
        for index, _ in enumerate(frames):
            yield dance(frames=60)[index % 60][None] if not 8 <= index < 24 else np.zeros((0, 134, 3))


def ended(walk) -> tuple[list[str], object]:
    """The notes on the way, and what came of it."""
    notes = []
    while True:
        try:
            event = next(walk)
        except StopIteration as end:
            return notes, end.value
        if isinstance(event, Note):
            notes.append(event.words)


@pytest.fixture
def video(tmp_path) -> Path:
    return encode(tmp_path / "dance.mp4", [grey(60, width=SIZE[0], height=SIZE[1])] * 40)


class Dancing:
    """A detector that finds one person in every frame, and an estimator that knows their dance."""

    provider = "one's own"

    def find(self, frame: np.ndarray) -> np.ndarray:
        return np.array([[0, 0, *SIZE, 0.9]], np.float32)


class Knowing(Estimator):
    provider = "one's own"

    def estimate(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        return np.stack([body()] * len(boxes))


def test_people_are_found_by_models_of_ones_own(video):
    watcher, job = Watcher("cpu"), Job(image=video, motion=video, settings=SETTINGS)
    watcher.finder = PoseFinder(Dancing(), Knowing())
    notes, found = ended(watcher.watch(job))
    assert notes == []
    assert isinstance(found, Dance)
    assert np.abs(found.sequence.points[:, :18, :2] - body()[:18, :2]).max() < 1
    assert watcher.provider == "one's own"
    watcher.finder = Finder()  # type: ignore[assignment]
    assert not watcher.remembers(job), "what others have found"


def test_why_smaller_models_find_people_is_told_with_the_dance_in_every_language(video, tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "PROJECT", tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "_embedded", lambda folder, told: folder)
    monkeypatch.setattr(weights, "_get_salience", lambda folder, told: None)
    (tmp_path / "pose").mkdir()
    for file, content in (("yolox_l", b"cut"), ("dw-ll_ucoco_384", b"version https://git-lfs")):
        (tmp_path / "pose" / f"{file}.onnx").write_bytes(content)
    note = weights.find_pose_models(tmp_path).note
    assert "yolox_l.onnx cannot be used: it is cut: 3 of 216,746,733 bytes." in note
    watcher = Watcher("cpu")
    watcher.finder = PoseFinder(Dancing(), Knowing(), note=note)
    notes, _ = ended(watcher.watch(Job(image=video, motion=video, settings=SETTINGS)))
    assert notes == [note]
    for language in ("es", "zh", "ar"):
        assert not re.search(r"\b(used|it is|file|Delete|bytes|pointer)\b", Words(language).say(note))


def test_while_its_models_come_a_watcher_says_what_it_waits_for(monkeypatch):
    watcher, heard = Watcher("cpu"), []

    def find(*, progress):
        progress("Getting the pose models (36 MB).")
        heard.append(watcher.getting)
        raise PoseModelError("models", "they are not there", "Get them.")

    monkeypatch.setattr(finder, "find_pose_models", find)
    with pytest.raises(WeightsError):
        watcher.finder  # noqa: B018
    assert heard == ["Getting the pose models (36 MB)."]
    assert watcher.getting == ""
    for language in ("es", "zh", "ar"):
        assert Words(language).say(heard[0]) != heard[0]


def no_room(*_given, **_more):
    raise Exception("[ONNXRuntimeError] : 6 : bfc_arena.cc:376 Failed to allocate memory for requested buffer")


def test_models_for_which_there_is_no_room_are_told_as_that(monkeypatch):
    models = SimpleNamespace(detector=Path("detector.onnx"), breadth=1.0)
    monkeypatch.setattr(finder, "find_pose_models", lambda **_: models)
    monkeypatch.setattr("onnxruntime.InferenceSession", no_room)
    with pytest.raises(OutOfMemory, match="Lower the size"):
        Watcher("cpu").finder  # noqa: B018


def test_what_torch_keeps_of_a_gpu_is_given_back_before_people_are_looked_for(monkeypatch):
    mini, done = Animator.load("mini", device="cpu"), []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: done.append("given back"))
    for device, expected in (("cuda", ["given back", "looked"]), ("cpu", ["looked"])):
        watcher = Animator(mini.model, mini.networks, torch.device(device), torch.float32).watcher
        watcher._finder = SimpleNamespace(  # type: ignore[assignment]
            see=lambda picture: (done.append("looked"), Seen(body()[None], SIZE))[1]
        )
        done.clear()
        watcher.look_at(grey(60, width=SIZE[0], height=SIZE[1]))
        assert done == expected


def test_who_dances_of_a_picture_of_several_is_chosen_by_number(video):
    watcher, settings = Watcher("cpu"), RenderSettings(width=SIZE[0] // 8 * 8, height=SIZE[1] // 8 * 8)
    picture = grey(60, width=settings.width, height=settings.height)
    Image.fromarray(picture).save(video.with_name("pair.png"))
    pair = np.stack([body(), body(at=(60, 120)) * (0.6, 0.6, 1)])
    watcher._finder = SimpleNamespace(see=lambda picture: Seen(pair, SIZE))  # type: ignore[assignment]
    job, canvas = Job(image=video.with_name("pair.png"), motion=video, settings=settings), Canvas.lay(picture, SIZE)
    for number, points in ((None, pair[0]), (0, pair[0]), (1, pair[1])):
        found = find_character(watcher, replace(job, character=number), canvas)
        np.testing.assert_allclose(found, canvas.place(points))
    placed = find_character(watcher, replace(job, character=1, body=[(5.0, 6.0, 1.0)] * 18), canvas)
    np.testing.assert_allclose(placed[:18], canvas.place(np.tile((5.0, 6.0, 1.0), (134, 1)))[:18])
    with pytest.raises(NoPersonFound, match=r"There is no person 2 in pair\.png\. Choose a lower number"):
        find_character(watcher, replace(job, character=2), canvas)
    with pytest.raises(NoPersonFound, match=r"There is no person 1 in raincoat\.png"):
        find_character(watcher, replace(job, image=examples.characters()["raincoat"], character=1), canvas)
    for nobody in (-1, 0.5):
        with pytest.raises(BadSettings, match=f"Person {nobody}; people are numbered"):
            replace(job, character=nobody)


def test_a_figure_that_nobody_recognises_dances_by_its_outline_which_is_told(tmp_path):
    watcher, picture = Watcher("cpu"), grey(230, width=200, height=304)
    nobody = np.zeros((0, 134, 3), np.float32)
    watcher._finder = SimpleNamespace(  # type: ignore[assignment]
        see=lambda picture: Seen(nobody, SIZE), guess=lambda picture: np.zeros((134, 3), np.float32)
    )
    settings, canvas = RenderSettings(width=200, height=304), Canvas.lay(picture, (200, 304))
    Image.fromarray(picture).save(tmp_path / "wall.png")
    picture[30:270, 20:180] = draw_figure(paws=9)
    Image.fromarray(picture).save(tmp_path / "figure.png")
    wall, figure = (
        Job(image=tmp_path / name, motion=Path("disco"), settings=settings) for name in ("wall.png", "figure.png")
    )
    notes, points = ended(find_or_guess(watcher, figure, canvas))
    assert len(notes) == 1
    assert notes[0].startswith("Nobody is recognised in the picture, so the joints are guessed")
    assert isinstance(points, np.ndarray)
    assert (points[:18, 2] == 1).all()
    limbs = np.array([JOINTS[joint] for joint in range(2, 14)]) + (20, 30)
    assert np.linalg.norm(points[2:14, :2] - limbs, axis=1).max() < 25
    for none in (wall, replace(figure, character=1)):
        with pytest.raises(NoPersonFound, match="Nobody was found in the picture"):
            ended(find_or_guess(watcher, none, canvas))
    placed = replace(wall, body=[(5.0, 6.0, 1.0)] * 18)
    assert ended(find_or_guess(watcher, placed, canvas))[0] == []


def test_a_figure_that_nobody_recognises_is_looked_for_once(tmp_path, monkeypatch):
    looks: list[object] = []
    monkeypatch.setattr("pose.outline.salient_figure", looks.append)
    watcher, picture = Watcher("cpu"), grey(230, width=200, height=304)
    watcher._finder = SimpleNamespace(  # type: ignore[assignment]
        see=lambda picture: Seen(np.zeros((0, 134, 3), np.float32), SIZE),
        guess=lambda picture: np.zeros((134, 3), np.float32),
    )
    picture[30:270, 20:180] = draw_figure(paws=9)
    Image.fromarray(picture).save(path := tmp_path / "figure.png")
    job = Job(image=path, motion=Path("disco"), settings=RenderSettings(width=200, height=304))
    _, points = ended(find_or_guess(watcher, job, Canvas.lay(picture, (200, 304))))
    assert len(looks) == 1
    np.testing.assert_allclose(points, watcher.guess(picture), atol=1e-3)


def test_a_picture_like_a_thread_is_looked_at_too():
    for shape in ((16, 100_000, 3), (100_000, 16, 3)):
        small = shrunk(np.zeros(shape, np.uint8), 1280)
        assert sorted(small.shape) == [1, 3, 1280]


def test_no_limbs_are_cut_out_of_a_face_or_of_what_has_none(tmp_path):
    """A head nods instead: that of the face, or the largest disc of what stands out."""
    watcher, size, face = Watcher("cpu"), (200, 304), body(hide=range(1, 14))
    face[:, :2] = (100, 150) + 6 * (face[:, :2] - face[0, :2])
    cropped = face.copy()
    cropped[[2, 5]] = (-20, 290, 0.8), (215, 290, 0.6)  # shoulders beyond the picture's edges
    guesses = {"nothing": np.zeros((134, 3)), "face": face, "cropped": cropped}
    for name, guess in guesses.items():
        watcher._finder = SimpleNamespace(  # type: ignore[assignment]
            see=lambda picture: Seen(np.zeros((0, 134, 3), np.float32), SIZE), guess=lambda picture, guess=guess: guess
        )
        for wide in (40, 150):
            picture = grey(230, width=200, height=304)
            picture[60:220, 100 - wide // 2 : 100 + wide // 2] = 30
            Image.fromarray(picture).save(path := tmp_path / f"{name}{wide}.png")
            job = Job(image=path, motion=Path("disco"), settings=RenderSettings(width=200, height=304))
            notes, points = ended(find_or_guess(watcher, job, Canvas.lay(picture, size)))
            assert [note.startswith("Nobody is recognised") for note in notes] == [True]
            limbs = [*range(3, 5), *range(6, 14)]
            assert not points[limbs, 2].any()
            assert (points[[0, 1, 2, 5, 14, 15, 16, 17], 2] > 0.3).all()
            if name != "nothing":
                np.testing.assert_allclose(points[0, :2], (100, 150), atol=1)


def test_a_picture_in_which_somebody_was_seen_is_not_opened_once_more(tmp_path, monkeypatch):
    watcher, picture = Watcher("cpu"), grey(60, width=600, height=600)
    Image.fromarray(picture).save(path := tmp_path / "somebody.png")
    watcher._finder = SimpleNamespace(see=lambda picture: Seen(body()[None], SIZE))  # type: ignore[assignment]
    watcher.see(path)
    monkeypatch.setattr(pictures, "read", lambda path: pytest.fail("It was opened."))
    job, canvas = Job(image=path, motion=Path("disco"), settings=SETTINGS), Canvas.lay(picture, SIZE)
    assert ended(find_or_guess(watcher, job, canvas))[0] == []


def test_whom_the_models_are_not_sure_of_is_told_where_no_joints_were_placed(tmp_path):
    watcher, picture = Watcher("cpu"), grey(60, width=600, height=600)
    Image.fromarray(picture).save(tmp_path / "toy.png")
    job, canvas = Job(image=tmp_path / "toy.png", motion=Path("disco"), settings=SETTINGS), Canvas.lay(picture, SIZE)
    watcher._finder = SimpleNamespace(see=lambda picture: Seen(body()[None], SIZE, unsure=True))  # type: ignore[assignment]
    notes, points = ended(find_or_guess(watcher, job, canvas))
    assert [note.startswith("The figure in the picture is not surely recognised") for note in notes] == [True]
    np.testing.assert_allclose(points, canvas.place(body()))  # type: ignore[arg-type]
    for sure in (replace(job, body=[(5.0, 6.0, 1.0)] * 18), replace(job, image=examples.characters()["bear"])):
        assert ended(find_or_guess(watcher, sure, canvas))[0] == []


def test_a_fall_to_the_processor_and_empty_frames_are_told(video):
    watcher = Watcher("cuda")
    watcher._finder = Finder()  # type: ignore[assignment]
    notes, found = ended(watcher.watch(Job(image=video, motion=video, settings=SETTINGS)))
    assert notes[0].startswith("The GPU was asked for")
    assert "at 0.3–1.0 s; the character waits there" in notes[1]
    assert isinstance(found, motion.Dance)
    assert [doubt.kind for doubt in found.doubts] == ["nobody"]
    assert watcher.provider == "CPUExecutionProvider"


def test_cuts_are_told_and_kept_with_what_was_watched(tmp_path):
    """A room, another one for half a second, and the first again."""
    rooms = [
        np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8).repeat(100, 0).repeat(100, 1)
        for seed in (0, 1)
    ]
    path = encode(tmp_path / "cut.mp4", [rooms[10 <= index < 22] for index in range(40)])
    watcher, job = Watcher("cpu"), Job(image=path, motion=path, settings=SETTINGS)
    watcher._finder = SimpleNamespace(  # type: ignore[assignment]
        fell_back=False,
        note="",
        watch=lambda frames, fps: (dance(frames=40)[index][None] for index, _ in enumerate(frames)),
    )
    notes, found = ended(watcher.watch(job))
    assert notes == ["The video is cut, at 0.4, 0.9 s; a dance filmed in one go looks smoother."]
    assert isinstance(found, motion.Dance)
    assert found.sequence.cuts == (10, 22)
    watcher.save(job, kept := Savepoint(tmp_path / "kept", "job"))
    later = Watcher("cpu")
    later.recall(job, kept)
    assert ended(later.watch(job))[0] == notes
    without = {name: each for name, each in (kept.load("watched") or {}).items() if name != "cuts"}
    kept.keep("watched", without)
    older = Watcher("cpu")
    older.recall(job, kept)
    assert not older.remembers(job), "a version before knew of no cuts"


def fitted(
    character: np.ndarray, *, whole: bool = False, hide: Collection[int] = (), **changes: Any
) -> tuple[list[str], np.ndarray]:
    job = Job(image=Path("a.png"), motion=Path("b.mp4"), settings=SETTINGS, **changes)
    given = motion.Dance(sequence(dance(frames=40, hide=hide)), Fraction(25), None)
    notes, points = ended(motion.fit(given, character, size=SIZE, job=job, whole=whole))
    assert isinstance(points, np.ndarray)
    return notes, points


def test_who_sits_in_the_picture_keeps_their_legs_there():
    notes, points = fitted(body({**ADULT, "thigh": 20}))
    assert notes[0].startswith("The character sits")
    assert not points[:, LOWER[1:3] + LOWER[4:6], 2].any()
    assert points[:, [4, 7], 2].all()
    assert len(notes) == 1, "that the dance shows no feet is not true of it"


def test_legs_that_stay_are_drawn_for_a_model_that_follows_skeletons():
    """They are promised; that what is drawn shows none, such a model takes for a body without legs."""
    sitting, standing = body({**ADULT, "thigh": 20}), body()
    for character, hide in ((sitting, ()), (standing, LOWER[1:3] + LOWER[4:6])):
        notes, points = fitted(character, hide=hide, whole=True)
        assert any("legs stay as they are" in note for note in notes)
        for hip, knee, ankle in LEGS:
            assert points[:, [knee, ankle, *FOOT_OF[ankle]], 2].all()
            for joint in (knee, ankle, *FOOT_OF[ankle]):
                offset = character[joint, :2] - character[hip, :2]
                np.testing.assert_allclose(points[:, joint, :2] - points[:, hip, :2], np.tile(offset, (40, 1)), atol=1)
        bare = fitted(character, hide=hide)[1]
        np.testing.assert_array_equal(points[:, :8], bare[:, :8])
    cut_off = body(hide=LOWER)
    assert not fitted(cut_off, hide=LOWER, whole=True)[1][:, list(LOWER), 2].any(), "what no picture shows stays unseen"
    notes, points = fitted(standing, whole=True)
    np.testing.assert_array_equal(points, fitted(standing)[1])


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("gone", [(12, 34), (0, 12), (30, 60), (20, 24)])
def test_while_the_dancer_is_away_the_character_waits_as_it_stands_and_nothing_leaps(gone, whole):
    moving, character, (first, end) = dance(frames=60), body(at=(300, 320)), gone
    moving[first:end] = 0
    given = motion.Dance(sequence(moving), Fraction(30), None)
    job = Job(image=Path("a.png"), motion=Path("b.mp4"), settings=SETTINGS)
    _, points = ended(motion.fit(given, character, size=SIZE, job=job, whole=whole))
    assert isinstance(points, np.ndarray)
    assert (points[:, :24, 2] > 0.3).all(), "a model that follows drawn skeletons is shown some all the time"
    stands = np.arange(first + 9 * (first > 0), end - 9 * (end < 60))
    np.testing.assert_allclose(points[stands, :24, :2] - character[:24, :2], 0, atol=0.01)
    assert len(stands) or gone == (20, 24), "too short for it"
    steps = away(points[1:, :18], points[:-1, :18]).max(1)
    assert steps.max() < 45, "arms of a length of 105 go up or down within 0.3 s"


def test_nobody_at_all_and_a_dance_without_a_pause_stay_as_they_are():
    full, nobody = dance(frames=20), np.zeros((20, 134, 3))
    for points in (full, nobody):
        assert wait(points, body(), fps=25) is points


def test_legs_that_stay_as_in_the_picture_stay_while_the_dancer_is_away():
    """What moves the puppet takes them for danced where they show."""
    moving = dance(frames=40, hide=LOWER[1:3] + LOWER[4:6])
    moving[10:30] = 0
    given = motion.Dance(sequence(moving), Fraction(25), None)
    job = Job(image=Path("a.png"), motion=Path("b.mp4"), settings=SETTINGS)
    for whole in (False, True):
        _, points = ended(motion.fit(given, body(), size=SIZE, job=job, whole=whole))
        assert isinstance(points, np.ndarray)
        assert (points[:, LOWER[1:3] + LOWER[4:6], 2].all(), points[20, :8, 2].all()) == (whole, True)


def test_who_is_seen_from_the_side_keeps_the_dancers_proportions():
    notes, points = fitted(body({**ADULT, "shoulder": 6, "hip": 4, "upper arm": 20}))
    assert notes[0].startswith("The character is seen from the side")
    upper, fore = (np.linalg.norm(points[:, a, :2] - points[:, b, :2], axis=1) for a, b in ((3, 2), (4, 3)))
    np.testing.assert_allclose(upper / fore, ADULT["upper arm"] / ADULT["forearm"], rtol=1e-3)
    assert fitted(body())[0] == []


def test_a_dance_that_walks_out_of_the_picture_is_danced_in_place_unless_it_is_asked_to_travel():
    walking = dance(frames=40)
    walking[..., 0] += np.linspace(-5, 5, 40)[:, None] * SIZE[0]
    given = motion.Dance(sequence(walking), Fraction(25), None)
    tall = {}
    for steady in (None, False):
        job = Job(image=Path("a.png"), motion=Path("b.mp4"), settings=SETTINGS, steady=steady)
        notes, points = ended(motion.fit(given, body(), size=(SIZE[0] * 2, SIZE[1]), job=job))
        assert isinstance(points, np.ndarray)
        tall[steady] = float(np.ptp(points[:, :14, 1], axis=1).mean())
        assert any("leads further" in note for note in notes) == (steady is None)
        assert any("drawn at" in note for note in notes) == (steady is False)
    assert tall[None] > 0.9 * np.ptp(body()[:14, 1])
    assert tall[False] < 0.7 * tall[None]


def test_what_cannot_be_an_edit_a_body_or_a_strength_is_refused():
    outside, nowhere = (18, 0.0, 0.5, 0.5), (4, 0.0, 7.0, 0.5)
    wrongs: list[dict[str, Any]] = [{"edits": [outside]}, {"edits": [nowhere]}, {"body": [(0, 0, 1)]}]
    for wrong in wrongs:
        with pytest.raises(BadSettings):
            fitted(body(), **wrong)
    with pytest.raises(BadSettings, match="lies nowhere"):
        fitted(body(), body=[(float("nan"), 0, 1)] * 18)
    for row in ((0, 1), (0, 0, 1, 1), ("a", 0, 1), 7):
        with pytest.raises(BadSettings, match="three numbers"):
            fitted(body(), body=[row] * 18)
    with pytest.raises(BadSettings, match="smoothing"):
        fitted(body(), smoothing=-1)
    with pytest.raises(UnreadablePose, match="cannot be read"):
        motion.read_body(Path("nowhere.json"), size=SIZE)


def test_a_keypoint_file_that_shows_nobody_is_told_from_a_dance(tmp_path):
    save_pose(tmp_path / "nobody.json", sequence(dance(frames=10) * (1, 1, 0)), fps=Fraction(25))
    job = Job(image=Path("picture.png"), motion=tmp_path / "nobody.json", settings=SETTINGS)
    watcher = Watcher("cpu")
    with pytest.raises(NoPersonFound, match=r"from 0\.0 to 0\.4 s"):
        ended(watcher.watch(job))
    _, watched = ended(watcher.people(job))
    assert isinstance(watched, Watched)
    assert watched.still.boxes == {}


@pytest.mark.parametrize("trunk", [0, 1, 4])
def test_a_video_that_shows_hardly_more_than_a_face_is_refused_before_anything_is_rendered(trunk, tmp_path):
    """What a body is built from has to be there for more than a moment; joints that are fitted to none may be any."""
    poses = dance(frames=20)
    poses[trunk:, [each for each in range(24) if each not in (NOSE, *range(14, 18))]] = 0
    save_pose(tmp_path / "face.json", sequence(poses), fps=Fraction(25))
    job = Job(image=Path("picture.png"), motion=tmp_path / "face.json", settings=SETTINGS)
    if trunk > 1:
        assert isinstance(ended(Watcher("cpu").watch(job))[1], Dance)
        return
    with pytest.raises(
        NoPersonFound, match=r"Hardly more than a face is seen in face\.json, from 0\.0 to 0\.8 s"
    ) as told:
        ended(Watcher("cpu").watch(job))
    for language in ("es", "zh", "ar"):
        assert "face is seen" not in Words(language).say(str(told.value))
    assert isinstance(ended(Watcher("cpu").watch(replace(job, fit="off")))[1], Dance)


def test_a_dance_that_was_watched_is_remembered_for_its_part_alone(video):
    watcher = Watcher("cpu")
    watcher._finder = Finder()  # type: ignore[assignment]
    job = Job(image=Path("picture.png"), motion=video, settings=SETTINGS, seconds=1)
    assert not watcher.remembers(job)
    ended(watcher.people(job))
    assert watcher.remembers(job)
    assert not watcher.remembers(replace(job, start=0.5))


@pytest.mark.parametrize(
    ("start", "seconds", "first", "frames"),
    [(2, 1, 0, 25), (0, None, 0, 40), (2, None, 0, 40), (2.4, None, 10, 30), (1.8, 1, 0, 25), (0, 1, 0, 25)],
)
def test_joints_kept_of_a_part_dance_to_that_part_of_its_music(start, seconds, first, frames, tmp_path):
    poses = sequence(dance(frames=40))
    path = encode(tmp_path / "dance.mp4", [grey(60)] * 100, sound=beep(4, at=2.8))
    save_pose(tmp_path / "kept.json", poses, fps=Fraction(25), start=2)
    job = Job(image=Path("a.png"), motion=path, settings=SETTINGS, pose=tmp_path / "kept.json")
    again = tmp_path / "again.npz"
    _, found = ended(Watcher("cpu").watch(replace(job, start=start, seconds=seconds, save_pose=again)))
    assert isinstance(found, motion.Dance)
    np.testing.assert_allclose(found.sequence.points, poses.points[first : first + frames], atol=0.01)
    assert found.start == load_pose(again)[2] == max(start, 2)
    walk = write(
        tmp_path / "clip.mp4", iter([grey(9)] * frames), frames, dance=found, seal=Seal(Identity.of(), "Puppet")
    )
    assert isinstance([*walk][-1], Finished)
    assert onset(tmp_path / "clip.mp4") == pytest.approx(0.8 - first / 25, abs=0.05)


@pytest.mark.parametrize(("start", "first", "frames"), [(0, 0, 12), (2.2, 5, 7)])
def test_skeletons_kept_of_a_part_dance_to_that_part_of_its_music(start, first, frames, tmp_path):
    """As a dance of their own they begin with themselves."""
    kept, again = tmp_path / "kept.mp4", tmp_path / "again.npz"
    motion.keep(sequence(dance(frames=12)), kept, fps=Fraction(25), start=2)
    path = encode(tmp_path / "dance.mp4", [grey(60)] * 100, sound=beep(4, at=2.8))
    job = Job(image=Path("a.png"), motion=path, settings=SETTINGS, pose=kept, start=start)
    watcher = Watcher("cpu")
    check_dance(job)
    _, found = ended(watcher.watch(replace(job, save_pose=again)))
    assert isinstance(found, motion.Dance)
    assert len(found.sequence) == frames
    assert found.start == load_pose(again)[2] == max(start, 2)
    with pytest.raises(BadSettings, match="nothing starts at 3"):
        check_dance(replace(job, start=3.7))
    alone = replace(job, motion=kept, pose=None, start=first / 25)
    _, found = ended(watcher.watch(alone))
    assert isinstance(found, motion.Dance)
    assert (len(found.sequence), found.start) == (frames, first / 25)


def test_a_keypoint_file_that_is_over_by_then_is_named(tmp_path):
    path = encode(tmp_path / "dance.mp4", [grey(60)] * 100)
    save_pose(tmp_path / "kept.json", sequence(dance(frames=40)), fps=Fraction(25))
    job = Job(image=Path("a.png"), motion=path, settings=SETTINGS, pose=tmp_path / "kept.json", start=3)
    with pytest.raises(UnreadableVideo, match=r"kept\.json is too short there"):
        ended(Watcher("cpu").watch(job))
    with pytest.raises(NoPersonFound, match=r"person 1 in kept\.json"):
        ended(Watcher("cpu").watch(replace(job, start=0, person=1)))


def test_a_minute_is_counted_from_where_the_joints_begin(tmp_path):
    save_pose(tmp_path / "kept.npz", sequence(dance(frames=200)), fps=Fraction(5), start=300)
    job = Job(image=Path("a.png"), motion=tmp_path / "kept.npz", settings=SETTINGS)
    _, found = ended(Watcher("cpu").watch(job))
    assert isinstance(found, motion.Dance)
    assert (len(found.sequence), found.fps) == (200, 5)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        *[(Fraction(each), Fraction(each)) for each in (12, 25, 30, "30000/1001", "24000/1001")],
        *[(Fraction(each), 30) for each in ("18000/599", "30.3", "31", "32", "36", "40", "45", "60.02", "60.3")],
        *[(Fraction(each), Fraction(each) / 2) for each in (48, 50, "48000/1001", "60000/1001")],
        (Fraction(120), 30),
    ],
)
def test_a_clip_is_as_fluent_as_its_dance_up_to_30_frames_a_second(rate, expected, tmp_path):
    walking = np.repeat(body()[None], 60, 0)
    walking[..., 0] += 2 * np.arange(60)[:, None]
    save_pose(tmp_path / "dance.json", sequence(walking), fps=rate)
    job = Job(image=Path("picture.png"), motion=tmp_path / "dance.json", settings=SETTINGS)
    _, found = ended(Watcher("cpu").watch(job))
    assert isinstance(found, motion.Dance)
    assert found.fps == pytest.approx(expected, rel=1e-6)
    assert len(found.sequence) / found.fps == pytest.approx(float(60 / rate), abs=float(1 / expected))
    steps = np.diff(found.sequence.points[:-2, 1, 0])  # the last frame has none after it to go to
    np.testing.assert_allclose(steps, 2 * float(rate / found.fps), rtol=1e-4, err_msg="as far from frame to frame")


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        *[(Fraction(each), Fraction(each)) for each in (10, 12, 15)],
        *[(Fraction(each), Fraction(each) / 2) for each in (24, 25, 30, "30000/1001", "30.3")],
        *[(Fraction(each), Fraction(each) / 4) for each in (48, 50, 60)],
        *[(Fraction(each), 15) for each in (16, 20, 33)],
    ],
)
def test_a_model_of_15_frames_a_second_gets_no_more(rate, expected, tmp_path):
    """As MusePose was trained: on every second frame, of fast videos on every fourth."""
    assert motion.rate_of(rate, most=15) == pytest.approx(expected, abs=0.2)
    save_pose(tmp_path / "dance.json", sequence(np.repeat(body()[None], 60, 0)), fps=rate)
    job = Job(image=Path("picture.png"), motion=tmp_path / "dance.json", settings=SETTINGS)
    _, found = ended(Watcher("cpu").watch(job, most=15))
    assert isinstance(found, motion.Dance)
    assert found.fps <= 15
    assert len(found.sequence) == pytest.approx(float(60 / rate * found.fps), abs=1)


@pytest.mark.parametrize(("rate", "looks"), [(60, 30), (50, 25), (48, 24), (120, 30), (40, 40), (25, 25), (12, 12)])
def test_of_a_fast_video_only_the_frames_that_its_clip_shows_are_looked_at(rate, looks, tmp_path):
    path = encode(tmp_path / "fast.mp4", [grey(60, width=SIZE[0], height=SIZE[1])] * rate, rate=rate)
    watcher, job, found = Watcher("cpu"), Job(image=path, motion=path, settings=SETTINGS), []
    walking = dance(frames=looks)
    walking[..., 0] += np.linspace(0, 40, looks)[:, None]
    watcher._finder = SimpleNamespace(  # type: ignore[assignment]
        fell_back=False, note="", watch=lambda frames, fps: (walking[index][None] for index, _ in enumerate(frames))
    )

    def walk():
        found.append((yield from watcher.watch(job)))

    assert [event for event in walk() if isinstance(event, Progress)][-1] == Progress("watch", looks, looks)
    assert found[0].fps == motion.rate_of(Fraction(rate))
    assert len(found[0].sequence) == round(found[0].fps), "a second, as before"
    animator: Any = SimpleNamespace(
        watcher=Watcher("cpu"),
        cutter=SimpleNamespace(remembers=lambda job: True),
        model=SimpleNamespace(rate=30, window=24),
    )
    assert work_of(job, animator)["watch"] == units("watch", frames=looks), "as is told before"
    assert frames_of(job, animator) == len(found[0].sequence)


@pytest.mark.parametrize("empty", [0, 12, 70])
def test_a_skeleton_video_may_begin_before_anybody_comes(empty, tmp_path):
    nobody = [grey(0, width=SIZE[0], height=SIZE[1])] * empty
    frames = nobody + [draw(points, size=SIZE, style=STYLES["moore"]) for points in dance(frames=80 - empty)]
    drawn = encode(tmp_path / "skeletons.mp4", frames)
    notes, found = ended(Watcher("cpu").watch(Job(image=Path("picture.png"), motion=drawn, settings=SETTINGS)))
    assert notes[0].startswith("This is a skeleton video")
    assert isinstance(found, motion.Dance)
    assert (found.sequence.visible[:, :14].sum(1) > 10).tolist() == [False] * empty + [True] * (80 - empty)


def test_two_who_ask_at_once_have_a_dance_watched_once(video):
    watcher, job = Watcher("cpu"), Job(image=Path("picture.png"), motion=video, settings=SETTINGS, seconds=1)
    watcher._finder, begun = Finder(), []  # type: ignore[assignment]
    watch = watcher._watch
    watcher._watch = lambda *given: begun.append(1) or watch(*given)  # type: ignore[method-assign]
    first, second = watcher.people(job), watcher.people(job)
    for asker in (first, second, first, second):
        assert isinstance(next(asker), Note | Progress)
    assert len(begun) == 1
    assert ended(first)[1] is ended(second)[1]
    assert len(begun) == 1
