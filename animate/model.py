"""What is known of a model: what it is, may be used for, and was trained with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict, get_args

from animate import pictures
from animate.canvas import size_for
from animate.errors import BadSettings
from animate.places import HubFile
from animate.settings import MAX_RATE, RenderSettings, Schedule

Drawing = Literal["mini", "moore", "musepose", "novita"]  # the styles of skeletons, as checkpoints were trained on
Prediction = Literal["velocity", "image"]  # what a network was trained to answer


class Said(TypedDict, total=False):
    """What somebody says of a model of their own, where it is unlike the one that it is built as: fields of Model."""

    title: str
    size: tuple[int, int]
    steps: int
    guidance: float
    window: int
    overlap: int
    schedule: Schedule
    drawing: Drawing
    rate: int
    square: bool
    predicts: Prediction
    noisy: bool
    corrects: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class Model:
    """One row of the catalogue. size: the default width and height, whose area a clip takes in the picture's own shape.

    name: of the row, or of the one that a model of somebody's own is built as; title: what people and credentials call
    it. rate: the most frames a second that it was trained on, and its clips have. licence: under which the weights are
    given; allows: what that means, in words. schedule: of the noise, as the checkpoint's own code has it. guide: what
    leads the network, drawn skeletons or the moved puppet; drawing: the style of the skeletons. square: whether the
    image encoder sees the picture reflected to a square, not squashed into one. predicts: what the network answers.
    noisy: whether its walk begins from noise, or from nothing. corrects: whether a puppet-guided network is good
    enough to be shown; note: what people should know of it. files: what is got from the hub.
    Raises BadSettings for a schedule, a drawing or a prediction that there is not.
    """

    name: str
    title: str
    licence: str
    allows: str
    source: str
    size: tuple[int, int]
    steps: int
    guidance: float
    window: int
    overlap: int
    schedule: Schedule
    drawing: Drawing
    rate: int = MAX_RATE
    square: bool = False
    guide: Literal["skeleton", "puppet"] = "skeleton"
    predicts: Prediction = "velocity"
    noisy: bool = True
    corrects: bool = True
    note: str = ""
    files: tuple[HubFile, ...] = ()

    def __post_init__(self) -> None:
        for name, known in (("schedule", Schedule), ("drawing", Drawing), ("predicts", Prediction)):
            if (value := getattr(self, name)) not in get_args(known):
                raise BadSettings(f"No model's «{name}» is «{value}»; choose of {', '.join(get_args(known))}.")

    def settings(self, width: int, height: int, **chosen: Any) -> RenderSettings:
        """Its own, in that size; of a shorter window no more than half overlaps. chosen: fields, None for default."""
        chosen = {name: value for name, value in chosen.items() if value is not None}
        overlap = min(self.overlap, chosen.get("window", self.window) // 2)
        wanted = {"steps": self.steps, "guidance": self.guidance, "window": self.window, "overlap": overlap} | chosen
        return RenderSettings(width=width, height=height, **wanted)

    def settings_for(self, image: Path | str, *, size: tuple[int, int] | None = None, **chosen: Any) -> RenderSettings:
        """The same in a picture's shape. size: width and height, where they are chosen too."""
        return self.settings(*(size or size_for(pictures.size_of(image), self.size)), **chosen)
