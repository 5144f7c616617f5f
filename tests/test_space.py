"""As a Space of Hugging Face: what outlives its restarts, and what is said where nothing does."""

import pytest

from animate import places
from pose import homes
from pose.weights import EMBEDDED, find_segmenter
from studio import store
from studio.limits import lasts
from studio.page import build
from studio.words import LANGUAGES
from tests.fake_animator import FakeAnimator


@pytest.fixture(autouse=True)
def space(monkeypatch, tmp_path):
    monkeypatch.setenv("SPACE_ID", "somebody/animate")
    monkeypatch.delenv("ANIMATE_CACHE", raising=False)
    for module in (homes, places):
        monkeypatch.setattr(module, "SPACE_DISK", tmp_path / "data")


def test_what_is_kept_lies_on_the_disk_that_outlives_restarts(monkeypatch, tmp_path):
    assert tmp_path not in store.home().parents
    (tmp_path / "data").mkdir()
    assert store.home() == tmp_path / "data" / "animate" / "studio"
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "named"))
    assert store.home() == tmp_path / "named" / "studio"
    monkeypatch.delenv("ANIMATE_CACHE")
    monkeypatch.delenv("SPACE_ID")
    assert tmp_path not in store.home().parents


def test_so_do_the_models_that_find_people(tmp_path):
    home = tmp_path / "data" / "animate" / "pose" / EMBEDDED
    home.mkdir(parents=True)
    (home / "hashes.json").write_text("{}")
    assert find_segmenter() == home / "segmenter.onnx"


def test_elsewhere_everything_lasts(monkeypatch, tmp_path):
    assert not lasts(tmp_path / "studio")
    assert lasts(tmp_path / "data" / "studio")
    monkeypatch.delenv("SPACE_ID")
    assert lasts(tmp_path / "studio")


@pytest.mark.parametrize("where", ["studio", "data/studio"])
def test_where_links_end_with_a_restart_it_is_said_beside_the_offer(where, tmp_path):
    made = build(lambda name: FakeAnimator(), folder=tmp_path / where)
    said = made.translations.translations_dict
    made.close()
    for language, words in LANGUAGES.items():
        told = any(words["share_restart"] in each for each in said[language].values())
        assert told == (where == "studio")
