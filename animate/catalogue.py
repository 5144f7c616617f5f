"""Which models exist: what they are, may be used for, were trained with. Tables, and how names become folders."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from animate.errors import WeightsMissing
from animate.schedule import Schedule

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Model:
    """One row. size: the default width and height, whose area a clip takes in the picture's own shape.

    guide: what leads the network, drawn skeletons or the moved puppet; drawing: the style of the skeletons.
    corrects: whether a puppet-guided network is good enough to be shown; note: what people should know of it.
    """

    name: str
    title: str
    licence: str
    source: str
    size: tuple[int, int]
    steps: int
    guidance: float
    window: int
    overlap: int
    schedule: Schedule
    drawing: str
    guide: Literal["skeleton", "puppet"] = "skeleton"
    shared_noise: bool = False
    corrects: bool = True
    note: str = ""


MODELS = {
    model.name: model
    for model in (
        Model(
            name="mini",
            title="Embedded",
            licence="the project's own, like the code",
            source="weights/mini, in this repository",
            size=(256, 384),
            steps=4,
            guidance=1.0,
            window=24,
            overlap=4,
            schedule="scaled_linear",
            drawing="mini",
            guide="puppet",
            shared_noise=True,
            corrects=False,
            note="Its network is still learning, so clips show the cut-out figure itself.",
        ),
        Model(
            name="moore",
            title="Moore-AnimateAnyone",
            licence="Apache-2.0",
            source="patrolli/AnimateAnyone",
            size=(512, 768),
            steps=25,
            guidance=3.5,
            window=24,
            overlap=4,
            schedule="linear",
            drawing="moore",
        ),
        Model(
            name="musepose",
            title="MusePose",
            licence="for non-commercial use",
            source="TMElyralab/MusePose",
            size=(768, 768),
            steps=20,
            guidance=3.5,
            window=48,
            overlap=4,
            schedule="scaled_linear",
            drawing="musepose",
        ),
    )
}


def find(name: str | Path) -> tuple[Model, Path]:
    """A catalogue name, or a folder in the released layout, to its row and its folder.

    Raises WeightsMissing for a name that nobody knows and for files that are not there.
    """
    if str(name) in MODELS:
        model = MODELS[str(name)]
        folder = ROOT / "weights" / model.name
        if not folder.is_dir():
            raise WeightsMissing(
                f"The model {model.title}",
                f"Get the files of {model.source} ({model.licence}) into {folder}, or give the folder that holds them.",
            )
        return model, folder
    folder = Path(name).expanduser()
    if not folder.is_dir():
        known = ", ".join(MODELS)
        raise WeightsMissing(f"The model {name}", f"Choose one of {known}, or the folder that holds a checkpoint.")
    return recognise(folder), folder


def recognise(folder: Path) -> Model:
    """The row that fits a folder's files: the embedded model is known by its linear patches."""
    return MODELS["mini" if (folder / "patch_codec.safetensors").is_file() else "moore"]
