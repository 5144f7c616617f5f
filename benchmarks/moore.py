"""Moore-AnimateAnyone's own pipeline, run beside ours with the very same weights. Its code is not part of this project.

Give the folder of a checkout (github.com/MooreThreads/Moore-AnimateAnyone, commit a914ef3) that holds `src/`. It was
written for an older diffusers; two names it imports and never uses here are stood in for. Nothing of it is changed
but three things said where they are done: the dtype of its bank, the noise it starts from, and no decoding at the end.
"""

import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler
from diffusers.models import embeddings
from diffusers.models.transformers import dual_transformer_2d
from PIL import Image
from torch import Tensor

from animate.checkpoints import Networks
from animate.latents import VAECodec
from animate.published import SD15
from animate.unet import UNetConfig

LEVELS = {True: ("CrossAttnDownBlock", "CrossAttnUpBlock"), False: ("DownBlock", "UpBlock")}


class Absent:
    """Stands where an older diffusers had a class that is imported and not used."""


@dataclass
class Run:
    """Latents f c h w after the last step, and the seconds each step took."""

    latents: Tensor
    seconds: list[float] = field(default_factory=list)


class Moore:
    """Its pipeline, holding our networks' weights (shared, not copied)."""

    def __init__(self, folder: Path, networks: Networks):
        sys.path.insert(0, str(folder))
        for name in ("PositionNet", "CaptionProjection"):
            if not hasattr(embeddings, name):
                setattr(embeddings, name, Absent)
        sys.modules.setdefault("diffusers.models.dual_transformer_2d", dual_transformer_2d)
        get = importlib.import_module
        assert isinstance(networks.codec, VAECodec)
        config = networks.denoiser.config
        with torch.device("meta"):
            denoiser = get("src.models.unet_3d").UNet3DConditionModel(**sizes_3d(config))
            reference = get("src.models.unet_2d_condition").UNet2DConditionModel(**sizes_2d(config))
            assert networks.guider.conv_in
            widths = tuple(conv.out_channels for conv in (networks.guider.conv_in, *networks.guider.blocks[1::2]))
            guider = get("src.models.pose_guider").PoseGuider(config.channels[0], block_out_channels=widths)
        for theirs, ours in ((denoiser, networks.denoiser), (reference, networks.reference), (guider, networks.guider)):
            theirs.load_state_dict(ours.state_dict(), strict=True, assign=True)
            theirs.eval().requires_grad_(False)
        control = get("src.models.mutual_self_attention").ReferenceAttentionControl
        control.update.__defaults__ = (denoiser.dtype,)  # else the reference is always read in fp16
        self.pipeline = get("src.pipelines.pipeline_pose2vid_long").Pose2VideoPipeline(
            vae=networks.codec.vae,
            image_encoder=networks.clip,
            reference_unet=reference,
            denoising_unet=denoiser,
            pose_guider=guider,
            scheduler=DDIMScheduler(
                beta_start=0.00085,
                beta_end=0.012,
                beta_schedule="linear",
                clip_sample=False,
                steps_offset=1,
                prediction_type="v_prediction",
                rescale_betas_zero_snr=True,
                timestep_spacing="trailing",
            ),
        )
        self.pipeline.set_progress_bar_config(disable=True)

    def run(
        self,
        picture: np.ndarray,
        skeletons: np.ndarray,
        noise: Tensor,
        *,
        steps: int,
        guidance: float,
        take: int | None = None,
        wait: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> Run:
        """picture: h w 3 uint8; skeletons: f h w 3 uint8; noise: f c h w. take: stop after so many of the steps."""
        pipeline: Any = self.pipeline
        dtype, device = pipeline.denoising_unet.dtype, pipeline.device
        start = noise.to(device, dtype).movedim(0, 1)[None]
        pipeline.prepare_latents = lambda *_given, **_named: start
        pipeline.decode_latents = lambda latents: latents.float().cpu().numpy()
        run = Run(torch.empty(0))
        began = 0.0

        def lap(step: int, _timestep: Tensor, latents: Tensor) -> None:
            nonlocal began
            wait()
            now = clock()
            run.seconds.append(now - began)
            run.latents = latents[0].movedim(1, 0).float()
            if take is not None and len(run.seconds) >= take:
                raise StopIteration
            began = clock()

        def begin(*_given: object) -> None:  # its last call before the first step's work
            nonlocal began
            wait()
            began = clock()

        hook = pipeline.pose_guider.register_forward_hook(begin)
        try:
            pipeline(
                Image.fromarray(picture),
                [Image.fromarray(frame) for frame in skeletons],
                picture.shape[1],
                picture.shape[0],
                len(skeletons),
                steps,
                guidance,
                callback=lap,
                interpolation_factor=0,
                context_frames=len(skeletons),
            )
        except StopIteration:
            pass
        finally:
            hook.remove()
        return run


def sizes_3d(config: UNetConfig) -> dict[str, Any]:
    names = [LEVELS[spatial] for spatial in config.spatial]
    return {
        "in_channels": config.latents,
        "out_channels": config.latents,
        "block_out_channels": config.channels,
        "layers_per_block": config.layers,
        "cross_attention_dim": config.clip_size,
        "attention_head_dim": config.heads,
        "norm_num_groups": config.groups,
        "down_block_types": tuple(f"{down}3D" for down, _ in names),
        "up_block_types": tuple(f"{up}3D" for _, up in reversed(names)),
        "use_inflated_groupnorm": True,
        "unet_use_cross_frame_attention": False,
        "unet_use_temporal_attention": False,
        "use_motion_module": True,
        "motion_module_mid_block": True,
        "motion_module_type": "Vanilla",
        "motion_module_kwargs": {
            "num_attention_heads": config.heads[0],
            "num_transformer_block": 1,
            "attention_block_types": ("Temporal_Self", "Temporal_Self"),
            "temporal_position_encoding": True,
            "temporal_position_encoding_max_len": config.max_frames,
            "temporal_attention_dim_div": 1,
        },
    }


def sizes_2d(config: UNetConfig) -> dict[str, Any]:
    names = [LEVELS[spatial] for spatial in config.spatial]
    return {
        **SD15,
        "block_out_channels": config.channels,
        "layers_per_block": config.layers,
        "cross_attention_dim": config.clip_size,
        "attention_head_dim": config.heads,
        "norm_num_groups": config.groups,
        "down_block_types": tuple(f"{down}2D" for down, _ in names),
        "up_block_types": tuple(f"{up}2D" for _, up in reversed(names)),
    }
