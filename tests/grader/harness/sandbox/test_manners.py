"""Without protection the same lines fail, with the same advice, as in the sandbox."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from grader.harness.results import Verdict
from grader.harness.sandbox import bubblewrap
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.manners import RULES
from grader.harness.sandbox.policy import Mode
from grader.harness.sandbox.program import Function
from tests.grader.harness.sandbox.conftest import BARE, PROGRAM

pytestmark = pytest.mark.xdist_group("manners")  # one session of each tier for all

ROWS = np.zeros((2, 20))
FILES = "merge.py may not read or write files when it is graded: leave that line out."
SYSTEM = (
    "When it is graded, merge.py is one process with one thread, without network, other programs, user, home or "
    "language settings: leave that line out."
)
NO_TKINTER = (
    "merge.py can use NumPy, Python's standard library and estimation.config; 'tkinter' is not available when it is "
    "graded. Leave the import out."
)

# Each is one line of merge, the advice, and what a plain process says.
REFUSED = {
    "write": ("open('../note.txt', 'w')", FILES, "PermissionError: [Errno 13] Permission denied: '../note.txt'"),
    "append": ("open(NOTE, 'a')", FILES, "PermissionError: [Errno 13] Permission denied: "),
    "update": ("open(NOTE, 'r+')", FILES, "PermissionError: [Errno 13] Permission denied: "),
    "write_low": ("os.open('../note.txt', os.O_CREAT | os.O_WRONLY)", FILES, "PermissionError: [Errno 13]"),
    "truncate": ("os.truncate(NOTE, 0)", FILES, "PermissionError: [Errno 13]"),
    "save": ("np.save('/subset.npy', rows)", FILES, "PermissionError: [Errno 13] Permission denied: '/subset.npy'"),
    "savetxt": ("np.savetxt('../subset.csv', rows)", FILES, "PermissionError: [Errno 13]"),
    "tofile": ("rows.tofile('../subset.bin')", FILES, "PermissionError: [Errno 13]"),
    "load": ("np.load('subset.npy')", FILES, "FileNotFoundError: [Errno 2]"),
    "load_above": ("np.load('../subset.npy')", FILES, "PermissionError: [Errno 13]"),
    "read": ("open(NOTE).read()", FILES, "PermissionError: [Errno 13] Permission denied: "),
    "read_bytes_path": ("open(NOTE.encode()).read()", FILES, "PermissionError: [Errno 13]"),
    "read_passwd": ("open('/etc/passwd').read()", FILES, "PermissionError: [Errno 13]"),
    "write_numpy": ("open(np.__file__, 'a')", FILES, "PermissionError: [Errno 13]"),
    "list": ("os.listdir(os.path.dirname(NOTE))", FILES, "PermissionError: [Errno 13]"),
    "list_above": ("os.listdir('..' if os.getcwd() != '/submission' else NOTE)", FILES, "PermissionError: [Errno 13]"),
    "scan": ("os.scandir(os.path.dirname(NOTE))", FILES, "PermissionError: [Errno 13]"),
    "mkdir": ("os.mkdir('../folder')", FILES, "PermissionError: [Errno 13]"),
    "rmdir": ("os.rmdir(os.path.dirname(NOTE))", FILES, "PermissionError: [Errno 13]"),
    "remove": ("os.remove(NOTE)", FILES, "PermissionError: [Errno 13]"),
    "rename": ("os.rename(NOTE, NOTE + '2')", FILES, "PermissionError: [Errno 13]"),
    "move_in": ("os.rename(NOTE, 'note')", FILES, "PermissionError: [Errno 13]"),
    "move_out": ("open('x', 'w').close(); os.rename('x', NOTE)", FILES, "PermissionError: [Errno 13]"),
    "chmod": ("os.chmod(NOTE, 0o600)", FILES, "PermissionError: [Errno 13]"),
    "chdir": ("os.chdir('/dev')", FILES, "PermissionError: [Errno 13]"),
    "database": ("import sqlite3; sqlite3.connect(NOTE + '.db')", FILES, "PermissionError: [Errno 13]"),
    "socket": ("socket.socket()", SYSTEM, "PermissionError: [Errno 1] Operation not permitted"),
    "address": ("socket.gethostbyname('localhost')", SYSTEM, "PermissionError: [Errno 1]"),
    "web": (
        "import urllib.request as r; r.urlopen('http://localhost:1')",
        SYSTEM,
        "URLError: <urlopen error [Errno 1]",
    ),
    "subprocess": ("subprocess.run(['/bin/true'])", SYSTEM, "PermissionError: [Errno 1]"),
    "popen": ("os.popen('true')", SYSTEM, "PermissionError: [Errno 1]"),
    "fork": ("os.fork()", SYSTEM, "PermissionError: [Errno 1]"),
    "exec": ("os.execv('/bin/true', ['true'])", SYSTEM, "PermissionError: [Errno 1]"),
    "kill": ("os.kill(os.getppid(), 0)", SYSTEM, "PermissionError: [Errno 1]"),
    "thread": ("threading.Thread(target=print).start()", SYSTEM, "RuntimeError: can't start new thread"),
    "low_thread": ("_thread.start_new_thread(print, ())", SYSTEM, "RuntimeError: can't start new thread"),
    "pool": ("multiprocessing.Pool(2)", SYSTEM, "PermissionError: [Errno 1]"),
    "spawned": ("multiprocessing.get_context('spawn').Process().start()", SYSTEM, "PermissionError: [Errno 1]"),
    "user": ("import getpass; getpass.getuser()", SYSTEM, "KeyError: 'getpwuid(): uid not found: "),
    "tkinter": ("__import__('tkinter')", NO_TKINTER, "ModuleNotFoundError: No module named 'tkinter'"),
    "turtle": ("__import__('turtle')", NO_TKINTER, "ModuleNotFoundError: No module named 'tkinter'"),
}
IMPORTS = "import multiprocessing, os, socket, subprocess, _thread, threading\nimport numpy as np\n"


@pytest.fixture(scope="module")
def note_file(tmp_path_factory):
    """A file that anybody may read and write."""
    path = tmp_path_factory.mktemp("notes") / "note"
    path.write_text("precious")
    path.chmod(0o666)
    return path


@pytest.fixture
def note(note_file):
    """The file, which must be as it was after the test."""
    yield note_file
    assert note_file.read_text() == "precious"
    assert list(note_file.parent.iterdir()) == [note_file]


@pytest.fixture(scope="module")
def refused(note_file):
    """Play refused lines, those of a tier in one session: none of them changes what the next one meets."""
    bodies = "".join(f"def try_{name}(rows):\n    {entry[0]}\n    return rows\n" for name, entry in REFUSED.items())
    source = f"{IMPORTS}NOTE = {str(note_file)!r}\n{bodies}".encode()
    program = replace(PROGRAM, functions=tuple(Function(f"try_{name}") for name in REFUSED))
    opened = {}

    def play_refused(name, tier):
        if tier not in opened or not opened[tier].is_alive:
            opened[tier] = open_session(program, source, mode=Mode.OFF if tier == "off" else Mode.AUTO)
        return opened[tier].call(f"try_{name}", [ROWS]).failure

    yield play_refused
    for session in opened.values():
        session.close()


def play(line, note, mode):
    source = f"{IMPORTS}NOTE = {str(note)!r}\ndef merge(rows):\n    {line}\n    return rows\n"
    with open_session(PROGRAM, source.encode(), mode=mode) as session:
        return session.call("merge", [ROWS]).failure


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="these are Linux's words")
@pytest.mark.parametrize("name", REFUSED)
def test_refused_line_is_refused_without_protection(name, note, refused):
    _, advice, got = REFUSED[name]
    failure = refused(name, "off")

    assert failure.verdict is Verdict.CRASHED
    assert failure.explanation.advice == advice
    assert failure.explanation.got.startswith(f"got {got}")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has these protections")
@pytest.mark.parametrize("tier", ["wrapped", BARE])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_line_is_given_the_same_advice_in_the_sandbox(name, note, tier, refused, monkeypatch):
    if tier == "wrapped" and bubblewrap.probe():
        pytest.skip(bubblewrap.probe())
    if tier == "bare":
        monkeypatch.setattr(bubblewrap, "probe", lambda: "not wanted in this test")
    failure = refused(name, tier)

    assert failure.verdict is Verdict.CRASHED
    assert failure.explanation.advice == REFUSED[name][1]


ALLOWED = {
    "own_file": "open('note.txt', 'a').write('x'); open('note.txt').read(); os.truncate('note.txt', 0)",
    "own_open_file": "file = open('long', 'w'); os.ftruncate(file.fileno(), 9); file.truncate(0); os.remove('long')",
    "own_names": "np.save('a.npy', rows); os.replace('a.npy', 'b.npy'); os.remove('b.npy'); assert not os.listdir()",
    "own_folder": "os.makedirs('a/b', exist_ok=True); os.makedirs('a/b', exist_ok=True); os.removedirs('a/b')",
    "temporary": "import tempfile; tempfile.gettempdir()",
    "shell": "assert os.system('exit 0') == 127 << 8",
    "host_name": "socket.gethostname()",
    "nothing": "open(os.devnull, 'w').write('x')",
    "standard_library": "open(os.__file__).read()",
    "list_standard_library": "os.listdir(os.path.dirname(os.__file__))",
    "list_numpy": "list(os.scandir(os.path.dirname(np.__file__)))",
    "memory_database": "import sqlite3; sqlite3.connect(':memory:').execute('select 1')",
    "descriptor": "open(1, 'w', closefd=False).write('x')",
    "home": "assert os.path.expanduser('~') == '~'",
    "caught": "import importlib; importlib.reload(np)",
    "testing": "import numpy.testing, numpy.f2py, unittest, doctest, cProfile",
    "warning": "import traceback, warnings; traceback.print_stack(); warnings.warn('x')",
    "idle_pool": "from concurrent.futures import ThreadPoolExecutor as Pool; Pool(2)",
}


@pytest.mark.parametrize("sessions", ["wrapped", BARE, "off"], indirect=True)
@pytest.mark.parametrize("line", ALLOWED.values(), ids=ALLOWED)
def test_allowed_line_is_allowed_everywhere(line, note, sessions):
    assert play(line, note, sessions.mode) is None


def test_manners_are_no_wall(note, plain):
    line = "import grader.harness.sandbox.manners as m; m.RULES.clear(); "
    line += "threading.Thread(target=open, args=(NOTE,)).start()"

    assert play(line, note, Mode.OFF) is None


def test_grader_itself_minds_nothing():
    assert RULES == {}
