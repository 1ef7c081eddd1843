"""Draw skeletons over a picture, for the reference's and the student's side by side."""

from pathlib import Path
from typing import Literal

import numpy as np

from estimation.config import ABSENT, PARTS, get_default_configuration
from grader.results import Overlay, Rows

MAX_SIDE_PX = 560
"""Pictures are made at most this large: two of them beside each other fill a page's width."""

JPEG_QUALITY = 78

Which = Literal["expected", "answer"]


def draw_overlay(picture: Path, overlay: Overlay, which: Which) -> bytes | None:
    """Draw one of the two sets of skeletons over a picture.

    Parameters
    ----------
    picture : Path
        The picture's file.
    overlay : Overlay
        Keypoints and skeletons. An id that has no place in the picture is left out.
    which : {"expected", "answer"}
        The reference's skeletons or the student's.

    Returns
    -------
    jpeg : bytes or None
        None when the picture cannot be read.
    """
    import cv2  # noqa: PLC0415 - costs a quarter of a second, and few reports have pictures

    from estimation.pictures import PictureError, read_picture  # noqa: PLC0415
    from estimation.renderers import draw  # noqa: PLC0415

    try:
        rgb = read_picture(picture)
    except PictureError:
        return None
    scale = min(1.0, MAX_SIDE_PX / max(rgb.shape[:2]))
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    people = _placed(overlay, overlay.expected if which == "expected" else overlay.answer)
    # The colours are blue, green, red: they are right on a picture in the same order.
    canvas = draw(get_default_configuration(), np.ascontiguousarray(small[..., ::-1]), _coords(overlay, scale), people)
    _, encoded = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encoded.tobytes()


def _placed(overlay: Overlay, people: Rows) -> Rows:
    """Take out ids that have no place in the picture: a merge may invent them."""
    placed = people.copy()
    ids = placed[:, : len(PARTS)]
    ids[~np.isin(ids, list(overlay.keypoints))] = ABSENT
    return placed


def _coords(overlay: Overlay, scale: float) -> dict[str, list[tuple[float, float, float, int]]]:
    """List the keypoints by part, as `get_coordinates` does: each in the slots in which somebody has it."""
    # A position is the centre of a pixel: shrinking moves the corner of the picture, not the centre of its first pixel.
    places = {id_: ((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5) for id_, (x, y) in overlay.keypoints.items()}
    both = np.concatenate((_placed(overlay, overlay.expected), _placed(overlay, overlay.answer)))
    return {
        part.name: [(*places[int(id_)], 1.0, int(id_)) for id_ in np.unique(both[:, part]) if id_ != ABSENT]
        for part in PARTS
    }
