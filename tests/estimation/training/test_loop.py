"""The loop with a network of one layer, which learns to multiply: it knows nothing of pictures."""

import csv
import itertools
import threading

import numpy as np
import pytest

from estimation.checkpoints import read_weights
from estimation.training.averages import WeightAverage
from estimation.training.runs import Run, Trainee
from tests.estimation.late import Late

keras, answering = Late("keras"), Late("estimation.training.answering")
loop, budget = Late("estimation.training.loop"), Late("estimation.training.budget")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


def build():
    """Build a network and a lesson around it: its loss is the mean squared error of tripling."""

    class Tripling(answering.LossModel):
        def __init__(self, model):
            super().__init__()
            self.student = model

        def call(self, batch, training=None):
            return keras.ops.mean((self.student(batch["x"], training=training) - 3 * batch["x"]) ** 2)

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="dense")], name="tripler")
    lesson = Tripling(model)
    lesson.compile(keras.optimizers.Adam(1e-2))
    lesson.optimizer.build(model.trainable_variables)
    return Trainee(model, lesson, WeightAverage(model, horizon=4))


@pytest.fixture(scope="module")
def built():
    trainee = build()
    return trainee, trainee.state()


@pytest.fixture
def trainee(built):
    """Give the network as a process that has just started has it."""
    one, state = built
    one.restore(state)
    return one


def make_batch(step):
    numbers = np.random.default_rng(step).normal(size=(16, 1)).astype(np.float32)
    return {"x": numbers, "grid": np.zeros(64 if step < 4 else 32, np.float32)}


def schedule(last_step=8, **changes):
    return loop.Schedule(
        **{
            "last_step": last_step,
            "rate_at": lambda step: 0.1 / (1 + step),
            "size_at": lambda step: 64 if step < 4 else 32,
            "checkpoint_every": 4,
            "log_every": 3,
        }
        | changes
    )


def rows_of(folder):
    """Read a log, but for the time that it took."""
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = [[float(row[name] or "nan") for name in row if name != "seconds"] for row in csv.DictReader(file)]
    return np.array(rows)


