"""The plans for small devices, tried: which one a card of so many GB gets, whether a window fits, and is it the same.

    python -m benchmarks.lodgings [--cards 24 12 8 6 4] [--size 512x768] [--frames 24] [--width 320]

The process is held to the card's memory, less what a system takes of it. Each line is beside the whole model in place.
Before them, a clip of five windows' length, kept by the device and kept by the host.
"""

import argparse
import time
from collections.abc import Iterator

import torch
from torch import Tensor

from animate.__main__ import size_of
from animate.conditions import to_frames
from animate.denoise import Passed, Past, after_steps, denoise
from animate.devices import describe, find_device
from animate.errors import OutOfMemory
from animate.memory import SPARE, Lodging
from animate.schedule import steps
from animate.settings import RenderSettings
from animate.windows import cuts
from benchmarks import subject
from benchmarks.speed import GUIDANCE, apart
from benchmarks.subject import Scene
from benchmarks.telling import say, waiting

STEPS = 2
LONG = 5  # times as long as a window


def render(lodging: Lodging, scene: Scene, settings: RenderSettings) -> tuple[Tensor, float]:
    """The latents of a short walk and the seconds of its last step; one frame is decoded as well."""
    networks, wait = lodging.networks, waiting(lodging.device)
    lodging.settle(settings, frames=len(scene.noise))
    conditions = lodging.through(lambda: scene.conditions(networks, pose_at=lodging.latents_at))

    past = Past()

    def walk(latents: Tensor) -> Iterator[Tensor | Passed]:
        conditions.pose = conditions.pose.to(latents.device)
        return denoise(
            networks.denoiser,
            latents,
            pose=conditions.pose,
            references=conditions.references,
            steps=[*steps(STEPS)],
            cuts=cuts(len(scene.noise), settings.window, settings.overlap),
            guidance=settings.guidance,
            device=lodging.device,
            past=past,
        )

    latents, seconds, began = scene.noise, 0.0, time.perf_counter()
    for latest in after_steps(lodging.resumed(walk, scene.noise)):
        wait()
        latents = latest
        seconds, began = time.perf_counter() - began, time.perf_counter()
    lodging.through(lambda: to_frames(networks.codec.decode(latents[:1])))
    return latents.cpu(), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cards", type=float, nargs="+", default=[24, 12, 8, 6, 4])
    parser.add_argument("--taken", type=float, default=0.6, help="GB of a card that others have")
    parser.add_argument("--size", type=size_of, default=(512, 768))
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--width", type=int, default=subject.RELEASED)
    parser.add_argument("--dtype", default="float16")
    parser.add_argument("--device")
    given = parser.parse_args()
    device = find_device(given.device)
    networks = subject.cast(subject.make(device, width=given.width), getattr(torch, given.dtype))
    for network in subject.parts(networks):
        network.to("cpu")
    scene = Scene.of(given.size, given.frames)
    width, height = given.size
    settings = RenderSettings(
        width=width, height=height, window=given.frames, overlap=given.frames // 6, guidance=GUIDANCE, steps=STEPS
    )
    free = 10**12
    lodging = Lodging(networks, device, free=lambda: free)
    truth, seconds = render(lodging, scene, settings)
    say(describe(device, getattr(torch, given.dtype)))
    say("no limit", f"{seconds:7.3f} s a step", lodging.plan.words)
    long, kept = Scene.of(given.size, LONG * given.frames), None
    for where in ("device", "host"):
        if where == "host":
            few = len(long.noise) // 2  # for so many frames there is room
            free = int(lodging.need(lodging.plan, settings, frames=few) / SPARE)
        latents, seconds = render(lodging, long, settings)
        beside = {} if kept is None else apart(latents, kept)
        say(f"{len(long.noise)} frames, kept by the {where}", f"{seconds:7.3f} s a step", beside, lodging.plan.words)
        kept = latents
    del long
    for card in given.cards:
        free = int((card - given.taken) * 1e9)
        if device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.set_per_process_memory_fraction(free / torch.cuda.get_device_properties(device).total_memory)
            torch.cuda.reset_peak_memory_stats()
        try:
            latents, seconds = render(lodging, scene, settings)
        except OutOfMemory as error:
            say(f"{card:g} GB", f"does not fit: {error}")
            continue
        peak = f"peak {torch.cuda.max_memory_reserved() / 1e9:.2f} GB" if device.type == "cuda" else ""
        say(f"{card:g} GB", f"{seconds:7.3f} s a step", peak, apart(latents, truth), lodging.plan.words)
        for note in lodging.told():
            if "ran out" in note.words:
                say("", note.words)


if __name__ == "__main__":
    main()
