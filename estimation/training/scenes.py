"""Pictures of drawn people with exact ground truth, to train on and to show.

Colours are red, green, blue throughout `estimation.training`. A pixel's centre has integer coordinates: the
keypoint (x, y) lies on ``picture[floor(y + 0.5), floor(x + 0.5)]``.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from estimation.training.drawing.backgrounds import Picture, develop, draw_background, draw_occluder
from estimation.training.drawing.bodies import Body, Segment
from estimation.training.drawing.heads import add_head
from estimation.training.drawing.labels import RenderedPerson, label
from estimation.training.drawing.limbs import add_limbs
from estimation.training.drawing.looks import draw_look
from estimation.training.drawing.placements import Placement, cross_arms, line_up, scatter, stack_rows
from estimation.training.drawing.shading import shade
from estimation.training.drawing.skeletons import Array, build_skeleton, rotate
from estimation.training.drawing.solids import SAMPLES, Raster, cast, make_raster

__all__ = ["OBJECT", "RenderedPerson", "RenderedScene", "render_crowd", "render_row", "render_scene"]

OBJECT = -1
"""Owner of the pixels of seats and of foreground objects."""

SMALLEST_SIDE_PX = 32
"""Of a picture."""

BLEND = 0.014
"""Body heights: solids whose faces are nearer than this melt into each other."""


@dataclass(frozen=True)
class RenderedScene:
    """A picture and everybody in it.

    Attributes
    ----------
    picture : ndarray of shape (H, W, 3) and dtype uint8
        Red, green, blue.
    persons : tuple of RenderedPerson
        From the farthest to the nearest; nearer ones cover farther ones.
    owners : ndarray of shape (H, W) and dtype int16
        Who is to be seen: 0 nobody, i + 1 for ``persons[i]``, -1 for seats and objects.
    """

    picture: NDArray[np.uint8]
    persons: tuple[RenderedPerson, ...]
    owners: NDArray[np.int16]


def render_scene(
    rng: np.random.Generator, height_px: int, width_px: int, n_persons: int, *, occlusion: float = 0.3
) -> RenderedScene:
    """Draw people at random places, in random poses, before a random background: pictures to train on.

    Parameters
    ----------
    rng : Generator
        Source of all choices: the same state gives the same bytes.
    height_px, width_px : int
        Size of the picture, at least 32.
    n_persons : int
        How many people, 0 or more. They are 40 px tall at least and at most a little too large for the picture.
    occlusion : float, optional
        Probability of an object among or in front of the people, 0 to 1.

    Returns
    -------
    scene : RenderedScene
        The picture with its ground truth.

    Raises
    ------
    ValueError
        If a size, the number of people or the probability is out of its limits.
    """
    _check(height_px, width_px, n_persons, least=0)
    if not 0 <= occlusion <= 1:
        raise ValueError(f"occlusion must be a probability; got {occlusion!r} for a scene. Pass a number from 0 to 1.")
    placements, horizon = scatter(rng, height_px, width_px, n_persons)
    n_before = int(rng.integers(n_persons + 1)) if rng.random() < occlusion else None
    return _render(rng, (height_px, width_px), placements, horizon, n_before=n_before)


def render_row(
    rng: np.random.Generator, height_px: int, width_px: int, n_persons: int, *, is_crossing: bool = False
) -> RenderedScene:
    """Draw people side by side who face the viewer, well lit and whole.

    Parameters
    ----------
    rng : Generator
        Source of all choices: the same state gives the same bytes.
    height_px, width_px : int
        Size of the picture, at least 32.
    n_persons : int
        How many people, 1 or more.
    is_crossing : bool, optional
        Let the two in the middle cross their forearms, so that their limbs conflict; takes 2 people or more.

    Returns
    -------
    scene : RenderedScene
        The picture with its ground truth, people from left to right; of the two who cross their arms the right
        one's arm is in front.

    Raises
    ------
    ValueError
        If a size or the number of people is out of its limits.
    """
    _check(height_px, width_px, n_persons, least=2 if is_crossing else 1)
    placements = line_up(rng, height_px, width_px, n_persons)
    if is_crossing:
        placements = cross_arms(placements, n_persons // 2 - 1)
    return _render(rng, (height_px, width_px), placements, 0.6 * height_px, is_tidy=True)


def render_crowd(rng: np.random.Generator, height_px: int, width_px: int, n_persons: int = 25) -> RenderedScene:
    """Draw a crowd in rows, one behind and above the other.

    Parameters
    ----------
    rng : Generator
        Source of all choices: the same state gives the same bytes.
    height_px, width_px : int
        Size of the picture, at least 32.
    n_persons : int, optional
        How many people, 1 or more.

    Returns
    -------
    scene : RenderedScene
        The picture with its ground truth.

    Raises
    ------
    ValueError
        If a size or the number of people is out of its limits.
    """
    _check(height_px, width_px, n_persons, least=1)
    placements = stack_rows(rng, height_px, width_px, n_persons)
    return _render(rng, (height_px, width_px), placements, 0.3 * height_px, is_tidy=True)


def _check(height_px: int, width_px: int, n_persons: int, *, least: int) -> None:
    """Refuse sizes and numbers of people that no picture has."""
    if min(height_px, width_px) < SMALLEST_SIDE_PX:
        raise ValueError(
            f"A picture must be at least {SMALLEST_SIDE_PX} px high and wide; got {(height_px, width_px)!r} for a "
            "scene. Render it larger and shrink it."
        )
    if n_persons < least:
        raise ValueError(
            f"A scene like this must have at least {least} people; got {n_persons!r} for {width_px} x {height_px} px. "
            "Ask for more of them."
        )


def _render(
    rng: np.random.Generator,
    size_px: tuple[int, int],
    placements: list[Placement],
    horizon_px: float,
    *,
    n_before: int | None = None,
    is_tidy: bool = False,
) -> RenderedScene:
    """Draw the placed people, the farthest first, and an object in front of the first `n_before` of them."""
    scene = draw_background(rng, *size_px, horizon_px, is_tidy=is_tidy)
    owners = np.zeros(size_px, np.int16)
    slope = rng.uniform((-0.8, -0.9, 0.45), (0.8, -0.15, 1.0))
    light = slope / np.linalg.norm(slope)
    drawn = []
    for i, placement in enumerate(sorted(placements, key=lambda placement: placement.foot[1])):
        if i == n_before:
            _cover(rng, scene, owners)
        drawn.append(_draw_person(rng, scene, owners, placement, light, owner=i + 1))
    if n_before == len(placements):
        _cover(rng, scene, owners)
    persons = tuple(label(*person, owners, i + 1) for i, person in enumerate(drawn))
    return RenderedScene(develop(rng, scene, is_tidy=is_tidy), persons, owners)


def _cover(rng: np.random.Generator, scene: Picture, owners: NDArray[np.int16]) -> None:
    """Put an object in front of what is drawn so far."""
    mask, paint = draw_occluder(rng, *owners.shape)
    scene += (paint - scene) * (mask.astype(np.float32) / 255)[..., None]
    owners[mask > 127] = OBJECT


def _draw_person(
    rng: np.random.Generator,
    scene: Picture,
    owners: NDArray[np.int16],
    placement: Placement,
    light: Array,
    *,
    owner: int,
) -> tuple[Body, Raster, NDArray[np.float32]]:
    """Draw a person and its shadow, take over its pixels in `owners`; give its body, raster and box."""
    view = rotate(z=-placement.roll) @ rotate(x=placement.pitch) @ rotate(y=placement.yaw)
    skeleton = build_skeleton(placement.pose, placement.proportions, view)
    look = draw_look(rng, is_curvy=placement.proportions.is_curvy)
    body = Body(skeleton, look, placement.scale_px, placement.foot)
    add_limbs(body)
    add_head(body)
    raster = _cast_body(body, owners.shape[1], owners.shape[0])
    box = np.zeros(4, np.float32)
    if raster.numbers.size:
        _cast_shadow(scene, placement, light)
        left, top = (round(float(line[0])) for line in (raster.xs, raster.ys))
        height, width = raster.numbers.shape
        window = slice(top, top + height // SAMPLES), slice(left, left + width // SAMPLES)
        samples = shade(raster, body, light, rng)
        is_own = _compose(scene[window], owners[window], raster, samples, body, owner=owner)
        box += cv2.boundingRect(is_own)
        box[:2] += (left, top) if box[2] else (0, 0)
    return body, raster, box


def _cast_body(body: Body, width_px: int, height_px: int) -> Raster:
    """Cast the solids of a body onto the part of the picture that holds them."""
    bounds = np.array([solid.bounds for solid in body.solids])
    size = (width_px, height_px)
    left, top = np.clip(np.floor(bounds[:, :2].min(axis=0)) - 1, 0, size).astype(int).tolist()
    right, bottom = np.clip(np.ceil(bounds[:, 2:].max(axis=0)) + 2, (left, top), size).astype(int).tolist()
    raster = make_raster(left, top, right - left, bottom - top)
    # Somebody wholly outside the picture has no pixels to draw.
    for number, solid in enumerate(body.solids if raster.numbers.size else (), start=1):
        cast(raster, solid, number, BLEND * body.scale_px)
    return raster


def _cast_shadow(scene: Picture, placement: Placement, light: Array) -> None:
    """Darken the ground around a person's feet, away from the light."""
    half_x, half_y = 0.3 * placement.scale_px, 0.075 * placement.scale_px
    x, y = placement.foot[0] - light[0] * 0.15 * placement.scale_px, placement.foot[1]
    left, top = max(int(x - half_x), 0), max(int(y - half_y), 0)
    window = scene[top : max(int(y + half_y) + 2, 0), left : max(int(x + half_x) + 2, 0)]
    u = (np.arange(window.shape[1], dtype=np.float32) + np.float32(left - x)) / np.float32(half_x)
    v = (np.arange(window.shape[0], dtype=np.float32) + np.float32(top - y)) / np.float32(half_y)
    near = np.maximum(1 - u * u - (v * v)[:, None], 0)
    window *= (1 - np.float32(0.55) * near**1.5)[..., None]


def _compose(
    scene: Picture, owners: NDArray[np.int16], raster: Raster, samples: NDArray[np.float32], body: Body, *, owner: int
) -> NDArray[np.uint8]:
    """Shrink a person's samples onto its window of the scene; give where its own pixels are, its seat left out."""
    size = (scene.shape[1], scene.shape[0])
    is_body = np.array([False, *(segment != Segment.seat for segment in body.segments)])[raster.numbers]
    drawn, own = (
        cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for mask in (raster.numbers > 0, is_body)
    )
    scene *= (1 - drawn)[..., None]
    scene += cv2.resize(samples, size, interpolation=cv2.INTER_AREA)
    owners[drawn >= 0.5] = OBJECT
    owners[own >= 0.5] = owner
    return np.asarray(own >= 0.5, np.uint8)
