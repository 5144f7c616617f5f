"""Outlines with their joints, and the small model that learns from them where joints are."""

import json

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from pose.silhouette import SIDE, framed
from pose.skeleton import LEFT_SHOULDER, RIGHT_SHOULDER
from training import placing
from training.outlines import drawn, load_rendered, mirrored, rendered, save_rendered
from training.outlines.__main__ import main as render
from training.placing import Certain, Figures, Placer, collated, errors, loss_of, save, train
from training.puppets import World


def on_figure(mask: np.ndarray, joints: np.ndarray, inside: np.ndarray) -> float:
    """The share of the joints inside that lie on an outline, or a few pixels beside it."""
    near = cv2.dilate((mask > 0.5).astype(np.uint8), np.ones((7, 7), np.uint8))
    x, y = joints[inside].round().astype(int).clip(0, SIDE - 1).T
    return float(near[y, x].mean())


def test_drawn_figures_have_their_joints_on_them_and_are_seeded():
    figures = [drawn(np.random.default_rng(seed)) for seed in range(60)]
    for (mask, joints, inside), again in zip(
        figures, (drawn(np.random.default_rng(seed)) for seed in range(60)), strict=True
    ):
        np.testing.assert_array_equal(mask, again[0])
        np.testing.assert_array_equal(joints, again[1])
        assert mask.shape == (SIDE, SIDE)
        assert 0 <= mask.min() < 0.01 < 0.99 < mask.max() < 1.01
        assert inside.shape == (18,)
    assert np.mean([on_figure(*figure) for figure in figures]) > 0.93
    assert np.std([figure[0].mean() for figure in figures]) > 0.05, "thin ones and thick ones"


def test_the_worlds_figures_face_the_viewer_and_are_kept_whole(tmp_path):
    world = World(seed=1, split="train")
    found = [figure for _ in range(4) for figure in rendered(world, 3)]
    assert len(found) > 6
    for mask, joints, inside in found:
        assert mask.shape == (SIDE, SIDE)
        assert joints[RIGHT_SHOULDER, 0] < joints[LEFT_SHOULDER, 0]
        assert inside.shape == (18,)
    assert np.mean([on_figure(*figure) for figure in found]) > 0.85
    save_rendered(tmp_path / "7.npz", world, characters=2, frames=2)
    assert [path.name for path in tmp_path.iterdir()] == ["7.npz"]
    assert np.mean([on_figure(*figure) for figure in load_rendered(tmp_path / "7.npz")]) > 0.85


def test_in_the_mirror_right_is_left():
    figure = drawn(np.random.default_rng(5))
    mask, joints, _ = mirrored(figure)
    assert joints[RIGHT_SHOULDER, 0] == pytest.approx(SIDE - 1 - figure[1][LEFT_SHOULDER, 0])
    assert on_figure(mask, joints, figure[2]) == pytest.approx(on_figure(*figure), abs=0.06)
    for first, again in zip(figure, mirrored(mirrored(figure)), strict=True):
        np.testing.assert_allclose(first, again)


@pytest.mark.parametrize("shape", [(300, 90), (40, 200), (33, 47)])
def test_a_frame_holds_the_whole_figure_and_knows_the_way_there(shape):
    outline = np.zeros(shape, bool)
    outline[shape[0] // 4 : -5, 7 : shape[1] // 2] = True
    frame, matrix = framed(outline)
    rows, columns = np.nonzero(frame > 0.5)
    corner = matrix[:, :2] @ (7, shape[0] // 4) + matrix[:, 2]
    first = np.array([columns.min(), rows.min()]) + np.diag(matrix) / 2 - 0.5  # the middle of a pixel, enlarged
    np.testing.assert_allclose(corner, first, atol=1)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(SIDE - 8, abs=1)


def small() -> Placer:
    torch.manual_seed(0)
    return Placer((8, 12, 16))


def test_a_placer_learns_where_joints_are():
    random = np.random.default_rng(0)
    figures, placer = [drawn(random) for _ in range(12)], small()
    optimizer = torch.optim.AdamW(placer.parameters(), 1e-2)
    before = errors(placer.eval(), figures)["mean"]
    placer.train()
    for _ in range(40):
        optimizer.zero_grad()
        loss_of(placer, collated(figures)).backward()
        optimizer.step()
    assert errors(placer.eval(), figures)["mean"] < 0.5 * before


def test_joints_outside_teach_nothing():
    mask, joints, inside = drawn(np.random.default_rng(0))
    placer, inside = small().eval(), inside.copy()
    inside[4] = False
    wrong = joints.copy()
    wrong[4] = 5000
    with torch.no_grad():
        losses = [float(loss_of(placer, collated([(mask, at, inside)]))) for at in (joints, wrong)]
    assert losses[0] == pytest.approx(losses[1])


def test_a_saved_placer_answers_as_it_did(tmp_path):
    placer, out = small().eval(), tmp_path / "joints.onnx"
    save(placer, out)
    outlines = collated([drawn(np.random.default_rng(3))])[0]
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    found = np.asarray(session.run(["joints"], {"outlines": outlines.numpy()})[0])
    with torch.no_grad():
        expected = Certain(placer)(outlines).numpy()
    assert found.shape == (1, 18, 3)
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_training_takes_figures_as_they_come_and_keeps_a_model(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(placing, "CHANNELS", (4, 6, 8))
    monkeypatch.setattr(placing, "JUDGES", 8)
    monkeypatch.setattr(placing, "BATCH", 8)
    monkeypatch.setattr("training.outlines.__main__.CHARACTERS", 2)
    monkeypatch.setattr(
        "sys.argv", ["outlines", "--out", str(tmp_path / "held-out"), "--files", "1", "--split", "held-out"]
    )
    render()
    save_rendered(tmp_path / "1.npz", World(seed=2, split="train"), characters=2)
    figures = Figures(tmp_path, seed=0)
    figures.batch()
    count = len(figures.known)
    assert count
    (tmp_path / "2.part.npz").write_bytes(b"half written")
    save_rendered(tmp_path / "3.npz", World(seed=3, split="train"), characters=2)
    figures.batch()
    assert len(figures.known) > count
    train(tmp_path, tmp_path / "joints.onnx", minutes=0.02, check=1)
    said = capsys.readouterr().out.splitlines()
    assert len(said) >= 2
    assert {"drawn", "world"} <= set(json.loads(said[-1]))
    onnxruntime.InferenceSession(str(tmp_path / "joints.onnx"), providers=["CPUExecutionProvider"])
