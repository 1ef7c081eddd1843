"""Returns 640 MB of zeros"""

import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    return np.zeros((4 * 10**6, 20))
