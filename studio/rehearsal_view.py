"""A rehearsal as HTML: the puppet, the strip along time, the people to choose from, and the two editors of joints."""

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from studio import view
from studio.placing import Boxes
from studio.rehearsals import STILL, Kept
from studio.shelf import data_uri
from studio.words import Line, Words

SCRIPT = (Path(__file__).parent / "rehearsal.js").read_text(encoding="utf-8")
_PICTURE = (720, 720)  # pixels in which joints are placed
_TOLD = 4  # stretches in words; the strip shows all


def way(words: Words) -> str:
    """A link that leads there, for windows in which it is far below."""
    return f'<a href="#rehearsal">{words.html("rehearsal_below")}</a>'


def working(words: Words, share: float, left: float | None = None, *, getting: str = "") -> str:
    """While it is made. left: seconds, None while unknown; getting: what it still waits for, in the core's words."""
    label = html.escape(words.say(getting or Line("rehearsing")))
    line = label if getting or left is None else f"{label} {html.escape(view.time_left(words, left))}"
    return f'<p class="fine">{line}</p><progress max="1" value="{share:.2f}" aria-label="{label}"></progress>'


def shown(words: Words, kept: Kept) -> str:
    """The whole of it."""
    home, rehearsal = f"rehearsals/{kept.id}", kept.rehearsal
    edits = html.escape(json.dumps([list(edit) for edit in kept.wish.edits or ()]))
    parts = [
        f'<section class="rehearsal" data-home="{home}" data-edits="{edits}" data-start="{kept.wish.start}"'
        f' aria-label="{words.html("rehearsal")}">',
        f'<p class="heading">{words.html("rehearsal")}</p><p class="hint">{words.html("rehearsal_hint")}</p>',
        '<div class="puppet"><video controls loop playsinline preload="auto"'
        f' src="{home}/puppet.mp4" aria-label="{words.html("rehearsal")}"></video><canvas hidden></canvas></div>',
        f'<label><input type="checkbox" class="bones"> {words.html("show_bones")}</label>',
        strip(words, rehearsal.doubts, seconds=rehearsal.seconds, praised=not rehearsal.notes),
        _dancers(words, kept) if kept.still else "",
        "".join(f'<p class="hint">{html.escape(words.say(note))}</p>' for note in rehearsal.notes),
        editor(words, seconds=rehearsal.seconds, home=home),
        '<p class="links">',
        f'<a href="{home}/skeletons.mp4" download>{words.html("take_skeletons")}</a>',
        f'<a href="{home}/pose.json" download>{words.html("take_joints")}</a></p>',
        f'<p class="hint">{words.html("joints_from", name=kept.wish.pose.name)}</p>' if kept.wish.pose else "",
        f'<p class="hint">{words.html(_found_on(rehearsal.provider))}</p>' if rehearsal.provider else "",
        "</section>",
    ]
    return "".join(parts)


def _found_on(provider: str) -> str:
    return "found_on_gpu" if "CUDA" in provider else "found_on_cpu"


def strip(
    words: Words, doubts: Sequence[tuple[float, float, str, bool]], *, seconds: float, praised: bool = True
) -> str:
    """Green where the dancer is seen well, amber and red where not; a press goes there. praised: whether it is said in
    words that all is green, as it is not beside notes on what is lacking."""
    pieces, told = [], []
    for start, end, kind, serious in doubts:
        what = words.html("doubt", start=start, end=end, what=words(f"doubt_{kind}"))
        place = f"inset-inline-start:{100 * start / seconds:.1f}%;width:{100 * (end - start) / seconds:.1f}%"
        colour = "red" if serious else "amber"
        pieces.append(
            f'<button type="button" class="{colour}" style="{place}" data-at="{start}" title="{what}"'
            f' aria-label="{what}"></button>'
        )
        told.append((serious, end - start, f'<li class="{colour}">{what}</li>'))
    worst = sorted(told, key=lambda each: each[:2], reverse=True)[:_TOLD]
    good = f'<li class="green">{words.html("strip_good")}</li>' if praised else ""
    lines = "".join(line for *_, line in worst) or good
    label = words.html("strip")
    return (
        f'<div class="strip" role="group" aria-label="{label}" dir="ltr">{"".join(pieces)}<i class="now"></i></div>'
        f'<ul class="doubts">{lines}</ul>'
    )


