"""Methods that say how many people there are."""

import numpy as np
import pytest

from estimation.methods.catalogue import find_method, list_methods
from tests.estimation.late import Late

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

keras, stages, kinds = Late("keras"), Late("estimation.methods.stages"), Late("estimation.methods.count_kinds")
mcnn, spn = Late("estimation.methods.counts.mcnn"), Late("estimation.methods.counts.spn")
switching, patches = Late("estimation.methods.counts.switch_cnn"), Late("estimation.methods.patches")


def test_mcnn_of_the_paper_is_counted():
    assert mcnn.build_columns("paper").count_params() == 133_705


def test_columns_alone_are_those_of_mcnn():
    whole = {layer.name for layer in mcnn.build_columns("paper").layers}

    for kernel in (9, 7, 5):
        (stage,) = find_method(f"mcnn_column{kernel}").load().stages
        network = stage.build("paper")
        first = network.get_layer(f"column{kernel}_conv1")
        assert first.kernel_size == (kernel, kernel)
        assert {layer.name for layer in network.layers} <= whole


def test_holes_have_the_widths_of_the_paper():
    network = spn.build_pyramid("paper")

    assert [network.get_layer(f"holes{width}").dilation_rate for width in (2, 4, 8, 12)] == [
        (width, width) for width in (2, 4, 8, 12)
    ]


def test_patches_are_put_together_again():
    pictures = np.arange(2 * 6 * 6 * 2, dtype=np.float32).reshape(2, 6, 6, 2)

    cut = np.asarray(patches.to_patches(pictures, 3))

    assert cut.shape == (18, 2, 2, 2)
    np.testing.assert_array_equal(cut[1], pictures[0, :2, 2:4])
    np.testing.assert_array_equal(cut[9 + 3], pictures[1, 2:4, :2])
    np.testing.assert_array_equal(np.asarray(patches.from_patches(cut, 3)), pictures)


@pytest.fixture(scope="module")
def switched(begin, as_batch):
    """Let a Switch-CNN, whose weights are not those that it begins with, look at two pictures."""
    method = find_method("switch_cnn").load()
    row = begin(method)
    rng = np.random.default_rng(1)
    for network in row.networks:
        for variable in network.trainable_variables:
            if variable.name in {"kernel", "bias"} and not np.asarray(variable).any():
                variable.assign(rng.normal(0, 0.3, variable.shape))
    batch = {name: values[:2] for name, values in as_batch(method).items()}
    answers, _ = row.walk(batch)
    return batch, [{name: np.asarray(value) for name, value in answer.items()} for answer in answers]


