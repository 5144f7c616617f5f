"""Whose each pixel of a figure is: nothing flies about alone, nothing is left behind."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from animate import examples, pictures
from animate.puppet import Puppet
from animate.puppet.body import Body
from animate.puppet.bones import as_joints, cell_centres, find_bones, limb_coordinates
from animate.puppet.borders import settle_borders
from animate.puppet.edges import cut_arms, go_on_below
from animate.puppet.hands import between_fingers
from animate.puppet.hidden import within_side
from animate.puppet.ink import Ink
from animate.puppet.likeness import close_holes, gaps
from animate.puppet.parts import cut_layers
from animate.puppet.ways import settle
from tests.figure import (
    HANDS,
    HEIGHT,
    JOINTS,
    SHIRT,
    SKIN,
    SLEEVE,
    TROUSERS,
    WIDTH,
    close_to,
    cut_figure,
    draw,
    make_background,
    make_pose,
    tensor,
)


def test_a_patterned_skirt_hangs_as_one_cloth_too():
    spread = make_pose({9: (40, 158), 10: (34, 205), 12: (120, 158), 13: (126, 205)})
    striped = Puppet.cut(draw(skirt=True, stripes=True), make_pose()).move(spread)
    assert striped.cover[0, 0, 128:150, 80].min() > 0.9
    assert close_to(striped.frames[0], (37, 190), SKIN)


def pieces(cover: torch.Tensor) -> int:
    """How many pieces h w falls into."""
    return cv2.connectedComponents((cover > 0.3).to(torch.uint8).numpy())[0] - 1


def test_no_second_hand_comes_up_from_below_a_half_body():
    legs = (9, 10, 12, 13)
    half = Puppet.cut(draw()[:150], make_pose(without=legs))
    folded = make_pose({3: (92, 96), 4: (70, 96)}, without=legs)
    assert pieces(half.move(folded).cover[0, 0]) == 1


@pytest.mark.parametrize("height", [HEIGHT, 221])
def test_no_second_feet_come_up_from_below_a_body_that_ends_within_the_picture_or_stands_on_its_edge(height):
    """Though its legs are not found, and it may go on below for all that its skeleton tells."""
    legs = (9, 10, 12, 13)
    pose = make_pose(without=legs)
    lifted = pose.copy()
    lifted[:, 1] -= 34
    cover = Puppet.cut(draw()[:height], pose).move(lifted).cover[0, 0]
    assert float(cover[150, 60:100].max()) > 0.9, "legs go with the body"
    assert float(cover[-34:].max()) < 0.1


def test_legs_that_the_edge_cuts_go_on_below_it():
    layers = torch.zeros(8, 5, 40, 60)
    layers[1, 3, :, 10:20] = layers[1, 3, :, 30:40] = 1
    longer = go_on_below(layers, rows=10, rim=2, whole=[], chin=0)[1, 3]
    assert longer.shape == (50, 60)
    assert bool(longer[40:, 10:20].min())


def test_a_face_so_near_that_the_body_would_go_on_below_for_longer_than_the_picture_is_tall():
    near = make_pose(without=tuple(range(8, 14)))
    near[:, 1] -= 44
    picture = draw()[44:76]
    moved = Puppet.cut(picture, near).move(near).frames[0]
    assert moved.shape == (3, 32, WIDTH)
    assert float((moved - tensor(picture)).abs().mean()) < 0.03


@pytest.mark.parametrize("kind", ["plain", "textured"])
def test_what_a_layer_owns_hangs_together(kind):
    puppet = cut_figure(kind)
    for layer in puppet.layers[[0, 1, 2, 3, 4, 5]]:
        assert pieces(layer[3]) == 1


def draw_plush(outline: int) -> np.ndarray:
    """h w 3 uint8: the figure in fur, with a dark outline of some pixels."""
    figure = np.abs(draw().astype(int) - make_background("plain")).max(-1) > 30
    grown = cv2.dilate(figure.astype(np.uint8), np.ones((2 * outline + 1,) * 2, np.uint8)) > 0
    fur = np.random.default_rng(0).normal(0, 25, (HEIGHT, WIDTH, 1))
    picture = np.where(figure[..., None], (draw() + fur).clip(0, 255), draw()).astype(np.uint8)
    picture[grown & ~figure] = (90, 50, 20)
    return picture


BROAD_HEAD = {16: (56, 42), 17: (104, 42)}


def test_outlines_leave_with_the_limb_they_belong_to():
    puppet = Puppet.cut(draw_plush(outline=3), make_pose(BROAD_HEAD))
    beside = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    beside[90:] = True
    beside[:, 56:104] = False
    assert float(puppet.layers[[0, 1], 3][:, beside].sum()) < 3, "neither head nor body owns an arm's outline"
    raised = puppet.move(make_pose({3: (34, 52), 4: (26, 24)} | BROAD_HEAD)).frames[0]
    freed = raised[:, 105:140, 22:44] - tensor(make_background("plain"))[:, 105:140, 22:44]
    assert float(freed.abs().max()) < 0.15, "no line is left behind"


def test_a_head_broader_than_its_neck_leaves_the_shoulders_alone():
    puppet = Puppet.cut(draw_plush(outline=2), make_pose(BROAD_HEAD))
    assert float(puppet.layers[0, 3, 74:90, :56].max()) < 0.1


@pytest.mark.parametrize("kind", ["plain", "textured"])
def test_paws_larger_than_their_fingers_are_cut_out_whole(kind):
    puppet = Puppet.cut(draw(kind, paws=13), make_pose(fingers=True))
    for x, y in HANDS:
        assert float(puppet.mask[0, y - 9 : y + 10, x - 6 : x + 7].min()) > 0.9


def test_a_cast_shadow_is_not_body():
    background = np.full((HEIGHT, WIDTH, 3), (232, 222, 200), np.uint8)
    figure = (np.abs(draw().astype(int) - make_background("plain")).max(-1) > 30).astype(np.uint8)
    shadow = cv2.warpAffine(figure, np.array([[1, 0, 5], [0, 1, 5]], np.float32), (WIDTH, HEIGHT))
    picture = np.where(shadow[..., None] > 0, background * 0.7, background).astype(np.uint8)
    picture = np.where(figure[..., None] > 0, draw(), picture)
    alone = (shadow > 0) & (cv2.dilate(figure, np.ones((5, 5), np.uint8)) == 0)
    found = Puppet.cut(picture, make_pose()).mask[0].numpy() > 0.5
    assert found[alone].mean() < 0.35


def test_a_sleeve_takes_no_cloth_from_behind_it():
    """An arm before the trousers, whose bone was found at its rim."""
    picture = draw()
    cv2.rectangle(picture, (22, 101), (46, 140), (225, 228, 230), -1)
    cv2.line(picture, (46, 98), (74, 150), SLEEVE, 10, cv2.LINE_AA)
    cv2.circle(picture, (78, 158), 7, SKIN, -1, cv2.LINE_AA)
    puppet = Puppet.cut(picture, make_pose({4: (78, 148)}))
    _, green, blue, arm = puppet.layers[2, :4]
    behind = (arm > 0.8) & (blue > green + 0.2)
    assert int(behind.sum()) < 25


def test_hair_that_hangs_beside_the_arms_goes_with_the_head():
    """Long tails of one colour, other than clothes and skin, belong to the head down to their ends."""
    picture = draw()
    for x in (58, 102):
        cv2.line(picture, (80, 26), (x, 40), (120, 40, 160), 8)
        cv2.line(picture, (x, 40), (x, 92), (120, 40, 160), 10)
    cv2.ellipse(picture, (80, 28), (16, 9), 0, 180, 360, (120, 40, 160), -1)
    layers = Puppet.cut(picture, make_pose()).layers
    tails = torch.from_numpy((picture == (120, 40, 160)).all(-1))
    tails[:60] = False
    assert tails.sum() > 300
    assert float(layers[0, 3][tails].mean()) > 0.8


def test_an_arm_that_the_picture_cuts_off_keeps_to_the_body():
    """Raised, it would end in the air; one whose wrist is seen goes where the dance has it."""
    legs = (9, 10, 12, 13)
    puppet = Puppet.cut(draw()[:150], make_pose(without=(4, *legs)))
    raised = {3: (34, 52), 4: (26, 24), 6: (126, 52), 7: (134, 24)}
    cover = puppet.move(make_pose(raised)).cover[0, 0]
    assert float(cover[40:56, 26:40].max()) < 0.1, "the right arm is not up there"
    assert float(cover[84:94, 50:56].mean()) > 0.9, "it hangs"
    assert float(cover[46:54, 124:128].mean()) > 0.9, "the left arm is raised"


def test_an_arm_that_leaves_the_picture_over_its_whole_width_is_cut_off():
    layers = torch.zeros(8, 5, 40, 60)
    layers[2, 3, 20:, 5:25] = 1
    layers[3, 3, 20:, 50:54] = 1
    rest = torch.zeros(18, 2)
    rest[[3, 6]], rest[[4, 7]] = torch.tensor([[15.0, 10], [52, 10]]), torch.tensor([[15.0, 50], [52, 50]])
    assert cut_arms(layers, rest, limit=10) == [True, False]
    rest[4, 1] = 30
    assert cut_arms(layers, rest, limit=10) == [False, False], "a broad hand alone reaches the edge"


def test_hands_carry_nothing_along_of_what_shows_between_their_fingers():
    """Of the shirt's colour, before the shirt; a ring of another colour stays, and so does what is before nothing."""
    bones, places = find_bones(as_joints(make_pose())), cell_centres((HEIGHT, WIDTH), (WIDTH, HEIGHT))
    along, _, distance = (each[0] for each in limb_coordinates(bones, places))
    layers = torch.zeros(8, 5, HEIGHT, WIDTH)
    skin, shirt, ring = ((torch.tensor(each) / 255.0)[:, None, None] for each in (SKIN, SHIRT, (20, 40, 200)))
    hand = (..., slice(118, 142), slice(118, 140))
    layers[1, :3], layers[1, 3] = shirt, 1
    layers[3][hand] = torch.cat([skin, torch.tensor([1.0, 0.0])[:, None, None]])
    layers[3, :3, 128:130, 126:132], layers[3, :3, 132:134, 126:132] = shirt, ring
    arm = between_fingers(layers, along, distance)[3]
    assert arm[3, 128:130, 127:131].max() == 0
    assert arm[3, 125, 124:136].min() == 1
    assert torch.equal(arm[:3, 132:134, 126:132], ring.expand(3, 2, 6))
    assert arm[3, 133, 127:131].min() == 1
    layers[1] = 0
    assert torch.equal(between_fingers(layers, along, distance), layers)


