"""The demo as its user sees it: what it prints, what it writes, what it says when something is wrong."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import demo_image
from estimation import sighting
from estimation.networks import load_network
from estimation.pictures import read_picture, resize_picture, write_picture
from estimation.videos import open_video, writing_video
from tests.estimation.shipped import shipped_network

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

REPOSITORY = Path(__file__).resolve().parent.parent
ONE_PERSON = REPOSITORY / "images" / "1.jpg"


@pytest.fixture
def demo(tmp_path, monkeypatch, capsys):
    """Run the demo in an empty folder; return its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    # The network that ships is loaded once for all; every other name is looked up as ever.
    monkeypatch.setattr(
        demo_image, "load_network", lambda name: shipped_network() if name == "compact" else load_network(name)
    )

    def run(*options):
        code = demo_image.main([str(option) for option in options])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return run


@pytest.mark.slow
def test_demo_command_draws_one_person_and_says_nothing_else(tmp_path):
    # A test before this one may have loaded TensorFlow, which leaves its own setting in the environment.
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    shown = subprocess.run(
        [sys.executable, REPOSITORY / "demo_image.py", "--network", "compact"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("Network: compact (")
    assert re.search(r"1 person; estimate took \d+\.\d{6} s$", lines[1])
    assert lines[2:] == ["Wrote output.png"]
    assert shown.stderr == ""
    assert read_picture(tmp_path / "output.png").shape == read_picture(ONE_PERSON).shape


def test_demo_draws_one_person_on_a_fresh_clone(demo, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_image, "model_weights_path", tmp_path / "none")

    code, printed, error = demo()

    assert (code, error) == (0, "")
    first, second, third = printed.splitlines()
    assert first.startswith("Network: compact (")
    assert re.search(r"1\.jpg: 1 person; estimate took \d+\.\d{6} s$", second)
    assert third == "Wrote output.png"
    drawn, original = read_picture(tmp_path / "output.png"), read_picture(ONE_PERSON)
    assert drawn.shape == original.shape
    assert (drawn != original).any()


def test_demo_loads_no_evaluation():
    # Numba looks at SciPy's version, which is cheap; the rest of SciPy and pycocotools take a good part of the start.
    source = (
        "import sys, demo_image\n"
        "late = {'pycocotools', 'scipy.optimize', 'scipy.sparse', 'matplotlib', 'keras', 'tensorflow'}\n"
        "print(late & set(sys.modules))"
    )
    command = [sys.executable, "-c", source]
    shown = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert (shown.stdout, shown.stderr) == ("set()\n", "")


def test_demo_writes_maps_and_json(demo, tmp_path):
    code, printed, _ = demo("--network", "compact", "--maps", "--json", "found.json", "--output", "b.png")

    assert code == 0
    assert printed.splitlines()[-1] == "Wrote found.json"
    found = json.loads((tmp_path / "found.json").read_text())
    (person,), (image,) = found["annotations"], found["images"]
    assert person["image_id"] == image["id"] == 1
    assert (image["file_name"], image["width"], image["height"]) == (str(ONE_PERSON), 448, 320)
    assert len(person["keypoints"]) == 51
    assert read_picture(tmp_path / "b_maps.png").shape[2] == 3


def test_demo_works_through_a_folder_and_names_what_it_could_not_read(demo, tmp_path):
    folder = tmp_path / "照片"
    folder.mkdir()
    shutil.copy(ONE_PERSON, folder / "十.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture")

    code, printed, error = demo("--network", "compact", "--image", folder, "--output", "drawn")

    assert code == 2
    assert "十.jpg: 1 person" in printed
    assert error.count("\n") == 1
    assert "broken.jpg" in error
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["十.png"]


def test_demo_keeps_pictures_of_one_stem_apart(demo, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.png", "a.bmp", "b.png"):
        write_picture(folder / name, np.full((32, 32, 3), 128, np.uint8))

    demo("--network", "compact", "--image", folder)

    assert sorted(path.name for path in (tmp_path / "output").iterdir()) == ["a.bmp.png", "a.png.png", "b.png"]


def test_demo_takes_the_labs_weights_where_they_are(demo, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_image, "model_weights_path", tmp_path / "openpose")
    (tmp_path / "openpose.index").write_bytes(b"")

    code, _, error = demo()

    assert code == 2
    assert f"{tmp_path / 'openpose'} must be a whole TensorFlow checkpoint" in error


def test_demo_shows_the_network_large_pictures_at_its_usual_height(demo, tmp_path):
    picture = read_picture(ONE_PERSON)
    write_picture(tmp_path / "large.png", np.repeat(np.repeat(picture, 3, axis=0), 3, axis=1))

    code, printed, _ = demo("--network", "compact", "--image", "large.png", "--json", "found.json")

    assert code == 0
    assert "large.png (seen at 515 x 368): 1 person;" in printed
    assert read_picture(tmp_path / "output.png").shape == (960, 1344, 3)
    (person,) = json.loads((tmp_path / "found.json").read_text())["annotations"]
    (true,) = [
        annotation
        for annotation in json.loads((REPOSITORY / "images" / "annotations.json").read_text())["annotations"]
        if annotation["image_id"] == 1
    ]
    left_hip = np.s_[33:35]  # far down and right: in the pixels of the picture as given
    assert person["keypoints"][left_hip] == pytest.approx([3 * x for x in true["keypoints"][left_hip]], abs=24)


def test_demo_shows_the_network_the_height_that_is_asked_for(demo):
    _, printed, _ = demo("--network", "compact", "--image", ONE_PERSON, "--height", "240")

    assert "1.jpg (seen at 336 x 240): " in printed


@pytest.mark.parametrize(
    ("option", "value"),
    [("--height", "0"), ("--height", "-3"), ("--height", "tall"), ("--min-score", "nan"), ("--min-score", "2")],
)
def test_demo_refuses_a_number_that_is_none(demo, capsys, tmp_path, option, value):
    with pytest.raises(SystemExit) as stopped:
        demo(option, value)

    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"demo_image.py: argument {option}: must be ")
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_demo_finds_nobody_in_an_empty_picture(demo, tmp_path):
    write_picture(tmp_path / "grey.png", np.full((64, 64, 3), 128, np.uint8))

    code, printed, _ = demo("--network", "compact", "--image", "grey.png")

    assert code == 0
    assert "grey.png (seen at 368 x 368): 0 people" in printed


def test_demo_works_through_pictures_and_folders(demo, tmp_path):
    (tmp_path / "more").mkdir()
    shutil.copy(ONE_PERSON, tmp_path / "more" / "again.jpg")
    (tmp_path / "more" / "notes.txt").touch()

    code, printed, error = demo(
        "--network", "compact", "--image", ONE_PERSON, "more", "--output", "drawn", "--json", "found.json"
    )

    assert (code, error) == (0, "")
    assert "Passed over in more, no pictures by their names: notes.txt" in printed
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["1.png", "again.png"]
    found = json.loads((tmp_path / "found.json").read_text())
    assert [image["file_name"] for image in found["images"]] == [str(ONE_PERSON), "more/again.jpg"]
    assert [person["image_id"] for person in found["annotations"]] == [1, 2]


def test_demo_draws_whom_it_is_asked_for_and_writes_down_everybody(demo, tmp_path):
    picture = REPOSITORY / "images" / "3.jpg"
    options = ["--network", "compact", "--image", picture, "--min-score", "1", "--json", "found.json"]

    code, printed, _ = demo(*options)

    assert code == 0
    assert "3.jpg: 0 people (and 2 too faint to draw); " in printed
    np.testing.assert_array_equal(read_picture(tmp_path / "output.png"), read_picture(picture))
    people = json.loads((tmp_path / "found.json").read_text())["annotations"]
    assert [person["is_drawn"] for person in people] == [False, False]
    assert min(len(person["limbs"]) for person in people) > 10


def test_demo_enlarges_small_pictures_for_the_network(demo, tmp_path):
    write_picture(tmp_path / "small.png", resize_picture(read_picture(ONE_PERSON), 168, 120))

    _, printed, _ = demo("--network", "compact", "--image", "small.png")

    assert "small.png (seen at 515 x 368): 1 person; " in printed
    assert read_picture(tmp_path / "output.png").shape == (120, 168, 3)


@pytest.fixture
def video(tmp_path):
    picture = read_picture(ONE_PERSON)
    with writing_video(tmp_path / "walk.mp4", 10) as append:
        for step in range(6):
            append(np.ascontiguousarray(picture[:, 4 * step : 4 * step + 400]))
    return tmp_path / "walk.mp4"


def count_frames(path):
    with open_video(path) as opened:
        return len(list(opened.frames))


def test_demo_draws_a_video(demo, tmp_path, video):
    code, printed, error = demo("--network", "compact", "--video", video, "--output", "d.avi", "--json", "f.json")

    assert (code, error) == (0, "")
    assert re.search(
        r"walk\.mp4: 6 frames in \d+\.\d s, \d+\.\d frames a second\nWrote d\.avi\nWrote f\.json$", printed
    )
    assert count_frames(tmp_path / "d.avi") == 6
    found = json.loads((tmp_path / "f.json").read_text())
    assert [image["frame"] for image in found["images"]] == list(range(6))
    assert {person["image_id"] for person in found["annotations"]} == set(range(1, 7))


def stopping_after(n_frames):
    """Press Ctrl-C while the network looks at a frame."""
    seen = []

    def look(*args, **options):
        seen.append(args)
        if len(seen) > n_frames:
            raise KeyboardInterrupt
        return sighting.look(*args, **options)

    return look


def test_demo_keeps_what_is_drawn_of_a_video_when_it_is_stopped(demo, tmp_path, video, monkeypatch):
    monkeypatch.setattr(demo_image, "look", stopping_after(4))

    code, printed, error = demo("--network", "compact", "--video", video)

    assert (code, error) == (130, "")
    assert "walk.mp4: 4 of 6 frames in " in printed
    assert "; stopped by Ctrl-C\nWrote output.mp4" in printed
    assert count_frames(tmp_path / "output.mp4") == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["output.mp4", "walk.mp4"]


def test_demo_stopped_before_the_first_frame_writes_nothing(demo, tmp_path, video, monkeypatch):
    monkeypatch.setattr(demo_image, "look", stopping_after(0))

    with pytest.raises(KeyboardInterrupt):  # of which `run_until_stopped` makes its sentence
        demo("--network", "compact", "--video", video)

    assert [path.name for path in tmp_path.iterdir()] == ["walk.mp4"]


def test_demo_draws_a_camera_until_it_is_stopped(demo, tmp_path, monkeypatch):
    class Camera:
        def read(self):
            return True, np.full((320, 240, 3), 128, np.uint8)

        def get(self, _):
            return 0.0

        def release(self):
            pass

    real = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda source: Camera() if source == 0 else real(source))
    monkeypatch.setattr(demo_image, "look", stopping_after(3))

    code, printed, _ = demo("--network", "compact", "--video", "0")

    assert code == 0
    assert "camera 0: 3 frames in " in printed
    assert count_frames(tmp_path / "output.mp4") == 3


def test_demo_help_tells_defaults_formats_and_examples(capsys):
    with pytest.raises(SystemExit) as stopped:
        demo_image.main(["--help"])

    shown = " ".join(capsys.readouterr().out.split())
    assert stopped.value.code == 0
    options = set(re.findall(r"--[a-z-]+", shown.split("examples:")[0])) - {"--help", "--no-as-in-lab"}
    examples = shown.split("examples:")[1]
    assert {option for option in options if option not in examples} == set()
    for said in (".webp", ".mp4", "(default: 0.1, 0 as in the lab)", "(default: output.png)", "368"):
        assert said in shown


def missing(folder):
    return ["--image", folder / "none.jpg"], "none.jpg"


def broken(folder):
    (folder / "broken.jpg").write_bytes(b"no picture")
    return ["--image", folder / "broken.jpg"], "broken.jpg"


def broken_weights(folder):
    (folder / "broken.npz").write_bytes(b"no weights")
    return ["--network", folder / "broken.npz"], "broken.npz"


def unknown_network(folder):
    return ["--network", "resnet"], "resnet"


def unwritable(folder):
    (folder / "file").write_bytes(b"")
    return ["--output", folder / "file" / "output.png"], "output.png"


def unwritable_json(folder):
    return ["--json", folder / "none" / "found.json"], "found.json"


def no_video(folder):
    (folder / "broken.mp4").write_bytes(b"no video")
    return ["--video", folder / "broken.mp4"], "broken.mp4"


def no_camera(folder):
    return ["--video", "977"], "camera 977"


def picture_of_a_video(folder):
    return ["--video", ONE_PERSON, "--output", folder / "drawn.png"], "drawn.png"


def maps_of_a_video(folder):
    return ["--video", ONE_PERSON, "--maps"], "--maps"


def drawing_over_itself(folder):
    shutil.copy(ONE_PERSON, folder / "only.jpg")
    return ["--image", folder / "only.jpg", "--output", folder / "only.jpg"], "only.jpg"


def float_picture(folder):
    (folder / "float.tiff").write_bytes(cv2.imencode(".tiff", np.full((32, 32, 3), 0.5, np.float32))[1].tobytes())
    return ["--image", folder / "float.tiff"], "float.tiff"


def empty_folder(folder):
    (folder / "empty").mkdir()
    return ["--image", folder / "empty"], "empty"


@pytest.mark.parametrize(
    "make",
    [
        *(missing, broken, broken_weights, unknown_network, unwritable, unwritable_json, empty_folder),
        *(no_video, no_camera, picture_of_a_video, maps_of_a_video, drawing_over_itself, float_picture),
    ],
    ids=lambda make: make.__name__,
)
def test_demo_says_what_is_wrong_in_one_sentence(demo, tmp_path, make):
    options, culprit = make(tmp_path)

    before = sorted(tmp_path.rglob("*"))

    code, _, error = demo("--network", "compact", *options)

    assert code == 2
    assert error.startswith("demo_image.py: ")
    assert culprit in error
    assert error.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before
