"""The release: what students get, that it works where they unpack it, and that it holds no secret."""

import ast
import io
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from grader.harness import release
from grader.harness.cases import load_cases
from grader.harness.errors import GraderError, UsageError
from grader.harness.lab import Handout
from grader.harness.release import build_release, collect_files, without_staff
from grader.harness.report.gradescope import load
from grader.harness.results import Visibility
from grader.labs.merge.lab import LAB
from grader.labs.merge.merge_case import read_case

REPOSITORY = Path(__file__).resolve().parents[3]
TOP = LAB.handout.top
SUBMISSIONS = REPOSITORY / "tests" / "submissions"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Where the release is, and the names in it."""
    out = tmp_path_factory.mktemp("release") / "EAI_Lab3.zip"
    return out, build_release(LAB, out)


@pytest.fixture(scope="module")
def archive(built):
    """The release as bytes by name, top folder left out."""
    out, names = built
    with zipfile.ZipFile(out) as opened:
        assert opened.namelist() == names
        assert opened.testzip() is None
        return {name.removeprefix(f"{TOP}/"): opened.read(name) for name in names}


def unpack(archive, folder):
    for name, content in archive.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.fixture
def lab(archive, tmp_path):
    """The release, unpacked where no other file of the project is near; the folder's name is no plain word."""
    folder = tmp_path / "my lab 實驗"
    unpack(archive, folder)
    return folder


def run(folder, *command, **variables):
    """Run a command as a student does: in the folder, with nothing of ours in the environment but `variables`."""
    kept = {"PATH", "HOME", "TEMP", "SYSTEMROOT", "USERPROFILE"}
    environment = {name: value for name, value in os.environ.items() if name.upper() in kept}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**environment, "PYTHONIOENCODING": "utf-8", **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def members(archive):
    """Go through all files, and through the files in archives among them."""
    for name, content in archive.items():
        yield name, content
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as inner:
                yield from ((f"{name}/{inside}", inner.read(inside)) for inside in inner.namelist())


# What is in it.


def test_release_holds_what_the_lab_asks_for(archive):
    assert {
        "README.md",
        "README.zh-TW.md",
        "requirements.txt",
        "check.py",
        "pack.py",
        "report_template.rtf",
        "demo_image.py",
        "LICENSE",
        "estimation/merge.py",
        "images/1.jpg",
        "images/annotations.json",
        "model_weights/compact.onnx",
        "model_weights/README.md",
        "grader/labs/merge/rubric.toml",
    } <= archive.keys()
    assert archive["estimation/merge.py"] == (REPOSITORY / "student_template" / "merge.py").read_bytes()


def test_release_holds_no_module_of_the_staff(archive):
    forbidden = r"hidden|maps/|reference\.py|shrinking|casemaking|doctor|release\.py|__main__|training/|tests/|\.pyc"
    forbidden += "|batch|attack"

    assert not [name for name in archive if re.search(forbidden, name)]


def test_release_names_stay_in_its_folder(archive):
    for name in archive:
        assert not Path(name).is_absolute()
        assert ".." not in name.split("/")
        assert "\\" not in name


def test_release_is_the_same_again(built, tmp_path):
    build_release(LAB, tmp_path / "again.zip")

    assert (tmp_path / "again.zip").read_bytes() == built[0].read_bytes()
    with zipfile.ZipFile(built[0]) as opened:
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# What is not in it.


