"""Draws a dressed character on a canvas: limbs, torso, hands, skirt. The head is drawn in `head`."""

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from training.puppets.body import LEFT, RIGHT, Joints
from training.puppets.drapes import draw_cape, draw_seams, draw_skirt
from training.puppets.head import draw_head
from training.puppets.prints import around, cloth
from training.puppets.raster import Canvas, Paint, Spot
from training.puppets.recipe import Character
from training.puppets.stage import Stage

FINGERS = ((0, 2, 4), (5, 7, 8), (9, 11, 12), (13, 15, 16), (17, 19, 20))


def draw_figure(
    canvas: Canvas, who: Character, joints: Joints, *, turn: ndarray, scale: float, before: Joints | None = None
) -> None:
    """Draws the character; joints in the canvas's pixels; before: the same a moment earlier, for what swings."""
    tensors = {
        name: torch.as_tensor(np.asarray(value, np.float32)).to(canvas.device) for name, value in vars(joints).items()
    }
    lags = None
    if before is not None:
        lags = {
            name: (torch.as_tensor(getattr(before, name), dtype=torch.float32).to(canvas.device) - tensors[name])
            for name in ("head", "collar", "pelvis")
        }
    stage = Stage(canvas, who, tensors, torch.as_tensor(turn, dtype=torch.float32).to(canvas.device), scale, lags)
    for side in (RIGHT, LEFT):
        _leg(stage, side)
        _arm(stage, side)
        _hand(stage, side)
    _torso(stage)
    draw_seams(stage)
    if who.bottom in ("skirt", "mini", "dress", "gown"):
        draw_skirt(stage, who.skirt, "bottom")
    elif who.top == "coat":
        draw_skirt(stage, 0.75, "top")
    if who.cape:
        draw_cape(stage, who.cape)
    draw_head(stage)


def _dressed(stage: Stage, cloth_name: str, until: float, below: str, *, length: float, start: float = 0.0) -> Paint:
    """One cloth along a limb until a share of it, then another; prints stick to the limb as the body turns."""
    who, turn = stage.who, stage.turn

    def paint(spot: Spot) -> Tensor:
        angle = around(spot.across, turn[spot.frame])
        down = spot.along * length + start
        upper = cloth(who.materials[cloth_name], angle, down, who.seed)
        if until >= 1.5:
            return upper
        lower = cloth(who.materials[below], angle, down, who.seed)
        return torch.where((spot.along < until)[:, None], upper, lower)

    return paint


def _arm(stage: Stage, side: int) -> None:
    who, at = stage.who, stage.at
    thick, loose = 0.026 * who.build.thick, 1.22 if who.top in ("coat", "hoodie", "jacket", "sweater") else 1.08
    elbow, wrist = thick * 0.82, thick * 0.62
    upper = _clothed((thick, thick * 1.03, thick * 0.95, elbow), loose, who.sleeve)
    lower = _clothed((elbow, elbow * 1.06, elbow * 0.9, wrist), loose, who.sleeve - 1)
    for start, end, widths, until, length, before in (
        ("shoulder", "elbow", upper, who.sleeve, who.build.upper_arm, 0.0),
        ("elbow", "wrist", lower, who.sleeve - 1, who.build.forearm, who.build.upper_arm),
    ):
        stage.canvas.sweep(
            at[start][:, side],
            at[end][:, side],
            widths=stage.table(*widths),
            paint=_dressed(stage, "sleeve", until, "skin", length=length, start=before),
            wrinkles=who.wrinkles if until > 0.7 else 0.0,
            group=10 + side,
            lift=0.012 * stage.scale,
        )


def _clothed(widths: tuple[float, ...], loose: float, until: float) -> list[float]:
    """Widths at 17 places, wider where there is cloth."""
    places = np.linspace(0, 1, 17)
    bare = np.interp(places, np.linspace(0, 1, len(widths)), widths)
    return list(bare * np.where(places < until, loose, 1.0))


def _hand(stage: Stage, side: int) -> None:
    who, hand = stage.who, stage.at["hand"][:, side]
    skin = "glove" if who.gloves else "skin"
    paint = _dressed(stage, skin, 2, skin, length=who.build.hand)
    finger = who.build.hand * (0.14 if who.style == "plush" else 0.105)
    palm = who.build.hand * 0.24
    lift = 0.02 * stage.scale
    middle = (hand[:, 5] + hand[:, 17]) / 2
    across = stage.table(palm * 0.8, palm * 1.1, palm)
    stage.canvas.sweep(hand[:, 0], middle, widths=across, paint=paint, group=10 + side, lift=lift, cap=1.3)
    starts, ends = [], []
    for first, bent, tip in FINGERS:
        root = first + 1 if first == 0 else first
        starts += [hand[:, root], hand[:, bent]]
        ends += [hand[:, bent], hand[:, tip]]
    count = len(hand)
    stage.canvas.sweep(
        torch.cat(starts),
        torch.cat(ends),
        widths=stage.table(finger, finger * 0.85).repeat(len(starts), 1),
        paint=paint,
        group=10 + side,
        lift=lift * 1.05,
        frames=torch.arange(count, device=hand.device).repeat(len(starts)),
    )


