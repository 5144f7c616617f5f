"""Failures as what is told of them: the page's words, the core's, or an apology with a number to quote."""

import logging
import secrets

from animate import AnimateError
from animate.errors import NotDownloaded
from studio.words import Line, Told

log = logging.getLogger(__name__)


class Refused(Told):
    """A wish beyond what this host allows."""


def told(error: AnimateError) -> str | Line:
    if isinstance(error, NotDownloaded):
        return Line("not_downloaded")
    return error.line if isinstance(error, Told) else str(error)


def apology() -> Line:
    """Log the exception being handled whole, under a number, and say sorry with that number."""
    number = secrets.token_hex(4)
    log.exception("Failure %s", number)
    return Line("apology", {"number": number})
