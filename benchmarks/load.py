"""A hundred visitors look about while twenty have clips made, on the real server with the embedded model.

pip install locust && python -m benchmarks.load [MINUTES [FOLDER]]: prints what every kind of request took, what became
of the clips, how memory went, and what is left on the disk when all that is kept for a time is past it.
"""

import csv
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from PIL import Image

from animate import examples
from benchmarks.watched import ROOT, Server, started
from studio.archive import Archive
from studio.janitor import sweep

_EVERY = 5.0  # seconds between two samples


def main(minutes: float = 10, folder: Path | None = None) -> None:
    if importlib.util.find_spec("locust") is None:
        raise SystemExit("This needs locust: pip install locust")
    folder = folder or Path(tempfile.mkdtemp(prefix="load-"))
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(next(iter(examples.characters().values()))) as ours:  # as one of a visitor's own
        ours.convert("RGB").resize((256, 384)).save(folder / "own.png")
    print(f"{os.cpu_count()} cores, load average before: {os.getloadavg()[0]:.1f}", flush=True)
    with started(folder) as server:
        time.sleep(20)  # until the model is loaded and its pace measured
        samples = watched_while(server, lambda: visit(server, minutes, folder))
        drained = until_drained(server)
    tell_requests(folder)
    tell_memory(samples)
    tell_rest(folder / "studio", drained)


def visit(server: Server, minutes: float, folder: Path) -> None:
    """Locust, headless, its tables into the folder."""
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "benchmarks" / "locustfile.py"), "--headless"]
    command += ["--host", server.address, "--users", "120", "--spawn-rate", "6", "--run-time", f"{minutes * 60:.0f}s"]
    command += ["--stop-timeout", "120", "--csv", str(folder / "load"), "--only-summary", "--reset-stats"]
    with (folder / "locust.log").open("w") as log:
        environment = {**os.environ, "LOAD_PICTURE": str(folder / "own.png")}
        subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)


def watched_while(server: Server, work) -> list[tuple[float, float]]:
    """(seconds, megabytes) while something is done."""
    thread, samples, begun = threading.Thread(target=work), list[tuple[float, float]](), time.monotonic()
    thread.start()
    while thread.is_alive():
        samples.append((time.monotonic() - begun, server.use().megabytes))
        thread.join(_EVERY)
    return samples


def until_drained(server: Server, *, seconds: float = 120) -> bool:
    """Whether all that was ordered is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        archive = Archive(server.folder / "clips", keep_days=1000)
        unfinished = archive.unfinished()
        archive._store._base.close()
        if not unfinished:
            return True
        time.sleep(1)
    return False


def tell_requests(folder: Path) -> None:
    print("| what | count | failed | median ms | p95 ms | most ms |\n| --- | --- | --- | --- | --- | --- |")
    with (folder / "load_stats.csv").open() as file:
        for row in csv.DictReader(file):
            names = ("Name", "Request Count", "Failure Count", "50%", "95%", "100%")
            print("| " + " | ".join(row[name] for name in names) + " |")
    with (folder / "load_failures.csv").open() as file:
        for row in csv.DictReader(file):
            print("failed:", row["Name"], row["Error"], row["Occurrences"])


def tell_memory(samples: list[tuple[float, float]]) -> None:
    warm = sorted(megabytes for at, megabytes in samples if at > samples[-1][0] / 4)
    middle = warm[len(warm) // 2]
    least, most = (100 * (each - middle) / middle for each in (warm[0], warm[-1]))
    low = next(at for at, megabytes in samples if megabytes == warm[0] and at > samples[-1][0] / 4)
    print(f"memory after the warm-up: median {middle:.0f} MB, {least:+.1f} % (at {low:.0f} s) to {most:+.1f} %")
    count = int(samples[-1][0] // 60) + 1
    minutes = [sorted(megabytes for at, megabytes in samples if at // 60 == each) for each in range(count)]
    medians = [each[len(each) // 2] for each in minutes if each]
    print("the median of each minute, MB:", ", ".join(f"{each:.0f}" for each in medians))


def tell_rest(folder: Path, drained: bool) -> None:
    archive = Archive(folder / "clips", keep_days=0)
    phases = sorted({clip.phase for clip in archive.all()})
    print(f"{len(archive.all())} clips kept, {phases}; all that was ordered is over: {drained}")
    archive.sweep()
    archive._store._base.close()
    sweep(folder, hours=0, but=("clips", "private", "pace.json"))
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    print(f"left when the time of all is over: {left}")
    print(f"load average after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else 10, Path(sys.argv[2]) if sys.argv[2:] else None)
