"""Ask a network about several views of one picture, at several scales and mirrored, and average what it says.

Each view is a picture of whole cells: the picture is first continued to the right and below to the next multiple of
8 pixels, and its enlargements are rounded to such multiples too. So a cell of one view lies over whole cells of its
mirror image, the grids of all scales begin and end together, and nothing has to be shifted.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from estimation.config import CELL_PX, LIMBS, MIRRORED, N_PAFS
from estimation.networks import Maps, load_network
from estimation.pictures import resize_picture

Picture = npt.NDArray[np.uint8]

# What the networks themselves see beyond the picture: scaled, it is 0.
_MID_GREY = 128

_LIMB_BETWEEN = {(limb.from_body_part, limb.to_body_part): limb for limb in LIMBS}
_TWINS = [(limb, _LIMB_BETWEEN[MIRRORED[limb.from_body_part], MIRRORED[limb.to_body_part]]) for limb in LIMBS]

# From which PAF channel of the mirrored picture each one comes, and with which sign.
_MIRRORED_PAFS = np.empty(N_PAFS, np.int64)
_PAF_SIGNS = np.ones(N_PAFS, np.float32)
for _limb, _twin in _TWINS:
    _MIRRORED_PAFS[[_limb.paf_dx_idx, _limb.paf_dy_idx]] = _twin.paf_dx_idx, _twin.paf_dy_idx
    _PAF_SIGNS[_limb.paf_dx_idx] = -1


class Predictor(Protocol):
    """Whatever answers a picture with maps, as `Network` does."""

    def predict(self, picture: Picture) -> Maps:
        """Return the maps of an RGB picture, one cell per 8 x 8 pixels."""


@dataclass(frozen=True)
class ManyViews:
    """A network that looks at every picture several times; it is asked as a network is.

    Attributes
    ----------
    network : Predictor
        Answers each view.
    scales : tuple of float
        Sizes of the views, 1 being that of the picture given.
    is_mirrored_too : bool
        Also look at each view's mirror image: twice as many views.
    """

    network: Predictor
    scales: tuple[float, ...] = (1.0,)
    is_mirrored_too: bool = False

    def __post_init__(self) -> None:
        if not self.scales or not all(math.isfinite(scale) and scale > 0 for scale in self.scales):
            raise ValueError(f"Scales must be one or more positive numbers; got {self.scales!r}. 1 is the picture.")

    def predict(self, picture: Picture) -> Maps:
        """Average the maps of all views, brought to the grid of the picture itself.

        Parameters
        ----------
        picture : ndarray of shape (H, W, 3) and dtype uint8
            RGB. Not modified.

        Returns
        -------
        maps : Maps
            Of ``ceil(H / 8)`` by ``ceil(W / 8)`` cells.
        """
        whole = _continue_to_whole_cells(picture)
        rows, columns = (side // CELL_PX for side in whole.shape[:2])
        answers = [self._predict_view(whole, rows, columns, scale) for scale in self.scales]
        return _average([_bring_to_grid(answer, rows, columns) for answer in answers])

    def _predict_view(self, picture: Picture, rows: int, columns: int, scale: float) -> Maps:
        """Ask about the picture at one scale, and about its mirror image where that is wanted."""
        height, width = (CELL_PX * max(round(scale * n_cells), 1) for n_cells in (rows, columns))
        view = resize_picture(picture, width, height)
        maps = self.network.predict(view)
        if not self.is_mirrored_too:
            return maps
        return _average([maps, mirror(self.network.predict(np.ascontiguousarray(view[:, ::-1])))])


def mirror(maps: Maps) -> Maps:
    """Turn the maps of a picture into those of its mirror image.

    Parameters
    ----------
    maps : Maps
        Of a picture of whole cells. Not modified.

    Returns
    -------
    maps : Maps
        Columns in reverse order; left and right parts and limbs exchanged, for a mirrored left wrist looks like a
        right one; the x components of the PAFs with the other sign.
    """
    heatmaps = maps.heatmaps[:, ::-1, list(MIRRORED)]
    return Maps(heatmaps, maps.pafs[:, ::-1, _MIRRORED_PAFS] * _PAF_SIGNS)


def _continue_to_whole_cells(picture: Picture) -> Picture:
    below, right = (-side % CELL_PX for side in picture.shape[:2])
    return np.pad(picture, ((0, below), (0, right), (0, 0)), constant_values=_MID_GREY)


def _bring_to_grid(maps: Maps, rows: int, columns: int) -> Maps:
    """Sample maps at other places, cubic both ways: a mean over the narrow peaks of a large view would lower them."""
    return Maps(*(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_CUBIC) for part in maps))


def _average(answers: list[Maps]) -> Maps:
    return Maps(*(np.asarray(np.mean(parts, axis=0, dtype=np.float32)) for parts in zip(*answers, strict=True)))


def load_predictor(name: str, scales: tuple[float, ...] = (1.0,), *, is_mirrored_too: bool = False) -> Predictor:
    """Load what is to be measured.

    Parameters
    ----------
    name : str
        What `load_network` takes.
    scales, is_mirrored_too : optional
        The views that are averaged; see `ManyViews`.

    Returns
    -------
    network : Predictor

    Raises
    ------
    ValueError
        If there are no such weights, or `scales` are not positive.
    """
    network = load_network(name)
    is_one_view = scales == (1.0,) and not is_mirrored_too
    return network if is_one_view else ManyViews(network, scales, is_mirrored_too)
