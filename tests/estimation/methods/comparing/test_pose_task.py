import dataclasses
import math

import numpy as np
import pytest

from estimation.methods.batches import batch_of, mean_pose_of
from estimation.methods.catalogue import list_methods
from estimation.methods.comparing.measured import FIRST, Measured, Row, Rows, Spread
from estimation.methods.comparing.task import load_task
from estimation.methods.comparing.tasks.boxes import box_ious, boxes_of
from estimation.methods.comparing.tasks.pose_claims import claims
from estimation.methods.comparing.tasks.pose_trials import TRIALS, cut_at_the_waist

POSE, BOXES = load_task("pose"), load_task("boxes")
MISSING, SCALING = TRIALS


def truth(samples):
    return batch_of(samples, 128)["points"]


def test_truth_has_every_share_and_no_error(eight):
    measured = POSE.measure(truth(eight), eight)

    assert {round(number, 3) for name, number in measured.numbers.items() if name != "MPJPE"} == {1.0}
    assert measured.numbers["MPJPE"] == pytest.approx(0, abs=1e-4)
    assert measured.curve[1:] == (1.0,) * 25
    assert set(measured.numbers) == {column.name for table in POSE.tables for column in table.columns}


def test_measures_are_shares_of_lengths(eight):
    torso = eight.lengths_px["torso"]
    moved = truth(eight) + (0.15 * torso / 128)[:, None, None] * np.array([0.6, 0.8])

    numbers = POSE.measure(moved, eight).numbers

    assert (numbers["PDJ@0.2"], numbers["PDJ@0.1"], numbers["PDJ@0.05"]) == (1, 0, 0)
    assert numbers["PDJ@0.2 wrist"] == 1
    labelled = eight.labelled
    mean = (0.15 * torso[:, None] * labelled)[np.isfinite(torso)].sum() / labelled[np.isfinite(torso)].sum()
    assert numbers["MPJPE"] == pytest.approx(mean, rel=1e-3)


def test_metric_without_its_length_is_nan(eight):
    headless = dataclasses.replace(eight, head_boxes=np.full((8, 4), np.nan, np.float32))

    numbers = POSE.measure(truth(eight), headless).numbers

    assert math.isnan(numbers["PCKh@0.5"])
    assert math.isnan(numbers["PCKh@0.1"])
    assert numbers["PDJ@0.2"] == 1


def test_baselines_are_the_mean_pose_and_somebody_else(eight):
    baselines = POSE.baselines(eight, eight)

    np.testing.assert_allclose(baselines["mean pose"], np.repeat(mean_pose_of(eight)[None], 8, axis=0))
    chance = baselines["chance"]
    assert all(
        any(np.allclose(pose[eight.labelled[i]], truth(eight)[i][eight.labelled[i]]) for i in range(8))
        for pose in chance
    )
    assert POSE.measure(baselines["mean pose"], eight).numbers["MPJPE"] > 1


def test_all_methods_take_part_in_the_order_of_the_lectures():
    assert {entrant.name for entrant in POSE.entrants()} == {entry.name for entry in list_methods("pose")}
    assert [entrant.name for entrant in POSE.entrants()] == list(POSE.order)
    assert [entrant.name for entrant in BOXES.entrants()] == ["head_box"]


def test_answers_are_drawn_and_nothing_where_there_is_none(eight):
    drawn = POSE.draw(eight, 0, None)
    far = POSE.draw(eight, 0, np.full((8, 16, 2), 1e9, np.float32))
    nothing = POSE.draw(eight, 0, np.full((8, 16, 2), np.nan, np.float32))

    assert drawn.shape == far.shape == nothing.shape == (192, 192, 3)
    assert (drawn != nothing).any()


def rows(**numbers):
    """Make rows of one column or more: a dict of columns for each name."""
    return Rows(
        tuple(
            Row(name.replace("_first", FIRST), {c: Spread(n, n, n) for c, n in columns.items()})
            for name, columns in numbers.items()
        )
    )


def claim(name, found):
    return next(one for one in claims(found) if one.name == name)


@pytest.mark.parametrize(("share", "came_true"), [(0.131, True), (0.13, True), (0.129, False), (math.nan, None)])
def test_claim_of_maps_is_a_ratio(share, came_true):
    found = rows(heatmaps={"PDJ@0.1": share}, direct_regression={"PDJ@0.1": 0.1})

    one = claim("heatmaps_pdj_0_1", found)

    assert one.came_true is came_true
    assert one.sentence == (
        "heatmaps: at least 1.3 times the PDJ@0.1 of direct regression, with the same encoder and the same number of "
        "steps."
    )
    if share == 0.131:
        assert one.found == "heatmaps 0.131; direct_regression 0.100; times 1.310"


@pytest.mark.parametrize(("last", "verdicts"), [(0.05, [True, True]), (0.049, [False, True]), (0.03, [False, False])])
def test_claim_of_cascades_compares_first_and_last(last, verdicts):
    found = rows(
        coarse_to_fine_first={"PDJ@0.05": 0.04, "PDJ@0.2": 0.04}, coarse_to_fine={"PDJ@0.05": last, "PDJ@0.2": last}
    )

    names = ("coarse_to_fine_pdj_0_05", "coarse_to_fine_pdj_0_2")
    assert [claim(name, found).came_true for name in names] == verdicts
    assert [claim(name, found).why for name in names] == ["", ""]
    assert claim("deeppose_cascade_pdj_0_05", found).why.startswith("The third stage is worse than the second, ")


@pytest.mark.parametrize(("last", "came_true"), [(0.2, True), (0.19, False)])
def test_claim_of_stages(last, came_true):
    found = rows(error_feedback_first={"PDJ@0.1": 0.2}, error_feedback={"PDJ@0.1": last})

    assert claim("error_feedback_last", found).came_true is came_true
    assert claim("pose_machine_last", found).came_true is None


