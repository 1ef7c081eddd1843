import json

import numpy as np
import pytest

from estimation.config import PARTS, BodyPart
from estimation.networks import Maps
from estimation.pictures import write_picture
from estimation.targets import confidence_maps, part_affinity_fields
from estimation.training import evaluate as evaluation
from estimation.training.people import render_scene
from estimation.training.render import write_annotations

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

    def __init__(self, labelled=None):
        self.labelled = np.ones((1, 18), bool) if labelled is None else labelled

    def predict(self, picture):
        scale = picture.shape[0] / 256
        shape = (picture.shape[0] // 8, picture.shape[1] // 8)
        points = (POINTS + 0.5) * scale - 0.5
        return Maps(
            heatmaps=confidence_maps(points, self.labelled, shape),
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
    monkeypatch.setattr(evaluation, "load_network", lambda _: network)
    code = evaluation.main(["--images", str(folder), *options])
    lines = capsys.readouterr().out.splitlines()
    return code, {line[:22].strip(): line[22:].strip() for line in lines}, lines


def test_evaluate_gives_full_marks_to_the_truth(monkeypatch, capsys, data_set):
    code, numbers, lines = report(monkeypatch, capsys, PerfectNetwork(), data_set)

    assert code == 0
    assert {numbers[name] for name in ("AP50", "PCK@0.5 of the torso", "PDJ@0.2", "PCP@0.5", "PCKh@0.5")} == {"1.000"}
    assert float(numbers["MPJPE in px"]) < 5.7  # half the diagonal of a cell
    assert "persons: 1 labelled, 0 missed, 0 found in excess" in lines


def test_evaluate_at_another_height_returns_to_the_pictures_pixels(monkeypatch, capsys, data_set):
    code, numbers, _ = report(monkeypatch, capsys, PerfectNetwork(), data_set, "--height", "512")

    assert code == 0
    assert numbers["PCK@0.5 of the torso"] == "1.000"
    assert float(numbers["MPJPE in px"]) < 2.9  # a cell covers half as much of the stored picture


def test_evaluate_counts_missing_joints(monkeypatch, capsys, data_set):
    labelled = np.ones((1, 18), bool)
    labelled[0, [BodyPart.left_wrist, BodyPart.right_wrist]] = False

    _, numbers, _ = report(monkeypatch, capsys, PerfectNetwork(labelled), data_set)

    assert numbers["joints found"] == f"{16 / 18:.3f}"
    assert numbers["PCK@0.5 of the torso"] == f"{16 / 18:.3f}"


def test_evaluate_counts_missed_persons(monkeypatch, capsys, data_set):
    _, numbers, lines = report(monkeypatch, capsys, PerfectNetwork(np.zeros((1, 18), bool)), data_set)

    assert numbers["AP"] == "0.000"
    assert "persons: 1 labelled, 1 missed, 0 found in excess" in lines


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
