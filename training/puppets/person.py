"""Draws people in the manner of a clean anime cel: limbs, clothes, hands and shoes; heads are in `portrait`."""

from dataclasses import replace

import numpy as np
from numpy import ndarray

from training.puppets.drawn import Drawn
from training.puppets.ink import Ink, Mask, Sheet, smooth, union, xy
from training.puppets.outfit import Outfit
from training.puppets.skirt import draw_skirt

FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))


def draw_person(sheet: Sheet, body: Drawn, outfit: Outfit) -> None:
    """The whole person, from what is farthest to what is nearest."""
    if outfit.behind:
        outfit.behind(sheet, body)
    for side in (0, 1):
        if body.behind(side):
            _arm(sheet, body, outfit, side)
    for side in np.argsort(body.at["ankle"][:, 2] + 0.2 * body.at["knee"][:, 2]):
        _leg(sheet, body, outfit, int(side))
    _neck(sheet, body, outfit)
    if outfit.skirt is None:
        _hips(sheet, body, outfit)
    else:
        draw_skirt(sheet, body, outfit)
    trunk = _trunk(sheet, body, outfit)
    if outfit.decorate:
        outfit.decorate(sheet, body, trunk)
    in_front = [side for side in (0, 1) if not body.behind(side)]
    raised = [side for side in in_front if body.joint("wrist", side)[1] < body.at["collar"][1]]
    for side in [side for side in in_front if side not in raised]:
        _arm(sheet, body, outfit, side)
    for side in raised:
        if body.at["wrist"][side, 2] < body.at["head"][2] + 0.05 * body.px:
            _arm(sheet, body, outfit, side)
    outfit.head(sheet, body)
    for side in raised:
        if body.at["wrist"][side, 2] >= body.at["head"][2] + 0.05 * body.px:
            _arm(sheet, body, outfit, side)


def cut(line: ndarray, radii: ndarray, start: float, end: float) -> tuple[ndarray, ndarray]:
    """The part of a limb between two shares of its points, with its radii."""
    places, wanted = np.linspace(0, 1, len(line)), np.linspace(start, end, 20)
    at = np.stack([np.interp(wanted, places, line[:, axis]) for axis in (0, 1)], 1)
    return at, np.interp(wanted, places, radii)


def _arm(sheet: Sheet, body: Drawn, outfit: Outfit, side: int) -> None:
    line = body.limb("shoulder", "elbow", "wrist", side=side)
    arm = outfit.arm
    radii = body.radii(len(line), arm * 0.84, arm, arm * 0.8, arm * 0.84, arm * 0.55)
    until = outfit.sleeve / 2
    hand = _hand_mask(sheet, body, outfit, side)
    skin = replace(outfit.glove or outfit.skin, width=1.1, depth=2.5)
    if until < 0.97:
        bare = sheet.tube(*cut(line, radii, max(0.0, until - 0.12), 1.0))
        sheet.paint(hand, skin)
        sheet.paint(bare, replace(outfit.skin, width=1.1))
        if not outfit.glove:
            wrist = body.joint("wrist", side) + (line[-1] - line[-4]) * 0.35
            sheet.paint(
                sheet.tube([line[-4], wrist], [radii[-4] * 0.93, radii[-1] * 0.9]), replace(skin, line=None, shade=None)
            )
    else:
        sheet.paint(hand, skin)
    if until > 0.02:
        loose = 1.12 * outfit.loose
        at, wide = cut(line, radii * loose, 0.0, min(until, 0.97))
        wide = np.maximum(wide, arm * 0.72 * body.px * outfit.loose) if until > 0.9 else wide * 1.22
        sheet.paint(_open_tube(sheet, at, wide), outfit.top)
        if outfit.cuff:
            end = at[-1] + (at[-1] - at[-2]) * 0.25
            sheet.paint(_band(sheet, at[-1] + (at[-3] - at[-1]) * 0.9, end, wide[-1] * 1.14), outfit.cuff)


def _band(sheet: Sheet, start: ndarray, end: ndarray, radius: float) -> Mask:
    """A cuff: a short bar with slightly rounded corners."""
    way = end - start
    aside = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-6) * radius
    bulge = way * 0.12
    return sheet.polygon(
        smooth([start + aside, start, start - aside], closed=False).tolist()
        + smooth(
            [end - aside, end - aside * 0.5 + bulge, end + aside * 0.5 + bulge, end + aside], closed=False
        ).tolist()
    )


