"""Draw skeletons over a picture, for the reference's and the student's side by side."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from estimation.config import ABSENT, N_PARTS, PARTS, ROW_LENGTH, get_default_configuration
from grader.harness.languages import Said, counted, said, tell
from grader.labs.merge.merge_case import LabelledPicture, MergeCase, Rows, as_rows

MAX_SIDE_PX = 560
"""Pictures are made at most this large: two of them beside each other fill a page's width."""

JPEG_QUALITY = 78

MAX_PEOPLE_DRAWN = 24
"""So many people of an answer are drawn over a picture."""

MAX_SURPLUS_DRAWN = 4
"""So many people more than the reference finds: of an answer in pieces a few pieces show all."""

Which = Literal["expected", "answer"]

_BARE_NAME = re.compile(r"[^/\\:\x00-\x1f]{1,200}")


@dataclass(frozen=True)
class Overlay:
    """Skeletons over a picture, for two drawings side by side.

    Attributes
    ----------
    picture : str
        File name in ``images/``.
    keypoints : mapping of int to tuple of float
        For each keypoint id its place ``(x, y)`` in pixels of the picture.
    expected, answer : ndarray of shape (m, 20) and dtype float64
        The reference's skeletons and the student's.
    score, expected_score : float
        Share of labelled keypoints found, 0 to 1: the student's and the reference's.
    n_left_out : int
        How many people of a long answer are not among `answer`, from 0.
    """

    picture: str
    keypoints: Mapping[int, tuple[float, float]]
    expected: Rows
    answer: Rows
    score: float
    expected_score: float
    n_left_out: int = 0

    def __post_init__(self) -> None:
        """Refuse a name that leads elsewhere: the file is opened in the folder of pictures, and nothing else is."""
        if self.n_left_out < 0:
            raise ValueError(f"The number of people left out must be from 0 on; got {self.n_left_out}.")
        for name in ("expected", "answer"):
            object.__setattr__(self, name, as_rows(getattr(self, name)))
        if not _BARE_NAME.fullmatch(self.picture) or self.picture in {".", ".."}:
            raise ValueError(f"A picture must be named without its folder; got {self.picture!r:.200}.")


def count_skeletons(n_skeletons: int) -> Said:
    """Say how many there are: ``1 skeleton``, ``2 skeletons``."""
    return counted("{n} skeleton", "{n} skeletons", n_skeletons)


def write_caption(side: Said, score: float, skeletons: Said, overlay: Overlay, *, is_answer: bool) -> str:
    """Write what stands below one of the two drawings: whose skeletons, how good, how many."""
    told = {"side": side, "score": f"{100 * score:.1f}", "skeletons": skeletons, "drawn": len(overlay.answer)}
    if is_answer and overlay.n_left_out:
        return tell(said("{side}: {score} %, {skeletons}, the first {drawn} of them drawn", **told))
    return tell(said("{side}: {score} %, {skeletons}", **told))


def make_overlay(labelled: LabelledPicture, case: MergeCase, answer: Rows, score: float) -> Overlay:
    """Keep what is drawn over a picture: of keypoints those that somebody has, to whole pixels."""
    n_drawn = min(MAX_PEOPLE_DRAWN, len(case.expected) + MAX_SURPLUS_DRAWN)
    drawn = answer[:n_drawn]
    used = set(np.vstack((case.expected, drawn))[:, :N_PARTS].ravel().tolist())
    return Overlay(
        labelled.picture,
        {keypoint: (round(x), round(y)) for keypoint, (x, y) in labelled.keypoints.items() if keypoint in used},
        case.expected,
        drawn,
        score,
        labelled.expected_score,
        max(len(answer) - n_drawn, 0),
    )


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
        None when the picture cannot be read. The same for people in another order or with other scores.
    """
    expected, answer = (_placed(overlay, people) for people in (overlay.expected, overlay.answer))
    people = expected if which == "expected" else answer
    # Together they say which keypoints are drawn at all; loose ones are small dots.
    used = frozenset(_slots_and_ids(expected) | _slots_and_ids(answer))
    return _draw(picture, tuple(sorted(overlay.keypoints.items())), used, people)


People = tuple[tuple[float, ...], ...]
"""The ids of people, 18 each, sorted: what a drawing depends on, and a key to remember it by."""


@lru_cache(maxsize=64)
def _draw(
    picture: Path,
    keypoints: tuple[tuple[int, tuple[float, float]], ...],
    used: frozenset[tuple[int, float]],
    people: People,
) -> bytes | None:
    """Draw people over a picture; in a class most have the same ones to draw."""
    import cv2  # costs a quarter of a second, and few reports have pictures

    from estimation.pictures import PictureError, read_picture, rgb_to_bgr
    from estimation.renderers import draw

    try:
        rgb = read_picture(picture)
    except PictureError:
        return None
    scale = min(1.0, MAX_SIDE_PX / max(rgb.shape[:2]))
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    # A position is the centre of a pixel: shrinking moves the corner of the picture, not the centre of its first pixel.
    places = {id_: ((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5) for id_, (x, y) in keypoints}
    # By part, as `get_coordinates` lists them: each keypoint in the slots in which somebody has it.
    coords = {
        part.name: [(*places[int(id_)], 1.0, int(id_)) for slot, id_ in sorted(used) if slot == part] for part in PARTS
    }
    rows = np.zeros((len(people), ROW_LENGTH))
    rows[:, : len(PARTS)] = np.reshape(people, (-1, len(PARTS)))
    canvas = draw(get_default_configuration(), rgb_to_bgr(small), coords, rows)  # whose colours are in that order
    _, encoded = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encoded.tobytes()


def _placed(overlay: Overlay, people: Rows) -> People:
    """Take out ids that have no place in the picture: a merge may invent them."""
    ids = people[:, : len(PARTS)]
    placed = np.where(np.isin(ids, list(overlay.keypoints)), ids, ABSENT)
    return tuple(sorted(map(tuple, placed.tolist())))


def _slots_and_ids(people: People) -> set[tuple[int, float]]:
    return {(slot, id_) for person in people for slot, id_ in enumerate(person) if id_ != ABSENT}
