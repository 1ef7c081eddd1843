"""What a student may see of a case, and that nothing of a hidden one is left in any of the three renderings."""

import json

import pytest

from grader.harness.languages import Said, said, speaking, tell
from grader.harness.report.gradescope import dump
from grader.harness.report.html import render_html
from grader.harness.report.redaction import HIDDEN_NAME, keep_general, visible, visible_report
from grader.harness.report.text import render_text
from grader.harness.results import Audience, Explanation, Verdict, Visibility
from grader.labs.merge.lab import LAB
from tests.grader.harness.report.samples import ALL, PASSED, failing, make_case, make_check, make_hidden, make_report

SECRETS = ("770", "771", "secret", "ValueError")


def renderings(report, audience):
    return {
        "text": render_text(LAB, report, audience),
        "json": dump(LAB, report, audience).decode("utf-8"),
        "page": render_html(LAB, report, audience),
    }


@pytest.mark.parametrize("verdict", list(Verdict))
def test_visible_keeps_the_verdict_of_a_hidden_case_and_no_secret(verdict):
    case = visible(LAB, make_hidden(verdict), Audience.STUDENT)

    assert (case.name, case.verdict, case.visibility) == (HIDDEN_NAME, verdict, Visibility.HIDDEN)
    assert not any(secret in repr(case) for secret in SECRETS)


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASSED])
@pytest.mark.parametrize("rendering", ["text", "json", "page"])
def test_renderings_for_students_hold_nothing_of_hidden_cases(rendering, verdict):
    report = make_report(
        make_check(make_hidden(verdict), PASSED, *[make_case()] * 9),
        printed="early words [[770, 771]] secret",
        printed_in_public="early words",
    )

    for_students = renderings(report, Audience.STUDENT)[rendering]
    for_staff = renderings(report, Audience.STAFF)[rendering]

    assert not [secret for secret in SECRETS if secret in for_students]
    assert "770" in for_staff
    assert HIDDEN_NAME in for_students
    assert "early words" in for_students


@pytest.mark.parametrize(
    ("sentence", "is_kept"),
    [
        pytest.param("merge() must return an array of shape (n_people, 20)", True, id="shape"),
        pytest.param("A keypoint must belong to one person only", True, id="rule"),
        pytest.param("Each id that merge() returns must be -1 or an id of the input", True, id="absent"),
        pytest.param("There must be a person with nose 3, neck 5", False, id="people"),
        pytest.param("The score must be 16.5", False, id="score"),
        pytest.param("It must not hold -17", False, id="negative"),
        pytest.param("No word such as 'three' helps", False, id="quotation"),
    ],
)
def test_visible_keeps_only_sentences_that_hold_for_every_input(sentence, is_kept):
    explanation = Explanation(sentence, "got nose 3", sentence)

    shown = visible(LAB, make_hidden(explanation=explanation, overlay=None), Audience.STUDENT).explanation

    assert (shown.required == sentence, shown.advice == sentence) == (is_kept, is_kept)
    assert shown.got == "the answer is wrong"


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        pytest.param(
            "The last column of a person must count the ids that are not -1: 7 for the person with nose 3",
            "The last column of a person must count the ids that are not -1",
            id="colon",
        ),
        pytest.param(
            "A score must not be above the sum of the rows inside the person, 8.5 for the one with nose 3",
            "A score must not be above the sum of the rows inside the person",
            id="comma",
        ),
        pytest.param(
            "The parts of a person must be joined by rows; the person has nose 3",
            "The parts of a person must be joined by rows",
            id="semicolon",
        ),
        pytest.param(
            "In a case like this, 3 must be there", "The answer to a hidden case must be right, too", id="none"
        ),
        pytest.param("There must be nose 3, neck 5", "The answer to a hidden case must be right, too", id="list"),
    ],
)
def test_visible_keeps_the_clauses_that_hold_for_every_input(sentence, kept):
    hidden = make_hidden(explanation=Explanation(sentence, "got nose 3", "Count them again."), overlay=None)

    assert visible(LAB, hidden, Audience.STUDENT).explanation.required == kept


def test_visible_keeps_no_advice_on_what_is_not_named():
    sentence = "People with fewer than 4 parts must be deleted"
    hidden = make_hidden(explanation=Explanation(sentence, "got nose 3", "Delete them last."), overlay=None)

    assert "them" not in visible(LAB, hidden, Audience.STUDENT).explanation.advice


@pytest.mark.parametrize(
    ("verdict", "got"),
    [
        (Verdict.OUT_OF_MEMORY, "it used too much memory"),
        (Verdict.FORBIDDEN, "it tried to in a hidden case"),
        (Verdict.TIMED_OUT, "it took too long"),
    ],
)
def test_visible_says_what_a_hidden_case_met(verdict, got):
    assert visible(LAB, make_hidden(verdict), Audience.STUDENT).explanation.got == got


