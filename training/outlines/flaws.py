"""What a hand and a mask do to a figure: lines that are not straight, gaps that close, bites, what stands beside."""

import cv2
import numpy as np

WAVES, HIGH = 4, 0.012  # how many bend a figure, and how much each, of the sheet's side
STEP = 6  # pixels


def as_drawn(rng: np.random.Generator, sheet: np.ndarray, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A sheet side side uint8, bent as a hand would have drawn it, with its joints 18 2."""
    side = len(sheet)
    waves = [
        (rng.uniform(-HIGH, HIGH, 2) * side, rng.uniform(0.5, 3.5, 2), rng.uniform(0, 2 * np.pi)) for _ in range(WAVES)
    ]

    def source(places: np.ndarray) -> np.ndarray:
        moves = [size * np.sin(places @ often / side * 2 * np.pi + phase)[..., None] for size, often, phase in waves]
        return places + np.sum(moves, 0)

    grid = np.stack(np.meshgrid(np.arange(0, side, STEP), np.arange(0, side, STEP)), -1).astype(np.float64)
    middles = grid + (STEP - 1) / 2
    fine = cv2.resize(source(middles).astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    bent = np.asarray(cv2.remap(sheet, fine[..., 0], fine[..., 1], cv2.INTER_NEAREST))
    places = joints.copy()
    for _ in range(6):  # from where a joint is taken: walked towards
        places -= source(places) - joints
    return bent, places


def as_found(rng: np.random.Generator, sheet: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """A sheet as the mask of a picture has it: its largest piece, mostly filled."""
    side = len(sheet)

    def dot(middle: np.ndarray, across: float, along: float, value: int) -> None:
        x, y = np.round(middle).astype(int).tolist()
        cv2.ellipse(sheet, (x, y), (max(1, round(across)), max(1, round(along))), 0, 0, 360, value, -1)

    if rng.random() < 0.4:  # narrow gaps close
        wide = 2 * int(rng.integers(1, 8)) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
        sheet = np.asarray(cv2.morphologyEx(np.pad(sheet, wide), cv2.MORPH_CLOSE, disc))[wide:-wide, wide:-wide].copy()
    if rng.random() < 0.25:
        change = cv2.dilate if rng.random() < 0.6 else cv2.erode
        sheet = np.asarray(change(sheet, np.ones((3, 3), np.uint8), iterations=int(rng.integers(1, 3))))
    if rng.random() < 0.2:  # bites, and what stands beside
        for _ in range(int(rng.integers(1, 5))):
            size = rng.uniform(0.005, 0.04) * side
            dot(
                joints[int(rng.integers(len(joints)))] + rng.normal(0, 0.06 * side, 2),
                size,
                size,
                int(rng.random() < 0.6),
            )
    ankles, hips = joints[[10, 13]], joints[[8, 11]]
    if rng.random() < 0.08:  # a ground, or a shadow on it
        middle = np.array([ankles[:, 0].mean(), ankles[:, 1].max() + rng.uniform(0, 0.03) * side])
        dot(middle, rng.uniform(0.05, 0.2) * side, rng.uniform(0.01, 0.035) * side, 1)
    if rng.random() < 0.1:  # cut below
        sheet[round(rng.uniform(*sorted((hips[:, 1].mean(), ankles[:, 1].mean())))) :] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(sheet)
    if count < 2:
        return sheet
    largest = (np.asarray(labels) == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    return filled(largest) if rng.random() < 0.85 else largest


def filled(mask: np.ndarray) -> np.ndarray:
    """A mask h w uint8 without holes."""
    outside = np.pad(1 - mask, 1, constant_values=1)
    cv2.floodFill(outside, None, (0, 0), 2)
    return (outside[1:-1, 1:-1] != 2).astype(np.uint8)