@pytest.mark.parametrize("shown", ["both ends", "one end"])
def test_an_arm_that_the_body_hides_in_its_middle_is_whole(shown):
    """As that of one held behind the back; of an arm of which nothing comes out on the other side nothing is known."""
    bones, places = find_bones(as_joints(make_pose())), cell_centres((HEIGHT, WIDTH), (WIDTH, HEIGHT))
    along, _, distance = (each[0] for each in limb_coordinates(bones, places))
    owner = torch.zeros(6, HEIGHT, WIDTH)
    owner[3] = ((along[4] < 0.3) & (distance[4] < 1)).float()
    if shown == "both ends":
        owner[3] = owner[3].maximum(((along[5] > 0.4) & (distance[5] < 1)).float())
    owner[1] = 1 - owner[3]
    ink = Ink(torch.zeros(1, HEIGHT, WIDTH), False)
    colours = tensor(draw())
    body = Body.of(colours, torch.ones(1, HEIGHT, WIDTH), owner, bones, roots={}, ink=ink)
    hidden = (along[4] > 0.4) & (along[4] < 0.9) & (distance[4] < 0.6) & (distance[5] > 1)
    arm = cut_layers(body)[3, 3, hidden]
    assert arm.min() > 0.9 if shown == "both ends" else arm.max() < 0.1


