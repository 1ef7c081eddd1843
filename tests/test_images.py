"""The pictures and weights that ship: right together."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from estimation.training.dataset import load_examples
from estimation.training.evaluate import evaluate
from estimation.training.gallery import GALLERY
from tests.estimation.shipped import shipped_network

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

REPOSITORY = Path(__file__).resolve().parent.parent
IMAGES = REPOSITORY / "images"
WEIGHTS = REPOSITORY / "model_weights"


@pytest.fixture(scope="module")
def truth():
    return json.loads((IMAGES / "annotations.json").read_text(encoding="utf-8"))


class Remembering:
    """The network that ships; it looks at each picture once."""

    def __init__(self):
        self._answers = {}

    def predict(self, picture):
        key = picture.tobytes()
        if key not in self._answers:
            self._answers[key] = shipped_network().predict(picture)
        return self._answers[key]


@pytest.fixture(scope="module")
def network():
    return Remembering()


@pytest.fixture(scope="module")
def evaluation(network):
    return evaluate(network, load_examples(IMAGES))


def test_images_hold_as_many_people_as_the_gallery_says(truth):
    counts = [sum(person["image_id"] == image["id"] for person in truth["annotations"]) for image in truth["images"]]

    assert counts == [n_persons for *_, n_persons in GALLERY]
    assert counts[0] == 1
    assert counts[1] == 5
    assert max(counts) == 25


def test_images_are_listed_in_their_readme(truth):
    readme = (IMAGES / "README.md").read_text(encoding="utf-8")

    assert sorted(path.name for path in IMAGES.glob("*.jpg")) == sorted(image["file_name"] for image in truth["images"])
    assert all(f"`{image['file_name']}`" in readme for image in truth["images"])


@pytest.mark.parametrize("number", [1, 2], ids=["one person", "five persons"])
def test_ground_truth_comes_from_the_renderer(truth, number):
    render, seed, height, width, n_persons = GALLERY[number - 1]
    persons = render(np.random.default_rng(seed), height, width, n_persons).persons

    listed = [person["keypoints"] for person in truth["annotations"] if person["image_id"] == number]
    for keypoints, person in zip(listed, persons, strict=True):
        nose_x, nose_y, visibility = keypoints[:3]
        assert visibility == person.visibility[0]
        assert (nose_x, nose_y) == pytest.approx(person.keypoints[0], abs=0.06)


def test_every_person_has_a_head(truth):
    for person in truth["annotations"]:
        x, y, width, height = person["head_box"]
        top_x, top_y, *_ = person["head_points"]
        assert x - 1 <= top_x <= x + width + 1
        assert y - 1 <= top_y <= y + height / 2


def test_compact_finds_every_person(evaluation):
    assert evaluation.n_missed == 0
    assert evaluation.n_surplus <= 2  # `model_weights/README.md` tells which


def test_compact_finds_everybody_once_as_the_demo_does(network):
    evaluation = evaluate(network, load_examples(IMAGES), as_in_lab=False)

    assert (evaluation.n_missed, evaluation.n_surplus) == (0, 0)


@pytest.mark.parametrize("number", [1, 2], ids=["one person", "five persons"])
def test_compact_finds_every_person_once_where_people_look_first(evaluation, truth, number):
    n_persons = sum(person["image_id"] == number for person in truth["annotations"])

    assert sum(result["image_id"] == number for result in evaluation.results) == n_persons


def test_compact_places_nine_joints_in_ten(evaluation):
    assert evaluation.numbers()["PCK@0.5 of the torso"] >= 0.9


@pytest.mark.parametrize("name", ["compact.npz", "compact.onnx"])
def test_compact_weights_are_the_ones_described(name):
    readme = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    weights = (WEIGHTS / name).read_bytes()

    assert hashlib.sha256(weights).hexdigest() in readme
    assert len(weights) < 10e6
