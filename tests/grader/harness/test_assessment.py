"""One submission on its way through pytest: what is run, what is told to whom, and what marks depend on."""

import json
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from grader.grade import grade

from grader.harness import assessment as grading_module
from grader.harness import shrinking
from grader.harness.assessment import FOLDER, Grading, Options, grade_submission
from grader.harness.check import Check
from grader.harness.lab_files import load_material, load_tests
from grader.harness.report.gradescope import dump, load
from grader.harness.results import Audience, Explanation, Verdict, Visibility
from grader.harness.rubric import load_rubric
from grader.harness.submission import open_submission, open_submission_bytes
from grader.labs.merge.merge_case import fingerprint
from tests.grader.harness.sessions import CRASHED, STOPPED, SYNTAX, FakeSession, Sessions
from tests.zoo import build_zip, load_zoo

RIGHT = Path(__file__).resolve().parent.parent / "submissions" / "pass_union_find" / "merge.py"
EMPTY = "def merge(subset, min_num_body_parts=4, min_score=0.4):\n    return []\n"


@pytest.fixture
def play(monkeypatch):
    """Give a function that makes the grading of a merge that is played in this process."""
    made = []

    def make(merge=lambda *_, **__: [], *, is_shrinking=False, load_failure=None):
        def open_session(source, *, mode, python, seed):
            return FakeSession(merge, seed, load_failure=load_failure)

        monkeypatch.setattr(grading_module, "open_session", open_session)
        made.append(Grading(open_submission_bytes("merge.py", EMPTY.encode()), Options(is_shrinking=is_shrinking)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def run_check(grading, key):
    grading.run(key, lambda check: check.judge_each(lambda *_: None))


def result_of(grading, key):
    return next(check for check in grading.report().checks if check.key == key)


def test_report_has_all_checks_in_the_rubrics_order(play):
    grading = play()
    run_check(grading, "nobody")
    run_check(grading, "handout")

    report = grading.report()

    assert [check.key for check in report.checks] == [line.key for line in load_rubric().checks]
    assert {check.note for check in report.checks if not check.cases} == {"this check was not chosen"}
    assert {check.key for check in report.checks if check.cases} == {"handout", "nobody"}
    assert report.points == 8
    assert [part.max_points for part in report.manual_parts] == [10, 10, 10, 10]


def test_submission_is_loaded_once(play):
    asked = []
    grading = play()
    grading._student.load = lambda: asked.append(1)

    assert (grading.load(), grading.load()) == (None, None)
    assert asked == [1]


def test_failure_to_load_is_told_and_leaves_the_rest_not_run(play):
    grading = play(load_failure=SYNTAX)

    grading.run("loads", lambda: None)

    report = grading.report()
    (case,) = report.checks[0].cases
    assert (case.verdict, case.explanation) == (Verdict.CRASHED, SYNTAX.explanation)
    assert {check.note for check in report.checks[1:]} == {"merge.py could not be loaded"}
    assert report.points == 0


def test_loading_that_succeeds_is_a_case_passed(play):
    result = play().judge("loads", lambda: None, None)

    assert (result.key, result.verdict, result.cases[0].name) == ("loads", Verdict.PASSED, "merge.py")


def test_grader_that_cannot_load_fails_once(play):
    def refuse():
        raise OSError("no processes left")

    grading = play()
    grading._student.load = refuse

    with pytest.raises(OSError, match="no processes left"):
        grading.load()
    failure = grading.load()

    assert failure.verdict is Verdict.NOT_RUN
    assert str(failure.explanation) == (
        "merge.py must be loaded first; the grader failed to. Run `python -m grader doctor`."
    )


def test_fault_is_told_with_its_error(play):
    def fail(check):
        raise KeyError("slot")

    grading = play()

    grading.run("gaps", fail)

    (case,) = result_of(grading, "gaps").cases
    assert case.verdict is Verdict.GRADER_FAULT
    assert str(case.explanation) == (
        "The grader must be able to judge every submission; it failed itself in this check: KeyError('slot'). This is "
        "not the student's fault, and there is no mark until it is mended: run `python -m grader doctor`."
    )
    assert case.traceback.endswith("in fail\n    raise KeyError(\"slot\")\nKeyError: 'slot'\n")


def test_time_of_the_largest_public_crowd_is_told(play):
    grading = play()
    assert grading.report().timing is None

    run_check(grading, "crowds")

    cases = [case for case in load_material()[1] if case.visibility is Visibility.PUBLIC]
    largest = max((case for case in cases if case.reference_s is not None), key=lambda case: len(case.rows))
    timing = grading.report().timing
    assert timing.what == f"{len(largest.rows)} rows, 30 people"
    assert (timing.reference_s, timing.student_s) == (largest.reference_s, 0.0)


@pytest.mark.parametrize("outcome", [STOPPED, CRASHED], ids=["stopped", "crashed"])
def test_crowd_without_answer_has_no_time(play, outcome):
    grading = play(lambda *_, **__: outcome)

    run_check(grading, "crowds")

    assert grading.report().timing is None


def test_shrinking_ends_when_the_merge_has_to_be_stopped(monkeypatch):
    verdicts = iter([Verdict.PASSED, Verdict.WRONG, Verdict.CRASHED])
    seen = []

    def smallest_failure(key, is_wrong):
        seen.extend([is_wrong(()), is_wrong(())])
        with pytest.raises(shrinking.StopSearch):
            is_wrong(())
        return (key,)

    monkeypatch.setattr(shrinking, "smallest_failure", smallest_failure)

    assert grading_module._shrink("gaps", lambda _: next(verdicts)) == ("gaps",)
    assert seen == [False, True]


# What marks depend on.


@pytest.fixture
def copy_of_grader(tmp_path, monkeypatch):
    """Give a copy of the grader's folder, to change."""
    folder = tmp_path / "grader"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__", "maps"))
    shutil.copytree(FOLDER.parent / "estimation", tmp_path / "estimation", ignore=shutil.ignore_patterns("training"))
    monkeypatch.setattr(grading_module, "FOLDER", folder)
    return folder


def fingerprints(folder):
    return {
        "rubric": load_rubric(folder / "rubric.toml").fingerprint,
        "cases": fingerprint(folder / "cases"),
        "grader": grading_module._grader_fingerprint(),
    }


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("rubric.toml", {"rubric"}),
        ("cases/public/cycles.json", {"cases"}),
        ("cases/hidden/crowds.json", {"cases"}),
        ("grading.py", {"grader"}),
        ("sandbox/child.py", {"grader"}),
        ("../estimation/config.py", {"grader"}),
        ("../estimation/merge.py", set()),
        ("checks/test_5_crowds.py", {"grader"}),
        ("README.md", set()),
        ("cases/README.md", set()),
    ],
)
def test_fingerprint_changes_with_what_it_covers(copy_of_grader, file, changed):
    before = fingerprints(copy_of_grader)

    path = copy_of_grader / file
    path.write_bytes(path.read_bytes() + b"\n")

    after = fingerprints(copy_of_grader)
    assert {name for name in before if before[name] != after[name]} == changed


