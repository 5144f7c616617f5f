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
    return [world.clip(frames=frames, size=SIZE, spread=spread, exact=True) for _ in range(count)]


def test_a_seed_gives_the_same_clips_again_and_another_seed_others():
    first, again, other = clips(3, "train", count=2), clips(3, "train", count=2), clips(4, "train", count=2)
    for one, two, three in zip(first, again, other, strict=True):
        assert torch.equal(one.frames, two.frames)
        assert torch.equal(one.masks, two.masks)
        assert np.array_equal(one.poses, two.poses)
        assert not torch.equal(one.frames, three.frames)
    assert not torch.equal(first[0].frames, first[1].frames)


def test_no_recipe_of_a_character_or_a_dance_is_in_both_splits():
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


def test_found_keypoints_have_a_pose_models_flaws_and_no_others():
    """The picture's joints beyond its edge are not seen or made up at the edge; body joints stay where they are."""
    true, found = World(seed=9, split="train"), World(seed=9, split="train")
    lost = made_up = 0
    for _ in range(30):
        exact = true.clip(frames=2, size=SIZE, spread=True, exact=True).poses
        flawed = found.clip(frames=2, size=SIZE, spread=True).poses
        shown = (exact[..., 2] > 0) & (flawed[..., 2] > 0)
        assert np.allclose(exact[:, :18][shown[:, :18]], flawed[:, :18][shown[:, :18]])
        picture = flawed[0, :18][flawed[0, :18, 2] > 0]
        assert (picture[:, :2] >= 0).all()
        assert (picture[:, :2] <= SIZE).all()
        lost += int(((exact[..., 2] > 0) & (flawed[..., 2] == 0)).sum())
        made_up += int(((exact[0, :, 2] == 0) & (flawed[0, :, 2] > 0)).sum())
    assert lost > 100
    assert made_up > 0


def test_a_dance_may_turn_its_back_and_its_picture_never_does():
    rng = np.random.default_rng(0)
    turns = [sample_dance(rng, "train", frames=6, rate=12.5, spread=True)[0].turn for _ in range(120)]
    assert max(np.abs(turn[1:]).max() for turn in turns) > 2.5
    assert max(abs(turn[0]) for turn in turns) < 0.8


def test_hair_and_cloth_trail_behind_the_body():
    """The same pose looks different when the body was elsewhere a moment ago, and only about what hangs."""
    from dataclasses import replace

    from training.puppets.body import pose_joints
    from training.puppets.figure import draw_figure
    from training.puppets.raster import Canvas, Light

    rng = np.random.default_rng(3)
    who = replace(sample_character(rng, "train"), hair="long", hair_length=1.2)
    angles, *_ = sample_dance(rng, "train", frames=2, rate=12.5, spread=True)
    joints = pose_joints(who.build, angles).mapped(120.0, np.tile([48.0, 140.0, 0.0], (2, 1)))
    light = Light(direction=(0.0, 0.0, 1.0), strength=0.0, steps=False, gloss=0.0)
    groups = []
    for aside in (0.0, 25.0):
        canvas = Canvas(2, SIZE, light=light)
        before = joints.mapped(1.0, np.tile([aside, 0.0, 0.0], (2, 1)))
        draw_figure(canvas, who, joints, turn=angles.turn, scale=120.0, before=before)
        groups.append(canvas.group.view(2, SIZE[1], SIZE[0]))
    hair = [group == 7 for group in groups]
    assert (hair[0] != hair[1]).sum() > 50
    arms = [(group == 10) | (group == 11) for group in groups]
    assert (arms[0] & ~arms[1] & ~hair[1] & (groups[1] != 4)).sum() == 0


@pytest.mark.parametrize("cap", [1.0, 2.5])
def test_a_bar_covers_the_pixels_it_should(cap):
    """Slanted, level, upright, as short as a dot and beyond the canvas: pixel for pixel what the definition says."""
    from training.puppets.raster import Canvas, Light

    start = torch.tensor([[20.0, 30, 0], [10, 70, 0], [48, 120, 0], [60, 60, 0], [-20, -9, 0]])
    end = torch.tensor([[70.0, 95, 0], [80, 70, 0], [48, 20, 0], [60.3, 60.2, 0], [40, 160, 0]])
    widths = torch.tensor([[4.0, 9, 5], [12, 6, 6], [3, 3, 8], [10, 10, 10], [7, 2, 7]])
    canvas = Canvas(5, SIZE, light=Light(direction=(0.0, 0.0, 1.0), strength=0.0, steps=False, gloss=0.0))
    canvas.sweep(start, end, widths=widths, paint=lambda spot: torch.ones(len(spot.across), 3), group=7, cap=cap)
    y, x = torch.meshgrid(torch.arange(SIZE[1]) + 0.5, torch.arange(SIZE[0]) + 0.5, indexing="ij")
    for frame in range(5):
        way = (end - start)[frame, :2]
        length = way.norm()
        dx, dy = x - start[frame, 0], y - start[frame, 1]
        along, aside = (dx * way[0] + dy * way[1]) / length, (dx * way[1] - dy * way[0]) / length
        place = (along / length).clamp(0, 1) * 2
        below = place.long().clamp(max=1)
        half = torch.lerp(widths[frame][below], widths[frame][below + 1], place - below)
        beyond = (along - along.clamp(min=0).minimum(length)) * cap
        room = half**2 - beyond**2 - aside**2
        drawn = canvas.cover()[frame]
        assert drawn[room > 0.05].all()
        assert not drawn[room < -0.05].any()
        assert torch.equal(drawn, canvas.colour.view(3, 5, SIZE[1], SIZE[0])[0, frame] > 0)


def test_a_dance_at_twice_the_rate_is_the_same_dance():
    slow, fast = (
        World(seed=8, split="train").clip(frames=frames, size=SIZE, spread=False, rate=rate, exact=True)
        for frames, rate in ((4, 12.5), (7, 25.0))
    )
    assert np.allclose(slow.poses[1:], fast.poses[2::2], atol=1e-3)
    assert not np.allclose(fast.poses[1:4], slow.poses[1:], atol=1e-1)
    assert torch.equal(slow.masks[1:], fast.masks[2::2]), "what hangs loose is behind by as many seconds"
