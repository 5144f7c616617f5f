"""Which press and which change on the page calls what. Made inside an open gr.Blocks."""

import json
from typing import Any

import gradio as gr

from studio import view
from studio.acts import Acts
from studio.checking import Checking
from studio.choosing import Choosing
from studio.estimating import Estimating
from studio.keeping import Keeping
from studio.kept import NOT_LINKED, without_empty
from studio.layout import Layout
from studio.picking import Picking
from studio.programs import Programs
from studio.rehearsing import Rehearsing
from studio.returning import Returning
from studio.showable import showable
from studio.wanting import ASKED
from studio.wishes import PRESETS

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_FOLLOWING: dict[str, Any] = {**_QUIET, "concurrency_limit": None}  # for as long as it takes, whoever else asks
_LOOKING: dict[str, Any] = {**_FOLLOWING, "trigger_mode": "always_last"}  # only the newest counts
_EACH: dict[str, Any] = {**_FOLLOWING, "trigger_mode": "multiple"}  # once for each time it happens
_NEWEST: dict[str, Any] = {**_EACH, "js": ASKED}  # at once; whoever answers knows which was asked last


def at_once(*changes: Any) -> Any:
    """Whatever follows these changes by `then` begins side by side. What is connected to a change itself a page of
    gradio's begins one after the other, each when the one before is over: a rehearsal, in the end."""
    return gr.on([*changes], None, None, None, js="() => []", trigger_mode="multiple", api_visibility="private")


def connect_clips(parts: Layout, acts: Acts, keeping: Keeping) -> None:
    """Clips are ordered, stopped, made again, shared, and listed."""
    shown, mine, boxes = _shown(parts), [parts.run_id, parts.visitor], [parts.picture, parts.dance]
    listed = keeping.history, parts.visitor, parts.history
    making = [parts.visitor, parts.choice, *_wish(parts), parts.consent.tick]
    parts.animate_button.click(None, parts.status, parts.status, js=view.on_its_way(), api_visibility="private")
    parts.animate_button.click(acts.make_clip, making, shown, **_EACH).then(*listed, **_QUIET)
    parts.stop_button.click(acts.stop, parts.run_id, parts.stop_button, queue=False, **_QUIET)
    parts.again_button.click(keeping.again, mine, shown, **_FOLLOWING).then(*listed, **_QUIET)
    parts.other_button.click(keeping.other_character, mine, [*boxes, parts.status], **_QUIET)
    parts.share_button.click(keeping.share, [*mine, parts.share_days], parts.share_link, **_QUIET)
    parts.unshare_button.click(keeping.unshare, mine, parts.share_link, **_QUIET)
    parts.history.click(keeping.act, [*mine[::-1], *boxes], [*shown, *boxes, parts.history], **_EACH)
    gr.on([parts.clips.expand, parts.history.focus], *listed, **_QUIET)
    parts.run_id.change(None, parts.run_id, None, js=without_empty("run", first=NOT_LINKED))


def connect_programs(parts: Layout, programs: Programs) -> None:
    """A program asks for a clip."""
    asked = [parts.picture, parts.dance, *parts.api_inputs]
    parts.api_button.click(programs.animate, asked, parts.api_clip, api_name="animate", concurrency_limit=None)


def connect_return(demo: gr.Blocks, parts: Layout, returning: Returning) -> None:
    """What a visitor had chosen is remembered, and there when they open the page again."""
    kept = [parts.picture, parts.dance, parts.choice, *parts.tuning, parts.model]
    opened = [parts.visitor, *kept, parts.small_print, *_shown(parts)]
    # One event, though several things are asked: each takes the server as long as the page itself.
    demo.load(returning.open, [parts.visitor, parts.run_id], opened, **_FOLLOWING)
    at_once(*(each.change for each in kept)).then(
        returning.remember, [parts.asked, parts.visitor, *kept], None, js=ASKED, **_LOOKING
    )


