"""Convolutional pose machine: stages that see the picture's features and the beliefs of the stage before.

Wei et al. (2016): large convolutions on beliefs learn which joint stands where beside which. A loss at every stage
keeps the gradient alive through all of them. A belief sees 160 px of the picture after stage 1, and 400 px after stage
2. Six stages at 368 px in paper size, three at 64 px with cells of 4 px in small size; the background has its own map.
"""

from functools import partial

import keras
from keras import KerasTensor, layers, ops

from estimation.methods.kinds import Peaks
from estimation.methods.layers import N_JOINTS, conv, scaled
from estimation.methods.places import peak_points
from estimation.methods.stages import Answer, Batch, Look, Method

N_BELIEFS = N_JOINTS + 1

Convs = tuple[tuple[int, int], ...]
"""Filters and kernel of each convolution; no filters for a pooling of 2."""

_PAPER_FEATURES: Convs = ((128, 9), (0, 2), (128, 9), (0, 2), (128, 9), (0, 2), (32, 5))
_SMALL_FEATURES: Convs = ((32, 5), (0, 2), (48, 5), (0, 2), (64, 5))


class Beliefs(Peaks):
    """Heatmaps of the joints and of the background, one set for each stage of the machine."""

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask every stage for the peaks, and for the background between them."""
        peaks = super().truths(look)[0]
        shown = peaks * ops.reshape(look.batch["labelled"], (-1, 1, 1, N_JOINTS))
        return [ops.concatenate([peaks, 1 - ops.max(shown, axis=-1, keepdims=True)], axis=-1)] * len(look.outputs)

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Sum the squared differences over the cells; the background is always labelled."""
        everywhere = ops.ones_like(batch["labelled"][:, :1])
        return super().loss(output, truth, {"labelled": ops.concatenate([batch["labelled"], everywhere], axis=-1)})

    def decode(self, look: Look) -> list[Answer]:
        """Take the highest cells."""
        return [{"points": peak_points(output[..., :N_JOINTS])} for output in look.outputs]


def build_machine(size: str, n_stages: int | None = None, *, is_normalised: bool | None = None) -> keras.Model:
    """Build the machine; an output for each stage.

    Parameters
    ----------
    size : str
    n_stages : int, optional
        Six in paper size, three in small size. Stage 1 has features of its own, the other stages share theirs.
    is_normalised : bool, optional
        Whether convolutions are normalised: by default not in paper size, and in small size, which otherwise would need
        hours to begin.

    Returns
    -------
    model : keras.Model
    """
    is_paper = size == "paper"
    side_px, n_wide, kernel = (368, 512, 11) if is_paper else (64, 64, 7)
    features = _PAPER_FEATURES if is_paper else _SMALL_FEATURES
    n_stages = n_stages or (6 if is_paper else 3)
    picture = keras.Input((side_px, side_px, 3), name="picture")
    seen = scaled(picture)
    is_normalised = not is_paper if is_normalised is None else is_normalised
    convolved, believed = (partial(part, is_normalised=is_normalised) for part in (_convolved, _beliefs))
    first = ((n_wide, 9 if is_paper else 5), (n_wide, 1))
    beliefs = [believed(convolved(convolved(seen, "stage1_features", features), "stage1", first), 1)]
    shared = convolved(seen, "features", features) if n_stages > 1 else None
    n_narrow = 128 if is_paper else 64
    for stage in range(2, n_stages + 1):
        x = layers.Concatenate(name=f"stage{stage}_joined")([shared, beliefs[-1]])
        beliefs.append(believed(convolved(x, f"stage{stage}", ((n_narrow, kernel),) * 3 + ((n_narrow, 1),)), stage))
    return keras.Model(picture, beliefs, name="machine")


def _convolved(x: KerasTensor, name: str, convs: Convs, *, is_normalised: bool) -> KerasTensor:
    for number, (n_filters, kernel) in enumerate(convs, start=1):
        if not n_filters:
            x = layers.MaxPooling2D(kernel, name=f"{name}_pool{number}")(x)
        elif is_normalised:
            x = conv(x, f"{name}_conv{number}", n_filters, kernel)
        else:
            x = layers.Conv2D(n_filters, kernel, padding="same", activation="relu", name=f"{name}_conv{number}")(x)
    return x


def _beliefs(x: KerasTensor, stage: int, *, is_normalised: bool) -> KerasTensor:
    if not is_normalised:
        return layers.Conv2D(N_BELIEFS, 1, name=f"beliefs{stage}")(x)
    begin = {"kernel_initializer": "zeros", "bias_initializer": _nobody}
    return layers.Conv2D(N_BELIEFS, 1, name=f"beliefs{stage}", **begin)(x)


def _nobody(shape: tuple[int, ...], dtype: str | None = None) -> KerasTensor:
    """Begin with no joint anywhere and background everywhere."""
    return ops.one_hot(shape[0] - 1, shape[0], dtype=dtype)


METHOD = Method(stages=(Beliefs(build_machine),), squares_px={"small": 64, "paper": 368})
