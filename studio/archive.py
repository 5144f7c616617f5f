"""The clips that are kept: a folder each, with what they were made of, and a list, until their time is over."""

import contextlib
import json
import logging
import re
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Set
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from animate import examples
from studio.failures import noted
from studio.naming import called, file_of, link
from studio.store import Store
from studio.wishes import Wish
from studio.words import Line

log = logging.getLogger(__name__)
SAVEPOINT = "unfinished"  # in a clip's folder, while it is being made


@dataclass(frozen=True, kw_only=True)
class Clip:
    """id: 96 secret bits; visitor: whose it is, as a digest; made: seconds since 1970; wish: Wish's fields, its files
    by name; stage, done, total: how far it was when that was last kept; attempts: starts since it last got further;
    failure: as noted; share: the public id, empty while it is private; until: its end; lent: that it is another's clip
    made again, and what it is made of theirs; picture_called, dance_called: what these were called when they came, as a
    part of a file's name, empty where that is not known, or another's."""

    id: str
    visitor: str
    made: float
    wish: dict[str, Any]
    phase: Literal["waiting", "running", "done", "failed"] = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    attempts: int = 0
    failure: str = ""
    seconds: float = 0.0
    took: float = 0.0
    share: str = ""
    until: float = 0.0
    reports: int = 0
    lent: bool = False
    picture_called: str = ""
    dance_called: str = ""


