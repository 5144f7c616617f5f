"""Weights that come to a device and leave it again: at home on the host, mapped from their file."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from animate.layers import SpatialBlock
from animate.unet import DenoisingUNet


class Luggage:
    """The weights of some modules: at home on the host, and while they are away from it, copies on the device.

    Modules whose weights are at home hold empty tensors on the device, so nothing can work with them by mistake.
    channels_last: how convolutions lie there; where the device is the host, at home already, else both would be kept.
    """

    def __init__(self, modules: Sequence[nn.Module], device: torch.device, *, channels_last: bool = False):
        self.device, self.channels_last = device, channels_last
        self.tensors = [t for module in modules for t in (*module.parameters(), *module.buffers())]
        if device.type == "cpu":
            for tensor in self.tensors:
                tensor.data = self._lay(tensor.data)
        self.home = [t.data for t in self.tensors]
        self.present = False
        self._arrival: Any = None  # an event of the device's

    @property
    def size(self) -> int:
        """Bytes on the device."""
        return sum(t.numel() * t.element_size() for t in self.home)

    def begin(self, stream: "torch.cuda.Stream | None" = None) -> None:
        """Sends the copies on their way, beside the work where there is a stream."""
        if self.present:
            return
        self.present = True
        with torch.cuda.stream(stream) if stream else nullcontext():
            for tensor, home in zip(self.tensors, self.home, strict=True):
                tensor.data = self._lay(home.to(self.device, non_blocking=True))
            if stream is not None:
                self._arrival = stream.record_event()

    def _lay(self, weights: Tensor) -> Tensor:
        last = self.channels_last and weights.ndim == 4
        return weights.contiguous(memory_format=torch.channels_last) if last else weights

    def come(self) -> None:
        """The copies are on the device when this returns, for all that is called after it."""
        self.begin()
        if self._arrival is not None:
            now = torch.cuda.current_stream(self.device)
            now.wait_event(self._arrival)
            for tensor in self.tensors:
                tensor.data.record_stream(now)
            self._arrival = None

    def leave(self) -> None:
        self.present, self._arrival = False, None
        for tensor, home in zip(self.tensors, self.home, strict=True):
            tensor.data = torch.empty(0, dtype=home.dtype, device=self.device)

    def pin(self) -> None:
        """Keeps what is at home in pages that the device fetches beside the work."""
        self.home = [t if t.is_pinned() else t.pin_memory() for t in self.home]


def layers_of(denoiser: DenoisingUNet) -> list[nn.Module]:
    """All of it, in running order, in the pieces that come and go."""
    layers: list[nn.Module] = [denoiser.time_embedding, denoiser.conv_in]
    for block in denoiser.down_blocks:
        layers += [*runs(block.resnets, block.attentions, block.motion_modules), *block.downsamplers]
    middle = denoiser.mid_block
    layers += [middle.resnets[0], *middle.attentions, *middle.motion_modules, middle.resnets[1]]
    for block in denoiser.up_blocks:
        layers += [*runs(block.resnets, block.attentions, block.motion_modules), *block.upsamplers]
    return [*layers, denoiser.conv_norm_out, denoiser.conv_out]


def runs(*lists: nn.ModuleList) -> Iterator[nn.Module]:
    """The first of each list, the second of each, and so on; a list may be empty."""
    for at in range(len(lists[0])):
        yield from (modules[at] for modules in lists if len(modules))


def projections(layer: nn.Module) -> list[nn.Module]:
    """The parts of a spatial layer that project the reference."""
    blocks = [module for module in layer.modules() if isinstance(module, SpatialBlock)]
    return [
        part for b in blocks for part in (b.attn1.to_k, b.attn1.to_v, b.attn2.to_k, b.attn2.to_v, b.attn2.to_out[0])
    ]
