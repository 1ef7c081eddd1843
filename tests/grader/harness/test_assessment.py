"""One submission on its way through the checks: what is run, and what is told to whom."""

import json
import re
import subprocess
import sys
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from grader.__main__ import main
from grader.harness import assessment
from grader.harness.assessment import Assessment, Options, grade_submission
from grader.harness.check import Check
from grader.harness.errors import HostBusy
from grader.harness.lab import REPOSITORY
from grader.harness.lab_files import AGAIN, LOADING, load_lab_files
from grader.harness.report.gradescope import dump, load
from grader.harness.results import Audience, Explanation, Verdict, Visibility
from grader.harness.submission import open_submission_bytes
from grader.labs.merge.lab import LAB
from tests.grader.harness.sessions import CRASHED, STOPPED, SYNTAX, FakeSession, Sessions

GRADER = REPOSITORY / "grader"
RIGHT = REPOSITORY / "tests" / "submissions" / "pass_union_find" / "merge.py"
EMPTY = "def merge(subset, min_num_body_parts=4, min_score=0.4):\n    return []\n"
FILES = load_lab_files(LAB)
SUBMISSION = open_submission_bytes(LAB, "merge.py", EMPTY.encode())


def load_few(*keys):
    """Make what loads the lab's files with these checks alone."""
    lines = [line for line in FILES.rubric.checks if line.key in keys]
    cases = [case for case in FILES.cases if case.check in keys]
    few = replace(FILES, rubric=replace(FILES.rubric, checks=lines), cases=cases)
    return lambda _: few


