import numpy as np
import pytest
from pycocotools import mask as coco_masks

from estimation.training.run_lengths import decode_mask, encode_mask

BY_HAND = np.array([[0, 1, 1], [0, 1, 0]], dtype=bool)

MASKS = {
    "by hand": BY_HAND,
    "begins inside": ~BY_HAND,
    "nothing": np.zeros((3, 4), bool),
    "all": np.ones((3, 4), bool),
    "one pixel": np.ones((1, 1), bool),
    "noise": np.random.default_rng(0).random((41, 37)) < 0.3,
    "long runs": np.arange(300 * 200).reshape(300, 200) // 7013 % 2 == 1,
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=list(MASKS))
def test_masks_are_written_as_pycocotools_writes_them(mask):
    theirs = coco_masks.encode(np.asfortranarray(mask.astype(np.uint8)))

    assert encode_mask(mask) == {"size": theirs["size"], "counts": theirs["counts"].decode()}


@pytest.mark.parametrize("mask", MASKS.values(), ids=list(MASKS))
def test_masks_are_read_as_they_were_written(mask):
    np.testing.assert_array_equal(decode_mask(encode_mask(mask)), mask)


def test_runs_go_down_the_columns():
    np.testing.assert_array_equal(decode_mask({"size": [2, 3], "counts": [2, 3, 1]}), BY_HAND)


@pytest.mark.parametrize(
    "mask", [BY_HAND.astype(np.uint8), BY_HAND[0], np.zeros((2, 2, 2), bool)], ids=["numbers", "flat", "three axes"]
)
def test_only_masks_are_written(mask):
    with pytest.raises(ValueError, match=r"A mask must be a boolean array of rows and columns; got (uint8|bool) of"):
        encode_mask(mask)


@pytest.mark.parametrize(
    ("encoded", "says"),
    [
        ({"size": [2, 3], "counts": [2, 3]}, "must fill its 2 rows and 3 columns.*; got 2 runs of 5 pixels"),
        ({"size": [2, 3], "counts": [8, -2]}, "must fill its 2 rows and 3 columns"),
        ({"size": [0, 3], "counts": []}, "must fill its 0 rows and 3 columns"),
        ({"size": [1 << 20, 1 << 20], "counts": [1 << 40]}, "268,435,456 pixels at most; got 1 runs"),
        ({"size": [2, 3], "counts": [1 << 62] * 4 + [6]}, "got 5 runs of 18446744073709551622 pixels"),
        ({"size": [2, 3], "counts": [1 << 70]}, "must have a size and counts, as COCO writes them"),
        ({"size": [2, 3], "counts": "\x00"}, "must have a size and counts"),
        ({"size": [2, 3], "counts": "P"}, "must have a size and counts"),
        ({"size": [2, 3], "counts": "o" * 99}, "must have a size and counts"),
        ({"size": [2], "counts": [2]}, "must have a size and counts"),
        ({"counts": [2]}, "must have a size and counts"),
        ({"size": [2, 3], "counts": [[2], 3]}, "must have a size and counts"),
    ],
    ids=[
        *("too few", "negative", "no rows", "huge", "overflowing", "no number", "no letter", "unfinished"),
        *("endless", "one side", "no size", "nested"),
    ],
)
def test_what_is_no_mask_is_told(encoded, says):
    with pytest.raises(ValueError, match=says):
        decode_mask(encoded)
