import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.config import BodyPart, ConnectionsConfig, get_default_configuration
from estimation.renderers import draw

CONFIG = get_default_configuration()
NECK_COLOR = list(CONFIG.body_parts[BodyPart.neck].color)
NOSE_COLOR = list(CONFIG.body_parts[BodyPart.nose].color)
NECK_TO_NOSE = next(limb for limb in CONFIG.connection_types if limb.to_body_part is BodyPart.nose)

# A neck and a nose, ten cells apart: with 8 px a cell their centres are (43.5, 43.5) and (43.5, 123.5).
COORDS = {"neck": [(5.0, 5.0, 0.9, 0)], "nose": [(5.0, 15.0, 0.9, 1)], "left_ear": [(18.0, 2.0, 0.5, 2)]}


def row(**ids):
    slots = [float(ids.get(part.name, -1)) for part in BodyPart][:18]
    return [*slots, 1.0, float(len(ids))]


def grey(height=160, width=160):
    return np.full((height, width, 3), 100, dtype=np.uint8)


def drawn_pixels(canvas):
    return np.argwhere((canvas != 100).any(axis=-1))


def test_draw_puts_keypoints_on_cell_centres():
    canvas = draw(CONFIG, grey(), COORDS, [row(neck=0, nose=1)], 8)
    assert canvas[43:45, 43:45].reshape(4, 3).tolist() == [NECK_COLOR] * 4
    assert canvas[123:125, 43:45].reshape(4, 3).tolist() == [NOSE_COLOR] * 4


def test_draw_takes_pixels_when_resize_fac_is_one():
    coords = {"neck": [(40, 20, 1.0, 0)]}
    rows, columns = drawn_pixels(draw(CONFIG, grey(), coords, [])).T
    assert (rows.mean(), columns.mean()) == pytest.approx((20, 40), abs=0.01)


def test_draw_blends_limbs_into_the_picture():
    canvas = draw(CONFIG, grey(), COORDS, [row(neck=0, nose=1)], 8)
    # In the middle of the limb: 0.4 of the picture and 0.6 of the limb's colour.
    expected = [round(0.4 * 100 + 0.6 * channel) for channel in NECK_TO_NOSE.color]
    assert canvas[83, 43].tolist() == expected


def test_draw_leaves_the_rest_of_the_picture_alone():
    canvas = draw(CONFIG, grey(), {**COORDS, "left_ear": []}, [row(neck=0, nose=1)], 8)
    rows, columns = drawn_pixels(canvas).T
    assert rows.min() >= 38
    assert rows.max() <= 129
    assert columns.min() >= 38
    assert columns.max() <= 49


def test_draw_dots_keypoints_of_nobody():
    loose = draw(CONFIG, grey(), COORDS, [], 8)
    assert loose[43, 43].tolist() == NECK_COLOR
    assert loose[83, 43].tolist() == [100, 100, 100]
    assert len(drawn_pixels(loose[30:60, 30:60])) <= 30


def test_draw_returns_a_copy_when_there_is_nobody():
    picture = grey()
    canvas = draw(CONFIG, picture, {}, [], 8)
    assert canvas is not picture
    np.testing.assert_array_equal(canvas, picture)


def test_draw_leaves_its_arguments_alone():
    picture, rows = grey(), np.array([row(neck=0, nose=1)])
    before = rows.copy()
    draw(CONFIG, picture, COORDS, rows, 8)
    assert (picture == 100).all()
    np.testing.assert_array_equal(rows, before)


def test_draw_takes_a_mirrored_view():
    picture = np.ascontiguousarray(grey())[:, ::-1, ::-1]
    assert draw(CONFIG, picture, COORDS, [row(neck=0, nose=1)], 8)[43, 43].tolist() == NECK_COLOR


