"""Code that was saved as something else: a notebook, a text, a document, by its name or by its first bytes."""

from collections.abc import Sequence

from grader.harness.intake.names import Naming, quoted
from grader.harness.intake.problems import Refused
from grader.harness.languages import said

_NOTEBOOK = ".ipynb"
_TEXTS = ("txt", "text")
_DOCUMENTS = ("docx", "doc", "odt", "pages", "rtf", "pdf", "html", "htm")

# So begin documents that were given the ending of Python. A notebook is told by two words that all of them hold.
_BEGINNINGS = (
    (b"PK\3\4", said("a zip or a document")),
    (b"%PDF-", said("a PDF")),
    (rb"{\rtf", said("a document, RTF")),
)
_NOTEBOOK_WORDS = (b'"cells"', b'"nbformat"')


def find_other_format(naming: Naming, names: Sequence[str]) -> Refused | None:
    """Say which of the files is the code in a form that Python does not run; None where none looks like it.

    Parameters
    ----------
    naming : Naming
        How the lab calls its files.
    names : sequence of str
        Paths, among which is no Python file.
    """
    if notebooks := [name for name in names if name.lower().endswith(_NOTEBOOK)]:
        return Refused("notebook", said("there is {names}, a notebook", names=quoted(notebooks)))
    if texts := [name for name in names if naming.is_code_as(_last(name), _TEXTS)]:
        return Refused("code_as_text", said("there is {names}", names=quoted(texts)))
    if documents := [name for name in names if naming.is_code_as(_last(name), _DOCUMENTS)]:
        return Refused("code_as_document", said("there is {names}, a document", names=quoted(documents)))
    return None


def look_for_other_format(source: bytes) -> tuple[str, str] | None:
    """Say what a file is that was only renamed to ``.py``: code of the problem, and what it is; None for text."""
    beginning = source.lstrip()[:8]
    if beginning.startswith(b"{") and all(word in source for word in _NOTEBOOK_WORDS):
        return "notebook", said("it is a notebook that was renamed")
    for start, what in _BEGINNINGS:
        if beginning.startswith(start):
            return "code_as_document", said("it is {what} that was renamed", what=what)
    return None


def _last(path: str) -> str:
    return path.rpartition("/")[2]
