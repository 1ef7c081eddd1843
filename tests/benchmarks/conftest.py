"""A table of the figures, printed when a module's benchmarks are through."""

import statistics
import time

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
    """Give the function that times another: the median of some calls after one that warms up, in milliseconds."""

    def measure(function, n_calls):
        times = []
        for _ in range(n_calls):
            start = time.perf_counter()
            function()
            times.append(1000 * (time.perf_counter() - start))
        return statistics.median(times)

    return measure
