"""Skin, hair and cloth: colours and prints, drawn from a random generator."""

import colorsys
from dataclasses import dataclass

import numpy as np

Colour = tuple[float, float, float]  # red, green, blue, 0..1

TEXTURES = ("denim", "knit", "blots", "logo", "woven")  # made in `textures`
PRINTS = (
    *("plain", "plain", "plain", "rings", "stripes", "checks", "dots", "fade", "clouds", "diagonal", "plaid"),
    *(*TEXTURES, "woven", "woven", "denim", "logo"),
)


@dataclass(frozen=True)
class Material:
    """A cloth, skin or hair: two colours and a print. across, down: its repeats; share: of the second colour."""

    colour: Colour
    second: Colour
    print: str
    across: float
    down: float
    phase: float
    share: float
    grain: float


def colour(hue: float, saturation: float, value: float) -> Colour:
    """A colour as red, green, blue in 0..1; the hue wraps."""
    return colorsys.hsv_to_rgb(hue % 1, min(max(saturation, 0), 1), min(max(value, 0), 1))


def sample_materials(rng: np.random.Generator, style: str, top: str, bottom: str) -> dict[str, Material]:
    """A material for everything a character is made of, matched to its style and clothes."""
    made: dict[str, Material] = {}
    for name in ("skin", "hair", "top", "sleeve", "bottom", "shoe", "sock", "glove", "hat", "accent"):
        base = colour(rng.random(), rng.random() ** 0.8, rng.uniform(0.08, 1) ** 0.75)
        if rng.random() < 0.5:  # black, white, grey, navy, beige, as most clothes are
            base = colour(rng.choice((0.08, 0.6, rng.random())), rng.uniform(0, 0.35), rng.uniform(0.05, 0.97))
        kind = str(rng.choice(PRINTS))
        if name == "skin":
            kind = "woven"
            if style not in ("robot", "plush") and rng.random() < 0.96:
                base = colour(rng.uniform(0.025, 0.095), rng.uniform(0.18, 0.62), rng.uniform(0.32, 1.0))
        if name == "hair" and rng.random() < 0.65:
            base = colour(rng.uniform(0.03, 0.14), rng.uniform(0.1, 0.8), rng.uniform(0.05, 0.95))
        if name in ("hair", "accent", "shoe"):
            kind = "plain"
        if kind == "denim":
            base = colour(rng.uniform(0.56, 0.66), rng.uniform(0.1, 0.75), rng.uniform(0.1, 0.85))
        tone = rng.uniform(0.55, 1.45)
        near = (min(base[0] * tone, 1.0), min(base[1] * tone, 1.0), min(base[2] * tone, 1.0))
        second = near if rng.random() < 0.45 else colour(rng.random(), rng.random(), rng.uniform(0.05, 1))
        made[name] = Material(
            base,
            second,
            kind,
            across=float(rng.integers(1, 5)),
            down=rng.uniform(8, 40),
            phase=rng.random(),
            share=rng.uniform(0.2, 0.8),
            grain=rng.uniform(0.03, 0.25) if rng.random() < 0.5 else 0.0,
        )
    if style == "plush":
        for name in ("hair", "glove", "shoe", "sock"):
            made[name] = made["skin"]
    if top != "jacket" or rng.random() < 0.6:
        made["sleeve"] = made["top"]
    if bottom in ("dress", "gown") or rng.random() < 0.1:
        made["bottom"] = made["top"]
    if rng.random() < 0.4:
        made["hat"] = made["top"]
    return made
