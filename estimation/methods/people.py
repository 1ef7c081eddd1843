"""One person in a picture, as the methods want people: MPII's 16 joints, whoever labelled them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.config import BodyPart
from estimation.joints import MPII_FROM_LAB, MPII_JOINTS, MpiiJoint
from estimation.training.dataset import Example
from estimation.training.render import MIN_VISIBLE_JOINTS
from estimation.training.run_lengths import decode_mask
from estimation.training.scenes import RenderedScene

FloatArray = npt.NDArray[np.float32]

_NO_BOX = np.full(4, np.nan, np.float32)
_NO_HEAD = np.full((2, 2), np.nan, np.float32)


@dataclass(frozen=True)
class Person:
    """What is known of one person in a picture.

    Attributes
    ----------
    joints : ndarray of shape (16, 2) and dtype float32
        ``(x, y)`` in pixels of the picture, in the order of `MpiiJoint`; NaN where a joint is not labelled.
    box : ndarray of shape (4,) and dtype float32
        ``(x, y, width, height)`` of the person.
    head_box : ndarray of shape (4,) and dtype float32
        The same of the head; NaN where it is not labelled.
    mask : ndarray of shape (H, W) and dtype bool, optional
        The pixels that show the person; None where nobody has said.
    """

    joints: FloatArray
    box: FloatArray
    head_box: FloatArray
    mask: npt.NDArray[np.bool_] | None = None


def mpii_joints(keypoints: FloatArray, labelled: npt.NDArray[np.bool_], head: FloatArray = _NO_HEAD) -> FloatArray:
    """Turn the lab's 18 parts and two points of the head into MPII's 16 joints.

    Parameters
    ----------
    keypoints : ndarray of shape (18, 2)
        ``(x, y)`` in slot order. Not modified.
    labelled : ndarray of shape (18,) and dtype bool
        Which of them are known.
    head : ndarray of shape (2, 2), optional
        Top of the head and upper neck, NaN where they are not known.

    Returns
    -------
    joints : ndarray of shape (16, 2) and dtype float32
        NaN where a joint is not known. The pelvis is the middle of the hips and needs both.
    """
    known = np.where(labelled[:, None], keypoints, np.float32(np.nan))
    joints = np.empty((len(MPII_JOINTS), 2), np.float32)
    for joint, part in MPII_FROM_LAB:
        joints[joint] = known[part]
    joints[MpiiJoint.pelvis] = known[[BodyPart.right_hip, BodyPart.left_hip]].mean(axis=0)
    joints[[MpiiJoint.head_top, MpiiJoint.upper_neck]] = head
    return joints


def people_in_scene(scene: RenderedScene) -> list[Person]:
    """List the people of a rendered scene.

    Joints outside the picture are not labelled. Of people of whom hardly anything is to be seen no joint is, as in the
    files that `estimation.training.render` writes.
    """
    people = []
    for owner, person in enumerate(scene.persons, start=1):
        labelled, head, head_box = person.visibility > 0, _NO_HEAD, _NO_BOX
        if np.count_nonzero(person.visibility == 2) < MIN_VISIBLE_JOINTS:
            labelled = np.zeros_like(labelled)
        elif person.head is not None:
            head = np.where(person.head.visibility[:, None] > 0, person.head.points, np.float32(np.nan))
            head_box = person.head.box
        joints = mpii_joints(person.keypoints, labelled, head)
        people.append(Person(joints, person.box, head_box, scene.owners == owner))
    return people


def people_in_example(example: Example) -> list[Person]:
    """List the labelled people of a picture of a data set.

    Raises
    ------
    ValueError
        If a mask cannot be read.
    """
    masks = example.masks or (None,) * len(example.boxes)
    heads = zip(example.head_points, example.head_boxes, strict=True)
    rows = zip(example.keypoints, example.labelled, example.boxes, heads, masks, strict=True)
    return [
        Person(mpii_joints(keypoints, labelled, head), box, head_box, None if mask is None else decode_mask(mask))
        for keypoints, labelled, box, (head, head_box), mask in rows
    ]


def mean_pose(joints: FloatArray | Sequence[FloatArray]) -> FloatArray:
    """Average poses joint by joint, (n, 16, 2) to (16, 2); the middle of the square for a joint that nobody has.

    Points are in sides of their squares, NaN where they are not labelled.
    """
    poses = np.asarray(joints, np.float32).reshape(-1, len(MPII_JOINTS), 2)
    is_known = np.isfinite(poses)
    sums = np.where(is_known, poses, 0).sum(axis=0)
    return np.asarray(np.where(is_known.any(axis=0), sums / np.maximum(is_known.sum(axis=0), 1), 0.5), np.float32)
