"""What the page says: in every language, whole, and nowhere but in its tables."""

import ast
import errno
import os
import re
from pathlib import Path
from string import Formatter

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from animate import AnimateError, NoPersonFound, UnreadableImage, examples, pictures
from animate.devices import named
from animate.hub import NotGot
from animate.watching import no_such
from animate.writing import in_words
from studio import errands, shelf
from studio.archive import Archive
from studio.failures import Refused
from studio.languages.core import SENTENCES
from studio.languages.hub import HUB
from studio.languages.lodging import LODGING
from studio.languages.offers import OFFERS
from studio.languages.own import OWN
from studio.routes import routes
from studio.words import LANGUAGES, Line, PageWords, Words
from tests.media import dancer, encode

ROOT = Path(__file__).parents[1]
PAGE = sorted((ROOT / "studio").glob("*.py"))
OTHERS = [language for language in LANGUAGES if language != "en"]
BUILT = (
    "preset",
    "good",
    "half",
    "several",
    "nobody",
    "day",
    "size",
    "fit",
    "place",
    "name",
    "doubt",
    "joint",
)  # and their hints
STAGES = ("watch", "cut", "denoise", "write")


def fields(words: str) -> set[tuple[str, str]]:
    return {(name, form) for _, name, form, _ in Formatter().parse(words) if name}


def strings(file: Path) -> list[str]:
    """Every string of a file that is no docstring."""
    tree = ast.parse(file.read_text())
    quiet = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    quiet |= {  # what is logged is for whoever runs the page
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")
        for part in ast.walk(node)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet
    ]


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_every_word_with_its_values(language):
    english, table = LANGUAGES["en"], LANGUAGES[language]
    assert table.keys() == english.keys()
    for key, words in table.items():
        assert {name for name, _ in fields(words)} == {name for name, _ in fields(english[key])}, key
        assert fields(words) <= fields(english[key]), key
    plain = {key: re.sub(r"{.*?}", "", words) for key, words in table.items()}
    same = {key for key, words in table.items() if words == english[key] and re.search("[a-z]{4}", plain[key])}
    assert same <= {"name_robot", "name_disco", "name_hip-hop", "name_bhangra", "name_twist"}, "not translated"


def test_in_chinese_everybody_is_spoken_to_alike():
    assert "\u60a8" not in "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "studio/languages").glob("*.py")
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_beside_fine_tuning_no_word_is_the_trades_own(language):
    trade = re.compile("seed|weights|keypoint|semilla|pesos|种子|权重|关键点|بذر|أوزان", re.IGNORECASE)
    tuned = {"seed", "seed_hint", "seed_range", "pose_file"}
    assert {key for key, words in LANGUAGES[language].items() if trade.search(words)} <= tuned


def test_every_word_is_used():
    used = {string for file in PAGE for string in strings(file)}
    unused = {key for key in LANGUAGES["en"] if key not in used and key.split("_")[0] not in BUILT}
    assert unused - set(STAGES) == set()


@pytest.mark.parametrize(
    "file",
    [file for file in PAGE if file.name not in ("folder.py", "hosting.py", "store.py", "health.py", "reports.py")],
    ids=lambda file: file.name,
)  # those speak to whoever starts the program, and to other programs
def test_no_words_stand_outside_the_tables(file):
    allowed = {"Requests from other sites are refused."}
    allowed |= {errands._WORDS}
    for string in strings(file):
        if string in allowed or re.search(r"=>|[;{}]|://", string):  # to programs; script and style
            continue
        plain = re.sub(r"<[^>]*>?|\S+=\S*", " ", string)
        assert not re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}|[A-Z][a-z]+ [a-z]{2,}", plain), string


