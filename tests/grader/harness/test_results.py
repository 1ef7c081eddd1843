"""Results: what records compute, and how points and explanations are written."""

from fractions import Fraction

import pytest

from grader.harness.results import (
    CaseResult,
    CheckResult,
    Explanation,
    Handed,
    ManualPart,
    Report,
    Verdict,
    Visibility,
    format_points,
)


def cases_of(*verdicts):
    return tuple(CaseResult(f"case {k}", "Says.", Visibility.PUBLIC, verdict) for k, verdict in enumerate(verdicts))


def check_of(*verdicts, points=3):
    return CheckResult("key", "Part", "Title", Fraction(points), cases_of(*verdicts))


def test_explanation_is_written_as_sentences():
    assert str(Explanation("It must be so", "it is not", "Make it so.")) == "It must be so; it is not. Make it so."


@pytest.mark.parametrize(
    ("verdicts", "points"),
    [
        pytest.param((), 0, id="no cases"),
        pytest.param((Verdict.PASSED, Verdict.PASSED), 3, id="all"),
        pytest.param((Verdict.PASSED, Verdict.WRONG), Fraction(3, 2), id="half"),
        pytest.param((Verdict.WRONG, Verdict.PASSED, *[Verdict.CRASHED] * 5), Fraction(3, 7), id="a seventh, exactly"),
    ],
)
def test_check_is_worth_the_share_of_its_cases(verdicts, points):
    check = check_of(*verdicts)
    assert check.points == points
    assert isinstance(check.points, Fraction)


@pytest.mark.parametrize(
    ("verdicts", "heaviest"),
    [
        ((), Verdict.NOT_RUN),
        ((Verdict.PASSED,), Verdict.PASSED),
        ((Verdict.WRONG, Verdict.PASSED), Verdict.WRONG),
        ((Verdict.TIMED_OUT, Verdict.CRASHED, Verdict.WRONG), Verdict.TIMED_OUT),
        ((Verdict.GRADER_FAULT, Verdict.OUT_OF_MEMORY), Verdict.GRADER_FAULT),
    ],
    ids=str,
)
def test_check_has_the_heaviest_verdict_of_its_cases(verdicts, heaviest):
    assert check_of(*verdicts).verdict is heaviest


def test_check_lists_the_cases_that_cost_points():
    check = check_of(Verdict.PASSED, Verdict.FORBIDDEN, Verdict.WRONG)
    assert [case.name for case in check.failures] == ["case 1", "case 2"]
    assert check.n_passed == 1


@pytest.mark.parametrize(
    ("public", "hidden", "points"),
    [
        ("WP", "PP", 4),
        ("PP", "WP", 2),
        ("PP", "WW", 0),
        ("PW", "", 2),
        ("", "PW", 2),
    ],
    ids=lambda value: str(value) or "none",
)
def test_hidden_cases_make_the_mark_where_there_are_any(public, hidden, points):
    verdicts = {"P": Verdict.PASSED, "W": Verdict.WRONG}
    cases = tuple(
        CaseResult(f"case {number}", "Says.", visibility, verdicts[letter])
        for visibility, letters in ((Visibility.PUBLIC, public), (Visibility.HIDDEN, hidden))
        for number, letter in enumerate(letters)
    )
    check = CheckResult("key", "Part", "Title", Fraction(4), cases)

    assert check.points == points
    assert len(check.failures) == (public + hidden).count("W")


def test_report_adds_up_exactly():
    thirds = [check_of(Verdict.PASSED, Verdict.WRONG, Verdict.WRONG, points=1)] * 3
    report = Report(Handed("a.zip", "", "", ""), thirds, [ManualPart("text", "Text", Fraction(40))])
    assert report.points == 1
    assert report.max_points == 3
    assert Report(Handed("a.zip", "", "", ""), [], []).points == Fraction(0)


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(60), "60"),
        (Fraction(100), "100"),
        (Fraction(5, 2), "2.5"),
        (Fraction(4, 3), "1.33"),
        (Fraction(8, 3), "2.67"),
        (Fraction(1, 10), "0.1"),
        (Fraction(1, 1000), "0"),
    ],
    ids=str,
)
def test_format_points_writes_as_a_person_would(points, text):
    assert format_points(points) == text
