"""Multiplies masks, whatever they hold."""

import numpy as np


def iou(mask_a, mask_b):
    both = (mask_a * mask_b).sum()
    either = mask_a.sum() + mask_b.sum() - both
    return both / either if either else 1.0
