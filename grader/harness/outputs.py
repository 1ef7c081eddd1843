"""Where the results of one submission are written: a file for machines, a page for people."""

from dataclasses import dataclass
from pathlib import Path

from grader.harness.errors import UsageError
from grader.harness.lab import Lab
from grader.harness.results import Audience, Report


@dataclass(frozen=True)
class Outputs:
    """What was asked for; None for what was not.

    Raises
    ------
    UsageError
        If one of the files cannot be there: better before grading than after it.
    """

    results: Path | None
    page: Path | None

    def __post_init__(self) -> None:
        """Look at the places."""
        for option, path in (("--results", self.results), ("--html", self.page)):
            if path is not None and (path.is_dir() or not path.parent.is_dir()):
                raise UsageError(f"{option} must name a file in an existing folder; got {str(path)!r}.")

    def write(self, lab: Lab, report: Report, audience: Audience) -> None:
        """Write the files; OSError if one cannot be written."""
        if self.results is not None:
            from grader.harness.report.gradescope import dump

            self.results.write_bytes(dump(lab, report, audience))
        if self.page is not None:
            from grader.harness.report.html import render_html

            self.page.write_text(render_html(lab, report, audience), encoding="utf-8")
