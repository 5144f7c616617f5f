"""What a person chooses for a clip. Frozen, and refused on construction when it cannot be rendered."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from animate.errors import BadSettings

MAX_SECONDS, MAX_RATE = 60, 30  # of one clip; frames a second of it
MOST_EDITS = 500
PRECISIONS = ("float32", "float16", "bfloat16")  # of a model's numbers
Fit = Literal["proportions", "size", "off"]
Schedule = Literal["linear", "scaled_linear"]
Solver = Literal["ddim", "dpm"]
DRAFT: dict[str, Any] = {"solver": "dpm", "guided": 0.5, "reuse": 3}  # shortcuts together, as benchmarks/gate.py judged


def windows_for(frames: int, size: int, overlap: int) -> int:
    """How many windows of `size` frames cover a clip, where neighbours share `overlap`."""
    return 1 + max(0, math.ceil((frames - size) / (size - overlap)))


@dataclass(frozen=True, kw_only=True)
class RenderSettings:
    """How a clip is rendered.

    width, height: pixels, multiples of 8. steps: of the walk from noise to image. guidance: 1 is none.
    window, overlap: the most frames denoised together, and how many neighbouring windows share at least.
    seed: of the initial noise. schedule: the noise schedule; None takes the checkpoint's own.
    solver: dpm looks back at the step before, so that fewer steps do. guided: the part of the walk, from its start,
    that guidance works in. reuse: steps that one computation of the deep layers serves. The last three save time and
    change the clip; their defaults are exact.
    Raises BadSettings, in words, for what cannot be rendered.
    """

    width: int
    height: int
    steps: int = 25
    guidance: float = 3.5
    seed: int = 42
    window: int = 24
    overlap: int = 4
    schedule: Schedule | None = None
    solver: Solver = "ddim"
    guided: float = 1
    reuse: int = 1

    @property
    def shortcuts(self) -> dict[str, Any]:
        """What each step of the walk may leave out."""
        return {"guided": self.guided, "reuse": self.reuse}

    def within(self, frames: int) -> "RenderSettings":
        """The same for a clip of so many frames, whose window is no longer than that."""
        return replace(self, window=frames, overlap=0) if 0 < frames < self.window else self

    def evenly(self, frames: int, *, trained: int) -> "RenderSettings":
        """The same for a clip of so many frames, whose windows are as many and no longer than that takes, but at least
        two thirds as long as those the network was trained with."""
        if (count := windows_for(frames, self.window, self.overlap)) == 1:
            return self.within(frames)
        enough = math.ceil((frames + (count - 1) * self.overlap) / count)
        least = min(self.window, math.ceil(trained * 2 / 3))
        return replace(self, window=max(enough, least, 2 * self.overlap))

    def denoised(self, frames: int) -> int:
        """Frames of all windows of a clip of so many: those that windows share count more than once."""
        return windows_for(frames, self.window, self.overlap) * min(frames, self.window)

    def __post_init__(self) -> None:
        for name in ("width", "height", "steps", "seed", "window", "overlap", "reuse"):
            if not isinstance(value := getattr(self, name), Integral):
                raise BadSettings(f"{value!r} was given for the {name}; choose a whole number.")
        for name, value in (("width", self.width), ("height", self.height)):
            if value % 8 or not 64 <= value <= 2048:
                raise BadSettings(f"The {name} is {value}; choose a multiple of 8 between 64 and 2048.")
        if not 1 <= self.steps <= 1000:
            raise BadSettings(f"{self.steps} steps; choose between 1 and 1000.")
        if not 1 <= self.guidance <= 30:
            raise BadSettings(f"The guidance is {self.guidance}; choose between 1 and 30.")
        if self.schedule not in (None, *get_args(Schedule)):
            raise BadSettings(f"There is no schedule «{self.schedule}»; choose {' or '.join(get_args(Schedule))}.")
        if self.solver not in get_args(Solver):
            raise BadSettings(f"There is no solver «{self.solver}»; choose {' or '.join(get_args(Solver))}.")
        if not 0 <= self.guided <= 1:
            raise BadSettings(f"The guided part of the walk is {self.guided}; choose between 0 and 1.")
        if not 1 <= self.reuse <= 10:
            raise BadSettings(f"Deep layers are to serve {self.reuse} steps; choose between 1 and 10.")
        if not 0 <= self.seed < 2**63:
            raise BadSettings(f"The seed is {self.seed}; choose a whole number from 0 up.")
        if not 1 <= self.window <= 128:
            raise BadSettings(f"The window is {self.window} frames; choose between 1 and 128.")
        if not 0 <= self.overlap <= self.window // 2:
            raise BadSettings(
                f"The overlap is {self.overlap} frames; choose at most half of the window, {self.window}."
            )


def _are_three(joint: Iterable[object]) -> bool:
    """Whether a joint is three numbers."""
    try:
        return len([math.isfinite(number) for number in joint]) == 3  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return False


@dataclass(frozen=True, kw_only=True)
class Job:
    """One clip to render: the character of `image` performs the motion of `motion`.

    motion: a dance video, a skeleton video, or the name of an example dance. start, seconds: the part of it, in
    seconds; None goes to its end. person: whom to follow when there are several, numbered from 0 by presence; None
    follows the most present. trail: where that person was seen when they were chosen, (seconds of the video, x, y as
    shares of its picture); with it they are found again in another part, in which their number may be another's.
    character: who dances of several in the picture, numbered alike. fit: how the dance is
    laid on the character's body. steady: damp travel across the picture; None decides by the picture's shape.

    smoothing: of joints found in a video; 1 is usual, 0 none. pose: a keypoint file to take the dance's joints from;
    the motion then gives the sound only. Of a part of a dance it tells where that began, and start and seconds count in
    the whole. save_pose: where to keep the joints, as a keypoint file or, with the ending of a video, drawn. body: the
    character's joints where they are known better than they can be found, 18 or 134 of (x, y, score), in pixels of the
    picture. edits: joints of the dance put right by hand, each (joint, seconds from the part's start, x, y as shares of
    the dance picture's width and height); x and y None hide it; those before the part's start or after its end are left
    out.
    savepoint: a folder of this job's own, in which what takes long is kept until the clip is there, to go on from.
    Files and folders may be given as texts. Raises BadSettings, in words, for what cannot be rendered.
    """

    image: Path
    motion: Path
    settings: RenderSettings
    start: float = 0.0
    seconds: float | None = None
    person: int | None = None
    trail: Sequence[tuple[float, float, float]] = ()
    character: int | None = None
    fit: Fit = "proportions"
    steady: bool | None = None
    smoothing: float = 1.0
    pose: Path | None = None
    save_pose: Path | None = None
    body: Sequence[tuple[float, float, float]] | None = None
    edits: Sequence[tuple[int, float, float | None, float | None]] = ()
    savepoint: Path | None = None

    def __post_init__(self) -> None:
        for name in ("image", "motion", "pose", "save_pose", "savepoint"):
            if isinstance(place := getattr(self, name), str | PathLike):
                object.__setattr__(self, name, Path(place))
            elif place is not None or name in ("image", "motion"):
                raise BadSettings(f"{place!r} was given for the {name}; give the name of a file.")
        if not 0 <= self.start < 36000:
            raise BadSettings(f"The start is {self.start} s; choose a moment inside the video.")
        if self.seconds is not None and not 0 < self.seconds <= 3600:
            raise BadSettings(f"{self.seconds} seconds; choose more than 0.")
        if self.fit not in get_args(Fit):
            raise BadSettings(f"The fit is {self.fit!r}; choose proportions, size or off.")
        for number in (self.person, self.character):
            if number is not None and not (isinstance(number, Integral) and number >= 0):
                raise BadSettings(f"Person {number}; people are numbered from 0.")
        if not 0 <= self.smoothing <= 4:
            raise BadSettings(f"The smoothing is {self.smoothing}; choose between 0, none, and 4.")
        if self.body is not None and len(self.body) not in (18, 134):
            raise BadSettings(f"A body has 18 or 134 joints, not {len(self.body)}.")
        body = () if self.body is None else self.body
        if not all(_are_three(joint) for joint in body):
            raise BadSettings("A joint of the character is no three numbers; give its x, y and score.")
        if not all(math.isfinite(number) for joint in body for number in joint):
            raise BadSettings("A joint of the character lies nowhere. Place it again.")
        if len(self.edits) > MOST_EDITS:
            raise BadSettings(f"{len(self.edits)} joints were put right by hand; at most {MOST_EDITS} can be.")
        if not all(math.isfinite(number) for place in self.trail for number in place):
            raise BadSettings("Whom to follow was seen nowhere. Choose again.")
        for joint, at, *place in self.edits:
            if not (0 <= joint < 18 and abs(at) < 36000 and all(x is None or -1 <= x <= 2 for x in place)):
                raise BadSettings("A joint that was put right by hand lies outside the dance. Undo it.")
