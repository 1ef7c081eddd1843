import numpy as np

from estimation.methods.mask_batches import MaskBatchMaker, mask_batch_of


def test_batches_depend_on_the_number_of_the_step_alone(eight):
    maker = MaskBatchMaker(eight, 64, 4, seed=1)

    first, other, again = maker(3), maker(4), MaskBatchMaker(eight, 64, 4, seed=1)(3)

    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
    assert (first["pictures"] != other["pictures"]).any()
    assert first["pictures"].shape == (4, 64, 64, 3)
    assert first["masks"].shape == (4, 64, 64)
    assert set(np.unique(first["masks"])) == {0, 1}
    assert first["labelled"].tolist() == [1] * 4


def test_masks_are_shrunk_with_their_pictures(eight):
    whole, half = mask_batch_of(eight, 128), mask_batch_of(eight, 64)

    np.testing.assert_array_equal(whole["masks"] > 0, eight.masks)
    np.testing.assert_array_equal(whole["pictures"], eight.squares)
    parts = eight.masks.reshape(8, 64, 2, 64, 2).mean(axis=(2, 4))
    np.testing.assert_array_equal(half["masks"] > 0, parts > 0.5)


def test_mirrored_masks_fit_their_pictures(eight):
    batch, rng = MaskBatchMaker(eight, 128, 8, seed=2)(0), np.random.default_rng((2, 0))
    plain = mask_batch_of(eight, 128, rng.integers(8, size=8))

    is_mirrored = np.array([(a != b).any() for a, b in zip(batch["pictures"], plain["pictures"], strict=True)])

    assert 0 < is_mirrored.sum() < 8
    for name in ("pictures", "masks"):
        np.testing.assert_array_equal(batch[name][is_mirrored], plain[name][is_mirrored][:, :, ::-1])
        np.testing.assert_array_equal(batch[name][~is_mirrored], plain[name][~is_mirrored])
