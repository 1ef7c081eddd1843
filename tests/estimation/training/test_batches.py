import importlib.util
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from estimation.training import batches as module
from estimation.training.batches import BatchMaker, batches
from estimation.training.cutouts import render_cutouts
from estimation.training.dataset import load_examples


@pytest.fixture(scope="module")
def maker(tmp_path_factory, write_photos, tiny_recipe):
    examples = load_examples(write_photos(tmp_path_factory.mktemp("photos"), {number: {} for number in range(3)}))
    pools = [[example] for example in examples.values()]
    return BatchMaker(pools, render_cutouts(1, seed=0), tiny_recipe, seed=5)


@pytest.fixture
def numbered(monkeypatch, tiny_recipe):
    """Give the function that makes a maker of pools of numbers, whose batches hold the numbers that were drawn."""
    monkeypatch.setattr(module, "training_pair", lambda example, *_: (np.array(example), np.array(0)))

    def make(pools, **changes):
        return BatchMaker(pools, [], replace(tiny_recipe, **changes), seed=5)

    return make


def are_equal(batch, other):
    return all(np.array_equal(a, b) for a, b in zip(batch, other, strict=True))


def test_maker_needs_only_the_number_of_a_step(maker):
    first, last = maker(0), maker(7)

    assert first.pictures.shape == (2, 64, 64, 3)
    assert first.targets.shape == (2, 8, 8, 114)
    assert last.pictures.shape == (3, 32, 32, 3)
    assert are_equal(maker(0), first)
    assert not are_equal(maker(1), first)
    assert not are_equal(replace(maker, seed=6)(0), first)


@pytest.mark.parametrize(
    ("pools", "shares"),
    [
        ([[0], [1], [2]], [0.2, 0.5, 0.3]),
        ([[], [1], [2]], [0, 0.625, 0.375]),
        ([[0], [], [2]], [0.4, 0, 0.6]),
        ([[0], [], []], [1, 0, 0]),
    ],
    ids=["all", "nothing rendered", "nobody complete", "no photographs"],
)
def test_maker_draws_from_pools_by_their_shares(numbered, pools, shares):
    make = numbered(pools)

    drawn = np.concatenate([replace(make, seed=seed)(0).pictures for seed in range(1000)])

    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / len(drawn), shares, atol=0.03)


def test_maker_tells_photographs_from_what_is_rendered(numbered):
    batches = [replace(numbered([[0], [1], [2]]), seed=seed)(0) for seed in range(30)]

    for batch in batches:
        assert np.array_equal(batch.are_photos, batch.pictures > 0)
    assert len({flag for batch in batches for flag in batch.are_photos.tolist()}) == 2


def test_maker_draws_every_picture_of_a_pool(numbered):
    make = numbered([[], [], [3, 4, 5]])

    drawn = [int(number) for seed in range(30) for number in replace(make, seed=seed)(0).pictures]

    assert set(drawn) == {3, 4, 5}


@pytest.mark.parametrize(
    ("pools", "shares", "message"),
    [
        ([[], [], []], (0.2, 0.5, 0.3), r"pools of \[0, 0, 0\] pictures, and shares .*\[0.2, 0.5, 0.3\]. Name photog"),
        ([[], [1, 2], []], (1.0, 0.0, 0.0), r"pools of \[0, 2, 0\] pictures, and shares .*\[1.0, 0.0, 0.0\]"),
    ],
    ids=["no pictures", "only such as nobody wants"],
)
def test_maker_refuses_to_make_batches_of_nothing(numbered, pools, shares, message):
    with pytest.raises(ValueError, match=message):
        numbered(pools, shares=shares)


@pytest.mark.parametrize(
    "loaders", [pytest.param(0, id="a thread"), pytest.param(2, id="processes", marks=pytest.mark.slow)]
)
def test_batches_come_in_the_order_of_their_steps(maker, loaders):
    other = replace(maker, recipe=replace(maker.recipe, loaders=loaders))

    prepared = list(batches(other, first_step=2, last_step=8))

    assert len(prepared) == 6
    for step, batch in enumerate(prepared, start=2):
        assert are_equal(batch, maker(step)), step


def test_batches_of_no_steps_are_none(maker):
    assert list(batches(maker, first_step=8, last_step=8)) == []


def test_loaders_know_nothing_of_keras(maker, monkeypatch):
    # A process that is started by `python -m estimation.training.train` begins by importing that module.
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", importlib.util.find_spec("estimation.training.train"))
    with module._loaders(replace(maker, recipe=replace(maker.recipe, loaders=1))) as (executor, _):
        loaded = executor.submit(eval, "list(__import__('sys').modules)").result()

    assert {"__mp_main__", "estimation.training.augmentation"} <= set(loaded)
    assert not {"keras", "tensorflow", "torch", "jax"} & set(loaded)


def test_loaders_drop_what_is_waiting_at_the_end(maker):
    is_dropped = threading.Event()
    with module._loaders(maker) as (executor, make):
        running = executor.submit(is_dropped.wait, 20)
        waiting = executor.submit(make, 0)
        waiting.add_done_callback(lambda _: is_dropped.set())

    assert waiting.cancelled()
    assert running.result()
