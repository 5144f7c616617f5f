"""People who stand so close that their boxes are nearly one: each is looked at with the others painted out."""

import numpy as np

from pose.likeness import overlap

CLOSE = 0.45  # overlap of two boxes from which on what is seen in one may be the body of the other
ASIDE = 0.1  # of a box's width: who is less far left or right of somebody cannot be parted from them
SHOWN = 0.8  # of the way to a neighbour's middle: so far arms and legs reach, and less of them makes no body


def neighbours(box: np.ndarray, others: np.ndarray) -> list[np.ndarray]:
    """Those of others, n 4 or more (x0 y0 x1 y1), that are close to a box and left or right of it."""
    aside = ASIDE * (box[2] - box[0])
    return [each for each in others if abs(_way(box, each)) > aside and overlap(box[:4], each[:4]) > CLOSE]


def crowded(boxes: np.ndarray) -> np.ndarray:
    """Which of boxes, n 4 or more, have a neighbour among them: n bool."""
    return np.array([bool(neighbours(box, boxes)) for box in boxes], bool)


def second(boxes: np.ndarray) -> list[int]:
    """The places of those boxes, n 4 or more, the surest first, that have a surer neighbour."""
    return [place for place, box in enumerate(boxes) if neighbours(box, boxes[:place])]


def in_place(before: np.ndarray, now: np.ndarray) -> dict[int, int]:
    """Who of a crowd is who, place -> place, by their boxes, n 4 each: the joints of who stands close to somebody may
    have been taken for theirs."""
    pairs: dict[int, int] = {}
    for new, box in enumerate(now):
        aside = neighbours(box, before)
        for old, other in enumerate(before):
            if aside and old not in pairs and overlap(box, other) > CLOSE and not neighbours(box, other[None]):
                pairs[old] = new
                break
    return pairs


def alone(frame: np.ndarray, box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """A frame h w 3, black as beyond its edges from shortly before the middle of each of the box's neighbours on."""
    close = neighbours(box, others)
    if not close:
        return frame
    middle = float(box[0] + box[2]) / 2
    ways = [_way(box, each) for each in close]
    start = max((round(middle + SHOWN * way) for way in ways if way < 0), default=0)
    end = min((round(middle + SHOWN * way) for way in ways if way > 0), default=frame.shape[1])
    shown = np.zeros_like(frame)
    part = slice(max(0, start), max(0, end))
    shown[:, part] = frame[:, part]
    return shown


def _way(box: np.ndarray, other: np.ndarray) -> float:
    """From the middle of a box to that of another, in pixels to the right."""
    return float(other[0] + other[2] - box[0] - box[2]) / 2
