"""Tapered elliptical capsules, cast onto a picture with depth, and their shading.

A *solid* is the hull of the balls between two centres, squeezed along its own axes: a ball, an egg, a limb, a
torso. Seen from far away along z it has a closed form, so every pixel gets its exact depth; the depths give
the shape's light and shade, and the number of the nearest solid says what is to be seen there.
Axes here are those of the picture: x to the right, y down, z towards the viewer, all in px.
"""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Plane = NDArray[np.float32]
FAR = -1e9
"""Depth of a pixel on which nothing is drawn."""
SAMPLES = 2
"""Samples per px in each direction."""


@dataclass(frozen=True)
class Solid:
    """A tapered elliptical capsule.

    Attributes
    ----------
    start, end : ndarray of shape (3,)
        Centres of the two ends.
    radii : tuple of float
        At the start and at the end.
    shape : ndarray of shape (3, 3), optional
        Matrix that turns the unit ball into the egg of which the solid is made; a ball by default.
    clip : tuple of (ndarray of shape (3,), float), optional
        Only points with ``normal . point > offset`` are drawn.
    """

    start: Array
    end: Array
    radii: tuple[float, float]
    shape: Array | None = None
    clip: tuple[Array, float] | None = None


@dataclass(frozen=True)
class Raster:
    """Depth and nearest solid on a window of a picture, `SAMPLES` times as fine as the picture.

    Attributes
    ----------
    xs, ys : ndarray of shape (w,) and (h,), dtype float32
        Picture coordinates in px of the columns and of the rows.
    depths : ndarray of shape (h, w) and dtype float32
        z in px, `FAR` where nothing is drawn.
    numbers : ndarray of shape (h, w) and dtype uint8
        The nearest solid's number, 0 for none.
    """

    xs: Plane
    ys: Plane
    depths: Plane = field(repr=False)
    numbers: NDArray[np.uint8] = field(repr=False)


def make_raster(x_px: int, y_px: int, width_px: int, height_px: int) -> Raster:
    """Make an empty raster over the pixels from (x, y) on; a pixel's centre has integer coordinates."""
    offset = (1 / SAMPLES - 1) / 2
    xs = (np.arange(width_px * SAMPLES, dtype=np.float32) / SAMPLES + np.float32(x_px + offset)).astype(np.float32)
    ys = (np.arange(height_px * SAMPLES, dtype=np.float32) / SAMPLES + np.float32(y_px + offset)).astype(np.float32)
    shape = (len(ys), len(xs))
    return Raster(xs, ys, np.full(shape, FAR, np.float32), np.zeros(shape, np.uint8))


def find_bounds(solid: Solid) -> tuple[float, float, float, float]:
    """Give the smallest and largest x and y of a solid: (left, top, right, bottom)."""
    wide, high = (1.0, 1.0) if solid.shape is None else np.sqrt((solid.shape[:2] ** 2).sum(axis=1))
    (ax, ay, _), (bx, by, _) = solid.start, solid.end
    ra, rb = solid.radii
    return (
        min(ax - ra * wide, bx - rb * wide),
        min(ay - ra * high, by - rb * high),
        max(ax + ra * wide, bx + rb * wide),
        max(ay + ra * high, by + rb * high),
    )


def cast(raster: Raster, solid: Solid, number: int, blend_px: float) -> None:
    """Draw a solid where it is nearer than what is there; depths closer than `blend_px` melt into each other."""
    left, top, right, bottom = find_bounds(solid)
    x0, y0 = raster.xs[0], raster.ys[0]
    columns = slice(max(int((left - x0) * SAMPLES), 0), max(int((right - x0) * SAMPLES) + 2, 0))
    rows = slice(max(int((top - y0) * SAMPLES), 0), max(int((bottom - y0) * SAMPLES) + 2, 0))
    xs, ys = raster.xs[columns], raster.ys[rows, None]
    if not (xs.size and ys.size):
        return
    depths = _cast_depths(solid, xs, ys)
    old = raster.depths[rows, columns]
    gain = depths - old
    np.copyto(raster.numbers[rows, columns], np.uint8(number), where=gain > 0)
    np.maximum(old, depths, out=old)
    if blend_px > 0:
        np.abs(gain, out=gain)
        np.subtract(blend_px, gain, out=gain)
        np.maximum(gain, 0, out=gain)
        old += gain * gain * (0.25 / blend_px)


