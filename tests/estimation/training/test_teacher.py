"""The teacher in Keras. As a script this file writes to a file what the backend in `KERAS_BACKEND` answers."""

import importlib.util
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from estimation.checkpoints import WeightsError, save_weights
from estimation.networks import scale_pixels
from tests.estimation.late import Late

keras, teachers = Late("keras"), Late("estimation.training.teacher")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

REPOSITORY = Path(__file__).resolve().parents[3]
PICTURES = np.random.default_rng(0).integers(0, 256, (3, 64, 96, 3)).astype(np.uint8)


@pytest.fixture
def teacher_in_bfloat16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield teachers.Teacher(teachers.build_teacher())
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("fixture", ["teacher", pytest.param("teacher_in_bfloat16", marks=pytest.mark.slow)])
def test_teacher_gives_features_and_maps_of_every_cell(fixture, request):
    features, maps = request.getfixturevalue(fixture).answer(scale_pixels(PICTURES))

    assert {level: array.shape for level, array in features.items()} == {
        "at_4": (3, 16, 24, 16),
        "at_8": (3, 8, 12, 16),
        "at_16": (3, 4, 6, 48),
        "joined": (3, 8, 12, 64),
    }
    assert maps.shape == (3, 8, 12, 57)
    for array in (*features.values(), maps):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


def test_levels_are_the_layers_that_they_name(teacher):
    features, _ = teacher.answer(scale_pixels(PICTURES))

    for level, (layer, n_features) in teachers.LEVELS.items():
        whole = keras.Model(teacher.model.input, teacher.model.get_layer(layer).output)
        expected = np.asarray(whole(scale_pixels(PICTURES)))
        assert features[level].shape[-1] == n_features
        np.testing.assert_allclose(features[level], expected, atol=1e-4 * np.abs(expected).max())


def test_teacher_gives_pafs_before_heatmaps(teacher):
    *_, pafs, heatmaps = teacher.model.predict_on_batch(scale_pixels(PICTURES))
    _, maps = teacher.answer(scale_pixels(PICTURES))

    np.testing.assert_array_equal(maps, np.concatenate([pafs, heatmaps], axis=-1))


def test_teacher_doubles_maps_as_tensorflow_1_does(teacher):
    smooth = teacher.model.get_layer("double-smooth")
    coarse = np.array([[1, 3], [5, 11]], np.float32)[None, :, :, None]

    doubled = np.asarray(smooth(teacher.model.get_layer("double")(coarse)))[0, :, :, 0]

    # Even places copy, odd ones lie half-way to the next, and behind the last there is no next.
    np.testing.assert_array_equal(doubled, [[1, 2, 3, 3], [3, 5, 7, 7], [5, 8, 11, 11], [5, 8, 11, 11]])


def test_teacher_sees_pixels_as_the_frozen_graph_does(teacher):
    pixels = teacher.model.get_layer("pixels")(scale_pixels(PICTURES))

    np.testing.assert_array_equal(np.asarray(pixels), PICTURES)


@pytest.mark.parametrize("is_folded", [True, False], ids=["folded", "as-frozen"])
def test_layer_names_suit_every_backend(is_folded, teacher, unfolded_teacher):
    for layer in (teacher.model if is_folded else unfolded_teacher).layers:
        assert not set(layer.name) & set("./"), layer.name  # PyTorch refuses dots, Keras slashes


def test_predict_continues_the_edge_of_a_picture(teacher):
    picture = PICTURES[0, :50, :71]
    continued = np.pad(picture, ((0, 14), (0, 9), (0, 0)), mode="edge")

    maps = teacher.predict(picture)

    _, expected = teacher.answer(scale_pixels(continued)[None])
    np.testing.assert_array_equal(maps.pafs, expected[0, :7, :9, :38])
    np.testing.assert_array_equal(maps.heatmaps, expected[0, :7, :9, 38:])


def test_answer_is_the_same_on_another_thread_while_a_model_trains(teacher):
    student = keras.Sequential([keras.Input((64, 96, 3)), keras.layers.Conv2D(4, 3, padding="same")])
    student.compile("sgd", loss="mse")
    batches = [scale_pixels(np.roll(PICTURES, shift, axis=2)) for shift in range(8)]
    alone = [teacher.answer(batch) for batch in batches]

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(teacher.answer, batch) for batch in batches]
        for batch in batches:
            student.train_on_batch(batch, np.zeros((3, 64, 96, 4), np.float32))
        answers = [future.result() for future in waiting]

    for (features, maps), (expected_features, expected_maps) in zip(answers, alone, strict=True):
        for level, expected in expected_features.items():
            np.testing.assert_allclose(features[level], expected, atol=1e-5)
        np.testing.assert_allclose(maps, expected_maps, atol=1e-5)


def test_load_teacher_takes_what_was_saved(teacher, tmp_path):
    save_weights(teacher.model, tmp_path / "teacher.npz")

    loaded = teachers.load_teacher(tmp_path / "teacher.npz")

    for variable, expected in zip(loaded.model.weights, teacher.model.weights, strict=True):
        np.testing.assert_allclose(variable, expected, rtol=1e-3, atol=1e-7)  # kernels are stored in float16


def test_load_teacher_refuses_the_weights_of_another_network(tmp_path):
    np.savez(tmp_path / "other.npz", kernel=np.zeros((3, 3), np.float32))

    with pytest.raises(WeightsError, match=r"missing: MobilenetV2/Conv/kernel.*1 extra: kernel; in .*other\.npz"):
        teachers.load_teacher(tmp_path / "other.npz")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_backends_agree_on_the_teacher(backend, teacher, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    save_weights(teacher.model, tmp_path / "teacher.npz")
    search = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    # On a processor: some GPUs round what they multiply to ten bits.
    on_processor = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, __file__, str(tmp_path)],
        env=os.environ | on_processor | {"KERAS_BACKEND": backend, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    features, maps = teachers.load_teacher(tmp_path / "teacher.npz").answer(scale_pixels(PICTURES))
    with np.load(tmp_path / "answer.npz") as answer:
        for name, array in {**features, "maps": maps}.items():
            np.testing.assert_allclose(answer[name], array, atol=1e-4 * np.abs(array).max())


def write_answer(folder):
    features, maps = teachers.load_teacher(folder / "teacher.npz").answer(scale_pixels(PICTURES))
    np.savez(folder / "answer.npz", **features, maps=maps)


if __name__ == "__main__":
    write_answer(Path(sys.argv[1]))
