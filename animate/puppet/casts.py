"""The shadow that a body casts on the wall behind it and on the ground: it moves as the body does. Nothing learned.

It is looked for in a small picture: of all places, blurs and darknesses that a shadow in the body's own shape may have,
those which explain most of what differs from even light. Notation: f frames, h w rows and columns of the picture, a b
of a small one; lengths are in the picture's pixels where nothing else is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.backdrop import stretch_over
from animate.puppet.bones import ANKLES, NECK
from animate.puppet.cutout import blur
from animate.puppet.masks import grow
from animate.puppet.shadow import risen

SIDE = 96  # the small picture's longer side
# All of the body's height, from the neck to the ankles:
ASIDE = (-0.3, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3)  # how far a shadow on the wall is moved
DOWN = (-0.05, 0.0, 0.06, 0.12, 0.18)
SOFT = (0.012, 0.03, 0.06)  # the blur's sigma
FADING = 0.03  # over which one ends where wall and ground meet
ROUGHLY = 0.4  # of a shadow: by more its model is not wrong
EVEN = 0.03  # over which light on a wall is even
NEAR = 0.4  # about the body, where it is looked for
SOLE = 0.06  # below the ankles, where the body stands
EDGES = (-0.03, 0.0, 0.03, 0.06, 0.09, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4, 0.6)  # above the soles, where ground may begin
# Of what casts it, upright on the ground:
LONG = (-0.4, -0.25, -0.15, -0.08, 0.06, 0.1, 0.15, 0.22, 0.33, 0.5)  # how far up the picture it lies; down: negative
SLANT = (-1.4, -1.0, -0.7, -0.4, -0.2, 0.0, 0.2, 0.4, 0.7, 1.0, 1.4)  # and how far to the right
SURE = (0.65, 0.55)  # share of what differs from even light that it explains: of the little ground seen, and of a wall
NEARLY = 0.85  # of the largest share
LEAST, MOST = 0.06, 1.2  # depths, -log of the light that is left: less is grain, more is no shadow
TOUCHED = 0.05  # of the light: where more is missing, a shadow lies
SEEN = 40  # pixels of the small picture: smaller ones are not told from dirt
SMALLEST = 8  # body's height in the small picture
BEST = 3  # guesses to refine,
ROUNDS = 4  # so often,
AROUND = [*product((-1, 0, 1), repeat=2)]  # each time one step to all sides


@dataclass(frozen=True)
class Cast:
    """depth: 3, of its middle, for red, green, blue: of light exp(-depth) is left; wall: whether it is on the wall, and
    moved there by x, y; else on the ground, y up the picture and x aside of each pixel that casts it; soft: sigma of
    its blur; edge: the row where wall and ground meet; ankle, sole: rows of the picture's lower ankle and of where it
    stands; tall: the body's height."""

    depth: tuple[float, float, float]
    wall: bool
    x: float
    y: float
    soft: float
    edge: float
    ankle: float
    sole: float
    tall: float

    def stands(self, joints: Tensor) -> Tensor:
        """f: the rows where bodies with joints f 18 complex stand; jumps leave the ground where it was."""
        return self.sole + risen(joints, ankle=self.ankle, tall=self.tall)[1]

    def shape(self, cover: Tensor, scale: float, sole: Tensor) -> Tensor:
        """f 1 a b: how full the shadow is. cover: f 1 a b, of a picture that is smaller by scale; sole: f, the rows of
        the whole picture where each body stands."""
        return self.softened(*self.hard(cover, scale, sole), scale)

    def softened(self, moved: Tensor, there: Tensor, scale: float) -> Tensor:
        """f 1 a b, as of `shape`, of what `hard` gives."""
        return blur(moved[:, 0], max(self.soft * scale, 0.3))[:, None] * there

    def hard(self, cover: Tensor, scale: float, sole: Tensor) -> tuple[Tensor, Tensor]:
        """f 1 a b, the cover where the shadow lies, as sharp as it is; and how much of it its side of the edge shows.
        As of `shape`, whatever `soft` is."""
        rows, columns = (torch.arange(n)[:, None] + 0.5 for n in cover.shape[-2:])
        rows, columns = rows / scale, columns.T / scale
        if self.wall:
            x, y = columns - self.x, rows - self.y
            x, y = (t.expand(len(cover), *cover.shape[-2:]) for t in (x, y))
            there = ((self.edge - rows) / (FADING * self.tall) + 0.5).clamp(0, 1)
        else:
            up = (sole[:, None, None] - rows) / self.y
            x, y = columns - self.x * up, (sole[:, None, None] - up).expand(-1, -1, columns.shape[1])
            there = ((rows - self.edge) / (FADING * self.tall) + 0.5).clamp(0, 1)
        size = torch.tensor(cover.shape[-2:]) / scale
        grid = torch.stack([2 * x / size[1] - 1, 2 * y / size[0] - 1], -1)
        beyond = "border" if self.wall else "zeros"  # of the picture
        return F.grid_sample(cover, grid, mode="bilinear", padding_mode=beyond, align_corners=False), there


