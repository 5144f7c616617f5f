"""Backs: a character's head and clothes as seen from behind. Nothing learned.

Only the front is known: what lies on it alone, as face, tie or badge, is painted over with what surrounds it.
Notation: h w rows and columns of the picture; layers are those of parts.LAYERS.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.bones import CHIN, EARS, FACE_JOINTS, HEAD, NECK, SEEN, TORSO
from animate.cutout import blur, close, fill_smoothly, grow
from animate.likeness import alike_in_rows
from animate.lines import joined
from animate.nearest import fill_sideways

SAMPLES = 96  # colours that others are compared with
ALIKE = 0.16  # colours no further apart may be of one head of hair
CROWN = 0.15  # share of a head's height that its crown is
NAPE = 0.03  # how far above the chin hair ends, as a share of a head's height
WIDE = 0.62  # of a head from behind to either side, as a share of the way from ear to ear
LOCKS = 0.05  # share of a head that its hair covers at least: less is a drawn line
GRAIN = 0.12  # a larger difference from hair about it is an outline or a bow
FLANK = 0.18  # share of a body's half width, from its side inwards, by which its cloth is known
BAND = 0.85  # share of a body's width that no badge has: belts go round it
PATCH = 0.05  # of the torso's length: what is narrower is a fold, and no badge
LARGE = 0.25  # of the torso's length: a patch as large as its square is cloth of its own


@dataclass(frozen=True)
class Face:
    """Where a head's face is. height, aside: h w, pixels above the middle of the face and to its side; bottom, top: of
    the head, from the chin to the crown, in such pixels; broad: its breadth; whole: h w bool, the head."""

    height: Tensor
    aside: Tensor
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
        rows, columns = torch.meshgrid(*(torch.arange(n, dtype=torch.float32) for n in whole.shape), indexing="ij")
        x, y = columns - middle[0], rows - middle[1]
        height, aside = x * up[0] + y * up[1], (x * up[1] - y * up[0]).abs()
        bottom = min(-2.0, float((chin - middle) @ up))
        broad = max(float((rest[EARS[0]] - rest[EARS[1]]).norm()), -bottom)
        inner = whole & (aside < 0.3 * broad) & (height > bottom)
        counts = torch.bincount((height[inner] - bottom).long())
        filled = torch.nonzero(counts > 0.35 * broad)  # an antenna is no head
        return cls(height, aside, bottom, bottom + float(filled.amax() if len(filled) else 0), broad, whole)

    @property
    def tall(self) -> float:
        return self.top - self.bottom

    @property
    def about(self) -> Tensor:
        """h w bool: as much of the head as hair may cover."""
        return self.whole & (self.aside < WIDE * self.broad) & (self.height > self.bottom) & (self.height < self.top)

    @property
    def features(self) -> Tensor:
        """h w bool: eyes, nose and mouth."""
        return self.whole & (torch.hypot(self.aside / (0.5 * self.broad), self.height / (-0.95 * self.bottom)) < 1)

    @property
    def nape(self) -> Tensor:
        """h w: the height at which hair ends, lowest in the middle."""
        return self.bottom + self.tall * (NAPE + 0.25 * (self.aside / (WIDE * self.broad)) ** 4)


def turn_round(layers: Tensor, pose: Tensor, rest: Tensor, *, background: Tensor) -> Tensor:
    """layers: l 5 h w, of cut_layers; pose: 134 3; rest: 18 2; background: 3 h w, filled -> 2 5 h w: head and torso
    from behind."""
    torso = float((rest[NECK] - rest[[8, 11]].mean(0)).norm())
    head, body = (layers[layer].clone() for layer in (HEAD, TORSO))
    head[:3] = head[3:4] * _head(head, Face.of(head[3] > 0.5, pose, rest), background)
    body[:3] = body[3:4] * _torso(body, torso)
    return torch.stack([head, body])


def _head(layer: Tensor, face: Face, background: Tensor) -> Tensor:
    """3 h w: hair, fur or metal from the crown down to the nape."""
    colours, rim = _own_colours(layer), max(1, round(0.03 * face.tall))
    inside = grow(face.whole.float()[None], -rim)[0] > 0
    crown = inside & (face.aside < 0.3 * face.broad) & (face.height > face.top - CROWN * face.tall)
    crown &= face.height < face.top
    lower = face.features & (face.height < 0)
    if int(crown.sum()) < 8 or int(lower.sum()) < 8:
        return colours
    main, skin = (_usual(colours, chosen) for chosen in (crown, lower))
    beside = background[:, face.whole[: background.shape[-2]]].median(1).values
    hair, of_skin = _hair(colours, crown, lower, face, inside)
    thick = float(grow(hair.float()[None], -rim // 2).sum()) > LOCKS * float(face.about.sum())
    bare = bool((skin - main).abs().amax() < ALIKE)  # bald, or of fur or metal all over
    drawn = not thick and bool((skin - beside).abs().amax() < ALIKE / 2)  # on paper, with lines
    if bare or drawn:
        known = (colours - (skin if drawn else main)[:, None, None]).abs().amax(0) < ALIKE / 2
        known &= face.whole
        marks = _loose(face.whole & ~known & (face.height > face.bottom - 0.2 * face.tall), inside)
        covered = (grow(marks.float()[None], rim)[0] > 0) & inside
        covered = covered if drawn else covered | inside & face.about
    else:
        known, covered = hair, face.about & (face.height > face.nape) & (inside | of_skin)
    known = grow(known.float()[None], -1)
    if float(known.sum()) < 8:
        return colours
    grain = _combed(colours, known, covered, 0.1 * face.tall)
    under = (fill_smoothly(colours[None], known[None])[0] + grain).clamp(0, 1)
    turned = _painted(colours, under, covered & (known[0] == 0))
    below = inside & ~covered & (face.height <= face.nape) & (face.aside < WIDE * face.broad)
    mouth = below & (face.aside < 0.35 * face.broad) & (face.height > face.bottom)
    if bare or drawn or not mouth.any() or int((below & ~mouth).sum()) < 8:
        return turned
    return _painted(turned, fill_smoothly(colours[None], (below & ~mouth).float()[None, None])[0], mouth)


def _hair(colours: Tensor, crown: Tensor, lower: Tensor, face: Face, inside: Tensor) -> tuple[Tensor, Tensor]:
    """h w bool: what is hair or a cap, and hangs together with the crown; and what is surely skin. crown, lower,
    inside: h w bool."""
    about, rim = face.about | crown, max(1, round(0.03 * face.tall))
    hair = _alike(colours, crown, about)
    to_skin = _nearest(colours[:, about], _samples(colours, lower))
    hair[about] &= _nearest(colours[:, about], _samples(colours, crown & hair)) < to_skin
    hair = grow(grow((hair & inside).float()[None], -rim), rim)[0] > 0  # without brows
    hair = torch.from_numpy(joined(hair.numpy(), crown.numpy())) & ~face.features
    skin = torch.zeros_like(about)
    skin[about] = to_skin < ALIKE / 2
    return hair, skin


def _combed(colours: Tensor, known: Tensor, covered: Tensor, sigma: float) -> Tensor:
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


def _torso(layer: Tensor, torso: float) -> Tensor:
    """3 h w: cloth goes on from the sides over what is unlike it. torso: its length."""
    colours, whole = _own_colours(layer), layer[3] > 0.5
    if not whole.any():
        return colours
    columns = torch.arange(whole.shape[1], dtype=torch.float32)
    first = whole.float().argmax(1, keepdim=True)
    last = whole.shape[1] - 1 - whole.flip(1).float().argmax(1, keepdim=True)
    from_side = torch.minimum(columns - first, last - columns) / ((last - first) / 2).clamp(min=1)
    flank = whole & (from_side < FLANK)
    alike = alike_in_rows(colours, flank[None].float(), whole[None].float(), reach=0.05 * torso, usual=0.2)[0]
    strange = whole & (alike < 0.5)
    strange &= ~flank & (strange.sum(1, keepdim=True) < BAND * whole.sum(1, keepdim=True))
    closed = close(close(strange.float()[None], 0.04 * torso), -PATCH / 2 * torso)[0]
    strange = _whole_patches(colours, (closed > 0.5) & whole, whole & ~flank, least=(LARGE * torso) ** 2)
    if not strange.any():
        return colours
    strange = grow(strange.float()[None], max(1, round(0.02 * torso)))
    filled = fill_sideways(colours, whole.float()[None] * (1 - strange), sigma=0.04 * torso)
    return torch.lerp(colours, filled, blur(strange, max(0.6, 0.01 * torso)).clamp(0, 1))


def _whole_patches(colours: Tensor, strange: Tensor, about: Tensor, *, least: float) -> Tensor:
    """h w bool: large strange pieces with all that is about them and of their colour. strange, about: h w bool; least:
    pixels of a large one."""
    count, found = cv2.connectedComponents(strange.numpy().astype(np.uint8), connectivity=4)
    labels = torch.from_numpy(found).long()
    for label in range(1, count):
        piece = labels == label
        if int(piece.sum()) > least:
            like = _alike(colours, piece, about) | piece
            strange = strange | torch.from_numpy(joined(like.numpy(), piece.numpy()))
    return strange


def _loose(marks: Tensor, inside: Tensor) -> Tensor:
    """Marks that do not reach out of the inside, as an outline does. Both h w bool."""
    return marks & ~torch.from_numpy(joined(marks.numpy(), (marks & ~inside).numpy()))


def _painted(colours: Tensor, paint: Tensor, where: Tensor) -> Tensor:
    """Both 3 h w; where: h w bool, with a soft rim outside."""
    share = where.float()[None]
    return torch.lerp(colours, paint, blur(share, 1.0).maximum(share))


def _own_colours(layer: Tensor) -> Tensor:
    """3 h w, of a layer 5 h w."""
    return (layer[:3] / layer[3:4].clamp(min=1e-3)).clamp(0, 1)


def _usual(colours: Tensor, chosen: Tensor) -> Tensor:
    return colours[:, chosen].median(1).values


def _alike(colours: Tensor, chosen: Tensor, about: Tensor) -> Tensor:
    """h w bool: what about the chosen pixels has a colour like one of theirs that is usual there. Both h w bool."""
    samples = _samples(colours, chosen)
    samples = samples[(samples - _usual(colours, chosen)).abs().amax(1) < ALIKE]  # no bow, no sky
    like = torch.zeros_like(chosen)
    like[about] = _nearest(colours[:, about], samples) < ALIKE
    return like


def _samples(colours: Tensor, chosen: Tensor) -> Tensor:
    """n 3, some colours of the chosen pixels, h w bool."""
    found = colours[:, chosen].T
    return found[:: max(1, len(found) // SAMPLES)]


def _nearest(colours: Tensor, samples: Tensor) -> Tensor:
    """How far each colour, 3 m, is from the nearest of the samples, n 3 -> m."""
    if not len(samples) or not colours.numel():
        return torch.full(colours.shape[1:], torch.inf)
    return torch.cat([(part[:, None] - samples).abs().amax(-1).amin(1) for part in colours.T.split(4096)])
