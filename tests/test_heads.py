"""Heads and chests turn as the dancer's do: what is on them slides over them, and they stay where they are."""

from dataclasses import replace
from itertools import product

import cv2
import numpy as np
import pytest
import torch

from animate.puppet import Puppet
from animate.puppet.bones import HEAD
from animate.puppet.heads import ZONE, Look, look, room_beside, slid
from animate.puppet.stance import Stance, stand
from tests.figure import JOINTS, SKIN, close_to, cut_figure, draw, make_pose

FACE = {0: 1.0, 14: 0.8, 15: 0.8, 16: -0.2, 17: -0.2}  # joint: how far before the axis on which the head turns
EYES, BADGE = (20, 20, 20), (250, 240, 60)


def looking(x: float, y: float = 0.0) -> np.ndarray:
    """134 3: the figure's nose goes so many pixels over its head, the rest of the face by its depth."""
    return make_pose({joint: (JOINTS[joint][0] + x * far, JOINTS[joint][1] + y * far) for joint, far in FACE.items()})


def seen(now: Stance, rest: Stance) -> Look:
    """Of a head so broad that its outline is nowhere near."""
    room = ZONE[0] * float(rest.head[0])
    return look(now, rest, beside=(room, room), behind=torch.zeros(len(now.scale)))


def stances(*poses: np.ndarray):
    rest = torch.from_numpy(make_pose())
    joints = torch.from_numpy(np.stack(poses))
    return stand(joints, rest=rest[:18, :2]), stand(rest[None], rest=rest[:18, :2])


def test_a_face_that_looks_as_in_the_picture_does_not_slide():
    ahead = seen(*stances(make_pose()))
    assert ahead.slide.abs().max() < 1e-4
    assert (ahead.face - stances(make_pose())[0].joints[:, list(FACE)].mean(1)).abs().max() < 1e-4


def test_the_face_slides_to_where_the_nose_goes_and_the_head_stays():
    now, rest = stances(looking(4), looking(-4), looking(0, 3))
    aside = seen(now, rest)
    before = rest.joints[:, list(FACE)].mean(1)
    torch.testing.assert_close(aside.slide, torch.tensor([4, -4, 3j]), atol=0.9, rtol=0)
    middles = now.joints[:, list(FACE)].mean(1)
    assert ((aside.face - before).abs() < 0.7 * (middles - before).abs()).all(), "hardly drawn aside, so hardly tilted"


def test_a_face_that_is_not_seen_does_not_slide():
    hidden = looking(6)
    hidden[[0, 14, 15, 16, 17], 2] = 0
    now, rest = stances(hidden, looking(6))
    assert seen(now, rest).slide.abs().tolist()[0] == 0
    unseen = stand(torch.from_numpy(hidden)[None], rest=torch.from_numpy(make_pose())[:18, :2])
    assert seen(now, unseen).slide.abs().max() == 0, "nor one whose picture shows the back"


def test_a_face_that_its_picture_shows_half_from_the_side_is_not_drawn_out_of_shape():
    """The more it is turned there, the less it slides."""
    slid_by = []
    for turned in (0, 5, 9, 20):
        rest = torch.from_numpy(looking(turned))
        ahead, there = (
            stand(torch.from_numpy(pose)[None], rest=rest[:18, :2]) for pose in (looking(0), looking(turned))
        )
        slid_by.append(float(seen(ahead, there).slide.abs()))
    assert slid_by[0] < 1e-4
    assert slid_by[1] > slid_by[2] > 0.1
    assert slid_by[3] < 0.1


