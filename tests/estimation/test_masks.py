import numpy as np
import pytest

from estimation.masks import border_band, iou, mean_band_iou, mean_iou, pixel_accuracy, to_masks

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


def square(first, last, size=12):
    mask = np.zeros((size, size), bool)
    mask[first:last, first:last] = True
    return mask


def test_mean_iou_averages_pairs():
    assert mean_iou([A, A, NOTHING], [B, A, NOTHING]) == pytest.approx((1 / 4 + 1 + 1) / 3)


def test_pixel_accuracy_counts_what_is_outside_in_both():
    assert pixel_accuracy([A], [B]) == pytest.approx(3 / 6)
    assert pixel_accuracy([square(0, 1)], [square(11, 12)]) == pytest.approx(142 / 144)
    assert mean_iou([square(0, 1)], [square(11, 12)]) == 0


def test_band_lies_on_both_sides_of_the_border():
    band = border_band(square(3, 9), 1)

    np.testing.assert_array_equal(band, square(2, 10) & ~square(4, 8))
    np.testing.assert_array_equal(border_band(square(3, 9), 2), square(1, 11) & ~square(5, 7))


def test_edge_of_the_picture_is_no_border():
    mask = np.zeros((5, 6), bool)
    mask[:, :3] = True

    np.testing.assert_array_equal(border_band(mask, 1), np.tile([False, False, True, True, False, False], (5, 1)))
    assert not border_band(np.ones((5, 6), bool), 2).any()


def test_band_may_be_wider_than_the_picture():
    assert border_band(A, 9).all()


def test_iou_in_the_band_forgives_nothing_at_the_outline():
    found, true = square(2, 10), square(3, 9)

    assert mean_iou([found], [true]) == pytest.approx(36 / 64)
    assert mean_band_iou([found], [true]) == pytest.approx((36 - 4) / (64 - 4))
    assert mean_band_iou([found], [true], width_px=1) == pytest.approx((36 - 16) / (64 - 16))
    hole = true & ~square(5, 7)
    assert mean_band_iou([hole], [true]) == 1


@pytest.mark.parametrize(
    ("found", "true", "share"),
    [(NOTHING, NOTHING, 1), (A, NOTHING, 0), (A, ~NOTHING, 2 / 6), (~NOTHING, ~NOTHING, 1)],
    ids=["both empty", "truth empty", "truth full", "both full"],
)
def test_whole_mask_counts_where_the_truth_has_no_border(found, true, share):
    assert mean_band_iou([found], [true]) == pytest.approx(share)


@pytest.mark.parametrize("measure", [mean_iou, mean_band_iou, pixel_accuracy])
class TestMeasuresOfManyMasks:
    def test_of_nothing_are_no_number(self, measure):
        assert np.isnan(measure(np.zeros((0, 4, 4), bool), np.zeros((0, 4, 4), bool)))

    def test_of_two_empty_masks_are_one(self, measure):
        assert measure([NOTHING], [NOTHING]) == 1

    def test_need_masks_of_one_shape(self, measure):
        with pytest.raises(ValueError, match=r"one shape \(n, rows, columns\); got \(1, 2, 3\) and \(1, 3, 2\)\. Give"):
            measure([A], [B.T])
        with pytest.raises(ValueError, match=r"one shape \(n, rows, columns\); got \(2, 3\) and \(2, 3\)"):
            measure(A, B)

    def test_need_boolean_masks(self, measure):
        with pytest.raises(ValueError, match=r"Masks must be boolean; got float64 and bool\. Make them with to_masks"):
            measure([A * 0.5], [B])


def test_maps_become_masks():
    np.testing.assert_array_equal(to_masks([[0.2, 0.5, 0.51]]), [[False, False, True]])
    np.testing.assert_array_equal(to_masks([[0.2, -0.1]], threshold=0), [[True, False]])


def test_maps_without_numbers_are_told():
    with pytest.raises(ValueError, match=r"a number in each cell; 1 of 4 are NaN\. Look for what made them"):
        to_masks([[0.2, np.nan], [1, 0]])


def test_band_needs_a_width():
    with pytest.raises(ValueError, match=r"at least 1 px wide; got 0\. Ask for 2"):
        mean_band_iou([A], [B], width_px=0)
