"""The six example characters: each in its place, in a standing pose, with its exact keypoints."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from training.puppets import bear, cast, paperdoll, robot, scenes, streetwear
from training.puppets.body import Joints, keypoints
from training.puppets.drawn import Drawn, Mood
from training.puppets.ink import Sheet
from training.puppets.person import Outfit, draw_person
from training.puppets.recipe import Build, Face
from training.puppets.steps import held, solved, standing

Drawing = Callable[[Sheet, Drawn], None]

# Where keypoints of a drawn face lie; the drawings keep to the same places.
DRAWN_FACE = Face(
    eye_angle=0.46,
    eye_height=0.2,
    eye_width=0.25,
    eye_tall=1.0,
    iris=(0, 0, 0),
    lashes=True,
    brow_lift=0.1,
    mouth_height=0.66,
    mouth_width=0.25,
    smile=0.1,
    open_mouth=0.0,
    lips=(0, 0, 0),
    nose=1.0,
    blush=True,
    glasses=False,
    visor=False,
    muzzle=False,
)


def person(dressed: Callable[[], tuple[Build, Outfit]]) -> tuple[Build, Drawing]:
    """A build and how to draw the person."""
    build, outfit = dressed()
    return build, lambda sheet, body: draw_person(sheet, body, outfit)


@dataclass(frozen=True)
class Portrayal:
    """One example character. tall: pixels from the ground to the top of the head; ground: where it stands, pixels."""

    name: str
    figure: tuple[Build, Drawing]
    scene: Callable[[], Sheet]
    tall: float
    ground: float
    pose: dict[str, list[float]]
    mood: Mood
    grain: float = 0.0


GALLERY = (
    Portrayal("anime-girl", person(cast.heroine), scenes.blossom_park, 590, 706, standing(0.5, 0.12), Mood(mouth=0.5)),
    Portrayal(
        "raincoat",
        person(streetwear.rain_child),
        scenes.rainy_street,
        540,
        706,
        standing(0.55, 0.1, 0.075),
        Mood(mouth=0.7),
    ),
    Portrayal(
        "portrait", person(streetwear.sitter), scenes.warm_room, 985, 1085, standing(0.27, 0.12), Mood(mouth=0.1)
    ),
    Portrayal(
        "robot",
        (robot.ROBOT, robot.draw_robot),
        scenes.toy_shelf,
        500,
        694,
        standing(0.55, 0.1, 0.075),
        Mood(mouth=0.6),
    ),
    Portrayal(
        "bear", (bear.BEAR, bear.draw_bear), scenes.nursery, 530, 712, standing(0.72, 0.1, 0.09), Mood(mouth=0.2)
    ),
    Portrayal(
        "paper-doll",
        (paperdoll.DOLL, paperdoll.draw_paper_doll),
        scenes.paper_hills,
        580,
        706,
        standing(0.6, 0.12),
        Mood(mouth=0.3),
        grain=0.02,
    ),
)


def body_in_pixels(
    build: Build, joints: Joints, turn: ndarray, *, tall: float, middle: float, ground: float
) -> tuple[Joints, float]:
    """Joints in pixels, for a body that is `tall` pixels when it stands straight, and pixels of a body height."""
    standing_height = build.thigh + build.shin + build.torso + build.neck + build.head + 0.055 * build.thick
    px = tall / standing_height
    offset = np.tile([middle, ground, 0.0], (len(turn), 1))
    return joints.mapped(px, offset), px


def seen(points: ndarray, size: tuple[int, int]) -> ndarray:
    """Keypoints t 134 3 with score 0 for what lies outside the picture."""
    x, y = points[..., 0], points[..., 1]
    inside = (x >= 0) & (y >= 0) & (x < size[0]) & (y < size[1])
    return np.concatenate([points[..., :2], points[..., 2:] * inside[..., None]], -1)


def portray(who: Portrayal) -> tuple[ndarray, ndarray]:
    """The picture 768 512 3 uint8 of a character, and its keypoints 134 3."""
    build, draw = who.figure
    joints, turn = solved(build, held(who.pose))
    placed, px = body_in_pixels(build, joints, turn, tall=who.tall, middle=scenes.SIZE[0] / 2, ground=who.ground)
    body = Drawn.from_joints(build, placed, 0, px=px, turn=float(turn[0]), mood=who.mood, swing=np.zeros(2))
    sheet = who.scene()
    ground_shadow(sheet, body)
    draw(sheet, body)
    picture = scenes.vignette(sheet.finished())
    if who.grain:
        picture = scenes.paper_grain(picture, seed=len(who.name), strength=who.grain)
    return picture, seen(keypoints(build, DRAWN_FACE, placed, scale=px), scenes.SIZE)[0]


def ground_shadow(sheet: Sheet, body: Drawn) -> None:
    """The soft shadows of body and feet on the ground."""
    dark = (52, 34, 66)
    feet = [(body.joint("toe", side) + body.joint("ankle", side)) / 2 for side in (0, 1)]
    level = max(foot[1] for foot in feet) + body.px * 0.02
    sheet.glow((float(body.at["pelvis"][0]), level), (body.px * 0.16, body.px * 0.022), dark, 0.38)
    for foot in feet:
        lifted = max(level - foot[1], 0) / body.px
        if lifted < 0.2:
            sheet.glow((foot[0], level), (body.px * 0.055, body.px * 0.014), dark, 0.5 * (1 - lifted * 5))