@pytest.mark.parametrize(("worst", "came_true"), [(0.45, True), (0.44, False), (math.nan, None)])
def test_claim_of_all_is_that_of_the_worst(worst, came_true):
    found = Rows(
        (
            Row("mean pose", {"PDJ@0.2": Spread(0.35, 0.35, 0.35)}, is_trained=False),
            Row("a", {"PDJ@0.2": Spread(0.9, 0.9, 0.9)}),
            Row("b, first", {"PDJ@0.2": Spread(0.1, 0.1, 0.1)}),
            Row("b", {"PDJ@0.2": Spread(worst, worst, worst)}),
        )
    )

    assert claim("better_than_mean_pose", found).came_true is came_true


def test_of_no_rows_nothing_can_be_said():
    found = claims(Rows())

    assert len(found) == len({one.name for one in found}) == 12
    assert {one.came_true for one in found} == {None}


def test_every_other_person_is_cut_at_the_waist(eight):
    cut = cut_at_the_waist(eight)

    assert (cut.squares[1::2] == eight.squares[1::2]).all()
    assert (cut.squares[::2] != eight.squares[::2]).any(axis=(1, 2, 3)).all()
    assert cut.labelled[::2].sum() < eight.labelled[::2].sum()
    for index in range(0, 8, 2):
        kept = cut.labelled[index]
        back = (cut.joints[index] + 0.5) * 77 / 128 - 0.5 + [25, 0]
        np.testing.assert_allclose(back[kept], eight.joints[index][kept], atol=1e-3)
        assert kept.any()


def test_missing_joints_are_taught_to_be_at_the_corner_by_one_of_two(eight):
    cut = cut_at_the_waist(eight)
    corner, left_out = (MISSING.batches(name, cut, 64, 0)(3) for name in ("at_the_corner", "left_out"))

    missing = left_out["labelled"] == 0
    assert missing.any()
    assert (corner["labelled"] == 1).all()
    assert (corner["points"][missing] == 0).all()
    np.testing.assert_array_equal(corner["points"][~missing], left_out["points"][~missing])


def test_answers_nearer_to_the_corner_are_counted(eight):
    cut = cut_at_the_waist(eight)
    answers = np.where(cut.labelled[..., None], truth(cut), 0)

    numbers = MISSING.measure(answers, cut).numbers

    assert numbers["corner labelled"] == 0
    assert numbers["corner missing"] == 1
    assert numbers["corner"] == pytest.approx((~cut.labelled).mean())


def test_scaling_is_judged_by_the_steps_to_the_same_loss():
    def one(name, *losses):
        return Row(name, {}, losses=tuple((10 * number, loss) for number, loss in enumerate(losses, start=1)))

    slow = [1 - 0.01 * number for number in range(30)]
    (claim,) = SCALING.claims(Rows((one("with_255", 0.9, 0.7, 0.5), one("without_255", *slow))))
    (other,) = SCALING.claims(Rows((one("with_255", *slow), one("without_255", 0.9, 0.7, 0.5))))

    assert claim.came_true is True
    assert claim.found == "lowest loss of both 0.710; steps with 20.000; steps without 300.000; times 15.000"
    assert not claim.why
    assert other.came_true is False
    assert other.found == "lowest loss of both 0.710; steps with 300.000; steps without 20.000; times 0.067"
    assert other.why.startswith("Here it is the other way round. ")
    assert SCALING.claims(Rows((one("with_255", 0.9), one("without_255", 0.8))))[0].came_true is False
    assert SCALING.claims(Rows())[0].came_true is None


def test_corner_pulls_only_if_more_answers_are_there():
    def one(corner, left_out):
        return Rows(
            tuple(
                Row(name, {"corner": Spread(n, n, n)})
                for name, n in (("at_the_corner", corner), ("left_out", left_out))
            )
        )

    assert [MISSING.claims(one(*pair))[0].came_true for pair in ((0.2, 0.1), (0.0, 0.0))] == [True, False]


def test_boxes_are_compared_by_what_they_share():
    ious = box_ious(
        [[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]],
        [[0, 0, 1, 1], [0.5, 0, 1.5, 1], [2, 2, 3, 3], [0, 0, 1, 1], [0, 0, 0, 0]],
    )

    np.testing.assert_allclose(ious, [1, 1 / 3, 0, 0, 0])


def test_heads_that_are_not_labelled_do_not_count(eight):
    boxes = boxes_of(eight)
    answers = np.where(np.isfinite(boxes), boxes, 0)

    assert BOXES.measure(answers, eight).numbers == pytest.approx({"IoU": 1, "IoU@0.5": 1})
    headless = dataclasses.replace(eight, head_boxes=np.full((8, 4), np.nan, np.float32))
    assert all(math.isnan(number) for number in BOXES.measure(answers, headless).numbers.values())
    assert BOXES.baselines(headless, eight) == {}


def test_mean_box_and_chance_are_rows(eight):
    baselines = BOXES.baselines(eight, eight)

    assert set(baselines) == {"mean box", "chance"}
    for answers in baselines.values():
        measured = BOXES.measure(answers, eight)
        assert isinstance(measured, Measured)
        assert 0 <= measured.numbers["IoU"] < 1


def test_unknown_task_gets_the_list():
    with pytest.raises(
        ValueError, match=r"^There is no task 'sleeping' to compare methods in\. There are: pose, boxes"
    ):
        load_task("sleeping")


def test_tasks_without_truth_in_photographs_say_so():
    from estimation.methods.comparing.task import Task

    with pytest.raises(
        ValueError, match=r"^There is no truth for pose in photographs with keypoints; leave out --photos"
    ):
        Task.photographed(POSE, [])
