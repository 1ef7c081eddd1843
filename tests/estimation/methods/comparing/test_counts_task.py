import math

import numpy as np
import pytest

from estimation.methods.comparing.measured import FIRST, Row, Rows, Spread
from estimation.methods.comparing.task import load_task
from estimation.methods.comparing.tasks import counts
from estimation.methods.comparing.tasks.count_claims import BORDERS, GUESS, SKELETONS, claims, crossing

COUNTS = load_task("counts")


def test_truth_has_no_error(eight_crowds):
    for answers in (eight_crowds.counts, eight_crowds.densities(4)):
        measured = COUNTS.measure(answers, eight_crowds)

        assert measured.numbers["MAE"] == pytest.approx(0, abs=1e-4)
        assert measured.numbers["RMSE"] == pytest.approx(0, abs=1e-4)
        assert set(measured.numbers) == {column.name for table in COUNTS.tables for column in table.columns}
        assert len(measured.curve) == len(BORDERS) == len(COUNTS.curve.xs)


def test_errors_stand_where_so_many_people_are(eight_crowds):
    true = eight_crowds.counts
    found = true + np.where(true == 0, 3.0, 0.0)

    measured = COUNTS.measure(found, eight_crowds)

    assert measured.numbers["MAE 0"] == 3
    assert measured.numbers["MAE 1-15"] == 0
    assert math.isnan(measured.numbers["MAE more"])
    assert measured.curve[0] == 3
    assert math.isnan(measured.curve[-1])
    assert np.nansum(measured.curve[1:]) == 0


def test_answers_that_are_not_finite_have_no_numbers(eight_crowds):
    answers = eight_crowds.densities(4)
    answers[0, 0, 0] = np.inf

    measured = COUNTS.measure(answers, eight_crowds)

    assert all(math.isnan(number) for number in (*measured.numbers.values(), *measured.curve))
    assert set(measured.numbers) == {column.name for column in COUNTS.tables[0].columns}


def test_baselines_are_the_mean_and_the_labs_own_answer(eight_crowds, monkeypatch):
    asked = eight_crowds.of([0, 3])
    monkeypatch.setattr(counts, "load_network", lambda name: name)
    monkeypatch.setattr(counts, "count_skeletons", lambda _, pictures: np.full(len(pictures), 7.0))

    baselines = COUNTS.baselines(eight_crowds, asked)

    assert baselines[GUESS].tolist() == [eight_crowds.counts.mean()] * 2
    assert baselines[SKELETONS].tolist() == [7, 7]


def test_skeletons_are_counted_once(eight_crowds, monkeypatch):
    asked, calls = eight_crowds.of([1]), []
    monkeypatch.setattr(counts, "load_network", lambda name: name)
    monkeypatch.setattr(counts, "count_skeletons", lambda *_: calls.append(1) or np.zeros(1))

    for _ in range(3):
        COUNTS.baselines(eight_crowds, asked)

    assert len(calls) == 1


def test_methods_take_part_in_the_order_of_the_lecture():
    names = [entrant.name for entrant in COUNTS.entrants()]

    assert names[:3] == ["count_regression", "density_map", "mcnn"]
    assert len(names) == 9


def test_samples_are_crowds():
    crowds = COUNTS.people(2, seed=1)

    assert crowds.pictures.shape == (2, 128, 128, 3)
    assert COUNTS.note_on(crowds).startswith(f"{crowds.counts.min()} to {crowds.counts.max()} people, ")
    assert COUNTS.pictures(crowds, 64).shape == (2, 64, 64, 3)
    assert COUNTS.batches("mcnn", crowds, 128, 0)(0)["density"].shape == (16, 32, 32)
    assert COUNTS.start(crowds).shape == (16, 2)


