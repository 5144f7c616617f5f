"""Skeleton videos: recognised by their colours, their joints read back."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pose.draw import STYLES, draw
from pose.files import load_pose
from pose.read import are_skeletons, is_skeleton, read_joints, read_skeletons
from pose.skeleton import VISIBLE
from tests.body import ADULT, LOWER, away, body, posture

SIZE = (512, 768)
TALL = {bone: 1.6 * length for bone, length in ADULT.items()}
ROOT = Path(__file__).parents[1]
INPUTS = ROOT.parent / "shared" / "inputs"


def poses(count: int = 8) -> np.ndarray:
    """f 134 3: a body with a head large enough for eyes and ears to be told apart."""
    points = np.stack([body(TALL, posture(3 * frame + 1), at=(256, 400)) for frame in range(count)])
    points[:, 14:18, :2] = points[:, :1, :2] + np.array([(-16, -14), (16, -14), (-34, -6), (34, -6)])
    return points


def dance(name: str) -> np.ndarray:
    """f 134 3: one of the dances that come with the program, its faces and hands as they were seen; of 512x768."""
    return load_pose(ROOT / "assets" / "dances" / f"{name}.npz")[0].points


def clear(points: np.ndarray) -> np.ndarray:
    """f 18 bool: joints with no other joint and no hand drawn over them."""
    others = np.concatenate([points[:, :18], points[:, 92:]], 1)[..., :2]
    apart = np.linalg.norm(points[:, :18, None, :2] - others[:, None], axis=-1)
    apart[:, np.arange(18), np.arange(18)] = np.inf
    return apart.min(-1) > 12


def compressed(frames: list[np.ndarray], quality: int = 23) -> list[np.ndarray]:
    """Frames after H.264 in 4:2:0, as videos of skeletons come."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(quality)})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("name", sorted(STYLES))
def test_drawn_joints_are_read_back(name):
    points = poses()
    frames = [draw(pose, size=SIZE, style=replace(STYLES[name], face=False)) for pose in points]
    assert all(map(is_skeleton, frames))
    found = read_skeletons(frames)
    assert found.size == SIZE
    error = away(found.points, points)[:, :18]
    assert (found.points[:, :18, 2] == 1).mean() > 0.97
    assert error[clear(points)].max() < 2
    assert np.median(error[:, [4, 7]]) < 15  # wrists, under their hands


def test_under_a_drawn_face_the_body_is_read():
    points = poses()
    frames = [draw(pose, size=SIZE, style=STYLES["moore"]) for pose in points]
    assert all(map(is_skeleton, frames))
    found = read_skeletons(frames).points
    assert (found[:, 1:14, 2] == 1).all()
    assert away(found, points)[:, 1:14][clear(points)[:, 1:14]].max() < 2


def test_the_nose_under_a_drawn_face_is_read_from_its_limbs():
    points = dance("disco")[::25]
    found = read_skeletons(compressed([draw(pose, size=SIZE, style=STYLES["moore"]) for pose in points], 18)).points
    assert (found[:, 0, 2] == 1).all()
    assert away(found, points)[:, 0].max() < 3


def test_a_line_of_a_hand_is_not_taken_for_the_wrist():
    points = dance("disco")[[0, 18, 30]]
    found = read_skeletons([draw(pose, size=SIZE, style=STYLES["mini"]) for pose in points]).points
    assert away(found, points)[:, 7].max() < 8


