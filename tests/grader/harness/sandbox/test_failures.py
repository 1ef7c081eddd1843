"""Words for the student."""

import signal
from pathlib import Path

import pytest

from grader.harness.results import Verdict
from grader.harness.sandbox.failures import Blame
from grader.harness.sandbox.policy import Budget, Limits
from grader.harness.sandbox.program import Function, Program
from grader.harness.sandbox.stopwatch import Met
from grader.labs.merge.lab import LAB

PROGRAM = LAB.program
LOADING = Blame(PROGRAM, None, Limits(call_cpu_s=5))
CALLING = Blame(PROGRAM, PROGRAM.function("merge"), Limits())


def test_text_of_a_stranger_is_cut():
    failure = CALLING.raised({"type": "x" * 10_000, "traceback": "y" * 100_000})

    assert failure.explanation.got == "got " + "x" * 600
    assert failure.traceback == "y" * 8000


def test_text_of_a_stranger_is_made_visible():
    text = "\x1b[31m\x00\x7f\u202e\ud800 中文"
    failure = CALLING.raised({"type": text, "message": "a\nb\tc", "traceback": text + "\n"})

    assert failure.explanation.got == r"got \x1b[31m\x00\x7f\u202e\ud800 中文: a b c"
    assert failure.traceback == r"\x1b[31m\x00\x7f\u202e\ud800 中文" + "\n"


@pytest.mark.parametrize("number", [signal.SIGXCPU, 128 + signal.SIGXCPU], ids=["itself", "through_bubblewrap"])
def test_end_by_processor_time_is_a_time_out(number):
    status = number if number > 128 else -number

    failure = LOADING.end(status)

    assert failure.verdict is Verdict.TIMED_OUT
    assert str(failure.explanation).startswith("merge.py must be imported within 5 s of computing time; it was still ")


@pytest.mark.parametrize(
    ("status", "got"),
    [
        (0, "Python was ended with exit status 0"),
        (-signal.SIGSEGV, "Python itself broke down (SIGSEGV)"),
        (128 + signal.SIGABRT, "Python itself broke down (SIGABRT)"),
        (-signal.SIGKILL, "the system had to stop it"),
        (3221225477, "Python was ended with exit status 3221225477"),
        (None, "merge.py wrote to, or closed, a file descriptor that is not its own"),
    ],
)
def test_end_is_explained(status, got):
    failure = CALLING.end(status)

    assert failure.explanation.got == got
    assert failure.explanation.required == "merge() must return an array of shape (n_people, 20)"


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
    failure = CALLING.raised(reply)

    assert failure.verdict is Verdict.CRASHED
    assert failure.explanation.got == "got an exception"
    assert failure.explanation.advice == "Call merge() with this input on your own computer and look at that line."
    assert failure.traceback == ""


TWO = Program(
    "shapes.py",
    (Function("area", "points", "a number", "Return one number."), Function("hull", "points, k=1")),
    modules=(("kit", Path("kit/__init__.py")), ("kit.points", Path("kit/points.py"))),
)


def test_failure_names_the_function_that_was_called():
    blame = Blame(TWO, TWO.function("hull"), Limits())

    assert str(blame.no_array({"got": "a string"}).explanation) == (
        "hull() must return an array of numbers; got a string. Return what the lab's handout asks for."
    )
    assert str(blame.over_limit(Met.CALL_CPU).explanation).startswith("hull() must return within 10 s of computing ")
    assert blame.raised({}).explanation.advice.startswith("Call hull() with this input on your own computer")


def test_failure_names_the_functions_of_a_file():
    assert blame_all(TWO) == "All calls of each function of shapes.py together may take 80 s of computing time"
    assert blame_all(PROGRAM) == "All calls of merge() together may take 80 s of computing time"


def blame_all(program):
    return Blame(program, program.functions[0], Limits()).over_limit(Met.ALL_CPU).explanation.required