def test_a_hand_in_a_pocket_is_made_from_the_other():
    picture, pose = draw(), make_pose(fingers=True)
    cv2.circle(picture, HANDS[0], 9, (225, 228, 230), -1)
    pose[113:134, 2] = 0
    lent, (x, y) = Puppet.cut(picture, pose).layers[2], HANDS[0]
    assert float(lent[3, y - 3 : y + 4, x - 3 : x + 4].min()) > 0.9
    assert close_to(lent[:3], (x, y), SKIN)
    cv2.line(picture, JOINTS[4], (x - 2, y + 8), SLEEVE, 18)  # in its sleeve
    assert close_to(Puppet.cut(picture, pose).layers[2, :3], (x, y), SKIN)
    cv2.rectangle(picture, (18, 128), (50, 150), (225, 228, 230), -1)
    cv2.circle(picture, (x, y), 7, (40, 40, 220), -1)  # a glove, of which no finger was found
    assert close_to(Puppet.cut(picture, pose).layers[2, :3], (x, y), (40, 40, 220))


@pytest.mark.parametrize("shown", [False, True])
def test_a_hand_in_the_pocket_of_trousers_takes_no_cloth_of_them_along(shown):
    """Where the other is shown it is made from that; else the arm ends at its cuff."""
    picture, pose, (x, y) = draw(), make_pose({3: (50, 104), 4: (62, 134)}, fingers=True), (66, 146)
    ground = make_background("plain")[0, 0].tolist()
    cv2.polylines(picture, [np.array([JOINTS[2], JOINTS[3], JOINTS[4]], np.int32)], False, ground, 16)
    cv2.circle(picture, HANDS[0], 9, ground, -1)
    cv2.fillPoly(picture, [np.array([(58, 66), (90, 66), (90, 132), (62, 132)], np.int32)], SHIRT, cv2.LINE_AA)
    cv2.fillPoly(picture, [np.array([(56, 130), (104, 130), (102, 170), (56, 170)], np.int32)], TROUSERS, cv2.LINE_AA)
    cv2.polylines(picture, [np.array([JOINTS[2], (50, 104), (62, 134)], np.int32)], False, SLEEVE, 12, cv2.LINE_AA)
    pose[113:134, 2] = 0
    pose[92:113, 2] *= shown
    arm, leg = Puppet.cut(picture, pose).layers[[2, 4]]
    red, _, blue, alpha = arm[:4]
    assert int(((alpha > 0.5) & (blue > red + 0.2)).sum()) < 12
    assert (float(arm[3, y, x]) > 0.9) == shown
    assert close_to(leg[:3], (x, y + 4), TROUSERS)


