"""The marking page: what its server lets through, what it refuses, and a TA's work in a real browser."""

import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from fractions import Fraction
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from grader.harness.batch.database import make_id
from grader.harness.batch.found import Person
from grader.harness.batch.gradebook import sync
from grader.harness.batch.marks import read_marks
from grader.harness.batch.notebooks import write_course
from grader.harness.batch.records import Status
from grader.harness.batch.server import Site, is_open, serve
from grader.harness.errors import GraderError
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch.test_notebooks import RUBRIC, make_item

pytestmark = pytest.mark.xdist_group("formgrader")  # what its module starts is started once
REPOSITORY = Path(__file__).resolve().parents[4]
BOB = Person("N2", "N2", "王小明")
EVE = Person("N3", "N3", "<script>alert(1)</script> Eve")
WAIT_S = 60
SERVE = """
import sys
from pathlib import Path
from grader.harness.batch.server import Site, serve

serve(Site(Path(sys.argv[1], "course"), sys.argv[2], "/formgrader/gradebook/lab3/lab3"), port=0, open_browser=False)
"""


def items():
    return [
        make_item(),
        make_item(BOB, status=Status.UNGRADABLE, reason="The zip holds no merge.py."),
        make_item(EVE, status=Status.NO_MARK, report=None, reason="The sandbox broke."),
    ]


def make_class(out, lines=None):
    out.mkdir(exist_ok=True)
    url = f"sqlite:///{out}/gradebook.db"
    sync(url, "lab3", RUBRIC, lines or [item.line for item in items()])
    write_course(LAB, out / "course", RUBRIC, items(), url)
    return url


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("OUT")
    make_class(folder)
    return folder


@contextmanager
def running(out, serve_it=SERVE, **environment):
    """Start the server as a process, and stop it as Ctrl-C does; gives the process and the address that it prints."""
    command = [sys.executable, "-c", serve_it, out, f"sqlite:///{out}/gradebook.db"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            line = process.stdout.readline()
            found = re.search(r"Mark the reports at (http://127\.0\.0\.1:\d+/login\?token=\S+)", line)
            assert found, line
            yield process, found[1]
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=WAIT_S)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def server(out):
    with running(out) as (_, address):
        yield address


def ask(address, path, method="GET", body=None, *, token=True, **headers):
    """Send one request; return its status and its text."""
    root, token_value = re.match(r"(http://[^/]+)/login\?token=([^&]+)", address).groups()
    if token:
        headers["Authorization"] = f"token {token_value}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(root + path, data, headers, method=method)  # noqa: S310 - our own server
    try:
        with urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def submission(key):
    """Name a submission's page: ids follow from names."""
    return make_id("submitted_notebook", make_id("submitted_assignment", key, make_id("assignment", "lab3")), NOTEBOOK)


NOTEBOOK = make_id("notebook", make_id("assignment", "lab3"), "lab3")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", True),
        ("GET", "/login", True),
        ("POST", "/login", True),
        ("GET", "/static/style/style.min.css", True),
        ("GET", "/formgrader/gradebook/lab3/lab3", True),
        ("GET", "/formgrader/submissions/0a/", True),
        ("GET", "/formgrader/api/grades", True),
        ("PUT", f"/formgrader/api/grade/{'0a' * 16}", True),
        ("PUT", f"/formgrader/api/comment/{'0a' * 16}", True),
        ("POST", f"/formgrader/api/submitted_notebook/{'0a' * 16}/flag", True),
        ("GET", "/formgrader", False),
        ("GET", "/formgrader/", False),
        ("GET", "/formgrader/other", False),
        ("GET", "/api/contents", False),
        ("POST", "/api/kernels", False),
        ("GET", "/api/kernels/0a/channels", False),
        ("POST", "/api/terminals", False),
        ("POST", "/api/sessions", False),
        ("POST", "/api/shutdown", False),
        ("GET", "/files/gradebook.db", False),
        ("GET", "/nbconvert/html/x.ipynb", False),
        ("GET", "/notebooks/course/lab3.ipynb", False),
        ("POST", "/formgrader/api/submission/lab3/N1/autograde", False),
        ("POST", "/formgrader/api/assignment/lab3/assign", False),
        ("PUT", "/formgrader/api/student/N1", False),
        ("PUT", "/formgrader/api/grade/../student/N1", False),
        ("DELETE", "/login", False),
        ("GET", "/%66ormgrader/gradebook", False),
        ("GET", "/login\n", False),
    ],
)
def test_is_open_to_marking_alone(method, path, expected):
    assert is_open(method, path) is expected


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/kernels"),
        ("GET", "/api/kernelspecs"),
        ("POST", "/api/terminals"),
        ("GET", "/api/contents"),
        ("GET", "/files/nbgrader_config.py"),
        ("POST", "/formgrader/api/submission/lab3/N1/autograde"),
        ("GET", "/formgrader/?path=%2Ftmp"),
    ],
    ids=lambda value: value.strip("/").replace("/", "-"),
)
def test_server_answers_nothing_but_marking(server, method, path):
    assert ask(server, path, method, {} if method == "POST" else None)[0] == 403


