"""What a person looks like: colours of skin and hair, clothes, hair styles, drawn at random."""

from dataclasses import dataclass

import cv2
import numpy as np

Color = tuple[float, float, float]
"""Red, green, blue, 0 to 255."""

_SKINS = np.array(
    [(255, 222, 198), (240, 196, 160), (224, 172, 128), (198, 140, 96), (150, 98, 62), (104, 64, 42), (70, 46, 34)],
    np.float64,
)
_HAIRS = np.array(
    [(28, 24, 24), (48, 34, 26), (84, 56, 34), (128, 88, 48), (206, 168, 104), (168, 84, 40), (178, 176, 174)],
    np.float64,
)
PATTERNS = ("plain", "plain", "plain", "stripes", "bars", "checks", "dots", "band", "jacket", "jacket")
HAIRS = ("short", "short", "short", "bob", "long", "ponytail", "bun", "afro", "bald", "curly")
HATS = ("none", "none", "none", "none", "none", "cap", "beanie", "brimmed")


@dataclass(frozen=True)
class Look:
    """Colours (RGB, 0 to 255) and styles of one person.

    `sleeve` and `leg_cover` are the covered shares of arm and leg, from 0 to 2: 1 is the elbow or the knee.
    `skirt` is the skirt's length in body heights, 0 for trousers. `loose` is the clothes' distance from the
    skin in body heights.
    """

    skin: Color
    hair: Color
    top: Color
    top_second: Color
    bottom: Color
    shoes: Color
    sole: Color
    hat: Color
    iris: Color
    pattern: str
    period: float
    hair_style: str
    hat_style: str
    glasses: str
    sleeve: float
    leg_cover: float
    skirt: float
    loose: float
    beard: bool
    collar: float
    fringe: float


def _mix(rng: np.random.Generator, palette: np.ndarray) -> Color:
    """Draw a colour between two neighbours of a palette."""
    position = rng.uniform(0, len(palette) - 1)
    low = int(position)
    share = position - low
    red, green, blue = palette[low] * (1 - share) + palette[min(low + 1, len(palette) - 1)] * share
    return float(red), float(green), float(blue)


def draw_color(rng: np.random.Generator, dullness: float = 0.5) -> Color:
    """Draw a colour: greys and soft tones more often for a higher `dullness` (0 to 1)."""
    saturation = int(255 * rng.uniform(0.05, 0.95) * (1 - dullness * rng.random()))
    value = int(rng.uniform(45, 245))
    pixel = cv2.cvtColor(np.array([[[rng.integers(180), saturation, value]]], np.uint8), cv2.COLOR_HSV2RGB)
    return float(pixel[0, 0, 0]), float(pixel[0, 0, 1]), float(pixel[0, 0, 2])


def _choose(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[rng.integers(len(choices))]


def draw_look(rng: np.random.Generator, *, is_curvy: bool) -> Look:
    """Draw the look of one person."""
    skin, top = _mix(rng, _SKINS), draw_color(rng)
    if np.abs(np.subtract(skin, top)).sum() < 110:
        # A shirt of the colour of the skin looks like none.
        top = (255 - top[0], 255 - top[1], 255 - top[2])
    skirt = rng.uniform(0.16, 0.4) if is_curvy and rng.random() < 0.45 else 0.0
    jeans = (52.0, 70.0, 110.0)
    bottom = jeans if rng.random() < 0.3 else draw_color(rng, dullness=0.9)
    hairs = HAIRS[3:] if is_curvy and rng.random() < 0.8 else HAIRS
    style = _choose(rng, hairs)
    return Look(
        skin=skin,
        hair=_mix(rng, _HAIRS) if rng.random() < 0.93 else draw_color(rng, 0.0),
        top=top,
        top_second=draw_color(rng, 0.3) if rng.random() < 0.6 else (240.0, 240.0, 236.0),
        bottom=top if skirt and rng.random() < 0.5 else bottom,
        shoes=draw_color(rng, 0.8),
        sole=(230.0, 230.0, 226.0) if rng.random() < 0.5 else (50.0, 44.0, 40.0),
        hat=draw_color(rng, 0.4),
        iris=_mix(rng, np.array([(60, 40, 26), (96, 64, 36), (84, 112, 72), (78, 120, 168)], np.float64)),
        pattern=_choose(rng, PATTERNS),
        period=rng.uniform(0.025, 0.07),
        hair_style="short" if style == "bald" and is_curvy else style,
        hat_style=_choose(rng, HATS),
        glasses="none" if rng.random() < 0.8 else _choose(rng, ("rims", "rims", "sun")),
        sleeve=_draw_cover(rng, 0.45),
        leg_cover=_draw_cover(rng, 0.25),
        skirt=skirt,
        loose=rng.uniform(0.003, 0.011),
        beard=not is_curvy and rng.random() < 0.25,
        collar=rng.uniform(-0.005, 0.05),
        fringe=rng.uniform(-0.04, 0.09),
    )


def _draw_cover(rng: np.random.Generator, short: float) -> float:
    """Draw how much of a limb is covered: with probability `short` about half of its upper bone, else all."""
    if rng.random() < short:
        return float(rng.uniform(0.35, 0.95))
    return 1.93 if rng.random() < 0.85 else float(rng.uniform(1.2, 1.8))
