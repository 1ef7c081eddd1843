"""Measure a network on pictures with keypoints: `python -m estimation.training.evaluate --images DIR`."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from estimation.coco import COCO_NUMBERS, coco_results, evaluate_coco, match_persons
from estimation.config import get_default_configuration
from estimation.connections import get_connections
from estimation.coordinates import get_coordinates
from estimation.estimators import estimate
from estimation.keypoints import cells_to_px, skeletons_to_keypoints
from estimation.metrics import coverage, mpjpe, pck, pckh, pcp, pdj, torso_diameters
from estimation.networks import Network, load_network
from estimation.pictures import read_picture
from estimation.training.dataset import Example, is_held_out, load_examples

Floats = npt.NDArray[np.float64]


@dataclass
class Evaluation:
    """What was found, picture by picture, and what is true.

    Attributes
    ----------
    results : list of dict
        All persons that were found, as COCO keypoint results.
    found, true : list of ndarray of shape (n, 18, 2)
        For each picture the true persons with labels, and who was matched with each; NaN where nobody or nothing.
    head_sizes_px : list of ndarray of shape (n,)
        The length of each true head; NaN where it is not known.
    n_missed, n_surplus : int
        True persons whom nobody matched, and found ones who match nobody.
    seconds : list of float
        For each picture the time from pixels to skeletons.
    """

    results: list[dict[str, Any]] = field(default_factory=list)
    found: list[Floats] = field(default_factory=list)
    true: list[Floats] = field(default_factory=list)
    head_sizes_px: list[Floats] = field(default_factory=list)
    n_missed: int = 0
    n_surplus: int = 0
    seconds: list[float] = field(default_factory=list)

    def numbers(self) -> dict[str, float]:
        """Compute the metrics of matched persons over all pictures together, each defined where it is computed."""
        found, true = np.concatenate(self.found), np.concatenate(self.true)
        return {
            "PCK@0.5 of the torso": pck(found, true, lengths_px=torso_diameters(true), alpha=0.5),
            "PDJ@0.2": pdj(found, true),
            "PCP@0.5": pcp(found, true),
            "PCKh@0.5": pckh(found, true, head_sizes_px=np.concatenate(self.head_sizes_px)),
            "MPJPE in px": mpjpe(found, true),
            "joints found": coverage(found, true),
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one sentence about what the user can mend."""
    args = _parser().parse_args(argv)
    try:
        network = load_network(args.network)
        annotations = args.annotations or args.images / "annotations.json"
        # Where people are left unlabelled, finding one would count as an error.
        examples = {
            image_id: example
            for image_id, example in load_examples(args.images, annotations).items()
            if example.is_complete and (is_held_out(image_id) or not args.held_out)
        }
        evaluation = evaluate(network, examples, height_px=args.height)
        print_report(evaluation, annotations, list(examples))
        if args.results:
            args.results.write_text(json.dumps(evaluation.results), encoding="utf-8")
    except (ValueError, OSError) as exc:
        print(f"evaluate: {exc}", file=sys.stderr)
        return 2
    return 0


def evaluate(network: Network, examples: dict[int, Example], *, height_px: int | None = None) -> Evaluation:
    """Find the people of every picture and match them with the true ones.

    Parameters
    ----------
    network : Network
    examples : dict of int to Example
        By image id.
    height_px : int, optional
        Bring every picture to this height first, its aspect ratio kept; without it pictures run as they are.

    Returns
    -------
    evaluation : Evaluation
        Points in the pixels of the pictures as stored, whatever `height_px`.
    """
    evaluation = Evaluation()
    for image_id, example in tqdm(examples.items(), unit="picture", disable=None):
        picture = read_picture(example.path)
        start = time.perf_counter()
        keypoints, scores = find_keypoints(network, picture, height_px)
        evaluation.seconds.append(time.perf_counter() - start)
        evaluation.results += coco_results(keypoints, scores, image_id)
        truth = np.where(example.labelled[..., None], example.keypoints, np.nan).astype(np.float64)
        matching = match_persons(keypoints, truth, example.areas)
        evaluation.found.append(matching.align(keypoints))
        evaluation.true.append(truth)
        evaluation.head_sizes_px.append(example.head_sizes_px)
        evaluation.n_missed += len(matching.missed)
        evaluation.n_surplus += len(matching.surplus)
    return evaluation


def find_keypoints(
    network: Network, picture: npt.NDArray[np.uint8], height_px: int | None = None
) -> tuple[Floats, Floats]:
    """Run the whole chain on one picture.

    Parameters
    ----------
    network : Network
    picture : ndarray of shape (H, W, 3) and dtype uint8
        RGB.
    height_px : int, optional
        As in `evaluate`.

    Returns
    -------
    keypoints : ndarray of shape (n, 18, 2)
        ``(x, y)`` in pixels of `picture`; NaN where a part is absent.
    scores : ndarray of shape (n, 18)
    """
    scale = 1.0 if height_px is None else height_px / picture.shape[0]
    if scale != 1:
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    maps = network.predict(picture)
    config = get_default_configuration()
    coordinates = get_coordinates(config, maps.heatmaps)
    skeletons = estimate(config, get_connections(config, coordinates, maps.pafs))
    keypoints, scores = skeletons_to_keypoints(skeletons, coordinates)
    # A pixel that the network saw covers 1 / scale pixels of the picture as stored.
    return cells_to_px(keypoints, cell_px=1 / scale), scores


def print_report(evaluation: Evaluation, annotations: Path, image_ids: list[int]) -> None:
    """Print COCO's ten numbers, the metrics of matched persons, who was missed, and the time."""
    coco = evaluate_coco(annotations, evaluation.results, image_ids=image_ids)
    for name in COCO_NUMBERS:
        print(f"{name:22}{coco[name]:8.3f}")
    for name, value in evaluation.numbers().items():
        print(f"{name:22}{value:8.3f}")
    n_true = sum(len(true) for true in evaluation.true)
    print(f"persons: {n_true} labelled, {evaluation.n_missed} missed, {evaluation.n_surplus} found in excess")
    print(f"median per picture: {1000 * np.median(evaluation.seconds):.1f} ms, {len(image_ids)} pictures")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m estimation.training.evaluate", description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--annotations", type=Path, help="COCO keypoints; DIR/annotations.json by default")
    parser.add_argument("--network", default="compact", help="`compact`, `openpose`, or a path to weights")
    parser.add_argument("--height", type=int, metavar="PX", help="bring pictures to this height, aspect ratio kept")
    parser.add_argument("--held-out", action="store_true", help="only pictures that training leaves out")
    parser.add_argument("--results", type=Path, help="write the persons found as COCO results to this file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