@pytest.mark.parametrize("path", ["/formgrader/gradebook/lab3/lab3", "/formgrader/api/submitted_notebooks/lab3/lab3"])
def test_server_wants_its_token(server, path):
    status, text = ask(server, path, token=False)

    assert status == 403 or "Token authentication is enabled" in text
    assert "Lovelace" not in text


def test_server_refuses_another_host(server):
    assert ask(server, "/formgrader/gradebook", Host="example.com")[0] == 403


def test_server_lists_the_class(server):
    listed = json.loads(ask(server, "/formgrader/api/submitted_notebooks/lab3/lab3")[1])

    assert {entry["student"]: (entry["code_score"], entry["flagged"]) for entry in listed} == {
        "N1": (1.5, False),
        "N2": (1.5, False),
        "N3": (0, True),
    }
    assert {entry["id"] for entry in listed} == {submission(key) for key in ("N1", "N2", "N3")}


@pytest.mark.parametrize("key", ["N1", "N2", "N3"])
def test_server_shows_each_submission(server, key):
    status, page = ask(server, f"/formgrader/submissions/{submission(key)}/")

    assert status == 200
    assert page.count('class="comment tabbable"') == 5
    assert "<script>alert" not in page
    assert "cdnjs" not in page


def test_server_lets_the_browser_load_nothing_from_elsewhere(server):
    root = re.match("http://[^/]+", server)[0]
    with urllib.request.urlopen(f"{root}/login") as answer:  # noqa: S310 - our own server
        policy = answer.headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'self'; ")
    assert "frame-ancestors 'none'" in policy


def test_server_leaves_no_process_and_no_file(out, tmp_path):
    (tmp_path / "home").mkdir()
    with running(out, TMPDIR=str(tmp_path), HOME=str(tmp_path / "home")) as (process, address):
        (folder,) = tmp_path.glob("marking-*")
        assert folder.stat().st_mode & 0o077 == 0
        assert ask(address, "/formgrader/api/notebooks/lab3")[0] == 200

    assert process.returncode == 0
    assert list(tmp_path.rglob("*")) == [tmp_path / "home"]
    with pytest.raises(urllib.error.URLError):
        ask(address, "/login")


def test_serve_reads_no_settings_of_the_users(out, tmp_path):
    (tmp_path / ".jupyter").mkdir()
    for name in ("jupyter_server_config.py", "jupyter_config.py", "nbgrader_config.py"):
        (tmp_path / ".jupyter" / name).write_text(f"open({str(tmp_path / 'was-read')!r}, 'w').close()")
    template = tmp_path / "nbconvert" / "templates" / "classic" / "index.html.j2"
    template.parent.mkdir(parents=True)
    template.write_text("another look")
    settings = {"HOME": tmp_path, "JUPYTER_PATH": tmp_path, "JUPYTER_CONFIG_DIR": tmp_path / ".jupyter"}
    with running(out, JUPYTER_TOKEN="known", **settings) as (_, address):  # noqa: S106 - that is the test
        assert "Ada Lovelace" in html.unescape(ask(address, f"/formgrader/submissions/{submission('N1')}/")[1])
        assert "token=known" not in address
        assert not (tmp_path / "was-read").exists()


def test_serve_needs_a_class(tmp_path):
    with pytest.raises(
        GraderError, match=r"A class must be graded before .*course/nbgrader_config\.py does not exist\. Run"
    ):
        serve(Site(tmp_path / "course", f"sqlite:///{tmp_path}/gradebook.db", "/"))


def test_serve_needs_a_gradebook(tmp_path):
    make_class(tmp_path)
    (tmp_path / "gradebook.db").unlink()

    with pytest.raises(
        GraderError, match=r"gradebook\.db does not exist\. Run .* the same --gradebook if you give one"
    ):
        serve(Site(tmp_path / "course", f"sqlite:///{tmp_path}/gradebook.db", "/"))


