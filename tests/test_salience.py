"""A model that sees what stands out tells what is body, whatever a picture shows; where it is certain, against all."""

import cv2
import numpy as np
import pytest

from animate import examples, motion, pictures
from animate.puppet.bones import as_joints
from animate.puppet.cutout import find_mask
from pose import outline
from pose.salience import Salience
from pose.segmenter import person_segmenter
from pose.silhouette import guess_body
from pose.weights import PoseModelError, find_pose_models, find_salience
from tests.figure import HEIGHT, WIDTH, draw, make_pose
from tests.test_pose_silhouette import off
from tests.test_segmenter import body_of, wrong
from training.puppets import World


@pytest.fixture(scope="module")
def model() -> Salience:
    try:
        find_pose_models()
    except PoseModelError as failure:
        pytest.skip(str(failure))
    if (found := find_salience()) is None:
        pytest.skip("the model cannot be had")
    return Salience(found)


@pytest.fixture(scope="module")
def scenes() -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Pictures h w 3, poses 134 3, and where the bodies are, h w."""
    world, found = World(seed=21, split="held-out"), []
    for _ in range(3):
        sample = world.clip(frames=1, size=(256, 384), spread=True)
        picture = sample.frames[0].permute(1, 2, 0).contiguous().numpy()
        found.append((picture, np.asarray(sample.poses[0], np.float32), sample.masks[0, 0].float().numpy() / 255))
    return found


def test_figures_are_cut_out_better_with_it_than_with_the_model_of_people(model, scenes):
    segmenter = person_segmenter()
    assert segmenter is not None
    without, with_it = [], []
    for picture, pose, body in scenes:
        joints = as_joints(pose)
        without.append(wrong(find_mask(picture, joints, seen=[segmenter.see(picture, pose)])[0].numpy(), body))
        with_it.append(wrong(find_mask(picture, joints, seen=motion.seen_body(picture, pose))[0].numpy(), body))
    assert np.mean(with_it) < 0.7 * np.mean(without)


def test_a_small_figure_is_looked_at_from_nearer(model, scenes):
    whole, nearer = [], []
    for picture, pose, body in scenes:
        wide, placed = np.pad(picture, ((300, 300), (300, 300), (0, 0)), mode="edge"), pose.copy()
        placed[:, :2] += 300
        there = np.pad(body, 300)
        whole.append(wrong(model.see(wide), there))
        nearer.append(wrong(model.see(wide, placed), there))
    assert np.mean(nearer) < 0.8 * np.mean(whole)


def test_an_answer_has_the_pictures_size_and_any_picture_one(model):
    for size in ((HEIGHT, WIDTH), (40, 900), (900, 1)):
        seen = model.see(np.zeros((*size, 3), np.uint8), make_pose())
        assert seen.shape == size
        assert seen.dtype == np.float32
        assert 0 <= seen.min() <= seen.max() <= 1
    nobody = make_pose(without=tuple(range(18)))
    assert (model.see(draw(), nobody) == model.see(draw())).all()


@pytest.fixture
def bundle() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A figure with hair in the colour of the wall behind it, out of a head's usual reach; the figure, and its hair,
    h w each."""
    picture, body = draw(), body_of(draw())
    hair = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(hair, (80, 20), (44, 14), 0, 0, 360, 1, -1)
    hair[body > 0.5] = 0
    return picture, np.maximum(body, hair), hair > 0


def test_what_is_certain_is_believed_against_colours(bundle):
    picture, body, hair = bundle
    kept = {
        sure: find_mask(picture, as_joints(make_pose()), seen=[0.5 + sure * (body - 0.5)])[0].numpy()[hair].mean()
        for sure in (0.8, 1.0)
    }
    assert kept[1.0] > 0.7 > 2 * kept[0.8]


def test_another_figure_that_stands_out_too_is_none_of_this_body():
    one, two = draw(), draw()
    picture, joints = np.concatenate([one, two], 1), as_joints(make_pose())
    seen = np.concatenate([body_of(one), body_of(two)], 1)
    mask = find_mask(picture, joints, seen=[seen])[0].numpy()
    assert wrong(mask[:, :WIDTH], body_of(one)) < 0.05
    assert mask[:, WIDTH:].max() == 0


def test_what_stands_out_of_any_ground_is_a_figure(model, monkeypatch):
    """The paper doll lies on a ground that colours alone do not tell from it."""
    path = examples.characters()["paper-doll"]
    known, picture = examples.known_pose(path), pictures.read(path)
    assert known is not None
    true = known.points[0, :, :2] * (np.array(picture.shape[1::-1]) / known.size)
    monkeypatch.setattr(outline, "salience", lambda: model)
    assert off(guess_body(picture, None), true).mean() < 0.15
    monkeypatch.setattr(outline, "salience", lambda: None)
    assert off(guess_body(picture, None), true).mean() > 0.2


def seers(monkeypatch, *, whole: np.ndarray, person: np.ndarray, outline: np.ndarray | None) -> None:
    class Sees:
        def __init__(self, seen: np.ndarray):
            self.seen = seen

        def see(self, picture: np.ndarray, points: np.ndarray) -> np.ndarray:
            return self.seen

    monkeypatch.setattr(motion, "salience", lambda: Sees(whole))
    monkeypatch.setattr(motion, "person_segmenter", lambda: Sees(person))
    monkeypatch.setattr(motion, "outline_on_plain", lambda picture: outline)


def test_what_others_see_is_left_open_and_a_drawing_on_paper_is_what_its_lines_enclose(monkeypatch):
    body, nothing = body_of(draw()), np.zeros((HEIGHT, WIDTH), np.float32)
    head = np.where(np.arange(HEIGHT)[:, None] < 60, body, 0).astype(np.float32)
    seers(monkeypatch, whole=head, person=body, outline=None)
    first, second = motion.seen_body(draw(), make_pose())
    assert (first[head > 0.5] == 1).all()
    assert ((first > 0.4) & (first < 0.5))[(body > 0.5) & (head < 0.5)].all()
    assert wrong(second, body) == 0
    seers(monkeypatch, whole=head, person=nothing, outline=body > 0.5)
    first, *_ = motion.seen_body(draw(), make_pose())
    assert wrong(first, body) == 0
    seers(monkeypatch, whole=head, person=body, outline=body > 0.5)
    first, *_ = motion.seen_body(draw(), make_pose())
    assert wrong(first, head) == 0
