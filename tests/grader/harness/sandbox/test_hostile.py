"""Code that takes too much, ends too early or meddles with the way that answers travel."""

import numpy as np
import pytest

from grader.harness.results import Verdict
from grader.harness.sandbox import interpreter
from grader.harness.sandbox.policy import Limits
from grader.harness.sandbox.protocol import pack, pack_array
from tests.grader.harness.sandbox.conftest import PROGRAM, QUICK, in_every_tier

ROWS = np.zeros((2, 20))

ENDLESS = {
    "loop": "while True: pass",
    "loop_in_c": "sum(iter(int, 1))",
    "loop_that_swallows": "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
    "sleep": "__import__('time').sleep(1000)",
    "steal_next_request": "os.read(3, 1)",
}
SIGNALS_BLOCKED = """
import signal
def merge(rows):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True: pass
"""


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS)
def test_endless_call_times_out(either, body):
    assert either.verdict(f"import os\ndef merge(rows):\n    {body}", QUICK) is Verdict.TIMED_OUT


@in_every_tier
def test_good_submission_after_an_endless_one_is_answered(sessions):
    assert sessions.verdict("def merge(rows):\n    while True: pass", QUICK) is Verdict.TIMED_OUT
    sessions.expect_good()


def test_endless_call_times_out_when_signals_are_blocked(guarded):
    assert guarded.verdict(SIGNALS_BLOCKED, QUICK) is Verdict.TIMED_OUT


LIMITS_OF_THE_CHILD = """
import math, resource, time
def merge(rows):
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    return [soft - math.ceil(time.process_time()), hard, resource.getrlimit(resource.RLIMIT_AS)[1]]
"""


@pytest.mark.parametrize("guarded", ["wrapped", "bare"], indirect=True)
def test_limits_reach_the_child(guarded):
    baseline_bytes = interpreter.ask(None, PROGRAM.modules).baseline_bytes
    usual, other = (
        guarded.call(LIMITS_OF_THE_CHILD, limits, n_calls=2).answer.tolist()
        for limits in (None, Limits(call_cpu_s=7, total_cpu_s=70, memory_bytes=1 << 29))
    )

    assert usual == [10, 90, baseline_bytes + (1 << 30)]
    assert other == [7, 70, baseline_bytes + (1 << 29)]


def test_endless_import_times_out(either):
    with either.open("while True: pass", QUICK) as session:
        failure = session.load()

        assert failure.verdict is Verdict.TIMED_OUT
        assert not session.is_alive
        assert str(failure.explanation).startswith("merge.py must be imported within ")
        assert session.call("merge", [ROWS]).failure is failure


# Each asks for a gigabyte and comes to an end where it gets it: a limit that is broken must not harm the machine.
GREEDY = {
    "at_once": "return np.ones(1 << 27)",
    "in_steps": "kept = [bytearray(1 << 26) for _ in range(16)]",
    "list": "kept = [0]\n    while len(kept) < 1 << 27: kept = kept + kept",
    "integer": "return 1 << (1 << 33)",
    "mapped": "import mmap\n    return [mmap.mmap(-1, 1 << 28) for _ in range(30)]",
}


@pytest.mark.parametrize("body", GREEDY.values(), ids=GREEDY)
def test_memory_is_limited(guarded, body):
    verdict = guarded.verdict(f"import numpy as np\ndef merge(rows):\n    {body}", Limits(memory_bytes=1 << 28))

    assert verdict in {Verdict.OUT_OF_MEMORY, Verdict.CRASHED}
    guarded.expect_good()


def test_memory_error_is_named(sessions):
    failure = sessions.call("def merge(rows):\n    raise MemoryError").failure

    assert failure.verdict is Verdict.OUT_OF_MEMORY
    assert str(failure.explanation).startswith("merge.py may use 1024 MiB of memory; it asked for more. Look for ")