def test_serve_needs_a_gradebook_that_opens(tmp_path):
    make_class(tmp_path)
    (tmp_path / "gradebook.db").write_bytes(b"no database" * 100)

    with pytest.raises(GraderError, match="file is not a database"):
        serve(Site(tmp_path / "course", f"sqlite:///{tmp_path}/gradebook.db", "/"))


@pytest.mark.parametrize("port", [None, -1, 70000], ids=["taken", "negative", "too large"])
def test_serve_needs_a_free_port(out, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = port or taken.getsockname()[1]
        with pytest.raises(GraderError, match=rf"needs a free port; {port} is not to be had: .*Leave --port out"):
            serve(Site(out / "course", f"sqlite:///{out}/gradebook.db", "/"), port=port)


@pytest.mark.slow
def test_ta_marks_a_report_in_the_browser(browser, tmp_path):
    """Open the list, then a submission; give 17.5 points and a comment; see both in the marks, also after a regrade."""
    from selenium.common.exceptions import JavascriptException, StaleElementReferenceException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait

    out = tmp_path / "OUT"
    url = make_class(out)
    # While a page takes the place of another one, what is looked at may be gone.
    wait = WebDriverWait(browser, WAIT_S, ignored_exceptions=[JavascriptException, StaleElementReferenceException])

    def find(selector, count=1):
        def look(window):
            found = window.find_elements(By.CSS_SELECTOR, selector)
            return len(found) >= count and all(element.is_displayed() for element in found) and found

        return wait.until(look)

    with running(out) as (_, address):
        browser.get(address)
        links = {link.get_attribute("href"): link for link in find("td.name a.name-hidden", 3)}
        assert len(links) == 3
        next(link for href, link in links.items() if submission("N1") in href).click()

        wait.until(
            lambda window: (
                submission("N1") in window.current_url
                and window.execute_script("return document.readyState === 'complete'")
            )
        )
        assert "Ada Lovelace" in find("#notebook-container h2")[0].text
        shown = browser.find_element(By.ID, "notebook-container").text
        assert "code: 1.5 of 7 points" in shown
        assert "1 of 2 cases failed. late_join" in shown
        pages = find(".output_png img, .output_jpeg img", 2)
        assert [page.get_property("naturalWidth") for page in pages] == [360, 360]
        # Until the marks have come from the server, what is typed would be lost.
        wait.until(
            lambda window: window.execute_script("return formgrader.grades.loaded && formgrader.comments.loaded")
        )

        find("#algorithm")[0].send_keys("17.5", Keys.TAB)
        find("#algorithm-comment")[0].send_keys("Clear, but <b>why</b>?", Keys.TAB)
        wait.until(lambda _: read_marks(url, "lab3", RUBRIC)["N1"].parts[0].comment)
        find("#challenges")[0].send_keys("25", Keys.TAB)
        wait.until(lambda _: read_marks(url, "lab3", RUBRIC)["N1"].parts[3].points is not None)
        wait.until(lambda window: window.execute_script("return $.active === 0"))
        assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
        assert not foreign_addresses(browser)

    def marks():
        parts = read_marks(url, "lab3", RUBRIC)["N1"].parts
        return [(part.points, part.comment) for part in parts]

    # The formgrader takes no more than a part's points: what is above them is for the box of extra credit.
    given = [(Fraction("17.5"), "Clear, but <b>why</b>?"), (None, ""), (None, ""), (Fraction(20), "")]
    assert marks() == given
    make_class(out, [make_item(report=None).line])
    assert marks() == given


def foreign_addresses(browser):
    """List what the browser asked for elsewhere than on this machine."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return [url for url in sent if not url.startswith(("http://127.0.0.1:", "data:", "chrome:"))]


def test_browser_is_started_without_the_token_in_its_command_line(out, tmp_path):
    """Everybody on the machine can read command lines: a file that its owner alone can read leads to the address."""
    seen = tmp_path / "seen"
    program = tmp_path / "browser"
    program.write_text(
        f'#!/bin/sh\nfile=${{1#file://}}\nstat -c %a "$(dirname "$file")" >{seen}.new\n'
        f'cat "$file" >>{seen}.new\necho "$@" >>{seen}.new\nmv {seen}.new {seen}\n'
    )
    program.chmod(0o700)
    opening = SERVE.replace("open_browser=False", "open_browser=True")
    with running(out, opening, BROWSER=str(program)) as (_, address):
        for _ in range(20 * WAIT_S):
            if seen.exists():
                break
            time.sleep(0.05)
    mode, page, arguments = seen.read_text().splitlines()

    token = re.search("token=([^&]+)", address)[1]
    assert mode == "700"
    assert html.escape(address) in page
    assert arguments.endswith("/open.html")
    assert token not in arguments
