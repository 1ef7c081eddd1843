"""What the child tries to do to the machine, and is refused: many attempts in one session of each tier."""

import os
import platform
import socket
from pathlib import Path

import numpy as np
import pytest

from grader.harness.sandbox import bubblewrap, interpreter

IS_X86 = platform.machine() == "x86_64"
"""The bare system calls below have this processor's numbers."""
REPOSITORY = Path(__file__).resolve().parents[4]

# Each is one statement or expression; it must raise. Names in capitals are filled in.
ATTEMPTS = {
    "fork": "os.fork()",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "subprocess": "subprocess.run(['/bin/true'])",
    "shell": "assert os.system('true') == 0",
    "exec": "os.execv(EXECUTABLE, [EXECUTABLE, '-c', 'pass'])",
    "thread": "threading.Thread(target=print).start()",
    "tcp": "socket.create_connection(('127.0.0.1', PORT), 1)",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix_socket": "socket.socket(socket.AF_UNIX)",
    "socketpair": "socket.socketpair()",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "vsock": "socket.socket(40)",
    "packet": "socket.socket(17, socket.SOCK_RAW)",
    "read_passwd": "open('/etc/passwd').read()",
    "read_repository": "open(REPOSITORY + '/grader/rubric.toml').read()",
    "list_repository": "os.listdir(REPOSITORY)",
    "list_root": "assert 'etc' in os.listdir('/')",
    "list_tmp": "os.listdir('/tmp')",
    "read_environment": "open('/proc/%d/environ' % GRADER, 'rb').read()",
    "read_own_proc": "open('/proc/self/maps').read()",
    "read_random": "open('/dev/urandom', 'rb').read(1)",
    "write_tmp": "open('/tmp/sandbox_was_here', 'w')",
    "write_dev_shm": "open('/dev/shm/sandbox_was_here', 'w')",
    "write_above_cwd": "open('../sandbox_was_here', 'w')",
    "write_repository": "open(REPOSITORY + '/sandbox_was_here', 'w')",
    "write_target": "open(TARGET, 'a')",
    "truncate_target": "os.open(TARGET, os.O_RDONLY | os.O_TRUNC)",
    "truncate_path": "os.truncate(TARGET, 0)",
    "remove_target": "os.remove(TARGET)",
    "rename_target": "os.rename(TARGET, TARGET + 'x')",
    "link_target": "os.link(TARGET, TARGET + 'x')",
    "symlink": "os.symlink('/etc', '/tmp/sandbox_was_here')",
    "mkdir": "os.mkdir('/tmp/sandbox_was_here')",
    "fifo": "os.mkfifo('/tmp/sandbox_was_here')",
    "chmod_target": "os.chmod(TARGET, 0o777)",
    "fchmod_numpy": "os.fchmod(os.open(np.__file__, os.O_RDONLY), 0o777)",
    "chown_target": "os.chown(TARGET, os.getuid(), -1)",
    "utime_target": "os.utime(TARGET)",
    "utime_stdlib": "os.utime(os.__file__)",
    "xattr": "os.setxattr(TARGET, 'user.x', b'x')",
    "chdir": "os.chdir('/dev')",
    "chroot": "os.chroot('/')",
    "kill_grader": "os.kill(GRADER, 0)",
    "kill_parent": "os.kill(os.getppid(), signal.SIGKILL)",
    "kill_all": "os.kill(-1, 0)",
    "kill_group": "os.killpg(0, 0)",
    "signal_self": "os.kill(os.getpid(), signal.SIGTERM)",
    "pidfd": "os.pidfd_open(os.getppid())",
    "prlimit_grader": "resource.prlimit(GRADER, resource.RLIMIT_NOFILE, (3, 3))",
    "prlimit_parent": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
    "raise_memory": "resource.setrlimit(resource.RLIMIT_AS, (1 << 50, 1 << 50))",
    "set_owner": "fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())",
    "set_signal": "fcntl.fcntl(1, 10, signal.SIGKILL)",
    "set_flags": "fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK)",
    "lease": "fcntl.fcntl(os.open(np.__file__, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
    "pipe_size": "fcntl.fcntl(1, 1031, 1 << 20)",
    "lock": "fcntl.flock(os.open(np.__file__, os.O_RDONLY), fcntl.LOCK_EX)",
    "terminal": "fcntl.ioctl(1, 0x5412, b'x')",
    "nice": "os.nice(1)",
    "scheduler": "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))",
    "affinity": "os.sched_setaffinity(0, {0})",
    "setsid": "os.setsid()",
    "be_root": "assert 0 in os.getresuid() + os.getresgid() + tuple(os.getgroups())",
    "setuid": "os.setuid(0)",
    "setresuid": "os.setresuid(0, 0, 0)",
    "setgroups": "os.setgroups([0])",
    "umask": "os.umask(0)",
    "memfd": "os.memfd_create('x')",
    "mount": "call(165, b'none', b'/tmp', b'tmpfs', 0, 0)",
    "unshare": "call(272, 0x10000000)",
    "setns": "call(308, 0, 0)",
    "ptrace": "call(101, 16, GRADER, 0, 0)",
    "traceme": "call(101, 0, 0, 0, 0)",
    "vm_read": "call(310, GRADER, 0, 0, 0, 0, 0)",
    "vm_write": "call(311, GRADER, 0, 0, 0, 0, 0)",
    "shmget": "call(29, 0, 4096, 0o1600)",
    "semget": "call(64, 0, 1, 0o1600)",
    "msgget": "call(68, 0, 0o1600)",
    "mq_open": "call(240, b'x', 0o102, 0o600, 0)",
    "clone": "call(56, 17, 0, 0, 0, 0)",
    "clone3": "call(435, 0, 0)",
    "vfork": "call(58)",
    "execveat": "call(322, 0, b'/bin/true', 0, 0, 0)",
    "tgkill": "call(234, GRADER, GRADER, 0)",
    "sigqueue": "call(129, GRADER, 9, 0)",
    "io_uring": "call(425, 1, 0)",
    "bpf": "call(321, 0, 0, 0)",
    "perf": "call(298, 0, 0, -1, -1, 0)",
    "keyctl": "call(250, 0, -3, 0)",
    "add_key": "call(248, b'user', b'x', b'x', 1, -3)",
    "userfaultfd": "call(323, 0)",
    "inotify": "call(294, 0)",
    "fanotify": "call(300, 0, 0)",
    "epoll": "call(291, 0)",
    "prctl": "call(157, 1, 0, 0, 0, 0)",
    "personality": "call(135, 0xFFFFFFFF)",
    "open_by_handle": "call(304, 0, 0, 0)",
    "openat2": "call(437, -100, b'/etc/passwd', 0, 24)",
    "pipe": "os.pipe()",
    "splice": "call(275, 0, 0, 1, 0, 1, 0)",
    "sethostname": "call(170, b'x', 1)",
    "settime": "call(227, 0, 0)",
    "timer": "signal.setitimer(signal.ITIMER_REAL, 1)",
    "x32": "call(0x40000000 + 39)",
    "cv2": "import cv2",
    "hypothesis": "import hypothesis",
    "grader": "import grader.labs.merge.reference",
    "reference": "import estimation.coordinates",
    "estimation_folder": "open(REPOSITORY + '/estimation/merge.py')",
}

