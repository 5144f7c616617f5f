"""What is logged, and what never: no addresses, and no names of files or clips of the studio's folder."""

import json
import logging
import re
import sys
import time
import traceback
from pathlib import Path

log = logging.getLogger(__name__)

_PLACES = 3  # of a failure's last calls, that are told
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{0,4}\b")


class Tame(logging.Formatter):
    """One line of words, or a JSON object; whole tracebacks, without what tells who was here."""

    def __init__(self, folder: Path, *, as_json: bool):
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._inside = re.compile(re.escape(str(folder)) + r"[^\n'\"]*")
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("uvicorn") and record.exc_info and record.exc_info[1]:
            record = logging.makeLogRecord({**record.__dict__, "msg": brief(record.exc_info[1]), "args": ()})
            record.exc_info = record.exc_text = None
        text = _ADDRESS.sub("<address>", self._inside.sub("<a file of the studio>", super().format(record)))
        if record.name == "py.warnings":  # what follows may be what a visitor sent
            text = text.partition("\n")[0]
        if not self._as_json:
            return text
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        message, _, trace = text.partition("\n")
        told = {"time": when, "level": record.levelname, "from": record.name, "message": message}
        return json.dumps({**told, "trace": trace} if trace else told, ensure_ascii=False)


def brief(error: BaseException) -> str:
    """A failure in one line, without its own words, which may quote what a visitor sent."""
    calls = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    places = [f"{'/'.join(Path(call.filename).parts[-2:])}:{call.lineno} in {call.name}" for call in calls]
    cause = f", for {type(error.__cause__).__name__}" if error.__cause__ else ""
    return f"A call failed: {type(error).__name__} at {', '.join(places)}{cause}"


class _Briefly:
    """What gradio takes for the module traceback, with which it prints failed calls past every log."""

    def __getattr__(self, name: str) -> object:
        return getattr(traceback, name)

    def print_exc(self, *given: object, **named: object) -> None:
        error = sys.exception()
        if error is not None:
            log.warning(brief(error))


def begin(folder: Path, *, as_json: bool) -> None:
    """Warnings and worse to stderr, those of the server's libraries too."""
    import gradio.queueing
    import gradio.route_utils
    import gradio.routes
    import uvicorn.config

    handler = logging.StreamHandler()
    handler.setFormatter(Tame(folder, as_json=as_json))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    uvicorn.config.LOGGING_CONFIG["loggers"] = {"uvicorn": {"level": "WARNING"}}  # without a handler of its own
    for module in (gradio.queueing, gradio.route_utils, gradio.routes):
        module.traceback = _Briefly()  # type: ignore[assignment]
