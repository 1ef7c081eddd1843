import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.harness.intake import archive
from grader.harness.intake.archive import Member, list_members, read_member
from grader.harness.intake.names import Naming
from grader.harness.intake.problems import Refused
from tests.submissions.malformed import FLAGS, METHOD, pack, patched

LIMIT = 1000
NAMES = st.text("abc/.é王", min_size=1, max_size=12)


def member_of(path, *, mode=0):
    return Member(path, path.encode(), 0, 0, 0, 0, 0, 0, mode)


@given(
    contents=st.dictionaries(
        NAMES, st.tuples(st.binary(max_size=60), st.sampled_from([0, 8]), st.booleans()), max_size=5
    ),
    comment=st.binary(max_size=30).filter(lambda comment: b"PK" not in comment),
    prefix=st.binary(max_size=30),
)
@settings(max_examples=100)
def test_archive_reads_what_zipfile_writes(contents, comment, prefix):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        written.comment = comment
        for name, (content, method, is_64_bit) in contents.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.comment = name.encode()
            with written.open(info, "w", force_zip64=is_64_bit) as file:
                file.write(content)
    data = prefix + buffer.getvalue()

    read = {member.path: read_member(data, member, LIMIT) for member in list_members(data)}
    assert read == {name: content for name, (content, _, _) in contents.items()}


def with_64_bit_directory(data):
    """Rewrite a zip of one member as if it were larger than 4 GiB, as some programs always do."""
    end = data.rindex(b"PK\5\6")
    (offset,) = struct.unpack_from("<L", data, end + 16)
    record = bytearray(data[offset:end])
    packed, plain = struct.unpack_from("<2L", record, 20)
    extra = struct.pack("<HHQQQ", 1, 24, plain, packed, 0)
    struct.pack_into("<2L", record, 20, *[0xFFFFFFFF] * 2)
    struct.pack_into("<L", record, 42, 0xFFFFFFFF)
    other = struct.pack("<4H", 0x5455, 4, 1, 8)  # a time, whose bytes look like 64-bit numbers to come
    struct.pack_into("<H", record, 30, len(other) + len(extra))
    record += other + extra
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(record), offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, offset + len(record), 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
    return data[:offset] + bytes(record) + end64 + locator + last


def test_archive_reads_64_bit_numbers():
    data = with_64_bit_directory(pack(("merge.py", b"pass")))

    (member,) = list_members(data)
    assert read_member(data, member, LIMIT) == b"pass"


def with_extra_fields(data, n_fields):
    """Put so many empty extra fields, and then the 64-bit offset, behind the name of the last member."""
    record, end = data.rindex(b"PK\1\2"), data.rindex(b"PK\5\6")
    extra = struct.pack("<2H", 7, 0) * n_fields + struct.pack("<2HQ", 1, 8, 0)
    changed = bytearray(data[record:end])
    struct.pack_into("<H", changed, 30, len(extra))
    struct.pack_into("<L", changed, 42, 0xFFFFFFFF)
    last = bytearray(data[end:])
    struct.pack_into("<L", last, 12, len(changed) + len(extra))
    return data[:record] + bytes(changed) + extra + bytes(last)


def test_archive_looks_at_few_extra_fields():
    within, beyond = (with_extra_fields(pack(("merge.py", b"pass")), n_fields) for n_fields in (15, 16))

    assert read_member(within, list_members(within)[0], LIMIT) == b"pass"
    with pytest.raises(Refused, match=r"'merge\.py' in it cannot be unpacked"):
        read_member(beyond, list_members(beyond)[0], LIMIT)


def test_archive_refuses_64_bit_numbers_that_are_not_there():
    data = bytearray(pack(("merge.py", b"pass")))
    struct.pack_into("<L", data, data.rindex(b"PK\1\2") + 42, 0xFFFFFFFF)

    (member,) = list_members(bytes(data))
    with pytest.raises(Refused, match=r"'merge\.py' in it cannot be unpacked"):
        read_member(bytes(data), member, LIMIT)


@pytest.mark.parametrize("n_bytes", [LIMIT - 1, LIMIT])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_read_member_stops_at_the_limit(n_bytes, method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as written:
        written.writestr("a", b"x" * n_bytes)
        written.writestr("b", b"x" * (LIMIT + 1))
    data = buffer.getvalue()
    within, over = list_members(data)

    assert read_member(data, within, LIMIT) == b"x" * n_bytes
    assert read_member(data, over, LIMIT) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\3\4 and no more", "must be complete; its end is missing"),
        (b"Rar!\x1a\x07\x01\x00", "it is a RAR archive"),
        (b"BZh91AY", "it is a bzip2 archive"),
        (b"\xfd7zXZ\0", "it is an xz archive"),
        (b"%PDF-1.4", "it is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "it is a document of an old Office program"),
        (b"\n<html>", "it is a web page"),
        (b"# merge\nimport numpy\n", "it is a Python file"),
        ("我的作業".encode(), "it is a text file"),
        (b"\0\1\2", "it is of another kind"),
        (pack(("a", b""))[:-1], "must be complete"),
        (pack(("a", b"")).replace(b"PK\1\2", b"PK\1\1"), "its directory is not in order"),
        (pack(("a", b""))[1:], "its beginning is missing"),
    ],
)
def test_list_members_refuses_what_is_no_zip(data, message):
    with pytest.raises(Refused) as caught:
        list_members(data)

    assert message in str(caught.value.problem(Naming("Lab3", "merge.py")).explanation)