def test_fingerprint_of_a_copy_is_the_same(copy_of_grader, play):
    told = play().report().fingerprint

    (copy_of_grader / "__pycache__").mkdir()
    (copy_of_grader / "__pycache__" / "grading.cpython-311.pyc").write_bytes(b"compiled")
    for path in copy_of_grader.rglob("*"):
        path.touch()

    assert fingerprints(copy_of_grader) == {name: told[name] for name in ("rubric", "cases", "grader")}


def test_fingerprint_changes_with_a_file_that_is_renamed(copy_of_grader):
    before = fingerprints(copy_of_grader)

    (copy_of_grader / "grade.py").rename(copy_of_grader / "grades.py")

    assert fingerprints(copy_of_grader)["grader"] != before["grader"]


# All checks, without pytest.

SUBMISSION = open_submission_bytes("merge.py", EMPTY.encode())
TEMPLATE = FOLDER.parent / "student_template" / "merge.py"


@pytest.fixture
def sessions(monkeypatch):
    """Give the sessions that a grading opens, played in this process."""
    opened = Sessions(lambda *_, **__: [])
    monkeypatch.setattr(grading_module, "open_session", lambda _, *, seed, **__: opened(seed))
    return opened


def break_test(monkeypatch, key, error):
    def fail(check):
        raise error

    monkeypatch.setattr(grading_module, "load_tests", lambda: {**load_tests(), key: fail})


def test_fault_in_a_check_is_kept_and_the_others_are_run(sessions, monkeypatch):
    break_test(monkeypatch, "gaps", KeyError("slot"))

    report = grade_submission(SUBMISSION, Options(is_shrinking=False))

    assert {check.key for check in report.checks if check.verdict is Verdict.GRADER_FAULT} == {"gaps"}
    assert all(check.cases for check in report.checks)
    assert [session.is_closed for session in sessions.opened] == [True, True]


