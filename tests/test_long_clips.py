"""What a clip takes on the device, counted allocation by allocation on one that has no numbers: as much as it has room
for, and no more with 600 frames than with 44 where that is little."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from animate import Animator, RenderSettings
from animate.conditions import PIECE, Conditions
from animate.latents import VAECodec
from animate.memory import PLANS, SPARE, Lodging
from animate.reference import ReferenceFeatures
from tests import toy

DEVICE = torch.device("meta")
SETTINGS = RenderSettings(width=64, height=64, steps=1, guidance=1.0, window=24, overlap=4)


class Counting(TorchDispatchMode):
    """Counts the bytes alive on the imaginary device, and lets what is brought back from there be zeros. most: of them
    at once, as far as they came to be in here. sent: how often something was brought back; came: the shapes of what was
    brought there."""

    def __init__(self) -> None:
        super().__init__()
        self._alive: dict[int, tuple[StorageWeakRef, int]] = {}
        self._bytes = self.most = self.sent = 0
        self.came: list[tuple[int, ...]] = []
        self._known: dict[tuple[object, ...], list[tuple[object, ...]]] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        leaves = tree_leaves((args, kwargs))
        given = [each for each in leaves if isinstance(each, torch.Tensor)]
        if (
            func is torch.ops.aten._to_copy.default
            and given[0].device == DEVICE
            and kwargs.get("device", DEVICE) != DEVICE
        ):
            self.sent += 1
            return torch.zeros(given[0].shape, dtype=kwargs.get("dtype") or given[0].dtype)
        out = self._result(func, args, kwargs, leaves)
        if func is torch.ops.aten._to_copy.default and (given[0].device.type, out.device) == ("cpu", DEVICE):
            self.came.append(tuple(out.shape))
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

    def _result(self, func, args, kwargs, given: list[object]):
        """Torch works out in Python what most operations give on this device, and takes long: where that is new tensors
        and nothing else, it is asked once for what looks alike."""
        asked = func, *map(told, given)
        if asked in self._known:
            made = [torch.empty_strided(*shape, dtype=dtype, device=DEVICE) for *shape, dtype, _ in self._known[asked]]
            return made[0] if len(made) == 1 else tuple(made)
        out = func(*args, **kwargs)
        many = out if isinstance(out, tuple) else (out,)
        if all(isinstance(each, torch.Tensor) and each.device == DEVICE for each in many):
            before = {each.untyped_storage()._cdata for each in given if isinstance(each, torch.Tensor)}
            new = before.isdisjoint(each.untyped_storage()._cdata for each in many)
            if new and not func._schema.is_mutable:
                self._known[asked] = [told(each) for each in many]
        return out


def told(given: object) -> object:
    """How a tensor lies in memory; of anything else itself."""
    if isinstance(given, torch.Tensor):
        return tuple(given.shape), given.stride(), given.dtype, given.device
    return type(given), given


@pytest.fixture
def animator() -> Animator:
    """With all of its networks on the imaginary device, the weights too, which are the same for any clip."""
    animator = Animator.load(toy.folder(), device="cpu", dtype=torch.float32)
    networks, codec = animator.networks, animator.networks.codec
    assert isinstance(codec, VAECodec)
    parts: list[nn.Module | None] = [networks.clip, networks.reference, networks.denoiser, networks.guider, codec.vae]
    for part in filter(None, parts):
        part.to(DEVICE)
    animator.device = DEVICE
    animator.lodging = Lodging(networks, DEVICE, free=lambda: 10**12)
    return animator


def on_a_device_for(animator: Animator, frames: int) -> Lodging:
    """That has room for all of the model and so many frames."""
    assert animator.lodging
    room = int(animator.lodging.need(PLANS[0], SETTINGS, frames=frames) / SPARE) + 1000
    animator.lodging.free = lambda: room
    return animator.lodging


def most_bytes(animator: Animator, frames: int) -> int:
    assert animator.lodging
    skeletons = np.broadcast_to(np.zeros((1, 64, 64, 3), np.uint8), (frames, 64, 64, 3))
    with Counting() as counting:
        latents = [*animator.denoise(np.zeros((64, 64, 3), np.uint8), skeletons, SETTINGS)][-1]
        assert latents.shape[0] == frames
        assert animator.lodging.plan == PLANS[0]  # in the others all that grows with a clip is kept by the host
        for part in latents[: 2 * PIECE].split(PIECE):
            animator.decode(part)
    assert counting.sent
    return counting.most


@pytest.mark.slow
def test_600_frames_need_no_more_of_the_device_than_44_where_it_has_room_for_44(animator):
    lodging = on_a_device_for(animator, 44)
    few = most_bytes(animator, 44)
    assert lodging.latents_at == DEVICE
    assert most_bytes(animator, 600) <= few
    assert lodging.latents_at.type == "cpu"


def test_what_the_device_keeps_of_a_clip_is_what_it_is_counted_with(animator):
    lodging = on_a_device_for(animator, 10_000)
    more = most_bytes(animator, 84) - most_bytes(animator, 44)
    assert lodging.latents_at == DEVICE
    counted = lodging.kept(SETTINGS, 84) - lodging.kept(SETTINGS, 44)
    assert 0.6 * counted < more <= counted


def test_a_long_clip_is_decoded_in_no_more_of_the_device_than_a_short_one(animator):
    most = {}
    for frames in (2 * PIECE, 240):
        latents = torch.zeros(frames, 4, 8, 8)
        with Counting() as counting:
            decoded = animator.decode(latents)
        assert (decoded.shape, decoded.dtype) == ((frames, 64, 64, 3), np.uint8)
        most[frames] = counting.most
    assert most[240] == most[2 * PIECE] > 0


def test_memory_that_runs_out_late_in_a_long_clip_costs_only_the_frames_it_ran_out_with(animator, monkeypatch):
    """Those decoded before are not decoded again."""
    begun, decode = [], animator.networks.codec.decode

    def broken(latents: torch.Tensor, **more: object) -> torch.Tensor:
        begun.append(len(latents))
        if len(begun) == 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return decode(latents, **more)

    monkeypatch.setattr(animator.networks.codec, "decode", broken)
    with Counting():
        assert len(animator.decode(torch.zeros(3 * PIECE + 1, 4, 8, 8))) == 3 * PIECE + 1
    assert begun == [PIECE, PIECE, PIECE, PIECE, 1]


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_a_window_that_the_host_keeps_comes_once_and_goes_back_once(animator, guidance):
    """For both branches of guidance."""
    on_a_device_for(animator, 24)
    settings = replace(SETTINGS, guidance=guidance, steps=2)
    skeletons = np.zeros((44, 64, 64, 3), np.uint8)
    walk = animator.denoise(np.zeros((64, 64, 3), np.uint8), skeletons, settings)
    with Counting() as counting:
        next(walk)
        before = counting.sent
        counting.came.clear()
        next(walk)
    assert counting.came.count((24, 32, 8, 8)) == counting.came.count((24, 4, 8, 8)) == 2, "of two windows"
    assert counting.sent - before == 2


def test_what_the_device_kept_leaves_it_when_memory_runs_out(animator, monkeypatch):
    lodging, frames = on_a_device_for(animator, 10_000), 28
    conditions = Conditions(torch.zeros(frames, 32, 8, 8, device=DEVICE), ReferenceFeatures([], []))
    calls = iter(range(10**6))

    def broken(x: torch.Tensor, *_given: object, **_more: object) -> torch.Tensor:
        if next(calls) == 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return torch.zeros_like(x)

    monkeypatch.setattr(animator.networks.denoiser, "forward", broken)
    lodging.settle(SETTINGS, frames=frames)
    places = []
    with Counting():
        for found in animator._walk(conditions, frames, replace(SETTINGS, steps=3)):
            if isinstance(found, torch.Tensor):
                places.append((found.device.type, conditions.pose.device.type))
    assert places == [("meta", "meta"), ("cpu", "cpu"), ("cpu", "cpu")]
    assert lodging.plan == PLANS[1]
