import json

import numpy as np
import pytest

from estimation.config import PARTS, BodyPart
from estimation.networks import Maps
from estimation.pictures import write_picture
from estimation.targets import confidence_maps, part_affinity_fields
from estimation.training import evaluate as evaluation
from estimation.training import finding, views
from estimation.training.dataset import load_examples
from estimation.training.render import write_annotations
from estimation.training.scenes import render_scene

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

POSE = {
    "nose": (100, 40),
    "right_eye": (92, 32),
    "left_eye": (108, 32),
    "right_ear": (84, 40),
    "left_ear": (116, 40),
    "right_shoulder": (76, 76),
    "left_shoulder": (124, 76),
    "right_elbow": (68, 116),
    "left_elbow": (132, 116),
    "right_wrist": (60, 148),
    "left_wrist": (140, 148),
    "right_hip": (84, 156),
    "left_hip": (116, 156),
    "right_knee": (84, 204),
    "left_knee": (116, 204),
    "right_ankle": (84, 244),
    "left_ankle": (116, 244),
    "neck": (100, 76),
}
POINTS = np.array([POSE[part.name] for part in PARTS], float)[None]


class PerfectNetwork:
    """Answers the true maps of the one person of POSE at whatever size the picture comes."""

    def __init__(self, labelled=None, strength=1.0, stored_px=(256, 256)):
        self.labelled = np.ones((1, 18), bool) if labelled is None else labelled
        self.strength = strength
        self.stored_px = stored_px
        self.n_asked = 0

    def predict(self, picture):
        self.n_asked += 1
        height, width, _ = picture.shape
        scale = np.array([width, height]) / self.stored_px
        shape = (-(-height // 8), -(-width // 8))
        points = (POINTS + 0.5) * scale - 0.5
        return Maps(
            heatmaps=self.strength * confidence_maps(points, self.labelled, shape),
            pafs=part_affinity_fields(points, self.labelled, shape, overhang_px=5.7),
        )


@pytest.fixture
def data_set(tmp_path):
    scene = render_scene(np.random.default_rng(0), 256, 256, 1)
    person = type(scene.persons[0])(
        keypoints=POINTS[0].astype(np.float32),
        visibility=np.full(18, 2),
        box=np.array([50, 20, 100, 230], np.float32),
        area=9000.0,
        head_px=40.0,
    )
    write_picture(tmp_path / "1.png", scene.picture)
    write_annotations(tmp_path, [("1.png", (256, 256), [person])])
    return tmp_path


def report(monkeypatch, capsys, network, folder, *options):
    monkeypatch.setattr(views, "load_network", lambda _: network)
    code = evaluation.main(["--images", str(folder), *options])
    lines = capsys.readouterr().out.splitlines()
    return code, {line[:22].strip(): line[22:].strip() for line in lines}, lines


def test_evaluate_gives_full_marks_to_the_truth(monkeypatch, capsys, data_set):
    code, numbers, lines = report(monkeypatch, capsys, PerfectNetwork(), data_set)

    assert code == 0
    assert {numbers[name] for name in ("AP50", "PCK@0.5 of the torso", "PDJ@0.2", "PCP@0.5", "PCKh@0.5")} == {"1.000"}
    assert float(numbers["MPJPE in px"]) < 0.1
    assert "people: 1 labelled, 0 missed, 0 found in excess" in lines


def test_evaluate_as_in_the_lab_leaves_keypoints_on_their_cells(monkeypatch, capsys, data_set):
    _, numbers, _ = report(monkeypatch, capsys, PerfectNetwork(), data_set, "--as-in-lab")

    assert numbers["PCK@0.5 of the torso"] == "1.000"
    assert 1 < float(numbers["MPJPE in px"]) < 5.7  # half the diagonal of a cell


@pytest.mark.parametrize("height", [512, 128, 137], ids=["twice", "half", "odd"])
def test_evaluate_at_another_height_returns_to_the_pictures_pixels(monkeypatch, capsys, data_set, height):
    code, numbers, _ = report(monkeypatch, capsys, PerfectNetwork(), data_set, "--height", str(height))

    assert code == 0
    assert numbers["PCK@0.5 of the torso"] == "1.000"
    assert float(numbers["MPJPE in px"]) < 0.5  # an ankle beside the lower border stays on its cell


def test_find_keypoints_undoes_a_width_that_is_rounded():
    picture = np.zeros((256, 201, 3), np.uint8)  # at a height of 137 it is 107.57 wide, so 108

    keypoints, *_ = finding.find_keypoints(PerfectNetwork(stored_px=(201, 256)), picture, 137, as_in_lab=False)

    assert keypoints == pytest.approx(POINTS, abs=0.01)


def test_evaluate_counts_missing_joints(monkeypatch, capsys, data_set):
    labelled = np.ones((1, 18), bool)
    labelled[0, [BodyPart.left_wrist, BodyPart.right_wrist]] = False

    _, numbers, _ = report(monkeypatch, capsys, PerfectNetwork(labelled), data_set)

    assert numbers["joints found"] == f"{16 / 18:.3f}"
    assert numbers["PCK@0.5 of the torso"] == f"{16 / 18:.3f}"


def test_evaluate_counts_missed_persons(monkeypatch, capsys, data_set):
    _, numbers, lines = report(monkeypatch, capsys, PerfectNetwork(np.zeros((1, 18), bool)), data_set)

    assert numbers["AP"] == "0.000"
    assert "people: 1 labelled, 1 missed, 0 found in excess" in lines


def test_evaluate_leaves_out_what_training_has_seen_and_what_is_partly_labelled(monkeypatch, capsys, data_set):
    annotations = json.loads((data_set / "annotations.json").read_text())
    (image,), (person,) = annotations["images"], annotations["annotations"]
    images = [{**image, "id": 6}, {**image, "id": 7}, {**image, "id": 12, "persons_complete": 0}]
    persons = [{**person, "id": number, "image_id": number} for number in (6, 7, 12)]
    annotations |= {"images": images, "annotations": persons}
    (data_set / "annotations.json").write_text(json.dumps(annotations))

    _, _, everything = report(monkeypatch, capsys, PerfectNetwork(), data_set)
    _, _, held_out = report(monkeypatch, capsys, PerfectNetwork(), data_set, "--held-out")

    assert everything[-1].endswith(", 2 pictures")
    assert held_out[-1].endswith(", 1 pictures")


def test_evaluate_takes_the_first_pictures_by_id(data_set):
    (example,) = load_examples(data_set).values()

    chosen = evaluation.select_examples(dict.fromkeys([30, 7, 12, 6], example), count=3)
    held_out = evaluation.select_examples(dict.fromkeys([30, 7, 12, 6], example), only_held_out=True, count=2)

    assert list(chosen) == [6, 7, 12]
    assert list(held_out) == [6, 12]


def test_evaluate_refuses_to_measure_on_nothing(monkeypatch, capsys, data_set):
    monkeypatch.setattr(views, "load_network", lambda _: PerfectNetwork())

    code = evaluation.main(["--images", str(data_set), "--held-out"])

    assert code == 2
    assert capsys.readouterr().err == (
        "evaluate: Measuring needs a picture in which everybody is labelled; none is left of 1. "
        "Give other pictures, or leave out --held-out.\n"
    )


@pytest.mark.parametrize(
    ("options", "n_views"),
    [([], 1), (["--scales", "0.75", "1", "1.5"], 3), (["--flip"], 2), (["--flip", "--scales", "1", "2"], 4)],
    ids=["one view", "scales", "mirrored", "both"],
)
def test_evaluate_asks_about_as_many_views_as_wanted(monkeypatch, capsys, data_set, options, n_views):
    network = PerfectNetwork()

    code, _, _ = report(monkeypatch, capsys, network, data_set, *options)

    assert code == 0
    assert network.n_asked == n_views


def test_evaluate_averages_scales_to_the_truth(monkeypatch, capsys, data_set):
    _, numbers, _ = report(monkeypatch, capsys, PerfectNetwork(), data_set, "--scales", "0.75", "1", "1.5")

    assert numbers["PCK@0.5 of the torso"] == "1.000"
    assert float(numbers["MPJPE in px"]) < 1


def test_evaluate_finds_keypoints_above_the_threshold(monkeypatch, capsys, data_set):
    weak = PerfectNetwork(strength=0.2)

    _, lower, _ = report(monkeypatch, capsys, weak, data_set, "--threshold", "0.05")
    _, higher, _ = report(monkeypatch, capsys, weak, data_set, "--threshold", "0.3")

    assert lower["joints found"] == "1.000"
    assert higher["joints found"] == "0.000"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], 18),
        (["--as-in-lab"], 17),
        (["--as-in-lab", "--threshold", "0.05"], 18),
        (["--threshold", "0.1"], 17),
    ],
    ids=["measuring", "lab", "lab, lower", "measuring, higher"],
)
def test_evaluate_looks_at_fainter_keypoints_than_the_lab(monkeypatch, capsys, data_set, options, found):
    faint_wrist = np.where(np.arange(19) == BodyPart.left_wrist, np.float32(0.08), np.float32(1))

    _, numbers, _ = report(monkeypatch, capsys, PerfectNetwork(strength=faint_wrist), data_set, *options)

    assert numbers["joints found"] == f"{found / 18:.3f}"


