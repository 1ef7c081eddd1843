"""Solids are cast at the depth of the balls that they are made of."""

import numpy as np
import pytest

from estimation.training.drawing.solids import FAR, SAMPLES, Raster, Solid, cast, make_raster


def draw(solid: Solid, blend_px: float = 0.0) -> Raster:
    raster = make_raster(0, 0, 40, 40)
    cast(raster, solid, 1, blend_px)
    return raster


def pile_eggs(solid: Solid, raster: Raster, n_eggs: int = 400) -> np.ndarray:
    """Depths of the solid as a pile of eggs, each by solving its quadric for z."""
    shape = np.eye(3) if solid.shape is None else solid.shape
    inverse = np.linalg.inv(shape @ shape.T)
    depths = np.full(raster.depths.shape, -np.inf)
    x, y = np.meshgrid(raster.xs.astype(float), raster.ys.astype(float))
    for share in np.linspace(0, 1, n_eggs):
        center = solid.start + (solid.end - solid.start) * share
        radius = solid.radii[0] + (solid.radii[1] - solid.radii[0]) * share
        dx, dy = x - center[0], y - center[1]
        b = inverse[0, 2] * dx + inverse[1, 2] * dy
        c = inverse[0, 0] * dx**2 + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy**2 - radius**2
        root = b * b - inverse[2, 2] * c
        top = center[2] + (-b + np.sqrt(np.maximum(root, 0))) / inverse[2, 2]
        depths = np.maximum(depths, np.where(root > 0, top, -np.inf))
    return depths


SQUEEZED = np.array([[1.0, 0.3, 0.0], [0.0, 0.8, 0.2], [0.4, 0.0, 0.6]])


@pytest.mark.parametrize(
    ("end", "radii", "shape"),
    [
        pytest.param((28.0, 24.0, 0.0), (6.0, 3.0), None, id="limb"),
        pytest.param((24.0, 20.0, 25.0), (5.0, 4.0), None, id="limb_towards_viewer"),
        pytest.param((15.0, 15.0, 9.0), (6.0, 3.0), None, id="end_hides_start"),
        pytest.param((16.0, 15.0, -9.0), (6.0, 3.0), None, id="start_hides_end"),
        pytest.param((27.0, 22.0, 6.0), (6.0, 4.0), SQUEEZED, id="squeezed_limb"),
        pytest.param((15.0, 15.0, 0.0), (8.0, 8.0), SQUEEZED, id="egg"),
    ],
)
def test_cast_matches_pile_of_eggs(end, radii, shape):
    solid = Solid(np.array([15.0, 15.0, 0.0]), np.array(end), radii, shape)
    raster = draw(solid)
    expected = pile_eggs(solid, raster)
    is_inside = raster.numbers == 1
    assert np.count_nonzero(is_inside != np.isfinite(expected)) <= 0.02 * is_inside.sum()
    both = is_inside & np.isfinite(expected)
    np.testing.assert_allclose(raster.depths[both], expected[both], atol=0.05)
    assert (raster.depths[~is_inside] == np.float32(FAR)).all()


def test_cast_keeps_nearer_solid():
    near, far = (Solid(np.array([20.0, 20.0, z]), np.array([20.0, 20.0, z]), (8.0, 8.0)) for z in (30.0, 0.0))
    raster = draw(near)
    cast(raster, far, 2, 0.0)
    assert set(np.unique(raster.numbers)) == {0, 1}


def test_cast_clips_below_plane():
    center = np.array([20.0, 20.0, 0.0])
    raster = draw(Solid(center, center, (8.0, 8.0), clip=(np.array([1.0, 0.0, 0.0]), 20.0)))
    columns = np.flatnonzero(raster.numbers.any(axis=0))
    assert raster.xs[columns[0]] == pytest.approx(20.25)
    assert raster.xs[columns[-1]] == pytest.approx(27.75)


def test_cast_melts_faces_within_blend():
    center = np.array([20.0, 20.0, 0.0])
    ball = Solid(center, center, (8.0, 8.0))
    raster = draw(ball)
    before = raster.depths[20 * SAMPLES, 20 * SAMPLES]
    cast(raster, ball, 2, 4.0)
    # Two equal faces rise by a quarter of the blend.
    assert raster.depths[20 * SAMPLES, 20 * SAMPLES] - before == pytest.approx(1.0, abs=1e-5)


def test_cast_cuts_solid_at_edge_of_window():
    center = np.array([0.0, 20.0, 0.0])
    raster = draw(Solid(center, center, (8.0, 8.0)))
    columns = np.flatnonzero(raster.numbers.any(axis=0))
    assert raster.xs[columns[[0, -1]]].tolist() == [-0.25, 7.75]
