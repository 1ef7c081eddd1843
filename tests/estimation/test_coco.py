import copy
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from estimation.coco import (
    COCO_NUMBERS,
    COCO_SIGMAS,
    Matching,
    evaluate_coco,
    match_persons,
    oks,
)
from estimation.coco_format import coco_results
from estimation.config import COCO_PARTS, BodyPart

AREA = 10_000.0
NOSE_VARIANCE = 2 * AREA * (2 * 0.026) ** 2
WRIST_VARIANCE = 2 * AREA * (2 * 0.062) ** 2


def nose_off_by_oks(similarity):
    """Distance at which the nose of a person with area `AREA` has this similarity."""
    return math.sqrt(-NOSE_VARIANCE * math.log(similarity))


def persons(*offsets):
    """Whole persons, each moved to the right by one offset."""
    rng = np.random.default_rng(1)
    body = rng.uniform(100, 200, (18, 2))
    return np.stack([body + np.array((offset, 0)) for offset in offsets]) if offsets else np.empty((0, 18, 2))


def noses(*xs):
    points = np.full((len(xs), 18, 2), np.nan)
    points[:, BodyPart.nose, 0] = xs
    points[:, BodyPart.nose, 1] = 50
    return points


def annotation(points, number, image_id=1, area=AREA):
    labelled = np.isfinite(points[list(COCO_PARTS)]).all(axis=-1)
    triples = np.where(labelled[:, None], np.column_stack((points[list(COCO_PARTS)], np.full(17, 2))), 0)
    return {
        "id": number,
        "image_id": image_id,
        "category_id": 1,
        "iscrowd": 0,
        "area": area,
        "bbox": [0, 0, 100, 100],
        "num_keypoints": int(labelled.sum()),
        "keypoints": triples.ravel().tolist(),
    }


def dataset(*true, images=(1,)):
    return {
        "info": {},
        "images": [{"id": image, "width": 640, "height": 480} for image in images],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [annotation(points, number + 1) for number, points in enumerate(true)],
    }


def results(points, scores=None):
    found = np.isfinite(points).all(axis=-1)
    return coco_results(points, found * (1.0 if scores is None else np.reshape(scores, (-1, 1))), 1)


def test_sigmas_are_those_of_pycocotools():
    np.testing.assert_allclose(COCO_SIGMAS, COCOeval(iouType="keypoints").params.kpt_oks_sigmas)


def test_oks_is_one_when_all_keypoints_agree():
    assert oks(persons(0), persons(0), [AREA]).tolist() == [1.0]


@pytest.mark.parametrize("similarity", [0.9, 0.5, 0.1])
def test_oks_falls_with_the_distance_of_the_nose(similarity):
    assert oks(noses(nose_off_by_oks(similarity)), noses(0), [AREA]) == pytest.approx([similarity])


def test_oks_averages_over_the_labelled_keypoints():
    true = noses(10)
    true[0, BodyPart.left_wrist] = (40, 40)
    found = true.copy()
    found[0, BodyPart.left_wrist, 0] += 10
    assert oks(found, true, [AREA]) == pytest.approx([(1 + math.exp(-100 / WRIST_VARIANCE)) / 2])


def test_oks_counts_a_missing_keypoint_as_zero():
    true = noses(10)
    true[0, BodyPart.left_wrist] = (40, 40)
    assert oks(noses(10), true, [AREA]).tolist() == [0.5]


def test_oks_ignores_neck_and_unlabelled_keypoints():
    found = noses(10)
    found[0, [BodyPart.neck, BodyPart.left_ear]] = (400, 300)
    true = noses(10)
    true[0, BodyPart.neck] = (10, 10)
    assert oks(found, true, [AREA]).tolist() == [1.0]


def test_oks_is_nan_when_nothing_is_labelled():
    assert np.isnan(oks(noses(1), noses(np.nan), [AREA])).all()


def test_oks_broadcasts_to_a_matrix():
    matrix = oks(persons(0, 500)[:, None], persons(500, 0, 900)[None], [AREA] * 3)
    np.testing.assert_allclose(matrix, [[0, 1, 0], [1, 0, 0]], atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.floats(50, 1e6))
@settings(max_examples=30)
def test_oks_is_that_of_pycocotools(seed, area):
    rng = np.random.default_rng(seed)
    true, found = rng.uniform(0, 300, (2, 1, 18, 2))
    found = (found + 9 * true) / 10
    truth = dataset()
    truth["annotations"] = [annotation(true[0], 1, area=area)]
    coco = COCO()
    coco.dataset = truth
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(results(found)), "keypoints")
    evaluation._prepare()
    assert oks(found, true, [area])[0] == pytest.approx(evaluation.computeOks(1, 1)[0, 0], rel=1e-9, abs=1e-12)


def test_match_persons_finds_each_once():
    matching = match_persons(persons(500, 0, 250), persons(0, 250, 500), [AREA] * 3)
    assert matching == Matching(pairs=[(1, 0), (2, 1), (0, 2)], missed=[], surplus=[])


