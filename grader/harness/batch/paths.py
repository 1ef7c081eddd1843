"""Where everything of a class lies in its folder: see `store`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.harness.batch.records import Line
from grader.harness.intake.code import PYTHON
from grader.harness.intake.loose import REPORTS


@dataclass(frozen=True)
class ClassPaths:
    """The files of one class, by the key of whose they are.

    Attributes
    ----------
    folder : Path
        Of the class.
    """

    folder: Path

    @property
    def roll(self) -> Path:
        """Who and what was found the last time."""
        return self.folder / "roll.json"

    @property
    def granted(self) -> Path:
        """Extensions and waivers."""
        return self.folder / "late.json"

    @property
    def exported(self) -> Path:
        """Lines of feedback that went into a worksheet."""
        return self.folder / "exported.json"

    def results(self, key: str) -> Path:
        """Name the results file of a student."""
        return self.folder / "results" / f"{key}.json"

    def page(self, key: str) -> Path:
        """Name a student's page."""
        return self.folder / "feedback" / f"{key}.html"

    def line(self, key: str) -> Path:
        """Name the file of a student's line."""
        return self.folder / "lines" / f"{key}.json"

    def submission(self, key: str, name: str) -> Path:
        """Name what a student handed in under a name, by its ending."""
        return self.folder / "submissions" / f"{key}{'.py' if name.lower().endswith(PYTHON) else '.zip'}"

    def submissions(self, key: str) -> Sequence[Path]:
        """Name all that a submission may be called."""
        return [self.submission(key, ending) for ending in (".zip", ".py")]

    def report(self, key: str, number: int, name: str) -> Path:
        """Name a report's file by whose it is; of its own name only a known ending is left."""
        ending = next((ending for ending in REPORTS if name.lower().endswith(ending)), "")
        return self.folder / "submissions" / f"{key}_report{f'-{number + 1}' if number else ''}{ending}"

    def reports(self, line: Line) -> Sequence[Path]:
        """Name the reports that a line tells of."""
        return [self.report(line.person.key, number, name) for number, name in enumerate(line.reports)]
