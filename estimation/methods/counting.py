"""What a network consists of: its layers, its parameters, and how much of the picture each output sees."""

import math
from dataclasses import dataclass

import keras
from keras import layers


@dataclass(frozen=True)
class Field:
    """What one cell of a tensor sees of the picture.

    Attributes
    ----------
    side_px : float
        Side of the square that it depends on; infinite where a dense layer or a mean has seen everything.
    step_px : float
        How far the squares of two neighbours are apart.
    """

    side_px: float
    step_px: float

    def widened(self, kernel: int, dilation: int = 1) -> "Field":
        """See `kernel` neighbours in a row."""
        return Field(self.side_px + (kernel - 1) * dilation * self.step_px, self.step_px)


_EVERYTHING = Field(math.inf, math.inf)


def count_parameters(model: keras.Model) -> int:
    """Count the parameters of a network, statistics of normalisations included, as Keras does."""
    return int(model.count_params())


def receptive_fields(model: keras.Model) -> list[Field]:
    """Compute how much of its input each output of a network sees.

    Parameters
    ----------
    model : keras.Model
        A graph of layers, each asked once. Inputs of one size count as the picture.

    Returns
    -------
    fields : list of Field
        In the order of the outputs. Where a network sees more than its picture, the border's padding is meant.

    References
    ----------
    .. [1] Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
    """
    return _fields(model, [Field(1.0, 1.0)] * len(model.inputs))


def _fields(model: keras.Model, inputs: list[Field]) -> list[Field]:
    known = {id(tensor): field for tensor, field in zip(model.inputs, inputs, strict=True)}
    for operation in model.operations:
        if not isinstance(operation, layers.InputLayer):
            # What a network inside a network is asked, Keras says nowhere else.
            node = operation._inbound_nodes[-1]  # noqa: SLF001
            before = [known[id(tensor)] for tensor in node.input_tensors]
            for tensor, field in zip(node.output_tensors, _through(operation, before), strict=True):
                known[id(tensor)] = field
    return [known[id(tensor)] for tensor in model.outputs]


def _through(layer: layers.Layer, before: list[Field]) -> list[Field]:
    """Say what the outputs of one layer see."""
    if isinstance(layer, keras.Model):
        return _fields(layer, before)
    if len(layer.output.shape) != 4:
        return [_EVERYTHING]
    seen = Field(max(field.side_px for field in before), max(field.step_px for field in before))
    if isinstance(layer, layers.Conv2DTranspose):
        stride = layer.strides[0]
        wide = seen.widened(math.ceil(layer.kernel_size[0] / stride))
        seen = Field(wide.side_px, wide.step_px / stride)
    elif isinstance(layer, layers.Conv2D):
        wide = seen.widened(layer.kernel_size[0], layer.dilation_rate[0])
        seen = Field(wide.side_px, wide.step_px * layer.strides[0])
    elif isinstance(layer, layers.MaxPooling2D | layers.AveragePooling2D):
        seen = Field(seen.widened(layer.pool_size[0]).side_px, seen.step_px * layer.strides[0])
    elif isinstance(layer, layers.UpSampling2D):
        seen = Field(seen.side_px, seen.step_px / layer.size[0])
    return [seen]
