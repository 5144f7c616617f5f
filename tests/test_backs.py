"""Backs: who turns away shows no face, stays whole, and does not flicker."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from animate.guide import moved_frames
from animate.puppet import Puppet
from animate.puppet.bones import CHIN
from animate.puppet.turning import BEHIND, ORDER, order_of
from tests.figure import HEIGHT, JOINTS, SHIRT, SKIN, SLEEVE, WIDTH, close_to, draw, make_pose

HAIR, BADGE = (90, 50, 30), (250, 240, 90)
SIDES = ((2, 5), (3, 6), (4, 7), (8, 11), (9, 12), (10, 13), (14, 15), (16, 17))


def turned_away(pose: np.ndarray, *sides: tuple[int, int]) -> np.ndarray:
    """The pose with right and left exchanged, of all joints or of some pairs of them."""
    away = pose.copy()
    for right, left in sides or SIDES:
        away[[right, left]] = away[[left, right]]
    return away


def spun(angles: np.ndarray, depth: float = 12) -> np.ndarray:
    """The figure's pose turned about its spine, to the right of the picture; depth: of the face, in pixels."""
    front = make_pose()
    clip = np.repeat(front[None], len(angles), 0)
    clip[..., 0] = front[1, 0] + (clip[..., 0] - front[1, 0]) * np.cos(angles)[:, None]
    clip[:, [0, 14, 15], 0] += depth * np.sin(angles)[:, None]
    clip[np.cos(angles) < -0.2, :, 2] *= np.isin(np.arange(134), (0, 14, 15), invert=True)
    return clip


def draw_fully(hair: tuple[int, int, int] | None) -> np.ndarray:
    """The figure with a badge on its shirt, and with hair."""
    picture = draw()
    if hair:
        cv2.ellipse(picture, (80, 34), (17, 13), 0, 180, 360, hair, -1)
    cv2.rectangle(picture, (73, 88), (87, 104), BADGE, -1)
    return picture


@pytest.fixture(scope="module")
def puppet():
    return Puppet.cut(draw_fully(HAIR), make_pose())


def test_a_body_turned_away_stays_whole(puppet):
    """From behind right and left change places; every limb is drawn where a limb is."""
    turned, facing = puppet.move(turned_away(make_pose())), puppet.move(make_pose())
    assert float(((turned.cover > 0.5) != (facing.cover > 0.5)).float().mean()) < 0.001


@pytest.mark.parametrize(("hair", "expected"), [(HAIR, HAIR), (None, SKIN)])
def test_from_behind_there_is_hair_and_no_face(hair, expected):
    puppet = Puppet.cut(draw_fully(hair), make_pose())
    frame = puppet.move(turned_away(make_pose())).frames[0]
    for place in ((75, 39), (85, 39), (80, 44)):
        assert close_to(frame, place, expected)
    assert close_to(frame, (80, 96), SHIRT), "a badge is worn in front"
    facing = puppet.move(make_pose()).frames[0]
    assert close_to(facing, (80, 96), BADGE)
    assert close_to(facing, (75, 39), (20, 20, 20), within=60)


@pytest.mark.parametrize("away", [True, False])
def test_threads_that_move_frames_find_what_the_puppet_makes_once(puppet, away, monkeypatch):
    fresh, found, move = replace(puppet), [], Puppet.move
    monkeypatch.setattr(Puppet, "move", lambda self, *g, **m: found.append(set(vars(self))) or move(self, *g, **m))
    poses = np.repeat((turned_away(make_pose()) if away else make_pose())[None], 9, 0)
    frames = [*moved_frames(fresh, poses, None, None, behind=torch.full((9,), float(away)))]
    assert len(frames) == 9
    assert all({"stance", "beside"} <= each for each in found)
    assert all(({"backs", "across"} <= each) == away for each in found), "the back is made where it is seen"


