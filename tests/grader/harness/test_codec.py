"""Records to plain data and back: nothing lost, nothing accepted that is not exactly a record."""

import copy
import json
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from estimation.config import ROW_LENGTH
from grader.harness.codec import FORMAT, from_plain, report_from_plain, report_to_plain, to_plain
from grader.harness.evidence import ArrayEvidence, ArrayRecord
from grader.harness.results import (
    CaseResult,
    CheckResult,
    Explanation,
    Handed,
    ManualPart,
    Problem,
    Protection,
    Report,
    Timing,
    Verdict,
    Visibility,
)
from grader.labs.merge.evidence import MergeEvidence
from grader.labs.merge.lab import LAB
from grader.labs.merge.overlays import Overlay
from tests.grader.harness.report.samples import ALL, failing, make_case, make_check, make_overlay, make_report

TEXT = st.text(max_size=20)
NUMBERS = st.floats(width=64)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.integers(0, 3).flatmap(lambda n: arrays(np.float64, (n, ROW_LENGTH), elements=NUMBERS))
SECONDS = st.floats(0, 1e6)
POINTS = st.fractions(0, 60, max_denominator=97)
EXPLANATIONS = st.builds(Explanation, TEXT, TEXT, TEXT)
PLACES = st.dictionaries(st.integers(0, 10**9), st.tuples(FINITE, FINITE), max_size=2)
PICTURES = st.from_regex(r"[a-z0-9]{1,9}\.(jpg|png)", fullmatch=True)
EVIDENCE = st.builds(MergeEvidence, ROWS, TEXT, ROWS, st.none() | ROWS, st.booleans(), st.booleans())
OVERLAYS = st.builds(Overlay, PICTURES, PLACES, ROWS, ROWS, FINITE, FINITE)
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


def write(report):
    """Write a report as a file holds it."""
    return json.loads(json.dumps(report_to_plain(report), allow_nan=False))


@settings(max_examples=40)
@given(REPORTS)
def test_report_is_read_as_it_was_written(report):
    read = report_from_plain(LAB, write(report))

    assert write(read) == write(report)
    assert (read.points, read.max_points) == (report.points, report.max_points)
    assert [check.verdict for check in read.checks] == [check.verdict for check in report.checks]


@pytest.mark.slow
@settings(max_examples=1000)
@given(REPORTS)
def test_any_report_is_read_as_it_was_written(report):
    assert write(report_from_plain(LAB, write(report))) == write(report)


@pytest.mark.parametrize("name", ALL)
def test_samples_are_read_as_they_were_written(name):
    report = ALL[name]()

    read = report_from_plain(LAB, write(report))

    assert write(read) == write(report)
    assert same(read, report)


