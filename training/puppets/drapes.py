"""What hangs and swings behind the body by a moment: skirts, coats' tails, capes; and cloth that joins the limbs."""

import torch
from torch import Tensor

from training.puppets.body import LEFT, RIGHT
from training.puppets.prints import around, cloth
from training.puppets.raster import Spot
from training.puppets.stage import Stage


def draw_skirt(stage: Stage, length: float, material: str) -> None:
    """A cloth hung between the outer sides of both legs, so that no leg can poke through above its hem.

    length: along thigh (0..1) and shin (1..2).
    """
    who, at, build = stage.who, stage.at, stage.who.build
    up = at["collar"] - at["pelvis"]
    right = torch.stack([-up[:, 1], up[:, 0], torch.zeros_like(up[:, 0])], -1)
    right = right / right.norm(dim=1, keepdim=True).clamp(min=1e-3)
    thick = 0.042 * build.thick * stage.scale
    waist = at["pelvis"] + up * 0.28
    looks = stage.seen_wide(build.waist * 1.08, build.pelvis * 1.12)
    rows = [(waist - right * looks[:, :1], waist + right * looks[:, :1])]
    for share, roomy in ((0.0, 1.0), (min(1.0, length * 0.6), 0.5 + 0.5 * who.flare), (length, who.flare)):
        legs = []
        for side in (RIGHT, LEFT):
            hip, knee, ankle = at["hip"][:, side], at["knee"][:, side], at["ankle"][:, side]
            legs.append(torch.lerp(hip, knee, min(share, 1.0)) if share <= 1 else torch.lerp(knee, ankle, share - 1))
        reach = torch.stack([(leg * right).sum(1) for leg in legs])
        order = (reach[0] > reach[1])[:, None]
        first, second = torch.where(order, legs[1], legs[0]), torch.where(order, legs[0], legs[1])
        gap = (reach[0] - reach[1]).abs()
        half = torch.maximum(looks[:, 1] * roomy - gap / 2, torch.full_like(gap, thick * 1.25))[:, None]
        front = torch.maximum(first[:, 2:], second[:, 2:]) + thick * 1.5
        swing = stage.lag("pelvis") * min(share, 1.2) * 0.6 * (who.flare - 0.8)
        first, second = first + swing, second + swing
        rows.append(
            (
                torch.cat([(first - right * half)[:, :2], front], 1),
                torch.cat([(second + right * half)[:, :2], front], 1),
            )
        )
    (left_edge, right_edge), nearer = rows[0], right.new_tensor([0.0, 0.0, thick * 1.2])
    rows[0] = (left_edge + nearer, right_edge + nearer)

    def paint(spot: Spot) -> Tensor:
        angle = around(spot.across, stage.turn[spot.frame])
        colour = cloth(who.materials[material], angle, spot.down + build.torso, who.seed)
        if who.belt:
            hem = (spot.along > 0.94) | (spot.along < 0.05)
            colour = torch.where(hem[:, None], colour.new_tensor(who.materials["accent"].colour), colour)
        return colour

    left, right_edge = (torch.stack([row[side] for row in rows], 1) for side in (0, 1))
    folds = 0 if who.bottom == "mini" and who.seed % 2 else 6 + who.seed % 9
    stage.canvas.ribbon(left, right_edge, paint=paint, group=4, depth=0.25, length=build.thigh * length, folds=folds)


def draw_cape(stage: Stage, length: float) -> None:
    """A cloth down the back from both shoulders; length: of the torso."""
    who, at, build = stage.who, stage.at, stage.who.build
    right = (at["shoulder"][:, LEFT] - at["shoulder"][:, RIGHT]) / 2
    down = at["pelvis"] - at["collar"]
    behind = -0.5 * build.chest * stage.scale * stage.turn.cos()[:, None]
    back = torch.cat([torch.zeros_like(down[:, :2]), behind], 1)
    aside = -stage.turn.sin()[:, None] * build.chest * stage.scale * 0.4  # seen from the side it hangs behind the back
    rows = []
    for share in (0.0, 0.4, 0.8, 1.0):
        middle = at["collar"] + down * (share * length) + back * (1 + 0.6 * share)
        middle = middle + stage.lag("collar") * share * 1.2
        middle = torch.cat([middle[:, :1] + aside * (1 + share), middle[:, 1:]], 1)
        half = right * (0.85 + (who.flare - 0.9) * share)
        half = half + half.sign() * 0.15 * build.chest * stage.scale * right.new_tensor([1.0, 0.0, 0.0])
        flat = torch.cat([half[:, :2], torch.zeros_like(half[:, 2:])], 1)
        turned = flat[:, :1] < 0
        rows.append(
            (torch.where(turned, middle + flat, middle - flat), torch.where(turned, middle - flat, middle + flat))
        )

    def paint(spot: Spot) -> Tensor:
        return cloth(who.materials["hat"], spot.across * 1.4, spot.down, who.seed)

    left, right_edge = (torch.stack([row[side] for row in rows], 1) for side in (0, 1))
    stage.canvas.ribbon(
        left, right_edge, paint=paint, group=12, depth=0.02, length=build.torso * length, folds=5 + who.seed % 5
    )


def draw_seams(stage: Stage) -> None:
    """Cloth that goes on from sleeve to sleeve over the shoulders, and from leg to leg over the seat."""
    who, at, build = stage.who, stage.at, stage.who.build
    if who.style == "robot":
        return
    bars = []
    if who.top != "sleeveless":
        bars.append(("shoulder", "sleeve", 0.026 * build.thick, 0.0, 10))
    if who.bottom in ("trousers", "flares", "shorts", "leggings"):
        bars.append(("hip", "bottom", 0.041 * build.thick, build.torso, 3))
    for joint, material, thick, start, group in bars:
        right, left = at[joint][:, 0], at[joint][:, 1]
        middle = (right + left) / 2
        for side, outer in ((RIGHT, right), (LEFT, left)):
            inner = torch.lerp(middle, outer, 0.2 if joint == "hip" else 0.55)
            if joint == "shoulder":
                inner = torch.lerp(inner, at["collar"], 0.3)

            def paint(spot: Spot, material: str = material, start: float = start) -> Tensor:
                across = spot.across.new_zeros(1) - stage.turn[spot.frame]
                return cloth(who.materials[material], across, start + spot.across * 0.02, who.seed)

            stage.canvas.sweep(
                inner,
                outer,
                widths=stage.table(thick * 1.15, thick * 1.1),
                paint=paint,
                group=group + side if joint == "shoulder" else group,
                lift=0.004 * stage.scale,
                depth=0.8,
            )
