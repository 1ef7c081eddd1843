"""The report in the terminal: table, explanations, and what is left out of it."""

from fractions import Fraction

import pytest

from grader.harness.characters import width
from grader.harness.marking import Lateness, Marking, PartMark
from grader.harness.report.text import WIDTH, find_overall, render_text, write_overall
from grader.harness.results import Audience, Protection, Verdict
from grader.labs.merge.evidence import MAX_PEOPLE, MAX_ROWS, MergeEvidence
from grader.labs.merge.lab import LAB
from grader.labs.merge.overlays import Overlay
from tests.grader.harness.report.samples import (
    ALL,
    EXPECTED,
    PASSED,
    ROWS,
    because,
    failing,
    fatal,
    faulty,
    hostile,
    make_case,
    make_check,
    make_hidden,
    make_people,
    make_report,
    make_rows,
    one_cause,
    passing,
    unloadable,
)

STUDENT, STAFF = Audience.STUDENT, Audience.STAFF


def line_with(text, words):
    (line,) = [line for line in text.splitlines() if words in line]
    return line


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("name", ALL)
def test_text_fits_its_width_and_is_printable(name, audience):
    text = render_text(LAB, ALL[name](), audience)

    assert all(width(line) <= WIDTH and line == line.rstrip() for line in text.splitlines())
    assert text.replace("\n", "").replace("\u3000", "").isprintable()
    assert text.encode("utf-8")
    assert text.endswith("\n")


def test_text_of_a_full_mark_explains_nothing():
    text = render_text(LAB, passing(), STUDENT)

    assert text.splitlines()[:3] == [
        "N26130891_Lab3.zip   student N26130891",
        "Code: 60 of 60 points",
        "Report: 40 points, marked by hand",
    ]
    assert "==" not in text


def test_text_gives_each_check_points_verdict_and_reason():
    text = render_text(LAB, failing(), STUDENT)

    assert line_with(text, "  The handout's example").split()[:4] == ["3", "/", "6", "wrong"]
    assert "There must be a person with nose 0, neck 1; got one w" in line_with(text, "  The handout's example")
    assert text.count("4 / 42  code") == 1


def test_text_leads_with_the_reason_that_cost_most():
    text = render_text(LAB, one_cause(), STUDENT)
    story = text[text.index("== ") : text.index("\npoints   ")].splitlines()

    assert story[0] == "== One reason in 4 checks: 6 points lost =="
    assert story[2] == "[count_2] wrong. Two rows that a third row joins."
    assert story[-5:] == [
        "It cost:",
        "  4 of 4 points     Rows of one person: 2 of 2 cases failed for it",
        "  0.33 of 1 point   Ids with gaps: 1 of 3 cases failed for it",
        "  0.67 of 1 point   Chains in every order: 1 of 3 cases failed for it, 1 more for another reason",
        "  1 of 1 point      Random people: 1 of 3 cases failed for it, 1 more for another reason",
    ]
    assert text.count("The last column must count the ids") == 1


def test_text_says_of_checks_told_above_only_so():
    text = render_text(LAB, one_cause(), STUDENT)

    assert line_with(text, "  Rows of one person ").endswith("  The same reason as above: 2 of 2 cases.")
    assert line_with(text, "  Random people ").endswith("The same reason as above: 1 of 3 cases; 1 hidden, too.")
    assert [line for line in text.splitlines() if line.startswith("== ")][1:] == [
        "== Chains in every order: 0.33 / 1 points =="
    ]
    section = text[text.index("== Chains") :]
    assert "The same reason as above: 1 of 3 cases.\n\n[other] wrong." in section
    assert "Input" not in section


def test_text_numbers_several_reasons():
    often, rarely = because("Count parts."), because("Join again.")
    cases = [make_case("rare", explanation=rarely), *[make_case("often", explanation=often)] * 2]
    text = render_text(LAB, make_report(*(make_check(*cases, title=key) for key in "ab")), STUDENT)

    assert "== Reason 1 in 2 checks: 6 points lost ==" in text
    assert "== Reason 2 in 2 checks, whose points are counted with the other reasons ==" in text
    assert "  counted elsewhere a: 1 of 3 cases failed for it, 2 more for other reasons" in text
    assert "Reasons 1 and 2 above: 3 of 3 cases." in text


