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
from grader.harness.languages import counted, tell
from grader.harness.report.causes import Line
from grader.harness.report.digest import Digest, make_digest
from grader.harness.report.failures import WIDTH, render_line, render_stories, write_explanation
from grader.harness.report.text import (
    explain_parts,
    explain_run,
    tell_printed,
    write_code,
    write_manual,
    write_printed,
    write_protections,
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
    digest = make_digest(lab, report, audience)
    report = digest.report
    record = report_to_plain(report)
    timing, execution_s = record.pop("timing"), record.pop("execution_s")
    results = {
        "execution_time": execution_s,
        "extra_data": {"record": record, "timing": timing},
        "output": _output(lab, digest),
        "stdout_visibility": "hidden",
        "tests": [
            _test(lab, digest, line, number) for line, number in zip(digest.lines, _numbers(report), strict=True)
        ],
        "visibility": "hidden" if digest.has_fault else "visible",
    }
    return results if digest.has_fault else {"score": _decimal(report.points), **results}


def dump(lab: Lab, report: Report, audience: Audience) -> bytes:
    """Write `to_gradescope` as JSON in UTF-8, keys sorted, ending with a line end."""
    results = to_gradescope(lab, report, audience)
    text = json.dumps(results, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"))
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


def _output(lab: Lab, digest: Digest) -> str:
    report = digest.report
    lines = [write_code(report), write_manual(report), *explain_parts(report), *explain_run(report)]
    lines = [line for line in [*lines, write_protections(report.protections)] if line]
    lines += render_stories(lab, digest)
    if report.printed:
        printed = quote(tell_printed(report), WIDTH, "  | ", max_lines=MAX_PRINTED_LINES)
        lines += ["", write_printed(lab), *printed]
    return make_visible("\n".join(lines))


def _numbers(report: Report) -> list[str]:
    """Give numbers to the checks by their part of the rubric: 2.3 is the third check of the second part."""
    parts = list(dict.fromkeys(check.part for check in report.checks))
    seen: dict[str, int] = {}
    numbers = []
    for check in report.checks:
        seen[check.part] = seen.get(check.part, 0) + 1
        numbers.append(f"{parts.index(check.part) + 1}.{seen[check.part]}")
    return numbers


def _test(lab: Lab, digest: Digest, line: Line, number: str) -> Mapping[str, Any]:
    check = line.check
    return {
        "name": make_visible(tell(check.title)),
        "number": number,
        **({} if line.points is None else {"score": _decimal(line.points)}),
        "max_score": _decimal(check.max_points),
        "status": "passed" if check.verdict is Verdict.PASSED else "failed",
        "output": _test_output(lab, digest, line),
        "tags": _tags(check),
        "visibility": "hidden" if line.points is None else "visible",
    }


def _test_output(lab: Lab, digest: Digest, line: Line) -> str:
    """Explain what lost points; of a reason that is told at the top of the page the sentence alone."""
    check = line.check
    if not check.failures:
        passed = counted("Its one case passed.", "All {n} cases passed.", len(check.cases))
        return make_visible(tell(check.note)) if check.note else tell(passed)
    told = [digest.stories[number - 1].example.explanation for number in line.reasons]
    return make_visible(
        "\n".join([*render_line(lab, digest, line), *(write_explanation(one) for one in told if one is not None)])
    )


def _tags(check: CheckResult) -> list[str]:
    """Name the check, its verdict, and whether some of its cases are not published."""
    has_hidden = any(case.visibility is Visibility.HIDDEN for case in check.cases)
    return [check.key, check.verdict.value, *(["hidden cases"] if has_hidden else [])]


def _decimal(points: Fraction) -> float:
    return float(round(points, 2))
