"""Videos that are cut: where, told from pictures and bodies, and everybody as one camera would have seen them."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from animate import video
from pose.camera import as_one
from pose.doubts import find_doubts
from pose.draw import STYLES, draw
from pose.edits import Edit, apply_edits
from pose.files import load_pose, save_pose
from pose.retarget import retarget
from pose.shots import Glances
from pose.skeleton import MIRROR, PoseSequence, lowest
from pose.track import clean, resample
from tests.body import ADULT, CHILD, SIZE, away, body, dance, sequence

DRIVING = Path(__file__).parents[2] / "shared" / "inputs" / "driving"
FRAMES = 60


def scene(seed: int) -> np.ndarray:
    """A room, 600 600 3 uint8."""
    rough = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    return cv2.resize(rough, SIZE, interpolation=cv2.INTER_CUBIC)


def filmed(points: np.ndarray, seed: int = 0) -> np.ndarray:
    """Somebody in a room, f 150 150 3 uint8."""
    figures = (draw(each.astype(np.float32), size=SIZE, style=STYLES["moore"]) for each in points)
    whole = (np.where(each.any(-1, keepdims=True), each, scene(seed) // 2) for each in figures)
    return np.stack([cv2.resize(each, (150, 150), interpolation=cv2.INTER_AREA) for each in whole])


def nearer(points: np.ndarray, times: float, *, at: tuple[float, float] = (300, 250)) -> np.ndarray:
    return (points - (*at, 0)) * (times, times, 1) + (*at, 0)


def closer(frames: np.ndarray, times: float) -> np.ndarray:
    side = round(150 / times)
    left, top = (75 - side // 2, 62 - round(side * 62 / 150))
    return np.stack([cv2.resize(each[top : top + side, left : left + side], (150, 150)) for each in frames])


def cuts_of(frames: np.ndarray, *points: np.ndarray, fps: float = 25) -> list[PoseSequence]:
    glances = Glances()
    assert sum(1 for _ in glances.passing(iter(frames))) == len(frames)
    return glances.cut([PoseSequence(each, SIZE) for each in points], fps=fps)


def test_cuts_to_another_place_are_seen():
    points = dance(frames=FRAMES)
    frames = np.concatenate([filmed(points[:20]), filmed(points[20:40], 1), filmed(points[40:], 2)])
    assert cuts_of(frames, points)[0].cuts == (20, 40)


@pytest.mark.parametrize("times", [1.3, 1.5, 2.0])
@pytest.mark.parametrize("lasts", [4, 11, 25])
def test_zooms_on_a_beat_are_seen(times, lasts):
    points, frames = dance(frames=FRAMES), filmed(dance(frames=FRAMES))
    part = slice(20, 20 + lasts)
    frames[part], points[part] = closer(frames[part], times), nearer(points[part], times)
    assert cuts_of(frames, points)[0].cuts == (20, 20 + lasts)


def test_a_cut_to_the_same_view_is_seen_by_the_body():
    points = np.concatenate([dance(frames=20), nearer(dance(frames=60)[38:], 1.0) + (60, 0, 0)])
    frames = filmed(points)
    assert cuts_of(frames, points)[0].cuts == (20,)
    twice = (np.repeat(each, 2, axis=0) for each in (frames, points))
    assert cuts_of(*twice, fps=50)[0].cuts == (40,)


def test_flashes_lights_pans_and_mistakes_of_the_models_are_no_cuts():
    points = dance(frames=FRAMES)
    frames = filmed(points)
    assert cuts_of(frames, points)[0].cuts == ()
    flash, dim = frames.copy(), frames.copy()
    flash[20:22], dim[20:] = 255, dim[20:] // 3
    pan = np.stack([np.roll(each, 4 * index, axis=1) for index, each in enumerate(frames)])
    leaping = points.copy()
    leaping[30:] += (200, 0, 0)
    for seen, found in ((flash, points), (dim, points), (pan, points), (frames, leaping)):
        assert cuts_of(seen, found)[0].cuts == ()


@pytest.mark.parametrize("name", ["01", "02", "04", "05", "06", "08", "09", "13"])
def test_real_videos_that_are_not_cut_are_not(name):
    path = next(DRIVING.glob(f"{name}_*"), None)
    if path is None:
        pytest.skip("no real videos here")
    clip = video.read(path, seconds=6, short_side=96)
    frames = np.stack(list(clip.frames))
    assert cuts_of(frames, np.zeros((len(frames), 134, 3)), fps=float(clip.fps))[0].cuts == ()


def test_who_is_lost_at_a_cut_is_who_is_found_there():
    points = dance(frames=FRAMES)
    first, second = points.copy(), nearer(points, 0.4, at=(0, 0))
    first[20:40], second[:20], second[40:] = 0, 0, 0
    frames = np.concatenate([filmed(first[:20]), filmed(second[20:40], 1), filmed(first[40:], 2)])
    (found,) = cuts_of(frames, first, second)
    assert found.cuts == (20, 40)
    assert away(found.points, first + second).max() < 1e-3
    assert len(cuts_of(filmed(points), first, second)) == 2


def melting(old: np.ndarray, new: np.ndarray, shares: np.ndarray) -> np.ndarray:
    return (old * (1 - shares) + new * shares).astype(np.uint8)


def test_who_is_lost_in_a_crossfade_goes_on_as_who_is_found_in_it():
    """Also a while later, and seen on both sides at once; by themselves, or beside others, people come and go."""
    points = dance(frames=FRAMES)
    shares = np.clip((np.arange(FRAMES) - 20) / 20, 0, 1)[:, None, None, None]
    still = filmed(points)
    frames = melting(still, filmed(nearer(points, 0.5, at=(0, 0)), 1), shares)
    for end, begin in ((30, 30), (34, 28), (24, 36)):
        first, second = points.copy(), nearer(points, 0.5, at=(0, 0))
        first[end:], second[:begin] = 0, 0
        (found,) = cuts_of(frames, first, second)
        assert found.cuts == (begin,)
        assert away(found.points, np.where(second.any((1, 2))[:, None, None], second, first)).max() < 1e-3
        assert len(cuts_of(still, first, second)) == 2, "the picture stays"
        assert len(cuts_of(frames, first, second, points + (150, 0, 0))) == 3, "somebody else is there"
        ghost = np.where((np.arange(FRAMES) // 3 == 10)[:, None, None], points, 0)
        assert len(cuts_of(frames, first, second, ghost)) == 2
    first[14:], second[:58] = 0, 0
    assert len(cuts_of(frames, first, second)) == 2, "too late"


@pytest.mark.parametrize("way", ["blend", "wipe", "push", "pan"])
def test_who_is_lost_while_the_camera_moves_goes_on_without_a_cut(way):
    """A picture that is blended, wiped or pushed into another is a cut."""
    points, place = dance(frames=FRAMES), np.clip((np.arange(FRAMES) - 15) / 30, 0, 1)
    rough = np.random.default_rng(3).integers(0, 256, (8, 40, 3), np.uint8)
    room = cv2.resize(rough, (750, 150), interpolation=cv2.INTER_CUBIC)
    old, new, edges = room[:, :150], room[:, 600:], (150 * place).round().astype(int)
    frames = {
        "blend": melting(old, new, place[:, None, None, None]),
        "wipe": np.stack([np.hstack([new[:, :edge], old[:, edge:]]) for edge in edges]),
        "push": np.stack([np.hstack([old, new])[:, edge : edge + 150] for edge in edges]),
        "pan": np.stack([room[:, 4 * edge : 4 * edge + 150] for edge in edges]),
    }
    first, second = points.copy(), nearer(points, 0.5, at=(0, 0))
    first[28:], second[:34] = 0, 0
    (found,) = cuts_of(frames[way], first, second)
    assert found.cuts == (() if way == "pan" else (34,))
    assert away(found.points, first + second).max() < 1e-3


def test_a_video_that_stutters_is_not_taken_for_a_cut_one():
    """Of seven frames three are the one before once more; what comes then has moved on for as long."""
    points = nearer(dance(frames=180)[::3], 1.6) + (np.arange(60) - 30)[:, None, None] * (3.0, 0, 0)
    frames, shown = filmed(points), np.arange(60)
    shown[shown % 7 > 3] = 0
    shown = np.maximum.accumulate(shown)
    assert cuts_of(frames[shown], points[shown])[0].cuts == ()
    cut = np.where((shown >= 21)[:, None, None, None], filmed(points, 1)[shown], frames[shown])
    assert cuts_of(cut, points[shown])[0].cuts == (21,)


def test_nothing_is_mended_or_smoothed_across_a_cut():
    """The shots show different moments, the second one from behind."""
    shots = dance(frames=30), dance(frames=90)[50:, MIRROR] + (90, 40, 0)
    points = np.concatenate(shots) + np.random.default_rng(0).normal(0, 1, (70, 134, 3)) * (1, 1, 0)
    whole = PoseSequence(points, SIZE, (30,))
    cleaned = clean(whole, fps=25)
    assert cleaned.cuts == (30,)
    for shot in whole.shots:
        np.testing.assert_array_equal(cleaned.points[shot], clean(sequence(points[shot]), fps=25).points)
    assert away(cleaned.points, points)[:, :18].max() < 15
    assert away(clean(sequence(points), fps=25).points, points)[:, :18].max() > 30
    assert not find_doubts(whole, cleaned, fps=25)
    assert apply_edits(cleaned, [Edit(4, 0.5, (1.0, 2.0))], fps=25).cuts == (30,)


@pytest.mark.parametrize("lasts", [4, 11, 30])
def test_a_zoom_on_a_beat_changes_nothing_of_the_dance(lasts):
    points = dance(frames=FRAMES)
    zoomed = points.copy()
    zoomed[20 : 20 + lasts] = nearer(points[20 : 20 + lasts], 1.6)
    fitted = [
        retarget(PoseSequence(each, SIZE, cuts), body(CHILD), size=SIZE, steady=True).sequence.points
        for each, cuts in ((points, ()), (zoomed, (20, 20 + lasts)))
    ]
    assert away(fitted[1], fitted[0])[:, :18].max() < 0.08 * CHILD["torso"]
    torso = np.linalg.norm(fitted[1][:, 1, :2] - fitted[1][:, [8, 11], :2].mean(1), axis=1)
    assert np.ptp(torso) < 0.1 * CHILD["torso"]


def test_shots_from_elsewhere_show_one_body_on_one_ground():
    """A wide shot, and one of another place and moment from nearer by; only "off" keeps the video's own frame."""
    points = np.concatenate([dance(frames=45), nearer(dance(frames=80)[52:], 1.7) + (80, 60, 0)])
    cut = PoseSequence(points, SIZE, (45,))
    one = as_one(cut)
    np.testing.assert_array_equal(one[:45], cut.points[:45])
    torso = np.linalg.norm(one[:, 1, :2] - one[:, [8, 11], :2].mean(1), axis=1)
    assert np.median(torso[45:]) == pytest.approx(ADULT["torso"], rel=0.08)
    assert abs(np.quantile(lowest(one[45:]), 0.8) - np.quantile(lowest(one[:45]), 0.8)) < 1
    fitted = retarget(cut, body(), size=SIZE, steady=True)
    long = np.linalg.norm(fitted.sequence.points[:, 1, :2] - fitted.sequence.points[:, [8, 11], :2].mean(1), axis=1)
    assert np.median(long[:45]) == pytest.approx(np.median(long[45:]), rel=0.08)
    whole = replace(cut, cuts=())
    np.testing.assert_array_equal(as_one(whole), whole.points)
    kept = [retarget(each, body(), size=SIZE, fit="off", steady=True).sequence.points for each in (cut, whole)]
    np.testing.assert_array_equal(kept[0], kept[1])


def test_cuts_are_kept_in_files_and_at_other_rates(tmp_path):
    given = PoseSequence(dance(frames=40), SIZE, (11, 30))
    for ending in ("json", "npz"):
        save_pose(tmp_path / f"dance.{ending}", given, fps=Fraction(25))
        assert load_pose(tmp_path / f"dance.{ending}")[0].cuts == (11, 30)
    points = dance(frames=40)
    points[11:30] += (100, 0, 0)
    halved, doubled = (resample(replace(given, points=points), fps=25, rate=rate) for rate in (12.5, 50))
    assert halved.cuts == (6, 15)
    leaps = np.flatnonzero(np.abs(np.diff(doubled.points[:, 1, 0])) > 60) + 1
    assert tuple(leaps) == doubled.cuts
    with pytest.raises(ValueError, match="cuts"):
        PoseSequence(points, SIZE, (30, 11))
