"""Words for the student."""

import signal

import pytest

from grader.harness.results import Verdict
from grader.harness.sandbox import failures
from grader.harness.sandbox.crashes import describe, read_lines
from grader.harness.sandbox.policy import Limits


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31m\x00\x7f\u202e", "\ufffd[31m\ufffd\ufffd\ufffd"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("中文 ü 🙂", "中文 ü 🙂"),
        ("\ud800", "\ufffd"),
    ],
    ids=["plain", "control", "lines", "letters", "surrogate"],
)
def test_text_is_made_printable(text, safe):
    assert failures.printable(text, 100) == safe


def test_text_is_cut():
    assert failures.printable("x" * 100, 7) == "x" * 7


@pytest.mark.parametrize("number", [signal.SIGXCPU, 128 + signal.SIGXCPU], ids=["itself", "through_bubblewrap"])
def test_end_by_processor_time_is_a_time_out(number):
    status = number if number > 128 else -number

    failure = failures.describe_end(status, Limits(call_cpu_s=5), is_loading=True)

    assert failure.verdict is Verdict.TIMED_OUT
    assert str(failure.explanation).startswith("merge.py must be imported within 5 s of computing time; it was still ")


@pytest.mark.parametrize(
    ("status", "came"),
    [
        (0, "Python was ended with exit status 0"),
        (-signal.SIGSEGV, "Python itself broke down (SIGSEGV)"),
        (128 + signal.SIGABRT, "Python itself broke down (SIGABRT)"),
        (-signal.SIGKILL, "the system had to stop it"),
        (3221225477, "Python was ended with exit status 3221225477"),
        (None, "merge.py wrote to, or closed, a file descriptor that is not its own"),
    ],
)
def test_end_is_explained(status, came):
    failure = failures.describe_end(status, Limits(), is_loading=False)

    assert failure.explanation.came == came
    assert failure.explanation.required == "merge() must return an array of shape (n_skeletons, 20)"


HOSTILE = [
    {},
    {"type": 3, "message": [], "line": "7", "text": None, "traceback": {}},
    {"line": -1, "missing": 5},
    {"line": 10**4000},
    {"line": True},
    {"refused": ["files"]},
    {"refused": "everything"},
]


@pytest.mark.parametrize(
    "reply", HOSTILE, ids=["nothing", "other_types", "other_values", "huge_line", "true_line", "listed", "unknown"]
)
def test_description_of_any_content_is_shown(reply):
    failure = failures.describe_raised(reply, is_loading=False)

    assert failure.verdict is Verdict.CRASHED
    assert failure.explanation.came == "got an exception"
    assert failure.explanation.advice == "Call merge() with this input on your own computer and look at that line."
    assert failure.traceback == ""


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
    assert failures.describe_raised(describe(error, []), is_loading=True).explanation.advice == advice


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
    description = describe(ValueError("x"), ["a"])

    assert (description["line"], description["text"], description["traceback"]) == (0, "", "ValueError: x")


def test_syntax_error_without_a_line_is_described():
    error = SyntaxError("odd")
    error.lineno = "nine"

    assert describe(error, ["a"])["line"] == 0
