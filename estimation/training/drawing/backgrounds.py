"""What stands behind people and in front of them: grounds, walls, skies, clutter, and how the light colours it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from estimation.training.drawing.looks import draw_color
from estimation.training.drawing.noise import draw_noise

Picture = NDArray[np.float32]
Mask = NDArray[np.uint8]


def _color(rng: np.random.Generator, dullness: float = 0.7) -> NDArray[np.float32]:
    return np.array(draw_color(rng, dullness), np.float32)


def _grain(rng: np.random.Generator, height_px: int, width_px: int, column_px: int = 1) -> Picture:
    return draw_noise(rng, height_px, width_px, column_px)[..., None]


def _grade(rng: np.random.Generator, height_px: int, width_px: int) -> Picture:
    """Blend four corner colours into each other."""
    corners = np.stack([_color(rng, 0.9) for _ in range(4)]).reshape(2, 2, 3)
    base = _color(rng)
    corners = base + (corners - base) * np.float32(rng.uniform(0.1, 0.6))
    return np.asarray(cv2.resize(corners, (width_px, height_px), interpolation=cv2.INTER_LINEAR), np.float32)


def _sky(rng: np.random.Generator, height_px: int, width_px: int) -> Picture:
    """Paint a sky with clouds."""
    top, low = np.array((70, 130, 210), np.float32), np.array((205, 222, 236), np.float32)
    share = np.linspace(0, 1, height_px, dtype=np.float32)[:, None, None]
    clouds = np.clip(_grain(rng, height_px, width_px, 3) * 0.5 - rng.uniform(-0.2, 0.6), 0, 0.8)
    sky = top + (low - top) * share * np.float32(rng.uniform(0.5, 1.0)) + clouds * 60
    return np.asarray(sky * np.float32(rng.uniform(0.6, 1.05)), np.float32)


def _bricks(rng: np.random.Generator, height_px: int, width_px: int) -> Picture:
    """Lay bricks, or tiles where rows are not offset, each of its own tone."""
    high = rng.uniform(0.03, 0.1) * max(height_px, 64)
    wide = high * rng.uniform(1.0, 3.0)
    rows = np.arange(height_px, dtype=np.float32) / np.float32(high)
    shift = (rows.astype(np.int32) & 1)[:, None] * np.float32(rng.choice([0.0, 0.5]))
    columns = np.arange(width_px, dtype=np.float32)[None] / np.float32(wide) + shift
    tones = rng.normal(0, rng.uniform(2, 9), (int(rows[-1]) + 1, int(columns.max()) + 1)).astype(np.float32)
    joint = np.maximum(np.abs(rows % 1 - 0.5)[:, None] * 2 > 0.9, np.abs(columns % 1 - 0.5) * 2 > 1 - 0.1 * high / wide)
    wall = _color(rng) + tones[rows.astype(np.int32)[:, None], columns.astype(np.int32)][..., None]
    return np.where(joint[..., None], wall * 0.6 + _color(rng, 1.0) * 0.3, wall).astype(np.float32)


def _wall(rng: np.random.Generator, height_px: int, width_px: int) -> Picture:
    """Paint a wall with pictures, windows or shelves on it."""
    wall = _grade(rng, height_px, width_px)
    if rng.random() < 0.4:
        period = rng.uniform(4, 40)
        bars = (np.arange(width_px, dtype=np.float32) / np.float32(period)).astype(np.int32) & 1
        wall += (bars * np.float32(rng.normal(0, 22)))[None, :, None]
    for _ in range(rng.integers(0, 5)):
        x, y = rng.uniform(0, width_px), rng.uniform(0, height_px * 0.8)
        w, h = rng.uniform(0.06, 0.35, 2) * height_px
        corners = (int(x - w / 2), int(y - h / 2)), (int(x + w / 2), int(y + h / 2))
        cv2.rectangle(wall, corners[0], corners[1], _color(rng).tolist(), -1)
        cv2.rectangle(wall, corners[0], corners[1], _color(rng).tolist(), int(rng.integers(1, 5)))
    return wall


def _town(rng: np.random.Generator, height_px: int, width_px: int) -> Picture:
    """Paint houses with windows before a sky."""
    scene = _sky(rng, height_px, width_px)
    for _ in range(rng.integers(2, 7)):
        x, w = rng.uniform(-0.1, 1) * width_px, rng.uniform(0.15, 0.5) * width_px
        top = rng.uniform(0.05, 0.7) * height_px
        color = _color(rng, 0.9)
        cv2.rectangle(scene, (int(x), int(top)), (int(x + w), height_px), color.tolist(), -1)
        step = max(w / rng.integers(2, 6), 6.0)
        for row in np.arange(top + step * 0.4, height_px, step * 1.3):
            for column in np.arange(x + step * 0.25, x + w - step * 0.6, step):
                corner = (int(column + step * 0.45), int(row + step * 0.7))
                cv2.rectangle(scene, (int(column), int(row)), corner, (color * 0.55 + 20).tolist(), -1)
    return scene


def _trees(rng: np.random.Generator, height_px: int, width_px: int) -> Picture:
    """Paint trees and bushes before a sky."""
    scene = _sky(rng, height_px, width_px)
    leaves = np.clip(_grain(rng, height_px, width_px) * 14, -25, 35)
    mask = np.zeros((height_px, width_px), np.uint8)
    for _ in range(rng.integers(3, 14)):
        center = (int(rng.uniform(0, width_px)), int(rng.uniform(0.25, 1.0) * height_px))
        cv2.circle(mask, center, int(rng.uniform(0.05, 0.3) * height_px), 255, -1)
    green = np.array((rng.uniform(30, 110), rng.uniform(70, 140), rng.uniform(20, 70)), np.float32)
    for _ in range(rng.integers(0, 4)):
        x = int(rng.uniform(0, width_px))
        cv2.line(scene, (x, 0), (x, height_px), (92, 70, 52), int(rng.uniform(0.01, 0.06) * width_px) + 1)
    return np.where(mask[..., None] > 0, green + leaves, scene).astype(np.float32)


def _clutter(rng: np.random.Generator, height_px: int, width_px: int) -> Picture:
    """Throw shapes of all colours over each other, limb-like bars among them."""
    scene = _grade(rng, height_px, width_px)
    # A strip of sky may be a few px high: shapes keep a size there.
    size = max(min(height_px, width_px), 16)
    for _ in range(rng.integers(5, 40)):
        a, b = (rng.uniform(0, (width_px, height_px)).astype(int).tolist() for _ in range(2))
        color, kind = _color(rng, 0.5).tolist(), rng.integers(4)
        if kind == 0:
            cv2.line(scene, a, b, color, int(rng.uniform(1, 0.08 * size + 2)), cv2.LINE_AA)
        elif kind == 1:
            axes = (int(rng.uniform(2, 0.2 * size)), int(rng.uniform(2, 0.2 * size)))
            cv2.ellipse(scene, a, axes, rng.uniform(0, 180), 0, 360, color, -1)
        elif kind == 2:
            corner = (np.array(a) + rng.uniform(2, 0.3 * size, 2)).astype(int).tolist()
            cv2.rectangle(scene, a, corner, color, -1)
        else:
            corners = (np.array(a) + rng.uniform(-0.2, 0.2, (5, 2)) * size).astype(np.int32)
            cv2.fillPoly(scene, [corners], color)
    return scene


def _floor(rng: np.random.Generator, height_px: int, width_px: int) -> Picture:
    """Lay a ground: grass, sand, boards or paving, finer towards the horizon."""
    kind = rng.integers(4)
    colors = ((86, 124, 52), (204, 186, 146), (150, 112, 76), (150, 150, 148))
    base = np.array(colors[kind], np.float32) * rng.uniform(0.6, 1.15) + rng.normal(0, 10, 3)
    grain = _grain(rng, height_px, width_px) * np.float32((12, 5, 5, 4)[kind])
    floor = np.broadcast_to(base.astype(np.float32), (height_px, width_px, 3)) + grain
    if kind >= 2:
        depth = np.linspace(0.08, 1.0, height_px, dtype=np.float32)[:, None]
        across = (np.arange(width_px, dtype=np.float32) - np.float32(width_px * rng.uniform(0.2, 0.8))) / depth
        u = across / np.float32(width_px * rng.uniform(0.06, 0.25))
        v = np.float32(rng.uniform(1.5, 4)) / depth * (kind == 3)
        floor += ((np.floor(u) * 7.3 + np.floor(v) * 3.1) % 1.9 - 1)[..., None] * np.float32(rng.uniform(4, 14))
    shade = np.linspace(rng.uniform(0.75, 1.1), rng.uniform(0.85, 1.1), height_px, dtype=np.float32)
    return np.asarray(floor * shade[:, None, None], np.float32)


_TIDY = (_wall, _bricks, _town, _trees, _sky)
_BACKDROPS = (*_TIDY, _wall, _clutter, _grade)


def draw_background(
    rng: np.random.Generator, height_px: int, width_px: int, horizon_px: float, *, is_tidy: bool = False
) -> Picture:
    """Draw an empty scene: a backdrop above the horizon and a ground below it.

    Parameters
    ----------
    rng : Generator
        Source of all choices.
    height_px, width_px : int
        Size of the picture.
    horizon_px : float
        Row at which the ground begins; may lie outside the picture.
    is_tidy : bool, optional
        No clutter and no blur.

    Returns
    -------
    picture : ndarray of shape (H, W, 3) and dtype float32
        RGB, about 0 to 255.
    """
    row = int(np.clip(horizon_px, 0, height_px))
    scene = np.empty((height_px, width_px, 3), np.float32)
    backdrops = _TIDY if is_tidy else _BACKDROPS
    if row > 0:
        scene[:row] = backdrops[rng.integers(len(backdrops))](rng, row, width_px)
    if row < height_px:
        scene[row:] = _floor(rng, height_px - row, width_px)
    if not is_tidy and rng.random() < 0.5:
        scene = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.5, 0.012 * height_px + 0.5))
    return scene + _grain(rng, height_px, width_px) * np.float32(rng.uniform(0, 5))


def draw_occluder(rng: np.random.Generator, height_px: int, width_px: int) -> tuple[Mask, Picture]:
    """Draw a foreground object: a post, a bush, a table or a ball.

    Returns
    -------
    mask : ndarray of shape (H, W) and dtype uint8
        255 on the object, with a smooth edge.
    paint : ndarray of shape (H, W, 3) and dtype float32
        Its colours.
    """
    mask = np.zeros((height_px, width_px), np.uint8)
    size = min(height_px, width_px)
    x, y = rng.uniform(0, width_px), rng.uniform(0.45, 1.0) * height_px
    kind = rng.integers(4)
    if kind == 0:
        half = rng.uniform(0.008, 0.05) * size
        lean = rng.normal(0, 0.03) * height_px
        corners = np.array([(x - half, height_px), (x + half, height_px), (x + lean + half, -1), (x + lean - half, -1)])
        cv2.fillPoly(mask, [corners.astype(np.int32)], 255, cv2.LINE_AA)
    elif kind == 1:
        for _ in range(12):
            spot = (int(x + rng.normal(0, 0.12) * size), int(height_px - abs(rng.normal(0, 0.1)) * size))
            cv2.circle(mask, spot, int(rng.uniform(0.02, 0.09) * size) + 1, 255, -1, cv2.LINE_AA)
    elif kind == 2:
        wide, thick = rng.uniform(0.15, 0.4) * width_px, rng.uniform(0.02, 0.06) * height_px
        y = rng.uniform(0.65, 0.9) * height_px
        for left, right, top, low in ((-1, 1, 0, thick), (-0.9, -0.8, 0, height_px), (0.8, 0.9, 0, height_px)):
            box = (int(x + left * wide), int(y + top)), (int(x + right * wide), int(y + low))
            cv2.rectangle(mask, *box, 255, -1)
    else:
        cv2.circle(mask, (int(x), int(y)), int(rng.uniform(0.02, 0.09) * size) + 1, 255, -1, cv2.LINE_AA)
    shade = np.linspace(1.15, 0.75, width_px, dtype=np.float32)[None, :, None]
    color = np.array((60, 100, 44), np.float32) if kind == 1 else _color(rng)
    return mask, color * shade + _grain(rng, height_px, width_px) * np.float32(14 if kind == 1 else 4)


def develop(rng: np.random.Generator, scene: Picture, *, is_tidy: bool = False) -> NDArray[np.uint8]:
    """Turn a scene into a photograph: exposure, colour cast, contrast, blur and noise, little of it if tidy."""
    spread = 0.3 if is_tidy else 1.0
    tint = np.exp(rng.normal(0, 0.05 * spread, 3) + rng.normal(-0.03, 0.15) * spread).astype(np.float32)
    contrast = np.float32(1 - rng.uniform(-0.15, 0.25) * spread)
    shot = (scene - 120) * (tint * contrast) + 120 * tint
    if rng.random() < 0.35 * (not is_tidy):
        shot = cv2.GaussianBlur(shot, (0, 0), rng.uniform(0.3, 1.1))
    if rng.random() < 0.6:
        shot += rng.standard_normal(shot.shape, np.float32) * np.float32(rng.uniform(1, 9) * spread)
    return np.clip(shot, 0, 255).astype(np.uint8)
