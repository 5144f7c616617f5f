"""What a character is: its build, clothes, hair, face and colours, drawn from a random generator."""

import zlib
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from training.puppets.materials import Colour, Material, colour, sample_materials

Split = Literal["train", "held-out"]
SPLITS: tuple[Split, ...] = ("train", "held-out")
HELD_OUT_SHARE = 8  # one recipe in so many is held out

TOPS = ("tee", "shirt", "sleeveless", "crop", "jacket", "hoodie", "sweater", "coat")
BOTTOMS = ("trousers", "flares", "shorts", "leggings", "skirt", "mini", "dress", "gown")
HAIR = ("short", "bob", "long", "tails", "ponytail", "bun", "spiky", "curly", "bald")
LOOKS = {"photo": 0.62, "cel": 0.18, "toy": 0.1, "paper": 0.1}  # how it is shaded; how often
HATS = ("none", "none", "none", "cap", "beanie", "cat ears", "bear ears", "antenna", "top hat", "bow")
PLAIN_HATS = ("none", "none", "none", "none", "cap", "beanie")


@dataclass(frozen=True)
class Build:
    """Proportions, as shares of the standing height. thick: of limbs, 1 is an adult's."""

    head: float
    head_width: float
    jaw: float
    neck: float
    torso: float
    thigh: float
    shin: float
    foot: float
    shoulder: float
    hip: float
    upper_arm: float
    forearm: float
    hand: float
    thick: float
    chest: float
    waist: float
    pelvis: float
    flat: float


@dataclass(frozen=True)
class Face:
    """Places on the head: angles from its middle in radians, heights from -1 (crown) to 1 (chin)."""

    eye_angle: float
    eye_height: float
    eye_width: float
    eye_tall: float
    iris: Colour
    lashes: bool
    brow_lift: float
    mouth_height: float
    mouth_width: float
    smile: float
    open_mouth: float
    lips: Colour
    nose: float
    blush: bool
    glasses: bool
    visor: bool
    muzzle: bool


@dataclass(frozen=True)
class Character:
    """Everything about one character that does not move. style: names its build; materials: by what wears them."""

    style: str
    build: Build
    face: Face
    top: str
    bottom: str
    hair: str
    hat: str
    materials: dict[str, Material]
    sleeve: float
    leg: float
    sock: float
    skirt: float
    flare: float
    hairline: float
    fringe: float
    fringe_waves: float
    hair_length: float
    gloves: bool
    belt: bool
    badge: str
    opening: bool
    outline: float
    look: str
    wrinkles: float
    cape: float
    seed: int

    @property
    def recipe(self) -> tuple[str, ...]:
        """What decides on which side of the split a character lies."""
        return self.style, self.top, self.bottom, self.hair, self.hat


# head, legs, half shoulder, half hip, thickness; how often
STYLES = {
    "child": ((0.20, 0.50, 0.085, 0.050, 1.05), 0.15),
    "chibi": ((0.31, 0.44, 0.085, 0.055, 1.25), 0.13),
    "adult": ((0.137, 0.57, 0.102, 0.054, 1.0), 0.52),
    "robot": ((0.15, 0.54, 0.120, 0.060, 1.3), 0.08),
    "doll": ((0.17, 0.53, 0.096, 0.055, 0.95), 0.06),
    "plush": ((0.29, 0.36, 0.100, 0.075, 1.9), 0.06),
}


def in_split(recipe: tuple[str, ...], split: Split) -> bool:
    """Whether a recipe (of a character, a dance or a place) belongs to the split; each belongs to exactly one.

    Only of characters is what is seen divided so. A dance's recipe lists its moves in an order that what is danced does
    not follow, so the same moves in another order are nearly always in the other split; and of a place's wall and floor
    all but drawn rooms show nothing, so each kind of place is in both.
    """
    held_out = zlib.crc32("/".join(recipe).encode()) % HELD_OUT_SHARE == 0
    return held_out == (split == "held-out")