def test_half_the_memory_may_be_used(guarded):
    source = "import numpy as np\ndef merge(rows):\n    np.ones(1 << 24)\n    return rows"

    assert guarded.verdict(source, Limits(memory_bytes=1 << 28)) is Verdict.PASSED


ENDINGS = {
    "exit_now": "os._exit(0)",
    "exit_like_a_timeout": "os._exit(3)",
    "abort": "os.abort()",
    "segfault": "__import__('ctypes').string_at(0)",
    "signal": "signal.raise_signal(signal.SIGTERM)",
    "deep_recursion": "sys.setrecursionlimit(1 << 30)\n    f = lambda n: max([n], key=lambda _: f(n + 1))\n    f(0)",
}


@pytest.mark.parametrize("body", ENDINGS.values(), ids=ENDINGS)
def test_end_of_the_process_is_a_crash(sessions, body):
    source = f"import os, signal, sys\ndef merge(rows):\n    {body}"
    session = sessions.open(source, Limits(memory_bytes=1 << 28))

    failure = session.call("merge", [ROWS]).failure

    assert failure.verdict in {Verdict.CRASHED, Verdict.OUT_OF_MEMORY}
    sessions.expect_good()


def test_end_of_the_process_is_explained(sessions):
    failure = sessions.call("import os\ndef merge(rows):\n    os._exit(7)").failure

    assert str(failure.explanation) == (
        "merge() must return an array of shape (n_people, 20); Python was ended with exit status 7. "
        "Leave out os._exit() and the like: return the answer."
    )


def test_breakdown_of_python_is_explained(sessions):
    failure = sessions.call("import ctypes\ndef merge(rows):\n    ctypes.string_at(0)").failure

    assert "Python itself broke down (SIGSEGV). This comes from a recursion that is too deep" in str(
        failure.explanation
    )


