"""The attacks of lab 3's zoo on lab 4: the same verdicts, and nothing that was not the attack's to know.

The default tier takes one of each kind; the slow tier takes all and holds each against lab 3 itself.
"""

import sys
import tomllib

import pytest

from grader.harness.report.html import render_html
from grader.harness.report.text import render_text
from grader.harness.results import Audience, Verdict, Visibility
from grader.labs.maps.lab import LAB
from tests.grader.labs.maps.hostile import ATTACKS_OF_LAB_3, list_attacks, make_attack
from tests.grader.labs.maps.zoo import grade_source
from tests.zoo import BY_CHANCE, grade_here

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox protects on Linux only"),
    pytest.mark.xdist_group("attacks"),  # one port and one file are for all
]

ONE_OF_EACH_KIND = {
    "attack_os_exit": {Verdict.CRASHED},
    "attack_answers_nan": {Verdict.WRONG},
    "attack_answers_generator": {Verdict.WRONG},
    "attack_forged_reply": {Verdict.FORBIDDEN},
    "attack_reads_cases": set(),
    "attack_deletes_files": set(),
    "attack_exception_with_markup": {Verdict.CRASHED},
}

OWN_HARM = {"attack_patches_numpy": {Verdict.CRASHED}}
"""What an attack breaks for itself: the six functions ask more of NumPy than its own merge does."""


def find_verdicts(report):
    return {case.verdict for check in report.checks for case in check.failures}


def demand_nothing_learnt(report):
    """See that no attack says that it worked, and that a student's page holds nothing of a hidden case."""
    assert Verdict.GRADER_FAULT not in find_verdicts(report)
    assert "attack worked" not in report.printed
    page = render_html(LAB, report, Audience.STUDENT)
    told = render_text(LAB, report, Audience.STUDENT) + page
    names = [case.name for check in report.checks for case in check.cases if case.visibility is Visibility.HIDDEN]
    assert not [name for name in names if name.startswith("hidden_") and name in told]
    assert "<script" not in page


@pytest.mark.parametrize(("name", "verdicts"), ONE_OF_EACH_KIND.items(), ids=ONE_OF_EACH_KIND)
def test_attack_of_each_kind_gets_its_verdict(name, verdicts):
    report = grade_source(make_attack(name))

    assert verdicts <= find_verdicts(report)
    demand_nothing_learnt(report)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in list_attacks() if name not in BY_CHANCE])
def test_attack_gets_the_verdicts_of_lab_3(name):
    is_slow = tomllib.loads((ATTACKS_OF_LAB_3 / name / "expect.toml").read_text(encoding="utf-8")).get("slow", False)
    report = grade_source(make_attack(name))

    demand_nothing_learnt(report)
    # Code that runs until it is stopped takes minutes in each lab; its verdict stands in its expectations.
    expected = {Verdict.TIMED_OUT} if is_slow else find_verdicts(grade_here(name)[0])
    # Answers that are wrong in lab 3 alone are replaced by right ones.
    assert find_verdicts(report) - {Verdict.WRONG} - OWN_HARM.get(name, set()) == expected - {Verdict.WRONG}
