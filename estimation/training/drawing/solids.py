"""Tapered elliptical capsules, cast onto a picture with depth, and their shading.

A *solid* is the hull of the balls between two centres, squeezed along its own axes: a ball, an egg, a limb, a
torso. Seen from far away along z it has a closed form, so every pixel gets its exact depth; the depths give
the shape's light and shade, and the number of the nearest solid says what is to be seen there.
Axes here are those of the picture: x to the right, y down, z towards the viewer, all in px.
"""

from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = tuple[float, float, float]
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

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """Smallest and largest x and y, before clipping: (left, top, right, bottom)."""
        wide, high = (1.0, 1.0) if self.shape is None else np.sqrt((self.shape[:2] ** 2).sum(axis=1)).tolist()
        (ax, ay, _), (bx, by, _) = self.start.tolist(), self.end.tolist()
        ra, rb = self.radii
        return (
            min(ax - ra * wide, bx - rb * wide),
            min(ay - ra * high, by - rb * high),
            max(ax + ra * wide, bx + rb * wide),
            max(ay + ra * high, by + rb * high),
        )


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


def cast(raster: Raster, solid: Solid, number: int, blend_px: float) -> None:
    """Draw a solid where it is nearer than what is there; depths closer than `blend_px` melt into each other."""
    left, top, right, bottom = solid.bounds
    x0, y0 = float(raster.xs[0]), float(raster.ys[0])
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
    """Give the depth of the solid's face at each (x, y), `2 * FAR` beside it."""
    (ax, ay, az), (bx, by, bz) = solid.start.tolist(), solid.end.tolist()
    if solid.shape is None:
        depths, is_inside = _cast_round(xs, ys, ((ax, ay, az), (bx, by, bz)), solid.radii)
    else:
        wide, shear, high, scale, slope_x, slope_y = _whiten(solid.shape)
        ends = tuple(
            (x / wide, (y - shear * x / wide) / high, (z - slope_x * x - slope_y * y) / scale)
            for x, y, z in ((ax, ay, az), (bx, by, bz))
        )
        u, v = xs / np.float32(wide), ys / np.float32(high) - xs * np.float32(shear / (wide * high))
        depths, is_inside = _cast_round(u, v, (ends[0], ends[1]), solid.radii)
        depths *= np.float32(scale)
        depths += xs * np.float32(slope_x) + ys * np.float32(slope_y)
    if solid.clip is not None:
        (nx, ny, nz), offset = solid.clip[0].astype(np.float32), solid.clip[1]
        is_inside &= xs * nx + ys * ny + depths * nz > offset
    np.copyto(depths, np.float32(2 * FAR), where=~is_inside)
    return depths


def _whiten(shape: Array) -> tuple[float, float, float, float, float, float]:
    """Give the coordinates in which an egg is a ball: (wide, shear, high, scale, slope of z in x, in y).

    The egg's matrix S = shape @ shape.T is split like a covariance: x and y are whitened by the Cholesky factor of
    their block, z is what it has left beside its regression on them.
    """
    (pxx, pxy, pxz), (_, pyy, pyz), (_, _, pzz) = (shape @ shape.T).tolist()
    area = pxx * pyy - pxy * pxy
    slope_x, slope_y = (pyy * pxz - pxy * pyz) / area, (pxx * pyz - pxy * pxz) / area
    wide = sqrt(pxx)
    shear = pxy / wide
    scale = sqrt(max(pzz - slope_x * pxz - slope_y * pyz, 1e-12))
    return wide, shear, sqrt(area) / wide, scale, slope_x, slope_y


def _cast_round(
    u: Plane, v: Plane, ends: tuple[Point, Point], radii: tuple[float, float]
) -> tuple[Plane, NDArray[np.bool_]]:
    """Give the depth of a round tapered capsule and where it is: the highest of the balls between its ends.

    The ball at share t of the way has at a pixel the squared height g(t) = g0 - G (t - t0)^2, and its top is
    az + t dz + sqrt(g(t)): where that is level in t, and clipped to [0, 1], is the ball that the pixel shows.
    """
    (ax, ay, az), (bx, by, bz), (ra, rb) = *ends, radii
    du, dv, dz, dr = bx - ax, by - ay, bz - az, rb - ra
    square = du * du + dv * dv - dr * dr
    # Below zero one end's outline holds the other's; unless the smaller end comes forward it is hidden.
    is_nested = square < 1e-6 * max(ra, rb) ** 2
    if is_nested and (dz * dr >= 0 or dz * dz + square <= 0 or square > -1e-9):
        return _cast_ball(u, v, *((ends[0], ra) if ra > rb else (ends[1], rb)))
    p, q = u - np.float32(ax), v - np.float32(ay)
    height = np.float32(ra * ra) - (p * p + q * q)
    vertex = p * np.float32(du / square) + q * np.float32(dv / square) + np.float32(ra * dr / square)
    height += vertex * vertex * np.float32(square)
    sign = -1 if is_nested else 1
    share = np.sqrt(np.maximum(height * np.float32(sign), 0))
    share *= np.float32(sign * dz / sqrt(abs(square) * (dz * dz + square)))
    share += vertex
    np.clip(share, 0, 1, out=share)
    vertex -= share
    vertex *= vertex
    height -= vertex * np.float32(square)
    is_inside = height > 0
    np.maximum(height, 0, out=height)
    np.sqrt(height, out=height)
    share *= np.float32(dz)
    height += share
    height += np.float32(az)
    return height, is_inside


def _cast_ball(u: Plane, v: Plane, center: Point, radius: float) -> tuple[Plane, NDArray[np.bool_]]:
    """Give the depth of a ball and where it is."""
    p, q = u - np.float32(center[0]), v - np.float32(center[1])
    height = np.float32(radius * radius) - (p * p + q * q)
    return np.sqrt(np.maximum(height, 0)) + np.float32(center[2]), height > 0
