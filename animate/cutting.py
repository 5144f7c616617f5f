"""Characters cut out of their pictures, kept for who asks for the same once more."""

from collections.abc import Generator
from typing import Any

import numpy as np

from animate.events import Event, Progress
from animate.remembered import Remembered, identity
from animate.settings import Job


class Cutter:
    """Cuts, and remembers the newest cuts while their pictures are there. most: how many; a cut takes 200 bytes a
    pixel. Safe to share between threads."""

    def __init__(self, most: int):
        self._cut = Remembered[Any](most)

    def cut(self, job: Job, picture: np.ndarray, character: np.ndarray) -> Generator[Event, None, Any]:
        """The puppet of a job's picture. picture: h w 3 uint8, as it lies on the job's canvas; character: 134 3, of its
        pixels. Tells progress where there is something to do."""
        from animate.puppet import Puppet  # brings torch

        key = _key(job)
        if (puppet := self._cut.get(key)) is None:
            yield Progress("cut", 0, 1)
            puppet = self._cut.find(key, job.image, lambda: Puppet.cut(picture, character))
            yield Progress("cut", 1, 1)
        return puppet

    def remembers(self, job: Job) -> bool:
        """Whether the job's character need not be cut out again."""
        return self._cut.get(_key(job)) is not None

    def forget(self) -> None:
        """Those of pictures that are deleted since."""
        self._cut.forget()


def _key(job: Job) -> tuple[object, ...]:
    """What tells a job's character on its canvas from another's."""
    size = (job.settings.width, job.settings.height)
    return (identity(job.image), size, job.character or 0, None if job.body is None else np.asarray(job.body).tobytes())
