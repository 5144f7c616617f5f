"""Faces compared: where a dancer's nose usually lies under the eyes, and where a character's. Numbers only.

Notation: f frames; points are ... 134 3 (x, y in pixels, y down, score).
"""

import numpy as np

from pose.skeleton import FACE, HEAD, LEFT_EAR, NECK, NOSE, RIGHT_EAR, VISIBLE

OTHERS = [*HEAD[1:]]  # eyes and ears
MOST = 0.25  # of the way between the ears: how much a face is changed


def level_face(body: np.ndarray, scores: np.ndarray, character: np.ndarray) -> np.ndarray:
    """body: f 134 2, rebuilt with the character's bones; scores: f 134; character: 134 3. Returns the body, eyes and
    ears as far over the nose, in the middle of the dance, as the character's are.

    Some faces are long and some eyes low. Without this a dancer who looks ahead could make the character look up.
    """
    face = [NECK, *HEAD]
    seen = (scores[:, face] > VISIBLE).all(1)
    if not seen.any() or not (character[face, 2] > VISIBLE).all():
        return body
    down = _down(body)
    raised = np.median(_drop(body, down)[seen])
    wanted = float(_drop(character[None, :, :2], _down(character[None, :, :2]))[0])
    ears = np.quantile(np.linalg.norm(body[seen, RIGHT_EAR] - body[seen, LEFT_EAR], axis=1), 0.9)
    shift = np.clip(wanted - raised, -MOST * ears, MOST * ears)
    levelled = body.copy()
    levelled[:, OTHERS] -= shift * down[:, None]
    # of the face's points what is as high as eyes and ears moves with them; the nose and what lies below it stays
    points = slice(FACE.start, FACE.stop)
    height = ((body[:, NOSE, None] - body[:, points]) * down[:, None]).sum(-1)
    share = np.clip(height / max(raised, 1e-6), 0, 1)
    levelled[:, points] -= shift * share[..., None] * down[:, None]
    return levelled


def _down(body: np.ndarray) -> np.ndarray:
    """The way down along the head, f 2."""
    way = body[:, NECK] - body[:, list(HEAD)].mean(1)
    return way / np.linalg.norm(way, axis=1, keepdims=True).clip(1e-6)


def _drop(body: np.ndarray, down: np.ndarray) -> np.ndarray:
    """How far down the nose is from the middle of eyes and ears, f."""
    return ((body[:, NOSE] - body[:, OTHERS].mean(1)) * down).sum(-1)
