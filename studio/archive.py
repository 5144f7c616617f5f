"""The clips that are kept: one folder each, with what they were made of, through restarts, until their time is over."""

import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from studio.wishes import Wish

_RECORD = "clip.json"


@dataclass(frozen=True, kw_only=True)
class Clip:
    """id: 96 secret bits; visitor: whose it is, as a digest; made: seconds since 1970; wish: Wish's fields, its files
    by name; phase: "waiting" until it is done; share: the public id, empty while it is private; until: its end."""

    id: str
    visitor: str
    made: float
    wish: dict[str, Any]
    phase: Literal["waiting", "done"] = "waiting"
    seconds: float = 0.0
    took: float = 0.0
    share: str = ""
    until: float = 0.0
    reports: int = 0


class Archive:
    """Reads what is in `folder` when it is made; every change is on the disk when its call returns."""

    def __init__(self, folder: Path, *, keep_days: float):
        self.folder, self.keep_days = folder, keep_days
        self._lock, self.making = threading.RLock(), threading.Lock()  # making: held while a file of a clip is made
        self._clips = {clip.id: clip for clip in _stored(folder)}

    def add(self, visitor: str, wish: Wish) -> Clip:
        """Keep a wish and its files, under the name of whoever has the secret `visitor`."""
        assert wish.picture is not None
        assert wish.dance is not None
        clip_id = secrets.token_urlsafe(12)
        place = self.folder / clip_id
        place.mkdir(parents=True)
        files = {}
        given = {"picture": wish.picture, "dance": wish.dance, **({"pose": wish.pose} if wish.pose else {})}
        for name, path in given.items():
            files[name] = f"{name}{path.suffix.lower()}"
            _link(path, place / files[name])
        clip = Clip(id=clip_id, visitor=digest(visitor), made=time.time(), wish={**asdict(wish), **files})
        self._store(clip)
        return clip

    def wish(self, clip: Clip) -> Wish:
        place = self.folder / clip.id
        files = {name: place / clip.wish[name] for name in ("picture", "dance", "pose") if clip.wish.get(name)}
        return Wish(**{**clip.wish, **files})

    def video(self, clip: Clip) -> Path:
        return self.folder / clip.id / "clip.mp4"

    def find(self, clip_id: str | None) -> Clip | None:
        return self._clips.get(clip_id or "")

    def is_waiting(self, clip_id: str | None) -> bool:
        clip = self.find(clip_id)
        return clip is not None and clip.phase == "waiting"

    def of(self, visitor: str) -> list[Clip]:
        """A visitor's finished clips, the newest first."""
        mine = [clip for clip in list(self._clips.values()) if visitor and clip.visitor == digest(visitor)]
        return sorted((clip for clip in mine if clip.phase == "done"), key=lambda clip: -clip.made)

    def coming(self, visitor: str) -> list[Clip]:
        """A visitor's clips in the making, the newest first."""
        return [clip for clip in reversed(self.unfinished()) if visitor and clip.visitor == digest(visitor)]

    def unfinished(self) -> list[Clip]:
        """What was ordered and not made, the oldest first."""
        waiting = [clip for clip in self._clips.values() if clip.phase == "waiting"]
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
                self._store(clip)
            return clip

    def delete(self, clip_id: str, *, visitor: str | None = None) -> bool:
        """Delete a clip and all that belongs to it. visitor: whose it has to be; None for anybody's."""
        with self._lock:
            clip = self._clips.get(clip_id)
            if clip is None or (visitor is not None and clip.visitor != digest(visitor)):
                return False
            del self._clips[clip_id]
        shutil.rmtree(self.folder / clip_id, ignore_errors=True)
        return True

    def sweep(self) -> None:
        """Delete clips past their time; what is shared stays as long as was promised."""
        oldest = time.time() - self.keep_days * 86400
        for clip in list(self._clips.values()):
            if max(clip.made, clip.until - self.keep_days * 86400) < oldest:
                self.delete(clip.id)

    def _store(self, clip: Clip) -> None:
        with self._lock:
            path = self.folder / clip.id / _RECORD
            part = path.with_suffix(".part")
            part.write_text(json.dumps(asdict(clip)), encoding="utf-8")
            part.replace(path)
            self._clips[clip.id] = clip


def digest(visitor: str) -> str:
    """What is kept of a visitor's secret."""
    return sha256(visitor.encode()).hexdigest() if visitor else ""


def _stored(folder: Path) -> Iterator[Clip]:
    for record in folder.glob(f"*/{_RECORD}"):
        try:
            yield Clip(**json.loads(record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # of another version, or damaged: no clip can be told from it
            shutil.rmtree(record.parent, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    """The same file at another place, without room of its own where that can be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
