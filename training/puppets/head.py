"""Draws a head: hair, face, ears and hats. Faces live on the head's surface, so they turn with it."""

import torch
from torch import Tensor

from training.puppets.prints import around, cloth, value_noise
from training.puppets.raster import Paint, Spot
from training.puppets.recipe import Character
from training.puppets.stage import Stage


def draw_head(stage: Stage) -> None:
    """Neck, head, hair and hat."""
    who, build, at = stage.who, stage.who.build, stage.at
    half, wide = build.head * 0.5 * stage.scale, build.head_width * stage.scale
    centre, axes, turn = at["head"], at["head_axes"], at["head_turn"]
    down, across = axes[:, 1] * half, axes[:, 0] * wide
    skin = _plain(who, "skin")
    neck = build.thick * 0.024
    stage.canvas.sweep(
        at["collar"], centre, widths=stage.table(neck, neck), paint=skin, group=5, lift=-0.004 * stage.scale
    )
    jaw = wide * (0.5 + 0.45 * build.jaw)
    top, bottom = min(-0.02, wide / half - 1), max(0.02, 1 - jaw / half)
    shares = torch.linspace(0, 1, 9, device=turn.device) ** 1.6
    widths = (wide + (jaw - wide) * shares).expand(len(turn), -1)

    def paint(spot: Spot) -> Tensor:
        angle = around(spot.across, turn[spot.frame])
        nod = axes[spot.frame, 2, 1] * (wide / half)
        height = top + (bottom - top) * spot.along - nod * angle.cos()
        return _face(who, angle, height)

    stage.canvas.sweep(
        centre + down * top,
        centre + down * bottom,
        widths=widths,
        paint=paint,
        group=6,
        cap=max(1.0, wide / half),
        depth=0.5,
        lift=0.01 * stage.scale,
        unit=stage.scale,
    )
    for side in (-1.0, 1.0):
        ear = centre + across * side * 0.98 + down * (who.face.eye_height * 0.5 + 0.1)
        size = stage.table(build.head_width * 0.16, build.head_width * 0.12)
        if who.hair in ("short", "bald", "bun", "ponytail", "spiky") and who.style != "plush":
            stage.canvas.sweep(ear - down * 0.08, ear + down * 0.1, widths=size, paint=skin, group=6)
    if who.hair != "bald":
        _hair(stage, centre=centre, down=down, across=across, wide=wide)
    _hat(stage, centre=centre, down=down, across=across)


def _hair(stage: Stage, *, centre: Tensor, down: Tensor, across: Tensor, wide: float) -> None:
    who, canvas, width = stage.who, stage.canvas, stage.who.build.head_width
    paint = _strands(who)
    puff = {"curly": 1.32, "bob": 1.16, "long": 1.13}.get(who.hair, 1.07)
    length = {"bob": 0.85, "curly": 0.6, "long": 0.8 + who.hair_length * 1.4}.get(who.hair, -0.15)
    back = stage.table(width * puff, width * puff, width * puff * (1.05 if who.hair == "long" else 0.95))
    front = stage.at["head_turn"].cos()  # 1 from the front, -1 from behind
    behind = -0.45 * wide * front
    swing = stage.lag("head") * who.hair_length * 0.9
    canvas.sweep(
        centre - down * 0.3,
        centre + down * max(length, -0.1) + (swing if who.hair == "long" else 0),
        widths=back,
        paint=paint,
        group=7,
        cap=1.0 if who.hair != "bob" else 2.0,
        lift=behind - wide * 0.4 * front,
        depth=0.5,
    )
    if who.hair in ("tails", "ponytail"):
        for side in (-1.0, 1.0) if who.hair == "tails" else (0.35,):
            root = centre + across * side * 1.05 - down * 0.35
            tip = root + across * side * 0.5 + down * who.hair_length * 1.5 + swing * 1.4
            tail = stage.table(width * 0.22, width * 0.4, width * 0.3, width * 0.1)
            canvas.sweep(root, tip, widths=tail, paint=paint, group=7, lift=-0.5 * wide * front)
    if who.hair == "bun":
        bun = centre - down * 1.12
        canvas.sweep(bun, bun - down * 0.1, widths=stage.table(width * 0.42, width * 0.42), paint=paint, group=7)
    if who.hair == "spiky":
        for spike in (-0.9, -0.5, 0.0, 0.5, 0.9):
            root = centre + across * spike * 0.7 - down * (0.75 - 0.4 * abs(spike))
            tip = root + across * spike * 0.5 - down * (0.65 - 0.3 * abs(spike))
            canvas.sweep(root, tip, widths=stage.table(width * 0.36, width * 0.03), paint=paint, group=7)
    if who.hair in ("long", "bob", "curly"):
        for side in (-1.0, 1.0):
            root, tip = centre + across * side * 0.95 - down * 0.4, centre + across * side * 1.02 + down * 0.75
            lock = stage.table(width * 0.25, width * 0.24, width * 0.12)
            canvas.sweep(root, tip, widths=lock, paint=paint, group=7, lift=0.02 * stage.scale)


