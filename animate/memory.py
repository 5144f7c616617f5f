"""How a model lodges in a device's memory: plans from roomy to tight, chosen by what is free, changed when it runs out.

Weights are at home on the host (mapped from their file, so that costs nothing) and come to the device: all for good,
or each network while it works (model offload), or the denoiser's layers one after another with the next one already on
its way (sequential offload, prefetched on a stream of its own). All plans give the same picture.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from animate import abreast
from animate.checkpoints import Networks
from animate.denoise import Passed, Walk
from animate.devices import give_back, out_of_memory
from animate.errors import OutOfMemory
from animate.events import Note
from animate.latents import VAECodec
from animate.layers import FeedForward
from animate.luggage import Luggage, layers_of, projections
from animate.settings import RenderSettings

Answer = TypeVar("Answer")
HOST = torch.device("cpu")
TOKENS = 16384  # widened at once by a feed-forward that works in pieces
SPARE = 0.85  # of what is free may be planned with: libraries' workspaces and fragmentation take the rest

# Numbers alive at once for each pixel of each frame, counted on the networks at full size, allocation by allocation.
DENOISING, IN_PIECES, DECODING = 120, 70, 770


@dataclass(frozen=True)
class Plan:
    """One way to lodge. visiting: networks are on the device only while they work; pieces: feed-forwards and the VAE
    work on a part of the frames at once; streaming: the denoiser comes layer by layer."""

    words: str
    visiting: bool = True
    pieces: bool = True
    streaming: bool = False


PLANS = (
    Plan("All of the model is on the device.", visiting=False, pieces=False),
    Plan("Each part of the model is on the device while it works.", pieces=False),
    Plan("Each part of the model is on the device while it works, on a few frames at once."),
    Plan("The model comes to the device layer by layer, which takes longer.", streaming=True),
)


class Lodging:
    """Where a released model's networks are. They come from the host; `plan` says how they use the device.

    free: the bytes of the device the model may use, None for processors. notes: what people should be told.
    keeps: whether the device has room for what grows with the clip in hand.
    """

    def __init__(self, networks: Networks, device: torch.device, *, free: Callable[[], int | None] | None = None):
        self.networks, self.device = networks, device
        self.free = free or self._free
        self.notes: list[str] = []
        self.keeps = True
        assert isinstance(networks.codec, VAECodec)
        self._codec, self._frames, vae = networks.codec, networks.codec.piece, networks.codec.vae
        visitors = (networks.clip, networks.projection, networks.reference, vae.encoder)
        self._visitors = [network for network in visitors if network is not None]
        self._parts = [Luggage([network], device) for network in self._visitors]
        last = device.type in ("cuda", "cpu")  # where it saves copies
        self._layers = [Luggage([layer], device, channels_last=last) for layer in layers_of(networks.denoiser)]
        few = (networks.guider, networks.quick, vae.decoder, vae.quant_conv, vae.post_quant_conv)
        self._few = Luggage([module for module in few if module is not None], device)
        self._hooks: list[RemovableHandle] = []
        self._stream: torch.cuda.Stream | None = None
        self._here: Sequence[Luggage] = ()
        self.plan, self._arranged = PLANS[0], False
        self._lodge(PLANS[0] if self.free() is None else PLANS[1])

    @property
    def latents_at(self) -> torch.device:
        """Where what grows with the clip is kept: by the host, unless the device has room for all of it."""
        return self.device if self.keeps and not self.plan.visiting else HOST

    def settle(self, settings: RenderSettings, *, frames: int = 0) -> None:
        """Takes the roomiest plan that fits a window of so many frames (0: a full one), and keeps them if they fit."""
        self.notes.clear()
        settings = settings.within(frames)
        plan = PLANS[0] if self.free() is None else self.fitting(settings) or PLANS[-1]
        if plan != self.plan or not self._arranged:
            self._lodge(plan)
        self.keeps = self.has_room(self.plan, settings, frames=frames)
        if self.plan.visiting:
            self.notes.append(self.plan.words)

    def fitting(self, settings: RenderSettings) -> Plan | None:
        """The roomiest plan that fits into what is free."""
        free = self.free() or 0
        return next((plan for plan in PLANS if self.need(plan, settings) <= SPARE * free), None)

    def has_room(self, plan: Plan, settings: RenderSettings, *, frames: int) -> bool:
        """Whether the device may keep what grows with so many frames too. Plans that visit leave that to the host."""
        free = self.free()
        return free is None or (not plan.visiting and self.need(plan, settings, frames=frames) <= SPARE * free)

    def kept(self, settings: RenderSettings, frames: int) -> int:
        """Bytes of what grows with a clip: pose features, latents in fp32, a few times, and, where one window's deep
        features serve several steps, those of all windows and of both branches of guidance."""
        places, config = settings.width * settings.height // 64, self.networks.denoiser.config
        features = config.channels[0] * self._codec.vae.dtype.itemsize
        deep = (1 if settings.guidance == 1 else 2) * settings.denoised(frames) * (settings.reuse > 1)
        return places * (features * (frames + deep) + frames * 4 * 4 * self._codec.channels)

    def need(self, plan: Plan, settings: RenderSettings, *, frames: int = 0) -> int:
        """Bytes of the device a plan takes: its weights, what is alive while a window is denoised or decoded, and so
        many frames kept there, whose features are there twice when they are put together."""
        area = settings.width * settings.height * self._codec.vae.dtype.itemsize
        window = area * settings.window * (IN_PIECES if plan.pieces else DENOISING)
        few = settings.guidance != 1 and settings.width * settings.height // 64 * settings.window <= abreast.FEW
        window *= 2 if few and self.device.type == "cpu" and not plan.visiting else 1  # branches of guidance
        joined = area // 64 * frames * self.networks.denoiser.config.channels[0]
        decoding = area * DECODING * (1 if plan.visiting else self._frames)
        working = max(window, joined, decoding) + self.kept(settings, frames)
        layers, parts = ([luggage.size for luggage in some] for some in (self._layers, self._parts))
        if not plan.visiting:
            return self._few.size + sum(layers) + sum(parts) + working
        denoiser = 3 * max(layers) if plan.streaming else sum(layers)  # one works, one comes, one is leaving
        return self._few.size + max(*parts, denoiser + working)

    def _lodge(self, plan: Plan) -> None:
        """Arranges this plan or, where memory runs out meanwhile, a smaller one. Raises OutOfMemory."""
        while True:
            try:
                return self.arrange(plan)
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
            plan = self._smaller()

    def arrange(self, plan: Plan) -> None:
        """Lodges the networks anew; until that is done they are not as the plan says."""
        self._arranged = False
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        for luggage in self._all():
            luggage.leave()
        give_back(self.device)
        self.plan, self._codec.piece, self._here = plan, 1 if plan.visiting else self._frames, ()
        self._stream = torch.cuda.Stream(self.device) if self.device.type == "cuda" and plan.streaming else None
        if self._stream:
            with suppress(RuntimeError):  # where the host keeps no more pages, copies wait for each other
                for layer in self._layers:
                    layer.pin()
        for module in self.networks.denoiser.modules():
            if isinstance(module, FeedForward):
                module.tokens_at_once = TOKENS if plan.pieces else None
        if plan.visiting:
            self._await_visits()
        for luggage in [self._few] if plan.visiting else self._all():
            luggage.come()
        self._arranged = True

    def _await_visits(self) -> None:
        """Hooks by which each network, or each of the denoiser's layers, comes when it is called."""
        denoiser = self.networks.denoiser
        for network, luggage in zip(self._visitors, self._parts, strict=True):
            self._on_call(network, [luggage])
        for layer, luggage, after in zip(
            layers_of(denoiser), self._layers, [*self._layers[1:], self._layers[0]], strict=True
        ):
            coming = [luggage, after] if self.plan.streaming else self._layers
            for part in (layer, *projections(layer)):  # which project the reference before the layer ever runs
                self._on_call(part, coming)

    def _on_call(self, module: nn.Module, coming: Sequence[Luggage]) -> None:
        self._hooks.append(module.register_forward_pre_hook(lambda _module, _given: self._admit(coming)))

    def _admit(self, coming: Sequence[Luggage]) -> None:
        """All of these come, the first at once, the others while it works; what else is there leaves."""
        if coming is self._here:
            return
        for luggage in self._here:
            if luggage not in coming:
                luggage.leave()
        self._here = coming
        coming[0].come()
        for luggage in coming[1:]:
            if self.plan.streaming:
                luggage.begin(self._stream)
            else:
                luggage.come()

    def _all(self) -> Iterator[Luggage]:
        yield from (*self._layers, *self._parts, self._few)

    def _present(self) -> int:
        return sum(luggage.size for luggage in self._all() if luggage.present)

    def _free(self) -> int | None:
        if self.device.type == "mps":  # the host's own memory, of which Metal recommends a part
            return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory() + self._present()
        if self.device.type != "cuda":
            return None
        free, _total = torch.cuda.mem_get_info(self.device)
        unused = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return free + unused + self._present()

    def through(self, work: Callable[[], Answer]) -> Answer:
        """What work returns, tried again under smaller plans when memory runs out. Raises OutOfMemory."""
        while True:
            try:
                return work()
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
            self.shrink()  # here, where nothing holds on to the failed work any more

    def resumed(self, walk: Walk, latents: Tensor) -> Iterator[Tensor | Passed]:
        """What the walk yields; when memory runs out it goes on from the last step, in a smaller plan."""
        while True:
            try:
                for latest in walk(latents.to(self.latents_at, torch.float32)):
                    latents = latest if isinstance(latest, Tensor) else latents
                    yield latest
                return
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
            self.shrink()

    def told(self) -> Iterator[Note]:
        """What has to be said, once."""
        while self.notes:
            yield Note(self.notes.pop(0))

    def _smaller(self) -> Plan:
        """The next smaller plan. Raises OutOfMemory where there is none; the next clip then has all arranged anew."""
        if self.plan == PLANS[-1]:
            self._arranged = False
            raise OutOfMemory("the size or the window")
        return PLANS[PLANS.index(self.plan) + 1]

    def shrink(self) -> None:
        """Takes the next smaller plan. Raises OutOfMemory where there is none."""
        self._lodge(self._smaller())
        self.notes.append(f"Memory ran out, so the clip goes on with less of it. {self.plan.words}")
