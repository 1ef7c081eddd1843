"""The page in a real browser: whole on a telephone, short when it is opened, and a way through for screen readers."""

from fractions import Fraction

import pytest

from grader.harness.marking import Lateness, Marking, Overruled, PartMark
from grader.harness.report.html import render_html
from grader.harness.results import Audience
from grader.harness.rubric import Level
from grader.labs.merge.lab import LAB
from tests.grader.harness.browsers import find_violations
from tests.grader.harness.report.samples import ALL, MANUAL, failing

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("student's page")]

MARKING = Marking(
    [
        PartMark(
            part.key,
            part.title,
            part.max_points,
            Fraction(7),
            "Clear.\n\nA figure would help.",
            Level("mostly", "Mostly", Fraction(7), "The steps are told."),
        )
        for part in MANUAL
    ],
    Lateness(100_000.0, Fraction(10), "2 days late, 5 points a day"),
    (Overruled("row_order", "Chains in every order", Fraction(4), Fraction(0), Fraction(3), "x" * 300),),
)

CUT_OFF = """
const within = [...document.querySelectorAll("main *, header *, footer *")].filter(
    (one) => one.checkVisibility() && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1);
const texts = [...document.querySelectorAll("svg.figures")].filter((one) => one.checkVisibility()).flatMap((svg) =>
    [...svg.querySelectorAll("text")].filter((text) => {
        const [inner, outer] = [text, svg].map((one) => one.getBoundingClientRect());
        return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.height < 8;
    }));
return [...within, ...texts].map((one) => one.outerHTML.slice(0, 200));
"""

OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def show(browser, tmp_path):
    """Give a function that opens a page so wide."""

    def show_one(page, width, scheme="light"):
        (tmp_path / "page.html").write_bytes(page.encode("utf-8", "backslashreplace"))
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        browser.get((tmp_path / "page.html").as_uri())
        return browser

    return show_one


def open_all(window):
    window.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screen_readers_find_their_way(show, axe, scheme):
    found = {}
    for name, report in ALL.items():
        for audience in Audience:
            for marking in (None, MARKING):
                window = show(render_html(LAB, report(), audience, marking), 1280, scheme)
                case = (name, str(audience), "marked" if marking else "open")
                found[(*case, "closed")] = find_violations(window, axe)
                open_all(window)
                found[(*case, "opened")] = find_violations(window, axe)

    assert found == {case: [] for case in found}


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_cut_off_at_400_pixels(show, name):
    for marking in (None, MARKING):
        window = show(render_html(LAB, ALL[name](), Audience.STAFF, marking), 400)
        assert window.execute_script(CUT_OFF) == []
        open_all(window)
        assert window.execute_script(CUT_OFF) == []
        assert window.execute_script(OVERFLOW) == 0


def test_page_with_many_symptoms_is_short_until_it_is_opened(show):
    window = show(render_html(LAB, failing(), Audience.STUDENT), 1280)
    height = "return document.documentElement.scrollHeight"
    closed = window.execute_script(height)
    open_all(window)

    assert closed < 4500
    assert window.execute_script(height) > 2 * closed


def test_paper_shows_the_reasons_that_are_folded(show):
    window = show(render_html(LAB, failing(), Audience.STUDENT), 1280)
    window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = window.execute_script(
        "return [...document.querySelectorAll('.why, .checks, .evidence')].filter((one) => one.checkVisibility({"
        "contentVisibilityAuto: true})).map((one) => one.className)"
    )

    assert shown.count("why") == 14
    assert shown.count("checks") == 1
    assert shown.count("evidence") == 4
    assert "evidence unprinted" not in shown