def _hat(stage: Stage, *, centre: Tensor, down: Tensor, across: Tensor) -> None:
    who, canvas, width = stage.who, stage.canvas, stage.who.build.head_width
    hat, accent = _plain(who, "hat"), _plain(who, "accent")
    if who.hat in ("cat ears", "bear ears"):
        pointed = who.hat == "cat ears"
        for side in (-1.0, 1.0):
            root = centre + across * side * 0.62 - down * (0.72 if pointed else 0.85)
            tip = root + across * side * 0.22 - down * (0.6 if pointed else 0.12)
            big = stage.table(width * 0.34, width * (0.03 if pointed else 0.36))
            small = stage.table(width * 0.18, width * (0.02 if pointed else 0.2))
            fur = _plain(who, "hair" if who.hair != "bald" or who.style == "plush" else "hat")
            canvas.sweep(root, tip, widths=big, paint=fur, group=8, depth=0.3)
            canvas.sweep(root, tip, widths=small, paint=accent, group=9, depth=0.3, lift=0.02 * stage.scale)
    elif who.hat == "antenna":
        for side in (-0.4, 0.4):
            root = centre + across * side - down * 0.9
            tip = root + across * side * 0.5 - down * 0.45
            canvas.sweep(root, tip, widths=stage.table(width * 0.05, width * 0.05), paint=hat, group=8)
            canvas.sweep(tip, tip - down * 0.01, widths=stage.table(width * 0.13, width * 0.13), paint=accent, group=9)
    elif who.hat in ("cap", "beanie"):
        crown = stage.table(width * 0.75, width * 1.02, width * 1.12)
        front = centre - down * 0.45
        canvas.sweep(centre - down * 0.95, front, widths=crown, paint=hat, group=8, cap=3.0, depth=0.6)
        if who.hat == "cap":
            peak = front + across * stage.at["head_turn"].sin()[:, None] * 0.8 + down * 0.08
            brim = stage.table(width * 0.14, width * 0.14)
            reach = across * 0.75
            canvas.sweep(peak - reach, peak + reach, widths=brim, paint=accent, group=9, lift=width * stage.scale * 0.6)
        else:
            bobble = stage.table(width * 0.28, width * 0.28)
            canvas.sweep(centre - down * 1.3, centre - down * 1.31, widths=bobble, paint=accent, group=9)
    elif who.hat == "top hat":
        crown = stage.table(width * 0.72, width * 0.68)
        canvas.sweep(centre - down * 1.7, centre - down * 0.6, widths=crown, paint=hat, group=8, cap=6.0, depth=0.9)
        brim = stage.table(width * 0.12, width * 0.12)
        rim = centre - down * 0.6
        canvas.sweep(
            rim - across * 1.35, rim + across * 1.35, widths=brim, paint=accent, group=9, lift=width * stage.scale * 0.5
        )
    elif who.hat == "bow":
        knot = centre - down * 0.85 + across * 0.45
        for side in (-1.0, 1.0):
            loop = stage.table(width * 0.06, width * 0.26)
            canvas.sweep(
                knot, knot + across * 0.4 * side, widths=loop, paint=accent, group=9, lift=width * stage.scale * 0.7
            )


def _plain(who: Character, name: str) -> Paint:
    def paint(spot: Spot) -> Tensor:
        return cloth(who.materials[name], spot.across * 1.5, spot.along * 0.1, who.seed)

    return paint


def _strands(who: Character) -> Paint:
    """Hair: its colour with lighter and darker strands."""

    def paint(spot: Spot) -> Tensor:
        base = spot.across.new_tensor(who.materials["hair"].colour)
        waves = value_noise(spot.across * 7, spot.along * 1.5, who.seed % 31) - 0.5
        return (base * (1 + 0.5 * waves)[:, None]).clamp(0, 1)

    return paint