@pytest.mark.parametrize(("bob", "expected"), [(False, SKIN), (True, HAIR)])
def test_short_hair_ends_above_a_bare_neck(bob, expected):
    """A head no broader at the chin than from ear to ear has no hair there; a bob goes on down to the chin."""
    pose, picture = make_pose({CHIN: (80, 61)}), draw_fully(HAIR)
    if bob:
        for x in (64, 96):
            cv2.ellipse(picture, (x, 46), (6, 17), 0, 0, 360, HAIR, -1)
    cv2.ellipse(picture, (80, 55), (4, 2), 0, 0, 360, (150, 40, 40), -1)
    frame = Puppet.cut(picture, pose).move(turned_away(pose)).frames[0]
    assert close_to(frame, (80, 44), HAIR)
    assert close_to(frame, (80, 56), expected)


def test_of_a_face_that_looks_aside_no_cheek_shows_from_behind():
    """The head is about its axis, not about its face; beside short hair an ear shows."""
    aside = {0: (70, 44), 14: (70, 39), 15: (79, 39), 16: (68, 42), 17: (84, 42), CHIN: (74, 61)}
    pose = make_pose(aside)
    frame = Puppet.cut(draw_fully(HAIR), pose).move(turned_away(pose)).frames[0]
    for place in ((72, 44), (80, 44), (89, 44), (91, 36)):
        assert close_to(frame, place, HAIR)


def test_a_face_drawn_in_lines_leaves_an_empty_head():
    """On paper there is no hair to go on: eyes and mouth are left out, the outline stays."""
    picture = np.full((HEIGHT, WIDTH, 3), (235, 233, 228), np.uint8)
    cv2.circle(picture, (80, 42), 20, (40, 40, 60), 2, cv2.LINE_AA)
    for eye in ((75, 39), (85, 39)):
        cv2.circle(picture, eye, 2, (40, 40, 60), -1)
    cv2.ellipse(picture, (80, 47), (7, 5), 0, 20, 160, (40, 40, 60), 1)
    cv2.rectangle(picture, (62, 64), (98, 132), (40, 40, 60), 2)
    for first, last in ((2, 4), (5, 7), (8, 10), (11, 13)):
        cv2.line(picture, JOINTS[first], JOINTS[last], (40, 40, 60), 3)
    puppet = Puppet.cut(picture, make_pose())
    front, back = (layer[:3].mean(0)[34:54, 68:92] for layer in (puppet.layers[0], puppet.backs[0]))
    assert float(front.min()) < 0.5
    assert float(back.min()) > 0.75
    ring = puppet.backs[0, :3].mean(0)[20:27, 78:83] + 1 - puppet.backs[0, 3, 20:27, 78:83]
    assert float(ring.min()) < 0.5


def test_an_arm_before_the_body_is_hidden_from_behind(puppet):
    folded = make_pose({3: (52, 98), 4: (84, 100)})
    assert close_to(puppet.move(folded).frames[0], (76, 100), SLEEVE)
    away = turned_away(make_pose({6: (108, 98), 7: (76, 100)}))
    assert close_to(puppet.move(away).frames[0], (80, 110), SHIRT)


def test_a_badge_goes_from_behind_and_the_cloth_about_it_stays():
    """Though cloth is seen between its rings, and it is as large as cloth of its own would be."""
    picture = np.kron(draw(), np.ones((3, 3, 1), np.uint8))
    cloth, badge = (214, 96, 40), (60, 50, 150)
    picture[200:380, 190:292] = cloth
    for radius in range(4, 40, 8):
        cv2.circle(picture, (240, 275), radius, badge, 3)
    pose = make_pose()
    pose[:, :2] = pose[:, :2] * 3 + 1
    puppet = Puppet.cut(picture, pose)
    front, back = (layer[:3] / layer[3:4].clamp(min=1e-3) for layer in (puppet.layers[1], puppet.backs[1]))
    assert float((front - back).abs()[:, 345:370, 210:270].max()) < 0.05
    assert float((back[:, 240:310, 205:275] - torch.tensor(cloth)[:, None, None] / 255).abs().max()) < 0.2


