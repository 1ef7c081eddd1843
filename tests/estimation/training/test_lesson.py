import numpy as np
import pytest

from estimation.networks import scale_pixels
from estimation.training.dataset import load_examples
from estimation.training.photographs import decode
from estimation.training.squares import BatchMaker
from tests.estimation.late import Late

keras, lesson = Late("keras"), Late("estimation.training.lesson")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture(scope="module")
def batch(tmp_path_factory, write_photos, tiny_recipe):
    examples = load_examples(write_photos(tmp_path_factory.mktemp("photos"), {1: {}, 2: {"persons_complete": 0}}))
    photographs, _ = decode(examples.values())
    return BatchMaker([[], *([one] for one in photographs)], tiny_recipe, seed=0)(0)


@pytest.fixture
def models(tiny_network):
    keras.utils.set_random_seed(1)
    return tiny_network(), tiny_network()


def values_of(model):
    return [np.array(value) for value in model.get_weights()]


def test_masked_l2_counts_all_stages_where_weights_are_one():
    weights = np.zeros((1, 1, 2, 57), np.float32)
    weights[0, 0, 0] = 1  # the first of two cells is trusted
    stages = np.full((1, 1, 2, 2 * 57), 3.0, np.float32)

    # Two stages times 57 channels times 3 squared in one cell, nothing in the other; mean over two cells.
    loss = lesson.masked_l2(np.zeros((1, 1, 2, 57), np.float32), weights, stages)
    assert float(loss) == pytest.approx(2 * 57 * 9 / 2)


def test_masked_l2_weighs_every_channel_by_its_own_weight():
    weights = np.zeros((1, 1, 1, 57), np.float32)
    weights[..., 5], weights[..., 6] = 1, 3
    stages = np.zeros((1, 1, 1, 57), np.float32)
    stages[..., 5], stages[..., 6], stages[..., 7] = 2, 1, 100

    assert float(lesson.masked_l2(np.zeros_like(weights), weights, stages)) == 1 * 2**2 + 3 * 1**2


def test_emphasised_raises_weights_where_people_are():
    values = np.zeros((1, 1, 1, 57), np.float32)
    values[..., :3], values[..., 56] = (-0.5, 1.0, 0.25), 1.0

    weights = np.asarray(lesson.emphasised(values, np.full((1, 1, 1, 1), 0.5, np.float32), 8.0))[0, 0, 0]

    assert weights[:4].tolist() == [2.5, 4.5, 1.5, 0.5]
    assert weights[-1] == 0.5  # the background


def test_taught_takes_the_teachers_word_where_no_label_speaks_and_mixes_it_in_elsewhere():
    labels, answers = np.zeros((2, 1, 2, 57), np.float32), np.full((2, 1, 2, 57), 0.75, np.float32)
    trusted = np.array([(1, 0), (1, 0)], np.float32).reshape(2, 1, 2, 1)

    values, weights = lesson.taught(labels, trusted, answers, np.array([0.0, 0.4], np.float32), 0.25)

    np.testing.assert_allclose(np.asarray(values)[:, 0, :, 7], [(0, 0.75), (0.3, 0.75)], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(weights)[:, 0, :, 0], [(1, 0.25), (1, 0.25)])


def test_taught_takes_only_the_teachers_word_where_labels_are_a_crowds():
    ones = np.ones((1, 1, 1, 1), np.float32)

    values, weights = lesson.taught(np.zeros((1, 1, 1, 57)), ones, np.full((1, 1, 1, 57), 0.75), np.ones(1), 0.25)

    assert (np.asarray(values) == 0.75).all()
    assert float(np.asarray(weights).squeeze()) == 0.25


def test_hint_l2_is_in_units_of_the_hint():
    hint = np.full((2, 3, 3, 4), 5.0, np.float32)

    assert float(lesson.hint_l2(hint, hint * 1.2)) == pytest.approx(0.04, rel=1e-4)


def test_the_loss_is_that_of_the_parts(models, batch):
    student, teacher = models
    one = lesson.Lesson(student, teacher, trust=0.5)
    quiet = batch | {"colours": np.array([(1, 1, 0, 1, 1, 1, 0, 0)] * 2, np.float32), "cutouts": np.zeros((2, 4))}

    loss = float(one(quiet, training=False))

    seen = np.asarray(lesson.warp_squares(quiet))
    squares = seen * np.float32(255 / 256) - np.float32(0.5)
    answers, guesses = (
        np.concatenate([np.asarray(maps) for maps in model(squares, training=False)], axis=-1)
        for model in (teacher, student)
    )
    labels, trusted = one._labels(quiet)
    values, weights = lesson.taught(labels, trusted, answers[..., -57:], quiet["shares"], 0.5)
    expected = lesson.masked_l2(values, lesson.emphasised(values, weights, quiet["emphasis"]), guesses)
    features = [np.asarray(keras.Model(m.input, m.get_layer("conv4_4_CPM").output)(squares)) for m in models]
    expected += quiet["hint"] * lesson.hint_l2(features[1], features[0])
    assert loss == pytest.approx(float(expected), rel=1e-4)


def test_squares_reach_the_network_as_pictures_do(models):
    picture = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype(np.uint8)

    (asked,) = lesson.Lesson._ask(
        keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Identity()]), picture / np.float32(255), training=False
    )

    np.testing.assert_allclose(asked, scale_pixels(picture), atol=1e-6)


def test_a_step_changes_the_student_and_not_the_teacher(models, batch):
    student, teacher = models
    one = lesson.Lesson(student, teacher)
    one.compile(keras.optimizers.SGD(1e-3))
    before = values_of(student), values_of(teacher)

    one.train_on_batch(batch)

    assert not all(np.array_equal(a, b) for a, b in zip(values_of(student), before[0], strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(values_of(teacher), before[1], strict=True))


def test_labels_alone_teach_without_a_teacher(models, batch):
    one = lesson.Lesson(models[0])
    one.compile(keras.optimizers.SGD(1e-3))

    first = float(one.train_on_batch(batch))
    one.reset_metrics()

    assert float(one.train_on_batch(batch)) < first


def test_places_are_reckoned_in_full_precision_whatever_the_network_is(tiny_network, batch):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        one = lesson.Lesson(tiny_network())
    finally:
        keras.config.set_dtype_policy(before)
    one.compile(keras.optimizers.SGD(1e-3))

    assert one.compute_dtype == "float32"
    assert one.student.get_layer("conv4_4_CPM").compute_dtype == "bfloat16"
    assert np.isfinite(float(one.train_on_batch(batch)))
