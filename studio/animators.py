"""What renders, by model: loaded when it is needed, and let go of when another needs its room."""

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

from animate import Job, catalogue
from studio.pace import frames_of
from studio.runs import Order

if TYPE_CHECKING:
    from animate.animator import Animator
    from animate.budget import Room


class Animators:
    """load: a model's name, "" for the program's own, to what renders with it. words: of those loaded so far."""

    def __init__(self, load: Callable[[str], "Animator"]):
        self._load, self._loaded, self.words = load, dict[str, "Animator"](), dict[str, str]()

    def get(self, model: str) -> "Animator | None":
        return self._loaded.get(model)

    def any(self) -> "Animator | None":
        """One of them, where there is one."""
        return next(iter([*self._loaded.values()]), None)

    def ready(self, model: str = "") -> "Animator":
        """What renders with a model. Of those that fill a device only the one in use stays."""
        if model not in self._loaded:
            for each in [each for each, animator in self._loaded.items() if animator.lodging]:
                del self._loaded[each]
            gc.collect()
            self._loaded[model] = animator = self._load(model)
            self.words[model] = animator.words
        return self._loaded[model]

    def job(self, order: Order, *, model: str = "") -> Job | None:
        """What an order comes to, for which its picture is opened; None while what would render it is not loaded."""
        animator = self.get(model)
        return None if animator is None else order(animator)[0]

    def room(self, job: Job | None, *, model: str = "") -> "Room | None":
        """What a job takes of memory; None while nobody knows."""
        animator = self.get(model)
        if job is None or animator is None:
            return None
        return animator.room(job.settings, frames=frames_of(job, animator))

    def weights(self, *, model: str) -> int | None:
        """The bytes of a released model's files, while it is here but not loaded, so that it tells nothing itself."""
        row = catalogue.MODELS.get(model)
        if row is None or not row.files or self.get(model) is not None:
            return None
        return sum(path.stat().st_size for path in {*catalogue.on_this_machine(row).values()}) or None

    def forget(self) -> None:
        """Who was seen in files that are deleted since, or cut out of them."""
        for animator in [*self._loaded.values()]:
            animator.watcher.forget()
            animator.cutter.forget()

    def drop(self) -> None:
        """Forget them all; they are loaded again."""
        self._loaded.clear()
