"""The reader of written reports: one a process, for any of its threads; nothing that it is given makes it raise."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType, TracebackType
from typing import Any, Self

from grader.harness.batch.pdf import protocol
from grader.harness.batch.pdf.advice import (
    Findings,
    advise,
    explain_ending,
    explain_no_pdf,
    explain_text,
    is_readable,
)
from grader.harness.batch.pdf.confined import ReaderProcess
from grader.harness.batch.pdf.images import encode
from grader.harness.batch.records import PreCheck
from grader.harness.characters import count, make_visible
from grader.harness.errors import HostUnfit
from grader.harness.results import ManualPart

MAX_PAGES_READ = 100
MAX_IMAGES_BYTES = 24 * 1024**2
"""All pages of one report together, compressed."""
MAX_WIDTH_PX = 2000
MAX_DOCUMENT_BYTES = 64 * 1024**2
_MAX_COUNT = 10_000_000
_N_TRIES = 2


@dataclass(frozen=True)
class Pages:
    """Pictures of a report's pages, or the text of one that has none.

    Attributes
    ----------
    images : tuple of bytes
        In order; each a PNG or a JPEG file, as `grader.harness.batch.pdf.images.media_type` tells.
    note : str
        What is missing and why, in sentences; empty if every page that was asked for is there.
    text : str
        Of a Word document or an OpenDocument text: lines, visible, a few hundred thousand characters at most; empty
        for a PDF.
    n_pages : int or None
        How many pages the whole report says that it has; None where it has none, or could not be opened.
    """

    images: tuple[bytes, ...]
    note: str
    text: str = ""
    n_pages: int | None = None


class PdfReader:
    """Looks at written reports and draws their pages, in a confined process that starts with the first of them.

    To be closed; a context manager. Otherwise the confined process ends with the reader, or with the grader's process
    however that ends. A copy that a fork of the grader inherits starts a process of its own.
    """

    def __init__(self) -> None:
        self._child: ReaderProcess | None = None
        self._lock = threading.Lock()
        self._owner = os.getpid()

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the confined process."""
        self.close()

    def close(self) -> None:
        """End the confined process; the reader can be used again afterwards."""
        if self._owner != os.getpid():
            self._forget()
        with self._lock:
            self._end_child()

    def precheck(
        self,
        data: bytes | None,
        name: str,
        rubric_parts: Sequence[ManualPart],
        words: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> PreCheck:
        """Look at a written report.

        Parameters
        ----------
        data : bytes or None
            The file; None where there is none.
        name : str
            Its name, for the notes.
        rubric_parts : sequence of ManualPart
            Parts that a report must have.
        words : mapping of str to sequence of str, optional
            For each part's key what a heading of it may begin words with.

        Returns
        -------
        precheck : PreCheck
            Advice; whatever goes wrong is one of its notes.
        """
        if data is not None and is_readable(data):
            findings = self._read(data)
            if findings.texts:
                precheck = advise(findings, rubric_parts, words)
                return replace(precheck, notes=(explain_text(data, name), *precheck.notes))
        if reason := explain_no_pdf(data, name):
            return PreCheck(notes=(reason,))
        findings = Findings()
        self._ask({"do": "look", "first": 0, "max_pages": MAX_PAGES_READ}, data or b"", findings, lambda *_: None)
        return advise(findings, rubric_parts, words)

    def _read(self, data: bytes) -> Findings:
        """Read the text of a report that is no PDF."""
        findings = Findings(what="document")
        self._ask({"do": "read"}, data, findings, lambda *_: None)
        return findings

    def render(self, data: bytes | None, *, first: int = 0, max_pages: int = 20, width_px: int = 1000) -> Pages:
        """Draw pages of a written report, or read its text where it is no PDF.

        Parameters
        ----------
        data : bytes or None
            The file; None where there is none.
        first : int, optional
            The first page that is drawn, counted from 0. Those before it cost nothing.
        max_pages : int, optional
            More pages are not drawn, and the note says so where the first page is the report's.
        width_px : int, optional
            Pages are about so wide, and at most twice as high; narrower if they would be higher. At most 2000.

        Returns
        -------
        pages : Pages
            As many as could be had; whatever goes wrong is in its note.
        """
        if data is not None and is_readable(data) and (texts := self._read(data).texts):
            return Pages((), explain_text(data, ""), "".join(texts))
        if reason := explain_no_pdf(data, ""):
            return Pages((), reason)
        findings, images = Findings(), list[bytes]()
        n_left_out = 0
        width_px = min(max(width_px, 4), MAX_WIDTH_PX)
        first, max_pages = min(max(first, 0), _MAX_COUNT), min(max(max_pages, 0), _MAX_COUNT)

        def take(header: Mapping[str, Any], pixels: bytes) -> None:
            nonlocal n_left_out
            width, height = _count(header, "width"), _count(header, "height")
            if not (0 < width <= width_px + 4 and 0 < height <= protocol.MAX_SHAPE * width_px + 1):
                raise ValueError(f"a page must have the size that was asked for; got {width} x {height}")
            image = encode(pixels, width, height)
            if n_left_out or len(images) >= max_pages or sum(map(len, images)) + len(image) > MAX_IMAGES_BYTES:
                n_left_out += 1
            else:
                images.append(image)

        request = {"do": "draw", "first": first, "max_pages": max_pages, "width_px": width_px}
        self._ask(request, data or b"", findings, take)
        note = " ".join(_missing(findings, len(images), n_left_out, first, max_pages))
        return Pages(tuple(images), note, n_pages=findings.n_pages)

    def _ask(
        self,
        request: Mapping[str, Any],
        data: bytes,
        findings: Findings,
        take_page: Callable[[Mapping[str, Any], bytes], None],
    ) -> None:
        """Have a document read into `findings`; starts the process when there is none, or it has ended."""
        if len(data) > MAX_DOCUMENT_BYTES:
            findings.refusal = (
                f"The {findings.what} has more than {MAX_DOCUMENT_BYTES // 1024**2} MiB and was not opened."
            )
            return
        if self._owner != os.getpid():
            self._forget()
        with self._lock:
            for _ in range(_N_TRIES):
                try:
                    self._child = self._child or ReaderProcess()
                    findings.ending = self._child.ask(request, data, lambda *it: _take(findings, take_page, *it))
                except HostUnfit as exc:
                    findings.refusal = str(exc)
                except TimeoutError:
                    findings.ending = protocol.LATE
                    self._end_child()
                except (EOFError, OSError):
                    findings.ending = protocol.CRASHED
                    self._end_child()
                    if findings.n_pages is None:
                        continue  # it had ended before this document: killed by somebody, or out of memory
                return

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.close()
        self._child = None

    def _forget(self) -> None:
        """Begin anew in a fork of the grader: the confined process, and whoever holds the lock, are its parent's."""
        self._child, self._lock, self._owner = None, threading.Lock(), os.getpid()


def _take(
    findings: Findings,
    take_page: Callable[[Mapping[str, Any], bytes], None],
    header: Mapping[str, Any],
    pixels: bytes,
) -> None:
    """Note one message of a reader that the document may have taken over.

    Raises
    ------
    ValueError
        If it is not as a message must be.
    """
    match header.get("is"):
        case "document":
            findings.n_pages = _count(header, "pages")
            findings.n_scripts, findings.n_files = _count(header, "scripts"), _count(header, "files")
        case "page" if len(findings.texts) < MAX_PAGES_READ:
            findings.texts.append(_text(header))
            findings.n_pictures += _count(header, "pictures")
            findings.n_lines += _count(header, "lines")
        case "text" if sum(map(len, findings.texts)) < protocol.MAX_DOCUMENT_TEXT:
            findings.texts.append(_text(header))
            findings.n_pictures += _count(header, "pictures")
            findings.is_whole = header.get("is_whole") is True
        case "drawn page":
            take_page(header, pixels)
        case "broken page":
            findings.n_broken = min(findings.n_broken + 1, _MAX_COUNT)
        case "closed":
            is_locked = header.get("has_password") is True
            findings.refusal = (
                f"The {findings.what} is locked with a password: ask the student for one that is not."
                if is_locked
                else f"The {findings.what} is damaged and cannot be opened: ask the student for another copy."
            )
        case "unfit":
            findings.refusal = "Reports are read behind protections that this machine does not have."
        case _:
            raise ValueError(f"a message must say what it is; got {header!r:.100}")


def _text(header: Mapping[str, Any]) -> str:
    text = header.get("text")
    if not isinstance(text, str) or len(text) > protocol.MAX_TEXT * 2:
        raise ValueError(f"a page must have a text; got {text!r:.100}")
    return make_visible(text.replace("\r", "\n"))


def _count(header: Mapping[str, Any], name: str) -> int:
    number = header.get(name)
    if type(number) is not int or not 0 <= number <= _MAX_COUNT:
        raise ValueError(f"{name} must be a number from 0 to {_MAX_COUNT}; got {number!r:.100}")
    return number


def _missing(findings: Findings, n_images: int, n_left_out: int, first: int, max_pages: int) -> list[str]:
    """Say what is not among the drawn pages, in sentences."""
    said = [explain_ending(findings)] if explain_ending(findings) else []
    n_pages = findings.n_pages or 0
    n_tried = n_images + findings.n_broken
    if first == 0 and n_tried < n_pages:
        some = "the first is shown" if n_tried == 1 else f"the first {n_tried:,} are shown"
        said.append(f"The report has {count(n_pages, 'page')}; {some if n_images else 'none is shown'}.")
    elif 0 < n_pages <= first:
        said.append(f"The report has {count(n_pages, 'page')}; there is no page {first + 1:,}.")
    elif first and n_tried < min(max_pages, n_pages - first):
        said.append(f"The report has {count(n_pages, 'page')}; {n_images or 'none'} shown from page {first + 1:,} on.")
    if findings.n_broken:
        said.append(f"{count(findings.n_broken, 'page')} could not be drawn.")
    if n_left_out:
        said.append(f"{count(n_left_out, 'page')} of them would have made the pictures too large.")
    return said
