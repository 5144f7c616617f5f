"""What is on the page, and where. What it does is in page.py."""

from abc import ABCMeta
from collections.abc import Iterable
from typing import Any

import gradio as gr

from studio import moments, rehearsal_view, shelf, speaking, view
from studio.consent import Consent
from studio.fields import fields, inputs
from studio.history import HISTORY_SCRIPT
from studio.kept import kept
from studio.limits import Limits
from studio.models import Models
from studio.origin import OriginDesk
from studio.share import DAYS
from studio.wishes import FITS, LEAST_SECONDS, MOST_SMOOTHING, PLACES, PRESETS, SIZES, Wish
from studio.words import PageWords

_UNTIL_KNOWN = 2.0  # seconds after which an estimate that is not known yet is asked for again
_READ_ALOUD = "element.setAttribute('role', 'status'); element.setAttribute('aria-live', 'polite');"


def _unopened(self: gr.Image, payload: Any) -> Any:
    return payload.path if payload is not None else None


# A picture's box that hands over the file unopened: gradio would open it before us, and show the server's paths when
# that fails. A class, since gradio makes the box anew for a visitor whose page changes; made past gradio's own way of
# making classes, which would write a file beside this one.
PictureBox: Any = ABCMeta.__new__(
    type(gr.Image), "PictureBox", (gr.Image,), {"preprocess": _unopened, "is_template": True}
)

# A slider whose number is handed over as it is typed. What is there on the way, as nothing or 0 before 0.5, gradio
# would refuse in English; and of what fails its page forgets that it is to be asked once more, for what came meanwhile.
Slider: Any = ABCMeta.__new__(
    type(gr.Slider), "Slider", (gr.Slider,), {"preprocess": lambda self, payload: payload, "is_template": True}
)


class Layout:
    """The parts of the page by name; to be made inside an open gr.Blocks. characters, dances: names of examples;
    lasting: whether clips outlive the program."""

    def __init__(
        self,
        say: PageWords,
        characters: Iterable[str],
        dances: Iterable[str],
        limits: Limits,
        models: Models,
        *,
        lasting: bool = True,
    ):
        gr.Markdown(say.made(lambda words: f"# {words('title')}\n\n{words('tagline')}"), elem_id="top")
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                with gr.Row(equal_height=False):
                    with gr.Column(min_width=280):
                        self._lay_out_picture(say, characters)
                    with gr.Column(min_width=280):
                        self._lay_out_dance(say, dances)
                self.consent = Consent(say)
                with gr.Row():
                    self.animate_button = gr.Button(say("animate"), variant="primary", elem_id="animate", scale=3)
                    self.stop_button = gr.Button(say("stop"), interactive=False, elem_id="stop", scale=1, min_width=90)
                self.estimate = gr.HTML("", elem_id="estimate", elem_classes="hint", js_on_load=_READ_ALOUD)
                self.ask_again = gr.Timer(_UNTIL_KNOWN, active=False)
                self.fit_button = gr.Button(visible=False, size="sm", elem_id="fit-memory")
                with _folded(say("fine_tuning"), elem_id="fine-tuning"):
                    self.tuning, self.diffusion = _lay_out_tuning(say, limits, diffuses=models.diffuses(""))
                    self.pose_file = gr.UploadButton(
                        say("pose_file"), file_types=[".json", ".npz"], type="filepath", size="sm", elem_id="pose-file"
                    )
                    self._lay_out_models(say, models)
            with gr.Column(min_width=300, elem_id="clip-column"):
                _heading(say, "clip_heading")
                self.stage = gr.HTML(say.made(lambda words: view.stage(words, None)), elem_id="stage")
                self.clip = gr.HTML("", elem_id="clip", visible=False)
                self.status = gr.HTML("", elem_id="status", js_on_load=_READ_ALOUD)
                self.progress = gr.HTML("", elem_id="progress")
                with gr.Column(visible=False, elem_id="after") as self.after:
                    self._lay_out_after(say, models, lasting=lasting)
                self.notes = gr.HTML("", elem_id="notes")
                self.rehearsal = gr.HTML("", elem_id="rehearsal", js_on_load=rehearsal_view.SCRIPT)
        with gr.Accordion(say("history"), open=False, elem_id="history") as self.clips:
            self.history = gr.HTML("", elem_classes="history", js_on_load=HISTORY_SCRIPT)
        self.origin = OriginDesk(say)
        self.small_print = gr.Markdown(say("model_loading"), elem_id="small-print")
        gr.HTML(say.made(speaking.choice), elem_id="languages")
        self.run_id = kept("run", "")
        self.visitor = kept("visitor", "")  # whose clips are whose
        self.asked = gr.Number(visible=False)  # filled in by the browser with each question
        # An event of its own for programs, which want a file and no page.
        self.api_button = gr.Button(visible=False)
        self.api_inputs = inputs(fields(limits, models))
        self.api_clip = gr.Video(visible=False, label=say("clip"))

    def _lay_out_after(self, say: PageWords, models: Models, *, lasting: bool) -> None:
        """What can be done with a finished clip."""
        self.take = gr.HTML("", elem_id="take", js_on_load=view.COMPARE_SCRIPT + view.PREPARING_SCRIPT)
        with gr.Row():
            self.again_button = gr.Button(say("again"), size="sm", elem_id="again", visible=models.diffuses(""))
            self.other_button = gr.Button(say("other_character"), size="sm", elem_id="other")
        with _folded(say("share"), elem_id="share"):
            for key in ("share_hint", *([] if lasting else ["share_restart"])):
                gr.HTML(say.made(lambda words, key=key: view.status(words(key))), elem_classes="hint")
            days = [(say(f"day_{each}"), each) for each in DAYS]
            self.share_days = gr.Radio(days, value=DAYS[1], label=say("share_days"))
            with gr.Row():
                self.share_button = gr.Button(say("share_now"), size="sm", elem_id="share-now")
                self.unshare_button = gr.Button(say("unshare"), size="sm", elem_id="unshare")
            self.share_link = gr.HTML("", elem_id="share-link", js_on_load=_READ_ALOUD + moments.SCRIPT)

    def _lay_out_models(self, say: PageWords, models: Models) -> None:
        """Those that are here, and where visitors may have others got, those too."""
        names = models.offered()
        choices = [(say("embedded") if models.is_embedded(name) else models.title(name), name) for name in names]
        several = len(names) > 1
        self.model = gr.Radio(
            choices, value="", label=say("model"), info=say("model_hint"), visible=several, elem_id="model"
        )
        self.about_model = gr.HTML(say.made(lambda words: view.about(words, models.row(""))), visible=several)
        self.getting = gr.HTML("", elem_id="getting", elem_classes="hint", js_on_load=_READ_ALOUD)
        with gr.Row():
            self.get_button = gr.Button(say("get_model"), visible=False, elem_id="get-model")
            self.stop_getting = gr.Button(say("stop"), visible=False, elem_id="stop-getting")

    def _lay_out_picture(self, say: PageWords, characters: Iterable[str]) -> None:
        _heading(say, "picture_heading")
        self.picture = PictureBox(
            label=say("picture"),
            type="filepath",
            sources=["upload", "webcam", "clipboard"],
            interactive=True,
            buttons=[],
            elem_id="picture",
        )
        self.picture_hint = _hint(say, "picture_hint")
        self.who = gr.HTML("", elem_id="who", js_on_load=rehearsal_view.SCRIPT)
        self.by_hand = gr.HTML("", elem_id="by-hand", js_on_load=rehearsal_view.SCRIPT)
        self.character_shelf = gr.HTML(
            say.made(lambda words: shelf.shelf(words, "character", characters)),
            elem_classes="shelf",
            elem_id="characters",
            js_on_load=shelf.SHELF_SCRIPT,
            visible=bool(characters),
        )

    def _lay_out_dance(self, say: PageWords, dances: Iterable[str]) -> None:
        _heading(say, "dance_heading")
        self.dance = gr.Video(
            label=say("dance"),
            sources=["upload", "webcam"],
            include_audio=True,
            interactive=True,
            webcam_options=gr.WebcamOptions(
                mirror=False, constraints={"video": {"width": {"ideal": 1280}, "height": {"ideal": 720}}}
            ),
            elem_id="dance",
        )
        self.dance_hint = _hint(say, "dance_hint")
        self.dance_shelf = gr.HTML(
            say.made(lambda words: shelf.shelf(words, "dance", dances)),
            elem_classes="shelf",
            elem_id="dances",
            js_on_load=shelf.SHELF_SCRIPT,
            visible=bool(dances),
        )
        gr.HTML(say.made(rehearsal_view.way), elem_id="to-rehearsal", elem_classes="links")
        self.choice = gr.State({})  # what was chosen in the rehearsal