def test_text_tells_of_the_graders_fault_in_several_checks_once():
    fault = faulty().checks[1]
    text = render_text(LAB, make_report(fault, fault, make_check(note="merge.py could not be loaded")), STAFF)

    assert text.count("KeyError(770)") == 1
    assert "== One reason in 2 checks ==" in text
    assert "  no mark yet       Rows that close a cycle: 1 of 1 case failed for it" in text


def test_text_lines_add_up_to_the_total():
    checks = [make_check(PASSED, make_case(), make_case("b"), title=key, points=1) for key in "abc"]
    text = render_text(LAB, make_report(*checks), STUDENT)

    assert [line_with(text, f"wrong          {key} ").split()[0] for key in "abc"] == ["0.34", "0.33", "0.33"]
    assert "    1 / 3   code" in text


def test_text_tells_what_graded_and_what_was_done_for_it():
    lines = render_text(LAB, failing(), STUDENT).splitlines()
    start = lines.index("Graded with Python 3.11.2, NumPy 2.4.1.")

    assert lines[start + 1 : start + 3] == [
        "Done so that your code could run here:",
        "- np.float was answered by float, as NumPy 1 did.",
    ]


def test_text_explains_the_first_failure_of_a_check():
    text = render_text(LAB, failing(), STUDENT)
    section = text.split("== ")[1]

    assert (
        section
        == """The handout's example: 3 / 6 points ==
1 of 2 cases failed.

[ids] wrong. Two rows that a third row joins.
    There must be a person with nose 0, neck 1; got one without nose 0. Merge until nothing changes.
    Input, 4 rows:
      from            id  to              id  score
      neck             1  right_shoulder   4   1.75
      right_shoulder   4  right_elbow      6    2.5
      right_elbow      6  right_wrist      8   2.25
      neck             1  nose             0    1.5
    Call: merge(subset, min_num_body_parts=2)
    To paste into Python, in the folder of the handout:
      import numpy as np
      from estimation.merge import merge
      rows = [  # part, its id, part, its id, score
          (1, 1, 2, 4, 1.75), (2, 4, 3, 6, 2.5), (3, 6, 4, 8, 2.25), (0, 0, 1, 1, 1.5),
      ]
      subset = np.full((len(rows), 20), -1.0)
      subset[:, 19] = 2
      for row, (part, id_, other_part, other_id, score) in zip(subset, rows):
          row[part], row[other_part], row[18] = id_, other_id, score
      merge(subset, min_num_body_parts=2)
    Expected (the only right answer):
      nose 0, neck 1, right_shoulder 4, right_elbow 6, right_wrist 8; score 8; 5 parts
    Got:
      neck 1, right_shoulder 4, right_elbow 6, right_wrist 8; score 6.5; 4 parts
      nose 0, neck 1; score 1.5; 2 parts

"""
    )


def test_text_tells_of_small_inputs_other_answers_and_silence():
    text = render_text(LAB, failing(), STUDENT)

    assert "Input, 2 rows, the smallest that fails:" in text
    assert "Expected (one right answer; others may be right, too):\n      nobody" in text
    assert "Got: no answer that could be read" in text
    assert "      | IndexError: index 20 is out of bounds" in text


def test_text_names_failures_beyond_the_first():
    text = render_text(LAB, failing(), STUDENT)

    assert "9 more cases failed: order_1, order_2, order_3, order_4, order_5, order_6, order_7, order_8, ..." in text


def test_text_explains_the_smallest_published_case_first():
    large, small = (
        make_case(f"{len(rows)}_rows", evidence=MergeEvidence(rows, "", rows, None)) for rows in (ROWS, ROWS[:2])
    )

    text = render_text(LAB, make_report(make_check(*[make_hidden()] * 12, large, small)), STUDENT)

    assert "[2_rows] wrong." in text
    assert "13 more cases failed: 4_rows, hidden case (12 times)" in text


def test_text_cuts_long_inputs_and_answers():
    rows = make_rows(*(("neck", k, "nose", k, 1) for k in range(MAX_ROWS + 5)))
    people = make_people(*(({"neck": k, "nose": k}, 1) for k in range(MAX_PEOPLE + 1)))
    case = make_case(evidence=MergeEvidence(rows, "merge(subset)", people, people))

    text = render_text(LAB, make_report(make_check(case)), STUDENT)

    assert text.count("(and 5 more rows)") == 1
    assert text.count("(and 1 more)") == 2


