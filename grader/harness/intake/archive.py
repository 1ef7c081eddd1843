"""Read a zip from memory, whatever it holds: the list of its members, and one member up to a limit.

Python's zipfile is not used. It reads the whole directory before one can count it, refuses an archive for the sake of
one member that nobody needs, and what it refuses differs between Python versions: marks must not. What is needed here
is little: members that are stored or deflated. No member is ever written to disk, and no header is believed: sizes are
counted while reading, and reading stops at the limit.

Layout of a zip: members (a header and packed bytes each), the directory (a record for each member), the end record.
Bytes before the first member and after the end are allowed, as self-extracting archives and downloads have them.
"""

import re
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from grader.harness.intake.names import decode_name, quoted
from grader.harness.intake.problems import Refused
from grader.harness.languages import said

MAX_MEMBERS = 10_000
"""Members that an archive may have: more than any project of a student, few enough to look at each."""

MAX_NAME_BYTES = 2 * 2**20
"""All their names together: a name alone may have 64 KiB, in 30,000 folders."""

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_RECORD = struct.Struct("<4s6H3L5H2L")
_HEADER = struct.Struct("<4s5H3L2H")
_MAX_COMMENT_BYTES = 0xFFFF

# A number in its place means: see the 64-bit numbers further on.
_SEE_64_BIT = 0xFFFFFFFF
_EXTRA_64_BIT = 1

# Extra fields of a member that are looked at: programs write one to four. An empty one has four bytes, and a file of a
# hundred MiB has room for millions.
_MAX_EXTRA_FIELDS = 16

