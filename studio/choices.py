"""What a visitor chooses in the rehearsal, each thing of one picture or of one dance."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from animate import examples
from studio.wishes import Wish

Choice = dict[str, Any]  # fields of a wish, and under "picture" and "dance" the digests of the files they belong to

# guessed: a body that nobody has looked at yet
_OF = {"picture": ("character", "body", "guessed"), "dance": ("person", "edits", "pose")}


def choose(choice: Choice, file: str, path: Path, **what: Any) -> Choice:
    """With more that is chosen of a "picture" or a "dance"; what was chosen of another one goes."""
    others = {key: value for key, value in choice.items() if key not in _OF[file]}
    return {**others, **chosen_of(choice, file, path), **what, file: examples.digest(path)}


def chosen_of(choice: Choice, file: str, path: Path | None) -> Choice:
    """What is chosen of this very file."""
    if path is None or file not in choice or not path.is_file() or choice[file] != examples.digest(path):
        return {}
    return {key: choice[key] for key in _OF[file] if key in choice}


def chosen(wish: Wish, choice: Choice) -> Wish:
    """A wish with what its visitor has chosen."""
    what = {**chosen_of(choice, "picture", wish.picture), **chosen_of(choice, "dance", wish.dance)}
    return replace(wish, **{key: value for key, value in what.items() if key != "guessed"})


def choice_of(wish: Wish) -> Choice:
    """What was chosen for a wish."""
    choice = Choice()
    for file, path in (("picture", wish.picture), ("dance", wish.dance)):
        what = {key: value for key in _OF[file] if (value := getattr(wish, key, None)) is not None}
        if what and path and path.is_file():
            choice = choose(choice, file, path, **what)
    return choice
