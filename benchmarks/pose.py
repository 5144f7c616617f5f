"""The pose front end, measured: frames a second, and how well dances fit bodies of known proportions.

    python -m benchmarks.pose [--video FILE ...] [--frames 100] [--json]

The fit is measured against forward kinematics of the target bodies, beside the method of taking bone ratios from one
frame. What cleaning does to joints at rest and to the beat is measured on an example dance, whose joints are known,
found as in any upload, or on any videos.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy import ndarray

from animate import examples, video
from benchmarks.beats import acceleration, cleaning_table, late, torso_of
from benchmarks.dancers import SIZE, Case, every, noisy, one_frame
from pose.finder import PoseFinder
from pose.people import tell_apart
from pose.retarget import retarget
from pose.runs import runs
from pose.skeleton import PoseSequence
from pose.track import clean

RATE = 25.0
NOISE = 2.0  # pixels of a found joint, of a body of 560
BODY = [joint for joint in range(14) if joint]

FIRSTS = 5  # frames of a dance, any of which may be the one that others measure

Fit = Callable[[Case], list[PoseSequence]]


def ours(case: Case) -> list[PoseSequence]:
    """The fit as it is used."""
    return [retarget(clean(case.dance, fps=RATE), case.character, size=SIZE, steady=False).sequence]


def theirs(case: Case) -> list[PoseSequence]:
    """The fit by one frame, once for each of some frames that a clip might begin with."""
    return [one_frame(case, frame=place * len(case.dance) // FIRSTS) for place in range(FIRSTS)]


def fit_errors(case: Case, fitted: PoseSequence) -> ndarray:
    """f 13: how far each joint is off, as a share of the torso."""
    points = fitted.points[..., :2].astype(np.float64)
    body = points[:, :14] - points[:, [8, 11]].mean(1, keepdims=True)
    return np.linalg.norm(body[:, BODY] - case.truth[:, BODY], axis=-1) / case.torso


def slides(case: Case, fitted: PoseSequence) -> list[float]:
    """How far each foot strays while it stands, as shares of the body's height."""
    found = []
    for foot, ankle in enumerate((10, 13)):
        for first, last in runs(case.planted[:, foot]):
            if last - first >= 5:
                places = fitted.points[first:last, ankle, :2]
                strayed = np.linalg.norm(places - np.median(places, axis=0), axis=1).max()
                found.append(float(strayed / case.height))
    return found


def constancy(case: Case, fitted: PoseSequence) -> float:
    """By how much the length of a bone varies where it is seen whole: the standard deviation over the mean."""
    varied = []
    for child, parent in ((3, 2), (4, 3), (6, 5), (7, 6), (9, 8), (10, 9), (12, 11), (13, 12)):
        whole = case.level[:, child]
        if whole.sum() >= 10:
            lengths = np.linalg.norm(fitted.points[whole, child, :2] - fitted.points[whole, parent, :2], axis=1)
            varied.append(float(lengths.std() / lengths.mean()))
    return float(np.mean(varied))


def fit_table(fit: Fit, *, noise: float) -> dict[str, float]:
    """Percent; over every body in every dance."""
    errors, strays, bones = [], [], []
    for case in every():
        for fitted in fit(noisy(case, pixels=noise) if noise else case):
            errors.append(fit_errors(case, fitted).ravel())
            strays += slides(case, fitted)
            bones.append(constancy(case, fitted))
    flat = np.concatenate(errors)
    return {
        "fit error, median, % of torso": round(100 * float(np.median(flat)), 2),
        "fit error, 95th percentile, % of torso": round(100 * float(np.quantile(flat, 0.95)), 2),
        "feet sliding, 95th percentile, % of height": round(100 * float(np.quantile(strays, 0.95)), 2),
        "bones varying in length, %": round(100 * float(np.mean(bones)), 2),
    }


