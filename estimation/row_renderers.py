"""Draw the rows that reach `merge` beside the people that come out: two pictures of the same place.

Colours are blue, green, red, as OpenCV draws them.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from estimation.compilation import Floats
from estimation.config import ABSENT, LIMBS, N_PARTS, Color
from estimation.explaining import ExplainedRow
from estimation.keypoints import PART_NAMES, cells_to_px

Picture = NDArray[np.uint8]
Places = Mapping[tuple[int, int], tuple[int, int]]

SMALLEST_WIDTH_PX = 960
"""Of each of the two pictures: numbers are written into them."""

MOST_NUMBERED = 24
"""So many rows have their numbers beside them; of more those alone that contradict another one."""

_PEOPLE_COLORS: tuple[Color, ...] = (
    (60, 180, 75),
    (200, 130, 0),
    (48, 130, 245),
    (180, 30, 145),
    (240, 240, 70),
    (230, 50, 240),
    (60, 245, 210),
    (128, 128, 0),
)
_ROW, _CONFLICT, _INK, _PAPER = (210, 210, 210), (40, 40, 255), (0, 0, 0), (255, 255, 255)
_SHADE = 0.45
_FONT, _LETTER = cv2.FONT_HERSHEY_SIMPLEX, 0.45


def draw_rows(
    picture: Picture,
    coordinates: Mapping[str, Sequence[Sequence[float]]],
    explained: Sequence[ExplainedRow],
    people: Floats,
    cell_px: float,
) -> Picture:
    """Draw what reached `merge` on the left, and what came out on the right.

    On the left each row is a line; the rows that contradict another one are red and have their numbers beside them.
    Where there are few rows all have, and their keypoints' ids stand there, too. On the right each person has a colour
    and a number, and rows that were dropped are thin and red.

    Parameters
    ----------
    picture : ndarray of shape (H, W, 3) and dtype uint8
        What is drawn on, dimmed. Not modified.
    coordinates : dict of str to sequence of tuple
        What `get_coordinates` returned: ``(x, y, score, id)`` by part.
    explained : sequence of ExplainedRow
        What `explain_rows` returned.
    people : ndarray of shape (m, 20)
        What `estimate` returned.
    cell_px : float
        Pixels of the picture that a cell of the coordinates covers; 1 for coordinates in pixels.

    Returns
    -------
    drawn : ndarray of shape (h, 2 * w, 3) and dtype uint8
        Two pictures beside each other, enlarged to `SMALLEST_WIDTH_PX` where they are smaller.
    """
    factor = max(1.0, SMALLEST_WIDTH_PX / picture.shape[1])
    size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    dimmed = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR) * _SHADE, np.uint8)
    places = _find_places(coordinates, cell_px, factor)
    came, went = dimmed.copy(), dimmed
    _draw_input(came, places, explained)
    _draw_answer(went, places, explained, people)
    _write(came, f"{len(explained)} rows reach merge", (8, 22))
    _write(went, f"{len(people)} {'person comes' if len(people) == 1 else 'people come'} out", (8, 22))
    return np.hstack((came, went))


def _find_places(coordinates: Mapping[str, Sequence[Sequence[float]]], cell_px: float, factor: float) -> Places:
    """Return where each keypoint is in the enlarged picture, by slot and id."""
    places = {}
    for part, keypoints in coordinates.items():
        if part in PART_NAMES:
            for x, y, _, id_ in keypoints:
                px = (cells_to_px((x, y), cell_px=cell_px) + 0.5) * factor - 0.5
                places[PART_NAMES.index(part), int(id_)] = (round(float(px[0])), round(float(px[1])))
    return places


def _draw_input(canvas: Picture, places: Places, explained: Sequence[ExplainedRow]) -> None:
    for row in sorted(explained, key=lambda row: bool(row.rivals)):  # what contradicts is drawn over the rest
        start, end = (places[keypoint] for keypoint in row.keypoints)
        color, width = (_CONFLICT, 3) if row.rivals else (_ROW, 2)
        cv2.line(canvas, start, end, color, width, cv2.LINE_AA)
        for place in (start, end):
            cv2.circle(canvas, place, 4, color, -1, cv2.LINE_AA)
    are_few = len(explained) <= MOST_NUMBERED
    for slot, id_ in sorted({keypoint for row in explained for keypoint in row.keypoints if are_few}):
        x, y = places[slot, id_]
        cv2.putText(canvas, str(id_), (x + 7, y - 7), _FONT, 1.3 * _LETTER, _PAPER, 1, cv2.LINE_AA)
    taken: set[tuple[int, int]] = set()
    for row in explained:
        if row.rivals or are_few:
            (x, y), (other_x, other_y) = (places[keypoint] for keypoint in row.keypoints)
            _write(canvas, str(row.number), _free((x + other_x) // 2, (y + other_y) // 2, taken))


def _draw_answer(canvas: Picture, places: Places, explained: Sequence[ExplainedRow], people: Floats) -> None:
    for row in explained:
        if not row.is_joined and row.people != (ABSENT, ABSENT):
            start, end = (places[keypoint] for keypoint in row.keypoints)
            cv2.line(canvas, start, end, _CONFLICT, 1, cv2.LINE_AA)
    for person, row in enumerate(people[:, :N_PARTS].tolist()):
        color = _PEOPLE_COLORS[person % len(_PEOPLE_COLORS)]
        known = {slot: places[slot, id_] for slot, id_ in enumerate(row) if (slot, id_) in places}
        for limb in LIMBS:
            if limb.from_body_part in known and limb.to_body_part in known:
                cv2.line(canvas, known[limb.from_body_part], known[limb.to_body_part], color, 4, cv2.LINE_AA)
        for place in known.values():
            cv2.circle(canvas, place, 5, color, -1, cv2.LINE_AA)
    taken: set[tuple[int, int]] = set()
    for person, row in enumerate(people[:, :N_PARTS].tolist()):
        known_places = [places[slot, id_] for slot, id_ in enumerate(row) if (slot, id_) in places]
        if known_places:
            x, y = min(known_places, key=lambda place: place[1])
            _write(canvas, f"person {person}", _free(x - 30, max(y - 12, 44), taken))


def _free(x: int, y: int, taken: set[tuple[int, int]]) -> tuple[int, int]:
    """Move a label down until no other one is below it."""
    while any(abs(x - other_x) < 34 and abs(y - other_y) < 15 for other_x, other_y in taken):
        y += 15
    taken.add((x, y))
    return x, y


def _write(canvas: Picture, text: str, place: tuple[int, int]) -> None:
    (width, height), _ = cv2.getTextSize(text, _FONT, _LETTER, 1)
    x = min(max(place[0], 2), canvas.shape[1] - width - 4)
    y = min(max(place[1], height + 3), canvas.shape[0] - 4)
    cv2.rectangle(canvas, (x - 2, y - height - 2), (x + width + 2, y + 3), _PAPER, -1)
    cv2.putText(canvas, text, (x, y), _FONT, _LETTER, _INK, 1, cv2.LINE_AA)