def connect_boxes(demo: gr.Blocks, parts: Layout, checking: Checking, picking: Picking) -> None:
    """A picture and a dance come, from the shelves or the visitor's own, and are checked."""
    boxes = [parts.picture, parts.dance]
    other_picture, other_dance = (at_once(box.change) for box in boxes)
    parts.origin.connect(**_LOOKING)
    parts.consent.connect(demo, other_picture, parts.picture, **_LOOKING)
    at_once(parts.picture.upload).then(showable, parts.picture, parts.picture, **_FOLLOWING)
    asking = [parts.asked, parts.picture, parts.choice]
    other_picture.then(checking.check_picture, asking, parts.picture_hint, **_NEWEST)
    other_dance.then(checking.check_dance, [parts.asked, parts.dance], parts.dance_hint, **_NEWEST)
    shelves = [parts.character_shelf.click, parts.dance_shelf.click]
    given = [event for box in boxes for event in (box.upload, box.clear)]
    # The clip that was made of both is looked for when they are there: of two picks at once neither knows the other.
    filled = gr.on([*shelves, *given], picking.pick, None, boxes, **_EACH)
    asked = [*boxes, parts.run_id, parts.status]
    filled.then(picking.picked, asked, [parts.clip, parts.stage, parts.status], **_LOOKING)
    # What went wrong is over when somebody mends it.
    chosen = [*(each.input for each in (*parts.tuning, parts.model)), parts.who.click, parts.by_hand.click]
    mended = [*shelves, *given, parts.consent.tick.input, *chosen]
    gr.on(mended, None, parts.status, parts.status, js=view.OVER, api_visibility="private")


def connect_estimate(parts: Layout, estimating: Estimating) -> None:
    """How long it will take is told, and made to fit."""
    wish, estimated = _wish(parts), [parts.estimate, parts.fit_button, parts.ask_again]
    preset, size, seconds, *_ = parts.tuning
    sizes = json.dumps({name: each.size for name, each in PRESETS.items()})
    # By whoever presses it: a preset that is set when the page is opened again comes with its size.
    preset.input(None, preset, size, js=f"preset => ({sizes})[preset]", api_visibility="private")
    # One event, lest an answer to fewer changes comes last.
    changes = [*(changed.change for changed in wish), parts.ask_again.tick]
    at_once(*changes).then(estimating.estimate, wish, estimated, **_LOOKING)
    shorter = parts.fit_button.click(estimating.shorten, wish, seconds, **_QUIET)
    shorter.then(estimating.shrink, wish, size, **_QUIET).then(estimating.estimate, wish, estimated, **_QUIET)


def connect_rehearsal(parts: Layout, rehearsing: Rehearsing, checking: Checking) -> None:
    """The character dances as soon as picture and dance are there; people and joints are chosen by hand."""
    wish = [parts.picture, parts.dance, *parts.tuning]
    _, _, seconds, start, _, _, _, fit, place, smoothing = parts.tuning
    given, tuned = (parts.picture, parts.dance, parts.choice), (seconds, start, fit, place, smoothing)
    for changed, rehearse in ((given, rehearsing.rehearse), (tuned, rehearsing.rehearse_anew)):
        at_once(*(each.change for each in changed)).then(
            rehearse, [parts.asked, parts.choice, *wish], parts.rehearsal, **_NEWEST
        )
    taken, looked = [parts.choice, parts.rehearsal], [parts.by_hand, parts.choice]
    asking = [parts.asked, parts.picture, parts.choice]
    parts.pose_file.upload(rehearsing.take_pose, [parts.pose_file, parts.choice, parts.dance], taken, **_FOLLOWING)
    at_once(parts.picture.change).then(rehearsing.look, asking, looked, **_NEWEST)
    # Another picture's people and joints make way at once, lest they are chosen or used for this one.
    former = [parts.who, parts.by_hand]
    gr.on([parts.picture.change], None, None, former, js="() => ['', '']", api_visibility="private")
    at_once(parts.picture.change, parts.choice.change).then(rehearsing.see, asking, parts.who, **_NEWEST)
    acting = rehearsing.act, [parts.choice, parts.picture, parts.dance], looked
    another, *_ = (each.click(*acting, **_EACH) for each in (parts.who, parts.rehearsal, parts.by_hand))
    another.then(checking.check_character, asking, parts.picture_hint, **_NEWEST)


def connect_models(parts: Layout, choosing: Choosing) -> None:
    """Models are chosen and got."""
    shown = [parts.getting, parts.get_button, parts.stop_getting]
    another = at_once(parts.model.change)
    another.then(choosing.fields, parts.model, parts.diffusion, **_LOOKING)
    another.then(choosing.about, parts.model, [parts.about_model, *shown], **_EACH)
    parts.get_button.click(choosing.get, parts.model, shown, **_FOLLOWING)
    parts.stop_getting.click(choosing.stop, parts.model, None, **_FOLLOWING)


def _wish(parts: Layout) -> list[Any]:
    """The fields that tell which clip somebody wishes for."""
    return [parts.picture, parts.dance, *parts.tuning, parts.model]


def _shown(parts: Layout) -> list[Any]:
    """What a clip changes on the page."""
    clip = [parts.run_id, parts.status, parts.progress, parts.stage, parts.clip, parts.notes, parts.after, parts.take]
    buttons = [parts.animate_button, parts.stop_button, parts.again_button, parts.other_button]
    return [*clip, *buttons, parts.share_link, parts.history]
