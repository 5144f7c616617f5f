"""SIGTERM while a clip is watched, cut or written: python -m benchmarks.stop [STAGE …].

The seconds until the server has ended, and whether its clip is there after the next start.
"""

import os
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

from gradio_client import Client, handle_file

from animate import examples, video
from benchmarks.watched import Server, started

STAGES = ("watch", "cut", "write")


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        dance = Path(place) / "dance.mp4"  # whose joints nobody knows, so that it has to be watched
        film = video.read(next(iter(examples.dances().values())), seconds=4)
        video.write(dance, film.frames, fps=film.fps, audio=film.audio)
        for stage in sys.argv[1:] or STAGES:
            folder = Path(place) / stage
            took, code, at = stopped(folder, dance, stage)
            with started(folder) as server:
                end = time.monotonic() + 300
                while (told := phases(server.folder)) != ["done"] and time.monotonic() < end:
                    time.sleep(0.2)
            print(
                f"{stage}: at {at}, ended {took:.1f} s after SIGTERM with {code}; after the next start {told};", end=""
            )
            print(f" load average {os.getloadavg()[0]:.1f}", flush=True)


def stopped(folder: Path, dance: Path, stage: str) -> tuple[float, int, str]:
    """Seconds to the end, the exit code, and the stage at which it was asked."""
    with started(folder) as server:
        threading.Thread(target=order, args=(server, dance), daemon=True).start()
        while (at := stage_of(server.folder)) != stage:
            time.sleep(0.02)
        time.sleep(0.3)
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(60)
        return time.monotonic() - begun, code, at


def order(server: Server, dance: Path) -> None:
    picture = next(iter(examples.characters().values()))
    try:
        client = Client(server.address, verbose=False)
        client.predict(handle_file(picture), handle_file(dance), seconds=4, consent=True, api_name="/animate")
    except Exception:  # the server ends under it
        return


def rows(folder: Path, column: str) -> list[str]:
    file = folder / "private" / "clips.db"
    if not file.is_file():
        return []
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5) as base:
        return [row[0] for row in base.execute(f"SELECT {column} FROM clips")]


def stage_of(folder: Path) -> str:
    return "".join(rows(folder, "stage"))


def phases(folder: Path) -> list[str]:
    return rows(folder, "phase")


if __name__ == "__main__":
    main()