SOURCE = """
import ctypes, fcntl, os, resource, signal, socket, subprocess, threading, warnings
import numpy as np
warnings.simplefilter("ignore")
def call(*arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    pointers = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    result = libc.syscall(*pointers)
    if result < 0:
        if ctypes.get_errno() not in (1, 38):
            print("REACHED", arguments[0], ctypes.get_errno())
        raise OSError(ctypes.get_errno(), "refused")
def merge(rows):
    for name, code in ATTEMPTS.items():
        try:
            exec(code, globals())
        except (Exception, SystemExit):
            pass
        else:
            print("DONE", name)
    return rows
"""


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A file that anybody may write, in a folder that anybody may enter."""
    path = tmp_path_factory.mktemp("target") / "target"
    path.write_text("precious")
    path.chmod(0o666)
    return path


@pytest.fixture(scope="module")
def listener():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("guarded", ["wrapped", "bare"], indirect=True)
def test_attempts_are_refused(guarded, target, listener):
    values = {
        "EXECUTABLE": "/bin/true",
        "PORT": listener,
        "REPOSITORY": str(REPOSITORY),
        "GRADER": os.getpid(),
        "TARGET": str(target),
        "ATTEMPTS": {name: code for name, code in ATTEMPTS.items() if IS_X86 or "call(" not in code},
    }
    source = "\n".join(f"{name} = {value!r}" for name, value in values.items()) + SOURCE

    with guarded.open(source) as session:
        reply = session.call("merge", [np.zeros((1, 20))])

    assert reply.failure is None
    assert session.printed == ""
    assert target.read_text() == "precious"
    assert not list(Path("/tmp").glob("sandbox_was_here*"))  # noqa: S108 - where the attempts would leave it
    guarded.expect_good()


@pytest.mark.parametrize(
    "statement",
    ["open('/dev/null', 'w').write('x')", "open('/dev/null').read()", "import decimal, heapq, json, lzma, zlib"],
    ids=["write_nothing", "read_nothing", "import_late"],
)
def test_harmless_habits_are_allowed(guarded, statement):
    reply = guarded.call(f"def merge(rows):\n    {statement}\n    return rows\n")

    assert reply.failure is None


def test_child_sees_only_python_and_numpy():
    """No packages beside NumPy, no home, no temporary folder; the child looks as far as it can."""
    if bubblewrap.probe():
        pytest.skip(bubblewrap.probe())
    command = ["python", "-c", "pass"]
    words = bubblewrap.wrap(command, interpreter.ask(), {})
    bound = [Path(words[place + 1]) for place, word in enumerate(words) if word == "--ro-bind"]

    assert words[-3:] == command
    assert {"numpy", "numpy.libs"} >= {path.name for path in bound if path.parent.name.endswith("-packages")}
    # The virtual environment, and with it NumPy, may lie in the repository.
    others = [path for path in bound if not path.parent.name.endswith("-packages")]
    assert not [path for path in others if REPOSITORY in (path, *path.parents) or path in REPOSITORY.parents]