def test_cloth_before_a_bare_forearm_goes_with_the_body():
    """And the arm is whole behind it."""
    picture, pose = draw(), make_pose({6: (102, 100), 7: (104, 132)}, fingers=True)
    ground = make_background("plain")[0, 0].tolist()
    cv2.polylines(picture, [np.array([JOINTS[5], JOINTS[6], JOINTS[7]], np.int32)], False, ground, 16)
    cv2.circle(picture, HANDS[1], 9, ground, -1)
    cv2.polylines(picture, [np.array([JOINTS[5], (102, 100), (104, 132)], np.int32)], False, SKIN, 12, cv2.LINE_AA)
    cv2.circle(picture, (105, 140), 7, SKIN, -1, cv2.LINE_AA)
    pose[92:113, :2] += np.array([105, 140]) - HANDS[1]
    cv2.fillPoly(picture, [np.array([(90, 108), (112, 112), (112, 130), (90, 132)], np.int32)], SHIRT, cv2.LINE_AA)
    layers = Puppet.cut(picture, pose).layers
    assert close_to(layers[3, :3], (103, 120), SKIN)
    assert close_to(layers[1, :3], (106, 120), SHIRT)


@pytest.mark.parametrize("pen", [False, True])
def test_a_mark_at_the_shoulder_goes_with_the_arm_only_if_it_is_of_the_pen_that_drew_it(pen):
    picture, ink, mark = draw(), (30, 30, 90), (92, 70)
    for ends in ((5, 6), (6, 7)) if pen else ():
        start, end = (np.array(JOINTS[joint], float) for joint in ends)
        aside = np.array([start[1] - end[1], end[0] - start[0]]) / np.linalg.norm(end - start) * 5
        for side in (aside, -aside):
            cv2.line(picture, *((each + side).astype(int).tolist() for each in (start, end)), ink, 4, cv2.LINE_AA)
    cv2.rectangle(picture, (90, 66), (95, 76), ink, -1)
    arm = Puppet.cut(picture, make_pose()).layers[3]
    green = float(arm[1, mark[1], mark[0]] / arm[3, mark[1], mark[0]]) * 255
    assert green < 110 if pen else green > 150


def test_the_backdrop_shows_between_an_arm_and_the_waist():
    colours = tensor(make_background("plain"))
    colours[:, 60:160, 60:100] = torch.tensor([0.8, 0.2, 0.2])[:, None, None]
    colours[:, 60:160, 110:120] = torch.tensor([0.8, 0.2, 0.2])[:, None, None]
    body, doubtful = torch.zeros(2, HEIGHT, WIDTH, dtype=torch.bool)
    body[60:160, 65:95] = doubtful[60:160, 96:112] = True
    found = gaps(colours, body, ~(body | doubtful) & (torch.arange(WIDTH) > 125), doubtful)
    assert found[64:156, 102:108].all()
    assert not found[:, :98].any()
    alike = torch.full_like(colours, 0.9)  # white on white is body, as far as anybody can tell
    assert not gaps(alike, body, ~(body | doubtful), doubtful).any()


def test_such_a_gap_is_open_up_to_its_edges():
    """Where it is pale as the white sleeve below it as well, but not through an outline, nor into what has none."""
    sky = torch.linspace(0, 1, HEIGHT)[:, None] * torch.tensor([0.5, 0.3, 0.1]) + torch.tensor([0.5, 0.7, 0.9])
    colours = sky.clamp(0, 1).T[:, :, None].repeat(1, 1, WIDTH)
    colours[:, 60:160, 60:120] = 0.97
    colours[:, 80:150, 98:112] = 0.2  # an outline, and in it the gap
    colours[:, 82:148, 100:110] = sky[82:148].T[:, :, None] * 0.98
    body, doubtful = torch.zeros(2, HEIGHT, WIDTH, dtype=torch.bool)
    body[60:160, 65:95], doubtful[82:110, 100:110] = True, True
    backdrop = ~body & (torch.arange(WIDTH) > 125)
    found = gaps(colours, body, backdrop, doubtful)
    assert found[84:147, 101:109].all()
    assert not found[:, :98].any()
    assert not found[150:].any()
    colours[:, 110:160, 60:120] = sky[110:160].T[:, :, None] * 0.98  # no edge: it would go on everywhere
    assert not gaps(colours, body, backdrop, doubtful)[125:].any()


def test_light_on_white_clothes_is_no_hole_where_no_edge_is_about_it():
    """Both holes have the wall's colour; one passes into the dress, the other is seen between arm and dress."""
    wall, dress, arm = (240, 240, 240), (248, 248, 248), (200, 150, 130)
    picture = np.full((60, 80, 3), wall, np.uint8)
    body, near = np.zeros((60, 80), np.uint8), np.full((60, 80), 99.0)
    picture[10:50, 20:60], picture[10:50, 60:70] = dress, arm
    body[10:50, 20:70] = 1
    for rows in (slice(15, 22), slice(35, 42)):
        picture[rows, 52:60], body[rows, 54:60] = wall, 0
    picture[33:44, 50:54] = (180, 180, 190)  # the shaded edge of a dress that ends there
    picture[33:35, 50:60] = picture[42:44, 50:60] = (180, 180, 190)
    closed = close_holes(picture, body, near, largest=100)
    assert closed[15:22, 54:60].all()
    assert not closed[35:42, 54:60].any()
    assert not close_holes(picture, body, near, largest=10)[15:22, 54:60].any(), "a large hole is one"


