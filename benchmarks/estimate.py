"""The page's estimate beside the truth: how long clips were said to take before they were made, and how long they took.

    python -m benchmarks.estimate [--model mini] [--json]

Ten clips of different sizes, lengths, presets and steps, one after the other, as visitors would order them on a machine
that has only been measured by its first trial. Known and unknown dances in turn. A run is within bounds when the
estimate is at most 30 % off.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from animate import Animator, examples
from benchmarks.clip import fresh_dance
from studio.jobs import Workshop
from studio.limits import LIMITS
from studio.runs import Run
from studio.wishes import Wish, to_order, trial

# preset, size, seconds, steps (0: the preset's own), whether the dance has to be watched
RUNS = (
    ("standard", "standard", 1.0, 0, False),
    ("draft", "small", 2.0, 0, False),
    ("standard", "standard", 2.0, 0, True),
    ("best", "large", 1.0, 0, False),
    ("draft", "small", 4.0, 2, True),
    ("standard", "standard", 4.0, 6, False),
    ("standard", "small", 3.0, 0, True),
    ("best", "large", 2.0, 3, False),
    ("draft", "standard", 3.0, 0, True),
    ("standard", "standard", 0.5, 0, False),
)
BOUND = 0.3


def made(workshop: Workshop, wish: Wish) -> tuple[float | None, Run]:
    """What was said before, and the finished run."""
    order = to_order(wish, LIMITS["cpu"])
    said = workshop.expect(workshop.animators.job(order))
    run = workshop.order(order)
    while not run.state.over:
        time.sleep(0.05)
    return said, run


def measure(model: str) -> list[dict]:
    """One row a run."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        dance = fresh_dance(folder, 6.0)
        (folder / "own").mkdir()
        workshop = Workshop(
            lambda _name: Animator.load(model), folder=folder / "own", limits=LIMITS["cpu"], trial=trial
        )
        workshop.open()
        while not (folder / "own" / "pace.json").is_file():
            if workshop.trouble:
                raise SystemExit(str(workshop.trouble))
            time.sleep(0.1)
        characters = list(examples.characters().values())
        for at, (preset, size, seconds, steps, watched) in enumerate(RUNS):
            known = examples.dances()["hip-hop"]
            wish = Wish(
                picture=characters[at % len(characters)],
                dance=dance if watched else known,
                preset=preset,
                size=size,
                seconds=seconds,
                steps=steps or None,
            )
            said, run = made(workshop, wish)
            if said is None or run.state.phase != "done":
                raise SystemExit(f"run {at + 1}: {run.state.phase} {run.state.failure}, estimate {said}")
            rows.append(
                {
                    "preset": preset,
                    "size": size,
                    "seconds": seconds,
                    "steps": steps,
                    "watched": watched,
                    "said": round(said, 2),
                    "took": round(run.state.took, 2),
                    "off": round(said / run.state.took - 1, 3),
                }
            )
        workshop.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = measure(given.model)
    within = sum(abs(row["off"]) <= BOUND for row in rows)
    if given.json:
        json.dump({"runs": rows, "within": within, "of": len(rows)}, sys.stdout)
        return
    print(f"{'':48} {'said, s':>8} {'took, s':>8} {'off':>6}")
    for row in rows:
        dance = "a video" if row["watched"] else "an example"
        what = f"{row['preset']}, {row['size']}, {row['seconds']:g} s, {row['steps'] or 'usual'} steps, {dance}"
        print(f"{what:48} {row['said']:8.2f} {row['took']:8.2f} {row['off']:+6.0%}")
    print(
        f"{within} of {len(rows)} within {BOUND:.0%}; median off {statistics.median(abs(r['off']) for r in rows):.0%}"
    )


if __name__ == "__main__":
    main()