def light_of(casts: Sequence[Cast], cover: Tensor, joints: Tensor) -> Tensor:
    """f 3 h w: the light that all of them leave, of bodies that cover f 1 h w with joints f 18 complex. Shadows are
    soft: a smaller picture knows them as well."""
    scale = min(1.0, 2 * SIDE / max(cover.shape[-2:]))
    small = F.interpolate(cover, _grid(cover, scale), mode="area")
    depth = torch.zeros_like(small).expand(-1, 3, -1, -1)
    for cast in casts:
        depth = depth + cast.shape(small, scale, cast.stands(joints)) * cover.new_tensor(cast.depth)[:, None, None]
    return F.interpolate(torch.exp(-depth), cover.shape[-2:], mode="bilinear", align_corners=False)


def without_casts(picture: Tensor, casts: Sequence[Cast], hole: Tensor, body: Tensor, rest: Tensor) -> Tensor:
    """The picture, 3 h w, as if nothing were cast; the other arguments as of find_casts. No shadow is quite like its
    model: how bright it is where one lay, all but its grain, is taken from around."""
    if not casts:
        return picture
    light = light_of(casts, body[None], torch.view_as_complex(rest[None].contiguous()))[0]
    clear = (picture / light).clamp(0, 1)
    reach = EVEN * casts[0].tall
    missing = grow(1 - light.amin(0, keepdim=True), round(reach))
    seen = 1 - (hole > 0).float()
    even = blur(clear * seen, reach) / blur(seen, reach).clamp(min=1e-3)
    wrong = stretch_over(even, seen * (missing < TOUCHED)) - even
    sure = (2 - wrong.abs().amax(0, keepdim=True) / (ROUGHLY * missing).clamp(min=1e-3)).clamp(0, 1)
    return (clear + blur((missing / TOUCHED).clamp(max=1) * sure, reach) * wrong).clamp(0, 1)


def find_casts(picture: Tensor, hole: Tensor, body: Tensor, rest: Tensor) -> tuple[Cast, ...]:
    """picture: 3 h w; hole: 1 h w, 1 where the background is hidden; body: 1 h w, the character; rest: 18 2, its
    joints. One on the wall, one on the ground, or none where even light explains the picture as well."""
    scale = min(1.0, SIDE / max(picture.shape[-2:]))
    light, cover, hidden = (F.interpolate(t[None], _grid(t, scale), mode="area") for t in (picture, body, hole))
    ankle, tall = float(rest[ANKLES, 1].amax()), float(rest[ANKLES, 1].mean() - rest[NECK, 1])
    if tall * scale < SMALLEST:
        return ()
    near = grow((cover[0] > 0.5).float(), round(NEAR * tall * scale))[0] > 0
    look = _Look(light[0], cover, near & (hidden[0, 0] < 0.01), scale)
    wall = Cast((0, 0, 0), True, 0, 0, 0, np.inf, ankle, ankle + SOLE * tall, tall)
    ground = replace(wall, wall=False, edge=-np.inf)
    edges = [wall.sole - each * tall for each in EDGES]
    walls = [replace(wall, x=x * tall, y=y * tall, soft=s * tall) for x, y, s in product(ASIDE, DOWN, SOFT) if x or y]
    grounds = [replace(ground, x=x, y=y, soft=s * tall) for x, y, s in product(SLANT, LONG, SOFT)]
    kinds = [(walls, [np.inf, *edges]), (grounds, edges)]
    (most, first), (less, other) = (look.best(*each) for each in kinds)
    if first and other:  # what both explain is of the one that explains more
        first, again = (first, kinds[1]) if most > less else (other, kinds[0])
        _, other = look.without(first).best(*again)
    return tuple(cast for cast in (first, other) if cast)


