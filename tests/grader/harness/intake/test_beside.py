import tracemalloc
import unicodedata

import pytest

from grader.harness.intake import beside
from grader.harness.intake.code import Wanted
from grader.harness.intake.contents import read_contents
from grader.harness.intake.names import Naming
from tests.submissions.malformed import CHECKSUM, HELPER, REPORT, REPORT_NAME, SOURCE, TEMPLATE, pack, patched, special

NAMING = Naming("Lab3", "merge.py")
WANTED = Wanted(NAMING, TEMPLATE, handout=frozenset({"config.py", "coco.py"}))


def read(*members, code="merge.py"):
    return read_contents(pack((code, SOURCE), (REPORT_NAME, REPORT), *members), WANTED)


def told(found):
    return {problem.code: problem.explanation.got for problem in found.problems}


@pytest.mark.parametrize("folder", ["", "lab3/", "王小明/"], ids=ascii)
def test_files_beside_the_code_come_along(folder):
    found = read((f"{folder}tools.py", HELPER), (f"{folder}工具.py", b""), code=f"{folder}merge.py")

    assert found.files == {"tools": HELPER, "工具": b""}
    assert told(found) == {"code_beside": f"graded with it: '{folder}tools.py', '{folder}工具.py'"}


def test_remark_says_that_they_can_be_imported():
    (problem,) = read(("tools.py", HELPER)).problems

    assert not problem.is_fatal
    assert str(problem.explanation) == (
        "merge.py may import Python files that lie beside it in the zip; graded with it: 'tools.py'. There is nothing "
        "to do."
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("old/tools.py", "in another folder"),
        ("my-tools.py", "not called as a module can be"),
        ("2tools.py", "not called as a module can be"),
        ("class.py", "not called as a module can be"),
        ("__main__.py", "not called as a module can be"),
        ("tools.PY", "not called as a module can be"),
        ("tools.py.txt", "not called as a module can be"),
        (".py", "not called as a module can be"),
        ("Merge.py", "called like merge.py itself"),
        ("merge (1).py", "called like merge.py itself"),
    ],
)
def test_other_python_files_are_left_out(path, reason):
    found = read((path, HELPER))

    assert found.files == {}
    assert told(found) == {"other_python": f"left out: '{path}' ({reason})"}


def test_name_of_64_kib_is_left_out():
    found = read(("x" * 60_000 + ".py", HELPER))

    assert found.files == {}
    assert len(told(found)["other_python"]) < 200


def test_copies_of_the_template_and_packages_are_not_told():
    found = read(("template.py", TEMPLATE), ("__init__.py", b""), ("old/merge.py", TEMPLATE))

    assert (found.files, set(told(found))) == ({}, {"several_codes"})


def test_what_is_no_ordinary_file_is_told_once():
    found = read((special("tools.py", 0o120000), b"/etc/passwd"), ("../other.py", HELPER))

    assert (found.files, set(told(found))) == ({}, {"link", "path_outside"})


@pytest.mark.parametrize("name", ["numpy", "random", "os", "json", "\uff4eumpy"])
def test_file_does_not_stand_before_a_module_of_python(name):
    found = read((f"{name}.py", HELPER))  # Python reads the last one as numpy

    assert found.files == {}
    assert str(found.problems[0].explanation) == (
        "A file beside merge.py must not be called like NumPy or a module of Python: merge.py gets the real one; not "
        f"used: '{name}.py'. If merge.py needs it, give it another name, in the import as well."
    )


@pytest.mark.parametrize("encoding", ["cp950", "utf-16"])
def test_encodings_are_turned_into_utf8_as_those_of_the_code(encoding):
    found = read(("tools.py", "# 工具\n".encode(encoding)))

    assert found.files == {"tools": "# 工具\n".encode()}
    assert set(told(found)) == {"code_beside"}


def test_null_bytes_are_no_text():
    assert told(read(("tools.py", b"a = 1\n\0"))) == {"code_beside_left_out": "left out: 'tools.py' (no text)"}


