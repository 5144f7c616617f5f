"""A toy checkpoint in the released layout, written once a test session, and the reference implementation's answers."""

import functools
import importlib.util
import tempfile
from pathlib import Path

import numpy as np

ORACLE = Path(__file__).parent / "data" / "oracle"


@functools.cache
def folder() -> Path:
    """The toy checkpoint; every value in it is arithmetic on its name."""
    spec = importlib.util.spec_from_file_location("toy_weights", ORACLE / "toy_weights.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target = Path(tempfile.mkdtemp(prefix="toy-checkpoint-"))
    module.write(target)
    return target


def case(name: str) -> dict[str, np.ndarray]:
    """One stored case of the reference implementation."""
    with np.load(ORACLE / f"{name}.npz") as stored:
        return {key: stored[key] for key in stored.files}
