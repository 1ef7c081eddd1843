"""Softargmax: the mean place under a softmax over the map, learned by how far it is from the joint.

The network of the heatmaps; no map is drawn that it should answer. A softmax makes weights of each map, and the answer
is the mean of the cells' places under them (Sun et al. 2018), so the loss is a distance, L1, and the maps come about by
themselves. Fractions of a cell come for free.
"""

from functools import partial

from keras import KerasTensor, ops

from estimation.methods.kinds import Peaks
from estimation.methods.places import draw_peaks, expected_points, map_weights
from estimation.methods.pose.heatmaps import PAPER_PX, build_maps
from estimation.methods.stages import Answer, Batch, Look, Method, labelled_mean


class ExpectedPlaces(Peaks):
    """Maps whose softmax has its mean at the joint; L1.

    Parameters
    ----------
    sharpness : float, optional
        Weight of the term that keeps a map one peak: the divergence (Jensen and Shannon's) of its softmax from a drawn
        peak [1]_. None by default.

    References
    ----------
    .. [1] Nibali, He, Morgan, Prendergast, "Numerical Coordinate Regression with Convolutional Neural Networks", 2018,
       sec. 3.3.
    """

    def __init__(self, sharpness: float = 0.0) -> None:
        # From maps without any difference the mean place is learned slowly.
        super().__init__(partial(build_maps, are_empty=False))
        self._sharpness = sharpness

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for the points."""
        return [look.batch["points"]]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Average the distances along x and y, and what the maps are from peaks."""
        weights = map_weights(output)
        losses = ops.sum(ops.abs(expected_points(weights) - truth), axis=-1)
        if self._sharpness:
            peaks = draw_peaks(truth, output.shape[1], self._sigma_cells)
            peaks = peaks / ops.maximum(ops.sum(peaks, axis=(1, 2), keepdims=True), 1e-6)
            losses = losses + self._sharpness * _divergence(weights, peaks)
        return labelled_mean(losses, batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Take the mean places."""
        return [{"points": expected_points(map_weights(output))} for output in look.outputs]


def _divergence(weights: KerasTensor, peaks: KerasTensor) -> KerasTensor:
    """Compute the Jensen-Shannon divergence of maps that sum to 1: (n, K), from 0 to log 2."""
    middle = (weights + peaks) / 2
    terms = sum(share * (ops.log(share + 1e-9) - ops.log(middle + 1e-9)) for share in (weights, peaks))
    return ops.sum(terms, axis=(1, 2)) / 2


METHOD = Method(stages=(ExpectedPlaces(),), squares_px={"small": 64, "paper": PAPER_PX})
