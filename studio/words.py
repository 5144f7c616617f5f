"""What the page says, in the language of whoever reads it."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from animate import AnimateError
from animate.errors import NotDownloaded
from studio.languages.arabic import ARABIC
from studio.languages.chinese import CHINESE
from studio.languages.core import SENTENCES
from studio.languages.door import DOOR
from studio.languages.english import ENGLISH
from studio.languages.hub import HUB
from studio.languages.lodging import LODGING
from studio.languages.offers import OFFERS
from studio.languages.own import OWN
from studio.languages.rehearsal import REHEARSAL
from studio.languages.spanish import SPANISH

_TABLES = {"en": ENGLISH, "es": SPANISH, "zh": CHINESE, "ar": ARABIC}
LANGUAGES = {language: {**table, **REHEARSAL[language], **DOOR[language]} for language, table in _TABLES.items()}
NAMES = {"en": "English", "es": "Español", "zh": "中文", "ar": "العربية"}
RIGHT_TO_LEFT = {"ar"}

_KEPT = re.compile(rf"(?<![\w./-])({'|'.join(OWN)})\.\w{{2,5}}(?!\w)")  # as the archive of clips calls their files


@dataclass(frozen=True)
class Line:
    """Something to be said, in whichever language, once its reader is known. key: of the words; values: put in."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Told(AnimateError):
    """A failure of which the page has the words, under `key`."""

    def __init__(self, key: str, **values: object):
        super().__init__(Words("en")(key, **values))
        self.line = Line(key, values)


def line_of(failure: object) -> Line | None:
    """What the page has its own words for: those of a download are for whoever runs the program. Else None."""
    if isinstance(failure, NotDownloaded):
        return Line("not_downloaded")
    return failure.line if isinstance(failure, Told) else None


class Words:
    """One language: `words("stopped")` says it, with values put in. Raises KeyError for words that are nowhere."""

    def __init__(self, language: str):
        self.language = language

    @classmethod
    def asked(cls, header: str | None) -> "Words":
        """The first language of an Accept-Language header, as the browser takes it too; else English."""
        language = re.split(r"[-,;]", (header or "").strip().lower())[0]
        return cls(language if language in LANGUAGES else "en")

    def __call__(self, key: str, **values: object) -> str:
        return LANGUAGES[self.language][key].format(**values)

    def html(self, key: str, **values: object) -> str:
        """The same, to stand inside HTML or an attribute of it."""
        return html.escape(self(key, **values))

    def say(self, what: Line | AnimateError | str) -> str:
        """A line, or what the core says in English: sentence by sentence, those not known as they are."""
        if line := what if isinstance(what, Line) else line_of(what):
            return self(line.key, **line.values)
        sentences = re.split(r"(?<=[.?!]) (?=[A-Z])", str(what))
        return " ".join(self._owned(each if self.language == "en" else self._sentence(each)) for each in sentences)

    def _owned(self, sentence: str) -> str:
        """With the visitor's files called what they are to them."""
        owned = _KEPT.sub(lambda found: OWN[found[1]][self.language], sentence)
        return owned if owned == sentence else f"{owned[0].upper()}{owned[1:]}"

    def _sentence(self, english: str) -> str:
        for pattern, translations in _PATTERNS:
            if found := pattern.fullmatch(english):
                values = {name: self._sentence(value) for name, value in found.groupdict().items()}
                return translations[self.language].format(**values)
        return english


class PageWords:
    """What stands on the page before anybody asks for it: said in all languages, chosen in the browser."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}

    def __call__(self, key: str, **values: object) -> Any:
        """For a label and its like."""
        return self.made(lambda words: words(key, **values))

    def made(self, make: Callable[[Words], str]) -> Any:
        """Whatever `make` makes of the words of a language, such as HTML."""
        key = f"page-{len(self._said['en'])}"
        for language, said in self._said.items():
            said[key] = make(Words(language))
        return gr.I18n()(key)

    def translations(self) -> gr.I18n:
        return gr.I18n(**self._said)


def _pattern(template: str) -> re.Pattern[str]:
    """What finds a sentence of the core and the values in it."""
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(f"(?P<{part}>.+?)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts)))


_PATTERNS = [
    (_pattern(english), {"es": spanish, "zh": chinese, "ar": arabic})
    for english, spanish, chinese, arabic in sorted(
        (*SENTENCES, *OFFERS, *HUB, *LODGING), key=lambda row: -len(re.sub(r"\{\w+\}", "", row[0]))
    )  # what says most comes first, so that less does not match in its place
]
