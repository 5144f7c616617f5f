"""Cast shadows: the one on wall or ground goes where the body goes, and nothing else in a picture is taken for one."""

import cv2
import numpy as np
import pytest
import torch

from animate.puppet import Puppet
from animate.puppet.casts import find_casts, light_of
from tests.figure import HEIGHT, JOINTS, WIDTH, colour_at, draw, make_pose, tensor

LEFT, RIGHT, BELOW = 70, 50, 30  # pixels around the figure's own picture, in which its shadow ends
WALL, FLOOR, EDGE = 222.0, 170.0, 196  # how bright they are, and the row where they meet
SOLE = 216
PLACES = {joint: (x + LEFT, y) for joint, (x, y) in JOINTS.items()}


def scene(
    *, wall: float = 0.0, ground: float = 0.0, floor: bool = False, kind: str = "", nobody: bool = False
) -> np.ndarray:
    """h w 3 uint8: the figure before a wall that is lit from one side, its shadow on it, 24 pixels to the left, and on
    the ground, towards the viewer; or before something of another kind."""
    figure, height, width = draw(), HEIGHT + BELOW, WIDTH + LEFT + RIGHT
    y, x = np.mgrid[:height, :width].astype(np.float32)
    body = np.zeros((height, width), np.float32)
    body[:HEIGHT, LEFT : LEFT + WIDTH] = np.abs(figure.astype(int) - draw("plain")[0, 0]).max(-1) > 3
    place = WALL * (0.9 + 0.1 * x / width)
    if kind == "tiles":
        place *= np.where((x // 23 + y // 23) % 2, 1, 0.7)
    if kind == "chair":
        place[120:230, 60:90] *= 0.5
    if kind == "box":
        place[130:180, 14:34] *= 0.3
    if kind == "lamp":
        place *= 0.6 + 0.4 * np.exp(-np.hypot(x - 200, y - 40) / 160)
    if kind == "grain":
        place += np.random.default_rng(0).normal(0, 25, place.shape)
    if floor:
        place[EDGE:] = FLOOR
    if wall:
        moved = cv2.warpAffine(body, np.array([[1, 0, -24], [0, 1, 10]], np.float32), (width, height))
        place *= 1 - wall * cv2.GaussianBlur(moved, (0, 0), 5) * (y < EDGE if floor else 1)
    if ground:
        up = (y - SOLE) / 0.2
        moved = cv2.remap(body, x - 0.4 * up, SOLE - up, cv2.INTER_LINEAR)
        place *= 1 - ground * cv2.GaussianBlur(moved, (0, 0), 3)
    picture = np.repeat(place[..., None], 3, 2)
    if not nobody:
        picture[body > 0] = np.pad(figure, ((0, BELOW), (LEFT, RIGHT), (0, 0)))[body > 0]
    return picture.clip(0, 255).astype(np.uint8)


def posed(dx: float = 0, dy: float = 0) -> np.ndarray:
    return make_pose({joint: (x + dx, y + dy) for joint, (x, y) in PLACES.items()})


def missing(frame: torch.Tensor, place: tuple[float, float], **kind) -> float:
    """The share of light that is missing there, beside the same place without body and shadows."""
    x, y = place
    around = (slice(round(y) - 2, round(y) + 3), slice(round(x) - 2, round(x) + 3))
    return 1 - float(frame[:, around[0], around[1]].mean()) * 255 / float(scene(nobody=True, **kind)[around].mean())


# Where shadows of the standing figure are seen: of its head, on the wall and on the ground.
BY_HEAD, ON_GROUND = (LEFT + 80 - 22, 52), (LEFT + 80 + 70, 251)


@pytest.fixture(scope="module")
def on_wall() -> Puppet:
    return Puppet.cut(scene(wall=0.35), posed())


@pytest.fixture(scope="module")
def on_ground() -> Puppet:
    return Puppet.cut(scene(ground=0.4), posed())


def test_a_shadow_on_the_wall_is_found_and_taken_from_it(on_wall):
    (cast,) = on_wall.scenery.casts
    assert cast.wall
    assert (cast.x, cast.y) == pytest.approx((-24, 10), abs=3)
    assert 0.25 < 1 - np.exp(-np.mean(cast.depth)) < 0.45
    assert missing(tensor(scene(wall=0.35)), BY_HEAD) > 0.2
    for place in (BY_HEAD, (LEFT + 80 - 24, 110), (LEFT + 80, 110), (LEFT + 50, 190)):
        assert abs(missing(on_wall.background, place)) < 0.04


def test_one_on_the_ground_is_too(on_ground):
    (cast,) = on_ground.scenery.casts
    assert not cast.wall
    assert (cast.x, cast.y) == pytest.approx((0.4, -0.2), abs=0.06)
    assert missing(tensor(scene(ground=0.4)), ON_GROUND) > 0.2
    for place in (ON_GROUND, (LEFT + 80 + 20, 224)):
        assert abs(missing(on_ground.background, place)) < 0.06


def test_a_body_may_cast_both():
    puppet = Puppet.cut(scene(wall=0.35, ground=0.4, floor=True), posed())
    assert [cast.wall for cast in puppet.scenery.casts] == [True, False]
    for place in (BY_HEAD, ON_GROUND):
        assert abs(missing(puppet.background, place, floor=True)) < 0.06


@pytest.mark.parametrize("shadows", [{"wall": 0.35}, {"ground": 0.4}])
def test_as_in_the_picture_it_lies_where_it_was(shadows, request):
    puppet = request.getfixturevalue("on_wall" if "wall" in shadows else "on_ground")
    picture, frame = tensor(scene(**shadows)), puppet.move(posed()).frames[0]
    assert float((frame - picture).abs().mean()) < 0.008
    place = BY_HEAD if "wall" in shadows else ON_GROUND
    assert missing(frame, place) == pytest.approx(missing(picture, place), abs=0.08)


def test_it_goes_where_the_body_goes(on_wall, on_ground):
    for puppet, (x, y) in ((on_wall, BY_HEAD), (on_ground, ON_GROUND)):
        frame = puppet.move(posed(dx=-45)).frames[0]
        assert abs(missing(frame, (x, y))) < 0.06
        assert missing(frame, (x - 45, y)) > 0.15


def test_one_on_the_ground_stays_there_when_the_body_jumps(on_ground):
    """It comes off the feet, along the way that it falls."""
    frame = on_ground.move(posed(dy=-50)).frames[0]
    risen = on_ground.move(posed(dy=-50)).cover[0, 0].numpy()
    assert risen[SOLE - 30 :].max() == 0
    assert missing(frame, (LEFT + 93 + 20, SOLE + 6)) > 0.1
    assert abs(missing(frame, (LEFT + 67, SOLE + 2))) < 0.06


def test_a_body_never_lies_in_its_own_shadow(on_wall):
    plain = Puppet.cut(scene(), posed()).move(posed()).frames[0]
    x, y = LEFT + 80, 100
    assert colour_at(on_wall.move(posed()).frames[0], (x, y)).tolist() == pytest.approx(
        colour_at(plain, (x, y)).tolist(), abs=2
    )


@pytest.mark.parametrize("kind", ["", "tiles", "chair", "lamp", "grain"])
def test_other_pictures_have_none(kind):
    puppet = Puppet.cut(scene(kind=kind), posed())
    assert puppet.scenery.casts == ()


def test_what_stands_in_a_shadow_stays():
    """A dark box beside the body, where the shadow of an arm falls on it."""
    puppet = Puppet.cut(scene(wall=0.35, kind="box"), posed())
    assert puppet.scenery.casts
    assert abs(missing(puppet.background, (22, 150), kind="box")) < 0.1
    assert puppet.background[:, 150, 22].mean() < 0.5 * puppet.background[:, 150, 60].mean()


def test_of_a_tiny_or_unseen_body_nothing_is_known():
    image = tensor(scene(wall=0.35))
    nobody = torch.zeros(1, *image.shape[-2:])
    assert find_casts(image, nobody, nobody, torch.zeros(18, 2)) == ()
    assert light_of((), nobody[None], torch.zeros(1, 18, dtype=torch.complex64)).shape == (1, 3, *image.shape[-2:])