def test_list_members_refuses_a_directory_that_ends_within_a_record():
    data = bytearray(pack(("name", b"")))
    struct.pack_into("<H", data, data.rindex(b"PK\1\2") + 28, 0xFFFF)
    struct.pack_into("<L", data, data.rindex(b"PK\5\6") + 12, 50)
    struct.pack_into("<L", data, data.rindex(b"PK\5\6") + 16, 34)
    assert len(list_members(bytes(data))) == 1

    record = data.rindex(b"PK\1\2")
    short = bytes(data[:record]) + b"PK\1\2" + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 4, record, 0)
    with pytest.raises(Refused, match="its directory is cut off"):
        list_members(short)


def test_list_members_takes_as_many_as_the_limit(monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)

    assert len(list_members(pack(*[(str(number), b"") for number in range(3)]))) == 3
    with pytest.raises(Refused, match="it holds more than 3 files"):
        list_members(pack(*[(str(number), b"") for number in range(4)]))


def test_list_members_takes_names_up_to_the_limit(monkeypatch):
    monkeypatch.setattr(archive, "MAX_NAME_BYTES", 2**20)
    name = "a/" * 2**14

    assert len(list_members(pack(*[(f"{name}{number:02}"[2:], b"") for number in range(32)]))) == 32
    with pytest.raises(Refused, match="the names in it have more than 1 MiB"):
        list_members(pack(*[(f"{name}{number:02}", b"") for number in range(32)]))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (FLAGS, 1, "'name' can only be read with a password"),
        (METHOD, 9, "'name' is packed by Deflate64"),
        (METHOD, 14, "'name' is packed by LZMA"),
        (METHOD, 77, "'name' is packed by method 77"),
        (METHOD, 0, "'name' in it is not what was packed"),
        ((14, "<L"), 0, "'name' in it is not what was packed"),
        ((22, "<L"), 5, "'name' in it is not what was packed"),
        ((18, "<L"), 2, "'name' in it is not what was packed"),
    ],
    ids=["encrypted", "Deflate64", "LZMA", "unknown method", "not stored", "checksum", "size", "packed size"],
)
def test_read_member_refuses_what_it_cannot_unpack(field, value, message):
    data = patched(pack(("name", b"content " * 9)), field, value, name=b"name")

    (member,) = list_members(data)
    with pytest.raises(Refused, match=message):
        read_member(data, member, LIMIT)


def test_read_member_refuses_bytes_that_cannot_be_unpacked():
    data = pack(("name", b"content " * 9))
    broken = data[:34] + b"\xff" * 4 + data[38:]

    with pytest.raises(Refused, match="'name' in it cannot be unpacked"):
        read_member(broken, list_members(broken)[0], LIMIT)


@pytest.mark.parametrize("place", [0, 30], ids=["signature", "name"])
def test_read_member_refuses_a_header_that_the_directory_does_not_tell(place):
    data = pack(("name", b"content"))
    changed = data[:place] + b"X" + data[place + 1 :]

    with pytest.raises(Refused, match="'name' in it is not where the directory has it"):
        read_member(changed, list_members(changed)[0], LIMIT)


@pytest.mark.parametrize("path", ["/a", "//host/a", "C:/a", "c:a", "../a", "a/../../b", ".."])
def test_member_is_outside(path):
    assert member_of(path).is_outside
    assert not member_of(path).is_ordinary


@pytest.mark.parametrize("path", ["a", "./a", "a..b/c", "...", "ab:c/d", ""])
def test_member_is_inside(path):
    assert member_of(path).is_ordinary


@pytest.mark.parametrize(
    "path",
    ["__MACOSX/a/._merge.py", "._merge.py", "a/.DS_Store", "Thumbs.db", "__pycache__/merge.pyc", "~$report.docx"],
)
def test_member_is_junk(path):
    assert member_of(path).is_junk


@pytest.mark.parametrize(
    ("mode", "kind"),
    [(0, ""), (0o644, ""), (0o100644, ""), (0o40755, "is_folder"), (0o120777, "is_link"), (0o10644, "is_special")],
    ids=["none", "permissions", "file", "folder", "link", "pipe"],
)
def test_member_is_of_one_kind(mode, kind):
    member = member_of("a", mode=mode)

    assert [name for name in ("is_folder", "is_link", "is_special") if getattr(member, name)] == [kind] * bool(kind)
