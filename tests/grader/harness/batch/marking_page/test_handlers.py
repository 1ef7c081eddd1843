"""The marking page over HTTP: who may ask, what is told, and that strangers' text does nothing."""

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from fractions import Fraction

import pytest

from grader.harness.batch.marking_page.book import Book
from grader.harness.batch.marking_page.requests import read_name, read_points
from grader.harness.batch.marking_page.sheet import MarkRefused
from tests.grader.harness.batch.marking_page.classes import (
    ANA,
    NAME,
    OTHER,
    PART,
    RUBRIC,
    give,
    make_class,
    make_person,
    serving,
)

pytestmark = pytest.mark.xdist_group("marking page")
HOSTILE = "<img src=x onerror=alert(1)> \u202eEve"
PEOPLE = [make_person(1, "Ada Lovelace"), make_person(2, "王小明"), make_person(3, HOSTILE)]
ADA, BOB, EVE = (person.key for person in PEOPLE)


class Marker:
    """A browser without a window: keeps cookies, and sends what the page's script sends."""

    def __init__(self, address, name=""):
        self.root = re.match("http://[^/]+", address)[0]
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.get(address.removeprefix(self.root))
        if name:
            self.send("/mark/name", f"name={name}&back=%2Fmark%2F&_xsrf={self.xsrf}".encode(), method="POST")

    @property
    def xsrf(self):
        return next(cookie.value for cookie in self.jar if cookie.name == "_xsrf")

    def send_to(self, path, data, method):
        """Send one request; return status, headers and where it led."""
        request = urllib.request.Request(self.root + path, data, method=method)  # noqa: S310 - our own server
        with self.opener.open(request) as answer:
            return answer.status, answer.headers, answer.url

    def send(self, path, data=None, method="GET", **headers):
        """Send one request; return status, headers and text."""
        request = urllib.request.Request(self.root + path, data, headers, method=method)  # noqa: S310 - our own server
        try:
            with self.opener.open(request) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def get(self, path):
        status, _, body = self.send(path)
        return status, body.decode("utf-8", "replace")

    def put(self, path, body, **headers):
        status, _, answer = self.send(path, json.dumps(body).encode(), "PUT", **{"X-XSRFToken": self.xsrf, **headers})
        return status, json.loads(answer)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    make_class(folder, PEOPLE)
    return folder


@pytest.fixture(scope="module")
def address(folder):
    with serving(folder) as address:
        yield address


@pytest.fixture
def ana(address):
    return Marker(address, "Ana")


@pytest.fixture
def book(folder):
    return Book(f"sqlite:///{folder}/out/gradebook.db", NAME, RUBRIC)


def request(**changes):
    return {"level": "", "points": "", "comments": [], "text": "", **changes}


@pytest.mark.parametrize(
    ("text", "points"),
    [("", None), (" 7 ", 7), ("7.5", Fraction(15, 2)), ("7,25", Fraction(29, 4)), ("-2", -2), ("\N{MINUS SIGN}2", -2)],
)
def test_points_are_read_as_people_type_them(text, points):
    assert read_points(text) == points


@pytest.mark.parametrize("text", ["x", "1e3", "7.555", "nan", "1 2", "--1", "99999", "٣"])
def test_points_that_are_none_are_refused(text):
    with pytest.raises(MarkRefused) as caught:
        read_points(text)
    assert str(caught.value) == (
        f"Points must be a number with at most two decimals, such as 7 or 7.5; got {text!r}. Nothing was saved."
    )


def test_name_is_one_short_line():
    assert read_name(" Ana\n\x1b[31m 陳 ") == "Ana [31m 陳"
    assert len(read_name("x" * 99)) == 40


def test_list_has_everybody_with_their_names_as_they_are(ana):
    status, page = ana.get("/mark/")

    assert status == 200
    assert "Ada Lovelace" in page
    assert "王小明" in page
    assert "<img src=x" not in page
    assert "<strong>0</strong> of 3 marked" in page