def test_text_of_a_fatal_problem_is_the_reason_alone():
    text = render_text(LAB, fatal(), STUDENT)

    assert "Code: 0 of 60 points" in text
    assert "Not graded: The zip must hold a file merge.py; found report.docx and 2 more. Put your" in text
    assert "not run" not in text


def test_text_tells_once_what_could_not_be_run():
    text = render_text(LAB, unloadable(), STUDENT)

    assert line_with(text, "not run") == "20 checks worth 60 points not run: merge.py could not be loaded"
    assert "merge.py must be Python; line 3: invalid syntax. Fix that line." in text


def test_text_gives_no_mark_when_the_grader_failed():
    text = render_text(LAB, faulty(), STAFF)

    assert "Code: no mark yet, because the grader itself failed" in text
    assert "    ? / 3   grader fault" in text
    assert "    ? / 6   code" in text
    assert "KeyError(770)" in text


def test_text_keeps_forged_lines_behind_a_gutter():
    text = render_text(LAB, hostile(), STUDENT)

    assert [line for line in text.splitlines() if line.startswith("Code:")] == ["Code: 0 of 3 points"]
    assert "  | Code: 60 of 60 points" in text
    assert "more lines)" in text


def test_text_shows_all_that_was_printed_to_staff_and_the_public_part_to_students():
    report = make_report(make_check(PASSED, make_hidden()), printed="80\n770\n", printed_in_public="80\n")

    assert "  | 80\n  | 770" in render_text(LAB, report, STAFF)
    assert "  | 80" in render_text(LAB, report, STUDENT)
    assert "770" not in render_text(LAB, report, STUDENT)


def test_text_tells_the_time_beside_the_references():
    words = "Time: 0.312 s for 1900 rows, 100 people; the reference took 0.0125 s when the case was recorded."

    assert words in render_text(LAB, passing(), STUDENT)


@pytest.mark.parametrize(
    ("protections", "sentence"),
    [
        pytest.param([Protection("files", True, "Landlock")] * 2, "All 2 protections of the sandbox were on.", id="on"),
        pytest.param(
            [Protection("files", True, ""), Protection("network", False, "no namespaces")],
            "1 of the sandbox's 2 protections were off: network (no namespaces).",
            id="off",
        ),
    ],
)
def test_text_tells_which_protections_were_off(protections, sentence):
    assert sentence in render_text(LAB, make_report(make_check(PASSED), protections=protections), STUDENT)


def test_text_shows_verdicts_in_words():
    text = render_text(LAB, failing(), STUDENT)

    assert all(f"   {verdict}" in text for verdict in Verdict if verdict is not Verdict.GRADER_FAULT)


def test_text_needs_no_picture():
    overlay = Overlay("missing.jpg", {}, EXPECTED, EXPECTED, 1, 1)

    assert "missing" not in render_text(LAB, make_report(make_check(make_case(overlay=overlay))), STAFF)


def make_marking(points, penalty=0):
    parts = [PartMark(f"p{k}", "Part", Fraction(20), value) for k, value in enumerate(points)]
    return Marking(parts, Lateness(60, Fraction(penalty), "late") if penalty else None)


@pytest.mark.parametrize(
    ("report", "points", "total", "words"),
    [
        pytest.param(passing, (18, 5.5), 83.5, "83.5 of 100 points", id="marked"),
        pytest.param(fatal, (18, 5), 23, "23 of 100 points", id="code-ungradable"),
        pytest.param(passing, (18, None), None, "still open, because the report has no mark yet", id="report-open"),
        pytest.param(faulty, (18, 5), None, "still open, because the code has no mark yet", id="code-open"),
        pytest.param(
            faulty, (None, None), None, "still open, because the code and the report have no mark yet", id="both-open"
        ),
    ],
)
def test_overall_adds_up_or_tells_what_it_waits_for(report, points, total, words):
    marking = make_marking([None if value is None else Fraction(value) for value in points])

    assert find_overall(report(), marking) == total
    assert write_overall(report(), marking) == words


@pytest.mark.parametrize(("penalty", "total"), [(10, 70), (90, 0)], ids=["some", "more-than-all"])
def test_overall_takes_off_a_penalty_down_to_nothing(penalty, total):
    marking = make_marking([Fraction(10), Fraction(10)], penalty)

    assert find_overall(passing(), marking) == total
    assert write_overall(passing(), marking) == f"{total} of 100 points"
