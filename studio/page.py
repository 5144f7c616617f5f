"""The page: a picture, a dance, one button, the clip. What it is made of."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from animate import AnimateError
from studio import shelf, wiring
from studio.acts import Acts
from studio.archive import Archive
from studio.callers import Callers
from studio.checking import Checking
from studio.choosing import Choosing
from studio.estimating import Estimating
from studio.failures import told
from studio.janitor import Janitor
from studio.jobs import ATTEMPTS, Workshop
from studio.keeping import Keeping
from studio.layout import Layout
from studio.left import Left
from studio.limits import Limits, host_limits, lasts
from studio.models import Models
from studio.picking import Picking
from studio.programs import Programs
from studio.rehearsals import Rehearsals
from studio.rehearsing import Rehearsing
from studio.returning import Returning
from studio.store import home
from studio.wishes import to_order, trial
from studio.words import PageWords, Told, Words

if TYPE_CHECKING:
    from animate.animator import Animator


def build(
    load: Callable[[str], "Animator"],
    *,
    model: str = "mini",
    limits: Limits | None = None,
    folder: Path | None = None,
) -> "Studio":
    """The page around whatever renders. load: a model's name to what renders with it; model: the name or the folder of
    the one at the beginning. folder: for uploads and clips, the studio's own; by default in the cache."""
    limits = limits or host_limits()
    folder = folder or home()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)  # gradio reads it when components are made
    return Studio(lambda name: load(name or model), folder, limits, Models(model, may_get=limits.get_models))


class Studio:
    """The page, its workshop, archive and models. demo: the page as gradio has it; parts: what is on it."""

    def __init__(self, load: Callable[[str], "Animator"], folder: Path, limits: Limits, models: Models):
        self.limits, self.models, self.folder = limits, models, folder
        self.archive = Archive(folder / "clips", keep_days=limits.keep_days)
        self.left = Left(self.archive.private / "left.db", hours=limits.keep_hours)
        self.workshop = Workshop(
            load,
            folder=folder,
            limits=limits,
            ended=lambda run: self.keeping.ended(run),
            trial=trial,
            advanced=lambda run: self.keeping.advanced(run),
        )
        say = PageWords()
        with gr.Blocks(title=Words("en")("title"), analytics_enabled=False) as self.demo:
            shelves = shelf.of_kind("character"), shelf.of_kind("dance")
            self.parts = Layout(say, *shelves, limits, models, lasting=lasts(folder))
            acts = Acts(self.parts, self.workshop, self.archive, limits, models)
            self.rehearsals = Rehearsals(self.workshop, folder / "rehearsals", pace=self.workshop.pace)
            self.keeping = Keeping(acts, self.rehearsals, self.left)
            self.callers = Callers(self.demo)
            self.programs = Programs(acts, self.callers)
            self._connect(acts)
        self.janitor = Janitor(
            folder,
            hours=limits.keep_hours,
            but=("clips", "private", "pace.json"),
            tidy=(
                self.archive.sweep,
                self.workshop.forget,
                self.workshop.animators.forget,
                self.rehearsals.forget,
                self.left.forget,
            ),
        )
        self.translations = say.translations()

    def open(self) -> None:
        """Start the workshop and the janitor, and go on with what was ordered before the program ended."""
        self.janitor.open()
        self.workshop.open()
        for clip in self.archive.unfinished():
            if not clip.visitor:  # a program's, whose call ended with the program
                self.archive.delete(clip.id)
                continue
            try:
                if clip.attempts >= ATTEMPTS:
                    raise Told("given_up")
                order = to_order(self.archive.wish(clip), self.limits)
                about = {"model": clip.wish.get("model", ""), "owner": clip.visitor}
                self.workshop.order(order, run_id=clip.id, **about, resumed=True)
            except AnimateError as error:  # its files are gone, or the limits are lower now
                self.archive.fail(clip.id, told(error))

    def close(self) -> None:
        """Stop what works for them; what is being made is kept, and gone on with at the next start."""
        self.janitor.close()
        self.workshop.close()
        self.rehearsals.close()

    def _connect(self, acts: Acts) -> None:
        parts, wanting, checking = self.parts, self.rehearsals.wanting, Checking(acts)
        wiring.connect_clips(parts, acts, self.keeping)
        wiring.connect_programs(parts, self.programs)
        wiring.connect_return(self.demo, parts, Returning(acts, self.left))
        wiring.connect_boxes(self.demo, parts, checking, Picking(acts))
        wiring.connect_estimate(parts, Estimating(parts, self.workshop, self.limits, rehearsing=wanting.is_going))
        wiring.connect_rehearsal(parts, Rehearsing(acts, self.rehearsals), checking)
        wiring.connect_models(parts, Choosing(parts, self.models))
