"""Weights and configurations as they lie in files: read without running code from them, or refused by name."""

import contextlib
import json
import string
from collections.abc import Iterator
from pathlib import Path

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors.torch import load_file
from torch import Tensor

from animate import copies
from animate.devices import out_of_memory
from animate.errors import WeightsDamaged, WeightsMissing
from animate.places import disguise
from animate.shapes import Shapes

State = dict[str, Tensor]
ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!\x1a")  # gzip, bzip2, xz, 7z and RAR begin so
WRAPPINGS, SEVERAL = ("state_dict", "model", "module"), "module."
SHORT = 1000  # bytes, of which weights are more
FOLDER_HELP = "Put the released files into this folder, or give the folder that holds them."


def state_of(path: Path, dtype: torch.dtype) -> State:
    """Tensors by name, memory-mapped, from a copy in this precision if the file is big; made on the first start."""
    if path.is_file() and path.stat().st_size >= copies.BIG and (copy := copies.place(path, dtype)).is_file():
        with contextlib.suppress(WeightsDamaged):
            return read_state(copy)
    state = read_state(path)
    if copies.worth_it(path, state, dtype) and copies.write(copy := copies.place(path, dtype), path, state, dtype):
        return read_state(copy)
    return state


def read_state(path: Path) -> State:
    """Tensors by name, memory-mapped; never runs code from the file."""
    if not path.is_file():
        raise WeightsMissing(str(path), FOLDER_HELP)
    try:
        if copies.is_safetensors(path):
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=copies.mapped(path))
    except Exception as error:  # a damaged file is taken for what it seems to be, and that fails in any way
        if out_of_memory(error):
            raise
        raise WeightsDamaged(path, damage(path)) from error
    state = unwrapped(state)
    if not isinstance(state, dict) or not all(holds_numbers(value) for value in state.values()):
        raise WeightsDamaged(path, "it holds something else than tensors by name")
    return state


def unwrapped(state: object) -> object:
    """What trainers put around a network's tensors by name taken off: a dict beside steps and optimisers, and the
    `module.` that training on several devices puts before each name."""
    if isinstance(state, dict):
        state = next((state[key] for key in WRAPPINGS if isinstance(state.get(key), dict)), state)
    if isinstance(state, dict) and state and all(str(name).startswith(SEVERAL) for name in state):
        return {name.removeprefix(SEVERAL): value for name, value in state.items()}
    return state


def holds_numbers(value: object) -> bool:
    """Whether it is a tensor whose numbers lie in the file, all of them."""
    return isinstance(value, Tensor) and value.layout == torch.strided and not value.is_meta


@contextlib.contextmanager
def described(file: Path) -> Iterator[None]:
    """While a network is built as a file says. Raises WeightsDamaged where it says what cannot be built."""
    try:
        yield
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RuntimeError,
        StrictDataclassError,
        TypeError,
        ValueError,
    ) as error:
        raise WeightsDamaged(file, "it does not describe a network of this kind") from error


def damage(path: Path) -> str:
    """What a file that cannot be read most likely is, in words."""
    return disguise(path) or kind(path) or "it was cut short or altered"


def kind(path: Path) -> str:
    """Which other kind of file it is, or ""."""
    with path.open("rb") as file:
        head = file.read(SHORT)
    if head.startswith(b"GGUF"):
        return "it is a GGUF file, which is for other programs"
    first = head[30 : 30 + int.from_bytes(head[26:28], "little")]  # of what a zip archive holds, the name
    if (
        (head.startswith(b"PK") and not first.endswith(b"data.pkl"))
        or head.startswith(ARCHIVES)
        or head[257:262] == b"ustar"
    ):
        return "it is an archive, not the weights themselves"
    if len(head) < SHORT and not head.strip(string.printable.encode()):
        return "it is a short text, probably a failed download"
    return ""


def read_json(path: Path | None, default: dict) -> dict:
    """A network's configuration; the published one where there is no file."""
    if path is None or not path.is_file():
        return default
    try:
        told = json.loads(path.read_text())
    except ValueError as error:
        raise WeightsDamaged(path, "it is not JSON") from error
    if not isinstance(told, dict):  # diffusers would take a word for a repository, and ask the hub for it
        raise WeightsDamaged(path, "it is no configuration")
    return told


def shapes_of(state: State) -> Shapes:
    return {name: value.shape for name, value in state.items()}
