"""The 134 points of a body, and a body's points along a clip.

Order: OpenPose's 18 body joints, 6 feet, 68 face, 21 left hand, 21 right hand. Left and right are the person's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

POINTS = 134
VISIBLE = 0.3  # a point shows when its score is above this

NOSE, NECK = 0, 1
RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST = 2, 3, 4
LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST = 5, 6, 7
RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE = 8, 9, 10
LEFT_HIP, LEFT_KNEE, LEFT_ANKLE = 11, 12, 13
RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR = 14, 15, 16, 17

BODY = slice(0, 18)
FEET = slice(18, 24)
FACE = slice(24, 92)
LEFT_HAND = slice(92, 113)
RIGHT_HAND = slice(113, 134)
HANDS = (LEFT_HAND, RIGHT_HAND)
HEAD = (NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR)

# What hangs on a joint: big toe, small toe and heel on their ankle, a hand on its wrist.
FOOT_OF = {LEFT_ANKLE: (18, 19, 20), RIGHT_ANKLE: (21, 22, 23)}
HAND_OF = {LEFT_WRIST: tuple(range(92, 113)), RIGHT_WRIST: tuple(range(113, 134))}
LEGS = ((RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE), (LEFT_HIP, LEFT_KNEE, LEFT_ANKLE))
ANKLES = (RIGHT_ANKLE, LEFT_ANKLE)
SOLES = (*ANKLES, *range(FEET.start, FEET.stop))
ARMS = ((RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST), (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST))

# Shortest thighs, of the torso, of a person and of a chibi or a toy. The latter are believed where both knee and ankle
# are surely seen and the ankle lies so high in the picture: invented legs do neither.
SHORT, STUMPY = 0.45, 1 / 3
SURELY, WITHIN = 0.6, 0.95

CHIN = FACE.start + 8
# In ways from the nose to the chin: how far below the nose the neck is, usually and within which limits, and within
# which the width of the shoulders.
TO_NECK, NECKS, WIDTHS = 2.2, (1.2, 3.2), (2.0, 5.0)
LIKELY = 0.5  # the score of a joint that follows from others

# Pairs of joints, in the order in which OpenPose draws them.
LIMBS = (
    (NECK, RIGHT_SHOULDER),
    (NECK, LEFT_SHOULDER),
    (RIGHT_SHOULDER, RIGHT_ELBOW),
    (RIGHT_ELBOW, RIGHT_WRIST),
    (LEFT_SHOULDER, LEFT_ELBOW),
    (LEFT_ELBOW, LEFT_WRIST),
    (NECK, RIGHT_HIP),
    (RIGHT_HIP, RIGHT_KNEE),
    (RIGHT_KNEE, RIGHT_ANKLE),
    (NECK, LEFT_HIP),
    (LEFT_HIP, LEFT_KNEE),
    (LEFT_KNEE, LEFT_ANKLE),
    (NECK, NOSE),
    (NOSE, RIGHT_EYE),
    (RIGHT_EYE, RIGHT_EAR),
    (NOSE, LEFT_EYE),
    (LEFT_EYE, LEFT_EAR),
)

# One colour a joint; a limb takes the colour of its place in LIMBS. RGB.
COLOURS = (
    (255, 0, 0),
    (255, 85, 0),
    (255, 170, 0),
    (255, 255, 0),
    (170, 255, 0),
    (85, 255, 0),
    (0, 255, 0),
    (0, 255, 85),
    (0, 255, 170),
    (0, 255, 255),
    (0, 170, 255),
    (0, 85, 255),
    (0, 0, 255),
    (85, 0, 255),
    (170, 0, 255),
    (255, 0, 255),
    (255, 0, 170),
    (255, 0, 85),
)

# From the wrist along each finger, thumb first.
HAND_EDGES = tuple(
    edge
    for finger in range(5)
    for edge in zip((0, *range(4 * finger + 1, 4 * finger + 4)), range(4 * finger + 1, 4 * finger + 5), strict=True)
)


def _mirror() -> np.ndarray:
    order = np.arange(POINTS)
    pairs = [(RIGHT_EYE, LEFT_EYE), (RIGHT_EAR, LEFT_EAR)]
    feet, hands = (FOOT_OF[RIGHT_ANKLE], FOOT_OF[LEFT_ANKLE]), (HAND_OF[RIGHT_WRIST], HAND_OF[LEFT_WRIST])
    for right, left in chain(pairs, *(zip(*sides, strict=True) for sides in (LEGS, ARMS, feet, hands))):
        order[right], order[left] = left, right
    return order


MIRROR = _mirror()  # points[MIRROR]: the same body with left and right exchanged; the face stays


@dataclass(frozen=True)
class PoseSequence:
    """One person along a clip. points: f 134 3 float32 (x, y in pixels, score); size: (width, height) of the picture;
    cuts: the first frame of each of its shots but the first.

    Where the person is not seen the scores are 0. Raises ValueError for anything else than finite points of that shape.
    """

    points: np.ndarray
    size: tuple[int, int]
    cuts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        points = np.asarray(self.points, np.float32)
        if points.ndim != 3 or points.shape[1:] != (POINTS, 3):
            raise ValueError(f"A pose sequence is frames x {POINTS} x 3, not {' x '.join(map(str, points.shape))}.")
        if not np.isfinite(points).all():
            raise ValueError("A pose sequence holds finite numbers only; unseen points have score 0.")
        width, height = self.size
        if width < 1 or height < 1:
            raise ValueError(f"A picture of {width}x{height} holds no pose.")
        if list(self.cuts) != sorted({cut for cut in self.cuts if 0 < cut < len(points)}):
            raise ValueError("The cuts of a pose sequence are frames of it, in their order.")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "cuts", tuple(map(int, self.cuts)))
        object.__setattr__(self, "size", (int(width), int(height)))

    def __len__(self) -> int:
        return len(self.points)

    @property
    def shots(self) -> tuple[slice, ...]:
        """The frames of each shot; one where nothing is cut."""
        edges = (0, *self.cuts, len(self))
        return tuple(slice(first, last) for first, last in pairwise(edges))

    @property
    def visible(self) -> np.ndarray:
        """f 134 bool: which points show."""
        return self.points[..., 2] > VISIBLE


def middle(points: np.ndarray, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """Half-way between two joints of points, ... 134 3: places ... 2, and whether both joints are visible, ... ."""
    both = np.asarray((points[..., [first, second], 2] > VISIBLE).all(-1))
    return points[..., [first, second], :2].mean(-2), both


def lowest(points: np.ndarray, *, of: Sequence[int] = SOLES) -> np.ndarray:
    """The y of the lowest visible foot point, or of other joints, of points ... 134 3; -inf where none shows."""
    soles = points[..., list(of), :]
    return np.where(soles[..., 2] > VISIBLE, soles[..., 1], -np.inf).max(-1)


def bone_length(points: np.ndarray, first: int, second: int) -> np.ndarray:
    """How far two joints of points f 134 3 lie apart in each frame, f pixels; NaN where one is unseen."""
    seen = (points[:, [first, second], 2] > VISIBLE).all(1)
    return np.where(seen, np.linalg.norm(points[:, first, :2] - points[:, second, :2], axis=1), np.nan)


def torso_length(points: np.ndarray) -> float | None:
    """The median length of neck to hip over points f 134 3, in pixels; None where it is never seen, or has none."""
    lengths = np.concatenate([bone_length(points, NECK, hip) for hip in (RIGHT_HIP, LEFT_HIP)])
    seen = lengths[np.isfinite(lengths)]
    return float(np.median(seen)) or None if len(seen) else None


def drop_invented(points: np.ndarray, *, size: tuple[int, int]) -> np.ndarray:
    """A picture's pose, 134 3, without what cannot be in the picture: scores of such points become 0.

    Pose models complete a half-body picture with legs of their own. Points outside the picture are dropped, and legs
    whose thigh does not fit the torso, or whose shin does not fit the thigh. Legs that are plainly in the picture may
    be short.
    """
    points = points.copy()
    width, height = size
    inside = (points[:, 0] >= 0) & (points[:, 1] >= 0) & (points[:, 0] < width) & (points[:, 1] < height)
    points[~inside, 2] = 0
    hips, both_hips = middle(points, RIGHT_HIP, LEFT_HIP)
    if not both_hips or points[NECK, 2] <= VISIBLE:
        points[[joint for leg in LEGS for joint in leg], 2] = 0
        points[FEET, 2] = 0
        return points
    torso = np.linalg.norm(points[NECK, :2] - hips)
    for hip, knee, ankle in LEGS:
        thigh = np.linalg.norm(points[knee, :2] - points[hip, :2])
        shin = np.linalg.norm(points[ankle, :2] - points[knee, :2])
        plain = (points[[knee, ankle], 2] >= SURELY).all() and points[ankle, 1] < WITHIN * height
        least = STUMPY if plain else SHORT
        if points[knee, 2] <= VISIBLE or not least * torso < thigh < 1.6 * torso:
            points[[knee, ankle, *FOOT_OF[ankle]], 2] = 0
        elif points[ankle, 2] <= VISIBLE or not 0.5 * thigh < shin < 1.8 * thigh:
            points[[ankle, *FOOT_OF[ankle]], 2] = 0
    return points


def with_neck(points: np.ndarray) -> np.ndarray:
    """A picture's pose, 134 3, with the neck that it lacks where its face is seen but a shoulder is doubted, as where
    the picture ends beside it.

    The neck is between the shoulders, which then are believed, where these lie as they do below a face; else as far
    below the chin as usual, and an unseen shoulder across from the other.
    """
    if points[NECK, 2] > VISIBLE or not (points[[NOSE, RIGHT_EYE, LEFT_EYE, CHIN], 2] > VISIBLE).all():
        return points
    points, both = points.copy(), np.array([RIGHT_SHOULDER, LEFT_SHOULDER])
    nose, down = points[NOSE, :2], points[CHIN, :2] - points[NOSE, :2]
    head = max(float(np.linalg.norm(down)), 1e-6)
    neck, width = points[both, :2].mean(0), float(np.linalg.norm(points[both[0], :2] - points[both[1], :2])) / head
    below, seen = float((neck - nose) @ down) / head**2, points[both, 2] > VISIBLE
    aside = float(np.linalg.norm(neck - nose - below * down)) / head
    if not (NECKS[0] < below < NECKS[1] and WIDTHS[0] < width < WIDTHS[1] and aside < 1):
        neck = nose + TO_NECK * down
        points[both[~seen], :2] = 2 * neck - points[both[seen], :2].mean(0) if seen.any() else 0
        both = both if seen.any() else both[:0]
    points[NECK, :2] = neck
    points[[NECK, *both], 2] = points[[NECK, *both], 2].clip(LIKELY)
    return points
