"""Squares around one person each, of one size, with the truth in their own pixels and the way back to the picture."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from estimation.joints import MPII_JOINTS
from estimation.methods.people import FloatArray, Person, people_in_example, people_in_scene
from estimation.metrics import head_bone_lengths, head_box_sizes, torso_diameters
from estimation.pictures import PictureError, read_picture
from estimation.training.dataset import Example
from estimation.training.scenes import render_scene

Picture = npt.NDArray[np.uint8]

MARGIN = 1.25
"""Side of a square, in the longer side of the person's box."""

WITHOUT_JOINT, WITHOUT_AREA, OUTSIDE = "without a labelled joint", "in a box of no area", "wholly outside the picture"
UNREADABLE = "in a picture that cannot be read"

_AROUND = 128
"""The grey around pictures."""

_SCENE_PX = 192


@dataclass(frozen=True)
class Window:
    """A square of whole pixels in a picture, which may reach beyond it, and its size once it is cut out.

    Attributes
    ----------
    left_px, top_px : int
        The first pixel.
    side_px : int
        In pixels of the picture.
    size_px : int
        The side after cutting, in pixels of its own.
    """

    left_px: int
    top_px: int
    side_px: int
    size_px: int

    def to_square(self, points: npt.ArrayLike) -> FloatArray:
        """Bring points (..., 2) from pixels of the picture to pixels of the square; a pixel's centre is whole."""
        from_corner = np.asarray(points, np.float64) + 0.5 - self._corner_px
        return np.asarray(from_corner * (self.size_px / self.side_px) - 0.5, np.float32)

    def to_picture(self, points: npt.ArrayLike) -> FloatArray:
        """Bring points (..., 2) back from pixels of the square to pixels of the picture."""
        from_corner = (np.asarray(points, np.float64) + 0.5) * (self.side_px / self.size_px)
        return np.asarray(from_corner + self._corner_px - 0.5, np.float32)

    @property
    def _corner_px(self) -> npt.NDArray[np.float64]:
        return np.array([self.left_px, self.top_px], np.float64)


@dataclass(frozen=True)
class Samples:
    """People, each in a square.

    Attributes
    ----------
    squares : ndarray of shape (n, S, S, 3) and dtype uint8
        RGB; grey beyond the picture.
    joints : ndarray of shape (n, 16, 2) and dtype float32
        ``(x, y)`` in pixels of the square, in MPII's order; NaN where a joint is not labelled.
    head_boxes : ndarray of shape (n, 4) and dtype float32
        ``(x, y, width, height)`` in pixels of the square; NaN where the head is not labelled.
    masks : ndarray of shape (n, S, S) and dtype bool
        Which pixels show the person; nothing where nobody has said.
    has_mask : ndarray of shape (n,) and dtype bool
        Whether somebody has.
    windows : tuple of Window
        Where the squares come from.
    left_out : Counter of str
        How many people there was no square for, by reason.
    """

    squares: Picture
    joints: FloatArray
    head_boxes: FloatArray
    masks: npt.NDArray[np.bool_]
    has_mask: npt.NDArray[np.bool_]
    windows: tuple[Window, ...]
    left_out: Counter[str]

    def __len__(self) -> int:
        """Count the people."""
        return len(self.squares)

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """Which joints are labelled: (n, 16)."""
        return np.asarray(np.isfinite(self.joints).all(axis=-1))

    @property
    def lengths_px(self) -> dict[str, npt.NDArray[np.float64]]:
        """The lengths that measures divide by, in pixels of the square: each (n,), NaN where it is not known."""
        return {
            "torso": torso_diameters(self.joints, MPII_JOINTS),
            "head bone": head_bone_lengths(self.joints),
            "head size": head_box_sizes(self.head_boxes),
        }

    def describe_left_out(self) -> str:
        """Say in one sentence who was left out; nothing if nobody was."""
        return f"Left out: {_listed(self.left_out)}." if self.left_out else ""


def cut_samples(pictures: Iterable[tuple[Picture, Sequence[Person]]], size_px: int) -> Samples:
    """Cut a square around each person.

    Parameters
    ----------
    pictures : iterable of (ndarray of shape (H, W, 3) and dtype uint8, sequence of Person)
        RGB pictures, each with its people. Not modified.
    size_px : int
        Side of the squares, at least 8.

    Returns
    -------
    samples : Samples
        In the order given. People without a labelled joint, in a box of no area or wholly outside their picture are
        left out and counted.

    Raises
    ------
    ValueError
        If the size is too small, a mask is not of the size of its picture, or nobody is left.
    """
    if size_px < 8:
        raise ValueError(f"Squares must be at least 8 px wide; got {size_px!r}. Ask for larger ones.")
    left_out: Counter[str] = Counter()
    cut = []
    for picture, people in pictures:
        for person in people:
            if reason := reason_to_leave_out(person, picture.shape):
                left_out[reason] += 1
            else:
                cut.append(_cut(picture, person, size_px))
    if not cut:
        raise ValueError(
            f"There must be at least one person with a labelled joint; got {_listed(left_out) or 'nobody at all'}. "
            "Name another folder of pictures with keypoints."
        )
    squares, joints, head_boxes, masks, has_mask, windows = zip(*cut, strict=True)
    stacked = np.stack(squares), np.stack(joints), np.stack(head_boxes), np.stack(masks)
    return Samples(*stacked, np.array(has_mask), windows, left_out)