def at_720p(frame: ndarray) -> ndarray:
    """A frame in the middle of a landscape one, 720 1280 3."""
    scale = min(720 / frame.shape[0], 1280 / frame.shape[1])
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    rest = (720 - small.shape[0], 1280 - small.shape[1])
    sides = (rest[0] // 2, rest[0] - rest[0] // 2, rest[1] // 2, rest[1] - rest[1] // 2)
    return cv2.copyMakeBorder(small, *sides, cv2.BORDER_REPLICATE)


def watched(path: Path, *, frames: int) -> tuple[dict[str, float | str], PoseSequence, Fraction]:
    """How quickly a video is watched at 720p, and the joints of its first person as found."""
    finder = PoseFinder.load()
    clip = video.read(path)
    pictures = [at_720p(frame) for frame, _ in zip(clip.frames, range(frames), strict=False)]
    list(finder.watch(pictures[:4]))
    (each, each_cost, _), (people, cost, took) = (timed(finder, pictures, fps=fps) for fps in (None, float(clip.fps)))
    told, others = (tell_apart(these, size=(1280, 720), fps=float(clip.fps)) for these in (people, each))
    assert told, "nobody is seen in this video"
    found, other = told[0], others[0]
    both = (found.visible & other.visible)[:, :18]
    apart = np.linalg.norm(found.points - other.points, axis=-1)[:, :18][both] / torso_of(found.points)
    facts: dict[str, float | str] = {
        "frames a second at 720p": round(len(pictures) / took, 1),
        "ms of processor a frame": round(1000 * cost / len(pictures), 1),
        "ms of processor a frame, detecting in each": round(1000 * each_cost / len(pictures), 1),
        "joints differ between the two, % of torso, median": round(100 * float(np.median(apart)), 2),
        "provider": finder.provider,
        "threads": finder.threads,
        "load of the machine": round(os.getloadavg()[0], 1),
    }
    return facts, found, clip.fps


def timed(finder: PoseFinder, pictures: Sequence[ndarray], *, fps: float | None) -> tuple[list[ndarray], float, float]:
    """The people in each picture; seconds of processor, and of the clock."""
    began, used = time.perf_counter(), time.process_time()
    people = list(finder.watch(pictures, fps=fps))
    return people, time.process_time() - used, time.perf_counter() - began


def cleaning(path: Path, found: PoseSequence, fps: Fraction) -> dict[str, float]:
    """What cleaning does to a video's joints; against the truth where the video is an example."""
    cleaned = clean(found, fps=float(fps))
    table = cleaning_table(found, cleaned, fps=float(fps))
    if known := examples.known_pose(path):
        scale = 720 / known.size[1]
        truth = known.points[: len(found)] * (scale, scale, 1)
        truth[..., 0] += (1280 - known.size[0] * scale) / 2
        torso, shown = torso_of(truth), found.visible[:, :14].all(1)
        table["acceleration in truth, % of torso a frame²"] = round(
            float(100 * acceleration(truth[shown]).mean() / torso), 2
        )
        for name, points in (("as found", found.points), ("cleaned", cleaned.points)):
            table[f"turns {name} within a frame of the truth, %"] = on_beat(truth, points, fps=float(fps))
            off = np.linalg.norm(points[shown][:, 2:14, :2] - truth[shown][:, 2:14, :2], axis=-1)
            table[f"joints {name}, % of torso off, median"] = round(100 * float(np.median(off) / torso), 2)
    return table


def on_beat(truth: ndarray, points: ndarray, *, fps: float) -> float:
    return round(100 * float((np.array(late(truth, points, fps=fps)) <= 1).mean()), 1)


def drawn_cleaning(*, noise: float) -> dict[str, float]:
    """The same of dances whose joints are known, with noise as models make it; a second of rest before each."""
    rested, moved, kept = [], [], []
    for case in every(bodies=("girl",)):
        still = case.dance.points[:1].repeat(round(RATE), 0)
        truth = np.concatenate([still, case.dance.points])
        found = noisy(replace(case, dance=PoseSequence(truth, SIZE)), pixels=noise).dance
        cleaned = clean(found, fps=RATE)
        torso, rests = torso_of(truth), slice(2, round(RATE) - 8)  # what comes after is the step into the dance
        first, then = (100 * acceleration(each.points) / torso for each in (found, cleaned))
        rested.append((first[rests].mean(), then[rests].mean()))
        moved.append((first[len(still) :].mean(), then[len(still) :].mean()))
        kept.append(on_beat(truth, cleaned.points, fps=RATE))
    table = {}
    for name, pairs in (("at rest", rested), ("moving", moved)):
        before, after = np.mean(pairs, axis=0)
        table[f"acceleration {name} as found, % of torso a frame²"] = round(float(before), 2)
        table[f"acceleration {name} cleaned, % of torso a frame²"] = round(float(after), 2)
    table["turns cleaned within a frame of the truth, %"] = round(float(np.mean(kept)), 1)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, nargs="+", help="watched and cleaned; by default an example dance")
    parser.add_argument("--frames", type=int, default=100, help="of the video")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    tables: dict[str, Mapping[str, float | str]] = {}
    for path in given.video or [examples.dances()["disco"]]:
        facts, found, fps = watched(path, frames=given.frames)
        tables[f"watching {path.stem}"] = facts
        tables[f"cleaning {path.stem}"] = cleaning(path, found, fps)
    tables |= {
        "cleaning, dances with noise": drawn_cleaning(noise=NOISE),
        "fit, exact joints": fit_table(ours, noise=0),
        "fit, joints as found": fit_table(ours, noise=NOISE),
        "one frame's ratios, exact joints": fit_table(theirs, noise=0),
        "one frame's ratios, joints as found": fit_table(theirs, noise=NOISE),
    }
    if given.json:
        json.dump(tables, sys.stdout)
        return
    for name, table in tables.items():
        print(name)
        for what, value in table.items():
            print(f"    {what:52} {value}")


if __name__ == "__main__":
    main()
