"""Trains the small model that places the joints of figures in which no pose model sees anybody: on outlines alone.

    python -m training.outlines --out runs/outlines
    python -m training.outlines --out runs/outlines/held-out --files 2 --split held-out
    python -m training.placing --rendered runs/outlines --minutes 45   (on one thread)

Each CHECK steps it prints how far joints are off, in figures that it never learns from.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pose.silhouette import MODEL, SIDE
from pose.skeleton import LEFT_HIP, NECK, RIGHT_HIP
from training.outlines import JOINTS, Outline, drawn, load_rendered, mirrored

CHANNELS = (24, 48, 96, 128)
CELLS = SIDE // 2  # a side, of the maps that tell where a joint is
SPREAD = 1.5  # cells, of what counts as right
SHARPER = 2.0  # the power of a map's likelihoods by which places count for its mean
REACH = 2  # cells about the likeliest one: so near, a joint is told well
FRESH, KEPT = 32, 30_000  # figures drawn anew each step; how many are kept to learn from
BATCH, RATE, WARM, DECAY, AVERAGED = 64, 2e-3, 100, 1e-3, 0.996
CHECK, JUDGES = 250, 512  # steps; drawn figures to judge by
JUDGED = 14  # joints: those of the body
LARGE = 1000  # values: smaller weights stay in single precision

Batch = tuple[Tensor, Tensor, Tensor]  # outlines b 1 SIDE SIDE; joints b 18 2, its pixels; 1.0 for those inside, b 18


class Placer(nn.Module):
    """Outlines b 1 SIDE SIDE, 0..1 -> joints b 18 2, pixels: the mean of the map of where each may be, sharpened, that
    it lies in one of two places rather than between them."""

    def __init__(self, channels: Sequence[int] = CHANNELS):
        super().__init__()
        self.down = nn.ModuleList(
            _block(before, after, stride=2) for before, after in zip((1, *channels), channels, strict=False)
        )
        self.up = nn.ModuleList(
            _block(above + beside, beside) for beside, above in zip(channels[-2::-1], channels[:0:-1], strict=True)
        )
        self.maps = nn.Conv2d(channels[0], JOINTS, 1)

    def forward(self, outlines: Tensor) -> tuple[Tensor, Tensor]:
        """Joints, and the maps they are of: b 18 CELLS CELLS, logits."""
        x, kept = outlines, []
        for block in self.down:
            kept.append(x := block(x))
        for block, beside in zip(self.up, kept[-2::-1], strict=True):
            x = block(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), beside], 1))
        maps = self.maps(x).float()
        share, at = shares(SHARPER * maps), middles(maps.device)
        return torch.stack([(share.sum(2) * at).sum(-1), (share.sum(3) * at).sum(-1)], -1), maps


def _block(before: int, after: int, *, stride: int = 1) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels, step in ((before, stride), (after, 1)):
        layers += [nn.Conv2d(channels, after, 3 if channels > 1 else 5, step, 1 if channels > 1 else 2, bias=False)]
        layers += [nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


def shares(maps: Tensor) -> Tensor:
    """Logits b j h w -> how likely each place is: together 1."""
    return maps.flatten(2).softmax(-1).view_as(maps)


def middles(device: torch.device | str) -> Tensor:
    """Where the middles of cells are, CELLS, in pixels of the outline."""
    return torch.arange(CELLS, device=device) * (SIDE / CELLS) + (SIDE / CELLS - 1) / 2


class Certain(nn.Module):
    """A placer as it is kept: outlines -> b 18 3: x, y, and how likely the joint is near where its map is highest."""

    def __init__(self, placer: nn.Module):
        super().__init__()
        self.placer = placer

    def forward(self, outlines: Tensor) -> Tensor:
        joints, maps = self.placer(outlines)
        side = 2 * REACH + 1
        near = F.avg_pool2d(shares(maps), side, 1, REACH) * side**2
        return torch.cat([joints, near.flatten(2).amax(-1, keepdim=True).clamp(max=1)], -1)


def save(placer: nn.Module, out: Path) -> None:
    """An ONNX file: outlines 1 1 SIDE SIDE -> joints 1 18 3. Its weights are kept in half precision."""
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        Certain(placer).eval(),
        (torch.zeros(1, 1, SIDE, SIDE),),
        str(out),
        input_names=["outlines"],
        output_names=["joints"],
        dynamo=False,
    )
    graph = (model := onnx.load(out)).graph
    for tensor in [tensor for tensor in graph.initializer if np.prod(tensor.dims) > LARGE]:
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{tensor.name}.half")
        graph.initializer.remove(tensor)
        graph.initializer.append(half)
        graph.node.insert(0, helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
    onnx.save(model, out)


def loss_of(placer: Placer, batch: Batch) -> Tensor:
    """How unlikely the maps hold the joints, and how far their means are from them."""
    outlines, joints, inside = batch
    found, maps = placer(outlines)
    away = (middles(joints.device) - joints[..., None]) / (SPREAD * SIDE / CELLS)  # b 18 2 CELLS
    near = (-away.square() / 2).softmax(-1)
    goal = (near[:, :, 1, :, None] * near[:, :, 0, None, :]).flatten(2)
    unlike = -(goal * maps.flatten(2).log_softmax(-1)).sum(-1)
    off = F.smooth_l1_loss(found, joints, reduction="none").mean(-1)
    return ((unlike + 0.2 * off) * inside).sum() / inside.sum()


class Figures:
    """What is learnt from: figures of the world as they come into a folder, and drawn ones, some new each time."""

    def __init__(self, rendered: Path, *, seed: int):
        self.rendered, self._random = rendered, np.random.default_rng(seed)
        self.known, self._drawn, self._files = list[Outline](), list[Outline](), set[Path]()

    def batch(self) -> Batch:
        """Half of each, half of them in the mirror; drawn ones alone while there are no others."""
        for path in sorted(set(self.rendered.glob("[0-9]*.npz")) - self._files):
            if not path.stem.endswith(".part"):
                self._files.add(path)
                self.known += load_rendered(path)
        self._drawn += [drawn(self._random) for _ in range(FRESH if self._drawn else 8 * BATCH)]
        self._drawn = self._drawn[-KEPT:]
        taken = self._some(self.known, BATCH // 2) if self.known else []
        taken += self._some(self._drawn, BATCH - len(taken))
        return collated([mirrored(one) if self._random.random() < 0.5 else one for one in taken])

    def _some(self, outlines: Sequence[Outline], count: int) -> list[Outline]:
        return [outlines[int(at)] for at in self._random.integers(len(outlines), size=count)]


def collated(outlines: Sequence[Outline]) -> Batch:
    """Outlines as a batch."""
    masks, joints, inside = (torch.from_numpy(np.stack(column)) for column in zip(*outlines, strict=True))
    return masks[:, None], joints.float(), inside.float()


@torch.no_grad()
def errors(placer: nn.Module, outlines: Sequence[Outline]) -> dict[str, float]:
    """How far the body's joints are off that lie inside, in lengths of the trunk: the mean; 95 of 100 are nearer."""
    masks, joints, inside = collated(outlines)
    found = torch.cat([placer(part)[0] for part in masks.split(BATCH)])
    trunk = (joints[:, NECK] - joints[:, [RIGHT_HIP, LEFT_HIP]].mean(1)).norm(dim=-1).clamp(min=3)
    off = ((found - joints).norm(dim=-1) / trunk[:, None])[:, :JUDGED][inside[:, :JUDGED] > 0]
    return {"mean": round(float(off.mean()), 3), "95 of 100": round(float(off.quantile(0.95)), 3)}


