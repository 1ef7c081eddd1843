"""Light and shade of a cast body: normals from depth, one lamp, dim light in hollows, folds, patterns, faces."""

import cv2
import numpy as np
from numpy.typing import NDArray

from estimation.training.drawing.bodies import Body, Segment
from estimation.training.drawing.heads import SKULL_CENTER, lift_to_face, list_features
from estimation.training.drawing.noise import draw_noise
from estimation.training.drawing.solids import SAMPLES, Plane, Raster


def shade(raster: Raster, body: Body, light: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float32]:
    """Give every sample of a cast body its colour.

    Parameters
    ----------
    raster : Raster
        What the solids of `body` were cast on, numbered from 1.
    body : Body
        The person.
    light : ndarray of shape (3,)
        Unit direction to the lamp, in picture axes.
    rng : Generator
        Chooses the folds.

    Returns
    -------
    samples : ndarray of shape (h, w, 3) and dtype float32
        RGB, about 0 to 255; black where nothing is drawn.
    """
    drawn = np.flatnonzero(raster.numbers)
    numbers = raster.numbers.ravel()[drawn]
    across, down, hollow = (plane.ravel()[drawn] for plane in _find_relief(raster, body.scale_px))
    folds, shine = (np.array([0.0, *(getattr(m, name) for m in body.materials)]) for name in ("folds", "shine"))
    across += (
        draw_noise(rng, *raster.depths.shape).ravel()[drawn] * np.float32(0.22) * folds.astype(np.float32)[numbers]
    )
    facing = 1 / np.sqrt(across * across + down * down + 1)
    x, y, z = light.astype(np.float32)
    lit = (z - across * x - down * y) * facing
    value = 0.52 + 0.62 * np.maximum(lit * 0.85 + 0.15, 0)
    value *= (1 - 0.5 * hollow) * (0.72 + 0.28 * facing)
    glint = np.maximum(lit, 0) ** 12 * shine.astype(np.float32)[numbers] * 45
    samples = np.zeros((*raster.depths.shape, 3), np.float32)
    samples.reshape(-1, 3)[drawn] = _color(raster, body).reshape(-1, 3)[drawn] * value[:, None] + glint[:, None]
    return samples


def _find_relief(raster: Raster, scale_px: float) -> tuple[Plane, Plane, Plane]:
    """Give the slopes of the depth to the right and down, and how deep each sample lies in a hollow (0 to 1)."""
    depths = np.maximum(raster.depths, raster.depths.max() - np.float32(scale_px))
    small, large = (max(int(scale_px * share * SAMPLES) | 1, 3) for share in (0.012, 0.07))
    across, down = (cv2.blur(_find_slope(depths, axis), (small, small)) for axis in (1, 0))
    hollow = (cv2.blur(depths, (large, large)) - depths) / np.float32(scale_px * 0.1)
    return across, down, np.clip(hollow, 0, 1)


def _find_slope(depths: Plane, axis: int) -> Plane:
    """Give the slope of the depth along an axis: of the two one-sided ones the flatter, so that edges stay sharp."""
    ahead = np.diff(depths, axis=axis, append=depths.take([-1], axis))
    behind = np.diff(depths, axis=axis, prepend=depths.take([0], axis))
    slope = np.where(np.abs(ahead) < np.abs(behind), ahead, behind) * np.float32(SAMPLES)
    return np.asarray(np.clip(slope, -8, 8), np.float32)


def _color(raster: Raster, body: Body) -> NDArray[np.uint8]:
    """Look up the colour of every sample: its solid's first or, where the pattern says so, second colour."""
    first = [(0.0, 0.0, 0.0), *(m.color for m in body.materials)]
    second = [(0.0, 0.0, 0.0), *(m.second or m.color for m in body.materials)]
    table = np.clip(first + second, 0, 255).astype(np.uint8)
    index = raster.numbers
    if body.look.pattern != "plain":
        index = index + _find_pattern(raster, body) * np.uint8(len(first))
    colors = np.take(table, index, axis=0)
    _paint_face(colors, raster, body)
    return colors


def _find_pattern(raster: Raster, body: Body) -> NDArray[np.bool_]:
    """Say which samples have the second colour of the pattern, in the axes of the chest."""
    period = body.look.period
    axes = (body.skeleton.chest_axes * ((1.0,), (-1.0,), (1.0,)) / (body.scale_px * period)).astype(np.float32)
    x0, y0, z0 = body.place(body.skeleton.neck).astype(np.float32)
    x, y, z = raster.xs - x0, raster.ys[:, None] - y0, np.maximum(raster.depths, -1e4) - z0
    u, v, w = (x * i + y * j + z * k for i, j, k in axes.T)
    match body.look.pattern:
        case "stripes":
            return np.asarray(v % 2 < 1)
        case "bars":
            return np.asarray(u % 2 < 1)
        case "checks":
            return np.asarray((u % 2 < 1) != (v % 2 < 1))
        case "dots":
            return np.asarray((u % 1 - 0.5) ** 2 + (v % 1 - 0.5) ** 2 < 0.07)
        case "jacket":
            return np.asarray((np.abs(u) < 0.02 / period - 0.1 * v) & (w > 0))
        case _:
            return np.asarray(np.abs(v + 0.12 / period) < 0.03 / period)


def _paint_face(colors: NDArray[np.uint8], raster: Raster, body: Body) -> None:
    """Paint eyes, brows, mouth, cheeks and glasses onto the head where they face the viewer."""
    s, look, h = body.skeleton, body.look, body.skeleton.proportions.head
    if s.head_axes[2, 2] < -0.5 or h * body.scale_px < 5:
        return
    center, reach = body.place(s.head), h * body.scale_px
    rows = _window(raster.ys, center[1], reach)
    columns = _window(raster.xs, center[0], reach)
    layer = colors[rows, columns].copy()
    if not layer.size:
        return
    corner = np.array([raster.xs[columns][0], raster.ys[rows][0]])
    for outlines, color in list_features(look):
        points = [lift_to_face(outline) for outline in outlines]
        if (s.head_axes @ (points[0].mean(axis=0) - SKULL_CENTER))[2] > 0.03:
            placed = [body.place(s.head + p @ s.head_axes.T * h)[:, :2] for p in points]
            grid = [np.round((p - corner) * (SAMPLES * 16)).astype(np.int32) for p in placed]
            cv2.fillPoly(layer, grid, np.clip(color, 0, 255).tolist(), cv2.LINE_AA, 4)
    is_face = np.array([False, *(segment == Segment.head for segment in body.segments)])
    np.copyto(colors[rows, columns], layer, where=is_face[raster.numbers[rows, columns]][..., None])


def _window(line: Plane, center: float, reach: float) -> slice:
    """Find the indices of a row or column of coordinates within `reach` of `center`."""
    first, last = np.searchsorted(line, (center - reach, center + reach))
    return slice(int(first), int(last))
