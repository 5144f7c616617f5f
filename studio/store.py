"""The list of clips on the disk: SQLite, so that a program that is ended at any moment leaves it whole."""

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from animate.errors import wants_space
from animate.places import own_cache

log = logging.getLogger(__name__)

_COLUMNS = {
    "id": "TEXT PRIMARY KEY",
    "visitor": "TEXT NOT NULL",
    "made": "REAL NOT NULL",
    "phase": "TEXT NOT NULL",
    "wish": "TEXT NOT NULL",  # JSON
    "stage": "TEXT NOT NULL",
    "done": "INTEGER NOT NULL",
    "total": "INTEGER NOT NULL",
    "attempts": "INTEGER NOT NULL",
    "failure": "TEXT NOT NULL",
    "seconds": "REAL NOT NULL",
    "took": "REAL NOT NULL",
    "share": "TEXT NOT NULL",
    "until": "REAL NOT NULL",
    "reports": "INTEGER NOT NULL",
    "lent": "INTEGER NOT NULL DEFAULT 0",  # in lists of older programs this is missing, and what follows
    "picture_called": "TEXT NOT NULL DEFAULT ''",
    "dance_called": "TEXT NOT NULL DEFAULT ''",
}
_REPORTS = """CREATE TABLE IF NOT EXISTS reports (
    clip TEXT NOT NULL, share TEXT NOT NULL, reporter TEXT NOT NULL, UNIQUE (clip, share, reporter)
)"""


def home() -> Path:
    """The studio's folder where none is named."""
    return own_cache() / "studio"


class Store:
    """Records by id, as dictionaries of the columns; every change is on the disk when its call returns.

    whole: False where the list was damaged and a new one begun. What is deleted is overwritten, in the log too.
    """

    def __init__(self, file: Path):
        self._lock, self.whole = threading.Lock(), True
        try:
            self._opened(file)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            log.exception("The list of clips is damaged; a new one is begun")
            self.whole = False
            for path in file.parent.glob(f"{file.name}*"):
                path.replace(path.with_name(f"damaged-{path.name}"))
            self._opened(file)

    def _opened(self, file: Path) -> None:
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
        lines = (f"CREATE TABLE IF NOT EXISTS clips ({columns})", _REPORTS, "PRAGMA user_version=1")
        self._base = connect(file, *lines)
        there = {column[1] for column in self._base.execute("PRAGMA table_info(clips)").fetchall()}
        for name in (each for each in _COLUMNS if each not in there):
            self._base.execute(f"ALTER TABLE clips ADD COLUMN {name} {_COLUMNS[name]}")
        self._base.row_factory = sqlite3.Row
        list(self.all())

    def all(self) -> Iterator[dict[str, Any]]:
        with self._lock:
            rows = self._base.execute(f"SELECT {', '.join(_COLUMNS)} FROM clips").fetchall()
        for row in rows:
            yield {**dict(row), "wish": json.loads(row["wish"])}

    def put(self, record: dict[str, Any]) -> None:
        """A new record, or another state of one."""
        values = [json.dumps(record[name]) if name == "wish" else record[name] for name in _COLUMNS]
        marks = ", ".join("?" * len(_COLUMNS))
        with self._lock:
            self._base.execute(f"INSERT OR REPLACE INTO clips ({', '.join(_COLUMNS)}) VALUES ({marks})", values)

    def reported(self, clip_id: str, share: str, reporter: str) -> tuple[int, bool]:
        """How many have reported a clip under this link, and whether this reporter is new."""
        with self._lock:
            line = "INSERT OR IGNORE INTO reports VALUES (?, ?, ?)"
            is_new = self._base.execute(line, (clip_id, share, reporter)).rowcount > 0
            line = "SELECT COUNT(*) FROM reports WHERE clip = ? AND share = ?"
            return self._base.execute(line, (clip_id, share)).fetchone()[0], is_new

    def drop(self, clip_id: str) -> None:
        with self._lock:
            self._base.execute("DELETE FROM clips WHERE id = ?", (clip_id,))
            self._base.execute("DELETE FROM reports WHERE clip = ?", (clip_id,))
            wipe(self._base)


def connect(file: Path, *lines: str) -> sqlite3.Connection:
    """A list for its owner alone, laid out by these lines. What is deleted from it is overwritten."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    base = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)
    for line in ("PRAGMA journal_mode=WAL", "PRAGMA secure_delete=ON", *lines):
        base.execute(line).fetchall()
    return base


def is_damage(error: sqlite3.Error) -> bool:
    """Whether it is the list's own fault, and not that of a full disk, or of a folder that may not be written."""
    return _kind(error) in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_full(error: BaseException | None) -> bool:
    """Whether something failed because its disk is full."""
    if isinstance(error, sqlite3.Error):
        return _kind(error) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and wants_space(error)


def _kind(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without what says more of it


def wipe(base: sqlite3.Connection) -> None:
    """What was there before is in the list's log no more."""
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
