"""`iou`: cells in both masks among cells in at least one."""

from functools import partial

from grader.harness.check import Check
from grader.labs.maps.compare import right_share
from grader.labs.maps.properties import same_for_other_types


def test_iou_values(check: Check) -> None:
    """Known shares."""
    check.judge_each(partial(right_share, tolerance=check.line.tolerance))


def test_iou_empty(check: Check) -> None:
    """Two empty masks agree, one empty mask does not."""
    check.judge_each(partial(right_share, tolerance=check.line.tolerance))


def test_iou_types(check: Check) -> None:
    """Bytes and other numbers give what booleans give."""
    check.judge_twins(partial(same_for_other_types, tolerance=check.line.tolerance))


def test_iou_any(check: Check) -> None:
    """Any two masks."""
    rule = partial(right_share, tolerance=check.line.tolerance)
    check.judge_each(rule)
    check.show_smallest(rule)
