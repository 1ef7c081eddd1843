import numpy as np
import pytest

from tests.estimation.late import Late

losses, ops = Late("estimation.training.losses"), Late("keras.ops")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


def loss_of(loss, truth, answer):
    return float(loss(ops.convert_to_tensor(truth), ops.convert_to_tensor(answer)))


@pytest.fixture
def targets():
    """Give a picture of one cell: two PAFs, a background, and trust in all but the third channel."""
    cell = np.zeros((1, 1, 1, 114), np.float32)
    cell[..., :3] = (-0.5, 1.0, 0.25)
    cell[..., 56] = 1.0
    cell[..., 57:] = 1.0
    cell[..., 59] = 0.0
    return cell


def test_masked_l2_counts_all_stages_where_weights_are_one():
    truth = np.zeros((1, 1, 2, 114), np.float32)
    truth[0, 0, 0, 57:] = 1  # the first of two cells is trusted
    answer = np.full((1, 1, 2, 2 * 57), 3.0, np.float32)

    # Two stages times 57 channels times 3 squared in one cell, nothing in the other; mean over two cells.
    assert loss_of(losses.masked_l2, truth, answer) == pytest.approx(2 * 57 * 9 / 2)


def test_masked_l2_is_zero_for_the_truth():
    truth = np.random.default_rng(0).normal(size=(2, 3, 3, 114)).astype(np.float32)
    answer = np.concatenate([truth[..., :57]] * 2, axis=-1)

    assert loss_of(losses.masked_l2, truth, answer) == 0


def test_masked_l2_weighs_every_channel_by_its_own_weight():
    truth = np.zeros((1, 1, 1, 114), np.float32)
    truth[..., 57 + 5], truth[..., 57 + 6] = 1, 3
    answer = np.zeros((1, 1, 1, 57), np.float32)
    answer[..., 5], answer[..., 6], answer[..., 7] = 2, 1, 100

    assert loss_of(losses.masked_l2, truth, answer) == 1 * 2**2 + 3 * 1**2


def test_hint_l2_is_the_weighted_mean_of_squares():
    truth = np.zeros((1, 1, 2, 5), np.float32)
    truth[0, 0, :, -1] = (4, 0)  # the second cell has no weight
    answer = np.full((1, 1, 2, 4), 3.0, np.float32)

    assert loss_of(losses.hint_l2, truth, answer) == pytest.approx(4 * 9 / 2)


def test_emphasised_raises_weights_where_people_are(targets):
    weights = losses.emphasised(targets, 8.0)[0, 0, 0, 57:]

    assert weights[:4].tolist() == [5.0, 9.0, 0.0, 1.0]
    assert weights[-1] == 1.0  # the background
    assert targets[..., 57] == 1.0  # the input stays


def test_taught_takes_the_teachers_word_where_no_label_speaks(targets):
    maps = np.full((1, 1, 1, 57), 0.75, np.float32)

    result = losses.taught(targets, maps, 0.25, np.zeros(1, bool))

    assert result.dtype == np.float32
    assert result[0, 0, 0, :4].tolist() == [-0.5, 1.0, 0.75, 0.0]
    assert result[0, 0, 0, 57:61].tolist() == [1.0, 1.0, 0.25, 1.0]
    assert targets[..., 2] == 0.25  # the input stays


def test_taught_mixes_the_teachers_word_into_the_labels_of_each_picture_by_its_share(targets):
    two = np.concatenate([targets, targets])
    maps = np.full((2, 1, 1, 57), 0.75, np.float32)

    result = losses.taught(two, maps, 0.25, np.array([0.0, 0.4]))

    assert result.dtype == np.float32
    assert result[0, 0, 0, :3].tolist() == [-0.5, 1.0, 0.75]
    np.testing.assert_allclose(result[1, 0, 0, :3], [-0.5 + 0.4 * 1.25, 1 - 0.4 * 0.25, 0.75], rtol=1e-6)
    assert np.array_equal(result[1, ..., 57:], result[0, ..., 57:])  # the weights are those of the labels


def test_weighted_hints_have_one_scale():
    features = np.random.default_rng(0).normal(5, (1, 100), size=(4, 6, 6, 2)).astype(np.float32)
    features = np.concatenate([features, np.full_like(features[..., :1], 7)], axis=-1)  # and a feature that is dead

    hints = losses.weighted_hints(features, 0.5)

    assert (hints.shape, hints.dtype) == ((4, 6, 6, 4), np.float32)
    np.testing.assert_allclose(hints[..., :2].mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(hints[..., :2].std(axis=(0, 1, 2)), 1, rtol=0.01)
    assert not hints[..., 2].any()
    assert (hints[..., 3] == 0.5).all()
