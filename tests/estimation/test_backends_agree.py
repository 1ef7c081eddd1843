"""The same weights on every Keras backend, each in a process of its own, because a process has only one.

As a script this file is such a process: it writes to a file what the backend in `KERAS_BACKEND` answers.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from estimation.networks import WEIGHTS_FOLDER, load_network
from estimation.pictures import read_picture
from tests.estimation.late import Late

keras, lesson = Late("keras"), Late("estimation.training.lesson")

pytestmark = pytest.mark.slow  # a process for each backend

REPOSITORY = Path(__file__).resolve().parents[2]


def write_answers(file):
    network = load_network(WEIGHTS_FOLDER / "compact.npz")  # in Keras
    maps = network.predict(read_picture(REPOSITORY / "images" / "1.jpg"))
    np.savez(file, **maps._asdict(), losses=train_twice(network.model))


def train_twice(model):
    """Give the loss on a made-up batch, and that after one step down its gradient."""
    rng = np.random.default_rng(5)
    pictures = rng.uniform(-0.5, 0.5, (4, 96, 96, 3)).astype(np.float32)
    truth = rng.uniform(0, 1, (4, 12, 12, lesson.N_CHANNELS)).astype(np.float32)
    joined = keras.Model(model.input, keras.layers.Concatenate()(model.outputs))
    joined.compile(
        keras.optimizers.SGD(1e-2), loss=lambda values, stages: lesson.masked_l2(values, 0.5 + values, stages)
    )
    first = joined.train_on_batch(pictures, truth)
    joined.reset_metrics()
    return [float(first), float(joined.train_on_batch(pictures, truth))]


@pytest.fixture(scope="module")
def answers_of(tmp_path_factory):
    """Give the function that runs a backend, once, and returns its arrays by name."""
    folder = tmp_path_factory.mktemp("answers")

    def run(backend):
        if importlib.util.find_spec(backend) is None:
            pytest.skip(f"{backend} is not installed")
        file = folder / f"{backend}.npz"
        if not file.exists():
            search = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
            # On a processor: some GPUs round what they multiply to ten bits.
            on_processor = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
            settings = {"KERAS_BACKEND": backend, "PYTHONPATH": search, "TF_CPP_MIN_LOG_LEVEL": "3"}
            command = [sys.executable, __file__, str(file)]
            done = subprocess.run(
                command, env=os.environ | on_processor | settings, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
        with np.load(file) as answers:
            return dict(answers)

    return run


@pytest.fixture(params=["torch", "jax"])
def two(request, answers_of):
    return answers_of(request.param), answers_of("tensorflow")


@pytest.mark.parametrize("name", ["heatmaps", "pafs"])
def test_backends_give_the_same_maps(two, name):
    answer, expected = (answers[name] for answers in two)

    assert answer.dtype == expected.dtype == np.float32
    assert expected.max() > 0.5  # somebody is there
    np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-4)


def test_backends_take_the_same_step_of_training(two):
    answer, expected = (answers["losses"] for answers in two)

    assert expected[1] < 0.99 * expected[0]  # so much that another gradient would show
    np.testing.assert_allclose(answer, expected, rtol=1e-4)


if __name__ == "__main__":
    write_answers(Path(sys.argv[1]))
