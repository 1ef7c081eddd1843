"""Lightweight OpenPose in plain Keras, and our own, `compact`, which begins as a part of it.

`lightweight` is what Open Model Zoo publishes as human-pose-estimation-0001 [1]_: MobileNet's separable convolutions
[2]_, kept at one cell per 8 pixels by a dilation, and two stages. A layer is named after its published weights, with
dashes for slashes. It is the teacher of our own network, and users can download it.

`compact` ships. It has the same layers where they cost little. The deep ones see one cell per 16 pixels, at a quarter
of the price, as they did when MobileNet was trained; the stages are narrow. Whatever has the same name and shape in
both takes the weights of `lightweight` to begin with.

References
----------
.. [1] Osokin, "Real-time 2D Multi-Person Pose Estimation on CPU: Lightweight OpenPose", 2018, fig. 2-3.
.. [2] Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", 2017.
"""

import keras
from keras import layers

from estimation.checkpoints import Weights, assign_weights, shapes_of
from estimation.config import N_HEATMAPS, N_PAFS

FIRST_KERNEL = "conv1/kernel"

# Name, channels and stride of the separable convolutions down to one cell per 8 pixels, and then of the deep ones.
_TRUNK = (("2_1", 64, 1), ("2_2", 128, 2), ("3_1", 128, 1), ("3_2", 256, 2), ("4_1", 256, 1))
_DEEP = ("5_1", "5_2", "5_3", "5_4", "5_5")
_N_FEATURES = 128


def build_lightweight() -> keras.Model:
    """Build the published network.

    Returns
    -------
    model : keras.Model
        Four outputs: PAFs and heatmaps of stage 1 and of stage 2, the answer, in float32. Takes what `scale_pixels`
        gives; height and width must be multiples of 8. 4,099,058 parameters, untrained.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = _separable(_trunk(picture), "4_2", 512)
    for index, name in enumerate(_DEEP):
        x = _separable(x, name, 512, dilation=1 if index else 2)
    features = _features(_conv(x, "conv4_3_CPM-al", _N_FEATURES, activation="elu"))
    x = features
    for index in (1, 2, 3):
        x = _conv(x, f"conv5_{index}_CPM_L1", 128, 3)
    first = _heads(x, "conv5_4_CPM", "conv5_5_CPM", 512)
    x = layers.Concatenate(name="stage2-join")([*first, features])
    for index in range(1, 6):
        name = f"Mconv{index}_stage2_L1"
        entered = _conv(x, f"{name}-sq", 128)
        x = _conv(_conv(entered, f"{name}-3x3", 128, 3), f"{name}-3x3-2", 128, 3, dilation=2)
        x = layers.Add(name=f"{name}-add")([entered, x])
    return keras.Model(picture, [*first, *_heads(x, "Mconv6_stage2", "Mconv7_stage2", 128)], name="lightweight")


def build_compact() -> keras.Model:
    """Build the smaller network: deep layers at one cell per 16 pixels, two narrow stages.

    Returns
    -------
    model : keras.Model
        Four outputs, as `build_lightweight`; height and width must be multiples of 16. 2,186,866 parameters, untrained.
    """
    picture = keras.Input((None, None, 3), name="picture")
    at_8 = _trunk(picture)
    # With this stride, which MobileNet had here, all up to 5_1 sees what it sees in `lightweight`.
    x = _separable(at_8, "4_2", 512, stride=2)
    for name in _DEEP:
        x = _separable(x, name, 512)
    deep = layers.UpSampling2D(2, name="double")(_conv(x, "conv4_3_CPM-al", _N_FEATURES, activation="elu"))
    shallow = _conv(at_8, "bridge", _N_FEATURES, activation=None, is_empty=True)
    features = _features(layers.Add(name="join")([deep, shallow]))
    first = _heads(features, "stage_1-hidden", "stage_1", 128)
    x = layers.Concatenate(name="stage_2-join")([*first, features])
    x = _conv(x, "stage_2-reduce", 128)
    for index, dilation in enumerate((1, 2, 4)):
        narrow = _conv(x, f"stage_2-block{index}-narrow", 64)
        middle = _conv(narrow, f"stage_2-block{index}-middle", 64, 3, dilation=dilation)
        wide = _conv(middle, f"stage_2-block{index}-widen", 128, activation=None, is_empty=True)
        x = layers.ReLU(name=f"stage_2-block{index}-out")(layers.Add(name=f"stage_2-block{index}-add")([x, wide]))
    return keras.Model(picture, [*first, *_heads(x, "stage_2-hidden", "stage_2", 128)], name="compact")


def in_house_form(weights: Weights) -> Weights:
    """Let the published weights of `lightweight` take the pictures that all networks here take.

    Parameters
    ----------
    weights : dict of str to ndarray
        As published: the first kernel takes blue, green, red as ``(x - 128) / 255``. Not modified.

    Returns
    -------
    weights : dict of str to ndarray
        The first kernel takes red, green, blue from `scale_pixels`.
    """
    if FIRST_KERNEL not in weights:
        return weights
    return weights | {FIRST_KERNEL: weights[FIRST_KERNEL][:, :, ::-1] * (256 / 255)}


def begin_as(model: keras.Model, teacher: keras.Model) -> int:
    """Give a model the teacher's weights wherever both have a layer of one name and shape; return how many arrays."""
    known = {key: variable.numpy() for key, variable in zip(shapes_of(teacher), teacher.weights, strict=True)}
    own = {key: variable.numpy() for key, variable in zip(shapes_of(model), model.weights, strict=True)}
    shared = {key: array for key, array in known.items() if key in own and own[key].shape == array.shape}
    assign_weights(model, own | shared, "the teacher")
    return len(shared)


