import errno
import hashlib
import os
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from grader.harness.batch.entries import digest_upload, find_entries, read_entry, read_reports, remark_reports
from grader.harness.errors import SubmissionError
from grader.harness.intake.loose import LooseReport
from grader.harness.submission import open_submission_bytes
from grader.labs.merge.lab import LAB
from tests.classroom import build_class
from tests.submissions.malformed import REPORT, SOURCE, pack, pack_lab

LEE = "Ann Lee_12_assignsubmission_file"
BOB = "Bob Ray_13_assignsubmission_file"
SYSTEM = "a hidden file, or one of the system's"


def put(folder, *names, content=b"content"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def names(entries):
    return [entry.name for entry in entries]


def reasons(entries):
    return {entry.name: entry.why_not for entry in entries}


@pytest.mark.parametrize("layout", ["folders", "flat"])
@pytest.mark.parametrize("zipped", [True, False], ids=["zipped", "unpacked"])
@pytest.mark.parametrize("old_endings", [True, False], ids=["old", "new"])
def test_find_entries_finds_a_whole_class(layout, zipped, old_endings, tmp_path):
    school = build_class(tmp_path, n=40, layout=layout, zipped=zipped, old_endings=old_endings)

    entries = find_entries(LAB.naming, [school.archive])

    keys = {number: key for key, number in school.participants.items()}
    handed_in = [entry for entry in entries if not entry.why_not]
    assert len(entries) == school.n_entries
    assert len(entries) - len(handed_in) == school.n_others
    assert {keys[entry.participant] for entry in handed_in} == set(school.expectations)
    assert all(keys[entry.participant] == entry.student_id for entry in handed_in if entry.student_id)
    assert names(entries) == sorted(names(entries))
    dropped = str.maketrans(dict.fromkeys("'\"&<>|`:\\/"))
    assert all(entry.full_name == school.full_names[keys[entry.participant]].translate(dropped) for entry in handed_in)


def test_find_entries_gives_the_same_for_an_archive_and_its_folder(tmp_path):
    zipped = build_class(tmp_path / "a", n=20, zipped=True)
    folder = build_class(tmp_path / "b", n=20, zipped=False)

    def told(entry):
        return entry.file_name, entry.participant, entry.full_name, entry.student_id, entry.n_bytes, entry.why_not

    first, second = find_entries(LAB.naming, [zipped.archive]), find_entries(LAB.naming, [folder.archive])

    assert sorted(map(told, first)) == sorted(map(told, second))
    assert sorted(map(read_entry, first)) == sorted(map(read_entry, second))
    assert sorted(map(repr, map(read_reports, first))) == sorted(map(repr, map(read_reports, second)))
    assert {
        entry.participant: entry.modified.replace(second=0) for entry in first if entry.file_name == "merge.py"
    } == {entry.participant: entry.modified.replace(second=0) for entry in second if entry.file_name == "merge.py"}


def test_find_entries_reads_a_folder_of_zips(tmp_path):
    put(tmp_path, "N26130001_Lab3.zip", "n26130002_lab3 (1).zip", "final.zip", "王小明.zip")

    entries = find_entries(LAB.naming, [tmp_path])

    assert [(entry.name, entry.student_id, entry.participant, entry.why_not) for entry in entries] == [
        ("N26130001_Lab3.zip", "N26130001", "", ""),
        ("final.zip", "", "", ""),
        ("n26130002_lab3 (1).zip", "N26130002", "", ""),
        ("王小明.zip", "", "", ""),
    ]


def test_find_entries_reads_files_that_are_named(tmp_path):
    put(tmp_path, "N26130001_Lab3.zip", "b/N26130002_Lab3.zip", "merge.py")
    os.utime(tmp_path / "merge.py", (datetime(2025, 10, 21, 12).timestamp(),) * 2)  # noqa: DTZ001

    entries = find_entries(
        LAB.naming, [tmp_path / "N26130001_Lab3.zip", tmp_path / "b" / "N26130002_Lab3.zip", tmp_path / "merge.py"]
    )

    assert names(entries) == ["N26130001_Lab3.zip", "N26130002_Lab3.zip", "merge.py"]
    assert entries[2].n_bytes == 7
    assert entries[2].modified == datetime(2025, 10, 21, 12)  # noqa: DTZ001


def test_find_entries_reads_archives_of_several_groups(tmp_path):
    (tmp_path / "group 1.zip").write_bytes(pack((f"{LEE}/N26130001_Lab3.zip", pack_lab())))
    (tmp_path / "group 2.zip").write_bytes(pack((f"{BOB}_N26130002_Lab3.zip", pack_lab())))

    first, second = find_entries(LAB.naming, [tmp_path])

    assert (first.name, first.participant) == (f"group 1.zip/{LEE}/N26130001_Lab3.zip", "12")
    assert (second.name, second.participant) == (f"group 2.zip/{BOB}_N26130002_Lab3.zip", "13")
    assert read_entry(second) == pack_lab()


def test_find_entries_opens_no_students_zip(tmp_path):
    forged = pack((f"{BOB}/N26130002_Lab3.zip", pack_lab()))
    put(tmp_path, "N26130001_Lab3.zip", f"{LEE}/mine.zip", f"{LEE}_mine.zip", content=forged)

    entries = find_entries(LAB.naming, [tmp_path])

    assert names(entries) == [f"{LEE}/mine.zip", f"{LEE}_mine.zip", "N26130001_Lab3.zip"]
    assert {entry.participant for entry in entries} == {"12", ""}


def test_find_entries_counts_a_file_once(tmp_path):
    put(tmp_path, "a/N26130001_Lab3.zip")
    (tmp_path / "class.zip").write_bytes(pack((f"{LEE}/x.zip", b"")))

    entries = find_entries(
        LAB.naming, [tmp_path, tmp_path / "a", tmp_path / "a" / "N26130001_Lab3.zip", tmp_path / "class.zip"]
    )

    assert names(entries) == [
        f"{tmp_path.name}/a/N26130001_Lab3.zip",
        f"{tmp_path.name}/class.zip/{LEE}/x.zip",
    ]


def test_find_entries_gives_each_a_name_of_its_own(tmp_path):
    put(tmp_path, "a/x/lab.zip", "b/x/lab.zip")
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{LEE}/lab.zip", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(f"{LEE}/lab.zip", b"2")

    assert names(find_entries(LAB.naming, [tmp_path / "a" / "x", tmp_path / "b" / "x"])) == [
        "x/lab.zip",
        "x/lab.zip [2]",
    ]
    twice = find_entries(LAB.naming, [path])
    assert names(twice) == [f"class.zip/{LEE}/lab.zip", f"class.zip/{LEE}/lab.zip [2]"]
    assert [read_entry(entry) for entry in twice] == [b"1", b"2"]


def test_find_entries_reads_the_folder_of_one_student(tmp_path):
    (entry,) = find_entries(LAB.naming, [put(tmp_path / LEE, "lab.zip")])

    assert (entry.name, entry.participant, entry.full_name) == ("lab.zip", "12", "Ann Lee")


def test_find_entries_says_what_is_no_submission(tmp_path):
    put(
        tmp_path,
        ".DS_Store",
        ".git/config",
        "Thumbs.db",
        "__MACOSX/._N26130001_Lab3.zip",
        "Grades-Lab3.csv",
        "~$notes.docx",
        "Ann Lee_12_assignsubmission_onlinetext/onlinetext.html",
        f"{LEE}/.DS_Store",
        f"{LEE}_.DS_Store",
        f"._{LEE}",
    )
    (tmp_path / "link.zip").symlink_to("Thumbs.db")
    (tmp_path / "folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.zip")

    assert reasons(find_entries(LAB.naming, [tmp_path])) == {
        ".DS_Store": SYSTEM,
        ".git/config": SYSTEM,
        "Thumbs.db": SYSTEM,
        "__MACOSX/._N26130001_Lab3.zip": SYSTEM,
        "~$notes.docx": SYSTEM,
        f"{LEE}/.DS_Store": SYSTEM,
        f"{LEE}_.DS_Store": SYSTEM,
        f"._{LEE}": SYSTEM,
        "Grades-Lab3.csv": "no file that students hand in, and no student's name on it",
        "Ann Lee_12_assignsubmission_onlinetext/onlinetext.html": "an online text",
        "link.zip": "a link, a pipe or a device, which is not followed",
        "folder": "a link, a pipe or a device, which is not followed",
        "pipe.zip": "a link, a pipe or a device, which is not followed",
    }


@pytest.mark.parametrize("name", ["lab.rar", "lab.7z", "lab.docx", "lab.pdf", "lab.txt", "solution.py"])
@pytest.mark.parametrize("between", ["/", "_"], ids=["folders", "flat"])
def test_find_entries_takes_whatever_a_student_handed_in(name, between, tmp_path):
    (entry,) = find_entries(LAB.naming, [put(tmp_path, f"{LEE}{between}{name}")])

    assert (entry.why_not, entry.file_name, entry.participant) == ("", name, "12")


@pytest.mark.parametrize(
    "folder", [f"{LEE}/", f"{LEE}_", "N26130001/", f"{LEE}/N26130001_Lab3/"], ids=["folder", "flat", "plain", "nested"]
)
def test_find_entries_puts_a_report_beside_a_bare_merge(folder, tmp_path):
    put(tmp_path, f"{folder}merge.py", content=SOURCE)
    put(tmp_path, f"{folder}N26130001_Lab3_report.pdf", content=REPORT)
    put(tmp_path, f"{folder}output.png", f"{BOB}/N26130009_Lab3_report.pdf")

    entries = {entry.file_name: entry for entry in find_entries(LAB.naming, [tmp_path])}

    merge, report = entries["merge.py"], entries["N26130001_Lab3_report.pdf"]
    assert merge.why_not == ""
    assert merge.beside == (replace(report, why_not=""),)
    assert report.why_not == "a report that lies beside 'merge.py'"
    assert entries["N26130009_Lab3_report.pdf"].why_not == ""
    assert entries["output.png"].why_not == "a file that lies beside 'merge.py'" or folder == "N26130001/"


def test_find_entries_keeps_the_reports_of_strangers_apart(tmp_path):
    put(tmp_path, "merge.py", "N26130001_Lab3_report.pdf", "N26130002_Lab3.zip", "notes.pdf", "final.zip")

    entries = find_entries(LAB.naming, [tmp_path])

    assert set(reasons(entries).values()) == {""}
    assert not any(entry.beside for entry in entries)


def test_find_entries_finds_a_lone_merge_and_its_report(tmp_path):
    put(tmp_path, "merge.py", "report.pdf")

    merge, report = find_entries(LAB.naming, [tmp_path])

    assert merge.beside == (replace(report, why_not=""),)
    assert report.why_not == "a report that lies beside 'merge.py'"


def test_find_entries_takes_another_python_file_for_a_lost_merge(tmp_path):
    put(tmp_path, f"{LEE}/solution.py", f"{LEE}/report.pdf")

    report, code = find_entries(LAB.naming, [tmp_path])

    assert (code.file_name, code.why_not, code.beside) == ("solution.py", "", (replace(report, why_not=""),))
    assert report.why_not == "a report that lies beside 'solution.py'"


def test_find_entries_lets_a_zip_stand_before_loose_files(tmp_path):
    put(tmp_path, f"{LEE}/N26130001_Lab3.zip", f"{LEE}/report.docx", f"{LEE}/demo.py", f"{LEE}/N26130001_Lab3.rar")

    found = reasons(find_entries(LAB.naming, [tmp_path]))

    assert found == {
        f"{LEE}/N26130001_Lab3.zip": "",
        f"{LEE}/N26130001_Lab3.rar": "",
        f"{LEE}/report.docx": "a report that lies beside 'N26130001_Lab3.rar'",
        f"{LEE}/demo.py": "a file that lies beside 'N26130001_Lab3.rar'",
    }


@pytest.mark.parametrize(
    ("zipped", "report"),
    [
        (f"{LEE}/N26130001_Lab3.zip", f"{LEE}/report.docx"),
        (f"{LEE}_lab.zip", f"{LEE}_my report.pdf"),
        ("N26130001_Lab3.zip", "N26130001_Lab3_report.pdf"),
        ("zips/N26130001_Lab3.zip", "reports/n26130001.pdf"),
    ],
    ids=["folder", "flat", "by_id", "by_id_elsewhere"],
)
def test_find_entries_puts_a_report_beside_a_zip(zipped, report, tmp_path):
    put(tmp_path, zipped, report, f"{BOB}/N26130002_Lab3.zip")

    entries = {entry.name: entry for entry in find_entries(LAB.naming, [tmp_path])}

    assert entries[zipped].why_not == ""
    assert [beside.name for beside in entries[zipped].beside] == [report]
    assert entries[report].why_not == f"a report that lies beside '{entries[zipped].file_name}'"
    assert entries[f"{BOB}/N26130002_Lab3.zip"].beside == ()


def test_find_entries_takes_no_course_code_for_a_student(tmp_path):
    folder = put(tmp_path / "EE2025001", "final.zip", "x/merge.py", "merge.py", "EE2025002/other.zip")

    assert {entry.student_id for entry in find_entries(LAB.naming, [folder])} == {""}


def test_find_entries_decodes_names_of_the_disk(tmp_path):
    name = os.fsdecode("王小明".encode("cp950")) + ".zip"
    put(tmp_path, name)

    (entry,) = find_entries(LAB.naming, [tmp_path])

    assert (entry.name, entry.file_name) == ("王小明.zip", "王小明.zip")
    assert read_entry(entry) == b"content"


def test_find_entries_leaves_out_the_folder_of_results(tmp_path):
    put(tmp_path, "N26130001_Lab3.zip", "out/submissions/N26130001.zip")

    assert names(find_entries(LAB.naming, [tmp_path], out=tmp_path / "x" / ".." / "out")) == ["N26130001_Lab3.zip"]
    assert len(find_entries(LAB.naming, [tmp_path])) == 2


def test_find_entries_needs_something_at_the_path(tmp_path):
    with pytest.raises(SubmissionError, match=r"Submissions must be a folder.*none.zip' cannot be: No such file"):
        find_entries(LAB.naming, [tmp_path / "none.zip"])


def test_find_entries_says_that_a_folder_cannot_be_read(tmp_path, monkeypatch):
    def refuse(*_args, onerror, **_more):
        onerror(PermissionError(13, "Permission denied"))
        return iter(())

    monkeypatch.setattr(os, "walk", refuse)
    with pytest.raises(SubmissionError, match=r"cannot be: Permission denied\. Check the path"):
        find_entries(LAB.naming, [tmp_path])


def test_find_entries_refuses_a_download_that_broke_off(tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(pack((f"{LEE}/N26130001_Lab3.zip", b""))[:-30])

    with pytest.raises(SubmissionError, match="Moodle's archive must be a whole zip"):
        find_entries(LAB.naming, [tmp_path])


@pytest.mark.parametrize("limit", [0, 3, 100])
def test_read_entry_reads_no_more_than_the_limit(limit, tmp_path):
    put(tmp_path, "a.zip")
    (tmp_path / "class.zip").write_bytes(pack((f"{LEE}/x.zip", b"content")))
    entries = find_entries(LAB.naming, [tmp_path / "a.zip", tmp_path / "class.zip"])

    assert [read_entry(entry, limit) for entry in entries] == [b"content"[:limit]] * 2


def test_find_entries_does_not_open_what_lies_beside_students_zips(tmp_path):
    put(tmp_path, "N26130001_Lab3.zip")
    (tmp_path / "homework.zip").write_bytes(pack((f"{LEE}/N26130001_Lab3.zip", b"another one's work")))

    imitation = next(entry for entry in find_entries(LAB.naming, [tmp_path]) if entry.name == "homework.zip")

    assert len(find_entries(LAB.naming, [tmp_path])) == 2
    assert imitation.why_not == (
        "it looks like Moodle's archive and lies beside students' zips, so it may be a student's; if it is Moodle's, "
        "give it to the command by its own path"
    )
    assert [entry.name for entry in find_entries(LAB.naming, [tmp_path / "homework.zip"])] == [
        f"homework.zip/{LEE}/N26130001_Lab3.zip"
    ]


@pytest.mark.parametrize(
    ("name", "content"), [("merge.py", SOURCE), ("N26130001_Lab3.zip", pack(("merge.py", SOURCE)))], ids=["bare", "zip"]
)
def test_read_reports_reads_what_lies_beside(name, content, tmp_path):
    put(tmp_path, f"{LEE}/{name}", content=content)
    put(tmp_path, f"{LEE}/N26130001_Lab3_report.pdf", content=REPORT)
    entry = next(entry for entry in find_entries(LAB.naming, [tmp_path]) if entry.beside)

    opened = open_submission_bytes(LAB, entry.file_name, read_entry(entry), loose=read_reports(entry))

    assert read_entry(entry) == content, "as it was handed in"
    assert read_reports(entry) == (LooseReport("N26130001_Lab3_report.pdf", REPORT),)
    assert (opened.source, opened.report) == (SOURCE, REPORT)
    assert opened.handed.report_name == "N26130001_Lab3_report.pdf"


def test_read_reports_reads_out_of_an_archive_in_one_order(tmp_path):
    members = [(f"{LEE}_{name}", REPORT) for name in ("merge.py", "N26130001_Lab3_report.pdf", "draft.pdf")]
    (tmp_path / "class.zip").write_bytes(pack(*members))
    (tmp_path / "again.zip").write_bytes(pack(*reversed(members)))

    first, second = [read_reports(entry) for entry in find_entries(LAB.naming, [tmp_path]) if entry.beside]

    assert first == second
    assert [report.name for report in first] == ["N26130001_Lab3_report.pdf", "draft.pdf"]


def test_read_reports_leaves_out_one_that_is_gone(tmp_path):
    put(tmp_path, f"{LEE}/merge.py", f"{LEE}/a/report.pdf", f"{LEE}/b/report.pdf")
    entry = next(entry for entry in find_entries(LAB.naming, [tmp_path]) if entry.beside)
    assert [report.name for report in read_reports(entry)] == ["report.pdf"] * 2

    (tmp_path / LEE / "a" / "report.pdf").unlink()

    assert [report.name for report in read_reports(entry)] == ["report.pdf"]


def test_read_reports_reads_no_more_than_a_submission_may_have(tmp_path, monkeypatch):
    put(tmp_path, f"{LEE}/merge.py", *[f"{LEE}/{number:02}.pdf" for number in range(12)], content=b"12345")
    entry = next(entry for entry in find_entries(LAB.naming, [tmp_path]) if entry.beside)

    assert [report.name for report in read_reports(entry)] == [f"{number:02}.pdf" for number in range(8)]
    monkeypatch.setattr("grader.harness.batch.entries.MAX_FILE_BYTES", 14)
    assert [report.name for report in read_reports(entry)] == ["00.pdf", "01.pdf"]
    monkeypatch.setattr("grader.harness.batch.entries.MAX_REPORT_BYTES", 2)
    assert [report.content for report in read_reports(entry)] == [b"123"] * 4, (
        "one byte more tells that it is too large"
    )


def test_remark_tells_of_reports_that_did_not_come_along(tmp_path):
    put(tmp_path, f"{LEE}/merge.py", f"{LEE}/a.pdf", f"{LEE}/b.pdf")
    entry = next(entry for entry in find_entries(LAB.naming, [tmp_path]) if entry.beside)

    assert list(remark_reports(entry, 2)) == []
    assert list(remark_reports(entry, 1)) == [
        (
            "Of 2 reports beside 'merge.py' 1 came along; the others cannot be read, come after the first 8, or make "
            "more than 128 MiB together: look at them where they were handed in."
        )
    ]


def test_digest_tells_another_report_from_the_same():
    report, renamed, other = (LooseReport(*given) for given in (("a", b"1"), ("b", b"1"), ("a", b"2")))
    given = [(), (report,), (renamed,), (other,), (report, other), (other, report)]

    assert digest_upload(b"zip", ()) == hashlib.sha256(b"zip").hexdigest()
    assert len({digest_upload(b"zip", reports) for reports in given}) == len(given)


def test_find_entries_reads_online_texts(tmp_path):
    text = "Ann Lee_12_assignsubmission_onlinetext"
    put(tmp_path, f"{text}/onlinetext.html", content="<p>See <b>my</b> file: 好.</p>".encode())
    put(tmp_path, f"{text}/picture.png", "Bob Ray_13_assignsubmission_onlinetext_onlinetext.html")
    put(tmp_path, "Eve Fox_14_assignsubmission_onlinetext_onlinetext.html", content=b"<p> </p>")

    found = {entry.name: (entry.text, entry.why_not) for entry in find_entries(LAB.naming, [tmp_path])}

    assert found == {
        f"{text}/onlinetext.html": ("See my file: 好.", "an online text"),
        f"{text}/picture.png": ("", "a file of an online text"),
        "Bob Ray_13_assignsubmission_onlinetext_onlinetext.html": ("content", "an online text"),
        "Eve Fox_14_assignsubmission_onlinetext_onlinetext.html": ("", "an online text without a word"),
    }


def test_find_entries_says_that_an_online_text_cannot_be_read(tmp_path, monkeypatch):
    put(tmp_path, f"{LEE}/a.zip", "Ann Lee_12_assignsubmission_onlinetext/onlinetext.html")

    def refuse(*_):
        raise SubmissionError("it is gone")

    monkeypatch.setattr("grader.harness.batch.entries._read_place", refuse)

    assert "an online text that cannot be read: it is gone" in reasons(find_entries(LAB.naming, [tmp_path])).values()


def test_read_entry_says_that_a_file_is_gone(tmp_path):
    (entry,) = find_entries(LAB.naming, [put(tmp_path, "a.zip")])
    Path(tmp_path, "a.zip").unlink()

    with pytest.raises(SubmissionError, match=r"A submission must be readable; 'a\.zip' is not: No such file"):
        read_entry(entry)


def test_read_entry_says_that_an_archive_is_gone(tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(pack((f"{LEE}/x.zip", b"content")))
    (entry,) = find_entries(LAB.naming, [tmp_path])
    path.unlink()

    with pytest.raises(SubmissionError, match=r"'class\.zip': it cannot be read \(No such file"):
        read_entry(entry)


def test_find_entries_refuses_to_read_what_the_grader_writes(tmp_path):
    with pytest.raises(SubmissionError, match=r"OUT must be a folder of its own.*Name another OUT"):
        find_entries(LAB.naming, [tmp_path], out=tmp_path / "x" / "..")


def test_find_entries_follows_the_link_that_is_asked_for(tmp_path):
    put(tmp_path / "class", "N26130001_Lab3.zip")
    (tmp_path / "link.zip").symlink_to("class/N26130001_Lab3.zip")
    (tmp_path / "folder").symlink_to("class")

    (one,) = find_entries(LAB.naming, [tmp_path / "link.zip"])
    (other,) = find_entries(LAB.naming, [tmp_path / "folder"])

    assert (one.name, other.name) == ("link.zip", "N26130001_Lab3.zip")
    assert read_entry(one) == read_entry(other) == b"content"


@pytest.mark.parametrize("part", ["N26130001/N26130001_Lab3.zip", "N26130001"], ids=["file", "folder"])
def test_read_entry_follows_no_link_that_took_the_place_of_what_was_listed(part, tmp_path):
    put(tmp_path / "class", "N26130001/N26130001_Lab3.zip")
    (entry,) = find_entries(LAB.naming, [tmp_path / "class"])
    (tmp_path / "class" / part).rename(tmp_path / "moved")
    (tmp_path / "class" / part).symlink_to(tmp_path / "moved")

    with pytest.raises(SubmissionError, match=r"'N26130001_Lab3.zip' is not: a link has taken its place or that of a"):
        read_entry(entry)


def test_read_entry_does_not_wait_for_a_pipe(tmp_path):
    put(tmp_path, "N26130001_Lab3.zip")
    (entry,) = find_entries(LAB.naming, [tmp_path])
    (tmp_path / entry.name).unlink()
    os.mkfifo(tmp_path / entry.name)

    with pytest.raises(SubmissionError, match=r"is not: a pipe has taken its place\. Check that it is still there"):
        read_entry(entry)


def test_read_entry_does_not_wait_for_an_archive_that_became_a_pipe(tmp_path):
    path = build_class(tmp_path, n=4).archive
    entry = find_entries(LAB.naming, [path])[0]
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(SubmissionError, match=r"it cannot be read \(a pipe has taken its place\)"):
        read_entry(entry)


def test_find_entries_goes_on_when_a_file_goes_while_it_looks(tmp_path, monkeypatch):
    put(tmp_path, "N26130001_Lab3.zip", "N26130002_Lab3.zip")
    look = Path.lstat

    def lstat(path):
        if path.name == "N26130001_Lab3.zip":
            raise FileNotFoundError(errno.ENOENT, "gone")
        return look(path)

    monkeypatch.setattr(Path, "lstat", lstat)

    assert reasons(find_entries(LAB.naming, [tmp_path])) == {
        "N26130001_Lab3.zip": "it was there when the folder was listed, and gone when it was looked at: start the "
        "command again",
        "N26130002_Lab3.zip": "",
    }