@pytest.fixture
def play(monkeypatch):
    """Give a function that makes the grading of a merge that is played in this process."""
    made = []

    def make(merge=lambda *_, **__: [], *, is_shrinking=False, load_failure=None):
        def open_session(program, source, *, mode, python, seed, budget, files):
            return FakeSession(merge, seed, budget, load_failure=load_failure)

        monkeypatch.setattr(assessment, "open_session", open_session)
        made.append(Assessment(LAB, SUBMISSION, Options(is_shrinking=is_shrinking)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def result_of(grading, key):
    return next(check for check in grading.report().checks if check.key == key)


def judge(grading, *keys):
    for visibility in Visibility:
        for key in keys:
            grading.judge(key, visibility)


def test_report_has_all_checks_in_the_rubrics_order(play):
    grading = play()
    judge(grading, "nobody", "cycles")

    report = grading.report()

    assert [check.key for check in report.checks] == [line.key for line in FILES.rubric.checks]
    assert {check.note for check in report.checks if not check.cases} == {"this check was not chosen"}
    assert {check.key for check in report.checks if check.cases} == {"cycles", "nobody"}
    assert report.points == 1  # nobody is right where nobody is
    assert [part.max_points for part in report.manual_parts] == [10, 10, 10, 10]


def test_check_has_its_published_cases_before_its_hidden_ones(play):
    grading = play()
    judge(grading, "cycles")

    kinds = [case.visibility for case in grading.result("cycles").cases]
    assert kinds == sorted(kinds, key=list(Visibility).index)
    assert set(kinds) == set(Visibility)


def test_submission_is_loaded_once(play):
    asked = []
    grading = play()
    grading._published.load = lambda: asked.append(1)

    assert (grading.load(), grading.load()) == (None, None)
    assert asked == [1]


def test_failure_to_load_is_told_and_leaves_the_rest_not_run(play):
    grading = play(load_failure=SYNTAX)

    judge(grading, "loads", "cycles")

    report = grading.report()
    (case,) = report.checks[0].cases
    assert (case.verdict, case.explanation) == (Verdict.CRASHED, SYNTAX.explanation)
    assert {check.note for check in report.checks[1:]} == {"merge.py could not be loaded"}
    assert report.points == 0


def test_loading_that_succeeds_is_a_case_passed(play):
    grading = play()
    judge(grading, "loads")

    result = grading.result("loads")
    assert (result.key, result.verdict, [case.name for case in result.cases]) == ("loads", Verdict.PASSED, ["merge.py"])


def test_grader_that_cannot_load_fails_once(play):
    def refuse():
        raise OSError("no processes left")

    grading = play()
    grading._published.load = refuse

    with pytest.raises(OSError, match="no processes left"):
        grading.load()
    failure = grading.load()

    assert failure.verdict is Verdict.NOT_RUN
    assert str(failure.explanation) == (
        "merge.py must be loaded first; the grader failed to. Run `python -m grader doctor`."
    )


def test_fault_is_told_with_its_error(play, monkeypatch):
    break_test(monkeypatch, "gaps", KeyError("slot"))
    grading = play()

    grading.judge("gaps", Visibility.HIDDEN)

    (case,) = result_of(grading, "gaps").cases
    assert case.verdict is Verdict.GRADER_FAULT
    assert str(case.explanation) == (
        "The grader must be able to judge every submission; it failed itself in this check: KeyError('slot'). This is "
        "not the student's fault, and there is no mark until it is fixed: run `python -m grader doctor`."
    )
    assert case.traceback.endswith("in fail\n    raise error\nKeyError: 'slot'\n")


def test_fault_in_one_half_of_a_check_is_one_in_all(play, monkeypatch):
    def fail_once(check):
        if check.cases[0].visibility is Visibility.PUBLIC:
            raise KeyError("slot")
        check.judge_each(lambda *_: None)

    monkeypatch.setattr(
        assessment, "load_lab_files", lambda _: replace(FILES, tests={**FILES.tests, "gaps": fail_once})
    )
    grading = play()

    judge(grading, "gaps")

    assert grading.result("gaps").verdict is Verdict.GRADER_FAULT


# Published cases, then hidden ones.


def test_processes_of_published_cases_end_before_a_hidden_one_is_asked(sessions):
    alive = []

    def note(rows, *_, **__):
        alive.append([session.is_alive for session in sessions.opened])
        return []

    sessions.merge_by = note
    grade_submission(LAB, SUBMISSION, Options(is_shrinking=False))

    n_published = sum(case.visibility is Visibility.PUBLIC for case in FILES.cases)
    asked = [len(session.asked) for session in sessions.opened]
    assert len(sessions.opened) == 4  # twice the published cases, twice the hidden ones
    assert asked[0] == n_published
    assert all(states[:2] == [False, False] for states in alive[sum(asked[:2]) :])


def test_published_cases_are_all_played_whatever_is_chosen(play):
    grading = play()

    grading.judge("gaps", Visibility.HIDDEN)

    n_published = sum(case.visibility is Visibility.PUBLIC for case in FILES.cases)
    assert len(grading._published._answers) == n_published


def test_hidden_cases_of_checks_that_were_stopped_come_last(sessions):
    stopped = next(case for case in FILES.cases if case.check == "row_order")
    sessions.merge_by = lambda rows, *_, **__: STOPPED if len(rows) == len(stopped.rows) else []

    grading = Assessment(LAB, SUBMISSION, Options(is_shrinking=False))
    judge(grading, "gaps")
    grading.close()

    order = [case.check for case in grading._hidden._waiting]
    assert "row_order" in grading._published.stopped
    assert order.index("row_order") > max(order.index(key) for key in order if key not in grading._published.stopped)


def test_only_failures_of_published_cases_are_shrunk(play, monkeypatch):
    asked = []
    monkeypatch.setattr("grader.harness.shrinking.smallest_wrong", lambda *arguments: asked.append(arguments) or [])
    grading = play(is_shrinking=True)

    judge(grading, "any_people")

    assert len(asked) == 1


def test_students_read_what_was_printed_before_hidden_cases(play):
    grading = play()
    judge(grading, "gaps")

    report = grading.report()

    n_published = sum(case.visibility is Visibility.PUBLIC for case in FILES.cases)
    assert report.printed_in_public == f"<1: {n_published}>"
    assert report.printed.startswith(report.printed_in_public)
    assert len(report.printed) > len(report.printed_in_public)


def test_report_tells_interpreter_and_remarks_of_published_cases(play):
    grading = play()
    grading.load()
    grading._published._first._session.remarks.append("np.float stood for float.")
    judge(grading, "gaps")

    report = grading.report()

    assert (report.interpreter, report.remarks) == ("Python 3, NumPy 2", ("np.float stood for float.",))


def test_time_of_the_largest_public_crowd_is_told(play):
    grading = play()
    assert grading.report().timing is None

    judge(grading, "crowds")

    cases = [case for case in FILES.cases if case.visibility is Visibility.PUBLIC]
    largest = max((case for case in cases if case.reference_s is not None), key=lambda case: len(case.rows))
    timing = grading.report().timing
    assert timing.what == f"{len(largest.rows)} rows, 30 people"
    assert (timing.reference_s, timing.student_s) == (largest.reference_s, 0.0)


@pytest.mark.parametrize("outcome", [STOPPED, CRASHED], ids=["stopped", "crashed"])
def test_crowd_without_answer_has_no_time(play, outcome):
    grading = play(lambda *_, **__: outcome)

    judge(grading, "crowds")

    assert grading.report().timing is None


def smallest_of(monkeypatch, *, small_inputs=lambda _: "inputs", is_shrinking=True):
    """Shrink by a search that finds what is drawn from; return what the check that asks for it gets, and was asked."""
    asked = []

    def smallest_wrong(inputs, judge):
        asked.append((inputs, judge))
        return [inputs]

    monkeypatch.setattr("grader.harness.shrinking.smallest_wrong", smallest_wrong)
    lab = replace(LAB, small_inputs=small_inputs)
    vars(lab)["folder"] = LAB.folder
    shrink = Assessment(lab, SUBMISSION, Options(is_shrinking=is_shrinking)).check("gaps", Visibility.PUBLIC).shrink
    return shrink and shrink("gaps", len), asked


def test_smallest_input_is_drawn_from_what_the_lab_says(monkeypatch):
    found, asked = smallest_of(monkeypatch, small_inputs=lambda key: f"inputs of {key}")

    assert found == ["inputs of gaps"]
    assert asked == [("inputs of gaps", len)]


@pytest.mark.parametrize(
    "options", [{"is_shrinking": False}, {"small_inputs": None}], ids=["not asked for", "lab draws none"]
)
def test_nothing_is_shrunk_where_nobody_asks_or_nothing_is_drawn(monkeypatch, options):
    assert smallest_of(monkeypatch, **options) == (None, [])


# All checks, without pytest.


@pytest.fixture
def sessions(monkeypatch):
    """Give the sessions that a grading opens, played in this process."""
    opened = Sessions(lambda *_, **__: [])
    monkeypatch.setattr(assessment, "open_session", lambda *_, seed, budget, **__: opened(seed, budget))
    return opened


def break_test(monkeypatch, key, error):
    def fail(check):
        raise error

    broken = replace(FILES, tests={**FILES.tests, key: fail})
    monkeypatch.setattr(assessment, "load_lab_files", lambda _: broken)


def test_fault_in_a_check_is_kept_and_the_others_are_run(sessions, monkeypatch):
    break_test(monkeypatch, "gaps", KeyError("slot"))

    report = grade_submission(LAB, SUBMISSION, Options(is_shrinking=False))

    assert {check.key for check in report.checks if check.verdict is Verdict.GRADER_FAULT} == {"gaps"}
    assert all(check.cases for check in report.checks)
    assert [session.is_closed for session in sessions.opened] == [True] * 4


def test_busy_machine_is_no_fault_of_one_check(sessions, monkeypatch):
    break_test(monkeypatch, "gaps", HostBusy("it got 1 s within 100 s"))

    with pytest.raises(HostBusy, match="it got 1 s within 100 s"):
        grade_submission(LAB, SUBMISSION, Options(is_shrinking=False))

    assert [session.is_closed for session in sessions.opened] == [True]


def test_processes_end_when_grading_is_interrupted(sessions, monkeypatch):
    break_test(monkeypatch, "gaps", KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        grade_submission(LAB, SUBMISSION, Options(is_shrinking=False))

    assert [session.is_closed for session in sessions.opened] == [True]


def test_first_fault_of_loading_is_told_and_nothing_is_run(monkeypatch):
    def open_session(*_, **__):
        raise OSError("no processes left")

    monkeypatch.setattr(assessment, "open_session", open_session)

    report = grade_submission(LAB, SUBMISSION, Options(is_shrinking=False))

    assert {check.key: check.verdict for check in report.checks if check.cases} == {"loads": Verdict.GRADER_FAULT}
    assert "OSError('no processes left')" in str(report.checks[0].failures[0].explanation)


def test_grading_from_a_thread_leaves_everything_as_it_was(sessions, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sys.stdout, sys.stderr, [*warnings.filters], [*sys.path], Path.cwd()

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: grade_submission(LAB, SUBMISSION, Options(is_shrinking=False)), range(2))

    assert without_durations(dump(LAB, one, Audience.STAFF)) == without_durations(dump(LAB, other, Audience.STAFF))
    assert before == (sys.stdout, sys.stderr, [*warnings.filters], [*sys.path], Path.cwd())
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_grading_a_class_loads_neither_pytest_nor_hypothesis():
    told = "import sys; import grader.harness.assessment; print({'pytest', 'hypothesis'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", told], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert run.stdout == "set()\n"


def without_durations(content):
    results = json.loads(content)
    del results["execution_time"], results["extra_data"]["timing"]
    return results


# By the command, in this process.


@pytest.fixture
def run(tmp_path, capsys):
    """Give a function that runs the command or pytest on a source; it returns code, report and the three outputs."""

    def run(source, *arguments, by, name="merge.py"):
        path = tmp_path / name
        path.write_bytes(source if isinstance(source, bytes) else dedent(source).encode())
        results, page = tmp_path / "r.json", tmp_path / "page.html"
        code = by(path, f"--results={results}", f"--html={page}", *arguments)
        written = results.read_text(encoding="utf-8")
        told = capsys.readouterr().out
        return code, load(LAB, written.encode()), (told, written, page.read_text(encoding="utf-8"))

    return run


@pytest.fixture
def graded(run):
    """Give a function that grades a source by the command."""
    return lambda source, *arguments, **more: run(
        source, *arguments, by=lambda path, *rest: main(["grade", str(path), *rest]), **more
    )


def test_right_submission_passes(graded):
    code, report, (text, results, page) = graded(RIGHT.read_bytes())

    assert (code, report.points) == (0, 60)
    assert "60 / 60  code" in text
    assert json.loads(results)["score"] == 60
    assert report.protections
    assert all(protection.name in page for protection in report.protections)


def test_fatal_submission_is_one_failure(graded, tmp_path):
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
        archive.writestr("report.pdf", "%PDF-1.4")

    code, report, (text, results, page) = graded((tmp_path / "made.zip").read_bytes(), name="N26130891_Lab3.zip")

    assert (code, report.points) == (0, 0)
    assert [check.key for check in report.checks if check.cases] == ["loads"]
    assert {check.verdict for check in report.checks} == {Verdict.NOT_RUN}
    assert json.loads(results)["score"] == 0
    for output in (text, results, page):
        assert "The zip must hold a file merge.py" in output
        assert "Put your code in, under exactly this name." in output


SINGLE_PASS = RIGHT.parent.parent / "wrong_single_pass" / "merge.py"


def test_inputs_are_shrunk_where_it_is_not_refused(graded, monkeypatch):
    monkeypatch.setattr(assessment, "load_lab_files", load_few(LOADING, "any_people"))

    _, shrunk, (text, _, _) = graded(SINGLE_PASS.read_bytes())
    _, recorded, (longer, _, _) = graded(SINGLE_PASS.read_bytes(), "--no-shrink")

    assert "the smallest that fails" in text
    assert "the smallest that fails" not in longer
    assert shrunk.points == recorded.points


# By pytest, in this process.


@pytest.fixture
def tested(run):
    """Give a function that grades a source by ``pytest grader/``."""
    return lambda source, *arguments, **more: run(
        source, *arguments, by=lambda path, *rest: int(pytest.main([str(GRADER), f"--student={path}", *rest])), **more
    )


def test_pytest_runs_all_checks_of_the_lab_and_no_other(tested):
    code, report, (text, _, _) = tested(RIGHT.read_bytes())

    assert (code, report.points) == (0, 60)
    assert "26 passed" in text


def test_pytest_runs_a_chosen_check_alone(tested):
    code, report, (text, results, page) = tested(RIGHT.read_bytes(), "-k", "cycles")

    assert (code, report.points) == (0, 1)
    assert [check.key for check in report.checks if check.cases] == ["loads", "cycles"]
    assert "24 checks worth 59 points not run: this check was not chosen" in text
    assert [test["output"] for test in json.loads(results)["tests"]].count("this check was not chosen") == 24
    assert page.count("not run") >= 24


def test_pytest_skips_what_depends_on_a_fatal_submission(tested, tmp_path):
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
        archive.writestr("report.pdf", "%PDF-1.4")

    code, report, (text, _, _) = tested((tmp_path / "made.zip").read_bytes(), name="N26130891_Lab3.zip")

    assert (code, report.points) == (1, 0)
    assert "1 failed, 25 skipped" in text
    assert [check.key for check in report.checks if check.cases] == ["loads"]


def test_pytest_tells_the_first_check_that_the_grader_cannot_judge(tested, monkeypatch):
    def open_session(*_, **__):
        raise OSError("no processes left")

    monkeypatch.setattr(assessment, "open_session", open_session)

    code, report, (text, results, _) = tested(EMPTY, "-k", "cycles or gaps")

    verdicts = {check.key: check.verdict for check in report.checks if check.cases}
    assert code == 1
    assert verdicts == {"loads": Verdict.GRADER_FAULT}
    assert "2 errors" in text
    assert "no mark yet" in text
    assert "score" not in json.loads(results)


def test_pytest_gives_no_mark_on_a_busy_machine(monkeypatch, capsys, tmp_path):
    break_test(monkeypatch, "gaps", HostBusy("it got 1 s within 100 s"))
    path = tmp_path / "merge.py"
    path.write_text(EMPTY)

    code = pytest.main([str(GRADER), f"--student={path}", f"--results={tmp_path / 'r.json'}", "-k", "gaps"])

    assert code == pytest.ExitCode.INTERNAL_ERROR
    assert "the grader cannot work: it got 1 s within 100 s" in capsys.readouterr().out
    assert not (tmp_path / "r.json").exists()


def test_pytest_runs_checks_in_the_rubrics_order_whatever_files_they_stand_in(tested, monkeypatch):
    mixed = replace(FILES.rubric, checks=[*FILES.rubric.checks[:1], *FILES.rubric.checks[:0:-1]])
    monkeypatch.setattr(assessment, "load_lab_files", lambda _: replace(FILES, rubric=mixed))

    _, report, (text, _, _) = tested(RIGHT.read_bytes(), "-v")

    keys = [line.key for line in mixed.checks]
    assert [check.key for check in report.checks] == keys
    assert [key for key, _ in re.findall(r"::test_(\w+) (PASSED|FAILED)", text)] == keys
    assert report.points == 60


# Hidden cases.

THIEF = """
    import sys
    import numpy as np

    SEEN = []

    def remembered(subset):
        return np.vstack(SEEN[:-1] or SEEN)[-max(len(subset), 1):]

    def merge(subset, min_num_body_parts=4, min_score=0.4):
        SEEN.append(np.array(subset).reshape(-1, 20))
"""
WAYS = {
    "returns-what-it-got": "return SEEN[-1]",
    "returns-what-it-got-before": "return remembered(subset)",
    "raises": "raise ValueError([row[row >= 0].tolist() for row in np.vstack(SEEN)[-40:]])",
    "prints": "print(*{int(value) for value in SEEN[-1].ravel() if value > 999}); return SEEN[-1]",
    "exits": "sys.exit(str(remembered(subset).tolist()))",
    "warns": "import warnings; warnings.warn(str(remembered(subset).tolist())); return remembered(subset)[:, :19]",
}


CHOSEN = (LOADING, "gaps", "min_num_body_parts", "parameters", AGAIN)
"""Hidden ids of the first are long; in the second, what a merge remembers of them could come out."""


def words(text):
    """List the numbers of a text and the words that can name a case."""
    numbers = re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\w)", text)
    return {number.removesuffix(".0") for number in numbers} | set(re.findall(r"[a-z]\w+", text))


def secrets_of_cases():
    """List what only hidden cases hold: names, sentences, and numbers too long to turn up by chance."""
    public, hidden = ([case for case in FILES.cases if case.visibility is one] for one in Visibility)

    def numbers(chosen):
        arrays = [array for case in chosen for array in (case.rows, case.expected, case.deleted)]
        return {repr(float(value)).removesuffix(".0") for array in arrays for value in array.ravel()}

    long = {number for number in numbers(hidden) - numbers(public) if len(number.replace(".", "")) >= 5}
    names = {case.name for case in hidden} - {case.name for case in public}
    says = {case.says for case in hidden} - {case.says for case in public}
    return long, names, says


def test_there_are_secrets_to_keep():
    long, names, says = secrets_of_cases()

    assert len(long) > 100
    assert len(names) > 100
    assert len(says) > 50


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_student_never_sees_what_only_hidden_cases_hold(graded, monkeypatch, way):
    monkeypatch.setattr(assessment, "load_lab_files", load_few(*CHOSEN))

    demand_no_secrets(*graded(f"{dedent(THIEF)}    {way}\n", "--no-shrink"))


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_student_never_sees_what_only_hidden_cases_of_all_checks_hold(graded, way):
    demand_no_secrets(*graded(f"{dedent(THIEF)}    {way}\n"))


def demand_no_secrets(code, report, outputs):
    long, names, says = secrets_of_cases()
    assert code == 0
    assert any(not case.is_passed for check in report.checks for case in check.cases)
    for output in outputs:
        assert not words(output) & (long | names)
        assert not {sentence for sentence in says if re.search(rf"(?<!\w){re.escape(sentence)}", output)}


def test_staff_see_hidden_cases(graded, monkeypatch):
    monkeypatch.setattr(assessment, "load_lab_files", load_few(*CHOSEN))
    long, names, _ = secrets_of_cases()

    _, _, outputs = graded(f"{dedent(THIEF)}    {WAYS['returns-what-it-got']}\n", "--audience=staff", "--no-shrink")

    for output in outputs:
        assert words(output) & names
    assert words(outputs[1]) & long


def test_pytests_own_lines_tell_nothing_of_hidden_cases(tested, monkeypatch):
    judge_each, secret = Check.judge_each, Explanation("Keypoint 987654 must be there", "it is not", "Look for it.")

    def judge_hidden(self, rule, **_):
        judge_each(self, lambda case, _: secret if case.visibility is Visibility.HIDDEN else None)

    monkeypatch.setattr(Check, "judge_each", judge_hidden)
    arguments = ["-k", "cycles", "-rA", "--tb=short"]

    code, _, outputs = tested(RIGHT.read_bytes(), *arguments)
    _, _, (told, _, _) = tested(RIGHT.read_bytes(), *arguments, "--audience=staff")

    assert code == 1
    assert "PointsLostError: The answer to a hidden case must be right, too" in outputs[0]
    assert not any("987654" in output for output in outputs)
    assert "PointsLostError: Keypoint 987654 must be there" in told
