import csv
import json
import os

import numpy as np
import pytest

from estimation.checkpoints import read_weights
from estimation.training import runs
from estimation.training.averages import WeightAverage
from estimation.training.runs import LOG_COLUMNS, Run, Trainee
from tests.estimation.late import Late

keras, ops = Late("keras"), Late("keras.ops")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture
def trainee():
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return Trainee(model, model, WeightAverage(model, horizon=4))


def learn(trainee):
    """Change all that a step changes; without a step, whose first takes a second."""
    trainee.joined.set_weights([value - 1 for value in trainee.joined.get_weights()])
    for variable in trainee.joined.optimizer.variables:
        variable.assign(variable + 1)
    trainee.average.values = [value + 1 for value in trainee.average.values]


def state_of(trainee):
    variables = map(ops.convert_to_numpy, [*trainee.joined.variables, *trainee.joined.optimizer.variables])
    return [np.array(value) for value in (*variables, *trainee.average.values)]


def are_equal(state, other):
    return all(np.array_equal(a, b) for a, b in zip(state, other, strict=True))


def rows_of(run):
    with (run.folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def log(run, step, **losses):
    run.log(step, {"loss": 1.0, **losses}, None, size_px=64, rate=0.001)


def test_run_begins_in_a_folder_of_its_own(tmp_path, trainee):
    run = Run(tmp_path / "a" / "run")

    assert run.resume(trainee) == 0
    assert (run.folder / "log.csv").read_text(encoding="utf-8").split() == [",".join(LOG_COLUMNS)]


def test_run_goes_on_from_its_checkpoint(tmp_path, trainee):
    run = Run(tmp_path)
    run.resume(trainee)
    learn(trainee)
    run.seconds = 12.5
    run.save(trainee, 4)
    saved = state_of(trainee)
    learn(trainee)
    assert not are_equal(state_of(trainee), saved)

    later = Run(tmp_path)

    assert later.resume(trainee) == 4
    assert later.seconds == 12.5
    assert are_equal(state_of(trainee), saved)


def test_save_writes_the_averaged_weights_to_ship(tmp_path, trainee):
    learn(trainee)
    expected = trainee.average.values

    Run(tmp_path).save(trainee, 1)

    weights = read_weights(tmp_path / "compact.npz")
    np.testing.assert_allclose(weights["dense/kernel"], expected[0], rtol=1e-3)
    np.testing.assert_allclose(weights["dense/bias"], expected[1])


def test_save_removes_older_checkpoints(tmp_path, trainee):
    run = Run(tmp_path)
    for step in (2, 4):
        run.save(trainee, step)

    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"state-4.weights.h5", "average-4.npz", "compact.npz", "progress.json"}


@pytest.mark.parametrize("broken", ["state", "average", "compact", "progress"])
def test_checkpoint_half_written_does_not_count(tmp_path, trainee, monkeypatch, broken):
    run = Run(tmp_path)
    learn(trainee)
    run.resume(trainee)
    run.save(trainee, 2)
    saved = state_of(trainee)
    learn(trainee)

    def write_half(*args, **_):
        if broken == "state":
            args[0].write_bytes(b"half")
        elif broken == "progress":
            (tmp_path / f".progress.json.{os.getpid()}.part").write_text('{"step": 4')
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        places = {"state": trainee.joined, "average": runs.np, "compact": runs, "progress": runs.json}
        names = {"state": "save_weights", "average": "savez", "compact": "save_weights", "progress": "dumps"}
        patch.setattr(places[broken], names[broken], write_half)
        with pytest.raises(KeyboardInterrupt):
            run.save(trainee, 4)

    assert Run(tmp_path).resume(trainee) == 2
    assert are_equal(state_of(trainee), saved)
    Run(tmp_path).save(trainee, 4)  # and what is left of it is in nobody's way
    assert Run(tmp_path).resume(trainee) == 4


def test_log_has_a_row_of_all_columns(tmp_path, trainee):
    run = Run(tmp_path)
    run.resume(trainee)
    run.seconds = 3.25
    run.log(50, {"loss": 7.5}, None, size_px=64, rate=0.00123456)
    run.log(
        99,
        {"loss": 7.5, "all_stages_loss": 6.5, "hints-at_8_loss": 0.75, "hints-joined_loss": 0.25},
        2.0,
        size_px=96,
        rate=0.001,
    )

    first, second = ([row[name] for name in LOG_COLUMNS] for row in rows_of(run))
    assert first == ["50", "7.50000", "", "", "64", "0.00123", "3.2"]
    assert second == ["99", "6.50000", "1.00000", "2.00000", "96", "0.001", "3.2"]


@pytest.mark.parametrize("tail", ["", "1", "1,1.0,,,64", "1,1.00000,,,64,0.001,"], ids=["whole", "step", "row", "end"])
def test_resume_drops_rows_after_the_checkpoint(tmp_path, trainee, tail):
    run = Run(tmp_path)
    run.resume(trainee)
    for step in (2, 4):
        log(run, step)
    run.save(trainee, 4)
    log(run, 6)
    with (tmp_path / "log.csv").open("a", encoding="utf-8") as file:
        file.write(tail)  # of step 12, say

    again = Run(tmp_path)
    again.resume(trainee)
    log(again, 6)

    assert [row["step"] for row in rows_of(again)] == ["2", "4", "6"]
    assert json.loads((tmp_path / "progress.json").read_text())["step"] == 4
