"""What a few of a class do with their files, and what is to be found of it."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tests.submissions.malformed import TEMPLATE, pack
from tests.zoo import FOLDER, REPORT

OTHER_REPORT = b"%PDF-1.4\n% another one\n%%EOF\n"
_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

File = tuple[str, bytes, float]
"""Name, content, and how many hours before the last one it was uploaded."""


@dataclass(frozen=True)
class Oddity:
    """What somebody hands in.

    Attributes
    ----------
    files : callable
        Gives the files of a student with this key.
    report_name : str
        Ending of the name of the report that counts; empty where there is none.
    n_others, n_older : int
        How many of the files are no submission, and how many are older uploads.
    has_code, has_other_answer : bool
        Whether the upload that counts can be graded, and whether an older one looks like an answer instead.
    """

    files: Callable[[str], Sequence[File]]
    report_name: str = "_Lab3_report.pdf"
    n_others: int = 0
    n_older: int = 0
    has_code: bool = True
    has_other_answer: bool = False


@cache
def right() -> bytes:
    return (FOLDER / "pass_union_find" / "merge.py").read_bytes()


def docx(*paragraphs: str, name: str = "word/document.xml", xml: str = "") -> bytes:
    """Write a Word document of plain paragraphs, or of the XML given, always with the same bytes."""
    body = "".join(f"<w:p><w:r><w:t>{paragraph}</w:t></w:r></w:p>" for paragraph in paragraphs)
    xml = xml or f'<?xml version="1.0"?><w:document xmlns:w="{_WORDS}"><w:body>{body}</w:body></w:document>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in [("[Content_Types].xml", "<Types/>"), (name, xml)]:
            info = zipfile.ZipInfo(member)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


DOCUMENT = docx("1. Complete description of the algorithm", "Rows of one person are joined step by step.")


def _zip(key: str, *members: tuple[str, bytes], copy: str = "", hours: float = 0.0) -> File:
    return f"{key}_Lab3{copy}.zip", pack(*members), hours


def _code(key: str, **more: float) -> File:
    return _zip(key, ("merge.py", right()), **more)


def _pdf(key: str, content: bytes = OTHER_REPORT) -> File:
    return f"{key}_Lab3_report.pdf", content, 0.0


def _twice(key: str, first: bytes, second: Sequence[tuple[str, bytes]]) -> Sequence[File]:
    report = (f"{key}_Lab3_report.pdf", REPORT)
    return [_zip(key, ("merge.py", first), report, hours=5), _zip(key, *second, report, copy=" (1)")]


ODDITIES: Mapping[str, Oddity] = {
    "report beside the zip": Oddity(lambda key: [_code(key), _pdf(key)], n_others=1),
    "document beside the zip": Oddity(
        lambda key: [_code(key), ("my report.docx", DOCUMENT, 0.0)], "my report.docx", n_others=1
    ),
    "report in the zip and beside it": Oddity(
        lambda key: [_zip(key, ("merge.py", right()), ("inside_report.pdf", REPORT)), _pdf(key)],
        "inside_report.pdf",
        n_others=1,
    ),
    "broken report in the zip": Oddity(
        lambda key: [_zip(key, ("merge.py", right()), ("inside_report.pdf", b"none")), _pdf(key)], n_others=1
    ),
    "report beside a damaged zip": Oddity(
        lambda key: [(f"{key}_Lab3.zip", pack(("merge.py", right()))[:-30], 0.0), _pdf(key)],
        n_others=1,
        has_code=False,
    ),
    "two reports beside the zip": Oddity(
        lambda key: [_code(key), ("draft.pdf", OTHER_REPORT, 0.0), _pdf(key)], n_others=2
    ),
    "report beside bare code": Oddity(lambda key: [("merge.py", right(), 0.0), _pdf(key)], n_others=1),
    "report alone": Oddity(lambda key: [_pdf(key)], has_code=False),
    "picture beside the zip": Oddity(
        lambda key: [
            _zip(key, ("merge.py", right()), (f"{key}_Lab3_report.pdf", REPORT)),
            ("output.png", b"\x89PNG\r\n\x1a\n", 0.0),
        ],
        n_others=1,
    ),
    "document in the zip": Oddity(
        lambda key: [_zip(key, ("merge.py", right()), ("report.docx", DOCUMENT))], "report.docx"
    ),
    "template last": Oddity(
        lambda key: _twice(key, right(), [("merge.py", TEMPLATE)]), n_older=1, has_code=False, has_other_answer=True
    ),
    "no code last": Oddity(
        lambda key: _twice(key, right(), [("notes.txt", b"see the other one")]),
        n_older=1,
        has_code=False,
        has_other_answer=True,
    ),
    "template twice": Oddity(lambda key: _twice(key, TEMPLATE, [("merge.py", TEMPLATE)]), n_older=1, has_code=False),
}
