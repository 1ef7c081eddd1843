import re
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.harness.batch import moodle
from grader.harness.batch.moodle import MoodleName, feedback_name, is_archive, list_members, parse_name, read_member
from grader.harness.errors import SubmissionError
from tests.submissions.malformed import FLAGS, METHOD, SOURCE, pack, pack_lab, patched, renamed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Ann Lee_12_assignsubmission_file", ("Ann Lee", "12", False, ""), id="folder"),
        pytest.param("Ann Lee_12_assignsubmission_file_", ("Ann Lee", "12", False, ""), id="folder before 4.1"),
        pytest.param("Ann Lee_12_assignsubmission_file_a_b.zip", ("Ann Lee", "12", False, "a_b.zip"), id="flat"),
        pytest.param("Lee, Ann_007_assignsubmission_file", ("Lee, Ann", "7", False, ""), id="comma"),
        pytest.param("王小明_12_assignsubmission_file_報告.pdf", ("王小明", "12", False, "報告.pdf"), id="Chinese"),
        pytest.param("Conor OBrien_12_assignsubmission_file", ("Conor OBrien", "12", False, ""), id="apostrophe"),
        pytest.param("Anna_M_34_12_assignsubmission_file", ("Anna_M_34", "12", False, ""), id="underscores"),
        pytest.param("Participant_12_assignsubmission_file", ("Participant", "12", False, ""), id="blind"),
        pytest.param("Group A_3_assignsubmission_file", ("Group A", "3", False, ""), id="team"),
        pytest.param("Default group_assignsubmission_file", ("Default group", "", False, ""), id="no team"),
        pytest.param("_12_assignsubmission_file", ("", "12", False, ""), id="no letter kept"),
        pytest.param("Ann_12_assignsubmission_onlinetext", ("Ann", "12", True, ""), id="text"),
        pytest.param(
            "Ann_12_assignsubmission_onlinetext_onlinetext.html", ("Ann", "12", True, "onlinetext.html"), id="flat text"
        ),
        pytest.param(
            "Ann_12_assignsubmission_file_Bob_99_assignsubmission_file_x.zip",
            ("Ann", "12", False, "Bob_99_assignsubmission_file_x.zip"),
            id="file name that plays Moodle",
        ),
        pytest.param(
            "Default group_assignsubmission_file_Bob_99_assignsubmission_file_x.zip",
            ("Default group", "", False, "Bob_99_assignsubmission_file_x.zip"),
            id="the same without a team",
        ),
        pytest.param("Ann\n_12_assignsubmission_file_x\ny.zip", ("Ann\n", "12", False, "x\ny.zip"), id="line breaks"),
    ],
)
def test_parse_name_reads_what_moodle_writes(name, expected):
    assert parse_name(name) == MoodleName(*expected)


@pytest.mark.parametrize(
    "name",
    [
        "N26130891_Lab3.zip",
        "",
        "_assignsubmission_file",
        "Ann_12_assignsubmission_filex",
        "Ann_12_assignfeedback_file",
    ],
)
def test_parse_name_leaves_other_names(name):
    assert parse_name(name) is None


@given(
    st.text(st.characters(blacklist_characters="_/"), min_size=1).filter(str.strip),
    st.integers(min_value=0, max_value=10**9),
    st.text(st.characters(blacklist_characters="/"), max_size=20),
)
def test_parse_name_gives_back_the_parts(full_name, participant, file_name):
    found = parse_name(f"{full_name}_{participant}_assignsubmission_file_{file_name}")

    assert found == MoodleName(full_name, str(participant), is_text=False, file_name=file_name)


def as_moodle_reads(path):
    """Read whose a feedback file is by the rules of Moodle's importer: participant, file name; None if it passes on."""
    *_, file_name = path.split("/")
    if file_name.startswith((".", "~")):
        return None
    parts = path.split("/")
    while parts:
        pieces = parts.pop(0).split("_", 4)
        if len(pieces) >= 4 and pieces[1].isdecimal() and pieces[2:4] == ["assignsubmission", "file"]:
            return int(pieces[1]), "/".join(part for part in [*pieces[4:], *parts] if part)
    return None


@given(st.text(), st.integers(min_value=0, max_value=10**9))
def test_feedback_name_is_read_by_moodle(full_name, participant):
    path = feedback_name(full_name, str(participant))

    assert as_moodle_reads(path) == (participant, "feedback.html")
    folder, _, _ = path.partition("/")
    assert path.count("/") == 1
    assert "\\" not in path
    assert not folder.startswith((".", "~", " "))
    assert folder.isprintable()
    assert len(folder) < 150


@pytest.mark.parametrize(
    ("full_name", "shown"),
    [
        pytest.param("Conor O'Brien", "Conor O Brien", id="apostrophe"),
        pytest.param("Under_Score", "Under Score", id="underscore"),
        pytest.param("../../etc", "etc", id="path"),
        pytest.param("~王小明.", "王小明", id="tilde"),
        pytest.param("\u202e\n", "Participant", id="nothing to show"),
        pytest.param("e\u0301", "\u00e9", id="accent in two"),
    ],
)
def test_feedback_name_keeps_what_a_name_may_have(full_name, shown):
    assert feedback_name(full_name, "12") == f"{shown}_12_assignsubmission_file_/feedback.html"


