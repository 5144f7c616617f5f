"""What the picture's edge cuts off is known on a canvas of any shape, and goes on beyond it where it must."""

import cv2
import numpy as np
import pytest
from PIL import Image

from animate import Job, Note, RenderSettings, pictures
from animate.canvas import Canvas
from animate.cutting import Cutter
from animate.guide import SmallPuppet
from animate.latents import PatchCodec
from animate.puppet import Puppet
from tests.figure import HEIGHT, SHIRT, SKIN, SLEEVE, WIDTH, close_to, cut_out, draw, make_background, make_pose

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


@pytest.mark.parametrize(("left", "told"), [(LEFT, 2), (0, 0)])
def test_that_an_arm_stays_is_told_whenever_it_dances_so(tmp_path, left, told):
    path, pose = tmp_path / "cut.png", make_pose()
    Image.fromarray(draw()[:, left:]).save(path)
    pose[:, 0] -= left
    canvas, cutter = Canvas.lay(pictures.read(path), (112, 232)), Cutter(1)
    job = Job(image=path, motion=path, settings=RenderSettings(width=112, height=232))
    events = [event for _ in range(2) for event in cutter.cut(job, canvas, canvas.place(pose))]
    words = "An arm that the picture does not show whole keeps to the body."
    assert [event.words for event in events if isinstance(event, Note)] == [words] * told


def test_a_ribbon_of_a_picture_can_be_cut_on_any_canvas():
    picture = np.random.default_rng(0).integers(0, 255, (16, 400, 3), np.uint8)
    canvas = Canvas.lay(picture, (64, 64))
    pose = canvas.place(make_pose() * (400 / WIDTH, 16 / HEIGHT, 1))
    cut = Puppet.cut(canvas.picture, pose, within=canvas.within)
    assert np.isfinite(cut.move(pose).frames.numpy()).all()


def test_a_body_that_the_pictures_side_cuts_goes_on_when_it_steps_inside():
    left, pose = 72, make_pose(without=(9, 10, 12, 13))
    pose[:, 0] -= left
    puppet = Puppet.cut(draw()[:160, left:], pose)
    aside = pose.copy()
    aside[:, 0] += 8
    moved = puppet.move(aside)
    assert float(moved.cover[0, 0, 70:125, 0].min()) > 0.9
    assert close_to(moved.frames[0], (2, 100), SHIRT)
    assert float(moved.cover[0, 0, :20].max()) < 0.1, "and nothing else comes in"


def test_an_arm_that_the_pictures_side_cuts_lengthwise_goes_on_to_its_own_breadth_alone():
    """When the body steps inside, no second arm comes along beside it."""
    left, joints = 41, {2: (62, 70), 3: (48, 88), 4: (48, 144)}
    picture, pose = draw()[:150], make_pose(joints, without=(9, 10, 12, 13))
    picture[:, :57] = make_background("plain")[:150, :57]
    cv2.polylines(picture, [np.array(list(joints.values()), np.int32)], False, SLEEVE, 18, cv2.LINE_AA)
    pose[:, 0] -= left
    puppet = Puppet.cut(picture[:, left:], pose)
    assert puppet.still == (0,)
    aside = pose.copy()
    aside[:, 0] += 30
    cover = puppet.move(aside).cover[0, 0, 100:135]
    assert float(cover[:, 30:42].min()) > 0.9
    assert float(cover[:, :25].max()) < 0.1


def test_what_ends_within_the_picture_does_not_come_in_from_its_side():
    cropped, pose = draw()[:, 25:135], make_pose()
    pose[:, 0] -= 25
    cropped[110:140, :2] = draw()[110:140, 23:25]
    puppet = Puppet.cut(cropped, pose)
    assert not puppet.ends[..., 0].isfinite().any()


def test_a_head_that_the_lower_edge_cuts_goes_on_as_a_neck_and_shows_no_second_chin():
    """Of a portrait that ends below the chin, which is lifted."""
    picture, pose = draw()[:66], make_pose(without=tuple(range(8, 14)))
    cv2.rectangle(picture, (72, 52), (88, 66), SKIN, -1)
    cv2.ellipse(picture, (80, 57), (5, 2), 0, 0, 360, (150, 20, 30), -1)
    pose[32] = (80, 60, 1)
    lifted = pose.copy()
    lifted[:, 1] -= 14
    moved = Puppet.cut(picture, pose).move(lifted)
    assert float(moved.cover[0, 0, -8:, 78:82].min()) > 0.9
    assert close_to(moved.frames[0], (80, 62), SKIN)
    assert close_to(moved.frames[0], (80, 55), SKIN)
