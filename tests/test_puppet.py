"""The puppet: cut from a drawn figure, moved, and looked at."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from animate.puppet import Puppet
from animate.puppet.bones import limb_maps
from animate.puppet.heads import look
from animate.puppet.limbs import bend
from animate.puppet.stance import stand
from animate.puppet.turning import ORDER
from tests.figure import (
    HEIGHT,
    JOINTS,
    SKIN,
    SLEEVE,
    TROUSERS,
    WIDTH,
    close_to,
    cut_figure,
    draw,
    make_background,
    make_pose,
    psnr,
    tensor,
)


@pytest.fixture(scope="module", params=["plain", "textured"])
def scene(request):
    return cut_figure(request.param), draw(request.param), make_background(request.param)


@pytest.fixture(scope="module")
def puppet():
    return cut_figure("plain")


def test_shapes_and_ranges(puppet):
    moved = puppet.move(np.stack([make_pose(), make_pose({4: (20, 80)})]))
    assert moved.frames.shape == (2, 3, HEIGHT, WIDTH)
    assert moved.cover.shape == (2, 1, HEIGHT, WIDTH)
    for part in (*moved, puppet.mask, puppet.background, puppet.known):
        assert float(part.min()) >= 0
        assert float(part.max()) <= 1
    assert puppet.mask.shape == puppet.known.shape == (1, HEIGHT, WIDTH)
    assert puppet.background.shape == (3, HEIGHT, WIDTH)


def test_the_mask_is_the_figure(scene):
    puppet, picture, background = scene
    drawn = torch.from_numpy(np.abs(picture.astype(int) - background).max(-1) > 30)
    found = puppet.mask[0] > 0.5
    assert float((drawn & found).sum() / (drawn | found).sum()) > 0.93
    assert not (drawn & (puppet.known[0] > 0.5)).any(), "the body must not be taken for background"


def test_its_own_pose_gives_the_picture_back(scene):
    puppet, picture, _ = scene
    moved = puppet.move(make_pose())
    assert psnr(moved.frames[0], tensor(picture)) > 30


def test_the_body_leaves_no_ghost(scene):
    puppet, _, background = scene
    hidden = puppet.known[0] < 0.5
    filled, behind = puppet.background[:, hidden], tensor(background)[:, hidden]
    assert float((filled.mean(1) - behind.mean(1)).abs().max()) < 0.05
    assert float(filled.min()) > float(behind.min()) - 0.1, "no colour of the body is left"
    assert float(filled.max()) < float(behind.max()) + 0.1
    assert float(filled.std()) > 0.5 * float(behind.std()), "a texture goes on"


def test_a_raised_arm_goes_there_and_frees_what_was_behind(scene):
    puppet, _, background = scene
    raised = make_pose({3: (34, 52), 4: (26, 24)})
    frame = puppet.move(raised).frames[0]
    assert close_to(frame, (48, 61), SLEEVE)
    assert close_to(frame, (30, 38), SLEEVE)
    assert close_to(frame, (25, 18), SKIN)
    freed = tensor(background)[:, 100:120, 32:42]
    assert float((frame[:, 100:120, 32:42] - freed).abs().mean()) < 0.08


def test_a_shifted_pose_shifts_the_body(puppet):
    pose = make_pose()
    pose[:, 0] += 10
    moved, still = puppet.move(pose), puppet.move(make_pose())
    shifted = torch.roll(still.cover, 10, -1)
    assert float((moved.cover - shifted)[..., 10:].abs().mean()) < 0.005


def test_the_face_stays_rigid_and_sharp(puppet):
    pose = make_pose({4: (20, 60), 10: (40, 200), 13: (120, 205)})
    pose[[0, 14, 15, 16, 17, 1], 0] += 5
    frame, before = puppet.move(pose).frames[0], tensor(draw())
    assert psnr(frame[:, 32:54, 75:95], before[:, 32:54, 70:90]) > 30


@pytest.mark.parametrize("degrees", [-120, -60, 60, 120])
@pytest.mark.parametrize(("root", "middle", "last"), [(2, 3, 4), (5, 6, 7), (8, 9, 10), (11, 12, 13)])
def test_nothing_tears_at_a_bent_joint(puppet, degrees, root, middle, last):
    bone = np.subtract(JOINTS[last], JOINTS[middle])
    angle = np.radians(degrees)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ bone
    goal = tuple(np.add(JOINTS[middle], turned))
    cover = puppet.move(make_pose({last: goal})).cover[0, 0]
    for first, end in ((JOINTS[root], JOINTS[middle]), (JOINTS[middle], goal)):
        for share in np.linspace(0, 0.95, 20):
            x, y = np.round(np.add(first, share * np.subtract(end, first))).astype(int)
            if 0 <= x < WIDTH and 0 <= y < HEIGHT:
                assert cover[y, x] > 0.9
    x, y = JOINTS[middle]
    assert cover[y - 3 : y + 4, x - 3 : x + 4].min() > 0.9, "the joint is round and whole"


@pytest.mark.parametrize(
    ("joints", "onto"), [((3,), 2), ((9,), 8), ((9, 10), 8), ((0, 14, 15, 16, 17), 1), ((8, 11), 1)]
)
def test_a_bone_without_length_leaves_no_slab_of_colour(puppet, joints, onto):
    still, fallen = make_pose(), make_pose({joint: JOINTS[onto] for joint in joints})
    covers = puppet.move(np.stack([still, fallen])).cover.sum((1, 2, 3))
    assert covers[1] < 1.1 * covers[0]


def test_missing_joints_hang_as_in_the_picture(puppet):
    whole = puppet.move(make_pose())
    parted = puppet.move(make_pose(without=(4, 9, 10)))
    assert psnr(whole.frames, parted.frames) > 40
    assert torch.isfinite(puppet.move(np.zeros((2, 134, 3), np.float32)).frames).all()


def test_a_half_body_keeps_its_place_and_goes_on_below_the_picture():
    legs = (9, 10, 12, 13)
    picture = draw()[:140]
    half = Puppet.cut(picture, make_pose(without=legs))
    assert psnr(half.move(make_pose(without=legs)).frames[0], tensor(picture)) > 28
    lifted = make_pose(without=legs)
    lifted[:, 1] -= 8
    cover = half.move(lifted).cover[0, 0]
    assert cover[-1, 80] > 0.9


def test_a_head_that_the_upper_edge_cuts_never_ends_in_the_air():
    legs, lowered = (9, 10, 12, 13), make_pose(without=(9, 10, 12, 13))
    picture, pose = draw()[30:140], make_pose(without=legs)
    for each in (pose, lowered):
        each[:, 1] -= 30
    lowered[:, 1] += 8
    cut = Puppet.cut(picture, pose)
    assert cut.move(lowered).cover[0, 0, 0, 80] > 0.9
    assert psnr(cut.move(pose).frames[0], tensor(picture)) > 28
    whole, down = make_pose(without=legs), make_pose(without=legs)
    whole[:, 1] -= 10
    down[:, 1] -= 2
    cover = Puppet.cut(draw()[10:140], whole).move(down).cover
    assert cover[0, 0, 16, 80] < 0.1, "a head that is seen whole goes down"


def test_a_skirt_is_not_split_between_the_legs_and_trousers_are(puppet):
    spread = make_pose({9: (40, 158), 10: (34, 205), 12: (120, 158), 13: (126, 205)})
    skirt = Puppet.cut(draw(skirt=True), make_pose()).move(spread).frames[0]
    trousers = puppet.move(spread).frames[0]
    assert close_to(skirt, (80, 148), TROUSERS)
    assert not close_to(trousers, (80, 165), TROUSERS)
    assert close_to(skirt, (37, 190), SKIN)


@pytest.mark.parametrize("without", [(8, 9, 10, 11, 12, 13), (0, 14, 15, 16, 17), (4, 7), (1, 2, 5), tuple(range(18))])
def test_pictures_with_joints_missing_can_be_cut(without):
    cut = Puppet.cut(draw(), make_pose(without=without))
    assert torch.isfinite(cut.move(make_pose({4: (20, 80)})).frames).all()


def test_the_same_input_gives_the_same_output(puppet):
    again = Puppet.cut(draw(), make_pose())
    assert torch.equal(puppet.layers, again.layers)
    pose = make_pose({4: (20, 60)})
    assert torch.equal(puppet.move(pose).frames, again.move(np.stack([pose, pose])).frames[1:])


def test_the_size_of_the_body_is_found_from_the_whole_clip(puppet):
    pose = make_pose()
    small = pose.copy()
    small[:, :2] = 120 + (pose[:, :2] - 120) * 0.6
    assert puppet.scale_of(pose) == 1
    assert puppet.scale_of(small) == pytest.approx(0.6, abs=0.03)
    sideways = make_pose({2: (76, 70), 5: (84, 70), 8: (79, 126), 11: (81, 126)})
    assert puppet.scale_of(np.stack([sideways, pose])) == 1, "who turns does not shrink"
    shrunk = puppet.move(small, scale=0.6).cover.sum() / puppet.move(pose).cover.sum()
    assert float(shrunk) == pytest.approx(0.36, abs=0.05)


def test_limbs_that_the_picture_does_not_show_tell_no_size():
    """However short a dancer's are beside those that a bust would have."""
    bust = Puppet.cut(draw()[:120], make_pose(without=(3, 4, 6, 7, 8, 9, 10, 11, 12, 13)))
    stubby = make_pose({3: (58, 80), 4: (56, 88), 6: (102, 80), 7: (104, 88), 8: (74, 100), 11: (86, 100)})
    assert bust.scale_of(stubby) == 1
    stubby[:, :2] = (80, 66) + (stubby[:, :2] - (80, 66)) * 0.6
    assert bust.scale_of(stubby) == pytest.approx(0.6, abs=0.03)