def test_a_narrow_rim_is_whose_the_body_beside_it_is():
    """A forearm with its shaded rim, which ways that came along it gave to the body."""
    inside, walked, seeds = torch.zeros(30, 60, dtype=torch.bool), torch.full((2, 30, 60), 9.0), torch.zeros(2, 30, 60)
    inside[10:22] = True
    walked[0, 10:20], walked[1, 20:22], walked[1, 10:22, :12] = 1.0, 1.0, 0.0
    seeds[0, 14, 30] = seeds[1, 14, 4] = 1
    owner = settle(walked, seeds > 0, inside).argmin(0)
    assert (owner[10:22, 16:] == 0).all()
    assert (owner[10:22, :10] == 1).all()


@pytest.mark.parametrize("drawn", [False, True])
def test_no_tip_of_an_arm_sticks_out_beyond_its_shoulder_when_it_is_raised(drawn):
    """What it owns towards the neck stays with the body, but for drawn shoulders, which end at their lines."""
    colours, bones = tensor(draw()), find_bones(as_joints(make_pose()))
    owner, alpha = torch.zeros(6, HEIGHT, WIDTH), torch.ones(1, HEIGHT, WIDTH)
    owner[1] = 1
    owner[:, 60:100, 80:112] = torch.eye(6)[3][:, None, None]
    lines = torch.zeros(1, HEIGHT, WIDTH)
    lines[0, 200] = float(drawn)
    body = Body.of(colours, alpha, owner, bones, roots={3: (torch.tensor([98.0, 70.0]), 6.0)}, ink=Ink(lines, True))
    assert bool(body.owner[3, 62:68, 82:90].any()) == drawn
    assert bool(body.owner[1, 62:68, 82:90].all()) != drawn
    assert body.owner[3, 74:96, 98:108].min() > 0.9


def test_no_horn_of_a_shoulder_stays_on_the_body_when_its_arm_is_raised():
    """What the arm owns above its shoulder, thinner than the body is anywhere, goes with it."""
    bones = find_bones(as_joints(make_pose()))
    owner, alpha = torch.zeros(6, HEIGHT, WIDTH), torch.zeros(1, HEIGHT, WIDTH)
    alpha[0, 61:] = 1
    owner[1] = 1
    owner[:, :100, 90:112] = torch.eye(6)[3][:, None, None]
    ink = Ink(torch.zeros(1, HEIGHT, WIDTH), False)
    body = Body.of(tensor(draw()), alpha, owner, bones, roots={3: (torch.tensor([98.0, 70.0]), 7.0)}, ink=ink)
    assert float(body.own[1, 61:63, 95:101].max()) < 0.1
    assert float(body.own[3, 61:63, 95:101].min()) > 0.9


@pytest.mark.parametrize("broad", [0, 8])
def test_what_a_thick_pen_drew_between_arm_and_torso_is_the_outline_of_both(broad):
    """And what it drew of the torso below the arm does not stick out of that."""
    colours, alpha = torch.full((3, HEIGHT, WIDTH), 0.9), torch.zeros(1, HEIGHT, WIDTH)
    lines, owner = torch.zeros(1, HEIGHT, WIDTH), torch.zeros(6, HEIGHT, WIDTH)
    alpha[0, 60:140, 60:112] = alpha[0, 70:115, 60:150] = 1
    lines[0, 60:140, 104:112] = 1
    colours[:, lines[0] > 0] = 0.1
    owner[1] = 1
    owner[:, 70:125, 104:] = torch.eye(6)[3][:, None, None]
    body = Body.of(colours, alpha, owner, find_bones(as_joints(make_pose())), roots={}, ink=Ink(lines, True, broad))
    assert bool(body.owner[3, 118:125, 105:111].any()) != bool(broad)
    torso = cut_layers(body)[1, :, 85:105, 105:110]
    assert bool((torso[3] > 0.9).all()) == bool(broad)
    assert float(torso[:3].amax()) < 0.2


def test_a_sleeve_below_a_bare_shoulder_hangs_on_it():
    """What lies between the shoulder and the arm's own goes with the arm, and stays with the body too."""
    joints = as_joints(make_pose())
    colours, bones, places = tensor(draw()), find_bones(joints), cell_centres((HEIGHT, WIDTH), (WIDTH, HEIGHT))
    along, _, distance = (each[0] for each in limb_coordinates(bones, places))
    owner = torch.zeros(6, HEIGHT, WIDTH)
    owner[3] = ((along[4] > 0.3) & (distance[4] < 1) | (distance[5] < 1)).float()
    owner[1] = 1 - owner[3]
    roots = {3: (torch.tensor([98.0, 70.0]), 3.0)}
    body = Body.of(
        colours, torch.ones(1, HEIGHT, WIDTH), owner, bones, roots=roots, ink=Ink(torch.zeros(1, HEIGHT, WIDTH), False)
    )
    layers = cut_layers(body)
    upper = (along[4] > 0) & (along[4] < 1) & (distance[4] < 0.4)
    assert layers[3, 3, upper].min() > 0.9
    assert layers[1, 3, upper & (along[4] < 0.2)].min() > 0.9


