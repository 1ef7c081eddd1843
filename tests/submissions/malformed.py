"""Builders of the malformed zips: each is named like its folder, where `expect.toml` says what must come of it."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

ZOO = Path(__file__).resolve().parent
STUDENT_ID = "N26130891"
FILE_NAME = f"{STUDENT_ID}_Lab3.zip"
REPORT_NAME = f"{STUDENT_ID}_Lab3_report.pdf"

SOURCE = (ZOO / "pass_union_find" / "merge.py").read_bytes()
TEMPLATE = (ZOO.parent.parent / "student_template" / "merge.py").read_bytes()
REPORT = b"%PDF-1.4\n% A report of four parts.\n%%EOF\n"
WORD_MAGIC = b"PK\3\4 a document of Word is a zip itself"

# The first statement gets a comment in Chinese, which every encoding writes in its own way.
CHINESE = SOURCE.decode().replace("import numpy as np", "import numpy as np  # 合併骨架", 1)

BUILDERS: dict[str, Callable[[Path], Path]] = {}
"""For the name of a folder what writes its zip into another folder, and returns its path."""

Member = tuple[str | zipfile.ZipInfo, bytes]
Build = Callable[[], bytes]


def pack(*members: Member, comment: bytes = b"") -> bytes:
    """Pack members in this order, always with the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, content in members:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def pack_lab(source: bytes = SOURCE, *more: Member, name: str = "merge.py") -> bytes:
    """Pack merge.py first, then the report, then whatever else."""
    return pack((name, source), (REPORT_NAME, REPORT), *more)


def special(name: str, kind: int) -> zipfile.ZipInfo:
    """Name a member that is no ordinary file, as Unix tells it."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    """Give a member a name that zipfile would not write, of the same length in bytes."""
    if len(old) != len(new) or data.count(old) != 2:
        raise ValueError(f"A name stands twice in a zip and keeps its length; {old!r} cannot become {new!r}.")
    return data.replace(old, new)


# Where a number stands in a member's header, and its format; in the directory it stands two bytes further on.
FLAGS, METHOD, CHECKSUM, PLAIN_BYTES = (6, "<H"), (8, "<H"), (14, "<L"), (22, "<L")


def patched(data: bytes, field: tuple[int, str], value: int, *, name: bytes = b"merge.py") -> bytes:
    """Change a number of a member, in its header and in the directory."""
    offset, layout = field
    changed = bytearray(data)
    struct.pack_into(layout, changed, data.index(name) - 30 + offset, value)
    struct.pack_into(layout, changed, data.rindex(name) - 46 + offset + 2, value)
    return bytes(changed)


def with_copied_record(data: bytes, name: bytes, n_copies: int) -> bytes:
    """List a member, the last of the directory, so many times more: all of them share its bytes."""
    start, end = data.rindex(name) - 46, data.rindex(b"PK\5\6")
    end_record = bytearray(data[end:])
    size = struct.unpack_from("<L", end_record, 12)[0]
    n_entries = struct.unpack_from("<H", end_record, 10)[0] + n_copies
    record = data[start:end]
    struct.pack_into("<HHL", end_record, 8, *[min(n_entries, 0xFFFF)] * 2, size + n_copies * len(record))
    return data[:end] + record * n_copies + bytes(end_record)


def build(build_bytes: Build, file_name: str, folder: Path) -> Path:
    """Write a malformed submission into `folder`."""
    path = folder / file_name
    path.write_bytes(build_bytes())
    return path


def malformed(name: str, build_bytes: Build, *, file_name: str = FILE_NAME) -> None:
    """Register what makes a file's bytes."""
    BUILDERS[f"malformed_{name}"] = partial(build, build_bytes, file_name)


def _bytes(name: str, data: bytes) -> None:
    malformed(name, lambda: data)


def _lab(name: str, source: bytes, *more: Member) -> None:
    malformed(name, lambda: pack_lab(source, *more))


# Bytes that do not pack well, and are the same every time.
NOISE = b"".join(struct.pack("<L", number * 2654435761 & 0xFFFFFFFF) for number in range(4096))