EXITS = {
    "sys_exit": ("sys.exit(0)", "SystemExit: 0"),
    "quit": ("raise SystemExit", "SystemExit"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "generator_exit": ("raise GeneratorExit", "GeneratorExit"),
    "base": ("raise BaseException('x' * (1 << 28))", "BaseException: xxx"),
    "skip": (
        "__import__('unittest').SkipTest('x').args\n    raise __import__('unittest').SkipTest('x')",
        "SkipTest: x",
    ),
    "control": ("raise ValueError('\\x1b[2J\\x00\\u202e=1+1')", r"ValueError: \x1b[2J\x00\u202e=1+1"),
    "unprintable": ("raise Unprintable", "Unprintable: (its message could not be read)"),
    "exit_in_text": ("raise Exiting", "Exiting: (its message could not be read)"),
    "recursion": ("merge(rows)", "RecursionError: maximum recursion depth exceeded"),
}


@pytest.mark.parametrize(("body", "got"), EXITS.values(), ids=EXITS)
def test_exception_of_any_sort_is_described(either, body, got):
    source = f"""
import sys
class Unprintable(Exception):
    def __str__(self): raise ValueError
class Exiting(Exception):
    def __str__(self): sys.exit(0)
def merge(rows):
    {body}
"""
    with either.open(source) as session:
        failure = session.call("merge", [ROWS]).failure

        assert failure.verdict is Verdict.CRASHED
        assert failure.explanation.got.startswith(f"got {got}")
        assert len(failure.explanation.got) < 1000
        assert session.is_alive


def test_exception_with_endless_text_times_out(either):
    source = "class Slow(Exception):\n    def __str__(self):\n        while True: pass\ndef merge(rows): raise Slow"

    assert either.verdict(source, QUICK) is Verdict.TIMED_OUT


PRINTS = {
    "print": "for _ in range(40): print('x' * (1 << 20))",
    "descriptor_1": "for _ in range(40): os.write(1, b'x' * (1 << 20))",
    "descriptor_2": "for _ in range(40): os.write(2, b'x' * (1 << 20))",
    "stderr": "sys.stderr.write('x' * (1 << 25))",
}


@pytest.mark.parametrize("body", PRINTS.values(), ids=PRINTS)
def test_prints_are_cut_at_the_limit(sessions, body):
    with sessions.open(f"import os, sys\ndef merge(rows):\n    {body}\n    return rows") as session:
        reply = session.call("merge", [ROWS])

        assert reply.failure is None
        assert session.printed == "x" * Limits().printed_bytes


def test_prints_are_complete_after_each_call(either):
    with either.open("print('loaded')\ndef merge(rows):\n    print('called', end='')\n    return rows") as session:
        session.load()
        assert session.printed == "loaded\n"
        session.call("merge", [ROWS])
        assert session.printed == "loaded\ncalled"


def test_prints_before_a_time_out_are_kept(either):
    source = "import time\ndef merge(rows):\n    print('so far')\n    time.sleep(1000)"
    with either.open(source, Limits(call_s=1.0, call_idle_s=1.0)) as session:
        assert session.call("merge", [ROWS]).failure.verdict is Verdict.TIMED_OUT

    assert session.printed == "so far\n"


def test_prints_are_made_safe(either):
    with either.open(r"print('\x1b[31m\u4e2d\u6587\r\n\udc80\x00=cmd|\u202e'); merge = len") as session:
        session.load()

        assert session.printed == "\\x1b[31m中文\n\\udc80\\x00=cmd|\\u202e\n"


def test_descriptors_of_prints_may_be_closed(sessions):
    source = "import os, sys\nsys.stdout.close(); sys.stderr.close()\ntry:\n    os.close(0)\nfinally:\n    pass\n"
    source += "def merge(rows):\n    return rows"

    assert sessions.verdict(source) is Verdict.PASSED


ARRAY = f"ARRAY, INTEGERS = {pack_array(np.full((1, 20), 7.0))!r}, {pack_array(np.full((1, 20), 7))!r}\n"
FORGE = f"""{ARRAY}
import os, struct, sys, time
def forge(header, payload=b""):
    os.write(4, struct.pack(">II", len(header), len(payload)) + header + payload)
"""
FORGED = {
    "noise": "os.write(4, b'x' * 100)",
    "zeros": "os.write(4, bytes(100))",
    "few_bytes_and_end": "os.write(4, b'x'); os._exit(0)",
    "other_call": 'forge(b\'{"is": "answer", "call": 7}\', ARRAY)',
    "no_object": "forge(b'[1, 2]')",
    "deep_json": "forge(b'[' * 60000)",
    "no_json": "forge(b'\\xff\\xfe')",
    "long_header": 'forge(b\'{"is": "answer", "call": 2, "a": "\' + b\'x\' * 70000 + b\'"}\', ARRAY)',
    "length_bomb": "os.write(4, struct.pack('>II', 10, 1 << 31))",
    "ready": 'forge(b\'{"is": "ready", "call": 2}\')',
    "loaded": 'forge(b\'{"is": "loaded", "call": 2}\')',
    "answer_without_array": 'forge(b\'{"is": "answer", "call": 2}\')',
    "integers": 'forge(b\'{"is": "answer", "call": 2}\', INTEGERS)',
    "pickle": 'forge(b\'{"is": "answer", "call": 2}\', b\'\\x80\\x04N.\')',
    "closed": "os.close(4)\n    time.sleep(1000)",
    "closed_both": "os.closerange(0, 100)\n    time.sleep(1000)",
}


@pytest.mark.parametrize("body", FORGED.values(), ids=FORGED)
def test_forged_reply_is_forbidden(either, body):
    with either.open(f"{FORGE}\ndef merge(rows):\n    {body}\n    return rows") as session:
        failure = session.call("merge", [ROWS]).failure

        assert failure.verdict in ({Verdict.CRASHED} if "_exit" in body else {Verdict.FORBIDDEN})
        assert not session.is_alive
    either.expect_good()


def test_forged_reply_is_explained(either):
    failure = either.call(f"{FORGE}\ndef merge(rows):\n    os.write(4, bytes(8))\n    return rows").failure

    assert str(failure.explanation) == (
        "merge() must return an array of shape (n_people, 20); merge.py wrote to, or closed, a file descriptor that "
        "is not its own. Return the answer, and write notes with print() only."
    )


def test_reply_before_it_is_due_is_forbidden(either):
    """A forged answer of the next call, sent while the module is loaded, is met before the call."""
    loaded, answer = pack({"is": "loaded", "call": 1}), pack({"is": "answer", "call": 2}, pack_array(ROWS))
    source = f"import os\nos.write(4, {loaded + answer!r})\nmerge = len"
    with either.open(source) as session:
        session.load()

        assert session.call("merge", [ROWS]).failure.verdict is Verdict.FORBIDDEN


def test_slow_bytes_do_not_prolong_a_call(either):
    source = "import os, time\ndef merge(rows):\n    while True:\n        os.write(4, bytes(1)[:1]); time.sleep(0.2)"

    with either.open(source, Limits(call_s=0.5, call_idle_s=0.5)) as session:
        assert session.call("merge", [ROWS]).failure.verdict is Verdict.TIMED_OUT


def test_child_that_never_reads_does_not_block(either):
    """The request is larger than a pipe, and the child has thrown its end away."""
    source = "import os, time\nos.dup2(os.open(os.devnull, os.O_RDONLY), 3)\ndef merge(rows): return rows"
    with either.open(source) as session:
        assert session.load() is None

        assert session.call("merge", [np.zeros((50_000, 20))]).failure is not None


THREAD = """
import threading, time
def change(rows):
    while True: rows[:] = -7
def merge(rows):
    threading.Thread(target=change, args=(rows,), daemon=True).start()
    return rows
"""


def test_thread_that_changes_answers_cannot_start(guarded):
    failure = guarded.call(THREAD).failure

    assert failure.explanation.got.startswith("got RuntimeError: can't start new thread in line 6 of merge.py")


def test_answers_are_copies(either):
    with either.open("kept = []\ndef merge(rows):\n    kept.append(rows)\n    return kept[0]") as session:
        first, second = session.call("merge", [ROWS + 1]).answer, session.call("merge", [ROWS + 2]).answer

    assert np.array_equal(first, second)
    assert not np.shares_memory(first, second)


PATCHES = {
    "numpy": "np.asarray = np.array = np.ascontiguousarray = lambda *a, **k: None",
    "errors": "np.seterr(all='raise')",
    "warnings": "import warnings; warnings.simplefilter('error')",
    "testing": "np.testing.assert_allclose = np.allclose = np.array_equal = lambda *a, **k: True",
    "builtins": "import builtins; builtins.len = lambda x: 7; builtins.print = None",
    "atexit": "import atexit; atexit.register(lambda: print('x'))",
    "trace": "import sys; sys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)",
    "import_hook": "import sys; sys.meta_path.clear(); sys.path.clear()",
    "modules": "import sys; sys.modules.clear()",
    "garbage": "import gc; gc.disable(); gc.collect()",
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_tampering_stays_in_the_child(either, patch):
    reply = either.call(f"import numpy as np\n{patch}\ndef merge(rows):\n    return rows + 1", n_calls=2)

    if reply.failure is None:
        assert np.array_equal(reply.answer, ROWS + 1)
    else:
        assert reply.failure.verdict is not Verdict.GRADER_FAULT
    either.expect_good()


@pytest.mark.parametrize("patch", ["errors", "warnings", "testing", "atexit", "garbage"])
def test_honest_settings_cost_nothing(either, patch):
    source = f"import numpy as np\n{PATCHES[patch]}\ndef merge(rows):\n    return np.float32(rows)"

    assert either.verdict(source, n_calls=2) is Verdict.PASSED


def test_closing_twice_is_harmless(either):
    session = either.open("merge = len")
    session.close()
    session.close()

    assert not session.is_alive
