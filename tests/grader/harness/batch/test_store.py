"""The class's folder: what is committed is there, whole; what is not is not."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from grader.harness.batch.found import Entry, Person, Place, Roll, WithoutFile
from grader.harness.batch.late import Granted
from grader.harness.batch.records import Status
from grader.harness.batch.run import make_line
from grader.harness.batch.store import Store, write
from grader.harness.errors import GraderError
from grader.harness.intake.loose import LooseReport
from grader.harness.languages import said, speaking, tell
from grader.harness.rubric import LateRule
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch.lines import WHEN, make_outcome, make_upload

REPOSITORY = Path(__file__).resolve().parents[4]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "out")


def commit(store, tmp_path, key="N1", name="N1_Lab3.zip", **changes):
    upload = make_upload(tmp_path, key, remarks=["Two people claim this id."])
    outcome = make_outcome(**changes)
    line = make_line(upload, "cafe", outcome)
    store.commit(line, name, b"zip", outcome)
    store.call(LAB.name, Roll([upload]))
    return line


def test_store_gives_back_what_was_committed(store, tmp_path):
    line = commit(store, tmp_path, points=Fraction(100, 3))

    assert store.line("N1") == line
    assert store.lines() == [line]
    assert line.code_points == Fraction(100, 3)
    assert line.remarks == ("Two people claim this id.", "The zip's name is not as asked.")
    assert store.results("N1") == b"{}\n"
    assert store.submission("N1") == ("N1.zip", b"zip")
    assert (store.folder / "feedback" / "N1.html").read_bytes() == b"<!doctype html>"


@pytest.mark.parametrize("n_written", [0, 1, 2, 3], ids=["nothing", "submission", "results", "page"])
def test_store_has_no_line_of_a_result_that_is_not_all_there(store, tmp_path, monkeypatch, n_written):
    before = commit(store, tmp_path)
    written = []

    def write_some(path, content):
        if len(written) == n_written:
            raise KeyboardInterrupt
        written.append(path)
        write(path, content)

    monkeypatch.setattr("grader.harness.batch.store.write", write_some)
    with pytest.raises(KeyboardInterrupt):
        commit(store, tmp_path, points=7, results=b"new")

    assert Store(store.folder).line("N1") == before
    assert len(written) == n_written


def test_store_keeps_text_that_is_no_unicode(store, tmp_path):
    line = commit(store, tmp_path, reason="half a pair: \udc80", status=Status.UNGRADABLE)

    assert store.line("N1") == line


def test_store_judges_lateness_by_the_rule_of_today(store, tmp_path):
    commit(store, tmp_path)
    rule = LateRule(datetime(2026, 1, 8), Fraction(5), Fraction(50))  # noqa: DTZ001 - the course's local time

    assert store.lines()[0].lateness is None
    assert store.lines(rule)[0].lateness.penalty == 5


def test_store_forgets_the_results_of_an_earlier_upload(store, tmp_path):
    commit(store, tmp_path, name="merge.py")
    commit(store, tmp_path, status=Status.NO_MARK, results=b"", page=b"")

    assert store.submission("N1") == ("N1.zip", b"zip")
    assert not (store.folder / "results" / "N1.json").exists()
    assert not (store.folder / "feedback" / "N1.html").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"person": 1}', b"\xff", b"null"],
    ids=["empty", "no_fields", "list", "number", "bytes", "null"],
)
def test_store_takes_a_broken_line_for_none(store, tmp_path, content):
    commit(store, tmp_path)
    write(store.folder / "lines" / "N1.json", content)

    assert store.line("N1") is None
    assert store.lines() == []


def test_store_takes_a_line_with_a_wrong_field_for_none(store, tmp_path):
    commit(store, tmp_path)
    path = store.folder / "lines" / "N1.json"
    content = json.loads(path.read_bytes())
    for name, value in {"reason": 3, "status": "fine", "points": {"a": "b"}, "verdicts": {"a": "b"}}.items():
        write(path, json.dumps({**content, name: value}).encode())

        assert store.line("N1") is None, name


def test_store_remembers_who_and_what_was_found(store, tmp_path):
    entry = Entry(
        "x/.DS_Store",
        Place(Path("x.zip"), 3),
        ".DS_Store",
        why_not="It is the system's.",
        beside=(Entry("y", Place(Path("y")), "y"),),
    )
    absent = Person("N9", full_name="Absent, A.")
    silent = WithoutFile(Person("N8"), "Submitted for grading", (replace(entry, text="好"),))
    store.call(LAB.name, Roll([make_upload(tmp_path, "N1")], [replace(entry, modified=WHEN)], [absent], [silent]))

    found = store.found()

    assert (found.keys, found.others, found.absent) == (("N1",), (replace(entry, modified=WHEN),), (absent,))
    assert found.lab == "merge"
    assert found.without_file == (silent,)
    assert found.without_submission == [absent, silent.person]


def test_store_says_that_nothing_was_graded_yet(store):
    with pytest.raises(
        GraderError, match=r"must have been graded into the folder first; .*out' holds none. Run: python"
    ):
        store.found()


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"{",
        b'{"lab": "merge", "keys": [["a"]], "others": [], "absent": [], "without_file": []}',
        b'{"keys": ["N1"], "others": [], "absent": [], "without_file": []}',
        b'{"lab": "merge", "keys": ["N1"], "others": [], "absent": []}',
    ],
    ids=["list", "broken", "key", "without_lab", "without_those_of_no_file"],
)
def test_store_says_what_to_do_with_a_roll_of_another_form(store, content):
    write(store.folder / "roll.json", content)

    with pytest.raises(
        GraderError,
        match=r"must have been graded by this version of the grader; '.*out/roll\.json' was written by an older one, "
        r"or is damaged\. Bring the folder up to date, .*: python -m grader batch .* --lab NAME --regrade changed$",
    ):
        store.found()


def test_store_lets_one_coordinator_in(store):
    script = (
        "from pathlib import Path; from grader.harness.batch.store import Store\n"
        f"with Store(Path({str(store.folder)!r})).locked(): pass"
    )
    command = [sys.executable, "-c", script]
    with store.locked():
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert "One command at a time may work in a folder; another one works in" in done.stderr
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


def test_store_says_that_its_folder_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(GraderError, match=r"OUT must be a folder that can be written; .*out' is none"),
        Store(tmp_path / "file" / "out").locked(),
    ):
        pass


def test_write_leaves_the_old_file_until_the_new_one_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "a" / "file"
    write(path, b"old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))

    with pytest.raises(GraderError, match=r"OUT must have room and take files; '.*file' could not be written: full"):
        write(path, b"new")

    assert path.read_bytes() == b"old"
    assert [one.name for one in path.parent.iterdir()] == ["file"], "what is half written takes no room"


@pytest.mark.parametrize(
    ("gone", "status", "is_line"),
    [
        ("submissions/N1.zip", Status.GRADED, False),
        ("results/N1.json", Status.GRADED, False),
        ("results/N1.json", Status.NO_MARK, True),
    ],
    ids=["submission", "results", "no_results_without_a_mark"],
)
def test_store_takes_a_line_for_none_when_what_it_stands_for_is_gone(store, tmp_path, gone, status, is_line):
    commit(store, tmp_path, status=status)
    (store.folder / gone).unlink()

    assert (store.line("N1") is not None) == is_line


def test_store_takes_a_line_of_another_student_for_none(store, tmp_path):
    commit(store, tmp_path, "N1")
    commit(store, tmp_path, "N2")
    (store.folder / "lines" / "N1.json").replace(store.folder / "lines" / "N2.json")

    assert store.line("N2") is None


def test_store_does_not_take_a_fault_within_for_one_of_its_folder(store):
    with pytest.raises(PermissionError, match="elsewhere"), store.locked():
        raise PermissionError("elsewhere")


def keep_reports(store, tmp_path, *reports, name="N1_Lab3.zip"):
    upload, outcome = make_upload(tmp_path, "N1"), make_outcome()
    line = make_line(upload, "cafe", outcome, reports)
    store.commit(line, name, b"zip", outcome, reports)
    return line


def kept(store):
    return {path.name: path.read_bytes() for path in (store.folder / "submissions").iterdir()}


def test_store_keeps_reports_beside_the_submission(store, tmp_path):
    reports = [LooseReport("a.PDF", b"1"), LooseReport("../b.docx", b"2"), LooseReport("c.exe", b"3")]

    line = keep_reports(store, tmp_path, *reports)

    assert kept(store) == {"N1.zip": b"zip", "N1_report.pdf": b"1", "N1_report-2.docx": b"2", "N1_report-3": b"3"}
    assert store.line("N1") == line
    assert store.reports("N1") == tuple(reports)
    assert Store(store.folder).reports("N2") == ()


def test_store_forgets_the_reports_of_an_earlier_upload(store, tmp_path):
    keep_reports(store, tmp_path, LooseReport("a.pdf", b"1"), LooseReport("b.pdf", b"2"))
    keep_reports(store, tmp_path, LooseReport("c.docx", b"3"))

    assert kept(store) == {"N1.zip": b"zip", "N1_report.docx": b"3"}
    assert [report.name for report in store.reports("N1")] == ["c.docx"]


def test_store_takes_a_line_for_none_when_a_report_is_gone(store, tmp_path):
    keep_reports(store, tmp_path, LooseReport("a.pdf", b"1"))
    (store.folder / "submissions" / "N1_report.pdf").unlink()

    assert Store(store.folder).line("N1") is None


def test_store_keeps_code_that_is_called_a_text_as_code(store, tmp_path):
    keep_reports(store, tmp_path, name="merge.py.txt")

    assert list(kept(store)) == ["N1.py"]


def test_store_remembers_what_was_granted_and_judges_by_it(store, tmp_path):
    commit(store, tmp_path)
    rule = LateRule(WHEN.replace(hour=0), Fraction(5), Fraction(10))
    assert store.lines(rule)[0].lateness.penalty == 5

    store.keep_granted(store.granted().waive("N1", "ill"))
    waived = Store(store.folder).lines(rule)[0].lateness
    store.keep_granted(store.granted().extend("N1", WHEN))

    assert (waived.penalty, waived.waived) == (0, "ill")
    assert Store(store.folder).lines(rule)[0].lateness is None
    assert store.line("N1").lateness is None


def test_store_writes_nothing_where_nothing_is_granted(store):
    store.keep_granted(Granted())

    assert not store.folder.exists()


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"extensions": {"N1": "soon"}, "waivers": {}}', b"\xff"])
def test_store_refuses_grants_that_cannot_be_read(store, tmp_path, content):
    commit(store, tmp_path)
    write(store.folder / "late.json", content)

    with pytest.raises(
        GraderError, match=r"What was granted must be .*late\.json' cannot be read: .* or remove it and"
    ):
        store.lines(LateRule(WHEN, Fraction(5), Fraction(10)))


def test_store_remembers_lines_of_feedback(store):
    store.remember_feedback({"N1": ["a", "b"]})

    assert Store(store.folder).remember_feedback({"N1": ["b", "c"], "N2": ["d"]}) == {
        "N1": ("a", "b", "c"),
        "N2": ("d",),
    }
    write(store.folder / "exported.json", b"{")
    assert store.remember_feedback({"N2": ["e"]}) == {"N2": ("e",)}


def test_store_closes_what_an_older_grader_left_open(store, tmp_path):
    commit(store, tmp_path)
    left_open = [store.folder, store.folder / "results", store.folder / "results" / "N1.json"]
    for path in left_open:
        path.chmod(0o755)

    with store.locked():
        assert not [path for path in (store.folder, *store.folder.rglob("*")) if path.stat().st_mode & 0o077]


def test_store_says_what_others_can_still_read(store, tmp_path, monkeypatch, capsys):
    commit(store, tmp_path)
    monkeypatch.setattr("grader.harness.batch.store.lock_away", lambda _: 2)

    with store.locked():
        said = capsys.readouterr().err

    assert re.fullmatch(
        r"OUT should be readable by you alone; of what is in '.*out', others may read or change 2: it is somebody "
        r"else's, or the disk keeps no permissions\. Name an OUT on another disk\.\n",
        said,
    )


def test_store_keeps_what_sentences_were_made_of(tmp_path):
    commit(Store(tmp_path / "out"), tmp_path, reason=said("The zip must be named {zip}", zip="a.zip"))

    read = Store(tmp_path / "out").line("N1")

    assert read.reason == "The zip must be named a.zip"
    with speaking("zh-TW"):
        assert tell(read.reason) == "壓縮檔的檔名必須是 a.zip"