def test_densities_are_drawn_as_colour_with_their_sum(eight_crowds):
    somewhere = eight_crowds.densities(4)
    somewhere[0, 0, 0] = np.nan

    truth, found, number, nothing = (
        COUNTS.draw(eight_crowds, 0, answers)
        for answers in (None, somewhere, np.full(8, 12.34), np.zeros((8, 32, 32), np.float32))
    )

    assert truth.shape == found.shape == number.shape == nothing.shape == (192, 192, 3)
    assert COUNTS.undrawn(eight_crowds, 0).shape == truth.shape
    upper = slice(0, 150)  # the number is below
    assert (truth[upper] == found[upper]).mean() > 0.95
    assert (truth != found).any()
    assert len(np.unique(nothing[upper].astype(int).std(axis=-1))) == 1
    assert truth[upper].astype(int).std(axis=-1).max() > 20


def rows(curves=None, **errors):
    return Rows(
        tuple(
            Row(
                name.replace("_first", FIRST).replace("guess", GUESS),
                {column: Spread(error, error, error) for column, error in zip(("MAE", "RMSE"), pair, strict=True)},
                is_trained=name != "guess",
            )
            for name, pair in errors.items()
        )
        + tuple(Row(name, {}, tuple(curve), is_trained=False) for name, curve in (curves or {}).items())
    )


def claim(name, found):
    return next(one for one in claims(found) if one.name == name)


@pytest.mark.parametrize(("worst", "came_true"), [(9.9, True), (10.0, False), (30.0, False), (math.nan, None)])
def test_all_must_be_below_the_guess(worst, came_true):
    found = rows(guess=(25, 30), mcnn=(5, 6), switch_cnn_first=(40, 40), switch_cnn=(worst, 30))

    one = claim("below_the_guess", found)

    assert one.came_true is came_true
    assert "switch_cnn, first" not in one.found
    assert one.found.startswith("guess the mean 25.000; 0.4 of it 10.000; mcnn 5.000; switch_cnn ")
    assert one.why.startswith("Switch-CNN is above it. ") is (came_true is False)
    others = rows(guess=(25, 30), mcnn=(12, 6), switch_cnn=(worst, 30))
    assert not claim("below_the_guess", others).why


@pytest.mark.parametrize(("density", "came_true"), [(12.9, True), (13.0, False)])
def test_density_must_be_below_the_number(density, came_true):
    found = rows(density_map=(5, density), count_regression=(4, 13.0))

    assert claim("density_below_regression", found).came_true is came_true


@pytest.mark.parametrize(("column", "came_true"), [(7.0, True), (5.1, False), (9.0, False)])
def test_best_column_keeps_about_seven_tenths(column, came_true):
    found = rows(mcnn=(5.0, 9), mcnn_column9=(20.0, 9), mcnn_column5=(column, 9))

    one = claim("one_column", found)

    assert one.came_true is came_true
    assert one.found == f"MAE of mcnn 5.000; MAE of mcnn_column5 {column:.3f}; kept {5 / column:.3f}"
    assert one.why.startswith("The columns err alike: ") is (5 / column > 0.8)


def curve(*errors):
    return [*errors, *([math.nan] * (len(BORDERS) - len(errors)))]


@pytest.mark.parametrize(
    ("skeletons", "densities", "says", "came_true"),
    [
        ((0, 1, 9, 9), (2, 2, 2, 2), "skeletons are better up to 5 people, the density map from there on", True),
        ((3, 3, 9, 9), (2, 2, 2, 2), "the density map is better whatever the number", False),
        ((2, 2, 2, 2), (2, 2, 2, 2), "the density map is better whatever the number", False),
        ((0,) * 12, (2,) * 12, "skeletons are better whatever the number", False),
    ],
    ids=["crossing", "never", "equal", "always"],
)
def test_ways_to_count_cross(skeletons, densities, says, came_true):
    found = rows({SKELETONS: curve(*skeletons), "density_map": curve(*densities)})

    one = claim("crossing", found)

    assert one.found == says
    assert one.came_true is came_true


def test_crossing_needs_both():
    assert crossing(rows({SKELETONS: curve(1)})) is None


def test_of_no_rows_nothing_can_be_said():
    assert [one.came_true for one in claims(Rows())] == [None] * 4
