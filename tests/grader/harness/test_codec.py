"""Records to plain data and back: nothing lost, nothing accepted that is not exactly a record."""

import copy
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from estimation.config import ROW_LENGTH
from grader.harness.codec import from_dict, to_dict
from grader.harness.results import (
    CaseResult,
    CheckResult,
    Evidence,
    Explanation,
    Handed,
    ManualPart,
    Overlay,
    Problem,
    Protection,
    Report,
    Timing,
    Verdict,
    Visibility,
)
from tests.grader.harness.report.samples import ALL, failing

TEXT = st.text(max_size=20)
NUMBERS = st.floats(width=64)
ROWS = st.integers(0, 3).flatmap(lambda n: arrays(np.float64, (n, ROW_LENGTH), elements=NUMBERS))
SECONDS = st.floats(0, 1e6)
POINTS = st.fractions(0, 60, max_denominator=97)
EXPLANATIONS = st.builds(Explanation, TEXT, TEXT, TEXT)
PLACES = st.dictionaries(st.integers(0, 10**9), st.tuples(NUMBERS, NUMBERS), max_size=2)
PICTURES = st.from_regex(r"[a-z0-9]{1,9}\.(jpg|png)", fullmatch=True)
EVIDENCE = st.builds(Evidence, ROWS, TEXT, ROWS, st.none() | ROWS, st.booleans(), st.booleans())
OVERLAYS = st.builds(Overlay, PICTURES, PLACES, ROWS, ROWS, NUMBERS, NUMBERS)
CASES = st.builds(
    CaseResult,
    name=TEXT,
    says=TEXT,
    visibility=st.sampled_from(Visibility),
    verdict=st.sampled_from(Verdict),
    explanation=st.none() | EXPLANATIONS,
    evidence=st.none() | EVIDENCE,
    overlay=st.none() | OVERLAYS,
    traceback=TEXT,
)
CHECKS = st.builds(CheckResult, TEXT, TEXT, TEXT, POINTS, st.lists(CASES, max_size=2).map(tuple), TEXT)
PROBLEMS = st.lists(st.builds(Problem, TEXT, EXPLANATIONS, st.booleans()), max_size=2).map(tuple)
REPORTS = st.builds(
    Report,
    handed=st.builds(Handed, TEXT, TEXT, TEXT, TEXT, PROBLEMS),
    checks=st.lists(CHECKS, max_size=3).map(tuple),
    manual_parts=st.lists(st.builds(ManualPart, TEXT, TEXT, POINTS), max_size=2).map(tuple),
    protections=st.lists(st.builds(Protection, TEXT, st.booleans(), TEXT), max_size=2).map(tuple),
    printed=TEXT,
    printed_in_public=TEXT,
    timing=st.none() | st.builds(Timing, SECONDS, SECONDS, TEXT),
    execution_s=SECONDS,
    fingerprint=st.dictionaries(TEXT, TEXT, max_size=2),
)


@given(REPORTS)
def test_from_dict_reads_what_to_dict_wrote(report):
    read = from_dict(to_dict(report))

    assert to_dict(read) == to_dict(report)
    assert (read.points, read.max_points) == (report.points, report.max_points)
    assert [check.verdict for check in read.checks] == [check.verdict for check in report.checks]


@pytest.mark.parametrize("name", ALL)
def test_from_dict_reads_the_samples(name):
    report = ALL[name]()

    assert to_dict(from_dict(to_dict(report))) == to_dict(report)


def test_from_dict_gives_arrays_and_exact_points():
    report = from_dict(to_dict(failing()))

    evidence = report.checks[1].cases[1].evidence
    assert evidence.rows.dtype == np.float64
    assert evidence.rows.shape == (4, ROW_LENGTH)
    assert report.points == Fraction(11, 2)


def set_in(data, path, value):
    """Put a value at a path such as ``checks.1.cases``; `...` removes what is there."""
    *way, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    for step in way:
        data = data[step]
    if value is ...:
        del data[last]
    else:
        data[last] = value


