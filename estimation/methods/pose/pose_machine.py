"""Convolutional pose machine: stages that see the picture's features and the beliefs of the stage before.

Wei et al. (2016): large convolutions on beliefs learn which joint stands where beside which. A loss at every stage
keeps the gradient alive through all of them. A belief sees 160 px of the picture after stage 1, and 400 px after stage
2. Six stages at 368 px in paper size, three at 64 px with cells of 4 px in small size; the background has its own map.
"""

import keras
from keras import KerasTensor, layers, ops

from estimation.methods.kinds import Peaks
from estimation.methods.layers import N_JOINTS, scaled
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


def build_machine(size: str, n_stages: int | None = None) -> keras.Model:
    """Build the machine; an output for each stage.

    Stage 1 has features of its own, the other stages share theirs. No normalisation, as in the paper.
    """
    is_paper = size == "paper"
    side_px, n_wide, kernel = (368, 512, 11) if is_paper else (64, 64, 7)
    features = _PAPER_FEATURES if is_paper else _SMALL_FEATURES
    n_stages = n_stages or (6 if is_paper else 3)
    picture = keras.Input((side_px, side_px, 3), name="picture")
    seen = scaled(picture)
    first = ((n_wide, 9 if is_paper else 5), (n_wide, 1))
    beliefs = [_beliefs(_convolved(_convolved(seen, "stage1_features", features), "stage1", first), 1)]
    shared = _convolved(seen, "features", features) if n_stages > 1 else None
    n_narrow = 128 if is_paper else 64
    for stage in range(2, n_stages + 1):
        x = layers.Concatenate(name=f"stage{stage}_joined")([shared, beliefs[-1]])
        beliefs.append(_beliefs(_convolved(x, f"stage{stage}", ((n_narrow, kernel),) * 3 + ((n_narrow, 1),)), stage))
    return keras.Model(picture, beliefs, name="machine")


def _convolved(x: KerasTensor, name: str, convs: Convs) -> KerasTensor:
    for number, (n_filters, kernel) in enumerate(convs, start=1):
        if n_filters:
            x = layers.Conv2D(n_filters, kernel, padding="same", activation="relu", name=f"{name}_conv{number}")(x)
        else:
            x = layers.MaxPooling2D(kernel, name=f"{name}_pool{number}")(x)
    return x


def _beliefs(x: KerasTensor, stage: int) -> KerasTensor:
    return layers.Conv2D(N_BELIEFS, 1, name=f"beliefs{stage}")(x)


METHOD = Method(stages=(Beliefs(build_machine),), squares_px={"small": 64, "paper": 368})