def _face(who: Character, angle: Tensor, height: Tensor) -> Tensor:
    """Colours n 3 of the head at angles from its front and heights -1 (crown) .. 1 (chin)."""
    face = who.face
    skin, dark = angle.new_tensor(who.materials["skin"].colour), angle.new_tensor((0.07, 0.05, 0.07))
    hair = angle.new_tensor(who.materials["hair"].colour)
    colour = skin.expand(len(angle), 3)
    aside, side = angle.abs(), angle.sign()

    def put(where: Tensor, what: Tensor, share: float = 1.0) -> None:
        nonlocal colour
        colour = torch.where(where[:, None], colour + (what - colour) * share, colour)

    tall = face.eye_width * face.eye_tall
    x, y = (aside - face.eye_angle) / face.eye_width, (height - face.eye_height) / tall
    ring = x.square() + y.square()
    if face.muzzle:
        snout = (angle / 0.5).square() + ((height - 0.5) / 0.36).square()
        put(snout < 1, (skin * 1.35 + 0.12).clamp(0, 1))
        put((angle / 0.17).square() + ((height - 0.34) / 0.12).square() < 1, dark)
    if face.blush:
        cheek = ((aside - face.eye_angle * 1.35) / 0.2).square() + (
            (height - face.eye_height - tall - 0.12) / 0.11
        ).square()
        put(cheek < 1, angle.new_tensor((1.0, 0.42, 0.42)), 0.4)
    if face.nose and not face.muzzle:
        tip = (face.eye_height + face.mouth_height) / 2 + 0.03
        put((angle / 0.09).square() + ((height - tip) / 0.05).square() < face.nose, skin * 0.78)
    if face.visor:
        put(((height - face.eye_height).abs() < 0.2) & (aside < 1.15), angle.new_tensor(who.materials["accent"].colour))
    if face.eye_width > 0.13 and not face.muzzle:
        put(ring < 1, angle.new_tensor((0.97, 0.97, 0.97)))
        iris = angle.new_tensor(face.iris)
        shade = (0.55 + 0.3 * y).clamp(0.3, 1)[:, None]
        put(((x * 1.35).square() + (y * 1.12).square()) < 1, iris * (0.5 + shade))
        put(((x * 2.6).square() + (y * 1.9).square()) < 1, dark)
        put(((x * side - 0.3) * 3.6).square() + ((y + 0.4) * 3.2).square() < 1, angle.new_tensor((1.0, 1.0, 1.0)))
        if face.lashes:
            put((ring > 0.72) & (ring < 1.3) & (y < -0.15), dark)
    else:
        put(ring < 1, angle.new_tensor(face.iris) * 0.35)
        put(((x * side - 0.3) * 3).square() + ((y + 0.35) * 3).square() < 1, angle.new_tensor((1.0, 1.0, 1.0)))
    if face.glasses:
        put((ring > 1.4) & (ring < 2.4), dark)
    brow = face.eye_height - tall - face.brow_lift + 0.25 * (aside - face.eye_angle).square()
    if not face.muzzle:
        put(((height - brow).abs() < 0.035) & ((aside - face.eye_angle).abs() < face.eye_width * 1.25), hair * 0.7)
    bow = face.mouth_height - face.smile * ((angle / face.mouth_width).square() - 0.5)
    if face.open_mouth:
        put(
            (angle / face.mouth_width).square() + ((height - bow) / face.open_mouth).square() < 1,
            angle.new_tensor(face.lips) * 0.6,
        )
    else:
        put(((height - bow).abs() < 0.03) & (aside < face.mouth_width), angle.new_tensor(face.lips))
    if who.hair != "bald":
        line = who.hairline + who.fringe * torch.cos(angle * who.fringe_waves)
        temple = (aside > 1.05) & (height < (0.25 if who.hair in ("short", "spiky", "bun") else 0.9))
        strands = (1 + 0.45 * (value_noise(angle * 6, height * 1.2, who.seed % 31) - 0.5))[:, None]
        strands = strands * torch.where((height + 0.55).abs() < 0.06, 1.1, 1.0)[:, None]
        colour = torch.where(((height < line) | temple)[:, None], (hair * strands).clamp(0, 1), colour)
    return colour
