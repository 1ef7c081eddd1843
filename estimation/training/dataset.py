"""Pictures with keypoints in COCO's format -> augmented training batches.

A data set is a folder with `annotations.json` and its pictures, beside it or in `images/`. Points are ``(x, y)`` in
pixels of the picture as stored; pictures are RGB.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from estimation.config import CELL_PX, COCO_PARTS, LIMBS, MIRRORED, N_HEATMAPS, N_PAFS, N_PARTS, BodyPart
from estimation.keypoints import px_to_cells
from estimation.pictures import read_picture
from estimation.targets import confidence_maps, part_affinity_fields

# Half of a cell's diagonal: a keypoint's own cell is then always inside its limbs' PAFs.
OVERHANG_PX = CELL_PX * 2**-0.5

_HELD_OUT_MODULUS = 6
_FACE = (BodyPart.nose, BodyPart.right_eye, BodyPart.left_eye, BodyPart.right_ear, BodyPart.left_ear)

Picture = npt.NDArray[np.uint8]
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
        ``(x, y, width, height)`` of the labelled persons.
    areas : ndarray of shape (n_persons,) and dtype float64
        Square pixels that each of them covers.
    head_sizes_px : ndarray of shape (n_persons,) and dtype float64
        Length of each head; NaN where the data set does not say.
    ignored_boxes : ndarray of shape (n_ignored, 4) and dtype float32
        Where people stand of whom nothing is known: no loss there.
    is_complete : bool
        Everybody in the picture is labelled or boxed; if not, only the labelled boxes teach anything.
    has_faces : bool
        The labels say where noses, eyes and ears are.
    """

    path: Path
    keypoints: FloatArray
    labelled: npt.NDArray[np.bool_]
    boxes: FloatArray
    areas: npt.NDArray[np.float64]
    head_sizes_px: npt.NDArray[np.float64]
    ignored_boxes: FloatArray
    is_complete: bool
    has_faces: bool


def is_held_out(image_id: int) -> bool:
    """Say whether a picture is kept for measuring: every sixth image id, for ever the same ones."""
    return image_id % _HELD_OUT_MODULUS == 0


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
        raise ValueError(f"A data set needs COCO keypoints in a JSON file; {path} gives {exc!r:.200}.") from exc


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
        ignored_boxes=np.array(ignored, np.float32).reshape(-1, 4),
        is_complete=bool(image.get("persons_complete", 1)),
        has_faces=image.get("dataset") != "lspet",
    )


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