@pytest.mark.parametrize("as_in_lab", [True, False])
def test_find_keypoints_goes_from_maps_to_people_as_wanted(monkeypatch, as_in_lab):
    options = []
    find = finding.find_people
    monkeypatch.setattr(finding, "find_people", lambda *args, **more: options.append(more) or find(*args, **more))

    found = finding.find_keypoints(
        PerfectNetwork(), np.zeros((256, 256, 3), np.uint8), threshold=0.25, as_in_lab=as_in_lab
    )

    assert options == [{"threshold": 0.25, "as_in_lab": as_in_lab}]
    assert (found.person_scores is None) is as_in_lab


def test_evaluation_knows_its_coco_numbers(data_set):
    examples = load_examples(data_set)

    found = evaluation.evaluate(PerfectNetwork(), examples, as_in_lab=False)

    assert found.image_ids == list(examples)
    assert found.coco_numbers(data_set / "annotations.json")["AP"] == pytest.approx(1)


def test_oracles_tell_grouping_from_localisation_and_from_joints_without_a_peak(monkeypatch, capsys, data_set):
    class Torn(PerfectNetwork):
        """Says nothing of limbs, has no left wrist, and sees the knees where they are not."""

        def predict(self, picture):
            maps = super().predict(picture)
            heatmaps = maps.heatmaps.copy()
            heatmaps[..., BodyPart.left_wrist] = 0
            for knee in (BodyPart.left_knee, BodyPart.right_knee):
                heatmaps[..., knee] = np.roll(heatmaps[..., knee], 2, axis=1)
            return Maps(heatmaps, np.zeros_like(maps.pafs))

    _, numbers, _ = report(monkeypatch, capsys, Torn(), data_set, "--oracles")

    assert float(numbers["AP"]) == 0
    # 14 of 17 in their places and two nearly; then 16 of 17 in their places. COCO asks ten thresholds, 0.5 to 0.95.
    assert float(numbers["AP, grouped by truth"]) == 0.8
    assert float(numbers["AP, placed as well"]) == 0.9