def test_frames_without_anybody_tell_no_size_and_show_the_same(puppet):
    """A dance that is drawn smaller stays so where its dancer is out of sight, on the same ground."""
    small, nobody, half = (make_pose() for _ in range(3))
    small[:, :2] = (80, 208) + (small[:, :2] - (80, 208)) * 0.6
    nobody[:, 2] = 0
    half[:, :2], half[[9, 10, 12, 13], 2] = small[:, :2], 0
    clip = np.stack([small, half, *[nobody] * 4])
    scale = puppet.scale_of(clip)
    assert scale == pytest.approx(0.6, abs=0.03)
    assert puppet.scale_of(np.stack([nobody] * 3)) == 1
    cover = puppet.move(clip, scale=scale).cover[:, 0] > 0.5
    shown, legless, empty = cover[0], cover[1], cover[-1]
    assert float((shown ^ legless).float().sum()) < 0.06 * float(shown.sum())
    assert float((shown ^ empty).float().sum()) < 0.2 * float(shown.sum())
    floors = [int(torch.nonzero(one.any(1))[-1]) for one in (shown, legless, empty)]
    assert max(floors) - min(floors) <= 4


def test_a_batch_equals_its_frames(puppet):
    poses = np.stack([make_pose(), make_pose({4: (20, 60)}), make_pose({10: (40, 190)})])
    stance = stand(torch.from_numpy(poses), rest=puppet.rest)
    front = torch.zeros(len(poses))
    looks = look(stance, puppet.stance, beside=puppet.beside, behind=front)
    together, apart = puppet._draw(stance, looks, ORDER, front), puppet.move(poses)
    assert torch.allclose(together.frames, apart.frames, atol=2e-3)


