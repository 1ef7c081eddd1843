"""Grade one submission by the checks in `grader/checks`, as pytest runs them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.results import Report

FOLDER = Path(__file__).resolve().parent

REPORT = pytest.StashKey[Report]()
"""Where pytest's configuration keeps the report of a run that has ended."""


class _Listener:
    """A pytest plugin that takes the report when the run has ended."""

    report: Report | None = None

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Take the report out of the configuration that is about to go."""
        self.report = config.stash.get(REPORT, None)


def grade(arguments: Sequence[str]) -> tuple[int, Report | None]:
    """Run the checks.

    Parameters
    ----------
    arguments : sequence of str
        Options of ``pytest grader/``, among them ``--student``.

    Returns
    -------
    exit_code : int
        Pytest's own: 0 all checks passed, 1 some did not, above 1 no grading took place.
    report : Report or None
        What was found; None where there was nothing to report.
    """
    listener = _Listener()
    exit_code = pytest.main([str(FOLDER), *arguments], plugins=[listener])
    return int(exit_code), listener.report
