"""What a document could do that has taken over the program that reads it, and what becomes of the process around it."""

import gc
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from grader.harness.batch.pdf import PdfReader, confined
from grader.harness.errors import HostUnfit
from grader.harness.rubric import load_rubric
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch import pdfs

REPOSITORY = Path(__file__).resolve().parents[4]
PARTS = load_rubric(LAB.folder / "rubric.toml").manual
GOOD = pdfs.report()
EVIL = GOOD + b"%EVIL"
BROKE = "The PDF broke the program that reads it, or needs too much memory: open it with care."
SLOW = "The PDF takes too long to read; what is said of it is incomplete."

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reports are read on Linux only")

TAMPER = """
import os, signal, socket, struct, subprocess, sys, time
from grader.harness.batch.pdf import child, document, protocol
honest = document.answer
def answer(request, data, send):
    if not data.endswith(b"EVIL"):
        return honest(request, data, send)
    pipe = max(int(name) for name in range(3, 32) if is_open(name))
    def whole():
        send({"is": "document", "pages": 1, "scripts": 0, "files": 0})
        send({"is": "page", "text": "Hello", "pictures": 0, "lines": 0})
    evil(request, data, send, pipe, whole)
def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
document.answer = answer
def evil(request, data, send, pipe, whole):
"""


def tamper(monkeypatch, evil, more=""):
    """Have the reader do something else with documents that end in EVIL, as if they had taken it over."""
    code = TAMPER + textwrap.indent(textwrap.dedent(evil).strip(), "    ") + "\n" + more + "\n"
    code = code.replace("{", "{{").replace("}", "}}")
    before, main, after = confined._BOOT.partition("main({")
    monkeypatch.setattr(confined, "_BOOT", before.rstrip("; ") + "\n" + code + main + after)


@pytest.fixture(params=["bubblewrap", pytest.param("without", marks=pytest.mark.slow)])
def tier(request, monkeypatch):
    if request.param == "without":
        monkeypatch.setattr(confined.bubblewrap, "probe", lambda: "switched off")
    elif confined.bubblewrap.probe():
        pytest.skip(confined.bubblewrap.probe())
    return request.param


ATTEMPTS = {
    "reads a file": "open('/etc/passwd').read()",
    "reads the repository": f"open({str(REPOSITORY / 'grader' / 'rubric.toml')!r}).read()",
    "lists a folder": "os.listdir('/')",
    "makes a file": "open('/tmp/written', 'w')",
    "makes a file in memory": "os.memfd_create('x')",
    "forks": "os.fork()",
    "starts a program": "os.posix_spawn(sys.executable, [sys.executable, '-c', ''], {})",
    "executes a program": "os.execv(sys.executable, [sys.executable, '-c', ''])",
    "opens a TCP socket": "socket.socket()",
    "opens a UDP socket": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "opens a UNIX socket": "socket.socket(socket.AF_UNIX)",
    "kills its server": "os.kill(os.getppid(), 9)",
    "forges the server's replies": "os.write(1, b'x')",
    "takes the next request": "os.read(0, 1) or os.write(0, b'x')",
    "takes 2 GiB": "bytes(2 * 2**30)",
    "lifts its limits": "__import__('resource').setrlimit(__import__('resource').RLIMIT_AS, (-1, -1))",
    "becomes root": "os.setuid(0) if os.getuid() else 1 / 0",
}


def test_fork_can_do_nothing_but_answer(tier, monkeypatch):
    evil = f"""
    happened = []
    for name, attempt in {ATTEMPTS!r}.items():
        try:
            exec(attempt)
        except (OSError, MemoryError, ValueError):
            continue
        happened.append(name)
    send({{"is": "page", "text": ", ".join(happened), "uid": os.getuid()}})
    """
    tamper(monkeypatch, evil)
    messages = []
    child = confined.ReaderProcess()

    child.ask({"do": "look", "first": 0, "max_pages": 9}, EVIL, lambda header, _: messages.append(header))
    child.close()

    assert messages == [{"is": "page", "text": "", "uid": messages[0]["uid"]}]
    assert messages[0]["uid"] != 0


