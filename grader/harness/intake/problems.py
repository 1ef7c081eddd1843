"""All that can be said about a file that was handed in: what is required, and what to do, by code.

What came instead is said where it is found. Whether it is fatal depends: a link in place of ``merge.py`` leaves nothing
to grade, a link beside it is left out and told.
"""

from collections.abc import Mapping
from types import MappingProxyType

from grader.harness.errors import SubmissionError
from grader.harness.results import Explanation, Problem

_PACK = "Pack merge.py and the report into a new .zip (Windows: Send to, Compressed folder; macOS: Compress)."
_AGAIN = "Pack the files into a new .zip, open it once to see that it is whole, and upload that."

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # The file as a whole.
        "empty_file": ("The file must be a zip with merge.py and the report in it", _AGAIN),
        "file_too_large": (
            "A submission must be a small file",
            "Leave out weights, pictures and environments: merge.py and the report are enough.",
        ),
        "not_a_zip": ("The file must be a zip, inside as well as by its name", f"{_PACK} Renaming is not enough."),
        "truncated": ("The zip must be complete", "Upload it again, and wait until the upload has ended."),
        "damaged": ("The zip must be readable", _AGAIN),
        "too_many_entries": (
            "The zip must hold merge.py and the report, and little else",
            "Leave out environments, data and caches.",
        ),
        "empty_zip": ("The zip must hold merge.py and the report", "Put both files in, and look into it once."),
        "file_name": ("The zip must be named StudentID_Lab3.zip", "Rename it, for example to N26130891_Lab3.zip."),
        # What is in it.
        "no_merge": ("The zip must hold a file merge.py", "Put your code in, under exactly this name."),
        "merge_is_folder": ("merge.py must be a file", "Put the file in the place of the folder."),
        "nested_archive": (
            "merge.py must be in the zip itself",
            "Unpack the inner archive, then pack its files into one zip.",
        ),
        "two_merge": ("The zip must hold one merge.py", "Leave in the one that counts."),
        "merge_name": ("The code must be in a file merge.py", "It was graded; use exactly this name next time."),
        "merge_deep": (
            "merge.py must be at the top of the zip, or in one folder",
            "It was graded; pack the file itself next time.",
        ),
        "other_python": (
            "Only merge.py is run, beside the lab's own files",
            "If merge.py needs code of yours from elsewhere, move that into merge.py.",
        ),
        "encrypted": ("The files must not be encrypted", "Pack them without a password."),
        "compression": (
            "The files must be packed by the usual method, Deflate, or not at all",
            "Let Windows or macOS pack them, or choose Deflate in your program.",
        ),
        "zip_bomb": (
            "The zip must unpack to about what it looks like",
            "Pack merge.py and the report, and nothing else.",
        ),
        "path_outside": (
            "The names in the zip must stay inside it",
            "Pack the files themselves, without drive letters, leading slashes and '..'.",
        ),
        "link": ("The zip must hold the files themselves", "Replace the link by the file that it leads to."),
        "special_file": ("The zip must hold ordinary files", "Leave out everything that is no file of yours."),
        # The code.
        "empty_merge": ("merge.py must hold your code", "Save your file, look at its size, and pack it again."),
        "merge_too_large": ("merge.py must be a file of code", "Leave out data: merge gets its input as arguments."),
        "untouched_template": (
            "merge.py must hold your solution",
            "Pack the file that you worked on.",
        ),
        "blanks_left": ("The blanks of the template must be filled", "Write code in their place."),
        "null_bytes": (
            "merge.py must be text",
            "Save it again as UTF-8 in your editor; if it looks damaged there, take an older copy.",
        ),
        "utf8_bom": ("merge.py must be text in UTF-8", "There is nothing to do: Python reads it."),
        "utf16": (
            "merge.py must be text in UTF-8",
            "It was turned into UTF-8 and graded; save it so yourself, for Python refuses it as it is.",
        ),
        "other_encoding": (
            "merge.py must be text in UTF-8",
            "It was turned into UTF-8 and graded; save it so yourself, for Python refuses it as it is.",
        ),
        "unknown_encoding": ("merge.py must be text in UTF-8", "Save it as UTF-8 in your editor."),
        "crlf": ("Lines may end as on Windows, macOS or Linux", "There is nothing to do: Python reads them all."),
        "tabs": (
            "Lines must be indented by spaces, or by tabs",
            "Let your editor turn tabs into spaces: Python refuses most mixtures.",
        ),
        # The report.
        "no_report": ("The zip must hold the report, StudentID_Lab3_report.pdf", "Put it beside merge.py."),
        "report_name": ("The report must be named StudentID_Lab3_report.pdf", "Rename it; it was taken as the report."),
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
"""For each code what is required and what to do."""


class Refused(SubmissionError):  # noqa: N818 - names what happened to the file
    """A file, or a part of it, that cannot be had; carries the fatal problem."""

    def __init__(self, code: str, came: str) -> None:
        self.problem = fatal(code, came)
        super().__init__(str(self.problem.explanation))


def fatal(code: str, came: str) -> Problem:
    """Make a problem that leaves nothing to grade."""
    return _problem(code, came, is_fatal=True)


def remark(code: str, came: str) -> Problem:
    """Make a problem that costs nothing by itself."""
    return _problem(code, came, is_fatal=False)


def _problem(code: str, came: str, *, is_fatal: bool) -> Problem:
    required, advice = TEXTS[code]
    return Problem(code, Explanation(required, came, advice), is_fatal)