def test_nobody_comes_in_without_the_token(address):
    stranger = urllib.request.build_opener()
    root = re.match("http://[^/]+", address)[0]
    for path in ("/mark/", f"/mark/of/{ADA}", f"/mark/of/{ADA}/file/0", "/mark/next", "/mark/static/page.js"):
        with stranger.open(root + path) as answer:
            assert "/login" in answer.url
            assert b"Lovelace" not in answer.read()
    request = urllib.request.Request(f"{root}/mark/api/of/{ADA}/note", b"{}", method="PUT")  # noqa: S310 - our own
    with pytest.raises(urllib.error.HTTPError, match="403"):
        stranger.open(request)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/mark/other"), ("POST", "/mark/next"), ("PUT", "/mark/of/A"), ("DELETE", "/mark/api/of/A/note")],
)
def test_other_doors_are_closed(ana, method, path):
    assert ana.send(path, b"{}" if method != "GET" else None, method)[0] == 403


def test_save_needs_the_page_that_it_comes_from(ana, book):
    """A page elsewhere that the browser has open knows no token against forged requests."""
    seen = book.read(EVE).part(PART).version
    status, _ = ana.put(
        f"/mark/api/of/{EVE}/part/{PART}", request(level="mostly", seen=seen), **{"X-XSRFToken": "none"}
    )

    assert status == 403
    assert book.read(EVE).n_marked == 0


def test_page_asks_for_a_name_first(address):
    status, page = Marker(address).get(f"/mark/of/{ADA}")

    assert status == 200
    assert "Your name, for the others who mark" in page


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [(f"/mark/of/{ADA}", f"/mark/of/{ADA}"), ("//example.com", "/mark/"), ("https://example.com/mark/", "/mark/")],
)
def test_name_form_leads_back_to_the_marking_page_alone(address, back, leads_to):
    marker = Marker(address)
    form = urllib.parse.urlencode({"name": "Ana", "back": back, "_xsrf": marker.xsrf})
    _, _, url = marker.send_to("/mark/name", form.encode(), "POST")

    assert url == marker.root + leads_to


def test_page_shows_the_submission(ana):
    status, page = ana.get(f"/mark/of/{ADA}")

    assert status == 200
    assert 'alt="Page 2 of the report"' in page
    assert "Every step is told" in page
    assert "return subset  # 合併 &lt;script&gt;" in page
    assert "<script>" not in page.replace('<script src="/mark/static/page.js" defer></script>', "")
    _, headers, _ = ana.send(f"/mark/of/{ADA}")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")


def test_page_has_no_id_twice(ana):
    found = re.findall(r'\sid="([^"]+)"', ana.get(f"/mark/of/{ADA}")[1])

    assert len(found) == len(set(found)) > 20


@pytest.mark.parametrize(("number", "status"), [(1, 200), (2, 200), (3, 404), (0, 404)])
def test_page_of_the_report_is_a_picture(ana, number, status):
    found, headers, body = ana.send(f"/mark/of/{ADA}/page/{number}")

    assert found == status
    if status == 200:
        assert body.startswith((b"\x89PNG", b"\xff\xd8"))
        assert headers["Content-Type"] in {"image/png", "image/jpeg"}


@pytest.mark.parametrize(("what", "begins"), [("0", b"PK"), ("report", b"%PDF")])
def test_file_is_given_to_be_kept_and_not_opened(ana, what, begins):
    status, headers, body = ana.send(f"/mark/of/{ADA}/file/{what}")

    assert (status, body[: len(begins)]) == (200, begins)
    assert headers["Content-Disposition"].startswith("attachment; ")
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("what", "sees"), [("results", True), ("feedback", False)])
def test_results_are_shown_as_staff_and_as_the_student_see_them(ana, what, sees):
    status, headers, body = ana.send(f"/mark/of/{ADA}/{what}.html")

    assert status == 200
    assert (b"for the staff" in body) is sees
    assert headers["Content-Security-Policy"].startswith("sandbox;")


def test_nobody_of_this_key_is_told(ana):
    status, page = ana.get("/mark/of/N0")

    assert status == 422
    assert "A mark must be for somebody who handed in; &#39;N0&#39; did not. Look them up on the list." in page


