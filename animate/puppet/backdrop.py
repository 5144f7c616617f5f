"""The backdrop: what was behind the character, made up from what is still to be seen. Nothing learned.

Missing pieces are put together from patches of the rest of the picture, coarse to fine, so that walls stay smooth and
water, leaves and tiles keep their grain. Notation: h w rows and columns of the picture, a b of a smaller one.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.cutout import blur, fill_smoothly
from animate.puppet.lines import joined
from animate.puppet.masks import disc_of, grow
from animate.puppet.strata import find_strata, find_stripes

PATCH = 7  # pixels to a patch's side
SIDES = (32, 64, 128)  # longer sides of the picture, coarse to fine, at which patches are sought
SWEEPS = (8, 4, 2)
SAME_ROW, SAME_COLUMN = 2.0, 0.3  # how much a patch from another height or side is disliked
BESIDE = np.array([[0, 1, 0], [3, 0, 3], [0, 1, 0]], np.float32) / 8  # walls and floors are alike along rows
MANY = 400  # patches to seek; of more, every other row and column is enough
FADING = 1.3  # by which a colour is less sure with every cell into the hole
CALM = 0.02  # detail below which nothing is seen at a hole's rim
STRANGE = 0.05  # detail above which a shred on a calm ground is none of it
BUSY = 0.04  # mean detail from which on a ground has shreds of its own
PLAIN = 0.02  # mean detail below which a background is a smooth wall


def fill_background(picture: Tensor, hole: Tensor) -> Tensor:
    """picture: 3 h w in 0..1; hole: 1 h w, 1 where the background is hidden -> 3 h w, filled."""
    hole = (hole > 0).float()
    if not hole.any():
        return picture
    if hole.all():
        return picture.mean((1, 2), keepdim=True).expand_as(picture)
    known = 1 - hole
    height, width = picture.shape[-2:]
    smooth = stretch_over(picture, known)
    base = _base(picture, known, smooth)
    stripes = find_stripes(picture - base, known)
    base, smooth = base + stripes, smooth + stripes
    detail = (picture - base) * known
    low, source = None, None
    for side, sweeps in zip(SIDES, SWEEPS, strict=True):
        scale = min(1.0, side / max(height, width))
        grid = (max(PATCH + 2, round(height * scale)), max(PATCH + 2, round(width * scale)))
        share = F.interpolate(known[None], grid, mode="area")[0]
        colours = F.interpolate(detail[None], grid, mode="area")[0] / share.clamp(min=1e-3)
        missing = share < 0.999
        start = torch.zeros_like(colours) if low is None else F.interpolate(low[None], grid, mode="bilinear")[0]
        if low is None:
            start = F.interpolate((smooth - base)[None], grid, mode="area")[0]
        low = torch.where(missing, start, colours)
        away = cv2.distanceTransform(missing[0].to(torch.uint8).numpy(), cv2.DIST_L2, 5)
        trust = FADING ** -torch.from_numpy(away)[None].clamp(max=30)
        for _ in range(sweeps):
            found = _complete(low, missing, trust)
            if found is None:
                break
            low, source = found
    if source is None or low is None:
        return known * picture + hole * smooth
    strata, sure = find_strata(picture, known)
    patched = base + _sharpen(detail, known, low, source) * _busy(detail, known)
    filled = torch.lerp(patched.clamp(0, 1), strata, sure)
    return known * picture + hole * filled


def clinging(picture: Tensor, hole: Tensor, *, reach: float) -> Tensor:
    """1 h w, 1 where something small clings to the hole on calm ground, as ends of hair, of ink and of shadows do that
    the character's mask missed. picture: 3 h w; hole: 1 h w; reach: pixels; what goes on further is scenery."""
    image = np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
    disc = disc_of(max(2, round(reach / 3)))
    without = [cv2.morphologyEx(image, way, disc) for way in (cv2.MORPH_OPEN, cv2.MORPH_CLOSE)]
    thin = torch.from_numpy(np.maximum(image - without[0], without[1] - image).max(-1))[None]
    far = 1 - grow(hole, round(reach))
    detail = (picture - blur(picture, reach / 2)).abs().amax(0, keepdim=True)
    usual, busy = blur(torch.cat([thin, detail]) * far, reach).div(blur(far, reach).clamp(min=1e-3)).unsqueeze(1)
    strange = ((thin > STRANGE + 2.5 * usual) & (busy < BUSY) & (hole < 0.5))[0].numpy()
    beside, beyond = ((t[0] > 0.5).numpy() for t in (grow(hole, 3), far))
    shreds = joined(strange, strange & beside) & ~joined(strange, strange & beyond)
    return grow(torch.from_numpy(shreds.astype(np.float32))[None], 3)


