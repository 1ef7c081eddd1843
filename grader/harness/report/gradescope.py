"""A report as Gradescope's ``results.json``, and back: one entry a check, everything of our own under ``extra_data``.

What Gradescope shows to a student is ``output``; it is written for the audience that the file is for, and so is the
record under ``extra_data``. Times stand in ``execution_time`` and ``extra_data.timing`` and nowhere else: without
these two fields, the same submission gives the same bytes.
"""

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NoReturn

from grader.harness.characters import make_visible, quote
from grader.harness.codec import report_from_plain, report_to_plain
from grader.harness.lab import Lab
from grader.harness.report.redaction import visible_report
from grader.harness.report.text import (
    WIDTH,
    explain_parts,
    has_fault,
    render_check,
    write_manual,
    write_protections,
    write_total,
)
from grader.harness.results import Audience, CheckResult, Report, Verdict, Visibility

MAX_PRINTED_LINES = 200


def to_gradescope(lab: Lab, report: Report, audience: Audience) -> dict[str, Any]:
    """Write a report in Gradescope's format.

    Parameters
    ----------
    lab : Lab
        Whose submission was graded.
    report : Report
        With everything in it; what `audience` may not see is taken out here.
    audience : Audience
        Who reads the file.

    Returns
    -------
    results : dict
        Without ``score``, and hidden as a whole, when the grader itself failed: that is never a zero.
    """
    report = visible_report(lab, report, audience)
    record = report_to_plain(report)
    timing, execution_s = record.pop("timing"), record.pop("execution_s")
    results = {
        "execution_time": execution_s,
        "extra_data": {"record": record, "timing": timing},
        "output": _output(lab, report),
        "stdout_visibility": "hidden",
        "tests": [_test(lab, check, number) for check, number in zip(report.checks, _numbers(report), strict=True)],
        "visibility": "hidden" if has_fault(report) else "visible",
    }
    return results if has_fault(report) else {"score": _decimal(report.points), **results}


def dump(lab: Lab, report: Report, audience: Audience) -> bytes:
    """Write `to_gradescope` as JSON in UTF-8, keys sorted, ending with a line end."""
    text = json.dumps(to_gradescope(lab, report, audience), ensure_ascii=False, sort_keys=True, allow_nan=False)
    # Half a surrogate pair cannot be written as UTF-8; its backslash form is what JSON knows it by.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def load(lab: Lab, content: bytes) -> Report:
    """Read the report out of a file that `dump` wrote.

    Raises
    ------
    ValueError
        If it is not such a file.
    """
    try:
        results = json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
        extra = results["extra_data"]
        record = {**extra["record"], "timing": extra["timing"], "execution_s": results["execution_time"]}
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise ValueError(
            f"A results file must be JSON as the grader writes it; this one is not: {exc!r:.200}. "
            "Grade the submission again to recreate it."
        ) from exc
    return report_from_plain(lab, record)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _output(lab: Lab, report: Report) -> str:
    lines = [f"Code: {write_total(report)}", write_manual(report), *explain_parts(report)]
    lines += [write_protections(report.protections)]
    if report.printed:
        lines += [f"Printed by {lab.program.file}:", *quote(report.printed, WIDTH, "  | ", max_lines=MAX_PRINTED_LINES)]
    return make_visible("\n".join(line for line in lines if line))


def _numbers(report: Report) -> list[str]:
    """Give numbers to the checks by their part of the rubric: 2.3 is the third check of the second part."""
    parts = list(dict.fromkeys(check.part for check in report.checks))
    seen: dict[str, int] = {}
    numbers = []
    for check in report.checks:
        seen[check.part] = seen.get(check.part, 0) + 1
        numbers.append(f"{parts.index(check.part) + 1}.{seen[check.part]}")
    return numbers


def _test(lab: Lab, check: CheckResult, number: str) -> Mapping[str, Any]:
    is_fault = check.verdict is Verdict.GRADER_FAULT
    return {
        "name": make_visible(check.title),
        "number": number,
        **({} if is_fault else {"score": _decimal(check.points)}),
        "max_score": _decimal(check.max_points),
        "status": "passed" if check.verdict is Verdict.PASSED else "failed",
        "output": _test_output(lab, check),
        "tags": _tags(check),
        "visibility": "hidden" if is_fault else "visible",
    }


def _test_output(lab: Lab, check: CheckResult) -> str:
    if check.failures:
        return make_visible("\n".join(render_check(lab, check)))
    return make_visible(check.note) if check.note else f"All {len(check.cases)} cases passed."


def _tags(check: CheckResult) -> list[str]:
    """Name the check, its verdict, and whether some of its cases are not published."""
    has_hidden = any(case.visibility is Visibility.HIDDEN for case in check.cases)
    return [check.key, check.verdict.value, *(["hidden cases"] if has_hidden else [])]


def _decimal(points: Fraction) -> float:
    return float(round(points, 2))
