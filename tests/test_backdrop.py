"""The backdrop and the rim: what is made up where the character was, and where it ends."""

import cv2
import numpy as np
import pytest
import torch

from animate.puppet.backdrop import clinging, fill_background, stretch_over
from animate.puppet.bones import as_joints
from animate.puppet.cutout import fill_smoothly, find_mask
from animate.puppet.masks import WORKING_SIDE
from animate.puppet.strata import find_strata
from tests.figure import draw, make_background, make_pose, psnr

HEIGHT, WIDTH = 384, 256


def wall(kind: str) -> torch.Tensor:
    """3 h w: a lit wall, plain or papered in stripes, over a floor of boards."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    picture = np.full((HEIGHT, WIDTH, 3), (0.75, 0.85, 0.8), np.float32) - (0.1 * x / WIDTH)[..., None]
    if kind == "striped":
        picture -= ((x // 9) % 2 * 0.08)[..., None]
    floor = y > 0.8 * HEIGHT
    picture[floor] = (0.6, 0.45, 0.3)
    picture[floor & (y % 12 < 2)] = (0.45, 0.3, 0.2)
    return torch.from_numpy(picture).permute(2, 0, 1).contiguous()


def hole() -> torch.Tensor:
    covered = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(covered, (WIDTH // 2, HEIGHT // 2), (60, 120), 0, 0, 360, 1, -1)
    return torch.from_numpy(covered)[None].float()


def test_one_channel_is_filled_as_three_are():
    colours, weight = wall("striped")[None], 1 - hole()[None]
    apart = torch.cat([fill_smoothly(colours[:, n : n + 1], weight) for n in range(3)], 1)
    assert torch.allclose(apart, fill_smoothly(colours, weight), atol=1e-5)


def hidden(picture: torch.Tensor, covered: torch.Tensor) -> torch.Tensor:
    """The picture with a red body before it."""
    return torch.where(covered > 0, torch.tensor([0.8, 0.1, 0.1])[:, None, None], picture)


@pytest.mark.parametrize("kind", ["plain", "striped"])
def test_a_wall_goes_on_behind_the_body(kind):
    picture, covered = wall(kind), hole()
    filled = fill_background(hidden(picture, covered), covered)
    error = ((filled - picture).abs() * covered).sum() / covered.sum() / 3
    assert float(error) < 0.01
    assert torch.equal(filled * (1 - covered), picture * (1 - covered)), "what is seen stays as it is"


def test_stripes_are_better_than_a_smooth_fill():
    picture, covered = wall("striped"), hole()
    before = hidden(picture, covered)
    errors = [
        float((((filled - picture) * covered) ** 2).sum())
        for filled in (fill_background(before, covered), stretch_over(before, 1 - covered))
    ]
    assert errors[0] < 0.3 * errors[1]


def test_nothing_seen_at_all_is_no_failure():
    everything = torch.ones(1, HEIGHT, WIDTH)
    filled = fill_background(wall("plain"), everything)
    assert filled.shape == (3, HEIGHT, WIDTH)
    assert float(filled.std(dim=(1, 2)).max()) == 0


def test_the_rim_of_a_large_picture_is_as_fine_as_the_picture():
    large, pose = 3, make_pose()
    picture, behind = (
        cv2.resize(p, None, fx=large, fy=large, interpolation=cv2.INTER_CUBIC)
        for p in (draw(), make_background("plain"))
    )
    pose[:, :2] = (pose[:, :2] + 0.5) * large - 0.5
    truth = np.abs(picture.astype(int) - behind).max(-1) > 30
    found = find_mask(picture, as_joints(pose))[0].numpy() > 0.5
    rim = cv2.morphologyEx(truth.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    working = np.array([WORKING_SIDE / picture.shape[0]] * 2 + [1], np.float32)
    size = tuple(round(side * float(working[0])) for side in found.shape[::-1])
    small = find_mask(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), as_joints(pose * working))[0].numpy()
    coarse = cv2.resize(small, found.shape[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
    wrong, before = (float((m != truth)[rim].mean()) for m in (found, coarse))
    assert wrong < 0.95 * before


def test_a_wall_of_tiles_gets_tiles():
    texture = torch.from_numpy(make_background("textured")).permute(2, 0, 1).float() / 255
    covered = torch.zeros(1, *texture.shape[1:])
    covered[:, 80:160, 60:100] = 1
    filled = fill_background(torch.where(covered > 0, torch.zeros_like(texture), texture), covered)
    assert psnr(filled, texture) > 18, "tiles of chance cannot be guessed, their kind can"


def landscape(*, steep: float) -> torch.Tensor:
    """3 h w: sky, a line, a hill that is higher on one side, a path."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    picture = np.full((HEIGHT, WIDTH, 3), (0.5, 0.6, 0.75), np.float32) + (0.2 * y / HEIGHT)[..., None]
    top = 0.5 * HEIGHT + steep * (x - WIDTH / 2)
    picture[y > top] = (0.15, 0.15, 0.1)
    picture[y > top + 3] = (0.4, 0.7, 0.35)
    picture[y > 0.7 * HEIGHT] = (0.85, 0.75, 0.55)
    return torch.from_numpy(picture).permute(2, 0, 1).contiguous()


