import numpy as np
import pytest

from estimation.config import LIMBS, BodyPart, get_default_configuration
from estimation.map_renderers import draw_maps

CONFIG = get_default_configuration()

# With a picture of 480 x 240 the large panels are not resized: column 0 is the picture's, 488 px on is the next.
PICTURE = np.full((240, 480, 3), 100, dtype=np.uint8)
TOP, LEFT, STEP = 4 + 26, 4, 488
DIM = 60


def maps(channels):
    return np.zeros((30, 60, channels), dtype=np.float32)


def panel(sheet, index):
    return sheet[TOP : TOP + 240, LEFT + index * STEP : LEFT + index * STEP + 480]


def test_draw_maps_lays_out_three_large_and_eighteen_small_panels():
    sheet = draw_maps(CONFIG, PICTURE, maps(19), maps(38))
    assert sheet.shape == ((240 + 26 + 8) + 3 * (118 + 26 + 8), 3 * STEP, 3)
    np.testing.assert_array_equal(panel(sheet, 0), PICTURE)


def test_draw_maps_dims_the_picture_where_maps_are_empty():
    sheet = draw_maps(CONFIG, PICTURE, maps(19), maps(38))
    assert (panel(sheet, 1) == DIM).all()
    assert (panel(sheet, 2)[:150] == DIM).all()


def test_draw_maps_shows_a_peak_on_its_cell_and_in_its_panel():
    heatmaps = maps(19)
    heatmaps[10, 20, BodyPart.neck] = 1
    sheet = draw_maps(CONFIG, PICTURE, heatmaps, maps(38))
    rows, columns, _ = np.nonzero(panel(sheet, 1) != DIM)
    assert (rows.mean(), columns.mean()) == pytest.approx((83.5, 163.5), abs=0.5)
    small = sheet[TOP + 240 + 8 + 26 :, LEFT:][:118]
    assert (small[:, :236] == DIM).all()  # nose
    assert (small[:, 244 : 244 + 236] != DIM).any()  # neck


def test_draw_maps_leaves_out_the_background():
    heatmaps = maps(19)
    heatmaps[..., BodyPart.background] = 1
    assert (panel(draw_maps(CONFIG, PICTURE, heatmaps, maps(38)), 1) == DIM).all()


@pytest.mark.parametrize(
    ("direction", "wheel_xy"),
    [((1, 0), (20, 0)), ((0, 1), (0, 20)), ((-1, 0), (-20, 0)), ((0, -1), (0, -20))],
    ids=["right", "down", "left", "up"],
)
def test_draw_maps_colours_a_paf_as_the_wheel_does(direction, wheel_xy):
    pafs = maps(38)
    pafs[5:10, 5:10, [LIMBS[0].paf_dx_idx, LIMBS[0].paf_dy_idx]] = direction
    fields = panel(draw_maps(CONFIG, PICTURE, maps(19), pafs), 2).astype(int)
    radius = (240 - 1) // 9
    wheel = fields[239 - radius + wheel_xy[1], 479 - radius + wheel_xy[0]]
    shown = (fields[60, 60] - 0.1 * DIM) / 0.9
    np.testing.assert_allclose(shown, wheel, atol=2)


def test_draw_maps_gives_the_hues_clockwise():
    pafs = maps(38)
    pafs[..., LIMBS[0].paf_dy_idx] = 1  # down is a quarter turn from red: between yellow and green
    blue, green, red = panel(draw_maps(CONFIG, PICTURE, maps(19), pafs), 2)[60, 60].tolist()
    assert blue < red < green


def test_draw_maps_shows_the_longest_of_crossing_fields():
    pafs = maps(38)
    pafs[..., LIMBS[0].paf_dx_idx] = 0.2
    pafs[..., LIMBS[1].paf_dy_idx] = 0.9
    only = maps(38)
    only[..., LIMBS[1].paf_dy_idx] = 0.9
    np.testing.assert_array_equal(
        draw_maps(CONFIG, PICTURE, maps(19), pafs), draw_maps(CONFIG, PICTURE, maps(19), only)
    )


@pytest.mark.parametrize("shape", [(1, 1), (4000, 1), (1, 4000), (1500, 1000)], ids=str)
def test_draw_maps_takes_pictures_of_any_shape(shape):
    sheet = draw_maps(CONFIG, np.zeros((*shape, 3), np.uint8), maps(19).astype(np.float16), maps(38))
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] <= 3 * STEP
    assert sheet.shape[0] <= 4 * (26 + 8 + 800)


def test_draw_maps_leaves_its_arguments_alone():
    picture, heatmaps, pafs = PICTURE.copy(), maps(19) + 0.3, maps(38) + 0.3
    draw_maps(CONFIG, picture, heatmaps, pafs)
    assert (picture == 100).all()
    assert np.ptp(heatmaps) == np.ptp(pafs) == 0


def test_draw_maps_shows_real_maps(shared_data):
    with np.load(shared_data / "maps" / "op_coco192.npz") as arrays:
        heatmaps, pafs = arrays["heatmaps"], arrays["pafs"]
    sheet = draw_maps(CONFIG, PICTURE, heatmaps, pafs)
    assert (panel(sheet, 1) != DIM).any()


@pytest.mark.parametrize(
    ("picture", "heatmaps", "pafs", "message"),
    [
        (PICTURE[..., 0], maps(19), maps(38), r"picture must be a uint8 array of shape \(H, W, 3\)"),
        (PICTURE, maps(18), maps(38), "heatmaps must have shape"),
        (PICTURE, maps(19), maps(19), "pafs must have shape"),
        (PICTURE, maps(19)[:-1], maps(38), r"the same height and width; got \(29, 60\) and \(30, 60\)"),
        (PICTURE, maps(19) * np.nan, maps(38), "heatmaps must be finite"),
    ],
    ids=["grey", "no background", "pafs of 19", "other size", "nan"],
)
def test_draw_maps_refuses_bad_arguments(picture, heatmaps, pafs, message):
    with pytest.raises(ValueError, match=message):
        draw_maps(CONFIG, picture, heatmaps, pafs)
