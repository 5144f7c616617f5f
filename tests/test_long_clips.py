"""What a clip takes on the device, counted allocation by allocation on one that has no numbers: 600 frames as 48."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from animate import Animator, RenderSettings, memory
from animate.conditions import PIECE
from animate.latents import VAECodec
from animate.memory import PLANS, Lodging
from tests import toy

DEVICE = torch.device("meta")
SETTINGS = RenderSettings(width=64, height=64, steps=1, guidance=1.0, window=24, overlap=4)


class Counting(TorchDispatchMode):
    """Counts the bytes alive on the imaginary device, and lets what is brought back from there be zeros. most: of them
    at once, as far as they came to be in here."""

    def __init__(self) -> None:
        super().__init__()
        self._alive: dict[int, tuple[StorageWeakRef, int]] = {}
        self._bytes = self.most = self.sent = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        given = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
        if (
            func is torch.ops.aten._to_copy.default
            and given[0].device == DEVICE
            and kwargs.get("device", DEVICE) != DEVICE
        ):
            self.sent += 1
            return torch.zeros(given[0].shape, dtype=kwargs.get("dtype") or given[0].dtype)
        out = func(*args, **kwargs)
        for each in tree_leaves(out):
            if isinstance(each, torch.Tensor) and each.device == DEVICE:
                storage = each.untyped_storage()
                if storage._cdata not in self._alive:
                    self._alive[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())
                    self._bytes += storage.nbytes()
        if self._bytes > self.most:  # only then what is gone makes a difference
            self._alive = {key: kept for key, kept in self._alive.items() if not kept[0].expired()}
            self._bytes = sum(size for _, size in self._alive.values())
            self.most = max(self.most, self._bytes)
        return out


def most_bytes(frames: int) -> int:
    animator = Animator.load(toy.folder(), device="cpu", dtype=torch.float32)
    networks, codec = animator.networks, animator.networks.codec
    assert isinstance(codec, VAECodec)
    parts: list[nn.Module | None] = [networks.clip, networks.reference, networks.denoiser, networks.guider, codec.vae]
    for part in filter(None, parts):
        part.to(DEVICE)  # the weights, of which the same are there for any clip
    animator.device = DEVICE
    animator.lodging = lodging = Lodging(networks, DEVICE, free=lambda: 10**12)
    lodging.settle = lambda _settings: None  # type: ignore[method-assign]
    lodging.arrange(PLANS[0])  # in the others all that grows with a clip is kept by the host
    skeletons = np.broadcast_to(np.zeros((1, 64, 64, 3), np.uint8), (frames, 64, 64, 3))
    with Counting() as counting:
        latents = [*animator.denoise(np.zeros((64, 64, 3), np.uint8), skeletons, SETTINGS)][-1]
        assert latents.shape[0] == frames
        for part in latents[: 2 * PIECE].split(PIECE):
            animator.decode(part)
    assert counting.sent
    return counting.most


@pytest.mark.slow
def test_600_frames_need_no_more_of_the_device_than_48(monkeypatch):
    few = most_bytes(48)
    assert most_bytes(600) <= few
    monkeypatch.setattr(memory, "LONG", 1000)
    assert most_bytes(96) > few, "as it is counted where the device keeps the clip"