def test_class_page_leads_to_each_report_and_shows_the_marks_of_now(ana, book):
    seen = book.read(EVE).note.version
    status, page = ana.get("/mark/class/")

    assert status == 200
    for key in (ADA, BOB, EVE):
        assert re.search(
            rf'<a href="/mark/of/{key}" aria-label="Mark the report of {key}">(mark|. of 4 parts|\d+)</a>', page
        )
        assert ana.get(f"/mark/class/results/{key}.json")[0] == 200
    status, headers, _ = ana.send(f"/mark/class/feedback/{ADA}.html")
    assert (status, headers["Content-Security-Policy"][:8]) == (200, "sandbox;")
    status, page = ana.get("/mark/class/pairs/A--B.html")
    assert (status, "pairs/A--B.html must be in OUT to be looked at; it is not." in page) == (422, True)
    for path in ("/mark/class/lines/N1.json", "/mark/class/results/..%2Froll.json", "/mark/class/results/../roll.json"):
        assert ana.send(path)[0] in {403, 404}
    assert book.read(EVE).note.version == seen


def test_mark_is_saved_and_the_piece_that_it_changes_comes_back(ana, book):
    seen = book.read(ADA).part(PART).version
    status, answer = ana.put(f"/mark/api/of/{ADA}/part/{PART}", request(level="mostly", text="Why?", seen=seen))

    assert status == 200
    assert set(answer["pieces"]) == {f"part-{PART}", "sum"}
    assert "<strong>7</strong> / 10" in answer["pieces"][f"part-{PART}"]
    part = book.read(ADA).part(PART)
    assert (part.points, part.comment, part.saved.by) == (7, "Why?", "Ana")


def test_comment_of_a_folded_part_is_cut_to_a_line(ana, book):
    give(book, EVE, RUBRIC.manual[3].key, level="mostly", text="first\nsecond " + "x" * 200)
    _, page = ana.get(f"/mark/of/{EVE}")

    assert re.search(r"Mostly: <bdi>first second x{80,90}\.\.\.</bdi>", page)


def test_mark_of_somebody_else_is_told(ana, book):
    seen = book.read(BOB).part(PART).version
    give(book, BOB, level="mostly", saved=ANA)
    status, answer = ana.put(f"/mark/api/of/{BOB}/part/{PART}", request(level="complete", seen=seen))

    assert status == 409
    assert answer["message"].startswith("Ana has marked 'Complete description of the algorithm' since you opened it: 7")
    assert answer["seen"] == book.read(BOB).part(PART).version


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        (f"part/{PART}", request(points="11", seen=""), 409, "Somebody has marked|Ana has marked"),
        (f"part/{OTHER}", request(points="abc", seen=""), 422, "^Points must be a number .*; got 'abc'. Nothing was"),
        (f"part/{OTHER}", {"points": "1"}, 400, "^A request must be as the page sends it. A file must hold"),
        (f"part/{OTHER}", [1], 400, "^A request must be as the page sends it."),
        ("check/handout", {"points": "1", "reason": "", "seen": ""}, 409, "has changed the check"),
        ("part/poem", request(seen=""), 422, "A part must stand in the rubric; 'poem' does not."),
    ],
    ids=["unseen", "no number", "fields missing", "no record", "check unseen", "no part"],
)
def test_save_that_cannot_be_is_told_in_a_sentence(ana, path, body, status, message):
    found, answer = ana.put(f"/mark/api/of/{EVE}/{path}", body)

    assert found == status
    assert re.search(message, answer["message"])


def test_mark_above_the_maximum_is_refused_and_not_cut(ana, book):
    seen = book.read(EVE).part(OTHER).version
    status, answer = ana.put(f"/mark/api/of/{EVE}/part/{OTHER}", request(points="10.5", seen=seen))

    assert status == 422
    assert answer["message"].startswith(
        "Points must be from 0 to 10; 'The results of the output subset' would have 10.5."
    )
    assert book.read(EVE).part(OTHER).points is None