def _open_tube(sheet: Sheet, at: ndarray, radii: ndarray) -> Mask:
    """A tube with a straight end, as a sleeve or trouser leg has."""
    way = np.gradient(at, axis=0)
    way /= np.maximum(np.hypot(*way.T), 1e-6)[:, None]
    aside = np.stack([-way[:, 1], way[:, 0]], 1) * radii[:, None]
    shape = sheet.polygon(np.concatenate([at + aside, (at - aside)[::-1]]))
    return union(
        shape, sheet.tube(at[:-1], np.minimum(radii[:-1], radii[:-1] * 0.985)), sheet.oval(at[0], (radii[0],) * 2)
    )


def _hand_mask(sheet: Sheet, body: Drawn, outfit: Outfit, side: int) -> Mask:
    hand = body.at["hand"][side, :, :2]
    size = body.build.hand * body.px
    palm = sheet.blob([hand[0] + (hand[2] - hand[0]) * 0.3, hand[2], hand[5], hand[9], hand[13], hand[17], hand[0]])
    parts = [
        palm,
        sheet.tube([hand[0], hand[0] + ((hand[5] + hand[17]) / 2 - hand[0]) * 0.72], [size * 0.14, size * 0.19]),
    ]
    for finger, joints in enumerate(FINGERS):
        thick = size * (0.085 if finger == 0 else 0.07)
        line = smooth(hand[list(joints)], closed=False, steps=3)
        parts.append(sheet.tube(line, np.linspace(thick * 1.1, thick * 0.8, len(line))))
    return union(*parts)


def _leg(sheet: Sheet, body: Drawn, outfit: Outfit, side: int) -> None:
    line = body.limb("hip", "knee", "ankle", side=side, bend=0.3)
    thigh = outfit.thigh
    radii = body.radii(len(line), thigh, thigh * 0.96, thigh * 0.70, thigh * 0.74, thigh * 0.43)
    until = 0.0 if outfit.skirt is not None else outfit.leg / 2
    _shoe(sheet, body, outfit, side)
    if until < 0.97:
        sheet.paint(sheet.tube(line, radii), outfit.skin)
        if outfit.sock:
            at, wide = cut(line, radii * 1.04, outfit.sock_from / 2, 1.0)
            sheet.paint(_open_tube(sheet, at[::-1], wide[::-1]), outfit.sock)
    if until > 0.0:
        loose = radii * (1.1 + 0.08 * outfit.loose)
        at, wide = cut(line, loose, 0.0, min(until, 0.985))
        share = np.linspace(0, min(until, 1.0), 20)
        wide = wide * (1 + outfit.bell * np.clip(share - 0.55, 0, 1) ** 1.3 * 4)
        floor = thigh * (0.52 if until > 0.9 else 0.9) * body.px * outfit.loose
        sheet.paint(_open_tube(sheet, at, np.maximum(wide, floor)), outfit.bottom)
        if outfit.bell:
            _shoe(sheet, body, outfit, side, only_toe=True)


def _shoe(sheet: Sheet, body: Drawn, outfit: Outfit, side: int, *, only_toe: bool = False) -> None:
    ankle, toe, heel = (body.joint(name, side) for name in ("ankle", "toe", "heel"))
    size = outfit.thigh * 0.62 * body.px
    sole = np.array([0.0, size * 0.34])
    if only_toe:
        middle = ankle + (toe - ankle) * 0.6
        sheet.paint(sheet.tube([middle + sole, toe + sole * 0.8], [size * 0.9, size * 0.9]), outfit.sole)
        sheet.paint(sheet.tube([middle, toe], [size * 0.95, size * 0.84]), outfit.shoe)
        return
    sheet.paint(sheet.tube([heel + sole * 0.6, toe + sole * 0.8], [size * 0.82, size * 0.92]), outfit.sole)
    upper = sheet.tube(
        [ankle, heel, ankle + (toe - ankle) * 0.5, toe], [size * 0.86, size * 0.72, size * 0.92, size * 0.84]
    )
    sheet.paint(upper, outfit.shoe)
    if outfit.shoe.line:
        tongue = ankle + (toe - ankle) * 0.35
        for share in (0.2, 0.45):
            lace = tongue + (toe - ankle) * share * 0.6
            across = np.array([size * 0.45, size * 0.05])
            sheet.paint(sheet.stroke([lace - across, lace + across], size * 0.15), outfit.sole.bare())


