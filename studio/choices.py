"""What a visitor chooses in the rehearsal, each thing of one picture or of one dance.

A page has one such choice, which is changed in place: whoever was asked before and answers late, as who has looked at a
picture meanwhile, adds to what it is by then, and does not bring back what it was.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from animate import examples
from studio.wishes import Wish

Choice = dict[str, Any]  # fields of a wish, and under "picture" and "dance" the digests of the files they belong to

# guessed: a body that nobody has looked at yet; trail: of the person; mended: joints put right by hand, at seconds of
# the file, whichever part of it is danced; edits: as older programs kept them, at seconds of the part
_OF = {"picture": ("character", "body", "guessed"), "dance": ("person", "trail", "mended", "edits", "pose")}
UNMENDED = {"mended": None, "edits": None}


def choose(choice: Choice, file: str, path: Path, **what: Any) -> Choice:
    """Another, with more that is chosen of a "picture" or a "dance"; what was chosen of another one goes."""
    others = {key: value for key, value in choice.items() if key not in _OF[file]}
    return {**others, **chosen_of(choice, file, path), **what, file: examples.digest(path)}


def change(choice: Choice, file: str, path: Path, **what: Any) -> Choice:
    """The same as `choose`, of this very choice. To be called in one thread; others may read it meanwhile."""
    changed = choose(choice, file, path, **what)
    for key in choice.keys() - changed.keys():  # first, lest what is of the former file seems to be of the new one
        del choice[key]
    choice.update(changed)
    return choice


def chosen_of(choice: Choice, file: str, path: Path | None) -> Choice:
    """What is chosen of this very file."""
    choice = {**choice}
    if path is None or file not in choice or not path.is_file() or choice[file] != examples.digest(path):
        return {}
    return {key: choice[key] for key in _OF[file] if key in choice}


def chosen(wish: Wish, choice: Choice) -> Wish:
    """A wish with what its visitor has chosen."""
    what = {**chosen_of(choice, "picture", wish.picture), **chosen_of(choice, "dance", wish.dance)}
    if mended := what.pop("mended", None):
        what["edits"] = moved(mended, -wish.start)
    return replace(wish, **{key: value for key, value in what.items() if key != "guessed"})


def moved(edits: Sequence[Sequence[float | None]], seconds: float) -> list[list[float | None]]:
    """The same edits, so many seconds later."""
    return [[joint, round((at or 0.0) + seconds, 4), x, y] for joint, at, x, y in edits]


def chosen_of_these(choice: Choice, picture: Path | None, dance: Path | None) -> Choice:
    """The same choice without what was chosen of files that are not there any more."""
    whole = Choice()
    for file, path in (("picture", picture), ("dance", dance)):
        if what := chosen_of(choice, file, path):
            whole |= {**what, file: choice[file]}
    return whole


def without(choice: Choice, file: str) -> Choice:
    """Without what was chosen of a "picture" or a "dance"."""
    return {key: value for key, value in choice.items() if key not in (file, *_OF[file])}


def read(kept: dict[str, Any]) -> Choice:
    """A choice that was kept as JSON, made sure of. Raises ValueError or TypeError."""
    return {key: value if value is None else _SURE[key](value) for key, value in kept.items() if key in _SURE}


def choice_of(wish: Wish) -> Choice:
    """What was chosen for a wish."""
    choice = Choice()
    for file, path in (("picture", wish.picture), ("dance", wish.dance)):
        what = {key: value for key in _OF[file] if (value := getattr(wish, key, None)) is not None}
        if edits := what.pop("edits", None):
            what["mended"] = moved(edits, wish.start)
        if what and path and path.is_file():
            choice = choose(choice, file, path, **what)
    return choice


def edits_from(given: Any) -> list[list[float | None]]:
    """Joints that were mended, as a browser sends them, made sure of."""
    return [
        [int(joint), float(at), None if x is None else float(x), None if y is None else float(y)]
        for joint, at, x, y in list(given)[:500]
    ]


def trail_from(given: Any) -> list[list[float]]:
    """Where somebody was seen, as a browser sends it, made sure of."""
    return [[float(at), float(x), float(y)] for at, x, y in list(given)[:500]]


def body_from(given: Any) -> list[list[float]]:
    points = [[float(value) for value in point[:3]] for point in list(given)]
    if len(points) != 18:
        raise ValueError("A body has 18 joints.")
    return points


_SURE = {
    **{"picture": str, "character": int, "body": body_from, "guessed": bool},
    **{"dance": str, "person": int, "trail": trail_from, "mended": edits_from, "edits": edits_from, "pose": Path},
}
