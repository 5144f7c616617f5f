"""Legs: one that was not found goes with the body if the picture shows it, and no scenery becomes a leg."""

import cv2
import numpy as np
import pytest
import torch

from animate.puppet import Puppet
from animate.puppet.bones import as_joints
from animate.puppet.legs import find_legs
from tests.figure import TROUSERS, close_to, draw, make_background, make_pose

SHOE = (30, 30, 30)
RAISED = {9: (40, 150), 10: (30, 190), 12: (120, 150), 13: (130, 190)}
CRATE = (120, 80, 40)


def crate(left: int, right: int) -> np.ndarray:
    """The figure behind something that hides it from below its knees on."""
    picture = draw()
    cv2.rectangle(picture, (left, 176), (right, 239), CRATE, -1)
    return picture


@pytest.mark.parametrize("kind", ["plain", "textured"])
@pytest.mark.parametrize("lost", [(10,), (9, 10), (13,), (12, 13), (10, 13), (9,), (9, 10, 13)])
def test_a_leg_that_was_not_found_goes_with_the_body(lost, kind):
    picture, pose = draw(kind), make_pose(without=lost)
    frame = Puppet.cut(picture, pose).move(make_pose(RAISED)).frames[0]
    ground = torch.from_numpy(make_background(kind)).permute(2, 0, 1) / 255
    for x in (60, 70, 90, 100):  # where its shoes were
        assert float((frame - ground)[:, 211:217, x - 3 : x + 4].mean((1, 2)).abs().max()) < 0.25
    for thigh in ((46, 147), (114, 147)):
        assert close_to(frame, thigh, TROUSERS, within=60)
    for shoe in ((27, 197), (133, 197)):
        assert close_to(frame, shoe, SHOE, within=90)


@pytest.mark.parametrize(
    ("picture", "pose"),
    [
        pytest.param(crate(0, 159), make_pose(without=(10, 13)), id="behind a wall"),
        pytest.param(crate(30, 159), make_pose(without=(10, 13)), id="behind a crate"),
        pytest.param(draw()[:190], make_pose(without=(10, 13)), id="cut off by the edge"),
        pytest.param(draw(), make_pose(without=(9, 10, 12, 13)), id="maybe a gown"),
        pytest.param(draw(), make_pose({8: (87, 126)}, without=(9, 10)), id="behind the other leg"),
        pytest.param(draw()[:, 30:], make_pose(without=(9, 10)) - np.array((30, 0, 0), np.float32), id="no leg there"),
    ],
)
def test_no_scenery_becomes_a_leg(picture, pose):
    if picture.shape[1] < 160:  # the right leg painted over
        picture = picture.copy()
        picture[134:, :49] = picture[0, 0]
    joints = as_joints(pose)
    assert torch.equal(find_legs(picture, joints), joints)


def test_before_a_motley_backdrop_nothing_is_told():
    motley = np.random.default_rng(0).integers(0, 256, (24, 16, 3)).astype(np.uint8)
    picture = cv2.resize(motley, (160, 240), interpolation=cv2.INTER_NEAREST)
    joints = as_joints(make_pose(without=(10,)))
    assert torch.equal(find_legs(picture, joints), joints)
