"""What is logged, and what never: no addresses, and no names of files or clips of the studio's folder."""

import json
import logging
import re
import time
from pathlib import Path

_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{0,4}\b")


class Tame(logging.Formatter):
    """One line of words, or a JSON object; whole tracebacks, without what tells who was here."""

    def __init__(self, folder: Path, *, as_json: bool):
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._inside = re.compile(re.escape(str(folder)) + r"[^\n'\"]*")
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        text = _ADDRESS.sub("<address>", self._inside.sub("<a file of the studio>", super().format(record)))
        if not self._as_json:
            return text
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        message, _, trace = text.partition("\n")
        told = {"time": when, "level": record.levelname, "from": record.name, "message": message}
        return json.dumps({**told, "trace": trace} if trace else told, ensure_ascii=False)


def begin(folder: Path, *, as_json: bool) -> None:
    """Warnings and worse to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(Tame(folder, as_json=as_json))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
