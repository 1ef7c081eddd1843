"""The zoo of lab 4 in ``submissions``: what each is expected to earn, and how it is put together.

A wrong one holds the one function that is wrong: it stands behind the six right ones of ``pass_plain``, and takes the
place of its namesake.
"""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from grader.harness.assessment import Options, grade_submission
from grader.harness.results import Report, Verdict
from grader.harness.submission import open_submission_bytes
from grader.labs.maps.lab import LAB

FOLDER = Path(__file__).resolve().parent / "submissions"
RIGHT = FOLDER / "pass_plain" / "maps.py"
REPORT = b"%PDF-1.4\n%%EOF\n"


@dataclass(frozen=True)
class Submission:
    """One of the zoo: its name, and what ``expect.toml`` says."""

    name: str
    says: str
    points: float | None = None
    function: str = ""
    """The one in which a wrong submission loses points."""
    at_least: float = 0.0
    at_most: float = 60.0
    why: str = ""
    """Why a careful reader would give it so many points."""
    lost: list[str] = field(default_factory=list)
    is_forgetful: bool = False
    """Whether its answers depend on chance or on earlier calls, which has a check of its own."""

    @property
    def is_right(self) -> bool:
        return self.name.startswith("pass_")

    @property
    def source(self) -> bytes:
        own = (FOLDER / self.name / "maps.py").read_bytes()
        return own if self.is_right else RIGHT.read_bytes() + b"\n\n" + own

    def demand(self, report: Report) -> None:
        """Hold a report against what is expected."""
        lost = find_lost(report)
        told = f"{self.name}: {float(report.points)} points; lost {lost}"
        assert not any(check.verdict is Verdict.GRADER_FAULT for check in report.checks), told
        assert self.points is None or report.points == self.points, told
        assert self.at_least <= report.points <= self.at_most, told
        assert set(self.lost) <= set(lost), told
        parts = {self.function} if self.function else set()
        assert set(lost.values()) - ({"Any call"} if self.is_forgetful else set()) == parts, told


def find_lost(report: Report) -> dict[str, str]:
    """Name the checks that lost points, or failed a case that makes no mark, each with its function."""
    return {check.key: check.part for check in report.checks if check.points < check.max_points or check.failures}


def load_zoo() -> list[Submission]:
    """Read what is expected of all submissions, by name."""
    files = sorted(FOLDER.glob("*/expect.toml"))
    return [Submission(path.parent.name, **tomllib.loads(path.read_text(encoding="utf-8"))) for path in files]


def find(name: str) -> Submission:
    """Find one of the zoo by its name."""
    return next(one for one in load_zoo() if one.name == name)


def grade_source(source: bytes, *, is_shrinking: bool = False) -> Report:
    """Grade a file in this process."""
    return grade_submission(LAB, open_submission_bytes(LAB, "maps.py", source), Options(is_shrinking=is_shrinking))


@cache
def grade(name: str) -> Report:
    """Grade a submission in this process, once, without looking for smaller inputs."""
    return grade_source(find(name).source)


def without(*functions: str) -> bytes:
    """Take functions out of the right file."""
    source = RIGHT.read_text(encoding="utf-8")
    for function in functions:
        source = re.sub(rf"^def {function}\(.*?(?=^def |\Z)", "", source, flags=re.DOTALL | re.MULTILINE)
    return source.encode()
