"""The options of grading one submission, declared once: pytest's parser and argparse take the same words."""

from pathlib import Path
from typing import Any

from grader.harness.languages import LANGUAGES
from grader.harness.results import Audience
from grader.harness.sandbox.policy import Mode

LAB: dict[str, Any] = {"metavar": "NAME", "default": "", "help": "which lab; without it the submission's name decides"}

LANGUAGE: dict[str, Any] = {
    "metavar": "NAME",
    "default": "",
    "help": f"what students read: {' or '.join(LANGUAGES)}; without it the rubric's, or English",
}

AUDIENCES = [audience.value for audience in Audience]
MODES = [mode.value for mode in Mode]

GRADING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--lab", LAB),
    ("--results", {"type": Path, "metavar": "FILE.json", "help": "write the results in Gradescope's format"}),
    ("--html", {"type": Path, "metavar": "FILE.html", "help": "write the results as one page"}),
    ("--audience", {"choices": AUDIENCES, "default": Audience.STUDENT.value, "help": "who reads: student or staff"}),
    ("--language", LANGUAGE),
    ("--sandbox", {"choices": MODES, "default": Mode.AUTO.value, "help": "strict: all protections, or no mark"}),
    ("--student-python", {"type": Path, "metavar": "PATH", "help": "interpreter that runs the student's code"}),
    ("--no-shrink", {"action": "store_true", "help": "show failing inputs as recorded; students' copies always do"}),
)
"""Each option and its declaration."""

STUDENT_HELP = "the submission: a zip, or the code alone"
STUDENT_METAVAR = "ZIP"
