"""Many views of a picture: a network whose answers are known tells whether they lie over each other."""

import math

import numpy as np
import pytest

from estimation.config import LIMBS, MIRRORED, BodyPart
from estimation.networks import Maps
from estimation.targets import confidence_maps, part_affinity_fields
from estimation.training import views
from estimation.training.views import ManyViews, mirror

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once


class Eye:
    """Answers with the mean brightness of each cell, as every heatmap and as every PAF."""

    def __init__(self):
        self.shapes = []

    def predict(self, picture):
        self.shapes.append(picture.shape)
        height, width = (-(-side // 8) * 8 for side in picture.shape[:2])
        whole = np.full((height, width), 128, np.float32)
        whole[: picture.shape[0], : picture.shape[1]] = picture[..., 0]
        cells = whole.reshape(height // 8, 8, width // 8, 8).mean(axis=(1, 3))[..., None]
        return Maps(cells.repeat(19, axis=-1), cells.repeat(38, axis=-1))


def slope(height, width):
    """Draw a picture that gets brighter from left to right, and a little from top to bottom."""
    brightness = np.arange(width) + np.arange(height)[:, None] / 4
    return np.repeat(np.round(brightness)[..., None], 3, axis=-1).astype(np.uint8)


def people():
    rng = np.random.default_rng(5)
    return rng.uniform(4, 124, (2, 18, 2)), np.ones((2, 18), bool)


def maps_of(points, labelled, map_shape):
    return Maps(confidence_maps(points, labelled, map_shape), part_affinity_fields(points, labelled, map_shape))


def test_mirror_gives_the_maps_of_the_mirrored_people():
    points, labelled = people()
    mirrored = points[:, list(MIRRORED[:18])]
    mirrored[..., 0] = 127 - mirrored[..., 0]

    heatmaps, pafs = mirror(maps_of(points, labelled, (16, 16)))

    expected = maps_of(mirrored, labelled, (16, 16))
    assert heatmaps == pytest.approx(expected.heatmaps, abs=1e-6)
    assert pafs == pytest.approx(expected.pafs, abs=1e-6)


def test_mirror_twice_changes_nothing():
    maps = maps_of(*people(), (16, 16))

    heatmaps, pafs = mirror(mirror(maps))

    assert np.array_equal(heatmaps, maps.heatmaps)
    assert np.array_equal(pafs, maps.pafs)


def test_mirror_exchanges_sides():
    heatmaps, pafs = np.zeros((1, 3, 19), np.float32), np.zeros((1, 3, 38), np.float32)
    heatmaps[0, 0, BodyPart.left_wrist] = 1
    limbs = {limb.to_body_part: limb for limb in LIMBS if limb.from_body_part.name.endswith("elbow")}
    left, right = limbs[BodyPart.left_wrist], limbs[BodyPart.right_wrist]
    pafs[0, 0, [left.paf_dx_idx, left.paf_dy_idx]] = 0.6, 0.8

    mirrored = mirror(Maps(heatmaps, pafs))

    assert np.argwhere(mirrored.heatmaps).tolist() == [[0, 2, BodyPart.right_wrist]]
    assert mirrored.pafs[0, 2, [right.paf_dx_idx, right.paf_dy_idx]] == pytest.approx([-0.6, 0.8])
    assert np.count_nonzero(mirrored.pafs) == 2


@pytest.mark.parametrize("width", [64, 68, 61, 5], ids=["whole cells", "half a cell", "odd", "less than a cell"])
def test_many_views_mirrored_lie_over_the_picture_cell_by_cell(width):
    picture = slope(40, width)

    heatmaps, pafs = ManyViews(Eye(), is_mirrored_too=True).predict(picture)

    once = Eye().predict(picture)
    assert heatmaps == pytest.approx(once.heatmaps)
    dy = [limb.paf_dy_idx for limb in LIMBS]
    dx = [limb.paf_dx_idx for limb in LIMBS]
    assert pafs[..., dy] == pytest.approx(once.pafs[..., dy])
    assert not pafs[..., dx].any()  # what points to the right in both of them has no direction


@pytest.mark.parametrize("scale", [0.75, 1.5, 2.0], ids=str)
@pytest.mark.parametrize("shape", [(96, 128), (93, 122)], ids=["whole cells", "odd"])
def test_many_views_of_another_size_lie_over_the_picture(shape, scale):
    picture = slope(*shape)

    heatmaps, _ = ManyViews(Eye(), (scale,)).predict(picture)

    inside = np.s_[3:-3, 3:-3]  # where the cubic does not reach beyond the border
    expected = Eye().predict(picture).heatmaps
    assert heatmaps.shape == expected.shape
    # A cell is 8 levels wide: a shift by a tenth of one would show.
    assert heatmaps[inside] == pytest.approx(expected[inside], abs=0.8)


def test_many_views_average_all_answers():
    class Counter(Eye):
        def predict(self, picture):
            maps = super().predict(picture)
            return Maps(np.full_like(maps.heatmaps, len(self.shapes)), np.full_like(maps.pafs, len(self.shapes)))

    counter = Counter()

    heatmaps, _ = ManyViews(counter, (1.0, 0.5, 2.0), is_mirrored_too=True).predict(slope(32, 48))

    assert counter.shapes == [(32, 48, 3)] * 2 + [(16, 24, 3)] * 2 + [(64, 96, 3)] * 2
    assert heatmaps == pytest.approx(np.full((4, 6, 19), 3.5))
    assert heatmaps.dtype == np.float32


def test_many_views_show_the_mirror_image():
    class Witness(Eye):
        def predict(self, picture):
            self.seen = [*getattr(self, "seen", []), picture]
            return super().predict(picture)

    witness, picture = Witness(), slope(16, 12)

    ManyViews(witness, is_mirrored_too=True).predict(picture)

    straight, mirrored = witness.seen
    assert np.array_equal(straight[:, :12], picture)
    assert np.all(straight[:, 12:] == 128)
    assert np.array_equal(mirrored, straight[:, ::-1])


def test_many_views_never_shrink_to_nothing():
    heatmaps, pafs = ManyViews(Eye(), (0.01,)).predict(slope(24, 8))

    assert heatmaps.shape == (3, 1, 19)
    assert pafs.shape == (3, 1, 38)


@pytest.mark.parametrize(
    "scales", [(), (1.0, 0.0), (-1.0,), (math.nan,), (math.inf,)], ids=["none", "zero", "negative", "nan", "infinite"]
)
def test_many_views_refuse_scales(scales):
    with pytest.raises(ValueError, match=r"Scales must be one or more positive numbers; got \(.*\)\. 1 is the picture"):
        ManyViews(Eye(), scales)


def test_load_predictor_leaves_a_single_view_alone(monkeypatch):
    network = Eye()
    monkeypatch.setattr(views, "load_network", lambda _: network)

    assert views.load_predictor("compact") is network
    assert views.load_predictor("compact", (1.5,)) == ManyViews(network, (1.5,))
