import numpy as np
import pytest

from estimation.config import BodyPart
from estimation.joints import LAB_JOINTS, MPII_FROM_LAB, MPII_JOINTS, MpiiJoint


def test_mpii_has_its_own_order():
    assert [joint.name for joint in MpiiJoint] == [
        *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax"),
        *("upper_neck", "head_top", "right_wrist", "right_elbow", "right_shoulder"),
        *("left_shoulder", "left_elbow", "left_wrist"),
    ]


@pytest.mark.parametrize("joints", [LAB_JOINTS, MPII_JOINTS], ids=["lab", "MPII"])
def test_sets_mirror_and_group_what_belongs_together(joints):
    mirrored = np.array(joints.mirrored)

    assert (mirrored[mirrored] == np.arange(len(joints))).all()
    for index, other in enumerate(joints.mirrored):
        assert joints.names[other].replace("left", "right") == joints.names[index].replace("left", "right")
    assert [joints.names[end] for end in joints.torso] == ["left_shoulder", "right_hip"]
    for name, members in joints.groups[1:]:
        assert [joints.names[member] for member in members] == [f"right_{name}", f"left_{name}"]


def test_heads_are_what_each_set_has_of_them():
    assert dict(LAB_JOINTS.groups)["head"] == (
        *(BodyPart.nose, BodyPart.right_eye, BodyPart.left_eye, BodyPart.right_ear, BodyPart.left_ear),
    )
    assert dict(MPII_JOINTS.groups)["head"] == (MpiiJoint.upper_neck, MpiiJoint.head_top)


def test_published_pcp_counts_arms_legs_torso_and_head():
    assert len(MPII_JOINTS.limbs) == 10
    assert (MpiiJoint.left_elbow, MpiiJoint.left_wrist) in MPII_JOINTS.limbs


def test_three_joints_of_mpii_are_no_part_of_the_labs():
    missing = set(MpiiJoint) - {joint for joint, _ in MPII_FROM_LAB}

    assert missing == {MpiiJoint.pelvis, MpiiJoint.upper_neck, MpiiJoint.head_top}
    assert (MpiiJoint.thorax, BodyPart.neck) in MPII_FROM_LAB
