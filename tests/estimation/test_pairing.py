"""Which drawing goes where: no picture lost, none replaced, none passed over in silence."""

from pathlib import Path

import pytest

from estimation.pairing import describe_passed_over, pair_with_drawings
from estimation.pictures import PictureError

USUAL = Path("output.png")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a/1.jpg", "a/2.png", "a/notes.txt", "a/.hidden", "a/sub/3.jpg", "b/1.jpg", "c/movie.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def paired(*images, output=None):
    drawings = pair_with_drawings([Path(image) for image in images], output and Path(output), USUAL)
    return {str(picture): str(drawing) for picture, drawing in drawings.items()}


def test_one_picture_goes_where_it_is_told(folder):
    assert paired("a/1.jpg") == {"a/1.jpg": "output.png"}
    assert paired("a/1.jpg", output="d.jpg") == {"a/1.jpg": "d.jpg"}
    assert paired("a/1.jpg", output="b") == {"a/1.jpg": "b/1.png"}


def test_pictures_and_folders_go_into_one_folder(folder):
    assert paired("b/1.jpg", "a", "a/2.png", output="d") == {
        "b/1.jpg": "d/1.jpg.png",
        "a/1.jpg": "d/1.jpg_.png",
        "a/2.png": "d/2.png",
    }
    assert (folder / "d").is_dir()


@pytest.mark.parametrize(
    ("images", "output", "message"),
    [
        (["c"], None, "A folder must hold pictures such as .* files; c holds none"),
        (["a"], "d.png", r"--output must be a folder for the drawings of a folder or of several pictures; got d\.png"),
        (["a", "b"], "a/notes.txt", r"--output must be a folder .* got a/notes\.txt"),
        (["a"], "a", r"The drawing a/2\.png would take the place of what it is drawn on\. Give another --output"),
        (["a/1.jpg"], "b/../a/1.jpg", "The drawing .* would take the place of what it is drawn on"),
    ],
    ids=["no pictures", "picture's name", "a file", "same folder", "same file"],
)
def test_what_cannot_be_paired_is_refused(images, output, message, folder):
    with pytest.raises(PictureError, match=message):
        paired(*images, output=output)


def test_what_is_passed_over_is_named(folder):
    assert describe_passed_over([Path("a"), Path("b"), Path("a/1.jpg")]) == [
        "Passed over in a, no pictures by their names: notes.txt, sub/"
    ]


def test_many_that_are_passed_over_are_counted(folder):
    for number in range(30):
        (folder / "b" / f"{number}.txt").touch()

    (line,) = describe_passed_over([Path("b")])

    assert line.endswith(": 0.txt, 1.txt, 2.txt, 3.txt, 4.txt, 5.txt, 6.txt, 7.txt, 8.txt, 9.txt and 20 more")
