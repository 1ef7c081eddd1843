"""Where one person's head is."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from estimation.methods.batches import to_sides
from estimation.methods.comparing.measured import Column, Curve, Measured, Table
from estimation.methods.comparing.task import Answers, Picture
from estimation.methods.comparing.tasks.pose_people import PeopleTask, draw_box
from estimation.methods.people import FloatArray
from estimation.methods.samples import Samples

_IOUS = tuple(round(0.04 * number, 2) for number in range(26))


class Boxes(PeopleTask):
    """The box of the head: left, top, right and bottom, in sides."""

    name, title = "boxes", "Where is the head?"
    text = (
        "The student paper's first step: the box of the head, four numbers. IoU: what a box and the true one have in "
        "common, divided by what they cover together. Mean box: the same box for everybody, the mean of the people "
        "learned from. Chance: the box of somebody else among them."
    )
    tables = (
        Table(
            "Boxes",
            (Column("IoU", "mean IoU"), Column("IoU@0.5", "share with IoU of 0.5 and more")),
        ),
    )
    curve = Curve("Share of heads over the IoU that is asked for", "IoU", "share of heads", _IOUS)

    def measure(self, answers: Answers, samples: Samples) -> Measured:
        """Compare boxes with those of the labelled heads."""
        true = boxes_of(samples)
        is_labelled = np.isfinite(true).all(axis=-1)
        ious = box_ious(answers[is_labelled], true[is_labelled])
        shares = [float((ious >= iou).mean()) if ious.size else float("nan") for iou in (0.5, *_IOUS)]
        return Measured(
            {"IoU": float(ious.mean()) if ious.size else float("nan"), "IoU@0.5": shares[0]}, tuple(shares[1:])
        )

    def baselines(self, training: Samples, asked: Samples) -> Mapping[str, Answers]:
        """Give everybody the mean box, or somebody else's."""
        boxes = boxes_of(training)
        boxes = boxes[np.isfinite(boxes).all(axis=-1)]
        if not len(boxes):
            return {}
        others = np.random.default_rng(0).integers(len(boxes), size=len(asked))
        return {"mean box": np.repeat(boxes.mean(axis=0)[None], len(asked), axis=0), "chance": boxes[others]}

    def draw(self, samples: Samples, index: int, answers: Answers | None) -> Picture:
        """Draw a box."""
        return draw_box(samples.squares[index], (boxes_of(samples) if answers is None else answers)[index])


def boxes_of(samples: Samples) -> FloatArray:
    """Give the labelled heads, (n, 4): left, top, right, bottom in sides; NaN where a head is not labelled."""
    corner, size = samples.head_boxes[:, :2], samples.head_boxes[:, 2:]
    return to_sides(np.stack([corner, corner + size], axis=1), samples.squares.shape[1]).reshape(-1, 4)


def box_ious(boxes_a: npt.ArrayLike, boxes_b: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Compute intersection over union, box by box: (n, 4) and (n, 4) to (n,); 0 for a box of no area."""
    a, b = np.asarray(boxes_a, np.float64).reshape(-1, 4), np.asarray(boxes_b, np.float64).reshape(-1, 4)
    both = np.concatenate([np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])], axis=1)
    shared, area_a, area_b = (_areas(boxes) for boxes in (both, a, b))
    union = area_a + area_b - shared
    return np.divide(shared, union, out=np.zeros(len(a)), where=union > 0)


def _areas(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=-1))


TASK = Boxes()