def test_a_frame_looks_the_same_whichever_are_drawn_with_it():
    """A hand that bends in one of them bends no other."""
    puppet, short, bent = Puppet.cut(draw(), make_pose(fingers=True)), make_pose(fingers=True), make_pose(fingers=True)
    short[[4, *range(113, 134)], :2] += (5, -11)  # a forearm that points at the viewer, the hand straight upon it
    bent[113:134, :2] += (8, -4)
    together, alone = puppet.move(np.stack([short, bent])), puppet.move(short)
    assert float((together.frames[0] - alone.frames[0]).abs().max()) < 0.01


def test_a_body_that_fills_its_picture_is_cut():
    """Nothing is far from it, so nothing is known of what it stands before."""
    near = make_pose()
    near[:, :2] = (80, 100) + 20 * (near[:, :2] - (80, 100))
    for picture in (np.full((HEIGHT, WIDTH, 3), 9, np.uint8), draw()):
        puppet = Puppet.cut(picture, near)
        assert float(puppet.mask.mean()) > 0.5
        assert torch.isfinite(puppet.move(near).frames).all()


def test_a_given_mask_is_used():
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[60:140, 60:100] = 1
    cut = Puppet.cut(draw(), make_pose(), mask=mask)
    assert float(cut.mask[0, :50].max()) == 0
    assert float(cut.mask[0, 80:120, 70:90].min()) > 0.95


