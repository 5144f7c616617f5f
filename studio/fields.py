"""What programs may set of a clip: the inputs of their event, which hand over what is given as it is, and its checks.

Gradio's own inputs would refuse first, in words that name no field.
"""

from abc import ABCMeta
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

import gradio as gr

from studio.limits import Limits
from studio.models import Models
from studio.wishes import FITS, LEAST_SECONDS, MOST_SMOOTHING, PLACES, PRESETS, SIZES
from studio.words import Told

_SHOWN = 60  # characters of what was given, where it is told
_FINITE = 1e300


@dataclass(frozen=True, kw_only=True)
class Field:
    """type: of JSON Schema; default: where nothing is given; choices: of a text; least, most: of a number."""

    type: Literal["string", "number", "integer", "boolean"]
    default: Any = None
    choices: tuple[str, ...] = ()
    least: float = -inf
    most: float = inf

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": self.type, **({"enum": [*self.choices]} if self.choices else {})}

    def sure(self, name: str, given: Any) -> Any:
        """What is given for it, whatever that is. Raises Told, which names the field."""
        shown = str(given)[:_SHOWN]
        if given is None:
            return self.default
        if self.choices and given not in self.choices:
            raise Told("not_among", name=name, given=shown, choices=", ".join(self.choices))
        if self.type in ("number", "integer"):
            if type(given) not in (int, float) or not abs(given) < _FINITE:
                raise Told("no_number", name=name, given=shown)
            if not self.least <= given <= self.most:
                raise Told("not_between", name=name, given=given, least=self.least, most=self.most)
        return round(given) if self.type == "integer" else given


def fields(limits: Limits, models: Models) -> dict[str, Field]:
    """By name, in the order in which programs may give them without names."""
    return {
        "preset": Field(type="string", default="standard", choices=(*PRESETS,)),
        "size": Field(type="string", choices=(*SIZES,)),
        "seconds": Field(type="number", default=limits.usual_seconds, least=LEAST_SECONDS, most=limits.seconds),
        "start": Field(type="number", default=0),
        "steps": Field(type="integer", default=0),
        "guidance": Field(type="number", default=0),
        "seed": Field(type="integer", default=42),
        "fit": Field(type="string", default="proportions", choices=(*FITS,)),
        "place": Field(type="string", default="auto", choices=(*PLACES,)),
        "smoothing": Field(type="number", default=1, least=0, most=MOST_SMOOTHING),
        "model": Field(type="string", choices=(*models.called(),)),
        "consent": Field(type="boolean", default=False),
        "person": Field(type="integer"),
        "character": Field(type="integer"),
    }


def inputs(of: Mapping[str, Field]) -> list[Any]:
    """One hidden input a field; to be made inside an open gr.Blocks."""
    made = []
    for name, field in of.items():
        made.append(_Input(field.default, visible=False, label=name))
        made[-1].schema = field.schema
    return made


def _as_given(self: gr.Textbox, value: Any) -> Any:
    return value


# Made past gradio's own way of making classes, which would write a file beside this one.
_Input: Any = ABCMeta.__new__(
    type(gr.Textbox),
    "Input",
    (gr.Textbox,),
    {
        "preprocess": _as_given,
        "postprocess": _as_given,
        "api_info": lambda self: self.schema,
        "example_payload": lambda self: self.value,
        "schema": {"type": "string"},
        "is_template": True,
    },
)