def training_pair(example: Example, size_px: int, rng: np.random.Generator) -> tuple[Picture, FloatArray]:
    """Cut one augmented square out of an example and say what the network should answer there.

    Parameters
    ----------
    example : Example
    size_px : int
        Side of the square, a multiple of 8.
    rng : numpy.random.Generator
        Chooses everything; the same state gives the same pair.

    Returns
    -------
    picture : ndarray of shape (size_px, size_px, 3) and dtype uint8
    targets : ndarray of shape (size_px / 8, size_px / 8, 114) and dtype float32
        38 PAFs, 19 heatmaps, then the weight (0 or 1) of each of these 57 values.
    """
    picture = read_picture(example.path)
    warp, is_flipped = _random_warp(example, picture.shape[:2], size_px, rng)
    points = _moved(example.keypoints, warp)
    labelled = example.labelled
    if is_flipped:
        # What was the left wrist looks like a right one now.
        mirrored = list(MIRRORED[:N_PARTS])
        points, labelled = points[:, mirrored], labelled[:, mirrored]
    map_shape = (size_px // CELL_PX, size_px // CELL_PX)
    pafs = part_affinity_fields(points, labelled, map_shape, overhang_px=OVERHANG_PX)
    heatmaps = confidence_maps(points, labelled, map_shape)
    weights = _weights(example, warp, map_shape)
    return _warped(picture, warp, size_px, rng), np.concatenate([pafs, heatmaps, weights], axis=-1)


def _random_warp(
    example: Example, picture_shape: tuple[int, ...], size_px: int, rng: np.random.Generator
) -> tuple[FloatArray, bool]:
    """Choose scale, turn, mirror and place: a 2 x 3 matrix from picture to square, and whether it mirrors."""
    height, width = picture_shape
    centre, extent = np.array([width, height]) / 2, float(max(height, width))
    if len(example.boxes) and rng.random() < 0.9:
        x, y, box_width, box_height = example.boxes[rng.integers(len(example.boxes))]
        centre, extent = np.array([x + box_width / 2, y + box_height / 2]), float(max(box_width, box_height, 20))
    wanted = size_px * np.exp(rng.uniform(np.log(0.3), np.log(1.3)))
    # Not much smaller than the square: a frame around a small picture teaches nothing.
    smallest = 0.8 * size_px / max(height, width)
    scale = float(np.clip(wanted / extent, smallest, max(2.5, smallest)))
    angle = np.radians(np.clip(rng.normal(0, 15), -40, 40))
    is_flipped = bool(rng.random() < 0.5)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if is_flipped:
        turn[:, 0] *= -1
    place = size_px * rng.uniform(0.3, 0.7, size=2)
    return np.column_stack([turn, place - turn @ centre]).astype(np.float32), is_flipped


def _moved(points: FloatArray, warp: FloatArray) -> FloatArray:
    """Take points of shape (..., 2) to where a 2 x 3 matrix puts them."""
    return points @ warp[:, :2].T + warp[:, 2]


def _warped(picture: Picture, warp: FloatArray, size_px: int, rng: np.random.Generator) -> Picture:
    scale = float(np.sqrt(abs(np.linalg.det(warp[:, :2]))))
    if scale < 0.6:
        # Shrink by area first: sampling a large picture thinly would alias.
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        warp = warp.copy()
        warp[:, :2] *= [picture.shape[1] / small.shape[1], picture.shape[0] / small.shape[0]]
        picture = small
    border = rng.integers(0, 256, size=3).tolist()
    out = cv2.warpAffine(picture, warp, (size_px, size_px), flags=cv2.INTER_LINEAR, borderValue=border)
    return _recoloured(out, rng)


def _recoloured(picture: Picture, rng: np.random.Generator) -> Picture:
    """Change light, contrast and colour cast; sometimes grey, blur, noise or JPEG."""
    levels = np.arange(256) / 255
    gamma, contrast = np.exp(rng.normal(0, 0.25)), np.exp(rng.normal(0, 0.2))
    cast, light = rng.normal(1, 0.08, size=(3, 1)), rng.normal(0, 0.08)
    curves = ((levels**gamma - 0.5) * contrast + 0.5 + light) * cast
    table = np.clip(curves * 255, 0, 255).astype(np.uint8).T.reshape(1, 256, 3)
    picture = cv2.LUT(picture, np.ascontiguousarray(table))
    if rng.random() < 0.08:
        picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=-1)
    if rng.random() < 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.15:
        noise = rng.normal(0, rng.uniform(2, 14), size=picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        quality = int(rng.integers(25, 90))
        _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return picture


def _weights(example: Example, warp: FloatArray, map_shape: tuple[int, int]) -> FloatArray:
    """Say where, and for which channels, the labels can be trusted: (rows, columns, 57) of 0 and 1."""
    trusted = np.full(map_shape, float(example.is_complete), np.float32)
    if not example.is_complete:
        _fill_boxes(trusted, example.boxes, warp, 1.0)
    _fill_boxes(trusted, example.ignored_boxes, warp, 0.0)
    known = np.ones(N_PAFS + N_HEATMAPS, np.float32)
    if not example.has_faces:
        known[[N_PAFS + part for part in (*_FACE, BodyPart.background)]] = 0
        for limb in LIMBS:
            if limb.to_body_part in _FACE:
                known[[limb.paf_dx_idx, limb.paf_dy_idx]] = 0
    return trusted[..., None] * known


def _fill_boxes(cells: FloatArray, boxes: FloatArray, warp: FloatArray, value: float) -> None:
    for x, y, width, height in boxes:
        # A box ends at the outermost joint or skin: a little wider it holds the peaks' slopes too.
        left, right = x - 0.1 * width, x + 1.1 * width
        top, bottom = y - 0.1 * height, y + 1.1 * height
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
        in_cells = px_to_cells(_moved(corners, warp))
        cv2.fillConvexPoly(cells, np.round(in_cells).astype(np.int32), value)
