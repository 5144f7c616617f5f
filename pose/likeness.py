"""Who is who: bodies compared by their visible joints."""

from collections.abc import Sequence

import numpy as np

from pose.skeleton import BODY, VISIBLE

SAME = 0.1  # two answers whose joints lie closer than this part of the body's size are one person

FEWEST = 4  # joints of a body that show somebody
NEAR = 0.2  # overlap from which on two boxes may be of one body
PART = 6  # joints that have to be seen both times to know somebody by a part of their body


def seen(points: np.ndarray) -> int:
    """How many of the 18 body joints of points, 134 3, are visible."""
    return int((points[BODY, 2] > VISIBLE).sum())


def certainty(points: np.ndarray) -> float:
    """The mean score of the body joints that somebody, 134 3, shows: what is out of sight makes nobody less sure."""
    scores = points[BODY, 2]
    return float(scores[scores > VISIBLE].mean()) if (scores > VISIBLE).any() else 0.0


def body_box(points: np.ndarray) -> np.ndarray | None:
    """The box x0 y0 x1 y1 of the visible body joints of points, 134 3; None where too few are."""
    body = points[BODY]
    shown = body[body[:, 2] > VISIBLE, :2]
    return np.concatenate([shown.min(0), shown.max(0)]) if len(shown) >= FEWEST else None


def boxes_of(people: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """The `body_box` of each of the people, n 134 3: n 4, NaN for those who have none."""
    body = np.stack([points[BODY] for points in people]) if len(people) else np.zeros((0, 18, 3))
    shown = body[..., 2] > VISIBLE
    low, high = (np.where(shown[..., None], body[..., :2], far) for far in (np.inf, -np.inf))
    boxes = np.concatenate([low.min(1), high.max(1)], 1)
    return np.where((shown.sum(1) >= FEWEST)[:, None], boxes, np.nan)


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two boxes x0 y0 x1 y1."""
    shared = np.maximum(0, np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])).prod()
    union = (first[2:] - first[:2]).prod() + (second[2:] - second[:2]).prod() - shared
    return float(shared / union) if union > 0 else 0.0


def presence(points: np.ndarray) -> float:
    """How much of a picture a person, 134 3, takes up: mean score times the square root of the body's area."""
    box = body_box(points)
    return 0.0 if box is None else float(points[BODY, 2].mean() * np.sqrt((box[2:] - box[:2]).prod()))


def matches(before: Sequence[np.ndarray], now: Sequence[np.ndarray]) -> dict[int, int]:
    """Who of before is who of now, place -> place: bodies whose boxes overlap, or of which a part is where it was;
    those whose joints moved least first.

    Overlap alone would give a person's track to a large mistake of the models around them, and lose somebody half of
    whom is out of sight for a moment.
    """
    moved = {
        (i, j): apart(before[i], now[j])
        for i, j in _near(before, now)
        if overlap_of(before[i], now[j]) >= NEAR or (_in_common(before[i], now[j]) >= PART and same(before[i], now[j]))
    }
    pairs: dict[int, int] = {}
    for i, j in sorted(moved, key=lambda pair: moved[pair]):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return pairs


def _near(before: Sequence[np.ndarray], now: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Which of before and which of now have boxes that touch, or nearly: no others can be `same`."""
    old, new = boxes_of(before)[:, None], boxes_of(now)[None]
    margin = 1.01 * SAME * np.linalg.norm(old[..., 2:] - old[..., :2], axis=-1, keepdims=True)
    touch = (old[..., :2] - margin <= new[..., 2:]) & (new[..., :2] <= old[..., 2:] + margin)
    return [(int(i), int(j)) for i, j in np.argwhere(touch.all(-1))]


def _in_common(first: np.ndarray, second: np.ndarray) -> int:
    return int(((first[BODY, 2] > VISIBLE) & (second[BODY, 2] > VISIBLE)).sum())


def overlap_of(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of the body boxes of two people, 134 3 each."""
    boxes = body_box(first), body_box(second)
    return 0.0 if boxes[0] is None or boxes[1] is None else overlap(boxes[0], boxes[1])


def shift(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """How far a person, 134 3, has moved: the median over the joints seen both times, x y in pixels."""
    both = (before[BODY, 2] > VISIBLE) & (now[BODY, 2] > VISIBLE)
    return np.median((now[BODY, :2] - before[BODY, :2])[both], axis=0) if both.any() else np.zeros(2)


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """How far the joints lie apart that two answers, 134 3 each, both show: the median, over the first's size."""
    both = (first[BODY, 2] > VISIBLE) & (second[BODY, 2] > VISIBLE)
    box = body_box(first)
    if box is None or not both.any():
        return np.inf
    distances = np.linalg.norm(first[BODY, :2] - second[BODY, :2], axis=1)[both]
    return float(np.median(distances) / max(np.linalg.norm(box[2:] - box[:2]), 1e-6))


def same(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two answers, 134 3 each, are one body: most joints that both show lie close together for its size."""
    return apart(first, second) < SAME