def drawn_large(*changes) -> tuple[torch.Tensor, torch.Tensor]:
    """The torso's colours from the front and from behind, 3 720 480, of the figure drawn three times as large and
    changed by each."""
    picture = np.kron(draw(), np.ones((3, 3, 1), np.uint8))
    for change in changes:
        change(picture)
    pose = make_pose()
    pose[:, :2] = pose[:, :2] * 3 + 1
    puppet = Puppet.cut(picture, pose)
    front, back = (layer[:3] / layer[3:4].clamp(min=1e-3) for layer in (puppet.layers[1], puppet.backs[1]))
    return front[:, :720, :480], back[:, :720, :480]


def cloth(picture: np.ndarray) -> None:
    """Dark, from shoulders to hips, with the weave that cloth has."""
    weave = np.array((44, 42, 46)) + np.random.default_rng(1).integers(-3, 4, (720, 480, 1))
    shirt = np.abs(picture.astype(int) - SHIRT).max(-1) < 60
    picture[shirt] = weave[shirt]


def test_a_coat_is_closed_behind():
    """Dark lapels on dark cloth, and buttons."""

    def opened(picture):
        cv2.fillPoly(picture, [np.array([(225, 215), (257, 215), (243, 300)], np.int32)], (16, 15, 18))
        for row in (315, 340):
            cv2.circle(picture, (243, row), 5, (90, 88, 92), -1)

    front, back = drawn_large(cloth, opened)
    apart = (back - torch.tensor((44, 42, 46))[:, None, None] / 255).abs().amax(0)[222:350, 212:270]
    assert float(apart.max()) < 0.06
    assert float((front - torch.tensor((44, 42, 46))[:, None, None] / 255).abs().amax(0)[222:350, 212:270].max()) > 0.1


def test_stripes_and_belts_go_round():
    """And go on over where a badge was."""
    stripes = [(row, row + 9) for row in range(222, 380, 24)]

    def striped(picture):
        dark = picture.max(-1) < 60
        for first, last in stripes:
            picture[first:last][dark[first:last]] = (210, 205, 190)
        cv2.rectangle(picture, (228, 268), (258, 330), (240, 60, 200), -1)

    _, back = drawn_large(cloth, striped)
    middle = back.mean(0)[:, 235:251]
    for first, last in stripes[2:5]:
        assert float(middle[first + 3 : last - 3].mean()) > 0.6
        assert float(middle[last + 4 : last + 11].mean()) < 0.3


def test_a_bow_that_reaches_a_side_is_worn_in_front():
    def bow(picture):
        cv2.rectangle(picture, (190, 262), (262, 284), (230, 40, 60), -1)

    front, back = drawn_large(cloth, bow)
    red = [float((side[0] - side[2])[264:282, 205:260].max()) for side in (front, back)]
    assert red[0] > 0.5
    assert red[1] < 0.1


def test_hair_beside_the_face_goes_on_over_it():
    """Its own colour there, not that of the crown alone; nor that of a cheek."""
    picture, shade = draw_fully(HAIR), (50, 25, 15)
    for x in (64, 96):
        cv2.ellipse(picture, (x, 46), (7, 17), 0, 0, 360, shade, -1)
    pose = make_pose({CHIN: (80, 61)})
    layer = Puppet.cut(picture, pose).backs[0]
    back = (layer[:3] / layer[3:4].clamp(min=1e-3))[:, 46:54, 74:86].mean((1, 2)) * 255
    assert float((back - torch.tensor(shade)).abs().max()) < float((back - torch.tensor(HAIR)).abs().max())


def test_beneath_a_hat_hair_goes_on_and_the_hat_stays():
    pose, picture, hat, brim = make_pose({CHIN: (80, 61)}), draw_fully(None), (40, 110, 60), (150, 150, 160)
    for x in (65, 95):
        cv2.ellipse(picture, (x, 44), (6, 19), 0, 0, 360, HAIR, -1)
    cv2.rectangle(picture, (67, 8), (93, 28), hat, -1)
    cv2.rectangle(picture, (58, 26), (102, 30), brim, -1)
    frame = Puppet.cut(picture, pose).move(turned_away(pose)).frames[0]
    for place, expected in (((80, 18), hat), ((80, 28), brim), ((75, 38), HAIR), ((80, 46), HAIR), ((84, 54), HAIR)):
        assert close_to(frame, place, expected)


