"""Wiring between pytest and the grader: options, fixtures, the order of the checks, the report at the end."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from grader.grade import REPORT
from grader.harness.assessment import Grading, Options
from grader.harness.check import Check, PointsLostError
from grader.harness.errors import GraderError, SubmissionError
from grader.harness.lab_files import IMAGES, TEMPLATE
from grader.harness.report.gradescope import dump
from grader.harness.report.html import render_html
from grader.harness.report.redaction import visible
from grader.harness.report.text import render_text
from grader.harness.results import Audience, Report, Verdict
from grader.harness.sandbox.policy import Mode
from grader.harness.submission import open_submission

FOLDER = Path(__file__).resolve().parent
SETTINGS = FOLDER / "pytest.ini"
AUDIENCES, MODES = [audience.value for audience in Audience], [mode.value for mode in Mode]
GRADING = pytest.StashKey[Grading]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare what can be chosen on the command line."""
    _keep_strangers_out(pluginmanager)
    group = parser.getgroup("grader", "grading a submission")
    group.addoption("--student", type=Path, metavar="ZIP", help="the submission: a zip, or a merge.py alone")
    group.addoption("--results", type=Path, metavar="FILE.json", help="write the results in Gradescope's format")
    group.addoption("--html", type=Path, metavar="FILE.html", help="write the results as one page")
    group.addoption(
        "--audience",
        choices=AUDIENCES,
        default=Audience.STUDENT,
        help="who reads: student or staff",
    )
    group.addoption(
        "--sandbox",
        choices=MODES,
        default=Mode.AUTO,
        help="strict: all protections or none graded",
    )
    group.addoption("--student-python", type=Path, metavar="PATH", help="interpreter that runs the student's code")
    group.addoption(
        "--no-shrink", action="store_true", help="show failing inputs as they were recorded; students' copies always do"
    )


def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    """Start again with the grader's settings where pytest took others: it looks for them beside the submission, too."""
    if config.inipath == SETTINGS or config.option.inifilename is not None:
        return None
    return pytest.main(["-c", str(SETTINGS), *config.invocation_params.args])


def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the submission before anything is collected."""
    config = session.config
    path = config.getoption("--student")
    if path is None:
        raise pytest.UsageError("say which submission to grade: pytest grader/ --student StudentID_Lab3.zip")
    _demand_no_strangers(config, path)
    for option in ("--results", "--html"):
        _demand_writable(config, option)
    try:
        submission = open_submission(config.invocation_params.dir / path, template=TEMPLATE.read_bytes())
        options = Options(
            Mode(config.getoption("--sandbox")),
            config.getoption("--student-python"),
            is_shrinking=not config.getoption("--no-shrink") and find_spec("grader.harness.shrinking") is not None,
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


@pytest.fixture
def check(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Check:
    """Give the check that the test is named after, or skip the test when there is no merge to check."""
    check = pytestconfig.stash[GRADING].prepare(_key_of(request.node))
    if check is None:
        pytest.skip("merge.py could not be loaded")
    return check


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Run the test of a check as the grader runs it for a class; fail it when it lost points."""
    check, grading = pyfuncitem.funcargs.get("check"), pyfuncitem.config.stash[GRADING]
    result = grading.judge(_key_of(pyfuncitem), pyfuncitem.obj, check if isinstance(check, Check) else None)
    if result.failures:
        audience = Audience(pyfuncitem.config.getoption("--audience"))
        raise PointsLostError(str(visible(result.failures[0], audience).explanation))
    return True


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the student's processes and write the files that were asked for."""
    config = session.config
    grading = config.stash.get(GRADING, None)
    if grading is None:
        return
    grading.close()
    # What was stopped halfway is no mark, and no check was left out by choice.
    if session.exitstatus in {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR}:
        return
    report = config.stash[REPORT] = grading.report()
    try:
        _write_files(config, report)
    except OSError as exc:
        pytest.exit(f"the results cannot be written: {exc}", returncode=pytest.ExitCode.INTERNAL_ERROR)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    if REPORT not in config.stash:
        return
    report = config.stash[REPORT]
    terminalreporter.write(render_text(report, Audience(config.getoption("--audience"))))
    # The text may be for students; why there is no mark is for whoever stands at the machine.
    for check in report.checks:
        if check.verdict is Verdict.GRADER_FAULT:
            print(f"Check {check.key!r} could not be judged. {check.failures[0].explanation}", file=sys.stderr)


def _key_of(item: pytest.Item) -> str:
    return item.name.removeprefix("test_")


def _keep_strangers_out(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let no conftest.py that lies near a submission run in the grader.

    Until the options are known pytest takes the file in ``--student FILE`` for one with tests, and would load the
    conftest.py beside it. It does not where one of that name is there already.
    """
    for word in sys.argv[1:]:
        path = Path.cwd() / word
        for name in (str(folder / "conftest.py") for folder in (path, *path.parents)):
            if FOLDER not in Path(name).parents and not pluginmanager.has_plugin(name):
                pluginmanager.register(object(), name)


def _demand_no_strangers(config: pytest.Config, student: Path) -> None:
    """Refuse to go on where options before ``grader/`` made pytest load a submission's conftest.py first."""
    files = [Path(getattr(plugin, "__file__", None) or FOLDER) for plugin in config.pluginmanager.get_plugins()]
    strangers = [str(file) for file in files if file.name == "conftest.py" and FOLDER not in file.parents]
    if strangers:
        raise pytest.UsageError(
            f"nothing beside a submission must run in the grader; pytest has run {strangers[0]!r}. "
            f"Look at what it does, and write: pytest grader/ --student={student}"
        )


def _demand_writable(config: pytest.Config, option: str) -> None:
    path = config.getoption(option)
    if path is None:
        return
    full = config.invocation_params.dir / path
    if full.is_dir() or not full.parent.is_dir():
        raise pytest.UsageError(f"{option} must name a file in a folder that is there; got {str(path)!r}.")


def _write_files(config: pytest.Config, report: Report) -> None:
    audience, folder = Audience(config.getoption("--audience")), config.invocation_params.dir
    results, page = config.getoption("--results"), config.getoption("--html")
    if results is not None:
        (folder / results).write_bytes(dump(report, audience))
    if page is not None:
        (folder / page).write_text(render_html(report, audience, IMAGES), encoding="utf-8")