_bytes("empty_file", b"")
_bytes("rar", b"Rar!\x1a\x07\x01\x00" + bytes(100))
_bytes("7z", b"7z\xbc\xaf\x27\x1c" + bytes(100))
_bytes("gzip", b"\x1f\x8b\x08" + bytes(100))
_bytes("tar", b"merge.py".ljust(257, b"\0") + b"ustar\x0000" + bytes(248))
_bytes("python_called_zip", SOURCE)
_bytes("web_page", b"<!DOCTYPE html><title>Log in</title>")
_bytes("truncated", pack_lab()[:-200])
_bytes("beginning_missing", pack_lab()[20:])
_bytes("empty_zip", pack())

_lab("merge_empty", b"\n")
_lab("merge_too_large", b"DATA = '" + NOISE.hex().encode() * 40 + b"'\n")
_lab("null_bytes", SOURCE.replace(b"\n", b"\n\0", 1))
_lab("untouched_template", TEMPLATE.replace(b"\n", b"\r\n"))
_lab("blanks_left", b"def merge(subset, min_num_body_parts=4, min_score=0.4):\n    if ?????????????:\n")
_lab("syntax_error", b"import numpy as np\n\n\ndef merge(subset, min_num_body_parts=4, min_score=0.4)\n")
_lab("utf8_bom", b"\xef\xbb\xbf" + SOURCE)
_lab("utf16", CHINESE.encode("utf-16"))
_lab("utf16_without_mark", CHINESE.encode("utf-16-le"))
_lab("big5", CHINESE.encode("cp950"))
_lab("gbk", CHINESE.replace("合併", "合并").encode("gbk"))
_lab("crlf", SOURCE.replace(b"\n", b"\r\n"))
_lab("tabs", SOURCE + b"\n\ndef unused():\n\treturn None\n")

_lab("macos_junk", SOURCE, ("__MACOSX/._merge.py", b"\0\5\x16\7"), (".DS_Store", b"\0\0\0\1Bud1"))
_lab("numpy_beside", SOURCE, ("numpy.py", b"raise SystemExit\n"))
_lab("link_beside", SOURCE, (special("secrets", stat.S_IFLNK), b"/etc/passwd"))
_lab("device_beside", SOURCE, (special("zero", stat.S_IFCHR), b""))
_lab("zip_slip_beside", SOURCE, ("../../.bashrc", b"echo gotcha\n"))
_lab("same_merge_twice", SOURCE, ("old/merge.py", SOURCE))
_lab("template_beside", SOURCE, ("lab3/estimation/merge.py", TEMPLATE))
_lab("two_merge", SOURCE, ("old/merge.py", SOURCE.replace(b"> 0", b">= 0") + b"# older\n"))


# A right solution that needs another file of the student's.
HELPER = b"""def positions(row):
    return [slot for slot in range(18) if row[slot] != -1]
"""
USES_HELPER = SOURCE + b"\n\nfrom tools import positions\n\nif positions([-1] * 18):\n    raise ValueError\n"

NOTEBOOK = b"""{"cells": [{"cell_type": "code", "source": ["def merge(subset):"]}], "nbformat": 4}"""


def packages(folder: str) -> list[Member]:
    """List some files of others, one of them with the name of the code."""
    names = ("pandas/core/reshape/merge.py", "pandas/__init__.py", "pandas/plot.pdf", "six.py")
    return [(f"{folder}/{name}", b"raise SystemExit\n") for name in names]


def pack_whole_lab(name: str) -> bytes:
    """Pack the lab's own files around the code, which has this name."""
    names = ("demo_image.py", "estimation/__init__.py", "estimation/config.py", "estimation/connections.py")
    return pack_lab(SOURCE, *[(one, b"raise SystemExit\n") for one in names], name=name)


def bomb() -> bytes:
    """Pack a merge.py of 32 MiB of spaces into 32 KiB."""
    return pack_lab(b" " * (32 << 20))


def nested_bomb() -> bytes:
    """Pack ten thousand bombs into zips of zips, beside a right merge.py."""
    inner = pack(("zeros.bin", bytes(1 << 20)))
    for level in range(4):
        inner = pack(*[(f"{level}{copy}.zip", inner) for copy in range(10)])
    return pack_lab(SOURCE, ("more.zip", inner))


