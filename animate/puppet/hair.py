"""Hair: a character's head as seen from behind. Nothing learned.

Only its front is known: the face is painted over with hair, fur or metal from the crown down to the nape.
Notation: h w rows and columns of the picture.
"""

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.puppet.cutout import blur, fill_smoothly
from animate.puppet.faces import FEW, NECK_WIDE, TALL, WIDE, Face
from animate.puppet.hats import BROAD, hair_beneath, lower_edge
from animate.puppet.likeness import ALIKE, apart, own_colours, samples_of, usual_colour, usual_samples
from animate.puppet.lines import joined
from animate.puppet.masks import grow

LOCKS = 0.05  # share of a head that its hair covers at least where it is thicker than a pen: less is a drawn line
PEN = 0.15  # of a head's height: as thick as lines are that a head is drawn with
EVEN, PLAIN = 3.0, 0.1  # as far as so many times what hair differs by at the crown, and at least so far, it is hair
SKIN = 0.03  # what is nearer to a colour of the face is skin, and no hair beside it
GRAIN = 0.12  # a larger difference from hair about it is an outline or a bow


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
    clear, rows = face.beside, background.shape[-2]
    clear[:rows] &= (colours[:, :rows] - background).abs().amax(0) > ALIKE / 2  # no backdrop
    middle = float(torch.nonzero(face.features)[:, 1].float().mean())
    locks = hair_beneath(colours, clear, middle, usual, usual_samples(colours, lower))
    if locks is not None:
        return _below_hat(colours, face, locks, hair, usual_samples(colours, lower), skin)
    covered = face.about & (face.height > face.nape) & (face.inside | (to_skin < ALIKE / 2))
    hair |= face.sides & (to_skin > SKIN)
    return _bare_neck(_covered(colours, hair, covered, face), face, covered, skin)


def _below_hat(colours: Tensor, face: Face, locks: Tensor, hat: Tensor, skin: Tensor, bare: Tensor) -> Tensor:
    """3 h w: the hat stays, below it hair goes on. locks, hat: h w bool, hair beside the face and what is like the top
    of the head; skin: n 3, colours of the face, and bare: 3, its usual one."""
    middle = face.inside & (face.aside < BROAD * face.broad) & (face.height > face.ears) & (face.height < face.top)
    if not middle.any():
        return colours
    edge = lower_edge(colours, face.height, middle, locks, skin)
    face = replace(face, top=max(edge, min(face.top, face.bottom + TALL * face.broad)))
    hat = hat & (face.height > face.ears)
    covered = face.about & (face.height > face.nape) & (face.height <= edge) & ~hat
    to_skin = apart(colours, skin, face.inside)
    like = apart(colours, usual_samples(colours, locks), face.inside) < to_skin.clamp(max=ALIKE)
    known = locks | like & (face.height <= edge) & ~hat & ~face.features
    return _bare_neck(_covered(colours, known, covered & ~known, face), face, covered, bare)


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
