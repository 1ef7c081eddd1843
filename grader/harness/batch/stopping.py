"""Find the one line that stopped a submission, so that a person can mend it and grade again: a flag, never a mark."""

import re
from collections.abc import Sequence

from grader.harness.characters import cut, one_line
from grader.harness.lab_files import LOADING
from grader.harness.results import CaseResult, Report, Verdict

MAX_LINE = 200
"""Columns of the line that are told."""

# A frame of a traceback with the line below it, and what is said of an error without a frame, as of a syntax error.
_FRAME = re.compile(r'^  File "([^"\n]*)", line (\d{1,7}), in [^\n]*\n    ([^\n]*)', re.MULTILINE)
_TOLD = re.compile(r" in line (\d{1,7}) of ([^:\s]+)(?:: (.*))?", re.DOTALL)


def find_stopping_line(report: Report) -> str:
    """Tell the line at which an exception stopped the code, if one line alone did.

    Parameters
    ----------
    report : Report
        With everything that is for the staff.

    Returns
    -------
    line : str
        ``"line 3 of solution.py: import foo"``, fit for one line of text, with what the student wrote in it. Empty
        unless the code could not be loaded because of that line, or every case that failed was stopped there and the
        code earned less than half of its points: an exception on some rare input is a mistake like others.
    """
    loading = [case for check in report.checks if check.key == LOADING for case in check.failures]
    failures = [case for check in report.checks for case in check.failures]
    if not loading and 2 * report.points >= report.max_points:
        return ""
    return _find_shared(loading or failures)


def _find_shared(failures: Sequence[CaseResult]) -> str:
    """Tell the line at which all of these cases crashed."""
    if not failures or any(case.verdict is not Verdict.CRASHED for case in failures):
        return ""
    lines = {_find_line(case) for case in failures}
    return lines.pop() if len(lines) == 1 else ""


def _find_line(case: CaseResult) -> str:
    """Tell the innermost line of a student's file in a traceback, or the one that the explanation names."""
    frames = _FRAME.findall(case.traceback)
    if frames:
        file, number, text = frames[-1]
    elif case.explanation is not None and (told := _TOLD.search(case.explanation.got)):
        number, file, text = told.groups(default="")
    else:
        return ""
    where = f"line {number} of {file}"
    return cut(one_line(f"{where}: {text}" if text else where), MAX_LINE)