class Archive:
    """Reads what is in `folder` when it is made; every change is on the disk when its call returns. Several threads may
    ask and change, so whoever goes through the clips goes through a list of them."""

    def __init__(self, folder: Path, *, keep_days: float):
        self.folder, self.keep_days = folder, keep_days
        self._lock = threading.RLock()
        self.private = folder.parent / "private"  # of no use to anybody but this program
        self._store = Store(self.private / "clips.db")
        self._clips = {
            clip.id: clip for clip in (Clip(**each) for each in self._store.all()) if (folder / clip.id).is_dir()
        }
        self._tidy()

    def add(self, visitor: str, wish: Wish) -> Clip:
        """Keep a wish and its files, under the name of whoever has the secret `visitor`."""
        assert wish.picture is not None
        assert wish.dance is not None
        clip_id = secrets.token_urlsafe(12)
        place = self.folder / clip_id
        place.mkdir(parents=True)
        files = {}
        given = {"picture": wish.picture, "dance": wish.dance, **({"pose": wish.pose} if wish.pose else {})}
        try:
            for name, path in given.items():
                files[name] = f"{name}{path.suffix.lower()}"
                link(path, place / files[name])
            lent = any(self._is_lent(path, visitor) for path in given.values())
            names = {f"{each}_called": self._called(given[each], visitor) for each in ("picture", "dance")}
            about = {"wish": {**asdict(wish), **files}, "lent": lent, **names}
            clip = Clip(id=clip_id, visitor=digest(visitor), made=time.time(), **about)
            self._keep(clip)
        except (OSError, sqlite3.Error):  # a file was deleted meanwhile, or there is no room
            shutil.rmtree(place, ignore_errors=True)
            raise
        return clip

    def _is_lent(self, path: Path, visitor: str) -> bool:
        """Whether a file is of a clip that is another visitor's, or lent to this one."""
        clip = self._clips.get(path.parent.name) if path.parent.parent == self.folder else None
        return clip is not None and (clip.lent or clip.visitor != digest(visitor))

    def _called(self, path: Path, visitor: str) -> str:
        if path.parent.parent != self.folder or examples.original(path) != path:
            return called(path)
        return "" if self._is_lent(path, visitor) else self.known_as(path)

    def known_as(self, path: Path) -> str:
        """What a clip's picture or dance was called when it came; empty where that is not known."""
        clip = self._clips.get(path.parent.name)
        return {"picture": clip.picture_called, "dance": clip.dance_called}.get(path.stem, "") if clip else ""

    def wish(self, clip: Clip) -> Wish:
        place = self.folder / clip.id
        files = {name: place / clip.wish[name] for name in ("picture", "dance", "pose") if clip.wish.get(name)}
        return Wish(**{**clip.wish, **files})

    def video(self, clip: Clip) -> Path:
        return self.folder / clip.id / "clip.mp4"

    def find(self, clip_id: str | None) -> Clip | None:
        return self._clips.get(str(clip_id))  # whatever a browser sends

    def all(self) -> list[Clip]:
        return list(self._clips.values())

    def is_waiting(self, clip_id: str | None) -> bool:
        clip = self.find(clip_id)
        return clip is not None and clip.phase in ("waiting", "running")

    def of(self, visitor: str) -> list[Clip]:
        """A visitor's finished clips, the newest first."""
        mine = [clip for clip in list(self._clips.values()) if visitor and clip.visitor == digest(visitor)]
        return sorted((clip for clip in mine if clip.phase == "done"), key=lambda clip: -clip.made)

    def coming(self, visitor: str) -> list[Clip]:
        """A visitor's clips in the making, the newest first."""
        return [clip for clip in reversed(self.unfinished()) if visitor and clip.visitor == digest(visitor)]

    def unfinished(self) -> list[Clip]:
        """What was ordered and not made, the oldest first."""
        waiting = [clip for clip in list(self._clips.values()) if clip.phase in ("waiting", "running")]
        return sorted(waiting, key=lambda clip: clip.made)

    def shared(self, share: str) -> Clip | None:
        """The clip that is public under this id now."""
        if not share:
            return None
        found = next((clip for clip in list(self._clips.values()) if clip.share == share), None)
        return found if found and found.until > time.time() else None

    def change(self, clip_id: str, **values: Any) -> Clip | None:
        with self._lock:
            clip = self._clips.get(clip_id)
            if clip is not None:
                clip = replace(clip, **values)
                self._keep(clip)
            return clip

    def reported(self, clip: Clip, by: str) -> tuple[int, bool]:
        """How many have reported a clip under its link, and whether `by`, a digest, is new."""
        with self._lock:  # what is deleted meanwhile leaves no line
            return self._store.reported(clip.id, clip.share, by) if clip.id in self._clips else (0, False)

    def fail(self, clip_id: str, failure: str | Line) -> None:
        """Give a clip up: why stays to be told, its files go."""
        told = noted(failure)
        if self.change(clip_id, phase="failed", failure=told, picture_called="", dance_called="") is not None:
            for path in (self.folder / clip_id).glob("*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def delete(self, clip_id: str, *, visitor: str | None = None, uploads: bool = True) -> bool:
        """Delete a clip and all that belongs to it. visitor: whose it has to be; None for anybody's.
        uploads: what it was made of goes too. Raises sqlite3.Error where the list cannot be written though its files
        are gone, as on a full disk: the clip stays in it then, to be deleted once more."""
        with self._lock:
            clip = self._clips.get(clip_id)
            if clip is None or (visitor is not None and clip.visitor != digest(visitor)):
                return False
            if uploads:
                self._forget_uploads(self.folder / clip_id)
            shutil.rmtree(self.folder / clip_id, ignore_errors=True)  # first, since the list may need its room
            self._store.drop(clip_id)
            del self._clips[clip_id]
        return True

    def forget(self, clip_id: str) -> None:
        """What the making of a clip left behind that was deleted meanwhile."""
        with self._lock:
            if clip_id not in self._clips:
                shutil.rmtree(self.folder / clip_id, ignore_errors=True)

    def _forget_uploads(self, place: Path) -> None:
        """The uploads a clip was made of are the same files as its own; their other names go too."""
        own = {  # but for what other clips or other visitors use too
            file_of(path)
            for path in place.glob("*.*")
            if path.is_file() and path.stat().st_nlink == 2 and not examples.known_pose(path)
        }
        for path in self.uploads(own) if own else ():
            with contextlib.suppress(OSError):
                path.unlink()

    def uploads(self, files: Set[tuple[int, int]]) -> Iterator[Path]:
        """The names that these files, as `file_of` tells them, have outside of the clips' folders."""
        for path in (each for each in self.folder.parent.rglob("*") if self.folder not in each.parents):
            with contextlib.suppress(OSError):
                if path.is_file() and file_of(path) in files:
                    yield path

    def sweep(self) -> None:
        """Delete clips past their time; what is shared stays as long as was promised."""
        oldest = time.time() - self.keep_days * 86400
        for clip in list(self._clips.values()):
            if max(clip.made, clip.until - self.keep_days * 86400) < oldest:
                try:
                    self.delete(clip.id)
                except sqlite3.Error:  # another may make room, for this one too the next time
                    log.warning("A clip past its time could not be deleted", exc_info=True)

    def _keep(self, clip: Clip) -> None:
        with self._lock:
            self._store.put(asdict(clip))
            self._clips[clip.id] = clip

    def _tidy(self) -> None:
        """What an end in the middle of something left behind: folders of no clip, clips of no folder, half files."""
        for record in list(self._store.all()):
            if record["id"] not in self._clips:
                self._store.drop(record["id"])
        for place in (each for each in self.folder.glob("*/") if re.fullmatch(r"[\w-]{16}", each.name)):
            clip = self._clips.get(place.name) or self._adopted(place)
            if clip is None and (self._store.whole or place.stat().st_mtime < time.time() - self.keep_days * 86400):
                shutil.rmtree(place, ignore_errors=True)
            elif clip is not None and clip.phase == "done":
                for path in place.glob("*.part"):
                    path.unlink(missing_ok=True)
                shutil.rmtree(place / SAVEPOINT, ignore_errors=True)

    def _adopted(self, place: Path) -> Clip | None:
        """A clip of an older program, whose record lay in its folder."""
        record = place / "clip.json"
        try:
            clip = Clip(**json.loads(record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        self._keep(clip)
        record.unlink()
        return clip


def digest(visitor: object) -> str:
    """What is kept of a visitor's secret, which is whatever their browser sends."""
    return sha256(str(visitor).encode(errors="surrogatepass")).hexdigest() if visitor else ""
