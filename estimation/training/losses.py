"""What training makes small, in Keras' own operations: the same on every backend.

A truth carries its weights with it, behind the targets, so that a loss needs nothing else.
"""

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from estimation.config import N_HEATMAPS, N_PAFS

N_CHANNELS = N_PAFS + N_HEATMAPS

FloatArray = npt.NDArray[np.float32]


def masked_l2(truth: keras.KerasTensor, answer: keras.KerasTensor) -> keras.KerasTensor:
    """Sum the squared errors of all stages where the labels can be trusted (eq. 4-6); mean over the cells.

    Parameters
    ----------
    truth : tensor of shape (batch, rows, columns, 114)
        57 targets, then their weights.
    answer : tensor of shape (batch, rows, columns, 57 * n_stages)

    Returns
    -------
    loss : scalar tensor

    References
    ----------
    .. [1] Cao et al., "Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields", CVPR 2017.
    """
    targets, weights = truth[..., :N_CHANNELS], truth[..., N_CHANNELS:]
    n_stages = answer.shape[-1] // N_CHANNELS
    errors = answer - ops.tile(targets, (1, 1, 1, n_stages))
    return ops.mean(ops.sum(ops.tile(weights, (1, 1, 1, n_stages)) * errors**2, axis=-1))


def hint_l2(truth: keras.KerasTensor, answer: keras.KerasTensor) -> keras.KerasTensor:
    """Average the weighted squared errors of a guessed hint: what the teacher sees in a cell before it answers [1]_.

    Parameters
    ----------
    truth : tensor of shape (batch, rows, columns, n + 1)
        The teacher's n features, then their one weight.
    answer : tensor of shape (batch, rows, columns, n)

    Returns
    -------
    loss : scalar tensor

    References
    ----------
    .. [1] Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015.
    """
    features, weight = truth[..., :-1], truth[..., -1:]
    return ops.mean(weight * (answer - features) ** 2)


def emphasised(targets: FloatArray, emphasis: float) -> FloatArray:
    """Raise the weights where people are.

    Nearly all of a map is empty, and a network that starts from nothing learns to say so for thousands of steps.
    With emphasis on what is there it sees people after hundreds. Less of it later lets the answers fall where nobody
    is; with none at all the loss is that of the paper, and what is hard to see stays below every threshold.

    Parameters
    ----------
    targets : ndarray of shape (..., 114) and dtype float32
        57 targets and their weights. Not modified.
    emphasis : float
        A weight ``w`` of a target ``t`` becomes ``w * (1 + emphasis * |t|)``; the background's stay.

    Returns
    -------
    targets : ndarray of the same shape
    """
    result = targets.copy()
    foreground = np.abs(targets[..., : N_CHANNELS - 1])
    result[..., N_CHANNELS:-1] *= 1 + np.float32(emphasis) * foreground
    return result


def taught(targets: FloatArray, maps: FloatArray, trust: float, mix: FloatArray) -> FloatArray:
    """Take the teacher's word where no label speaks, and mix it into the labels elsewhere [1]_.

    A label has the same peak for an arm that can be seen and for one that can only be guessed; the teacher says how
    sure it is, and that is easier to learn.

    Parameters
    ----------
    targets : ndarray of shape (..., 114) and dtype float32
        57 targets and their weights. Not modified.
    maps : ndarray of shape (..., 57) and dtype float32
        What the teacher answers: PAFs, then heatmaps.
    trust : float
        Weight of the teacher's word where it stands alone; that of a label is 1.
    mix : ndarray of shape (batch,) and dtype float32
        The teacher's share, from 0 to 1, in the labelled values of each picture.

    Returns
    -------
    targets : ndarray of the same shape
        Values of weight 0 are now the teacher's, with the weight `trust`; the others are mixed.

    References
    ----------
    .. [1] Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015, section 2.
    """
    labels = targets[..., :N_CHANNELS]
    is_unknown = targets[..., N_CHANNELS:] == 0
    share = np.where(is_unknown, np.float32(1), mix.astype(np.float32)[:, None, None, None])
    values = labels + share * (maps - labels)
    weights = np.where(is_unknown, np.float32(trust), targets[..., N_CHANNELS:])
    return np.concatenate([values, weights], axis=-1)


def weighted_hints(features: FloatArray, weight: float) -> FloatArray:
    """Bring the teacher's features to one scale, and put their weight behind them.

    Parameters
    ----------
    features : ndarray of shape (batch, rows, columns, n) and dtype float32
        Not modified.
    weight : float

    Returns
    -------
    hints : ndarray of shape (batch, rows, columns, n + 1) and dtype float32
        Mean 0 and variance 1 of each feature over the batch, then the weight: the truth of `hint_l2`.
    """
    over = (0, 1, 2)
    scaled = (features - features.mean(axis=over)) / (features.std(axis=over) + np.float32(1e-3))
    return np.concatenate([scaled, np.full_like(scaled[..., :1], weight)], axis=-1)
