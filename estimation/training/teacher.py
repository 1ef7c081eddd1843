"""The teacher: tf-pose-estimation's MobileNetV2 in plain Keras, which knows photographs.

Its weights come out of a frozen TensorFlow graph: see `estimation.training.frozen`. A layer is named after the scope
of its constants there, with dashes for slashes.

The backbone of the graph was frozen with its batch normalisation still in training mode: it normalises by the mean
and variance of the pictures at hand, and others were never stored. A crop with a plain frame then looks unlike
anything it learned from. So the teacher normalises by the statistics of many photographs, as its training meant to,
and these are folded into kernels and biases, as are all its other normalisations, its 1 x 1 depthwise convolutions
and the order of the colours.

References
----------
.. [1] Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, table 1 and fig. 4d.
.. [2] Cao et al., "Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields", CVPR 2017, fig. 3.
.. [3] Ioffe and Szegedy, "Batch Normalization", ICML 2015, algorithm 2.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from estimation.backend import import_quietly
from estimation.checkpoints import assign_weights, read_weights
from estimation.config import CELL_PX, N_HEATMAPS, N_PAFS
from estimation.networks import Maps, scale_pixels

LEVELS = {
    "at_4": ("MobilenetV2-expanded_conv_2-add", 16),
    "at_8": ("MobilenetV2-expanded_conv_5-add", 16),
    "at_16": ("MobilenetV2-expanded_conv_12-add", 48),
    "joined": ("feat_concat", 64),
}
"""What the backbone tells of itself: the layer and its channels, by level. One cell of the first three covers 4, 8
and 16 pixels, one of the last 8."""
_N_STAGES = 6
_MULTIPLE_PX = 16  # What the coarsest level covers.
EPSILON = 1e-3
"""What every normalisation of the frozen graph adds to a variance."""

# Channels and stride of the inverted residual blocks; a block that keeps both adds its input to its output.
_BLOCKS = (
    (8, 1),
    *((16, 2), (16, 1)),
    *((16, 2), (16, 1), (16, 1)),
    *((32, 2), (32, 1), (32, 1), (32, 1)),
    *((48, 1), (48, 1), (48, 1)),
)
_LAST_BLOCK_AT_8 = 5

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Teacher:
    """The teacher with its weights; it is asked as a `Network` is.

    Attributes
    ----------
    model : keras.Model
        From `build_teacher`.
    is_folded : bool
        As `build_teacher` was told.
    """

    model: keras.Model
    is_folded: bool = True

    def answer(self, pictures: Floats) -> tuple[dict[str, Floats], Floats]:
        """Run the teacher on a batch.

        May run on one thread while another model trains on another.

        Parameters
        ----------
        pictures : ndarray of shape (n, H, W, 3) and dtype float32
            RGB from `scale_pixels`; height and width are multiples of 16. Not modified.

        Returns
        -------
        features : dict of str to ndarray of shape (n, rows, columns, channels) and dtype float32
            What the backbone says of each cell, by level; see `LEVELS`.
        maps : ndarray of shape (n, H / 8, W / 8, 57) and dtype float32
            38 PAFs, then 19 heatmaps.
        """
        if self.is_folded:
            *features, pafs, heatmaps = self.model.predict_on_batch(pictures)
        else:  # Only in training mode are the statistics those of the batch.
            *features, pafs, heatmaps = map(keras.ops.convert_to_numpy, self.model(pictures, training=True))
        return dict(zip(LEVELS, features, strict=True)), np.concatenate([pafs, heatmaps], axis=-1)

    def predict(self, picture: npt.NDArray[np.uint8]) -> Maps:
        """Run the teacher on one picture, as `Network.predict` does.

        The picture's edge is continued to multiples of 16 pixels: any other colour there would count where the
        backbone normalises by the picture at hand.
        """
        height, width, _ = picture.shape
        padded = np.pad(picture, ((0, -height % _MULTIPLE_PX), (0, -width % _MULTIPLE_PX), (0, 0)), mode="edge")
        _, maps = self.answer(scale_pixels(padded)[None])
        cells = maps[0, : -(-height // CELL_PX), : -(-width // CELL_PX)]
        return Maps(np.ascontiguousarray(cells[..., N_PAFS:]), np.ascontiguousarray(cells[..., :N_PAFS]))


def build_teacher(*, is_folded: bool = True) -> keras.Model:
    """Build the network of the frozen graph.

    Parameters
    ----------
    is_folded : bool
        The backbone's normalisation is in its kernels and biases. If not, it has layers of its own: in training
        mode they use the statistics of each batch, as the frozen graph does, and average them on the way.

    Returns
    -------
    model : keras.Model
        Takes what `scale_pixels` gives, shape (batch, height, width, 3), RGB; height and width must be multiples
        of 16. Outputs of dtype float32: the features of each of the `LEVELS`, then PAFs (38 channels) and
        heatmaps (19) at one cell per 8 pixels. Untrained.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = layers.Rescaling(256, offset=128, name="pixels")(picture)
    features = _backbone(x, is_folded=is_folded)
    x = features
    for stage in range(1, _N_STAGES + 1):
        pafs = _branch(x, f"Openpose-MConv_Stage{stage}_L1", stage, N_PAFS)
        heatmaps = _branch(x, f"Openpose-MConv_Stage{stage}_L2", stage, N_HEATMAPS)
        x = layers.Concatenate(name=f"Openpose-MConv_Stage{stage + 1}_concat")([pafs, heatmaps, features])
    # The model of all layers, because those of the levels are made further down.
    whole = keras.Model(picture, [pafs, heatmaps])
    levels = [whole.get_layer(layer).output for layer, _ in LEVELS.values()]
    outputs = [layers.Activation("linear", dtype="float32")(output) for output in (*levels, pafs, heatmaps)]
    return keras.Model(picture, outputs, name="teacher")


