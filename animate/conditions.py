"""What a clip's denoising is given, computed once: pose features, the reference, and what latents are relative to.

Two kinds of models. The released ones are guided by drawn skeletons and diffuse the picture's latents. The embedded
one is guided by the puppet (the character itself, cut out and moved) and diffuses what the puppet lacks.
Shapes: f frames, H W the picture's size, h w the latents', k channels of a guide.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from diffusers.models.embeddings import ImageProjection
from PIL import Image
from torch import Tensor

from animate.checkpoints import Networks
from animate.errors import BadSettings
from animate.reference import ReferenceFeatures, reference_features
from animate.settings import RenderSettings

CLIP_SIZE = 224
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
PIECE = 8  # frames whose guide is in memory at once


@dataclass
class Conditions:
    """pose: f c h w features; references: of the picture; base: f c h w latents of the puppet, or None.

    With a base, what is diffused is a residual, scaled as the codec says, that is added to it. The pose grows with the
    clip, and can be put elsewhere.
    """

    pose: Tensor
    references: ReferenceFeatures
    base: Tensor | None = None


def require_sizes(reference: np.ndarray, skeletons: np.ndarray, settings: RenderSettings) -> None:
    """Raises BadSettings for no skeletons, f h w 3, or where they or the picture, h w 3, are not of the clip's size."""
    if not len(skeletons):
        raise BadSettings("There are no skeletons to follow; give one a frame.")
    size = (settings.height, settings.width)
    for what, shape in (("picture", reference.shape[:2]), ("skeletons", skeletons.shape[1:3])):
        if tuple(shape) != size:
            raise BadSettings(f"The {what} is {shape[1]}x{shape[0]}, the clip {size[1]}x{size[0]}; make them equal.")


def to_tensor(frames: np.ndarray, like: Tensor | None = None) -> Tensor:
    """f h w 3 uint8 to f 3 h w in 0..1, fp32; or in the precision of `like` and on its device, to which bytes are
    sent, a quarter or half of what numbers would be."""
    place = (torch.device("cpu"), torch.float32) if like is None else (like.device, like.dtype)
    return torch.tensor(frames).to(place[0]).permute(0, 3, 1, 2).to(place[1]).div_(255)


def to_frames(pictures: Tensor) -> np.ndarray:
    """f 3 h w in -1..1 to f h w 3 uint8."""
    levels = ((pictures.float() + 1) * 127.5).clamp(0, 255).round()
    return levels.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def clip_pixels(picture: np.ndarray) -> Tensor:
    """h w 3 uint8 to 1 3 224 224 as CLIP was trained to see it; the aspect is not kept."""
    small = Image.fromarray(picture).resize((CLIP_SIZE, CLIP_SIZE), Image.Resampling.BICUBIC)
    pixels = to_tensor(np.asarray(small)[None])
    return (pixels - torch.tensor(CLIP_MEAN)[:, None, None]) / torch.tensor(CLIP_STD)[:, None, None]


def reflected(picture: np.ndarray) -> np.ndarray:
    """h w 3 to a square of its longer side: as much on both of its shorter sides, mirrored; an odd pixel comes last."""
    longer = max(picture.shape[:2])
    beside = [((longer - side) // 2, (longer - side + 1) // 2) for side in picture.shape[:2]]
    return np.pad(picture, [*beside, (0, 0)], mode="reflect")


@torch.no_grad()
def embed(networks: Networks, picture: np.ndarray, *, square: bool = False) -> Tensor:
    """h w 3 uint8 to CLIP's one embedding, c; or to the tokens a projection makes of it, 1 t c. square: it is seen in
    its own shape, reflected to a square."""
    clip, projection = networks.clip, networks.projection
    seen = clip(
        clip_pixels(reflected(picture) if square else picture).to(clip.device, clip.dtype),
        output_hidden_states=projection is not None,
    )
    if projection is None:
        return seen.image_embeds[0]
    return projection(seen.image_embeds if isinstance(projection, ImageProjection) else seen.hidden_states[-2])


def read_reference(
    networks: Networks, picture: np.ndarray, extra: Tensor | None = None, *, square: bool = False
) -> ReferenceFeatures:
    """picture: h w 3 uint8; extra: 1 k h w maps the embedded model's ReferenceNet sees beside the latents; square: as
    for embed."""
    latents = networks.codec.encode(to_tensor(picture[None]) * 2 - 1)
    inputs = latents if extra is None else torch.cat([latents, extra.to(latents)], dim=1)
    clip = embed(networks, picture, square=square)
    return reference_features(networks.denoiser, networks.reference, inputs.to(clip.device, clip.dtype), clip)


def skeleton_conditions(
    networks: Networks,
    picture: np.ndarray,
    skeletons: Iterable[np.ndarray] | np.ndarray,
    *,
    pose_at: torch.device | None = None,
    square: bool = False,
) -> Conditions:
    """picture: h w 3 uint8; skeletons: frames h w 3 uint8, drawn as the checkpoint was trained to see them; pose_at:
    where their features are kept, if not on the guider's device; square: as for embed."""
    like = networks.guider.conv_out.weight
    at = pose_at or like.device
    features = [networks.guider.features(to_tensor(np.stack(part), like)).to(at) for part in in_pieces(skeletons)]
    return Conditions(pose=torch.cat(features), references=read_reference(networks, picture, square=square))


def in_pieces(frames: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
    part: list[np.ndarray] = []
    for frame in frames:
        part.append(frame)
        if len(part) == PIECE:
            yield part
            part = []
    if part:
        yield part
