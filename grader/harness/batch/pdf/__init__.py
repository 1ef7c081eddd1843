"""Look at a written report and draw its pages: a stranger's file, read by a confined process, never by the grader.

::

    PdfReader (reader.py) -> advice.py, images.py         the grader: words for the TA, pictures of the pages
        |  pipes (confined.py, protocol.py)
    child.py, kept                                         inside bubblewrap where that works; reads nothing itself
        |  fork for each document, pipe
    document.py, office.py                                 limits, Landlock, seccomp; pypdfium2 reads the PDF here,
                                                           expat the text of a Word document or an OpenDocument text

A fork ends with its document, so nothing that a document does to the reader reaches the next one. Pages come back as
plain pixels and are compressed by the grader: no picture that a document could have forged is ever decoded.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.harness.batch.pdf.reader import Pages, PdfReader

__all__ = ["Pages", "PdfReader"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - of whatever the module has
    """Import the reader when it is asked for: the confined side imports this package, too, and has no NumPy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from grader.harness.batch.pdf import reader

    return getattr(reader, name)
