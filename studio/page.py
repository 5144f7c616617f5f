"""The page: a picture, a dance, one button, the clip. Which part does what."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from animate import AnimateError
from studio import shelf, view
from studio.acts import Acts
from studio.archive import Archive
from studio.choosing import Choosing
from studio.estimating import Estimating
from studio.failures import told
from studio.janitor import Janitor
from studio.jobs import ATTEMPTS, Workshop
from studio.keeping import Keeping
from studio.kept import NOT_LINKED, without_empty
from studio.layout import Layout
from studio.left import Left
from studio.limits import Limits, host_limits
from studio.models import Models
from studio.picking import Picking
from studio.rehearsals import Rehearsals
from studio.rehearsing import ASKED, Rehearsing
from studio.returning import Returning
from studio.showable import showable
from studio.store import home
from studio.wishes import PRESETS, to_order, trial
from studio.words import PageWords, Told, Words


def build(
    load: Callable[[str], Any],
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

    def __init__(self, load: Callable[[str], Any], folder: Path, limits: Limits, models: Models):
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
            self.parts = Layout(say, shelf.of_kind("character"), shelf.of_kind("dance"), limits, models)
            acts = Acts(self.parts, self.workshop, self.archive, limits, models)
            self.rehearsals = Rehearsals(self.workshop, folder / "rehearsals", measured=self.workshop.pace.rehearsed)
            self.keeping = Keeping(acts, self.rehearsals, self.left)
            self._connect(acts, self.keeping)
            self._connect_rehearsal(Rehearsing(acts, self.rehearsals))
            self._connect_models(Choosing(self.parts, models))
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

    def _connect(self, acts: Acts, keeping: Keeping) -> None:
        parts = self.parts
        shown = [
            parts.run_id,
            parts.status,
            parts.progress,
            parts.stage,
            parts.clip,
            parts.notes,
            parts.after,
            parts.take,
        ]
        shown += [parts.animate_button, parts.stop_button, parts.share_link, parts.other_button, parts.history]
        wish = [parts.picture, parts.dance, *parts.tuning, parts.model]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        looking = {**quiet, "trigger_mode": "always_last", "concurrency_limit": None}
        following = {"concurrency_limit": None, **quiet}

        listed = (keeping.history, parts.visitor, parts.history)
        mine = [parts.run_id, parts.visitor]
        ordered = [*wish, parts.consent.tick]
        making = [parts.visitor, parts.choice, *ordered]
        parts.animate_button.click(acts.make_clip, making, shown, trigger_mode="multiple", **following).then(
            *listed, **quiet
        )
        parts.stop_button.click(acts.stop, parts.run_id, parts.stop_button, queue=False, **quiet)
        returning, boxes = Returning(acts, self.left), [parts.picture, parts.dance]
        other_picture, other_dance = (at_once(box.change) for box in boxes)
        kept = [*boxes, parts.choice, *parts.tuning, parts.model]
        opened = [parts.visitor, *kept, parts.small_print, *shown]
        # One event, though several things are asked: each takes the server as long as the page itself.
        self.demo.load(returning.open, [parts.visitor, parts.run_id], opened, **following)
        at_once(*(each.change for each in kept)).then(returning.remember, [parts.visitor, *kept], None, **looking)
        parts.again_button.click(keeping.again, mine, shown, **following).then(*listed, **quiet)
        other = [parts.picture, parts.dance, parts.status]
        parts.other_button.click(keeping.other_character, mine, other, **quiet)
        parts.share_button.click(keeping.share, [*mine, parts.share_days], parts.share_link, **quiet)
        parts.unshare_button.click(keeping.unshare, mine, parts.share_link, **quiet)
        parts.history.click(
            keeping.act,
            [parts.visitor, parts.run_id, *boxes],
            [*shown, *boxes, parts.history],
            trigger_mode="multiple",
            **following,
        )
        parts.run_id.change(None, parts.run_id, None, js=without_empty("run", first=NOT_LINKED))
        parts.origin.connect(**looking)
        parts.consent.connect(self.demo, other_picture, parts.picture, **looking)
        at_once(parts.picture.upload).then(showable, parts.picture, parts.picture, **following)
        other_picture.then(acts.check_picture, [parts.picture, parts.choice], parts.picture_hint, **looking)
        other_dance.then(acts.check_dance, parts.dance, parts.dance_hint, **looking)
        preset, size = parts.tuning[:2]
        sizes = json.dumps({name: each.size for name, each in PRESETS.items()})
        # By whoever presses it: a preset that is set when the page is opened again comes with its size.
        preset.input(None, preset, size, js=f"preset => ({sizes})[preset]", api_visibility="private")
        estimating = Estimating(parts, self.workshop, self.limits, rehearsing=self.rehearsals.wanting.is_going)
        estimated = [parts.estimate, parts.fit_button, parts.ask_again]
        # One event, lest an answer to fewer changes comes last.
        changes = [*(changed.change for changed in wish), parts.ask_again.tick]
        at_once(*changes).then(estimating.estimate, wish, estimated, **looking)
        shorter = parts.fit_button.click(estimating.shorten, wish, parts.tuning[2], **quiet)
        shorter.then(estimating.shrink, wish, size, **quiet).then(estimating.estimate, wish, estimated, **quiet)
        picking = Picking(parts)
        example = [parts.clip, parts.stage, parts.status]
        picks = [parts.dance, parts.run_id], [parts.picture, *example]
        parts.character_shelf.click(picking.pick_character, *picks, **quiet)
        picks = [parts.picture, parts.run_id], [parts.dance, *example]
        parts.dance_shelf.click(picking.pick_dance, *picks, **quiet)
        given = [event for box in boxes for event in (box.upload, box.clear)]
        gr.on(given, picking.own, [*boxes, parts.run_id], example, **quiet)
        # What went wrong is over when somebody mends it.
        mended = [*given, parts.consent.tick.input, parts.who.click, parts.by_hand.click]
        gr.on(mended, None, parts.status, parts.status, js=view.NO_FAILURE, api_visibility="private")
        asked = [*ordered, *parts.api_people]
        parts.api_button.click(keeping.animate, asked, parts.api_clip, api_name="animate", concurrency_limit=None)

    def _connect_rehearsal(self, rehearsing: Rehearsing) -> None:
        parts = self.parts
        going: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        wish = [parts.picture, parts.dance, *parts.tuning]
        _, _, seconds, start, _, _, _, fit, place, smoothing = parts.tuning
        given, tuned = (parts.picture, parts.dance, parts.choice), (seconds, start, fit, place, smoothing)
        for changed, rehearse in ((given, rehearsing.rehearse), (tuned, rehearsing.rehearse_anew)):
            at_once(*(each.change for each in changed)).then(
                rehearse,
                [parts.asked, parts.choice, *wish],
                parts.rehearsal,
                js=ASKED,
                trigger_mode="multiple",
                **going,
            )
        taken = [parts.choice, parts.rehearsal]
        parts.pose_file.upload(rehearsing.take_pose, [parts.pose_file, parts.choice, parts.dance], taken, **going)
        looked = [parts.by_hand, parts.choice]
        at_once(parts.picture.change).then(
            rehearsing.look, [parts.picture, parts.choice], looked, trigger_mode="always_last", **going
        )
        # Another picture's people make way at once.
        gr.on([parts.picture.change], None, parts.who, None, js="() => ''", api_visibility="private")
        at_once(parts.picture.change, parts.choice.change).then(
            rehearsing.see, [parts.picture, parts.choice], parts.who, trigger_mode="always_last", **going
        )
        acting = rehearsing.act, [parts.choice, parts.picture, parts.dance], looked
        another, *_ = (each.click(*acting, **going) for each in (parts.who, parts.rehearsal, parts.by_hand))
        another.then(rehearsing.acts.check_character, [parts.picture, parts.choice], parts.picture_hint, **going)

    def _connect_models(self, choosing: Choosing) -> None:
        parts = self.parts
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        shown = [parts.getting, parts.get_button, parts.stop_getting]
        about = [parts.about_model, *shown]
        at_once(parts.model.change).then(choosing.about, parts.model, about, trigger_mode="multiple", **quiet)
        parts.get_button.click(choosing.get, parts.model, shown, **quiet)
        parts.stop_getting.click(choosing.stop, parts.model, None, **quiet)


def at_once(*changes: Any) -> Any:
    """Whatever follows these changes by `then` begins side by side. What is connected to a change itself a page of
    gradio's begins one after the other, each when the one before is over: a rehearsal, in the end."""
    return gr.on([*changes], None, None, None, js="() => []", trigger_mode="multiple", api_visibility="private")
