"""The example of the handout: nine rows that become one person. It has no picture, so its keypoints get places here."""

import numpy as np

from estimation.compilation import Floats
from estimation.config import ABSENT, N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN, BodyPart
from estimation.coordinates import Keypoint

SIZE_PX = 400
"""Height and width of the sheet that the places are on."""

_ROWS = (
    ("neck", 1, "right_shoulder", 2, 1.9540779),
    ("neck", 1, "left_shoulder", 5, 1.76488239),
    ("right_shoulder", 2, "right_elbow", 3, 1.69892728),
    ("nose", 0, "neck", 1, 1.89980185),
    ("nose", 0, "right_eye", 6, 1.78199434),
    ("right_eye", 6, "right_ear", 8, 1.73637748),
    ("nose", 0, "left_eye", 7, 1.82718945),
    ("left_eye", 7, "left_ear", 9, 1.86717367),
    ("left_shoulder", 5, "left_ear", 9, 1.6537441),
)

_PLACES = {
    ("nose", 0): (200, 116),
    ("neck", 1): (200, 220),
    ("right_shoulder", 2): (104, 228),
    ("right_elbow", 3): (72, 330),
    ("left_shoulder", 5): (296, 228),
    ("right_eye", 6): (168, 84),
    ("left_eye", 7): (232, 84),
    ("right_ear", 8): (124, 106),
    ("left_ear", 9): (276, 106),
}
"""(x, y) in px, as of somebody who looks at us: the person's right is on the left."""


def handout_rows() -> Floats:
    """Return the rows of the example, shape (9, 20), in the handout's order."""
    rows = np.full((len(_ROWS), ROW_LENGTH), float(ABSENT))
    for row, (start, start_id, end, end_id, score) in zip(rows, _ROWS, strict=True):
        row[BodyPart[start]], row[BodyPart[end]] = start_id, end_id
        row[SCORE_COLUMN], row[N_PARTS_COLUMN] = score, 2
    return rows


def handout_coordinates() -> dict[str, list[Keypoint]]:
    """Return places of its keypoints by part, ``(x, y, score, id)``, x and y in pixels."""
    return {part: [(x, y, 1.0, id_)] for (part, id_), (x, y) in _PLACES.items()}