def test_draw_widens_limbs_with_the_person():
    def width_at_middle(length_px):
        coords = {"neck": [(500, 100, 1.0, 0)], "nose": [(500, 100 + length_px, 1.0, 1)]}
        canvas = draw(CONFIG, grey(1000, 1000), coords, [row(neck=0, nose=1)])
        return int((canvas[100 + length_px // 2] != 100).any(axis=-1).sum())

    assert width_at_middle(100) < width_at_middle(800)


def test_draw_keeps_a_small_person_visible_when_the_picture_is_large():
    coords = {"neck": [(2000, 1000, 1.0, 0)], "nose": [(2000, 1100, 1.0, 1)]}
    canvas = draw(CONFIG, grey(3000, 4000), coords, [row(neck=0, nose=1)])
    assert (canvas[1050] != 100).any(axis=-1).sum() >= 15


@pytest.mark.parametrize("xy", [(-50, -50), (5000, 5000), (0, 159), (-3, 80)], ids=["before", "after", "edge", "half"])
def test_draw_cuts_what_is_outside(xy):
    coords = {"neck": [(*xy, 1.0, 0)], "nose": [(80, 80, 1.0, 1)]}
    canvas = draw(CONFIG, grey(), coords, [row(neck=0, nose=1)])
    assert canvas.shape == (160, 160, 3)
    assert canvas[80, 80].tolist() == NOSE_COLOR


def test_draw_survives_a_limb_without_length():
    coords = {"neck": [(80, 80, 1.0, 0)], "nose": [(80, 80, 1.0, 1)]}
    assert (draw(CONFIG, grey(), coords, [row(neck=0, nose=1)]) != 100).any()


def test_draw_follows_the_slots_of_the_configuration():
    config = ConnectionsConfig()
    config.register_body_part(BodyPart.nose, BodyPart.nose, (1, 2, 3))
    config.register_body_part(BodyPart.left_ear, BodyPart.left_ear, (4, 5, 6))
    canvas = draw(config, grey(), COORDS, [[1.0, 2.0, *[-1.0] * 16, 1.0, 2.0]], 8)
    assert canvas[123, 43].tolist() == [1, 2, 3]
    assert canvas[19, 147].tolist() == [4, 5, 6]


# One limb, neck to nose, the 13th of the configuration.
def scores_of(*scores):
    table = np.full((len(scores), len(CONFIG.connection_types)), np.nan)
    table[:, CONFIG.connection_types.index(NECK_TO_NOSE)] = scores
    return table


def test_draw_shows_how_sure_a_limb_is():
    def drawn(score):
        return int(draw(CONFIG, grey(), COORDS, [row(neck=0, nose=1)], 8, scores_of(score))[83, 43].astype(int).sum())

    colors = [drawn(score) for score in (0, 0.2, 0.4, 0.8)]

    full = sum(round(0.1 * 100 + 0.9 * channel) for channel in NECK_TO_NOSE.color)
    assert sorted(colors, key=lambda color: -abs(color - full)) == colors
    assert len(set(colors)) == 4
    assert colors[-1] == drawn(5) == pytest.approx(full, abs=2)


def test_draw_leaves_out_limbs_without_a_score_and_what_hangs_on_them():
    nothing = draw(CONFIG, grey(), COORDS, [row(neck=0, nose=1)], 8, scores_of(np.nan))

    assert (nothing == 100).all()


def test_draw_leaves_out_keypoints_of_nobody_when_limbs_have_scores():
    canvas = draw(CONFIG, grey(), COORDS, [row(neck=0, nose=1, left_ear=2)], 8, scores_of(0.5))

    assert drawn_pixels(canvas)[:, 1].max() <= 49


def test_draw_refuses_scores_of_another_shape():
    with pytest.raises(ValueError, match=r"limb_scores must have the shape \(1, 19\), .*; got \(2, 19\)\. score_limbs"):
        draw(CONFIG, grey(), COORDS, [row(neck=0, nose=1)], 8, scores_of(0.5, 0.5))


@pytest.mark.parametrize(("side", "widest"), [(40, 2), (160, 4), (1000, 6)])
def test_draw_suits_the_size_of_the_picture(side, widest):
    coords = {"neck": [(side / 2, side / 2 - 8, 1.0, 0)], "nose": [(side / 2, side / 2 + 8, 1.0, 1)]}
    canvas = draw(CONFIG, grey(side, side), coords, [row(neck=0, nose=1)])

    assert 1 <= (canvas[side // 2] != 100).any(axis=-1).sum() <= widest + 1


@pytest.mark.parametrize(
    ("picture", "rows", "resize_fac", "message"),
    [
        (np.zeros((9, 9), np.uint8), [], 8, r"picture must be a uint8 array of shape \(H, W, 3\); got uint8 \(9, 9\)"),
        (np.zeros((9, 9, 3)), [], 8, r"picture must be a uint8 array .* got float64 \(9, 9, 3\)"),
        (np.zeros((0, 9, 3), np.uint8), [], 8, r"picture must be a uint8 array .* got uint8 \(0, 9, 3\)"),
        (grey(), np.zeros((1, 19)), 8, r"shape \(n, 20\); got \(1, 19\)"),
        (grey(), [row(nose=7)], 8, "Skeleton 0 names the nose with id 7"),
        (grey(), [], 0, "resize_fac must be above 0, .*; got 0"),
        (grey(), [], float("nan"), "resize_fac must be above 0, .*; got nan"),
    ],
    ids=["grey", "float", "empty", "19 columns", "unknown id", "no pixels", "nan"],
)
def test_draw_refuses_bad_arguments(picture, rows, resize_fac, message):
    with pytest.raises(ValueError, match=message):
        draw(CONFIG, picture, COORDS, rows, resize_fac)


@given(st.lists(st.tuples(st.floats(-30, 190), st.floats(-30, 190)), min_size=18, max_size=18))
@settings(max_examples=50)
def test_draw_accepts_any_pose(points):
    coords = {part.name: [(*points[part], 1.0, int(part))] for part in CONFIG.body_parts}
    canvas = draw(CONFIG, grey(), coords, [[*range(18), 1.0, 18.0]])
    assert canvas.shape == (160, 160, 3)


def test_draw_is_quick_when_the_picture_is_large(benchmark):
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 1, (25, 18, 2)) * (300, 900) + rng.uniform(0, 1, (25, 1, 2)) * (3600, 2000)
    coords = {
        part.name: [(*points[person, part], 1.0, 18 * person + part) for person in range(25)]
        for part in CONFIG.body_parts
    }
    rows = np.column_stack((np.arange(450).reshape(25, 18), np.ones(25), np.full(25, 18)))
    benchmark(draw, CONFIG, grey(3000, 4000), coords, rows)
