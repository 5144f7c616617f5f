"""Who dances of a job's picture: joints that are given, known, found, or guessed where nobody is recognised."""

from collections.abc import Generator

import numpy as np

from animate import examples, pictures
from animate.canvas import Canvas, shrunk
from animate.errors import NoCharacterFound
from animate.events import Event, Note
from animate.motion import outline_of_figure, whole_body
from animate.settings import Job
from animate.watching import LOOK, Watcher, no_such


def find_character(watcher: Watcher, job: Job, canvas: Canvas) -> np.ndarray:
    """The joints of the character of a job's picture, 134 3 on the canvas. Raises NoCharacterFound, and NoPersonFound
    for a number that nobody there has."""
    if job.body is not None:
        return canvas.place(whole_body(job.body))
    known, number = examples.known_pose(job.image), job.character or 0
    characters = watcher.see(job.image).characters if known is None else known.points[:1]
    if not len(characters):
        raise NoCharacterFound(
            "Nobody was found in the picture. "
            "Place its joints by hand, cut the picture to the person, or use one that shows a person from the front, "
            "or a figure built like one."
        )
    if number >= len(characters):
        raise no_such(number, job.image)
    return canvas.place(characters[number])


def find_or_guess(watcher: Watcher, job: Job, canvas: Canvas) -> Generator[Event, None, np.ndarray]:
    """The same; where nobody is recognised the joints are guessed, which is told, as is whom the models are not sure
    of. Raises NoCharacterFound where nothing stands out either."""
    if job.body is None and examples.known_pose(job.image) is None:
        seen = watcher.see(job.image)
        if seen.character is None and not job.character:
            picture = pictures.read(job.image)
            if (outline := outline_of_figure(shrunk(picture, LOOK))) is not None:
                yield Note(
                    "Nobody is recognised in the picture, so the joints are guessed from the outline of its figure. "
                    "If limbs come out wrong, place the joints by hand: on the page, or with --body."
                )
                return canvas.place(watcher.guess(picture, outline=outline))
        if seen.unsure:
            yield Note(
                "The figure in the picture is not surely recognised, as often with toys and drawings. "
                "If limbs come out wrong, place the joints by hand: on the page, or with --body."
            )
    return find_character(watcher, job, canvas)
