"""Who has reported a shared clip, so that nobody counts twice; and how whoever runs the page finds it.

The log calls a clip by a handle, since it tells no ids and no files: python -m studio.reports HANDLE [--folder FOLDER]
"""

import argparse
import sqlite3
import sys
import time
from contextlib import closing
from hashlib import scrypt, sha256
from pathlib import Path

from studio.archive import Archive, Clip
from studio.store import home

_COST = 2**14  # 50 ms and 16 MB: whoever has the list would take years to try all addresses


def reported(archive: Archive, clip: Clip, address: str) -> tuple[int, bool]:
    """How many addresses have reported a clip under the link that it has now, and whether this one is new. Kept is a
    slow digest, salted with the clip's secret id."""
    by = scrypt(address.encode(), salt=f"{clip.id} {clip.share}".encode(), n=_COST, r=8, p=1, dklen=16).hex()
    return archive.reported(clip, by)


def handle(clip_id: str) -> str:
    """What the log calls a clip."""
    return sha256(clip_id.encode()).hexdigest()[:10]


def found(folder: Path, asked: str) -> tuple[Path, float, int] | None:
    """Of the clip that the log calls so: its folder, until when it is shared (seconds since 1970, 0 for not), and how
    many have reported it. folder: the studio's, whose program may run meanwhile. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"{(folder / 'private' / 'clips.db').absolute().as_uri()}?mode=ro", uri=True)) as base:
        for clip, share, until, reports in base.execute("SELECT id, share, until, reports FROM clips"):
            if handle(clip) == asked:
                return folder / "clips" / clip, until if share else 0.0, reports
    return None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m studio.reports", description="Where a clip lies that was reported")
    parser.add_argument("handle", help="what the log calls it")
    parser.add_argument("--folder", type=Path, default=home(), help="the studio's folder, as it was started with")
    given = parser.parse_args()
    try:
        told = found(given.folder, given.handle)
    except sqlite3.Error:
        sys.exit(f"There is no list of clips in {given.folder}. Say with --folder where the studio keeps its own.")
    if told is None:
        sys.exit("There is no such clip any more.")
    place, until, reports = told
    shared = (
        time.strftime("shared until %Y-%m-%d %H:%M", time.localtime(until)) if until > time.time() else "not shared"
    )
    print(f"{place}\n{shared}; reported by {reports}. To end it, delete this folder.")


if __name__ == "__main__":
    main()
