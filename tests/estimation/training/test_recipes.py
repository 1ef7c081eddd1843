import tomllib
from dataclasses import replace

import pytest

from estimation.training import recipes
from estimation.training.recipes import Squares, load_recipe

NAMES = list(tomllib.loads(recipes._FILE.read_text(encoding="utf-8")))


def test_there_are_recipes():
    assert {"two_cores", "gpu"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_load_recipe_reads_every_table(name):
    recipe = load_recipe(name)

    assert sum(recipe.shares) == pytest.approx(1)
    assert len(recipe.shares) == 3
    assert recipe.squares_at(0) == recipe.squares[0]
    assert recipe.squares_at(recipe.steps - 1) == recipe.squares[-1]
    assert hash(recipe) == hash(load_recipe(name))


def test_load_recipe_changes_what_is_given():
    recipe = load_recipe("two_cores", steps=777, hint=0.0, rate=None)

    assert recipe == replace(load_recipe("two_cores"), steps=777, hint=0.0)


def test_load_recipe_refuses_an_unknown_name():
    with pytest.raises(ValueError, match=r"A recipe must be one of two_cores, .*gpu.*; got 'fast'\. They are in"):
        load_recipe("fast")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"warm_up": 8}, "more steps than its warm-up; got 8 steps and a warm-up of 8. Give it more steps."),
        ({"warm_up": -1}, "more steps than its warm-up; got 8 steps and a warm-up of -1"),
        (
            {"squares": (Squares(1.0, 100, 2),)},
            r"sides that are multiples of 8 px; got \[100\]. A cell of the maps covers",
        ),
        ({"squares": (Squares(0.5, 64, 2), Squares(1.0, 0, 2))}, r"multiples of 8 px; got \[64, 0\]"),
        ({"squares": (Squares(0.9, 64, 2),)}, r"must rise to 1; got parts until \[0.9\]. A step without"),
        ({"squares": (Squares(0.9, 64, 2), Squares(0.5, 64, 2), Squares(1.0, 64, 2))}, r"rise to 1; got .*\[0.9, 0.5"),
        ({"squares": ()}, r"rise to 1; got parts until \[\]"),
        ({"network": "large"}, "A network must be one of openpose, compact, lightweight; got 'large'."),
        ({"begins": "middle"}, "A network must begin as its 'teacher' or from 'nothing'; got 'middle'."),
    ],
    ids=[
        *("warm-up to the end", "negative warm-up", "side", "no side", "early end", "falling parts", "no squares"),
        *("network", "beginning"),
    ],
)
def test_recipe_refuses_numbers_that_do_not_fit(tiny_recipe, changes, message):
    with pytest.raises(ValueError, match=message):
        replace(tiny_recipe, **changes)


def test_squares_at_changes_after_its_part(tiny_recipe):
    assert [tiny_recipe.squares_at(step).size_px for step in range(8)] == [64] * 4 + [32] * 4


def test_emphasis_at_goes_in_a_straight_line(tiny_recipe):
    assert [tiny_recipe.emphasis_at(step) for step in (0, 4, 8)] == [8.0, 5.0, 2.0]


def test_hint_at_is_whole_for_most_of_the_run_and_gone_at_its_end(tiny_recipe):
    recipe = replace(tiny_recipe, steps=100)

    assert [recipe.hint_at(step) for step in (0, 30, 60, 95, 99)] == [2.0, 2.0, 2.0, 0.0, 0.0]
    assert recipe.hint_at(77) == pytest.approx(2.0 * 18 / 35)


def test_rate_at_rises_in_the_warm_up_and_falls_on_a_cosine(tiny_recipe):
    recipe = replace(tiny_recipe, steps=102, warm_up=2, rate=1.0)

    assert recipe.rate_at(0) == pytest.approx(0.02)
    assert recipe.rate_at(2) == pytest.approx(1.0)
    assert recipe.rate_at(52) == pytest.approx(0.505)
    assert recipe.rate_at(102) == pytest.approx(0.01)