def _folded(label: Any, **more: Any) -> gr.Accordion:
    """Closed at first. Not `False`, since of that a page of gradio's makes the fields when it is opened, and two frames
    later sets them as they were at first, whatever a visitor has chosen by then."""
    return gr.Accordion(label, open=0, **more)  # type: ignore[arg-type]


def _heading(say: PageWords, key: str) -> None:
    gr.Markdown(say.made(lambda words: f"## {words(key)}"), elem_classes="heading")


def _hint(say: PageWords, key: str) -> gr.HTML:
    said = say.made(lambda words: view.status(words(key)))
    return gr.HTML(said, elem_id=key.replace("_", "-"), elem_classes="hint", js_on_load=_READ_ALOUD)


def _lay_out_tuning(say: PageWords, limits: Limits, *, diffuses: bool) -> tuple[list[Any], gr.Row]:
    """The folded fields, in the order of studio.wishes.TUNING."""

    def radio(key: str, table: dict[str, Any]) -> gr.Radio:
        choices = [(say(f"{key}_{each}"), each) for each in table]
        return gr.Radio(
            choices, value=Wish.__dataclass_fields__[key].default or "standard", label=say(key), info=say(f"{key}_hint")
        )

    most = limits.seconds
    preset = radio("preset", PRESETS)
    with gr.Row():
        size = radio("size", SIZES)
        seconds = Slider(
            LEAST_SECONDS,
            most,
            value=limits.usual_seconds,
            step=0.5,
            label=say("seconds"),
            info=say("seconds_hint", most=most),
        )
        start = gr.Number(0, label=say("start"), info=say("start_hint"))
    with gr.Row(visible=diffuses) as diffusion:  # what cannot be is refused with the order, in the visitor's language
        steps = gr.Number(0, precision=0, label=say("steps"), info=say("steps_hint"))
        guidance = gr.Number(0, label=say("guidance"), info=say("guidance_hint"))
        seed = gr.Number(42, precision=0, label=say("seed"), info=say("seed_hint"))
    with gr.Row():
        fit = radio("fit", FITS)
        place = radio("place", PLACES)
    smoothing = Slider(
        0, MOST_SMOOTHING, value=1, step=0.25, label=say("smoothing"), info=say("smoothing_hint"), elem_id="smoothing"
    )
    return [preset, size, seconds, start, steps, guidance, seed, fit, place, smoothing], diffusion