@pytest.mark.parametrize("participant", ["", "12a", "x", "１２"])  # noqa: RUF001 - wide digits are none
def test_feedback_name_needs_a_number(participant):
    with pytest.raises(ValueError, match=re.escape(f"needs the participant's number; got {participant!r}")):
        feedback_name("Ann", participant)


NAME = "Ann Lee_12_assignsubmission_file/N26130891_Lab3.zip"


def archive(tmp_path, *members, name="class.zip"):
    path = tmp_path / name
    path.write_bytes(pack(*(members or [(NAME, b"content")])))
    return path


def test_is_archive_knows_moodles_from_a_students(tmp_path):
    assert is_archive(archive(tmp_path))
    assert is_archive(archive(tmp_path, ("all/" + NAME, b""), ("readme.txt", b""), ("x/" + NAME, b"")))
    assert not is_archive(archive(tmp_path, ("merge.py", b""), ("report.pdf", b"")))
    assert not is_archive(archive(tmp_path, (NAME, b""), ("merge.py", b""), ("report.pdf", b"")))


def test_is_archive_leaves_damaged_zips_of_students_to_the_grader(tmp_path):
    path = tmp_path / "lab3.zip"
    for data in [b"", b"no zip", pack_lab()[:-30], b"PK\3\4"]:
        path.write_bytes(data)
        assert not is_archive(path)