def test_limits_hold_at_their_edge(monkeypatch):
    monkeypatch.setattr(beside, "MAX_FILES", 3)
    monkeypatch.setattr(beside, "MAX_FILE_BYTES", 100)
    monkeypatch.setattr(beside, "MAX_TOTAL_BYTES", 150)

    at_most = read(("a.py", b"#" * 100), ("b.py", b"#" * 50), ("c.py", b""))
    assert set(at_most.files) == {"a", "b", "c"}
    over = read(("a.py", b"#" * 101), ("b.py", b"#" * 100), ("c.py", b"#" * 51), ("d.py", b""))
    assert set(over.files) == {"b"}
    assert told(over) == {
        "code_beside": "graded with it: 'b.py'",
        "code_beside_left_out": (
            "left out: 'a.py' (larger than 1 MiB); 'c.py' (beyond 2 MiB in all); 'd.py' (beyond the first 3)"
        ),
    }


def test_limit_is_what_the_remark_says():
    assert (beside.MAX_FILES, beside.MAX_FILE_BYTES, beside.MAX_TOTAL_BYTES) == (20, 2**20, 2 * 2**20)
    assert str(read(("tools.py", b"a\n\0")).problems[0].explanation).startswith(
        "At most 20 Python files of text, 1 MiB each and 2 MiB together, are graded with merge.py; left out"
    )


def test_lab_s_own_files_give_way_without_a_word(monkeypatch):
    monkeypatch.setattr(beside, "MAX_FILES", 2)
    found = read(("coco.py", b"1"), ("config.py", b"2"), ("tools.py", b"3"))

    assert (found.files, list(told(found))) == ({"tools": b"3", "coco": b"1"}, ["code_beside"])


def test_file_of_one_name_twice_counts_where_both_are_equal():
    decomposed = unicodedata.normalize("NFD", "é")

    same = read(("tools.py", b"1"), ("./tools.py", b"1"), ("é.py", b"2"), (f"{decomposed}.py", b"2"))
    assert same.files == {"tools": b"1", "é": b"2"}
    other = read(("tools.py", b"1"), ("./tools.py", b"2"))
    assert other.files == {}
    assert "(there more than once, with other contents)" in told(other)["code_beside_left_out"]


def test_file_that_cannot_be_read_costs_nothing():
    data = patched(
        pack(("merge.py", SOURCE), (REPORT_NAME, REPORT), ("tools.py", HELPER)), CHECKSUM, 0, name=b"tools.py"
    )
    found = read_contents(data, WANTED)

    assert (found.source, found.files) == (SOURCE, {})
    assert told(found) == {"code_beside_left_out": "left out: 'tools.py' (not to be read)"}


def test_ten_thousand_bombs_need_no_memory_and_few_looks(monkeypatch):
    looks = []
    read_member = beside.read_member
    monkeypatch.setattr(beside, "read_member", lambda *args: looks.append(1) or read_member(*args))
    bomb = bytes(2 << 20)
    data = pack(("merge.py", SOURCE), (REPORT_NAME, REPORT), *[(f"a{number}.py", bomb) for number in range(25)])
    many = pack(("merge.py", SOURCE), (REPORT_NAME, REPORT), *[(f"a{number}.py", b"") for number in range(9000)])
    tracemalloc.start()
    found = read_contents(data, WANTED)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (found.source, found.files) == (SOURCE, {})
    assert len(looks) == beside.MAX_FILES
    assert peak_bytes < 8 << 20
    assert len(read_contents(many, WANTED).files) == beside.MAX_FILES
    assert len(looks) == 2 * beside.MAX_FILES


def test_files_come_with_code_of_another_name_too():
    found = read(("config.py", b"# the lab's"), code="N26130891_merge.py")

    assert (found.source, found.files) == (SOURCE, {"config": b"# the lab's"})
