import numpy as np
import pytest

from estimation.joints import MPII_JOINTS, MpiiJoint
from estimation.methods.batches import BatchMaker, batch_of, mean_pose_of, to_px, to_sides


def test_batches_depend_on_the_number_of_the_step_alone(eight):
    maker = BatchMaker(eight, 64, 4, seed=1)

    first, other, again = maker(3), maker(4), BatchMaker(eight, 64, 4, seed=1)(3)

    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
    assert (first["pictures"] != other["pictures"]).any()
    assert first["pictures"].shape == (4, 64, 64, 3)
    assert {name: values.dtype.name for name, values in first.items()} == {
        "pictures": "uint8",
        **dict.fromkeys(("points", "labelled", "head_boxes", "has_head", "jitter"), "float32"),
    }


def test_points_are_in_sides_whatever_the_size(eight):
    small, large = batch_of(eight, 64), batch_of(eight, 128)

    np.testing.assert_array_equal(small["points"], large["points"])
    known = small["labelled"] > 0
    np.testing.assert_allclose(to_px(small["points"], 128)[known], eight.joints[known], atol=1e-4)
    assert not small["points"][~known].any()


def test_edges_of_a_square_are_0_and_1():
    np.testing.assert_allclose(to_sides(np.array([-0.5, 31.5, 63.5], np.float32), 64), [0, 0.5, 1])


@pytest.mark.parametrize("step", range(3))
def test_mirrored_people_change_sides(eight, step):
    maker = BatchMaker(eight, 128, 8, seed=2)
    batch, rng = maker(step), np.random.default_rng((2, step))
    chosen = rng.integers(8, size=8)
    plain = batch_of(eight, 128, chosen)

    is_mirrored = np.array([(a != b).any() for a, b in zip(batch["pictures"], plain["pictures"], strict=True)])

    assert 0 < is_mirrored.sum() < 8
    wrist, other = MpiiJoint.left_wrist, MpiiJoint.right_wrist
    assert MPII_JOINTS.mirrored[wrist] == other
    np.testing.assert_array_equal(batch["pictures"][is_mirrored], plain["pictures"][is_mirrored][:, :, ::-1])
    np.testing.assert_allclose(
        batch["points"][is_mirrored, wrist], plain["points"][is_mirrored, other] * (-1, 1) + (1, 0), atol=1e-6
    )
    np.testing.assert_array_equal(batch["labelled"][is_mirrored, wrist], plain["labelled"][is_mirrored, other])
    left, top, right, bottom = batch["head_boxes"][is_mirrored].T
    assert (left < right).all()
    np.testing.assert_allclose(right, 1 - plain["head_boxes"][is_mirrored, 0], atol=1e-6)
    np.testing.assert_array_equal(np.stack([top, bottom]), plain["head_boxes"][is_mirrored][:, [1, 3]].T)
    np.testing.assert_array_equal(batch["points"][~is_mirrored], plain["points"][~is_mirrored])


def test_mean_pose_lies_within_the_square(eight):
    pose = mean_pose_of(eight)

    assert pose.shape == (16, 2)
    assert (pose > 0.1).all()
    assert (pose < 0.9).all()
    assert pose[MpiiJoint.head_top, 1] < pose[MpiiJoint.pelvis, 1] < pose[MpiiJoint.left_ankle, 1]
