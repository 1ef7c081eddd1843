"""A table of the figures, printed when a module's benchmarks are through."""

import statistics
import time
import timeit

import pytest


@pytest.fixture(scope="module")
def table(request):
    """Collect lines of text; they are printed at the end, past pytest's capturing."""
    lines = []
    yield lines
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("", *lines, sep="\n")


@pytest.fixture(scope="session")
def median_ms():
    """Give the function that times another: the median of some calls or lots of calls, in milliseconds.

    It is the processor's time in this thread, which other work on the machine hardly changes. To ask for it takes
    some microseconds, hence the lots.
    """

    def measure(function, n_times, *, per_lot=1):
        lots = timeit.repeat(function, timer=time.thread_time, repeat=n_times, number=per_lot)
        return 1000 * statistics.median(lots) / per_lot

    return measure
