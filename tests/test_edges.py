"""An arm that the picture's edge cuts off is known as one on a canvas of any shape."""

import numpy as np
import pytest
from PIL import Image

from animate.canvas import Canvas
from animate.guide import SmallPuppet
from animate.latents import PatchCodec
from animate.puppet import Puppet
from tests.figure import HEIGHT, WIDTH, cut_out, draw, make_pose

LEFT = 44  # columns of the figure's picture that are cut off, and its right forearm with them


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("edges") / "cut.png"
    Image.fromarray(draw()[:, LEFT:]).save(path)
    return path


@pytest.mark.parametrize("size", [(112, 232), (240, 240), (480, 240), (120, 320)])
def test_an_arm_that_the_picture_cuts_off_keeps_to_the_body(path, size):
    pose = make_pose()
    pose[:, 0] -= LEFT
    canvas, puppet = cut_out(path, pose, size)
    assert puppet.still == (0,)
    small = SmallPuppet.of(canvas.picture, puppet, PatchCodec())
    assert small.puppet.still == (0,), "and so for the guide's small copy"


def test_a_ribbon_of_a_picture_can_be_cut_on_any_canvas():
    picture = np.random.default_rng(0).integers(0, 255, (16, 400, 3), np.uint8)
    canvas = Canvas.lay(picture, (64, 64))
    pose = canvas.place(make_pose() * (400 / WIDTH, 16 / HEIGHT, 1))
    cut = Puppet.cut(canvas.picture, pose, within=canvas.within)
    assert np.isfinite(cut.move(pose).frames.numpy()).all()
