"""The two stages of Animate Anyone's training: single frames without temporal layers, then clips, those layers only.

    python -m training.train --stage 1 --pairs runs/pairs --held-out runs/held --out runs/mini --minutes 60
    python -m training.train --stage 2 --pairs runs/clips --held-out runs/held-clips --out runs/mini --minutes 20

One line of JSON each validation. A killed run resumes from its last state, written every two minutes.
Source: arXiv:2311.17117, section 3.3; velocity and zero terminal signal as in animate.schedule.
"""

import argparse
import copy
import json
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from animate.checkpoints import Networks
from animate.latents import PatchCodec
from animate.schedule import signal_levels
from training import mini
from training.batches import Batch, Prepared, load_batch, predict_velocity, prepare
from training.crew import Crew
from training.evaluate import evaluate, save_sheet
from training.pairs import load_shards

SAVE_EVERY = 110.0  # seconds


@dataclass
class Trained:
    """The parameters a stage trains, their running average, and the optimiser."""

    parameters: list[nn.Parameter]
    graded: list[nn.Parameter]  # those, and the ones that only get a gradient
    average: list[Tensor]
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, networks: Networks, *, stage: int, rate: float) -> "Trained":
        modules = (networks.denoiser, networks.reference, networks.guider, networks.clip)
        named = [pair for module in modules for pair in module.named_parameters()]
        chosen = [p for name, p in named if stage == 1 or "motion_modules" in name]
        # The denoiser keeps all its gradients: torch 2.13 crashes on processors behind frozen channels_last layers.
        for module in modules[1:]:
            module.requires_grad_(stage == 1)
        optimiser = torch.optim.AdamW(chosen, lr=rate, betas=(0.9, 0.99), weight_decay=1e-2, fused=True)
        graded = [parameter for _, parameter in named if parameter.requires_grad]
        return cls(chosen, graded, [p.detach().clone() for p in chosen], optimiser)

    def update(self, loss: Tensor, *, rate: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
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


def loss_of(networks: Networks, batch: Batch, levels: Tensor, generator: torch.Generator, *, clips: bool) -> Tensor:
    """The squared error of the velocity, heavier where the picture may change. Time steps are uniform."""
    residual = batch.residual
    frames = len(residual)
    count = 1 if clips else frames
    timestep = torch.randint(0, len(levels), (count,), generator=generator)
    pure = torch.rand(count, generator=generator) < 0.2  # the first step carries the most
    timestep = timestep.masked_fill(pure, len(levels) - 1).expand(frames)
    signal = levels[timestep][:, None, None, None]
    noise_level = (1 - signal.square()).sqrt()
    shape = (1, *residual.shape[1:]) if clips else residual.shape
    noise = torch.randn(shape, generator=generator).expand_as(residual)
    velocity = predict_velocity(networks, batch, signal * residual + noise_level * noise, timestep)
    error = (velocity - (signal * noise - noise_level * residual)).square()
    return (error * batch.weight).mean() / batch.weight.mean()


def rate_at(done: float, step: int, peak: float) -> float:
    """Warm up over 100 steps, stay, then fall over the last third. done: share of the budget."""
    return peak * min(1.0, (step + 1) / 100) * (1.0 if done < 0.66 else max(0.03, (1 - done) / 0.34))


def run(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    data, held = load_shards(arguments.pairs), load_shards(arguments.held_out)
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    config, codec = mini.MiniConfig(), PatchCodec()
    state_file = out / f"stage{arguments.stage}.state"
    torch.manual_seed(1)
    if (out / "patch_codec.safetensors").is_file():
        networks = mini.load(out, motion=arguments.stage == 2)
        assert isinstance(networks.codec, PatchCodec)
        codec = networks.codec
    else:
        fit_codec(codec, data)
        networks = config.networks(codec, motion=arguments.stage == 2)
    for network in (networks.denoiser, networks.reference):
        nn.Module.to(network, memory_format=torch.channels_last)  # type: ignore[call-overload]
    trained = Trained.of(networks, stage=arguments.stage, rate=arguments.rate)
    if state_file.is_file():
        trained.restore(torch.load(state_file, weights_only=True))
    prepared: Prepared = prepare(data, codec)
    del data
    crew = Crew(trained.parameters, processes=arguments.processes)
    crew.split()
    generator = torch.Generator().manual_seed(1000 * trained.step + 10 * crew.rank + arguments.stage)
    levels = signal_levels("scaled_linear")
    start, spent, over = time.monotonic(), trained.seconds, False
    last_save = last_check = start
    running = None
    while not over:
        batch = load_batch(prepared, generator, characters=arguments.characters, targets=arguments.targets)
        with torch.autocast("cpu", torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
            loss = loss_of(networks, batch, levels, generator, clips=arguments.stage == 2)
        trained.update(loss, rate=rate_at(trained.seconds / (arguments.minutes * 60), trained.step, arguments.rate))
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        now = time.monotonic()
        trained.seconds = spent + now - start
        over = crew.meet(trained.step, over=trained.seconds >= arguments.minutes * 60)
        if crew.rank == 0 and now - last_save > SAVE_EVERY:
            save_state(trained, state_file)
            last_save = now
        if crew.rank == 0 and now - last_check > arguments.check * 60:
            check(trained, networks, held, config, out, running)
            last_check = time.monotonic()
    crew.leave()
    save_state(trained, state_file)
    check(trained, networks, held, config, out, running or 0.0)


def save_state(trained: Trained, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(trained.state(), file.with_suffix(".part"))
    file.with_suffix(".part").replace(file)


def check(trained: Trained, networks: Networks, held: dict, config: mini.MiniConfig, out: Path, loss: float) -> None:
    averaged = trained.averaged(networks)
    scores = evaluate(averaged, held)
    report = {"step": trained.step, "minutes": round(trained.seconds / 60, 1), "loss": round(loss, 4), **scores}
    line = json.dumps(report)
    print(line, flush=True)
    with (out / "log.jsonl").open("a") as log:
        log.write(line + "\n")
    save_sheet(averaged, held, out / "sheet.png")
    mini.save(averaged if averaged.denoiser.config.motion else with_motion(averaged, config), out, config)


def with_motion(networks: Networks, config: mini.MiniConfig) -> Networks:
    """The still networks in a denoiser that has silent temporal layers, so that the saved layout is always whole."""
    moving = config.networks(PatchCodec()).denoiser
    moving.load_state_dict(moving.state_dict() | networks.denoiser.state_dict())
    return Networks(moving, networks.reference, networks.guider, networks.clip, networks.codec)


def fit_codec(codec: PatchCodec, data: dict) -> None:
    """The principal components of pictures, and the spread of what the puppet lacks."""
    some = slice(0, 400)
    pictures = torch.cat([data["reference"][some], data["target"][some, 0], data["background"][some]])
    lacking = data["target"][some, :2].float() - data["moved"][some, :2].float()
    codec.fit(pictures.float() / 127.5 - 1, lacking.flatten(0, 1) / 127.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", type=int, choices=(1, 2), default=1)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60, help="budget, with what a resumed run has used")
    parser.add_argument("--check", type=float, default=5, help="minutes between validations")
    parser.add_argument("--characters", type=int, default=6, help="a batch; a clip is one character")
    parser.add_argument("--targets", type=int, default=3)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="side by side, their parameters averaged")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
