"""Measure a network on pictures with keypoints: `python -m estimation.training.evaluate --images DIR`.

The command gets more out of the maps than the lab does, as the demo: see `estimation.decoding`. It looks at fainter
keypoints than the demo, too.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools.coco import COCO
from tqdm import tqdm

from estimation.arguments import positive_integer
from estimation.coco import evaluate_coco, match_persons
from estimation.coco_format import coco_results
from estimation.decoding import LAB_THRESHOLD
from estimation.metrics import coverage, mpjpe, pck, pckh, pcp, pdj, torso_diameters
from estimation.pictures import read_picture
from estimation.replacing import replacing
from estimation.training.dataset import Example, held_out, load_examples
from estimation.training.finding import find_keypoints
from estimation.training.oracles import group_by_truth
from estimation.training.views import Predictor, load_predictor

THRESHOLD = 0.02
"""Above which a heatmap has a keypoint: for measuring, where a faint one costs little."""

Floats = npt.NDArray[np.float64]


@dataclass
class Evaluation:
    """What was found, picture by picture, and what is true.

    Attributes
    ----------
    image_ids : list of int
        The pictures, in the order of everything that follows.
    results : list of dict
        All people who were found, as COCO keypoint results.
    found, true : list of ndarray of shape (n, 18, 2)
        For each picture the true people with labels, and who was matched with each; NaN where nobody or nothing.
    areas : list of ndarray of shape (n,)
        Of the true people, in square pixels.
    head_sizes_px : list of ndarray of shape (n,)
        The length of each true head; NaN where it is not known.
    peaks : list of dict of str to ndarray of shape (n, 3)
        For each picture all that was found of each part, whoever it belongs to: ``(x, y, score)``.
    n_missed, n_surplus : int
        True people whom nobody matched, and found ones who match nobody.
    seconds : list of float
        For each picture the time from pixels to skeletons.
    """

    image_ids: list[int] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    found: list[Floats] = field(default_factory=list)
    true: list[Floats] = field(default_factory=list)
    areas: list[Floats] = field(default_factory=list)
    head_sizes_px: list[Floats] = field(default_factory=list)
    peaks: list[dict[str, Floats]] = field(default_factory=list)
    n_missed: int = 0
    n_surplus: int = 0
    seconds: list[float] = field(default_factory=list)

    def coco_numbers(self, annotations: Path | Mapping[str, Any] | COCO) -> dict[str, float]:
        """Compute COCO's ten numbers on these pictures; `annotations` and the result are those of `evaluate_coco`."""
        return evaluate_coco(annotations, self.results, image_ids=self.image_ids)

    def ap_of_oracles(self, annotations: Path | Mapping[str, Any] | COCO) -> dict[str, float]:
        """Compute what AP would be if all that follows the network's peaks were perfect: see `oracles`."""
        numbers = {}
        for name, are_placed in (("AP, grouped by truth", False), ("AP, placed as well", True)):
            results = []
            for image_id, peaks, true, areas in zip(self.image_ids, self.peaks, self.true, self.areas, strict=True):
                grouped = group_by_truth(peaks, true, areas, are_placed=are_placed)
                results += coco_results(*grouped, image_id)
            numbers[name] = evaluate_coco(annotations, results, image_ids=self.image_ids)["AP"]
        return numbers

    def numbers(self) -> dict[str, float]:
        """Compute the metrics of matched people over all pictures together, each defined where it is computed."""
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
    """Run the command line; return 0, or 2 after one sentence about what the user can fix."""
    args = _parser().parse_args(argv)
    annotations = args.annotations or args.images / "annotations.json"
    try:
        network = load_predictor(args.network, tuple(args.scales), is_mirrored_too=args.flip)
        examples = load_examples(args.images, annotations)
        evaluation = evaluate(
            network,
            select_examples(examples, only_held_out=args.held_out, count=args.count),
            height_px=args.height,
            threshold=(LAB_THRESHOLD if args.as_in_lab else THRESHOLD) if args.threshold is None else args.threshold,
            as_in_lab=args.as_in_lab,
        )
        print_report(evaluation, annotations, with_oracles=args.oracles)
        if args.results:
            with replacing(args.results) as unfinished:
                unfinished.write_text(json.dumps(evaluation.results), encoding="utf-8")
    except (ValueError, OSError) as exc:
        print(f"evaluate: {exc}", file=sys.stderr)
        return 2
    return 0


