"""Strata: what goes on behind a character from one side to the other, as floors, skirting boards, hills and horizons
do, and walls that are striped. Nothing learned.

Notation: h w rows and columns of the picture, n rows that a hole crosses, k columns beside it.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.cutout import fill_smoothly

ROWS = 256  # of the picture's height, at which the two sides of a hole are matched
STEEPEST = 0.09  # of the height: how much lower a stratum may be on one side than on the other
BOWED = 0.03  # of the height: how much lower or higher than straight it may run between them
STEEP = 0.4  # rows by which a stratum may rise in a column
BENT = 0.03  # what it costs, in colour, that strata above each other differ in slope by half a row
SLOPED = 0.0004  # and that one is a row lower on one side
EVEN = 0.02  # how much the colours of one stratum differ
STEP = 0.03  # how much colours of two strata differ
UPRIGHT = 0.12  # of a wall's changes may be left when it is taken to be striped
GOES_ON = 0.02  # mean difference up to which stripes go on
RIMS = 16  # of the width: the columns beside a hole that are looked at


def find_strata(picture: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """What is behind a hole if everything goes on from its left side to its right, 3 h w, and how surely, 1 h w.

    picture: 3 h w in 0..1; known: 1 h w, 0 in the hole. The colours of both sides are matched like the lines of a pair
    of pictures; where they are even and alike, what is between them goes on as bent as it is beside them.
    """
    height, width = known.shape[-2:]
    image = np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
    hidden = known[0].numpy() < 0.5
    filled, sure, beside = np.zeros_like(image), np.zeros((height, width), np.float32), np.zeros_like(hidden)
    wide = width // RIMS + 2
    crossed = np.asarray(hidden.any(1))
    first, last = hidden.argmax(1), width - hidden[:, ::-1].argmax(1)
    rows = np.flatnonzero(crossed & (first >= wide) & (last <= width - wide))
    columns = np.arange(width, dtype=np.float32)[None]
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        if len(run) < 8:
            continue
        across = (last - first)[run]
        rims = ((first[run] - wide, 0.5 - wide), (last[run], 0.5))
        shift, bends, sides = np.zeros(len(run)), [np.zeros(len(run))] * 2, ()
        for _ in range(2):  # once they are matched, both sides are looked at along the slope
            sides = _sides(image, hidden, run, rims, shift / across, bends, wide)
            shift = _match(
                *(colours for colours, _ in sides),
                most=np.minimum(STEEPEST * height, STEEP * across),
                scale=min(1.0, ROWS / height),
            )
        bends = [_bend(image, hidden, run, start, shift / across, wide, edge) for start, edge in rims]
        sides = _sides(image, hidden, run, rims, shift / across, bends, wide)
        share = ((columns + 0.5 - first[run, None]) / across[:, None]).astype(np.float32)
        middle = y = np.arange(len(run), dtype=np.float32)[:, None]
        for _ in range(4):  # where the stratum that passes here is amid the hole
            bowed = _bowed(share.clip(0, 1), [np.interp(middle, y[:, 0], bend) for bend in bends], across[:, None])
            bowed = bowed.clip(-BOWED * height, BOWED * height)
            middle = y - (share.clip(-1, 2) - 0.5) * np.interp(middle, y[:, 0], shift).astype(np.float32) - bowed
        slope = np.interp(middle, y[:, 0], shift).astype(np.float32)
        left, right = (_at(colours, middle + end * slope) for (colours, _), end in zip(sides, (-0.5, 0.5), strict=True))
        filled[run] = left + (right - left) * share.clip(0, 1)[..., None]
        amid = ~hidden[run] & (share > 0) & (share < 1)  # what is seen between arms and legs bears witness
        wrong = (np.abs(filled[run] - image[run]).max(-1) * amid).sum(1) / amid.sum(1).clip(min=1)
        unlike = np.maximum(
            np.abs(left - right).max(-1) / 2,
            _at(np.maximum.reduce([wrong / 2, *(rough for _, rough in sides)]), middle),
        )
        sure[run] = (1.5 - unlike / EVEN).clip(0, 1) * _fading(run, crossed)[:, None]
        beside[run] = ~hidden[run] & (np.abs(share - 0.5) * across[:, None] < across[:, None] / 2 + wide)
    thick = height // 200 | 1
    sure = cv2.morphologyEx(sure, cv2.MORPH_CLOSE, np.ones((2 * thick + 1, 1), np.uint8))
    sure = np.maximum(sure, _borders(filled, sure, reach=height // 50 + 1))
    sure = cv2.blur(cv2.erode(sure, np.ones((thick, 1), np.uint8)), (1, thick))
    strata = torch.from_numpy(filled).permute(2, 0, 1)
    light = fill_smoothly((picture - strata)[None], torch.from_numpy(beside)[None, None].float())[0]
    return (strata + light.clamp(-0.1, 0.1)).clamp(0, 1), torch.from_numpy(sure)[None]


def _sides(
    image: np.ndarray,
    hidden: np.ndarray,
    run: np.ndarray,
    rims: tuple[tuple[np.ndarray, float], ...],
    slope: np.ndarray,
    bends: list[np.ndarray],
    wide: int,
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """What is beside a hole at its left and at its right, each as of _beside."""
    return tuple(
        _beside(image, hidden, run, start, slope + bend, wide, edge)
        for (start, edge), bend in zip(rims, bends, strict=True)
    )


def _bend(
    image: np.ndarray,
    hidden: np.ndarray,
    run: np.ndarray,
    start: np.ndarray,
    slope: np.ndarray,
    wide: int,
    edge: float,
) -> np.ndarray:
    """How much more than the slope strata fall beside a hole, n, in rows a column. All as of _beside."""
    half = wide // 2
    lines = [_beside(image, hidden, run, start + n, slope, half, edge + n)[0] for n in (0, half)]
    scale, most = min(1.0, 2 * ROWS / len(image)), np.full(len(run), STEEP * half)
    bend = _match(lines[0], lines[1], most=most, scale=scale) / half
    return bend * (np.abs(bend) > 0.5 / scale / half)  # less is not told apart


def _bowed(share: np.ndarray, bends: list[np.ndarray], across: np.ndarray) -> np.ndarray:
    """Rows by which a stratum that is bent beside a hole runs lower than straight within it: Hermite's cubic."""
    left, right = bends
    return (across * share * (1 - share) * (left * (1 - share) - right * share)).astype(np.float32)


