"""A reason in one sentence, by which a reader knows which one it is."""

import pytest

from grader.harness.report.failures import write_reason
from grader.harness.results import Explanation, Verdict
from tests.grader.harness.report.samples import PASSED, make_case

SAID = Explanation("A call must end within 10 s", "got KeyError in line 7", "Loop over rows.")


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Verdict.WRONG, "Loop over rows."),
        (Verdict.CRASHED, "got KeyError in line 7"),
        (Verdict.FORBIDDEN, "got KeyError in line 7"),
        (Verdict.TIMED_OUT, "A call must end within 10 s"),
        (Verdict.OUT_OF_MEMORY, "A call must end within 10 s"),
    ],
)
def test_reason_is_what_its_cause_is_known_by(verdict, reason):
    assert write_reason(make_case(verdict=verdict, explanation=SAID)) == reason


def test_reason_is_empty_where_nothing_is_told():
    assert write_reason(PASSED) == ""
