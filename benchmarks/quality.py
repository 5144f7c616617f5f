"""How good the embedded model's pictures and clips are, on held-out characters of the puppet world.

    python -m benchmarks.quality [--characters 100] [--clips 20] [--size 256x384] [--steps 1 2 4 8] [--json]

Beside it: copying the picture, the puppet alone (nothing learned), and the most its latents can hold. Everything goes
the way of a real clip, but for the keypoints, which are the world's own; where no pose models have been got yet bodies
are told by colours alone. PSNR in dB: of the whole picture, of the body, of the background that came free, of faces and
hands. Flicker: the mean change of the still background from frame to frame, in 255ths. Warping error: the same on the
body, along the optical flow of the truth. The last line tells whether the model, at the last of the steps, is better
than the puppet: whether it gains more than twice the standard error over characters in PSNR, body and SSIM alike.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate import Animator
from animate.__main__ import size_of
from animate.conditions import Conditions, to_tensor
from animate.denoise import after_steps, denoise, initial_noise
from animate.guide import puppet_conditions
from animate.latents import PatchCodec
from animate.motion import seen_body
from animate.puppet import Puppet
from animate.schedule import Solver, steps
from animate.windows import cuts
from benchmarks.gains import STILL, gained
from training.evaluate import psnr, ssim
from training.puppets import Sample, World

POSES, FRAMES, SEED = 4, 24, 900  # and 901 for clips; training is validated with others, from 1900 on
MOVING = ("PSNR", "body", "SSIM", "flicker", "warping")
FACE, HANDS = (0, 14, 15, 16, 17), ((4, 3), (7, 6))  # joints; wrists and elbows
Pictures = dict[str, Tensor]  # f 3 H W in -1..1, by what made them


@dataclass(frozen=True)
class Scene:
    """A sample's frames after its first, to be made from the first. truth, moved: f 3 H W in -1..1, as the world shows
    them and as the puppet does; noise: f c h w, on the animator's device."""

    animator: Animator
    picture: np.ndarray
    truth: Tensor
    moved: Tensor
    conditions: Conditions
    noise: Tensor

    @classmethod
    def of(cls, animator: Animator, sample: Sample, *, clip: bool = True) -> "Scene":
        """clip: whether the frames follow each other; else each is turned away or not by itself."""
        picture, truth = sample.frames[0].permute(1, 2, 0).contiguous().numpy(), signed(sample.frames[1:])
        poses = np.asarray(sample.poses[1:], np.float32)
        pose = np.asarray(sample.poses[0], np.float32)
        puppet = Puppet.cut(picture, pose, seen=seen_body(picture, pose))
        behind = puppet.from_behind(poses, clip=clip)
        conditions = puppet_conditions(animator.networks, picture, puppet, poses, behind=behind)
        moved = puppet.move(poses, scale=puppet.scale_of(poses), behind=behind).frames * 2 - 1
        codec = animator.networks.codec
        shape = (codec.channels, *codec.grid(*truth.shape[-2:]))
        noise = initial_noise(len(poses), shape, seed=42, noisy=animator.model.noisy)
        return cls(animator, picture, truth, moved, conditions, noise.to(animator.device))

    @property
    def codec(self) -> PatchCodec:
        codec = self.animator.networks.codec
        assert isinstance(codec, PatchCodec)
        return codec

    def walked(self, count: int, *, solver: Solver = "ddim", guidance: float = 1.0, **shortcuts: Any) -> Tensor:
        """The latents at the end of so many steps."""
        model = self.animator.model
        walk = denoise(
            self.animator.networks.denoiser,
            self.noise,
            pose=self.conditions.pose,
            references=self.conditions.references,
            steps=[*steps(count, model.schedule, solver=solver)],
            cuts=cuts(len(self.noise), model.window, model.overlap),
            guidance=guidance,
            predicts=model.predicts,
            **shortcuts,
        )
        *_, latents = after_steps(walk)
        return latents

    def mended(self, residual: Tensor) -> Tensor:
        """The puppet's frames with what latents add to them."""
        height, width = self.truth.shape[-2:]
        correction = self.codec.decode_residual(residual, size=(height, width))
        return (self.moved + correction.to(self.moved)).clamp(-1, 1)


