"""Ctrl-C: one sentence in place of a traceback, also where code that is being tried catches everything."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

STOPPED = "Stopped by Ctrl-C: the code that was running has been ended, and nothing is left half written."
"""The grader says the same."""

EXIT_CODE = 130
"""What a shell says of a program that Ctrl-C has ended."""

GRACE_S = 2.0
"""So long a program may take to put away what it was doing, unless it asks for more."""

_ending: list[threading.Timer] = []


def run_until_stopped(main: Callable[[], int]) -> int:
    """Run a program; after Ctrl-C say one sentence and end it, if need be against its will.

    Parameters
    ----------
    main : callable
        The program. Ctrl-C raises KeyboardInterrupt in it; a loop that catches this as well is ended `GRACE_S` later.

    Returns
    -------
    exit_code : int
        The program's, or `EXIT_CODE` if it was stopped.
    """
    signal.signal(signal.SIGINT, _interrupt)
    try:
        return main()
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr, flush=True)
        return EXIT_CODE


def take_time() -> None:
    """Let a program that has taken note of its KeyboardInterrupt put away in its own time what it was doing."""
    while _ending:
        _ending.pop().cancel()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    timer = threading.Timer(GRACE_S, _end)
    timer.daemon = True  # a program that ends by itself does not wait for it
    timer.start()
    _ending.append(timer)
    raise KeyboardInterrupt


def _end() -> None:
    print(STOPPED, file=sys.stderr, flush=True)
    os._exit(EXIT_CODE)
