"""Skirts: cloth that both legs share is told from trousers by its shape, whatever its pattern."""

import cv2
import numpy as np
import pytest
import torch

from animate.puppet.bones import as_joints, cell_centres, find_bones
from animate.puppet.skirt import find_skirt
from tests.figure import HEIGHT, WIDTH, make_pose

APART = make_pose({9: (56, 168), 10: (50, 208), 12: (104, 168), 13: (110, 208)})
TOGETHER = make_pose({9: (74, 168), 10: (76, 208), 12: (86, 168), 13: (84, 208)})
LEGS = ((8, 9, 10), (11, 12, 13))


def above_hem(
    pose: np.ndarray,
    *cloth: list[tuple[int, int]],
    broad: int = 14,
    beside: int = 80,
    bare: tuple[int, int] | None = None,
) -> torch.Tensor | None:
    """h w: where a body is above a hem: a trunk, legs so broad, and polygons (x, y) of cloth, all of it striped; or
    black, but for bare rows. What lies farther than `beside` from the middle is an arm's."""
    body = np.zeros((HEIGHT, WIDTH), np.uint8)
    for leg in LEGS:
        cv2.polylines(body, [pose[list(leg), :2].astype(np.int32)], False, 1, broad)
    for polygon in ([(60, 66), (100, 66), (98, 130), (62, 130)], *cloth):
        cv2.fillPoly(body, [np.array(polygon, np.int32)], 1)
    colours = (torch.arange(HEIGHT)[None, :, None] // 8 % 2).float().expand(3, HEIGHT, WIDTH)
    if bare is not None:
        colours = torch.zeros(3, HEIGHT, WIDTH)
        colours[:, slice(*bare)] = 0.8
    places = cell_centres((HEIGHT, WIDTH), (WIDTH, HEIGHT))
    alpha = torch.from_numpy(body).float()[None]
    return find_skirt(colours, alpha, (places[..., 0] - 80).abs() > beside, find_bones(as_joints(pose)), places)


def hem_of(skirt: torch.Tensor | None) -> int:
    """The row of the middle column at which a skirt ends."""
    assert skirt is not None
    return int((skirt[:, 80] > 0.5).nonzero().max())


@pytest.mark.parametrize("pose", [APART, TOGETHER], ids=["apart", "together"])
@pytest.mark.parametrize("hem", [160, 175, 198], ids=["short", "at the knees", "at the shins"])
def test_a_skirt_ends_where_the_body_falls_into_two_legs(pose, hem):
    skirt = [(62, 126), (98, 126), (124, hem), (36, hem)]
    assert hem_of(above_hem(pose, skirt)) == pytest.approx(hem, abs=6)


def test_a_gown_that_hides_the_legs_is_one_cloth_to_the_ground():
    gown = [(62, 126), (98, 126), (136, 212), (24, 212)]
    assert hem_of(above_hem(TOGETHER, gown)) > 195


@pytest.mark.parametrize(
    ("pose", "broad"), [(APART, 14), (make_pose(), 16), (TOGETHER, 12), (TOGETHER, 20), (TOGETHER, 26)]
)
def test_trousers_are_no_skirt_however_close_and_wide_they_are(pose, broad):
    assert above_hem(pose, broad=broad) is None


@pytest.mark.parametrize("crotch", [142, 150])
def test_wide_shorts_that_part_above_their_hems_are_no_skirt(crotch):
    right = [(60, 126), (80, 126), (79, crotch), (76, 166), (52, 166)]
    assert above_hem(make_pose(), right, [(160 - x, y) for x, y in right], broad=10) is None


def test_hands_that_hang_beside_trousers_make_no_hem():
    hands = [(44, 120), (116, 120), (116, 146), (44, 146)]
    assert above_hem(TOGETHER, hands, broad=20) is not None, "cloth as broad would end in one"
    assert above_hem(TOGETHER, hands, broad=20, beside=20) is None


def test_shins_that_fall_into_ankles_are_no_hem_of_shorts_above_them():
    shorts, shins = [(62, 126), (98, 126), (104, 156), (56, 156)], [(64, 156), (96, 156), (96, 194), (64, 194)]
    assert hem_of(above_hem(TOGETHER, shorts, shins, broad=8)) == pytest.approx(156, abs=6)


def test_trousers_torn_at_the_knees_are_no_skirt_and_a_skirt_above_boots_is():
    assert above_hem(TOGETHER, broad=20, bare=(166, 176)) is None
    assert hem_of(above_hem(TOGETHER, broad=20, bare=(158, 182))) == pytest.approx(158, abs=6)