@pytest.mark.parametrize(
    ("found", "true", "missed", "surplus"),
    [
        (persons(0), persons(0, 300), [1], []),
        (persons(0, 300), persons(0), [], [1]),
        (persons(2, 0), persons(0), [], [0]),
        (persons(300), persons(0), [0], [0]),
        (persons(), persons(0), [0], []),
        (persons(0), persons(), [], [0]),
    ],
    ids=["one missed", "one extra", "one twice", "far away", "nobody found", "nobody there"],
)
def test_match_persons_names_missed_and_surplus(found, true, missed, surplus):
    matching = match_persons(found, true, [AREA] * len(true))
    assert (matching.missed, matching.surplus) == (missed, surplus)


def test_match_persons_never_pairs_without_common_part():
    ear = np.full((1, 18, 2), np.nan)
    ear[0, BodyPart.left_ear] = (10, 50)
    assert match_persons(ear, noses(10), [AREA], minimum_oks=1e-9) == Matching([], missed=[0], surplus=[0])


def test_match_persons_prefers_the_best_sum():
    # Found 0 is more like true 0 (0.74) than like true 1 (0.31), but found 1 is only like true 0.
    matching = match_persons(noses(10, 4), noses(6, 18), [AREA] * 2)
    assert matching.pairs == [(1, 0), (0, 1)]


def test_match_persons_skips_pairs_below_minimum():
    found = noses(nose_off_by_oks(0.4))
    assert match_persons(found, noses(0), [AREA]).pairs == [(0, 0)]
    assert match_persons(found, noses(0), [AREA], minimum_oks=0.5).pairs == []


def test_align_puts_missed_persons_as_nan():
    found = persons(500, 0)
    aligned = match_persons(found, persons(0, 250, 500), [AREA] * 3).align(found)
    np.testing.assert_array_equal(aligned[[0, 2]], found[[1, 0]])
    assert np.isnan(aligned[1]).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: oks(persons(0), persons(0), [-1.0]), r"Areas must be numbers of at least 0.*got \[-1.0\]"),
        (lambda: oks(persons(0), persons(0), [np.nan]), r"Areas must be numbers of at least 0.*got \[nan\]"),
        (lambda: oks(np.zeros((1, 17, 2)), persons(0), [1.0]), r"predicted must have the shape \(..., 18, 2\)"),
        (lambda: match_persons(persons(0)[0], persons(0), [1.0]), r"predicted must have the shape \(n, 18, 2\)"),
        (lambda: match_persons([], [], [], minimum_oks=0), "minimum_oks must be above 0 and at most 1; got 0"),
        (lambda: coco_results(persons(0), np.ones((2, 18)), 1), r"finite number for each of 1 x 18 parts"),
        (lambda: coco_results(persons(0), np.full((1, 18), np.nan), 1), r"finite number .*got array\(\[\[nan"),
        (lambda: coco_results(np.zeros((1, 17, 2)), np.ones((1, 18)), 1), r"keypoints must have the shape \(n, 18, 2"),
        (
            lambda: coco_results(persons(0), np.ones((1, 18)), 1, [1, 2]),
            r"person_scores must be a finite number for each of 1 people; got \[1, 2\]",
        ),
        (lambda: coco_results(persons(0), np.ones((1, 18)), 1, [np.inf]), r"each of 1 people; got \[inf\]"),
    ],
    ids=[
        "negative area",
        "nan area",
        "17 parts",
        "one person",
        "no minimum",
        "scores of others",
        "nan score",
        "17 keypoints",
        "too many person scores",
        "infinite person score",
    ],
)
def test_coco_functions_refuse_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_coco_results_are_in_the_order_of_coco():
    points = np.arange(36.0).reshape(1, 18, 2)
    (result,) = coco_results(points, np.arange(18).reshape(1, 18) / 10, 7)
    assert result["image_id"] == 7
    assert result["category_id"] == 1
    assert result["keypoints"][:9] == [0, 1, 0, 30, 31, 1.5, 28, 29, 1.4]  # nose, left eye, right eye
    assert len(result["keypoints"]) == 51
    assert [2.0, 3.0] not in np.reshape(result["keypoints"], (17, 3))[:, :2].tolist()  # the neck
    assert result["score"] == pytest.approx((sum(range(18)) - 1) / 10 / 17)


def test_coco_results_write_absent_parts_as_zeros():
    (result,) = results(noses(10))
    assert result["keypoints"] == [10, 50, 1, *[0] * 48]
    assert result["score"] == pytest.approx(1 / 17)


def test_coco_results_leave_out_a_lonely_neck():
    neck = np.full((1, 18, 2), np.nan)
    neck[0, BodyPart.neck] = (1, 2)
    assert coco_results(neck, np.ones((1, 18)), 1) == []
    assert coco_results([], [], 1) == []


def test_coco_results_rank_persons_by_the_scores_given():
    neck = np.full((18, 2), np.nan)
    neck[BodyPart.neck] = (1, 2)
    points = np.concatenate([persons(0), neck[None], persons(250)])
    ranked = coco_results(points, np.ones((3, 18)), 1, [0.25, 0.5, 0.75])
    assert [result["score"] for result in ranked] == [0.25, 0.75]
    assert ranked[1]["keypoints"] == coco_results(points, np.ones((3, 18)), 1)[1]["keypoints"]