def sample_character(rng: np.random.Generator, split: Split) -> Character:
    """A character of the split."""
    while True:
        style = str(rng.choice(list(STYLES), p=[share for _, share in STYLES.values()]))
        look = str(rng.choice(list(LOOKS), p=list(LOOKS.values())))
        hats = PLAIN_HATS if look == "photo" and style in ("adult", "child") else HATS
        top, bottom, hair, hat = (str(rng.choice(table)) for table in (TOPS, BOTTOMS, HAIR, hats))
        if style == "robot":
            bottom, hair, hat = "trousers", "bald", str(rng.choice(("none", "antenna", "cap")))
        elif style == "plush":
            bottom, hair, hat = str(rng.choice(("trousers", "shorts", "skirt"))), "bald", "bear ears"
        if in_split((style, top, bottom, hair, hat), split):
            break
    build = _build(rng, style)
    chance = partial(_chance, rng)
    between = rng.uniform
    badged = 0.3 if look == "photo" else 0.9
    long_sleeve = top in ("jacket", "hoodie", "sweater", "coat") or chance(0.3)
    materials = sample_materials(rng, style, top, bottom)
    return Character(
        style=style,
        build=build,
        face=_face(rng, style, look),
        top=top,
        bottom=bottom,
        hair=hair,
        hat=hat,
        materials=materials,
        sleeve=2.1 if long_sleeve else 0.0 if top == "sleeveless" else between(0.25, 1.2),
        leg={"trousers": 2.1, "flares": 2.1, "leggings": 1.85}.get(bottom, between(0.2, 0.9)),
        sock=between(1.2, 2.1) if chance(0.6) else 2.2,
        skirt={"mini": between(0.35, 0.55), "skirt": between(0.5, 1.1), "gown": between(1.3, 1.85)}.get(bottom, 0.9),
        flare=between(1.05, 1.9),
        hairline=between(-0.55, -0.2),
        fringe=between(0.0, 0.28),
        fringe_waves=between(2.0, 9.0),
        hair_length=between(0.4, 1.7) if hair in ("long", "tails", "ponytail") else between(0.0, 0.15),
        gloves=style in ("robot", "plush") or chance(0.12),
        belt=chance(0.4),
        badge=str(rng.choice(("none", "disc", "bar", "diamond", "heart", "star"))) if chance(badged) else "none",
        opening=top in ("shirt", "jacket", "coat") or chance(0.15),
        outline=between(0.4, 1.0) if look == "cel" or (look == "paper" and chance(0.5)) else 0.0,
        look=look,
        wrinkles=between(0.05, 0.4) if look == "photo" else between(0, 0.2) if chance(0.4) else 0.0,
        cape=between(0.6, 1.5) if chance(0.07) else 0.0,
        seed=int(rng.integers(1, 100_000)),
    )


def _chance(rng: np.random.Generator, share: float) -> bool:
    return bool(rng.random() < share)


def _build(rng: np.random.Generator, style: str) -> Build:
    head, legs, shoulder, hip, thick = STYLES[style][0]

    def around(value: float, spread: float) -> float:
        return value * rng.uniform(1 - spread, 1 + spread)

    head, legs, thick = around(head, 0.13), around(legs, 0.06), around(thick, 0.25)
    body = (1 - head) * 0.96
    neck = body * rng.uniform(0.03, 0.065) if style != "plush" else 0.01
    torso, leg = body * (1 - legs) * 0.92, body * legs
    thigh = leg * rng.uniform(0.48, 0.53)
    arm = (torso + leg * 0.35) * rng.uniform(0.84, 1.0) * (0.9 if style == "plush" else 1)
    shoulder, hip = around(shoulder, 0.2), around(hip, 0.18)
    return Build(
        head=head,
        head_width=head * (rng.uniform(0.44, 0.52) if style == "plush" else rng.uniform(0.34, 0.46)),
        jaw=1.0 if style == "plush" else rng.uniform(0.5, 0.95),
        neck=neck,
        torso=torso,
        thigh=thigh,
        shin=leg * 0.94 - thigh,
        foot=leg * rng.uniform(0.15, 0.24),
        shoulder=shoulder,
        hip=hip,
        upper_arm=arm * rng.uniform(0.44, 0.5),
        forearm=arm * rng.uniform(0.38, 0.44),
        hand=arm * rng.uniform(0.15, 0.21),
        thick=thick,
        chest=shoulder * rng.uniform(0.78, 0.98),
        waist=hip * rng.uniform(1.05, 1.45),
        pelvis=hip * rng.uniform(1.25, 1.7) * max(1.0, thick**0.5),
        flat=rng.uniform(0.5, 0.8),
    )


def _face(rng: np.random.Generator, style: str, look: str) -> Face:
    chance = partial(_chance, rng)
    large = style == "chibi" or chance(0.08 if look == "photo" else 0.5)
    return Face(
        eye_angle=rng.uniform(0.36, 0.55),
        eye_height=rng.uniform(0.0, 0.28),
        eye_width=rng.uniform(0.16, 0.24) if large else rng.uniform(0.09, 0.15),
        eye_tall=rng.uniform(0.9, 1.7) if large else rng.uniform(0.45, 0.9),
        iris=colour(rng.random(), rng.uniform(0.2, 1), rng.uniform(0.15, 0.9)),
        lashes=chance(0.6),
        brow_lift=rng.uniform(0.06, 0.2),
        mouth_height=rng.uniform(0.5, 0.68),
        mouth_width=rng.uniform(0.12, 0.32),
        smile=rng.uniform(-0.05, 0.14),
        open_mouth=rng.uniform(0.03, 0.1) if chance(0.35) else 0.0,
        lips=colour(rng.uniform(-0.06, 0.04), rng.uniform(0.4, 0.9), rng.uniform(0.3, 0.85)),
        nose=rng.uniform(0.4, 1.0) if chance(0.7) else 0.0,
        blush=chance(0.35),
        glasses=chance(0.1),
        visor=style == "robot" and chance(0.6),
        muzzle=style == "plush",
    )
