"""What a visitor asked for, checked at once, and turned into a job when the model is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from animate import Job, RenderSettings, examples, pictures, quarantine
from animate.settings import DRAFT, Fit
from animate.video import VideoInfo
from studio.failures import Refused
from studio.limits import Limits
from studio.runs import Order
from studio.words import Line, Told

if TYPE_CHECKING:
    from animate.animator import Animator


@dataclass(frozen=True)
class Preset:
    """size: a key of SIZES; steps: to a factor of the model's usual number. shortcuts: settings that save work and cost
    some quality, for models whose walk is long."""

    size: str
    steps: float
    shortcuts: Mapping[str, Any] = field(default_factory=dict)


PRESETS = {
    "draft": Preset("small", 0.5, DRAFT),
    "standard": Preset("standard", 1.0),
    "best": Preset("large", 1.5),
}
LONG_WALK = 10  # steps; shorter ones have nothing to spare
SIZES = {"small": 0.5, "standard": 1.0, "large": 2.0}  # to a factor of the model's usual area
FITS: dict[str, Fit] = {"proportions": "proportions", "size": "size", "off": "off"}
LEAST_SECONDS, MOST_STEPS, MOST_GUIDANCE, MOST_SMOOTHING = 0.5, 100, 30, 3.0  # to choose on the page
MOST_SEED = 2**63 - 1
PLACES: dict[str, bool | None] = {"auto": None, "steady": True, "free": False}  # to Job.steady
# What is set under fine tuning, in the order of `to_wish`.
TUNING = ("preset", "size", "seconds", "start", "steps", "guidance", "seed", "fit", "place", "smoothing")
_TABLES = {"preset": PRESETS, "size": SIZES, "fit": FITS, "place": PLACES}
_MOST = {"steps": MOST_STEPS, "guidance": MOST_GUIDANCE, "smoothing": MOST_SMOOTHING}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The page's fields. preset, size, fit and place are keys of the tables above; None means the preset's own.

    smoothing, person, trail, character, edits: as in animate.Job; body: the character's 18 joints placed by hand,
    (x, y, seen), as shares of the picture's width and height. pose: a keypoint file to take the joints of the dance
    from.
    """

    picture: Path | None
    dance: Path | None
    preset: str = "standard"
    size: str | None = None
    seconds: float = 4.0
    start: float = 0.0
    steps: int | None = None
    seed: int = 42
    guidance: float | None = None
    fit: str = "proportions"
    place: str = "auto"
    smoothing: float = 1.0
    person: int | None = None
    trail: Sequence[Sequence[float]] | None = None
    character: int | None = None
    edits: Sequence[Sequence[float | None]] | None = None
    body: Sequence[Sequence[float]] | None = None
    pose: Path | None = None
    model: str = ""  # the program's own
    consent: bool = False  # the picture may be used, says whoever gives it


def to_wish(
    picture,
    dance,
    preset,
    size,
    seconds,
    start,
    steps,
    guidance,
    seed,
    fit,
    place,
    smoothing=1.0,
    model="",
    consent=False,
) -> Wish:
    """The page's fields, where nothing and 0 mean that nothing was chosen. What is still being typed on a slider
    counts as what it becomes when it is left."""
    return Wish(
        picture=Path(picture) if picture else None,
        dance=Path(dance) if dance else None,
        preset=preset,
        size=size or None,
        seconds=max(seconds or 0.0, LEAST_SECONDS),
        start=start or 0.0,
        steps=steps or None,
        guidance=guidance or None,
        seed=seed or 0,
        fit=fit,
        place=place,
        smoothing=1.0 if smoothing is None else min(max(smoothing, 0.0), MOST_SMOOTHING),
        model=model or "",
        consent=consent is True,
    )


def tuning_of(wish: Wish) -> dict[str, Any]:
    """The other way: what a wish has under fine tuning, by name."""
    size = wish.size or PRESETS.get(wish.preset, PRESETS["standard"]).size
    nothing = {"size": size, "steps": wish.steps or 0, "guidance": wish.guidance or 0}
    return {name: nothing.get(name, getattr(wish, name)) for name in TUNING}


