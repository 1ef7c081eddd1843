import csv
import errno
import os

import numpy as np
import pytest

from estimation.checkpoints import read_weights
from estimation.training import runs
from estimation.training.averages import WeightAverage
from estimation.training.runs import LOG_COLUMNS, Run, Trainee
from tests.estimation.late import Late

keras = Late("keras")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


def a_trainee(n_outputs=2):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(n_outputs, name="dense")], name="small")
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return Trainee(model, model, WeightAverage(model, horizon=4))


@pytest.fixture
def trainee():
    return a_trainee()


def learn(trainee):
    """Change all that a step changes; without a step, whose first takes a second."""
    trainee.model.set_weights([value - 1 for value in trainee.model.get_weights()])
    for variable in trainee.lesson.optimizer.variables:
        variable.assign(variable + 1)
    trainee.average.values = [value + 1 for value in trainee.average.values]


def are_equal(state, other):
    return all(np.array_equal(a, b) for kind, arrays in state.items() for a, b in zip(arrays, other[kind], strict=True))


def rows_of(run):
    with (run.folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def log(run, step):
    run.log(step, 1.0, None, size_px=64, rate=0.001)


def test_run_begins_in_a_folder_of_its_own(tmp_path, trainee):
    run = Run(tmp_path / "a" / "run", "tiny")

    assert run.resume(trainee) == 0
    assert (run.folder / "log.csv").read_text(encoding="utf-8").split() == [",".join(LOG_COLUMNS)]


def test_run_goes_on_from_its_checkpoint(tmp_path, trainee):
    run = Run(tmp_path, "tiny")
    run.resume(trainee)
    learn(trainee)
    run.seconds = 12.5
    run.save(trainee, 4)
    saved = trainee.state()
    learn(trainee)
    assert not are_equal(trainee.state(), saved)

    later = Run(tmp_path, "tiny")

    assert later.steps_behind() == 4
    assert later.resume(trainee) == 4
    assert later.seconds == 12.5
    assert are_equal(trainee.state(), saved)


def test_state_is_a_copy(trainee):
    state = trainee.state()
    before = {kind: [array.copy() for array in arrays] for kind, arrays in state.items()}

    learn(trainee)

    assert are_equal(state, before)


@pytest.mark.parametrize("given", [None, "elsewhere.npz"])
def test_save_writes_the_averaged_weights_to_ship(tmp_path, trainee, given):
    learn(trainee)
    expected = trainee.average.values
    run = Run(tmp_path, "tiny", tmp_path / given if given else None)

    run.save(trainee, 1)

    assert run.weights_of(trainee) == tmp_path / (given or "small.npz")
    weights = read_weights(tmp_path / (given or "small.npz"))
    np.testing.assert_allclose(weights["dense/kernel"], expected[0], rtol=1e-3)
    np.testing.assert_allclose(weights["dense/bias"], expected[1])


@pytest.mark.parametrize("broken", ["checkpoint", "weights"])
def test_no_space_left_costs_no_checkpoint(tmp_path, trainee, monkeypatch, broken):
    run = Run(tmp_path, "tiny")
    learn(trainee)
    run.resume(trainee)
    run.save(trainee, 2)
    saved, shipped = trainee.state(), (tmp_path / "small.npz").read_bytes()
    learn(trainee)

    def write_half(file, **_):
        if broken == "checkpoint":
            file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if broken == "checkpoint":
            patch.setattr(runs.np, "savez", write_half)
        else:
            patch.setattr(runs, "save_weights", lambda _, path: write_half(path))
        with pytest.raises(OSError, match="No space left on device"):
            run.save(trainee, 4)

    again = Run(tmp_path, "tiny")
    assert again.resume(trainee) == (2 if broken == "checkpoint" else 4)
    assert are_equal(trainee.state(), saved) is (broken == "checkpoint")
    assert (tmp_path / "small.npz").read_bytes() == shipped
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint.npz", "log.csv", "small.npz"}


def test_another_run_is_refused(tmp_path, trainee):
    Run(tmp_path, "tiny").save(trainee, 2)

    message = r"go on as what it began as; got 'gpu', and a run of 'tiny' in .*\. Name another folder with --run\."
    with pytest.raises(ValueError, match=message):
        Run(tmp_path, "gpu")


def test_run_of_another_network_is_refused(tmp_path, trainee):
    Run(tmp_path, "tiny").save(trainee, 2)

    message = r"checkpoint\.npz must be a checkpoint of small; it cannot be read: .* Name another folder with --run\."
    with pytest.raises(ValueError, match=message):
        Run(tmp_path, "tiny").resume(a_trainee(n_outputs=5))


@pytest.mark.parametrize("n_bytes", [0, 100, -60], ids=["empty", "short", "without its end"])
def test_broken_checkpoint_is_told_in_one_sentence(tmp_path, trainee, n_bytes):
    Run(tmp_path, "tiny").save(trainee, 2)
    whole = (tmp_path / "checkpoint.npz").read_bytes()
    (tmp_path / "checkpoint.npz").write_bytes(whole[:n_bytes])

    with pytest.raises(ValueError, match=r"checkpoint\.npz must be a checkpoint of a run; it cannot be read: "):
        Run(tmp_path, "tiny")


def test_fewer_steps_than_taken_are_refused(tmp_path, trainee):
    run = Run(tmp_path, "tiny")
    run.save(trainee, 8)

    run.check_steps(8)
    with pytest.raises(ValueError, match=r"got 6 steps, and 8 taken in .*\. Name another folder with --run"):
        run.check_steps(6)


def test_log_has_a_row_of_all_columns(tmp_path, trainee):
    run = Run(tmp_path, "tiny")
    run.resume(trainee)
    run.seconds = 3.25
    run.log(50, 7.5, None, size_px=64, rate=0.00123456)
    run.log(99, 6.5, 2.0, size_px=96, rate=0.001)

    first, second = ([row[name] for name in LOG_COLUMNS] for row in rows_of(run))
    assert first == ["50", "7.50000", "", "64", "0.00123", "3.2"]
    assert second == ["99", "6.50000", "2.00000", "96", "0.001", "3.2"]


@pytest.mark.parametrize("tail", ["", "1", "1,1.0,,64", "1,1.00000,,64,0.001,"], ids=["whole", "step", "row", "end"])
def test_resume_drops_rows_after_the_checkpoint(tmp_path, trainee, tail):
    run = Run(tmp_path, "tiny")
    run.resume(trainee)
    for step in (2, 4):
        log(run, step)
    run.save(trainee, 4)
    log(run, 6)
    with (tmp_path / "log.csv").open("a", encoding="utf-8") as file:
        file.write(tail)  # of step 12, say

    again = Run(tmp_path, "tiny")
    again.resume(trainee)
    log(again, 6)

    assert [row["step"] for row in rows_of(again)] == ["2", "4", "6"]