def test_behind_a_sleeve_the_shirt_goes_on_and_no_badge_is_smeared():
    """The sleeves are of the shirt's cloth, and a badge lies on the shirt beside one of them."""
    picture = draw()
    picture[(np.abs(picture.astype(int) - SLEEVE).max(-1) < 40)] = SHIRT
    cv2.line(picture, JOINTS[2], (64, 124), SHIRT, 16)
    cv2.rectangle(picture, (74, 88), (82, 112), (40, 40, 220), -1)
    pose = make_pose({3: (63, 98), 4: (65, 124)})
    torso = Puppet.cut(picture, pose).layers[1]
    behind = (torso[3] > 0.9) & (torch.arange(WIDTH) < 70)
    behind[:80] = behind[118:] = False
    assert int(behind.sum()) > 100
    red, _, blue, _, _ = torso
    assert float((blue > red)[behind].float().mean()) < 0.1


@pytest.mark.parametrize("bare", [True, False])
def test_behind_a_bare_arm_the_body_ends_where_it_is_seen_to(bare):
    """And behind a sleeve of its own cloth it goes on."""
    picture = draw()
    picture[:, :58] = picture[:, 103:] = picture[0, 0]
    picture[(np.abs(picture.astype(int) - SLEEVE).max(-1) < 90)] = SHIRT
    arms = {2: (58, 70), 3: (56, 98), 4: (54, 126), 5: (102, 70), 6: (104, 98), 7: (106, 126)}
    for arm in ((2, 3, 4), (5, 6, 7)):
        points = np.array([arms[joint] for joint in arm], np.int32)
        cv2.polylines(picture, [points], False, SKIN if bare else SHIRT, 12, cv2.LINE_AA)
    torso = Puppet.cut(picture, make_pose(arms)).layers[1, 3]
    assert float(torso[72:84, 68:92].min()) > 0.9
    assert bool(torso[72:84, :61].any()) != bare
    assert bool(torso[72:84, 100:].any()) != bare


def test_what_an_arm_hides_does_not_stick_out_beside_the_waist():
    seen = torch.zeros(HEIGHT, WIDTH)
    seen[60:180, 60:100] = 1
    alpha = seen.clone()
    alpha[100:130, 40:130] = 1  # a forearm before the waist
    seen[100:130] = 0
    right, left = (within_side(seen, alpha, mirrored, margin=2) for mirrored in (False, True))
    assert float(right[110, :100].min()) == 1
    assert float(right[110, 104:].max()) == 0
    assert float(left[110, 60:].min()) == 1
    assert float(left[110, :55].max()) == 0
    assert float(right[20].min()) == 1, "where it is seen on one side only nothing is known"


def with_palms(pose: np.ndarray, *, turned: float) -> np.ndarray:
    """The pose with hands 12 pixels long that go on along the forearms, the left one turned by some degrees."""
    for _, elbow, wrist, hand, turn in ((2, 3, 4, 113, 0.0), (5, 6, 7, 92, turned)):
        way = pose[wrist, :2] - pose[elbow, :2]
        angle = np.arctan2(way[1], way[0]) + np.radians(turn)
        for place in range(21):
            pose[hand + place] = (*(pose[wrist, :2] + (place % 4 * 4) * np.array([np.cos(angle), np.sin(angle)])), 1)
    return pose


def test_a_hand_bends_at_the_wrist_and_the_arm_does_not():
    picture = draw()
    cv2.line(picture, JOINTS[7], (132, 138), SKIN, 8)
    puppet = Puppet.cut(picture, with_palms(make_pose(), turned=0))
    straight, bent = (puppet.move(with_palms(make_pose(), turned=turned)).cover[0, 0] for turned in (0, -60))
    assert float(bent[124:134, 134:142].mean()) > float(straight[124:134, 134:142].mean()) + 0.3, "it points outwards"
    assert float((bent - straight)[:112].abs().max()) < 0.05
    hidden = with_palms(make_pose(), turned=-60)
    hidden[92:113, 2] = 0
    assert torch.equal(puppet.move(hidden).cover[0, 0], straight), "a hand that is not seen keeps to its forearm"


def with_toes(pose: np.ndarray, *, turned: float) -> np.ndarray:
    """The pose with feet 12 pixels long that go on along the shins, the left one turned by some degrees."""
    for knee, ankle, toes, turn in ((9, 10, (21, 22), 0.0), (12, 13, (18, 19), turned)):
        way = pose[ankle, :2] - pose[knee, :2]
        angle = np.arctan2(way[1], way[0]) + np.radians(turn)
        pose[list(toes)] = (*(pose[ankle, :2] + 12 * np.array([np.cos(angle), np.sin(angle)])), 1)
    return pose