LOOPS = "Look for a loop that never ends, or for loops inside loops over the whole input."
SLOW = "It is slow on every input: look for loops inside loops over the whole input."
SLEEP = "Leave out time.sleep() and whatever waits for a key, a file, another thread or a certain time."
STOPPED = "it was still running after that and was stopped"
ASLEEP = "it slept or waited for so long and was stopped"
OVER_LIMIT = {
    Met.CALL_CPU: f"merge() must return within 10 s of computing time; {STOPPED}. {LOOPS}",
    Met.CALL_IDLE: f"merge() must return without sleeping or waiting for 2 s; {ASLEEP}. {SLEEP}",
    Met.CALL_WALL: f"merge() must return within 20 s; {STOPPED}. {LOOPS}",
    Met.ALL_CPU: f"All calls of merge() together may take 80 s of computing time; they took more. {SLOW}",
    Met.ALL_IDLE: f"All calls of merge() together may sleep or wait for 15 s; they slept or waited longer. {SLEEP}",
    Met.ALL_WALL: f"All calls of merge() together must return within 80 s; they took longer. {SLOW}",
}
OVER_LIMIT_WHILE_LOADED = {
    Met.CALL_CPU: f"merge.py must be imported within 5 s of computing time; {STOPPED}. {LOOPS}",
    Met.CALL_IDLE: f"merge.py must be imported without sleeping or waiting for 2 s; {ASLEEP}. {SLEEP}",
    Met.CALL_WALL: f"merge.py must be imported within 10 s; {STOPPED}. {LOOPS}",
}


@pytest.mark.parametrize(
    ("blame", "met", "message"),
    [
        *((CALLING, met, message) for met, message in OVER_LIMIT.items()),
        *((LOADING, met, message) for met, message in OVER_LIMIT_WHILE_LOADED.items()),
    ],
    ids=[*(f"called_{met.name}" for met in OVER_LIMIT), *(f"loaded_{met.name}" for met in OVER_LIMIT_WHILE_LOADED)],
)
def test_time_out_names_the_limit_that_was_met(blame, met, message):
    failure = blame.over_limit(met)

    assert failure.verdict is Verdict.TIMED_OUT
    assert str(failure.explanation) == message


def test_time_out_names_the_part_of_the_work_whose_limit_was_met():
    whole = Budget()
    part = whole.part(cpu_s=30, scope="on the public cases")
    blame = Blame(PROGRAM, PROGRAM.function("merge"), Limits(), budget=part)

    part.charge(cpu_s=31)
    assert blame.over_limit(Met.ALL_CPU).explanation.required == (
        "All calls of merge() on the public cases together may take 30 s of computing time"
    )
    whole.charge(cpu_s=90)
    assert blame.over_limit(Met.ALL_CPU).explanation.required == (
        "All calls of merge() together may take 80 s of computing time"
    )


@pytest.mark.parametrize("called", [None, TWO.functions[1]], ids=["while_loaded", "when_called"])
def test_function_that_is_missing_is_named(called):
    failure = Blame(TWO, called, Limits()).no_function({"function": "hull", "got": "there is none"})

    assert failure.verdict is Verdict.WRONG
    assert str(failure.explanation) == (
        "shapes.py must define a function hull; there is none. Keep the function of the template: "
        "def hull(points, k=1), with a return."
    )


def test_namesake_of_a_missing_function_is_named():
    reply = {"function": "hull", "got": "there is none", "near": "Hull"}

    advice = Blame(TWO, None, Limits()).no_function(reply).explanation.advice

    assert advice.startswith("Is it Hull? Then rename that one. Keep the function of the template: def hull(")


@pytest.mark.parametrize("near", ["rm -rf", "<b>", "", 7, "a\nb"])
def test_namesake_that_is_no_name_is_not_told(near):
    reply = {"function": "hull", "got": "there is none", "near": near}

    advice = Blame(TWO, None, Limits()).no_function(reply).explanation.advice

    assert advice.startswith("Keep the function of the template: def hull(")


def test_function_that_a_reply_makes_up_is_not_named():
    failure = Blame(TWO, None, Limits()).no_function({"function": "made_up", "got": ["x"], "near": 3})

    assert failure.explanation.required == "shapes.py must define a function area"
    assert failure.explanation.got == ""


def test_modules_that_may_be_imported_are_listed_with_what_is_in_packages():
    advice = Blame(TWO, None, Limits()).raised({"missing": "cv2"}).explanation.advice

    assert advice.startswith(
        "shapes.py can use NumPy, Python's standard library and kit.points; 'cv2' is not available"
    )
    alone = Blame(Program("a.py", (Function("f"),)), None, Limits()).raised({"missing": "cv2"}).explanation.advice
    assert alone.startswith("a.py can use NumPy and Python's standard library; 'cv2' is not available")


SIGNATURE = (
    "Its first line must stay def merge(subset, min_num_body_parts=4, min_score=0.4): the same parameters with the "
    "same defaults."
)


def test_other_parameters_are_told_with_those_of_the_template():
    failure = CALLING.raised({"type": "TypeError", "message": "no", "has": "config, subset"})

    assert failure.explanation.advice == SIGNATURE


@pytest.mark.parametrize("has", ["", 3, None, ["subset"]], ids=["nothing", "number", "none", "list"])
def test_parameters_that_fit_are_not_spoken_of(has):
    assert CALLING.raised({"type": "TypeError", "has": has}).explanation.advice.startswith("Call merge() with this")


