"""Skeletons keep their bones' lengths and stand on the ground."""

import numpy as np
import pytest

from estimation.training.drawing.poses import POSES, draw_pose, draw_proportions
from estimation.training.drawing.skeletons import Arm, Pose, Proportions, build_skeleton, rotate

FRONTAL = np.eye(3)


def lengths(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a - b, axis=1)


@pytest.mark.parametrize("name", sorted(POSES))
def test_build_skeleton_keeps_lengths(name):
    rng = np.random.default_rng(4)
    body = draw_proportions(rng)
    skeleton = build_skeleton(draw_pose(rng, name), body, rotate(y=40) @ rotate(x=10))
    np.testing.assert_allclose(lengths(skeleton.shoulders, skeleton.elbows), body.upper_arm)
    np.testing.assert_allclose(lengths(skeleton.elbows, skeleton.wrists), body.forearm)
    np.testing.assert_allclose(lengths(skeleton.hips, skeleton.knees), body.thigh)
    np.testing.assert_allclose(lengths(skeleton.knees, skeleton.ankles), body.shin)


def test_build_skeleton_stands_on_ground():
    skeleton = build_skeleton(Pose(), Proportions(), FRONTAL)
    assert skeleton.ankles[:, 1] == pytest.approx([0.04, 0.04])
    assert skeleton.head[1] == pytest.approx(0.93, abs=0.03)


def test_build_skeleton_has_left_on_positive_side():
    skeleton = build_skeleton(Pose(), Proportions(), FRONTAL)
    for pair in (skeleton.shoulders, skeleton.elbows, skeleton.wrists, skeleton.hips, skeleton.knees, skeleton.ankles):
        assert pair[0, 0] > 0 > pair[1, 0]


@pytest.mark.parametrize(
    ("arm", "direction"),
    [
        pytest.param(Arm(0, 0, 0, 0), (0, -1, 0), id="hanging"),
        pytest.param(Arm(90, 0, 0, 0), (1, 0, 0), id="sideways"),
        pytest.param(Arm(90, 90, 0, 0), (0, 0, 1), id="ahead"),
        pytest.param(Arm(180, 0, 0, 0), (0, 1, 0), id="overhead"),
    ],
)
def test_build_skeleton_raises_left_arm(arm, direction):
    skeleton = build_skeleton(Pose((arm, Arm()), lean=0), Proportions(), FRONTAL)
    upper = skeleton.elbows[0] - skeleton.shoulders[0]
    np.testing.assert_allclose(upper / np.linalg.norm(upper), direction, atol=1e-9)


def test_build_skeleton_bends_hanging_arm_ahead():
    skeleton = build_skeleton(Pose((Arm(0, 0, 0, 90), Arm()), lean=0), Proportions(), FRONTAL)
    np.testing.assert_allclose(skeleton.wrists[0] - skeleton.elbows[0], (0, 0, Proportions().forearm), atol=1e-9)


def test_build_skeleton_reaches_target():
    target = (0.2, -0.1, 0.12)
    skeleton = build_skeleton(Pose((Arm(), Arm(target=target)), lean=0), Proportions(), FRONTAL)
    np.testing.assert_allclose(skeleton.wrists[1] - skeleton.neck, (-0.2, -0.1, 0.12), atol=1e-9)
