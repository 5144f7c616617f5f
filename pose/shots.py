"""Shots: where a video is cut."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pose.fades import faded
from pose.likeness import presence
from pose.skeleton import BODY, VISIBLE, PoseSequence, torso_length

SMALL = 32  # pixels of a side of the pictures that are compared
HELD = 1  # of 255: what differs by no more anywhere is the same frame once more, as where a recording stutters
MOVING = 1 / 3  # share of the frames that differ in a video that stutters; with fewer it shows stills
FLAT = 4  # of 255: contrast of a picture that shows nothing
REACH = 0.12  # seconds before and after a cut in which nothing is like the other side; flashes are shorter
EVEN = 0.02  # by how much frames differ anyhow, pictures in contrasts and bodies in torsos
USUAL = 0.75  # share of the steps from frame to frame that are usual
# Over cuts of edited videos pictures differ by 0.36 contrasts and more, in the dark by 0.28, and 1.7 times as much as
# they usually do and more. In eleven real videos they never differ by 0.2, and but for once by 1.05 times that at most.
OTHER, OFTEN = 0.25, 1.5
# A cut to the same view changes little of a picture but a whole body: of the torso, and times what is usual.
LEAP, LEAPING = 0.2, 3.0
FEW = 6  # joints: fewer tell nothing
TOLD = 4  # cuts in words


class Glances:
    """What is seen of a video's frames in passing, to tell where it is cut."""

    def __init__(self):
        self._seen: list[np.ndarray] = []

    def passing(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The frames, h w 3 uint8, as they are."""
        for frame in frames:
            small = cv2.resize(frame, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
            self._seen.append(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
            yield frame

    def cut(self, everybody: Sequence[PoseSequence], *, fps: float) -> list[PoseSequence]:
        """Everybody of that video, as found, with its cuts; who is lost at one, or in a slow change of the picture, and
        found anew is one person."""
        frames, small = len(self._seen), np.array(self._seen, np.int16)
        if frames < 2 or any(len(each) != frames for each in everybody):
            return list(everybody)
        shown = _new(small)
        pictures, lasts = _contrasts(small[shown]), np.diff(shown)
        held = np.r_[1.0, np.maximum(lasts / np.median(lasts), 1)]  # what comes late has moved on for longer
        reach = max(2, round(REACH * fps / np.median(lasts)))
        other, often = leaps(lambda lag: np.abs(pictures[lag:] - pictures[:-lag]).mean(1), len(shown), reach=reach)
        clear = (other > OTHER) & (often > OFTEN * held)
        whole = [replace(each, cuts=_places(shown[clear])) for each in everybody]
        joined, may = faded(_joined(whole), _picture_at(pictures, shown), fps=fps), (held == 1) & (often > OFTEN)
        return [_cut_to_same_view(each, shown, may, reach=reach) for each in joined]


def leaps(apart: Callable[[int], np.ndarray], frames: int, *, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """How unlike what comes is to what was in each frame, f, and how many times as much as neighbours are unlike.

    apart: a lag -> how unlike the frames so far apart are, f - lag, NaN where nothing tells. Of so many frames before
    and from that frame on, the two that are most alike count.
    """
    across = np.full(frames, np.inf)
    for lag in range(1, 2 * reach):
        gap = np.nan_to_num(apart(lag), nan=np.inf)
        for ahead in range(max(1, lag - reach + 1), min(lag, reach) + 1):
            near = across[ahead : ahead + len(gap)]
            np.minimum(near, gap, out=near)
    across[np.isinf(across)] = 0
    steps = np.nan_to_num(apart(1))
    steps = np.pad(np.r_[steps[:1], steps], reach - 1, mode="reflect")
    around = np.delete(sliding_window_view(steps, 2 * reach - 1), reach - 1, axis=1)
    return across, across / (np.quantile(around, USUAL, axis=1) + EVEN)


def _new(small: np.ndarray) -> np.ndarray:
    """Of small pictures f h w the places, n, of those that are not the one before once more; all where these are few,
    as in a video of stills."""
    new = np.flatnonzero(np.r_[True, np.abs(np.diff(small, axis=0)).max((1, 2)) > HELD])
    return new if len(new) >= MOVING * len(small) else np.arange(len(small))


def _contrasts(small: np.ndarray) -> np.ndarray:
    """Small pictures n h w as what differs in each, n pixels: a light that comes or goes changes no shapes."""
    pictures = small.reshape(len(small), -1).astype(np.float32)
    pictures -= pictures.mean(1, keepdims=True)
    return pictures / (pictures.std(1, keepdims=True) + FLAT)


def _cut_to_same_view(person: PoseSequence, shown: np.ndarray, may: np.ndarray, *, reach: int) -> PoseSequence:
    """Somebody with the cuts too over which the picture stays and a whole body leaps. shown: frames, n, of which some
    may be such, n bool; reach: as of `leaps`, and from other cuts."""
    leap, leaping = leaps(_moved(person.points[shown]), len(shown), reach=reach)
    cut = may & (leap > LEAP) & (leaping > LEAPING)
    cut &= (np.abs(np.subtract.outer(shown, person.cuts)) > reach).all(1)
    return replace(person, cuts=tuple(sorted({*person.cuts, *_places(shown[cut])})))


def _places(cuts: np.ndarray) -> tuple[int, ...]:
    return tuple(map(int, cuts))


def _picture_at(pictures: np.ndarray, shown: np.ndarray) -> Callable[[int], np.ndarray]:
    """A frame -> what it shows, SMALL by SMALL. pictures: n pixels; shown: their frames, n."""
    return lambda frame: pictures[np.searchsorted(shown, frame, side="right") - 1].reshape(SMALL, SMALL)


def _moved(points: np.ndarray) -> Callable[[int], np.ndarray]:
    """By how much of the torso most of somebody's joints move, for `leaps`."""
    torso, body = torso_length(points), points[:, BODY]

    def apart(lag: int) -> np.ndarray:
        both = (body[lag:, :, 2] > VISIBLE) & (body[:-lag, :, 2] > VISIBLE)
        away = np.linalg.norm(body[lag:, :, :2] - body[:-lag, :, :2], axis=-1)
        away = np.sort(np.where(both, away, np.inf), axis=1)
        middling = np.take_along_axis(away, both.sum(1)[:, None] // 2, axis=1)[:, 0]
        return np.where((both.sum(1) < FEW) | (torso is None), np.nan, middling / (torso or 1.0))

    return apart


def _joined(everybody: Sequence[PoseSequence]) -> list[PoseSequence]:
    """People, the most present first, of whom those that are lost at a cut go on as those that are found there."""
    people = list(everybody)
    for before, after in pairwise(people[0].shots if people else ()):
        shown = [[bool(each.points[shot, BODY, 2].max() > VISIBLE) for shot in (before, after)] for each in people]
        lost = [each for each, seen in zip(people, shown, strict=True) if seen == [True, False]]
        come = [each for each, seen in zip(people, shown, strict=True) if seen == [False, True]]
        for old, new in zip(lost, come, strict=False):
            if not (old.visible.any(1) & new.visible.any(1)).any():
                there = np.asarray(new.visible.any(1))[:, None, None]
                both = replace(old, points=np.where(there, new.points, old.points))
                people = [both if each is old else each for each in people if each is not new]
    return sorted(people, key=lambda each: -sum(map(presence, each.points)))


def told_cuts(sequence: PoseSequence, *, fps: float) -> str:
    """Where somebody's video is cut, in seconds: "2.4, 3.6"; the first ones where there are many."""
    parts = [f"{cut / fps:.1f}" for cut in sequence.cuts[:TOLD]]
    return ", ".join(parts) + (" …" if len(sequence.cuts) > TOLD else "")
