"""Where a figure stands in a picture in which nobody is recognised: what stands out, or is unlike its rim."""

import cv2
import numpy as np

from pose.salience import salience

SIDE = 240  # pixels of the longer side in which a figure is looked for
LEAST, MOST = 0.03, 0.8  # of the picture: a figure covers so much
DIFFERENT = 27.5  # of 255: from what the rim would be here; between two levels, that rounding decides nothing
STOUTEST = 0.5  # of the square of its height: a figure whose limbs stand out covers no more
GAP = 0.012  # of the longer side: so narrow a gap in a drawn line is closed


def find_outline(picture: np.ndarray) -> np.ndarray | None:
    """picture h w 3 uint8 RGB -> the figure, h w bool in a small copy of it; None where none stands out.

    Told by the model that sees what stands out. Without it, on paper or a plain wall all that differs from a smooth
    wall is the figure, with what its lines enclose; elsewhere colours are parted, beginning from the rim.
    """
    small = _small(picture)
    difference, grain = _unlike_rim(small)
    if difference.max() < DIFFERENT:
        return None
    found = salient_figure(picture)
    found = _on_plain(difference, grain) if found is None else found
    return _figure(_whole(_parted(small))) if found is None else found


def salient_figure(picture: np.ndarray) -> np.ndarray | None:
    """The same by the model that sees what stands out alone; None where it is not here, or sees no figure."""
    if (model := salience()) is None:
        return None
    seen = cv2.resize(model.see(picture), _small(picture).shape[1::-1], interpolation=cv2.INTER_AREA)
    return _figure(_whole(_enclosed(seen > 0.5)))


def outline_on_plain(picture: np.ndarray) -> np.ndarray | None:
    """The same on paper or a plain wall alone; None elsewhere."""
    return _on_plain(*_unlike_rim(_small(picture)))


def _on_plain(difference: np.ndarray, grain: float) -> np.ndarray | None:
    return _figure(_whole(_enclosed(difference > max(DIFFERENT, 3 * grain))))


def _figure(found: np.ndarray) -> np.ndarray | None:
    """A piece, where it may be a figure."""
    return found if LEAST < found.mean() < MOST and _stands(found) else None


def _small(picture: np.ndarray) -> np.ndarray:
    scale = min(1.0, SIDE / max(picture.shape[:2]))
    size = max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _unlike_rim(picture: np.ndarray) -> tuple[np.ndarray, float]:
    """How much each pixel differs from a plane of colour laid through the rim, h w; and how much the rim does."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    deep = max(2, round(0.02 * max(height, width)))
    rim = np.minimum(np.minimum(rows, height - 1 - rows), np.minimum(columns, width - 1 - columns)) < deep
    terms = np.stack([np.ones_like(rows), rows / height, columns / width], -1).astype(np.float64)
    colours = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float64)
    chosen = rim
    for _ in range(3):  # what stands in the rim is left out
        plane = np.linalg.lstsq(terms[chosen], colours[chosen], rcond=None)[0]
        away = np.abs(colours - terms @ plane).max(-1)
        chosen = rim & (away <= np.quantile(away[rim], 0.8))
    return away, float(np.quantile(away[rim], 0.7))


def _enclosed(marked: np.ndarray) -> np.ndarray:
    """marked h w bool -> the marks, and all that they keep from the picture's rim."""
    reach = max(1, round(GAP * max(marked.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    padded = np.pad(marked.astype(np.uint8), reach + 1)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc)
    cv2.floodFill(open_space := 1 - closed, None, (0, 0), 2)
    return (open_space != 2)[reach + 1 : -reach - 1, reach + 1 : -reach - 1]


def _parted(picture: np.ndarray) -> np.ndarray:
    """The middle of a picture, parted from its rim by colour, h w bool."""
    height, width = picture.shape[:2]
    zones = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    cv2.ellipse(
        zones, (width // 2, round(0.54 * height)), (width // 4, round(0.4 * height)), 0, 0, 360, cv2.GC_PR_FGD, -1
    )
    deep = max(2, round(0.03 * max(height, width)))
    zones[:deep], zones[:, :deep], zones[:, -deep:] = (cv2.GC_BGD,) * 3
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(picture, zones, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # too few colours to tell apart
        return np.zeros((height, width), bool)
    return np.isin(zones, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _whole(found: np.ndarray) -> np.ndarray:
    """The largest piece, with what lies within its reach, and without holes."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8))
    if count < 2:
        return np.zeros_like(found)
    labels = np.asarray(labels)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return _enclosed(labels == largest)


def _stands(found: np.ndarray) -> bool:
    """Whether a piece may be a figure: not a frame around the picture, nor a strip along it."""
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    tall, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
    rim = np.concatenate([found[0], found[:, 0], found[:, -1]]).mean()
    return bool(tall > 0.3 * found.shape[0] and wide > 0.1 * found.shape[1] and wide < 3 * tall and rim < 0.35)


def is_stout(found: np.ndarray) -> bool:
    """Whether a piece, h w bool, is too broad and full to be a figure with limbs: a face, a cup, many small things."""
    return bool(found.sum() > STOUTEST * (np.ptp(np.flatnonzero(found.any(1))) + 1) ** 2)