def test_what_the_core_says_is_translated():
    said = []
    for file in (ROOT / "animate" / name for name in ("video.py", "watching.py", "characters.py", "motion.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args:
                called, words = ast.unparse(node.func), node.args[0]
                if called == "Note" or called in (
                    "UnreadableVideo",
                    "UnreadableImage",
                    "NoPersonFound",
                    "NoCharacterFound",
                ):
                    said.append(words)
    sentences = []
    for words in said:
        parts = words.values if isinstance(words, ast.JoinedStr) else [words]
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts if part)
        sentences += [each for each in re.split(r"(?<=[.?!]) (?=[A-Z7])", text) if re.search("[a-z]{3}", each)]
    assert len(sentences) > 20
    # A length is told in minutes or hours.
    elsewhere = {"This video lasts 7."}
    assert {each for each in sentences if Words("es").say(each) == each} - elsewhere == set()


def test_what_goes_wrong_with_a_hub_is_translated():
    """Whatever is raised or put together there, with figures in place of what is only known then."""
    told = set()
    for file in (ROOT / "animate" / name for name in ("hub.py", "getting.py", "arriving.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            words = []
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "NotGot":
                words = node.args
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("words", "what"):
                words = [part for part in ast.walk(node.value) if isinstance(part, ast.Constant | ast.JoinedStr)]
            for each in words:
                parts = each.values if isinstance(each, ast.JoinedStr) else [each]
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)
                told |= {sentence for sentence in re.split(r"(?<=[.?!]) (?=[A-Z7])", text) if "NotGot" not in sentence}
    told = {each for each in told if re.search("[a-z]{3}", each) and each[-1] in ".?" and each[0] != " "}
    assert len(told) > 25
    for language in OTHERS:
        assert {each for each in told if Words(language).say(each) == each} == set()


def test_values_within_sentences_are_translated_too():
    said = "a/b.pth did not arrive as it should: it has 7 bytes instead of 9. Nothing of it was kept; try again."
    assert Words("es").say(said) == (
        "a/b.pth no llegó como debía: tiene 7 bytes en vez de 9. No se ha conservado nada de él; prueba otra vez."
    )
    damaged = "a.pth is damaged: it is a Git LFS pointer, not the weights themselves. Delete it and get it again."
    assert "puntero de Git LFS" in Words("es").say(damaged)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "full"), [(errno.ENOSPC, True), (errno.EACCES, False)])
def test_a_disk_is_called_full_only_where_it_is(language, code, full):
    with pytest.raises(AnimateError) as caught, in_words():
        raise OSError(code, os.strerror(code))
    told, words = Words(language).say(caught.value), Words(language)
    assert (words.say("Free some space and try again.") in told) == full
    assert ("could not be written" in told) == (language == "en")


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("cores", [1, 2])
def test_the_device_is_named_in_every_language(monkeypatch, language, cores):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    device = named(torch.device("cpu"))
    told = Words(language).say(f"Embedded model on {device}.")
    assert "processor" not in told
    assert str(cores) in told.replace("واحدة", "1")


@pytest.mark.parametrize("language", OTHERS)
def test_how_memory_is_used_is_translated(language):
    from animate.memory import PLANS

    words = Words(language)
    for plan in PLANS:
        note = f"Memory ran out, so the clip goes on with less of it. {plan.words}"
        assert not set(words.say(note).split()) & {"Memory", "device", "model"}
    assert words.say(str(NotGot("The hub cannot be reached. Try again."))) != "The hub cannot be reached. Try again."


def test_the_core_still_says_what_is_translated():
    sources = "".join(
        "".join(strings(file)) for package in ("animate", "pose") for file in (ROOT / package).rglob("*.py")
    )
    for english, *_ in (*SENTENCES, *OFFERS, *HUB, *LODGING):
        alone = english.removeprefix("Embedded").removesuffix(" minutes.").removesuffix(" hours.")
        for part in re.split(r"\{\w+\}", alone):
            assert part.strip(" .,%") in sources, english


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("es-MX,es;q=0.9", "es"),
        ("zh-CN", "zh"),
        ("AR", "ar"),
        ("fr,es", "en"),
        ("x" * 99, "en"),
    ],
)
def test_the_language_is_the_first_one_asked_for(header, language):
    assert Words.asked(header).language == language


