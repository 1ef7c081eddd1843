import contextlib
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from estimation import pictures
from estimation.pictures import (
    PictureError,
    bgr_to_rgb,
    find_passed_over,
    find_pictures,
    read_picture,
    resize_picture,
    rgb_to_bgr,
    write_picture,
)

REPOSITORY = Path(__file__).resolve().parents[2]

RED_AND_BLUE = np.array([[[255, 0, 0], [0, 0, 255]]], dtype=np.uint8)
EXIF_TURN_RIGHT = 6


def encode(array, ending=".png"):
    return cv2.imencode(ending, array)[1].tobytes()


def with_exif_orientation(jpeg, orientation):
    """Insert an EXIF segment with nothing but the orientation (tag 0x112) after the start of a JPEG."""
    tiff = b"MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)
    segment = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


@pytest.mark.parametrize("ending", [".png", ".bmp", ".tif"])
def test_picture_survives_writing_and_reading(tmp_path, ending):
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    write_picture(tmp_path / f"out{ending}", rgb)
    np.testing.assert_array_equal(read_picture(tmp_path / f"out{ending}"), rgb)


def test_read_picture_gives_red_first(tmp_path):
    (tmp_path / "bgr.png").write_bytes(encode(RED_AND_BLUE[..., ::-1]))
    assert read_picture(tmp_path / "bgr.png").tolist() == RED_AND_BLUE.tolist()


@pytest.mark.parametrize("convert", [rgb_to_bgr, bgr_to_rgb], ids=lambda convert: convert.__name__)
def test_colours_are_turned_round_in_a_copy(convert):
    before = RED_AND_BLUE.copy()

    turned = convert(RED_AND_BLUE)

    assert turned.tolist() == [[[0, 0, 255], [255, 0, 0]]]
    assert turned.flags.c_contiguous
    np.testing.assert_array_equal(RED_AND_BLUE, before)


def test_colours_are_turned_round_in_one_module_only():
    files = [*(REPOSITORY / "estimation").rglob("*.py"), REPOSITORY / "demo_image.py"]
    turns = ("COLOR_BGR2RGB", "COLOR_RGB2BGR", "..., ::-1]")

    found = {path.name for path in files if any(turn in path.read_text(encoding="utf-8") for turn in turns)}

    assert found == {"pictures.py"}


def test_pictures_take_chinese_paths(tmp_path):
    folder = tmp_path / "作業三"
    folder.mkdir()
    write_picture(str(folder / "輸出 圖.png"), RED_AND_BLUE)
    assert read_picture(str(folder / "輸出 圖.png")).shape == (1, 2, 3)


def test_read_picture_turns_as_exif_says(tmp_path):
    black_left = np.full((16, 32), 255, dtype=np.uint8)
    black_left[:, :16] = 0
    (tmp_path / "turned.jpg").write_bytes(with_exif_orientation(encode(black_left, ".jpg"), EXIF_TURN_RIGHT))
    rgb = read_picture(tmp_path / "turned.jpg")
    assert rgb.shape == (32, 16, 3)
    assert rgb[:8].max() < 50  # turned right, what was left is on top
    assert rgb[24:].min() > 200


@pytest.mark.parametrize(
    "stored",
    [
        np.full((2, 3), 100, dtype=np.uint8),
        np.full((2, 3), 100 * 257, dtype=np.uint16),
        np.full((2, 3, 4), (100, 100, 100, 255), dtype=np.uint8),
    ],
    ids=["grey", "16 bits", "alpha"],
)
def test_read_picture_makes_rgb_of(stored, tmp_path):
    (tmp_path / "stored.png").write_bytes(encode(stored))
    rgb = read_picture(tmp_path / "stored.png")
    assert rgb.dtype == np.uint8
    assert rgb.tolist() == np.full((2, 3, 3), 100).tolist()


def huge_png_header():
    """A PNG that says it has 40,000 x 40,000 pixels, and has none."""
    png = bytearray(encode(RED_AND_BLUE))
    png[16:24] = struct.pack(">II", 40_000, 40_000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    return bytes(png)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"", "it is empty"),
        (b"From: student\nSubject: my picture\n", "OpenCV cannot decode it"),
        (encode(np.zeros((64, 64, 3), np.uint8))[:60], "OpenCV cannot decode it"),
        (huge_png_header(), "at most 100000000 pixels; OpenCV cannot read it"),
    ],
    ids=["missing", "empty", "text", "cut off", "huge"],
)
def test_read_picture_refuses(content, message, tmp_path):
    path = tmp_path / "bad.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PictureError, match=rf"bad\.png must be .*{message}"):
        read_picture(path)


def test_read_picture_keeps_libraries_from_the_screen(tmp_path, capfd):
    data = encode(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8), ".jpg")
    (tmp_path / "scratched.jpg").write_bytes(data[:1200] + bytes(50) + data[1250:])

    with contextlib.suppress(PictureError):  # versions of OpenCV differ in whether they make something of it
        read_picture(tmp_path / "scratched.jpg")

    assert capfd.readouterr() == ("", "")


def test_read_picture_makes_8_bits_of_four_inks(tmp_path):
    magenta = np.full((16, 16, 4), (0, 255, 0, 0), np.uint8)
    Image.fromarray(magenta, "CMYK").save(tmp_path / "inks.jpg")

    assert read_picture(tmp_path / "inks.jpg")[8, 8].tolist() == pytest.approx([255, 0, 255], abs=4)


def test_read_picture_refuses_a_folder(tmp_path):
    with pytest.raises(PictureError, match="must be a picture file; it is a folder"):
        read_picture(tmp_path)


