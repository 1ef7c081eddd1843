"""One step of distillation: pictures and numbers in, a loss out, all of it in one compiled function."""

import keras
from keras import KerasTensor, layers, ops

from estimation.config import CELL_PX, N_HEATMAPS, N_PAFS
from estimation.training.answering import LossModel
from estimation.training.augmentation import colour_squares, warp_squares
from estimation.training.labels import draw_heatmaps, draw_pafs, trusted_cells

N_CHANNELS = N_PAFS + N_HEATMAPS
HINT_LAYER = "conv4_4_CPM"
"""What the teacher sees in a cell before it answers; a network that has such a layer learns to see the same [1]_.

.. [1] Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015.
"""


class Lesson(LossModel):
    """What a network learns from a batch: labels where they speak, and the teacher's word [1]_.

    Parameters
    ----------
    student : keras.Model
        Learns. Its outputs are PAFs and heatmaps of each stage in turn.
    teacher : keras.Model, optional
        Answers as `student` does, and stays as it is.
    trust : float, optional
        Weight of the teacher's word where it stands alone; that of a label is 1.

    References
    ----------
    .. [1] Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015, section 2.
    """

    def __init__(self, student: keras.Model, teacher: keras.Model | None = None, trust: float = 1.0) -> None:
        super().__init__()
        self.trust = trust
        self.has_hints = teacher is not None and HINT_LAYER in {layer.name for layer in student.layers}
        self.student, self.teacher = self._with_hint(student), None
        if teacher is not None:
            teacher.trainable = False
            self.teacher = self._with_hint(teacher)

    def _with_hint(self, model: keras.Model) -> keras.Model:
        outputs = [layers.Concatenate(dtype="float32", name="stages")(model.outputs)]
        if self.has_hints:
            outputs.append(model.get_layer(HINT_LAYER).output)
        return keras.Model(model.inputs, outputs, name=f"{model.name}-joined")

    def call(self, batch: dict[str, KerasTensor], training: bool | None = None) -> KerasTensor:
        """Compute the loss of a batch; see `estimation.training.squares.Batch`."""
        seen = warp_squares(batch)
        stages, *own_hint = self._ask(self.student, colour_squares(seen, batch), training=training)
        hints = []
        values, weights = self._labels(batch)
        if self.teacher is not None:
            # The teacher sees what nobody has recoloured or covered.
            answers, *hints = self._ask(self.teacher, seen, training=False)
            values, weights = taught(values, weights, answers[..., -N_CHANNELS:], batch["shares"], self.trust)
        loss = masked_l2(values, emphasised(values, weights, batch["emphasis"]), stages)
        for guessed, hint in zip(own_hint, hints, strict=True):
            loss = loss + batch["hint"] * hint_l2(hint, guessed)
        return loss

    @staticmethod
    def _ask(model: keras.Model, squares: KerasTensor, *, training: bool | None) -> list[KerasTensor]:
        """Give a model squares from 0 to 1 in the range that `scale_pixels` gives."""
        answers = model(squares * (255 / 256) - 0.5, training=training)
        answers = answers if isinstance(answers, list | tuple) else [answers]
        return [ops.cast(answer, "float32") for answer in answers]

    @staticmethod
    def _labels(batch: dict[str, KerasTensor]) -> tuple[KerasTensor, KerasTensor]:
        """Draw the maps of the labels, and say which of their cells can be trusted."""
        centres = batch["grid"][::CELL_PX] + (CELL_PX - 1) / 2
        points, labelled = batch["points"], batch["labelled"]
        maps = [draw(points, labelled, centres) for draw in (draw_pafs, draw_heatmaps)]
        return ops.concatenate(maps, axis=-1), trusted_cells(batch, centres)[..., None]


def taught(
    values: KerasTensor, weights: KerasTensor, answers: KerasTensor, shares: KerasTensor, trust: float
) -> tuple[KerasTensor, KerasTensor]:
    """Take the teacher's word where no label speaks, and mix it into the labels elsewhere.

    A label has the same peak for an arm that can be seen and for one that can only be guessed; the teacher says how
    sure it is, and that is easier to learn.

    Parameters
    ----------
    values : tensor of shape (n, R, R, 57)
        Maps of the labels.
    weights : tensor of shape (n, R, R, 1)
        1 where they can be trusted, 0 elsewhere.
    answers : tensor of shape (n, R, R, 57)
        The teacher's maps.
    shares : tensor of shape (n,)
        The teacher's share, from 0 to 1, in the labelled cells of each picture.
    trust : float
        Weight of the teacher's word where it stands alone.

    Returns
    -------
    values : tensor of shape (n, R, R, 57)
    weights : tensor of shape (n, R, R, 1)
    """
    share = 1 - weights * (1 - ops.reshape(shares, (-1, 1, 1, 1)))
    return values + share * (answers - values), ops.where(share < 1, 1.0, trust)


def emphasised(values: KerasTensor, weights: KerasTensor, emphasis: KerasTensor) -> KerasTensor:
    """Raise the weights where people are.

    Nearly all of a map is empty, and a network that starts from nothing learns to say so for thousands of steps.
    With emphasis on what is there it sees people after hundreds. Less of it later lets the answers fall where nobody
    is; with none at all the loss is that of the paper, and what is hard to see stays below every threshold.

    Parameters
    ----------
    values : tensor of shape (n, R, R, 57)
    weights : tensor of shape (n, R, R, 1)
    emphasis : scalar tensor
        A weight ``w`` of a value ``t`` becomes ``w * (1 + emphasis * |t|)``; the background's stay.

    Returns
    -------
    weights : tensor of shape (n, R, R, 57)
    """
    foreground = ops.abs(values[..., :-1])
    return weights * (1 + emphasis * ops.pad(foreground, [(0, 0)] * 3 + [(0, 1)]))


def masked_l2(values: KerasTensor, weights: KerasTensor, stages: KerasTensor) -> KerasTensor:
    """Sum the squared errors of all stages where the targets can be trusted (eq. 4-6); mean over the cells [1]_.

    Parameters
    ----------
    values, weights : tensor of shape (n, R, R, 57)
    stages : tensor of shape (n, R, R, 57 * n_stages)

    Returns
    -------
    loss : scalar tensor

    References
    ----------
    .. [1] Cao et al., "Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields", CVPR 2017.
    """
    n_stages = stages.shape[-1] // N_CHANNELS
    errors = stages - ops.tile(values, (1, 1, 1, n_stages))
    return ops.mean(ops.sum(ops.tile(weights, (1, 1, 1, n_stages)) * errors**2, axis=-1))


def hint_l2(hint: KerasTensor, guessed: KerasTensor) -> KerasTensor:
    """Average the squared error of a guessed hint, in units of the hint's own mean square."""
    return ops.mean((guessed - hint) ** 2) / (ops.mean(hint**2) + 1e-6)