@pytest.fixture(scope="module")
def undisturbed(built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    trainee, state = built
    trainee.restore(state)
    loop.train(trainee, make_batch, schedule(), Run(folder, "tiny"), make_batch(99))
    return folder


def test_train_logs_at_checkpoints_and_between(undisturbed):
    steps, losses, held_out_losses, sizes, rates = rows_of(undisturbed).T

    assert steps.tolist() == [3, 4, 6, 8]
    assert np.isfinite(losses).all()
    assert np.isfinite(held_out_losses).tolist() == [False, True, False, True]
    assert sizes.tolist() == [64, 64, 32, 32]
    np.testing.assert_allclose(rates, [0.1 / step for step in (3, 4, 6, 8)], rtol=1e-2)


def test_train_logs_means_since_the_line_before(trainee, undisturbed, tmp_path):
    loop.train(trainee, make_batch, schedule(log_every=1), Run(tmp_path, "tiny"))

    steps = rows_of(tmp_path)[:, 1]
    means = [steps[:3].mean(), steps[3], steps[4:6].mean(), steps[6:].mean()]
    np.testing.assert_allclose(rows_of(undisturbed)[:, 1], means, rtol=1e-4)


@pytest.mark.parametrize("after", [1, 4, 5, 7])
def test_train_goes_on_where_it_was_broken_off(trainee, built, undisturbed, tmp_path, monkeypatch, after):
    counted = itertools.count(1)

    def interrupt(average, step):
        if next(counted) > after:
            raise KeyboardInterrupt
        update(average, step)

    update = WeightAverage.update
    with monkeypatch.context() as patch:
        patch.setattr(WeightAverage, "update", interrupt)
        with pytest.raises(KeyboardInterrupt):
            loop.train(trainee, make_batch, schedule(), Run(tmp_path, "tiny"), make_batch(99))

    trainee.restore(built[1])
    loop.train(trainee, make_batch, schedule(), Run(tmp_path, "tiny"), make_batch(99))

    np.testing.assert_allclose(rows_of(tmp_path), rows_of(undisturbed), rtol=1e-4)
    weights, expected = (read_weights(folder / "tripler.npz") for folder in (tmp_path, undisturbed))
    np.testing.assert_allclose(weights["dense/kernel"], expected["dense/kernel"], rtol=1e-3)


def test_train_goes_on_after_a_stop(trainee, built, undisturbed, tmp_path):
    for last_step in (5, 8):
        trainee.restore(built[1])
        loop.train(trainee, make_batch, schedule(last_step), Run(tmp_path, "tiny"), make_batch(99))
        assert rows_of(tmp_path)[-1, 0] == last_step

    weights, expected = (read_weights(folder / "tripler.npz") for folder in (tmp_path, undisturbed))
    np.testing.assert_allclose(weights["dense/kernel"], expected["dense/kernel"], rtol=1e-3)


def test_train_learns(trainee, tmp_path):
    loop.train(trainee, make_batch, schedule(60, rate_at=lambda _: 0.1, checkpoint_every=60), Run(tmp_path, "tiny"))

    losses = rows_of(tmp_path)[:, 1]
    assert losses[-3:].mean() < 0.1 * losses[:2].mean()


def test_measure_asks_the_averaged_weights(trainee):
    batch = make_batch(0)
    trainee.average.restore([np.array([[3.0]]), np.array([0.0])])
    before = trainee.model.get_weights()

    assert loop.measure(trainee, batch) == pytest.approx(0, abs=1e-9)
    assert all(np.array_equal(a, b) for a, b in zip(trainee.model.get_weights(), before, strict=True))


@pytest.mark.parametrize("loaders", [1, 3])
def test_batches_come_in_the_order_of_their_steps(loaders):
    prepared = loop.prepared(lambda step: {"step": np.array(step, np.int32)}, 2, 9, loaders)

    assert [int(batch["step"]) for batch in prepared] == list(range(2, 9))


def test_batches_of_no_steps_are_none():
    assert list(loop.prepared(make_batch, 8, 8, 1)) == []


def test_loaders_drop_what_is_waiting_at_the_end():
    is_dropped = threading.Event()
    with loop._threads(1) as pool:
        running = pool.submit(is_dropped.wait, 20)
        waiting = pool.submit(make_batch, 0)
        waiting.add_done_callback(lambda _: is_dropped.set())

    assert waiting.cancelled()
    assert running.result()


class Clock:
    """Every step takes as long as its squares say; nothing else takes any time."""

    def __init__(self, monkeypatch):
        self.now, self.rates = 0.0, []
        monkeypatch.setattr(budget, "learn", self.learn)

    def learn(self, trainee, batch, rate):
        self.rates.append(rate)
        self.now += {64: 0.1, 32: 0.5}[len(batch["grid"])]
        trainee.model.set_weights([value + 1 for value in trainee.model.get_weights()])

    def __call__(self):
        return self.now


def test_budget_fits_steps_into_the_minutes_left(trainee, tiny_recipe, monkeypatch):
    clock = Clock(monkeypatch)
    before = trainee.state()

    recipe = budget.fit_to_minutes(tiny_recipe, trainee, make_batch, 10, behind=7, clock=clock)

    # A step is one of 0.1 s or of 0.5 s, half of them each; 15 s of each and a first step of each were measured.
    assert clock.now == pytest.approx(30.6, abs=0.7)
    assert recipe.steps == 7 + int((600 - clock.now) / 0.3)
    assert recipe.checkpoint_every == 200
    assert set(clock.rates) == {tiny_recipe.rate_at(0)}
    for value, expected in zip(trainee.model.get_weights(), before["weight"], strict=True):
        np.testing.assert_array_equal(value, expected)


def test_budget_of_no_steps_is_refused(trainee, tiny_recipe, monkeypatch):
    message = (
        r"more steps than the warm-up of 2; got 0 in 0.5 minutes, at 300 ms a step\. Give it more with --minutes\."
    )
    with pytest.raises(ValueError, match=message):
        budget.fit_to_minutes(tiny_recipe, trainee, make_batch, 0.5, clock=Clock(monkeypatch))
