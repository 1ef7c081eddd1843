"""Sets of joints in a fixed order, and what measures need to know of each: the lab's 18 parts, MPII's 16 joints."""

from dataclasses import dataclass
from enum import IntEnum

from estimation.config import LIMBS, MIRRORED, PARTS, BodyPart

Pair = tuple[int, int]
Group = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class JointSet:
    """Joints in a fixed order.

    Attributes
    ----------
    names : tuple of str
        One for each joint.
    mirrored : tuple of int
        For each joint the one that it becomes in a mirror.
    limbs : tuple of tuple of int
        Pairs of joints: the limbs that PCP counts.
    torso : tuple of int
        The joints between which the torso's diameter is measured: left shoulder and right hip.
    groups : tuple of tuple of (str, tuple of int)
        The rows of published tables, from head to ankle, each with its joints. A joint may be in none.
    """

    names: tuple[str, ...]
    mirrored: tuple[int, ...]
    limbs: tuple[Pair, ...]
    torso: Pair
    groups: tuple[Group, ...]

    def __len__(self) -> int:
        """Count the joints."""
        return len(self.names)


class MpiiJoint(IntEnum):
    """The 16 joints of the data set MPII in its own order [1]_; the value is the row. Sides are the person's own.

    References
    ----------
    .. [1] Andriluka, Pishchulin, Gehler, Schiele, "2D Human Pose Estimation: New Benchmark and State of the Art
       Analysis", CVPR 2014.
    """

    right_ankle = 0
    right_knee = 1
    right_hip = 2
    left_hip = 3
    left_knee = 4
    left_ankle = 5
    pelvis = 6
    thorax = 7
    upper_neck = 8
    head_top = 9
    right_wrist = 10
    right_elbow = 11
    right_shoulder = 12
    left_shoulder = 13
    left_elbow = 14
    left_wrist = 15


def _mirrored(joint: MpiiJoint) -> MpiiJoint:
    name = joint.name
    return MpiiJoint[name.replace("left", "right") if "left" in name else name.replace("right", "left")]


def _both_sides(names: type[IntEnum], joint: str) -> Group:
    return joint, (names["right_" + joint], names["left_" + joint])


_PAIRED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")

LAB_JOINTS = JointSet(
    names=tuple(part.name for part in PARTS),
    mirrored=tuple(MIRRORED[part] for part in PARTS),
    limbs=tuple((limb.from_body_part, limb.to_body_part) for limb in LIMBS),
    torso=(BodyPart.left_shoulder, BodyPart.right_hip),
    groups=(
        ("head", tuple(part for part in PARTS if part.name.split("_")[-1] in {"nose", "eye", "ear"})),
        *(_both_sides(BodyPart, joint) for joint in _PAIRED),
    ),
)
"""The lab's 18 parts in slot order. The neck is the middle of the shoulders and in no group."""

MPII_JOINTS = JointSet(
    names=tuple(joint.name for joint in MpiiJoint),
    mirrored=tuple(_mirrored(joint) for joint in MpiiJoint),
    limbs=(
        (MpiiJoint.upper_neck, MpiiJoint.head_top),
        (MpiiJoint.thorax, MpiiJoint.pelvis),
        *(
            (MpiiJoint[side + "_" + start], MpiiJoint[side + "_" + end])
            for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
            for side in ("right", "left")
        ),
    ),
    torso=(MpiiJoint.left_shoulder, MpiiJoint.right_hip),
    groups=(
        ("head", (MpiiJoint.upper_neck, MpiiJoint.head_top)),
        *(_both_sides(MpiiJoint, joint) for joint in _PAIRED),
    ),
)
"""MPII's 16 joints in MPII's order. Pelvis and thorax are in no group, as in MPII's own tables."""

MPII_FROM_LAB = tuple(
    (joint, BodyPart.neck if joint is MpiiJoint.thorax else BodyPart[joint.name])
    for joint in MpiiJoint
    if joint not in (MpiiJoint.pelvis, MpiiJoint.upper_neck, MpiiJoint.head_top)
)
"""Pairs of a joint of MPII's and the lab's part at the same place; the other three have none."""