def train(rendered: Path, out: Path, *, minutes: float, seed: int = 0, check: int = CHECK) -> None:
    """Learns for so long, and keeps the average of the last steps' weights at `out`."""
    torch.manual_seed(seed)
    placer = Placer(CHANNELS)
    placer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = AveragedModel(placer, multi_avg_fn=get_ema_multi_avg_fn(AVERAGED), use_buffers=True)
    optimizer = torch.optim.AdamW(placer.parameters(), RATE, weight_decay=DECAY)
    figures, random = Figures(rendered, seed=seed + 1), np.random.default_rng(seed + 2)
    judges = {"drawn": [drawn(random) for _ in range(JUDGES)]}
    if held_out := [one for path in sorted((rendered / "held-out").glob("[0-9]*.npz")) for one in load_rendered(path)]:
        judges["world"] = held_out
    began, step = time.monotonic(), 0
    while (share := (time.monotonic() - began) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARM) * (0.5 + 0.5 * np.cos(np.pi * share))
        outlines, joints, inside = figures.batch()
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(placer, (outlines.to(memory_format=torch.channels_last), joints, inside))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average.update_parameters(placer)
        step += 1
        if step % check == 0:
            _judge(average, judges, step=step, share=round(share, 3), loss=round(float(loss.detach()), 3))
    _judge(average, judges, step=step)
    save(average.module, out)


def _judge(average: AveragedModel, judges: dict[str, list[Outline]], **said: float) -> None:
    average.eval()
    print(json.dumps(said | {name: errors(average.module, outlines) for name, outlines in judges.items()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rendered", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    train(asked.rendered, asked.out, minutes=asked.minutes, seed=asked.seed)


if __name__ == "__main__":
    main()