def test_processes_end_when_grading_is_interrupted(sessions, monkeypatch):
    break_test(monkeypatch, "gaps", KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        grade_submission(SUBMISSION, Options(is_shrinking=False))

    assert [session.is_closed for session in sessions.opened] == [True]


def test_first_fault_of_loading_is_told_and_nothing_is_run(monkeypatch):
    def open_session(*_, **__):
        raise OSError("no processes left")

    monkeypatch.setattr(grading_module, "open_session", open_session)

    report = grade_submission(SUBMISSION, Options(is_shrinking=False))

    assert {check.key: check.verdict for check in report.checks if check.cases} == {"loads": Verdict.GRADER_FAULT}
    assert "OSError('no processes left')" in str(report.checks[0].failures[0].explanation)


def test_grading_from_a_thread_leaves_everything_as_it_was(sessions, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sys.stdout, sys.stderr, [*warnings.filters], [*sys.path], Path.cwd()

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: grade_submission(SUBMISSION, Options(is_shrinking=False)), range(2))

    assert without_durations(dump(one, Audience.STAFF)) == without_durations(dump(other, Audience.STAFF))
    assert before == (sys.stdout, sys.stderr, [*warnings.filters], [*sys.path], Path.cwd())
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_grading_a_class_loads_neither_pytest_nor_hypothesis():
    told = "import sys; import grader.harness.assessment; print({'pytest', 'hypothesis'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", told], cwd=FOLDER.parent, capture_output=True, text=True, check=True)

    assert run.stdout == "set()\n"


BOTH_WAYS = [
    "pass_union_find",
    "wrong_drops_third",
    "wrong_crashes_on_nobody",
    "wrong_later_overwrites",
    "attack_sys_exit",
    "malformed_syntax_error",
    "malformed_no_merge",
]


def without_durations(content):
    results = json.loads(content)
    del results["execution_time"], results["extra_data"]["timing"]
    return results


@pytest.mark.parametrize("submission", [one for one in load_zoo() if one.name in BOTH_WAYS], ids=lambda one: one.name)
def test_pytest_and_a_class_report_the_same(submission, tmp_path):
    path, results = build_zip(submission, tmp_path), tmp_path / "results.json"

    grade([f"--student={path}", f"--results={results}", "--audience=staff", "--no-shrink"])
    report = grade_submission(open_submission(path, template=TEMPLATE.read_bytes()), Options(is_shrinking=False))

    assert without_durations(dump(report, Audience.STAFF)) == without_durations(results.read_bytes())


# Through pytest, in this process.


@pytest.fixture
def graded(tmp_path, capsys):
    """Give a function that grades a source and returns the exit code, the report and the three outputs."""

    def run(source, *arguments, name="merge.py"):
        path = tmp_path / name
        path.write_bytes(source if isinstance(source, bytes) else dedent(source).encode())
        results, page = tmp_path / "r.json", tmp_path / "page.html"
        code, report = grade([f"--student={path}", f"--results={results}", f"--html={page}", *arguments])
        written = results.read_text(encoding="utf-8")
        return code, report, (capsys.readouterr().out, written, page.read_text(encoding="utf-8"))

    return run


def test_right_submission_passes(graded):
    code, report, (text, results, page) = graded(RIGHT.read_bytes())

    assert (code, report.points) == (0, 60)
    assert "22 passed" in text
    assert json.loads(results)["score"] == 60
    assert load(results.encode()).points == 60
    assert all(protection.name in page for protection in report.protections)


def test_chosen_check_alone_is_graded(graded):
    code, report, (text, results, page) = graded(RIGHT.read_bytes(), "-k", "cycles")

    assert (code, report.points) == (0, 3)
    assert [check.key for check in report.checks if check.cases] == ["cycles"]
    assert "21 checks worth 57 points not run: this check was not chosen" in text
    assert results.count('"output": "this check was not chosen"') == 21
    assert page.count("not run") >= 21


def test_fatal_submission_is_one_failure(graded, tmp_path):
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
        archive.writestr("report.pdf", "%PDF-1.4")

    code, report, (text, results, page) = graded((tmp_path / "made.zip").read_bytes(), name="N26130891_Lab3.zip")

    assert (code, report.points) == (1, 0)
    assert "1 failed, 21 skipped" in text
    assert [check.key for check in report.checks if check.cases] == ["loads"]
    assert {check.verdict for check in report.checks} == {Verdict.NOT_RUN}
    assert json.loads(results)["score"] == 0
    for output in (text, results, page):
        assert "The zip must hold a file merge.py" in output
        assert "Put your code in, under exactly this name." in output


