"""The one line that stopped a submission: told from the report, and only where it is one."""

from fractions import Fraction

import pytest

from grader.harness.assessment import Options, grade_submission
from grader.harness.batch.stopping import MAX_LINE, find_stopping_line
from grader.harness.results import CaseResult, CheckResult, Explanation, Handed, Report, Verdict, Visibility
from grader.harness.submission import open_submission_bytes
from grader.labs.merge.lab import LAB


def crash(line, text="x = 1 / 0", *, file="merge.py", outer=""):
    return f'Traceback (most recent call last):\n{outer}  File "{file}", line {line}, in merge\n    {text}\nError: no'


def case(verdict=Verdict.CRASHED, trace="", got="got an error"):
    return CaseResult("a", "", Visibility.PUBLIC, verdict, Explanation("It must run", got, "Look."), traceback=trace)


def report(*checks):
    """Build a report of checks, each with a key, its points and its cases."""
    results = [CheckResult(key, "", key, Fraction(points), cases) for key, points, cases in checks]
    return Report(Handed("a.zip", "", "", ""), tuple(results), ())


RIGHT = case(Verdict.PASSED)


def test_line_that_stops_every_case_is_told():
    found = report(("loads", 0, (RIGHT,)), ("one", 4, (case(trace=crash(3)),) * 2), ("two", 2, (case(trace=crash(3)),)))

    assert find_stopping_line(found) == "line 3 of merge.py: x = 1 / 0"


def test_line_that_stops_loading_is_told_whatever_it_earned():
    found = report(("loads", 0, (case(trace=crash(1, "import foo")),)), ("one", 4, ()))

    assert find_stopping_line(found) == "line 1 of merge.py: import foo"


@pytest.mark.parametrize(
    ("got", "told"),
    [
        ("got SyntaxError: expected ':' in line 4 of merge.py: def merge(s)", "line 4 of merge.py: def merge(s)"),
        ("got SyntaxError: unexpected EOF in line 9 of merge.py", "line 9 of merge.py"),
        ("got SyntaxError: bad encoding", ""),
    ],
)
def test_line_of_a_syntax_error_is_taken_from_the_explanation(got, told):
    assert find_stopping_line(report(("loads", 0, (case(trace="SyntaxError: no", got=got),)))) == told


def test_innermost_line_counts_and_may_be_in_another_file():
    outer = '  File "merge.py", line 9, in merge\n    helper(rows)\n'
    other = '  File "merge.py", line 12, in merge\n    helper(rows)\n'
    cases = (case(trace=crash(2, file="tools.py", outer=outer)), case(trace=crash(2, file="tools.py", outer=other)))

    assert find_stopping_line(report(("one", 4, cases))) == "line 2 of tools.py: x = 1 / 0"


@pytest.mark.parametrize(
    "cases",
    [
        (case(trace=crash(3)), case(trace=crash(4))),
        (case(trace=crash(3)), case(Verdict.WRONG)),
        (case(trace=crash(3)), case(Verdict.TIMED_OUT)),
        (case(trace=crash(3)), case(trace="")),
        (case(trace=crash(3)), RIGHT),
        (case(Verdict.WRONG),),
        (case(Verdict.OUT_OF_MEMORY, crash(3)),),
        (RIGHT,),
        (),
    ],
    ids=["two lines", "wrong", "timed out", "no line", "half", "only wrong", "memory", "right", "no cases"],
)
def test_nothing_is_told_where_it_is_not_one_line(cases):
    assert find_stopping_line(report(("one", 4, cases))) == ""


def test_little_that_is_right_is_no_hindrance():
    cases = (case(trace=crash(3)), case(trace=crash(3)), RIGHT)

    assert find_stopping_line(report(("one", 4, cases))) == "line 3 of merge.py: x = 1 / 0"


def test_line_of_a_stranger_is_fit_to_be_shown():
    hostile = "x\x1b[31m\u202e" + "y" * 1000
    told = find_stopping_line(report(("one", 4, (case(trace=crash(3, hostile)),))))

    assert told.isprintable()
    assert told.startswith(r"line 3 of merge.py: x\x1b[31m\u202ey")
    assert len(told) <= MAX_LINE


NAME_ERROR = b"""def merge(subset, min_num_body_parts=4, min_score=0.4):
    if len(subset) == 0:
        return []
    return answer
"""


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (b"import numpy\nimport no_such_module\n", "line 2 of merge.py: import no_such_module"),
        (b"def merge(subset)\n    return subset\n", "line 1 of merge.py: def merge(subset)"),
        (NAME_ERROR, "line 4 of merge.py: return answer"),
        (b"def other():\n    pass\n", ""),
        (b"", ""),
    ],
    ids=["import", "syntax", "name", "no function", "empty"],
)
def test_line_is_found_in_what_the_grader_writes(source, told):
    graded = grade_submission(LAB, open_submission_bytes(LAB, "merge.py", source), Options(is_shrinking=False))

    assert find_stopping_line(graded) == told
