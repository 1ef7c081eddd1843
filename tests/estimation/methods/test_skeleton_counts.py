import numpy as np
import pytest

from estimation.methods.skeleton_counts import count_skeletons
from estimation.training.scenes import render_row
from tests.estimation.shipped import shipped_network


@pytest.mark.xdist_group("tensorflow")  # whose network may be there already
def test_skeletons_are_counted_as_the_demo_draws_them():
    scene = render_row(np.random.default_rng(4), 256, 256, 2)
    nobody = np.full((256, 256, 3), 120, np.uint8)

    assert count_skeletons(shipped_network(), np.stack([scene.picture, nobody]), height_px=256).tolist() == [2, 0]
