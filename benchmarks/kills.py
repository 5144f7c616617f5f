"""Kill the studio at random moments and see what is lost: python -m benchmarks.kills [KILLS] [ORDERS] [FRESH].

Clips of the embedded model (made to denoise) are ordered; the process is killed (-9) at random moments of all stages,
started again and killed again; then it may finish. Every clip has to be there once, whole, with the same frames as one
that nobody interrupted, or failed in words; no file of anything else may be left. These processes share their imports,
so that most kills meet the work; FRESH more are of programs that import all they need, open the page and go to work.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.test_resuming import check, killed_at_random, whole


def main(kills: int = 100, orders: int = 20, fresh: int = 16) -> None:
    with tempfile.TemporaryDirectory() as place:
        alone = whole(Path(place) / "whole")
        for folder, count, of, with_page in (("killed", kills, orders, False), ("fresh", fresh, fresh // 4, True)):
            if not count:
                continue
            begun = time.monotonic()
            assert whole(Path(place) / f"{folder}-whole", fresh=with_page) == alone
            took = time.monotonic() - begun
            print(f"one clip, from the start to the end of the program: {took:.1f} s", flush=True)
            longest = (1.5, 1.1)[with_page] * took
            given = {"kills": count, "seed": 1, "orders": of, "longest": longest, "fresh": with_page}
            archive = killed_at_random(Path(place) / folder, **given)
            check(archive, orders=of, whole=alone)
            phases = Counter(clip.phase for clip in archive._clips.values())
            said = f"{count} kills, {of} orders: {dict(phases)}, all frames equal; {time.monotonic() - begun:.0f} s"
            print(said + (", with the page and all imports" if with_page else ""), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
