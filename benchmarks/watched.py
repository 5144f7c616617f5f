"""The real server, started on loopback for a benchmark, and what it uses: memory, files, threads, processes (Linux)."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Use:
    """megabytes: resident, of the server; children: the same of the processes it has started; handles: open files of
    the server; files: in its folder, without those of finished clips; clips: folders of clips."""

    megabytes: float
    children: float
    handles: int
    threads: int
    files: int
    clips: int


class Server:
    """A server in a process of its own. folder: where it keeps clips."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, folder: Path):
        self.process, self.address, self.folder = process, address, folder

    def use(self) -> Use:
        clips = [each for each in (self.folder / "clips").glob("*/")]
        files = [
            each for each in self.folder.rglob("*") if each.is_file() and self.folder / "clips" not in each.parents
        ]
        return Use(
            megabytes=_megabytes(self.process.pid),
            children=sum(map(_megabytes, _below(self.process.pid))),
            handles=len(os.listdir(f"/proc/{self.process.pid}/fd")),
            threads=len(os.listdir(f"/proc/{self.process.pid}/task")),
            files=len(files),
            clips=len(clips),
        )


@contextmanager
def started(folder: Path, *options: str, environment: dict[str, str] | None = None) -> Iterator[Server]:
    """python app.py on a free port, up, perhaps before its model is; stopped at the end. Its log: folder/log."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server ends with this
    command = [sys.executable, "app.py", "--port", str(port), "--folder", str(folder / "studio"), *options]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until_up(address, process)
        yield Server(process, address, folder / "studio")
    finally:
        process.terminate()
        process.wait(30)


def until_up(address: str, process: subprocess.Popen[bytes], *, seconds: float = 180) -> None:
    """Wait until a server says that it is well."""
    end = time.monotonic() + seconds
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """The least-squares slope of values over times."""
    count = len(times)
    mean_time, mean = sum(times) / count, sum(values) / count
    spread = sum((time - mean_time) ** 2 for time in times)
    return sum((time - mean_time) * (value - mean) for time, value in zip(times, values, strict=True)) / (spread or 1.0)


def _megabytes(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):  # it has ended meanwhile
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _below(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(each) for each in file.read_text().split()]
        except OSError:
            continue
    return [*found, *(each for child in found for each in _below(child))]
