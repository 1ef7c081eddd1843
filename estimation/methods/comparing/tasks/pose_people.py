"""People whose joints are known, as all comparisons of poses want them."""

from collections.abc import Callable, Iterable, Mapping

import cv2
import numpy as np

from estimation.joints import MPII_JOINTS
from estimation.methods.batches import Batch, BatchMaker, batch_of, mean_pose_of, to_px
from estimation.methods.comparing.task import SQUARES_PX, Answers, Picture, Task
from estimation.methods.people import FloatArray
from estimation.methods.samples import Samples, photographed_samples, rendered_samples
from estimation.training.dataset import Example

BATCH_SIZE = 16

MEAN_POSE, CHANCE = "mean pose", "chance"

_SIDES = {"right": (255, 140, 0), "left": (40, 120, 255), "": (255, 255, 255)}
_DRAWN_PX = 192


class PeopleTask(Task):
    """A task whose samples are squares around one person each; answers are points (n, 16, 2) in sides."""

    def people(self, count: int, *, seed: int) -> Samples:
        """Render people."""
        return rendered_samples(count, SQUARES_PX, seed=seed)

    def photographed(self, examples: Iterable[Example]) -> Samples:
        """Cut squares around the labelled people of photographs."""
        return photographed_samples(examples, SQUARES_PX)

    def note_on(self, samples: Samples) -> str:
        """Say who was left out."""
        return samples.describe_left_out()

    def batches(self, entrant: str, samples: Samples, squares_px: int, seed: int) -> Callable[[int], Batch]:
        """Choose people at random."""
        del entrant
        return BatchMaker(samples, squares_px, BATCH_SIZE, seed)

    def start(self, samples: Samples) -> FloatArray:
        """Begin with the mean pose."""
        return mean_pose_of(samples)

    def pictures(self, samples: Samples, squares_px: int) -> Picture:
        """Show the squares."""
        return np.asarray(batch_of(samples, squares_px)["pictures"], np.uint8)

    def baselines(self, training: Samples, asked: Samples) -> Mapping[str, Answers]:
        """Give everybody the mean pose, or somebody else's."""
        mean = mean_pose_of(training)
        others = np.random.default_rng(0).integers(len(training), size=len(asked))
        poses = batch_of(training, training.squares.shape[1], others)
        known = poses["labelled"][..., None] > 0
        return {MEAN_POSE: np.repeat(mean[None], len(asked), axis=0), CHANCE: np.where(known, poses["points"], mean)}

    def draw(self, samples: Samples, index: int, answers: Answers | None) -> Picture:
        """Draw a pose: the person's right side in orange, the left one in blue."""
        square = samples.squares[index]
        size = square.shape[0]
        points = samples.joints[index] if answers is None else to_px(answers[index], size)
        return draw_pose(square, points)


def draw_pose(square: Picture, points_px: FloatArray) -> Picture:
    """Draw the limbs of a pose (16, 2) into a square; joints that are NaN are left out."""
    drawn = _enlarged(square)
    places = _places((points_px + 0.5) / square.shape[0])
    for start, end in MPII_JOINTS.limbs:
        if np.isfinite(places[[start, end]]).all():
            side = next(side for side in _SIDES if MPII_JOINTS.names[start].startswith(side))
            ends = np.rint(places[[start, end]]).astype(int).tolist()
            cv2.line(drawn, ends[0], ends[1], _SIDES[side], 2, cv2.LINE_AA)
    return drawn


def draw_box(square: Picture, box: FloatArray) -> Picture:
    """Draw a box (4,), left, top, right, bottom in sides, into a square; nothing where it is NaN."""
    drawn = _enlarged(square)
    if np.isfinite(box).all():
        corners = np.rint(_places(box.reshape(2, 2))).astype(int).tolist()
        cv2.rectangle(drawn, corners[0], corners[1], _SIDES["right"], 2)
    return drawn


def _enlarged(square: Picture) -> Picture:
    drawn = cv2.resize(square, (_DRAWN_PX,) * 2, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(drawn, np.uint8)


def _places(points: FloatArray) -> FloatArray:
    """Bring points from sides to pixels of what is drawn; far outside nothing is seen, and OpenCV wants small ones."""
    return np.asarray(np.clip(points * _DRAWN_PX - 0.5, -_DRAWN_PX, 2 * _DRAWN_PX), np.float32)
