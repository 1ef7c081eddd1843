"""What a look at a report says to the TA: facts in, sentences out. Advice, never a mark."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grader.harness.batch.pdf import protocol
from grader.harness.batch.pdf.headings import count_words, find_parts
from grader.harness.batch.records import PreCheck
from grader.harness.characters import count, cut, one_line
from grader.harness.results import ManualPart

MANY_PAGES = 20
FEW_WORDS = 150
"""The template alone, with nothing filled in, has more."""
_SOME_LINES = 20
"""Fewer drawn lines than these are a frame or a table, no figure."""
_NAME_COLUMNS = 60
_HEADER_BYTES = 1024
"""A PDF may have something else before its header, but not more."""
_OFFICE = {
    b"word/": "a Word document",
    b"opendocument.text": "an OpenDocument text",
    b"ppt/": "a PowerPoint presentation",
    b"Index/Document.iwa": "a Pages document",
}
_READABLE = {"a Word document", "an OpenDocument text"}
_BEGINNINGS = {
    b"\xd0\xcf\x11\xe0": "an old Word or Office document",
    b"{\\rtf": "an RTF text",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"<": "a web page",
    b"PK": "a zip archive",
}


@dataclass
class Findings:
    """What the messages about one document told, as far as they came.

    Attributes
    ----------
    what : str
        What it is called in sentences.
    n_pages : int or None
        As the document says; None if it could not be opened.
    texts : list of str
        Of the pages that were read, or pieces of the text where there are no pages.
    n_pictures, n_lines : int
        Embedded pictures and drawn lines on them.
    n_broken : int
        Pages that could not be read.
    n_scripts, n_files : int
        JavaScript actions and attached files of the whole document.
    is_whole : bool
        Whether the text of a document without pages is all of it.
    refusal : str
        Why it could not be opened, in a sentence; empty if it was.
    ending : bytes
        How reading ended: of `grader.harness.batch.pdf.protocol`.
    """

    what: str = "PDF"
    n_pages: int | None = None
    texts: list[str] = field(default_factory=list)
    n_pictures: int = 0
    n_lines: int = 0
    n_broken: int = 0
    n_scripts: int = 0
    n_files: int = 0
    is_whole: bool = True
    refusal: str = ""
    ending: bytes = protocol.COMPLETE


def explain_no_pdf(data: bytes | None, name: str) -> str:
    """Say why there is nothing to look at, in a sentence; an empty text for what may be a PDF."""
    if data is None:
        return "There is no written report in the submission, or it cannot be read."
    shown = cut(one_line(name), _NAME_COLUMNS) or "The report"
    if not data:
        return f"{shown} is an empty file."
    if b"%PDF-" in data[:_HEADER_BYTES]:
        return ""
    return f"{shown} is no PDF but {_kind(data)}: read it in its own program, or ask the student for a PDF."


def is_readable(data: bytes | None) -> bool:
    """Tell whether a report is no PDF but a document whose text can be read."""
    return data is not None and explain_no_pdf(data[:_HEADER_BYTES], "") != "" and _kind(data) in _READABLE


def explain_text(data: bytes, name: str) -> str:
    """Say that of a report that is no PDF the text is all that is shown, in a sentence."""
    shown = cut(one_line(name), _NAME_COLUMNS) or "The report"
    return (
        f"{shown} is no PDF but {_kind(data)}: its text is shown, its pictures and its layout are not. For those read "
        "it in its own program, or ask the student for a PDF."
    )


def explain_ending(findings: Findings) -> str:
    """Say why reading did not come to its end, in a sentence; an empty text if it did."""
    if findings.refusal:
        return findings.refusal
    return {
        protocol.LATE: f"The {findings.what} takes too long to read; what is said of it is incomplete.",
        protocol.TOO_MUCH: f"The {findings.what} gives more than can be taken; what is said of it is incomplete.",
        protocol.CRASHED: (
            f"The {findings.what} broke the program that reads it, or needs too much memory: open it with care."
        ),
    }.get(findings.ending, "")


def advise(findings: Findings, parts: Sequence[ManualPart], words: Mapping[str, Sequence[str]]) -> PreCheck:
    """Put together what the TA should know before marking a report."""
    if not findings.texts:
        return PreCheck(n_pages=findings.n_pages, notes=tuple(_reading_notes(findings)) or ("The PDF has no pages.",))
    n_words = sum(count_words(text) for text in findings.texts)
    found = find_parts(findings.texts, parts, words)
    missing = [part for part in parts if part.key not in found]
    is_vague = findings.n_pictures == 0 and findings.n_lines >= _SOME_LINES
    return PreCheck(
        n_pages=findings.n_pages,
        n_words=n_words,
        n_pictures=None if is_vague else findings.n_pictures,
        parts_found=found,
        notes=tuple(_notes(findings, n_words, missing)),
    )


def _reading_notes(findings: Findings) -> Iterator[str]:
    n_pages, n_read = findings.n_pages or 0, len(findings.texts)
    if ending := explain_ending(findings):
        yield ending
    if findings.n_broken:
        yield f"{count(findings.n_broken, 'page')} could not be read."
    if not findings.is_whole:
        yield f"It is longer than the {protocol.MAX_DOCUMENT_TEXT:,} characters that are read of it."
    if n_pages > MANY_PAGES:
        read = f"; {n_read} of them were looked at" if n_read < n_pages else ""
        yield f"The report has {count(n_pages, 'page')}, more than {MANY_PAGES}{read}."


def _notes(findings: Findings, n_words: int, missing: Sequence[ManualPart]) -> Iterator[str]:
    yield from _reading_notes(findings)
    if n_words < FEW_WORDS:
        scanned = " It may have been scanned." if findings.n_pictures >= len(findings.texts) else ""
        yield f"There is hardly any text: {count(n_words, 'word')}.{scanned}"
    if findings.n_pictures == 0:
        drawn = " Drawn lines may be figures." if findings.n_lines >= _SOME_LINES else ""
        yield f"There are no embedded pictures.{drawn}"
    for part in missing:
        yield f"No heading was found for the part {part.title!r}."
    if findings.n_scripts or findings.n_files:
        what = [count(findings.n_scripts, "script")] * bool(findings.n_scripts)
        what += [count(findings.n_files, "attached file")] * bool(findings.n_files)
        yield f"The PDF holds {' and '.join(what)}, which nothing here ran or opened: leave them alone."


def _kind(data: bytes) -> str:
    if data.startswith(b"PK"):
        for mark, kind in _OFFICE.items():
            if mark in data:
                return kind
    for beginning, kind in _BEGINNINGS.items():
        if data.startswith(beginning):
            return kind
    return "something else"