def test_refusal_comes_before_parameters():
    advice = CALLING.raised({"type": "OSError", "has": "a", "refused": "files"}).explanation.advice

    assert advice.startswith("merge.py may not read or write files")


@pytest.mark.parametrize("package", ["cv3", "", 3, None, ["cv2"], {}], ids=str)
def test_package_that_nobody_knows_is_not_believed(package):
    assert LOADING.raised({"type": "ImportError", "stands_in": package}).explanation.got == "got ImportError"


@pytest.mark.parametrize("file", ["passwd", "other.py", "utils", 3, None, ["utils.py"], {}], ids=str)
def test_file_that_nobody_handed_in_is_not_believed(file):
    blame = Blame(PROGRAM, None, Limits(), files=("utils",))

    assert blame.raised({"line": 3, "file": file}).explanation.got == "got an exception in line 3 of merge.py"
    assert blame.raised({"line": 3, "file": "utils.py"}).explanation.got == "got an exception in line 3 of utils.py"


def syntax_advice(interpreter):
    return Blame(PROGRAM, None, Limits(), interpreter).raised({"type": "SyntaxError"}).explanation.advice


NEWER = "match (3.10) or a type statement or the same quotes inside an f-string (3.12) or t-strings (3.14)"
PYTHONS = {
    "Python 3.8.18, NumPy 1.20.3": f"It is graded with Python 3.8: newer syntax, such as {NEWER}, does not run there.",
    "Python 3.12.1, NumPy 2.0.2": (
        "It is graded with Python 3.12: newer syntax, such as t-strings (3.14), does not run there."
    ),
    "Python 3.20.0, NumPy 9.0": "It is graded with Python 3.20: newer syntax does not run there.",
    "": "",
}


@pytest.mark.parametrize(("interpreter", "told"), PYTHONS.items(), ids=["old", "middle", "new", "unknown"])
def test_syntax_error_says_which_python_grades(interpreter, told):
    assert syntax_advice(interpreter).partition(" runs. ")[2] == told


VERSIONS = {
    "numpy": ("AttributeError", "module 'numpy' has no attribute 'flaot'", "It is graded with NumPy 2.4.1."),
    "removed": ("AttributeError", "`np.cast` was removed in the NumPy 2.0 release.", "It is graded with NumPy 2.4.1."),
    "library": ("AttributeError", "module 'math' has no attribute 'lcm'", "It is graded with Python 3.11.2."),
    "name": ("ImportError", "cannot import name 'Iterable' from 'collections'", "It is graded with Python 3.11.2."),
    "other": ("AttributeError", "'list' object has no attribute 'shape'", ""),
    "another_type": ("ValueError", "module 'math' has no attribute 'lcm'", ""),
}


@pytest.mark.parametrize(("name", "message", "told"), VERSIONS.values(), ids=VERSIONS)
def test_name_of_another_version_is_told_with_the_version(name, message, told):
    blame = Blame(PROGRAM, None, Limits(), "Python 3.11.2, NumPy 2.4.1")
    advice = blame.raised({"type": name, "message": message}).explanation.advice

    assert advice == f"Run `python merge.py` on your own computer and look at that line. {told}".rstrip()


@pytest.mark.parametrize(
    ("missing", "end"),
    [
        ("tomllib", "Leave the import out. It is graded with Python 3.11.2."),
        ("cv2", "Leave the import out."),
        ("drawing", "Leave the import out. If it is a file of yours, put it beside merge.py in the zip."),
    ],
)
def test_missing_module_is_told_with_what_may_mend_it(missing, end):
    blame = Blame(PROGRAM, None, Limits(), "Python 3.11.2, NumPy 2.4.1")

    assert blame.raised({"missing": missing}).explanation.advice.endswith(end)


def test_tuple_is_answered_with_what_to_return():
    advice = CALLING.no_array({"got": "a tuple of 2: an array of shape (3, 20) and an int"}).explanation.advice

    assert advice == "Return the array alone."
    assert CALLING.no_array({"got": "a tuple of rows of different lengths"}).explanation.advice.startswith("Return one")


@pytest.mark.parametrize("place", ["/usr/lib/python3.11/collections/__init__.py", "unknown location"])
def test_place_of_a_module_on_the_machine_is_not_told(place):
    message = f"cannot import name 'Iterable' from 'collections' ({place})"

    assert LOADING.raised({"type": "ImportError", "message": message}).explanation.got == (
        "got ImportError: cannot import name 'Iterable' from 'collections'"
    )
