"""The picture cases: network maps of the project's pictures, recorded once, and the rows that come from them.

`write_maps` runs the network; the cases are made from the recorded maps without it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.config import COCO_PARTS, BodyPart
from estimation.networks import Maps
from grader.harness.errors import RubricError
from grader.labs.merge import reference
from grader.labs.merge.casemaking.bodies import ids_in
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import LabelledPicture, MergeCase
from grader.labs.merge.picture_scores import score_people

IMAGES = Path(__file__).resolve().parents[4] / "images"
MAPS = Path(__file__).resolve().parents[1] / "cases" / "maps"

N_PUBLIC, N_CASES = 3, 10
"""So many of the pictures, in the order of the annotations, are public cases, and cases at all; the rest is to see."""

# Maps are kept as whole numbers of these steps; what is nearer to 0 than the noise is noise. The finer step costs few
# bytes and keeps neighbouring cells of a peak different: a coarse one would make plateaus, and so double keypoints.
_HEATMAP_STEP, _HEATMAP_NOISE = 1 / 8192, 0.05
_PAF_STEP, _PAF_NOISE = 1 / 8192, 0.02


def pictures(maker: Maker) -> list[MergeCase]:
    """Make a case of each picture whose maps are recorded; the seed decides nothing here."""
    truth = _read_truth(IMAGES)
    names = list(truth)[:N_PUBLIC] if maker.is_public else list(truth)[N_PUBLIC:N_CASES]
    return [make_picture_case(maker, name, read_maps(MAPS / f"{Path(name).stem}.npz"), truth[name]) for name in names]


def make_picture_case(
    maker: Maker, name: str, maps: Maps, people: Sequence[Mapping[str, tuple[float, float]]]
) -> MergeCase:
    """Make the case of one picture.

    Parameters
    ----------
    maker : Maker
        Of the check that the case belongs to.
    name : str
        File name of the picture.
    maps : Maps
        What the network says of it.
    people : sequence of mapping of str to tuple of float
        The labelled parts of each person, in pixels.
    """
    rows, keypoints = reference.rows_of_maps(maps)
    says = f"images/{name}: {len(people)} {'person' if len(people) == 1 else 'people'}."
    case = maker.any_case(f"picture_{Path(name).stem}", says, rows)
    used = {id_: keypoints[id_] for id_ in sorted(ids_in(rows))}
    labelled = LabelledPicture(name, used, people, expected_score=0.0)
    return replace(case, labelled=replace(labelled, expected_score=score_people(labelled, case.expected)))


def write_maps(folder: Path = MAPS, images: Path = IMAGES) -> list[Path]:
    """Run the network on the pictures that become cases, and record what it says.

    Parameters
    ----------
    folder : Path, optional
        Where to write ``<picture>.npz``; made when it is missing.
    images : Path, optional
        Pictures and their ``annotations.json``.

    Returns
    -------
    written : list of Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in list(_read_truth(images))[:N_CASES]:
        paths.append(folder / f"{Path(name).stem}.npz")
        save_maps(paths[-1], reference.maps_of_picture(images / name))
    return paths


def save_maps(path: Path, maps: Maps) -> None:
    """Write maps in whole steps and without noise; the background is left out, because nothing reads it."""
    heatmaps = _quantise(maps.heatmaps[..., : BodyPart.background], _HEATMAP_STEP, _HEATMAP_NOISE)
    np.savez_compressed(path, heatmaps=heatmaps, pafs=_quantise(maps.pafs, _PAF_STEP, _PAF_NOISE))


def read_maps(path: Path) -> Maps:
    """Read what `save_maps` wrote; the background is 0 everywhere.

    Raises
    ------
    RubricError
        If there is no such file.
    """
    if not path.is_file():
        raise RubricError(
            f"Each of the first {N_CASES} pictures in images/annotations.json needs recorded maps; there is no {path}. "
            "Run python -m grader cases --sources."
        )
    with np.load(path, allow_pickle=False) as saved:
        heatmaps, pafs = saved["heatmaps"] * _HEATMAP_STEP, saved["pafs"] * _PAF_STEP
    return Maps(np.pad(heatmaps, ((0, 0), (0, 0), (0, 1))), pafs)


def _quantise(values: npt.NDArray[Any], step: float, noise: float) -> npt.NDArray[np.int16]:
    steps = np.round(np.where(np.abs(values) < noise, 0, values) / step)
    limits = np.iinfo(np.int16)
    return np.clip(steps, limits.min, limits.max).astype(np.int16)


def _read_truth(images: Path) -> dict[str, list[dict[str, tuple[float, float]]]]:
    """Return for each annotated picture its people: the labelled parts of each, in pixels."""
    content = json.loads((images / "annotations.json").read_text(encoding="utf-8"))
    names = {image["id"]: image["file_name"] for image in content["images"]}
    people: dict[str, list[dict[str, tuple[float, float]]]] = {name: [] for name in names.values()}
    for annotation in content["annotations"]:
        people[names[annotation["image_id"]]].append(_read_person(annotation["keypoints"]))
    return people


def _read_person(keypoints: Sequence[float]) -> dict[str, tuple[float, float]]:
    """Take COCO's triples x, y, visibility; the neck is the middle of the shoulders."""
    triples = zip(COCO_PARTS, keypoints[::3], keypoints[1::3], keypoints[2::3], strict=True)
    labelled = {part.name: (x, y) for part, x, y, visibility in triples if visibility > 0}
    if {"left_shoulder", "right_shoulder"} <= labelled.keys():
        (left_x, left_y), (right_x, right_y) = labelled["left_shoulder"], labelled["right_shoulder"]
        labelled["neck"] = (left_x + right_x) / 2, (left_y + right_y) / 2
    return labelled