@pytest.mark.parametrize(
    ("evil", "note"),
    [
        pytest.param("whole(); os._exit(3)", BROKE, id="exit"),
        pytest.param("whole(); raise SystemError('no')", BROKE, id="exception"),
        pytest.param("whole(); import ctypes; ctypes.string_at(0)", BROKE, id="segfault"),
        pytest.param("whole(); os.abort()", BROKE, id="abort"),
        pytest.param("whole(); bytes(2**34)", BROKE, id="memory"),
        pytest.param("whole(); time.sleep(99)", SLOW, id="sleep", marks=pytest.mark.slow),
        pytest.param("whole()\nwhile True: pass", SLOW, id="loop"),
        pytest.param("whole(); os.close(pipe); time.sleep(99)", BROKE, id="closed pipe"),
        pytest.param(
            "whole()\nwhile True: send({}, bytes(2**19))",
            BROKE,
            id="messages without end",
        ),
        pytest.param("os.write(pipe, b'abc')", "The PDF has no pages.", id="half of a length"),
        pytest.param("os.write(pipe, struct.pack('>II', 5, 0) + b'{}')", "The PDF has no pages.", id="half a message"),
        pytest.param("os.write(pipe, struct.pack('>II', 2**31, 0))", BROKE, id="length bomb"),
        pytest.param("os.write(pipe, struct.pack('>II', 2, 2**31) + b'{}')", BROKE, id="pixel bomb"),
        pytest.param("os.write(pipe, struct.pack('>II', 200_000, 0) + b'[' * 200_000)", BROKE, id="deep JSON"),
        pytest.param("os.write(pipe, struct.pack('>II', 9000, 0) + b'1' * 9000)", BROKE, id="long number"),
        pytest.param("os.write(pipe, struct.pack('>II', 2, 0) + b'\\xff{')", BROKE, id="no JSON"),
        pytest.param("send([1])", BROKE, id="no object"),
        pytest.param("send({'is': 'other'})", BROKE, id="another kind"),
        pytest.param("send({'is': ['page']})", BROKE, id="kind of a list"),
        pytest.param("whole(); send({'is': 'document', 'pages': -1, 'scripts': 0, 'files': 0})", BROKE, id="negative"),
        pytest.param("whole(); send({'is': 'document', 'pages': 1e9, 'scripts': 0, 'files': 0})", BROKE, id="float"),
        pytest.param("whole(); send({'is': 'document', 'pages': True, 'scripts': 0, 'files': 0})", BROKE, id="bool"),
        pytest.param(
            "whole(); send({'is': 'document', 'pages': 10**9, 'scripts': 0, 'files': 0})", BROKE, id="many pages"
        ),
        pytest.param("whole(); send({'is': 'page', 'text': 5, 'pictures': 0, 'lines': 0})", BROKE, id="text a number"),
        pytest.param("whole(); send({'is': 'page', 'text': 'x' * 90_000, 'pictures': 0})", BROKE, id="long text"),
        pytest.param(
            "whole(); send({'is': 'page', 'text': '', 'pictures': '1', 'lines': 0})", BROKE, id="count a text"
        ),
        pytest.param("whole()\nfor _ in range(101): whole()", BROKE, id="more pages than asked for"),
        pytest.param(
            "whole(); send({'is': 'page', 'text': '\\x1b[2J\\ud800 a', 'pictures': 0, 'lines': 0})",
            "There is hardly any text: ",
            id="control characters",
        ),
    ],
)
def test_reader_survives_what_a_document_makes_of_its_fork(monkeypatch, evil, note):
    more = 'protocol.WALL_S = 3.0\nprotocol.MAX_REPLY_BYTES = 2**20\nchild._RLIMITS["RLIMIT_CPU"] = (1, 2)'
    tamper(monkeypatch, evil, more)
    monkeypatch.setattr("grader.harness.batch.pdf.confined._GRACE_S", 60.0)
    with PdfReader() as reader:
        before = reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings)
        child = reader._child

        precheck = reader.precheck(EVIL, "r.pdf", PARTS, LAB.headings)

        assert note in precheck.notes or note in precheck.notes[0]
        assert reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings) == before
        assert reader._child is child