@pytest.mark.parametrize("option", ["--count", "--height"])
def test_evaluate_refuses_numbers_below_one(capsys, tmp_path, option):
    with pytest.raises(SystemExit, match="2"):
        evaluation.main(["--images", str(tmp_path), option, "0"])

    assert f"argument {option}: must be an integer of at least 1; got '0'" in capsys.readouterr().err


def test_evaluate_refuses_scales_in_one_sentence(monkeypatch, capsys, data_set):
    monkeypatch.setattr(views, "load_network", lambda _: PerfectNetwork())

    assert evaluation.main(["--images", str(data_set), "--scales", "0"]) == 2
    assert capsys.readouterr().err.startswith("evaluate: Scales must be one or more positive numbers; got (0.0,).")


def test_evaluate_writes_coco_results(monkeypatch, capsys, data_set, tmp_path):
    report(monkeypatch, capsys, PerfectNetwork(), data_set, "--results", str(tmp_path / "results.json"))

    (result,) = json.loads((tmp_path / "results.json").read_text())
    assert result["image_id"] == 1
    assert len(result["keypoints"]) == 51


def test_evaluate_says_what_is_missing_in_one_sentence(capsys, tmp_path):
    code = evaluation.main(["--images", str(tmp_path), "--network", str(tmp_path / "none.npz")])

    assert code == 2
    error = capsys.readouterr().err
    assert error.startswith("evaluate: ")
    assert "none.npz" in error
    assert "Traceback" not in error