def test_failures_are_told_in_the_language_of_who_reads_them(tmp_path):
    spanish = Words("es")
    assert spanish.say(Refused("too_many", count=3)).startswith("Has hecho 3 clips")
    assert spanish.say(Line("stopped")) == "Parado."
    assert str(Refused("queue_full")) == Words("en").say(Refused("queue_full"))
    (tmp_path / "a b.png").write_text("no picture")
    with pytest.raises(UnreadableImage) as caught:
        pictures.read(tmp_path / "a b.png")
    assert spanish.say(caught.value) == (
        "a b.png no se puede leer como imagen. Guárdala de nuevo como JPEG, PNG o WebP y prueba con ella."
    )
    assert Words("zh").say(NoPersonFound("Nothing of the kind. Nobody was found in the picture.")) == (
        "Nothing of the kind. 图片中没有找到人。"
    )


@pytest.mark.parametrize("name", ["Mr. Bean.mp4", "Vol. 2. Final.mp4", "Who? Me! You.mp4"])
@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_is_not_parted_within_the_name_of_a_file(language, name):
    told = re.sub(r"\s", " ", Words(language).say(no_such(3, Path("/somewhere") / name)))
    plain = Words(language).say(no_such(3, Path("dance-of-mine.mp4")))
    assert told == plain.replace("dance-of-mine.mp4", name)
    assert "Choose" not in told


def test_the_page_carries_all_languages():
    say = PageWords()
    stop, heading = say("stop"), say.made(lambda words: f"## {words('clip_heading')}")
    translations = say.translations().translations
    assert translations["es"][stop.key] == "Parar"
    assert translations["ar"][heading.key].startswith("## ٣")


def test_shelves_have_names_for_those_who_do_not_see_them(tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "ASSETS", tmp_path)
    assert (shelf.of_kind("character"), shelf.of_kind("dance")) == ({}, {})
    for folder in ("characters", "dances"):
        (tmp_path / folder).mkdir()
    Image.fromarray(np.zeros((90, 60, 3), np.uint8)).save(tmp_path / "characters" / "red_robot.png")
    encode(tmp_path / "dances" / "waltz.mp4", dancer(30))
    html = shelf.shelf(Words("en"), "character", [*shelf.of_kind("character"), "bear"])
    assert 'aria-label="Use the character red robot"' in html
    assert 'data-name="red_robot"' in html
    assert 'title="oso"' in shelf.shelf(Words("es"), "character", ["bear"])
    client = TestClient(Starlette(routes=routes(Archive(tmp_path, keep_days=1))))
    for address in re.findall(r'src="([^"]*red[^"]*)"', html) + ["examples/dance/waltz.jpg"]:
        assert client.get(address).headers["content-type"] == "image/jpeg"
    assert client.get("examples/dance/tango.jpg").status_code == 404
    assert client.get("examples/secrets/waltz.jpg").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visitors_files_are_theirs_in_every_language(language):
    """Whatever the archive of clips calls them."""
    words = Words(language)
    said = [
        "Nobody was found in dance.mp4, from 0.0 to 0.4 s. Use another part of it, or a video in which a person is "
        "seen whole, not too small, from the front.",
        "dance.webm is too short there for a dance: 0.1 s. Use a second or more.",
        "picture.jpeg cannot be read as a picture. Save it again as JPEG, PNG or WebP and try that.",
        "There is no person 3 in dance.mov. Choose a lower number, or nobody.",
    ]
    for each in said:
        told = words.say(each)
        assert not re.search(r"(dance|picture)\.\w", told)
        assert told[0] == told[0].upper()
        assert OWN["picture" if "picture." in each else "dance"][language].lower() in told.lower()
    assert "my-dance.mp4" in words.say("Nobody was found in my-dance.mp4, from 0.0 to 0.4 s.")
    assert Words("en").say(said[1]).startswith("Your video is too short there")
