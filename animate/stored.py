"""Weights and configurations as they lie in files: read without running code from them, or refused by name."""

import contextlib
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from animate import copies
from animate.devices import out_of_memory
from animate.errors import WeightsDamaged, WeightsMissing
from animate.places import disguise
from animate.shapes import Shapes

State = dict[str, Tensor]
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
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=copies.mapped(path))
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        if out_of_memory(error):
            raise
        raise WeightsDamaged(path, damage(path, error)) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsDamaged(path, "it holds something else than tensors by name")
    return state


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


def damage(path: Path, error: Exception) -> str:
    """What a file that cannot be read most likely is, in words."""
    why = next(iter(str(error).splitlines()), type(error).__name__)
    return disguise(path) or f"it was cut short or altered ({why[:80]})"


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
