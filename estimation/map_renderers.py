"""Draw what the network sees: its heatmaps and PAFs over the picture, in one picture that a person can read."""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from estimation.config import N_HEATMAPS, N_PAFS, ConnectionsConfig
from estimation.maps import check_maps
from estimation.pictures import resize_picture
from estimation.renderers import Picture, check_picture

Floats = NDArray[np.float32]

LARGE_WIDTH_PX = 480
MAX_LARGE_HEIGHT_PX = 800
"""The three panels of the first row are as large as this allows; the panels below are half as wide."""

N_SMALL_IN_ROW = 6
_GAP_PX = 8
_TITLE_PX = 26
_PAPER = (32, 32, 32)
_INK = (235, 235, 235)


def draw_maps(config: ConnectionsConfig, picture: Picture, heatmaps: ArrayLike, pafs: ArrayLike) -> Picture:
    """Draw a sheet of panels: the picture, all heatmaps in one, all PAFs in one, and each part's heatmap.

    Parameters
    ----------
    config : ConnectionsConfig
        Which channels belong to which part and limb.
    picture : ndarray of shape (H, W, 3) and dtype uint8
        What the network saw, in blue, green, red. Not modified.
    heatmaps : array_like of shape (rows, cols, 19)
        Confidence of each part and the background, about 0 to 1; they cover the whole picture. Not modified.
    pafs : array_like of shape (rows, cols, 38)
        Part affinity fields, about unit length on a limb. Not modified.

    Returns
    -------
    sheet : ndarray of shape (height, width, 3) and dtype uint8
        At most 1,464 pixels wide. The colour of a PAF is its direction, as the wheel in its panel shows: there
        each colour stands on the side that its limb points to. Brightness is its length. A small panel's title
        ends in the greatest confidence.

    Raises
    ------
    ValueError
        If a shape or dtype is another, heatmaps and PAFs differ in size, or a value is not finite.
    """
    check_picture(picture)
    scores, fields = check_maps(heatmaps, N_HEATMAPS, "heatmaps"), check_maps(pafs, N_PAFS, "pafs")
    if scores.shape[:2] != fields.shape[:2]:
        raise ValueError(
            f"heatmaps and pafs must have the same height and width; got {scores.shape[:2]} and {fields.shape[:2]}. "
            "Take both from one run of the network."
        )
    large = _scaled(picture, min(LARGE_WIDTH_PX / picture.shape[1], MAX_LARGE_HEIGHT_PX / picture.shape[0]))
    faint = _dim(large)
    of_parts = {part.name: scores[..., meta.heatmap_idx] for part, meta in config.body_parts.items()}
    strongest = np.max(list(of_parts.values()), axis=0)
    top = [
        _panel(large, f"picture {picture.shape[1]} x {picture.shape[0]}"),
        _panel(_overlay_scores(faint, strongest), "heatmaps, all parts"),
        _panel(_overlay_fields(config, faint, fields), "PAFs, all limbs: colour = direction"),
    ]
    half_width = max((large.shape[1] - _GAP_PX) // 2, 1)  # two small panels and their gap are as wide as a large one
    half = _scaled(faint, half_width / large.shape[1])
    small = [_panel(_overlay_scores(half, map_), f"{name} {map_.max():.2f}") for name, map_ in of_parts.items()]
    return _stack([top, *(small[start : start + N_SMALL_IN_ROW] for start in range(0, len(small), N_SMALL_IN_ROW))])


def _scaled(picture: Picture, scale: float) -> Picture:
    height, width = picture.shape[:2]
    return resize_picture(picture, max(1, round(width * scale)), max(1, round(height * scale)))


def _dim(picture: Picture) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    dimmed: Picture = cv2.cvtColor(cv2.convertScaleAbs(grey, alpha=0.6), cv2.COLOR_GRAY2BGR)
    return dimmed


def _overlay_scores(picture: Picture, scores: NDArray[np.floating]) -> Picture:
    """Colour a picture by scores of 0 to 1: the higher, the warmer and the less of the picture shows through."""
    levels = np.clip(_spread(scores, picture), 0, 1)
    colors = cv2.applyColorMap(np.rint(255 * levels).astype(np.uint8), cv2.COLORMAP_TURBO)
    return _blend(picture, colors, np.minimum(1.6 * levels, 0.9)[..., None])


def _overlay_fields(config: ConnectionsConfig, picture: Picture, fields: NDArray[np.floating]) -> Picture:
    dx = fields[..., [limb.paf_dx_idx for limb in config.connection_types]]
    dy = fields[..., [limb.paf_dy_idx for limb in config.connection_types]]
    # Limbs that cross in a cell have directions of their own: the longest vector is shown, not their mean.
    longest = np.hypot(dx, dy).argmax(axis=-1)[..., None]
    x = _spread(np.take_along_axis(dx, longest, axis=-1)[..., 0], picture)
    y = _spread(np.take_along_axis(dy, longest, axis=-1)[..., 0], picture)
    overlaid = _blend(picture, _color_directions(x, y), np.clip(1.2 * np.hypot(x, y), 0, 0.9)[..., None])
    _draw_wheel(overlaid)
    return overlaid


def _draw_wheel(picture: Picture) -> None:
    """Draw the legend of directions into the lower right corner."""
    radius = (min(picture.shape[:2]) - 1) // 9
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
    corner = picture[-2 * radius - 1 :, -2 * radius - 1 :]
    inside = np.clip(radius - np.hypot(x, y), 0, 1)[..., None]
    corner[...] = _blend(corner, _color_directions(x, y), inside)


def _color_directions(x: Floats, y: Floats) -> Picture:
    """Give each vector the hue of its angle: red points right, and hues go round clockwise in the picture."""
    hue = np.rint(np.degrees(np.arctan2(y, x)) % 360 / 2).astype(np.uint8) % 180
    full = np.full_like(hue, 255)
    colors: Picture = cv2.cvtColor(np.stack((hue, full, full), axis=-1), cv2.COLOR_HSV2BGR)
    return colors


def _spread(map_: NDArray[np.floating], picture: Picture) -> Floats:
    """Enlarge a map to the picture's size; cell centres stay where `cells_to_px` puts them."""
    spread: Floats = cv2.resize(map_.astype(np.float32), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return spread


def _blend(picture: Picture, colors: Picture, opacity: NDArray[np.floating]) -> Picture:
    return np.asarray(np.rint(picture * (1 - opacity) + colors * opacity), dtype=np.uint8)


def _panel(picture: Picture, title: str) -> Picture:
    """Put a title above a picture, in letters that fit its width."""
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.5
    (width, _), _ = cv2.getTextSize(title, font, scale, 1)
    scale *= min(1.0, picture.shape[1] / (width + 4))
    strip = np.full((_TITLE_PX, picture.shape[1], 3), _PAPER, dtype=np.uint8)
    cv2.putText(strip, title, (2, _TITLE_PX - 9), font, scale, _INK, 1, cv2.LINE_AA)
    return np.concatenate((strip, picture))


def _stack(rows: list[list[Picture]]) -> Picture:
    """Lay rows of panels below one another, left-aligned on one sheet."""
    bands = [np.concatenate([_frame(panel) for panel in row], axis=1) for row in rows]
    width = max(band.shape[1] for band in bands)
    padded = [cv2.copyMakeBorder(b, 0, 0, 0, width - b.shape[1], cv2.BORDER_CONSTANT, value=_PAPER) for b in bands]
    return np.concatenate(padded)


def _frame(panel: Picture) -> Picture:
    gap = _GAP_PX // 2
    framed: Picture = cv2.copyMakeBorder(panel, gap, gap, gap, gap, cv2.BORDER_CONSTANT, value=_PAPER)
    return framed
