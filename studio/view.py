"""What the page shows of a run, as words and HTML."""

import html

from animate.events import STAGES
from studio.jobs import State
from studio.words import say


def headline(state: State, *, ahead: int, model_ready: bool, stopping: bool) -> str:
    """One line that changes with the stage, to be read aloud."""
    match state.phase:
        case "waiting" if ahead:
            return say("waiting", ahead=say("one_clip") if ahead == 1 else say("many_clips", count=ahead))
        case "waiting":
            return say("starting") if model_ready else say("waiting_model")
        case "running" if stopping:
            return say("stopping")
        case "running":
            # A model that could not be loaded at first is loaded again for whoever comes.
            return say(state.stage) if state.stage in STAGES else say("starting" if model_ready else "waiting_model")
        case "done":
            return say("done", seconds=state.seconds, took=state.took)
        case "stopped":
            return say("stopped")
        case _:
            return state.words


def status(words: str, *, failed: bool = False) -> str:
    return f'<p class="{"failed" if failed else "fine"}">{html.escape(words)}</p>' if words else ""


def progress(state: State) -> str:
    """The bar, which frame of how many, and the time left; empty when nothing is being made."""
    if state.over:
        return ""
    value = f' value="{state.fraction:.3f}"' if state.phase == "running" else ""  # a bar without a value swings
    details = []
    if state.total:
        details.append(say("piece" if state.stage == "denoise" else "frame", done=state.done, total=state.total))
    if state.left is not None:
        details.append(time_left(state.left))
    label = html.escape(say("progress"))
    return f'<progress max="1"{value} aria-label="{label}"></progress><p>{html.escape(" · ".join(details))}</p>'


def time_left(seconds: float) -> str:
    """Rounded as people do."""
    if seconds >= 90:
        return say("minutes_left", count=round(seconds / 60))
    return say("seconds_left", count=max(5, 5 * round(seconds / 5)) if seconds > 10 else max(1, round(seconds)))


def stage(state: State | None) -> str:
    """The place of the clip while there is none: the picture so far, or where it will be."""
    if state is None or state.over:
        return f'<div class="empty">{html.escape(say("clip_empty"))}</div>'
    if not state.preview:
        return '<div class="empty working"></div>'
    return f'<img src="{state.preview}" alt="{html.escape(say("preview"))}">'


def notes(lines: tuple[str, ...]) -> str:
    if not lines:
        return ""
    points = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<p>{html.escape(say('notes'))}</p><ul>{points}</ul>"
