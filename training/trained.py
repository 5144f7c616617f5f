"""What a stage trains: the parameters, their running average and the optimiser, saved and restored to the step."""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from animate.checkpoints import Networks
from animate.latents import PatchCodec


@dataclass
class Trained:
    """The parameters a stage trains, their running average, and the optimiser; the codec that they are trained with.

    The first stage trains everything there is, so its state is all that going on needs.
    """

    parameters: list[nn.Parameter]
    graded: list[nn.Parameter]  # those, and the ones that only get a gradient
    average: list[Tensor]
    optimiser: torch.optim.Optimizer
    codec: PatchCodec
    step: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, networks: Networks, *, stage: int, rate: float) -> "Trained":
        assert isinstance(networks.codec, PatchCodec)
        modules = (networks.denoiser, networks.reference, networks.guider, networks.clip)
        named = [pair for module in modules for pair in module.named_parameters()]
        chosen = [p for name, p in named if stage == 1 or "motion_modules" in name]
        for module in modules:
            module.requires_grad_(stage == 1)
        # torch 2.13 crashes on processors behind frozen channels_last layers: there the denoiser keeps its gradients
        if chosen[0].device.type == "cpu":
            networks.denoiser.requires_grad_(True)
        for parameter in chosen:
            parameter.requires_grad_(True)
        optimiser = torch.optim.AdamW(chosen, lr=rate, betas=(0.9, 0.99), weight_decay=1e-2, fused=True)
        graded = [parameter for _, parameter in named if parameter.requires_grad]
        return cls(chosen, graded, [p.detach().clone() for p in chosen], optimiser, networks.codec)

    def update(self, loss: Tensor, *, rate: float) -> None:
        """One step; none where the gradients are no numbers, of which no parameter would recover."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss.backward()
        if nn.utils.clip_grad_norm_(self.parameters, 1.0).isfinite():
            self.optimiser.step()
        for parameter in self.graded:
            parameter.grad = None
        self.step += 1
        keep = min(0.999, (1 + self.step) / (20 + self.step))
        torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - keep)

    def state(self) -> dict:
        return {
            "parameters": [p.detach() for p in self.parameters],
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "codec": self.codec.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def restore(self, state: dict) -> None:
        with torch.no_grad():
            for mine, stored in zip(self.parameters, state["parameters"], strict=True):
                mine.copy_(stored)
            for mine, stored in zip(self.average, state["average"], strict=True):
                mine.copy_(stored)
        self.optimiser.load_state_dict(state["optimiser"])
        self.codec.load_state_dict(state["codec"])
        self.step, self.seconds = state["step"], state["seconds"]

    def averaged(self, networks: Networks) -> Networks:
        """A copy of the networks with the averaged parameters: validation never touches the trained ones."""
        modules = (networks.denoiser, networks.reference, networks.guider, networks.clip)
        places = {id(p): i for i, p in enumerate(self.parameters)}
        copies = []
        for module in modules:
            twin = copy.deepcopy(module).eval()
            with torch.no_grad():
                for mine, theirs in zip(module.parameters(), twin.parameters(), strict=True):
                    if id(mine) in places:
                        theirs.copy_(self.average[places[id(mine)]])
            copies.append(twin.requires_grad_(False))
        denoiser, reference, guider, clip = copies
        return Networks(denoiser, reference, guider, clip, networks.codec)

    def save(self, file: Path) -> None:
        """Whole, or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(self.state(), file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)
