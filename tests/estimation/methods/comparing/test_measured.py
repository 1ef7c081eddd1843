import dataclasses
import json
import math

import pytest

from estimation.methods.comparing.measured import DASH, Measured, Result, Spread, read_result, rows_of, write_result

NAN = math.nan


def result(entrant="maps", seed=0, *numbers, **changes):
    measured = tuple(Measured({"share": number}, (number, 1.0)) for number in numbers or (0.5,))
    fields = {"steps": 7, "parameters": 100, "seconds": 2.0, "ms_a_person": 1.5, "losses": ((1, 0.5), (7, 0.25))}
    kept = {"n_people": {"rendered": 3}, "measured": {"rendered": measured}}
    return Result(**{"entrant": entrant, "seed": seed, **fields, **kept, **changes})


def test_spread_is_mean_lowest_and_highest():
    spread = Spread.of([0.25, 0.5, 0.75])

    assert spread == Spread(0.5, 0.25, 0.75)
    assert spread.describe(3) == "0.500"
    assert spread.describe_range(3) == "0.250\N{EN DASH}0.750"


def test_range_that_cannot_be_told_apart_is_not_written():
    assert Spread.of([0.5, 0.50001]).describe_range(3) == ""


def test_number_that_is_not_there_is_a_dash_and_never_0():
    spread = Spread.of([0.5, NAN])

    assert math.isnan(spread.mean)
    assert math.isnan(spread.low)
    assert (spread.describe(3), spread.describe_range(3)) == (DASH, "")
    assert Spread.of([]).describe(1) == DASH


def test_rows_are_baselines_and_then_entrants_with_first_and_last_answer():
    rows = rows_of(
        [result("maps", 0, 0.25, 0.5), result("numbers", 0, 0.1), result("maps", 1, 0.5, 1.0)],
        {"mean pose": Measured({"share": 0.125}, (0.0, 0.0))},
        "rendered",
    )

    assert [row.name for row in rows.rows] == ["mean pose", "maps, first", "maps", "numbers"]
    assert [row.is_trained for row in rows.rows] == [False, True, True, True]
    assert [rows.mean(row.name, "share") for row in rows.rows] == [0.125, 0.375, 0.75, 0.1]
    assert rows.rows[2].curve == (0.75, 1.0)
    assert rows.rows[2].numbers["share"] == Spread(0.75, 0.5, 1.0)
    assert rows.rows[2].numbers["parameters"].mean == 100
    assert rows.rows[2].losses == ((1, 0.5), (7, 0.25))
    assert "parameters" not in rows.rows[1].numbers


def test_number_of_a_row_that_is_not_there_is_nan():
    rows = rows_of([result()], {}, "rendered")

    assert math.isnan(rows.mean("nobody", "share"))
    assert math.isnan(rows.mean("maps", "nothing"))
    assert rows.find("nobody") is None


def test_result_is_kept_whole(tmp_path):
    kept = result("maps", 2, 0.1, 0.2)

    write_result(kept, tmp_path / "result.json")

    assert read_result(tmp_path / "result.json") == kept
    assert read_result(tmp_path / "none.json") is None


def test_nan_is_kept_as_null(tmp_path):
    write_result(result("maps", 0, NAN), tmp_path / "result.json")

    assert json.loads((tmp_path / "result.json").read_text())["measured"]["rendered"][0]["numbers"] == {"share": None}
    assert math.isnan(read_result(tmp_path / "result.json").measured["rendered"][0].numbers["share"])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"measured": 3}', "[" * 100_000])
def test_result_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "result.json").write_text(content)

    with pytest.raises(ValueError, match=r"result\.json must be the result of a run; it cannot be read: .* Remove it"):
        read_result(tmp_path / "result.json")


def test_result_with_other_fields_is_refused(tmp_path):
    kept = dataclasses.asdict(result()) | {"more": 1}
    (tmp_path / "result.json").write_text(json.dumps(kept))

    with pytest.raises(ValueError, match="must be the result of a run"):
        read_result(tmp_path / "result.json")
