"""U-Net: down to coarse cells and up again, and at each level what was seen on the way down beside it.

The lecture's skip connections: what the encoder saw before it pooled is joined to what the decoder brings up, so that
the outline is as fine as the picture. In paper size the layers of Ronneberger, Fischer and Brox (2015): a grey picture
of 572 px, convolutions without padding, two maps of 388 px out, 31,030,658 parameters. As there, the border that the
convolutions eat is the picture's own, mirrored. In small size four levels at 64 px with padding, each convolution
normalised; colours stay.
"""

import keras
from keras import KerasTensor, layers, ops

from estimation.methods.layers import check_side, conv, maps, scaled
from estimation.methods.mask_kinds import N_CLASSES, Inside
from estimation.methods.stages import Look, Method

SQUARES_PX = {"small": 64, "paper": 388}

_SMALL_FILTERS = (16, 32, 64, 128)
_PAPER_FILTERS = (64, 128, 256, 512, 1024)
_PAPER_INPUT_PX = 572


class Contour(Inside):
    """The stage of U-Net: in paper size it sees the picture grey and mirrored at its border."""

    def inputs(self, look: Look) -> KerasTensor:
        """Show the picture as the network wants it."""
        if look.pictures.shape[1] != SQUARES_PX["paper"]:
            return look.pictures
        border = (_PAPER_INPUT_PX - SQUARES_PX["paper"]) // 2
        grey = ops.mean(look.pictures, axis=-1, keepdims=True)
        return ops.pad(grey, [(0, 0), (border, border), (border, border), (0, 0)], mode="reflect")


def build_unet(size: str, *, has_skips: bool = True, side_px: int = SQUARES_PX["small"]) -> keras.Model:
    """Build the network.

    Parameters
    ----------
    size : str
    has_skips : bool, optional
        Whether the decoder sees what the encoder saw.
    side_px : int, optional
        In small size.

    Returns
    -------
    model : keras.Model

    Raises
    ------
    ValueError
        If the picture is smaller than the coarsest level.
    """
    is_paper = size == "paper"
    n_filters = _PAPER_FILTERS if is_paper else _SMALL_FILTERS
    twice = _twice_unpadded if is_paper else _twice
    if is_paper:
        picture = keras.Input((_PAPER_INPUT_PX, _PAPER_INPUT_PX, 1), name="picture")
    else:
        picture = keras.Input((check_side(side_px, len(n_filters) - 1),) * 2 + (3,), name="picture")
    x = twice(scaled(picture), "down1", n_filters[0])
    before = []
    for level, n in enumerate(n_filters[1:], start=2):
        before.append(x)
        x = twice(layers.MaxPooling2D(2, name=f"pool{level - 1}")(x), f"down{level}", n)
    x = layers.Dropout(0.5, name="dropout")(x) if is_paper else x
    for level in range(len(before), 0, -1):
        n = n_filters[level - 1]
        x = layers.Conv2DTranspose(n, 2, 2, activation="relu" if is_paper else None, name=f"up{level}")(x)
        if has_skips:
            x = layers.Concatenate(name=f"joined{level}")([_cropped(before[level - 1], x, f"crop{level}"), x])
        x = twice(x, f"level{level}", n)
    return keras.Model(picture, maps(x, N_CLASSES), name="unet" if has_skips else "encoder_decoder")


def _twice(x: KerasTensor, name: str, n_filters: int) -> KerasTensor:
    return conv(conv(x, f"{name}_conv1", n_filters), f"{name}_conv2", n_filters)


def _twice_unpadded(x: KerasTensor, name: str, n_filters: int) -> KerasTensor:
    for number in (1, 2):
        x = layers.Conv2D(n_filters, 3, activation="relu", name=f"{name}_conv{number}")(x)
    return x


def _cropped(x: KerasTensor, like: KerasTensor, name: str) -> KerasTensor:
    """Cut the middle out, as large as another tensor."""
    too_many = x.shape[1] - like.shape[1]
    if not too_many:
        return x
    sides = too_many // 2, too_many - too_many // 2
    return layers.Cropping2D((sides, sides), name=name)(x)


METHOD = Method(stages=(Contour(build_unet),), squares_px=SQUARES_PX, answers="masks")
