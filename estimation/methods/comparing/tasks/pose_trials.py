"""Two claims of the student paper, tried: missing joints labelled (0, 0), and training without the /255 layer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from estimation.backend import import_quietly
from estimation.joints import MPII_JOINTS
from estimation.methods.batches import Batch, to_px
from estimation.methods.catalogue import find_method
from estimation.methods.comparing.measured import Column, Measured, Rows, Table
from estimation.methods.comparing.task import Answers, Claim
from estimation.methods.comparing.tasks.pose_claims import compare
from estimation.methods.comparing.tasks.pose_people import PeopleTask
from estimation.methods.people import FloatArray
from estimation.methods.samples import Samples
from estimation.metrics import mpjpe, pdj

if TYPE_CHECKING:
    from estimation.methods.stages import Method

_WAIST = 0.6
"""What is left of a square's side where people are to be seen to the waist only."""


@dataclass(frozen=True)
class Variant:
    """An entrant of a trial.

    Attributes
    ----------
    name, title, text : str
    load : callable
        Gives the method, which starts Keras.
    """

    name: str
    title: str
    text: str
    load: "Callable[[], Method]"


class MissingJoints(PeopleTask):
    """Half of the people are cut off at the waist: what is taught of the joints that nobody sees."""

    name, title = "missing", "Tried: missing joints labelled (0, 0)"
    text = (
        "The student paper says that missing joints labelled (0, 0) pull the answers into the corner. Here every other "
        "person is to be seen to the waist only, in training as in the people asked about. Direct regression learns "
        "from all joints, the missing ones at (0, 0); and from those alone that are labelled. Nearer to the corner: "
        "the share of answers that are closer to the corner (0, 0) than to the closest labelled joint of the person."
    )
    tables = (
        Table(
            "Missing joints",
            (
                Column("corner", "nearer to the corner, all"),
                Column("corner labelled", "of labelled joints"),
                Column("corner missing", "of missing joints"),
                Column("PDJ@0.2", "PDJ@0.2"),
            ),
        ),
    )

    def entrants(self) -> Sequence[Variant]:
        """Give direct regression twice."""
        load = find_method("direct_regression").load
        return (
            Variant(
                "at_the_corner", "Missing joints labelled (0, 0)", "All joints teach; missing ones the corner.", load
            ),
            Variant("left_out", "Missing joints left out", "Only labelled joints teach.", load),
        )

    def of(self, samples: Samples) -> Samples:
        """Cut every other person off at the waist."""
        return cut_at_the_waist(samples)

    def batches(self, entrant: str, samples: Samples, squares_px: int, seed: int) -> Callable[[int], Batch]:
        """Choose people at random; for one of the two label the missing joints."""
        make = super().batches(entrant, samples, squares_px, seed)
        return (lambda step: _labelled_at_the_corner(make(step))) if entrant == "at_the_corner" else make

    def measure(self, answers: Answers, samples: Samples) -> Measured:
        """Tell which answers are nearer to the corner than to the person."""
        found = to_px(answers, samples.squares.shape[1])
        to_corner = np.linalg.norm(found + 0.5, axis=-1)
        to_joints = np.linalg.norm(found[:, :, None] - samples.joints[:, None], axis=-1)
        is_nearer = to_corner < np.fmin.reduce(to_joints, axis=-1)
        numbers = {
            "corner": _share(is_nearer),
            "corner labelled": _share(is_nearer[samples.labelled]),
            "corner missing": _share(is_nearer[~samples.labelled]),
            "PDJ@0.2": pdj(found, samples.joints, joints=MPII_JOINTS),
        }
        return Measured(numbers)

    def claims(self, rows: Rows) -> list[Claim]:
        """Compute whether the corner pulls."""
        corner, left_out = (rows.mean(name, "corner") for name in ("at_the_corner", "left_out"))
        return [
            compare(
                "corner_pulls",
                "Missing joints labelled (0, 0) pull answers into the corner: more of all answers are nearer to it.",
                {"at_the_corner": corner, "left_out": left_out},
                least=left_out + 1e-6,
                value=corner,
            )
        ]


_AS_A_HIGHER_RATE = (
    "Here it is the other way round. Probably because Adam's steps are as large whatever the gradients are, so that "
    "pixels of 255 times the size let the first layer's answers change as a higher rate would. At the rate of the "
    "other methods, four times the paper's, neither of the two left the mean pose in 400 steps."
)


