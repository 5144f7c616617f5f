"""What can be told of a picture or a dance at once, before anybody waits for a clip of it."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from animate import AnimateError, examples, pictures, video
from animate.errors import NotDownloaded
from studio.failures import apology
from studio.jobs import Workshop
from studio.words import Line
from studio.yielding import give_way

if TYPE_CHECKING:
    from animate.watching import Watcher

log = logging.getLogger(__name__)

_FEET = (10, 13)  # the ankles among the joints
_SEEN = 0.3  # score of a joint
_AS_LARGE = 0.5  # of the largest person, to count as another one
_SMALL = 384  # pixels of the longer side of a picture: half of a usual clip's
_LOOKS = 5  # frames of a dance that are looked at
_SIDE = 720  # pixels of their short side
_BEGINS = 1.0  # seconds into a dance at which the first of them is at the latest: a clip begins there unless told else
_NEARLY = 1.0  # seconds as near as which it is told when somebody comes
_AWAY = 2  # looks without anybody; one may be a mistake


@dataclass(frozen=True)
class Finding:
    """line: what to say; serious: no clip can come of it; good: nothing is wrong, as far as was looked."""

    line: Line
    serious: bool = False
    good: bool = False


class Examiner:
    """Looks at what visitors bring, in a thread of its own, so that neither the page nor a clip in the making waits."""

    def __init__(self, workshop: Workshop):
        self._workshop = workshop
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="examiner", initializer=give_way)

    @property
    def getting(self) -> str:
        """What who looks for people still waits for, in words; "" once it is there."""
        animator = self._workshop.animators.any()
        return animator.watcher.getting if animator else ""

    def picture(self, path: Path, *, character: int = 0) -> list[Finding]:
        """Of a picture that can be read, and of who is to dance of it; empty where nothing can be told."""
        watcher = self._watcher()
        if watcher is None or examples.known_pose(path):
            return []
        try:
            seen, (width, height) = watcher.see(path), pictures.size_of(path)
            small = [Finding(Line("small_picture", {"width": width, "height": height}))]
            told = small if max(width, height) < _SMALL else []
            if seen.character is None:
                return [Finding(Line("nobody_picture")), *told]
            chosen = seen.characters[min(character, len(seen.characters) - 1)]
            told += [Finding(Line("unsure_picture"))] if seen.unsure else []
            others = _told([[*seen.characters]], "picture", feet=_feet(chosen))
            return [*(each for each in others if not told or not each.good), *told]
        except AnimateError as error:  # such as pose models that cannot be got: the order will say it
            _noted(error)
            return []
        except Exception:
            apology()
            return []

    def dance(self, path: Path) -> list[Finding]:
        """Of a video that can be read, from a few of its frames."""
        watcher = self._watcher()
        if watcher is None or examples.known_pose(path):
            return []
        try:
            from animate.watching import MIN_FRAMES, are_skeletons  # here, since it brings the pose models' library

            info = video.probe(path)
            seconds = info.seconds
            if round(seconds * info.fps) < MIN_FRAMES:
                return [Finding(Line("short_dance"), serious=True)]
            starts = [seconds * (look + 0.5) / _LOOKS for look in range(_LOOKS)]
            starts[0] = min(starts[0], _BEGINS)
            frames = [_frame(path, start) for start in starts]
            if are_skeletons(frames):
                return [Finding(Line("drawn_dance"))]
            finder = watcher.finder  # once: room is made for it each time
            seen = [_large(finder.people(frame)) for frame in frames]
            if not any(map(len, seen)):
                return [Finding(Line("nobody_dance"), serious=True)]
            feet = sum(_feet(people[0]) for people in seen if len(people)) * 2 >= sum(
                len(people) > 0 for people in seen
            )
            told = _told(seen, "dance", feet=feet)
            gone = _gone(
                [len(people) > 0 for people in seen],
                starts,
                lambda moment: len(finder.people(_frame(path, moment))) > 0,
            )
            return [*gone, *(each for each in told if not gone or not each.good)]
        except (AnimateError, StopIteration) as error:
            _noted(error)
            return []
        except Exception:
            apology()
            return []

    def _watcher(self) -> "Watcher | None":
        animator = self._workshop.wait_for_animator(seconds=60)
        return animator.watcher if animator else None


def _noted(error: Exception) -> None:
    """What visitors are told plainly, whole in the log."""
    if isinstance(error, NotDownloaded):
        log.warning("%s", error)


def _frame(path: Path, moment: float) -> np.ndarray:
    """h w 3, of a video at so many seconds. Raises StopIteration, and what `video.read` does."""
    return next(video.read(path, start=moment, short_side=_SIDE).frames)


def _gone(seen: Sequence[bool], moments: Sequence[float], sees: Callable[[float], bool]) -> list[Finding]:
    """Who comes late, or is away later. seen: whether anybody is, at each of the moments, in seconds; once at least;
    sees: tells it of others."""
    first, findings = seen.index(True), []
    if first:
        empty, full = moments[first - 1], moments[first]
        while full - empty > _NEARLY:
            middle = (empty + full) / 2
            empty, full = (empty, middle) if sees(middle) else (middle, full)
        findings.append(Finding(Line("late_dance", {"at": max(1, round(full))})))
    if seen[first:].count(False) >= _AWAY:
        findings.append(Finding(Line("away_dance")))
    return findings


def _large(people: np.ndarray) -> list[np.ndarray]:
    """Those large enough to be meant, the largest first."""
    heights = [_height(points) for points in people]
    order = sorted(range(len(people)), key=lambda each: -heights[each])
    return [people[each] for each in order if heights[each] >= _AS_LARGE * max(heights)]


def _height(points: np.ndarray) -> float:
    body = points[:18]
    seen = body[body[:, 2] > _SEEN]
    return float(np.ptp(seen[:, :2], axis=0).max()) if len(seen) else 0.0


def _feet(points: np.ndarray) -> bool:
    return bool((points[list(_FEET), 2] > _SEEN).any())


def _told(seen: list[list[np.ndarray]], what: str, *, feet: bool) -> list[Finding]:
    findings = []
    counts = sorted(len(people) for people in seen)
    if counts[len(counts) // 2] > 1:
        findings.append(Finding(Line(f"several_{what}")))
    if not feet:
        findings.append(Finding(Line(f"half_{what}")))
    return findings or [Finding(Line(f"good_{what}"), good=True)]
