from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from estimation.joints import MpiiJoint
from estimation.methods.people import Person, mean_pose, mpii_joints, people_in_example, people_in_scene
from estimation.methods.samples import (
    Window,
    cut_samples,
    photographed_samples,
    rendered_samples,
    window_around,
)
from estimation.pictures import write_picture
from estimation.training.dataset import load_examples
from estimation.training.render import render_folder
from estimation.training.scenes import render_row

NO_BOX = np.full(4, np.nan, np.float32)


def person(box, mask=None, **places):
    joints = np.full((16, 2), np.nan, np.float32)
    for name, xy in places.items():
        joints[MpiiJoint[name]] = xy
    return Person(joints, np.array(box, np.float32), NO_BOX, mask)


def dotted(x, y, height=100, width=140):
    picture = np.zeros((height, width, 3), np.uint8)
    picture[y - 1 : y + 2, x - 1 : x + 2] = 255
    return picture


def test_rendered_people_have_all_of_mpiis_joints():
    scene = render_row(np.random.default_rng(3), 200, 240, 2)
    for whole, rendered in zip(people_in_scene(scene), scene.persons, strict=True):
        assert np.isfinite(whole.joints).all()
        hips = whole.joints[[MpiiJoint.right_hip, MpiiJoint.left_hip]]
        np.testing.assert_allclose(whole.joints[MpiiJoint.pelvis], hips.mean(axis=0), atol=1e-3)
        np.testing.assert_array_equal(whole.joints[[MpiiJoint.head_top, MpiiJoint.upper_neck]], rendered.head.points)
        np.testing.assert_array_equal(whole.joints[MpiiJoint.thorax], rendered.keypoints[1])
        assert whole.mask.sum() == rendered.area


def test_a_person_who_is_hidden_has_no_labelled_joint():
    scene = render_row(np.random.default_rng(3), 200, 240, 1)
    hidden = replace(scene, persons=(replace(scene.persons[0], visibility=np.ones(18, int)),))

    assert not np.isfinite(people_in_scene(hidden)[0].joints).any()


def test_a_pelvis_needs_both_hips():
    points, labelled = np.ones((18, 2), np.float32), np.ones(18, bool)
    labelled[8] = False

    joints = mpii_joints(points, labelled)

    unknown = np.flatnonzero(np.isnan(joints).any(axis=-1)).tolist()
    assert unknown == [MpiiJoint.right_hip, MpiiJoint.pelvis, MpiiJoint.upper_neck, MpiiJoint.head_top]


def test_squares_show_each_person_and_know_the_way_back():
    samples = cut_samples([(dotted(70, 40), [person((60, 20, 20, 40), right_wrist=(70, 40))])], 64)

    x, y = samples.joints[0, MpiiJoint.right_wrist]
    assert samples.squares[0, round(float(y)), round(float(x))].tolist() == [255] * 3
    assert samples.windows[0] == Window(45, 15, 50, 64)
    assert samples.windows[0].to_picture(samples.joints[0, MpiiJoint.right_wrist]).tolist() == [70, 40]
    assert samples.labelled[0].sum() == 1
    assert not samples.has_mask[0]


@pytest.mark.parametrize("size_px", [16, 64, 120])
def test_squares_keep_the_middle_of_a_dot(size_px):
    (square,) = cut_samples([(dotted(71, 42), [person((60, 20, 25, 40), right_wrist=(71, 42))])], size_px).squares
    joint = cut_samples([(dotted(71, 42), [person((60, 20, 25, 40), right_wrist=(71, 42))])], size_px).joints[0, 10]

    light = square[..., 0].astype(float)
    light[square[..., 0] == 128] = 0
    rows, columns = np.indices(light.shape)
    np.testing.assert_allclose(
        joint, ((light * columns).sum(), (light * rows).sum()) / light.sum(), atol=0.02 * size_px
    )


def test_squares_are_grey_beyond_the_picture():
    (square,) = cut_samples([(dotted(70, 40), [person((-20, 0, 40, 100), right_wrist=(10, 40))])], 50).squares

    assert (square[:, :20] == 128).all()
    assert (square[10:40, 35:] == 0).all()


def test_squares_of_absurd_boxes_fit_into_memory():
    samples = cut_samples([(dotted(70, 40), [person((-1e9, -1e9, 3e9, 3e9), right_wrist=(70, 40))])], 64)

    assert samples.windows[0].side_px < 1000


def test_masks_and_heads_are_cut_with_the_square():
    mask = np.zeros((100, 140), bool)
    mask[20:60, 60:80] = True
    somebody = replace(person((60, 20, 20, 40), mask, right_wrist=(70, 40)), head_box=np.array([65, 20, 10, 10]))

    samples = cut_samples([(dotted(70, 40), [somebody])], 50)

    assert samples.masks[0].sum() == mask.sum()
    assert samples.masks[0][5:45, 15:35].all()
    assert samples.head_boxes[0].tolist() == [20, 5, 10, 10]
    assert samples.has_mask.all()


