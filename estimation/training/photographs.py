"""Pictures decoded once, and kept in memory for a whole run."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from estimation.pictures import PictureError, read_picture, resize_picture
from estimation.training.dataset import Example

LARGEST_SIDE_PX = 400
"""Larger pictures are shrunk: all of them then fit into a few gigabytes."""

_N_NAMED = 5


@dataclass(frozen=True)
class Photograph:
    """A picture in memory, with what is known of the people in it.

    Attributes
    ----------
    picture : ndarray of shape (H, W, 3) and dtype uint8
        RGB, no side longer than `LARGEST_SIDE_PX`.
    example : Example
        Its labels, in pixels of `picture`.
    """

    picture: npt.NDArray[np.uint8]
    example: Example


def decode(examples: Iterable[Example]) -> tuple[list[Photograph], list[str]]:
    """Read pictures; those that cannot be read are left out.

    Parameters
    ----------
    examples : iterable of Example

    Returns
    -------
    photographs : list of Photograph
        In the same order.
    faults : list of str
        What was wrong with each of the others, a sentence for each.
    """
    decoded = [_decode(example) for example in examples]  # one after the other: `silence` holds for all threads
    photographs = [result for result in decoded if isinstance(result, Photograph)]
    return photographs, [str(result) for result in decoded if isinstance(result, PictureError)]


def describe_faults(faults: list[str]) -> str:
    """Count the pictures that were left out, and say what is wrong with the first of them."""
    others = f" ... and {len(faults) - _N_NAMED} more" if len(faults) > _N_NAMED else ""
    counted = "1 picture is" if len(faults) == 1 else f"{len(faults)} pictures are"
    return f"{counted} left out. {' '.join(faults[:_N_NAMED])}{others}"


def _decode(example: Example) -> Photograph | PictureError:
    try:
        picture = read_picture(example.path)
    except PictureError as error:
        return error
    height, width = picture.shape[:2]
    scale = LARGEST_SIDE_PX / max(height, width)
    if scale >= 1:
        return Photograph(picture, example)
    small = resize_picture(picture, max(round(width * scale), 1), max(round(height * scale), 1))
    ratios = np.array([small.shape[1] / width, small.shape[0] / height], np.float32)
    moved = replace(
        example,
        # A pixel's centre has whole coordinates, in the large picture as in the small one.
        keypoints=(example.keypoints + np.float32(0.5)) * ratios - np.float32(0.5),
        boxes=example.boxes * np.tile(ratios, 2),
        ignored_boxes=example.ignored_boxes * np.tile(ratios, 2),
    )
    return Photograph(small, moved)