def candidates(animator: Animator, sample: Sample, counts: Sequence[int], *, clip: bool) -> Pictures:
    """The sample's frames after its first, made from the first: by copying, puppet, codec and model."""
    scene = Scene.of(animator, sample, clip=clip)
    base = scene.conditions.base
    assert base is not None
    made = {
        "copy": (to_tensor(scene.picture[None]) * 2 - 1).expand_as(scene.truth),
        "puppet": scene.moved,
        "ceiling": scene.mended(scene.codec.difference(scene.codec.encode(scene.truth), base)),
    }
    for count in counts:
        made[f"{count} step{'s' * (count > 1)}"] = scene.mended(scene.walked(count))
    return made


def signed(frames: Tensor) -> Tensor:
    """uint8 to -1..1."""
    return frames.float() / 127.5 - 1


def about(poses: np.ndarray, centres: Sequence[Sequence[int]], size: tuple[int, int], reach: float) -> Tensor:
    """f 1 h w: within `reach` torso lengths of the mean of the seen joints of each group. poses: f 134 3."""
    height, width = size
    y, x = np.mgrid[:height, :width]
    found = np.zeros((len(poses), 1, height, width), np.float32)
    for frame, pose in enumerate(poses):
        torso = np.linalg.norm(pose[1, :2] - pose[[8, 11], :2].mean(0)) + 1
        for group in centres:
            seen = pose[[j for j in group if pose[j, 2] > 0.3]]
            if len(seen) == len(group) or (len(group) > 2 and len(seen)):
                middle = seen[:, :2].mean(0) if len(group) > 2 else seen[0, :2] + 0.3 * (seen[0, :2] - seen[1, :2])
                found[frame, 0] += np.hypot(x - middle[0], y - middle[1]) < reach * torso
    return torch.from_numpy(found.clip(0, 1))


def judge_stills(
    animator: Animator, count: int, size: tuple[int, int], asked: Sequence[int]
) -> tuple[dict, np.ndarray]:
    """Means over characters, and what each gains over the puppet at the last of the steps: characters by STILL."""
    world = World(seed=SEED, split="held-out")
    rows: dict[str, list[list[float]]] = {}
    for _ in progress(count, "characters"):
        sample = world.clip(frames=POSES + 1, size=size, spread=True)
        truth, body = signed(sample.frames[1:]), sample.masks[1:].float() / 255
        before = sample.masks[:1].float() / 255
        shape = tuple(truth.shape[-2:])
        regions = {
            "PSNR": torch.ones_like(body),
            "body": body,
            "freed": (before * (1 - body)).expand_as(body),
            "face": body * about(sample.poses[1:], [FACE], shape, 0.45),  # type: ignore[arg-type]
            "hands": body * about(sample.poses[1:], HANDS, shape, 0.22),  # type: ignore[arg-type]
        }
        for name, pictures in candidates(animator, sample, asked, clip=False).items():
            values = {what: region_psnr(pictures, truth, region) for what, region in regions.items()}
            values["SSIM"] = ssim(pictures, truth).mean().item()
            rows.setdefault(name, []).append([values[what] for what in STILL])
    table = {name: np.array(values) for name, values in rows.items()}
    gains = list(table.values())[-1] - table["puppet"]
    return {name: np.nanmean(values, axis=0).tolist() for name, values in table.items()}, gains


def region_psnr(pictures: Tensor, truth: Tensor, region: Tensor) -> float:
    """The mean over frames in which the region has at least 20 pixels; nan without any."""
    seen = region.sum((1, 2, 3)) > 20
    return psnr(pictures[seen], truth[seen], region[seen]).mean().item() if bool(seen.any()) else float("nan")


