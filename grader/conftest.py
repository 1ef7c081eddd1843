"""Wiring between pytest and the grader: options, fixtures, the order of the checks, the report at the end."""

from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

import pytest

from grader.errors import GraderError, SubmissionError
from grader.grading import REPORT, Grading, Options
from grader.judging import Check, PointsLostError
from grader.report.gradescope import dump
from grader.report.html import render_html
from grader.report.text import render_text
from grader.results import Audience
from grader.sandbox.policy import Mode
from grader.submission import open_submission

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "images"
TEMPLATE = ROOT / "student_template" / "merge.py"
GRADING = pytest.StashKey[Grading]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what can be chosen on the command line."""
    group = parser.getgroup("grader", "grading a submission")
    group.addoption("--student", type=Path, metavar="ZIP", help="the submission: a zip, or a merge.py alone")
    group.addoption("--results", type=Path, metavar="FILE.json", help="write the results in Gradescope's format")
    group.addoption("--html", type=Path, metavar="FILE.html", help="write the results as one page")
    group.addoption("--audience", choices=list(Audience), default=Audience.STUDENT, help="who reads: student or staff")
    group.addoption("--sandbox", choices=list(Mode), default=Mode.AUTO, help="strict: all protections or none graded")
    group.addoption("--student-python", type=Path, metavar="PATH", help="interpreter that runs the student's code")
    group.addoption(
        "--no-shrink", action="store_true", help="show failing inputs as they were recorded; students' copies always do"
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the submission before anything is collected."""
    config = session.config
    path = config.getoption("--student")
    if path is None:
        raise pytest.UsageError("say which submission to grade: pytest grader/ --student StudentID_Lab3.zip")
    try:
        submission = open_submission(config.invocation_params.dir / path, template=TEMPLATE.read_bytes())
        options = Options(
            Mode(config.getoption("--sandbox")),
            config.getoption("--student-python"),
            is_shrinking=not config.getoption("--no-shrink") and find_spec("grader.shrinking") is not None,
        )
        config.stash[GRADING] = Grading(submission, options)
    except SubmissionError as exc:
        raise pytest.UsageError(str(exc)) from exc
    except GraderError as exc:
        pytest.exit(f"the grader cannot work: {exc}", returncode=pytest.ExitCode.INTERNAL_ERROR)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring the checks into the rubric's order, whatever files they stand in."""
    keys = [line.key for line in config.stash[GRADING].rubric.checks]
    items.sort(key=lambda item: keys.index(key) if (key := _key_of(item)) in keys else len(keys))


@pytest.fixture(scope="session")
def grading(pytestconfig: pytest.Config) -> Grading:
    """Give the submission at work."""
    return pytestconfig.stash[GRADING]


@pytest.fixture
def check(request: pytest.FixtureRequest, grading: Grading) -> Check:
    """Give the check that the test is named after, or skip the test when there is no merge to check."""
    if grading.load() is not None:
        pytest.skip("merge.py could not be loaded")
    return grading.check(_key_of(request.node))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Keep each check's result; fail its test when it lost points."""
    grading = pyfuncitem.config.stash[GRADING]
    key = _key_of(pyfuncitem)
    try:
        returned = yield
        check = pyfuncitem.funcargs.get("check")
        result = check.finish() if isinstance(check, Check) else grading.judge_loading()
    except Exception as exc:
        grading.keep_fault(key, exc)
        raise
    grading.keep(result)
    if result.failures:
        raise PointsLostError(str(result.failures[0].explanation))
    return returned


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the student's processes and write the files that were asked for."""
    config = session.config
    grading = config.stash.get(GRADING, None)
    if grading is None:
        return
    grading.close()
    report = config.stash[REPORT] = grading.report()
    audience = Audience(config.getoption("--audience"))
    results, page = config.getoption("--results"), config.getoption("--html")
    if results is not None:
        (config.invocation_params.dir / results).write_bytes(dump(report, audience))
    if page is not None:
        (config.invocation_params.dir / page).write_text(render_html(report, audience, IMAGES), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    if REPORT in config.stash:
        terminalreporter.write(render_text(config.stash[REPORT], Audience(config.getoption("--audience"))))


def _key_of(item: pytest.Item) -> str:
    return item.name.removeprefix("test_")
