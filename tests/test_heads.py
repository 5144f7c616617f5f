"""Heads look about as the dancer's does: the face slides over the head, and the head stays upright."""

import numpy as np
import torch

from animate.heads import look, slid
from animate.puppet import Puppet
from animate.stance import stand
from tests.figure import JOINTS, close_to, draw, make_pose

FACE = {0: 1.0, 14: 0.8, 15: 0.8, 16: -0.2, 17: -0.2}  # joint: how far before the axis on which the head turns
EYES = (20, 20, 20)


def looking(x: float, y: float = 0.0) -> np.ndarray:
    """134 3: the figure's nose goes so many pixels over its head, the rest of the face by its depth."""
    return make_pose({joint: (JOINTS[joint][0] + x * far, JOINTS[joint][1] + y * far) for joint, far in FACE.items()})


def stances(*poses: np.ndarray):
    rest = torch.from_numpy(make_pose())
    joints = torch.from_numpy(np.stack(poses))
    return stand(joints, rest=rest[:18, :2]), stand(rest[None], rest=rest[:18, :2])


def test_a_face_that_looks_as_in_the_picture_does_not_slide():
    places, slide = look(*stances(make_pose()))
    assert slide.abs().max() < 1e-4
    assert (places - stances(make_pose())[0].joints[:, list(FACE)].mean(1)).abs().max() < 1e-4


def test_the_face_slides_to_where_the_nose_goes_and_the_head_stays():
    now, rest = stances(looking(4), looking(-4), looking(0, 3))
    places, slide = look(now, rest)
    before = rest.joints[:, list(FACE)].mean(1)
    torch.testing.assert_close(slide, torch.tensor([4, -4, 3j]), atol=0.9, rtol=0)
    middles = now.joints[:, list(FACE)].mean(1)
    assert ((places - before).abs() < 0.7 * (middles - before).abs()).all(), "hardly drawn aside, so hardly tilted"


def test_a_face_that_is_not_seen_does_not_slide():
    hidden = looking(6)
    hidden[[0, 14, 15, 16, 17], 2] = 0
    now, rest = stances(hidden, looking(6))
    assert look(now, rest)[1].abs().tolist()[0] == 0
    unseen = stand(torch.from_numpy(hidden)[None], rest=torch.from_numpy(make_pose())[:18, :2])
    assert look(now, unseen)[1].abs().max() == 0, "nor one whose picture shows the back"


def test_a_face_in_profile_slides_no_farther_than_its_picture_bears():
    now, rest = stances(looking(80))
    slide = look(now, rest)[1]
    line = torch.complex(torch.linspace(-30, 30, 601), torch.zeros(601))[None]
    for axis in (torch.tensor(-20j), torch.tensor(12 - 16j)):  # upright, and tilted
        across = axis * 1j / axis.abs()
        sources = (slid(line * across, slide, axis, radius=rest.head) * across.conj()).real
        assert (sources.diff() > 0).all(), "nothing doubles"
        ends = (sources - line.real).abs()[..., [0, -1]]
        assert ends.max() < 1e-3, "the outline stays"


def test_the_puppets_eyes_look_aside_in_the_head_of_before():
    puppet = Puppet.cut(draw(), make_pose())
    ahead, aside = (puppet.move(pose) for pose in (make_pose(), looking(4)))
    assert close_to(ahead.frames[0], JOINTS[15], EYES, within=90)
    assert not close_to(aside.frames[0], JOINTS[15], EYES, within=90)
    assert close_to(aside.frames[0], (JOINTS[15][0] + 3, JOINTS[15][1]), EYES, within=90)
    head = (slice(None), 0, slice(20, 60), slice(55, 105))
    assert (ahead.cover[head] - aside.cover[head]).abs().mean() < 0.05
