"""A picture whose ground is clear tells the character's silhouette itself, where it is the character's alone."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from animate import cutting, pictures
from animate.motion import seen_body
from animate.puppet import Puppet
from animate.puppet.silhouette import silhouette_of
from tests.figure import HEIGHT, WIDTH, cut_out, draw, make_background, make_pose


def body_of(picture: np.ndarray) -> np.ndarray:
    """h w float32: 1 where the figure is."""
    return (np.abs(picture.astype(int) - make_background("plain")).max(-1) > 8).astype(np.float32)


def beside(body: np.ndarray, *, gap: int) -> np.ndarray:
    """Two of them, the other one so many pixels to the right of the first."""
    columns = np.nonzero(body.any(0))[0]
    pair = np.concatenate([body, np.zeros_like(body)], 1)
    shift = int(columns[-1] - columns[0]) + 1 + gap
    pair[:, shift:] = np.maximum(pair[:, shift:], pair[:, : pair.shape[1] - shift])
    return pair


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one > 0.5, other > 0.5
    return float((one & other).sum() / (one | other).sum())


def pale(path: Path) -> Path:
    """A figure nearly as white as paper, cut out of it."""
    drawn = draw()
    white = 255 - (255 - drawn.astype(float)) * 0.15
    white[drawn.max(-1) < 40] = 20  # its eyes and shoes
    opaque = body_of(drawn)[..., None] * 255
    Image.fromarray(np.concatenate([white, opaque], -1).astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (320, 240), (320, 480)])
def test_a_pale_figure_that_was_cut_out_before_stays_whole(tmp_path, size):
    path = pale(tmp_path / "pale.png")
    canvas, puppet = cut_out(path, make_pose(), size)
    guessed = Puppet.cut(canvas.picture, canvas.place(make_pose()))
    body = canvas.lay_mask(body_of(draw()))
    assert overlap(puppet.mask[0].numpy(), body) > 0.95 > overlap(guessed.mask[0].numpy(), body) + 0.02


def test_without_a_clear_ground_it_is_cut_out_by_what_is_seen(tmp_path):
    Image.fromarray(draw()).save(tmp_path / "seen.png")
    canvas, puppet = cut_out(tmp_path / "seen.png", make_pose(), (WIDTH, HEIGHT))
    seen = seen_body(canvas.picture, make_pose())
    assert (puppet.mask == Puppet.cut(canvas.picture, make_pose(), seen=seen).mask).all()


def test_of_several_only_who_was_chosen_is_it():
    body, pose = body_of(draw()), make_pose()
    two = beside(body, gap=3)
    first = silhouette_of(two, pose)
    assert first is not None
    assert (first[:, :WIDTH] == body).all()
    assert not first[:, WIDTH:].any()
    other = pose + np.array([two.shape[1] - WIDTH - 23, 0, 0], np.float32)
    assert silhouette_of(beside(body, gap=-6), pose) is None, "two who touch"
    assert silhouette_of(two, other) is None, "nobody there"


def clear(path: Path, picture: np.ndarray, body: np.ndarray) -> Path:
    """A picture whose ground is clear, and white beneath."""
    white = np.where(body[..., None] > 0.5, picture, 255)
    Image.fromarray(np.concatenate([white, body[..., None] * 255], -1).astype(np.uint8)).save(path)
    return path


def test_a_broad_hat_on_clear_ground_stays_on_though_nobody_else_sees_it_whole(tmp_path, monkeypatch):
    picture, body = draw(), body_of(draw())
    hat = cv2.ellipse(np.zeros_like(body), (80, 24), (78, 14), 0, 0, 360, 1.0, -1)
    picture[(hat > body) | ((hat > 0) & (np.arange(HEIGHT)[:, None] < 34))] = (225, 232, 240)
    whole = np.maximum(body, hat)
    path = clear(tmp_path / "hat.png", picture, whole)
    assert silhouette_of(whole, make_pose()) is None, "it might be somebody else"
    masks = []
    for seen in ([], [body, body]):
        monkeypatch.setattr(cutting, "seen_body", lambda *_, seen=seen: seen)
        masks.append(cut_out(path, make_pose(), (WIDTH, HEIGHT))[1].mask[0].numpy())
    assert overlap(masks[0], whole) < 0.9
    assert overlap(masks[1], whole) > 0.95


def test_somebody_who_touches_the_character_is_not_taken_for_it_where_one_who_looks_denies_that():
    body = body_of(draw())
    pair, one = beside(body, gap=-6), np.concatenate([body, np.zeros_like(body)], 1)
    nobody = np.zeros_like(pair)
    assert silhouette_of(pair, make_pose(), seen=[pair, one]) is None
    assert silhouette_of(pair, make_pose(), seen=[one]) is None
    assert silhouette_of(pair, make_pose(), seen=[nobody]) is None
    assert silhouette_of(pair, make_pose(), seen=[pair, nobody]) is not None, "nobody who knows the body denies it"


def test_what_is_no_silhouette_is_not_taken_for_one():
    body, pose = body_of(draw()), make_pose()
    assert silhouette_of(body, pose) is not None
    disc = cv2.ellipse(np.zeros_like(body), (80, 120), (80, 120), 0, 0, 360, 1.0, -1)
    card = np.zeros_like(body)
    card[22:, 50:110] = 1
    card[22:26, [*range(50, 54), *range(106, 110)]] = 0
    half = make_pose(without=(3, 4, 6, 7, 9, 10, 12, 13))
    lines = body - cv2.erode(body, np.ones((5, 5)))
    assert silhouette_of(disc, pose) is None, "a frame about a background"
    assert silhouette_of(card, half) is None, "rounded corners about who fills the picture"
    assert silhouette_of(lines, pose) is None, "lines on clear ground"
    assert silhouette_of(np.zeros_like(body), pose) is None


def test_pictures_tell_how_opaque_they_are_where_something_is_clear(tmp_path):
    def saved(opacity: np.ndarray, name: str = "a.png", **options) -> Path:
        colours = np.full((*opacity.shape, 3), 90)
        rgba = np.concatenate([colours, opacity[..., None] * 255], -1).round().astype(np.uint8)
        Image.fromarray(rgba).save(tmp_path / name, **options)
        return tmp_path / name

    body = body_of(draw())
    for name in ("a.png", "a.webp", "a.gif"):
        told = pictures.opacity(saved(body, name))
        assert told is not None
        assert overlap(told, body) == 1, name
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = pictures.opacity(path := saved(body, exif=exif))
    assert turned is not None
    assert turned.shape == pictures.read(path).shape[:2] == body.shape[::-1]
    large = pictures.opacity(path := saved(np.kron(body[:, :-1], np.ones((21, 21)))))
    assert large is not None
    assert large.shape == pictures.read(path).shape[:2]
    rim = np.linspace(0, 1, WIDTH)[None].repeat(HEIGHT, 0)
    dot = np.zeros_like(body)
    dot[:9, :9] = 1
    for nothing in (np.ones_like(body), np.zeros_like(body), 1 - dot, dot, rim, 0.4 * body):
        assert pictures.opacity(saved(nothing)) is None
    Image.fromarray(draw()).save(tmp_path / "a.jpg")
    assert pictures.opacity(tmp_path / "a.jpg") is None