def test_a_foot_bends_at_the_ankle_and_the_leg_does_not():
    puppet = Puppet.cut(draw(), with_toes(make_pose(), turned=0))
    straight, bent = (puppet.move(with_toes(make_pose(), turned=turned)).cover[0, 0] for turned in (0, -60))
    outside = (slice(204, 214), slice(103, 110))
    assert float(bent[outside].mean()) > float(straight[outside].mean()) + 0.2, "it points outwards"
    assert float((bent - straight)[:186].abs().max()) < 0.05
    hidden = with_toes(make_pose(), turned=-60)
    hidden[18:24, 2] = 0
    assert torch.equal(puppet.move(hidden).cover[0, 0], straight), "a foot that is not seen keeps to its shin"


def test_a_bent_wrist_moves_nothing_but_the_hand_on_a_folded_arm():
    puppet = Puppet.cut(draw(), with_palms(make_pose(), turned=0))
    folded = {6: (124, 92), 7: (103, 78)}
    straight, bent = (puppet.move(with_palms(make_pose(folded), turned=turned)).frames[0] for turned in (0, 60))
    rows, columns = torch.nonzero((bent - straight).abs().amax(0) > 0.15, as_tuple=True)
    assert len(rows) > 20
    assert float(torch.hypot(columns - 103.0, rows - 78.0).max()) < 22


def test_the_forearm_of_a_folded_arm_is_whole_and_its_hand_there():
    """Both lie along the upper arm, hand at the shoulder; an arm that folds less is drawn as ever."""
    puppet, ways, scores = cut_figure("plain"), np.linspace(-10, 10, 9), []
    for turn in (-8.0, -3.0, 3.0, 8.0):
        upper = np.array(JOINTS[6], float) - JOINTS[5]
        angle = np.radians(turn)
        lower = -np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ upper
        wrist = JOINTS[6] + lower
        frame, length = puppet.move(make_pose({7: tuple(wrist)})).frames[0], np.linalg.norm(lower)
        across = np.array([-lower[1], lower[0]]) / length
        palm = wrist + lower / length * 6.5
        scores.append(np.mean([close_to(frame, palm + across * way * 0.4, SKIN, within=60) for way in ways]))
    assert min(scores) > 0.85, scores


def test_a_hem_goes_straight_from_thigh_to_thigh():
    spread = make_pose({9: (40, 152), 10: (34, 205), 12: (120, 152), 13: (126, 205)})
    frame = Puppet.cut(draw(skirt=True), make_pose()).move(spread).frames[0]
    hems = [max(y for y in range(126, 180) if close_to(frame, (x, y), TROUSERS)) for x in (60, 80, 100)]
    assert max(hems) < 162, "about the hips the cloth would fan out as far as 173"


def draw_bear() -> np.ndarray:
    """The figure in one fur, with a patch of another on its belly."""
    picture = draw()
    cv2.fillPoly(picture, [np.array([(58, 66), (102, 66), (98, 132), (62, 132)], np.int32)], TROUSERS)
    cv2.ellipse(picture, (80, 100), (13, 30), 0, 0, 360, SKIN, -1)
    return picture


def test_fur_beside_a_patch_goes_with_the_body_and_not_with_the_legs():
    torso, right, left = Puppet.cut(draw_bear(), make_pose()).layers[[1, 4, 5], 3]
    for x in (64, 96):
        assert float(torso[100:116, x].min()) > 0.8
    assert float(torch.maximum(right, left)[66:104].max()) < 0.2


def test_legs_carry_none_of_the_patch_when_they_are_lifted():
    for layer in Puppet.cut(draw_bear(), make_pose()).layers[[4, 5]]:
        red, _, blue, shown = layer[:4, :200]
        assert not bool(((shown > 0.8) & (red > blue)).any())


def test_joints_of_a_robot_go_with_its_arms():
    """Red balls at grey arms before a blue body: none of them stays with body or head."""
    path = Path(examples.characters()["robot"])
    picture, known = pictures.read(path), examples.known_pose(path)
    assert known is not None
    head, torso, right, left = (layer[:4] for layer in Puppet.cut(picture, known.points[0]).layers[:4])
    for arm, other, shoulder in ((right, left, 2), (left, right, 5)):
        x, y = known.points[0, shoulder, :2].astype(int)
        box = (..., slice(y - 24, y + 25), slice(x - 24, x + 25))
        seen = [int(((layer[3] > 0.8) & (layer[0] - layer[2] > 0.4))[box].sum()) for layer in (arm, head, torso, other)]
        assert seen[0] > 20 * max(seen[1:])


def test_legs_that_spread_show_no_corner_at_the_crotch():
    """About the hip a leg takes no more of the body with it than its own half, whose corner would swing out."""
    puppet = cut_figure("plain")
    right, left = puppet.layers[4, 3], puppet.layers[5, 3]
    assert float(right[100:128, 82:].max()) < 0.1
    assert float(left[100:128, :78].max()) < 0.1
    assert float(right[116:124, 66:76].min()) > 0.9