def in_folder(name: bytes) -> bytes:
    """Pack merge.py in a folder of this name, in any encoding, which the zip does not tell."""
    placeholder = b"N" * len(name) + b"/merge.py"
    return renamed(pack_lab(name=placeholder.decode()), placeholder, name + b"/merge.py")


def with_bad_utf8() -> bytes:
    """Pack a file beside merge.py whose name claims to be UTF-8 and is not."""
    return patched(
        renamed(pack_lab(SOURCE, ("notes", b"")), b"notes", b"n\xff\xfe.s"), FLAGS, 0x800, name=b"n\xff\xfe.s"
    )


malformed("zip_bomb", bomb)
malformed("nested_bomb", nested_bomb)
malformed("nested_folder_cp950", lambda: in_folder("王小明許功蓋".encode("cp950")))
malformed("nested_folder_gbk", lambda: in_folder("王小明的作业".encode("gbk")))
malformed("nested_folder_utf8_unflagged", lambda: in_folder("王小明".encode()))
malformed("bad_utf8_name_beside", with_bad_utf8)
malformed("word_document", lambda: pack(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<document/>")))
malformed("directory_damaged", lambda: pack_lab().replace(b"PK\1\2", b"PK\1\3", 1))
malformed("bad_checksum", lambda: patched(pack_lab(), CHECKSUM, 0))
malformed("encrypted", lambda: patched(pack_lab(), FLAGS, 1))
malformed("deflate64", lambda: patched(pack_lab(), METHOD, 9))
malformed("lying_bomb", lambda: patched(bomb(), PLAIN_BYTES, 4096))
malformed("lying_size", lambda: patched(pack_lab(), PLAIN_BYTES, len(SOURCE) - 1))
malformed(
    "bomb_beside",
    lambda: patched(pack_lab(SOURCE, ("zeros.bin", bytes(1 << 20))), PLAIN_BYTES, 0xFFFFFFFE, name=b"zeros.bin"),
)
malformed("overlapping", lambda: with_copied_record(pack_lab(SOURCE, ("noise.bin", NOISE)), b"noise.bin", 20))
malformed("hundred_thousand_entries", lambda: with_copied_record(pack_lab(SOURCE, ("a", b"")), b"a", 100_000))
malformed("zip_in_zip", lambda: pack((FILE_NAME, pack_lab()), (REPORT_NAME, REPORT)))
malformed("path_up", lambda: pack_lab(name="../merge.py"))
malformed("path_absolute", lambda: pack_lab(name="/home/ta/merge.py"))
malformed("path_drive", lambda: renamed(pack_lab(name="C:/Lab3/merge.py"), b"C:/Lab3/", b"C:\\Lab3\\"))
malformed(
    "merge_is_link", lambda: pack((special("merge.py", stat.S_IFLNK), b"/srv/solution/merge.py"), (REPORT_NAME, REPORT))
)
malformed("merge_is_pipe", lambda: pack((special("merge.py", stat.S_IFIFO), b""), (REPORT_NAME, REPORT)))
malformed("merge_is_folder", lambda: pack(("merge.py/", b""), ("merge.py/solution.txt", SOURCE), (REPORT_NAME, REPORT)))
malformed("no_merge", lambda: pack_lab(SOURCE, ("attempt.py", SOURCE + b"# older\n"), name="solution.py"))
malformed("only_python_file", lambda: pack_lab(name="solution.py"))
malformed("only_python_file_beside_the_lab", lambda: pack_whole_lab("estimation/my_merge.py"))
malformed("copy_of_windows_in_chinese", lambda: pack_lab(name="merge - 複製.py"))
malformed("copy_of_windows", lambda: pack_lab(name="merge - Copy.py"))
malformed("student_id_before_the_name", lambda: pack_lab(name=f"{STUDENT_ID}_merge.py"))
malformed("copy_beside_the_template", lambda: pack_lab(SOURCE, ("merge.py", TEMPLATE), name="merge - Copy.py"))
malformed("ending_twice", lambda: pack_lab(name="merge.py.py"))
malformed("notebook", lambda: pack_lab(NOTEBOOK, name="merge.ipynb"))
malformed("notebook_called_python", lambda: pack_lab(NOTEBOOK))
malformed("text_file", lambda: pack_lab(name="merge.txt"))
malformed("code_in_word", lambda: pack_lab(WORD_MAGIC, name="merge.docx"))
malformed("word_called_python", lambda: pack_lab(WORD_MAGIC))
malformed("venv_beside", lambda: pack_lab(SOURCE, *packages("venv/lib/python3.8/site-packages")))
malformed(
    "conda_beside",
    lambda: pack_lab(SOURCE, ("lab3/conda-meta/history", b""), *packages("lab3/Lib"), name="work/solution.py"),
)
malformed("worked_in_environment", lambda: pack_lab(SOURCE, ("env/pyvenv.cfg", b""), name="env/merge.py"))
malformed("helper_beside", lambda: pack_lab(USES_HELPER, ("tools.py", HELPER)))
malformed("helper_in_big5", lambda: pack_lab(USES_HELPER, ("tools.py", "# 工具\n".encode("cp950") + HELPER)))
malformed("helper_too_large", lambda: pack_lab(SOURCE, ("tools.py", b"# " + b"x" * (2 << 20))))
malformed("helper_bombs", lambda: pack_lab(SOURCE, *[(f"h{number}.py", bytes((1 << 20) + 1)) for number in range(30)]))
malformed("helper_elsewhere", lambda: pack_lab(SOURCE, ("old/tools.py", HELPER)))
malformed(
    "duplicate_names", lambda: renamed(pack_lab(SOURCE, ("merge.pz", SOURCE + b"# newer\n")), b"merge.pz", b"merge.py")
)
malformed("nested_folder_utf8", lambda: pack(("王小明/merge.py", SOURCE), (f"王小明/{REPORT_NAME}", REPORT)))
malformed("backslashes", lambda: renamed(pack_lab(name="lab3/merge.py"), b"lab3/merge.py", b"lab3\\merge.py"))
malformed(
    "control_characters_beside",
    lambda: renamed(pack_lab(SOURCE, ("x" * 12 + ".py", b"")), b"x" * 12, b"a\n\0\x1b[31m\xe2\x80\xae\t"),
)
malformed("long_and_deep_path", lambda: pack_lab(name="deep/" * 12_000 + "merge.py"))
malformed("capital_letters", lambda: pack_lab(name="Merge.PY"))
malformed("second_download", lambda: pack_lab(name="merge (1).py"))
malformed("hidden_ending", lambda: pack_lab(name="merge.py.txt"))
malformed(
    "comment_and_prefix",
    lambda: b"#!/bin/sh\nexit 1\n" + pack(("merge.py", SOURCE), (REPORT_NAME, REPORT), comment=b"PK\1\2 a comment"),
)
malformed(
    "future_date",
    lambda: pack((zipfile.ZipInfo("merge.py", (2107, 12, 31, 23, 59, 58)), SOURCE), (REPORT_NAME, REPORT)),
)
malformed("report_word", lambda: pack(("merge.py", SOURCE), (f"{STUDENT_ID}_Lab3_report.docx", WORD_MAGIC)))
malformed("report_missing", lambda: pack(("merge.py", SOURCE)))
malformed("report_other_name", lambda: pack(("merge.py", SOURCE), ("實驗報告.pdf", REPORT)))
malformed("report_empty", lambda: pack(("merge.py", SOURCE), (REPORT_NAME, b"")))
malformed("report_not_pdf_inside", lambda: pack(("merge.py", SOURCE), (REPORT_NAME, WORD_MAGIC)))
malformed("report_encrypted", lambda: patched(pack_lab(), FLAGS, 1, name=REPORT_NAME.encode()))
malformed("two_reports", lambda: pack(("merge.py", SOURCE), ("draft_report.pdf", REPORT), ("final_report.pdf", REPORT)))
malformed("file_name", pack_lab, file_name="lab3 final.zip")
malformed("file_name_lower_case_second_download", pack_lab, file_name="n26130891_lab3 (1).zip")