def characters(words: Words, picture: np.ndarray, boxes: Boxes, *, chosen: int) -> str:
    """Who dances of a picture h w 3 that shows several."""
    shown = people(words, "character", data_uri(picture, box=STILL), boxes, chosen=chosen)
    return f'<section class="rehearsal">{shown}</section>'


def _dancers(words: Words, kept: Kept) -> str:
    """Whom of a dance to follow."""
    made = kept.rehearsal
    return people(words, "person", kept.still, made.still.boxes, chosen=made.person, trails=made.trails)


def people(
    words: Words,
    what: Literal["person", "character"],
    still: str,
    boxes: Boxes,
    *,
    chosen: int,
    trails: Mapping[int, Sequence[Sequence[float]]] | None = None,
) -> str:
    """A still, a data URI, with a numbered box for each person. what: a press chooses, of the dance or the picture.
    trails: what goes with a press, to find whom it chooses again."""
    buttons, question = [], words.html({"person": "who", "character": "who_dances"}[what])
    for number, (x0, y0, x1, y1) in boxes.items():
        place = f"left:{x0:.1%};top:{y0:.1%};width:{x1 - x0:.1%};height:{y1 - y0:.1%}"
        label = words.html("person", number=number + 1)
        pressed = str(number == chosen).lower()
        buttons.append(
            f'<button type="button" data-person="{number}" style="{place}" aria-label="{label}" title="{label}"'
            f' aria-pressed="{pressed}" data-trail="{json.dumps((trails or {}).get(number))}">'
            f"<b>{number + 1}</b></button>"
        )
    return (
        f'<p>{question}</p><div class="people" data-what="{what}" role="group" aria-label="{question}" dir="ltr">'
        f'<img src="{still}" alt="">{"".join(buttons)}</div>'
    )


def _names(words: Words) -> str:
    return html.escape(json.dumps([words(f"joint_{joint}") for joint in range(18)]))


def _button(words: Words, key: str, act: str, *, main: bool = False, off: bool = False) -> str:
    extra = (' class="main"' if main else "") + (" disabled" if off else "")
    return f'<button type="button" data-act="{act}"{extra}>{words.html(key)}</button>'


def editor(words: Words, *, seconds: float, home: str) -> str:
    """Joints of the dance, to be moved or hidden at a moment."""
    return (
        f'<p class="acts"><button type="button" data-act="open" aria-expanded="false">{words.html("mend")}</button>'
        f"{_button(words, 'by_hand', 'by-hand')}</p>"
        f'<div class="editor" hidden data-names="{_names(words)}"><p class="hint">{words.html("mend_hint")}</p>'
        f'<div class="board" dir="ltr"><img src="{home}/at/0.00.jpg" alt="" loading="lazy">'
        f'<svg role="group" aria-label="{words.html("mend")}"></svg></div>'
        f'<label>{words.html("moment")} <input type="range" min="0" max="{seconds:.2f}" step="0.04" value="0"></label>'
        f'<p class="acts">{_button(words, "hide_joint", "hide")}{_button(words, "undo", "undo", off=True)}'
        f'{_button(words, "try_it", "apply", main=True)}<span class="count"></span></p></div>'
    )


def placed(words: Words) -> str:
    """Instead of the editor, once its joints are used; a press on the button opens it again."""
    button = _button(words, "by_hand", "by-hand")
    return (
        f'<section class="rehearsal placed"><p class="fine" role="status">{words.html("joints_used")}</p>'
        f'<p class="acts">{button}</p></section>'
    )


def hand(words: Words, picture: np.ndarray, points: Sequence[Sequence[float]]) -> str:
    """The 18 joints of a character, to be placed on its picture h w 3."""
    return (
        f'<section class="rehearsal hand" data-names="{_names(words)}"'
        f' data-points="{html.escape(json.dumps([list(point) for point in points]))}"'
        f' aria-label="{words.html("by_hand")}"><p class="hint">{words.html("by_hand_hint")}</p>'
        f'<div class="board" dir="ltr"><img src="{data_uri(picture, box=_PICTURE)}" alt="">'
        f'<svg role="group" aria-label="{words.html("by_hand")}"></svg></div>'
        f'<p class="acts">{_button(words, "hide_joint", "hide")}{_button(words, "undo", "undo", off=True)}'
        f"{_button(words, 'use_joints', 'apply', main=True)}</p></section>"
    )
