"""Hair: a character's head as seen from behind. Nothing learned.

Only its front is known: the face is painted over with hair, fur or metal from the crown down to the nape.
Notation: h w rows and columns of the picture.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.puppet.bones import CHIN, EARS, EYES, FACE_JOINTS, NECK, NOSE, SEEN, cell_centres
from animate.puppet.cutout import blur, fill_smoothly
from animate.puppet.heads import OF_ALL, OFF_OTHERS
from animate.puppet.likeness import ALIKE, apart, own_colours, samples_of, usual_colour, usual_samples
from animate.puppet.lines import joined
from animate.puppet.masks import close, from_sides, grow

CROWN = 0.15  # share of a head's height that its crown is
JAW = 0.57  # of the way from ear to ear: a head that reaches so far aside at the chin has hair there
TALL = 1.45  # of its breadth: heads less tall are of dolls and robots, whose hair or hood goes all round
NAPE, SHORT = 0.03, 0.15  # how far above the chin hair ends, as a share of a head's height: hanging hair, and short
WIDE = 0.62  # of the way from ear to ear, to either side: what hanging hair covers
EAR, ABOVE_EAR = 0.1, 0.15  # of that way: how far an ear shows beside short hair, and reaches above its joint
NECK_WIDE = 0.45  # of the way from ear to ear, to either side: where a neck may be
SKULL_WIDE, NAPE_WIDE = 0.7, 0.4  # of that way: a head with short hair at the ears, and where its hair ends
LOCKS = 0.05  # share of a head that its hair covers at least where it is thicker than a pen: less is a drawn line
PEN = 0.15  # of a head's height: as thick as lines are that a head is drawn with
EVEN, PLAIN = 3.0, 0.1  # as far as so many times what hair differs by at the crown, and at least so far, it is hair
SKIN = 0.03  # what is nearer to a colour of the face is skin, and no hair beside it
GRAIN = 0.12  # a larger difference from hair about it is an outline or a bow
FEW = 8  # pixels, of which nothing can be told


@dataclass(frozen=True)
class Face:
    """Where a head's face is. height: h w, pixels above the middle of the face; aside: h w, to the side of it and of
    the head's axis, which is there where a face looks ahead; features: h w bool, eyes, nose and mouth; bottom, top: of
    the head, from the chin to the crown, in pixels of height; ears: their height; broad: its breadth; whole: h w bool,
    the head; inset: h w, how far inside its outline a pixel is in its row."""

    height: Tensor
    aside: Tensor
    features: Tensor
    inset: Tensor
    ears: float
    bottom: float
    top: float
    broad: float
    whole: Tensor

    @classmethod
    def of(cls, whole: Tensor, pose: Tensor, rest: Tensor) -> "Face":
        """whole: h w bool, the head; pose 134 3; rest 18 2."""
        middle = rest[FACE_JOINTS].mean(0)
        up = middle - rest[NECK]
        chin = pose[CHIN, :2] if pose[CHIN, 2] > SEEN else rest[NECK] + 0.45 * up
        up = up / up.norm().clamp(min=1e-2)
        rows, columns = whole.shape
        x, y = (cell_centres((rows, columns), (columns, rows)) - middle).unbind(-1)
        height, beside = x * up[0] + y * up[1], x * up[1] - y * up[0]
        bottom = min(-2.0, float((chin - middle) @ up))
        broad = max(float((rest[EARS[0]] - rest[EARS[1]]).norm()), -bottom)
        features = whole & (torch.hypot(beside / (0.5 * broad), height / (-0.95 * bottom)) < 1)
        off = rest[NOSE] - rest[[*EYES, *EARS]].mean(0)
        axis = -OF_ALL / OFF_OTHERS * float(off[0] * up[1] - off[1] * up[0])
        aside = (beside - beside.clamp(min(axis, 0), max(axis, 0))).abs()
        inner = whole & (aside < 0.3 * broad) & (height > bottom)
        counts = torch.bincount((height[inner] - bottom).long())
        filled = torch.nonzero(counts > 0.35 * broad)  # an antenna is no head
        top = bottom + float(filled.amax() if len(filled) else 0)
        ears = float(((rest[list(EARS)] - middle) @ up).mean())
        return cls(height, aside, features, from_sides(whole)[0], ears, bottom, top, broad, whole)

    @property
    def tall(self) -> float:
        return self.top - self.bottom

    @property
    def rim(self) -> int:
        """Pixels at its outline that may be mixed or drawn."""
        return max(1, round(0.03 * self.tall))

    @cached_property
    def inside(self) -> Tensor:
        """h w bool: the head without its outline."""
        return grow(self.whole.float()[None], -self.rim)[0] > 0

    @property
    def crown(self) -> Tensor:
        """h w bool: where hair is surely seen, or what the head has instead."""
        high = (self.height > self.top - CROWN * self.tall) & (self.height < self.top)
        return self.inside & (self.aside < 0.3 * self.broad) & high

    @cached_property
    def hangs(self) -> bool:
        """Whether hair or a hood hangs beside the chin: else the head is no broader there than from ear to ear."""
        beside = self.whole & (self.height < 0.4 * self.bottom) & (self.height > 0.7 * self.bottom)
        broad = bool(beside.any()) and float(self.aside[beside].quantile(0.97)) > JAW * self.broad
        return broad or self.tall < TALL * self.broad

    @property
    def about(self) -> Tensor:
        """h w bool: as much of the head as hair may cover; short hair leaves the ears free."""
        if self.hangs:
            wide = self.aside < WIDE * self.broad
        else:
            wide = (self.inset > EAR * self.broad) | (self.height > self.ears + ABOVE_EAR * self.broad)
        return self.whole & wide & (self.height > self.bottom) & (self.height < self.top)

    @property
    def sides(self) -> Tensor:
        """h w bool: hair that hangs beside the face."""
        beside = self.inside & (self.aside > WIDE * self.broad) & (self.height > self.bottom) & (self.height < self.top)
        return beside if self.hangs else torch.zeros_like(beside)

    @property
    def nape(self) -> Tensor:
        """h w: the height at which hair ends, lowest in the middle."""
        lowest = NAPE if self.hangs else SHORT
        return self.bottom + self.tall * (lowest + 0.25 * (self.aside / (WIDE * self.broad)) ** 4)

    def neck(self, shown: Tensor, share: float) -> Tensor:
        """h w bool: of what is shown, h w bool, the neck from so far below the chin on, as a share of the head."""
        return shown & (self.height < self.bottom - share * self.tall) & (self.aside < NECK_WIDE * self.broad)

    def worn(self, colours: Tensor) -> Tensor:
        """h w bool: what is below the chin and neither skin nor hair, as a collar and a tie. colours: 3 h w, of the
        head."""
        lower, below = self.features & (self.height < 0), self.whole & (self.height < self.bottom)
        own = (lower, self.crown) if self.hangs else (lower,)
        if min(int(each.sum()) for each in own) < FEW:
            return torch.zeros_like(self.whole)
        unlike = apart(colours, torch.cat([usual_samples(colours, each) for each in own]), below) > 1.5 * ALIKE
        return below & (close((unlike & below).float()[None], self.rim)[0] > 0.5)

    @property
    def jaw(self) -> Tensor:
        """h w: what of a head with short hair the neck hides from behind, as it is broader below the ears."""
        if self.hangs:
            return torch.zeros_like(self.aside)
        down = ((self.ears - self.height) / max(1.0, self.ears - self.bottom - SHORT * self.tall)).clamp(0, 1)
        wide = SKULL_WIDE + (NAPE_WIDE - SKULL_WIDE) * down
        beyond = ((self.aside / self.broad - wide) / 0.04).clamp(0, 1)
        return beyond * (down > 0) * (self.height > self.bottom - 0.1 * self.tall)


def back_of_head(layer: Tensor, face: Face, *, background: Tensor) -> Tensor:
    """layer: 5 h w, the head's, of parts.cut_layers; background: 3 h w, filled -> 3 h w: its colours from behind."""
    colours, crown, lower = own_colours(layer), face.crown, face.features & (face.height < 0)
    if int(crown.sum()) < FEW or int(lower.sum()) < FEW:
        return colours
    main, skin = usual_colour(colours, crown), usual_colour(colours, lower)
    of_face = samples_of(colours, lower)
    of_face = of_face[(of_face - main).abs().amax(1) > (of_face - skin).abs().amax(1).clamp(max=ALIKE)]  # no locks
    to_skin = apart(colours, of_face, face.whole)
    usual = usual_samples(colours, crown)
    farthest = min(max(EVEN * float((usual - main).abs().amax(1).quantile(0.75)), PLAIN), 1.5 * ALIKE)
    hair = (apart(colours, usual, face.whole) < to_skin.clamp(max=farthest)) & face.inside
    hair = grow(grow(hair.float()[None], face.rim // 2), -(face.rim // 2))[0] > 0  # with what is drawn in it
    hair = torch.from_numpy(joined(hair.numpy(), crown.numpy())) & ~face.features
    pen = max(1, round(PEN / 2 * face.tall))
    thick = float(grow(hair.float()[None], -pen).sum()) > LOCKS * float(face.about.sum())
    beside = background[:, face.whole[: background.shape[-2]]].median(1).values
    if not thick and bool((skin - beside).abs().amax() < ALIKE / 2):  # on paper, with lines
        return _covered(colours, *_marks(colours, skin, face), face)
    if bool((skin - main).abs().amax() < ALIKE / 2):  # bald, or of fur or metal all over
        known, marks = _marks(colours, main, face)
        return _covered(
            colours, known, marks | face.inside & (face.height > face.bottom) & (face.height < face.top), face
        )
    covered = face.about & (face.height > face.nape) & (face.inside | (to_skin < ALIKE / 2))
    hair |= face.sides & (to_skin > SKIN)
    return _bare_neck(_covered(colours, hair, covered, face), face, covered, skin)


def _marks(colours: Tensor, plain: Tensor, face: Face) -> tuple[Tensor, Tensor]:
    """h w bool: what of the head has the plain colour, 3, and what is drawn on it: eyes, mouth, cheeks."""
    known = face.whole & ((colours - plain[:, None, None]).abs().amax(0) < ALIKE / 2)
    marks = face.whole & ~known & (face.height > face.bottom - 0.2 * face.tall)
    marks &= ~torch.from_numpy(joined(marks.numpy(), (marks & ~face.inside).numpy()))  # which reach out are outlines
    return known, (grow(marks.float()[None], face.rim)[0] > 0) & face.inside


def _covered(colours: Tensor, known: Tensor, covered: Tensor, face: Face) -> Tensor:
    """3 h w: what is known of the hair, h w bool, goes on over what is covered, h w bool."""
    sure = grow(known.float()[None], -1 - face.rim // 3)
    if float(sure.sum()) < FEW:
        return colours
    grain = _combed(colours, sure, covered, sigma=0.1 * face.tall)
    return _painted(
        colours, (fill_smoothly(colours[None], sure[None])[0] + grain).clamp(0, 1), covered & (sure[0] == 0)
    )


def _combed(colours: Tensor, known: Tensor, covered: Tensor, *, sigma: float) -> Tensor:
    """3 h w: the grain of the known hair at the top of each column, drawn out down to its end. known: 1 h w; covered:
    h w bool; sigma: pixels, of what is no grain."""
    height, width = covered.shape
    smooth = blur(colours * known, sigma) / blur(known, sigma).clamp(min=1e-3)
    grain = (colours - smooth) * known
    grain = (grain * (grain.abs().amax(0) < GRAIN)).permute(1, 2, 0).contiguous().numpy()
    inside = covered.numpy()
    first, last = inside.argmax(0), height - 1 - inside[::-1].argmax(0)
    steps = np.arange(height)[:, None]
    hair = (known[0].numpy() > 0) | (steps <= first + 2)
    end = np.where(hair.all(0), last + 1, hair.argmin(0))
    end = cv2.blur(end.astype(np.float32)[None], (9, 1))[0]
    source = first + (steps - first) * ((end - first) / np.maximum(last + 1 - first, 1)).clip(0.05, 1)
    across = np.ascontiguousarray(np.broadcast_to(np.arange(width, dtype=np.float32), (height, width)))
    drawn = cv2.remap(grain, across, source.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return torch.from_numpy(drawn).permute(2, 0, 1) * covered


def _bare_neck(colours: Tensor, face: Face, covered: Tensor, skin: Tensor) -> Tensor:
    """3 h w: chin and mouth that hair does not cover become neck. covered: h w bool; skin: its usual colour, 3."""
    below = face.whole & ~covered & (face.height <= face.nape) & (face.height > face.bottom - 0.35 * face.tall)
    if face.hangs:
        below &= face.inside & (face.aside < WIDE * face.broad)
        chin = below & (face.aside < 0.35 * face.broad) & (face.height > face.bottom)
    else:
        like_skin = (colours - skin[:, None, None]).abs().amax(0) < 2 * ALIKE
        below &= face.aside < NECK_WIDE * face.broad
        chin = below & ((face.height > face.bottom) | (face.height > face.bottom - 0.1 * face.tall) & like_skin)
        below &= like_skin
    neck = below & ~chin
    if int(neck.sum()) < FEW:
        return _painted(colours, skin[:, None, None].expand_as(colours), chin)
    return _painted(colours, fill_smoothly(colours[None], neck.float()[None, None])[0], chin)


def _painted(colours: Tensor, paint: Tensor, where: Tensor) -> Tensor:
    """Both 3 h w; where: h w bool, with a soft rim outside."""
    share = where.float()[None]
    return torch.lerp(colours, paint, blur(share, 1.0).maximum(share))
