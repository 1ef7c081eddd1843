"""Pictures with keypoints in COCO's format.

A data set is a folder with `annotations.json` and its pictures, beside it or in `images/`. Points are ``(x, y)`` in
pixels of the picture as stored; pictures are RGB.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.config import COCO_PARTS, N_PARTS, BodyPart
from estimation.training.run_lengths import EncodedMask

_HELD_OUT_MODULUS = 6

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """One picture and what is known of the people in it.

    Attributes
    ----------
    path : Path
        The picture.
    keypoints : ndarray of shape (n_persons, 18, 2) and dtype float32
        Points in pixels; only where `labelled` says so.
    labelled : ndarray of shape (n_persons, 18) and dtype bool
    boxes : ndarray of shape (n_persons, 4) and dtype float32
        ``(x, y, width, height)`` of the labelled people.
    areas : ndarray of shape (n_persons,) and dtype float64
        Square pixels that each of them covers.
    head_sizes_px : ndarray of shape (n_persons,) and dtype float64
        Length of each head; NaN where the data set does not say.
    head_boxes : ndarray of shape (n_persons, 4) and dtype float32
        ``(x, y, width, height)`` of each head; NaN where the data set does not say.
    head_points : ndarray of shape (n_persons, 2, 2) and dtype float32
        ``(x, y)`` of the top of each head and of the upper neck; NaN where they are not labelled.
    ignored_boxes : ndarray of shape (n_ignored, 4) and dtype float32
        Where people stand of whom nothing is known: no loss there.
    is_complete : bool
        Everybody in the picture is labelled or boxed; if not, only the labelled boxes teach anything.
    has_faces : bool
        The labels say where noses, eyes and ears are.
    masks : tuple of EncodedMask or None
        The pixels that show each of the labelled people, for `decode_mask`; None where the data set does not say, or
        says it otherwise than in run lengths.
    """

    path: Path
    keypoints: FloatArray
    labelled: npt.NDArray[np.bool_]
    boxes: FloatArray
    areas: npt.NDArray[np.float64]
    head_sizes_px: npt.NDArray[np.float64]
    head_boxes: FloatArray
    head_points: FloatArray
    ignored_boxes: FloatArray
    is_complete: bool
    has_faces: bool
    masks: tuple[EncodedMask | None, ...] = ()


def held_out(examples: dict[int, Example]) -> dict[int, Example]:
    """Keep the pictures that no training sees: every sixth image id, where everybody is labelled or boxed.

    Parameters
    ----------
    examples : dict of int to Example
        By image id.

    Returns
    -------
    examples : dict of int to Example
        For ever the same ones. Where people are left unlabelled, finding one would count as an error, so such
        pictures cannot measure anything and all of them are there to learn from.
    """
    return {
        image_id: example
        for image_id, example in examples.items()
        if image_id % _HELD_OUT_MODULUS == 0 and example.is_complete
    }


def load_examples(folder: Path, annotations: Path | None = None) -> dict[int, Example]:
    """Read a data set; pictures without anybody to learn from stay in as background.

    Parameters
    ----------
    folder : Path
        Holds the pictures, or a folder `images` with the pictures.
    annotations : Path, optional
        COCO keypoints; `annotations.json` in `folder` by default.

    Returns
    -------
    examples : dict of int to Example
        By image id, in the order of the file.

    Raises
    ------
    ValueError
        If the folder holds no readable annotations.
    """
    path = annotations or folder / "annotations.json"
    try:
        coco = json.loads(path.read_text(encoding="utf-8"))
        by_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for annotation in coco["annotations"]:
            by_image[annotation["image_id"]].append(annotation)
        pictures = folder / "images" if (folder / "images").is_dir() else folder
        return {image["id"]: _example(pictures, image, by_image[image["id"]]) for image in coco["images"]}
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ValueError(f"A data set must have COCO keypoints in a JSON file; got {exc!r:.200} from {path}.") from exc


def _example(pictures: Path, image: dict[str, Any], annotations: list[dict[str, Any]]) -> Example:
    persons = [person for person in annotations if person.get("num_keypoints", 0) > 0]
    ignored = [person["bbox"] for person in annotations if person.get("num_keypoints", 0) == 0]
    keypoints, labelled = parts_from_coco([person["keypoints"] for person in persons])
    return Example(
        path=pictures / image["file_name"],
        keypoints=keypoints,
        labelled=labelled,
        boxes=np.array([person["bbox"] for person in persons], np.float32).reshape(-1, 4),
        areas=np.array([person["area"] for person in persons], np.float64),
        head_sizes_px=np.array([person.get("head_px", np.nan) for person in persons], np.float64),
        head_boxes=np.array([person.get("head_box", [np.nan] * 4) for person in persons], np.float32).reshape(-1, 4),
        head_points=_head_points([person.get("head_points", [0] * 6) for person in persons]),
        ignored_boxes=np.array(ignored, np.float32).reshape(-1, 4),
        is_complete=bool(image.get("persons_complete", 1)),
        has_faces=image.get("dataset") != "lspet",
        masks=tuple(_mask(person.get("segmentation")) for person in persons),
    )


def _mask(segmentation: object) -> EncodedMask | None:
    """Leave out outlines as polygons, which COCO's own annotations have."""
    return segmentation if isinstance(segmentation, dict) else None


def _head_points(triples: Sequence[Sequence[float]]) -> FloatArray:
    """Turn ``x, y, visibility`` of two points into points that are NaN where they are not labelled."""
    points = np.array(triples, np.float32).reshape(-1, 2, 3)
    return np.where(points[..., 2:] > 0, points[..., :2], np.float32(np.nan))


def parts_from_coco(keypoints: Sequence[Sequence[float]]) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Turn COCO's 17 keypoints into the 18 parts: the neck is the middle of the shoulders.

    Parameters
    ----------
    keypoints : sequence of shape (n_persons, 51)
        ``x, y, visibility`` of each keypoint in COCO's order, as in an annotation file.

    Returns
    -------
    points : ndarray of shape (n_persons, 18, 2) and dtype float32
    labelled : ndarray of shape (n_persons, 18) and dtype bool
        The neck is labelled when both shoulders are.
    """
    coco = np.array(keypoints, np.float32).reshape(-1, len(COCO_PARTS), 3)
    points = np.zeros((len(coco), N_PARTS, 2), np.float32)
    labelled = np.zeros((len(coco), N_PARTS), bool)
    points[:, COCO_PARTS] = coco[..., :2]
    labelled[:, COCO_PARTS] = coco[..., 2] > 0
    shoulders = [BodyPart.right_shoulder, BodyPart.left_shoulder]
    points[:, BodyPart.neck] = points[:, shoulders].mean(axis=1)
    labelled[:, BodyPart.neck] = labelled[:, shoulders].all(axis=1)
    return points, labelled
