"""The command line in this process: what is parsed, to whom it is handed, and which exit code comes of it."""

import json
import zipfile

import grader.grade
import pytest

import grader.labs.merge.merge_case
from grader.__main__ import main
from grader.harness import lab_files as material
from grader.harness.check import Check
from grader.harness.errors import HostUnfit, RubricError
from grader.harness.results import Protection
from grader.harness.sandbox import doctor
from grader.labs.merge.casemaking import pictures, write
from grader.labs.merge.merge_case import load_cases
from tests.grader.harness.report.samples import failing, faulty, passing

EMPTY = "def merge(subset, min_num_body_parts=4, min_score=0.4):\n    return []\n"


@pytest.fixture
def graded(monkeypatch):
    """Give a list that takes the arguments of each run of the checks, and says how each ends."""
    runs = []

    def grade(arguments):
        runs.append(arguments)
        return outcome["is"]

    outcome = {"is": (0, passing())}
    monkeypatch.setattr(grader.grade, "grade", grade)
    return lambda ends=outcome["is"]: outcome.update({"is": ends}) or runs


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ([], ["--audience=student", "--sandbox=auto"]),
        (["--results", "r.json"], ["--results=r.json", "--audience=student", "--sandbox=auto"]),
        (["--html", "a b.html"], ["--html=a b.html", "--audience=student", "--sandbox=auto"]),
        (["--student-python", "/p"], ["--student-python=/p", "--audience=student", "--sandbox=auto"]),
        (["--audience", "staff", "--sandbox", "strict"], ["--audience=staff", "--sandbox=strict"]),
        (["--no-shrink"], ["--audience=student", "--sandbox=auto", "--no-shrink"]),
    ],
    ids=["none", "results", "html", "python", "choices", "no-shrink"],
)
def test_grade_hands_on_what_was_given(graded, options, arguments):
    runs = graded()

    assert main(["grade", "x.zip", *options]) == 0
    assert runs == [["--student=x.zip", *arguments]]


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ((0, passing()), 0),
        ((1, failing()), 0),
        ((1, faulty()), 3),
        ((0, None), 3),
        ((2, None), 3),
        ((3, passing()), 3),
        ((4, None), 2),
        ((5, passing()), 3),
    ],
    ids=["passed", "failed", "fault", "no-report", "interrupted", "internal", "usage", "nothing-run"],
)
def test_grade_turns_pytests_exit_code_into_its_own(graded, ends, code):
    graded(ends)

    assert main(["grade", "x.zip"]) == code


