"""Who comes when: visitors take turns, and none orders more than is possible here."""

import shutil
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

from studio.failures import Refused
from studio.limits import Limits


def fair_place(waiting: Sequence[str], going: Sequence[str], owner: str) -> int:
    """Where a new order of `owner` goes: everybody's first comes before anybody's second.

    waiting: the owners of those that wait, the next first; going: of those being made.
    """
    turns = Counter(going)
    mine = turns[owner] + waiting.count(owner)
    for place, each in enumerate(waiting):
        if turns[each] > mine:
            return place
        turns[each] += 1
    return len(waiting)


def require_room(folder: Path, limits: Limits) -> None:
    """Raises Refused where the disk that a folder is on is too full for another clip."""
    if shutil.disk_usage(folder).free < limits.free_gb * 1e9:
        raise Refused("disk_full")


class Quota:
    """Counts orders. most: an hour, of one visitor; None for no limit."""

    def __init__(self, most: int | None):
        self._most = most
        self._orders_of: dict[str, deque[float]] = {}

    def count(self, visitor: str) -> None:
        """Raises Refused for one too many."""
        if self._most is None:
            return
        an_hour_ago = time.monotonic() - 3600
        self._orders_of = {
            each: kept
            for each, moments in self._orders_of.items()
            if (kept := deque(moment for moment in moments if moment > an_hour_ago))
        }
        mine = self._orders_of.setdefault(visitor, deque())
        if len(mine) >= self._most:
            raise Refused("too_many", count=len(mine))
        mine.append(time.monotonic())
