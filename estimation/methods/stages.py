"""A method is a row of stages: each sees the picture and what was answered before, and answers anew.

Everything here is written in Keras' own operations and runs on every backend, inside a compiled step of training as
outside. Points and boxes are in *sides*: 0 is the square's first edge and 1 its last, whatever its size in pixels.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import keras
from keras import KerasTensor, layers, ops

from estimation.training.answering import LossModel

Answer = dict[str, KerasTensor]
"""What is known so far: ``points`` (n, 16, 2), and what else the next stage wants to see of this one."""

Batch = dict[str, KerasTensor]
"""See `estimation.methods.batches.Batch`."""


@dataclass(frozen=True)
class Look:
    """What a stage looks at, and what its network says then.

    Attributes
    ----------
    batch : dict of str to tensor
        Its pictures are float32, from 0 to 255.
    last : dict of str to tensor
        What was answered before.
    outputs : tuple of tensor, optional
        Of the network; none before it is asked.
    """

    batch: Batch
    last: Answer
    outputs: tuple[KerasTensor, ...] = ()

    @property
    def pictures(self) -> KerasTensor:
        """The squares: (n, S, S, 3)."""
        return self.batch["pictures"]


class Stage(ABC):
    """One network of a method, and what is asked of it.

    Attributes
    ----------
    name : str
        Stands before the names of its network.
    times : int
        How often it looks, each time at what it answered before.
    jitter : float
        In training, how far the points of the answer before are moved at random (standard deviation, in sides): the
        stage before is better on what it was trained on than it will be on anything else [1]_.

    References
    ----------
    .. [1] Toshev and Szegedy, "DeepPose: Human Pose Estimation via Deep Neural Networks", CVPR 2014, sec. 3.2.
    """

    name: str
    times: int = 1
    jitter: float = 0.0

    @abstractmethod
    def build(self, size: str) -> keras.Model:
        """Build the network, untrained, in one of the sizes of the method."""

    @abstractmethod
    def inputs(self, look: Look) -> KerasTensor | list[KerasTensor]:
        """Prepare what the network sees, from the pictures and the answer before."""

    @abstractmethod
    def truths(self, look: Look) -> list[KerasTensor]:
        """Say what the outputs should be, one for each that is supervised; those come first among the outputs."""

    @abstractmethod
    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Compare one output with its truth: a scalar that leaves out what is not labelled."""

    @abstractmethod
    def decode(self, look: Look) -> list[Answer]:
        """Turn outputs into answers, one for each output that is supervised; the last one is that of the stage."""


@dataclass(frozen=True)
class Method:
    """A method of the lectures.

    Attributes
    ----------
    stages : tuple of Stage
        In the order in which they look.
    squares_px : dict of str to int
        The side of the squares, by size: `estimation.methods.catalogue.SIZES`.
    answers : str
        What of an answer counts: ``points``, ``boxes``, ``masks``, ``density`` or ``counts``.
    rate : float
        The highest learning rate. All methods have the same, so that none is better for having another one; what a
        trial compares may have its own.
    """

    stages: tuple[Stage, ...]
    squares_px: dict[str, int]
    answers: str = "points"
    rate: float = 2e-3


class Start(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Keeps the pose that a row begins with among the row's weights.

    Parameters
    ----------
    pose : ndarray of shape (16, 2)
        In sides.
    """

    def __init__(self, pose: KerasTensor) -> None:
        super().__init__(name="start", dtype="float32")
        begin = keras.initializers.Constant(pose)
        self.pose = self.add_weight(name="pose", shape=ops.shape(pose), initializer=begin, trainable=False)
        self.built = True

    def call(self, pictures: KerasTensor) -> KerasTensor:
        """Give the pose to each of n pictures: (n, 16, 2)."""
        return ops.tile(ops.expand_dims(self.pose, 0), (ops.shape(pictures)[0], 1, 1))


class Row(keras.Model):  # type: ignore[misc]  # Keras has no types
    """The networks of a method, which look one after the other.

    Parameters
    ----------
    method : Method
    size : str
        ``small`` or ``paper``.
    start : ndarray of shape (16, 2)
        The pose that is the answer before the first stage: the mean pose, in sides. It is kept with the weights.
    """

    def __init__(self, method: Method, size: str, start: KerasTensor) -> None:
        super().__init__(name="row", dtype="float32")
        self.method = method
        self.networks = [stage.build(size) for stage in method.stages]
        self.start = Start(start)
        self.built = True  # as its networks are

    def call(self, pictures: KerasTensor, training: bool | None = None) -> list[KerasTensor]:
        """Answer squares (n, S, S, 3) from 0 to 255: one tensor for each supervised output, the last one counts."""
        answers, _ = self.walk({"pictures": pictures}, training=training)
        return [answer[self.method.answers] for answer in answers]

    def walk(self, batch: Batch, training: bool | None = None) -> tuple[list[Answer], KerasTensor]:
        """Let all stages look in turn.

        Parameters
        ----------
        batch : dict of str to tensor
            With the truth, if a loss is wanted.
        training : bool, optional
            As Keras has it.

        Returns
        -------
        answers : list of dict
            One for each supervised output.
        loss : scalar tensor
            The sum over all of them; 0 without a truth. No stage learns through the answers of another one.
        """
        batch = {**batch, "pictures": ops.cast(batch["pictures"], "float32")}
        answers: list[Answer] = []
        loss = ops.zeros(())
        last: Answer = {"points": self.start(batch["pictures"])}
        for stage, network in zip(self.method.stages, self.networks, strict=True):
            if stage.jitter and "jitter" in batch:
                last = {**last, "points": last["points"] + stage.jitter * batch["jitter"]}
            for _ in range(stage.times):
                look = _ask(network, stage, Look(batch, last), training=training)
                if "labelled" in batch:
                    # Outputs that are not supervised come last, and have no truth.
                    for output, truth in zip(look.outputs, stage.truths(look), strict=False):
                        loss = loss + stage.loss(output, truth, batch)
                found = stage.decode(look)
                answers += found
                last = {name: ops.stop_gradient(value) for name, value in found[-1].items()}
        return answers, loss


def _ask(network: keras.Model, stage: Stage, look: Look, *, training: bool | None) -> Look:
    outputs = network(stage.inputs(look), training=training)
    return replace(look, outputs=tuple(outputs) if isinstance(outputs, list | tuple) else (outputs,))


class MethodLesson(LossModel):
    """What a method learns from a batch: the answer to it is the loss.

    Parameters
    ----------
    row : Row
        Learns.
    """

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row
        self.built = True

    def call(self, batch: Batch, training: bool | None = None) -> KerasTensor:
        """Compute the loss of a batch."""
        return self.row.walk(batch, training=training)[1]


def labelled_mean(values: KerasTensor, labelled: KerasTensor) -> KerasTensor:
    """Average values (n, K) over those of them that are labelled (1) and not (0); 0 if none is."""
    return ops.sum(values * labelled) / ops.maximum(ops.sum(labelled), 1)