@pytest.mark.parametrize("error", [HostUnfit, RubricError], ids=["host", "rubric"])
def test_error_of_the_grader_is_one_sentence(monkeypatch, capsys, error):
    def grade(arguments):
        raise error("The sky must be blue; it is green. Look up.")

    monkeypatch.setattr(grader.grade, "grade", grade)

    assert main(["grade", "x.zip"]) == 3
    assert capsys.readouterr().err == "The grader cannot do this: The sky must be blue; it is green. Look up.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["mark"], "invalid choice: 'mark'"),
        (["grade"], "the following arguments are required: ZIP"),
        (["grade", "x.zip", "--audience", "parents"], "invalid choice: 'parents' (choose from 'student', 'staff')"),
        (["grade", "x.zip", "--fast"], "unrecognized arguments: --fast"),
        (["doctor", "--sandbox", "none"], "invalid choice: 'none'"),
        (["cases"], "one of the arguments --seed --maps is required"),
        (["cases", "--seed", "many"], "argument --seed: invalid int value: 'many'"),
        (["cases", "--seed", "1", "--maps"], "argument --maps: not allowed with argument --seed"),
        (["release"], "the following arguments are required: --out"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_command_line_is_told(capsys, arguments, message):
    with pytest.raises(SystemExit, match=r"^2$"):
        main(arguments)

    # Pythons differ in whether they quote choices.
    assert message.replace("'", "") in capsys.readouterr().err.replace("'", "")


ON = Protection("Network", is_on=True, detail="none")
OFF = Protection("Shared memory", is_on=False, detail="an attack got through")


@pytest.mark.parametrize(
    ("protections", "code"), [([ON, ON], 0), ([ON, OFF], 1), ([OFF, ON], 1)], ids=["all", "last-off", "first-off"]
)
def test_doctor_tells_material_and_protections(monkeypatch, capsys, protections, code):
    modes = []
    monkeypatch.setattr(doctor, "examine", lambda mode: modes.append(mode) or protections)

    assert main(["doctor", "--sandbox", "strict"]) == code

    out = capsys.readouterr().out
    assert modes == ["strict"]
    assert out.startswith(f"The rubric's 22 checks have their tests and {len(load_cases())} cases.\n")
    assert all(protection.name in out and protection.detail in out for protection in protections)


@pytest.mark.parametrize("part", ["load_material", "check_tests"])
def test_doctor_tells_material_that_does_not_fit(monkeypatch, capsys, part):
    def refuse(*_):
        raise RubricError("Each check must have cases; 'gaps' has none.")

    monkeypatch.setattr(material, part, refuse)

    assert main(["doctor"]) == 3
    assert "The grader cannot do this: Each check must have cases; 'gaps' has none." in capsys.readouterr().err


@pytest.mark.parametrize(("options", "folder"), [([], "hidden"), (["--public"], "public")], ids=["hidden", "public"])
def test_cases_writes_one_set_and_says_what_changed(monkeypatch, capsys, tmp_path, options, folder):
    monkeypatch.setattr(grader.labs.merge.merge_case, "FOLDER", tmp_path)
    monkeypatch.setattr(write, "FAMILIES", {name: write.FAMILIES[name] for name in ("cycles", "nobody")})

    assert main(["cases", "--seed", "7", *options]) == 0
    assert capsys.readouterr().out == f"{folder}/cycles.json\n{folder}/nobody.json\n2 files changed.\n"
    assert {(case.check, case.visibility) for case in load_cases(tmp_path)} == {("cycles", folder), ("nobody", folder)}

    assert main(["cases", "--seed", "7", *options]) == 0
    assert capsys.readouterr().out == "0 files changed.\n"


def test_cases_makes_maps_alone(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(grader.labs.merge.merge_case, "FOLDER", tmp_path)
    monkeypatch.setattr(pictures, "write_maps", lambda: [tmp_path / "maps" / "1.npz"])

    assert main(["cases", "--maps"]) == 0
    assert capsys.readouterr().out == "maps/1.npz\n1 files changed.\n"
    assert list(tmp_path.iterdir()) == []


def test_release_builds_a_zip(capsys, tmp_path):
    path = tmp_path / "EAI_Lab3.zip"

    assert main(["release", "--out", str(path)]) == 0

    names = zipfile.ZipFile(path).namelist()
    assert "EAI_Lab3/check.py" in names
    assert capsys.readouterr().out == f"{path}: {len(names)} files\n"


def test_release_that_cannot_be_written_is_told(capsys, tmp_path):
    assert main(["release", "--out", str(tmp_path / "none" / "x.zip")]) == 3
    assert "The grader cannot do this: The archive must be written somewhere;" in capsys.readouterr().err


@pytest.fixture
def submission(tmp_path):
    path = tmp_path / "merge.py"
    path.write_text(EMPTY)
    return path


def test_fault_of_the_grader_is_no_mark(monkeypatch, capsys, tmp_path, submission):
    def fail(self, rule):
        raise KeyError("no such thing")

    monkeypatch.setattr(Check, "judge_each", fail)
    results, page = tmp_path / "r.json", tmp_path / "page.html"

    assert main(["grade", str(submission), "--results", str(results), "--html", str(page)]) == 3

    written, printed = json.loads(results.read_text()), capsys.readouterr()
    assert "score" not in written
    assert "Code: no mark yet, because the grader itself failed" in printed.out
    assert "<strong>No mark yet.</strong>" in page.read_text(encoding="utf-8")
    assert "Check 'cycles' could not be judged." in printed.err
    assert "KeyError('no such thing')" in printed.err
    told = printed.out + results.read_text() + page.read_text(encoding="utf-8")
    assert "Traceback" not in told + printed.err
    assert "no such thing" not in told


def test_fault_of_the_grader_shows_its_traceback_to_staff(monkeypatch, capsys, tmp_path, submission):
    def fail(self, rule):
        raise KeyError("no such thing")

    monkeypatch.setattr(Check, "judge_each", fail)
    results, page = tmp_path / "r.json", tmp_path / "page.html"
    options = ["--results", str(results), "--html", str(page), "--audience", "staff"]

    assert main(["grade", str(submission), *options]) == 3

    for text in (capsys.readouterr().out, results.read_text(), page.read_text(encoding="utf-8")):
        assert "Traceback" in text
        assert "no such thing" in text


@pytest.mark.parametrize("option", ["--results", "--html"])
@pytest.mark.parametrize("name", ["none/r.out", "."], ids=["no-folder", "a-folder"])
def test_file_that_cannot_be_written_is_told_before_grading(capsys, tmp_path, submission, option, name):
    path = tmp_path / name

    assert main(["grade", str(submission), option, str(path)]) == 2

    printed = capsys.readouterr()
    assert f"ERROR: {option} must name a file in a folder that is there; got {str(path)!r}." in printed.err
    assert "points" not in printed.out


def test_results_that_cannot_be_written_at_the_end_are_told(monkeypatch, capsys, tmp_path, submission):
    full = tmp_path / "r.json"
    full.symlink_to("/dev/full")

    assert main(["grade", str(submission), "--results", str(full)]) == 3

    printed = capsys.readouterr()
    assert "the results cannot be written: [Errno 28] No space left on device" in printed.err
    assert "Traceback" not in printed.out + printed.err


def test_stopped_grading_is_no_mark(monkeypatch, capsys, tmp_path, submission):
    def stop(self, rule):
        raise KeyboardInterrupt

    monkeypatch.setattr(Check, "judge_each", stop)

    assert main(["grade", str(submission), "--results", str(tmp_path / "r.json")]) == 3
    assert not (tmp_path / "r.json").exists()
    assert "points" not in capsys.readouterr().out
