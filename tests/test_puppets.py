"""The puppet world: reproducible, split in two, with keypoints that lie on the picture."""

import numpy as np
import pytest
import torch

from training.puppets import Sample, World
from training.puppets.motion import sample_dance
from training.puppets.recipe import SPLITS, sample_character

SIZE = (96, 144)


def clips(seed: int, split, *, count: int = 1, frames: int = 3, spread: bool = True) -> list[Sample]:
    world = World(seed=seed, split=split)
    return [world.clip(frames=frames, size=SIZE, spread=spread) for _ in range(count)]


def test_a_seed_gives_the_same_clips_again_and_another_seed_others():
    first, again, other = clips(3, "train", count=2), clips(3, "train", count=2), clips(4, "train", count=2)
    for one, two, three in zip(first, again, other, strict=True):
        assert torch.equal(one.frames, two.frames)
        assert torch.equal(one.masks, two.masks)
        assert np.array_equal(one.poses, two.poses)
        assert not torch.equal(one.frames, three.frames)
    assert not torch.equal(first[0].frames, first[1].frames)


def test_no_character_and_no_dance_is_in_both_splits():
    characters, dances = {}, {}
    for split in SPLITS:
        rng = np.random.default_rng(0)
        characters[split] = {sample_character(rng, split).recipe for _ in range(300)}
        dances[split] = {sample_dance(rng, split, frames=1, rate=12.5, spread=False)[2] for _ in range(300)}
    assert not characters["train"] & characters["held-out"]
    assert not dances["train"] & dances["held-out"]
    with pytest.raises(ValueError, match="held-out"):
        World(seed=0, split="test")  # pyright: ignore[reportArgumentType]


def test_a_sample_has_the_shapes_and_types_it_promises():
    sample = clips(1, "held-out", frames=2)[0]
    width, height = SIZE
    assert sample.frames.shape == (2, 3, height, width)
    assert sample.frames.dtype == torch.uint8
    assert sample.masks.shape == (2, 1, height, width)
    assert sample.poses.shape == (2, 134, 3)
    outside = (sample.poses[..., :2] < 0).any(-1) | (sample.poses[..., :2] >= SIZE).any(-1)
    assert not sample.poses[outside][:, 2].any()


@pytest.mark.parametrize("split", SPLITS)
def test_visible_body_joints_lie_on_the_character(split):
    on, seen = 0, 0
    for sample in clips(11, split, count=12):
        for mask, pose in zip(sample.masks[:, 0].numpy(), sample.poses, strict=True):
            joints = pose[:18][pose[:18, 2] > 0]
            x, y = joints[:, 0].astype(int), joints[:, 1].astype(int)
            around = np.stack(
                [mask[(y + dy).clip(0, 143), (x + dx).clip(0, 95)] for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
            )
            on += int((around.max(0) > 127).sum())
            seen += len(joints)
    assert seen > 400
    assert on / seen > 0.98


def test_only_the_character_and_its_shadow_move():
    sample = clips(5, "train", frames=4, spread=False)[0]
    masks = sample.masks[:, 0].float()
    far = torch.nn.functional.max_pool2d(masks.amax(0)[None], 51, 1, 25)[0] == 0  # where no shadow falls
    still = sample.frames.float()
    assert far.any()
    assert float((still.amax(0) - still.amin(0)).amax(0)[far].max()) <= 1


def test_a_continuous_dance_moves_less_from_frame_to_frame_than_unrelated_poses():
    def step(spread: bool) -> float:
        poses = [sample.poses[1:, :18, :2] for sample in clips(7, "train", count=8, frames=4, spread=spread)]
        return float(np.mean([np.abs(np.diff(pose, axis=0)).mean() for pose in poses]))

    assert step(False) < 0.6 * step(True)


def test_legs_never_show_through_a_skirt():
    """Between waist and hem, whatever covers the middle of the thighs is skirt, arm or hand, never a leg."""
    from training.puppets.body import pose_joints
    from training.puppets.figure import draw_figure
    from training.puppets.raster import Canvas, Light

    light = Light(direction=(0.0, 0.0, 1.0), strength=0.0, steps=False, gloss=0.0)
    rng = np.random.default_rng(2)
    checked = 0
    while checked < 6:
        who = sample_character(rng, "train")
        angles, *_ = sample_dance(rng, "train", frames=3, rate=12.5, spread=True)
        if who.bottom not in ("skirt", "dress", "gown"):
            continue
        canvas = Canvas(3, SIZE, light=light)
        joints = pose_joints(who.build, angles).mapped(120.0, np.tile([48.0, 140.0, 0.0], (3, 1)))
        draw_figure(canvas, who, joints, turn=angles.turn, scale=120.0)
        group = canvas.group.view(3, SIZE[1], SIZE[0]).numpy()
        share = min(who.skirt, 1.0) * 0.8
        middle = joints.hip + (joints.knee - joints.hip) * share
        for frame in range(3):
            for side in (0, 1):
                x, y = middle[frame, side, :2].astype(int)
                if 0 <= x < SIZE[0] and 0 <= y < SIZE[1]:
                    assert group[frame, y, x] not in (20, 21), (who.recipe, frame, side)
        checked += 1
