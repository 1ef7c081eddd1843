"""What the doctor tries: small hostile sources, as data; see `grader.harness.sandbox.doctor` for what they mean.

None of this runs in the grader. Each source is the body of a function ``attempt`` that returns when the attack had its
way and raises when it was refused, unless it defines ``answer`` itself. What it aims at stands in capital letters and
is put in front of it. Everything is bounded: where an attack gets through, it does no harm.
"""

from grader.harness.sandbox.attack import GOT_THROUGH, Attack, Sign
from grader.harness.sandbox.leaks import LEAKS

_NETWORK = (
    Attack(
        "network: TCP",
        "connects to a port of this machine",
        "import socket\nreturn socket.create_connection(TCP, 1).close()",
        Sign.CALL,
    ),
    Attack(
        "network: UDP",
        "sends a datagram to a port of this machine",
        "import socket\nreturn socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', UDP)",
        Sign.CALL,
    ),
    Attack(
        "network: UNIX sockets",
        "connects to a socket by its path",
        "import socket\nreturn socket.socket(socket.AF_UNIX).connect(UNIX)",
        Sign.CALL,
    ),
    Attack(
        "network: other sockets",
        "opens a socket to the kernel or to the host of a virtual machine",
        """
import socket
for family, kind in (("AF_NETLINK", "SOCK_RAW"), ("AF_VSOCK", "SOCK_STREAM"), ("AF_ALG", "SOCK_SEQPACKET")):
    try:
        return socket.socket(getattr(socket, family), getattr(socket, kind)).close() or family
    except (AttributeError, OSError) as error:
        last = error
raise OSError(last)
""",
    ),
)

