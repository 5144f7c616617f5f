"""A model that sees people says which pixels are theirs; where it and the colours differ, both are heard."""

import cv2
import numpy as np
import pytest
from PIL import Image

from animate import Job, RenderSettings, cutting, examples, motion, pictures
from animate.canvas import Canvas
from animate.puppet.bones import as_joints
from animate.puppet.cutout import find_mask
from pose import salience as salience_module
from pose import segmenter as segmenter_module
from pose.segmenter import PersonSegmenter
from pose.weights import PoseModelError, find_pose_models, find_segmenter
from tests.figure import HEIGHT, WIDTH, cut_out, draw, make_background, make_pose
from training.puppets import World


@pytest.fixture(scope="module")
def segmenter() -> PersonSegmenter:
    try:
        find_pose_models()
    except PoseModelError as failure:
        pytest.skip(str(failure))
    if (found := find_segmenter()) is None:
        pytest.skip("the embedded models cannot be had beside the official pair")
    return PersonSegmenter(found)


def wrong(found: np.ndarray, body: np.ndarray) -> float:
    """Pixels that are, as a share of the body's."""
    return float(((found > 0.5) != (body > 0.5)).sum() / (body > 0.5).sum())


def body_of(picture: np.ndarray) -> np.ndarray:
    return (np.abs(picture.astype(int) - make_background("plain")).max(-1) > 8).astype(np.float32)


def test_it_sees_the_bodies_of_people_it_has_never_seen(segmenter):
    """By itself better than colours alone, in the mean; and both together better than those, for each of them."""
    world = World(seed=11, split="held-out")
    alone, by_colours, by_both = [], [], []
    for _ in range(4):
        sample = world.clip(frames=2, size=(256, 384), spread=True)
        picture, pose = sample.frames[0].permute(1, 2, 0).contiguous().numpy(), np.float32(sample.poses[0])
        body, seen = sample.masks[0, 0].float().numpy() / 255, segmenter.see(picture, pose)
        alone.append(wrong(seen, body))
        by_colours.append(wrong(find_mask(picture, as_joints(pose))[0].numpy(), body))
        by_both.append(wrong(find_mask(picture, as_joints(pose), seen=[seen])[0].numpy(), body))
    assert np.mean(alone) < 0.8 * np.mean(by_colours)
    assert all(both < colours for both, colours in zip(by_both, by_colours, strict=True))
    assert np.mean(by_both) < 0.7 * np.mean(by_colours)


def test_it_sees_the_same_in_the_mirror_and_in_a_larger_picture(segmenter):
    path = examples.characters()["portrait"]
    known, picture = examples.known_pose(path), pictures.read(path)
    assert known is not None
    pose = known.points[0] * (picture.shape[1] / known.size[0], picture.shape[0] / known.size[1], 1)
    seen = segmenter.see(picture, pose)
    mirrored = pose * (-1, 1, 1) + (picture.shape[1] - 1, 0, 0)
    assert wrong(segmenter.see(np.ascontiguousarray(picture[:, ::-1]), mirrored)[:, ::-1], seen) < 0.02
    double = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    larger = segmenter.see(double, (pose + (0.5, 0.5, 0)) * (2, 2, 1) - (0.5, 0.5, 0))
    assert wrong(cv2.resize(larger, seen.shape[::-1], interpolation=cv2.INTER_AREA), seen) < 0.02
    assert seen.dtype == np.float32
    assert seen.min() >= 0
    assert seen.max() <= 1


def test_a_body_whose_hips_or_all_joints_are_out_of_sight_is_looked_at_too(segmenter):
    for without in (range(8, 14), range(18)):
        seen = segmenter.see(draw(), make_pose(without=tuple(without)))
        assert seen.shape == (HEIGHT, WIDTH)
        assert np.isfinite(seen).all()


@pytest.fixture
def hidden() -> tuple[np.ndarray, np.ndarray]:
    """A figure beside a wall that goes on in the colours of its clothes; and where the figure is, h w."""
    picture = draw()
    body = body_of(picture)
    wall = (cv2.dilate(body, np.ones((25, 25))) > 0.5) & (body < 0.5)
    wall[:60] = False
    clothes = np.where(np.arange(HEIGHT)[:, None, None] < 128, (200, 60, 50), (40, 60, 150)) + np.zeros_like(picture)
    picture[wall] = clothes[wall]
    return picture, body


def test_where_colours_cannot_tell_the_model_decides(hidden):
    picture, body = hidden
    joints = as_joints(make_pose())
    alone, both = (wrong(find_mask(picture, joints, seen=each)[0].numpy(), body) for each in ((), [body]))
    assert both < 0.02 < alone / 3


def test_a_model_that_does_not_recognise_the_figure_is_not_heard():
    joints, nothing = as_joints(make_pose()), np.zeros((HEIGHT, WIDTH), np.float32)
    elsewhere = nothing.copy()
    elsewhere[:60, :60] = 1
    alone = find_mask(draw(), joints)
    assert all((find_mask(draw(), joints, seen=[each]) == alone).all() for each in (nothing, elsewhere))


def test_a_rim_that_the_model_sees_coarsely_follows_the_colours():
    body = body_of(draw())
    coarse = cv2.dilate(body, np.ones((5, 5)))
    assert wrong(coarse, body) > 0.2
    assert wrong(find_mask(draw(), as_joints(make_pose()), seen=[0.9 * coarse])[0].numpy(), body) < 0.09


