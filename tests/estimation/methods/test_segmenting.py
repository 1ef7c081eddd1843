"""Methods that say which pixels show the person."""

import numpy as np
import pytest

from estimation.methods.catalogue import find_method
from tests.estimation.late import Late

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

keras, ops, stages = Late("keras"), Late("keras.ops"), Late("estimation.methods.stages")
unet, ecru, kinds = (
    Late("estimation.methods.masks.unet"),
    Late("estimation.methods.masks.ecru"),
    Late("estimation.methods.mask_kinds"),
)


def with_decoder(*, has_skips):
    """Make a network that answers something, what comes out of its encoder, and the decoder that is given it."""
    keras.utils.set_random_seed(0)
    whole = unet.build_unet("small", has_skips=has_skips, side_px=16)
    whole.get_layer("maps").kernel.assign(np.random.default_rng(0).normal(size=(1, 1, 16, 2)))
    levels = (1, 2, 3, 4) if has_skips else (4,)
    seen = [whole.get_layer(f"down{level}_conv2_out").output for level in levels]
    picture = np.random.default_rng(1).integers(256, size=(1, 16, 16, 3)).astype(np.float32)
    maps = [np.asarray(keras.Model(whole.input, tensor)(picture, training=False)) for tensor in seen]
    return np.asarray(whole(picture, training=False)), maps, keras.Model(seen, whole.output)


def test_decoder_with_skips_changes_when_the_encoders_early_maps_do():
    answer, maps, decoder = with_decoder(has_skips=True)

    np.testing.assert_allclose(np.asarray(decoder(maps, training=False)), answer, atol=1e-6)
    assert np.abs(answer).max() > 1e-4
    for level in range(3):
        changed = [values + (number == level) for number, values in enumerate(maps)]
        assert np.abs(np.asarray(decoder(changed, training=False)) - answer).max() > 1e-4


def test_decoder_without_skips_needs_the_coarsest_maps_alone():
    answer, coarsest, decoder = with_decoder(has_skips=False)

    # Whatever the early maps are: they are not asked for, and the answer is that of the whole network.
    np.testing.assert_allclose(np.asarray(decoder(coarsest, training=False)), answer, atol=1e-6)
    assert np.abs(answer).max() > 1e-4


def test_networks_differ_in_their_skips_alone():
    with_skips, without = (unet.build_unet("small", has_skips=has_skips, side_px=16) for has_skips in (True, False))

    names = [layer.name for layer in without.layers]
    others = [layer.name for layer in with_skips.layers if layer.name not in names]
    assert others == ["joined3", "joined2", "joined1"]


def test_unet_of_the_paper_is_counted():
    network = unet.build_unet("paper")

    assert network.count_params() == 31_030_658
    assert network.input_shape == (None, 572, 572, 1)
    assert network.output_shape == (None, 388, 388, 2)


def test_unet_of_the_paper_sees_grey_and_mirrored_borders():
    pictures = np.random.default_rng(0).integers(256, size=(1, 388, 388, 3)).astype(np.float32)

    seen = np.asarray(unet.Contour(unet.build_unet).inputs(stages.Look({"pictures": pictures}, {})))

    assert seen.shape == (1, 572, 572, 1)
    np.testing.assert_allclose(seen[0, 92:480, 92:480, 0], pictures[0].mean(axis=-1), atol=1e-3)
    np.testing.assert_array_equal(seen[:, 91], seen[:, 93])
    np.testing.assert_array_equal(seen[:, :, 480], seen[:, :, 478])


def test_maxima_go_back_where_they_were():
    picture = np.zeros((1, 4, 4, 2), np.float32)
    picture[0, 1, 2, 0], picture[0, 3, 0, 1], picture[0, 0, 0, 0] = 5, 7, -1

    marks = np.asarray(ecru.Maxima()(picture))

    assert marks.shape == picture.shape
    assert marks.sum() == 2 * 4  # one in each square of each channel, also where several are equal
    assert marks[0, 1, 2, 0] == 1
    assert marks[0, 3, 0, 1] == 1
    assert marks[0, 0, 0, 0] == 0
    assert marks[0, 0, 1, 0] == 1
    pooled = np.asarray(keras.layers.MaxPooling2D(2)(picture))
    np.testing.assert_array_equal((pooled.repeat(2, axis=1).repeat(2, axis=2) * marks)[marks == 1], picture[marks == 1])


def test_only_known_masks_teach():
    stage, rng = kinds.Inside(None), np.random.default_rng(0)
    maps, masks = rng.normal(size=(2, 4, 4, 2)).astype(np.float32), np.ones((2, 4, 4), np.float32)
    other = masks.copy()
    other[1] = 0

    one, two, all_known = (
        float(stage.loss(maps, truth, {"labelled": np.array(labelled, np.float32)}))
        for truth, labelled in ((masks, (1, 0)), (other, (1, 0)), (other, (1, 1)))
    )

    assert one == two
    assert one != all_known


def test_loss_is_the_cross_entropy():
    maps = np.random.default_rng(0).normal(size=(1, 3, 3, 2)).astype(np.float32)
    masks = (np.arange(9).reshape(1, 3, 3) % 2).astype(np.float32)
    stage = kinds.Inside(None)

    (answer,) = stage.decode(stages.Look({}, {}, (maps,)))

    sure = np.asarray(answer["masks"])
    entropy = -np.log(np.where(masks > 0, sure, 1 - sure)).mean()
    assert float(stage.loss(maps, masks, {"labelled": np.ones(1, np.float32)})) == pytest.approx(entropy, rel=1e-4)


@pytest.mark.parametrize(("build", "least_px"), [("unet.build_unet", 8), ("ecru.build_ecru", 16)], ids=["unet", "ecru"])
@pytest.mark.parametrize("side_px", [4, 20])
def test_pictures_smaller_than_the_coarsest_level_are_told(build, least_px, side_px):
    module, name = build.split(".")
    with pytest.raises(ValueError, match=rf"coarsest level, {least_px} px; got {side_px} px\. Resize it"):
        getattr({"unet": unet, "ecru": ecru}[module], name)("small", side_px=side_px)


def test_answers_say_how_sure_each_pixel_is(begin, as_batch):
    method = find_method("ecru").load()
    batch = as_batch(method)

    (answer,) = begin(method)(batch["pictures"])

    np.testing.assert_array_equal(np.asarray(answer), np.full((8, 64, 64), 0.5))
