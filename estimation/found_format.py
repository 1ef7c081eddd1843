"""The demo's file of who was found: COCO's format of data sets, with scores, and with what it means inside it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from estimation.belief import MIN_LIMB_SCORE, select_believed
from estimation.coco_format import PERSON_CATEGORY, coco_results
from estimation.config import COCO_PARTS, LIMBS, PARTS
from estimation.estimators import score_skeletons
from estimation.keypoints import skeletons_to_keypoints
from estimation.replacing import replacing
from estimation.sighting import Sighting

_FIELDS = {
    "images": "id; file_name as it was given; width and height in pixels; for a video also frame, from 0 on",
    "annotations": "a person each, all who were found",
    "annotations.id": "counts all people from 1 on",
    "annotations.image_id": "the id of the picture",
    "annotations.keypoints": "17 times x, y, score in the order of categories[0].keypoints; 0, 0, 0 if not found",
    "annotations.num_keypoints": "how many of the 17 were found",
    "annotations.neck": "x, y, score of the neck, which COCO does not have; null if not found",
    "annotations.bbox": "x, y, width, height of the smallest box around all parts found",
    "annotations.score": "how sure the network is of the person: the sum of the limbs' scores over 19",
    "annotations.limbs": "from, to, and the mean PAF along the line between them: near 1 on a true limb",
    "annotations.is_drawn": "whether the person is in the drawing",
}


def describe_people(sighting: Sighting, image_id: int, min_score: float) -> list[dict[str, Any]]:
    """Describe everybody who was found in a picture, drawn or not.

    Parameters
    ----------
    sighting : Sighting
        What `look` returned.
    image_id : int
        The number of the picture.
    min_score : float
        Who is drawn; see `select_believed`.

    Returns
    -------
    annotations : list of dict
        A person each, with the fields that the file itself describes, in pixels of the picture. Left out is who has
        none of COCO's parts, as `coco_results` says.
    """
    people = sighting.people
    keypoints, scores = skeletons_to_keypoints(people.skeletons, people.coordinates, cell_px=sighting.cell_px)
    totals = score_skeletons(people.limb_scores)
    _, drawn = select_believed(people, min_score)
    annotations = []
    for person in range(len(keypoints)):
        only = slice(person, person + 1)
        for annotation in coco_results(keypoints[only], scores[only], image_id, totals[only]):
            annotation |= {
                "num_keypoints": sum(score > 0 for score in annotation["keypoints"][2::3]),
                "neck": _neck(keypoints[person], scores[person]),
                "bbox": _box(keypoints[person]),
                "limbs": _limbs(people.limb_scores[person]),
                "is_drawn": person in drawn,
            }
            annotations.append(annotation)
    return annotations


def _neck(points: NDArray[np.float64], scores: NDArray[np.float64]) -> list[float] | None:
    neck = next(part for part in PARTS if part not in COCO_PARTS)
    return [*points[neck].tolist(), float(scores[neck])] if np.isfinite(points[neck]).all() else None


def _box(points: NDArray[np.float64]) -> list[float]:
    left, top = np.nanmin(points, axis=0).tolist()
    right, bottom = np.nanmax(points, axis=0).tolist()
    return [left, top, right - left, bottom - top]


def _limbs(limb_scores: NDArray[np.float64]) -> list[dict[str, Any]]:
    return [
        {"from": limb.from_body_part.name, "to": limb.to_body_part.name, "score": float(score)}
        for limb, score in zip(LIMBS, limb_scores, strict=True)
        if np.isfinite(score)
    ]


class FoundFile:
    """Everybody who was found in a row of pictures, to be written as one file.

    The file reads as COCO's format of data sets; its ``annotations`` alone are COCO's keypoint results.

    Parameters
    ----------
    network : str
        The name of the network.
    min_score : float
        Who is drawn; see `select_believed`.
    """

    def __init__(self, network: str, min_score: float) -> None:
        self._network = network
        self._min_score = min_score
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def add(self, file_name: str, sighting: Sighting, **more: float) -> None:
        """Add a picture and its people; `more` is what else there is to say of the picture."""
        number, (width, height) = len(self._images) + 1, sighting.size_px
        self._images.append({"id": number, "file_name": file_name, "width": width, "height": height, **more})
        for person in describe_people(sighting, number, self._min_score):
            self._annotations.append({"id": len(self._annotations) + 1, **person})

    def write(self, path: Path) -> None:
        """Write what was added, whole or not at all."""
        content = {
            "info": self._info(),
            "images": self._images,
            "categories": [_category()],
            "annotations": self._annotations,
        }
        with replacing(path) as unfinished:
            unfinished.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")

    def _info(self) -> dict[str, Any]:
        limits = f"people of at least {self._min_score:g}, counting limbs of at least {MIN_LIMB_SCORE:g}"
        return {
            "description": "People found by demo_image.py, in COCO's format of data sets with scores; positions in "
            "pixels, (0, 0) being the middle of the upper left one.",
            "network": self._network,
            "drawn": limits if self._min_score > 0 else "all people and limbs",
            "fields": _FIELDS,
        }


def _category() -> dict[str, Any]:
    numbers = {part: number for number, part in enumerate(COCO_PARTS, start=1)}
    pairs = [(limb.from_body_part, limb.to_body_part) for limb in LIMBS]
    return {
        "id": PERSON_CATEGORY,
        "name": "person",
        "keypoints": [part.name for part in COCO_PARTS],
        "skeleton": [[numbers[start], numbers[end]] for start, end in pairs if {start, end} <= numbers.keys()],
    }
