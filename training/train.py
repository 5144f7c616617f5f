"""The two stages of Animate Anyone's training: single frames without temporal layers, then clips, those layers only.

    python -m training.train --stage 1 --pairs runs/pairs --held-out runs/held --out runs/mini --minutes 60
    python -m training.train --stage 2 --pairs runs/clips --held-out runs/held-clips --out runs/mini --minutes 20

On a processor or a CUDA device, whichever is there. Pairs that arrive meanwhile are taken in. One line of JSON each
validation. A killed run resumes from its last state, written every two minutes and before each validation; one that
has ended goes on for as many minutes more.
Source: arXiv:2311.17117, section 3.3; zero terminal signal as in animate.schedule.
"""

import argparse
import json
import time
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from animate.checkpoints import Networks
from animate.latents import PatchCodec
from animate.schedule import signal_levels
from animate.stored import read_state
from training import mini
from training.batches import draw, make_batch, pixels_of, references_of, vary
from training.crew import Crew
from training.evaluate import CHARACTERS, evaluate, save_sheet
from training.objective import loss_of
from training.packing import pack
from training.pairs import Pool, Shard
from training.trained import Trained

SAVE_EVERY = 110.0  # seconds
LOOK_EVERY = 5.0  # seconds between two looks for new pairs
FITTED_ON = 64  # characters


def rate_at(done: float, step: int, peak: float) -> float:
    """Warm up over 100 steps, stay, then fall over the last third.

    done: share of the time of all calls. One that adds much to a finished run so begins high again, one that adds
    little goes on low.
    """
    return peak * min(1.0, (step + 1) / 100) * (1.0 if done < 0.66 else max(0.03, (1 - done) / 0.34))


def precision(device: torch.device) -> AbstractContextManager:
    """bf16; on processors attention in plain products, whose backward is the faster one there."""
    stack = ExitStack()
    stack.enter_context(torch.autocast(device.type, torch.bfloat16))
    if device.type == "cpu":
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
    return stack


def wait_for(pool: Pool, characters: int, *, seconds: float = 0.0) -> None:
    """Until the pool holds so many characters, but no longer. Raises FileNotFoundError where there are none then."""
    end = time.monotonic() + seconds
    while pool.refresh() < characters and time.monotonic() < end:
        time.sleep(0.5)
    if not pool.characters:
        raise FileNotFoundError(f"No training pairs in {pool.folder}; make some with python -m training.pairs.")


def require_first_stage(folder: Path) -> None:
    """Raises FileNotFoundError where the networks answer nothing yet: the second stage trains temporal layers alone, so
    that it would change nothing."""
    there = (folder / mini.PATCHES).is_file()
    if not there or not read_state(folder / mini.DENOISER)["conv_out.weight"].any():
        raise FileNotFoundError(f"No first stage in {folder}, for the second to go on from; train one with --stage 1.")