def test_lengths_are_in_pixels_of_the_square():
    places = {"left_shoulder": (80, 20), "right_hip": (50, 60), "head_top": (60, 0), "upper_neck": (60, 15)}
    samples = cut_samples([(dotted(70, 40), [person((40, 0, 20, 80), **places)])], 50)

    assert {name: length.tolist() for name, length in samples.lengths_px.items() if name != "head size"} == {
        "torso": [pytest.approx(25)],
        "head bone": [pytest.approx(7.5)],
    }
    assert np.isnan(samples.lengths_px["head size"]).all()


def test_people_without_a_square_are_left_out_and_counted():
    people = [
        person((60, 20, 20, 40), right_wrist=(70, 40)),
        person((60, 20, 20, 40)),
        person((60, 20, 0, 40), right_wrist=(70, 40)),
        person((60, 20, np.nan, 40), right_wrist=(70, 40)),
        person((140, 20, 20, 40), right_wrist=(150, 40)),
        person((10, -40, 20, 40), right_wrist=(15, -20)),
        person((-20, 20, 20, 40), right_wrist=(-5, 40)),
        person((60, 100, 20, 40), right_wrist=(70, 120)),
    ]

    samples = cut_samples([(dotted(70, 40), people)], 64)

    assert len(samples) == 1
    assert samples.describe_left_out() == (
        "Left out: 2 in a box of no area, 4 wholly outside the picture, 1 without a labelled joint."
    )


@pytest.mark.parametrize(
    ("people", "size_px", "message"),
    [
        ([], 64, r"at least one person with a labelled joint; got nobody at all\. Name another folder"),
        ([person((60, 20, 20, 40))], 64, r"with a labelled joint; got 1 without a labelled joint\. Name"),
        ([], 7, r"at least 8 px wide; got 7\. Ask for larger"),
    ],
    ids=["nobody", "nobody labelled", "too small"],
)
def test_samples_refuse_what_makes_none(people, size_px, message):
    with pytest.raises(ValueError, match=message):
        cut_samples([(dotted(70, 40), people)], size_px)


def test_rendered_samples_are_the_same_for_the_same_seed():
    few, more, others = (
        rendered_samples(3, 32, seed=1),
        rendered_samples(5, 32, seed=1),
        rendered_samples(3, 32, seed=2),
    )

    assert (len(few), len(more)) == (3, 5)
    np.testing.assert_array_equal(few.squares, more.squares[:3])
    np.testing.assert_array_equal(few.joints, more.joints[:3])
    assert (few.squares != others.squares).any()
    assert few.has_mask.all()
    assert few.masks.any(axis=(1, 2)).all()


def test_samples_come_from_annotated_pictures_too(tmp_path):
    render_folder(tmp_path, 4, seed=1, workers=1)
    examples = list(load_examples(tmp_path).values())
    n_people = sum(len(example.boxes) for example in examples)
    write_picture(tmp_path / "000000.jpg", np.zeros((4, 4, 3), np.uint8))  # its people are outside now
    (tmp_path / "000001.jpg").write_bytes(b"no picture")

    samples = photographed_samples(examples, 48)

    assert len(samples) + samples.left_out.total() == n_people
    assert samples.left_out["in a picture that cannot be read"] == len(examples[1].boxes)
    assert samples.has_mask.all()
    assert samples.masks.any(axis=(1, 2)).all()
    assert np.isfinite(samples.lengths_px["head size"]).all()


def test_masks_must_be_as_large_as_their_pictures():
    somebody = person((60, 20, 20, 40), np.ones((20, 30), bool), right_wrist=(70, 40))

    with pytest.raises(ValueError, match=r"must be as large as the picture, \(100, 140\); got \(20, 30\)\. Write"):
        cut_samples([(dotted(70, 40), [somebody])], 64)


def test_people_of_examples_have_heads_where_the_file_says(tmp_path):
    render_folder(tmp_path, 2, seed=1, workers=1)
    (example, *_) = load_examples(tmp_path).values()

    for somebody, points in zip(people_in_example(example), example.head_points, strict=True):
        np.testing.assert_array_equal(somebody.joints[[MpiiJoint.head_top, MpiiJoint.upper_neck]], points)


def test_windows_are_a_quarter_wider_than_the_longer_side():
    assert window_around(np.array([10, 20, 40, 80]), 64) == Window(-20, 10, 100, 64)


def test_mean_pose_averages_what_is_labelled():
    poses = np.full((2, 16, 2), np.nan, np.float32)
    poses[0, 0], poses[1, 0], poses[1, 1] = (0.2, 0.4), (0.4, 0.4), (0.1, 0.9)

    mean = mean_pose(poses)

    np.testing.assert_allclose(mean[:3], [(0.3, 0.4), (0.1, 0.9), (0.5, 0.5)], atol=1e-6)


def test_left_out_is_a_sentence_or_nothing():
    samples = rendered_samples(1, 32, seed=1)

    assert replace(samples, left_out=Counter()).describe_left_out() == ""
