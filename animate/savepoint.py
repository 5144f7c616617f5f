"""What is kept of an unfinished render, so that it goes on where it was after the program was ended at any moment.

Two things take long: watching the dancer, and denoising. What came of them lies in a folder of the job's own. A file is
there whole or not at all, and belongs to one job under one model's weights; of others it is not used. Going on from it
gives the same frames, bit for bit where the arithmetic is (on a processor, in full precision).
"""

import logging
import time
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from animate.provenance import VERSION
from animate.settings import Job

log = logging.getLogger(__name__)

EVERY, AT_LEAST = 5, 3.0  # steps, or seconds, between two savings of the latents
WALK = 2  # raised where the same job comes to walk in another way, so that what was kept of the former is not used


class Savepoint:
    """One job's. folder: None keeps nothing."""

    def __init__(self, folder: Path | None, key: str = ""):
        self.folder, self.key = folder, key
        self._saved_at, self._saved = time.monotonic(), 0

    @classmethod
    def of(cls, job: Job, *arithmetic: object) -> "Savepoint":
        """arithmetic: what else decides the frames, such as the model, its files and the precision."""
        if job.savepoint is None:
            return cls(None)
        told = {each.name: getattr(job, each.name) for each in fields(job)}
        kept = {
            name: value for name, value in told.items() if name not in ("savepoint", "save_pose", "image", "motion")
        }
        facts = [VERSION, WALK, arithmetic, sorted(kept.items(), key=lambda item: item[0])]
        facts += [_contents(path) for path in (job.image, job.motion, job.pose)]
        return cls(job.savepoint, sha256(repr(facts).encode()).hexdigest())

    def load(self, name: str) -> dict[str, np.ndarray] | None:
        """What was kept under a name; None for nothing, or nothing that can be used."""
        if self.folder is None:
            return None
        try:
            with np.load(self.folder / f"{name}.npz", allow_pickle=False) as kept:
                arrays = {each: kept[each] for each in kept.files}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        return arrays if str(arrays.pop("key", "")) == self.key else None

    def keep(self, name: str, arrays: Mapping[str, ArrayLike]) -> None:
        """A disk that is full costs the chance to go on, not the clip."""
        if self.folder is None:
            return
        part = self.folder / f"{name}.npz.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                np.savez(file, key=np.array(self.key), **arrays)  # type: ignore[arg-type]
            part.replace(self.folder / f"{name}.npz")
        except OSError:
            log.warning("What was done of a clip could not be kept", exc_info=True)
            part.unlink(missing_ok=True)

    def latents(self) -> tuple[np.ndarray, np.ndarray | None, int] | None:
        """Those of the last step that was kept, and the image it pointed at, None where no later step looks back at it;
        each f c h w fp32; and how many steps were done by then."""
        kept = self.load("latents")
        if kept is None or not {"latents", "done"} <= kept.keys() <= {"latents", "done", "image"}:
            return None
        self._saved = int(kept["done"])
        return kept["latents"], kept.get("image"), self._saved

    def step(
        self, latents: np.ndarray, done: int, *, last: bool, alone: bool = True, image: np.ndarray | None = None
    ) -> None:
        """One more step is done; its latents are kept every few steps, and the last ones.

        image: the clean latents that it pointed at, where the next step looks back at them. alone: the steps to come
        need nothing else of those before, so that the walk can begin with these.
        """
        now = time.monotonic()
        if not (alone or last):
            return
        if last or done - self._saved >= EVERY or now - self._saved_at > AT_LEAST:
            beside = {} if image is None else {"image": image}
            self.keep("latents", {"latents": latents, "done": np.array(done), **beside})
            self._saved, self._saved_at = done, now


def _contents(path: Path | None) -> str:
    """What tells a file from another; the name, where it is one of our examples."""
    if path is None or not Path(path).is_file():
        return str(path)
    with Path(path).open("rb") as file:
        digest = sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
