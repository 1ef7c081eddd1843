"""Wiring between pytest and the grader: options, the lab, the order of its checks, the report at the end."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from grader.harness.assessment import Assessment, Options
from grader.harness.check import PointsLostError
from grader.harness.errors import STOPPED, GraderError, HostBusy, SubmissionError, UsageError
from grader.harness.lab_files import LOADING, load_lab_files
from grader.harness.languages import ENGLISH, choose_language, speaking
from grader.harness.options import GRADING, STUDENT_HELP, STUDENT_METAVAR
from grader.harness.outputs import Outputs
from grader.harness.report.failures import write_explanation
from grader.harness.report.redaction import visible
from grader.harness.report.text import find_faults, render_text
from grader.harness.results import Audience, Report, Verdict, Visibility
from grader.harness.sandbox.policy import Mode
from grader.harness.sandbox.processes import end_all
from grader.harness.submission import open_submission
from grader.labs import find_lab, other_namings

FOLDER = Path(__file__).resolve().parent
SETTINGS = FOLDER / "pytest.ini"
ASSESSMENT = pytest.StashKey[Assessment]()
OUTPUTS = pytest.StashKey[Outputs]()
REPORT = pytest.StashKey[Report]()
LANGUAGE = pytest.StashKey[str]()

_OF_PLUGINS = (
    ("benchmark", "--benchmark-skip", "store_true"),
    ("xdist", "--numprocesses", "store"),
    ("xdist", "--dist", "store"),
)
"""Options in the settings of the project's own tests: the plugin, the option, and what argparse does with it."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare what can be chosen on the command line."""
    _keep_strangers_out(pluginmanager)
    _let_pass_what_tests_ask_for(parser, pluginmanager)
    group = parser.getgroup("grader", "grading a submission")
    group.addoption("--student", type=Path, metavar=STUDENT_METAVAR, help=STUDENT_HELP)
    for flag, declaration in GRADING:
        group.addoption(flag, **declaration)


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
    here = config.invocation_params.dir
    try:
        results, page = (option and here / option for option in map(config.getoption, ("--results", "--html")))
        config.stash[OUTPUTS] = Outputs(results, page)
        lab = find_lab(config.getoption("--lab"), path.name)
        submission = open_submission(lab, here / path, others=other_namings(lab))
        options = Options(
            Mode(config.getoption("--sandbox")),
            config.getoption("--student-python"),
            is_shrinking=not config.getoption("--no-shrink") and find_spec("grader.harness.shrinking") is not None,
        )
        language = choose_language(config.getoption("--language"), load_lab_files(lab).rubric.language)
        is_for_staff = Audience(config.getoption("--audience")) is Audience.STAFF
        config.stash[LANGUAGE] = ENGLISH if is_for_staff else language
        config.stash[ASSESSMENT] = Assessment(lab, submission, options)
    except (SubmissionError, UsageError) as exc:
        raise pytest.UsageError(str(exc)) from exc
    except GraderError as exc:
        pytest.exit(f"the grader cannot work: {exc}", returncode=pytest.ExitCode.INTERNAL_ERROR)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect the checks of the chosen lab alone."""
    labs = FOLDER / "labs"
    is_other = collection_path.parent == labs and collection_path != config.stash[ASSESSMENT].lab.folder
    return True if is_other else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring the checks into the rubric's order, whatever files they stand in."""
    keys = [line.key for line in config.stash[ASSESSMENT].files.rubric.checks]
    items.sort(key=lambda item: keys.index(_key_of(item)))


@pytest.fixture
def check(pytestconfig: pytest.Config) -> None:
    """Stand for what the test of a check is given; skip the test when there is no code to check."""
    assessment = pytestconfig.stash[ASSESSMENT]
    assessment.judge_published([LOADING])
    loading = assessment.result(LOADING)
    if loading.verdict is Verdict.GRADER_FAULT:
        raise PointsLostError(str(loading.failures[0].explanation))
    if assessment.load() is not None:
        pytest.skip(f"{assessment.lab.program.file} could not be loaded")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Judge a check as it is judged for a class, published cases of all first; fail its test when it lost points."""
    assessment, key = pyfuncitem.config.stash[ASSESSMENT], _key_of(pyfuncitem)
    try:
        assessment.judge_published(map(_key_of, pyfuncitem.session.items))
        assessment.judge(key, Visibility.HIDDEN)
    except HostBusy as exc:
        pytest.exit(f"the grader cannot work: {exc}", returncode=pytest.ExitCode.INTERNAL_ERROR)
    if failures := assessment.result(key).failures:
        audience = Audience(pyfuncitem.config.getoption("--audience"))
        shown = visible(assessment.lab, failures[0], audience).explanation
        with speaking(pyfuncitem.config.stash[LANGUAGE], assessment.lab.folder):
            raise PointsLostError("" if shown is None else write_explanation(shown))
    return True


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the student's processes and write the files that were asked for."""
    config = session.config
    assessment = config.stash.get(ASSESSMENT, None)
    if assessment is None:
        return
    assessment.close()
    if session.exitstatus == pytest.ExitCode.INTERRUPTED:
        end_all()
    # What was stopped halfway is no mark, and no check was left out by choice.
    if session.exitstatus in {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR}:
        return
    report = config.stash[REPORT] = assessment.report()
    try:
        with speaking(config.stash[LANGUAGE], assessment.lab.folder):
            config.stash[OUTPUTS].write(assessment.lab, report, Audience(config.getoption("--audience")))
    except OSError as exc:
        pytest.exit(f"the results cannot be written: {exc}", returncode=pytest.ExitCode.INTERNAL_ERROR)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Print the table."""
    if REPORT not in config.stash:
        if exitstatus == pytest.ExitCode.INTERRUPTED and ASSESSMENT in config.stash:
            terminalreporter.write_line(STOPPED)
        return
    report, audience, lab = config.stash[REPORT], Audience(config.getoption("--audience")), config.stash[ASSESSMENT].lab
    with speaking(config.stash[LANGUAGE], lab.folder):
        terminalreporter.write(render_text(lab, report, audience))
    # The text may be for students; why there is no mark is for whoever stands at the machine.
    for fault in find_faults(report):
        print(fault, file=sys.stderr)


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


def _let_pass_what_tests_ask_for(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Take options of plugins that are not installed for known.

    The settings of the project's own tests name them, and pytest takes these settings when a submission lies beside
    them; `pytest_cmdline_main` then starts again without.
    """
    for plugin, flag, action in _OF_PLUGINS:
        if not pluginmanager.has_plugin(plugin):
            parser.addoption(flag, action=action, help=argparse.SUPPRESS)


def _demand_no_strangers(config: pytest.Config, student: Path) -> None:
    """Refuse to go on where options before ``grader/`` made pytest load a submission's conftest.py first."""
    files = [Path(getattr(plugin, "__file__", None) or FOLDER) for plugin in config.pluginmanager.get_plugins()]
    strangers = [str(file) for file in files if file.name == "conftest.py" and FOLDER not in file.parents]
    if strangers:
        raise pytest.UsageError(
            f"nothing beside a submission must run in the grader; pytest has run {strangers[0]!r}. "
            f"Look at what it does, and write: pytest grader/ --student={student}"
        )