def test_a_face_in_profile_slides_no_farther_than_its_picture_bears():
    now, rest = stances(looking(80))
    line = torch.complex(torch.linspace(-30, 30, 601), torch.zeros(601))[None]
    for axis, beside in product((-20j, 12 - 16j), ((17.0, 17.0), (6.0, 17.0))):  # upright, and tilted; in profile
        axis = torch.tensor(axis)
        across = axis * 1j / axis.abs()
        there = slid(line * across, look(now, rest, beside=beside, behind=torch.zeros(1)), axis, radius=rest.head)
        sources = (there * across.conj()).real
        assert (sources.diff() > 0).all(), "nothing doubles"
        outside = (line.real < -beside[0]) | (line.real > beside[1])
        assert (sources - line.real)[..., outside[0]].abs().max() < 1e-3, "the outline stays"


def test_features_slide_within_a_head_that_ends_near_the_face():
    """As in a picture half from the side: 4 pixels beside an eye there is backdrop."""
    puppet = cut_figure("plain")
    assert min(puppet.beside) > 0.9 * 15 * 0.95
    nearer = puppet.layers[HEAD, 3].clone()
    nearer[:, :74] = 0
    left, right = room_beside(nearer, puppet.stance)
    assert left == pytest.approx(0.95 * 6, abs=1)
    assert right == pytest.approx(puppet.beside[1])


def test_the_puppets_eyes_look_aside_in_the_head_of_before():
    puppet = cut_figure("plain")
    ahead, aside = (puppet.move(pose) for pose in (make_pose(), looking(4)))
    assert close_to(ahead.frames[0], JOINTS[15], EYES, within=90)
    assert not close_to(aside.frames[0], JOINTS[15], EYES, within=90)
    assert close_to(aside.frames[0], (JOINTS[15][0] + 3, JOINTS[15][1]), EYES, within=90)
    head = (slice(None), 0, slice(20, 60), slice(55, 105))
    assert (ahead.cover[head] - aside.cover[head]).abs().mean() < 0.05


def test_the_tip_of_a_hat_is_drawn_however_far_down_the_face_looks():
    picture = draw()
    cv2.line(picture, (80, 24), (80, 8), SKIN, 5)
    large = cv2.resize(picture, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    down = make_pose({0: (80, 53), 14: (75, 44), 15: (85, 44), 16: (68, 44), 17: (92, 44)})
    here, bowed = (pose * (3, 3, 1) for pose in (make_pose(), down))
    puppet = Puppet.cut(large, here.astype(np.float32))
    everywhere = replace(puppet, reaches=tuple(1000.0 for _ in puppet.reaches))
    torch.testing.assert_close(puppet.move(bowed).cover, everywhere.move(bowed).cover, atol=1e-4, rtol=0)


def narrow(pose: np.ndarray, joints: tuple[int, ...]) -> np.ndarray:
    """Those joints nearer to the middle of the body, by a third."""
    turned = pose.copy()
    turned[list(joints), 0] += (80 - turned[list(joints), 0]) / 3
    return turned


def test_a_chest_slides_where_body_and_face_are_turned_to_a_side():
    shoulders, body = (2, 5), (2, 5, 8, 11)
    turned = [narrow(looking(x), body) for x in (5, -5, 0)]
    aside = seen(*stances(*turned, narrow(looking(5), shoulders), looking(5))).aside.tolist()
    assert aside[0] > 0.2 > -0.2 > aside[1]
    assert aside[2:] == [0, 0, 0], "ahead it is not known to which side; with raised arms, or the face alone, it is not"


def test_a_badge_goes_aside_and_the_outline_stays():
    picture = draw()
    cv2.circle(picture, (80, 96), 5, BADGE, -1)
    puppet = Puppet.cut(picture, make_pose())
    ahead, right = (puppet.move(narrow(looking(x), (2, 5, 8, 11))) for x in (0, 5))
    at = [
        torch.nonzero((f[0] * 255 - torch.tensor(BADGE).view(3, 1, 1)).abs().amax(0) < 40)[:, 1].float().mean()
        for f in (ahead.frames, right.frames)
    ]
    assert at[0] == 80
    assert 82 < at[1] < 85
    chest = (0, 0, slice(80, 120), slice(58, 102))
    assert (ahead.cover[chest] - right.cover[chest]).abs().mean() < 0.01