def test_between_arm_and_body_a_string_goes_with_the_body_and_a_tip_with_the_arm():
    down = find_bones(as_joints(make_pose({3: (50, 98), 4: (48, 126), 6: (110, 98), 7: (112, 126)})))
    colours, whose = torch.ones(3, HEIGHT, WIDTH), torch.zeros(HEIGHT, WIDTH)
    string, tip = (slice(80, 90), slice(56, 58)), (slice(84, 90), slice(40, 43))
    for layer, colour, rows, columns in (
        *((2, SHIRT, slice(66, 132), slice(58, 102)), (3, SLEEVE, slice(68, 126), slice(43, 58))),
        *((3, (250, 250, 250), *string), (2, SLEEVE, *tip)),
    ):
        whose[rows, columns] = layer
        colours[:, rows, columns] = torch.tensor(colour)[:, None, None] / 255
    owner = torch.stack([whose == layer for layer in range(1, 7)]).float()
    alpha, places = (whose > 0).float()[None], cell_centres((HEIGHT, WIDTH), (WIDTH, HEIGHT))
    along, _, distance = (t[0] for t in limb_coordinates(down, places))
    settled = settle_borders(owner, colours, alpha, along=along, distance=distance, torso=float(down.torso[0]))
    assert settled[1][string].min() == 1
    assert settled[2][tip].min() == 1
    whose[string], whose[tip] = 2, 3
    assert torch.equal(settled.argmax(0)[whose > 0] + 1, whose[whose > 0].long()), "nothing else has changed"


def test_of_an_arm_bent_beside_its_hand_the_hand_alone_is_lent():
    """A fist before the shoulder lies beyond the wrist, and so does the upper arm."""
    raised = {6: (116, 100), 7: (118, 68)}
    picture, pose = draw(), make_pose(raised, fingers=True)
    ground = make_background("plain")[0, 0].tolist()
    cv2.polylines(picture, [np.array([JOINTS[5], JOINTS[6], JOINTS[7]], np.int32)], False, ground, 16)
    cv2.circle(picture, HANDS[1], 9, ground, -1)
    cv2.circle(picture, HANDS[0], 9, ground, -1)
    cv2.polylines(picture, [np.array([JOINTS[5], raised[6], raised[7]], np.int32)], False, SLEEVE, 12, cv2.LINE_AA)
    cv2.circle(picture, (119, 60), 7, SKIN, -1)
    turns = np.linspace(0, 2 * np.pi, 21, endpoint=False)
    pose[92:113] = np.stack([119 + 4 * np.cos(turns), 60 + 4 * np.sin(turns), np.ones(21)], 1)
    pose[113:134, 2] = 0
    assert pieces(Puppet.cut(picture, pose).layers[2, 3]) == 1


def test_a_leg_that_crosses_behind_the_other_is_whole():
    bones, places = find_bones(as_joints(make_pose())), cell_centres((HEIGHT, WIDTH), (WIDTH, HEIGHT))
    along, _, distance = (each[0] for each in limb_coordinates(bones, places))
    owner = torch.zeros(6, HEIGHT, WIDTH)
    owner[4] = ((distance[6] < 1) | ((distance[7] < 1) & (along[7] > 0.8))).float()
    owner[5] = ((distance[7] < 1) & (owner[4] == 0)).float()
    owner[1] = 1 - owner[4:].sum(0)
    ink = Ink(torch.zeros(1, HEIGHT, WIDTH), False)
    body = Body.of(tensor(draw()), torch.ones(1, HEIGHT, WIDTH), owner, bones, roots={}, ink=ink)
    hidden = (along[7] > 0.2) & (along[7] < 0.8) & (distance[7] < 0.6)
    assert cut_layers(body)[4, 3, hidden].min() > 0.9


def test_of_clasped_hands_before_the_trunk_none_stays_there_when_the_arms_rise():
    elbows, wrists = ((48, 100), (112, 100)), ((70, 112), (90, 112))
    picture, without_arms = draw(), make_background("plain")[60:150]
    picture[60:150, :62], picture[60:150, 99:] = without_arms[:, :62], without_arms[:, 99:]
    for shoulder, elbow, wrist in zip((JOINTS[2], JOINTS[5]), elbows, wrists, strict=True):
        cv2.line(picture, shoulder, elbow, SLEEVE, 12, cv2.LINE_AA)
        cv2.line(picture, elbow, wrist, SKIN, 10, cv2.LINE_AA)
    cv2.ellipse(picture, (80, 115), (13, 10), 0, 0, 360, SKIN, -1, cv2.LINE_AA)
    pose = make_pose({3: elbows[0], 4: wrists[0], 6: elbows[1], 7: wrists[1]}, fingers=True)
    pose[113:134, :2] += np.float32((76, 113)) - HANDS[0]
    pose[92:113, 2] = 0  # the other is not recognised
    moved = Puppet.cut(picture, pose).move(make_pose()).frames[0, :, 90:140, 64:96]
    bare = (moved * 255 - torch.tensor(SKIN)[:, None, None]).abs().amax(0) < 30
    assert bare.sum() < 50
