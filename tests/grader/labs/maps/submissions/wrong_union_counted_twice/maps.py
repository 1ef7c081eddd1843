"""Adds both masks up for the union."""

import numpy as np


def iou(mask_a, mask_b):
    a, b = np.asarray(mask_a) != 0, np.asarray(mask_b) != 0
    union = a.sum() + b.sum()
    return np.logical_and(a, b).sum() / union if union else 1.0
