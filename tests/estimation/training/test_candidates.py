import tomllib

import keras
import numpy as np
import pytest

from estimation.checkpoints import WeightsError, save_weights
from estimation.networks import scale_pixels
from estimation.training import recipes
from estimation.training.candidates import CANDIDATES, load_candidate
from estimation.training.teacher import Teacher, build_teacher


@pytest.fixture(scope="module", params=CANDIDATES)
def network(request):
    return CANDIDATES[request.param].build()


@pytest.mark.parametrize(("height", "width"), [(64, 96), (96, 160)], ids=["64x96", "96x160"])
def test_candidates_give_two_stages_of_every_cell(network, height, width):
    outputs = network(np.zeros((1, height, width, 3), np.float32))

    cells = (1, height // 8, width // 8)
    assert [tuple(output.shape) for output in outputs] == [(*cells, 38), (*cells, 19)] * 2


@pytest.mark.parametrize("architecture", CANDIDATES)
def test_candidates_take_hints_where_their_cells_are_the_teachers(architecture):
    network, hints = CANDIDATES[architecture].build(), CANDIDATES[architecture].hints
    student = keras.Model(network.input, [network.get_layer(layer).output for layer in hints.values()])

    picture = np.zeros((1, 64, 96, 3), np.float32)
    features, _ = Teacher(build_teacher()).answer(picture)

    assert {"at_4", "at_8", "joined"} <= set(hints)
    assert [cells.shape[:3] for cells in student(picture)] == [features[level].shape[:3] for level in hints]


def test_candidates_have_names_that_suit_every_backend(network):
    for layer in network.layers:
        assert not set(layer.name) & set("./"), layer.name  # PyTorch refuses dots, Keras slashes


@pytest.mark.parametrize("architecture", CANDIDATES)
def test_load_candidate_answers_as_the_network_that_was_saved(architecture, tmp_path):
    model = CANDIDATES[architecture].build()
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    heads = [layer for layer in model.layers if layer.name.startswith("stage_1-") and hasattr(layer, "kernel")]
    for head in heads:  # The heads begin with zeros: without numbers there every network would answer the same.
        head.kernel.assign(np.random.default_rng(1).normal(0, 0.1, head.kernel.shape))
    save_weights(model, tmp_path / "weights.npz")

    maps = load_candidate(architecture, tmp_path / "weights.npz").predict(picture)

    *_, pafs, heatmaps = model(scale_pixels(picture)[None])
    np.testing.assert_allclose(maps.pafs, pafs[0], rtol=0.02, atol=0.02 * np.abs(pafs[0]).max())
    np.testing.assert_allclose(maps.heatmaps, heatmaps[0], rtol=0.02, atol=0.02 * np.abs(heatmaps[0]).max())


def test_load_candidate_refuses_the_weights_of_another(tmp_path):
    save_weights(CANDIDATES["separable"].build(), tmp_path / "weights.npz")

    with pytest.raises(WeightsError, match=r"weights\.npz"):
        load_candidate("hourglass", tmp_path / "weights.npz")


def test_recipes_name_candidates():
    tables = tomllib.loads(recipes._FILE.read_text(encoding="utf-8"))

    assert {table["architecture"] for table in tables.values()} <= set(CANDIDATES)
