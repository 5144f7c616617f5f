"""How good a model is on held-out characters, against the puppet it starts from. In decibels, higher is better."""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from animate.checkpoints import Networks
from animate.latents import PatchCodec
from animate.schedule import steps
from training.batches import make_batch, pixels_of, references_of
from training.pairs import Shard

STEPS = (1, 2, 4)
CHARACTERS = 32


def psnr(picture: Tensor, truth: Tensor, weight: Tensor | None = None) -> Tensor:
    """f 3 H W in -1..1, weight f 1 H W: f values in dB."""
    weight = torch.ones_like(truth[:, :1]) if weight is None else weight
    error = (((picture - truth) / 2).square().mean(1, keepdim=True) * weight).sum((1, 2, 3))
    return -10 * torch.log10((error / weight.sum((1, 2, 3)).clamp(min=1)).clamp(min=1e-8))


def ssim(picture: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity with an 11 x 11 Gaussian window of 1.5, the mean over colours: f values."""
    axis = torch.exp(-((torch.arange(11, device=truth.device) - 5.0) ** 2) / (2 * 1.5**2))
    window = (axis[:, None] * axis / axis.sum() ** 2).expand(3, 1, 11, 11)

    def blur(x: Tensor) -> Tensor:
        return F.conv2d(x, window, groups=3)

    a, b = (picture + 1) / 2, (truth + 1) / 2
    mean_a, mean_b = blur(a), blur(b)
    spread_a, spread_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    shared = blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    value = (2 * mean_a * mean_b + c1) * (2 * shared + c2)
    return (value / ((mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2))).mean((1, 2, 3))


@torch.no_grad()
def predict_clip(networks: Networks, one: Shard, counts: Sequence[int] = STEPS) -> dict[int, Tensor]:
    """One character's targets after so many steps: r 3 H W in -1..1 each."""
    codec = networks.codec
    assert isinstance(codec, PatchCodec)
    batch = make_batch({name: value[None] for name, value in one.items()}, codec)
    device = batch.residual.device
    moved = pixels_of(one["moved"])
    found = {}
    with torch.autocast(device.type, torch.bfloat16):
        references, pose = references_of(networks, batch), networks.guider(batch.guide)
        for count in counts:
            latents = torch.zeros_like(batch.residual)  # as of a clip that is rendered
            for step in steps(count, "scaled_linear"):
                timestep = torch.tensor([step.timestep], device=device)
                image = networks.denoiser(latents, timestep, pose, references).float()
                latents = step(latents, step.velocity(latents, image))
            correction = codec.decode_residual(latents, size=tuple(moved.shape[-2:]))  # type: ignore[arg-type]
            found[count] = (moved + correction).clamp(-1, 1)
    return found


def scores(pictures: Tensor, truth: Tensor, body: Tensor) -> tuple[float, float, float]:
    """PSNR, PSNR on the body, SSIM; means over frames."""
    values = (psnr(pictures, truth), psnr(pictures, truth, body), ssim(pictures, truth))
    return tuple(value.mean().item() for value in values)  # type: ignore[return-value]


def evaluate(networks: Networks, held: Sequence[Shard]) -> dict[str, list[float]]:
    """PSNR, foreground PSNR and SSIM of the puppet, of the model, and of the codec's ceiling."""
    chosen = held[:CHARACTERS]
    table: dict[str, list[tuple[float, float, float]]] = {}
    codec = networks.codec
    assert isinstance(codec, PatchCodec)
    for one in chosen:
        truth, moved = pixels_of(one["target"]), pixels_of(one["moved"])
        body = F.interpolate(one["body"].float() / 255, scale_factor=4)
        lacking = codec.encode_residual(codec.project(truth) - codec.project(moved))
        ceiling = moved + codec.decode_residual(lacking, size=tuple(moved.shape[-2:]))  # type: ignore[arg-type]
        candidates = {"puppet": moved, "ceiling": ceiling.clamp(-1, 1)}
        candidates |= {f"{n} steps": pictures for n, pictures in predict_clip(networks, one).items()}
        for name, pictures in candidates.items():
            table.setdefault(name, []).append(scores(pictures, truth, body))
    return {
        name: [round(sum(column) / len(chosen), 3) for column in zip(*rows, strict=True)]
        for name, rows in table.items()
    }


def save_sheet(networks: Networks, held: Sequence[Shard], file: Path, *, rows: int = 8) -> None:
    """Reference, truth, puppet, then each number of steps: a row a character."""
    lines = []
    for one in held[:rows]:
        columns = [pixels_of(one["reference"]), pixels_of(one["target"][0]), pixels_of(one["moved"][0])]
        columns += [pictures[0] for pictures in predict_clip(networks, one).values()]
        lines.append(torch.cat(columns, dim=2))
    sheet = torch.cat(lines, dim=1)
    levels = ((sheet + 1) * 127.5).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    Image.fromarray(levels).save(file)