def _neck(sheet: Sheet, body: Drawn, outfit: Outfit) -> None:
    neck = outfit.arm * 0.92 * body.px
    top, low = body.on_head(0, 0.55), body.at["collar"][:2] + xy(0, neck * 0.3)
    shape = sheet.tube([top, low], [neck * 0.92, neck])
    shoulders = [
        body.at["collar"][:2] + np.array([dx, dy]) * neck
        for dx, dy in ((-2.4, 1.3), (-1, 0.1), (1, 0.1), (2.4, 1.3), (0, 2.6))
    ]
    sheet.paint(union(shape, sheet.blob(shoulders)), outfit.skin)
    shade = sheet.tube([top, top + (low - top) * 0.55], [neck * 1.1, neck * 0.9]).within(shape)
    if outfit.skin.shade:
        sheet.paint(shade, Ink(outfit.skin.shade))


def _trunk(sheet: Sheet, body: Drawn, outfit: Outfit) -> Mask:
    build = body.build
    shoulder, chest, waist, hip = build.shoulder, build.chest, build.waist, build.pelvis
    neck = outfit.arm * 0.95
    hem = outfit.hem
    points = [(neck, 0.0), (neck + (shoulder - neck) * 0.55, 0.0), (shoulder * 0.99, 0.09), (chest * 1.0, 0.3)]
    points += [(chest * 0.9, 0.45), (waist * 1.05, 0.68)] if hem > 0.6 else []
    if hem > 0.85:
        points += [(waist * 1.02 + (hip - waist) * 0.4, 0.86), (hip * 0.98 * outfit.loose**0.5, hem)]
    elif hem > 0.6:
        points += [(waist * 1.06, hem)]
    else:
        points += [(chest * 0.86, hem)]
    left = smooth([body.trunk(-across * outfit.loose**0.3, along) for across, along in points], closed=False)
    right = smooth([body.trunk(across * outfit.loose**0.3, along) for across, along in points], closed=False)
    collar = smooth([right[0], body.trunk(0, 0.07), left[0]], closed=False)
    hem_line = smooth([left[-1], body.trunk(0, hem + 0.045), right[-1]], closed=False)
    return sheet.paint(sheet.polygon(np.concatenate([left, hem_line, right[::-1], collar])), outfit.top)


def _hips(sheet: Sheet, body: Drawn, outfit: Outfit) -> None:
    """The seat of trousers: one cloth with both legs, whose outlines it covers where they meet."""
    build, px = body.build, body.px
    cloth = replace(outfit.bottom, line=None, shade=None)
    points = [(build.waist * 0.7, 0.7), (build.waist * 0.9, 0.8), (build.pelvis * 1.0, 0.98)]
    pieces = []
    for side in (0, 1):
        line = body.limb("hip", "knee", "ankle", side=side, bend=0.3)
        thick = outfit.thigh * (1.1 + 0.08 * outfit.loose) * px
        pieces.append(sheet.tube(*cut(line, np.full(len(line), thick - 0.6), 0.0, 0.1)))
    between = (body.joint("hip", 0) + body.joint("hip", 1)) / 2 + np.array([0, outfit.thigh * 0.7 * px])
    seat = [body.trunk(-across, along) for across, along in points] + [between]
    seat += [body.trunk(across, along) for across, along in reversed(points)]
    top = sheet.blob(seat)
    low = sheet.polygon([body.trunk(-0.3, 1.02), body.trunk(0.3, 1.02), body.trunk(0.3, 3), body.trunk(-0.3, 3)])
    sheet.paint(top.without(low), replace(outfit.bottom, shade=None))
    sheet.paint(union(top, *pieces), cloth)
    if outfit.bottom.line:
        fold = body.trunk(0, 1.0)
        sheet.paint(
            sheet.stroke([fold, (fold + between) / 2, between + xy(0, 3)], 1.8), Ink(outfit.bottom.line, strength=0.8)
        )
