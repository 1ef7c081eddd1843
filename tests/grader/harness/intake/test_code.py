import pytest

from grader.harness.intake.code import Wanted
from grader.harness.intake.contents import read_contents
from grader.harness.intake.names import Naming
from tests.submissions.malformed import (
    CHECKSUM,
    NOTEBOOK,
    REPORT,
    REPORT_NAME,
    SOURCE,
    TEMPLATE,
    pack,
    packages,
    patched,
    special,
)

NAMING = Naming("Lab3", "merge.py")
OTHER = SOURCE + b"# another\n"
HANDOUT = frozenset({"config.py", "demo_image.py"})


def read(*members, **wanted):
    data = pack(*members, (REPORT_NAME, REPORT))
    return read_contents(data, Wanted(NAMING, TEMPLATE, handout=HANDOUT, **wanted))


def told(found):
    return {problem.code: str(problem.explanation) for problem in found.problems}


NAMES = ["merge - Copy.py", "merge - 複製.py", "merge copy.py", "merge.py.py", "solution.py"]
NAMES += ["merge的副本.py", "Lab3.PY", "lab.py.txt", "a b/hw3.py"]


@pytest.mark.parametrize(
    "name", ["N26130891_merge.py", "n26130891 Merge.PY", "merge-26130891.py", "N26130891merge.py.py"]
)
def test_file_with_the_student_id_counts_beside_what_it_imports(name):
    found = read(("attempt.py", OTHER), (name, SOURCE))

    assert (found.source, found.files) == (SOURCE, {"attempt": OTHER})
    assert told(found)["code_name"] == (
        f"The code must be in a file merge.py; it is called '{name}'. It was graded; use exactly this name next time."
    )


def test_files_of_two_students_leave_a_doubt():
    found = read(("N26130891_merge.py", SOURCE), ("N26130892_merge.py", OTHER), ("a.py", b""))

    assert "it holds 2 Python files, and none is called so: 'N26130891_merge.py', 'N261" in told(found)["no_code"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_only_python_file_is_the_code(name):
    found = read((name, SOURCE))

    shown = name.rpartition("/")[2]
    assert found.source == SOURCE
    assert told(found) == {
        "code_name": f"The code must be in a file merge.py; it is called '{shown}', the only Python file that can be "
        "meant. It was graded; use exactly this name next time."
    }


@pytest.mark.parametrize(
    "others",
    [
        [("config.py", b"# published"), ("lab/Demo_Image.py", b"# published")],
        [("template.py", TEMPLATE.replace(b"\n", b"\r\n"))],
        [("copy/solution.py", SOURCE)],
        [("__init__.py", b""), ("lab/__init__.py", b"")],
        packages("venv/lib/python3.8/site-packages"),
        [(f"env/{name}", source) for name, source in packages("Lib")],
        [("../other.py", OTHER), (special("link.py", 0o120000), b"x")],
        [("__MACOSX/._solution.py", b"\0"), ("__pycache__/x.py", b"")],
        [("notes.ipynb", NOTEBOOK), ("merge.txt", OTHER)],
    ],
    ids=["handout", "template", "equal", "packages", "venv", "env", "misplaced", "junk", "other formats"],
)
def test_files_that_cannot_be_meant_leave_no_doubt(others):
    found = read(*others, ("solution.py", SOURCE))

    assert found.source == SOURCE
    assert "code_name" in told(found)


def test_right_name_goes_before_the_only_other_file():
    assert read(("solution.py", OTHER), ("Merge.py", SOURCE)).source == SOURCE
    assert read(("env/merge.py", OTHER), ("merge.py", SOURCE)).source == SOURCE


@pytest.mark.parametrize("name", ["merge - Copy.py", "N26130891_merge.py", "my_Merge.py"])
def test_copy_counts_beside_the_untouched_template(name):
    found = read(("merge.py", TEMPLATE), (name, SOURCE), ("estimation/merge.py", TEMPLATE))

    assert found.source == SOURCE
    assert set(told(found)) == {"several_codes", "code_name"}
    assert f"'{name}' counts" in told(found)["several_codes"]


@pytest.mark.parametrize("others", [("test.py",), ("merge - Copy.py", "my_merge.py")], ids=" ".join)
def test_untouched_template_stays_what_it_is_beside_other_files(others):
    found = read(("merge.py", TEMPLATE), *[(name, SOURCE + name.encode()) for name in others])

    assert found.source == TEMPLATE


def test_untouched_template_stays_what_it_is_beside_the_code_of_another_lab():
    found = read(("merge.py", TEMPLATE), ("maps.py", SOURCE), others=[Naming("Lab4", "maps.py")])

    assert (found.source, set(told(found))) == (TEMPLATE, {"code_beside"})


def test_several_python_files_leave_a_doubt():
    found = read(("a.py", SOURCE), ("b.py", OTHER), ("config.py", b""))

    assert found.source is None
    assert told(found) == {
        "no_code": "The zip must hold a file merge.py; it holds 2 Python files, and none is called so: 'a.py', 'b.py'. "
        "Put your code in, under exactly this name."
    }


def test_crowd_of_python_files_is_not_read():
    found = read(*[(f"{number}.py", SOURCE) for number in range(9)])

    assert "it holds 9 Python files, and none is called so: '0.py', '1.py'" in told(found)["no_code"]


def test_python_file_that_cannot_be_read_is_one_of_several():
    data = patched(pack(("a.py", SOURCE), ("big.py", OTHER), (REPORT_NAME, REPORT)), CHECKSUM, 0, name=b"big.py")
    alone = patched(pack(("big.py", OTHER), (REPORT_NAME, REPORT)), CHECKSUM, 0, name=b"big.py")

    assert "none is called so: 'a.py', 'big.py'" in told(read_contents(data, Wanted(NAMING)))["no_code"]
    assert "'big.py' in it is not what was packed" in told(read_contents(alone, Wanted(NAMING)))["damaged"]


def test_files_of_the_handout_alone_are_no_code():
    assert "it holds 'config.py', " in told(read(("config.py", SOURCE)))["no_code"]


@pytest.mark.parametrize("folder", ["env", "venv", "lab3"])
def test_code_in_an_environment_counts_where_it_is_alone(folder):
    found = read((f"{folder}/pyvenv.cfg", b""), (f"{folder}/merge.py", SOURCE), (f"{folder}/Lib/merge.py", OTHER))

    assert (found.source, told(found)) == (SOURCE, {})


def test_report_in_an_environment_is_none():
    data = pack(("merge.py", SOURCE), ("venv/share/manual_report.pdf", REPORT))

    assert told(read_contents(data, Wanted(NAMING)))["no_report"]


def test_other_lab_is_told_before_its_file_is_taken():
    found = read(("maps.py", SOURCE), others=[Naming("Lab4", "maps.py")])

    assert list(told(found)) == ["other_lab"]


def test_file_of_the_handout_is_not_another_labs_code():
    others, handout = [Naming("Lab4", "maps.py")], frozenset({"maps.py", "config.py"})

    def look(*members):
        data = pack(*members, (REPORT_NAME, REPORT))
        return read_contents(data, Wanted(NAMING, TEMPLATE, handout=handout, others=others))

    whole = look(("lab/maps.py", SOURCE), ("lab/config.py", SOURCE), ("mine.py", SOURCE))
    alone = look(("lab/maps.py", SOURCE), ("config.py", SOURCE))

    assert whole.source == SOURCE
    assert "looks like one of Lab4" in told(alone)["other_lab"]