_STORED, _DEFLATED = 0, 8
_METHODS = {9: "Deflate64", 12: "BZIP2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}

_JUNK = {"__macosx", "__pycache__", ".ds_store", "thumbs.db", "desktop.ini", ".git", ".idea", ".vscode", ".svn"}
_JUNK |= {".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
_JUNK |= {"site-packages", "dist-packages", "node_modules", ".tox", ".nox", ".eggs"}

# In order: a name says more than "text". A Word document is a zip, and is told apart by what it holds.
_KINDS = (
    (rb"Rar!\x1a\x07", said("a RAR archive")),
    (rb"7z\xbc\xaf\x27\x1c", said("a 7z archive")),
    (rb"\x1f\x8b", said("a gzip archive")),
    (rb"BZh", said("a bzip2 archive")),
    (rb"\xfd7zXZ\0", said("an xz archive")),
    (rb"(?s:.{257})ustar", said("a tar archive")),
    (rb"(?s:.{0,1023}?)%PDF-", said("a PDF")),
    (rb"\xd0\xcf\x11\xe0", said("a document of an old Office program")),
    (rb"(?i:\s*<(!doctype|html))", said("a web page, perhaps that of a login")),
    (rb"(?s:.*)^[ \t]*(class|def|from|import)[ \t]", said("a Python file")),
    (rb"[^\0-\x08\x0e-\x1a\x1c-\x1f]+\Z", said("a text file")),
)


@dataclass(frozen=True)
class Member:
    """One member, as the directory tells it; nothing of it is trusted.

    Attributes
    ----------
    path : str
        Decoded, with ``/`` between folders, whatever the archive has.
    raw_name : bytes
        As it stands in the archive.
    flags, method, crc : int
        As in the archive.
    packed_bytes, plain_bytes : int
        Sizes that the directory promises.
    offset : int
        Where the member's header should be.
    mode : int
        Kind of file and permissions, as Unix has them; 0 when the archive comes from elsewhere.
    """

    path: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed_bytes: int
    plain_bytes: int
    offset: int
    mode: int

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The folders and the name."""
        return tuple(part for part in self.path.split("/") if part not in {"", "."})

    @property
    def name(self) -> str:
        """The last part of the path; empty for a path without parts."""
        return self.parts[-1] if self.parts else ""

    @property
    def is_folder(self) -> bool:
        """Tell whether it is a folder, by its path or by its kind."""
        return self.path.endswith("/") or stat.S_ISDIR(self.mode)

    @property
    def is_junk(self) -> bool:
        """Tell whether a system, an editor or an installer put it there."""
        return self.name.startswith(("._", "~$")) or not _JUNK.isdisjoint(part.lower() for part in self.parts)

    @property
    def is_outside(self) -> bool:
        """Tell whether unpacking would write outside the folder: absolute, with a drive letter, or with ``..``."""
        return ".." in self.parts or re.match(r"/|[A-Za-z]:", self.path) is not None

    @property
    def is_link(self) -> bool:
        """Tell whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def is_ordinary(self) -> bool:
        """Tell whether it is a file, or a folder, that stays inside."""
        return not (self.is_outside or self.is_link or self.is_special)

    @property
    def is_special(self) -> bool:
        """Tell whether it is a device, a pipe or a socket."""
        kind = stat.S_IFMT(self.mode)
        return kind not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}


def list_members(data: bytes) -> list[Member]:
    """List the members of a zip, in the order of its directory.

    Raises
    ------
    Refused
        If the bytes are no zip, or one that is cut off, is damaged, or holds too many members or names too long.
    """
    members: list[Member] = []
    name_bytes = 0
    try:
        for member in _members(data):
            members.append(member)
            name_bytes += len(member.raw_name)
            if len(members) > MAX_MEMBERS:
                told = said("it holds more than {number} files", number=f"{MAX_MEMBERS:,}")
                raise Refused("too_many_entries", told)
            if name_bytes > MAX_NAME_BYTES:
                told = said("the names in it have more than {size} MiB", size=MAX_NAME_BYTES // 2**20)
                raise Refused("too_many_entries", told)
    except struct.error as exc:
        raise Refused("damaged", said("its directory is cut off")) from exc
    return members


def read_member(data: bytes, member: Member, max_bytes: int) -> bytes | None:
    """Unpack one member, or give None when it has more than `max_bytes`.

    At most one byte more than that is unpacked, whatever the headers promise.

    Raises
    ------
    Refused
        If the member is encrypted, packed by another method, or is not what the directory promises.
    """
    shown = quoted([member.path])
    if member.flags & 1:
        raise Refused("encrypted", said("{name} can only be read with a password", name=shown))
    if member.method not in {_STORED, _DEFLATED}:
        method = _METHODS.get(member.method, said("method {number}", number=member.method))
        raise Refused("compression", said("{name} is packed by {method}", name=shown, method=method))
    try:
        start = _data_start(data, member)
        packed = memoryview(data)[start : start + member.packed_bytes]
        stored = member.method == _STORED
        plain = bytes(packed[: max_bytes + 1]) if stored else zlib.decompressobj(-15).decompress(packed, max_bytes + 1)
    except (struct.error, zlib.error) as exc:
        raise Refused("damaged", said("{name} in it cannot be unpacked", name=shown)) from exc
    if len(plain) > max_bytes:
        return None
    if len(plain) != member.plain_bytes or zlib.crc32(plain) != member.crc:
        told = said("{name} in it is not what was packed: its size or checksum is wrong", name=shown)
        raise Refused("damaged", told)
    return plain


def _data_start(data: bytes, member: Member) -> int:
    """Find the packed bytes of a member: its header, too, has a name and extra fields of any length."""
    signature, *_, name_bytes, extra_bytes = _HEADER.unpack(data[member.offset : member.offset + _HEADER.size])
    name_start = member.offset + _HEADER.size
    if signature != b"PK\3\4" or data[name_start : name_start + name_bytes] != member.raw_name:
        told = said("{name} in it is not where the directory has it", name=quoted([member.path]))
        raise Refused("damaged", told)
    start: int = name_start + name_bytes + extra_bytes
    return start


def _members(data: bytes) -> Iterator[Member]:
    """Go through the directory by its size: how many members it promises is not asked."""
    start, end, before = _find_directory(data)
    while start < end:
        signature, _, _, flags, method, _, _, crc, *rest = _RECORD.unpack_from(data, start)
        packed_bytes, plain_bytes, name_bytes, extra_bytes, comment_bytes, _, _, attributes, offset = rest
        if signature != b"PK\1\2":
            raise Refused("damaged", said("its directory is not in order"))
        name_start = start + _RECORD.size
        extra_start = name_start + name_bytes
        raw_name, extra = data[name_start:extra_start], data[extra_start : extra_start + extra_bytes]
        numbers = _from_64_bit(extra, (plain_bytes, packed_bytes, offset))
        path = decode_name(raw_name).replace("\\", "/")
        plain_bytes, packed_bytes, offset = numbers
        yield Member(
            path, raw_name, flags, method, crc, packed_bytes, plain_bytes, before + offset, mode=attributes >> 16
        )
        start = extra_start + extra_bytes + comment_bytes


def _find_directory(data: bytes) -> tuple[int, int, int]:
    """Find where the directory starts and ends, and how many bytes stand before the archive."""
    end = data.rfind(b"PK\5\6", max(0, len(data) - _END.size - _MAX_COMMENT_BYTES), max(0, len(data) - _END.size + 4))
    if end < 0:
        if data.startswith(b"PK\3\4"):
            raise Refused("truncated", said("its end is missing"))
        raise Refused("not_a_zip", said("it is {kind}", kind=_kind(data)))
    *_, size, offset, _ = _END.unpack_from(data, end)
    locator = end - _END64_LOCATOR.size
    end64 = locator - _END64.size
    if end64 >= 0 and data.startswith(b"PK\6\7", locator) and data.startswith(b"PK\6\6", end64):
        *_, size, offset = _END64.unpack_from(data, end64)
        end = end64
    before = end - size - offset
    if before < 0:
        raise Refused("damaged", said("its beginning is missing"))
    return end - size, end, before


def _from_64_bit(extra: bytes, numbers: tuple[int, int, int]) -> tuple[int, int, int]:
    """Take the numbers that do not fit into 32 bits, or that a program wrote so anyway, from the extra fields."""
    place = 0
    for _ in range(_MAX_EXTRA_FIELDS):
        if _SEE_64_BIT not in numbers or place + 4 > len(extra):
            break
        kind, n_bytes = struct.unpack_from("<2H", extra, place)
        if kind == _EXTRA_64_BIT:
            longer = iter(struct.unpack_from(f"<{numbers.count(_SEE_64_BIT)}Q", extra, place + 4))
            plain, packed, offset = (next(longer) if number == _SEE_64_BIT else number for number in numbers)
            return plain, packed, offset
        place += 4 + n_bytes
    return numbers


def _kind(data: bytes) -> str:
    """Say what a file is that is no zip."""
    beginning = data[:2048]
    return next(
        (kind for pattern, kind in _KINDS if re.match(pattern, beginning, re.MULTILINE)), said("of another kind")
    )
