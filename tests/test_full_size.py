"""The whole road at full size, with the released shapes and other numbers: memory, precision and every key for real."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests import released

ROOT = Path(__file__).parents[1]
GIB = 2**30
MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(MEMORY < 12 * GIB, reason="needs 12 GiB of memory"),
    pytest.mark.skipif(shutil.disk_usage(tempfile.gettempdir()).free < 16 * GIB, reason="needs 16 GiB of free disk"),
]

LOAD_AND_RENDER = """
import json, resource, sys, time
from pathlib import Path
import numpy as np, torch
from animate import Animator, RenderSettings

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

bare, begun = peak(), time.monotonic()
animator = Animator.load(Path(sys.argv[1]), device="cpu", dtype=torch.bfloat16)
told = {"bare": bare, "load": time.monotonic() - begun, "loaded": peak()}
if sys.argv[2] == "render":
    settings = RenderSettings(width=64, height=64, steps=1, guidance=2.0, window=2, overlap=0)
    picture, skeletons = np.full((64, 64, 3), 120, np.uint8), np.zeros((2, 64, 64, 3), np.uint8)
    latents = [*animator.denoise(picture, skeletons, settings)][-1]
    frames = animator.decode(latents)
    networks = animator.networks
    told |= {
        "finite": bool(latents.isfinite().all()), "shape": frames.shape, "rendered": peak(),
        "keys": [len(n.state_dict()) for n in (networks.denoiser, networks.reference, networks.guider)],
        "dtypes": sorted({str(t.dtype) for t in networks.denoiser.state_dict().values()}),
    }
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def checkpoint() -> Iterator[tuple[Path, int]]:
    """A full-size checkpoint as released, and the bytes of its numbers in half precision: another than is worked in, so
    that copies are made."""
    with tempfile.TemporaryDirectory(prefix="full-size-") as folder:
        home = Path(folder) / "checkpoint"
        home.mkdir()
        yield home, released.write(home, torch.float16)


def told(checkpoint: Path, what: str) -> dict:
    environment = {**os.environ, "ANIMATE_CACHE": str(checkpoint.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", LOAD_AND_RENDER, checkpoint, what],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_loading_and_rendering(checkpoint):
    folder, weights = checkpoint
    first = told(folder, "load")
    assert first["loaded"] <= 1.2 * weights, "the first start, which makes the faster copies"
    second = told(folder, "render")
    assert second["load"] < max(3.0, first["load"] / 3), "the second start finds those copies"
    assert second["loaded"] <= 1.2 * weights
    assert second["rendered"] <= 14e9
    assert second["finite"]
    assert second["shape"] == [2, 64, 64, 3]
    assert second["keys"] == [1274, 682, 16], (
        "686 of SD1.5 and 588 along time; SD1.5's without its four last; the guider"
    )
    assert second["dtypes"] == ["torch.bfloat16"]
