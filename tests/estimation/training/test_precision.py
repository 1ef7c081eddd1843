import pytest

from tests.estimation.late import Late

keras, precision = Late("keras"), Late("estimation.training.precision")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

POLICIES = ("float32", "mixed_bfloat16")


@pytest.mark.parametrize("faster", POLICIES)
def test_faster_precision_is_the_one_whose_step_is_shorter(monkeypatch, faster):
    monkeypatch.setattr(precision, "measure_step", lambda policy: 0.1 if policy == faster else 1.0)

    assert precision.faster_precision() == faster


@pytest.mark.parametrize("policy", POLICIES)
def test_measure_step_trains_in_the_precision_that_it_is_given(monkeypatch, policy):
    used = []
    build = keras.layers.Conv2D.build
    monkeypatch.setattr(
        keras.layers.Conv2D, "build", lambda layer, shape: used.append(layer.dtype_policy.name) or build(layer, shape)
    )

    seconds = precision.measure_step(policy)

    assert set(used) == {policy}
    assert seconds > 0


def test_measure_step_leaves_the_precision_of_others_alone():
    before = keras.config.dtype_policy().name

    precision.measure_step("mixed_bfloat16")

    assert keras.config.dtype_policy().name == before
