"""How well two masks agree: intersection over union.

References
----------
.. [1] Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, sec. 4.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def iou(mask_a: ArrayLike, mask_b: ArrayLike) -> NDArray[np.float64]:
    """Compute intersection over union, mask by mask [1]_.

    Parameters
    ----------
    mask_a, mask_b : array_like of shape (..., rows, columns)
        What is not 0 is inside. Not modified.

    Returns
    -------
    shares : ndarray of shape (...) and dtype float64
        Cells in both, divided by cells in at least one; 0 to 1. Two empty masks agree: 1. For one pair of masks an
        array without dimensions, which is as good as a number.

    Raises
    ------
    ValueError
        If the shapes differ, or a mask has fewer than two dimensions.

    References
    ----------
    .. [1] Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, sec. 4.
    """
    a, b = np.asarray(mask_a) != 0, np.asarray(mask_b) != 0
    if a.shape != b.shape or a.ndim < 2:
        raise ValueError(
            f"Two masks must have one shape (..., rows, columns); got {a.shape} and {b.shape}. Give both the same size."
        )
    both, either = (a & b).sum(axis=(-2, -1)), (a | b).sum(axis=(-2, -1))
    shares = np.ones(either.shape)
    np.divide(both, either, out=shares, where=either > 0)
    return shares
