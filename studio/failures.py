"""Failures as what is told of them: the page's words, the core's, or an apology with a number to quote."""

import logging
import secrets

from animate import AnimateError
from studio.words import Line, Told, line_of

log = logging.getLogger(__name__)


class Refused(Told):
    """A wish beyond what this host allows."""


def told(error: AnimateError) -> str | Line:
    return line_of(error) or str(error)


def apology() -> Line:
    """Log the exception being handled whole, under a number, and say sorry with that number."""
    number = secrets.token_hex(4)
    log.exception("Failure %s", number)
    return Line("apology", {"number": number})
