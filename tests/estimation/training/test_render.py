import contextlib
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from estimation.config import COCO_PARTS, BodyPart
from estimation.training.dataset import load_examples
from estimation.training.drawing.labels import RenderedHead
from estimation.training.render import render_folder, save_scene, write_annotations
from estimation.training.run_lengths import decode_mask, encode_mask
from estimation.training.scenes import RenderedPerson, render_row


def person(**changes):
    points = np.arange(36, dtype=np.float32).reshape(18, 2)
    return RenderedPerson(
        **{
            "keypoints": points,
            "visibility": np.full(18, 2),
            "box": np.array([1, 2, 30, 40], np.float32),
            "area": 500.0,
            "head_px": 12.0,
        }
        | changes
    )


def annotations_of(folder, *persons):
    write_annotations(folder, [("1.jpg", (60, 80), list(persons))])
    return json.loads((folder / "annotations.json").read_text(encoding="utf-8"))


def test_render_folder_is_the_same_for_the_same_seed(tmp_path):
    for name in ("first", "second"):
        render_folder(tmp_path / name, 3, seed=5, workers=1)

    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert files == ["000000.jpg", "000001.jpg", "000002.jpg", "annotations.json"]
    for name in files:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_render_folder_leaves_a_complete_folder_alone(tmp_path):
    render_folder(tmp_path, 1, seed=5, workers=1)
    (tmp_path / "000000.jpg").write_bytes(b"mine")

    render_folder(tmp_path, 1, seed=6, workers=1)

    assert (tmp_path / "000000.jpg").read_bytes() == b"mine"


def test_write_annotations_follows_coco(tmp_path):
    coco = annotations_of(tmp_path, person())

    assert coco["images"] == [{"id": 1, "file_name": "1.jpg", "height": 60, "width": 80}]
    (annotation,) = coco["annotations"]
    keypoints = np.reshape(annotation["keypoints"], (17, 3))
    assert keypoints[COCO_PARTS.index(BodyPart.left_wrist)].tolist() == [14, 15, 2]
    assert annotation["num_keypoints"] == 17
    assert annotation["bbox"] == [1, 2, 30, 40]
    assert annotation["area"] == 500
    assert annotation["image_id"] == 1
    assert coco["categories"][0]["keypoints"][:2] == ["nose", "left_eye"]
    assert [6, 8] in coco["categories"][0]["skeleton"]  # left shoulder to left elbow


def test_write_annotations_leaves_unlabelled_parts_at_zero(tmp_path):
    visibility = np.full(18, 2)
    visibility[BodyPart.nose] = 0
    visibility[BodyPart.left_eye] = 1

    (annotation,) = annotations_of(tmp_path, person(visibility=visibility))["annotations"]

    assert annotation["keypoints"][:6] == [0, 0, 0, 30, 31, 1]
    assert annotation["num_keypoints"] == 16


def test_write_annotations_boxes_a_person_who_is_hidden(tmp_path):
    visibility = np.ones(18, int)
    visibility[:3] = 2

    (annotation,) = annotations_of(tmp_path, person(visibility=visibility))["annotations"]

    assert annotation["num_keypoints"] == 0
    assert not any(annotation["keypoints"])
    assert annotation["bbox"] == [1, 2, 30, 40]


HEAD = RenderedHead(
    box=np.array([3, 4, 10.04, 12], np.float32),
    points=np.array([(8, 4.26), (8, 17)], np.float32),
    visibility=np.array([2, 0]),
)


def test_write_annotations_adds_what_coco_has_no_place_for(tmp_path):
    (annotation,) = annotations_of(tmp_path, person(head=HEAD))["annotations"]

    assert annotation["head_box"] == [3, 4, 10, 12]
    assert annotation["head_points"] == [8, 4.3, 2, 0, 0, 0]


def test_heads_are_read_as_they_were_written(tmp_path):
    annotations_of(tmp_path, person(head=HEAD), person())

    (example,) = load_examples(tmp_path).values()

    assert example.head_boxes[0].tolist() == [3, 4, 10, 12]
    np.testing.assert_allclose(example.head_points[0], [(8, 4.3), (np.nan, np.nan)], atol=1e-5)
    assert np.isnan(example.head_boxes[1]).all()
    assert np.isnan(example.head_points[1]).all()


def test_write_annotations_says_nothing_of_the_head_of_a_person_who_is_hidden(tmp_path):
    (annotation,) = annotations_of(tmp_path, person(head=HEAD, visibility=np.ones(18, int)))["annotations"]

    assert "head_box" not in annotation


def test_masks_are_read_as_they_were_written(tmp_path):
    mask = np.zeros((60, 80), bool)
    mask[10:30, 5:25] = True
    annotations_of(tmp_path, person(mask=encode_mask(mask)), person())

    (example,) = load_examples(tmp_path).values()

    np.testing.assert_array_equal(decode_mask(example.masks[0]), mask)
    assert example.masks[1] is None


def test_rendered_people_are_written_with_the_pixels_that_show_them(tmp_path):
    scene = render_row(np.random.default_rng(3), 64, 128, 2)

    name, size, persons = save_scene(tmp_path, "1.jpg", scene)
    write_annotations(tmp_path, [(name, size, persons)])

    (example,) = load_examples(tmp_path).values()
    masks = [decode_mask(mask) for mask in example.masks]
    np.testing.assert_array_equal(masks, [scene.owners == 1, scene.owners == 2])
    assert [mask.sum() for mask in masks] == example.areas.tolist()
    assert len(persons[0].mask["counts"]) > 20


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools about itself
def test_pycocotools_reads_the_masks(tmp_path):
    mask = np.arange(60 * 80).reshape(60, 80) % 11 < 4
    annotations_of(tmp_path, person(mask=encode_mask(mask)))

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(tmp_path / "annotations.json")

    np.testing.assert_array_equal(coco.annToMask(coco.anns[1]), mask)


def test_outlines_as_polygons_are_no_masks(tmp_path):
    coco = annotations_of(tmp_path, person())
    coco["annotations"][0]["segmentation"] = [[1, 1, 5, 1, 5, 5]]
    (tmp_path / "annotations.json").write_text(json.dumps(coco), encoding="utf-8")

    (example,) = load_examples(tmp_path).values()

    assert example.masks == (None,)
