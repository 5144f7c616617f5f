"""How good a model is on held-out characters, against the puppet it starts from. In decibels, higher is better."""

from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from animate.checkpoints import Networks
from animate.denoise import initial_noise
from animate.latents import PatchCodec
from animate.schedule import steps
from training.batches import gather, pixels_of, prepare, references_of
from training.pairs import Shard

STEPS = (1, 4)
CHARACTERS = 32


def psnr(picture: Tensor, truth: Tensor, weight: Tensor | None = None) -> Tensor:
    """f 3 H W in -1..1, weight f 1 H W: f values in dB."""
    weight = torch.ones_like(truth[:, :1]) if weight is None else weight
    error = (((picture - truth) / 2).square().mean(1, keepdim=True) * weight).sum((1, 2, 3))
    return -10 * torch.log10((error / weight.sum((1, 2, 3)).clamp(min=1)).clamp(min=1e-8))


def ssim(picture: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity with an 11 x 11 Gaussian window of 1.5, the mean over colours: f values."""
    axis = torch.exp(-((torch.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
    window = (axis[:, None] * axis / axis.sum() ** 2).expand(3, 1, 11, 11)
    blur = lambda x: F.conv2d(x, window, groups=3)  # noqa: E731
    a, b = (picture + 1) / 2, (truth + 1) / 2
    mean_a, mean_b = blur(a), blur(b)
    spread_a, spread_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    shared = blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    value = (2 * mean_a * mean_b + c1) * (2 * shared + c2)
    return (value / ((mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2))).mean((1, 2, 3))


@torch.no_grad()
def predict_clip(networks: Networks, held: Shard, i: int, count: int) -> Tensor:
    """One character's targets after `count` steps: r 3 H W in -1..1."""
    codec = networks.codec
    assert isinstance(codec, PatchCodec)
    one = {name: value[i : i + 1] for name, value in held.items()}
    frames = one["target"].shape[1]
    batch = gather(prepare(one, codec), torch.tensor([0]), torch.arange(frames)[None])
    with torch.autocast("cpu", torch.bfloat16):
        references, pose = references_of(networks, batch), networks.guider(batch.guide)
        latents = initial_noise(frames, tuple(batch.residual.shape[1:]), seed=42, shared=True)  # type: ignore[arg-type]
        for step in steps(count, "scaled_linear"):
            timestep = torch.tensor([step.timestep])
            latents = step(latents, networks.denoiser(latents, timestep, pose, references).float())
    moved = pixels_of(one["moved"][0])
    return (moved + codec.decode_residual(latents, size=tuple(moved.shape[-2:]))).clamp(-1, 1)  # type: ignore[arg-type]


def scores(pictures: Tensor, truth: Tensor, body: Tensor) -> tuple[float, float, float]:
    """PSNR, PSNR on the body, SSIM; means over frames."""
    values = (psnr(pictures, truth), psnr(pictures, truth, body), ssim(pictures, truth))
    return tuple(value.mean().item() for value in values)  # type: ignore[return-value]


def evaluate(networks: Networks, held: Shard) -> dict[str, list[float]]:
    """PSNR, foreground PSNR and SSIM of the puppet, of the model, and of the codec's ceiling."""
    count = min(CHARACTERS, len(held["reference"]))
    table: dict[str, list[tuple[float, float, float]]] = {}
    codec = networks.codec
    assert isinstance(codec, PatchCodec)
    for i in range(count):
        truth, moved = pixels_of(held["target"][i]), pixels_of(held["moved"][i])
        body = F.interpolate(held["body"][i].float() / 255, scale_factor=4)
        ceiling = moved + codec._expand(codec.project(truth) - codec.project(moved), None)
        candidates = {"puppet": moved, "ceiling": ceiling.clamp(-1, 1)}
        candidates |= {f"{n} steps": predict_clip(networks, held, i, n) for n in STEPS}
        for name, pictures in candidates.items():
            table.setdefault(name, []).append(scores(pictures, truth, body))
    return {name: [round(sum(column) / count, 3) for column in zip(*rows, strict=True)] for name, rows in table.items()}


def save_sheet(networks: Networks, held: Shard, file: Path, *, rows: int = 8) -> None:
    """Reference, truth, puppet, one step, four steps: a row a character."""
    lines = []
    for i in range(min(rows, len(held["reference"]))):
        columns = [pixels_of(held["reference"][i]), pixels_of(held["target"][i, 0]), pixels_of(held["moved"][i, 0])]
        columns += [predict_clip(networks, held, i, n)[0] for n in STEPS]
        lines.append(torch.cat(columns, dim=2))
    sheet = torch.cat(lines, dim=1)
    levels = ((sheet + 1) * 127.5).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()
    Image.fromarray(levels).save(file)
