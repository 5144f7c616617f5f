"""The example characters and dances: whole, reproducible, with joints that are where they say."""

import functools
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from animate import video
from training.assets import ASSETS, RATE
from training.puppets.choreography import danced
from training.puppets.gallery import GALLERY, portray
from training.puppets.music import composed
from training.puppets.show import PERFORMANCES, joints_of, skeleton
from training.puppets.steps import solved
from training.puppets.synth import RATE as SOUND_RATE

CHARACTERS = [who.name for who in GALLERY]
DANCES = {show.dance.name: show for show in PERFORMANCES}


@functools.cache
def drawn(name: str) -> tuple[np.ndarray, np.ndarray]:
    return portray(next(who for who in GALLERY if who.name == name))


def points_of(name: str) -> np.ndarray:
    return np.array(json.loads((ASSETS / "characters" / f"{name}.json").read_text())["points"])


@pytest.mark.parametrize("who", GALLERY, ids=CHARACTERS)
def test_a_character_is_drawn_again_as_it_is_stored(who):
    stored = np.array(Image.open(ASSETS / "characters" / f"{who.name}.png").convert("RGB"))
    picture, points = drawn(who.name)
    assert stored.shape == (768, 512, 3)
    assert np.abs(stored.astype(int) - picture).mean() < 0.5
    assert (ASSETS / "characters" / f"{who.name}.png").stat().st_size < 400_000
    assert np.allclose(points_of(who.name), points, atol=0.02)


@pytest.mark.parametrize("who", GALLERY, ids=CHARACTERS)
def test_the_visible_joints_of_a_character_lie_on_it(who):
    """Where the empty scene and the character's picture are the same, there is no character."""
    from training.puppets.scenes import paper_grain, vignette

    scene = vignette(who.scene().finished())
    if who.grain:
        scene = paper_grain(scene, seed=len(who.name), strength=who.grain)
    picture, points = drawn(who.name)
    differs = np.abs(picture.astype(int) - scene).max(-1) > 6
    joints = points[:18][points[:18, 2] > 0]
    assert len(joints) >= (14 if who.name == "portrait" else 18)
    for x, y in joints[:, :2].astype(int):
        assert differs[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4].any(), (x, y)


def test_the_half_length_portrait_hides_what_it_does_not_show():
    points = points_of("portrait")
    assert not points[[9, 10, 12, 13], 2].any()
    assert points[:9, 2].all()


@pytest.mark.parametrize("name", DANCES)
def test_a_dance_its_joints_and_its_music_are_equally_long(name):
    clip, stored = ASSETS / "dances" / f"{name}.mp4", np.load(ASSETS / "dances" / f"{name}.npz")
    info = video.probe(clip)
    frames = sum(1 for _ in video.read(clip).frames)
    assert (info.width, info.height) == tuple(stored["size"]) == (512, 768)
    assert info.fps == RATE == Fraction(25)
    assert float(stored["fps"]) == 25
    assert stored["points"].shape == (frames, 134, 3)
    assert info.has_audio
    assert clip.stat().st_size < 620_000
    assert 5 < info.seconds < 8
    with av.open(str(clip)) as container:
        sound = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert sound == pytest.approx(frames / 25, abs=0.05)


@pytest.mark.parametrize("show", PERFORMANCES, ids=list(DANCES))
def test_the_stored_joints_are_those_of_the_dance_and_stay_in_the_picture(show):
    stored = np.load(ASSETS / "dances" / f"{show.dance.name}.npz")["points"]
    assert np.allclose(stored, skeleton(show), atol=0.02)
    assert stored[:, :18, 2].mean() > 0.95
    assert (stored[:, :24, 0] > 8).all()
    assert (stored[:, :24, 0] < 504).all()


@pytest.mark.parametrize("show", PERFORMANCES, ids=list(DANCES))
def test_bones_keep_their_length_and_standing_feet_do_not_slide(show):
    build = show.figure[0]
    track = danced(show.dance)
    joints, _ = solved(build, track)
    for start, end, length in (("hip", "knee", build.thigh), ("shoulder", "elbow", build.upper_arm)):
        bones = np.linalg.norm(getattr(joints, end) - getattr(joints, start), axis=-1)
        assert np.allclose(bones, length, rtol=1e-3)
    feet = track.values["feet"].reshape(-1, 2, 3)
    planted = (np.abs(np.diff(feet, axis=0)) < 1e-9).all(-1) & (feet[1:, :, 1] < 1e-9)
    slid = np.linalg.norm(np.diff(joints.ankle, axis=0), axis=-1)
    assert planted.any()
    assert slid[planted].max() < 0.02
    assert np.median(slid[planted]) < 1e-6


@pytest.mark.parametrize("show", PERFORMANCES, ids=list(DANCES))
def test_a_dance_goes_round_without_a_jump(show):
    joints, _, px = joints_of(show)
    hands = joints.wrist / px
    steps = np.linalg.norm(np.diff(np.concatenate([hands, hands[:1]]), axis=0), axis=-1)
    assert steps[-1].max() <= steps[:-1].max() * 1.05
    assert steps.max() < 0.2


@pytest.mark.parametrize("show", PERFORMANCES, ids=list(DANCES))
def test_the_music_is_loudest_on_the_beat(show):
    sound = composed(show.dance)
    assert len(sound) == round(show.dance.seconds * SOUND_RATE)
    assert 0.3 < np.abs(sound).max() <= 1
    window = SOUND_RATE // 50
    power = np.square(sound.mean(1)[: len(sound) // window * window].reshape(-1, window)).mean(1)
    rise = np.maximum(np.diff(power, append=power[0]), 0)
    beat = (np.arange(len(rise)) + 1) * window / SOUND_RATE * show.dance.tempo / 60
    near = np.abs(beat - np.round(beat)) < 0.1
    assert rise[near].mean() > 1.3 * rise[~near].mean()


def test_the_dancers_move_with_weight():
    """Hips sink and rise again on the beat, and both hands travel."""
    for show in PERFORMANCES:
        joints, _, px = joints_of(show)
        assert np.ptp(joints.pelvis[:, 1]) / px > 0.02, show.dance.name
        assert (np.ptp(joints.wrist[..., 0], axis=0) / px > 0.15).all(), show.dance.name


def test_the_command_writes_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from training import assets
    from training.puppets import gallery

    monkeypatch.setattr(gallery, "GALLERY", GALLERY[3:4])
    monkeypatch.setattr("sys.argv", ["assets", "--only", "characters", "--into", str(tmp_path)])
    assets.main()
    for suffix in ("png", "json"):
        made, stored = (folder / "characters" / f"{CHARACTERS[3]}.{suffix}" for folder in (tmp_path, ASSETS))
        assert made.stat().st_size == pytest.approx(stored.stat().st_size, rel=0.01)
