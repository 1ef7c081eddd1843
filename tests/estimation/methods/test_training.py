import numpy as np
import pytest

from tests.estimation.late import Late

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

training, asking = Late("estimation.methods.training"), Late("estimation.methods.asking")

RATE = 3e-3


def test_rate_rises_and_falls():
    rates = [training.rate_at(step, 1000, RATE) for step in range(1000)]

    assert max(rates) == rates[50] == RATE
    assert rates[0] == pytest.approx(0.02 * RATE)
    assert rates[:51] == sorted(rates[:51])
    assert rates[50:] == sorted(rates[50:], reverse=True)
    assert rates[-1] == pytest.approx(0.01 * RATE, rel=0.01)


@pytest.mark.parametrize("n_steps", [1, 3, 100_000])
def test_warm_up_is_short(n_steps):
    assert training.rate_at(100, 100_000, RATE) == RATE
    assert 0 < training.rate_at(0, n_steps, RATE) < RATE


@pytest.mark.parametrize(
    ("n_steps", "log_every", "checkpoint_every"),
    [(1, 1, 1), (40, 1, 5), (947, 24, 120), (1000, 25, 125), (80_000, 2000, 2000)],
)
def test_schedule_logs_what_a_curve_needs(n_steps, log_every, checkpoint_every):
    schedule = training.schedule_of(n_steps, 64, RATE)

    assert (schedule.last_step, schedule.log_every, schedule.checkpoint_every) == (n_steps, log_every, checkpoint_every)
    assert schedule.size_at(0) == 64
    assert schedule.rate_at(n_steps - 1) == training.rate_at(n_steps - 1, n_steps, RATE)


def test_all_people_are_asked_about_and_timed():
    asked = []
    pictures = np.arange(120, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)

    def row(seen, training):
        assert training is False
        asked.append(len(seen))
        values = np.asarray(seen, np.float32)[:, 0, 0, :2]
        return [values, 2 * values]

    (first, last), ms_a_person = asking.ask(row, pictures, clock=iter([1.0, 1.6]).__next__)

    assert asked == [50, 50, 50, 20]  # the first ones twice: nothing is prepared for them
    np.testing.assert_array_equal(first[:, 0], np.arange(120))
    np.testing.assert_array_equal(last, 2 * first)
    assert ms_a_person == pytest.approx(5)
