from dataclasses import replace

import numpy as np
import pytest

from estimation.checkpoints import save_weights
from estimation.training.dataset import load_examples
from estimation.training.photographs import decode
from tests.estimation.late import Late

keras, distillation = Late("keras"), Late("estimation.training.distillation")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture(autouse=True)
def policy_as_before():
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(("asked", "used"), [("faster", "bfloat16"), ("float32", "float32")], ids=["measured", "given"])
def test_set_up_trains_in_the_precision_of_the_recipe(tiny_network, tiny_recipe, monkeypatch, asked, used):
    monkeypatch.setattr(distillation, "faster_precision", lambda: "mixed_bfloat16")

    trainee = distillation.set_up(replace(tiny_recipe, precision=asked), seed=0)

    assert trainee.model.get_layer("conv4_4_CPM").compute_dtype == used
    assert trainee.lesson.teacher is None


def test_set_up_is_the_same_for_the_same_seed(tiny_network, tiny_recipe):
    first, again, other = (distillation.set_up(tiny_recipe, seed=seed).model.get_weights()[0] for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_set_up_begins_as_the_teacher_where_the_recipe_says_so(tiny_network, tiny_recipe, tmp_path, monkeypatch):
    teachers = []
    monkeypatch.setattr(distillation, "load_teacher", lambda _: teachers.append(tiny_network()) or teachers[-1])

    for begins in ("teacher", "nothing"):
        trainee = distillation.set_up(replace(tiny_recipe, begins=begins), seed=0, teacher=tmp_path)
        same = [
            np.array_equal(a, b) for a, b in zip(trainee.model.get_weights(), teachers[-1].get_weights(), strict=True)
        ]
        assert all(same) is (begins == "teacher")
        assert trainee.lesson.has_hints
        for value, expected in zip(trainee.average.values, trainee.model.get_weights(), strict=True):
            np.testing.assert_array_equal(value, expected)


def test_set_up_goes_on_from_given_weights(tiny_network, tiny_recipe, tmp_path):
    save_weights(tiny_network(), tmp_path / "start.npz")

    trainee = distillation.set_up(
        replace(tiny_recipe, begins="teacher"), seed=5, teacher=tmp_path, start=tmp_path / "start.npz"
    )

    with np.load(tmp_path / "start.npz") as start:
        np.testing.assert_array_equal(trainee.model.get_layer("conv4_4_CPM").kernel, start["conv4_4_CPM/kernel"])


@pytest.fixture
def photographs(write_photos, tmp_path):
    return decode(load_examples(write_photos(tmp_path, {1: {}, 2: {}, 3: {}}, without=(1,))).values())[0]


def test_held_out_batch_is_of_pictures_with_people(photographs):
    batch, again = (distillation.held_out_batch(pictures, 0.5) for pictures in (photographs, photographs[1:]))

    assert batch["pictures"].shape == (2, 64, 64, 3)
    assert len(batch["grid"]) == 256
    assert batch["emphasis"] == batch["hint"] == 0
    assert all(np.array_equal(array, again[name]) for name, array in batch.items())


def test_held_out_batch_is_none_without_people(photographs):
    assert distillation.held_out_batch([], 0.5) is None
    assert distillation.held_out_batch(photographs[:1], 0.5) is None
