"""What the page shows of a run, as words and HTML."""

import html
import json
from collections.abc import Sequence

from animate.events import STAGES
from animate.getting import bytes_spoken
from animate.model import Model
from animate.settings import MAX_RATE
from studio import naming
from studio.checks import Finding
from studio.files import FILMS
from studio.runs import State
from studio.wishes import Wish
from studio.words import LANGUAGES, Line, Words


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


def status(line: str, *, failed: bool = False, good: bool = False, stopped: bool = False) -> str:
    kind = "failed" if failed else "fine good" if good else "fine stopped" if stopped else "fine"
    return f'<p class="{kind}">{html.escape(line)}</p>' if line else ""


def unplayed(words: Words, still: str) -> str:
    """For a video that is fine and that a browser cannot play, which it alone knows: serve.py shows it there, and in
    the box its still, a data URI."""
    return f'<p class="fine unplayed" data-still="{still}">{words.html("unplayed")}</p>'


def findings(words: Words, found: Sequence[Finding]) -> str:
    return "".join(status(words.say(each.line), failed=each.serious, good=each.good) for each in found)


def progress(words: Words, state: State) -> str:
    """The bar, which frame of how many, and the time left; empty when nothing is being made."""
    if state.over:
        return ""
    value = f' value="{state.fraction:.3f}"' if state.phase == "running" else ""  # a bar without a value swings
    details = []
    if state.total > 1:
        details.append(words("piece" if state.stage == "denoise" else "frame", done=state.done, total=state.total))
    if (left := state.left_now) is not None:
        details.append(time_left(words, left))
    label = words.html("progress")
    return f'<progress max="1"{value} aria-label="{label}"></progress><p>{html.escape(" · ".join(details))}</p>'


def time_left(words: Words, seconds: float) -> str:
    """Rounded as people do."""
    if seconds >= 90:
        return words("minutes_left", count=round(seconds / 60))
    return words("seconds_left", count=rounded(seconds))


def rounded(seconds: float) -> int:
    return 5 * round(seconds / 5) if seconds > 10 else max(1, round(seconds))


def estimate(words: Words, seconds: float | None, memory: int | None = None) -> str:
    """seconds, memory in bytes: None while that is not known."""
    told = []
    if seconds is not None and seconds >= 90:
        told.append(words("estimate_minutes", count=round(seconds / 60)))
    elif seconds is not None:
        told.append(words("estimate_seconds", count=rounded(seconds)))
    if memory is not None:
        told.append(words("estimate_memory", size=bytes_spoken(memory)))
    return status(" ".join(told))


def unloaded(words: Words, weights: int) -> str:
    """What is known of a clip with a model that is here but not loaded: the bytes of its weights."""
    return status(words("estimate_unloaded", size=bytes_spoken(weights)))


def no_room(words: Words, need: int, free: int, *, possible: bool) -> str:
    """A clip that needs more bytes of memory than are free. possible: whether a smaller one does not."""
    line = words("memory_short", need=bytes_spoken(need), free=bytes_spoken(free))
    return status(line if possible else f"{line} {words('memory_never')}", failed=True)


def smaller(words: Words, wish: Wish) -> str:
    """What fits, on a button."""
    return words("memory_fit", size=words(f"size_{wish.size}"), seconds=wish.seconds)


def stage(words: Words, state: State | None) -> str:
    """The place of the clip while there is none: the picture so far, or where it will be."""
    if state is None or state.over:
        return f'<div class="empty">{words.html("clip_empty")}</div>'
    if not state.preview:
        return '<div class="empty working"></div>'
    return f'<img src="{state.preview}" alt="{words.html("preview")}">'


# In a browser: a line of what could not be, or was stopped, goes when something else is given or set.
OVER = """line => /class="(failed|fine stopped)"/.test(line) ? '' : line"""


def on_its_way() -> str:
    """JavaScript: a line becomes another where gradio holds a press on the button until an upload is there."""
    said = {language: status(Words(language)("uploading")) for language in LANGUAGES}
    uploading = "document.querySelector(':is(#picture, #dance) .uploading')"
    return f"line => {uploading} ? ({json.dumps(said)})[document.documentElement.lang] : line"


# A press shows the film in which picture, skeleton and clip move in step, at the moment the clip is at.
COMPARE_SCRIPT = """
element.addEventListener('click', event => {
  if (!event.target.closest('.compare')) return;
  const dialog = element.querySelector('dialog'), film = dialog.querySelector('video');
  const making = dialog.querySelector('[role=status]');
  const clip = document.querySelector('#clip video');
  clip.pause();
  film.currentTime = clip.currentTime;
  dialog.addEventListener('close', () => film.pause(), {once: true});
  making.hidden = film.readyState > 1;
  film.addEventListener('loadeddata', () => making.hidden = true, {once: true});
  dialog.showModal();
  film.play();
});
"""