def select_examples(
    examples: dict[int, Example], *, only_held_out: bool = False, count: int | None = None
) -> dict[int, Example]:
    """Choose the pictures to measure on.

    Parameters
    ----------
    examples : dict of int to Example
        By image id. Not modified.
    only_held_out : bool, optional
        Only pictures that training leaves out.
    count : int, optional
        Only that many, lowest ids first: for a quick look.

    Returns
    -------
    examples : dict of int to Example
        By rising image id. Pictures with unlabelled people are left out: finding one would count as an error.

    Raises
    ------
    ValueError
        If none is left.
    """
    chosen = held_out(examples) if only_held_out else examples
    complete = sorted((image_id, example) for image_id, example in chosen.items() if example.is_complete)
    if not complete[:count]:
        raise ValueError(
            f"Measuring needs a picture in which everybody is labelled; none is left of {len(examples)!r}. "
            "Give other pictures, or leave out --held-out."
        )
    return dict(complete[:count])


def evaluate(
    network: Predictor,
    examples: Mapping[int, Example],
    *,
    height_px: int | None = None,
    threshold: float = LAB_THRESHOLD,
    as_in_lab: bool = True,
) -> Evaluation:
    """Find the people of every picture and match them with the true ones.

    Parameters
    ----------
    network : Predictor
        A `Network`, or anything that answers a picture as one does.
    examples : mapping of int to Example
        By image id.
    height_px : int, optional
        Bring every picture to this height first, its aspect ratio kept; without it pictures run as they are.
    threshold : float, optional
        Find keypoints above it; see `get_coordinates`.
    as_in_lab : bool, optional
        Take each step from maps to people with the lab's defaults; see `find_people`.

    Returns
    -------
    evaluation : Evaluation
        Points in the pixels of the pictures as stored, whatever `height_px`.
    """
    evaluation = Evaluation()
    for image_id, example in tqdm(examples.items(), unit="picture", disable=None):
        picture = read_picture(example.path)
        start = time.perf_counter()
        found = find_keypoints(network, picture, height_px, threshold=threshold, as_in_lab=as_in_lab)
        keypoints, scores, person_scores, peaks = found
        evaluation.seconds.append(time.perf_counter() - start)
        evaluation.image_ids.append(image_id)
        evaluation.results += coco_results(keypoints, scores, image_id, person_scores)
        truth = np.where(example.labelled[..., None], example.keypoints, np.nan).astype(np.float64)
        matching = match_persons(keypoints, truth, example.areas)
        evaluation.found.append(matching.align(keypoints))
        evaluation.true.append(truth)
        evaluation.areas.append(example.areas)
        evaluation.head_sizes_px.append(example.head_sizes_px)
        evaluation.peaks.append(peaks)
        evaluation.n_missed += len(matching.missed)
        evaluation.n_surplus += len(matching.surplus)
    return evaluation


def print_report(evaluation: Evaluation, annotations: Path, *, with_oracles: bool = False) -> None:
    """Print COCO's ten numbers, the metrics of matched people, who was missed, and the time."""
    numbers = evaluation.coco_numbers(annotations) | evaluation.numbers()
    if with_oracles:
        numbers |= evaluation.ap_of_oracles(annotations)
    for name, value in numbers.items():
        print(f"{name:22}{value:8.3f}")
    n_true = sum(len(true) for true in evaluation.true)
    print(f"people: {n_true} labelled, {evaluation.n_missed} missed, {evaluation.n_surplus} found in excess")
    print(f"median per picture: {1000 * np.median(evaluation.seconds):.1f} ms, {len(evaluation.image_ids)} pictures")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m estimation.training.evaluate", description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--annotations", type=Path, help="COCO keypoints; DIR/annotations.json by default")
    parser.add_argument(
        "--network", default="compact", help="`compact`, `lightweight`, `openpose`, or a path to weights"
    )
    parser.add_argument("--height", type=positive_integer, metavar="PX", help="bring pictures to this height")
    parser.add_argument("--held-out", action="store_true", help="only pictures that training leaves out")
    parser.add_argument("--count", type=positive_integer, metavar="N", help="only the first N pictures, by image id")
    parser.add_argument(
        "--scales", type=float, nargs="+", default=(1.0,), metavar="S", help="average the maps at these sizes"
    )
    parser.add_argument("--flip", action="store_true", help="average with the maps of the mirrored picture")
    parser.add_argument(
        "--as-in-lab", action="store_true", help="from maps to people with the lab's defaults at every step"
    )
    parser.add_argument(
        "--threshold",
        type=float,
        help=f"find keypoints above it; by default {THRESHOLD}, as in the lab {LAB_THRESHOLD}",
    )
    parser.add_argument("--oracles", action="store_true", help="also tell where the rest of AP is lost")
    parser.add_argument("--results", type=Path, help="write the people found as COCO results to this file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
