import json
import tarfile
from itertools import pairwise

import cv2
import numpy as np
import pytest

from estimation.pictures import read_picture, write_picture
from estimation.training.dataset import load_examples
from estimation.training.packing import main, pack_photos

KIB = 1 / 1024


def a_picture(height, width, seed=0):
    """Draw grey noise, which JPEG cannot make small."""
    return np.repeat(np.random.default_rng(seed).integers(0, 256, (height, width, 1), np.uint8), 3, axis=-1)


def a_person(image_id, **changes):
    keypoints = np.zeros((17, 3))
    keypoints[5:9] = (10.5, 20.5, 2), (30.5, 20.5, 1), (40.5, 60.5, 2), (0.5, 100.5, 2)
    return {
        "id": 100 + image_id,
        "image_id": image_id,
        "category_id": 1,
        "iscrowd": 0,
        "num_keypoints": 4,
        "keypoints": keypoints.ravel().tolist(),
        "bbox": [4.0, 8.0, 40.0, 100.0],
        "area": 2000.0,
        "head_px": 12.0,
    } | changes


@pytest.fixture
def photos(tmp_path):
    """Write a data set: a large picture with a person, and a small one of another data set with somebody ignored."""
    folder = tmp_path / "photos"
    (folder / "images").mkdir(parents=True)
    write_picture(folder / "images" / "large.png", a_picture(160, 80))
    write_picture(folder / "images" / "small.jpg", a_picture(48, 64, seed=1))
    (folder / "images" / "unnamed.jpg").write_bytes(b"nobody speaks of it")
    images = [
        {"id": 7, "file_name": "large.png", "width": 80, "height": 160, "flickr_url": "far away"},
        {"id": 3, "file_name": "small.jpg", "width": 64, "height": 48, "dataset": "lspet", "persons_complete": 0},
    ]
    ignored = {"image_id": 3, "num_keypoints": 0, "bbox": [1.0, 2.0, 30.0, 40.0]}
    annotations = [a_person(7, segmentation=[[1, 2, 3]]), a_person(3), ignored, a_person(99)]
    return rewrite(folder, images=images, annotations=annotations, categories=[{"id": 1, "name": "person"}])


def rewrite(folder, **changes):
    path = folder / "annotations.json"
    coco = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(coco | changes))
    return folder


def pack(photos, name="parts", **options):
    return pack_photos(photos, photos.parent / name, **options)


def unpack(parts):
    folder = parts[0].parent / "unpacked"
    for part in parts:
        with tarfile.open(part) as tar:
            tar.extractall(folder, filter="data")
    return folder


def assert_same(found, expected):
    for name in ("keypoints", "labelled", "boxes", "areas", "head_sizes_px", "ignored_boxes"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=0.01, err_msg=name)
    assert (found.is_complete, found.has_faces) == (expected.is_complete, expected.has_faces)


def test_packed_photos_are_the_same_examples(photos):
    before, after = load_examples(photos), load_examples(unpack(pack(photos)))

    assert list(after) == list(before) == [7, 3]
    for image_id, example in after.items():
        assert_same(example, before[image_id])
        pictures = [read_picture(path).astype(int) for path in (example.path, before[image_id].path)]
        assert np.abs(pictures[0] - pictures[1]).mean() < 25


def test_packing_shrinks_what_is_in_a_picture_with_it(photos):
    example = load_examples(unpack(pack(photos, longest_px=40)))[7]

    # A quarter of 160 pixels. Pixel 10.5 ends where 11 of 80 columns do: at 2.75 of 20.
    assert read_picture(example.path).shape == (40, 20, 3)
    points = example.keypoints[0][example.labelled[0]]
    assert (11 / 4 - 0.5, 21 / 4 - 0.5) in {tuple(point) for point in points.tolist()}
    assert example.labelled[0].sum() == 5  # with the neck
    assert example.boxes.tolist() == [[1, 2, 10, 25]]
    assert example.areas.tolist() == [125]
    assert example.head_sizes_px.tolist() == [3]


def test_packing_shrinks_boxes_of_ignored_persons(photos):
    example = load_examples(unpack(pack(photos, longest_px=32)))[3]

    assert example.ignored_boxes.tolist() == [[0.5, 1, 15, 20]]


def test_packing_leaves_unlabelled_keypoints_at_zero(photos):
    coco = json.loads((unpack(pack(photos, longest_px=40)) / "annotations.json").read_text())

    assert coco["annotations"][0]["keypoints"][:15] == [0] * 15


def test_packing_keeps_only_what_is_read(photos):
    folder = unpack(pack(photos))

    coco = json.loads((folder / "annotations.json").read_text())
    assert coco["images"][0] == {"id": 7, "file_name": "000000000007.jpg", "width": 80, "height": 160}
    assert coco["categories"] == [{"id": 1, "name": "person"}]
    assert [person["image_id"] for person in coco["annotations"]] == [7, 3, 3]
    assert "segmentation" not in coco["annotations"][0]
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    assert files == ["annotations.json", "images/000000000003.jpg", "images/000000000007.jpg"]


def test_packing_leaves_a_jpeg_file_as_it_is_that_would_only_grow(photos):
    small = photos / "images" / "small.jpg"
    cv2.imwrite(str(small), a_picture(48, 64), [cv2.IMWRITE_JPEG_QUALITY, 30])
    better = unpack(pack(photos, "better", quality=85)) / "images" / "000000000003.jpg"
    worse = unpack(pack(photos, "worse", quality=5)) / "images" / "000000000003.jpg"

    assert better.read_bytes() == small.read_bytes()
    assert worse.stat().st_size < small.stat().st_size


