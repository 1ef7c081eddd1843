"""How many people there are."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from estimation.density import CROWD_GROUPS, mae, mae_by_crowd, rmse
from estimation.methods.batches import Batch
from estimation.methods.comparing.measured import Column, Curve, Measured, Rows, Table
from estimation.methods.comparing.task import SQUARES_PX, Answers, Claim, Picture, Task
from estimation.methods.comparing.tasks import count_claims
from estimation.methods.comparing.tasks.count_claims import BORDERS, GUESS, SKELETONS
from estimation.methods.crowd_batches import CrowdBatchMaker
from estimation.methods.crowds import CELL_PX, Crowds, make_crowds
from estimation.methods.people import FloatArray
from estimation.methods.skeleton_counts import count_skeletons
from estimation.networks import load_network
from estimation.pictures import bgr_to_rgb

BATCH_SIZE = 16

_CALLED = {"0": "nobody", "1-15": "1\N{EN DASH}15", "16-40": "16\N{EN DASH}40", "more": "41 and more"}

_DRAWN_PX = 192
_DENSEST = 0.6
"""People in a cell that are drawn in the brightest colour."""


class Counting(Task):
    """Answers are numbers (n,), or densities (n, N, N), whose sums are the numbers."""

    name, title = "counts", "How many people are there?"
    text = (
        "Each method sees a picture of a crowd and says how many people there are, most of them also where. The "
        "pictures are put together from rendered people and things, so that every head is known exactly; in a tenth of "
        "them there are things and nobody. None of the methods has seen the pictures that they are asked about, nor "
        "the people in them."
        "\n\n"
        "MAE: by how many people an answer is wrong, in the mean. RMSE: the root of the mean square, in which large "
        "errors weigh more. Guess the mean: the mean number of the pictures learned from, for every picture. "
        "Skeletons: the lab's own answer, as many people as the compact network and merge find skeletons in the "
        "picture, enlarged."
    )
    tables = (
        Table(
            "Errors, in people",
            (
                Column("MAE", "MAE", 2),
                Column("RMSE", "RMSE", 2),
                *(Column(f"MAE {group}", f"MAE, {_CALLED[group]}", 2) for group in CROWD_GROUPS),
            ),
            "Above: the mean of all seeds. Below it: from the lowest to the highest.",
        ),
    )
    one, many = "picture", "pictures"
    curve = Curve(
        "Error over the number of people",
        "people in the picture, at most",
        "MAE",
        tuple(float(border) for border in BORDERS),
    )
    # One is compared with the other for the same encoder, the columns with all of them together.
    same_steps = (
        ("count_regression", "density_map"),
        ("mcnn", "mcnn_column9", "mcnn_column7", "mcnn_column5"),
    )
    order = (
        *("count_regression", "density_map", "mcnn", "mcnn_column9", "mcnn_column7", "mcnn_column5"),
        *("switch_cnn", "sacnn", "spn"),
    )

    def people(self, count: int, *, seed: int) -> Crowds:
        """Make pictures of crowds."""
        return make_crowds(count, SQUARES_PX, seed=seed)

    def note_on(self, samples: Crowds) -> str:
        """Say how many people there are."""
        counts = samples.counts
        return f"{counts.min()} to {counts.max()} people, {counts.mean():.1f} in the mean."

    def batches(self, entrant: str, samples: Crowds, squares_px: int, seed: int) -> Callable[[int], Batch]:
        """Choose pictures at random."""
        del entrant
        return CrowdBatchMaker(samples, squares_px, BATCH_SIZE, seed)

    def start(self, samples: Crowds) -> FloatArray:
        """Begin with no pose in particular."""
        del samples
        return np.full((16, 2), 0.5, np.float32)

    def pictures(self, samples: Crowds, squares_px: int) -> Picture:
        """Show the pictures."""
        return samples.shrunk(squares_px).pictures

    def measure(self, answers: Answers, samples: Crowds) -> Measured:
        """Compare numbers of people; no numbers of answers that are not finite somewhere."""
        found, true = counts_of(answers), samples.counts
        if not np.isfinite(found).all():
            names = [column.name for column in self.tables[0].columns]
            return Measured(dict.fromkeys(names, float("nan")), (float("nan"),) * len(BORDERS))
        numbers = {"MAE": mae(found, true), "RMSE": rmse(found, true)}
        numbers |= {f"MAE {group}": error for group, error in mae_by_crowd(found, true).items()}
        place = np.searchsorted(BORDERS, true)
        of_each = [place == number for number in range(len(BORDERS))]
        return Measured(numbers, tuple(mae(found[chosen], true[chosen]) for chosen in of_each))

    def baselines(self, training: Crowds, asked: Crowds) -> Mapping[str, Answers]:
        """Guess the mean, and count skeletons."""
        return {GUESS: np.full(len(asked), training.counts.mean()), SKELETONS: _skeletons_in(asked)}

    def draw(self, samples: Crowds, index: int, answers: Answers | None) -> Picture:
        """Draw a density as colour with its sum, or a number alone."""
        one, drawn = samples.of([index]), self.undrawn(samples, index)
        answer = one.densities(CELL_PX)[0] if answers is None else answers[index]
        if answer.ndim:
            drawn = _coloured(drawn, answer)
        number = f"{len(one.heads[0])}" if answers is None else f"{float(answer.sum()):.1f}".removesuffix(".0")
        return _written(np.ascontiguousarray(drawn, np.uint8), number)

    def undrawn(self, samples: Crowds, index: int) -> Picture:
        """Show the picture."""
        shown = cv2.resize(samples.pictures[index], (_DRAWN_PX, _DRAWN_PX), interpolation=cv2.INTER_LINEAR)
        return np.asarray(shown, np.uint8)

    def claims(self, rows: Rows) -> list[Claim]:
        """Compute what the lecture says of counting."""
        return count_claims.claims(rows)


def counts_of(answers: Answers) -> npt.NDArray[np.float64]:
    """Sum densities (n, N, N) up to numbers (n,), which stay as they are."""
    return np.asarray(np.asarray(answers, np.float64).reshape(len(answers), -1).sum(axis=1))


@lru_cache(maxsize=2)
def _skeletons_in(crowds: Crowds) -> npt.NDArray[np.float64]:
    """Count the skeletons in pictures once: of a few hundred it takes half a minute."""
    return count_skeletons(load_network("compact"), crowds.pictures)


def _coloured(square: Picture, density: FloatArray) -> Picture:
    """Lay a density (N, N) over a grey picture, from dark over violet to yellow."""
    share = np.clip(np.nan_to_num(density) / _DENSEST, 0, 1).astype(np.float32)
    share = np.clip(cv2.resize(share, square.shape[1::-1], interpolation=cv2.INTER_LINEAR), 0, 1)
    bgr = np.asarray(cv2.applyColorMap(np.rint(255 * share).astype(np.uint8), cv2.COLORMAP_INFERNO), np.uint8)
    rgb = bgr_to_rgb(bgr)
    grey = square.mean(axis=-1, keepdims=True) * 0.6
    weight = np.sqrt(share)[..., None]
    return np.asarray(np.rint((1 - weight) * grey + weight * rgb), np.uint8)


def _written(square: Picture, text: str) -> Picture:
    """Write a number into the lower left corner, white on black."""
    place = 5, square.shape[0] - 8
    for color, thickness in (((0, 0, 0), 5), ((255, 255, 255), 2)):
        cv2.putText(square, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, color, thickness, cv2.LINE_AA)
    return square


TASK = Counting()