def possible(tuning: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """What of it can be set here: the longest clip may be shorter by now, and what was chosen may not be known."""

    def is_possible(name: str, value: Any) -> bool:
        if name in _TABLES:
            return isinstance(value, str) and value in _TABLES[name]
        return type(value) in (int, float) and 0 <= value <= _MOST.get(name, inf)

    known = {name: tuning[name] for name in TUNING if name in tuning and is_possible(name, tuning[name])}
    if "seconds" in known:
        known["seconds"] = min(max(known["seconds"], LEAST_SECONDS), limits.seconds)
    return known


def trial(animator: "Animator") -> Job | None:
    """A second of our own dance by our own character: what shows how fast a machine is."""
    characters, dances = examples.characters(), examples.dances()
    if not (characters and dances):
        return None
    picture, dance = next(iter(characters.values())), next(iter(dances.values()))
    return Job(image=picture, motion=dance, settings=animator.settings_for(picture), seconds=1.0)


def job_of(wish: Wish, settings: RenderSettings) -> Job:
    """What a wish that has a picture and a dance comes to."""
    assert wish.picture is not None
    assert wish.dance is not None
    return Job(
        image=wish.picture,
        motion=wish.dance,
        settings=settings,
        start=wish.start,
        seconds=wish.seconds,
        fit=FITS[wish.fit],
        steady=PLACES[wish.place],
        smoothing=wish.smoothing,
        person=wish.person,
        trail=[(float(at), float(x), float(y)) for at, x, y in wish.trail or ()],
        character=wish.character,
        edits=[(int(joint or 0), float(at or 0), x, y) for joint, at, x, y in wish.edits or ()],
        body=_body_of(wish, wish.picture),
        pose=wish.pose,
    )


def _body_of(wish: Wish, picture: Path) -> list[tuple[float, float, float]] | None:
    """The joints that were placed by hand, in pixels of the picture."""
    if wish.body is None:
        return None
    width, height = pictures.size_of(picture)
    return [(x * width, y * height, seen) for x, y, seen in wish.body]


def part_of(dance: VideoInfo, wish: Wish) -> list[Line]:
    """What to say where a clip shows a part of its dance alone; else nothing."""
    part = min(wish.seconds, dance.seconds - wish.start)
    told = Line("taken", {"whole": dance.seconds, "part": part, "start": wish.start})
    return [told] if part < dance.seconds - 0.05 else []


def _require_in_range(wish: Wish) -> None:
    """Raises Told, which names the field: gradio's own limits would refuse in English, and not say of what."""
    if wish.steps is not None and not 1 <= wish.steps <= MOST_STEPS:
        raise Told("steps_range", given=wish.steps, most=MOST_STEPS)
    if wish.guidance is not None and not 1 <= wish.guidance <= MOST_GUIDANCE:
        raise Told("guidance_range", given=wish.guidance, most=MOST_GUIDANCE)
    if not 0 <= wish.seed <= MOST_SEED:
        raise Told("seed_range", given=wish.seed, most=MOST_SEED)
    if not wish.start >= 0:
        raise Told("start_range", given=wish.start)


def to_order(wish: Wish, limits: Limits) -> Order:
    """Check a wish while its visitor still looks at it; what comes back makes the job when the model is loaded.

    Raises UnreadableImage, UnreadableVideo, UnreadablePose, Told or Refused.
    """
    picture_path, dance_path = wish.picture, wish.dance
    if picture_path is None:
        raise Told("no_picture")
    if dance_path is None:
        raise Told("no_dance")
    _require_in_range(wish)
    if wish.seconds > limits.seconds:
        raise Refused("too_long", seconds=wish.seconds, most=limits.seconds)
    quarantine.picture(picture_path)
    dance = quarantine.dance(dance_path)
    if wish.pose is not None:
        quarantine.pose(wish.pose)
    if wish.start >= dance.seconds:
        raise Told("start_late", seconds=dance.seconds)
    notes: list[str | Line] = [*part_of(dance, wish)]

    def order(animator: "Animator") -> tuple[Job, list[str | Line]]:
        size = None
        preset = PRESETS[wish.preset]
        if (factor := SIZES[wish.size or preset.size]) != 1:
            from animate.canvas import size_for  # here, since OpenCV would hold up the page

            side = factor**0.5
            usual = animator.model.size
            size = size_for(pictures.size_of(picture_path), (round(usual[0] * side), round(usual[1] * side)))
        steps = wish.steps or max(1, round(animator.model.steps * preset.steps))
        settings = animator.settings_for(
            picture_path,
            size=size,
            steps=steps,
            guidance=wish.guidance,
            seed=wish.seed,
            **(preset.shortcuts if steps >= LONG_WALK else {}),
        )
        return job_of(wish, settings), notes

    return order
