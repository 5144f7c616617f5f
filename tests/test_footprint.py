"""The program stays as small as what it holds: freed memory goes back, and a clip that is over leaves little behind."""

import ctypes
import gc
import json
import platform
import subprocess
import sys
import threading
import time
from collections import Counter
from functools import partialmethod
from pathlib import Path

import pytest
from PIL import Image

from studio.footprint import give_back, share_pools

ROOT = Path(__file__).parents[1]
KEPT = 1  # seconds: a connection that nobody uses; a program that serves keeps it for 5
SETTLED = KEPT + 2  # seconds until those are closed, and what was held for them is gone
gnu = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries look after this themselves")


def told(work: str, *given: object) -> dict:
    """What a function of this file says in a process of its own."""
    code = f"import json, sys; from tests.test_footprint import {work}; print(json.dumps({work}(*sys.argv[1:])))"
    command = [sys.executable, "-c", code, *map(str, given)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=200)
    return json.loads(done.stdout.splitlines()[-1])


def resident() -> float:
    """Megabytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def freed_in_pieces() -> dict:
    """200 MB of which every fiftieth piece is still in use."""
    import numpy as np

    pieces = [np.ones(60_000, np.uint8) for _ in range(3500)]
    full = resident()
    pieces = pieces[::50]
    freed = resident()
    give_back()
    return {"full": full, "freed": freed, "given_back": resident(), "kept": len(pieces)}


@gnu
def test_what_is_free_goes_back_to_the_system():
    megabytes = told("freed_in_pieces")
    assert megabytes["freed"] > megabytes["full"] - 50  # or this test could not fail
    assert megabytes["given_back"] < megabytes["full"] - 150


def kept(shared: str) -> dict:
    """20 arrays of 4 MB, freed, and given back."""
    import numpy as np

    if shared:
        share_pools()
    before = resident()
    arrays = [np.ones(4_000_000, np.uint8) for _ in range(20)]
    full = resident()
    del arrays
    freed = resident()
    give_back()
    return {name: value - before for name, value in (("full", full), ("freed", freed), ("given_back", resident()))}


@gnu
def test_what_is_free_stays_for_what_comes_next_until_it_is_given_back():
    megabytes = told("kept", "shared")
    assert megabytes["full"] > 75
    assert megabytes["freed"] > megabytes["full"] - 5
    assert megabytes["given_back"] < 10
    assert told("kept", "")["freed"] < 40  # or this test could not fail


def pools(shared: str, file: str) -> dict:
    """How many pools eight threads that allocate at once make."""
    if shared:
        share_pools()
    all_are_here = threading.Barrier(8)

    def work() -> None:
        kept = [bytes(2000) for _ in range(1000)]
        all_are_here.wait()
        del kept

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    out = ctypes.c_void_p(library.fopen(file.encode(), b"w"))
    library.malloc_info(0, out)
    library.fclose(out)
    return {"pools": Path(file).read_text().count("<heap nr=")}


@gnu
def test_threads_share_a_few_pools(tmp_path):
    assert told("pools", "", tmp_path / "alone")["pools"] > 4  # or this test could not fail
    assert told("pools", "shared", tmp_path / "shared")["pools"] <= 2


def grown(folder: str) -> dict:
    """Objects that each of 20 clips, ordered by a program over HTTP, leaves in memory, by type."""
    import uvicorn
    from gradio_client import Client, handle_file

    from studio.page import build
    from studio.serve import launch
    from tests.browsing import free_port
    from tests.fake_animator import FakeAnimator
    from tests.media import dancer, encode

    uvicorn.Config.__init__ = partialmethod(uvicorn.Config.__init__, timeout_keep_alive=KEPT)
    place = Path(folder)
    Image.fromarray(dancer(1)[0]).save(place / "picture.png")
    encode(place / "dance.mp4", dancer(30))
    studio = build(lambda name: FakeAnimator(pause=0), folder=place / "studio")
    client = Client(
        launch(studio, host="127.0.0.1", port=free_port()), verbose=False, download_files=str(place / "taken")
    )

    def ordered(count: int) -> Counter:
        for seed in range(count):
            client.predict(
                picture=handle_file(place / "picture.png"),
                dance=handle_file(place / "dance.mp4"),
                seconds=0.5,
                seed=seed,
                consent=True,
                api_name="/animate",
            )
        time.sleep(SETTLED)
        gc.collect()
        return Counter(type(each).__qualname__ for each in gc.get_objects() if isinstance(type(each).__qualname__, str))

    before = ordered(6)
    more = ordered(20) - before
    # What is in tables of Python's own, which have an end; a timer that was called off stays in one for a while.
    for cached in ("ReferenceType", "SplitResult", "TimerHandle", "Context"):
        more.pop(cached, None)
    return {"of_a_clip": sum(more.values()) / 20, "most": [(name, count / 20) for name, count in more.most_common(12)]}


def test_a_clip_that_is_over_leaves_little_in_memory(tmp_path):
    """Its line in the list, and what became of it; whatever else stays, stays for every clip for days."""
    left = told("grown", tmp_path)
    assert left["of_a_clip"] < 33, left