class Scaling(PeopleTask):
    """The /255 layer, in a network of the student paper's kind and in one that normalises."""

    name, title = "scaling", "Tried: without the /255 layer"
    text = (
        "The student paper says that without the layer that divides pixels by 255 training takes nine to ten times as "
        "long. A small network of the paper's kind, without batch normalisation, learns with it and without it, in the "
        "same steps with the paper's learning rate. Where batch normalisation follows the first convolution, as in all "
        "other small methods here, the range of pixels is divided out."
    )
    n_steps = 1600
    tables = (Table("With and without /255", (Column("PDJ@0.2", "PDJ@0.2"), Column("MPJPE", "MPJPE px", 1))),)

    def entrants(self) -> Sequence[Variant]:
        """Give the same network twice."""
        return (
            Variant("with_255", "With the /255 layer", "Pixels from 0 to 1.", lambda: _papers_kind(is_scaled=True)),
            Variant("without_255", "Without it", "Pixels from 0 to 255.", lambda: _papers_kind(is_scaled=False)),
        )

    def measure(self, answers: Answers, samples: Samples) -> Measured:
        """Compare points with the labelled joints."""
        found, joints = to_px(answers, samples.squares.shape[1]), samples.joints
        return Measured(
            {
                "PDJ@0.2": pdj(found, joints, joints=MPII_JOINTS),
                "MPJPE": mpjpe(found, joints, joints=MPII_JOINTS),
            }
        )

    def claims(self, rows: Rows) -> list[Claim]:
        """Compute how many times as long it takes without the layer to come as far."""
        with_it, without = (rows.find(name) for name in ("with_255", "without_255"))
        factor = np.nan
        found = {}
        if with_it and without and with_it.losses and without.losses:
            curves = with_it.losses, without.losses
            common = max(min(loss for _, loss in curve) for curve in curves)
            reached, needed = (next(step for step, loss in curve if loss <= common) for curve in curves)
            factor = needed / reached
            found = {
                "lowest loss of both": common,
                "steps with": float(reached),
                "steps without": float(needed),
                "times": factor,
            }
        sentence = "Without the /255 layer training takes at least nine times as long to the same loss."
        why = _AS_A_HIGHER_RATE if factor < 1 else ""
        return [compare("nine_times_as_long", sentence, found, least=9.0, value=factor, why=why)]


TRIALS = (MissingJoints(), Scaling())


def cut_at_the_waist(samples: Samples) -> Samples:
    """Show only the upper part of every other person, where a joint is left: a smaller square, enlarged.

    Returns
    -------
    samples : Samples
        Joints outside the smaller squares are not labelled. Head boxes and windows are left as they are.
    """
    size = samples.squares.shape[1]
    side = round(_WAIST * size)
    corner = np.array([(size - side) // 2, 0], np.float32)
    squares, joints = samples.squares.copy(), samples.joints.copy()
    for index in range(0, len(samples), 2):
        moved = _enlarged(samples.joints[index] - corner, size / side)
        is_inside = ((moved > -0.5) & (moved < size - 0.5)).all(axis=-1)
        if is_inside.any():
            left = int(corner[0])
            part = squares[index, :side, left : left + side]
            squares[index] = cv2.resize(part, (size, size), interpolation=cv2.INTER_LINEAR)
            joints[index] = np.where(is_inside[:, None], moved, np.float32(np.nan))
    return replace(samples, squares=squares, joints=joints)


def _enlarged(points_px: FloatArray, factor: float) -> FloatArray:
    return np.asarray((points_px + 0.5) * factor - 0.5, np.float32)


def _labelled_at_the_corner(batch: Batch) -> Batch:
    is_missing = batch["labelled"] == 0
    points = np.where(is_missing[..., None], np.float32(0), batch["points"])
    return {**batch, "points": points, "labelled": np.ones_like(batch["labelled"])}


def _share(which: Answers) -> float:
    return float(which.mean()) if which.size else float("nan")


def _papers_kind(*, is_scaled: bool) -> "Method":
    method: Method = import_quietly("estimation.methods.pose._papers_kind").method(is_scaled=is_scaled)
    return method
