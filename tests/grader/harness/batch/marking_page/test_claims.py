"""Who is at work on which report: for a while, and never a lock."""

from datetime import timedelta

import pytest

from grader.harness.batch.marking_page.claims import LASTS, claim, list_claims, release
from tests.grader.harness.batch.marking_page.classes import NOW, make_book, make_person

pytestmark = pytest.mark.xdist_group("gradebook")
ADA, BOB = make_person(1), make_person(2)


@pytest.fixture
def book(url):
    return make_book(url, [ADA, BOB])


def holders(book, now=NOW):
    return {key: held.by for key, held in list_claims(book, now).items()}


def test_report_is_claimed_by_who_comes_first(book):
    assert claim(book, ADA.key, "Ana", NOW).by == "Ana"
    assert claim(book, ADA.key, "Ben", NOW).by == "Ana"
    assert claim(book, BOB.key, "Ben", NOW).by == "Ben"

    assert holders(book) == {ADA.key: "Ana", BOB.key: "Ben"}


def test_claim_ends_unless_it_is_renewed(book):
    claim(book, ADA.key, "Ana", NOW)
    claim(book, ADA.key, "Ana", NOW + LASTS / 2)

    assert claim(book, ADA.key, "Ben", NOW + LASTS).by == "Ana"
    assert holders(book, NOW + 1.5 * LASTS - timedelta(seconds=1)) == {ADA.key: "Ana"}
    assert holders(book, NOW + 1.5 * LASTS) == {}
    assert claim(book, ADA.key, "Ben", NOW + 1.5 * LASTS).by == "Ben"


def test_claim_can_be_taken_over(book):
    claim(book, ADA.key, "Ana", NOW)

    assert claim(book, ADA.key, "Ben", NOW, take_over=True).by == "Ben"
    assert claim(book, ADA.key, "Ana", NOW).by == "Ben"


def test_claim_is_given_back_by_its_holder_alone(book):
    claim(book, ADA.key, "Ana", NOW)
    release(book, ADA.key, "Ben")
    assert holders(book) == {ADA.key: "Ana"}

    release(book, ADA.key, "Ana")
    assert holders(book) == {}