def judge_clips(animator: Animator, count: int, size: tuple[int, int], asked: Sequence[int]) -> dict:
    """Means over clips; the truth's own flicker and warping error beside."""
    world = World(seed=SEED + 1, split="held-out")
    rows: dict[str, list[list[float]]] = {}
    for _ in progress(count, "clips"):
        sample = world.clip(frames=FRAMES + 1, size=size, spread=False)
        truth, body = signed(sample.frames[1:]), sample.masks[1:].float() / 255
        flows = [flow(a, b) for a, b in zip(sample.frames[1:-1], sample.frames[2:], strict=True)]
        still = (body.amax(0) < 0.01) & (sample.masks[:1].float().amax(0) < 1)
        for name, pictures in ({"truth": truth} | candidates(animator, sample, asked, clip=True)).items():
            quality = [psnr(pictures, truth).mean().item(), region_psnr(pictures, truth, body)]
            change = (pictures[1:] - pictures[:-1]).abs().mean(1, keepdim=True) * 127.5
            flicker = change[still.expand_as(change)].mean().item()
            rows.setdefault(name, []).append(
                [*quality, ssim(pictures, truth).mean().item(), flicker, warping(pictures, body, flows)]
            )
    return {name: np.nanmean(np.array(values), axis=0).tolist() for name, values in rows.items()}


def flow(before: Tensor, after: Tensor) -> Tensor:
    """3 h w uint8 each: h w 2, where each pixel of `after` was before."""
    grey = [cv2.cvtColor(frame.permute(1, 2, 0).contiguous().numpy(), cv2.COLOR_RGB2GRAY) for frame in (after, before)]
    fine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return torch.from_numpy(fine.calc(grey[0], grey[1], None))  # type: ignore[call-overload]


def warping(pictures: Tensor, body: Tensor, flows: Sequence[Tensor]) -> float:
    """The mean difference on the body between each frame and the one before it, carried along; in 255ths."""
    height, width = pictures.shape[-2:]
    at = torch.stack(torch.meshgrid(torch.arange(width), torch.arange(height), indexing="xy"), -1).float()
    errors = []
    for before, after, mask, way in zip(pictures[:-1], pictures[1:], body[1:], flows, strict=True):
        grid = (at + way + 0.5) / torch.tensor([width / 2, height / 2]) - 1
        carried = F.grid_sample(before[None], grid[None], align_corners=False, padding_mode="border")[0]
        errors.append(((carried - after).abs().mean(0) * mask[0]).sum() / mask.sum().clamp(min=1) * 127.5)
    return torch.stack(errors).mean().item()


def progress(count: int, what: str) -> Iterator[int]:
    for i in range(count):
        if sys.stderr.isatty():
            print(f"\r{i}/{count} {what} ", end="", file=sys.stderr)
        yield i


def show(title: str, columns: Sequence[str], table: dict[str, list[float]]) -> None:
    print(f"{title:14}" + "".join(f"{column:>10}" for column in columns))
    for name, values in table.items():
        print(
            f"{name:14}"
            + "".join(f"{v:10.3f}" if c == "SSIM" else f"{v:10.2f}" for c, v in zip(columns, values, strict=True))
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="mini", help="the embedded model, or a folder with one like it")
    parser.add_argument("--characters", type=int, default=100)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--size", type=size_of, default=(256, 384))
    parser.add_argument("--steps", type=int, nargs="*", default=[1, 2, 4, 8])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    animator = Animator.load(given.model, device=given.device)
    stills, gains = judge_stills(animator, given.characters, given.size, given.steps)
    clips = judge_clips(animator, given.clips, given.size, given.steps) if given.clips else {}
    (gain, better), worst = gained(gains), max(0.0, -float(gains[:, 0].min()))
    if given.json:
        told = {"stills": stills | gain, "clips": clips, "worst loss against the puppet, dB": worst, "better": better}
        json.dump(told, sys.stdout)
        return
    show(f"{given.characters} characters", STILL, stills | gain)
    print(f"the most a character loses against the puppet: {worst:.2f} dB\n")
    show(f"{given.clips} clips", MOVING, clips)
    print(f"\nThe model is {'' if better else 'not '}better than the puppet, beyond twice the error of its gain.")


if __name__ == "__main__":
    main()
