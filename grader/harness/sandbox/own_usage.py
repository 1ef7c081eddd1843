"""Answers `resource.getrusage` where the kernel is not to be asked; in the child.

The kernel's numbers count which pages of a file were in memory already, and so tell what another process has read. An
honest program wants its own time.
"""

from __future__ import annotations

import os
import time

_N_OTHERS = 14  # numbers beside the two times


def replace_getrusage() -> None:
    """Have `resource.getrusage` tell the times that this process has used, and nothing else.

    Raises
    ------
    ImportError
        If this system has no such module.
    """
    import resource  # Windows has none

    own = {resource.RUSAGE_SELF, getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)}

    def getrusage(who: int) -> resource.struct_rusage:
        if who not in own | {resource.RUSAGE_CHILDREN}:
            raise ValueError("invalid who parameter")
        system = os.times().system
        used = (max(0.0, time.process_time() - system), system) if who in own else (0.0, 0.0)  # it has no children
        return resource.struct_rusage((*used, *(0,) * _N_OTHERS))

    resource.getrusage = getrusage
