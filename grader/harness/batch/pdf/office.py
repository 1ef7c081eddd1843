"""What is done inside a fork with a report that is no PDF: the text of a Word document, or an OpenDocument text.

Both are zips with XML in them, and a stranger's. One member is unpacked, piece by piece and up to a limit; its XML is
read as it comes, without a tree. A document type is refused, and with it every entity but XML's own five: there is
nothing to expand and nothing to fetch.
"""

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from grader.harness.batch.pdf import protocol
from grader.harness.batch.pdf.document import Send

codecs.lookup("cp437")  # zipfile decodes names by it, and a fork can no longer load it

_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class _Form:
    """Which elements mean what, by their names without a namespace.

    Attributes
    ----------
    member : Pattern
        Names of the part of the zip that holds the text: Word on the web numbers it.
    text, ends : frozenset of str
        Elements whose characters are text, and those after which a line ends.
    spaces, breaks : frozenset of str
        Elements that stand for a space, and for the end of a line.
    pictures, hidden : frozenset of str
        Elements that are pictures, and those of which nothing is shown.
    """

    member: re.Pattern[str]
    text: frozenset[str]
    ends: frozenset[str]
    spaces: frozenset[str]
    breaks: frozenset[str]
    pictures: frozenset[str]
    hidden: frozenset[str]


_WORD = _Form(
    re.compile(r"word/document\d*\.xml"),
    text=frozenset({"t"}),
    ends=frozenset({"p"}),
    spaces=frozenset({"tab"}),
    breaks=frozenset({"br", "cr"}),
    pictures=frozenset({"blip", "imagedata"}),
    # What is in a Fallback stands before it for newer programs; tabs are where they are set, not where they are used.
    hidden=frozenset({"Fallback", "tabs"}),
)
_OPEN_DOCUMENT = _Form(
    re.compile(r"content\.xml"),
    text=frozenset({"p", "h"}),
    ends=frozenset({"p", "h"}),
    spaces=frozenset({"tab", "s"}),
    breaks=frozenset({"line-break"}),
    pictures=frozenset({"image"}),
    hidden=frozenset({"tracked-changes", "annotation"}),
)


class _EnoughError(Exception):
    """The text is longer than what is read of it."""


@dataclass
class _Text:
    """The text of a document while it is read."""

    form: _Form
    pieces: list[str] = field(default_factory=list)
    n_characters: int = 0
    n_pictures: int = 0
    n_open: int = 0
    n_hidden: int = 0

    def start(self, name: str, _: Mapping[str, str]) -> None:
        name = name.rpartition(" ")[2]
        if self.n_hidden or name in self.form.hidden:
            self.n_hidden += 1
            return
        self.n_open += name in self.form.text
        self.n_pictures += name in self.form.pictures
        if name in self.form.spaces:
            self._add(" ")
        elif name in self.form.breaks:
            self._add("\n")

    def end(self, name: str) -> None:
        if self.n_hidden:
            self.n_hidden -= 1
            return
        name = name.rpartition(" ")[2]
        self.n_open -= name in self.form.text
        if name in self.form.ends:
            self._add("\n")

    def characters(self, text: str) -> None:
        if self.n_open and not self.n_hidden:
            # Line ends of the file mean nothing; those of the text are elements.
            self._add(text.replace("\n", " "))

    def _add(self, text: str) -> None:
        self.n_characters += len(text)
        if self.n_characters > protocol.MAX_DOCUMENT_TEXT:
            raise _EnoughError
        self.pieces.append(text)


def answer(data: bytes, send: Send) -> None:
    """Tell the text of a document, in pieces of whole lines.

    Parameters
    ----------
    data : bytes
        The document.
    send : callable
        Takes a header.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            form, member = _find_text(archive.namelist())
            text = _Text(form)
            is_whole = _read(archive, member, text)
    # What zipfile and expat raise for hostile bytes.
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        OSError,
        EOFError,
        LookupError,
        ValueError,
        NotImplementedError,
        OverflowError,
        RuntimeError,
    ):
        send({"is": "closed", "has_password": False})
        return
    n_pictures = text.n_pictures
    for piece in _split("".join(text.pieces)):
        send({"is": "text", "text": piece, "pictures": n_pictures, "is_whole": is_whole})
        n_pictures = 0


def _find_text(names: list[str]) -> tuple[_Form, str]:
    """Find the part that holds the text, a Word document's first; LookupError where there is none."""
    found = [(form, name) for form in (_WORD, _OPEN_DOCUMENT) for name in names if form.member.fullmatch(name)]
    return found[0]


def _read(archive: zipfile.ZipFile, member: str, text: _Text) -> bool:
    """Read the text of a document; tell whether that is all of it."""
    parser: Any = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = text.start, text.end
    parser.CharacterDataHandler = text.characters
    n_bytes = 0
    with archive.open(member) as file:
        try:
            while piece := file.read(_PIECE_BYTES):
                n_bytes += len(piece)
                if n_bytes > protocol.MAX_XML_BYTES:
                    return False
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except _EnoughError:
            return False
    return True


def _refuse(*_: object) -> None:
    raise ValueError("a document type could define entities that grow without end")


def _split(text: str) -> Iterator[str]:
    """Cut text into pieces of whole lines, so that no heading is cut in two; a line that is too long is cut."""
    start = 0
    while start < len(text):
        end = start + protocol.MAX_TEXT
        last = text.rfind("\n", start, end) + 1
        end = last if last > start and end < len(text) else end
        yield text[start:end]
        start = end