def functions(source):
    """Write each function of a module in one form, whatever its name, comments, docstring and layout."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = [statement for statement in node.body if not isinstance(statement, ast.Expr)]
            yield node.name, "\n".join(ast.unparse(statement) for statement in body)


def test_release_holds_no_function_of_the_reference(archive):
    reference = dict(functions((REPOSITORY / "estimation" / "merge.py").read_bytes()))
    assert len(reference) > 8

    for name, content in members(archive):
        assert not [function for function in reference if function != "merge" and function.encode() in content], name
        if name.endswith(".py"):
            assert not {body for _, body in functions(content)} & set(reference.values()), name


def test_release_holds_no_sentence_of_the_reference(archive):
    source = (REPOSITORY / "estimation" / "merge.py").read_text(encoding="utf-8")
    sentences = {
        line.strip().encode() for line in source.splitlines() if len(line.strip()) > 60 and "import" not in line
    }
    assert len(sentences) > 30

    for name, content in members(archive):
        assert not {line.strip() for line in content.splitlines()} & sentences, name


def test_release_holds_no_hidden_case(archive, tmp_path):
    hidden = [case for case in load_cases(LAB.folder / "cases", read_case) if case.visibility is Visibility.HIDDEN]
    unpack(archive, tmp_path)

    shipped = load_cases(tmp_path / "grader" / "labs" / "merge" / "cases", read_case)

    assert shipped
    assert {case.visibility for case in shipped} == {Visibility.PUBLIC}
    assert not {(case.check, case.name) for case in shipped} & {(case.check, case.name) for case in hidden}
    rows = {case.rows.tobytes() for case in shipped}
    assert not [case.name for case in hidden if len(case.rows) > 2 and case.rows.tobytes() in rows]


def test_release_holds_no_text_for_staff(archive):
    rubric = tomllib.loads((LAB.folder / "rubric.toml").read_text(encoding="utf-8"))
    told = [check["staff"].encode() for check in rubric["check"]]
    assert len(told) > 20

    for name, content in members(archive):
        assert not [text for text in told if text in content], name
    assert all(
        "staff" not in check for check in tomllib.loads(archive["grader/labs/merge/rubric.toml"].decode())["check"]
    )


def test_release_needs_nothing_of_the_reference_but_merge(archive):
    for name, content in archive.items():
        if name.endswith(".py"):
            for node in ast.walk(ast.parse(content)):
                if isinstance(node, ast.ImportFrom) and node.module == "estimation.merge":
                    assert [alias.name for alias in node.names] == ["merge"], name


# It works where it is unpacked.


def solution(name):
    return (SUBMISSIONS / name / "merge.py").read_bytes()


BUILDING = ("__init__", "export", "lightweight", "normalisation", "openpose")  # start TensorFlow, loudly


def test_release_modules_import_with_the_stub(lab):
    names = [path.relative_to(lab).with_suffix("").as_posix() for path in sorted(lab.glob("estimation/*.py"))]
    modules = [name.replace("/", ".") for name in names if not name.endswith(BUILDING)]

    shown = run(lab, "-c", f"import importlib\nfor name in {modules!r}: importlib.import_module(name)")

    assert shown.stderr == ""
    assert len(modules) > 15


@pytest.fixture
def without_packages(tmp_path):
    """Give the folder of modules that stand for packages which README.md does not ask for, and cannot be imported."""
    folder = tmp_path / "not installed"
    folder.mkdir()
    for name in ("pytest", "msgspec", "hypothesis", "scipy", "numba", "tensorflow", "keras", "httpx"):
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError('no {name}', name='{name}')\n")
    return folder


def test_check_passes_a_right_solution(lab, without_packages):
    (lab / "estimation" / "merge.py").write_bytes(solution("pass_union_find"))

    shown = run(lab, "check.py", PYTHONPATH=str(without_packages))

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.startswith("merge.py: 60 of 60 points\n")
    assert "More: python check.py --all. With drawings: open check.html in your browser.\n" in shown.stdout
    assert shown.stdout.endswith("These are the public cases; marks are given by more cases of the same kinds.\n")
    assert (lab / "check.html").read_text(encoding="utf-8").startswith("<!")


def test_check_tells_one_thing_of_the_stub(lab):
    shown = run(lab, "check.py")

    assert shown.returncode == 1
    words = " ".join(shown.stdout.split())
    assert words == (
        "merge.py: 0 of 60 points Not graded: merge.py must hold your code; it is still as you got it. Open "
        "estimation/merge.py and write your code where its comments say so."
    )


def test_check_takes_a_zip_and_another_page(lab, tmp_path):
    (lab / "estimation" / "merge.py").write_bytes(solution("pass_union_find"))
    (lab / "N26130891_Lab3_report.pdf").write_bytes(b"%PDF-1.7\n")
    assert run(lab, "pack.py", "N26130891").returncode == 0

    shown = run(lab, "check.py", "N26130891_Lab3.zip", "--html", str(tmp_path / "page.html"))

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert (tmp_path / "page.html").exists()
    assert not (lab / "check.html").exists()


def test_check_minds_no_other_settings_of_pytest(lab, tmp_path):
    (lab / "estimation" / "merge.py").write_bytes(solution("pass_union_find"))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n", encoding="utf-8")

    shown = run(lab, "check.py", PYTEST_ADDOPTS="--nonsense", PYTEST_PLUGINS="nonsense")

    assert shown.returncode == 0, shown.stdout + shown.stderr


def test_check_prints_what_a_terminal_cannot_show(lab):
    (lab / "estimation" / "merge.py").write_bytes("print('合併 →')\n".encode() + solution("pass_union_find"))

    shown = run(lab, "check.py", PYTHONIOENCODING="ascii")

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.startswith("merge.py: 60 of 60 points\n")
    assert "\\u5408\\u4f75" in shown.stdout


def public_sentences(folder, *options):
    """Grade with pytest in a folder; return what is said of each public case that failed."""
    shown = run(folder, "-m", "pytest", "grader", "--sandbox=off", "--no-shrink", *options)
    assert shown.returncode == 1, shown.stdout + shown.stderr
    (results,) = [Path(option.split("=")[1]) for option in options if option.startswith("--results")]
    checks = load(LAB, results.read_bytes()).checks
    return {
        (check.key, case.name): str(case.explanation)
        for check in checks
        for case in check.failures
        if case.visibility is Visibility.PUBLIC and check.key != "same_answer"
    }


def test_check_says_what_the_grader_says(lab, tmp_path):
    name = "wrong_counts_added_up"
    student = f"--student={SUBMISSIONS / name / 'merge.py'}"
    (lab / "estimation" / "merge.py").write_bytes(solution(name))

    shown = run(lab, "check.py")
    theirs = public_sentences(lab, student, f"--results={tmp_path / 'theirs.json'}")
    ours = public_sentences(REPOSITORY, student, f"--results={tmp_path / 'ours.json'}")

    assert shown.returncode == 1
    assert theirs
    assert theirs == ours
    words = " ".join(shown.stdout.split())
    first = next(iter(theirs.values()))
    assert " ".join(first.split(";")[0].split()) in words


def test_demo_says_that_merge_is_not_written(lab, without_packages):
    shown = run(lab, "demo_image.py", "--network", "compact", PYTHONPATH=str(without_packages))

    assert shown.returncode != 0
    last = shown.stderr.splitlines()[-1]
    assert last.endswith(": merge() is not written yet. Open estimation/merge.py and put your code here.")


def test_labs_network_asks_for_keras_in_one_sentence(lab, without_packages):
    (lab / "mine.npz").write_bytes((REPOSITORY / "model_weights" / "compact.npz").read_bytes())

    shown = run(lab, "demo_image.py", "--network", "mine.npz", PYTHONPATH=str(without_packages))

    assert shown.returncode == 2
    assert shown.stderr == (
        "demo_image.py: The lab's network, weights in a .npz file and training need Keras and TensorFlow, and writing "
        "ONNX needs onnx; keras is not installed. Install them: python -m pip install tensorflow keras onnx\n"
    )


def test_demo_explains_before_merge_is_written(lab, without_packages):
    shown = run(lab, "demo_image.py", "--explain", "handout", PYTHONPATH=str(without_packages))

    assert shown.returncode == 2
    assert shown.stdout.startswith("The example of the handout: 9 rows reach merge\n")
    assert "merge() is not written yet. Open estimation/merge.py and put your code here." in shown.stderr


def test_demo_explains_a_picture_before_merge_is_written(lab, without_packages):
    shown = run(lab, "demo_image.py", "--image", "images/12.jpg", "--explain", PYTHONPATH=str(without_packages))

    assert shown.returncode == 2
    assert "images/12.jpg: 46 rows reach merge\n" in shown.stdout
    assert "merge() is not written yet. Open estimation/merge.py and put your code here." in shown.stderr


def test_demo_takes_the_labs_steps_in_the_release(lab, without_packages):
    (lab / "estimation" / "merge.py").write_bytes(solution("pass_union_find"))

    explained = run(lab, "demo_image.py", "--image", "images/12.jpg", "--explain", PYTHONPATH=str(without_packages))

    assert explained.returncode == 0, explained.stderr
    assert "images/12.jpg: 46 rows reach merge\n" in explained.stdout
    assert "! A keypoint of this row is in another row of the same limb" in explained.stdout


def test_demo_runs_in_the_release(lab, without_packages):
    (lab / "estimation" / "merge.py").write_bytes(solution("pass_union_find"))

    shown = run(lab, "demo_image.py", "--network", "compact", PYTHONPATH=str(without_packages))

    assert shown.returncode == 0, shown.stderr
    assert "images" in shown.stdout
    assert "1 person; " in shown.stdout
    assert (lab / "output.png").stat().st_size > 10_000


# What stops it.


def lab_with(**handout):
    """Make a lab that gives its rubric and its template to students, and what is named besides."""
    lab = replace(
        LAB,
        handout=Handout(
            **{
                "top": TOP,
                "shipped": ("student_template/*.py", "grader/labs/merge/rubric.toml"),
                "to_top": "student_template",
                "code": "estimation/merge.py",
                "references": ["estimation/merge.py"],
                **handout,
            }
        ),
    )
    vars(lab)["folder"] = LAB.folder
    return lab


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A repository of a few files, all of them shipped but the reference."""
    files = {
        "estimation/config.py": "ABSENT = -1\n",
        "estimation/merge.py": "def _join(a):\n    b = a\n    c = b\n    d = c\n    e = d\n    return e\n",
        "estimation/text.txt": "A text.\n",
        "student_template/pack.py": "PACK = 1\n",
        "student_template/merge.py": "def merge(subset):\n    raise NotImplementedError\n",
        "grader/labs/merge/rubric.toml": '[[check]]\nkey = "cycles"\nstaff = "Nobody may read this."\n',
        "grader/labs/merge/cases/hidden/cycles.json": json.dumps(
            {"cases": [{"name": "ring", "rows": [["neck", 1, "nose", 2, 0.5]]}, {"name": "none", "rows": []}]}
        ),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(release, "SHIPPED", ("estimation/*.py", "estimation/*.txt"))
    monkeypatch.setattr(release, "WITHHELD", ())
    return tmp_path


def test_release_of_a_small_repository(small):
    names = build_release(lab_with(), small / "out.zip", repository=small)

    assert names == [
        f"{TOP}/estimation/config.py",
        f"{TOP}/estimation/merge.py",
        f"{TOP}/estimation/text.txt",
        f"{TOP}/grader/labs/merge/rubric.toml",
        f"{TOP}/pack.py",
        f"{TOP}/student_template/merge.py",
    ]


def test_release_leaves_out_what_the_lab_withholds(small):
    names = build_release(lab_with(withheld=["estimation/config.py"]), small / "out.zip", repository=small)

    assert f"{TOP}/estimation/config.py" not in names
    assert f"{TOP}/estimation/text.txt" in names


def test_release_puts_the_template_where_the_student_writes(small):
    files = collect_files(lab_with(), small)

    assert b"NotImplementedError" in files["estimation/merge.py"]


def test_release_of_a_lab_that_gives_nothing_is_refused(tmp_path):
    message = r"^A lab must have a handout to be released; 'merge' has none\. Give it one in its lab\.py\.$"
    with pytest.raises(UsageError, match=message):
        build_release(replace(LAB, handout=None), tmp_path / "out.zip")


def nested(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", text)
    return buffer.getvalue()


FIVE_LINES = "  b = a\n\n  c = b\n  d = c\n  e = d\n  return e"


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"def _join(x): pass", "the reference solution's _join"),
        (json.dumps({"code": "x = 1\ndef _join(a):"}).encode(), "the reference solution's _join"),
        (FIVE_LINES.encode(), "lines of the reference solution"),
        (FIVE_LINES.replace("\n", "\r\n").encode(), "lines of the reference solution"),
        (nested(FIVE_LINES), "lines of the reference solution"),
        (nested(nested(FIVE_LINES)), "lines of the reference solution"),
        (b'{"name": "ring", "rows": [\n ["neck", 1, "nose", 2, 0.5]]}', 'the hidden case "ring"'),
        (b'# "Nobody may read this."', "the text for staff 'Nobody may read this.'"),
    ],
    ids=["name", "name in JSON", "lines", "lines of Windows", "archive", "archive twice", "case", "staff"],
)
def test_release_stops_at_a_secret(small, content, secret):
    (small / "estimation" / "text.txt").write_bytes(content)

    with pytest.raises(GraderError, match=f"^Students must not get {re.escape(secret)}; it is in estimation/text.txt"):
        build_release(lab_with(), small / "out.zip", repository=small)
    assert not (small / "out.zip").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"b = a\nc = b\nd = c\ne = d\n",
        b'{"name": "ring", "rows": []}',
        b'{"name": "circle", "rows": [["neck", 1, "nose", 2, 0.5]]}',
        b'{"name": "none", "rows": []}',
        b"\xff\xfe\x00 no text",
    ],
    ids=["four lines", "name alone", "rows alone", "case without rows", "binary"],
)
def test_release_takes_coincidences(small, content):
    (small / "estimation" / "text.txt").write_bytes(content)

    assert build_release(lab_with(), small / "out.zip", repository=small)


