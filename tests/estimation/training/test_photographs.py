import numpy as np
import pytest

from estimation.pictures import write_picture
from estimation.training.dataset import load_examples
from estimation.training.photographs import LARGEST_SIDE_PX, decode, describe_faults


@pytest.fixture
def examples(write_photos, tmp_path):
    return list(load_examples(write_photos(tmp_path, {number: {} for number in range(1, 5)})).values())


def test_pictures_are_in_memory_in_their_order(examples):
    photographs, faults = decode(examples)

    assert faults == []
    assert [photograph.example for photograph in photographs] == examples
    assert all(photograph.picture.shape == (64, 64, 3) for photograph in photographs)
    assert photographs[0].picture.dtype == np.uint8


def test_broken_pictures_are_left_out_counted_and_named(examples):
    examples[1].path.write_bytes(b"no picture")
    examples[3].path.unlink()

    photographs, faults = decode(examples)

    assert [photograph.example.path.name for photograph in photographs] == ["1.png", "3.png"]
    told = describe_faults(faults)
    assert told.startswith("2 pictures are left out. ")
    assert f"{examples[1].path} must be a picture such as a JPEG or PNG file; OpenCV cannot decode it." in told
    assert f"{examples[3].path} must be a picture file; there is no such file." in told


def test_many_broken_pictures_are_counted_and_the_first_named():
    told = describe_faults([f"{number}.jpg is empty." for number in range(9)])

    assert (
        told == f"9 pictures are left out. {' '.join(f'{number}.jpg is empty.' for number in range(5))} ... and 4 more"
    )


def test_one_broken_picture_is_one():
    assert describe_faults(["a.jpg is empty."]) == "1 picture is left out. a.jpg is empty."


def test_large_pictures_are_shrunk_with_their_labels(examples):
    large = np.zeros((1000, 800, 3), np.uint8)
    large[500:520, 200:220] = 255
    write_picture(examples[0].path, large)
    examples[0].keypoints[0, 3] = 209.5, 509.5  # the middle of the white square
    examples[0].boxes[0] = 200, 500, 20, 20

    (small,), _ = decode(examples[:1])

    assert small.picture.shape == (LARGEST_SIDE_PX, LARGEST_SIDE_PX * 4 // 5, 3)
    rows, columns = np.nonzero(small.picture[..., 0] > 128)
    np.testing.assert_allclose(small.example.keypoints[0, 3], (columns.mean(), rows.mean()), atol=1e-3)
    np.testing.assert_allclose(small.example.boxes[0], (80, 200, 8, 8))
