"""What visitors left on the page, ordered or not: kept on the disk, through restarts, until its time is over."""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio.archive import digest
from studio.choices import Choice, read, without
from studio.store import connect, is_damage, wipe

log = logging.getLogger(__name__)

MOST = 1000  # visitors
_LAYOUT = (
    "PRAGMA synchronous=NORMAL",  # a change costs no wait for the disk; the program's end loses none, a power cut may
    "CREATE TABLE IF NOT EXISTS given (visitor TEXT PRIMARY KEY, at REAL NOT NULL, what TEXT NOT NULL)",
    "SELECT visitor, at, what FROM given LIMIT 1",
)


@dataclass(frozen=True, kw_only=True)
class Given:
    """picture, dance: what is in the boxes; choice: what is chosen of them; fields: what is set under fine tuning, by
    its names in a wish."""

    picture: Path | None
    dance: Path | None
    choice: Choice
    fields: dict[str, Any]

    def there(self) -> "Given":
        """Without files that are gone, and what was chosen of them."""
        given = self
        for file in ("picture", "dance"):
            if not _is_there(getattr(given, file)):
                given = replace(given, choice=without(given.choice, file), **{file: None})
        if not _is_there(given.choice.get("pose")):
            given = replace(given, choice={key: value for key, value in given.choice.items() if key != "pose"})
        return given


class Left:
    """Of each visitor the last, under the digest of their secret; of too many visitors the latest. hours: that it is
    kept. It is a help: where it cannot be read or written the page goes without."""

    def __init__(self, file: Path, *, hours: float):
        self._hours, self._lock = hours, threading.Lock()
        try:
            self._base = connect(file, *_LAYOUT)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            log.exception("What visitors left on the page cannot be read; it is begun anew")
            for path in file.parent.glob(f"{file.name}*"):
                path.unlink()
            self._base = connect(file, *_LAYOUT)

    def keep(self, visitor: str, given: Given, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """is_wanted: whether nothing newer is kept or about to be."""
        with self._lock:  # files may be deleted meanwhile, but `forget` comes after them
            if not is_wanted():
                return
            row = (digest(visitor), time.time(), _written(given.there()))
            try:
                self._base.execute("INSERT OR REPLACE INTO given VALUES (?, ?, ?)", row)
                self._base.execute(
                    "DELETE FROM given WHERE rowid IN (SELECT rowid FROM given ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
                    (MOST,),
                )
            except sqlite3.Error as error:  # such as of a full disk
                log.warning("What a visitor has on the page could not be kept: %s", error)

    def find(self, visitor: str) -> Given | None:
        """What of it is still there."""
        try:
            with self._lock:
                rows = self._base.execute(
                    "SELECT what FROM given WHERE visitor = ? AND at >= ?", (digest(visitor), self._oldest())
                ).fetchall()
        except sqlite3.Error as error:
            log.warning("What a visitor left on the page could not be read: %s", error)
            return None
        return _left_of(rows[0][0]) if rows else None

    def drop(self, visitor: str) -> None:
        """Nothing of a visitor's stays."""
        with self._lock:
            self._base.execute("DELETE FROM given WHERE visitor = ?", (digest(visitor),))
            wipe(self._base)

    def forget(self) -> None:
        """What is past its time, and what is of files that are deleted since."""
        with self._lock:
            self._base.execute("DELETE FROM given WHERE at < ?", (self._oldest(),))
            rows = self._base.execute("SELECT visitor, what FROM given").fetchall()
        changed = [(row, left) for row in rows if (left := _left_of(row[1])) is None or _written(left) != row[1]]
        with self._lock:
            for row, left in changed:  # but for what its visitor has changed meanwhile
                if left is None:
                    self._base.execute("DELETE FROM given WHERE visitor = ? AND what = ?", row)
                else:
                    self._base.execute(
                        "UPDATE given SET what = ? WHERE visitor = ? AND what = ?", (_written(left), *row)
                    )
            wipe(self._base)

    def _oldest(self) -> float:
        return time.time() - self._hours * 3600


def _written(given: Given) -> str:
    return json.dumps(vars(given), default=str)  # of paths


def _given(what: str) -> Given | None:
    """What a row says; None of what is damaged. Of what another program keeps there, what is known here."""
    try:
        row = json.loads(what)
        boxes = {file: Path(row[file]) if row[file] else None for file in ("picture", "dance")}
        return Given(**boxes, choice=read(row["choice"]), fields=dict(row["fields"]))
    except Exception as error:  # whatever it is, the page opens
        log.warning("What a visitor left on the page is damaged: %s", type(error).__name__)
        return None


def _left_of(what: str) -> Given | None:
    """What is there of a row; nothing where its files are all gone."""
    given = _given(what)
    there = given and given.there()
    return there if there and (there == given or there.picture or there.dance) else None


def _is_there(path: Path | None) -> bool:
    return path is not None and path.is_file()
