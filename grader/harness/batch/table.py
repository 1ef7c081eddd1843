"""A CSV file whose cells can be written one by one, while every other byte of it stays.

Python's csv module tells what is in a cell, but not where the cell stands; here each cell is a span of the text.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from grader.harness.errors import WorksheetError

MAX_BYTES = 64 * 2**20
"""Size of a worksheet; a larger file is none."""

# A cell, and what ends it. Behind the closing quote anything may stand, as readers of CSV allow.
_CELL = re.compile(r'("[^"]*(?:""[^"]*)*"(?!")[^,\r\n]*|(?!")[^,\r\n]*)(,|\r\n|\r|\n|\Z)')
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"(?!")(.*)', re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Record:
    """One row of the table, which may be several lines of the file.

    Attributes
    ----------
    line : int
        Where it starts, counted from 1.
    spans : sequence of tuple of int
        For each cell, its quotes included, where it starts and ends in the text.
    """

    line: int
    spans: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Table:
    """A CSV file that was read.

    Attributes
    ----------
    text : str
        All of it, but the byte order mark.
    has_mark : bool
        Whether it begins with a byte order mark.
    header : sequence of str
        What is in its first row.
    records : sequence of Record
        The rows below; lines with nothing on them are left out.
    """

    text: str
    has_mark: bool
    header: Sequence[str]
    records: Sequence[Record]

    def cell(self, record: Record, column: int | None) -> str:
        """Read what is in a cell, blanks around it left out; nothing where there is no such column."""
        return _plain(self.text, record, column)

    def with_cells(self, cells: Iterable[tuple[tuple[int, int], str]]) -> bytes:
        """Put text in the place of cells, given by their spans, and give the whole file."""
        pieces, end = [], 0
        for (start, stop), text in sorted(cells):
            pieces += [self.text[end:start], _quote(text)]
            end = stop
        text = "".join([*pieces, self.text[end:]])
        return (codecs.BOM_UTF8 if self.has_mark else b"") + text.encode()


def read_table(data: bytes) -> Table:
    """Read a CSV file: commas, UTF-8 with or without a byte order mark, any ends of lines.

    Raises
    ------
    WorksheetError
        If it is too large, in another encoding, empty, or has a quote that is not closed.
    """
    text = _decode(data)
    records = [record for record in _records(text) if len(record.spans) > 1 or record.spans[0][0] < record.spans[0][1]]
    if not records:
        raise WorksheetError("A worksheet must have a line of headings; this file is empty. Download it again.")
    header = [_plain(text, records[0], column) for column in range(len(records[0].spans))]
    return Table(text, data.startswith(codecs.BOM_UTF8), header, records[1:])


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise WorksheetError(
            f"A worksheet must be a small table; this file has more than {MAX_BYTES // 2**20} MiB. Check the path."
        )
    got = "UTF-16" if b"\0" in data[:100] else "another encoding"
    try:
        if got != "UTF-16":
            return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        pass
    raise WorksheetError(
        f"A worksheet must be in UTF-8, as Moodle gives it; this one is in {got}. Download it again, and do not save "
        "it with another program."
    )


def _records(text: str) -> Iterator[Record]:
    spans: list[tuple[int, int]] = []
    start, line, first_line = 0, 1, 1
    while start < len(text) or spans:
        match = _CELL.match(text, start)
        if match is None:
            raise WorksheetError(
                f"Each quote in a worksheet must be closed; one that opens on line {line} is not. Download it again."
            )
        spans.append(match.span(1))
        line += len(_LINE_END.findall(match[0]))
        start = match.end()
        if match[2] != ",":
            yield Record(first_line, spans)
            spans, first_line = [], line


def _plain(text: str, record: Record, column: int | None) -> str:
    if column is None or column >= len(record.spans):
        return ""
    start, end = record.spans[column]
    if match := _QUOTED.fullmatch(text, start, end):
        return (match[1].replace('""', '"') + match[2]).strip()
    return text[start:end].strip()


def _quote(cell: str) -> str:
    buffer = io.StringIO()
    # Behind another cell, for a lone empty one would get quotes; and with an end, for csv quotes what might be one.
    csv.writer(buffer, lineterminator="\r\n").writerow(["", cell])
    return buffer.getvalue()[1:-2]
