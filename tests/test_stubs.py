"""Forearms that point at the viewer, as of most people who talk with their hands before them."""

import cv2
import numpy as np
import pytest
import torch

from animate.guide import SmallPuppet
from animate.latents import PatchCodec
from animate.puppet import Puppet
from animate.puppet.edges import cut_arms
from animate.puppet.stubs import find_stubs
from tests.figure import JOINTS, SKIN, SLEEVE, close_to, draw, make_background, make_pose

LEGS, HEIGHT = (9, 10, 12, 13), 150
ELBOWS = ((46, 98), (114, 98))
RAISED = {3: (34, 52), 4: (26, 24), 6: (126, 52), 7: (134, 24)}


def talking(share: float, *, hands: float) -> tuple[np.ndarray, np.ndarray]:
    """A half body and its pose, 134 3: both hands right before the elbows, and forearms that are such a share of the
    upper arms; hands: the score of their points."""
    picture, pose = draw()[:HEIGHT], make_pose(without=LEGS)
    picture[:, :52], picture[:, 108:] = (make_background("plain")[:HEIGHT, part] for part in (np.s_[:52], np.s_[108:]))
    for (x, y), shoulder, wrist, points in zip(ELBOWS, (2, 5), (4, 7), (np.s_[113:134], np.s_[92:113]), strict=True):
        cv2.line(picture, JOINTS[shoulder], (x, y), SLEEVE, 12, cv2.LINE_AA)
        cv2.circle(picture, (x, y), 9, SKIN, -1, cv2.LINE_AA)
        pose[wrist, :2] = x, y - 32 * share
        turns = np.linspace(0, 2 * np.pi, 21, endpoint=False)
        pose[points] = np.stack([x + 7 * np.cos(turns), y + 7 * np.sin(turns), np.full(21, hands)], 1)
    return picture, pose


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_hands_held_before_the_body_are_raised_in_their_own_size(share):
    picture, pose = talking(share, hands=1)
    puppet = Puppet.cut(picture, pose)
    frame = puppet.move(make_pose(RAISED)).frames[0]
    hand = (frame - torch.tensor(SKIN)[:, None, None] / 255).abs().amax(0) < 0.1
    shown = (torch.from_numpy(picture) - torch.tensor(SKIN)).abs().amax(-1) < 25
    for elbow, beside in ((3, np.s_[:, :56]), (6, np.s_[:, 104:])):
        assert close_to(frame, RAISED[elbow], SKIN), "the hand is where the elbow is"
        size, own = (float(each[beside].sum()) for each in (hand, shown))
        assert 0.75 < size / own < 1.25


def test_arms_that_end_at_the_elbow_without_a_hand_keep_to_the_body():
    """As one behind a helmet that its hand rests on: raised, it would carry along what hides it."""
    puppet = Puppet.cut(*talking(0.1, hands=0))
    assert (puppet.still, puppet.stubs) == ((0, 1), ())
    assert torch.equal(puppet.move(make_pose(RAISED)).frames, puppet.move(make_pose()).frames)


def test_forearms_that_are_short_are_stubs_the_sooner_where_a_hand_would_be_stretched():
    stubs = [
        find_stubs(torch.from_numpy(talking(share, hands=hands)[1]))
        for share, hands in [(0.1, 0.5), (0.3, 0.5), (0.3, 1), (0.5, 1)]
    ]
    assert stubs == [(0, 1), (), (0, 1), ()]
    pose = talking(0.1, hands=0.5)[1]
    pose[4, 2] = 0
    assert find_stubs(torch.from_numpy(pose)) == (1,), "what is not seen points nowhere"


def test_a_small_copy_has_the_stubs_of_its_picture():
    """Though what is lent to its pose, and rounding, might tell otherwise there."""
    picture, pose = talking(0.1, hands=1)
    small = SmallPuppet.of(picture, Puppet.cut(picture, pose, stubs=(1,)), PatchCodec())
    assert small.puppet.stubs == (1,)


def test_a_stub_that_the_edge_cuts_is_cut_off_wherever_its_wrist_points():
    layers = torch.zeros(8, 5, 40, 60)
    layers[2, 3, 30:, 5:25] = 1
    rest = torch.zeros(18, 2)
    rest[[3, 4]] = torch.tensor([[15.0, 34], [15, 36]])
    assert cut_arms(layers, rest, limit=10) == [False, False]
    assert cut_arms(layers, rest, limit=10, stubs=(0,)) == [True, False]
