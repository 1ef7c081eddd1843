import json

import numpy as np
import pytest

from estimation.config import COCO_PARTS, N_HEATMAPS, N_PAFS, BodyPart
from estimation.pictures import write_picture
from estimation.training.dataset import is_held_out, load_examples, parts_from_coco, training_pair

HEATMAPS = slice(N_PAFS, N_PAFS + N_HEATMAPS)
WEIGHTS = slice(N_PAFS + N_HEATMAPS, None)


def coco_keypoints(**points):
    """Write named points as COCO's flat list of 51 numbers."""
    flat = []
    for part in COCO_PARTS:
        flat += [*points[part.name], 2] if part.name in points else [0, 0, 0]
    return flat


STANDING = coco_keypoints(nose=(50, 20), left_shoulder=(60, 40), right_shoulder=(40, 40), left_hip=(56, 80))


@pytest.fixture
def data_set(tmp_path):
    """Write a data set of one grey picture, 100 px square; the arguments change its one image and its persons."""

    def write(annotations, **image):
        picture = np.full((100, 100, 3), 120, np.uint8)
        write_picture(tmp_path / "one.png", picture)
        entry = {"id": 7, "file_name": "one.png", "width": 100, "height": 100, **image}
        coco = {"images": [entry], "annotations": [{"image_id": 7, "area": 900, **person} for person in annotations]}
        (tmp_path / "annotations.json").write_text(json.dumps(coco), encoding="utf-8")
        return tmp_path

    return write


def test_parts_from_coco_puts_the_neck_between_the_shoulders():
    points, labelled = parts_from_coco([STANDING])

    assert points[0, BodyPart.neck].tolist() == [50, 40]
    assert points[0, BodyPart.left_hip].tolist() == [56, 80]
    assert {BodyPart(part).name for part in np.flatnonzero(labelled[0])} == {
        "nose",
        "neck",
        "left_shoulder",
        "right_shoulder",
        "left_hip",
    }


def test_parts_from_coco_has_no_neck_without_both_shoulders():
    _, labelled = parts_from_coco([coco_keypoints(left_shoulder=(60, 40))])

    assert np.flatnonzero(labelled[0]).tolist() == [BodyPart.left_shoulder]


def test_load_examples_sets_unlabelled_persons_aside(data_set):
    folder = data_set(
        [
            {"keypoints": STANDING, "num_keypoints": 4, "bbox": [30, 10, 40, 80]},
            {"keypoints": [0] * 51, "num_keypoints": 0, "bbox": [0, 0, 20, 20]},
        ]
    )

    example = load_examples(folder)[7]

    assert example.path == folder / "one.png"
    assert example.boxes.tolist() == [[30, 10, 40, 80]]
    assert example.ignored_boxes.tolist() == [[0, 0, 20, 20]]
    assert example.is_complete
    assert example.has_faces


def test_load_examples_refuses_a_folder_without_annotations(tmp_path):
    with pytest.raises(ValueError, match=r"COCO keypoints in a JSON file; .*annotations\.json gives FileNotFoundError"):
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

    with pytest.raises(ValueError, match=rf"COCO keypoints in a JSON file; .* gives {culprit}"):
        load_examples(tmp_path)


def test_held_out_is_every_sixth_id():
    assert [image_id for image_id in range(20) if is_held_out(image_id)] == [0, 6, 12, 18]


def test_training_pair_is_the_same_for_the_same_seed(data_set):
    example = load_examples(data_set([{"keypoints": STANDING, "num_keypoints": 4, "bbox": [30, 10, 40, 80]}]))[7]

    first = training_pair(example, 64, np.random.default_rng(3))
    again = training_pair(example, 64, np.random.default_rng(3))
    other = training_pair(example, 64, np.random.default_rng(4))

    assert first[0].shape == (64, 64, 3)
    assert first[0].dtype == np.uint8
    assert first[1].shape == (8, 8, 2 * (N_PAFS + N_HEATMAPS))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_training_pair_keeps_sides_the_persons_own(data_set):
    # Left of the picture's middle everything is red, right of it blue; the right shoulder is on red.
    folder = data_set([{"keypoints": STANDING, "num_keypoints": 4, "bbox": [30, 10, 40, 80]}])
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:, :50, 0] = picture[:, 50:, 2] = 255
    write_picture(folder / "one.png", picture)
    example = load_examples(folder)[7]

    sides = set()
    for seed in range(12):
        square, targets = training_pair(example, 128, np.random.default_rng(seed))
        right = np.unravel_index(targets[..., HEATMAPS][..., BodyPart.right_shoulder].argmax(), (16, 16))
        left = np.unravel_index(targets[..., HEATMAPS][..., BodyPart.left_shoulder].argmax(), (16, 16))
        red, _, blue = square[right[0] * 8 + 4, right[1] * 8 + 4].astype(int)
        sides.add((bool(red > blue), bool(right[1] < left[1])))

    # Mirrored or not, the person's right is left of her left: mirroring exchanges the parts with the sides.
    assert {is_left for _, is_left in sides} == {True}
    assert {is_red for is_red, _ in sides} == {True, False}


def test_training_pair_ignores_persons_without_labels(data_set):
    example = load_examples(data_set([{"keypoints": [0] * 51, "num_keypoints": 0, "bbox": [0, 0, 100, 100]}]))[7]

    _, targets = training_pair(example, 64, np.random.default_rng(0))

    assert targets[4, 4, WEIGHTS].tolist() == [0] * (N_PAFS + N_HEATMAPS)


def test_training_pair_trusts_only_boxes_when_others_are_unlabelled(data_set):
    person = {"keypoints": STANDING, "num_keypoints": 4, "bbox": [45, 45, 10, 10]}
    example = load_examples(data_set([person], persons_complete=0))[7]

    _, targets = training_pair(example, 64, np.random.default_rng(0))

    assert 0 < targets[..., WEIGHTS][..., 0].mean() < 0.9
    assert set(np.unique(targets[..., WEIGHTS])) == {0, 1}


def test_training_pair_does_not_teach_missing_faces(data_set):
    person = {"keypoints": STANDING, "num_keypoints": 4, "bbox": [0, 0, 100, 100]}
    example = load_examples(data_set([person], persons_complete=0, dataset="lspet"))[7]

    _, targets = training_pair(example, 64, np.random.default_rng(0))

    weights = targets[..., WEIGHTS].any(axis=(0, 1))
    unknown = {BodyPart(channel - N_PAFS).name for channel in np.flatnonzero(~weights) if channel >= N_PAFS}
    assert unknown == {"nose", "right_eye", "left_eye", "right_ear", "left_ear", "background"}
    assert (~weights[:N_PAFS]).sum() == 2 * 7  # the seven limbs that end in the face
