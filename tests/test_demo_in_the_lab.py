"""The demo as a student uses it: the lab's chain, their own `merge`, and what it was given."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

import demo_image
from estimation import estimators
from estimation.merge import merge
from estimation.networks import load_network
from estimation.pictures import read_picture
from estimation.sighting import draw_sighting, look
from tests.estimation.shipped import shipped_network

REPOSITORY = Path(__file__).resolve().parent.parent
IMAGES = REPOSITORY / "images"
SUBMISSIONS = REPOSITORY / "tests" / "submissions"

SHOWING_CONFLICTS = ("11.jpg", "12.jpg", "13.jpg")
"""What `images/README.md` says shows a wrong rule."""


@pytest.fixture
def demo(tmp_path, monkeypatch, capsys):
    """Run the demo in an empty folder; return its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        demo_image, "load_network", lambda name: shipped_network() if name == "compact" else load_network(name)
    )

    def run(*options):
        code = demo_image.main(["--network", "compact", *map(str, options)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def load_merge(name):
    spec = importlib.util.spec_from_file_location(name, SUBMISSIONS / name / "merge.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.merge


def returning(answer):
    return lambda *_: answer


# The chain ------------------------------------------------------------------------------------------------------------


def test_lab_is_asked_for_in_its_own_folder_alone():
    assert demo_image.as_in_lab is False  # and True in the release, where test_release looks
    assert (REPOSITORY / "check.py").exists() is False


def test_merge_meets_conflicts_as_in_the_lab(demo, monkeypatch):
    given = []
    monkeypatch.setattr(estimators, "merge", lambda rows, *limits: given.append(rows.copy()) or merge(rows, *limits))

    demo("--image", IMAGES / "11.jpg", "--as-in-lab")
    demo("--image", IMAGES / "11.jpg")

    *_, in_lab, ours = (rows for rows in given if len(rows))
    assert has_conflicts(in_lab)
    assert not has_conflicts(ours)


def has_conflicts(rows):
    """Tell whether a keypoint stands in two rows of one limb."""
    ends = [(tuple(np.flatnonzero(row[:18] >= 0)), row[:18][row[:18] >= 0]) for row in rows]
    starts = [(slots, end, ids[end]) for slots, ids in ends for end in (0, 1)]
    return len(set(starts)) < len(starts)


def test_everything_is_drawn_as_in_the_lab(demo):
    _, printed, _ = demo("--image", IMAGES / "10.jpg", "--as-in-lab")
    _, fewer, _ = demo("--image", IMAGES / "10.jpg", "--as-in-lab", "--min-score", "0.9")

    assert "10.jpg: 25 people; " in printed
    assert "too faint to draw" in fewer


def skeleton_pixels(picture, drawn):
    """Return the pixels that a drawing changes by much."""
    return np.abs(drawn.astype(int) - picture).max(axis=2) > 40


def difference(name, monkeypatch, picture_name):
    """Return the share of the right drawing's pixels that are missing, and of those that are too many, far away."""
    picture = read_picture(IMAGES / picture_name)
    monkeypatch.setattr(estimators, "merge", merge)
    right = skeleton_pixels(picture, draw_sighting(picture, look(shipped_network(), picture, as_in_lab=True), 0))
    monkeypatch.setattr(estimators, "merge", load_merge(name))
    wrong = skeleton_pixels(picture, draw_sighting(picture, look(shipped_network(), picture, as_in_lab=True), 0))
    near = np.ones((9, 9), np.uint8)
    missing = right & (cv2.dilate(wrong.astype(np.uint8), near) == 0)
    surplus = wrong & (cv2.dilate(right.astype(np.uint8), near) == 0)
    return (missing.sum() + surplus.sum()) / right.sum()


WRONG_RULES = (
    "wrong_later_overwrites",
    "wrong_maximum_of_ids",
    "wrong_keypoint_in_two_people",
    "wrong_deletes_conflicting_people",
    "wrong_same_slot_is_same_person",
)


@pytest.mark.parametrize("name", WRONG_RULES)
def test_a_wrong_rule_for_conflicts_shows_in_two_pictures_at_least(name, monkeypatch):
    differences = {picture: difference(name, monkeypatch, picture) for picture in SHOWING_CONFLICTS}

    assert sum(differs > 0.1 for differs in differences.values()) >= 2, differences


@pytest.mark.parametrize("picture", SHOWING_CONFLICTS)
def test_a_right_merge_of_another_style_draws_the_same(picture, monkeypatch):
    assert difference("pass_union_find", monkeypatch, picture) == 0


def test_readme_of_the_images_says_which_show_conflicts():
    readme = (IMAGES / "README.md").read_text(encoding="utf-8")

    for picture in SHOWING_CONFLICTS:
        (line,) = [line for line in readme.splitlines() if line.startswith(f"| `{picture}` |")]
        assert "a wrong rule for conflicts shows" in line


# What merge returns ---------------------------------------------------------------------------------------------------


def test_lists_are_drawn(demo, monkeypatch, tmp_path):
    monkeypatch.setattr(estimators, "merge", lambda rows, *_: merge(rows).tolist())

    code, printed, _ = demo()

    assert code == 0
    assert "1 person; " in printed
    assert (tmp_path / "output.png").exists()


@pytest.mark.parametrize("nobody", [[], np.empty(0), np.empty((0, 20))], ids=["list", "(0,)", "(0, 20)"])
def test_nobody_in_any_form_is_drawn(demo, monkeypatch, nobody):
    monkeypatch.setattr(estimators, "merge", returning(nobody))

    code, printed, _ = demo()

    assert (code, ": 0 people; " in printed) == (0, True)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "got None. End the function with a return of the answer, on every way through it.\n"),
        (np.zeros((2, 18)), "got shape (2, 18). Return one row per person: 18 keypoint ids, the score, the number of "),
    ],
    ids=["None", "shape"],
)
def test_other_answers_get_the_graders_sentence(demo, monkeypatch, answer, said, tmp_path):
    monkeypatch.setattr(estimators, "merge", lambda rows, *_: answer if len(rows) else rows)

    code, _, error = demo()

    assert code == 2
    assert error.startswith("demo_image.py: merge() must return an array of shape (n_people, 20); " + said)
    assert not (tmp_path / "output.png").exists()


