"""Several models in one page: which may be chosen, how they are got, and that only one large one stays."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PIL import Image

from animate import catalogue
from animate.catalogue import HubFile
from studio import view
from studio.jobs import Workshop
from studio.limits import LIMITS
from studio.models import Models, skeleton
from studio.wishes import Wish, to_order
from studio.words import LANGUAGES, Words
from tests.awaiting import wait_for
from tests.fake_animator import FakeAnimator
from tests.hub import serve, toy_model
from tests.media import dancer, encode
from tests.test_getting import cache  # noqa: F401


class Large(FakeAnimator):
    lodging = SimpleNamespace()  # what fills a device has one


@pytest.fixture
def hub(cache, monkeypatch):  # noqa: F811
    monkeypatch.setitem(catalogue.MODELS, "moore", toy_model())
    with serve() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
        yield served


def test_a_model_is_got_in_the_background(hub):
    models = Models("mini", may_get=True)
    assert models.names() == ["moore", "musepose", "novita"]
    assert not models.here("moore")
    needs = models.needs("moore")
    assert needs.size == hub.size
    assert needs.fits
    models.get("moore")
    wait_for(lambda: (coming := models.coming("moore")) and coming.over)
    assert models.here("moore")
    assert models.here("")
    assert models.coming("musepose") is None


def test_the_decoder_of_previews_comes_by_itself_to_a_model_got_before_it(hub, monkeypatch):
    models = Models("mini", may_get=True)
    models.get("moore")
    wait_for(lambda: (coming := models.coming("moore")) and coming.over)
    small = HubFile("taesd", "some/previews", "diffusion_pytorch_model.safetensors", optional=True)
    monkeypatch.setitem(catalogue.MODELS, "moore", replace(toy_model(), files=(*toy_model().files, small)))
    hub.files[small.name] = bytes(range(200))
    Models("mini", may_get=False).complete("moore")
    assert models.here("moore")
    assert "taesd" not in catalogue.find("moore")[1]
    models.complete("moore")
    wait_for(lambda: "taesd" in catalogue.find("moore")[1])


def test_what_goes_wrong_is_kept_to_be_told(hub):
    hub.refuse = lambda method, name, headers: (404, {})
    models = Models("mini", may_get=True)
    models.get("moore")
    wait_for(lambda: (coming := models.coming("moore")) and coming.over)
    coming = models.coming("moore")
    assert coming is not None
    assert "The hub answered 404" in str(coming.failure)
    assert not models.here("moore")


def test_strangers_get_nothing(hub):
    models = Models("mini", may_get=False)
    models.get("moore")
    assert models.coming("moore") is None
    assert not LIMITS["space"].get_models


def test_only_one_large_model_stays_and_the_embedded_one_beside_it(tmp_path):
    Image.fromarray(dancer(1)[0]).save(tmp_path / "picture.png")
    dance = encode(tmp_path / "dance.mp4", dancer(25))
    loaded: list[str] = []

    def load(model: str):
        loaded.append(model)
        return Large(pause=0.0) if model else FakeAnimator(pause=0.0)

    shop = Workshop(load, folder=tmp_path / "own", limits=LIMITS["cpu"])
    shop.open()
    order = to_order(Wish(picture=tmp_path / "picture.png", dance=dance, seconds=1), LIMITS["cpu"])
    for model in ("moore", "", "moore", "novita", "", "moore"):
        run = shop.order(order, model=model)
        wait_for(lambda run=run: run.state.over)
        assert run.state.phase == "done"
        assert shop.has(model)
        assert shop.has("")
    assert loaded == ["", "moore", "novita", "moore"]
    assert not shop.has("novita")
    shop.close()
    shutil.rmtree(tmp_path / "own")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_model_tells_its_licence_in_every_language(language):
    words = Words(language)
    for row in catalogue.MODELS.values():
        shown = view.about(words, row)
        assert f'src="models/{row.name}.jpg"' in shown
        if language != "en":
            assert row.allows not in shown
        assert ("15" in shown) == (row.name == "musepose"), "frames a second"
    assert view.about(words, None) == ""


def test_each_model_shows_its_own_skeleton():
    pictures = {name: skeleton(name) for name in catalogue.MODELS}
    assert all(picture is not None and picture.max() > 200 for picture in pictures.values())
    assert len({picture.tobytes() for picture in pictures.values() if picture is not None}) == 4
    assert skeleton("nobody's") is None
