"""Feed changed videos and pictures to what looks at strangers' files, led by coverage: not a part of the tests.

pip install atheris && python -m tests.fuzz_probe -max_total_time=600
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["animate", "PIL"]):
    from animate import video
    from animate.quarantine import judge

from tests.hostile import _good

PLACE = Path(tempfile.mkdtemp(prefix="fuzz-"))
KINDS = ("mp4", "mkv", "webm", "avi", "gif", "png", "jpg", "webp")


def once(data: bytes) -> None:
    """The first byte says what the rest pretends to be."""
    if not data:
        return
    name = KINDS[data[0] % len(KINDS)]
    path = PLACE / f"file.{name}"
    path.write_bytes(data[1:])
    verdict = judge("picture" if name in ("png", "jpg", "webp") else "dance", path)
    assert "refused" not in verdict or verdict["refused"].endswith(".")


if __name__ == "__main__":
    assert video.MAX_RATE
    seeds = PLACE / "seeds"
    seeds.mkdir()
    for number, (name, data) in enumerate(_good(PLACE).items()):
        if name in KINDS:
            (seeds / str(number)).write_bytes(bytes([KINDS.index(name)]) + data)
    atheris.Setup([*sys.argv, "-rss_limit_mb=2000", str(seeds)], once)
    atheris.Fuzz()