def test_coco_results_can_be_written_as_json():
    assert json.loads(json.dumps(results(persons(0)))) == results(persons(0))


def test_evaluate_coco_gives_one_for_perfect_results():
    numbers = evaluate_coco(dataset(*persons(0, 300)), results(persons(0, 300)))
    assert tuple(numbers) == COCO_NUMBERS
    # Area 10,000 is above 96 x 96: the persons are large, and nobody is of medium size.
    assert {name for name, number in numbers.items() if number == pytest.approx(1.0)} == {
        name for name in COCO_NUMBERS if "medium" not in name
    }
    assert math.isnan(numbers["AP_medium"])


def test_evaluate_coco_counts_thresholds_below_the_oks():
    # OKS 0.72 passes the thresholds 0.50, 0.55, 0.60, 0.65 and 0.70: five of ten.
    numbers = evaluate_coco(dataset(*noses(100)), results(noses(100 + nose_off_by_oks(0.72))))
    assert numbers["AP"] == pytest.approx(0.5)
    assert (numbers["AP50"], numbers["AP75"], numbers["AR"]) == pytest.approx((1, 0, 0.5))


def test_evaluate_coco_halves_recall_when_one_of_two_is_missed():
    numbers = evaluate_coco(dataset(*persons(0, 300)), results(persons(0)))
    # Precision is 1 at the recall points 0.00 to 0.50, which are 51 of 101.
    assert numbers["AP"] == pytest.approx(51 / 101)
    assert numbers["AR"] == pytest.approx(0.5)


def test_evaluate_coco_lowers_precision_when_a_duplicate_ranks_first():
    true = persons(0, 300)
    found = persons(0, 0, 300)
    numbers = evaluate_coco(dataset(*true), results(found, scores=[0.9, 0.8, 0.7]))
    # Up to recall 0.5 precision is 1, above it 2 / 3: two of the first three are right.
    assert numbers["AP"] == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert numbers["AR"] == pytest.approx(1.0)


def test_evaluate_coco_ignores_a_duplicate_that_ranks_last():
    numbers = evaluate_coco(dataset(*persons(0, 300)), results(persons(0, 300, 0), scores=[0.9, 0.8, 0.1]))
    assert numbers["AP"] == pytest.approx(1.0)


def test_evaluate_coco_gives_zero_when_nobody_is_found():
    numbers = evaluate_coco(dataset(*persons(0)), [])
    assert (numbers["AP"], numbers["AR"]) == (0.0, 0.0)


def test_evaluate_coco_gives_nan_when_nobody_is_there():
    assert math.isnan(evaluate_coco(dataset(), results(persons(0)))["AP"])


def test_evaluate_coco_counts_only_the_named_pictures():
    truth = dataset(*persons(0), images=(1, 2))
    truth["annotations"].append(annotation(persons(0)[0], 2, image_id=2))
    assert evaluate_coco(truth, results(persons(0)))["AR"] == pytest.approx(0.5)
    assert evaluate_coco(truth, results(persons(0)), image_ids=[1])["AR"] == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["path", "dict", "COCO"])
def test_evaluate_coco_reads_annotations_from(kind, tmp_path, capsys):
    content = dataset(*persons(0))
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(content))
    given_annotations = {"path": path, "dict": content, "COCO": COCO(str(path))}[kind]
    capsys.readouterr()
    assert evaluate_coco(given_annotations, results(persons(0)))["AP"] == pytest.approx(1.0)
    assert capsys.readouterr().out == ""


def test_evaluate_coco_leaves_its_arguments_alone():
    truth, found = dataset(*persons(0)), results(persons(0))
    before = copy.deepcopy((truth, found))
    evaluate_coco(truth, found)
    assert (truth, found) == before


def test_evaluate_coco_raises_when_there_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.json"):
        evaluate_coco(tmp_path / "missing.json", [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image_id": 9}, r"must name a picture of the annotations; got \{'image_id': 9.* as result 1\. Make"),
        ({"image_id": None}, "must name a picture of the annotations"),
        ({"category_id": 2}, r"must have the category 1, person; got .*'category_id': 2"),
        ({"keypoints": [0.0] * 54}, "must have 51 finite keypoint numbers and a finite score"),
        ({"keypoints": None}, "must have 51 finite keypoint numbers and a finite score"),
        ({"keypoints": ["a"] * 51}, "must have 51 finite keypoint numbers and a finite score"),
        ({"keypoints": [math.nan] * 51}, "must have 51 finite keypoint numbers and a finite score"),
        ({"score": math.inf}, "must have 51 finite keypoint numbers and a finite score"),
        ({"score": None}, "must have 51 finite keypoint numbers and a finite score"),
    ],
    ids=["picture", "no picture", "category", "with neck", "no keypoints", "letters", "nan", "infinite", "no score"],
)
def test_evaluate_coco_refuses_other_results(change, message):
    (good,) = results(persons(0))
    with pytest.raises(ValueError, match=message):
        evaluate_coco(dataset(*persons(0)), [good, {**good, **change}])