@dataclass(frozen=True)
class _Look:
    """light: 3 a b; cover: 1 1 a b, the character; asked: a b bool, where the background is seen; scale: of these."""

    light: Tensor
    cover: Tensor
    asked: Tensor
    scale: float

    def best(self, casts: Sequence[Cast], edges: Sequence[float]) -> tuple[float, Cast | None]:
        """The cast that explains most of what is uneven on its side of an edge, and how much that is; None where all
        explain too little. Of edges that let it explain nearly as large a share, it is where it explains most."""
        shapes, rows = self.shapes(casts), (torch.arange(len(self.asked))[:, None] + 0.5) / self.scale
        sides = [(edge, _Side.of(self.light, self.asked & (casts[0].wall == (rows < edge)))) for edge in edges]
        told = [(edge, side, side.explained(shapes)[0].topk(BEST)) for edge, side in sides if side is not None]
        most = max((float(shares[0]) for _, _, (shares, _) in told), default=0.0)
        if most < SURE[True] / 2:
            return 0.0, None
        nearly = [each for each in told if float(each[2].values[0]) >= NEARLY * most]
        edge, side, (_, guesses) = max(nearly, key=lambda each: each[1].uneven * float(each[2].values[0]))
        refined = [self.refined(side, replace(casts[guess], edge=edge)) for guess in guesses.tolist()]
        share, cast = max(refined, key=lambda each: each[0])
        return (share * side.uneven, cast) if share > SURE[cast.wall] else (0.0, None)

    def without(self, cast: Cast) -> "_Look":
        """As bright as if that were not cast."""
        depth = self.light.new_tensor(cast.depth)[:, None, None]
        return replace(self, light=self.light * torch.exp(self.shapes([cast]) * depth))

    def refined(self, side: "_Side", cast: Cast) -> tuple[float, Cast]:
        """The best of what is near, and the share that it explains."""
        share = 0.0
        far = (0.04 * cast.tall, 0.04 * cast.tall) if cast.wall else (0.15, 0.2 * abs(cast.y))
        for step in (0.5**n for n in range(ROUNDS)):
            near = [replace(cast, x=cast.x + a * step * far[0], y=cast.y + b * step * far[1]) for a, b in AROUND]
            near += [replace(cast, soft=cast.soft * 2 ** (way * step)) for way in (-0.5, 0.5)]
            shares, depths = side.explained(self.shapes(near))
            best = int(shares.argmax())
            cast, share = replace(near[best], depth=tuple(depths[best].tolist())), float(shares[best])
        return share, cast

    def shapes(self, casts: Sequence[Cast]) -> Tensor:
        """k a b."""
        found: list[Tensor] = []
        for sharp, alike in groupby(casts, key=lambda each: replace(each, soft=0)):
            hard = sharp.hard(self.cover, self.scale, self.cover.new_tensor([sharp.sole]))
            found += [each.softened(*hard, self.scale)[0] for each in alike]
        return torch.cat(found)


@dataclass(frozen=True)
class _Side:
    """place: a b bool, the pixels that are asked; even: n 6, what even light may look like there; odd: n 3, what of the
    log of the light it does not explain."""

    place: Tensor
    even: Tensor
    odd: Tensor

    @classmethod
    def of(cls, light: Tensor, place: Tensor) -> "_Side | None":
        """light: 3 a b. None where too few pixels are asked."""
        if int(place.sum()) < 3 * SEEN:
            return None
        y, x = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in place.shape), indexing="ij")
        even, _ = torch.linalg.qr(torch.stack([x**0, x, y, x * x, x * y, y * y], -1)[place])
        seen = light[:, place].clamp(min=0.02).log().T
        return cls(place, even, seen - even @ (even.T @ seen))

    @property
    def uneven(self) -> float:
        """How much there is to explain."""
        return float(self.odd.square().sum())

    def explained(self, shapes: Tensor) -> tuple[Tensor, Tensor]:
        """shapes: k a b -> k: the share that each explains, 0 for one that cannot be; k 3: how deep it has to be."""
        seen = shapes[:, self.place]
        much = (seen > 0.5).sum(1) >= SEEN
        seen = seen - seen @ self.even @ self.even.T
        power, told = seen.square().sum(1, keepdim=True).clamp(min=1e-6), seen @ self.odd
        depth = -told / power
        share = (told.square() / power).sum(1) / max(self.uneven, 1e-6)
        return share * (much & (depth.amin(1) > LEAST) & (depth.amax(1) < MOST)), depth


def _grid(image: Tensor, scale: float) -> tuple[int, int]:
    height, width = image.shape[-2:]
    return max(2, round(height * scale)), max(2, round(width * scale))
