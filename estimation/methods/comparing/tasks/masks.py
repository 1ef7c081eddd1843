"""Which pixels show the person."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from estimation.masks import iou, mean_band_iou, mean_iou, pixel_accuracy, to_masks
from estimation.methods.batches import Batch
from estimation.methods.comparing.measured import Column, Curve, Measured, Rows, Table
from estimation.methods.comparing.task import SQUARES_PX, Answers, Claim, Picture
from estimation.methods.comparing.tasks import mask_claims
from estimation.methods.comparing.tasks.pose_people import BATCH_SIZE, PeopleTask
from estimation.methods.mask_batches import MaskBatchMaker, mask_batch_of
from estimation.methods.samples import Samples
from estimation.training.dataset import Example

BAND_PX = 2
NOTHING, MEAN_MASK = "nothing", "mean mask"

_IOUS = tuple(round(0.04 * number, 2) for number in range(26))
_DRAWN_PX = 192
_COLOUR = np.array([255, 140, 0], np.float32)


class Masks(PeopleTask):
    """How sure each pixel is that it shows the person in the middle of the square, 0 to 1: (n, S, S)."""

    name, title = "masks", "Which pixels show the person?"
    text = (
        "Each method sees a square around one person and says of each pixel whether it shows that person, and not "
        "another one or the ground. All have learned from the same rendered people, whose pixels are known exactly, "
        "and are asked about people whom none of them has seen."
        "\n\n"
        "Mean IoU: the pixels that the found and the true mask have in common, divided by those of both together. In "
        "the band: the same among the pixels within 2 px of the true outline, which large bodies cannot hide. Pixel "
        "accuracy: the share of pixels that are right; most show no person, so it is high for whoever finds nothing. "
        "Nothing: an empty mask for everybody. Mean mask: the pixels that show somebody in more than half of the "
        "squares learned from."
    )
    tables = (
        Table(
            "Masks",
            (
                Column("IoU", "mean IoU"),
                Column("band IoU", "IoU in the band of 2 px"),
                Column("accuracy", "pixel accuracy"),
            ),
            "Above: the mean of all seeds. Below it: from the lowest to the highest.",
        ),
    )
    curve = Curve("Share of people over the IoU that is asked for", "IoU", "share of people", _IOUS)
    # The two differ in their skips alone.
    same_steps = (("encoder_decoder", "unet"),)
    order = ("encoder_decoder", "unet", "ecru")

    def photographed(self, examples: Iterable[Example]) -> Samples:
        """Cut squares around the people of photographs whose pixels are known.

        Raises
        ------
        ValueError
            If the pixels of nobody are known.
        """
        samples = super().photographed(examples)
        if not samples.has_mask.any():
            raise ValueError(
                "Photographs must have masks in run lengths to be asked about masks; nobody in them has one. Leave out "
                "--photos."
            )
        return _chosen(samples, np.flatnonzero(samples.has_mask))

    def batches(self, entrant: str, samples: Samples, squares_px: int, seed: int) -> Callable[[int], Batch]:
        """Choose people at random."""
        del entrant
        return MaskBatchMaker(samples, squares_px, BATCH_SIZE, seed)

    def measure(self, answers: Answers, samples: Samples) -> Measured:
        """Compare masks in the size in which they were answered; no numbers of answers that hold none somewhere."""
        true = true_masks(samples, answers.shape[1])
        if np.isnan(answers).any():
            nan = float("nan")
            return Measured(dict.fromkeys(("IoU", "band IoU", "accuracy"), nan), (nan,) * len(_IOUS))
        found = to_masks(answers)
        numbers = {
            "IoU": mean_iou(found, true),
            "band IoU": mean_band_iou(found, true, width_px=BAND_PX),
            "accuracy": pixel_accuracy(found, true),
        }
        ious = iou(found, true)
        return Measured(numbers, tuple(float((ious >= least).mean()) for least in _IOUS))

    def baselines(self, training: Samples, asked: Samples) -> Mapping[str, Answers]:
        """Find nothing, or the same for everybody, in the size that the small methods answer in."""
        mean = true_masks(training, SQUARES_PX // 2).mean(axis=0)
        return {
            NOTHING: np.zeros((len(asked), *mean.shape), np.float32),
            MEAN_MASK: np.repeat(mean[None].astype(np.float32), len(asked), axis=0),
        }

    def draw(self, samples: Samples, index: int, answers: Answers | None) -> Picture:
        """Colour the pixels that show the person, the surer the stronger."""
        sure = (samples.masks if answers is None else answers)[index].astype(np.float32)
        sure = cv2.resize(np.nan_to_num(sure), (_DRAWN_PX, _DRAWN_PX), interpolation=cv2.INTER_LINEAR)
        share = 0.65 * np.clip(sure, 0, 1)[..., None]
        grey = _enlarged(samples.squares[index]).mean(axis=-1, keepdims=True) * 0.8
        return np.asarray(np.rint((1 - share) * grey + share * _COLOUR), np.uint8)

    def undrawn(self, samples: Samples, index: int) -> Picture:
        """Show the square."""
        return _enlarged(samples.squares[index])

    def claims(self, rows: Rows) -> list[Claim]:
        """Compute what the lecture says of skips."""
        return mask_claims.claims(rows)


def true_masks(samples: Samples, squares_px: int) -> npt.NDArray[np.bool_]:
    """Give the masks in another size: (n, squares_px, squares_px)."""
    return np.asarray(mask_batch_of(samples, squares_px)["masks"] > 0)


def _enlarged(square: Picture) -> Picture:
    return np.asarray(cv2.resize(square, (_DRAWN_PX, _DRAWN_PX), interpolation=cv2.INTER_LINEAR), np.uint8)


def _chosen(samples: Samples, rows: npt.NDArray[np.int64]) -> Samples:
    return replace(
        samples,
        squares=samples.squares[rows],
        joints=samples.joints[rows],
        head_boxes=samples.head_boxes[rows],
        masks=samples.masks[rows],
        has_mask=samples.has_mask[rows],
        windows=tuple(samples.windows[row] for row in rows.tolist()),
    )


TASK = Masks()