def test_answer_of_switch_cnn_is_that_of_the_column_it_names(switched):
    _, (columns, answer) = switched

    by_patch = columns["columns"].reshape(2, 4, 16, 16, 3)
    assert answer["choice"].shape == (2, 4)
    for picture in range(2):
        for patch, choice in enumerate(answer["choice"][picture]):
            row, column = divmod(patch, 2)
            there = answer["density"][picture, 16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
            np.testing.assert_allclose(there, by_patch[picture, patch, :, :, choice], atol=1e-6)
            others = [number for number in range(3) if number != choice]
            assert all(np.abs(there - by_patch[picture, patch, :, :, other]).max() > 1e-4 for other in others)
    np.testing.assert_allclose(answer["counts"], answer["density"].sum(axis=(1, 2)), rtol=1e-4)


def test_switch_learns_which_column_counts_best():
    truth = np.full((1, 2, 2, 1), 0.5, np.float32)
    densities = np.stack([np.zeros((2, 2)), np.full((2, 2), 0.4), np.ones((2, 2))], axis=-1)[None].astype(np.float32)

    assert np.asarray(switching.best_columns(densities, truth)).tolist() == [[0, 1, 0]]


def test_best_column_of_a_patch_learns_most():
    truth = np.full((1, 2, 2, 1), 0.5, np.float32)
    batch, stage = {"labelled": np.ones(1, np.float32)}, switching.Columns()
    near, far = (0.4, 0.45, 2.0), (0.4, 0.45, 2.5)

    def loss(values):
        return float(stage.loss(np.broadcast_to(np.array(values, np.float32), (1, 2, 2, 3)), truth, batch))

    assert loss(near) == pytest.approx(4 * (0.2 * 0.1**2 + 1.2 * 0.05**2 + 0.2 * 1.5**2), rel=1e-4)
    assert loss(far) - loss(near) == pytest.approx(0.2 * 4 * (2.0**2 - 1.5**2), rel=1e-4)


def test_switch_gains_nothing_by_naming_the_commonest_column():
    """Of eight patches six want the first column: whoever names it for all is as wrong as who names another one."""
    truth = np.eye(3, dtype=np.float32)[[0, 0, 0, 0, 0, 0, 1, 2]]
    batch, stage = {"labelled": np.ones(2, np.float32)}, switching.Switch()

    def loss(*columns):
        return float(stage.loss(4 * np.eye(3, dtype=np.float32)[list(columns)], truth, batch))

    first, second, third, right = loss(*[0] * 8), loss(*[1] * 8), loss(*[2] * 8), loss(0, 0, 0, 0, 0, 0, 1, 2)
    assert first == pytest.approx(second, rel=1e-5) == pytest.approx(third, rel=1e-5)
    assert right == pytest.approx(np.log(np.exp(4) + 2) - 4, rel=1e-5)
    assert right < first


def test_density_is_added_up_to_coarser_cells():
    density = np.arange(16, dtype=np.float32).reshape(1, 4, 4)

    assert np.asarray(kinds.in_cells(density, 2)).tolist() == [[[10, 18], [42, 50]]]
    assert np.asarray(kinds.in_cells(density, 4)).tolist() == density.tolist()


def test_count_costs_what_its_weight_says():
    output, truth = np.zeros((1, 2, 2, 1), np.float32), np.array([[[1, 0], [0, 2]]], np.float32)
    batch = {"labelled": np.ones(1, np.float32)}

    plain, weighted = (float(kinds.Density(None, weight).loss(output, truth, batch)) for weight in (0.0, 0.1))

    assert plain == pytest.approx(5)
    assert weighted == pytest.approx(5 + 0.1 * 3)
    (stage,) = find_method("sacnn").load().stages
    assert float(stage.loss(output, truth, batch)) > plain


def test_number_is_in_people():
    stage, density = kinds.Number(None), np.full((1, 2, 2), 5, np.float32)
    look = stages.Look({"density": density}, {}, (np.array([[0.5]], np.float32),))

    ((truth,), (answer,)) = stage.truths(look), stage.decode(look)

    assert np.asarray(truth).tolist() == pytest.approx([20 / 50])
    assert np.asarray(answer["counts"]).tolist() == [25]
    batch = {"labelled": np.ones(1, np.float32)}
    assert float(stage.loss(look.outputs[0], truth, batch)) == pytest.approx(0.1**2)


@pytest.mark.parametrize("name", ["count_regression", "density_map"])
def test_counters_begin_with_nobody(name, begin, as_batch):
    method = find_method(name).load()
    batch = as_batch(method)

    answers, _ = begin(method).walk(batch)

    assert not np.asarray(answers[-1]["counts"]).any()
    assert len(answers[-1]["counts"]) == 8


@pytest.mark.slow
@pytest.mark.parametrize("entry", list_methods("counts"), ids=lambda entry: entry.name)
def test_counters_of_the_paper_answer_whole_cells(entry):
    method = entry.load()

    for stage in method.stages:
        network = stage.build("paper")
        assert method.squares_px["paper"] % network.input_shape[1] == 0
        if len(network.output_shape) == 4:
            assert network.input_shape[1] % network.output_shape[1] == 0
