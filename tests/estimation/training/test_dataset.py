import json

import numpy as np
import pytest

from estimation.config import BodyPart
from estimation.training.dataset import held_out, load_examples, parts_from_coco


@pytest.fixture
def standing(coco_keypoints):
    return coco_keypoints(nose=(50, 20), left_shoulder=(60, 40), right_shoulder=(40, 40), left_hip=(56, 80))


@pytest.fixture
def data_set(tmp_path):
    """Give the function that writes a data set of one image; the arguments are its persons and what is said of it."""

    def write(annotations, **image):
        entry = {"id": 7, "file_name": "one.png", **image}
        coco = {"images": [entry], "annotations": [{"image_id": 7, "area": 900, **person} for person in annotations]}
        (tmp_path / "annotations.json").write_text(json.dumps(coco), encoding="utf-8")
        return tmp_path

    return write


def test_parts_from_coco_puts_the_neck_between_the_shoulders(standing):
    points, labelled = parts_from_coco([standing])

    assert points[0, BodyPart.neck].tolist() == [50, 40]
    assert points[0, BodyPart.left_hip].tolist() == [56, 80]
    assert {BodyPart(part).name for part in np.flatnonzero(labelled[0])} == {
        "nose",
        "neck",
        "left_shoulder",
        "right_shoulder",
        "left_hip",
    }


def test_parts_from_coco_has_no_neck_without_both_shoulders(coco_keypoints):
    _, labelled = parts_from_coco([coco_keypoints(left_shoulder=(60, 40))])

    assert np.flatnonzero(labelled[0]).tolist() == [BodyPart.left_shoulder]


def test_parts_from_coco_of_nobody_are_empty():
    points, labelled = parts_from_coco([])

    assert (points.shape, labelled.shape) == ((0, 18, 2), (0, 18))


def test_load_examples_sets_unlabelled_persons_aside(data_set, standing):
    folder = data_set(
        [
            {"keypoints": standing, "num_keypoints": 4, "bbox": [30, 10, 40, 80]},
            {"keypoints": [0] * 51, "num_keypoints": 0, "bbox": [0, 0, 20, 20]},
        ]
    )

    example = load_examples(folder)[7]

    assert example.path == folder / "one.png"
    assert example.boxes.tolist() == [[30, 10, 40, 80]]
    assert example.areas.tolist() == [900]
    assert np.isnan(example.head_sizes_px).tolist() == [True]
    assert example.ignored_boxes.tolist() == [[0, 0, 20, 20]]
    assert example.is_complete
    assert example.has_faces


def test_load_examples_keeps_pictures_of_nobody(data_set):
    example = load_examples(data_set([]))[7]

    assert (example.keypoints.shape, example.boxes.shape) == ((0, 18, 2), (0, 4))


@pytest.mark.parametrize(
    ("image", "is_complete", "has_faces"),
    [({"persons_complete": 0}, False, True), ({"dataset": "lspet"}, True, False)],
    ids=["others unlabelled", "no faces"],
)
def test_load_examples_says_what_is_not_labelled(data_set, image, is_complete, has_faces):
    example = load_examples(data_set([], **image))[7]

    assert (example.is_complete, example.has_faces) == (is_complete, has_faces)


def test_load_examples_finds_pictures_in_their_own_folder(data_set):
    folder = data_set([])
    (folder / "images").mkdir()

    assert load_examples(folder)[7].path == folder / "images" / "one.png"


def test_load_examples_refuses_a_folder_without_annotations(tmp_path):
    with pytest.raises(
        ValueError, match=r"COCO keypoints in a JSON file; got FileNotFoundError.* from .*annotations\.json"
    ):
        load_examples(tmp_path)


@pytest.mark.parametrize(
    ("content", "culprit"),
    [
        ("{", "JSONDecodeError"),
        ('{"images": []}', "KeyError.*annotations"),
        ('{"images": [{"id": 1}], "annotations": []}', "KeyError.*file_name"),
        ('{"images": [{"id": 1, "file_name": "a"}], "annotations": [3]}', "TypeError"),
    ],
    ids=["no JSON", "no annotations", "no file name", "no annotation"],
)
def test_load_examples_refuses_what_is_not_coco(tmp_path, content, culprit):
    (tmp_path / "annotations.json").write_text(content)

    with pytest.raises(ValueError, match=rf"COCO keypoints in a JSON file; got {culprit}"):
        load_examples(tmp_path)


def test_held_out_is_every_sixth_id_where_nobody_is_missing(tmp_path, write_photos):
    images = {number: {"persons_complete": int(number != 12)} for number in range(20)}

    assert list(held_out(load_examples(write_photos(tmp_path, images)))) == [0, 6, 18]