def test_an_error_inside_merge_keeps_its_traceback(demo):
    with pytest.raises(ValueError, match="subset must have shape"):
        demo_image._complain(error_of_merge())


def error_of_merge():
    try:
        merge(np.zeros((2, 3)))
    except ValueError as error:
        return error


# --explain ------------------------------------------------------------------------------------------------------------


def test_explain_prints_and_draws_the_rows(demo, tmp_path):
    code, printed, error = demo("--image", IMAGES / "12.jpg", "--as-in-lab", "--explain")

    assert (code, error) == (0, "")
    assert "12.jpg: 46 rows reach merge\n" in printed
    assert "  dropped (" in printed
    assert "! A keypoint of this row is in another row of the same limb" in printed
    assert "3 people come out of merge\nperson 0: nose 0, neck 2, " in printed
    assert printed.endswith("Wrote output_rows.png\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["output.png", "output_rows.png"]
    assert read_picture(tmp_path / "output_rows.png").shape == (720, 1920, 3)


def test_explain_the_handout_needs_no_network(demo, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_image, "load_network", None)

    code, printed, _ = demo("--explain", "handout", "--output", "h.png")

    assert code == 0
    assert printed.startswith("The example of the handout: 9 rows reach merge\n")
    assert "    3  neck - nose                     1 - 0       1.90  person 0\n" in printed
    assert "1 person comes out of merge\n" in printed
    assert [path.name for path in tmp_path.iterdir()] == ["h_rows.png"]


def unwritten(*_):
    raise NotImplementedError("merge() is not written yet.")


@pytest.mark.parametrize("options", [(), ("handout",)], ids=["picture", "handout"])
def test_explain_shows_the_rows_to_who_has_no_merge_yet(demo, tmp_path, monkeypatch, options):
    monkeypatch.setattr(estimators, "merge", unwritten)

    code, printed, error = demo("--as-in-lab", "--explain", *options)

    assert (code, error) == (2, "demo_image.py: merge() is not written yet.\n")
    assert " rows reach merge\n" in printed
    assert "went to" not in printed
    assert list(tmp_path.iterdir()) == []


def test_merge_is_asked_for_the_picture_alone(demo, monkeypatch):
    given = []
    monkeypatch.setattr(estimators, "merge", lambda rows, *limits: given.append(len(rows)) or merge(rows, *limits))

    demo("--as-in-lab", "--explain")

    assert given == [18]


def test_explain_takes_no_video(demo):
    code, _, error = demo("--explain", "--video", "walk.mp4")

    assert (code, error) == (2, "demo_image.py: --explain takes pictures; got a video. Leave out --explain.\n")


def test_explain_takes_nothing_else(demo, capsys):
    with pytest.raises(SystemExit) as left:
        demo("--explain", "everything")

    assert left.value.code == 2
    assert "'everything'" in capsys.readouterr().err