def test_read_picture_refuses_too_many_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PICTURE_PX", 1)
    write_picture(tmp_path / "two.png", RED_AND_BLUE)
    with pytest.raises(PictureError, match=r"two\.png must have at most 1 pixels; it has 2 x 1\. Shrink it"):
        read_picture(tmp_path / "two.png")


def test_read_picture_reports_an_unreadable_file(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    write_picture(tmp_path / "closed.png", RED_AND_BLUE)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PictureError, match=r"closed\.png cannot be read: Permission denied"):
        read_picture(tmp_path / "closed.png")


def test_picture_error_is_a_value_error():
    assert issubclass(PictureError, ValueError)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out", r"must end in a picture format such as \.png or \.jpg; got ''"),
        ("out.docx", r"must end in a picture format .* got '\.docx'"),
        ("missing/out.png", r"out\.png cannot be written: No such file"),
        ("folder.png", r"folder\.png cannot be written"),
    ],
    ids=["no ending", "unknown ending", "missing folder", "folder in the way"],
)
def test_write_picture_refuses_the_path(name, message, tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(PictureError, match=message):
        write_picture(tmp_path / name, RED_AND_BLUE)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 3)), np.zeros((0, 2, 3), np.uint8)],
    ids=["grey", "alpha", "float", "empty"],
)
def test_write_picture_refuses_the_array(array, tmp_path):
    with pytest.raises(PictureError, match=r"must be a uint8 array of shape \(H, W, 3\); got (uint8|float64) \("):
        write_picture(tmp_path / "out.png", array)


def test_write_picture_refuses_what_the_format_cannot_hold(tmp_path):
    with pytest.raises(
        PictureError, match=r"wide\.webp cannot hold a picture of shape \(1, 20000, 3\)\. Write a \.png"
    ):
        write_picture(tmp_path / "wide.webp", np.zeros((1, 20_000, 3), np.uint8))


def test_write_picture_refuses_what_opencv_raises_on(tmp_path, monkeypatch):
    def refuse(ending, array):
        raise cv2.error

    monkeypatch.setattr(cv2, "imencode", refuse)
    with pytest.raises(PictureError, match=r"out\.png cannot hold a picture of shape \(1, 2, 3\)"):
        write_picture(tmp_path / "out.png", RED_AND_BLUE)


def test_write_picture_keeps_the_old_file_when_it_fails(tmp_path, monkeypatch):
    def fill_disk(self, data):
        self.open("wb").close()
        raise OSError(28, "No space left on device")

    write_picture(tmp_path / "out.png", RED_AND_BLUE)
    monkeypatch.setattr(Path, "write_bytes", fill_disk)
    with pytest.raises(PictureError, match=r"out\.png cannot be written: No space left on device"):
        write_picture(tmp_path / "out.png", np.zeros((9, 9, 3), np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]
    assert read_picture(tmp_path / "out.png").shape == (1, 2, 3)


def test_write_picture_leaves_the_array_alone(tmp_path):
    rgb = RED_AND_BLUE.copy()
    write_picture(tmp_path / "out.png", rgb)
    assert rgb.tolist() == RED_AND_BLUE.tolist()


def test_find_pictures_counts_as_people_do(tmp_path):
    for name in ("10.jpg", "2.JPG", "1.png", "a2b10.webp", "a2b9.webp", "a.bmp"):
        (tmp_path / name).touch()
    assert [path.name for path in find_pictures(tmp_path)] == [
        "1.png",
        "2.JPG",
        "10.jpg",
        "a.bmp",
        "a2b9.webp",
        "a2b10.webp",
    ]


def test_find_passed_over_names_the_rest(tmp_path):
    for name in ("1.png", "notes10.txt", "notes9.txt", ".hidden", "song"):
        (tmp_path / name).touch()
    (tmp_path / "more").mkdir()

    assert find_passed_over(tmp_path) == ["more/", "notes9.txt", "notes10.txt", "song"]


@pytest.mark.parametrize("suffix", pictures.PICTURE_SUFFIXES)
def test_every_suffix_is_one_that_opencv_reads(suffix, tmp_path):
    grey = np.full((64, 64, 3), 100, np.uint8)
    kinds = {".pbm": grey[..., 0], ".pgm": grey[..., 0], ".hdr": grey.astype(np.float32) / 255}
    (tmp_path / f"a{suffix}").write_bytes(encode(kinds.get(suffix, grey), suffix))

    assert read_picture(tmp_path / f"a{suffix}").shape == (64, 64, 3)
    assert find_pictures(tmp_path) == [tmp_path / f"a{suffix}"]


def test_find_pictures_skips_what_is_no_picture(tmp_path):
    for name in ("notes.txt", "._photo.jpg", "noending"):
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    assert find_pictures(tmp_path) == []


@pytest.mark.parametrize("name", ["missing", "file.png"])
def test_find_pictures_refuses_what_is_no_folder(name, tmp_path):
    (tmp_path / "file.png").touch()
    with pytest.raises(PictureError, match=rf"{name} must be a folder of pictures"):
        find_pictures(tmp_path / name)


def test_resize_picture_returns_the_array_itself_when_nothing_changes():
    picture = np.zeros((8, 16, 3), np.uint8)

    assert resize_picture(picture, 16, 8) is picture


def test_resize_picture_shrinks_by_means():
    picture = np.array([[0, 4, 8, 12], [0, 4, 8, 12]], np.uint8)[..., None].repeat(3, axis=-1)

    shrunk = resize_picture(picture, 2, 1)

    assert shrunk.dtype == np.uint8
    assert shrunk[0, :, 0].tolist() == [2, 10]
