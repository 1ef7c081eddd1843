"""Write rendered people as a COCO-format data set: `python -m estimation.training.render --out DIR --count N`."""

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from estimation.arguments import positive_integer
from estimation.config import COCO_PARTS, LIMBS
from estimation.pictures import write_picture
from estimation.replacing import replacing
from estimation.training.drawing.labels import RenderedHead
from estimation.training.run_lengths import encode_mask
from estimation.training.scenes import RenderedPerson, RenderedScene, render_crowd, render_row, render_scene

# With fewer joints to be seen a person is boxed and not labelled, as COCO's annotators do: nobody could find it.
MIN_VISIBLE_JOINTS = 4

_COCO_SKELETON = [
    [COCO_PARTS.index(limb.from_body_part) + 1, COCO_PARTS.index(limb.to_body_part) + 1]
    for limb in LIMBS
    if limb.from_body_part in COCO_PARTS and limb.to_body_part in COCO_PARTS
]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m estimation.training.render", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--count", type=positive_integer, default=100, help="how many pictures")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    render_folder(args.out, args.count, seed=args.seed)


def render_folder(folder: Path, count: int, *, seed: int, workers: int | None = None) -> None:
    """Render `count` random scenes with their ground truth; a folder that is complete already stays as it is.

    Parameters
    ----------
    folder : Path
        Gets the pictures and, last, `annotations.json`.
    count : int
        How many pictures.
    seed : int
        Picture ``i`` depends on ``(seed, i)`` alone.
    workers : int, optional
        Processes; as many as the machine has cores by default.
    """
    if _is_complete(folder, count):
        return
    folder.mkdir(parents=True, exist_ok=True)
    # Spawned, not forked: the caller may have threads of TensorFlow or OpenCV running.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        rendered = pool.map(partial(_render_one, folder, seed), range(count), chunksize=8)
        scenes = list(tqdm(rendered, total=count, desc="rendering people", unit="picture"))
    write_annotations(folder, scenes)


def _is_complete(folder: Path, count: int) -> bool:
    try:
        images = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))["images"]
    except (OSError, ValueError, KeyError):
        return False
    return len(images) == count


def _render_one(folder: Path, seed: int, index: int) -> tuple[str, tuple[int, int], list[RenderedPerson]]:
    cv2.setNumThreads(1)
    return save_scene(folder, f"{index:06d}.jpg", _draw_scene(np.random.default_rng((seed, index))))


def _draw_scene(rng: np.random.Generator) -> RenderedScene:
    """Draw mostly people anywhere, sometimes people in a row or a crowd."""
    kind = rng.choice(["anywhere", "row", "crowd"], p=[0.7, 0.2, 0.1])
    if kind == "row":
        n_persons = int(rng.integers(1, 6))
        return render_row(rng, 320, 160 + 96 * n_persons, n_persons, is_crossing=n_persons > 1 and rng.random() < 0.4)
    if kind == "crowd":
        return render_crowd(rng, 480, 640, int(rng.integers(6, 13)))
    height, width = (int(side) for side in rng.choice([256, 320, 384], size=2))
    n_persons = int(rng.choice([0, 1, 2, 3, 4, 6], p=[0.03, 0.32, 0.25, 0.18, 0.13, 0.09]))
    return render_scene(rng, height, width, n_persons)


def save_scene(folder: Path, name: str, scene: RenderedScene) -> tuple[str, tuple[int, int], list[RenderedPerson]]:
    """Write the picture of a scene; return what `write_annotations` needs of it."""
    write_picture(folder / name, scene.picture)
    persons = [
        replace(person, mask=encode_mask(scene.owners == owner)) for owner, person in enumerate(scene.persons, start=1)
    ]
    return name, (scene.picture.shape[0], scene.picture.shape[1]), persons


def write_annotations(folder: Path, scenes: Sequence[tuple[str, tuple[int, int], list[RenderedPerson]]]) -> None:
    """Write the ground truth of `scenes` as COCO keypoints to `annotations.json`; image ids count from 1."""
    images = [
        {"id": number, "file_name": name, "height": height, "width": width}
        for number, (name, (height, width), _) in enumerate(scenes, start=1)
    ]
    persons = [(number, person) for number, (_, _, people) in enumerate(scenes, start=1) for person in people]
    annotations = [_annotation(index, image_id, person) for index, (image_id, person) in enumerate(persons, start=1)]
    category = {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": [part.name for part in COCO_PARTS],
        "skeleton": _COCO_SKELETON,
    }
    coco = {"images": images, "annotations": annotations, "categories": [category]}
    with replacing(folder / "annotations.json") as unfinished:
        unfinished.write_text(json.dumps(coco, indent=1), encoding="utf-8", newline="\n")


def _annotation(annotation_id: int, image_id: int, person: RenderedPerson) -> dict[str, Any]:
    keypoints: list[float] = []
    is_hidden = bool(np.count_nonzero(person.visibility == 2) < MIN_VISIBLE_JOINTS)
    for part in COCO_PARTS:
        visibility = 0 if is_hidden else int(person.visibility[part])
        x, y = person.keypoints[part] if visibility else (0, 0)
        keypoints += [round(float(x), 1), round(float(y), 1), visibility]
    return {
        "id": annotation_id,
        "image_id": image_id,
        "category_id": 1,
        "iscrowd": 0,
        "num_keypoints": sum(visibility > 0 for visibility in keypoints[2::3]),
        "keypoints": keypoints,
        "bbox": [round(float(value), 1) for value in person.box],
        "area": round(float(person.area), 1),
        "head_px": round(float(person.head_px), 1),
        **_head_labels(person.head, is_hidden=is_hidden),
        **({} if person.mask is None else {"segmentation": person.mask}),
    }


def _head_labels(head: RenderedHead | None, *, is_hidden: bool) -> dict[str, Any]:
    """Give what COCO has no place for: the head's box, and its top and the upper neck as COCO writes keypoints."""
    if head is None or is_hidden:
        return {}
    points: list[float] = []
    for (x, y), visibility in zip(head.points.tolist(), head.visibility.tolist(), strict=True):
        points += [round(x, 1), round(y, 1), visibility] if visibility else [0, 0, 0]
    return {"head_box": [round(side, 1) for side in head.box.tolist()], "head_points": points}


if __name__ == "__main__":
    main()