EVIDENCE_AT = "checks.1.cases.1.evidence"
OVERLAY_AT = "checks.11.cases.0.overlay"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", 2, r"must hold the number 1 at report\.format; got 2\. Grade the submission again\."),
        ("printed", ..., r"an object with the fields handed, checks, .* at report; got \['checks', "),
        ("extra", 1, r"an object with the fields handed, .* at report; got \['checks', .*'extra'"),
        ("printed", 5, r"must hold text at report\.printed; got 5\."),
        ("checks", "all", r"must hold a list at report\.checks; got 'all'\."),
        ("handed", None, r"an object with the fields file_name, .* at report\.handed; got None"),
        ("handed.problems.0.is_fatal", 1, r"must hold true or false at report\.handed\.problems\[0\]\.is_fatal; got 1"),
        ("checks.0.max_points", 4, r"points as text, such as '4' or '5/2' at report\.checks\[0\]\.max_points; got 4"),
        ("checks.0.max_points", "1/0", r"points as text.*got '1/0'"),
        ("checks.0.max_points", "-3", r"points as text.*got '-3'"),
        ("checks.0.cases.0.verdict", "fine", r"one of passed, wrong, .*\.cases\[0\]\.verdict; got 'fine'"),
        ("checks.0.cases.0.verdict", ["passed"], r"one of passed, wrong, .*; got \['passed'\]"),
        ("execution_s", -1, r"seconds from 0 on at report\.execution_s; got -1"),
        ("execution_s", "inf", r"seconds from 0 on at report\.execution_s; got 'inf'"),
        ("execution_s", True, r"must hold a number at report\.execution_s; got True"),
        ("execution_s", 10**400, r"must hold a number at report\.execution_s; got 1000"),
        ("execution_s", float("inf"), r"must hold a number at report\.execution_s; got inf"),
        (f"{EVIDENCE_AT}.rows", {}, r"a list of rows at report\.checks\[1\]\.cases\[1\]\.evidence\.rows; got \{\}"),
        (f"{EVIDENCE_AT}.rows.2", [1, 2], r"a row of 20 numbers at .*evidence\.rows\[2\]; got \[1, 2\]"),
        (f"{EVIDENCE_AT}.rows.2.3", "x", r"must hold a number at .*evidence\.rows\[2\]; got 'x'"),
        (f"{OVERLAY_AT}.picture", "../a.jpg", r"a file without its folder at .*overlay\.picture; got '\.\./a\.jpg'"),
        (f"{OVERLAY_AT}.picture", "..", r"a file without its folder at .*; got '\.\.'"),
        (f"{OVERLAY_AT}.picture", "C:a.jpg", r"a file without its folder at .*; got 'C:a\.jpg'"),
        (f"{OVERLAY_AT}.keypoints", [], r"an object at .*overlay\.keypoints; got \[\]"),
        (f"{OVERLAY_AT}.keypoints", {"a": [1, 2]}, r"an id and its place \[x, y\] at .*keypoints\.a; got \[1, 2\]"),
        (f"{OVERLAY_AT}.keypoints", {"1": [1]}, r"an id and its place \[x, y\] at .*keypoints\.1; got \[1\]"),
        ("fingerprint", "ab", r"an object at report\.fingerprint; got 'ab'"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) and value[:2] not in {"an", "r\\", "mu"} else "",
)
def test_from_dict_refuses_what_is_no_record(path, value, message):
    data = copy.deepcopy(to_dict(failing()))
    set_in(data, path, value)

    with pytest.raises(ValueError, match=message):
        from_dict(data)


def test_from_dict_refuses_what_is_no_object():
    with pytest.raises(ValueError, match=r"must hold an object at report; got \[\]"):
        from_dict([])


def test_numbers_of_rows_are_written_as_short_as_they_are_exact():
    numbers = [-1.0, 0.0, -0.0, 7.0, 0.5, 2.0**53 - 1, 2.0**53, -1e300, np.nan, np.inf, -np.inf]
    written = [-1, 0, 0, 7, 0.5, 2**53 - 1, 2.0**53, -1e300, "nan", "inf", "-inf"]
    rows = np.zeros((2, ROW_LENGTH))
    rows[1, : len(numbers)] = numbers
    case = CaseResult("a", "b", Visibility.PUBLIC, Verdict.WRONG, evidence=Evidence(rows, "merge()", rows[:0], None))
    report = Report(Handed("", "", "", ""), (CheckResult("a", "b", "c", Fraction(1), (case,)),), ())

    evidence = to_dict(report)["checks"][0]["cases"][0]["evidence"]

    assert repr(evidence["rows"]) == repr([[0] * ROW_LENGTH, written + [0] * (ROW_LENGTH - len(written))])
    assert evidence["expected"] == []
