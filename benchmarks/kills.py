"""Kill the studio at random moments and see what is lost: python -m benchmarks.kills [KILLS] [ORDERS].

Clips of the embedded model (made to denoise) are ordered; the process is killed (-9) at random moments of all stages,
started again and killed again; then it may finish. Every clip has to be there once, whole, with the same frames as one
that nobody interrupted, or failed in words; no file of anything else may be left.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.test_resuming import check, killed_at_random, whole


def main(kills: int = 100, orders: int = 20) -> None:
    with tempfile.TemporaryDirectory() as place:
        alone = whole(Path(place) / "whole")
        begun = time.monotonic()
        assert whole(Path(place) / "again") == alone
        took = time.monotonic() - begun
        print(f"one clip, from the start to the end of the program: {took:.1f} s", flush=True)
        archive = killed_at_random(Path(place) / "killed", kills=kills, seed=1, orders=orders, longest=1.5 * took)
        check(archive, orders=orders, whole=alone)
        phases = Counter(clip.phase for clip in archive._clips.values())
        print(f"{kills} kills, {orders} orders: {dict(phases)}, all frames equal; {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