def test_release_stops_when_a_pattern_fits_nothing(small):
    (small / "estimation" / "text.txt").unlink()

    with pytest.raises(GraderError, match=r"must be there; 'estimation/\*\.txt' fits no file\. Fix SHIPPED in rel"):
        build_release(lab_with(), small / "out.zip", repository=small)


@pytest.mark.parametrize("line", ["from tools.knife import cut\n", "from tools import knife\n"], ids=["name", "module"])
def test_release_stops_when_an_import_is_missing(small, line):
    (small / "tools").mkdir()
    (small / "tools" / "knife.py").touch()
    (small / "estimation" / "config.py").write_text(line, encoding="utf-8")

    with pytest.raises(
        GraderError,
        match=r"what estimation/config\.py imports; tools/knife\.py is not shipped\. Name it in the lab's handout\.$",
    ):
        build_release(lab_with(), small / "out.zip", repository=small)


def test_release_stops_when_it_cannot_be_written(small):
    with pytest.raises(GraderError, match=r"must be written somewhere; .*out\.zip cannot be: No such file"):
        build_release(lab_with(), small / "nowhere" / "out.zip", repository=small)


@pytest.mark.parametrize(
    "staff",
    ['staff = """\nTwo\nlines."""\n', "  staff = 'indented'\n", 'staff= "no space"\n'],
    ids=["lines", "indented", "no space"],
)
def test_rubric_for_students_stops_at_a_text_it_cannot_remove(staff):
    with pytest.raises(GraderError, match=r"^Each text for staff in rubric\.toml must be one line that begins with"):
        without_staff(f'[[check]]\nkey = "cycles"\n{staff}'.encode())


