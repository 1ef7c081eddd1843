"""Light and shade of a cast body: normals from depth, one lamp, dim light in hollows, folds, patterns, faces."""

import cv2
import numpy as np
from numpy.typing import NDArray

from estimation.training.bodies import SKULL, Body, Segment
from estimation.training.noise import TILE, take_noise
from estimation.training.poses import LEFT, RIGHT
from estimation.training.solids import FAR, SAMPLES, Plane, Raster, Solid

def _step(depths: Plane, axis: int) -> Plane:
    """Give the depth's slope along an axis in px per px: the smaller one-sided difference, so edges stay sharp."""
    difference = np.diff(depths, axis=axis)
    np.clip(difference, -8 / SAMPLES, 8 / SAMPLES, out=difference)
    pad = [(0, 0), (0, 0)]
    pad[axis] = (0, 1)
    ahead = np.pad(difference, pad, mode="edge")
    pad[axis] = (1, 0)
    behind = np.pad(difference, pad, mode="edge")
    return np.where(np.abs(ahead) < np.abs(behind), ahead, behind) * np.float32(SAMPLES)


def shade(raster: Raster, body: Body, light: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float32]:
    """Color every sample of a cast body.

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
        RGB, 0 to 255; undefined where nothing is drawn.
    """
    depths, scale = raster.depths, body.scale_px
    size = max(int(scale * 0.012 * SAMPLES) | 1, 3)
    near = max(int(scale * 0.07 * SAMPLES) | 1, 3)
    floor = np.maximum(depths, depths.max() - np.float32(scale))
    drawn = np.flatnonzero(raster.numbers)
    numbers = raster.numbers.ravel()[drawn]
    gx, gy = (cv2.blur(_step(floor, axis), (size, size)).ravel()[drawn] for axis in (1, 0))
    hollow = (cv2.blur(floor, (near, near)) - floor).ravel()[drawn] / np.float32(scale * 0.1)
    folds, shine = (np.array([0.0, *(getattr(m, k) for m in body.materials)], np.float32) for k in ("folds", "shine"))
    offset = rng.integers(0, TILE, 2)
    noise = take_noise(depths.shape, (int(offset[0]), int(offset[1]))).ravel()[drawn]
    gx += noise * folds[numbers] * np.float32(0.22)
    facing = 1 / np.sqrt(gx * gx + gy * gy + 1)
    lit = (np.float32(light[2]) - gx * np.float32(light[0]) - gy * np.float32(light[1])) * facing
    value = 0.52 + 0.62 * np.maximum(lit * 0.85 + 0.15, 0)
    value *= (1 - 0.5 * np.clip(hollow, 0, 1)) * (0.72 + 0.28 * facing)
    glint = np.maximum(lit, 0) ** 12 * shine[numbers] * 45
    samples = np.zeros((*depths.shape, 3), np.float32)
    colors = _color(raster, body).reshape(-1, 3)[drawn]
    samples.reshape(-1, 3)[drawn] = colors * value[:, None] + glint[:, None]
    return samples


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
    axes = body.skeleton.chest_axes * np.array([[1.0], [-1.0], [1.0]]) / (body.scale_px * body.look.period)
    origin = body.place(body.skeleton.neck)
    depths = np.maximum(raster.depths, -4 * body.scale_px) - np.float32(origin[2])
    x, y = raster.xs - np.float32(origin[0]), raster.ys[:, None] - np.float32(origin[1])
    u, v = (x * np.float32(a[0]) + y * np.float32(a[1]) + depths * np.float32(a[2]) for a in (axes[:, 0], axes[:, 1]))
    match body.look.pattern:
        case "stripes":
            return np.asarray(np.floor(v).astype(np.int32) & 1, bool)
        case "bars":
            return np.asarray(np.floor(u).astype(np.int32) & 1, bool)
        case "checks":
            return np.asarray((np.floor(u) + np.floor(v)).astype(np.int32) & 1, bool)
        case "dots":
            return np.asarray((u % 1 - 0.5) ** 2 + (v % 1 - 0.5) ** 2 < 0.07)
        case _:
            return np.asarray(np.abs(v + 0.12 / body.look.period) < 0.03 / body.look.period)


