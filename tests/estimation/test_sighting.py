"""What the network is shown of a picture, and what of its answer is drawn."""

import numpy as np
import pytest

from estimation.networks import Maps
from estimation.sighting import choose_height, draw_sighting, look
from tests.estimation.test_decoding import maps_of_a_person

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once


class Blind:
    """A network that answers a picture of 192 x 192 pixels with true maps of one person, and remembers what it saw."""

    def __init__(self, strength=1.0):
        maps = maps_of_a_person()
        self.maps, self.seen = Maps(maps.heatmaps, strength * maps.pafs), None

    def predict(self, picture):
        self.seen = picture.shape
        return self.maps


@pytest.mark.parametrize(
    ("height", "seen"), [(40, 368), (255, 368), (256, 256), (320, 320), (640, 640), (641, 368), (4000, 368)]
)
def test_small_and_large_pictures_are_seen_at_the_usual_height(height, seen):
    assert choose_height(height) == seen


def test_small_picture_is_enlarged_for_the_network():
    network = Blind()

    sighting = look(network, np.zeros((92, 50, 3), np.uint8))

    assert network.seen == (368, 200, 3)
    assert sighting.size_px == (50, 92)
    assert sighting.cell_px == 2.0


def test_height_that_is_asked_for_is_seen():
    network = Blind()

    look(network, np.zeros((92, 50, 3), np.uint8), 92)

    assert network.seen == (92, 50, 3)


def draw_person(strength, *min_score):
    picture = np.full((192, 192, 3), 100, np.uint8)
    return draw_sighting(picture, look(Blind(strength), picture, 192), *min_score)


def test_person_is_drawn_and_the_picture_kept():
    picture = np.full((192, 192, 3), 100, np.uint8)

    drawn = draw_sighting(picture, look(Blind(), picture, 192))

    assert (drawn != 100).any()
    assert (picture == 100).all()


def test_person_whom_the_fields_hardly_support_is_drawn_only_when_asked_for():
    assert (draw_person(0.1) == 100).all()
    assert (draw_person(0.1, 0) != 100).any()


def test_min_score_decides_who_is_drawn():
    assert (draw_person(1.0, 0.2) != 100).any()
    assert (draw_person(1.0, 0.9) == 100).all()
