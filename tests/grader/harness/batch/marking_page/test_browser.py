"""A TA's work in a real browser: by keys alone, two at once, by a screen reader, and with the server killed."""

import csv
import re
import subprocess
import sys
import zipfile
from fractions import Fraction

import pytest
from nbgrader.api import Gradebook

from grader.harness.batch.marking_page.book import NOTHING
from grader.harness.batch.marks import read_marks
from tests.classroom import HEADER
from tests.grader.harness.batch.marking_page.classes import (
    NAME,
    OTHER,
    PART,
    REPOSITORY,
    RUBRIC,
    WAIT_S,
    make_class,
    make_person,
    running,
    serving,
)
from tests.grader.harness.browsers import find_violations

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("marking page")]
PEOPLE = [make_person(number) for number in range(20)]
KEYS = [person.key for person in PEOPLE]


class Marker:
    """Somebody at a keyboard, who counts what they press."""

    def __init__(self, window, address, name):
        self.window = window
        self.n_keys = 0
        window.get(address)
        self.wait(lambda _: self.text("#next"))
        if self.window.find_elements("css selector", "[name=name]"):
            self.find("[name=name]").send_keys(name)
            self.find("form button").click()
        self.wait(lambda _: f"You are {name}." in self.text(".controls"))

    def find(self, selector):
        return self.window.find_element("css selector", selector)

    def text(self, selector):
        return self.window.execute_script("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def wait(self, look):
        from selenium.common.exceptions import JavascriptException, StaleElementReferenceException
        from selenium.webdriver.support.wait import WebDriverWait

        # While a page takes the place of another one, what is looked at may be gone.
        ignored = [JavascriptException, StaleElementReferenceException]
        return WebDriverWait(self.window, WAIT_S, ignored_exceptions=ignored).until(look)

    def press(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains

        for key in keys:
            self.n_keys += len(key)
            ActionChains(self.window).send_keys(key).perform()

    @property
    def student(self):
        return self.window.execute_script("return document.body.dataset.key ?? ''")

    def wait_for(self, key):
        script = "return document.body.dataset.key === arguments[0] && document.readyState === 'complete'"
        self.wait(lambda window: window.execute_script(script, key))

    def wait_told(self, words):
        self.wait(lambda _: words in self.text("#told"))


def marks(url):
    return read_marks(url, NAME, RUBRIC)


def write_worksheet(path):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for person in PEOPLE:
            who = [f"Participant {person.participant}", person.full_name, person.student_id, person.email]
            rows.writerow([*who, "Submitted for grading", "", "100.00", "Yes", "-", "-", ""])
    return path


def test_reports_are_marked_by_keys_alone_and_reach_everybody(browser, tmp_path):
    """Mark twenty reports with levels, and a comment of the bank; read the marks where they are wanted."""
    from selenium.webdriver.common.keys import Keys

    url = make_class(tmp_path, PEOPLE)
    with serving(tmp_path) as address:
        ta = Marker(browser, address, "Ana")
        ta.press("n")
        ta.wait_for(KEYS[0])
        ta.press("1", "k", "+")
        ta.wait(lambda window: window.execute_script("return document.activeElement.name === 'text'"))
        ta.press("No figure is labelled.", Keys.TAB, "-2", Keys.ENTER)
        ta.wait_told("Saved")
        ta.wait(lambda _: marks(url)[KEYS[0]].part(PART).points == 8)
        ta.press("j", "2", "3", "1")
        ta.wait(lambda _: "1 of 20" in " ".join(ta.text(".progress").split()))
        ta.press("n")
        counted = []
        for key in KEYS[1:]:
            ta.wait_for(key)
            ta.n_keys = 0
            # A level and a comment, three levels, the next one.
            ta.press("1", "k", "c", "1", "j", "2", "3", "1", "n")
            counted.append(ta.n_keys)
        ta.wait(lambda window: "/mark/?done" in window.current_url)
        assert "All reports are marked." in ta.text("main")
        assert "20 of 20 marked" in ta.text(".progress").strip().replace("\n", " ")
        assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert max(counted) <= 12

    given = {key: [part.points for part in sheet.parts] for key, sheet in marks(url).items()}
    assert given == {key: [8, 7, 4, 10] for key in KEYS}
    with Gradebook(url, NAME) as gradebook:
        for submission in gradebook.assignment_submissions(NAME):
            assert (submission.written_score, submission.needs_manual_grade) == (29, False)
    out, worksheet = tmp_path / "out", write_worksheet(tmp_path / "worksheet.csv")
    command = [sys.executable, "-m", "grader", "export", out, "--moodle", worksheet, "--csv", "--feedback-zip"]
    subprocess.run(command, check=True, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    with (out / "export" / "worksheet.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["ID number"]: row["Grade"] for row in csv.DictReader(file)} == dict.fromkeys(KEYS, "88")
    with (out / "export" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["key"]: (row["report"], row["total"]) for row in csv.DictReader(file)} == dict.fromkeys(
            KEYS, ("29", "88")
        )
    with zipfile.ZipFile(out / "export" / "feedback.zip") as archive:
        assert len(archive.namelist()) == 20
        for name in archive.namelist():
            page = archive.read(name).decode()
            assert "No figure is labelled. (\N{MINUS SIGN}2)" in page
            assert "Ana" not in page


def test_two_people_at_once_lose_nothing_and_are_warned(open_browser, tmp_path):
    url = make_class(tmp_path, PEOPLE[:3])
    with serving(tmp_path) as address:
        ana, ben = Marker(open_browser(), address, "Ana"), Marker(open_browser(), address, "Ben")
        ana.press("n")
        ana.wait_for(KEYS[0])
        ben.press("n")
        ben.wait_for(KEYS[1])

        # Ben opens hers all the same: he is told, and marks another part, then hers.
        ben.window.get(re.sub("/login.*", f"/mark/of/{KEYS[0]}", address))
        ben.wait_for(KEYS[0])
        assert "Ana is at work on this report." in ben.text("#held")
        ana.press("1")
        ana.wait_told("Saved")
        ben.press("j", "2")
        ben.wait_told("Saved")
        ben.press("k", "k", "3")
        ben.wait_told("Not saved.")
        alert = ben.text(f"#part-{PART} .alert")
        assert "Ana has marked 'Complete description of the algorithm' since you opened it: 10 of 10." in alert
        sheet = marks(url)[KEYS[0]]
        assert (sheet.part(PART).points, sheet.part(OTHER).points) == (10, 7)

        ben.window.execute_script(f"document.querySelector('#part-{PART} .alert button:last-child').click()")
        ben.wait_told("Saved")
        part = marks(url)[KEYS[0]].part(PART)
        assert (part.points, part.saved.by) == (4, "Ben")


def test_formgrader_and_marking_page_do_not_overwrite_each_other(browser, tmp_path):
    url = make_class(tmp_path, PEOPLE[:1])
    with serving(tmp_path) as address:
        ana = Marker(browser, address, "Ana")
        ana.press("n")
        ana.wait_for(KEYS[0])
        with Gradebook(url, NAME) as gradebook:
            grade = gradebook.find_grade(PART, NAME, NAME, KEYS[0])
            grade.manual_score, grade.needs_manual_grade = 9.5, False
            gradebook.db.commit()
        ana.press("1")
        ana.wait_told("Not saved.")

        assert "Somebody has marked" in ana.text(f"#part-{PART} .alert")
        assert marks(url)[KEYS[0]].part(PART).points == Fraction(19, 2)


def test_mark_above_the_maximum_is_refused_with_a_word(browser, tmp_path):
    from selenium.webdriver.common.keys import Keys

    url = make_class(tmp_path, PEOPLE[:1])
    with serving(tmp_path) as address:
        ana = Marker(browser, address, "Ana")
        ana.press("n")
        ana.wait_for(KEYS[0])
        ana.press("p", "12", Keys.ENTER)
        ana.wait_told("Not saved.")
        assert "Points must be from 0 to 10; 'Complete description" in ana.text(f"#part-{PART} .alert")
        assert ana.find(f"#part-{PART} .points-typed input").get_property("value") == "12"

        # What is not saved keeps the page open, once.
        ana.press("n")
        ana.wait_told("Not saved yet")
        assert ana.student == KEYS[0]
        assert marks(url)[KEYS[0]].part(PART).points is None


def test_nothing_to_mark_is_one_key(browser, tmp_path):
    url = make_class(tmp_path, PEOPLE[:2], n_pages=0)
    with serving(tmp_path) as address:
        ana = Marker(browser, address, "Ana")
        ana.press("n")
        ana.wait_for(KEYS[0])
        ana.press("x")
        ana.wait_told("No points for what was open.")
        assert [(part.points, part.comment) for part in marks(url)[KEYS[0]].parts] == [(0, NOTHING)] * 4


def test_check_is_overruled_by_keys(browser, tmp_path):
    from selenium.webdriver.common.keys import Keys

    url = make_class(tmp_path, PEOPLE[:1])
    with serving(tmp_path) as address:
        ana = Marker(browser, address, "Ana")
        ana.press("n")
        ana.wait_for(KEYS[0])
        ana.press("o", "0.5", Keys.TAB, "Right, but for one line.", Keys.ENTER)
        ana.wait_told("Saved.")
        check = marks(url)[KEYS[0]].check("cycles")
        assert (check.points, check.reason, check.saved.by) == (Fraction(1, 2), "Right, but for one line.", "Ana")


def test_server_killed_while_somebody_marks_loses_nothing(browser, tmp_path):
    url = make_class(tmp_path, PEOPLE[:2])
    with running(tmp_path) as (process, address):
        ana = Marker(browser, address, "Ana")
        ana.press("n")
        ana.wait_for(KEYS[0])
        ana.press("1")
        ana.wait_told("Saved")
        process.kill()
        ana.press("2")
        ana.wait_told("Not saved.")
    assert [part.points for part in marks(url)[KEYS[0]].parts] == [10, None, None, None]
    with serving(tmp_path) as address:
        ana = Marker(browser, address, "Ana")
        ana.press("n")
        ana.wait_for(KEYS[0])


@pytest.mark.parametrize("width", [1280, 800])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screen_readers_find_their_way(open_browser, tmp_path, axe, width, scheme):
    make_class(tmp_path, PEOPLE[:2])
    window = open_browser(width)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    with serving(tmp_path) as address:
        ana = Marker(window, address, "Ana")
        found = {"list": find_violations(window, axe)}
        ana.press("n")
        ana.wait_for(KEYS[0])
        for tab in ("report", "code", "pictures", "source"):
            window.execute_script(f"document.getElementById('tab-{tab}').click()")
            found[tab] = find_violations(window, axe)
        assert window.execute_script("return document.documentElement.scrollWidth") <= width
        ana.press("+")
        found["new comment"] = find_violations(window, axe)
    assert found == {name: [] for name in found}
