"""Characters cut out of their pictures, kept for who asks for the same once more."""

from collections.abc import Generator
from typing import Any

import numpy as np

from animate import examples, pictures
from animate.canvas import Canvas
from animate.events import Event, Note, Progress
from animate.motion import seen_body
from animate.remembered import Remembered, identity
from animate.settings import Job


class Cutter:
    """Cuts, and remembers the newest cuts while their pictures are there. most: how many; a cut takes 200 bytes a
    pixel. Safe to share between threads."""

    def __init__(self, most: int):
        self._cut = Remembered[Any](most)

    def cut(self, job: Job, canvas: Canvas, character: np.ndarray) -> Generator[Event, None, Any]:
        """The puppet of a job's picture. canvas: that it lies on; character: 134 3, of the canvas's pixels. Tells
        progress where there is something to do, and whether an arm that the picture shows in part stays."""
        from animate.puppet.bones import ARMS, SEEN  # bring torch

        key = _key(job)
        if (puppet := self._cut.get(key)) is None:
            yield Progress("cut", 0, 1)
            puppet = self._cut.find(key, job.image, lambda: _cut(job, canvas, character))
            yield Progress("cut", 1, 1)
        if any(character[ARMS[side][1], 2] > SEEN for side in puppet.still):
            yield Note("An arm that the picture does not show whole keeps to the body.")
        return puppet

    def remembers(self, job: Job) -> bool:
        """Whether the job's character need not be cut out again."""
        return self._cut.get(_key(job)) is not None

    def forget(self) -> None:
        """Those of pictures that are deleted since."""
        self._cut.forget()


def _cut(job: Job, canvas: Canvas, character: np.ndarray) -> Any:
    """By the silhouette that comes with the picture, where one does; else by what is seen. The project's own characters
    are cut alike everywhere, whichever models are there."""
    from animate.puppet import Puppet  # brings torch
    from animate.puppet.silhouette import silhouette_of

    opacity = pictures.opacity(job.image)
    opaque = None if opacity is None else canvas.lay_mask(opacity)
    mask = None if opaque is None else silhouette_of(opaque, character)
    own = examples.known_pose(job.image) is not None
    seen = () if own or mask is not None else seen_body(canvas.picture, character)
    if opaque is not None and mask is None:
        mask = silhouette_of(opaque, character, seen=seen)
    return Puppet.cut(canvas.picture, character, mask=mask, seen=seen, within=canvas.within)


def _key(job: Job) -> tuple[object, ...]:
    """What tells a job's character on its canvas from another's."""
    size = (job.settings.width, job.settings.height)
    return (identity(job.image), size, job.character or 0, None if job.body is None else np.asarray(job.body).tobytes())