def _cast_depths(solid: Solid, xs: Plane, ys: Plane) -> Plane:
    """Give the depth of the solid's face at each (x, y), `2 * FAR` beside it.

    The egg's matrix S = shape @ shape.T is split like a covariance: in coordinates whitened by the block of x and
    y the egg is a ball, and its depth is that ball's, scaled by what z has left and sheared by its slope.
    """
    slope, scale, u, v, ends = (0.0, 0.0), 1.0, xs, ys, (solid.start, solid.end)
    if solid.shape is not None:
        spread = solid.shape @ solid.shape.T
        (pxx, pxy, pxz), (_, pyy, pyz), (_, _, pzz) = spread.tolist()
        area = pxx * pyy - pxy * pxy
        slope = ((pyy * pxz - pxy * pyz) / area, (pxx * pyz - pxy * pxz) / area)
        scale = sqrt(max(pzz - slope[0] * pxz - slope[1] * pyz, 1e-12))
        wide, shear = sqrt(pxx), pxy / sqrt(pxx)
        high = sqrt(pyy - shear * shear)
        ends = tuple(
            (x / wide, (y - shear * x / wide) / high, (z - slope[0] * x - slope[1] * y) / scale)
            for x, y, z in (solid.start.tolist(), solid.end.tolist())
        )
        u, v = xs / np.float32(wide), ys / np.float32(high) - xs * np.float32(shear / (wide * high))
    depths, inside = _cast_round(u, v, ends, solid.radii)
    depths *= np.float32(scale)
    if solid.shape is not None:
        depths += xs * np.float32(slope[0]) + ys * np.float32(slope[1])
    if solid.clip is not None:
        (nx, ny, nz), offset = solid.clip
        inside &= xs * np.float32(nx) + ys * np.float32(ny) + depths * np.float32(nz) > offset
    np.copyto(depths, np.float32(2 * FAR), where=~inside)
    return depths


def _cast_round(u, v, ends, radii):
    """Give the depth of a round tapered capsule and where it is: the highest of the balls between its ends.

    The ball at share t of the way has at a pixel the squared height g(t) = g0 - G (t - t0)^2, a parabola, and
    its top is az + t dz + sqrt(g(t)), which is concave in t: the best t is known and clips to [0, 1].
    """
    (ax, ay, az), (bx, by, bz) = ends
    ra, rb = radii
    du, dv, dz, dr = float(bx - ax), float(by - ay), float(bz - az), rb - ra
    square = du * du + dv * dv - dr * dr
    p, q = u - np.float32(ax), v - np.float32(ay)
    near = p * p + q * q
    if square < 1e-6 * max(ra, rb) ** 2 + 1e-9:
        # One end hides the other: only the nearer ball is to be seen.
        if bz + rb > az + ra:
            az, ra = bz, rb
            p, q = u - np.float32(bx), v - np.float32(by)
            near = p * p + q * q
        height = np.float32(ra * ra) - near
        inside = height > 0
        return np.sqrt(np.maximum(height, 0)) + np.float32(az), inside
    vertex = p * np.float32(du / square) + q * np.float32(dv / square) + np.float32(ra * dr / square)
    height = np.float32(ra * ra) - near
    height += vertex * vertex * np.float32(square)
    lead = np.float32(dz / (sqrt(square) * sqrt(dz * dz + square)))
    share = np.sqrt(np.maximum(height, 0))
    share *= lead
    share += vertex
    np.clip(share, 0, 1, out=share)
    vertex -= share
    vertex *= vertex
    height -= vertex * np.float32(square)
    inside = height > 0
    np.maximum(height, 0, out=height)
    np.sqrt(height, out=height)
    share *= np.float32(dz)
    height += share
    height += np.float32(az)
    return height, inside