# A press on what is made only then says so until it is there, which a browser that loads it does not show. It loads it
# itself meanwhile; asked twice, it is made once. Where the disk is too full for it, that stays there to be read.
PREPARING_SCRIPT = """
const waited = new Map();
const say = () => {
  const line = element.querySelector('.preparing');
  if (line) line.textContent = [...waited.values()].join(' ');
};
element.addEventListener('click', async event => {
  const link = event.target.closest('[data-preparing]');
  if (!link || waited.has(link.href)) return;
  waited.set(link.href, link.dataset.preparing);
  say();
  let status = 0;
  try { ({status} = await fetch(link.href, {method: 'HEAD', cache: 'no-store'})); } catch {}
  waited.delete(link.href);
  say();
  if (status === 507) element.querySelector('.preparing').textContent = link.dataset.full;
});
"""


def clip(words: Words, clip_id: str, *, name: str) -> str:
    """The player of a finished clip. name: of its file, without its kind."""
    return _player(words, naming.address(clip_id, "clip.mp4", name))


def take(words: Words, clip_id: str, *, name: str, posed: bool, page: str) -> str:
    """What can be had of a finished clip. name: of the files, without their kinds; posed: its skeletons are there too;
    page: its address, where other devices reach it, or ""."""
    links = "".join(
        f"<a {_taken(clip_id, file, name)}{_prepared(words, key, file)}>{words.html(key)}</a>"
        for key, file in (
            ("webm", "clip.webm"),
            ("gif", "clip.gif"),
            ("poster", "poster.jpg"),
            *([("side_film", "side.mp4")] if posed else []),
            ("settings", "settings.json"),
        )
    )
    download = f'<a id="download" {_taken(clip_id, "clip.mp4", name)}>{words.html("download")}</a>'
    elsewhere = (
        f'<p class="links"><a href="{html.escape(page)}?clip={html.escape(clip_id)}">{words.html("elsewhere")}</a></p>'
    )
    comparing = _comparison(words, naming.address(clip_id, "side.mp4", name)) if posed else ""
    return (
        f'<div class="main">{download}{comparing}</div><p class="links">{words.html("also_as")} {links}</p>'
        '<p class="fine preparing" role="status"></p>'
        f"{elsewhere if page else ''}"
    )


def _taken(clip_id: str, file: str, name: str) -> str:
    """Of a link, whose file is taken away."""
    return f'href="{naming.address(clip_id, file, name)}" download="{html.escape(naming.whole(name, file))}"'


def _prepared(words: Words, key: str, file: str) -> str:
    """Of a link, what is said while its file is made, where that takes long, and where there is no room for it."""
    told = f' data-preparing="{words.html("preparing", what=words(key))}" data-full="{words.html("disk_full")}"'
    return told if file in FILMS else ""


def _comparison(words: Words, address: str) -> str:
    """A button that opens the film, large."""
    heads = "".join(f"<span>{words.html(key)}</span>" for key in ("side_picture", "side_skeleton", "side_clip"))
    label = words.html("side_by_side")
    return (
        f'<button type="button" class="compare">{words.html("watch_side")}</button>'
        f'<dialog aria-label="{label}" class="film"><form method="dialog"><p aria-hidden="true">{heads}</p>'
        f'<button aria-label="{words.html("close")}">×</button>'
        f'</form><p class="fine" role="status">{words.html("preparing", what=words("side_by_side"))}</p>'
        f'<video controls loop playsinline preload="none" src="{address}" aria-label="{label}"></video></dialog>'
    )


def example(words: Words, character: str, dance: str) -> str:
    return _player(words, f"examples/{html.escape(character)}__{html.escape(dance)}.mp4")


def _player(words: Words, address: str) -> str:
    label = words.html("clip")
    return (
        f'<video class="player" controls loop playsinline preload="auto" src="{address}" aria-label="{label}"></video>'
    )


def about(words: Words, model: Model | None) -> str:
    """A model's licence, what that allows, its rate if that is low, and how it sees a dance; nothing of one that is not
    in the catalogue."""
    if model is None:
        return ""
    told = [words("licence", licence=words.say(model.licence)), words.say(model.allows)]
    if model.rate < MAX_RATE:
        told.append(words("model_rate", rate=model.rate))
    picture = f'<img src="models/{model.name}.jpg" alt="{words.html("model_skeleton")}" loading="lazy">'
    return f'<div class="model">{picture}<div>{"".join(map(status, told))}</div></div>'


def notes(words: Words, lines: Sequence[str | Line]) -> str:
    if not lines:
        return ""
    points = "".join(f"<li>{html.escape(words.say(line))}</li>" for line in lines)
    return f"<p>{words.html('notes')}</p><ul>{points}</ul>"