def _ellipse(center: tuple[float, float], half: tuple[float, float], bow: float = 0.0) -> NDArray[np.float64]:
    """Outline of an ellipse on the face, in head heights; `bow` bends its middle upwards."""
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    x = np.cos(angles) * half[0]
    return np.stack([center[0] + x, center[1] + np.sin(angles) * half[1] - bow * (x / half[0]) ** 2], axis=1)


def _paint_face(colors: NDArray[np.uint8], raster: Raster, body: Body) -> None:
    """Paint eyes, brows, mouth, cheeks and glasses onto the head where they face the viewer."""
    s, look, h = body.skeleton, body.look, body.skeleton.proportions.head
    if s.head_axes[2, 2] < -0.5 or h * body.scale_px < 5:
        return
    skin = np.array(look.skin)
    brow = np.array(look.hair) * 0.7
    shapes = [
        *((_ellipse((0.2 * side, -0.14), (0.1, 0.07)), skin * (1.0, 0.9, 0.88)) for side in (LEFT, RIGHT)),
        *((_ellipse((0.145 * side, 0.015), (0.085, 0.062)), skin * 0.72) for side in (LEFT, RIGHT)),
        *((_ellipse((0.145 * side, 0.0), (0.072, 0.044)), np.array((246.0, 244.0, 240.0))) for side in (LEFT, RIGHT)),
        *((_ellipse((0.145 * side, 0.0), (0.04, 0.042)), np.array(look.iris)) for side in (LEFT, RIGHT)),
        *((_ellipse((0.145 * side, 0.0), (0.02, 0.021)), np.array((12.0, 10.0, 10.0))) for side in (LEFT, RIGHT)),
        *((_ellipse((0.15 * side, 0.115), (0.1, 0.02), bow=0.03), brow) for side in (LEFT, RIGHT)),
        (_ellipse((0, -0.275), (0.1, 0.028), bow=-0.02), skin * (0.78, 0.5, 0.5)),
        (_ellipse((0, -0.277), (0.09, 0.007), bow=-0.02), skin * (0.4, 0.22, 0.24)),
        *((_ellipse((0.035 * side, -0.185), (0.018, 0.01)), skin * 0.45) for side in (LEFT, RIGHT)),
    ]
    center, reach = body.place(s.head), h * body.scale_px
    rows = _window(raster.ys, center[1], reach)
    columns = _window(raster.xs, center[0], reach)
    layer = colors[rows, columns].copy()
    if not layer.size:
        return
    corner = np.array([raster.xs[columns][0], raster.ys[rows][0]])
    for outline, color in shapes:
        points = lift_to_face(outline)
        if (s.head_axes @ (points.mean(axis=0) - (0, 0.1, -0.03)))[2] > 0.03:
            placed = body.place(s.head + points @ s.head_axes.T * h)[:, :2]
            grid = np.round((placed - corner) * (SAMPLES * 16)).astype(np.int32)
            cv2.fillPoly(layer, [grid], tuple(color.tolist()), cv2.LINE_AA, 4)
    is_face = np.array([False, *(segment == Segment.head for segment in body.segments)])
    np.copyto(colors[rows, columns], layer, where=is_face[raster.numbers[rows, columns]][..., None])


def _window(line: Plane, center: float, reach: float) -> slice:
    """Find the indices of a row or column of coordinates within `reach` of `center`."""
    first, last = np.searchsorted(line, (center - reach, center + reach))
    return slice(int(first), int(last))


def lift_to_face(outline: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put points (x, y) of the face, in head heights from the head's middle, onto its surface: (x, y, z)."""
    x, y = outline[:, 0], outline[:, 1]
    rest = np.maximum(1 - (x / SKULL[0]) ** 2 - ((np.maximum(y, -0.1) - 0.1) / SKULL[1]) ** 2, 0)
    return np.stack([x, y, np.sqrt(rest) * SKULL[2] - 0.03], axis=1)