_PROCESSES = (
    Attack(
        "processes: fork",
        "starts a copy of itself",
        """
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
return "started a process"
""",
    ),
    Attack(
        "processes: threads",
        "starts a thread",
        """
import threading
threading.Thread(target=time.sleep, args=(0.1,), daemon=True).start()
return "started a thread"
""",
    ),
    Attack(
        "processes: exec",
        "turns itself into another program",
        f"""
os.dup2(2, 1)
for program, *words in (["/bin/sh", "-c", "echo {GOT_THROUGH} sh"], [sys.executable, "-c", "print('{GOT_THROUGH}')"]):
    try:
        os.execv(program, [program, *words])
    except OSError as error:
        last = error
raise last
""",
    ),
    Attack(
        "processes: kill",
        "sends a signal to another process of the same user",
        "os.kill(VICTIM, signal.SIGCONT)\nreturn 'sent a signal'",
    ),
    Attack(
        "processes: relatives",
        "sends a signal to, or sets a limit of, the process that started it or one that was started beside it",
        """
import resource
for relative in (os.getppid(), *range(1, min(os.getpid(), 200))):
    for act in (lambda: os.kill(relative, 0), lambda: resource.prlimit(relative, resource.RLIMIT_CORE)):
        try:
            act()
        except OSError as error:
            last = error
        else:
            return "reached process %d" % relative
raise last
""",
    ),
    Attack(
        "processes: signals by file",
        "has the kernel send a signal when a pipe is written to",
        """
import fcntl
reader, writer = os.pipe()
fcntl.fcntl(reader, fcntl.F_SETOWN, VICTIM)
return "set the receiver of a signal"
""",
    ),
    Attack(
        "processes: limits",
        "sets a limit of another process",
        """
import resource
resource.prlimit(VICTIM, resource.RLIMIT_CORE, resource.prlimit(VICTIM, resource.RLIMIT_CORE))
return "set a limit"
""",
    ),
    Attack(
        "processes: ptrace",
        "attaches to another process as a debugger does",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.ptrace(0x4206, VICTIM, 0, 0):
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
libc.ptrace(17, VICTIM, 0, 0)
return "attached"
""",
    ),
    Attack(
        "processes: /proc",
        "reads the environment and the memory map of another process",
        """
with open("/proc/%d/environ" % VICTIM) as environ, open("/proc/%d/maps" % VICTIM):
    if SECRET in environ.read():
        return "found the secret"
raise LookupError("the secret is not there")
""",
    ),
)

_FILES = (
    Attack("files: the grader", "reads the grader's folder", "return len(open(GRADER).read())"),
    Attack("files: home", "reads a file in the home folder", "return len(open(HOME_FILE, 'rb').read(9))"),
    Attack("files: system", "reads /etc/passwd", "return len(open('/etc/passwd').read())"),
    Attack(
        "files: write",
        "makes a file in any of the usual places, or beside its own folder",
        """
for folder in (FOLDER, "/tmp", "/var/tmp", "/dev/shm", "/dev", "/run", "/", "..", os.path.expanduser("~")):
    path = os.path.join(folder, "grader_doctor_wrote")
    try:
        open(path, "x").close()
    except OSError as error:
        last = error
        continue
    os.remove(path)
    return "wrote in " + folder
raise last
""",
    ),
    Attack(
        "files: change",
        "changes the mode, the time, the attributes or the name of a file that everybody may write to",
        """
moved = FILE + "_moved"
acts = [(os.truncate, FILE, 9), (os.chmod, FILE, 0o666), (os.utime, FILE), (os.rename, FILE, moved)]
for act, *arguments in acts + ([(os.setxattr, FILE, "user.grader", b"")] if hasattr(os, "setxattr") else []):
    try:
        act(*arguments)
    except OSError as error:
        last = error
        continue
    if os.path.exists(moved):
        os.rename(moved, FILE)
    return act.__name__
raise last
""",
    ),
    Attack(
        "files: inherited",
        "looks for open files of the grader among its own",
        """
import stat
for descriptor in range(3, 256):
    try:
        if stat.S_IFMT(os.fstat(descriptor).st_mode) in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFSOCK):
            return "was given descriptor %d" % descriptor
    except OSError:
        continue
raise LookupError("nothing was given")
""",
    ),
    Attack(
        "environment",
        "looks for a variable of the grader's environment",
        """
if SECRET in os.environ.values():
    return "found the secret"
raise LookupError("the secret is not there")
""",
    ),
)

_RESOURCES = (
    Attack("memory: at once", "asks for 3 GB", "return np.empty(3 << 30, np.uint8).shape"),
    Attack(
        "memory: in steps", "asks for 3 GB in steps", "return len([np.empty(1 << 26, np.uint8) for _ in range(48)])"
    ),
    Attack(
        "memory: shared maps",
        "maps 3 GB of shared memory",
        "import mmap\nreturn len([mmap.mmap(-1, 1 << 29) for _ in range(6)])",
    ),
    Attack(
        "memory: memfd",
        "makes a file in memory, which no limit on address space counts",
        "os.ftruncate(os.memfd_create('hoard'), 3 << 30)\nreturn 'made a file of 3 GB'",
    ),
    Attack(
        "memory: shared segments",
        "makes a System V segment, which outlives its process",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
segment = libc.shmget(0, 1 << 20, 0o1600)
if segment < 0:
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
libc.shmctl(segment, 0, None)
return "made a segment"
""",
    ),
    Attack(
        "time: computing",
        "computes for 30 s, deaf to signals and exceptions",
        """
end = time.time() + 30
if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
while time.time() < end:
    try:
        sum(range(10**6))
    except BaseException:
        continue
return "computed to the end"
""",
        Sign.TIME,
    ),
    Attack("time: waiting", "sleeps for 30 s", "time.sleep(30)\nreturn 'slept to the end'", Sign.TIME),
    Attack(
        "printing",
        "prints 4 MB",
        "for _ in range(20):\n    print('x' * 100000)\n    os.write(2, b'x' * 100000)\nreturn 'printed'",
        Sign.LENGTH,
    ),
)

_REPLIES = (
    Attack(
        "replies: size",
        "answers with 160 MB",
        "def answer(values):\n    return np.zeros((10**6, 20))",
        Sign.SIZE,
    ),
    Attack(
        "replies: forgery",
        "writes replies to later calls on every descriptor that it has",
        """
def answer(values):
    for descriptor in range(64):
        try:
            os.write(descriptor, FORGED)
        except OSError:
            continue
    return values
""",
        Sign.FORGERY,
    ),
)

ATTACKS = (*_NETWORK, *_PROCESSES, *_FILES, *LEAKS, *_RESOURCES, *_REPLIES)
"""In the order of the table."""