def networks_for(arguments: argparse.Namespace, pool: Pool, device: torch.device, *, resumed: bool) -> Networks:
    """Those in the folder, or fresh ones with a codec fitted to the pairs.

    resumed: there is a state. The first stage's fills everything, so the folder is not asked for what it may lack.
    """
    motion = arguments.stage == 2
    if resumed and not motion:
        networks = mini.MiniConfig().networks(PatchCodec(), motion=False)
    elif (arguments.out / mini.PATCHES).is_file():
        networks = mini.load(arguments.out, motion=motion)
    else:
        codec = PatchCodec()
        fit_codec(codec, pool.characters[:FITTED_ON])
        networks = mini.MiniConfig().networks(codec, motion=motion)
    assert isinstance(networks.codec, PatchCodec)
    for network in (networks.denoiser, networks.reference, networks.guider, networks.clip, networks.codec):
        network.to(device)  # type: ignore[call-overload]
    for network in (networks.denoiser, networks.reference):
        nn.Module.to(network, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return networks


def run(arguments: argparse.Namespace) -> None:
    end = time.monotonic() + arguments.minutes * 60
    if arguments.since:
        end -= time.time() - arguments.since
    torch.set_num_threads(arguments.threads)
    torch.backends.cudnn.benchmark = True  # all batches have one shape
    device = torch.device(arguments.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    out: Path = arguments.out
    if arguments.stage == 2:
        require_first_stage(out)
    out.mkdir(parents=True, exist_ok=True)
    pool = Pool(arguments.pairs, device=device, limit=arguments.limit)
    held = Pool(arguments.held_out, device=device)
    torch.manual_seed(1)
    state_file = out / f"stage{arguments.stage}.state"
    resumed = state_file.is_file()
    fitted = resumed or (out / mini.PATCHES).is_file()
    wait_for(pool, arguments.characters if fitted else FITTED_ON, seconds=arguments.wait)
    wait_for(held, 1, seconds=arguments.wait)  # the others may come until the first validation
    networks = networks_for(arguments, pool, device, resumed=resumed)
    codec = networks.codec
    assert isinstance(codec, PatchCodec)
    trained = Trained.of(networks, stage=arguments.stage, rate=arguments.rate)
    if resumed:
        trained.restore(torch.load(state_file, map_location=device, weights_only=True))
    crew = Crew(trained.parameters, processes=arguments.processes)
    crew.split()
    network = torch.compile(networks.denoiser, dynamic=False) if arguments.compile else networks.denoiser
    generator = torch.Generator().manual_seed(1000 * trained.step + 10 * crew.rank + arguments.stage)
    levels = signal_levels("scaled_linear")
    clips = arguments.stage == 2
    start, first, spent, over = time.monotonic(), trained.step, trained.seconds, False
    whole = spent + max(end - start, 1.0)  # seconds of training, with those of earlier calls
    last_save = last_check = last_look = start
    losses: list[torch.Tensor] = []

    def judged() -> None:
        frames = (trained.step - first) * arguments.characters * arguments.targets * arguments.processes
        of_batches = {"loss": round(torch.stack(losses).mean().item(), 4)}
        of_batches["frames a second"] = round(frames / (time.monotonic() - start), 1)
        check(trained, networks, held, arguments, {"characters": len(pool.characters), **of_batches})

    while not over:
        drawn = draw(pool.characters, generator, characters=arguments.characters, targets=arguments.targets)
        batch = make_batch(vary(drawn, generator), codec)
        with precision(device):
            with torch.set_grad_enabled(not clips):
                pose, references = networks.guider(batch.guide), references_of(networks, batch)
            loss = loss_of(network, batch, pose, references, levels=levels, generator=generator, clips=clips)
        trained.update(loss, rate=rate_at(trained.seconds / whole, trained.step, arguments.rate))
        losses = [*losses[-99:], loss.detach()]
        if trained.step % 8 == 0:
            loss.item()  # so that the clock does not run ahead of the device
        now = time.monotonic()
        trained.seconds = spent + now - start
        over = crew.meet(trained.step, over=now >= end)
        if now - last_look > LOOK_EVERY:
            pool.refresh()
            last_look = now
        checking = now - last_check > arguments.check * 60
        if crew.rank == 0 and (checking or now - last_save > SAVE_EVERY):
            trained.save(state_file)  # before what is saved of the networks, which are so never newer
            last_save = now
        if crew.rank == 0 and checking:
            judged()
            last_check = time.monotonic()
    crew.leave()
    trained.save(state_file)
    judged()


def check(
    trained: Trained, networks: Networks, held: Pool, arguments: argparse.Namespace, told: dict[str, float]
) -> None:
    """Scores, a line in the log, a contact sheet, and the averaged networks in the released layout; packed if asked.

    told: of the training, for the log.
    """
    out: Path = arguments.out
    wait_for(held, arguments.judges, seconds=arguments.wait)
    averaged = trained.averaged(networks)
    report = {
        "step": trained.step,
        "minutes": round(trained.seconds / 60, 1),
        **told,
        "judges": len(held.characters[:CHARACTERS]),
        **evaluate(averaged, held.characters),
    }
    line = json.dumps(report)
    print(line, flush=True)
    with (out / "log.jsonl").open("a") as log:
        log.write(line + "\n")
    save_sheet(averaged, held.characters, out / "sheet.png")
    config = mini.MiniConfig()
    mini.save(averaged if averaged.denoiser.config.motion else with_motion(averaged, out, config), out, config)
    if arguments.pack:
        pack(out, arguments.pack)


def with_motion(networks: Networks, folder: Path, config: mini.MiniConfig) -> Networks:
    """The still networks in a denoiser with temporal layers, so that the saved layout is always whole: those that the
    folder has, which a second stage may have trained, or silent ones."""
    moving = config.networks(PatchCodec()).denoiser
    file = folder / mini.MOTION
    trained = read_state(file) if file.is_file() else {}
    state = {name: value.cpu() for name, value in networks.denoiser.state_dict().items()}
    moving.load_state_dict(moving.state_dict() | trained | state)
    return Networks(moving, networks.reference, networks.guider, networks.clip, networks.codec)


def fit_codec(codec: PatchCodec, characters: list[Shard]) -> None:
    """The principal components of pictures, and the spread of what the puppet lacks."""
    pictures = [one[name] for one in characters for name in ("reference", "background")]
    pictures += [one["target"][0] for one in characters]
    lacking = [one["target"][:2].float() - one["moved"][:2].float() for one in characters]
    codec.fit(pixels_of(torch.stack(pictures).cpu()), torch.cat(lacking).cpu() / 127.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", type=int, choices=(1, 2), default=1)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument(
        "--judges", type=int, default=1, help=f"held-out characters that validation waits for, {CHARACTERS} at most"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60, help="of this call, a resumed run's beside those before")
    parser.add_argument("--since", type=float, help="the moment they are counted from, as date +%%s gives it; now")
    parser.add_argument("--pack", type=Path, help="a folder that gets the model after each validation, in parts")
    parser.add_argument("--check", type=float, default=5, help="minutes between validations")
    parser.add_argument("--characters", type=int, default=6, help="a batch; with --stage 2 its clips")
    parser.add_argument("--targets", type=int, default=3)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--limit", type=int, help="characters held on the device")
    parser.add_argument("--wait", type=float, default=0, help="seconds for the first pairs, when they are being made")
    parser.add_argument("--device")
    parser.add_argument("--compile", action="store_true", help="pays back on CUDA within minutes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="side by side, their parameters averaged; processors")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
