"""All that can be said about a file that was handed in: what is required, and what to do, by code.

What was found instead is said where it is found. Whether it is fatal depends: a link in place of the code leaves
nothing to grade, a link beside it is left out and told. ``{code}``, ``{zip}``, ``{report}`` and ``{example}`` stand for
the names that the lab asks for.
"""

from collections.abc import Mapping
from types import MappingProxyType

from grader.harness.errors import SubmissionError
from grader.harness.intake.names import Naming
from grader.harness.languages import said
from grader.harness.results import Explanation, Problem

_PACK = "Pack {code} and the report into a new .zip (Windows: Send to, Compressed folder; macOS: Compress)."
_AGAIN = "Pack the files into a new .zip, open it once to see that it is whole, and upload that."

_FROM_NOTEBOOK = (
    "In Jupyter choose File > Save and Export As > Executable Script (Colab: File > Download > Download .py) and name "
    "the file {code}; or copy the cell with your function into a new file {code}. Run it once before you pack it."
)
_RENAME = (
    "Rename it to {code}. Windows hides endings: in its Explorer choose View > Show > File name extensions (macOS: "
    "Finder > Settings > Advanced > Show all filename extensions), then rename."
)
_FROM_DOCUMENT = (
    "Copy the code into a new file of an editor for programs (VS Code, IDLE, Notepad), save that as {code}, and run it "
    "once: documents change blanks and quotation marks."
)
_MOVE_BESIDE = (
    "If {code} needs one of them, put it beside {code} under a name of letters, digits and _, or move its code into "
    "{code}."
)

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # The file as a whole.
        "empty_file": ("The file must be a zip with {code} and the report in it", _AGAIN),
        "file_too_large": (
            "A submission must be a small file",
            "Leave out weights, pictures and environments: {code} and the report are enough.",
        ),
        "not_a_zip": ("The file must be a zip, inside as well as by its name", _PACK + " Renaming is not enough."),
        "truncated": ("The zip must be complete", "Upload it again, and wait until the upload has ended."),
        "damaged": ("The zip must be readable", _AGAIN),
        "too_many_entries": (
            "The zip must hold {code} and the report, and little else",
            "Leave out environments, data and caches.",
        ),
        "empty_zip": ("The zip must hold {code} and the report", "Put both files in, and look into it once."),
        "file_name": ("The zip must be named {zip}", "Rename it, for example to {example}."),
        # What is in it.
        "no_code": ("The zip must hold a file {code}", "Put your code in, under exactly this name."),
        "code_is_folder": ("{code} must be a file", "Put the file in the place of the folder."),
        "nested_archive": (
            "{code} must be in the zip itself",
            "Unpack the inner archive, then pack its files into one zip.",
        ),
        "several_codes": ("The zip must hold one {code}", "Leave in the one that counts."),
        "code_name": ("The code must be in a file {code}", "It was graded; use exactly this name next time."),
        "code_deep": (
            "{code} must be at the top of the zip, or in one folder",
            "It was graded; pack the file itself next time.",
        ),
        "notebook": ("The code must be in a Python file, {code}", _FROM_NOTEBOOK),
        "code_as_text": ("The code must be in a file that is called {code}", _RENAME),
        "code_as_document": ("The code must be plain text in a file {code}", _FROM_DOCUMENT),
        "code_beside": ("{code} may import Python files that lie beside it in the zip", "There is nothing to do."),
        "code_beside_left_out": (
            "At most 20 Python files of text, 1 MiB each and 2 MiB together, are graded with {code}",
            "If {code} needs one of them, move its code into {code}.",
        ),
        "code_beside_reserved": (
            "A file beside {code} must not be called like NumPy or a module of Python: {code} gets the real one",
            "If {code} needs it, give it another name, in the import as well.",
        ),
        "other_python": (
            "{code} may import Python files that lie beside it in the zip, and the lab's own",
            _MOVE_BESIDE,
        ),
        "encrypted": ("The files must not be encrypted", "Pack them without a password."),
        "compression": (
            "The files must be packed by the usual method, Deflate, or not at all",
            "Let Windows or macOS pack them, or choose Deflate in your program.",
        ),
        "zip_bomb": (
            "The zip must unpack to about what it looks like",
            "Pack {code} and the report, and nothing else.",
        ),
        "path_outside": (
            "The names in the zip must stay inside it",
            "Pack the files themselves, without drive letters, leading slashes and '..'.",
        ),
        "link": ("The zip must hold the files themselves", "Replace the link by the file that it leads to."),
        "special_file": ("The zip must hold ordinary files", "Leave out everything that is no file of yours."),
        "other_lab": (
            "The zip must be one of this lab, {zip} with {code} in it",
            "Hand it in where it belongs; here the file of this lab is needed.",
        ),
        # The code.
        "empty_code": ("{code} must hold your code", "Save your file, look at its size, and pack it again."),
        "code_too_large": (
            "{code} must be a file of code",
            "Leave out data: your functions get their input as arguments.",
        ),
        "untouched_template": (
            "{code} must hold your solution",
            "Pack the file that you worked on.",
        ),
        "blanks_left": ("The blanks of the template must be filled", "Write code in their place."),
        "null_bytes": (
            "{code} must be text",
            "Save it again as UTF-8 in your editor; if it looks damaged there, take an older copy.",
        ),
        "utf8_bom": ("{code} must be text in UTF-8", "There is nothing to do: Python reads it."),
        "utf16": (
            "{code} must be text in UTF-8",
            "It was turned into UTF-8 and graded; save it so yourself, for Python refuses it as it is.",
        ),
        "other_encoding": (
            "{code} must be text in UTF-8",
            "It was turned into UTF-8 and graded; save it so yourself, for Python refuses it as it is.",
        ),
        "unknown_encoding": ("{code} must be text in UTF-8", "Save it as UTF-8 in your editor."),
        "crlf": ("Lines may end as on Windows, macOS or Linux", "There is nothing to do: Python reads them all."),
        "tabs": (
            "Lines must be indented by spaces, or by tabs",
            "Let your editor turn tabs into spaces: Python refuses most mixtures.",
        ),
        # The report.
        "no_report": ("The zip must hold the report, {report}", "Put it beside {code}."),
        "report_beside": (
            "The report must be in the zip, beside {code}",
            "It was taken as your report; pack it into the zip next time.",
        ),
        "report_name": ("The report must be named {report}", "Rename it; it was taken as the report."),
        "report_not_pdf": (
            "The report must be a PDF",
            "Save or print it as PDF from the program that you wrote it in.",
        ),
        "report_empty": ("The report must not be empty", "Export it again, and open it before you pack it."),
        "report_broken": ("The report must be a PDF inside as well as by its name", "Export it as PDF."),
        "report_unreadable": ("The report must be readable", "Pack it again; your code does not depend on it."),
        "several_reports": ("The zip must hold one report", "Leave in the one that counts."),
    }
)
"""For each code what is required and what to do: patterns of the catalogues."""


class Refused(SubmissionError):  # noqa: N818 - names what happened to the file
    """A file, or a part of it, that cannot be had; `fatal` makes a problem of it."""

    def __init__(self, code: str, got: str) -> None:
        self.code = code
        self.got = got
        super().__init__(f"{code}: {got}")

    def problem(self, naming: Naming) -> Problem:
        """Make the problem that leaves nothing to grade."""
        return fatal(naming, self.code, self.got)


def fatal(naming: Naming, code: str, got: str) -> Problem:
    """Make a problem that leaves nothing to grade."""
    return _problem(naming, code, got, is_fatal=True)


def remark(naming: Naming, code: str, got: str) -> Problem:
    """Make a problem that costs nothing by itself."""
    return _problem(naming, code, got, is_fatal=False)


def _problem(naming: Naming, code: str, got: str, *, is_fatal: bool) -> Problem:
    names = {"code": naming.code, "zip": naming.zip_name, "report": naming.report_name, "example": naming.example}
    required, advice = (said(text, **names) for text in TEXTS[code])
    return Problem(code, Explanation(required, got, advice), is_fatal)