def test_is_archive_refuses_a_download_that_broke_off(tmp_path):
    path = archive(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(
        SubmissionError, match=r"Moodle's archive must be a whole zip; 'class\.zip': it is damaged or no"
    ):
        is_archive(path)


def test_list_members_tells_names_times_and_sizes(tmp_path):
    dated = zipfile.ZipInfo(NAME, (2025, 10, 21, 23, 58, 30))
    path = archive(tmp_path, ("folder/", b""), (dated, b"content"), ("undated", b""))

    first, second = list_members(path)

    assert (first.index, first.name, first.n_bytes) == (1, NAME, 7)
    assert f"{first.modified}" == "2025-10-21 23:58:30"
    assert (second.index, second.name, second.modified) == (2, "undated", None)


def test_list_members_passes_over_impossible_times(tmp_path):
    dated = zipfile.ZipInfo(NAME)
    path = tmp_path / "class.zip"
    path.write_bytes(patched(pack((dated, b"")), (12, "<H"), 0, name=NAME.encode()))

    assert list_members(path)[0].modified is None


@pytest.mark.parametrize("encoding", ["cp950", "gbk", "utf-8"])
def test_list_members_decodes_names_without_a_flag(encoding, tmp_path):
    name = (
        "王小明許功蓋_12_assignsubmission_file_x.zip" if encoding != "gbk" else "王小明_12_assignsubmission_file_x.zip"
    )
    raw = name.encode(encoding)
    path = tmp_path / "class.zip"
    path.write_bytes(renamed(pack(("N" * len(raw), b"content")), b"N" * len(raw), raw))

    assert [member.name for member in list_members(path)] == [name]


def test_list_members_reads_backslashes_as_folders(tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(renamed(pack(("aa/bb", b"")), b"aa/bb", b"aa\\bb"))

    assert [member.name for member in list_members(path)] == ["aa/bb"]


def test_list_members_counts_before_it_believes(tmp_path, monkeypatch):
    path = archive(tmp_path, (NAME, b""), (NAME + "2", b""))
    monkeypatch.setattr(moodle, "MAX_MEMBERS", 1)

    with pytest.raises(SubmissionError, match="it holds 2 files; a class has at most 1"):
        list_members(path)
    with pytest.raises(SubmissionError, match="it holds 2 files"):
        is_archive(path)


def test_list_members_reads_no_endless_directory(tmp_path, monkeypatch):
    monkeypatch.setattr(moodle, "MAX_DIRECTORY_BYTES", 2**20)
    path = tmp_path / "class.zip"
    data = bytearray(2**20 + 100) + pack((NAME, b""))
    end = data.rindex(b"PK\5\6")
    struct.pack_into("<LL", data, end + 12, end, 0)
    path.write_bytes(data)

    with pytest.raises(SubmissionError, match="its list of files has more than 1 MiB"):
        list_members(path)


def with_extra_fields(n_members, extra):
    """Write an archive by hand: each member has these extra fields in the directory."""
    names = [f"A B_{number}_assignsubmission_file_/N{number}_Lab3.zip".encode() for number in range(n_members)]
    body, directory = b"", b""
    for name in names:
        sizes = struct.pack("<3L2H", 0, 0, 0, len(name), len(extra))
        record = struct.pack("<4s6H", b"PK\1\2", 20, 20, 0, 0, 0, 33) + sizes
        directory += record + struct.pack("<3H2L", 0, 0, 0, 0, len(body)) + name + extra
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0) + name
    counts = (0, 0, n_members, n_members)
    return body + directory + struct.pack("<4s4H2LH", b"PK\5\6", *counts, len(directory), len(body), 0)


@pytest.mark.parametrize(
    ("n_members", "n_bytes", "message"),
    [
        (1, 64_000, r"a file in it has 64,000 bytes of extra fields\)\. Download it again\.$"),
        (2000, 4096, r"the files in it have 8,192,000 bytes of extra fields\)\. Download it again\.$"),
    ],
    ids=["one", "all"],
)
def test_list_members_refuses_more_extra_fields_than_programs_write(n_members, n_bytes, message, tmp_path, monkeypatch):
    monkeypatch.setattr(moodle, "MAX_DIRECTORY_BYTES", 2**30)
    monkeypatch.setattr(zipfile.ZipInfo, "_decodeExtra", lambda *_: pytest.fail("they were looked at"))
    path = tmp_path / "class.zip"
    path.write_bytes(with_extra_fields(n_members, struct.pack("<2H", 0xCAFE, 0) * (n_bytes // 4)))

    with pytest.raises(SubmissionError, match=message):
        list_members(path)


REAL_EXTRA = (
    struct.pack("<2HBL", 0x5455, 5, 1, 1_700_000_000)  # Unix times
    + struct.pack("<2HBBLBL", 0x7875, 11, 1, 4, 1000, 4, 1000)  # Unix owners
    + struct.pack("<2HL2H3Q", 0x000A, 32, 0, 1, 24, 1, 2, 3)  # NTFS times
    + struct.pack("<2HBL", 0x7075, 305, 1, 0)  # a name of 300 bytes once more, in UTF-8
    + b"x" * 300
    + struct.pack("<2HQQ", 0x0001, 16, 0, 0)  # long sizes
    + struct.pack("<2H", 0xCAFE, 0)  # a Java archive
)
"""What Info-ZIP, Windows, 7-Zip, macOS and Java write, all at once."""


def test_list_members_takes_the_extra_fields_that_programs_write(tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(with_extra_fields(2000, REAL_EXTRA))

    assert len(list_members(path)) == 2000


def test_list_members_refuses_names_that_are_no_names(tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(
        patched(renamed(pack(("notes", b"")), b"notes", b"n\xff\xfe.s"), FLAGS, 0x800, name=b"n\xff\xfe.s")
    )

    with pytest.raises(SubmissionError, match="it is damaged or no zip"):
        list_members(path)


def test_list_members_refuses_what_is_not_there(tmp_path):
    with pytest.raises(SubmissionError, match=r"it cannot be read \(No such file.*Check its path"):
        list_members(tmp_path / "none.zip")


def test_list_members_sees_that_an_archive_was_changed(tmp_path):
    path = archive(tmp_path)
    assert len(list_members(path)) == 1
    archive(tmp_path, (NAME, b""), (NAME + "2", b""))

    assert len(list_members(path)) == 2


@pytest.mark.parametrize("limit", [0, 1, 6, 7, 8, 10**9])
@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_read_member_reads_no_more_than_the_limit(packed, limit, tmp_path):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", packed) as written:
        written.writestr("first", b"first")
        written.writestr(NAME, b"content")

    assert read_member(path, 1, limit) == b"content"[:limit]


def test_read_member_unpacks_no_bomb(tmp_path):
    path = archive(tmp_path, (NAME, bytes(1 << 22)))

    assert read_member(path, 0, 1000) == bytes(1000)


def test_read_member_reads_behind_a_prefix(tmp_path):
    path = archive(tmp_path)
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())

    assert read_member(path, 0, 100) == b"content"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda data: patched(data, FLAGS, 1), r"'merge\.py' in it is encrypted", id="encrypted"),
        pytest.param(lambda data: patched(data, METHOD, 12), r"in it is packed by method 12", id="bzip2"),
        pytest.param(lambda data: patched(data, METHOD, 14), r"in it is packed by method 14", id="lzma"),
        pytest.param(lambda data: patched(data, (14, "<L"), 0), r"in it is damaged \(Bad CRC-32", id="checksum"),
        pytest.param(lambda data: b"XX" + data[2:], "it is not where the directory has it", id="header"),
        pytest.param(lambda data: data[:60] + bytes(60) + data[120:], r"in it is damaged \(Error -3", id="content"),
        pytest.param(lambda data: patched(data, (18, "<L"), 5), "is damaged", id="cut off"),
    ],
)
def test_read_member_refuses_what_cannot_be_had(change, message, tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(change(pack(("merge.py", SOURCE))))

    with pytest.raises(SubmissionError, match=message):
        read_member(path, 0, 10**6)


def test_read_member_refuses_an_archive_that_shrank(tmp_path):
    path = archive(tmp_path)

    with pytest.raises(SubmissionError, match="it has no file number 5 any more"):
        read_member(path, 5, 100)
