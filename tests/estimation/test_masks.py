import numpy as np
import pytest

from estimation.masks import iou

A = np.array([[1, 1, 0], [0, 0, 0]], dtype=bool)
B = np.array([[0, 1, 1], [0, 1, 0]], dtype=bool)
NOTHING = np.zeros((2, 3), dtype=bool)


def test_iou_by_hand():
    assert iou(A, B) == pytest.approx(1 / 4)
    assert iou(A, A) == 1
    assert iou(A, ~A) == 0


def test_two_empty_masks_agree():
    assert iou(NOTHING, NOTHING) == 1
    assert iou(A, NOTHING) == 0


def test_what_is_not_zero_is_inside():
    assert iou(A * np.uint8(255), B * 0.5) == pytest.approx(1 / 4)


def test_masks_of_a_batch_are_compared_one_by_one():
    assert iou([A, A, NOTHING], [B, A, NOTHING]) == pytest.approx([1 / 4, 1, 1])


@pytest.mark.parametrize(("a", "b"), [(A, B.T), (A[0], B[0])], ids=["turned", "flat"])
def test_shapes_must_fit(a, b):
    with pytest.raises(ValueError, match=r"Two masks must have one shape \(\.\.\., rows, columns\); got \("):
        iou(a, b)