def test_rubric_for_students_keeps_all_else():
    rubric = b'# Points.\n[[check]]\nkey = "cycles"\nstaff = "x"\npoints = 3\n'

    assert without_staff(rubric) == b'# Points.\n[[check]]\nkey = "cycles"\npoints = 3\n'


# In Chinese.


def test_check_speaks_the_language_of_the_machine(lab):
    shown = run(lab, "check.py", LANG="zh_TW.UTF-8")

    assert shown.returncode == 1, shown.stderr
    words = "".join(shown.stdout.split())
    assert words == (
        "merge.py：0分，滿分60分無法評分：merge.py必須有你的程式碼；它和發下來時一樣。請打開estimation/merge.py，"
        "在註解指示的地方寫上你的程式碼。"
    )


def test_check_writes_its_page_in_the_language_that_was_asked_for(lab):
    (lab / "estimation" / "merge.py").write_bytes(solution("wrong_single_pass"))

    shown = run(lab, "check.py", "--language", "zh-TW")

    assert shown.returncode == 1, shown.stderr
    assert "第一個失敗的項目：任何順序的列。" in shown.stdout
    assert '<html lang="zh-TW">' in (lab / "check.html").read_text(encoding="utf-8")


def test_release_holds_catalogues_and_no_more_of_them(archive):
    catalogues = [name for name in archive if "/locale/" in name]

    assert sorted(catalogues) == [
        "grader/harness/locale/zh_TW/LC_MESSAGES/harness.mo",
        "grader/labs/merge/locale/zh_TW/LC_MESSAGES/merge.mo",
    ]
