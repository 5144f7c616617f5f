"""Keypoints as a pose model finds them: hands and feet that it misses, joints it loses, legs it makes up."""

import numpy as np
from numpy import ndarray

ENDS = ((4, (*range(113, 134),)), (7, (*range(92, 113),)), (10, (21, 22, 23)), (13, (18, 19, 20)))  # wrist, ankle
LEGS = (9, 10, 12, 13)


def as_found(rng: np.random.Generator, poses: ndarray, size: tuple[int, int]) -> ndarray:
    """poses t 134 3, true everywhere, also beyond the picture of size (width, height) -> t 134 3, as found.

    The first frame is a picture, in which nothing can be seen beyond its edge; the others are of a dance, fitted to
    the character, whose joints are known there too, mostly.
    """
    found = poses.copy()
    width, height = size
    outside = (poses[..., :2] < 0).any(-1) | (poses[..., 0] >= width) | (poses[..., 1] >= height)
    fingers_and_face = rng.normal(0, 0.004 * height * rng.random(), found[:, 18:, :2].shape)
    found[:, 18:, :2] += fingers_and_face.astype(np.float32)
    blind = rng.random() < 0.3
    found[:, :, 2] *= ~outside if blind else np.where(np.arange(len(poses))[:, None] == 0, ~outside, True)
    if rng.random() < 0.25:  # legs made up at the lower edge
        made_up = [joint for joint in LEGS if outside[0, joint]]
        found[0, made_up, 1] = height * rng.uniform(0.93, 1.0, len(made_up))
        found[0, made_up, 2] = rng.uniform(0.3, 0.5)
    for first, last in ((92, 134), (18, 24)):
        if rng.random() < 0.25:
            found[0, first:last, 2] = 0
        if rng.random() < 0.15:
            found[1:, first:last, 2] = 0
    lost = rng.random((len(poses), len(ENDS))) < 0.015
    for end, (joint, beyond) in enumerate(ENDS):
        gone = np.isin(np.arange(found.shape[1]), [joint, *beyond])
        found[lost[:, end, None] & gone, 2] = 0
    return found