def _backbone(x: keras.KerasTensor, *, is_folded: bool) -> keras.KerasTensor:
    """Go down to one cell per 16 pixels, and join that with what there was at one per 8."""
    x = _conv(x, layers.Conv2D, "MobilenetV2-Conv", is_folded, filters=16, kernel_size=3, strides=2)
    at_8 = x
    for index, (n_channels, stride) in enumerate(_BLOCKS):
        x = _block(x, f"MobilenetV2-expanded_conv{f'_{index}' if index else ''}", n_channels, stride, is_folded)
        if index == _LAST_BLOCK_AT_8:
            at_8 = x
    # TensorFlow 1 doubles a map by copying its cells to the even places; an odd one gets the mean of its neighbours,
    # and the last, which has but one, that one's value.
    x = layers.UpSampling2D(2, name="double")(x)
    x = layers.AveragePooling2D(2, strides=1, padding="same", name="double-smooth")(x)
    return layers.Concatenate(name="feat_concat")([at_8, x])


def _block(x: keras.KerasTensor, name: str, n_channels: int, stride: int, is_folded: bool) -> keras.KerasTensor:
    """Widen six times, convolve each channel by itself, narrow [1]."""
    entered = x
    if name != "MobilenetV2-expanded_conv":  # The first block takes its input as wide as it is.
        x = _conv(x, layers.Conv2D, f"{name}-expand", is_folded, filters=6 * x.shape[-1], kernel_size=1)
    x = _conv(x, layers.DepthwiseConv2D, f"{name}-depthwise", is_folded, kernel_size=3, strides=stride)
    x = _conv(x, layers.Conv2D, f"{name}-project", is_folded, relu6=False, filters=n_channels, kernel_size=1)
    if stride == 1 and entered.shape[-1] == n_channels:
        x = layers.Add(name=f"{name}-add")([x, entered])
    return x


def _conv(
    x: keras.KerasTensor,
    layer: type[layers.Layer],
    name: str,
    is_folded: bool,
    *,
    relu6: bool = True,
    **options: int,
) -> keras.KerasTensor:
    x = layer(padding="same", use_bias=is_folded, name=name, **options)(x)
    if not is_folded:
        x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}-BatchNorm")(x)
    return layers.ReLU(6, name=f"{name}-relu6")(x) if relu6 else x


def _branch(x: keras.KerasTensor, name: str, stage: int, n_channels: int) -> keras.KerasTensor:
    """Answer in five steps [2], of which the last two see only one cell."""
    for layer in (1, 2, 3):
        x = layers.SeparableConv2D(64, 3, padding="same", activation="relu", name=f"{name}_{layer}")(x)
    x = layers.Conv2D(256 if stage == 1 else 64, 1, activation="relu", name=f"{name}_4")(x)
    return layers.Conv2D(n_channels, 1, name=f"{name}_5")(x)


def load_teacher(path: Path) -> Teacher:
    """Build the teacher and load its weights.

    Parameters
    ----------
    path : Path
        A ``.npz`` file from `estimation.training.frozen`. Anything else is read as the frozen graph, which needs
        TensorFlow; its backbone then normalises by the statistics of the pictures at hand, as the graph does.

    Returns
    -------
    teacher : Teacher
        In the precision that Keras' policy names on this thread.

    Raises
    ------
    WeightsError
        If the weights are missing, broken or another network's. It is a ValueError.
    """
    is_folded = path.suffix == ".npz"
    weights = read_weights(path) if is_folded else import_quietly("estimation.training.frozen").read_frozen(path)
    model = build_teacher(is_folded=is_folded)
    assign_weights(model, weights, path)
    return Teacher(model, is_folded)
