"""The command line in this process: what is parsed, to whom it is handed, and which exit code comes of it."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from grader.__main__ import NOBODY_READS, main
from grader.harness import assessment, lab_files, release
from grader.harness.assessment import Options
from grader.harness.cases import load_cases
from grader.harness.check import Check
from grader.harness.errors import STOPPED, HostUnfit, RubricError
from grader.harness.lab import REPOSITORY
from grader.harness.lab_files import load_lab_files
from grader.harness.results import Protection
from grader.harness.sandbox import doctor, processes
from grader.harness.sandbox.policy import Mode
from grader.labs import DEFAULT, find_lab, list_labs
from grader.labs.merge import lab as merge_lab
from grader.labs.merge.casemaking import picture_cases, write
from grader.labs.merge.lab import LAB
from grader.labs.merge.merge_case import read_case
from tests.grader.harness.report.samples import failing, fatal, faulty, passing

EMPTY = "def merge(subset, min_num_body_parts=4, min_score=0.4):\n    return []\n"


@pytest.fixture
def submission(tmp_path):
    path = tmp_path / "merge.py"
    path.write_text(EMPTY)
    return path


@pytest.fixture
def graded(monkeypatch):
    """Give a function that says how grading ends; it returns a list of what was handed to each run of the checks."""
    runs = []

    def grade(lab, submission, options, watch):
        runs.append((lab, submission.handed.file_name, options))
        assert list(watch(["a", "b"])) == ["a", "b"]
        if isinstance(outcome["is"], BaseException):
            raise outcome["is"]
        return outcome["is"]

    outcome = {"is": passing()}
    monkeypatch.setattr(assessment, "grade_submission", grade)
    return lambda ends=outcome["is"]: outcome.update({"is": ends}) or runs


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], Options(Mode.AUTO, None, is_shrinking=True)),
        (["--student-python", "/p"], Options(Mode.AUTO, Path("/p"), is_shrinking=True)),
        (["--audience", "staff", "--sandbox", "strict"], Options(Mode.STRICT, None, is_shrinking=True)),
        (["--no-shrink"], Options(Mode.AUTO, None, is_shrinking=False)),
    ],
    ids=["none", "python", "choices", "no-shrink"],
)
def test_grade_hands_on_what_was_given(graded, submission, options, expected):
    runs = graded()

    assert main(["grade", str(submission), *options]) == 0
    assert runs == [(LAB, "merge.py", expected)]


def test_grade_writes_the_files_that_were_asked_for(graded, capsys, tmp_path, submission):
    graded()
    results, page = tmp_path / "r.json", tmp_path / "a b.html"

    assert main(["grade", str(submission), "--results", str(results), "--html", str(page)]) == 0
    assert json.loads(results.read_text())["score"] == 60
    assert page.read_text(encoding="utf-8").startswith("<!")
    assert "Code: 60 of 60 points" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"merge.py", "r.json", "a b.html"}


@pytest.mark.parametrize(
    ("audience", "is_told"), [([], False), (["--audience", "staff"], True)], ids=["students", "staff"]
)
def test_grade_writes_for_those_who_read(graded, capsys, tmp_path, submission, audience, is_told):
    graded(failing())
    results, page = tmp_path / "r.json", tmp_path / "page.html"

    main(["grade", str(submission), "--results", str(results), "--html", str(page), *audience])

    for text in (results.read_text(), page.read_text(encoding="utf-8")):
        assert ("secret-770" in text) is is_told
    assert "770" not in capsys.readouterr().out or is_told


@pytest.mark.parametrize(
    ("ends", "code"),
    [(passing(), 0), (failing(), 0), (fatal(), 0), (faulty(), 3), (KeyboardInterrupt(), 130)],
    ids=["passed", "failed", "fatal", "fault", "interrupted"],
)
def test_grade_ends_with_its_exit_code(graded, capsys, monkeypatch, submission, ends, code):
    ended = []
    monkeypatch.setattr(processes, "end_all", lambda: ended.append(True))
    graded(ends)

    assert main(["grade", str(submission)]) == code
    assert (capsys.readouterr().err == f"{STOPPED}\n") is (code == 130)
    assert bool(ended) is (code == 130)


@pytest.mark.parametrize("error", [HostUnfit, RubricError], ids=["host", "rubric"])
def test_error_of_the_grader_is_one_sentence(graded, capsys, submission, error):
    graded(error("The sky must be blue; it is green. Look up."))

    assert main(["grade", str(submission)]) == 3
    assert capsys.readouterr().err == "The grader cannot do this: The sky must be blue; it is green. Look up.\n"


# Which lab.


@pytest.mark.parametrize(
    ("name", "options"),
    [("merge.py", []), ("N26130891_Lab3.zip", []), ("anything.py", ["--lab", "merge"])],
    ids=["default", "by its name", "by the option"],
)
def test_lab_is_found(graded, tmp_path, name, options):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("merge.py", EMPTY)
    runs = graded()

    assert main(["grade", str(path), *options]) == 0
    assert runs[0][0] is LAB


def test_lab_that_is_not_there_is_told(capsys, submission):
    assert main(["grade", str(submission), "--lab", "juggling"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("--lab must name one of the labs; 'juggling' is not one of them. They are: ")


def test_labs_have_names_and_tags_of_their_own():
    labs = list_labs()

    assert LAB in labs
    assert len({lab.name for lab in labs}) == len({lab.tag for lab in labs}) == len(labs)
    assert [find_lab(lab.name) for lab in labs] == list(labs)
    assert [find_lab("", f"N26130891_{lab.tag}.zip") for lab in labs] == list(labs)


@pytest.mark.parametrize(
    ("names", "lab"),
    [
        (["merge.py"], "merge"),
        (["maps.py"], "maps"),
        (["Maps (1).py"], "maps"),
        (["anything.zip"], DEFAULT),
        ([], DEFAULT),
        (["maps.py", "N26130891_Lab3.zip"], "merge"),
    ],
    ids=" ".join,
)
def test_lab_is_that_of_the_zip_then_of_the_code(names, lab):
    assert find_lab("", *names).name == lab


def test_lab_that_is_alone_needs_no_name(monkeypatch):
    (maps,) = (lab for lab in list_labs() if lab.name == "maps")
    monkeypatch.setattr("grader.labs.list_labs", lambda: (maps,))

    assert find_lab("", "anything.py") is maps


def test_cases_from_a_seed_have_no_sources(capsys):
    assert main(["cases", "--lab", "maps", "--sources"]) == 2
    assert capsys.readouterr().err == (
        "--sources needs cases that are made from something; those of 'maps' have a seed alone.\n"
    )


# Words of the command line.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["judge"], "invalid choice: 'judge'"),
        (["grade"], "the following arguments are required: ZIP"),
        (["grade", "x.zip", "--audience", "parents"], "invalid choice: 'parents' (choose from 'student', 'staff')"),
        (["grade", "x.zip", "--fast"], "unrecognized arguments: --fast"),
        (["doctor", "--sandbox", "none"], "invalid choice: 'none'"),
        (["cases", "--seed", "many"], "argument --seed: invalid int value: 'many'"),
        (["cases", "--seed", "1", "--sources"], "argument --sources: not allowed with argument --seed"),
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
def test_doctor_tells_labs_and_protections(monkeypatch, capsys, protections, code):
    asked = []
    monkeypatch.setattr(doctor, "examine", lambda *how: asked.append(how) or protections)
    monkeypatch.setattr(doctor, "find_interpreter", lambda *how: asked.append(how) or "It will run under Python 2.")

    assert main(["doctor", "--sandbox", "strict", "--student-python", "python2"]) == code

    out = capsys.readouterr().out
    assert asked == [("strict", Path("python2"))] * 2
    assert "\nIt will run under Python 2.\n" in out
    n_cases = len(load_lab_files(LAB).cases)
    assert f"OpenPose lab 3: 26 checks have their tests and {n_cases} cases.\n" in out
    assert out.count(" checks have their tests and ") == len(list_labs())
    assert all(protection.name in out and protection.detail in out for protection in protections)


def test_doctor_tells_files_of_a_lab_that_do_not_fit(monkeypatch, capsys):
    def refuse(*_):
        raise RubricError("Each check must have cases; 'gaps' has none.")

    monkeypatch.setattr(lab_files, "load_lab_files", refuse)

    assert main(["doctor"]) == 3
    assert "The grader cannot do this: Each check must have cases; 'gaps' has none." in capsys.readouterr().err


SEED_TOLD = "The seed of the hidden set stands in cases/seed.txt, which git ignores. Publish neither.\n"


@pytest.fixture
def two_families(monkeypatch, tmp_path):
    """Have the cases of two checks alone written, into a folder of their own."""
    monkeypatch.setattr(merge_lab, "CASES", tmp_path / "cases")
    monkeypatch.setitem(vars(LAB), "folder", tmp_path)
    monkeypatch.setattr(write, "FAMILIES", {name: write.FAMILIES[name] for name in ("cycles", "nobody")})
    return tmp_path / "cases"


@pytest.mark.parametrize(
    ("options", "folder", "told"), [([], "hidden", SEED_TOLD), (["--public"], "public", "")], ids=["hidden", "public"]
)
def test_cases_writes_one_set_and_says_what_changed(two_families, capsys, options, folder, told):
    assert main(["cases", "--seed", "7", *options]) == 0
    assert capsys.readouterr().out == f"{told}{folder}/cycles.json\n{folder}/nobody.json\n2 files changed.\n"
    assert {(case.check, case.visibility) for case in load_cases(two_families, read_case)} == {
        ("cycles", folder),
        ("nobody", folder),
    }

    assert main(["cases", "--seed", "7", *options]) == 0
    assert capsys.readouterr().out == f"{told}0 files changed.\n"


def test_cases_draws_a_seed_for_the_hidden_set_and_keeps_it(two_families, capsys):
    assert main(["cases"]) == 0
    seed, drawn = (two_families / "seed.txt").read_text(), (two_families / "hidden" / "cycles.json").read_bytes()

    assert main(["cases"]) == 0
    assert (two_families / "seed.txt").read_text() != seed
    assert (two_families / "hidden" / "cycles.json").read_bytes() != drawn

    assert main(["cases", "--seed", seed]) == 0
    assert (two_families / "seed.txt").read_text() == seed
    assert (two_families / "hidden" / "cycles.json").read_bytes() == drawn
    assert SEED_TOLD in capsys.readouterr().out


def test_cases_draws_no_seed_for_the_public_set(two_families, capsys):
    assert main(["cases", "--public"]) == 2
    assert capsys.readouterr().err == (
        "The public set must be the same for everybody: name its seed, which cases/README.md tells.\n"
    )
    assert not two_families.exists()


def test_seed_of_a_hidden_set_is_ignored_by_git():
    path = "grader/labs/merge/cases/seed.txt"
    patterns = (REPOSITORY / ".gitignore").read_text().split()

    assert any(PurePosixPath(f"/{path}").match(pattern) for pattern in patterns)


def test_cases_makes_sources_alone(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(vars(LAB), "folder", tmp_path)
    monkeypatch.setattr(picture_cases, "write_maps", lambda: [tmp_path / "cases" / "maps" / "1.npz"])

    assert main(["cases", "--sources"]) == 0
    assert capsys.readouterr().out == "maps/1.npz\n1 files changed.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def no_secrets(monkeypatch):
    """Leave out the search for secrets, which takes most of the time and has tests of its own."""
    monkeypatch.setattr(release, "read_secrets", lambda *_: release.Secrets(frozenset(), frozenset(), (), ()))


def test_release_builds_a_zip(no_secrets, capsys, tmp_path):
    path = tmp_path / "EAI_Lab3.zip"

    assert main(["release", "--out", str(path)]) == 0

    names = zipfile.ZipFile(path).namelist()
    assert "EAI_Lab3/check.py" in names
    assert capsys.readouterr().out == f"{path}: {len(names)} files\n"


def test_release_that_cannot_be_written_is_told(no_secrets, capsys, tmp_path):
    assert main(["release", "--out", str(tmp_path / "none" / "x.zip")]) == 3
    assert "The grader cannot do this: The archive must be written somewhere;" in capsys.readouterr().err


def test_fault_of_the_grader_is_no_mark(monkeypatch, capsys, tmp_path, submission):
    def fail(self, rule, **_):
        raise KeyError("no such thing")

    monkeypatch.setattr(Check, "judge_each", fail)
    results, page = tmp_path / "r.json", tmp_path / "page.html"

    assert main(["grade", str(submission), "--no-shrink", "--results", str(results), "--html", str(page)]) == 3

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
    def fail(self, rule, **_):
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
    assert f"{option} must name a file in an existing folder; got {str(path)!r}." in printed.err
    assert "points" not in printed.out


def test_results_that_cannot_be_written_at_the_end_are_told(monkeypatch, capsys, tmp_path, submission):
    full = tmp_path / "r.json"
    full.symlink_to("/dev/full")

    assert main(["grade", str(submission), "--no-shrink", "--results", str(full)]) == 3

    printed = capsys.readouterr()
    assert "the results cannot be written: [Errno 28] No space left on device" in printed.err
    assert "Traceback" not in printed.out + printed.err


@pytest.mark.parametrize("command", [["grade", "{submission}"], ["doctor"], ["grade", "no_such.zip"]], ids=str)
def test_output_that_nobody_reads_ends_the_grader_without_a_word(tmp_path, submission, command):
    words = [word.format(submission=submission) for word in command]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed, (tmp_path / "errors").open("wb") as errors:
        is_error_told = command[-1] == "no_such.zip"
        ended = subprocess.run(
            [sys.executable, "-m", "grader", *words],
            stdout=closed,
            stderr=closed if is_error_told else errors,
            cwd=REPOSITORY,
            check=False,
        )

    assert ended.returncode == NOBODY_READS == 141
    assert "Traceback" not in (tmp_path / "errors").read_text()
    assert "BrokenPipe" not in (tmp_path / "errors").read_text()


def test_results_are_written_also_where_nobody_reads(tmp_path, submission):
    results = tmp_path / "r.json"
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        command = [sys.executable, "-m", "grader", "grade", str(submission), "--no-shrink", "--results", str(results)]
        subprocess.run(command, stdout=closed, cwd=REPOSITORY, check=False)

    assert json.loads(results.read_bytes())["output"].startswith("Code: ")


def test_stopped_grading_is_no_mark(monkeypatch, capsys, tmp_path, submission):
    def stop(self, rule, **_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Check, "judge_each", stop)

    assert main(["grade", str(submission), "--results", str(tmp_path / "r.json")]) == 130
    assert not (tmp_path / "r.json").exists()
    assert "points" not in capsys.readouterr().out


UNKNOWN = "A language must be en (English) or zh-TW (繁體中文); got 'klingon'.\n"


@pytest.mark.parametrize(
    "words",
    [["grade", "{file}"], ["batch", "{folder}", "--out", "{folder}/out"], ["export", "{folder}/out", "--csv"]],
    ids=lambda words: words[0],
)
def test_unknown_language_is_one_sentence(capsys, tmp_path, submission, words):
    arguments = [word.format(file=submission, folder=tmp_path) for word in words]

    assert main([*arguments, "--lab", "merge", "--language", "klingon"]) == 2

    assert capsys.readouterr() == ("", UNKNOWN)
    assert not (tmp_path / "out").exists()


def test_unknown_language_is_one_sentence_of_pytest(submission):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "grader", f"--student={submission}", "--language=klingon"],
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert UNKNOWN.strip() in done.stderr


def test_pytest_writes_in_the_language_that_was_asked_for(submission, tmp_path):
    page = tmp_path / "page.html"
    chosen = [f"--student={submission}", "--language=zh-TW", f"--html={page}", "-k", "handout", "--tb=line"]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "grader", *chosen],
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert "0 分，滿分 60 分" in done.stdout
    assert "PointsLostError: 必須有一個人是" in done.stdout
    assert '<html lang="zh-TW">' in page.read_text(encoding="utf-8")


def test_grade_writes_in_the_language_that_was_asked_for(graded, capsys, tmp_path, submission):
    graded(failing())
    page = tmp_path / "page.html"

    assert main(["grade", str(submission), "--language", "zh-TW", "--html", str(page)]) == 0

    assert "程式：" in capsys.readouterr().out
    assert '<html lang="zh-TW">' in page.read_text(encoding="utf-8")


def test_grade_writes_in_the_language_of_the_rubric(graded, capsys, monkeypatch, submission):
    graded(failing())
    files = load_lab_files(LAB)
    chinese = replace(files, rubric=replace(files.rubric, language="zh-TW"))
    monkeypatch.setattr(lab_files, "load_lab_files", lambda _: chinese)

    assert main(["grade", str(submission)]) == 0
    assert "程式：" in capsys.readouterr().out
    assert main(["grade", str(submission), "--language", "en"]) == 0
    assert "Code: " in capsys.readouterr().out


def test_grade_writes_for_the_staff_in_english(graded, capsys, monkeypatch, submission):
    graded(failing())
    monkeypatch.setenv("LANG", "zh_TW.UTF-8")
    monkeypatch.delenv("LANGUAGE", raising=False)

    assert main(["grade", str(submission), "--language", "zh-TW", "--audience", "staff"]) == 0
    assert "Code: " in capsys.readouterr().out
    assert main(["grade", str(submission)]) == 0
    assert "Code: " in capsys.readouterr().out
