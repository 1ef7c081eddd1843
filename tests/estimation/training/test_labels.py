import numpy as np
import pytest

from estimation.config import N_PARTS
from estimation.targets import confidence_maps, part_affinity_fields
from tests.estimation.late import Late

labels = Late("estimation.training.labels")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

CENTRES = (np.arange(12, dtype=np.float32) + 0.5) * 8 - 0.5


@pytest.fixture
def crowd():
    """Give three people a picture, many of whose limbs cross; the last place of the second picture is empty."""
    rng = np.random.default_rng(4)
    points = rng.uniform(-10, 106, (2, 3, N_PARTS, 2)).astype(np.float32)
    labelled = (rng.random((2, 3, N_PARTS)) < 0.8).astype(np.float32)
    points[0, 0, 3] = points[0, 0, 2]  # an arm without a direction
    labelled[1, 2] = 0
    return points, labelled


def test_heatmaps_are_those_of_single_pictures(crowd):
    drawn = np.asarray(labels.draw_heatmaps(*crowd, CENTRES))

    for maps, points, labelled in zip(drawn, *crowd, strict=True):
        np.testing.assert_allclose(maps, confidence_maps(points, labelled > 0, (12, 12)), atol=1e-4)
    assert drawn[..., :N_PARTS].max() > 0.9


def test_pafs_are_those_of_single_pictures(crowd):
    drawn = np.asarray(labels.draw_pafs(*crowd, CENTRES))

    for maps, points, labelled in zip(drawn, *crowd, strict=True):
        expected = part_affinity_fields(points, labelled > 0, (12, 12), overhang_px=labels.OVERHANG_PX)
        np.testing.assert_allclose(maps, expected, atol=1e-4)
        assert expected.any()


def numbers(*, is_complete, boxes=(), ignored=()):
    nowhere = [(-1e6,) * 4]
    return {
        "warps": np.array([((0.5, 0, 10), (0, 0.5, 0))], np.float32),  # the square shows a part, twice as large
        "boxes": np.array([[*boxes, *nowhere]], np.float32),
        "ignored": np.array([[*ignored, *nowhere]], np.float32),
        "is_complete": np.array([is_complete], np.float32),
    }


def test_complete_pictures_are_trusted_everywhere():
    assert np.asarray(labels.trusted_cells(numbers(is_complete=1), CENTRES)).all()


def test_nothing_is_trusted_where_nobody_is_labelled():
    assert not np.asarray(labels.trusted_cells(numbers(is_complete=0), CENTRES)).any()


def test_only_boxes_are_trusted_where_others_are_unlabelled():
    trusted = np.asarray(labels.trusted_cells(numbers(is_complete=0, boxes=[(20, 8, 38, 32)]), CENTRES))[0]

    expected = np.zeros((12, 12))
    expected[2:8, 3:7] = 1  # in the square from 16 to 64 px down and from 20 to 56 px across
    assert np.array_equal(trusted, expected)


def test_people_of_whom_nothing_is_known_are_not_trusted():
    wide = [(10, 0, 58, 48)]
    trusted = np.asarray(labels.trusted_cells(numbers(is_complete=1, ignored=[(20, 8, 38, 32)], boxes=wide), CENTRES))

    assert trusted.sum() == 144 - 24
    assert not trusted[0, 2:8, 3:7].any()