def reason_to_leave_out(person: Person, picture_shape: tuple[int, ...]) -> str | None:
    """Say why there can be no square around a person of a picture (H, W, ...); None if there can."""
    x, y, width, height = person.box.tolist()
    if not np.isfinite(person.joints).all(axis=-1).any():
        return WITHOUT_JOINT
    if not (width > 0 and height > 0 and np.isfinite(person.box).all()):
        return WITHOUT_AREA
    if x + width <= 0 or y + height <= 0 or x >= picture_shape[1] or y >= picture_shape[0]:
        return OUTSIDE
    return None


def window_around(box: FloatArray, size_px: int) -> Window:
    """Choose the square around a box ``(x, y, width, height)``, a quarter wider than its longer side."""
    x, y, width, height = box.tolist()
    side = max(round(MARGIN * max(width, height)), 1)
    return Window(round(x + (width - side) / 2), round(y + (height - side) / 2), side, size_px)


def _cut(
    picture: Picture, person: Person, size_px: int
) -> tuple[Picture, FloatArray, FloatArray, npt.NDArray[np.bool_], bool, Window]:
    if person.mask is not None and person.mask.shape != picture.shape[:2]:
        raise ValueError(
            f"The mask of a person must be as large as the picture, {picture.shape[:2]}; got {person.mask.shape}. "
            "Write the annotations of this picture again."
        )
    window = window_around(_limited(person.box, picture.shape), size_px)
    corner, opposite = person.head_box[:2], person.head_box[:2] + person.head_box[2:]
    head_corner, head_opposite = window.to_square(corner), window.to_square(opposite)
    mask = np.zeros(picture.shape[:2], np.uint8) if person.mask is None else person.mask.astype(np.uint8)
    return (
        _resized(picture, window, _AROUND),
        window.to_square(person.joints),
        np.concatenate([head_corner, head_opposite - head_corner]),
        _resized(mask * np.uint8(255), window, 0) > 127,
        person.mask is not None,
        window,
    )


def _limited(box: FloatArray, picture_shape: tuple[int, ...]) -> FloatArray:
    """Cut a box off where it reaches farther beyond the picture than the picture is wide: it must fit into memory."""
    sides = np.array(picture_shape[1::-1], np.float32)
    low, high = np.clip(box[:2], -sides, 2 * sides), np.clip(box[:2] + box[2:], -sides, 2 * sides)
    return np.concatenate([low, high - low])


def _resized(picture: Picture, window: Window, around: int) -> Picture:
    """Cut a window out of a picture and bring it to its size; shrinking averages whole areas."""
    height, width = picture.shape[:2]
    bottom, right = window.top_px + window.side_px, window.left_px + window.side_px
    inside = picture[max(window.top_px, 0) : max(bottom, 0), max(window.left_px, 0) : max(right, 0)]
    square = cv2.copyMakeBorder(
        inside,
        *(max(-window.top_px, 0), max(bottom - height, 0), max(-window.left_px, 0), max(right - width, 0)),
        borderType=cv2.BORDER_CONSTANT,
        value=(around,) * 3,
    )
    way = cv2.INTER_AREA if window.side_px > window.size_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (window.size_px, window.size_px), interpolation=way), np.uint8)


def rendered_samples(count: int, size_px: int, *, seed: int) -> Samples:
    """Render people until there are squares around `count` of them.

    Parameters
    ----------
    count, size_px : int
        How many squares, and their side.
    seed : int
        The same seed gives the same squares, and of a larger count the first ones.

    Returns
    -------
    samples : Samples
        People who stand among up to two others, some behind an object.
    """
    return cut_samples(_rendered(count, seed), size_px)


def _rendered(count: int, seed: int) -> Iterator[tuple[Picture, list[Person]]]:
    scene_number = 0
    while count > 0:
        rng = np.random.default_rng((seed, scene_number))
        scene = render_scene(rng, _SCENE_PX, _SCENE_PX, int(rng.integers(1, 4)))
        people = people_in_scene(scene)
        kept = [person for person in people if not reason_to_leave_out(person, scene.picture.shape)][:count]
        dropped = [person for person in people if reason_to_leave_out(person, scene.picture.shape)]
        yield scene.picture, [*kept, *dropped]
        count -= len(kept)
        scene_number += 1


def photographed_samples(examples: Iterable[Example], size_px: int) -> Samples:
    """Cut squares around the labelled people of a data set; those of pictures that cannot be read are counted.

    Raises
    ------
    ValueError
        If nobody is left.
    """
    unreadable: Counter[str] = Counter()
    samples = cut_samples(_photographed(examples, unreadable), size_px)
    samples.left_out.update(unreadable)
    return samples


def _photographed(examples: Iterable[Example], unreadable: Counter[str]) -> Iterator[tuple[Picture, list[Person]]]:
    for example in examples:
        people = people_in_example(example)
        try:
            picture = read_picture(example.path)
        except (PictureError, OSError):
            unreadable[UNREADABLE] += len(people)
            continue
        yield picture, people


def _listed(left_out: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()))
