"""Jobs back to back for hours: does memory stay, do files, and does every clip play?

python -m benchmarks.soak MINUTES FOLDER [SECONDS]: the real server with the embedded model at its smallest settings;
every tenth job is a file that has to be refused. One line of JSON a minute goes to FOLDER/soak.jsonl; at the end a
table, and how memory, handles and threads changed after the warm-up (a sixth of the time).
"""

import json
import random
import sys
import time
from dataclasses import asdict
from pathlib import Path

import av
from gradio_client import Client, handle_file

from animate import examples
from benchmarks.watched import Server, slope, started

_EVERY = 60.0  # seconds between two samples


def main(minutes: float, folder: Path, seconds: float = 0.5) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with started(folder) as server, (folder / "soak.jsonl").open("w") as out:
        samples = soak(server, minutes, folder, seconds, out)
    tell(samples)


def soak(server: Server, minutes: float, folder: Path, seconds: float, out) -> list[dict]:
    client = Client(server.address, verbose=False, download_files=str(folder / "taken"))
    chance, samples = random.Random(0), list[dict]()
    characters, dances = [*examples.characters().values()], [*examples.dances().values()]
    (folder / "no.mp4").write_bytes(dances[0].read_bytes()[:900])
    begun, done, refused, wrong = time.monotonic(), 0, 0, list[str]()
    while (now := time.monotonic() - begun) < minutes * 60:
        if not samples or now - samples[-1]["at"] >= _EVERY:
            samples.append({"at": round(now), "done": done, "refused": refused, **asdict(server.use()), "wrong": wrong})
            print(json.dumps(samples[-1]), file=out, flush=True)
        bad = chance.random() < 0.1
        try:
            clip = client.predict(
                picture=handle_file(chance.choice(characters)),
                dance=handle_file(folder / "no.mp4" if bad else chance.choice(dances)),
                preset="draft",
                size="small",
                seconds=seconds,
                steps=1,
                seed=chance.randrange(2**31),
                api_name="/animate",
            )
            path = Path(clip["video"] if isinstance(clip, dict) else clip)
            wrong += [f"job {done + refused}: {what}" for what in faults(path, seconds)] + ["accepted"] * bad
            path.unlink()
            done += 1
        except Exception as error:
            refused += 1
            if not bad or "cannot be read" not in str(error):
                wrong.append(str(error))
    samples.append({"at": round(now), "done": done, "refused": refused, **asdict(server.use()), "wrong": wrong})
    print(json.dumps(samples[-1]), file=out, flush=True)
    return samples


def faults(path: Path, seconds: float) -> list[str]:
    """What is wrong with a clip, decoded whole."""
    with av.open(str(path)) as container:
        frames = sum(1 for _ in container.decode(video=0))
        rate = float(container.streams.video[0].average_rate or 0)
        has_sound = bool(container.streams.audio)
    sound = 0.0
    if has_sound:
        with av.open(str(path)) as container:
            sound = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    told = [] if abs(frames - seconds * rate) <= 1 else [f"{frames} frames at {rate:g} a second"]
    return told + ([] if abs(sound - seconds) <= 0.05 else [f"{sound:.2f} s of sound"])


def tell(samples: list[dict]) -> None:
    names = ("megabytes", "children", "handles", "threads", "files", "clips")
    print("| minute | done | refused | " + " | ".join(names) + " |")
    print("| --- " * (3 + len(names)) + "|")
    for each in samples[:: max(1, len(samples) // 12)]:
        values = (each["at"] // 60, each["done"], each["refused"], *(round(each[name], 1) for name in names))
        print("| " + " | ".join(map(str, values)) + " |")
    warm = [each for each in samples if each["at"] >= samples[-1]["at"] / 6]
    for name in ("megabytes", "handles", "threads", "files"):
        values = [each[name] for each in warm]
        change = slope([each["at"] / 3600 for each in warm], values)
        middle = sorted(values)[len(values) // 2] or 1
        least, most = (100 * (each - middle) / middle for each in (min(values), max(values)))
        print(f"{name}: {change:+.1f} an hour after the warm-up, median {middle:.0f}, {least:+.1f} % to {most:+.1f} %")
    last = samples[-1]
    print(f"{last['done']} clips, {last['refused']} refused, {len(last['wrong'])} wrong {last['wrong'][:3]}")


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]), *map(float, sys.argv[3:]))