@pytest.mark.parametrize(
    "evil",
    [
        pytest.param("send({'is': 'drawn page', 'width': 4, 'height': 4}, bytes(47))", id="fewer pixels"),
        pytest.param("send({'is': 'drawn page', 'width': 4, 'height': 4}, bytes(49))", id="more pixels"),
        pytest.param("send({'is': 'drawn page', 'width': 0, 'height': 4})", id="no width"),
        pytest.param("send({'is': 'drawn page', 'width': 2000, 'height': 1}, bytes(6000))", id="wide"),
        pytest.param("send({'is': 'drawn page', 'width': 4, 'height': 5000}, bytes(60000))", id="high"),
        pytest.param("send({'is': 'drawn page', 'width': -4, 'height': -4}, bytes(48))", id="negative"),
        pytest.param("send({'is': 'drawn page'})", id="no size"),
    ],
)
def test_reader_draws_no_page_that_is_not_as_asked(monkeypatch, evil):
    first = "send({'is': 'drawn page', 'width': 4, 'height': 4}, bytes(48))\n"
    start = "send({'is': 'document', 'pages': 2, 'scripts': 0, 'files': 0})\n"
    tamper(monkeypatch, start + first + evil)
    with PdfReader() as reader:
        pages = reader.render(EVIL, width_px=100)

        assert len(pages.images) == 1
        assert pages.note == f"{BROKE} The report has 2 pages; the first is shown."
        assert len(reader.render(GOOD, width_px=100).images) == 4


def test_reader_draws_no_more_pages_than_asked(monkeypatch):
    start = "send({'is': 'document', 'pages': 9, 'scripts': 0, 'files': 0})\n"
    tamper(monkeypatch, start + "for _ in range(9): send({'is': 'drawn page', 'width': 4, 'height': 4}, bytes(48))")
    with PdfReader() as reader:
        assert len(reader.render(EVIL, max_pages=3).images) == 3


@pytest.mark.slow
def test_reader_gives_up_a_page_that_takes_long(monkeypatch):
    tamper(monkeypatch, "pass", 'child._RLIMITS["RLIMIT_CPU"] = (1, 2)')
    with PdfReader() as reader:
        pages = reader.render(pdfs.slow())

        assert pages.images == ()
        assert pages.note == f"{SLOW} The report has 1 page; none is shown."


def test_reader_refuses_to_read_without_its_limits(monkeypatch):
    tamper(
        monkeypatch,
        "pass",
        "child.confinement.confine = lambda _: dict.fromkeys(child._NEEDED, '') | {'rlimits': 'no'}",
    )
    with PdfReader() as reader:
        assert reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings).notes == (
            "Reports are read behind protections that this machine does not have.",
        )


def test_reader_says_why_it_cannot_start(monkeypatch):
    monkeypatch.setattr(confined, "_BOOT", "raise SystemExit('out of order')")
    with PdfReader() as reader:
        note = "The process that reads PDFs must start; it did not and said 'out of order'."
        assert reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings).notes == (note,)
        assert reader.render(GOOD).note == note


@pytest.mark.parametrize(
    ("patched", "value", "message"),
    [
        (
            "importlib.util.find_spec",
            lambda _: None,
            r"with pypdfium2; it is not installed\. Install requirements\.txt\.",
        ),
        ("sys.platform", "win32", r"Reports are read behind protections that only Linux has; this is win32\."),
    ],
    ids=["no pypdfium2", "Windows"],
)
def test_interpreter_needs_what_it_needs(monkeypatch, patched, value, message):
    monkeypatch.setattr(f"grader.harness.batch.pdf.confined.{patched}", value)

    with pytest.raises(HostUnfit, match=message):
        confined._interpreter.__wrapped__()


def process_of(reader):
    return reader._child.close.peek()[2][0]


def kill(process):
    """Kill a process and wait until all that it started is gone: what is behind a wall dies a moment after the wall."""
    process.kill()
    process.wait()
    poll = select.poll()
    poll.register(process.stdout, 0)
    assert poll.poll(60_000) == [(process.stdout.fileno(), select.POLLHUP)]


