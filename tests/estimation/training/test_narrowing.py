"""A network that begins as a narrower part of its teacher."""

import numpy as np
import pytest

from tests.estimation.late import Late

keras, narrowing, lightweight = Late("keras"), Late("estimation.training.narrowing"), Late("estimation.lightweight")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


def build(n_channels, *, extra=False):
    """Build a network of a wide middle: made, looked at cell by cell and its neighbours, read, answered."""
    layers = keras.layers
    picture = keras.Input((None, None, 3))
    x = layers.Conv2D(n_channels, 1, activation="relu", name="writer")(picture)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu", name="between")(x)
    x = layers.Conv2D(4, 1, activation="relu", name="reader")(x)
    x = layers.Conv2D(2, 1, name="answer")(x)
    if extra:
        x = layers.Conv2D(2, 1, name="own")(x)
    return keras.Model(picture, x)


@pytest.fixture
def teacher():
    """Give a network of eight channels between writer and reader, all of which matter."""
    model = build(8)
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.7, array.shape) for array in model.get_weights()])
    return model


@pytest.fixture
def links():
    return [lightweight.Link("writer", "between", "reader")]


PICTURES = np.random.default_rng(1).integers(0, 256, (3, 16, 24, 3)).astype(np.uint8)


def answers(model, pictures=PICTURES):
    return np.asarray(model(pictures / np.float32(256) - 0.5))


def change(model, name, **arrays):
    """Change channels of a layer: kernels by `kernel`, biases by `bias`, each a function of the array."""
    layer = model.get_layer(name)
    changed = dict(zip(("kernel", "bias"), layer.get_weights(), strict=True))
    for kind, function in arrays.items():
        function(changed[kind])
    layer.set_weights([*changed.values()])


def test_channels_that_nobody_reads_are_left_out_without_a_loss(teacher, links):
    def unread(kernel):
        kernel[:, :, [0, 3, 6]] = 0

    change(teacher, "reader", kernel=unread)
    model = build(5)

    names = narrowing.begin_as(model, teacher, links, PICTURES)

    assert names == ["writer", "between", "reader", "answer"]
    others = PICTURES[:, ::-1].copy()
    np.testing.assert_allclose(answers(model, others), answers(teacher, others), atol=2e-3)
    kept = [1, 2, 4, 5, 7]
    for name, place in (("writer", np.s_[..., kept]), ("between", np.s_[:, :, kept])):
        own, known = model.get_layer(name).get_weights(), teacher.get_layer(name).get_weights()
        np.testing.assert_array_equal(own[0], known[0][place])
        np.testing.assert_array_equal(own[1], known[1][kept])


def test_channel_that_never_changes_becomes_a_bias(teacher, links):
    def dark(kernel):
        kernel[..., 2] = 0

    def bright(bias):
        bias[2] = 3.0

    change(teacher, "writer", kernel=dark, bias=bright)

    def still(kernel):
        kernel[:, :, 2] = 0

    def lit(bias):
        bias[2] = 2.0

    change(teacher, "between", kernel=still, bias=lit)
    model = build(7)

    narrowing.begin_as(model, teacher, links, PICTURES)

    np.testing.assert_allclose(answers(model), answers(teacher), atol=5e-3)


def test_reader_makes_up_for_what_is_left_out(teacher, links):
    def twin(kernel):
        kernel[..., 1] = kernel[..., 4]

    def twin_between(kernel):
        kernel[:, :, 1] = kernel[:, :, 4]

    def same(bias):
        bias[1] = bias[4]

    change(teacher, "writer", kernel=twin, bias=same)
    change(teacher, "between", kernel=twin_between, bias=same)

    def little(kernel):
        kernel[:, :, 1] = 0.3 * kernel[:, :, 4]

    change(teacher, "reader", kernel=little)
    model = build(7)

    narrowing.begin_as(model, teacher, links, PICTURES)

    np.testing.assert_allclose(answers(model), answers(teacher), atol=5e-3)


def test_layers_of_its_own_stay_and_the_teacher_too(teacher, links):
    model = build(8, extra=True)
    own, known = model.get_layer("own").get_weights(), teacher.get_weights()

    names = narrowing.begin_as(model, teacher, links, np.zeros((0, 8, 8, 3), np.uint8))

    assert names == ["writer", "between", "reader", "answer"]
    for now, before in zip(model.get_weights(), [*known, *own], strict=True):
        np.testing.assert_array_equal(now, before)
    for now, before in zip(teacher.get_weights(), known, strict=True):
        np.testing.assert_array_equal(now, before)


def test_narrower_network_needs_pictures(teacher, links):
    with pytest.raises(
        ValueError, match=r"must see pictures to find out which channels of its teacher matter; got none\. Name"
    ):
        narrowing.begin_as(build(5), teacher, links, np.zeros((0, 8, 8, 3), np.uint8))
