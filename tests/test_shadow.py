"""Shadows: the one under a character's feet goes where they go, and nothing else on the ground is taken for one."""

import numpy as np
import pytest
import torch

from animate.puppet import Puppet
from animate.puppet.shadow import find_shadow, without_shadow
from tests.figure import HEIGHT, JOINTS, WIDTH, draw, make_pose

ROOM = 40  # rows below the figure's own picture, so that its shadow ends in it
SOLE = 217
FLOOR = 227.0


def shadowed(*, dark: float = 0.3, grain: float = 0.0, rug: bool = False) -> np.ndarray:
    """The figure on a plain floor, which an ellipse of light is taken from, or an even rug lies on."""
    figure = draw()
    floor = np.full((HEIGHT + ROOM, WIDTH, 3), FLOOR, np.float32)
    y, x = np.mgrid[: HEIGHT + ROOM, :WIDTH]
    if rug:
        floor[np.hypot((x - 80) / 75, (y - SOLE) / 14) < 1] *= 1 - dark
    else:
        floor *= 1 - dark * np.exp(-(((x - 80) / 38) ** 2) - ((y - SOLE) / 8) ** 2)[..., None]
    floor += grain * np.random.default_rng(0).standard_normal((*floor.shape[:2], 1))
    body = np.abs(figure.astype(int) - draw("plain")[0, 0]).max(-1) > 3
    floor[:HEIGHT][body] = figure[body]
    return floor.clip(0, 255).astype(np.uint8)


def taken(frame: torch.Tensor, x: float, y: float = SOLE + 3) -> float:
    """The share of the floor's light that is missing there."""
    place = (slice(round(y) - 1, round(y) + 2), slice(round(x) - 1, round(x) + 2))
    return 1 - float(frame[:, place[0], place[1]].mean()) * 255 / FLOOR


@pytest.fixture(scope="module")
def puppet():
    return Puppet.cut(shadowed(), make_pose())


def test_a_shadow_is_found_and_taken_from_the_ground(puppet):
    assert puppet.scenery.shadow is not None
    assert 0.2 < puppet.scenery.shadow.dark < 0.45
    assert abs(taken(puppet.background, 80)) < 0.03
    assert abs(taken(puppet.background, 80, SOLE - 25)) < 0.03


def test_as_in_the_picture_it_lies_where_it_was(puppet):
    picture = torch.from_numpy(shadowed()).permute(2, 0, 1) / 255
    frame = puppet.move(make_pose()).frames[0]
    floor = (slice(None), slice(SOLE - 20, SOLE + 22), slice(None))
    assert float((frame[floor] - picture[floor]).abs().mean()) < 0.01
    assert taken(frame, 80) > 0.15


def test_it_goes_where_the_feet_go(puppet):
    aside = make_pose({joint: (x - 45, y) for joint, (x, y) in JOINTS.items()})
    frame = puppet.move(aside).frames[0]
    assert taken(frame, 35) > 0.15
    assert abs(taken(frame, 125)) < 0.03


def test_it_is_broad_under_feet_that_are_apart(puppet):
    apart = make_pose({9: (50, 168), 10: (34, 208), 12: (110, 168), 13: (126, 208)})
    assert taken(puppet.move(apart).frames[0], 80) > 0.1
    assert taken(puppet.move(apart).frames[0], 148) > 2 * taken(puppet.move(make_pose()).frames[0], 148) + 0.01


@pytest.mark.parametrize(("height", "least", "most"), [(0, 0.15, 0.4), (18, 0.03, 0.13), (45, -0.02, 0.02)])
def test_feet_that_jump_leave_it(puppet, height, least, most):
    risen = make_pose({joint: (x, y - height) for joint, (x, y) in JOINTS.items()})
    assert least < taken(puppet.move(risen).frames[0], 80) < most


@pytest.mark.parametrize("picture", [shadowed(dark=0.0), shadowed(dark=0.3, rug=True), shadowed(dark=0.08, grain=20)])
def test_other_grounds_have_none(picture):
    assert Puppet.cut(picture, make_pose()).scenery.shadow is None


def test_where_the_picture_ends_at_the_feet_nothing_is_known():
    cut = shadowed()[: SOLE + 5]
    assert Puppet.cut(cut, make_pose()).scenery.shadow is None
    image = torch.from_numpy(cut).permute(2, 0, 1) / 255
    nobody = torch.zeros(1, *image.shape[-2:])
    assert find_shadow(image, nobody, nobody, torch.zeros(18, 2)) is None
    assert without_shadow(image, None, torch.zeros(18, 2)) is image
