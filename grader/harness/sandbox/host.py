"""What this machine must let a submission have, so that a mark does not depend on the machine.

A process hands its limits down to those that it starts, and they cannot be raised again. Where the grader itself has
less than a submission is promised, whatever fails there would look like the student's fault.
"""

import contextlib
import os
from collections.abc import Mapping

from grader.harness.errors import HostUnfit
from grader.harness.sandbox.policy import Mode

_PROMISED = ("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CPU", "RLIMIT_NOFILE")
"""Of the others a submission gets nothing at all, which no machine refuses."""
_PROMISED_WITHOUT_PROTECTION = ("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_CPU")
"""There nobody raises a soft limit, and small ones on the stack and on files are usual."""


def check_limits(wanted: Mapping[str, int], mode: Mode) -> None:
    """See that the grader's own limits leave a submission what it is promised.

    Parameters
    ----------
    wanted : mapping of str to int
        Limits by their names, as the system counts them.
    mode : Mode
        Without protection the soft limits count, with it the hard ones.

    Raises
    ------
    HostUnfit
        If one of them is too low, with its name.
    """
    if os.name != "posix":
        return
    import resource  # Windows has none

    is_bare = mode is Mode.OFF
    for name in _PROMISED_WITHOUT_PROTECTION if is_bare else _PROMISED:
        with contextlib.suppress(OSError, AttributeError):  # a system that does not tell, or has no such limit
            given = resource.getrlimit(getattr(resource, name))[0 if is_bare else 1]
            if 0 <= given < wanted[name] and given != resource.RLIM_INFINITY:
                kind = "soft" if is_bare else "hard"
                raise HostUnfit(
                    f"A submission must be allowed {name} = {wanted[name]}; the {kind} limit of the grader itself is "
                    f"{given}. This is not the submission's fault: raise that limit (see `ulimit`), or grade on "
                    "another machine."
                )
