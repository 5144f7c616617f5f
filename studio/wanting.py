"""Of what each visitor asked for one after the other, the newest is wanted, in the order that their browser knows."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

# JavaScript: the first input becomes the moment at which a page asked, in milliseconds by its clock.
ASKED = "(_, ...given) => [performance.now(), ...given]"
_VISITORS = 2000  # of whom is known until when they asked; whoever asks is the newest


class Superseded(Exception):
    """The same visitor wants another rehearsal by now, or none."""


@dataclass
class _Announced:
    """A rehearsal that somebody waits for. number: no other has it; share: of it that is done; until: the moment of the
    monotonic clock at which it should be there, None while unknown."""

    number: int
    share: float = 0.0
    until: float | None = None


class Wanting:
    """What visitors wait for, asked for by the page itself: its lock is held for moments."""

    def __init__(self) -> None:
        self._numbers, self._newest = count(1), dict[str, _Announced]()  # by whose it is, until it is over
        self._asked = dict[str, float]()  # by whose it was, whoever asked last at the end
        self._lock, self._closing = threading.Lock(), False

    def announce(self, visitor: str, asked: float = 0.0) -> int:
        """A number for what a visitor wants next; that announced before is given up. asked: when, in milliseconds by
        the clock of their page. Raises Superseded where they have asked for another since: two questions of one
        moment may change places on their way."""
        with self._lock:
            last = self._asked.pop(visitor, asked)
            self._asked[visitor] = max(last, asked)
            while len(self._asked) > _VISITORS:
                del self._asked[next(iter(self._asked))]
            if asked < last:
                raise Superseded
            self._newest[visitor] = announced = _Announced(next(self._numbers))
            return announced.number

    def over(self, visitor: str, number: int) -> None:
        """What was announced has ended, one way or another, or nobody waits for it any more."""
        with self._lock:
            if (newest := self._newest.get(visitor)) and newest.number == number:
                del self._newest[visitor]

    @contextmanager
    def asking(self, visitor: str, asked: float | None) -> Iterator[Callable[[], bool]]:
        """Tells whether what is asked for now is still wanted, so that late answers are left out. asked: as in
        `announce`."""
        try:
            number = self.announce(visitor, asked or 0.0)
        except Superseded:
            yield lambda: False
            return
        try:
            yield lambda: self.is_newest(visitor, number)
        finally:
            self.over(visitor, number)

    def is_going(self, visitor: str) -> bool:
        """Whether something of theirs is announced or being made."""
        return visitor in self._newest

    def is_newest(self, visitor: str, number: int) -> bool:
        """Whether it is still wanted: of what a visitor asked for the last, until it is over or the program ends."""
        newest = self._newest.get(visitor)
        return not self._closing and newest is not None and newest.number == number

    def share(self, visitor: str) -> float:
        """How much of what a visitor waits for is done."""
        return newest.share if (newest := self._newest.get(visitor)) else 0.0

    def left(self, visitor: str) -> float | None:
        """Seconds until it should be there, None while unknown."""
        newest = self._newest.get(visitor)
        return None if newest is None or newest.until is None else max(1.0, newest.until - time.monotonic())

    def advance(self, visitor: str, number: int, share: float, left: float | None = None) -> None:
        """So much of it is done by now, and so many seconds are left, if they still wait for it."""
        if (newest := self._newest.get(visitor)) and newest.number == number:
            newest.share, newest.until = share, None if left is None else time.monotonic() + left

    def close(self) -> None:
        """Nothing is wanted any more."""
        self._closing = True
