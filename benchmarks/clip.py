"""From upload to playable clip: seconds a stage, and the most memory.

    python -m benchmarks.clip [PICTURE VIDEO] [--seconds 4] [--model NAME|FOLDER] [--json]

Without files, an example character and an example dance, encoded anew at 12.5 frames a second so that the dancer has
to be found as in any upload. Runs in a fresh process, models loaded and all.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from animate import Animator, Finished, Job, Progress, examples, video
from animate.__main__ import DOING


def fresh_dance(folder: Path, seconds: float) -> Path:
    """A copy of an example dance that is no example any more, at 12.5 frames a second."""
    source = examples.dances()["disco"]
    clip = video.read(source, seconds=seconds, fps=Fraction(25, 2))
    video.write(folder / "dance.mp4", clip.frames, fps=clip.fps, audio=clip.audio)
    return folder / "dance.mp4"


def measure(picture: Path, dance: Path, *, seconds: float, model: str, folder: Path) -> dict[str, float | str]:
    """Seconds a stage, in order, and the whole; megabytes."""
    begin = last = time.perf_counter()
    animator = Animator.load(model)
    table: dict[str, float | str] = {"model": animator.words}

    def lap(name: str) -> None:
        nonlocal last
        now = time.perf_counter()
        table[name] = round(float(table.get(name, 0)) + now - last, 2)
        last = now

    lap("Loading the model")
    job = Job(image=picture, motion=dance, settings=animator.settings_for(picture), seconds=seconds)
    for event in animator.render(job, folder / "clip.mp4"):
        if isinstance(event, Progress):
            lap(DOING[event.stage])
        elif isinstance(event, Finished):
            lap("Finishing")
            table["clip, seconds"] = round(event.seconds, 2)
    table["size"] = f"{job.settings.width}x{job.settings.height}"
    table["all, seconds"] = round(time.perf_counter() - begin, 2)
    table["peak memory, MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", metavar="PICTURE VIDEO")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if len(given.files) not in (0, 2):
        parser.error("give a picture and a video, or neither")
    with tempfile.TemporaryDirectory() as folder:
        picture, dance = given.files or (
            next(iter(examples.characters().values())),
            fresh_dance(Path(folder), given.seconds),
        )
        table = measure(picture, dance, seconds=given.seconds, model=given.model, folder=Path(folder))
    if given.json:
        json.dump(table, sys.stdout)
    else:
        for name, value in table.items():
            print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
