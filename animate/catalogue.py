"""Which models exist: what they are, may be used for, were trained with, and where their files come from. Tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from animate import pictures
from animate.canvas import size_for
from animate.errors import WeightsMissing
from animate.pins import commit_for, found
from animate.places import TRAINED, Files, HubFile, cached, in_folder, likely_folders, of_size
from animate.settings import MAX_RATE, RenderSettings, Schedule

if TYPE_CHECKING:
    from animate.schedule import Prediction

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Model:
    """One row. size: the default width and height, whose area a clip takes in the picture's own shape.

    rate: the most frames a second that it was trained on, and its clips have. licence: under which the weights are
    given; allows: what that means, in words. schedule: of the noise, as the checkpoint's own code has it. guide: what
    leads the network, drawn skeletons or the moved puppet; drawing: the style of the skeletons. square: whether the
    image encoder sees the picture reflected to a square, not squashed into one. predicts: what the network answers.
    noisy: whether its walk begins from noise, or from nothing. corrects: whether a puppet-guided network is good
    enough to be shown; note: what people should know of it. files: what is got from the hub.
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
    drawing: str
    rate: int = MAX_RATE
    square: bool = False
    guide: Literal["skeleton", "puppet"] = "skeleton"
    predicts: "Prediction" = "velocity"
    noisy: bool = True
    corrects: bool = True
    note: str = ""
    files: tuple[HubFile, ...] = ()

    def settings(self, width: int, height: int, **chosen: Any) -> RenderSettings:
        """Its own, in that size; of a shorter window no more than half overlaps. chosen: fields, None for default."""
        chosen = {name: value for name, value in chosen.items() if value is not None}
        overlap = min(self.overlap, chosen.get("window", self.window) // 2)
        wanted = {"steps": self.steps, "guidance": self.guidance, "window": self.window, "overlap": overlap} | chosen
        return RenderSettings(width=width, height=height, **wanted)

    def settings_for(self, image: Path | str, *, size: tuple[int, int] | None = None, **chosen: Any) -> RenderSettings:
        """The same in a picture's shape. size: width and height, where they are chosen too."""
        return self.settings(*(size or size_for(pictures.size_of(image), self.size)), **chosen)


COMMON = (
    HubFile(
        "vae",
        "stabilityai/sd-vae-ft-mse",
        "diffusion_pytorch_model.safetensors",
        revision="31f26fdeee1355a5c34592e401dd41e45d25a493",
        size=334_643_276,
        sha256="a1d993488569e928462932c8c38a0760b874d166399b14414135bd9c42df5815",
    ),
    HubFile(
        "clip",
        "lambdalabs/sd-image-variations-diffusers",
        "image_encoder/pytorch_model.bin",
        size=1_215_993_967,
        sha256="89d2aa29b5fdf64f3ad4f45fb4227ea98bc45156bbae673b85be1af7783dbabb",
    ),
    HubFile(  # MIT licence
        "taesd",
        "madebyollin/taesd",
        "diffusion_pytorch_model.safetensors",
        revision="614f76814bbe30edbe2e627ace1c2234c81a2c0e",
        size=9_793_292,
        sha256="db169d69145ec4ff064e49d99c95fa05d3eb04ee453de35824a6d0f325513549",
        optional=True,
    ),
)
OPENRAIL = "The image encoder and Stable Diffusion beneath are under CreativeML OpenRAIL-M, which forbids harmful uses."


def trained(repository: str, folder: str = "") -> tuple[HubFile, ...]:
    """The four files a family member trained itself; their publishers give neither commits nor hashes."""
    return tuple(HubFile(part, repository, f"{folder}{part}.pth") for part in TRAINED)


MODELS = {
    model.name: model
    for model in (
        Model(
            name="mini",
            title="Embedded",
            licence="the project's own, like the code",
            allows="Any use.",
            source="weights/mini, in this repository",
            size=(512, 768),
            steps=4,
            guidance=1.0,
            window=24,
            overlap=4,
            schedule="scaled_linear",
            drawing="mini",
            guide="puppet",
            predicts="image",
            noisy=False,
            corrects=False,
            note="Its network is still learning, so clips show the cut-out figure itself.",
        ),
        Model(
            name="moore",
            title="Moore-AnimateAnyone",
            licence="Apache-2.0",
            allows=f"Commercial use too. {OPENRAIL}",
            source="patrolli/AnimateAnyone",
            size=(512, 768),
            steps=25,
            guidance=3.5,
            window=24,
            overlap=4,
            schedule="linear",  # as shipped; trained with scaled_linear, which may leave less noise
            drawing="moore",
            files=(*trained("patrolli/AnimateAnyone"), *COMMON),
        ),
        Model(
            name="musepose",
            title="MusePose",
            licence="for non-commercial use",
            allows=f"Research and other non-commercial use only. {OPENRAIL}",
            source="TMElyralab/MusePose",
            size=(768, 768),
            steps=20,
            guidance=3.5,
            window=48,
            overlap=4,
            schedule="scaled_linear",
            drawing="musepose",
            rate=15,  # every second frame of up to 30 a second, every fourth of more
            files=(*trained("TMElyralab/MusePose", "MusePose/"), *COMMON),
        ),
        Model(
            name="novita",
            title="Novita AnimateAnyone",
            licence="Apache-2.0, as its code; its weights state none of their own",
            allows=f"Ask novita.ai before you rely on the weights. {OPENRAIL}",
            source="novita-ai/AnimateAnyone",
            size=(512, 784),
            steps=30,
            guidance=3.5,
            window=24,
            overlap=4,
            schedule="linear",
            drawing="novita",
            square=True,
            files=(*trained("novita-ai/AnimateAnyone"), *COMMON),
        ),
    )
}


def find(name: str | Path) -> tuple[Model, Files]:
    """A catalogue name, or a folder with a checkpoint, to its row and its files on this machine.

    Raises WeightsMissing for a name that nobody knows and for models that are not there.
    """
    if str(name) in MODELS:
        model = MODELS[str(name)]
        files = on_this_machine(model)
        if not files:
            raise WeightsMissing(
                f"The model {model.title}",
                f"Get it with python -m animate get {model.name} ({model.licence}), or give the folder that holds it.",
            )
        return model, files
    folder = Path(name).expanduser()
    if not folder.is_dir():
        known = ", ".join(MODELS)
        raise WeightsMissing(f"The model {name}", f"Choose one of {known}, or the folder that holds a checkpoint.")
    files = completed(in_folder(folder))
    return recognise(files), files


def on_this_machine(model: Model) -> Files:
    """Its files wherever they already lie, whole; empty when the model has to be got.

    In the project's weights/NAME, in folders of other programs, in the hub's cache.
    """
    own = ROOT / "weights" / model.name
    if not model.files:  # comes with the project
        return in_folder(own) if any(own.glob("*")) else {}
    for folder in (own, *likely_folders(ROOT)):
        files = completed(in_folder(folder))
        if whole(files) and recognise(files) is model:
            return files
    files = in_cache(model.files)
    return files if all(file.part in files for file in model.files if not file.optional) else {}


def completed(files: Files) -> Files:
    """With what all checkpoints share taken from the hub's cache where a folder lacks it."""
    if "patches" in files:
        return files
    return {**in_cache(COMMON), **files}


def in_cache(files: Sequence[HubFile]) -> Files:
    """Those that lie in the hub's cache; what is not pinned here is of one commit a repository."""
    there: dict[str, Path | None] = {}
    for file in files:
        if file.revision == "main":
            commit = commit_for(file.repository, [each.path for each in files if each.repository == file.repository])
            path = found(file.repository, file.path, commit) if commit else None
            there[file.part] = path if path and of_size(path, file) else None
        else:
            there[file.part] = cached(file)
    return {part: path for part, path in there.items() if path}


def whole(files: Files) -> bool:
    """Whether all that is needed is there; an empty file, as a full disk leaves it, is not."""
    needed = (*TRAINED, *(file.part for file in COMMON if not file.optional))
    return all(part in files and files[part].stat().st_size for part in needed)


def recognise(files: Files) -> Model:
    """The row that fits: the embedded model by its linear patches, the others by what is in their tensors."""
    if "patches" in files:
        return MODELS["mini"]
    from animate.checkpoints import traits  # reads tensors, so it brings torch

    seen = traits(files)
    if seen.positions == 128:  # MusePose alone was trained with so long a table of frame positions
        return MODELS["musepose"]
    novita = seen.kernel == 3 and seen.guider == (16, 32, 64, 128)  # the paper's has these widths too, and 4x4 kernels
    return MODELS["novita" if novita else "moore"]