def _leg(stage: Stage, side: int) -> None:
    who, at, build = stage.who, stage.at, stage.who.build
    thick = 0.042 * build.thick * (0.8 if who.style == "plush" else 1)
    knee, ankle = thick * 0.72, thick * 0.5
    bottom = "skin" if who.bottom in ("skirt", "mini", "dress", "gown") else "bottom"
    covered = 2.2 if bottom == "skin" else who.leg
    creased = 0.0 if bottom == "skin" else who.wrinkles * (0.4 if who.bottom == "leggings" else 1)
    loose = {"leggings": 1.02, "shorts": 1.28, "flares": 1.08}.get(who.bottom, 1.15)
    thigh = _clothed((thick, thick, thick * 0.9, knee), 1.0 if bottom == "skin" else loose, covered)
    shin = _clothed((knee, knee * 1.05, knee * 0.85, ankle), 1.0 if bottom == "skin" else loose, covered - 1)
    if who.bottom == "flares":
        shin = [
            width * (1 + 0.9 * max(0.0, place - 0.35)) for width, place in zip(shin, np.linspace(0, 1, 17), strict=True)
        ]
    stage.canvas.sweep(
        at["hip"][:, side],
        at["knee"][:, side],
        widths=stage.table(*thigh),
        paint=_dressed(stage, bottom, covered, "skin", length=build.thigh),
        wrinkles=creased if covered > 0.7 else 0.0,
        group=20 + side,
        lift=-0.01 * stage.scale,
    )
    upper, until = (bottom, covered - 1) if covered > 1 and bottom != "skin" else ("skin", who.sock - 1)
    stage.canvas.sweep(
        at["knee"][:, side],
        at["ankle"][:, side],
        widths=stage.table(*shin),
        paint=_dressed(stage, upper, until if until < 0.85 else 2, "sock", length=build.shin, start=build.thigh),
        wrinkles=creased if covered > 1.7 else 0.0,
        group=20 + side,
        lift=-0.008 * stage.scale,
        cap=1.0 if who.bottom != "flares" else 2.5,
    )
    shoe = ankle * 1.18
    stage.canvas.sweep(
        at["ankle"][:, side] * 0.85 + at["heel"][:, side] * 0.15,
        at["toe"][:, side],
        widths=stage.table(shoe * 0.95, shoe * 0.9, shoe * 0.95, shoe * 0.72),
        paint=_dressed(stage, "shoe", 0.8, "accent" if who.opening else "shoe", length=build.foot),
        group=30 + side,
    )


def _torso(stage: Stage) -> None:
    who, at, build = stage.who, stage.at, stage.who.build
    bare = who.top == "crop"
    hem = 0.55 if bare else 0.8 + 0.2 * (who.seed % 7) / 6
    bottom = "bottom"
    belt = who.belt and not bare

    def paint(spot: Spot) -> Tensor:
        angle = around(spot.across, stage.turn[spot.frame])
        down = spot.along * build.torso
        colour = cloth(who.materials["top"], angle, down, who.seed)
        accent = colour.new_tensor(who.materials["accent"].colour)
        if who.opening:
            colour = torch.where((angle.abs() < 0.07)[:, None], accent, colour)
        mark = _badge(who.badge, angle * 1.2, (spot.along - 0.4) * 1.2 * build.torso / build.chest)
        if mark is not None:
            colour = torch.where(mark[:, None], accent, colour)
        if who.top in ("tee", "shirt", "sleeveless", "crop"):
            skin = colour.new_tensor(who.materials["skin"].colour)
            neckline = spot.along < 0.16 * (1 - angle.abs() * (1.2 if who.top == "shirt" else 0.9))
            colour = torch.where(neckline[:, None], skin, colour)
        if who.top == "hoodie":
            pocket = (angle.abs() < 0.6) & ((spot.along - 0.72).abs() < 0.11)
            colour = colour * torch.where(pocket, 0.86, 1.0)[:, None]
        below = spot.along > hem
        if bool(below.any()):
            lower = cloth(who.materials[bottom], angle, down, who.seed)
            if bare:
                skin = colour.new_tensor(who.materials["skin"].colour)
                lower = torch.where((spot.along < 0.78)[:, None], skin, lower)
            colour = torch.where(below[:, None], lower, colour)
        if belt:
            colour = torch.where(((spot.along - hem).abs() < 0.035)[:, None], accent, colour)
        return colour

    waist = build.waist * (1.45 if who.style == "plush" else 1)
    chest = build.chest
    widths = (chest * 0.62, chest * 0.93, chest, chest * 0.97, chest * 0.5 + waist * 0.5, waist, waist * 1.05)
    loose = 1.1 if who.top in ("coat", "hoodie", "jacket", "sweater") else 1.0
    stage.canvas.sweep(
        at["collar"],
        at["pelvis"] + (at["pelvis"] - at["collar"]) * 0.06,
        widths=stage.seen_wide(*(width * loose for width in widths), build.pelvis * 0.95, build.pelvis),
        paint=paint,
        group=3,
        cap=2.0,
        depth=0.55,
        wrinkles=who.wrinkles * 0.7,
    )


def _badge(kind: str, x: Tensor, y: Tensor) -> Tensor | None:
    if kind == "disc":
        return x.square() + y.square() < 0.16
    if kind == "bar":
        return (x.abs() < 0.5) & (y.abs() < 0.16)
    if kind == "diamond":
        return x.abs() + y.abs() < 0.5
    if kind == "heart":
        return (x * 2).square() + (y * 2 - 0.3 + (x * 2).abs().sqrt() * 0.7).square() < 0.8
    if kind == "star":
        return x.square() + y.square() < 0.12 * (1 + 0.6 * torch.cos(5 * torch.atan2(x, -y))).square()
    return None