def test_packing_shrinks_a_jpeg_file_even_if_it_grows(photos):
    cv2.imwrite(str(photos / "images" / "small.jpg"), a_picture(48, 64), [cv2.IMWRITE_JPEG_QUALITY, 5])
    packed = unpack(pack(photos, longest_px=60, quality=100)) / "images" / "000000000003.jpg"

    assert packed.stat().st_size > (photos / "images" / "small.jpg").stat().st_size
    assert read_picture(packed).shape == (45, 60, 3)


def test_parts_are_full_and_at_most_as_large_as_asked(photos):
    parts = pack(photos, part_mib=20 * KIB, quality=100)

    assert [part.name for part in parts] == ["photos-00.tar", "photos-01.tar"]
    assert all(part.stat().st_size <= 20 * 1024 for part in parts)
    with tarfile.open(parts[0]) as first, tarfile.open(parts[1]) as second:
        assert [first.getnames(), second.getnames()] == [
            ["annotations.json", "images/000000000007.jpg"],
            ["images/000000000003.jpg"],
        ]


def test_a_part_begins_only_where_the_one_before_is_full(photos):
    rewrite(photos, images=[{"id": number, "file_name": "small.jpg"} for number in range(1, 31)])
    sizes = []
    for part in pack(photos, part_mib=30 * KIB):
        with tarfile.open(part) as tar:
            sizes.append([512 + -(-info.size // 512) * 512 for info in tar])

    assert len(sizes) > 2
    assert sum(map(len, sizes)) == 31
    for part, following in pairwise(sizes):
        assert sum(part) + following[0] > 29 * 1024


def test_parts_have_the_same_bytes_every_time(photos, tmp_path):
    first = pack(photos, part_mib=20 * KIB, quality=100)
    for path in photos.rglob("*.*"):
        path.touch()
    second = pack(photos, "again", part_mib=20 * KIB, quality=100)

    assert [part.read_bytes() for part in first] == [part.read_bytes() for part in second]
    with tarfile.open(first[0]) as tar:
        assert {(info.mtime, info.uid, info.gid, info.uname, info.mode) for info in tar} == {(0, 0, 0, "", 0o644)}


def test_packing_refuses_a_file_larger_than_a_part(photos):
    message = r"fit into a part of 0\.00976562 MiB; images/000000000007\.jpg has 0\.0\d+ MiB\. Allow larger parts"
    with pytest.raises(ValueError, match=message):
        pack(photos, part_mib=10 * KIB, quality=100)

    assert not (photos.parent / "parts").exists()


@pytest.mark.parametrize(
    ("name", "got"),
    [
        pytest.param("../secret.png", r"'\.\./secret\.png'", id="up"),
        pytest.param("a/../../secret.png", r"'a/\.\./\.\./secret\.png'", id="down_and_up"),
        pytest.param("/secret.png", "'/secret.png'", id="absolute"),
    ],
)
def test_packing_reads_no_picture_outside_the_data_set(photos, name, got):
    write_picture(photos / "secret.png", a_picture(32, 32))
    rewrite(photos, images=[{"id": 7, "file_name": name}])

    with pytest.raises(ValueError, match=rf"must lie in the data set's folder; got the name {got}"):
        pack(photos)


@pytest.mark.parametrize(
    ("ids", "got"),
    [
        pytest.param((7, 7), "7 for small.jpg", id="twice"),
        pytest.param(("../7", 3), r"'\.\./7' for large.png", id="text"),
    ],
)
def test_packing_refuses_ids_that_are_no_numbers_of_their_own(photos, ids, got):
    names = ("large.png", "small.jpg")
    rewrite(photos, images=[{"id": i, "file_name": name} for i, name in zip(ids, names, strict=True)])

    with pytest.raises(ValueError, match=f"must have a whole number of its own as id; got {got}"):
        pack(photos)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"part_mib": -1}, "The part must be a number from 0 to 1048576; got -1"),
        ({"part_mib": float("nan")}, "The part must be .*; got nan"),
        ({"longest_px": 0}, "The longest side must be a number from 32 to 32768; got 0"),
        ({"quality": 101}, "The quality must be a number from 1 to 100; got 101"),
    ],
    ids=["part", "no number", "longest side", "quality"],
)
def test_packing_refuses_numbers_out_of_range(photos, options, message):
    with pytest.raises(ValueError, match=message):
        pack(photos, **options)


def test_packing_refuses_a_folder_with_parts(photos):
    pack(photos)

    with pytest.raises(ValueError, match=r"must hold none yet; .*parts does\. Delete them"):
        pack(photos)


def test_packing_refuses_a_picture_that_cannot_be_read(photos):
    (photos / "images" / "large.png").write_bytes(b"no picture")

    with pytest.raises(ValueError, match=r"large\.png must be a picture .* OpenCV cannot decode it"):
        pack(photos)


def test_main_packs_and_lists_the_parts(photos, tmp_path, capsys):
    code = main(["--photos", str(photos), "--out", str(tmp_path / "out"), "--part-mib", "1", "--longest", "64"])

    assert code == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'photos-00.tar'}: 0.0 MiB\n"


def test_main_says_in_one_sentence_what_is_no_data_set(tmp_path, capsys):
    code = main(["--photos", str(tmp_path), "--out", str(tmp_path / "out")])

    assert code == 2
    assert capsys.readouterr().err.startswith("packing: A data set needs COCO keypoints in a JSON file; ")
