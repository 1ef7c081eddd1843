"""What is told of an exception, and what advice the sandbox's own refusals get."""

import pytest

from grader.harness.sandbox.crashes import describe, read_lines
from grader.harness.sandbox.failures import Blame
from grader.harness.sandbox.policy import Limits
from tests.grader.harness.sandbox.conftest import PROGRAM

LOADING = Blame(PROGRAM, None, Limits())

FILES = "merge.py may not read or write files when it is graded: leave that line out."
SYSTEM = (
    "When it is graded, merge.py is one process with one thread, without network, other programs, user, home or "
    "language settings: leave that line out."
)
NO_MODULE = (
    "merge.py can use NumPy, Python's standard library and estimation.config; {!r} is not available when it is graded. "
    "Leave the import out."
)
OWN = "Run `python merge.py` on your own computer and look at that line."
REFUSALS = {
    "read_only": (OSError(30, "Read-only file system", "x.npy"), FILES),
    "not_permitted": (PermissionError(1, "Operation not permitted", "folder"), FILES),
    "denied": (PermissionError(13, "Permission denied", "x.npy"), FILES),
    "missing": (FileNotFoundError(2, "No such file or directory", "x.npy"), FILES),
    "no_temporary_folder": (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), FILES),
    "database": (RuntimeError("unable to open database file"), FILES),
    "time_zone": (KeyError("No time zone found with key Asia/Taipei"), FILES),
    "list": (PermissionError(13, "Permission denied"), FILES),
    "socket": (PermissionError(1, "Operation not permitted"), SYSTEM),
    "terminal": (OSError(25, "Inappropriate ioctl for device"), SYSTEM),
    "thread": (RuntimeError("can't start new thread"), SYSTEM),
    "user": (KeyError("getpwuid(): uid not found: 65534"), SYSTEM),
    "home": (RuntimeError("Could not determine home directory."), SYSTEM),
    "language": (ValueError("unsupported locale setting"), SYSTEM),
    "module": (ModuleNotFoundError("No module named 'cv2'", name="cv2"), NO_MODULE.format("cv2")),
    "library": (
        ImportError("libtk8.6.so: cannot open shared object file: No", name="_tkinter"),
        NO_MODULE.format("tkinter"),
    ),
    "name_in_module": (ImportError("cannot import name 'x' from 'math'", name="math"), OWN),
    "other": (RuntimeError("no"), OWN),
}


@pytest.mark.parametrize(("error", "advice"), REFUSALS.values(), ids=REFUSALS)
def test_what_the_sandbox_refuses_is_given_advice(error, advice):
    assert LOADING.raised(describe(error, "merge.py", {})).explanation.advice == advice


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (b"a\r\nb\rc\n", ["a", "b", "c", ""]),
        ("# coding: big5\n合".encode("big5"), ["# coding: big5", "合"]),
        (b"\xef\xbb\xbfa", ["a"]),
        (b"a\xff", ["aÿ"]),
        (b"# coding: klingon\nb", ["# coding: klingon", "b"]),
    ],
    ids=["ends", "big5", "mark", "latin", "unknown"],
)
def test_lines_are_those_of_python(source, lines):
    assert read_lines(source) == lines


def test_exception_without_a_line_is_described():
    description = describe(ValueError("x"), "merge.py", {"merge.py": b"a"})

    assert (description["line"], description["text"], description["traceback"]) == (0, "", "ValueError: x")


def test_syntax_error_without_a_line_is_described():
    error = SyntaxError("odd")
    error.lineno = "nine"

    assert describe(error, "merge.py", {"merge.py": b"a"})["line"] == 0
