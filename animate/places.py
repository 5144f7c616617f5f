"""Where the files of a checkpoint lie on this machine: this project's layout, and those of other programs.

Nothing is got twice: what another program has already fetched, into a folder or into the hub's cache, is used.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pose.homes import SPACE_DISK as SPACE_DISK  # these two for whoever keeps something else
from pose.homes import hub_cache
from pose.homes import own_cache as own_cache

Files = Mapping[str, Path]  # a part of a checkpoint to its file

TRAINED = ("denoising_unet", "motion_module", "reference_unet", "pose_guider")
CONFIG = "stable-diffusion-v1-5/unet/config.json"
REFERENCE_CONFIG = "reference_unet.json"  # only where the ReferenceNet's inputs differ from the denoiser's
VAE, CLIP, PATCHES, TAESD = "sd-vae-ft-mse", "image_encoder", "patch_codec", "taesd"

OWN: Mapping[str, tuple[str, ...]] = {  # in the checkpoint's folder itself
    **{part: (f"{part}.safetensors", f"{part}.pth") for part in TRAINED},
    "reference_config": (REFERENCE_CONFIG,),
    "patches": (f"{PATCHES}.safetensors",),
    "projection": ("image_projection.safetensors", "image_projection.bin"),
}
SHARED: Mapping[str, tuple[str, ...]] = {  # there, or beside it
    "config": (CONFIG, "sd-image-variations-diffusers/unet/config.json"),
    "vae": tuple(f"{VAE}/diffusion_pytorch_model{end}" for end in (".safetensors", ".bin")),
    "clip": tuple(
        f"{folder}{CLIP}/{name}"
        for folder in ("", "sd-image-variations-diffusers/")
        for name in ("model.safetensors", "pytorch_model.bin")
    ),
    "taesd": (f"{TAESD}/diffusion_pytorch_model.safetensors",),
}
COMFY: Mapping[str, tuple[str, ...]] = {  # in ComfyUI's models
    "vae": tuple(
        f"vae/{folder}diffusion_pytorch_model{end}" for folder in ("", f"{VAE}/") for end in (".safetensors", ".bin")
    ),
    "clip": tuple(
        f"clip_vision/{folder}{name}"
        for folder in ("", f"{CLIP}/", "sd-image-variations-diffusers/")
        for name in ("model.safetensors", "pytorch_model.bin")
    ),
    "taesd": (f"vae_approx/{TAESD}_decoder.safetensors",),
}


@dataclass(frozen=True)
class HubFile:
    """One file of a checkpoint on the hub, and which part of the checkpoint it is, by the names below.

    revision: the commit, or main where its publisher's has not been checked, and then the one that is first got is
    kept to. size in bytes and sha256: None likewise, and what the hub says is held against what arrives. optional: the
    model works without it.
    """

    part: str
    repository: str
    path: str
    revision: str = "main"
    size: int | None = None
    sha256: str | None = None
    optional: bool = False

    @property
    def name(self) -> str:
        return f"{self.repository}/{self.path}"


def in_folder(folder: Path) -> Files:
    """The parts found in a folder, whoever's layout it has: Moore's and novita's, MusePose's, ComfyUI's."""
    home = trained_home(folder)
    files = dict(found(OWN, home))
    for place in (home, home.parent):
        files = {**dict(found(SHARED, place)), **files}
    for models in comfy_models(home):
        files = {**dict(found(COMFY, models)), **files}
    return files


def trained_home(folder: Path) -> Path:
    """The folder itself, or the one in it that people mean when they name its parent."""
    inner = ("", "pretrained_weights", "MusePose", "pretrained_weights/MusePose")
    names = OWN["denoising_unet"]
    return next((folder / way for way in inner if any((folder / way / name).is_file() for name in names)), folder)


def found(layout: Mapping[str, tuple[str, ...]], folder: Path) -> Iterator[tuple[str, Path]]:
    for part, names in layout.items():
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path:
            yield part, path


def comfy_models(home: Path) -> Iterator[Path]:
    """The models folder of the ComfyUI that a checkpoint's folder lies in: ComfyUI/custom_nodes/NODE/…"""
    for above in home.absolute().parents:
        if above.name == "custom_nodes":
            yield above.parent / "models"


def likely_folders(project: Path) -> Iterator[Path]:
    """Existing folders in which people keep such checkpoints: as their README says, and where ComfyUI's nodes want."""
    roots = [Path.cwd(), project]
    comfy = Path(os.environ.get("COMFYUI_PATH") or Path.home() / "ComfyUI")
    roots += sorted((comfy / "custom_nodes").glob("*"))
    for root in roots:
        for folder in (root / "pretrained_weights", root / "pretrained_weights" / "MusePose"):
            if folder.is_dir():
                yield folder


def repository_folder(repository: str) -> Path:
    """Where the cache keeps what it has of a repository."""
    return hub_cache() / f"models--{repository.replace('/', '--')}"


def cached(file: HubFile) -> Path | None:
    """A file in the hub's cache, as long as it has to be: of its commit, else the newest any program has fetched."""
    there = [
        path for path in repository_folder(file.repository).glob(f"snapshots/*/{file.path}") if of_size(path, file)
    ]
    return max(there, key=lambda path: (file.revision in path.parts, path.stat().st_mtime), default=None)


def of_size(path: Path, file: HubFile) -> bool:
    """Whether a file is there, and as long as the catalogue says."""
    return path.is_file() and file.size in (None, path.stat().st_size)


def told_apart(file: Path) -> str:
    """What tells a file from others and from what it was before: where it really lies, its size, when it was made."""
    lies, known = file.resolve(), file.stat()
    return f"{lies}|{known.st_size}|{known.st_mtime_ns}"


def disguise(path: Path) -> str:
    """What a file is that is no model although it has a model's name, or ""."""
    with path.open("rb") as file:
        head = file.read(200)
    if not head:
        return "it is empty, probably a failed download or a full disk"
    head = head.lstrip().lower()
    if head.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer, not the weights themselves"
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "it is a web page, probably a failed download"
    return ""