@pytest.mark.parametrize("steep", [0.0, 0.12, -0.2])
def test_hills_and_paths_go_on_behind_the_body(steep):
    picture, covered = landscape(steep=steep), hole()
    filled = fill_background(hidden(picture, covered), covered)
    wrong = ((filled - picture).abs().amax(0) > 0.1) & (covered[0] > 0)
    assert float(wrong.sum() / covered.sum()) < 0.04


def test_what_crosses_no_hole_is_no_stratum():
    """Behind the body two walls meet: neither side is to be believed for the other."""
    picture = wall("plain")
    picture[:, :, WIDTH // 2 :] = torch.tensor([0.3, 0.4, 0.6])[:, None, None]
    _, sure = find_strata(picture, 1 - hole())
    assert float(sure[0, : HEIGHT // 2].amax()) < 0.05


def test_a_picture_on_the_wall_hangs_there_once():
    picture = wall("plain")[:, : int(0.8 * HEIGHT)].clone()
    picture[:, 60:110, 205:245] = torch.rand(3, 50, 40, generator=torch.Generator().manual_seed(0))
    covered = hole()[:, : picture.shape[1]]
    filled = fill_background(hidden(picture, covered), covered)
    assert float(((filled - picture).abs().amax(0) * covered[0]).max()) < 0.06


def test_shreds_that_cling_to_the_hole_go_with_it_and_scenery_stays():
    """A lock of hair that the mask missed is no sky; what goes on further, or stands on busy ground, is scenery."""
    picture, hole = torch.full((3, 120, 160), 0.6), torch.zeros(1, 120, 160)
    hole[:, 30:90, 60:100] = 1
    picture[:, 40:43, 100:110] = 0.95  # a lock
    picture[:, 70:73, 98:160] = 0.95  # a line of the wall
    picture[:, 50:60, 20:30] = 0.95  # a thing beside
    found = clinging(picture, hole, reach=14)[0]
    assert float(found[40:43, 100:110].min()) == 1
    assert float(found[64:80, 100:].max()) == 0
    assert float(found[:, :58].max()) == 0
    leaves = (picture + 0.3 * torch.rand(1, 120, 160, generator=torch.manual_seed(0))).clamp(0, 1)
    assert float(clinging(leaves, hole, reach=14).max()) == 0


def test_the_edge_of_a_round_carpet_goes_on_round():
    """What is bent beside the hole is bent behind it, and what is level stays level."""
    picture = np.full((240, 320, 3), (190, 150, 110), np.uint8)
    picture[:60] = (200, 220, 210)
    cv2.ellipse(picture, (160, 160), (140, 60), 0, 0, 360, (220, 120, 120), -1, cv2.LINE_AA)
    truth = torch.from_numpy(picture).permute(2, 0, 1).float() / 255
    hole = torch.zeros(1, 240, 320)
    hole[:, 30:170, 110:210] = 1
    filled = fill_background(truth * (1 - hole), hole)
    wrong = ((filled - truth).abs().amax(0) > 0.1).float() * hole[0]
    assert float(wrong[:90].mean()) == 0, "the wall's foot is straight"
    assert float(wrong.sum()) < 0.005 * float(hole.sum())