def find_stripes(detail: Tensor, known: Tensor) -> Tensor:
    """3 h w: what goes on down the columns of a wall, as papered stripes and boards do; 0 where nothing does.

    detail: 3 h w, the picture without light and shade; known: 1 h w.
    """
    height, width = known.shape[-2:]
    seen = known[0] > 0.5
    change, pairs = torch.zeros(2, height), torch.zeros(2, height)
    for step in (height // 96 + 1, height // 48 + 1):
        for axis in (0, 1):
            end = (height, width)[axis] - step
            both = (seen & torch.roll(seen, -step, axis)).narrow(axis, 0, end)
            apart = (torch.roll(detail, -step, axis + 1) - detail).abs().mean(0).narrow(axis, 0, end)
            change[axis, : len(both)] += (apart * both).sum(1)
            pairs[axis, : len(both)] += both.sum(1)
    around = height // 32 * 2 + 1
    smooth = F.avg_pool1d(torch.cat([change, pairs])[:, None], around, 1, around // 2)[:, 0]
    down, across = smooth[:2] / smooth[2:].clamp(min=1e-3)
    upright = np.pad((across > 2 * down + 1e-4).numpy().astype(np.int8), 1)
    stripes = torch.zeros_like(detail)
    starts, ends = np.flatnonzero(np.diff(upright) > 0), np.flatnonzero(np.diff(upright) < 0)
    for top, bottom in zip(starts.tolist(), ends.tolist(), strict=True):
        within = seen[top:bottom].numpy()
        columns = np.flatnonzero(within.sum(0) >= 3)
        if bottom - top < height // 12 or len(columns) < 4:
            continue
        part = np.where(within, detail[:, top:bottom].numpy(), np.nan)[:, :, columns]
        line = np.nanmedian(part, 1, keepdims=True)
        if np.nanmean((part - line) ** 2) < UPRIGHT * np.nanmean(part**2):
            whole = np.stack([np.interp(np.arange(width), columns, one) for one in line[:, 0]])
            top, bottom = _as_far(whole, detail.numpy(), seen.numpy(), top, bottom, around)
            stripes[:, top:bottom] = torch.from_numpy(whole).to(detail)[:, None]
    return stripes


def _as_far(
    line: np.ndarray, detail: np.ndarray, seen: np.ndarray, top: int, bottom: int, most: int
) -> tuple[int, int]:
    """The rows from top to bottom, and up to `most` beyond either where the stripes (3 w) are still seen."""

    def goes_on(row: int) -> bool:
        known = seen[row] if 0 <= row < len(seen) else seen[:0]
        return bool(known.any() and np.abs(detail[:, row, known] - line[:, known]).mean() < GOES_ON)

    first, last = top, bottom
    while top - first < most and goes_on(first - 1):
        first -= 1
    while last - bottom < most and goes_on(last):
        last += 1
    return first, last


def _fading(run: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """n, 0..1: less at the ends of a run of rows, if a hole as wide as the picture is beyond. hidden: h bool."""
    away = np.full(len(run), np.inf)
    for beyond, count in ((run[0] - 1, np.arange(len(run))), (run[-1] + 1, np.arange(len(run))[::-1])):
        if 0 <= beyond < len(hidden) and hidden[beyond]:
            away = np.minimum(away, count)
    return (away / (0.05 * len(hidden))).clip(0, 1)


def _borders(filled: np.ndarray, sure: np.ndarray, *, reach: int) -> np.ndarray:
    """h w: how sure the strata are on whose border each pixel lies, at most `reach` rows away; 0 where there is only
    one, for what interrupts that is a thing, not a border. filled h w 3; sure h w."""
    step = np.roll(filled, reach, 0) - np.roll(filled, -reach, 0)
    closed = cv2.morphologyEx(sure, cv2.MORPH_CLOSE, np.ones((2 * reach + 1, 1), np.uint8))
    return closed * (np.abs(step).max(-1) / STEP - 0.5).clip(0, 1)


def _beside(
    image: np.ndarray,
    hidden: np.ndarray,
    rows: np.ndarray,
    start: np.ndarray,
    slope: np.ndarray,
    wide: int,
    edge: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The mean colours beside a hole along the slope, n 3, and how much they vary, n.

    image h w 3; hidden h w; rows, start, slope: n, of the columns that are looked at; wide: how many; edge: from the
    hole to the first.
    """
    steps = np.arange(wide, dtype=np.float32)[None]
    x = (start[:, None] + steps).astype(np.float32)
    y = (rows[:, None] + slope[:, None] * (steps + edge)).astype(np.float32)
    seen = cv2.remap((~hidden).astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) > 0.99
    colours = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    count = seen.sum(1).clip(min=1)[:, None]
    mean = (colours * seen[..., None]).sum(1) / count
    rough = np.sqrt((((colours - mean[:, None]) ** 2) * seen[..., None]).sum(1) / count).max(1)
    return mean, np.where(count[:, 0] * 2 > wide, rough, 1.0)


def _at(line: np.ndarray, places: np.ndarray) -> np.ndarray:
    """h w (c): values of a line, n or n c, at places between its rows, h w."""
    places = places.astype(np.float32)
    line = np.ascontiguousarray(line.reshape(len(line), 1, -1), np.float32)
    return cv2.remap(line, np.zeros_like(places), places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _match(left: np.ndarray, right: np.ndarray, *, most: np.ndarray, scale: float) -> np.ndarray:
    """How many rows lower each stratum is at the right than at the left, n: the cheapest course of shifts from top to
    bottom. left, right: n 3, colours of the rows; most: n; scale: at which they are compared."""
    few = max(8, round(len(left) * scale))
    scale = few / len(left)
    lines = [
        cv2.resize(side[:, None].astype(np.float32), (1, few), interpolation=cv2.INTER_AREA)[:, 0]
        for side in (left, right)
    ]
    lines = [np.concatenate([line, 2 * np.gradient(line, axis=0)], 1) for line in lines]
    steps = round(2 * float(most.max()) * scale)
    shifts = np.arange(-steps, steps + 1) / 2
    places = [np.arange(few)[:, None] + side * shifts / 2 for side in (-1, 1)]
    cost = np.abs(_at(lines[0], places[0]) - _at(lines[1], places[1])).mean(-1) + SLOPED * np.abs(shifts) / scale
    limit = np.interp(np.arange(few), np.arange(len(most)) * scale, most) * scale
    cost += 9 * (np.abs(shifts) > limit[:, None])
    total, came = cost[0], np.zeros(cost.shape, int)
    for row in range(1, few):
        before = np.pad(total, 1, constant_values=np.inf)
        ways = np.stack([before[:-2] + BENT, before[1:-1], before[2:] + BENT])
        came[row] = ways.argmin(0) - 1
        total = ways.min(0) + cost[row]
    course = np.zeros(few, int)
    course[-1] = total.argmin()
    for row in range(few - 1, 0, -1):
        course[row - 1] = course[row] + came[row, course[row]]
    return np.interp((np.arange(len(left)) + 0.5) * scale - 0.5, np.arange(few), shifts[course] / scale)