def test_reader_starts_again_after_its_process_was_killed():
    with PdfReader() as reader:
        before = reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings)
        kill(process_of(reader))

        assert reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings) == before
        reader.close()
        assert reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings) == before


def test_reader_gives_up_a_process_that_hangs(monkeypatch):
    tamper(monkeypatch, "pass", "child._relay = lambda *_: time.sleep(99)")
    monkeypatch.setattr("grader.harness.batch.pdf.confined._GRACE_S", 1.0 - confined.protocol.WALL_S)
    with PdfReader() as reader:
        assert reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings).notes == (SLOW,)
        assert reader._child is None


def test_reader_ends_its_process_with_itself():
    reader = PdfReader()
    reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings)
    process = process_of(reader)
    del reader
    gc.collect()

    assert process.poll() is not None


def test_reader_outlives_the_thread_that_used_it_first():
    with PdfReader() as reader:
        thread = threading.Thread(target=reader.precheck, args=(GOOD, "r.pdf", PARTS, LAB.headings))
        thread.start()
        thread.join()
        child = reader._child

        assert reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings).n_pages == 4
        assert reader._child is child


def test_reader_serves_many_threads():
    reports = [pdfs.report(number) for number in (1, 2, 3, 4)] * 5
    with PdfReader() as reader, ThreadPoolExecutor(4) as pool:
        prechecks = list(pool.map(lambda data: reader.precheck(data, "r.pdf", PARTS, LAB.headings), reports))

    assert [precheck.n_pages for precheck in prechecks] == [1, 2, 3, 4] * 5


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_reader_works_in_worker_processes(method):
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        assert pool.submit(pdfs.precheck_in_worker, GOOD, list(PARTS)).result().n_pages == 4


def test_reader_starts_its_own_process_in_a_fork():
    with PdfReader() as reader:
        reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings)
        fork = os.fork()
        if fork == 0:
            reader._lock.acquire()  # as another thread may hold it when the fork is made
            os._exit(reader.precheck(pdfs.report(3), "r.pdf", PARTS, LAB.headings).n_pages)
        _, status = os.waitpid(fork, 0)

        assert os.waitstatus_to_exitcode(status) == 3
        assert process_of(reader).poll() is None
        assert reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings).n_pages == 4


def test_fork_that_ends_leaves_the_process_of_its_parent_alone():
    with PdfReader() as reader:
        reader.precheck(GOOD, "r.pdf", PARTS, LAB.headings)
        fork = os.fork()
        if fork == 0:
            reader._child.close()
            os._exit(0)
        os.waitpid(fork, 0)

        assert process_of(reader).poll() is None


def processes_with(mark):
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_nothing_is_left_when_the_grader_is_killed(tier):
    mark = f"mark-{uuid.uuid4().hex}"
    off = "confined.bubblewrap.probe = lambda: 'off'" if tier == "without" else "pass"
    script = f"""
from unittest import mock
from pathlib import Path
from grader.harness.batch.pdf import confined
from tests.grader.harness.batch import test_pdf_confinement as tests
{off}
class Patch:
    def setattr(self, owner, name, value): setattr(owner, name, value)
tests.tamper(Patch(), "whole(); time.sleep(99)", "protocol.WALL_S = 99.0  # {mark}")
reader = confined.ReaderProcess()
request = {{"do": "look", "first": 0, "max_pages": 9}}
reader.ask(request, tests.EVIL, lambda *_: print("the fork says something", flush=True))
"""
    grader = subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY, stdout=subprocess.PIPE)
    with grader:
        assert grader.stdout.readline() == b"the fork says something\n"
        assert len(processes_with(mark)) >= 2  # the server, and the fork with the document, which says no more

        os.kill(grader.pid, signal.SIGKILL)

        deadline = time.monotonic() + 60
        while processes_with(mark):
            assert time.monotonic() < deadline, "a process outlived the grader"
            time.sleep(0.02)