def test_first_check_that_the_grader_cannot_judge_is_a_fault(graded, monkeypatch):
    def open_session(*_, **__):
        raise OSError("no processes left")

    monkeypatch.setattr(grading_module, "open_session", open_session)

    code, report, (text, results, _) = graded(EMPTY, "-k", "cycles or gaps")

    verdicts = {check.key: check.verdict for check in report.checks if check.cases}
    assert code == 1
    assert verdicts == {"cycles": Verdict.GRADER_FAULT}
    assert "no mark yet" in text
    assert "score" not in json.loads(results)


def test_checks_run_in_the_rubrics_order_whatever_files_they_stand_in(graded, monkeypatch):
    rubric, cases = load_material()
    mixed = replace(rubric, checks=[*rubric.checks[:1], *rubric.checks[:0:-1]])
    monkeypatch.setattr(grading_module, "load_material", lambda: (mixed, cases))

    _, report, (text, _, _) = graded(RIGHT.read_bytes(), "-v")

    keys = [line.key for line in mixed.checks]
    assert [check.key for check in report.checks] == keys
    # The check that asks again has nothing to ask for before the others.
    assert [key for key, _ in re.findall(r"::test_(\w+) (PASSED|FAILED)", text)] == keys


SINGLE_PASS = RIGHT.parent.parent / "wrong_single_pass" / "merge.py"


def test_inputs_are_shrunk_where_it_is_not_refused(graded):
    source = SINGLE_PASS.read_bytes()
    _, shrunk, (text, _, _) = graded(source, "-k", "any_people")
    _, recorded, (longer, _, _) = graded(source, "-k", "any_people", "--no-shrink")

    assert "the smallest that fails" in text
    assert "the smallest that fails" not in longer
    assert shrunk.points == recorded.points


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
    "returns-what-came": "return SEEN[-1]",
    "returns-what-came-before": "return remembered(subset)",
    "raises": "raise ValueError([row[row >= 0].tolist() for row in np.vstack(SEEN)[-40:]])",
    "prints": "print(*{int(value) for value in SEEN[-1].ravel() if value > 999}); return SEEN[-1]",
    "exits": "sys.exit(str(remembered(subset).tolist()))",
    "warns": "import warnings; warnings.warn(str(remembered(subset).tolist())); return remembered(subset)[:, :19]",
}


CHOSEN = "gaps or min_num_body_parts or parameters or same_answer"
"""Hidden ids of the first are long; in the second, what a merge remembers of them could come out."""


def words(text):
    """List the numbers of a text and the words that can name a case."""
    numbers = re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\w)", text)
    return {number.removesuffix(".0") for number in numbers} | set(re.findall(r"[a-z]\w+", text))


def secrets_of_cases():
    """List what only hidden cases hold: names, sentences, and numbers too long to turn up by chance."""
    _, cases = load_material()
    public, hidden = ([case for case in cases if case.visibility is one] for one in Visibility)

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
def test_student_never_sees_what_only_hidden_cases_hold(graded, way):
    long, names, says = secrets_of_cases()

    _, report, outputs = graded(f"{dedent(THIEF)}    {way}\n", "--no-shrink", "-k", CHOSEN)

    assert any(not case.is_passed for check in report.checks for case in check.cases)
    for output in outputs:
        assert not words(output) & (long | names)
        assert not {sentence for sentence in says if re.search(rf"(?<!\w){re.escape(sentence)}", output)}


def test_staff_see_hidden_cases(graded):
    long, names, _ = secrets_of_cases()

    _, _, outputs = graded(f"{dedent(THIEF)}    {WAYS['returns-what-came']}\n", "--audience=staff", "-k", CHOSEN)

    for output in outputs:
        assert words(output) & names
    assert words(outputs[1]) & long


def test_pytests_own_lines_tell_nothing_of_hidden_cases(graded, monkeypatch):
    judge_each, secret = Check.judge_each, Explanation("Keypoint 987654 must be there", "it is not", "Look for it.")

    def judge_hidden(self, rule):
        judge_each(self, lambda case, _: secret if case.visibility is Visibility.HIDDEN else None)

    monkeypatch.setattr(Check, "judge_each", judge_hidden)
    arguments = ["-k", "cycles", "-rA", "--tb=short"]

    code, _, outputs = graded(RIGHT.read_bytes(), *arguments)
    _, _, (told, _, _) = graded(RIGHT.read_bytes(), *arguments, "--audience=staff")

    assert code == 1
    assert "PointsLostError: The answer to a hidden case must be right, too" in outputs[0]
    assert not any("987654" in output for output in outputs)
    assert "PointsLostError: Keypoint 987654 must be there" in told