def test_advice_to_mend_public_cases_is_given_where_one_failed():
    hidden, public = make_hidden(Verdict.CRASHED), make_case()
    report = make_report(make_check(PASSED, hidden), make_check(public, hidden), make_check(hidden))

    seen = [check.failures[-1].explanation.advice for check in visible_report(LAB, report, Audience.STUDENT).checks]

    passing = (
        "The public cases of this check pass: try inputs of the same kind of your own, with other numbers, in another "
        "order, smaller and larger."
    )
    assert seen == [passing, "Fix the public cases that fail, then try inputs of the same kind of your own.", passing]


def test_visible_never_keeps_the_sentences_of_a_crash():
    explanation = Explanation("There is no module named seven seven one", "it raised", "Leave out seven seven one.")

    shown = visible(LAB, make_hidden(Verdict.CRASHED, explanation=explanation), Audience.STUDENT).explanation

    assert "seven" not in str(shown)


def test_visible_sends_nobody_to_drawings_that_are_not_there():
    explanation = Explanation("The skeletons must find enough", "they do not", "Compare the two drawings.")

    shown = visible(LAB, make_hidden(explanation=explanation), Audience.STUDENT).explanation

    assert "drawings" not in str(shown)


def test_visible_shows_public_cases_in_full():
    case = make_case(traceback="line 3")

    assert visible(LAB, case, Audience.STUDENT) is case


def test_visible_shows_staff_everything():
    case = make_hidden()

    assert visible(LAB, case, Audience.STAFF) is case


def test_visible_keeps_the_graders_own_traceback_from_students():
    explanation = Explanation("The grader must work", "it failed: KeyError(770)", "Run the doctor.")
    case = make_case(verdict=Verdict.GRADER_FAULT, explanation=explanation, traceback="grader.py, line 770")

    shown = visible(LAB, case, Audience.STUDENT)

    assert "770" not in repr(shown)
    assert str(shown.explanation).endswith("it costs nothing; the staff will grade again.")


def test_visible_report_shows_what_was_printed_before_hidden_cases():
    report = make_report(make_check(PASSED), printed="hello, you", printed_in_public="hello")

    assert visible_report(LAB, report, Audience.STUDENT).printed == "hello"
    assert visible_report(LAB, report, Audience.STAFF).printed == "hello, you"


def test_visible_report_keeps_hashes_of_the_hidden_cases_from_students():
    assert set(visible_report(LAB, make_report(), Audience.STUDENT).fingerprint) == {"submission"}


@pytest.mark.parametrize("name", ALL)
def test_visible_report_twice_is_once(name):
    once = visible_report(LAB, ALL[name](), Audience.STUDENT)

    assert json.loads(dump(LAB, once, Audience.STUDENT)) == json.loads(dump(LAB, once, Audience.STAFF))


def test_students_see_hidden_cases_in_an_order_that_tells_nothing():
    hidden = [make_hidden(verdict) for verdict in (Verdict.WRONG, Verdict.CRASHED, Verdict.PASSED, Verdict.CRASHED)]
    orders = [hidden, hidden[::-1], [*hidden[2:], *hidden[:2]]]

    seen = [
        visible_report(LAB, make_report(make_check(PASSED, *order)), Audience.STUDENT).checks[0] for order in orders
    ]

    assert [case.verdict for case in seen[0].cases[1:]] == sorted(case.verdict for case in hidden)
    assert seen[0].cases == seen[1].cases == seen[2].cases


def test_students_see_whole_seconds():
    report = make_report(make_check(PASSED), execution_s=12.3456)

    assert visible_report(LAB, report, Audience.STUDENT).execution_s == 12
    assert visible_report(LAB, report, Audience.STAFF).execution_s == 12.3456


def test_part_of_a_sentence_that_is_kept_can_still_be_told():
    demand = said("The last column of a person must count the ids that are not -1")
    sentence = said("{demand}: {number} for the person with {group}", demand=demand, number=7, group="nose 1")

    kept = keep_general(LAB, sentence)

    assert kept == "The last column of a person must count the ids that are not -1"
    assert isinstance(kept, Said)
    with speaking("zh-TW", LAB.folder):
        assert tell(kept) == "每個人的最後一欄必須是不為 -1 的編號的個數"


def test_hidden_case_is_told_in_chinese():
    with speaking("zh-TW", LAB.folder):
        text = render_text(LAB, failing(), Audience.STUDENT)

    assert "未公開案例" in text
    assert "hidden case" not in text


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_what_a_hidden_sentence_was_made_of_is_not_told(language):
    demand = said("The last column of a person must count the ids that are not -1")
    explanation = Explanation(
        said("{demand}: {number} for the person with {group}", demand=demand, number=771, group="secret"),
        said("got {number}", number=770),
        said("Delete people only after all rows are merged."),
    )
    report = make_report(make_check(make_hidden(explanation=explanation, overlay=None)))

    with speaking(language, LAB.folder):
        shown = renderings(report, Audience.STUDENT)
        staff = renderings(report, Audience.STAFF)

    assert all("771" in text for text in staff.values())
    assert all(secret not in text for text in shown.values() for secret in ("770", "771", "secret"))
    assert "每個人的最後一欄必須是" in shown["page"] or language == "en"