def test_from_behind_a_neck_hides_the_jaw():
    pose, picture = make_pose({CHIN: (80, 61)}), draw_fully(HAIR)
    puppet = Puppet.cut(picture, pose)
    for beside in (68, 91):
        assert float(puppet.layers[0, 3, 54, beside]) > 0.6
        assert float(puppet.backs[0, 3, 54, beside]) < 0.3
    assert float(puppet.backs[0, 3, 54, 80]) > 0.9


def test_a_back_is_seen_where_the_body_clearly_stays_turned_away(puppet):
    front, away = make_pose(), turned_away(make_pose())
    assert not puppet.from_behind(np.stack([front] * 9)).any()
    long = np.stack([front] * 3 + [away] * 7 + [front] * 3)
    assert puppet.from_behind(long).tolist() == [0] * 3 + [1] * 7 + [0] * 3
    short = np.stack([front] * 5 + [away] * 2 + [front] * 5)
    assert not puppet.from_behind(short).any(), "a doubtful moment"
    assert puppet.from_behind(short, fps=10).tolist() == [0] * 5 + [1] * 2 + [0] * 5, "a fifth of a second"
    alone = np.stack([front] * 5 + [away] + [front] * 5)
    assert not puppet.from_behind(alone, fps=5).any(), "one frame may be a mistake at any rate"
    glimpse = np.stack([away] * 5 + [front] + [away] * 5)
    assert puppet.from_behind(glimpse, fps=10).all(), "and one of the front as well"
    profile = turned_away(make_pose({2: (78, 70), 5: (82, 70), 8: (79, 126), 11: (81, 126)}))
    assert not puppet.from_behind(np.stack([profile] * 9)).any(), "hardly turned"
    crossed = turned_away(front, (2, 5))
    assert not puppet.from_behind(np.stack([crossed] * 9)).any(), "the shoulders alone"


@pytest.mark.parametrize("fps", [30, 25, 15, 10])
def test_a_quick_turn_shows_the_back_at_any_rate(puppet, fps):
    angles = 2 * np.pi * np.arange(round(1.4 * fps)) / fps / 0.7  # two turns of 0.7 s
    away = np.cos(angles) < -0.1
    assert (puppet.from_behind(spun(angles), fps=fps).abs().numpy() > 0.5)[away].mean() >= 0.8


@pytest.mark.parametrize("way", [1, -1])
def test_while_a_body_turns_its_back_comes_in_at_the_side_that_the_face_leaves(puppet, way):
    """Half way round the leading half of it shows the front and its badge, the other half the back."""
    angles = -way * np.radians(np.arange(0, 181, 10))  # 1: to the left
    clip = spun(angles)
    behind = puppet.from_behind(clip)
    assert (behind.abs().diff() >= 0).all()
    assert (float(behind[0]), float(behind[-1])) == (0, 1)
    between = (behind != 0) & (behind.abs() < 1)
    assert between.sum() >= 6
    assert (behind[between].sign() == way).all()
    half = int((behind.abs() - 0.5).abs().argmin())
    clip[:, [3, 4, 6, 7], 1] = 50, 25, 50, 25  # arms out of the way
    frame, front = (puppet.move(clip, behind=shown).frames[half] for shown in (behind, torch.zeros(len(clip))))
    for picture, expected in ((frame, SHIRT), (front, BADGE)):
        assert close_to(picture, (80 - 5 * way, 96), BADGE, within=60)
        assert close_to(picture, (80 - 2 * way, 96), expected)


def test_whoever_turns_without_telling_the_way_changes_at_once(puppet):
    clip = spun(np.radians(np.arange(0, 181, 10)), depth=0)
    assert set(puppet.from_behind(clip).tolist()) == {0, 1}


