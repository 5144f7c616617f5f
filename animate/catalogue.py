"""Which models exist: what they are, may be used for, were trained with, and where their files come from. Tables."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from animate.errors import WeightsMissing
from animate.model import Model, Said
from animate.pins import commit_for, found
from animate.places import TRAINED, Files, HubFile, cached, in_folder, likely_folders, of_size

ROOT = Path(__file__).parents[1]


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


def find(name: str | Path, **said: Unpack[Said]) -> tuple[Model, Files]:
    """A catalogue name, or a folder with a checkpoint, to its row and its files on this machine.

    A folder's has the folder's name, and its network is shown, whatever the one that it is built as is worth. said:
    what is otherwise about it. Raises WeightsMissing for a name that nobody knows and for models that are not there,
    BadSettings for what cannot be said of a model.
    """
    if str(name) in MODELS:
        model = MODELS[str(name)]
        files = on_this_machine(model)
        if not files:
            raise WeightsMissing(
                f"The model {model.title}",
                f"Get it with python -m animate get {model.name} ({model.licence}), or give the folder that holds it.",
            )
        return replace(model, **said), files
    folder = Path(name).expanduser()
    if not folder.is_dir():
        known = ", ".join(MODELS)
        raise WeightsMissing(f"The model {name}", f"Choose one of {known}, or the folder that holds a checkpoint.")
    files = completed(in_folder(folder))
    own: Said = {"title": folder.absolute().name, "corrects": True, "note": ""}
    return replace(recognise(files), **{**own, **said}), files


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
    """The row that fits: the embedded model by its linear patches, the others by what is in their tensors; with windows
    no longer than the temporal tables span."""
    if "patches" in files:
        return MODELS["mini"]
    from animate.checkpoints import traits  # reads tensors, so it brings torch

    seen = traits(files)
    if seen.positions == 128:  # MusePose alone was trained with so long a table of frame positions
        return MODELS["musepose"]
    novita = seen.kernel == 3 and seen.guider == (16, 32, 64, 128)  # the paper's has these widths too, and 4x4 kernels
    row = MODELS["novita" if novita else "moore"]
    if not 0 < seen.positions < row.window:
        return row
    return replace(row, window=seen.positions, overlap=min(row.overlap, seen.positions // 2))