def stretch_over(picture: Tensor, known: Tensor) -> Tensor:
    """The picture with its holes spanned by a membrane: smooth, and without a seam.

    picture: 3 h w; known: 1 h w, 0 in holes.
    """
    height, width = picture.shape[-2:]
    spanned = None
    for side in (24, 48, 96, 192, 384):
        scale = min(1.0, side / max(height, width))
        grid = (max(2, round(height * scale)), max(2, round(width * scale)))
        share = F.interpolate(known[None], grid, mode="area")
        colours = F.interpolate((picture * known)[None], grid, mode="area") / share.clamp(min=1e-3)
        start = fill_smoothly(colours, share) if spanned is None else F.interpolate(spanned, grid, mode="bilinear")
        fixed = (share[0, 0] > 0.5).numpy()[..., None]
        given, sheet = (np.ascontiguousarray(t[0].permute(1, 2, 0).numpy()) for t in (colours, start))
        np.copyto(sheet, given, where=fixed)
        for _ in range(60 if side < 192 else 20):
            sheet = cv2.filter2D(sheet, -1, BESIDE, borderType=cv2.BORDER_REPLICATE)
            np.copyto(sheet, given, where=fixed)
        spanned = torch.from_numpy(sheet).permute(2, 0, 1)[None]
        if scale == 1:
            break
    assert spanned is not None
    spanned = F.interpolate(spanned, (height, width), mode="bilinear")[0]
    return known * picture + (1 - known) * spanned


def _base(picture: Tensor, known: Tensor, smooth: Tensor) -> Tensor:
    """3 h w: the part of the picture that is only light and shade: all of it on a plain wall, its mean elsewhere."""
    light = blur(smooth, 0.015 * max(picture.shape[-2:]))
    detail = float(((picture - light).abs() * known).sum() / known.sum().clamp(min=1) / 3)
    mean = (picture * known).sum((1, 2), keepdim=True) / known.sum().clamp(min=1)
    share = min(1.0, max(0.0, 2 - detail / PLAIN))
    return share * light + (1 - share) * mean


def _busy(detail: Tensor, known: Tensor) -> Tensor:
    """1 h w: whether there is any detail at the hole's rim nearby; where a wall is smooth all around, nothing hangs.

    detail: 3 h w, 0 in the hole; known: 1 h w.
    """
    rim = known * grow(1 - known, max(2, round(0.01 * max(known.shape[-2:]))))
    seen = fill_smoothly(detail.abs()[None], rim[None])[0].amax(0, keepdim=True)
    return (seen / CALM - 0.5).clamp(0, 1)