def test_who_knows_the_figure_better_is_heard(hidden):
    picture, body = hidden
    joints, half, whole = as_joints(make_pose()), body.copy(), cv2.dilate(body, np.ones((3, 3)))
    half[190:] = 0  # as a model that knows people sees a drawing
    for seen, heard in (([half, whole], whole), ([whole, half], whole), ([body, whole], body), ([half], half)):
        expected = find_mask(picture, joints, seen=[heard])
        assert (find_mask(picture, joints, seen=seen) == expected).all()


@pytest.mark.parametrize(("broad", "foreign"), [(200, True), (16, False)])
def test_a_horse_that_one_model_joins_to_the_body_is_not_cut_out_with_it_and_a_bag_is(broad, foreign):
    picture, body = (
        np.pad(each, ((0, 0), (0, 240), *[(0, 0)] * (each.ndim - 2)), "edge") for each in (draw(), body_of(draw()))
    )
    beside, rope = np.zeros_like(body), slice(120, 124)
    beside[80:180, 190 : 190 + broad] = beside[rope, 80:190] = 1
    picture[beside > body] = (130, 90, 50)
    with_it = np.maximum(body, beside)
    without, third = (0.5 + 0.8 * (each - 0.5) for each in (body, with_it))
    for others in ([without], [without, third]):
        found = find_mask(picture, as_joints(make_pose()), seen=[with_it, *others])[0].numpy()
        assert wrong(found, body if foreign else with_it) < 0.08
    alone = find_mask(picture, as_joints(make_pose()), seen=[with_it])[0].numpy()
    assert wrong(alone, with_it) < 0.05, "nobody denies it"


def test_a_large_head_of_which_a_model_of_people_sees_the_face_stays_whole_where_another_sees_it_too():
    picture, body = (
        np.pad(each, ((160, 0), *[(0, 0)] * (each.ndim - 1)), "edge") for each in (draw(), body_of(draw()))
    )
    head = cv2.ellipse(np.zeros_like(body), (80, 110), (74, 104), 0, 0, 360, 1.0, -1)
    picture[head > body] = (220, 120, 150)
    joints, whole = as_joints(make_pose() + np.array([0, 160, 0], np.float32)), np.maximum(body, head)
    alone, both = (
        find_mask(picture, joints, seen=[whole, *(0.5 + 0.8 * (each - 0.5) for each in others)])[0].numpy()
        for others in ([body], [body, whole])
    )
    assert wrong(both, whole) < 0.03
    assert wrong(alone, whole) > 0.3, "all others deny it"


def test_what_stands_out_of_paper_is_the_figure_though_no_model_knows_it(monkeypatch):
    monkeypatch.setattr(motion, "person_segmenter", lambda: None)
    monkeypatch.setattr(motion, "salience", lambda: None)
    picture, body = draw(), body_of(draw())
    (seen,) = motion.seen_body(picture, make_pose())
    assert seen.shape == (HEIGHT, WIDTH)
    assert wrong(seen, body) < 0.12
    hair = picture.copy()
    cv2.ellipse(hair, (80, 26), (44, 10), 0, 0, 360, (60, 40, 30), -1)  # out of a head's usual reach
    without, by_outline = (
        find_mask(hair, as_joints(make_pose()), seen=each)[0].numpy()[20:32, [42, 118]].mean()
        for each in ((), motion.seen_body(hair, make_pose()))
    )
    assert by_outline > 0.8 > 2 * without


def test_shoes_in_the_colour_of_the_ground_stay():
    picture, body = draw(), body_of(draw())
    ground = make_background("plain")[0, 0]
    picture[200:][body[200:] > 0.5] = ground - np.uint8(6)
    joints = as_joints(make_pose())
    alone, both = (find_mask(picture, joints, seen=each)[0].numpy()[200:] for each in ((), [body]))
    assert wrong(both, body[200:]) < 0.1 < wrong(alone, body[200:])


def test_visitors_pictures_are_seen_and_the_projects_own_are_cut_alike_everywhere(tmp_path, monkeypatch):
    asked: list[tuple[int, ...]] = []

    def see(picture, character):
        asked.append(picture.shape)
        return []

    monkeypatch.setattr(cutting, "seen_body", see)
    Image.fromarray(draw()).save(tmp_path / "mine.png")
    cut_out(tmp_path / "mine.png", make_pose(), (WIDTH, HEIGHT))
    assert asked == [(HEIGHT, WIDTH, 3)]
    path = examples.characters()["bear"]
    known = examples.known_pose(path)
    assert known is not None
    canvas = Canvas.lay(pictures.read(path), (128, 192))
    job = Job(image=path, motion="disco", settings=RenderSettings(width=128, height=192))
    for _ in cutting.Cutter(1).cut(job, canvas, canvas.place(known.points[0])):
        pass
    assert len(asked) == 1


def test_without_the_model_or_with_a_broken_one_colours_tell(tmp_path, monkeypatch):
    broken = tmp_path / "segmenter.onnx"
    broken.write_text("no model")
    for found in (None, broken):
        for module, find in ((segmenter_module, "find_segmenter"), (salience_module, "find_salience")):
            monkeypatch.setattr(module, "_loaded", [])
            monkeypatch.setattr(module, find, lambda found=found: found)
        assert motion.seen_body(np.tile(make_background("busy"), (1, 1, 1)), make_pose()) == []
