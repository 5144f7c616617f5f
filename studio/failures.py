"""Failures as what is told of them: the page's words, the core's, or an apology with a number to quote."""

import json
import logging
import secrets
import sys

from animate import AnimateError
from studio.store import is_full
from studio.words import Line, Told, line_of

log = logging.getLogger(__name__)


class Refused(Told):
    """A wish beyond what this host allows."""


def told(error: AnimateError) -> str | Line:
    return line_of(error) or (Line("disk_full") if is_full(error.__cause__) else str(error))


def apology() -> Line:
    """Log the exception being handled whole, under a number, and say sorry with that number; of a full disk that."""
    if is_full(error := sys.exception()):
        log.warning("The disk is full: %s", error)
        return Line("disk_full")
    number = secrets.token_hex(4)
    log.exception("Failure %s", number)
    return Line("apology", {"number": number})


def noted(failure: str | Line) -> str:
    """A failure as it is kept: its words, or JSON of a Line."""
    return json.dumps([failure.key, dict(failure.values)]) if isinstance(failure, Line) else failure


def failure_of(note: str) -> str | Line:
    """What was noted of a failure."""
    if not note.startswith("["):
        return note
    key, values = json.loads(note)
    return Line(key, values)