def test_in_small_pictures_the_nose_is_not_sought_at_the_neck_or_the_feet():
    points = dance("disco")[::24] * np.float32((0.5, 0.5, 1))
    frames = [draw(pose, size=(SIZE[0] // 2, SIZE[1] // 2), style=STYLES["moore"]) for pose in points]
    found = read_skeletons(compressed(frames, 18)).points
    assert away(found, points)[:, :2].max() < 5


def test_an_ear_is_read_though_dots_cover_all_between_it_and_the_eye():
    points = dance("subject-three")[::9]
    found = read_skeletons([draw(pose, size=SIZE, style=STYLES["moore"]) for pose in points]).points
    ears = points[:, 16:18, 2] > VISIBLE
    assert (found[:, 16:18, 2] == 1)[ears].mean() > 0.95
    assert away(found, points)[:, 16:18][ears & (found[:, 16:18, 2] == 1)].max() < 3


def test_the_nose_of_a_small_face_is_read_amid_its_dots():
    points = dance("hip-hop")[::25] * np.float32((0.4, 0.4, 1))
    found = read_skeletons([draw(pose, size=SIZE, style=STYLES["moore"]) for pose in points]).points
    assert (found[:, 0, 2] == 1).all()
    assert away(found, points)[:, 0].max() < 4


@pytest.mark.parametrize("quality", [18, 28])
def test_a_compressed_video_is_recognised_and_read(quality):
    points = poses(12)
    frames = compressed([draw(pose, size=SIZE, style=STYLES["mini"]) for pose in points], quality)
    assert all(map(is_skeleton, frames))
    found = read_skeletons(frames).points
    assert (found[:, :14, 2] == 1).mean() > 0.97
    assert np.quantile(away(found, points)[:, :14][clear(points)[:, :14]], 0.95) < 2


def test_joints_that_are_not_drawn_are_not_invented():
    points = poses(1)[0]
    points[LOWER, 2] = 0
    points[4, 2] = 0
    drawn = draw(points, size=SIZE, style=replace(STYLES["mini"], hands=False))
    found = read_joints(drawn)
    assert (found[[*(joint for joint in LOWER if joint < 18), 4], 2] == 0).all()
    assert (found[[0, 1, 2, 3, 5, 6, 7], 2] == 1).all()
    assert (found[18:, 2] == 0).all()


def test_joints_whose_red_and_blue_were_exchanged_are_read_back():
    """Also where at first nobody is there, or little of somebody."""
    points = poses(4)
    drawn = [draw(each, size=SIZE, style=STYLES["moore"]) for each in points]
    head = draw(np.where(np.arange(134)[:, None] < 2, points[0], 0), size=SIZE, style=STYLES["moore"])
    frames = [np.zeros_like(head), head, *drawn]
    exchanged = [np.ascontiguousarray(each[..., ::-1]) for each in frames]
    assert are_skeletons(exchanged)
    own, other = read_skeletons(frames), read_skeletons(exchanged)
    assert own.visible[2:, :18].mean() > 0.9
    np.testing.assert_array_equal(other.points[2:], own.points[2:])
    assert len(other) == len(frames)


def test_a_black_frame_shows_nobody():
    black = np.zeros((64, 48, 3), np.uint8)
    assert not read_joints(black).any()
    assert not is_skeleton(black)
    assert not read_skeletons([black]).visible.any()


def test_frames_are_judged_by_the_first_that_show_enough():
    black, grey = np.zeros((*SIZE[::-1], 3), np.uint8), np.full((*SIZE[::-1], 3), 90, np.uint8)
    drawn = draw(poses(1)[0], size=SIZE, style=STYLES["moore"])
    assert are_skeletons([black, black + 16, drawn])
    assert not are_skeletons([black, grey + 30, drawn])
    assert not are_skeletons([black] * 3)
    head = np.where(np.arange(134)[:, None] < 4, poses(1)[0], 0)
    coming = draw(head, size=SIZE, style=STYLES["moore"])
    assert not is_skeleton(coming)
    assert are_skeletons([black, coming, drawn])
    assert not any(are_skeletons([black, NOT[name], drawn]) for name in ("noise", "white"))


def test_no_frames_are_refused():
    with pytest.raises(ValueError, match="no frames"):
        read_skeletons([])


def rainbow() -> np.ndarray:
    hue = np.broadcast_to(np.linspace(0, 255, 512).astype(np.uint8), (768, 512))
    whole = np.stack([hue, np.full_like(hue, 255), np.full_like(hue, 255)], -1)
    picture = cv2.cvtColor(whole, cv2.COLOR_HSV2RGB_FULL)
    picture[: 768 - 150] = 0
    return picture


def stage() -> np.ndarray:
    picture = np.zeros((400, 600, 3), np.uint8)
    for place, colour in enumerate(
        [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)]
    ):
        cv2.circle(picture, (60 + 90 * place, 200), 35, colour, -1)
    return cv2.GaussianBlur(picture, (0, 0), 8)


NOT = {
    "noise": np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8),
    "white": np.full((200, 300, 3), 255, np.uint8),
    "rainbow": rainbow(),
    "stage lights": stage(),
    "a line": cv2.line(np.zeros((200, 300, 3), np.uint8), (10, 10), (200, 150), (255, 0, 0), 5),
}


@pytest.mark.parametrize("name", sorted(NOT))
def test_other_pictures_are_no_skeletons(name):
    assert not is_skeleton(NOT[name])


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the real pictures are not here")
def test_real_pictures_are_no_skeletons():
    files = sorted((INPUTS / "characters").iterdir())
    assert files
    assert [file.name for file in files if is_skeleton(np.ascontiguousarray(cv2.imread(str(file))[..., ::-1]))] == []
