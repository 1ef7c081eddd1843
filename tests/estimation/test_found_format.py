"""The file of who was found: all people with their scores, and what the fields mean."""

import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from estimation.config import LIMBS, N_LIMBS, BodyPart
from estimation.decoding import People
from estimation.found_format import FoundFile, describe_people
from estimation.networks import Maps
from estimation.sighting import Sighting

# Cells of 16 px: the picture is twice as high as what was seen. Their centres are 16 * (cell + 0.5) - 0.5.
_CELLS = {BodyPart.nose: (5, 1), BodyPart.neck: (5, 3), BodyPart.right_shoulder: (3, 3), BodyPart.left_shoulder: (7, 4)}


def sighting_of(*strengths):
    """Make a picture with a person for each strength, in the same place, whose PAFs are that strong."""
    coordinates = {part.name: [] for part in BodyPart}
    rows, limb_scores = np.full((len(strengths), 20), -1.0), np.full((len(strengths), N_LIMBS), np.nan)
    for person, strength in enumerate(strengths):
        for part, cell in _CELLS.items():
            rows[person, part] = 10 * part + person
            coordinates[part.name].append((*cell, 0.5, 10 * part + person))
        for number, limb in enumerate(LIMBS):
            if {limb.from_body_part, limb.to_body_part} <= _CELLS.keys():
                limb_scores[person, number] = strength
    nothing = np.zeros((10, 20, 0), np.float32)
    people = People(coordinates, rows, None, limb_scores, 0.0)
    return Sighting((320, 160), np.zeros((80, 160, 3), np.uint8), Maps(nothing, nothing), people)


def test_everybody_is_described_drawn_or_not():
    sure, faint = describe_people(sighting_of(0.9, 0.2), 7, 0.1)

    assert (sure["image_id"], sure["is_drawn"], faint["is_drawn"]) == (7, True, False)
    assert [person["score"] for person in (sure, faint)] == pytest.approx([3 * 0.9 / 19, 3 * 0.2 / 19])


def test_boxes_and_necks_are_in_pixels_of_the_picture():
    (person,) = describe_people(sighting_of(0.9), 1, 0.1)

    assert person["bbox"] == [55.5, 23.5, 64.0, 48.0]
    assert person["neck"] == [87.5, 55.5, 0.5]
    assert person["num_keypoints"] == 3
    assert person["keypoints"][:3] == [87.5, 23.5, 0.5]


def test_somebody_without_a_neck_has_none():
    sighting = sighting_of(0.9)
    sighting.people.skeletons[0, BodyPart.neck] = -1

    assert describe_people(sighting, 1, 0.1)[0]["neck"] is None


def test_connections_have_their_scores_also_weak_ones():
    (person,) = describe_people(sighting_of(0.01), 1, 0.1)

    assert person["limbs"] == [
        {"from": "neck", "to": "right_shoulder", "score": 0.01},
        {"from": "neck", "to": "left_shoulder", "score": 0.01},
        {"from": "neck", "to": "nose", "score": 0.01},
    ]


def test_file_describes_itself_and_reads_as_coco(tmp_path):
    found = FoundFile("compact", 0.1)
    found.add("圖/one.jpg", sighting_of(0.9, 0.2))
    found.add("dance.mp4", sighting_of(), frame=4)
    found.write(tmp_path / "found.json")

    content = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert content["images"] == [
        {"id": 1, "file_name": "圖/one.jpg", "width": 320, "height": 160},
        {"id": 2, "file_name": "dance.mp4", "width": 320, "height": 160, "frame": 4},
    ]
    described = {name.removeprefix("annotations.") for name in content["info"]["fields"]}
    assert content["annotations"][0].keys() - described == {"category_id"}
    assert content["info"]["drawn"] == "people of at least 0.1, counting limbs of at least 0.15"
    (category,) = content["categories"]
    assert len(category["keypoints"]) == 17
    assert [1, 3] in category["skeleton"]  # nose and right eye, counted from 1
    data = COCO()
    data.dataset = content
    data.createIndex()
    assert len(data.loadRes(content["annotations"]).anns) == 2


def test_file_says_when_everything_is_drawn(tmp_path):
    FoundFile("compact", 0.0).write(tmp_path / "found.json")

    content = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert content["info"]["drawn"] == "all people and limbs"