def test_save_that_is_too_large_is_refused(ana):
    status, answer = ana.put(f"/mark/api/of/{EVE}/note", {"text": "x" * 70_000, "seen": ""})

    assert (status, answer["message"]) == (413, "A request must have at most 64 KiB.")


def test_save_needs_a_name(address, book):
    nobody = Marker(address)
    nobody.get("/mark/")
    status, answer = nobody.put(f"/mark/api/of/{EVE}/note", {"text": "x", "seen": book.read(EVE).note.version})

    assert (status, answer["message"]) == (
        422,
        "Whoever marks must say who they are. Load the page again and give your name.",
    )


def test_check_is_overruled_and_note_kept(ana, book):
    sheet = book.read(EVE)
    status, answer = ana.put(
        f"/mark/api/of/{EVE}/check/cycles",
        {"points": "0.5", "reason": "<b>one line</b>", "seen": sheet.check("cycles").version},
    )
    assert (status, set(answer["pieces"])) == (200, {"check-cycles", "sum"})
    assert "&lt;b&gt;one line&lt;/b&gt;" in answer["pieces"]["check-cycles"]
    status, answer = ana.put(f"/mark/api/of/{EVE}/note", {"text": "Ask.", "seen": sheet.note.version})
    assert (status, set(answer["pieces"])) == (200, {"note", "sum"})

    sheet = book.read(EVE)
    assert (sheet.check("cycles").points, sheet.check("cycles").reason, sheet.note.text) == (
        Fraction(1, 2),
        "<b>one line</b>",
        "Ask.",
    )


def test_bank_is_filled_changed_and_emptied(ana):
    def send(path, text, points, **more):
        return ana.put(path, {"text": text, "points": points, "everybody": None, "is_retired": False, **more})

    status, answer = send(f"/mark/api/bank/{OTHER}", "Which rows?", "-1")
    key = answer["key"]
    assert status == 200
    assert "Which rows?" in ana.get(f"/mark/of/{ADA}")[1]
    assert send(f"/mark/api/bank/{OTHER}/{key}", "Which of the rows?", "-1") == (200, {"key": key})
    assert send(f"/mark/api/bank/{OTHER}/{key}", "", "", is_retired=True) == (200, {"key": ""})
    assert "Which of the rows?" not in ana.get(f"/mark/of/{ADA}")[1]


def test_report_that_somebody_is_at_work_on_is_passed_by_and_told(ana, address):
    ben = Marker(address, "Ben")
    ana.get(f"/mark/of/{BOB}")
    _, page = ben.get(f"/mark/of/{BOB}")
    assert '<strong id="holder">Ana</strong> is at work on this report.' in page
    _, page = ben.get("/mark/")
    assert re.search(rf"{BOB}</a>.*<td>Ana</td></tr>", page)

    path = f"/mark/api/of/{BOB}/claim"
    assert ben.put(path, {"take_over": False, "release": False}) == (200, {"by": "Ana"})
    assert ben.put(path, {"take_over": True, "release": False}) == (200, {"by": "Ben"})
    assert ana.put(path, {"take_over": False, "release": False}) == (200, {"by": "Ben"})
    assert ben.put(path, {"take_over": False, "release": True}) == (200, {"by": ""})
    assert ana.put(path, {"take_over": False, "release": True}) == (200, {"by": ""})


def test_next_leads_to_a_report_that_is_not_marked(ana, book):
    for part in (part.key for part in RUBRIC.manual):
        give(book, ADA, part, level="mostly")
    ana.get("/mark/?order=student")

    _, page = ana.get("/mark/next")
    assert f'data-key="{BOB}"' in page
    _, page = ana.get(f"/mark/next?after={BOB}")
    assert f'data-key="{EVE}"' in page
    assert "<strong>1</strong> of 3" in page


def test_order_is_remembered(ana):
    ana.get("/mark/?order=name")
    _, page = ana.get("/mark/")

    assert '<a href="/mark/?order=name" aria-current="true">name</a>' in page
