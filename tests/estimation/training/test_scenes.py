"""Drawn people: the same seed gives the same bytes, and every keypoint lies where the picture shows it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.config import BodyPart
from estimation.training import scenes
from estimation.training.drawing.placements import Placement
from estimation.training.drawing.skeletons import Pose, Proportions
from estimation.training.scenes import OBJECT, RenderedPerson, RenderedScene, render_crowd, render_row, render_scene

seeds = st.integers(0, 2**32 - 1)
FACE = [BodyPart.nose, BodyPart.right_eye, BodyPart.left_eye]


def draw(seed: int, n_persons: int = 2, **options) -> RenderedScene:
    return render_scene(np.random.default_rng(seed), 128, 160, n_persons, **options)


def draw_alone(*, foot: tuple[float, float] = (80.0, 190.0), yaw: float = 0.0, seed: int = 0) -> RenderedScene:
    placement = Placement(foot, 170.0, Pose(), Proportions(), yaw=yaw)
    return scenes._render(np.random.default_rng(seed), (200, 160), [placement], 100.0)


def owner_at(scene: RenderedScene, keypoint: np.ndarray) -> int:
    column, row = np.floor(keypoint + 0.5).astype(int)
    return int(scene.owners[row, column])


def row_of(n_persons: int, **options) -> tuple[RenderedPerson, ...]:
    """People from left to right."""
    return render_row(np.random.default_rng(5), 240, 120 * n_persons, n_persons, **options).persons


def is_left_of(a: np.ndarray, b: np.ndarray, point: np.ndarray) -> bool:
    (dx, dy), (px, py) = b - a, point - a
    return bool(dx * py > dy * px)


def test_render_scene_repeats_for_same_seed():
    first, second = draw(3), draw(3)
    assert first.picture.tobytes() == second.picture.tobytes()
    for a, b in zip(first.persons, second.persons, strict=True):
        np.testing.assert_array_equal(a.keypoints, b.keypoints)
        np.testing.assert_array_equal(a.visibility, b.visibility)


def test_render_scene_differs_for_other_seed():
    assert draw(3).picture.tobytes() != draw(4).picture.tobytes()


def test_render_scene_gives_documented_types():
    scene = draw(1, n_persons=3)
    person = scene.persons[0]
    assert (scene.picture.shape, scene.picture.dtype) == ((128, 160, 3), np.uint8)
    assert (scene.owners.shape, scene.owners.dtype) == ((128, 160), np.int16)
    assert (person.keypoints.shape, person.keypoints.dtype) == ((18, 2), np.float32)
    assert (person.visibility.shape, person.visibility.dtype) == ((18,), np.int64)
    assert (person.box.shape, person.box.dtype) == ((4,), np.float32)


def test_render_scene_draws_background_without_persons():
    scene = draw(0, n_persons=0, occlusion=0)
    assert scene.persons == ()
    assert not scene.owners.any()


@pytest.mark.parametrize("seed", range(60))
def test_render_scene_draws_smallest_picture(seed):
    scene = render_scene(np.random.default_rng(seed), 32, 33, 2)
    assert scene.picture.shape == (32, 33, 3)


@settings(max_examples=25)
@given(seed=seeds)
def test_render_scene_labels_agree_with_owners(seed):
    scene = draw(seed, n_persons=3)
    for owner, person in enumerate(scene.persons, start=1):
        is_inside = ((person.keypoints > -0.5) & (person.keypoints < (159.5, 127.5))).all(axis=1)
        assert not person.visibility[~is_inside].any()
        for keypoint in person.keypoints[person.visibility == 2]:
            assert owner_at(scene, keypoint) == owner
        rows, columns = np.nonzero(scene.owners == owner)
        assert person.area == len(rows)
        x, y, width, height = person.box
        assert np.all((x <= columns) & (columns < x + width) & (y <= rows) & (rows < y + height))
        assert person.area <= width * height
        assert person.head_px > 4


@settings(max_examples=25)
@given(seed=seeds)
def test_render_scene_puts_neck_between_shoulders(seed):
    for person in draw(seed).persons:
        shoulders = person.keypoints[[BodyPart.right_shoulder, BodyPart.left_shoulder]]
        np.testing.assert_allclose(person.keypoints[BodyPart.neck], shoulders.mean(axis=0), atol=1e-3)


def test_render_scene_covers_persons_when_object_is_in_front():
    scenes = [draw(seed, n_persons=1, occlusion=1.0) for seed in range(12)]
    assert any((scene.owners == OBJECT).any() for scene in scenes)
    assert any(1 in scene.persons[0].visibility for scene in scenes)


def test_render_hides_face_of_somebody_seen_from_behind():
    person = draw_alone(yaw=180).persons[0]
    assert not person.visibility[FACE].any()
    assert person.visibility[np.setdiff1d(np.arange(18), [*FACE, BodyPart.right_ear, BodyPart.left_ear])].all()
    assert person.keypoints[BodyPart.right_shoulder][0] > person.keypoints[BodyPart.left_shoulder][0]


def test_render_hides_far_side_of_face_in_profile():
    person = draw_alone(yaw=90).persons[0]
    assert person.visibility[[BodyPart.left_eye, BodyPart.left_ear]].tolist() == [0, 0]
    assert person.visibility[BodyPart.nose] == 2
    assert person.keypoints[BodyPart.nose][0] > person.keypoints[BodyPart.right_ear][0]


def test_render_labels_person_outside_picture():
    scene = draw_alone(foot=(80.0, 900.0))
    person = scene.persons[0]
    assert not person.visibility.any()
    assert (person.area, person.box.tolist()) == (0, [0, 0, 0, 0])
    assert person.keypoints[BodyPart.neck][1] > 200


def test_render_labels_heads_that_look_ahead_upright():
    for person in row_of(4):
        (top_x, top_y), (neck_x, neck_y) = person.head.points
        x, y, width, height = person.head.box
        nose = person.keypoints[BodyPart.nose]
        assert person.head.visibility.tolist() == [2, 2]
        assert top_y < person.keypoints[BodyPart.left_eye][1] < neck_y < person.keypoints[BodyPart.neck][1]
        assert np.hypot(top_x - neck_x, top_y - neck_y) == pytest.approx(person.head_px, rel=0.12)
        assert x < nose[0] < x + width
        assert abs(y - top_y) < 0.1 * person.head_px
        assert 0.9 * person.head_px < height < 1.2 * person.head_px


def test_render_hides_the_head_of_somebody_outside_the_picture():
    person = draw_alone(foot=(80.0, 900.0)).persons[0]
    assert person.head.visibility.tolist() == [0, 0]
    assert person.head.points[0][1] < person.head.points[1][1]


def test_render_hides_the_neck_behind_long_hair():
    # From behind nothing else is before it; some of them have long hair.
    seen = {int(draw_alone(yaw=180, seed=seed).persons[0].head.visibility[1]) for seed in range(40)}
    assert seen == {1, 2}


def test_render_row_draws_persons_from_left_to_right():
    necks = [person.keypoints[BodyPart.neck][0] for person in row_of(4)]
    assert necks == sorted(necks)


@pytest.mark.parametrize("part", ["shoulder", "hip", "eye", "ear"])
def test_render_row_shows_right_side_on_left_of_picture(part):
    for person in row_of(4):
        assert person.keypoints[BodyPart[f"right_{part}"]][0] < person.keypoints[BodyPart[f"left_{part}"]][0]


def test_render_row_shows_whole_bodies():
    for person in row_of(4):
        # A head that is turned a little hides an ear.
        assert np.delete(person.visibility, [BodyPart.right_ear, BodyPart.left_ear]).all()
        assert np.count_nonzero(person.visibility == 2) >= 12
        np.testing.assert_array_less(person.head_px * 4, person.box[3])


def test_render_row_crosses_forearms_of_middle_pair():
    left, right = row_of(5, is_crossing=True)[1:3]
    a, b = left.keypoints[[BodyPart.left_elbow, BodyPart.left_wrist]]
    c, d = right.keypoints[[BodyPart.right_elbow, BodyPart.right_wrist]]
    assert is_left_of(a, b, c) != is_left_of(a, b, d)
    assert is_left_of(c, d, a) != is_left_of(c, d, b)


@pytest.mark.parametrize("n_persons", [1, 7, 25], ids=lambda n: f"{n}_persons")
def test_render_crowd_shows_most_of_everybody(n_persons):
    scene = render_crowd(np.random.default_rng(2), 480, 800, n_persons)
    assert len(scene.persons) == n_persons
    for person in scene.persons:
        assert np.count_nonzero(person.visibility == 2) >= 10


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(
            lambda rng: render_scene(rng, 31, 64, 1),
            r"at least 32 px high and wide; got \(31, 64\) for a scene\. Render it larger",
            id="small_scene",
        ),
        pytest.param(
            lambda rng: render_scene(rng, 64, 64, -1),
            r"at least 0 people; got -1 for 64 x 64 px\. Ask for more",
            id="negative_persons",
        ),
        pytest.param(
            lambda rng: render_scene(rng, 64, 64, 1, occlusion=1.5),
            r"occlusion must be a probability; got 1\.5 for a scene\. Pass a number from 0 to 1",
            id="improbable_occlusion",
        ),
        pytest.param(
            lambda rng: render_row(rng, 64, 64, 1, is_crossing=True),
            r"at least 2 people; got 1",
            id="crossing_alone",
        ),
        pytest.param(lambda rng: render_crowd(rng, 64, 64, 0), r"at least 1 people; got 0", id="empty_crowd"),
    ],
)
def test_render_refuses_arguments_out_of_limits(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))
