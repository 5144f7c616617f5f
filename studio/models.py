"""The models a clip can be made with: which are here, what the others need, and getting them while the page is used."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from animate import AnimateError, catalogue, examples, getting
from animate.getting import Getting, Needs
from animate.model import Model
from studio.failures import apology, told
from studio.words import Line

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Coming:
    """How far a model is that is being got. failure: why it ended before it was here."""

    needs: Needs | None = None
    progress: Getting | None = None
    failure: str | Line = ""
    over: bool = False


class Models:
    """What can be chosen. first: the program's own, a name of the catalogue or a folder; it is called "" in wishes.

    may_get: whether visitors may have others got, which takes the disk and the line of whoever runs the program.
    """

    def __init__(self, first: str, *, may_get: bool):
        self.first, self.may_get = first, may_get
        self._coming: dict[str, Coming] = {}
        self._stopped: set[str] = set()
        self._completed: set[str] = set()
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Those of the catalogue beside the program's own."""
        return [name for name in catalogue.MODELS if name != self.first]

    def offered(self) -> list[str]:
        """Those a visitor may choose: what is here, and what they may have got."""
        return ["", *(name for name in self.names() if self.may_get or self.here(name))]

    def called(self) -> list[str]:
        """What programs call those: the program's own by its name too, unless that is a folder."""
        return [*([self.first] if self.first in catalogue.MODELS else []), *filter(None, self.offered())]

    def title(self, name: str) -> str:
        name = name or self.first
        return catalogue.MODELS[name].title if name in catalogue.MODELS else Path(name).absolute().name

    def is_embedded(self, name: str) -> bool:
        return (name or self.first) == "mini"

    def row(self, name: str) -> Model | None:
        """What the catalogue says of a model; nothing of a folder."""
        return catalogue.MODELS.get(name or self.first)

    def diffuses(self, name: str) -> bool:
        """Whether its clips come of noise, and obey steps, guidance and seed: not where the puppet is shown."""
        return (row := self.row(name)) is None or row.corrects

    def here(self, name: str) -> bool:
        """Whether clips can be made with it now."""
        return not name or bool(catalogue.on_this_machine(catalogue.MODELS[name]))

    def needs(self, name: str) -> Needs:
        """What it takes to get one; asks the hub. Raises AnimateError."""
        return getting.needs(catalogue.MODELS[name], self._hub)

    def coming(self, name: str) -> Coming | None:
        return self._coming.get(name)

    def get(self, name: str) -> None:
        """Begin to get one, in a thread of its own; it goes on when the page is closed."""
        with self._lock:
            coming = self._coming.get(name)
            if not self.may_get or name not in catalogue.MODELS or (coming and not coming.over):
                return
            self._coming[name] = Coming()
            self._stopped.discard(name)
        threading.Thread(target=self._get, args=(name,), name=f"getting {name}", daemon=True).start()

    def complete(self, name: str) -> None:
        """Get what a model that is here is done without, such as the decoder of previews, which was got before the
        catalogue knew of it: small, in a thread, tried once, and missed by nobody where it fails."""
        name = name or self.first
        with self._lock:
            if not self.may_get or name not in catalogue.MODELS or name in self._completed:
                return
            self._completed.add(name)
        threading.Thread(target=self._complete, args=(name,), name=f"completing {name}", daemon=True).start()

    def _complete(self, name: str) -> None:
        try:
            needs = self.needs(name)
            if needs.coming and needs.fits:
                for _progress in getting.get(needs, self._hub):
                    pass
        except Exception as failure:
            log.info("%s goes without what is optional: %s", name, failure)

    def stop(self, name: str) -> None:
        """End it; what has arrived is kept for the next time."""
        self._stopped.add(name)

    def _get(self, name: str) -> None:
        try:
            for coming in self._followed(name):
                self._coming[name] = coming
            self._coming[name] = Coming(over=True)
        except AnimateError as error:
            self._coming[name] = Coming(failure=told(error), over=True)
        except Exception:
            self._coming[name] = Coming(failure=apology(), over=True)

    def _followed(self, name: str) -> Iterator[Coming]:
        needs = self.needs(name)
        for progress in getting.get(needs, self._hub):  # which stops when it is iterated no further
            yield Coming(needs, progress)
            if name in self._stopped:
                return

    @cached_property
    def _hub(self) -> getting.Hub:
        return getting.Hub.of_environment()


def skeleton(name: str) -> np.ndarray | None:
    """How a model sees a dance: a picture h w 3 of an example character's skeleton in its style."""
    known = next(filter(None, (examples.known_pose(path) for path in examples.characters().values())), None)
    row = catalogue.MODELS.get(name)
    if known is None or row is None:
        return None
    from animate.motion import drawn  # here, since it brings the pose models' library

    return next(drawn(known.points, size=known.size, style=row.drawing))
