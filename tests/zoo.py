"""The zoo of submissions in ``tests/submissions``: what each is expected to earn, and the zip that it is handed in as.

``python -m tests.zoo FOLDER`` writes all zips, to try the grader on them by hand.
"""

import re
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from grader.harness.assessment import Options, grade_submission
from grader.harness.languages import ENGLISH, speaking
from grader.harness.report.text import render_text
from grader.harness.results import Audience, Report, Verdict
from grader.harness.submission import open_submission
from grader.labs.merge.lab import LAB
from tests.submissions.malformed import BUILDERS

FOLDER = Path(__file__).resolve().parent / "submissions"
ZIP_NAME = "N26130891_Lab3.zip"
REPORT = b"%PDF-1.4\n%%EOF\n"

BY_CHANCE = {"attack_random", "attack_random_by_clock"}
"""Submissions whose answers come from the system's own dice, or from its clock: no two results are alike."""


@dataclass(frozen=True)
class Submission:
    """One of the zoo: its name, and what ``expect.toml`` says."""

    name: str
    says: str
    points: float | None = None
    at_most: float = 60.0
    at_least: float = 0.0
    why: str = ""
    """Why a careful reader would give a wrong one so many points."""
    lost: list[str] = field(default_factory=list)
    only: bool = False
    verdict: str = ""
    message: str = ""
    problem: str = ""
    also: list[str] = field(default_factory=list)
    """Codes of further problems of a malformed zip."""
    opens: bool = False
    """Whether a malformed zip earns nothing only when its code runs."""
    slow: bool = False
    """Whether it runs into a time limit."""

    @property
    def kind(self) -> str:
        return self.name.split("_", maxsplit=1)[0]

    @property
    def width(self) -> float:
        """How many points apart the ends of the range are."""
        return self.at_most - self.at_least

    def demand(self, report: Report, text: str) -> None:
        """Hold a report, and the text of it for the staff, against what is expected."""
        points, verdicts = float(report.points), {check.verdict for check in report.checks}
        lost = find_failed(report)
        assert Verdict.GRADER_FAULT not in verdicts, text
        assert self.points is None or points == self.points, text
        assert self.at_least <= points <= self.at_most, text
        assert set(self.lost) <= lost, text
        assert not self.only or lost == set(self.lost), text
        assert not self.verdict or Verdict(self.verdict) in verdicts, text
        assert re.search(self.message, " ".join(text.split())), text
        if self.problem:
            assert self.problem in {problem.code for problem in report.handed.problems}
        if self.kind == "wrong":
            assert self.lost
            assert report.points < report.max_points
            for check in report.checks:
                for case in check.failures:
                    assert case.explanation is not None
                    required = case.explanation.required  # of those that are no example nothing may be left
                    assert not required or required[0].isupper() or required.startswith("merge")


def find_failed(report: Report) -> set[str]:
    """Name the checks that lost points, or failed a case that makes no mark."""
    return {check.key for check in report.checks if check.points < check.max_points or check.failures}


def load_zoo() -> list[Submission]:
    """Read what is expected of all submissions, by name."""
    files = sorted(FOLDER.glob("*_*/expect.toml"))
    return [Submission(path.parent.name, **tomllib.loads(path.read_text(encoding="utf-8"))) for path in files]


def build_zip(submission: Submission, folder: Path) -> Path:
    """Write a submission as it would be handed in; return the path of its zip."""
    folder.mkdir(parents=True, exist_ok=True)
    if submission.kind == "malformed":
        return BUILDERS[submission.name](folder)
    path = folder / ZIP_NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(FOLDER / submission.name / "merge.py", "merge.py")
        archive.writestr("N26130891_Lab3_report.pdf", REPORT)
    return path


@cache
def grade_here(name: str) -> tuple[Report, str]:
    """Grade a submission in this process, once, without looking for smaller inputs; return the staff's text, too.

    In English, whatever the test that asks first speaks: the next one gets the same.
    """
    (submission,) = (one for one in load_zoo() if one.name == name)
    with tempfile.TemporaryDirectory() as folder:
        handed = open_submission(LAB, build_zip(submission, Path(folder)))
        report = grade_submission(LAB, handed, Options(is_shrinking=False))
    with speaking(ENGLISH):
        return report, render_text(LAB, report, Audience.STAFF)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for one in load_zoo():
        print(build_zip(one, target / one.name))
