import numpy as np
import pytest

from estimation.config import BodyPart
from estimation.training.oracles import group_by_truth

AREA = 10_000.0  # the nose's standard deviation is then 5.2 px


@pytest.fixture
def true():
    people = np.full((2, 18, 2), np.nan)
    people[0, BodyPart.nose], people[1, BodyPart.nose] = (100, 100), (112, 100)
    people[0, BodyPart.neck] = (100, 130)
    return people


def group(peaks, true, **options):
    return group_by_truth(peaks, true, np.full(len(true), AREA), **options)


def test_each_peak_goes_to_one_person_so_that_all_fit_best(true):
    """Both stand nearer to the second person's nose; the better of two ways to share them gives each one."""
    keypoints, scores = group({"nose": [(108, 100, 0.5), (113, 100, 0.9)]}, true)

    assert keypoints[:, BodyPart.nose].tolist() == [[108, 100], [113, 100]]
    assert scores[:, BodyPart.nose].tolist() == [0.5, 0.9]
    assert scores.sum() == pytest.approx(1.4)


def test_placed_peaks_stand_where_the_joints_are(true):
    keypoints, scores = group({"nose": [(108, 100, 0.5)]}, true[:1], are_placed=True)

    assert keypoints[0, BodyPart.nose].tolist() == [100, 100]
    assert scores[0, BodyPart.nose] == 0.5


@pytest.mark.parametrize(("away", "is_found"), [(11.1, True), (11.2, False)], ids=["near", "far"])
def test_far_peaks_are_nobodys(true, away, is_found):
    keypoints, scores = group({"nose": [(100 - away, 100, 0.5)]}, true[:1])

    assert np.isfinite(keypoints[0, BodyPart.nose]).all() == is_found
    assert (scores[0, BodyPart.nose] == 0.5) == is_found


def test_joints_without_a_label_or_not_of_coco_get_none(true):
    keypoints, scores = group({"neck": [(100, 130, 0.9)], "left_eye": [(100, 95, 0.9)]}, true)

    assert np.isnan(keypoints).all()
    assert not scores.any()


def test_nobody_and_nothing_are_taken(true):
    assert group({}, true[:0])[0].shape == (0, 18, 2)
    assert np.isnan(group({}, true)[0]).all()