def _trunk(picture: keras.KerasTensor) -> keras.KerasTensor:
    x = _conv(picture, "conv1", 32, 3, stride=2)
    for name, n_channels, stride in _TRUNK:
        x = _separable(x, name, n_channels, stride=stride)
    return x


def _features(x: keras.KerasTensor) -> keras.KerasTensor:
    """Look around a cell more cheaply than a 3 x 3 convolution of all channels does, then do that once."""
    y = _conv(x, "conv4_3_CPM-red", _N_FEATURES, activation="elu")
    for index, name in enumerate(("dw1-1x1", "dw2-1x1", "inc"), start=1):
        y = _depthwise(y, f"conv4_3_CPM-dw{index}", activation="elu")
        y = _conv(y, f"conv4_3_CPM-{name}", _N_FEATURES, activation="elu")
    return _conv(layers.Add(name="conv4_3_CPM-add")([x, y]), "conv4_4_CPM", _N_FEATURES, 3)


def _heads(x: keras.KerasTensor, hidden: str, answer: str, n_hidden: int) -> list[keras.KerasTensor]:
    return [
        # Maps are nearly empty: starting at zero saves the first hundred steps. Sums stay in full precision.
        _conv(
            _conv(x, f"{hidden}_{branch}", n_hidden),
            f"{answer}_{branch}",
            n_channels,
            activation=None,
            is_empty=True,
            dtype="float32",
        )
        for branch, n_channels in (("L1", N_PAFS), ("L2", N_HEATMAPS))
    ]


def _separable(
    x: keras.KerasTensor, name: str, n_channels: int, stride: int = 1, dilation: int = 1
) -> keras.KerasTensor:
    x = _depthwise(x, f"conv{name}-dw", stride=stride, dilation=dilation)
    return _conv(x, f"conv{name}-sep", n_channels)


def _depthwise(
    x: keras.KerasTensor, name: str, stride: int = 1, dilation: int = 1, activation: str = "relu"
) -> keras.KerasTensor:
    x, padding = _padded(x, name, stride)
    return layers.DepthwiseConv2D(
        3, strides=stride, dilation_rate=dilation, activation=activation, padding=padding, name=name
    )(x)


def _conv(
    x: keras.KerasTensor,
    name: str,
    n_channels: int,
    kernel_size: int = 1,
    *,
    stride: int = 1,
    dilation: int = 1,
    activation: str | None = "relu",
    is_empty: bool = False,
    dtype: str | None = None,
) -> keras.KerasTensor:
    """Add a convolution; one that `is_empty` gives zeros until it has learned something."""
    x, padding = _padded(x, name, stride)
    return layers.Conv2D(
        n_channels,
        kernel_size,
        strides=stride,
        dilation_rate=dilation,
        activation=activation,
        padding=padding,
        kernel_initializer="zeros" if is_empty else "he_normal",
        dtype=dtype,
        name=name,
    )(x)


def _padded(x: keras.KerasTensor, name: str, stride: int) -> tuple[keras.KerasTensor, str]:
    """With a stride the published network pads by a cell on every side; "same" has none before the first."""
    return (x, "same") if stride == 1 else (layers.ZeroPadding2D(1, name=f"{name}-pad")(x), "valid")
