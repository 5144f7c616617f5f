"""Draws skirts, and the skirts of coats."""

import numpy as np

from training.puppets.drawn import Drawn
from training.puppets.ink import Ink, Sheet, smooth
from training.puppets.outfit import Outfit


def draw_skirt(sheet: Sheet, body: Drawn, outfit: Outfit) -> None:
    """Pleats from the waist to a hem that covers both legs and lags behind the hips."""
    build, px = body.build, body.px
    length = outfit.skirt or 0.5
    right = body.trunk(1, 1.0) - body.trunk(0, 1.0)
    right = right / max(float(np.hypot(*right)), 1e-6)
    ends = []
    for side in (0, 1):
        hip, knee, ankle = (body.joint(name, side) for name in ("hip", "knee", "ankle"))
        ends.append(hip + (knee - hip) * min(length, 1.0) + (ankle - knee) * max(length - 1.0, 0.0))
    ends.sort(key=lambda end: float(end @ right))
    gap = float((ends[1] - ends[0]) @ right)
    out = max(build.pelvis * outfit.flare * px - gap / 2, outfit.thigh * 1.35 * px)
    low = np.array([0.0, build.thigh * 0.05 * px])
    swing = body.swing * 0.5
    hem_left, hem_right = ends[0] - right * out + swing + low, ends[1] + right * out + swing + low
    waist_left, waist_right = body.trunk(-build.waist * 1.04, 0.66), body.trunk(build.waist * 1.04, 0.66)
    hip_left, hip_right = body.trunk(-build.pelvis * 1.14, 0.98), body.trunk(build.pelvis * 1.14, 0.98)
    pleats = outfit.pleats
    shares = np.linspace(0, 1, pleats * 2 + 1)
    sag = np.array([0.0, build.thigh * 0.13 * px])
    hem = []
    for index, share in enumerate(shares):
        edge = np.sin(share * np.pi)
        wave = (0.1 if index % 2 else -0.04) * sag * (0.5 + edge)
        hem.append(hem_left + (hem_right - hem_left) * share + sag * edge + wave)
    left = smooth([waist_left, hip_left, hem[0]], closed=False)
    right_line = smooth([waist_right, hip_right, hem[-1]], closed=False)
    shape = sheet.paint(sheet.polygon(np.concatenate([left, hem[1:-1], right_line[::-1]])), outfit.bottom)
    if outfit.stripe:
        raised = [point + ((waist_left + waist_right) / 2 - point) * 0.12 for point in hem]
        sheet.paint(sheet.tube(raised, np.full(len(raised), 1.7)).within(shape), outfit.stripe)
    if outfit.bottom.shade and outfit.bottom.line:
        for index in range(1, len(shares) - 1):
            share = shares[index]
            top = waist_left + (waist_right - waist_left) * (0.1 + 0.8 * share) + (hem[index] - waist_left) * 0.0
            middle = hip_left + (hip_right - hip_left) * share
            if index % 2:
                fold = sheet.polygon([*smooth([top, middle, hem[index]], closed=False), hem[index + 1]])
                sheet.paint(fold.within(shape), Ink(outfit.bottom.shade, strength=0.55))
            else:
                sheet.paint(
                    sheet.stroke([top, middle, hem[index]], 1.5).within(shape), Ink(outfit.bottom.line, strength=0.5)
                )
