from functools import partial

import pytest

from estimation.methods.batches import batch_of, mean_pose_of
from estimation.methods.crowd_batches import crowd_batch_of
from estimation.methods.crowds import make_crowds
from estimation.methods.mask_batches import mask_batch_of
from estimation.methods.samples import rendered_samples
from tests.estimation.late import Late

keras, stages = Late("keras"), Late("estimation.methods.stages")


@pytest.fixture(scope="session")
def eight():
    """Cut squares of 128 px around eight rendered people; nothing may change them."""
    return rendered_samples(8, 128, seed=3)


@pytest.fixture(scope="session")
def eight_crowds():
    """Make eight pictures of crowds of 128 px; nothing may change them."""
    return make_crowds(8, 128, seed=1, most=40)


@pytest.fixture(scope="session")
def begin(eight):
    """Give the function that makes a method in small size, untrained, with the mean pose of the eight."""

    def make(method):
        keras.utils.set_random_seed(0)
        return stages.Row(method, "small", mean_pose_of(eight))

    return make


@pytest.fixture(scope="session")
def as_batch(eight, eight_crowds):
    """Give the function that puts the eight into a batch of tensors of the size that a method wants."""
    truths = {
        "masks": partial(mask_batch_of, eight),
        "density": partial(crowd_batch_of, eight_crowds),
        "counts": partial(crowd_batch_of, eight_crowds),
    }

    def put(method):
        batch = truths.get(method.answers, partial(batch_of, eight))(method.squares_px["small"])
        return {name: keras.ops.convert_to_tensor(array) for name, array in batch.items()}

    return put
