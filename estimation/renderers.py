"""Draw skeletons on a picture.

Colours are those of the configuration, blue, green, red, as OpenCV draws them. A picture in red, green, blue
stays one; only the colours of the drawing have red and blue exchanged on it.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from estimation.config import Color, ConnectionsConfig
from estimation.keypoints import cells_to_px, skeletons_to_keypoints

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]

LIMB_OPACITY = 0.6
FAINTEST_OPACITY, FULL_OPACITY = 0.25, 0.9
"""What the opacity of a limb goes from and to where its score is shown, from a score of 0 to one of `SURE_SCORE`."""

SURE_SCORE = 0.8
_OUTLINE: Color = (24, 24, 24)

# OpenCV takes whole numbers with this many binary places behind the point: positions are exact to 1/16 px.
_FRACTION_BITS = 4

_CIRCLE = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_UNIT_CIRCLE = np.stack((np.cos(_CIRCLE), np.sin(_CIRCLE)), axis=1)


def draw(
    config: ConnectionsConfig,
    input_image: Picture,
    coords: Mapping[str, Sequence[Sequence[float]]],
    subset: ArrayLike,
    resize_fac: float = 1,
    limb_scores: Floats | None = None,
) -> Picture:
    """Draw every person's limbs and keypoints on a copy of a picture.

    Limbs are translucent ellipses, keypoints discs; both grow with the person and with the picture. A keypoint
    that belongs to nobody is a small dot without an outline.

    Parameters
    ----------
    config : ConnectionsConfig
        Body parts and limbs, with their colours.
    input_image : ndarray of shape (H, W, 3) and dtype uint8
        Not modified.
    coords : dict of str to list of tuple
        What `get_coordinates` returns: keypoints ``(x, y, score, id)`` by part name, in heatmap cells.
    subset : array_like of shape (n, 20)
        The skeletons: 18 ids (-1 = absent), score, number of parts. ``[]`` is nobody.
    resize_fac : float, optional
        Picture pixels that a cell covers: 8 for the network's own input, 1 for coordinates in pixels. A keypoint
        is the *centre* of its cell, so cell 0 is drawn at 3.5 for 8, not at the cell's corner.
    limb_scores : ndarray of shape (n, n_limbs), optional
        How sure each limb is, as `score_limbs` says it: the surer, the less of the picture is seen through it. A limb
        with NaN is not drawn, nor a keypoint without a limb, nor those of nobody.

    Returns
    -------
    canvas : ndarray of shape (H, W, 3) and dtype uint8
        A new picture.

    Raises
    ------
    ValueError
        If the picture, the rows or the scores have another shape, `resize_fac` is not positive, or a row names an
        id that `coords` does not have.
    """
    check_picture(input_image)
    if not resize_fac > 0:
        raise ValueError(f"resize_fac must be above 0, the picture pixels of a heatmap cell; got {resize_fac!r}.")
    names = [part.name for part in config.body_parts]
    keypoints, _ = skeletons_to_keypoints(subset, coords, cell_px=resize_fac, part_names=names)
    canvas = np.ascontiguousarray(input_image).copy()
    if limb_scores is None:
        _draw_loose(config, canvas, coords, resize_fac)
        opacities = np.full((len(keypoints), len(config.connection_types)), LIMB_OPACITY)
    else:
        opacities = _opacities(config, limb_scores, len(keypoints))
        keypoints = _without_limbless(config, keypoints, opacities)
    for person, of_limbs in zip(keypoints, opacities.tolist(), strict=True):
        _draw_person(config, canvas, person, of_limbs)
    return canvas


def _opacities(config: ConnectionsConfig, limb_scores: Floats, n_people: int) -> Floats:
    """Return how opaque each limb of each person is; NaN stays NaN."""
    wanted = (n_people, len(config.connection_types))
    if limb_scores.shape != wanted:
        raise ValueError(
            f"limb_scores must have the shape {wanted}, a score for each limb of each person; got "
            f"{limb_scores.shape}. score_limbs() makes such arrays."
        )
    share = np.clip(limb_scores / SURE_SCORE, 0, 1)
    return np.asarray(FAINTEST_OPACITY + share * (FULL_OPACITY - FAINTEST_OPACITY))


def _without_limbless(config: ConnectionsConfig, keypoints: Floats, opacities: Floats) -> Floats:
    """Copy the keypoints with NaN for those that no limb is drawn to."""
    slots = {part: meta.slot_idx for part, meta in config.body_parts.items()}
    has_limb = np.zeros(keypoints.shape[:2], bool)
    for limb, is_drawn in zip(config.connection_types, np.isfinite(opacities).T, strict=True):
        has_limb[:, slots[limb.from_body_part]] |= is_drawn
        has_limb[:, slots[limb.to_body_part]] |= is_drawn
    return np.where(has_limb[..., None], keypoints, np.nan)


def check_picture(picture: Picture) -> None:
    """Raise ValueError unless `picture` is a non-empty uint8 array of shape (H, W, 3)."""
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or picture.size == 0:
        raise ValueError(
            f"The picture must be a uint8 array of shape (H, W, 3); got {picture.dtype} {picture.shape}. "
            "read_picture() makes such arrays."
        )


def _draw_loose(
    config: ConnectionsConfig, canvas: Picture, coords: Mapping[str, Sequence[Sequence[float]]], cell_px: float
) -> None:
    """Dot all keypoints; those of a person are drawn over afterwards."""
    for part, meta in config.body_parts.items():
        for x, y, *_ in coords.get(part.name, ()):
            _fill_circle(canvas, cells_to_px((x, y), cell_px=cell_px), 1.3 * _smallest_px(canvas), meta.color)


def _draw_person(config: ConnectionsConfig, canvas: Picture, points: Floats, opacities: Sequence[float]) -> None:
    width = _half_width_px(canvas, points)
    for limb, opacity in zip(config.connection_types, opacities, strict=True):
        start = points[config.body_parts[limb.from_body_part].slot_idx]
        end = points[config.body_parts[limb.to_body_part].slot_idx]
        if np.isfinite((*start, *end, opacity)).all():
            _blend_polygon(canvas, _ellipse(start, end, width), limb.color, opacity)
    for point, meta in zip(points, config.body_parts.values(), strict=True):
        if np.isfinite(point).all():
            outline = max(min(0.75, _smallest_px(canvas)), 0.25 * width)
            _fill_circle(canvas, point, 1.3 * width + outline, _OUTLINE)
            _fill_circle(canvas, point, 1.3 * width, meta.color)


def _smallest_px(canvas: Picture) -> float:
    """Choose the half-width that is still seen when the whole picture is looked at, and does not cover a tiny one."""
    longest = float(max(canvas.shape[:2]))
    return max(min(1.0, longest / 200), longest / 500)


def _half_width_px(canvas: Picture, points: Floats) -> float:
    """Choose a person's half line width: a share of the person's size, so that limbs do not hide a small one."""
    # fmax and fmin pass over absent parts, and over a person who has none, without a warning.
    diagonal = np.linalg.norm(np.fmax.reduce(points) - np.fmin.reduce(points))
    return max(_smallest_px(canvas), float(np.nan_to_num(diagonal)) / 80)


def _ellipse(start: Floats, end: Floats, half_width: float) -> Floats:
    """Outline a limb: an ellipse from `start` to `end` as a polygon of shape (48, 2), in pixels."""
    half_axis = (end - start) / 2
    length = np.hypot(*half_axis)
    across = np.array((-half_axis[1], half_axis[0])) / max(length, 1e-9)
    # Limbs of the face are short: they stay longer than wide.
    width = min(half_width, max(length / 2, 1.0))
    return np.asarray((start + end) / 2 + _UNIT_CIRCLE[:, :1] * half_axis + _UNIT_CIRCLE[:, 1:] * width * across)


def _blend_polygon(canvas: Picture, polygon: Floats, color: Color, opacity: float) -> None:
    # Only the limb's own box is copied and blended: on a large picture with many people that is what costs.
    height, width = canvas.shape[:2]
    left, top = np.maximum(np.floor(polygon.min(axis=0)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(polygon.max(axis=0)).astype(int) + 2, (width, height))
    if left >= right or top >= bottom:
        return
    box = canvas[top:bottom, left:right]
    filled = box.copy()
    _fill_polygon(filled, polygon - (left, top), color)
    box[...] = cv2.addWeighted(box, 1 - opacity, filled, opacity, 0)


def _fill_circle(canvas: Picture, centre: Floats, radius: float, color: Color) -> None:
    # A polygon, because cv2.circle rounds a radius of two pixels to a plus sign.
    _fill_polygon(canvas, centre + radius * _UNIT_CIRCLE, color)


def _fill_polygon(canvas: Picture, polygon: Floats, color: Color) -> None:
    corners = np.rint(polygon * 2**_FRACTION_BITS).astype(np.int32)
    cv2.fillConvexPoly(canvas, corners, color, cv2.LINE_AA, _FRACTION_BITS)