def test_from_the_side_one_arm_is_before_the_body_and_one_behind_it():
    assert [order_of(0.4).index(arm) for arm in (2, 3)] == [0, 7], "its right arm goes behind who turns to the left"
    assert [order_of(0.6).index(arm) for arm in (2, 3)] == [7, 0], "right and left have changed places"
    assert order_of(-0.4) == order_of(0.6)
    assert (order_of(0), order_of(0.2), order_of(0.8), order_of(1)) == (ORDER, ORDER, BEHIND, BEHIND)


def test_shoulders_tell_of_a_half_body(puppet):
    legs = (8, 9, 10, 11, 12, 13)
    away = np.stack([turned_away(make_pose(without=legs))] * 6)
    assert puppet.from_behind(away).all()
    unseen = np.stack([turned_away(make_pose(without=(2, 5)))] * 6)
    assert not puppet.from_behind(unseen).any()


def test_a_picture_from_behind_shows_what_it_shows_however_its_dancer_turns():
    """Of its front nothing is known: long hair and badge stay, and arms before the body are drawn before it."""
    picture = draw_fully(None)
    cv2.ellipse(picture, (80, 50), (17, 28), 0, 0, 360, HAIR, -1)
    puppet = Puppet.cut(picture, turned_away(make_pose(without=(0, 14, 15))))
    folded = make_pose({3: (52, 98), 4: (84, 110)})
    for clip in (np.stack([folded] * 6), np.stack([turned_away(folded)] * 6), spun(np.radians(np.arange(0, 361, 10)))):
        assert not puppet.from_behind(clip).any()
        assert not puppet.from_behind(clip, clip=False).any()
    frame = puppet.move(folded).frames[0]
    assert close_to(frame, (80, 44), HAIR)
    assert close_to(frame, (80, 70), HAIR)
    assert close_to(frame, (82, 94), BADGE)
    assert close_to(frame, (72, 107), SLEEVE)


def test_pieces_of_a_clip_are_drawn_as_the_whole(puppet):
    clip = np.stack([make_pose()] * 2 + [turned_away(make_pose())] * 5)
    behind = puppet.from_behind(clip)
    whole = puppet.move(clip, behind=behind)
    pieces = [puppet.move(clip[n : n + 3], behind=behind[n : n + 3]).frames for n in range(0, 7, 3)]
    assert torch.equal(whole.frames, torch.cat(pieces))


def test_a_collar_and_a_tie_are_not_worn_behind():
    """What the head's layer has of clothes below the chin becomes cloth of the back; the neck stays."""
    picture, pose = draw_fully(HAIR), make_pose({CHIN: (80, 61)})
    cv2.rectangle(picture, (74, 66), (86, 74), (250, 250, 250), -1)
    cv2.rectangle(picture, (78, 66), (82, 90), (20, 20, 60), -1)
    puppet = Puppet.cut(picture, pose)
    frames = [puppet.move(each).frames[0] for each in (pose, turned_away(pose))]
    assert close_to(frames[0], (80, 70), (20, 20, 60), within=60)
    for place in ((76, 70), (80, 70), (84, 70), (80, 80)):
        assert close_to(frames[1], place, SHIRT, within=45)
    assert close_to(frames[1], (80, 61), SKIN, within=45)


def test_a_robot_keeps_its_thin_neck_and_has_no_mouth_behind():
    """Nothing tells where its chin is but its outline."""
    pose, picture = make_pose({16: (60, 40), 17: (100, 40)}), draw_fully(None)
    metal, dark = (90, 110, 140), (40, 45, 50)
    picture[15:66, 55:105] = picture[2, 2]
    cv2.rectangle(picture, (76, 56), (84, 70), dark, -1)
    cv2.rectangle(picture, (58, 18), (102, 56), metal, -1)
    for eye in ((72, 38), (88, 38)):
        cv2.circle(picture, eye, 4, (250, 250, 250), -1)
    cv2.line(picture, (72, 51), (88, 51), dark, 2)
    frame = Puppet.cut(picture, pose).move(turned_away(pose)).frames[0]
    for place, expected in (((72, 38), metal), ((80, 51), metal), ((80, 61), dark), ((80, 96), SHIRT)):
        assert close_to(frame, place, expected)
