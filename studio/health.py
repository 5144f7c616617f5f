"""How the studio is, for whoever runs it: alive or not, and numbers for Prometheus."""

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

if TYPE_CHECKING:
    from studio.page import Studio


def health_routes(studio: "Studio", *, metrics: bool) -> list[BaseRoute]:
    """/healthz, and with `metrics` /metrics."""

    def healthz(request: Request) -> Response:
        """200 while clips can be made, else 503 and what is wrong; nothing of anybody's."""
        free = shutil.disk_usage(studio.folder).free
        wrong = [
            what
            for what, is_wrong in (
                ("worker", not studio.workshop.alive),
                ("device", studio.workshop.device_lost),
                ("model", studio.workshop.trouble is not None and studio.workshop.model_words is None),
                ("disk", free < studio.limits.free_gb * 1e9),
            )
            if is_wrong
        ]
        return JSONResponse({"ok": not wrong, "wrong": wrong}, 503 if wrong else 200)

    def numbers(request: Request) -> Response:
        return PlainTextResponse(_numbers(studio), media_type="text/plain; version=0.0.4")

    return [Route("/healthz", healthz), *([Route("/metrics", numbers)] if metrics else [])]


def _numbers(studio: "Studio") -> str:
    ended, took = studio.workshop.ended_by_phase, studio.workshop.took
    lines = [
        "# TYPE animate_clips_total counter",
        *(f'animate_clips_total{{phase="{phase}"}} {ended[phase]}' for phase in ("done", "failed", "stopped")),
        "# TYPE animate_render_seconds summary",
        f"animate_render_seconds_sum {took:.3f}",
        f"animate_render_seconds_count {ended['done']}",
    ]
    kept = Counter(clip.phase for clip in studio.archive.all())
    lines += ["# TYPE animate_kept_clips gauge"]
    lines += [f'animate_kept_clips{{phase="{phase}"}} {count}' for phase, count in sorted(kept.items())]
    gauges = {
        "animate_waiting_clips": studio.workshop.waiting,
        "animate_disk_free_bytes": shutil.disk_usage(studio.folder).free,
        **_of_the_process(),
    }
    for name, value in gauges.items():
        lines += [f"# TYPE {name} gauge", f"{name} {value}"]
    return "\n".join(lines) + "\n"


def _of_the_process() -> dict[str, int]:
    """Where the system tells it as a file."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        files = len(os.listdir("/proc/self/fd"))
    except OSError:
        return {}
    return {"process_resident_memory_bytes": pages * os.sysconf("SC_PAGE_SIZE"), "process_open_fds": files}
