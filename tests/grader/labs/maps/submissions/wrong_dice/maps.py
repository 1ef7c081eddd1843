"""Computes the Dice coefficient."""

import numpy as np


def iou(mask_a, mask_b):
    a, b = np.asarray(mask_a) != 0, np.asarray(mask_b) != 0
    union = np.logical_or(a, b).sum()
    return 2 * np.logical_and(a, b).sum() / (a.sum() + b.sum()) if union else 1.0
