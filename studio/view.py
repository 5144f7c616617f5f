"""What the page shows of a run, as words and HTML."""

import html
from collections.abc import Sequence

from animate.events import STAGES
from studio.checks import Finding
from studio.runs import State
from studio.words import Line, Words


def headline(words: Words, state: State, *, ahead: int, model_ready: bool, stopping: bool) -> str:
    """One line that changes with the stage, to be read aloud."""
    match state.phase:
        case "waiting" if ahead:
            return words("waiting_one") if ahead == 1 else words("waiting_many", count=ahead)
        case "waiting":
            return words("starting") if model_ready else words("waiting_model")
        case "running" if stopping:
            return words("stopping")
        case "running":
            # A model that could not be loaded at first is loaded again for whoever comes.
            return words(state.stage if state.stage in STAGES else "starting" if model_ready else "waiting_model")
        case "done":
            return words("done", seconds=state.seconds, took=state.took)
        case "stopped":
            return words("stopped")
        case _:
            return words.say(state.failure)


def status(line: str, *, failed: bool = False) -> str:
    return f'<p class="{"failed" if failed else "fine"}">{html.escape(line)}</p>' if line else ""


def findings(words: Words, found: Sequence[Finding]) -> str:
    return "".join(status(words.say(finding.line), failed=finding.serious) for finding in found)


def progress(words: Words, state: State) -> str:
    """The bar, which frame of how many, and the time left; empty when nothing is being made."""
    if state.over:
        return ""
    value = f' value="{state.fraction:.3f}"' if state.phase == "running" else ""  # a bar without a value swings
    details = []
    if state.total:
        details.append(words("piece" if state.stage == "denoise" else "frame", done=state.done, total=state.total))
    if state.left is not None:
        details.append(time_left(words, state.left))
    label = words.html("progress")
    return f'<progress max="1"{value} aria-label="{label}"></progress><p>{html.escape(" · ".join(details))}</p>'


def time_left(words: Words, seconds: float) -> str:
    """Rounded as people do."""
    if seconds >= 90:
        return words("minutes_left", count=round(seconds / 60))
    return words("seconds_left", count=rounded(seconds))


def rounded(seconds: float) -> int:
    return 5 * round(seconds / 5) if seconds > 10 else max(1, round(seconds))


def estimate(words: Words, seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds >= 90:
        return status(words("estimate_minutes", count=round(seconds / 60)))
    return status(words("estimate_seconds", count=rounded(seconds)))


def stage(words: Words, state: State | None) -> str:
    """The place of the clip while there is none: the picture so far, or where it will be."""
    if state is None or state.over:
        return f'<div class="empty">{words.html("clip_empty")}</div>'
    if not state.preview:
        return '<div class="empty working"></div>'
    return f'<img src="{state.preview}" alt="{words.html("preview")}">'


def clip(words: Words, clip_id: str) -> str:
    """The player of a finished clip, and what can be taken of it."""
    own = f"own/{html.escape(clip_id)}"
    links = "".join(
        f'<a href="{own}/{file}" download{extra}>{words.html(key)}</a>'
        for key, file, extra in (
            ("download", "clip.mp4", ' id="download"'),
            ("gif", "clip.gif", ""),
            ("poster", "poster.jpg", ""),
            ("settings", "settings.json", ""),
        )
    )
    elsewhere = f'<a href="?clip={html.escape(clip_id)}">{words.html("elsewhere")}</a>'
    return f'{_player(words, own + "/clip.mp4")}<p class="links">{links}{elsewhere}</p>'


def example(words: Words, character: str, dance: str) -> str:
    return _player(words, f"examples/{html.escape(character)}__{html.escape(dance)}.mp4")


def _player(words: Words, address: str) -> str:
    return f'<video controls loop playsinline preload="auto" src="{address}" aria-label="{words.html("clip")}"></video>'


def notes(words: Words, lines: Sequence[str | Line]) -> str:
    if not lines:
        return ""
    points = "".join(f"<li>{html.escape(words.say(line))}</li>" for line in lines)
    return f"<p>{words.html('notes')}</p><ul>{points}</ul>"