def test_limb_maps_tell_where_each_limb_is():
    maps = limb_maps(make_pose()[None], grid=(30, 20), size=(WIDTH, HEIGHT))
    assert maps.shape == (1, 42, 30, 20)
    forearm = maps[0, 3]
    peak = divmod(int(forearm.argmax()), 20)
    assert abs(peak[0] * 8 + 4 - 111) < 16
    assert abs(peak[1] * 8 + 4 - 40) < 16
    unseen = limb_maps(make_pose(without=(4,))[None], grid=(30, 20), size=(WIDTH, HEIGHT))
    assert float(unseen[0, 3].abs().max()) == 0


def test_a_forearm_seen_end_on_is_not_stretched_out():
    """Where the wrist was found upon the elbow nothing is known of the forearm: the arm turns as it is, ends there, and
    grows no lump where it would bend."""
    pose = make_pose()
    pose[4, :2] = pose[3, :2] + 2
    cover = Puppet.cut(draw(), pose).move(make_pose({3: (34, 52), 4: (6, 24)})).cover[0, 0]
    assert float(cover[46:52, 34:40].mean()) > 0.9, "the upper arm is there"
    assert float(cover[60:66, 18:30].mean()) < 0.1, "beside its elbow is nothing"
    assert float(cover[15:40, :22].sum()) < 1


def test_an_upper_arm_that_points_at_the_viewer_reaches_no_further_than_its_elbow(puppet):
    """However short it is seen, all of it lies between shoulder and elbow; none of it sticks out beyond."""
    short = make_pose({6: (98.6, 71), 7: (118, 48)})
    frame = puppet.move(short).frames[0]
    assert close_to(frame, (109, 57), SLEEVE), "the forearm is there"
    for place in ((86, 50), (88, 55), (89, 60)):
        assert not close_to(frame, place, SLEEVE, within=60)


def to_arm(at: torch.Tensor, opening: float) -> torch.Tensor:
    """How far places, h w complex, are from an arm whose elbow is at 0 and opens so many degrees, h w."""
    bones = (torch.tensor(40 + 0j), torch.polar(torch.tensor(40.0), torch.tensor(math.radians(opening))))
    along = [((at * bone.conj()).real / 40**2).clamp(0, 1) * bone for bone in bones]
    return torch.minimum((at - along[0]).abs(), (at - along[1]).abs())


def bent_arm(opening: float, *, rest: float) -> tuple[torch.Tensor, torch.Tensor]:
    """What is drawn, h w bool, of an arm that opens `rest` degrees in its picture and now so many; and what an arm is
    that opens so."""
    x, y = torch.meshgrid(torch.arange(-60.0, 61), torch.arange(-60.0, 61), indexing="xy")
    at, (own, now) = torch.complex(x, y), (torch.tensor([math.radians(each)]) for each in (rest, opening))
    upper = torch.tensor([40 + 0j])
    source, _ = bend(at[None], [upper, torch.polar(upper.abs(), now)], [upper[0], torch.polar(upper.abs(), own)[0]])
    return to_arm(source[0], rest) < 6, to_arm(at, opening) < 6


@pytest.mark.parametrize("rest", [40, 75, 110, 250, 320])
def test_a_joint_that_bends_to_the_other_side_than_in_the_picture_opens_to_no_disc(rest):
    for turn in range(212, 300, 8):
        if not 25 < (opening := rest + turn if rest < 180 else rest - turn) < 335:
            continue
        drawn, arm = bent_arm(opening, rest=rest)
        assert (drawn & ~arm).sum() < 0.03 * arm.sum(), opening
        assert (arm & ~drawn).sum() < 0.03 * arm.sum(), opening


def test_it_comes_to_that_little_by_little():
    drawn = [bent_arm(opening, rest=60)[0] for opening in range(225, 285)]
    arm = bent_arm(240, rest=60)[1].sum()
    assert max((one ^ other).sum() / arm for one, other in pairwise(drawn)) < 0.2