def same(one, other):
    """Tell whether two records hold the same in every field, arrays by their numbers."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    if hasattr(one, "__dataclass_fields__"):
        return type(one) is type(other) and all(same(vars(one)[name], vars(other)[name]) for name in vars(one))
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def test_report_has_the_number_of_its_form_and_all_its_fields():
    data = write(failing())

    assert data["format"] == FORMAT == 3
    assert set(data) == {"format", "patterns", *vars(failing())}
    assert set(data["checks"][1]["cases"][1]) == set(vars(failing().checks[1].cases[1]))


def test_report_gives_arrays_exact_points_and_the_labs_evidence():
    report = report_from_plain(LAB, write(failing()))

    evidence = report.checks[1].cases[1].evidence
    assert isinstance(evidence, MergeEvidence)
    assert evidence.rows.dtype == np.float64
    assert evidence.rows.shape == (4, ROW_LENGTH)
    overlay = report.checks[11].cases[0].overlay
    assert isinstance(overlay, Overlay)
    assert overlay.keypoints[1] == (220.0, 78.0)
    assert report.points == 4


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
REFUSED = [
    ("format", 1, r"must be of format 3; this one is of 1\. Grade the submission again\.$"),
    ("format", ..., r"must be of format 3; this one is of None\. Grade"),
    ("format", "3", r"must be of format 3; this one is of '3'\. Grade"),
    ("handed", ..., r"missing required field `handed`"),
    ("printed", ..., r"it lacks \.printed\.$"),
    ("checks.0.cases.0.traceback", ..., r"it lacks \.checks\[0\]\.cases\[0\]\.traceback\.$"),
    ("fingerprint", ..., r"nothing else; got .* at the top"),
    ("extra", 1, r"nothing else; got 1 at \.extra"),
    ("handed.extra", 1, r"nothing else; got 1 at \.handed\.extra"),
    ("printed", 5, r"Expected `str`, got `int` - at `\$\.printed`"),
    ("checks", "all", r"Expected `array`, got `str` - at `\$\.checks`"),
    ("checks.0.points", "4", r"nothing else; got '4' at \.checks\[0\]\.points"),
    ("handed", None, r"Expected `object`, got `null` - at `\$\.handed`"),
    ("handed.problems.0.is_fatal", 1, r"Expected `bool`, got `int` - at `\$\.handed\.problems\[0\]\.is_fatal`"),
    ("checks.0.max_points", 4, r"points must be text such as '4' or '5/2'; got 4 - at `\$\.checks\[0\]\.max_points`"),
    ("checks.0.max_points", "1/0", r"points must be text .*; got '1/0' - at `\$\.checks\[0\]\.max_points`"),
    ("checks.0.max_points", "-3", r"Points in a results file must be from 0 on; got '-3' for 'loads'"),
    ("checks.0.max_points", "9" * 400, r"points must be text .*; got '9999.{80}"),
    ("checks.0.max_points", "1/" + "9" * 400, r"points must be text .*; got '1/999"),
    ("checks.0.max_points", "4/2", r"nothing else; got '4/2' at \.checks\[0\]\.max_points"),
    ("checks.0.max_points", "1e9", r"points must be text .*; got '1e9'"),
    ("checks.0.cases.0.verdict", "fine", r"Invalid enum value 'fine' - at `\$\.checks\[0\]\.cases\[0\]\.verdict`"),
    ("checks.0.cases.0.verdict", ["passed"], r"verdict`"),
    ("execution_s", "inf", r"Expected `float`, got `str` - at `\$\.execution_s`"),
    ("execution_s", True, r"Expected `float`, got `bool` - at `\$\.execution_s`"),
    ("execution_s", 10**400, r"execution_s"),
    ("execution_s", float("inf"), r"Seconds in a results file must be from 0 on; got (inf|-1\.0)"),
    ("timing.student_s", -0.5, r"Seconds in a results file must be from 0 on; got -0\.5"),
    ("execution_s", -1.0, r"Seconds in a results file must be from 0 on; got (inf|-1\.0)"),
    (f"{EVIDENCE_AT}.rows", {}, r"an array must be lists of numbers, equally long; got \{\} - at `\$\.rows`"),
    (f"{EVIDENCE_AT}.rows.2", [1, 2], r"an array must be lists of numbers, equally long; got .* - at `\$\.rows`"),
    (
        f"{EVIDENCE_AT}.rows.2.3",
        "x",
        r"an array must be of numbers; could not .*: 'x' - at `\$\.rows`.* This is in case 'ids' of check 'handout'\.$",
    ),
    (f"{EVIDENCE_AT}.rows.2.3", None, r"an array must be lists of numbers, .* - at `\$\.rows`"),
    (f"{EVIDENCE_AT}.rows.2.3", 10**400, r"an array must be of numbers; int too large .* - at `\$\.rows`"),
    (f"{EVIDENCE_AT}.rows", [[1, 2]], r"Rows must have 20 numbers each; got shape \(1, 2\)"),
    (f"{EVIDENCE_AT}.rows", 5, r"an array must be lists of numbers, equally long; got 5"),
    (f"{EVIDENCE_AT}.color", "red", r"nothing else; got 'red' at \.color"),
    (f"{EVIDENCE_AT}.call", ..., r"missing required field `call`"),
    (f"{OVERLAY_AT}.picture", "../a.jpg", r"A picture must be named without its folder; got '\.\./a\.jpg'"),
    (f"{OVERLAY_AT}.picture", "..", r"named without its folder; got '\.\.'"),
    (f"{OVERLAY_AT}.picture", "C:a.jpg", r"named without its folder; got 'C:a\.jpg'"),
    (f"{OVERLAY_AT}.picture", "a\\b.jpg", r"named without its folder; got"),
    (f"{OVERLAY_AT}.keypoints", [], r"Expected `object`, got `array` - at `\$\.keypoints`"),
    (f"{OVERLAY_AT}.keypoints", {"a": [1, 2]}, r"Expected `int`, got `str` - at `key` in `\$\.keypoints`"),
    (f"{OVERLAY_AT}.keypoints", {"1": [1]}, r"Expected `array` of length 2, got 1 - at `\$\.keypoints\[\.\.\.\]`"),
    ("fingerprint", "ab", r"Expected `object`, got `str` - at `\$\.fingerprint`"),
]


@pytest.mark.parametrize(
    ("path", "value", "message"), REFUSED, ids=[f"{number}-{path}" for number, (path, *_) in enumerate(REFUSED)]
)
def test_what_is_no_record_is_refused_with_its_place(path, value, message):
    data = copy.deepcopy(write(failing()))
    set_in(data, path, value)

    with pytest.raises(ValueError, match=message) as caught:
        report_from_plain(LAB, data)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("data", [[], None, "report", 2], ids=str)
def test_what_is_no_object_is_refused(data):
    with pytest.raises(
        ValueError, match=r"^A results file must be of format 3; this one is of .*\. Grade the submission ag"
    ):
        report_from_plain(LAB, data)


def test_report_of_a_lab_without_pictures_has_none():
    lab = replace(LAB, evidence=ArrayEvidence())
    report = make_report(make_check(make_case(overlay=make_overlay())))

    with pytest.raises(ValueError, match=r"^A lab without pictures has none over which something is drawn; got \{"):
        report_from_plain(lab, write(report))


def test_evidence_is_read_as_the_labs_own_records():
    lab = replace(LAB, evidence=ArrayEvidence())
    record = ArrayRecord("f(a)", ("a = [1 2]",), "[2 4]", "[2 3]", 2)
    report = make_report(make_check(make_case(evidence=record)))

    assert report_from_plain(lab, write(report)).checks[0].cases[0].evidence == record
    with pytest.raises(ValueError, match=r"an array must be lists of numbers, .*; got '\[2 4\]' - at `\$\.expected`"):
        report_from_plain(LAB, write(report))


def test_numbers_of_arrays_are_written_as_short_as_they_are_exact():
    numbers = [-1.0, 0.0, -0.0, 7.0, 0.5, 2.0**53 - 1, 2.0**53, -1e300, np.nan, np.inf, -np.inf]
    written = [-1, 0, 0, 7, 0.5, 2**53 - 1, 2.0**53, -1e300, "nan", "inf", "-inf"]
    rows = np.zeros((2, ROW_LENGTH))
    rows[1, : len(numbers)] = numbers
    case = CaseResult(
        "a", "b", Visibility.PUBLIC, Verdict.WRONG, evidence=MergeEvidence(rows, "merge()", rows[:0], None)
    )
    report = Report(Handed("", "", "", ""), (CheckResult("a", "b", "c", Fraction(1), (case,)),), ())

    evidence = report_to_plain(report)["checks"][0]["cases"][0]["evidence"]

    assert repr(evidence["rows"]) == repr([[0] * ROW_LENGTH, written + [0] * (ROW_LENGTH - len(written))])
    assert evidence["expected"] == []


# Any record of ours.


@dataclass(frozen=True)
class Note:
    """Has one field of each kind that classes keep in files."""

    file: Path
    points: Fraction
    at: datetime | None = None
    numbers: tuple[int, ...] = ()
    by_name: dict[str, Fraction] | None = None


NOTE = Note(Path("a/b.zip"), Fraction(5, 2), datetime(2026, 1, 9, 23, 59), (1, 2), {"x": Fraction(1, 3)})  # noqa: DTZ001


def test_records_of_a_class_are_read_as_they_were_written():
    data = json.loads(json.dumps(to_plain([NOTE, replace(NOTE, at=None, by_name=None)])))

    assert data[0] == {
        "file": "a/b.zip",
        "points": "5/2",
        "at": "2026-01-09T23:59:00",
        "numbers": [1, 2],
        "by_name": {"x": "1/3"},
    }
    assert from_plain(list[Note], data) == [NOTE, replace(NOTE, at=None, by_name=None)]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("at", "yesterday", r"Invalid RFC3339 encoded datetime - at `\$\.at`"),
        ("numbers", [1, 2.5], r"Expected `int`, got `float` - at `\$\.numbers\[1\]`"),
        ("by_name", {"x": "1/0"}, r"points must be text .*; got '1/0' - at `\$\.by_name\[\.\.\.\]`"),
        ("file", 5, r"\$\.file"),
        ("file", "a//b", r"nothing else; got 'a//b' at \.file"),
    ],
    ids=["time", "fraction", "no number", "no path", "odd path"],
)
def test_record_of_a_class_refuses_other_fields(field, value, message):
    with pytest.raises(ValueError, match=message):
        from_plain(Note, {**to_plain(NOTE), field: value})