def _complete(image: Tensor, missing: Tensor, trust: Tensor) -> tuple[Tensor, Tensor] | None:
    """One sweep: every patch that touches the hole takes the colours of the most alike whole patch.

    image: 3 h w; missing: 1 h w bool; trust: 1 h w, how sure each colour is. Returns the image with its hole voted
    anew, and for each pixel where the patch about it was taken from, h w 2 (row, column); None when no whole patch is
    left.
    """
    height, width = missing.shape[-2:]
    patches, trusts = (F.unfold(t[None], PATCH)[0].T for t in (image, trust))  # patches by (3) PATCH PATCH
    touched = F.unfold(missing[None].float(), PATCH)[0].amax(0) > 0
    rows, columns = height - PATCH + 1, width - PATCH + 1
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    place = torch.stack([y.flatten() * (SAME_ROW / height), x.flatten() * (SAME_COLUMN / width)], 1).to(patches)
    place = place * PATCH
    stride = 2 if int(touched.sum()) > MANY else 1
    steps = [torch.arange(n) - torch.arange(n) % stride for n in (rows, columns)]
    steps[0][-1], steps[1][-1] = rows - 1, columns - 1  # lest the picture's edge is left out
    chosen = (steps[0] * columns)[:, None] + steps[1][None]  # for each patch the one that is sought
    sought = touched & (chosen.flatten() == torch.arange(rows * columns))
    target, source = torch.nonzero(sought)[:, 0], torch.nonzero(~touched)[:, 0]
    if len(source) < 4:
        return None
    # squared differences, each pixel as it is trusted: of (t - s)² the parts that depend on s
    squares = (patches[source] ** 2).view(-1, 3, PATCH * PATCH).sum(1)
    candidates = torch.cat([squares, patches[source], place[source], (place[source] ** 2).sum(1, keepdim=True)], 1).T
    candidates = candidates.contiguous()
    nearest, costs = [], []
    for those in target.split(512):
        weight = trusts[those] / trusts[those].mean(1, keepdim=True)
        heavy, here = patches[those] * weight.repeat(1, 3), place[those]
        wanted = torch.cat([weight, -2 * heavy, -2 * here, torch.ones_like(here[:, :1])], 1)
        cost, found = (wanted @ candidates).min(1)
        nearest.append(found)
        costs.append(cost + (heavy * patches[those]).sum(1) + (here**2).sum(1))
    origin = torch.arange(rows * columns)
    origin[target] = source[torch.cat(nearest)]
    cost = torch.cat(costs).clamp(min=0)
    voting = (~touched).to(patches)
    voting[target] = torch.exp(-cost / (2 * cost.quantile(0.75).clamp(min=1e-4))) * trusts[target].mean(1)
    ballots = (patches[origin] * voting[:, None], voting[:, None].expand(-1, PATCH * PATCH))
    votes, total = (F.fold(t.T[None], (height, width), PATCH) for t in ballots)
    half = PATCH // 2
    y, x = ((torch.arange(n) - half).clamp(0, n - PATCH) for n in (height, width))
    middle = chosen[y[:, None], x[None]]  # the sought patch about each pixel
    at = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"), -1)
    from_patch, to_patch = (torch.stack([t // columns, t % columns], -1) for t in (origin[middle], middle))
    return torch.where(missing, (votes / total.clamp(min=1e-8))[0], image), from_patch + at - to_patch


def _agree(shift: Tensor) -> Tensor:
    """Whole pieces instead of crumbs: each cell (of h w 2) takes the shift most of its neighbours have."""
    code = (shift[..., 0] * 4096 + shift[..., 1]).numpy()
    around = np.lib.stride_tricks.sliding_window_view(np.pad(code, 2, mode="edge"), (5, 5)).reshape(-1, 25)
    around = np.sort(around.astype(np.int32), axis=1).T
    run = np.ones(around.shape[1], np.int32)
    best, most = around[0].copy(), np.zeros_like(run)
    for place in range(25):  # the longest run of equals
        if place:
            run = np.where(around[place] == around[place - 1], run + 1, 1)
        votes = run + (around[place] == code.ravel())
        np.copyto(best, around[place], where=votes > most)
        np.maximum(most, votes, out=most)
    code = torch.from_numpy(best.reshape(code.shape)).long()
    first = torch.div(code + 2048, 4096, rounding_mode="floor")
    return torch.stack([first, code - first * 4096], -1)


def _sharpen(detail: Tensor, known: Tensor, low: Tensor, source: Tensor) -> Tensor:
    """Full detail for the hole: copied from where its patches came from, with the light of the voted picture.

    detail 3 h w, known 1 h w; low 3 a b: the picture completed at low size; source a b 2. Returns 3 h w.
    """
    height, width = detail.shape[-2:]
    grid = low.shape[-2:]
    cell = torch.tensor([height / grid[0], width / grid[1]])
    cells = torch.stack(torch.meshgrid(*(torch.arange(n) for n in grid), indexing="ij"), -1).to(source)
    shift = _agree(_agree(source - cells)).to(detail) * cell
    raised = F.interpolate(low[None], (height, width), mode="bilinear", align_corners=False)[0]
    at = torch.nonzero(known[0] < 1)  # n 2
    corner = (at + 0.5) / cell - 0.5
    copied = torch.zeros(len(detail), len(at))
    for step in ((0, 0), (0, 1), (1, 0), (1, 1)):  # neighbouring pieces pass into each other
        near = torch.stack([(corner[:, i].floor() + step[i]).clamp(0, grid[i] - 1) for i in (0, 1)], 1)
        weight = (1 - (corner - corner.floor() - torch.tensor(step)).abs()).prod(1)
        taken = (at + shift[near[:, 0].long(), near[:, 1].long()]).round().long()
        rows, columns = taken[:, 0].clamp(0, height - 1), taken[:, 1].clamp(0, width - 1)
        usable = known[:, rows, columns]
        piece = detail[:, rows, columns] * usable + raised[:, at[:, 0], at[:, 1]] * (1 - usable)
        copied = copied + weight * piece
    whole = detail.clone()
    whole[:, at[:, 0], at[:, 1]] = copied
    return whole + blur((raised - whole) * (1 - known), float(cell.mean()) * 1.5)
