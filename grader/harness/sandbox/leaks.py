"""Attacks of the doctor: ways in which one child could tell another what it was asked; see `attacks`.

Two children share a kernel, and each has files of the same Python in its memory. Each attack does what the one or the
other end of such a way needs, so that it is closed where the attack is stopped.
"""

from grader.harness.sandbox.attack import Attack

LEAKS = (
    Attack(
        "leaks: locks",
        "wakes whoever waits on a page of a file that all processes map",
        """
import ctypes, random
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
file = os.open(random.__file__, os.O_RDONLY)
for shared_or_private in (1, 2):
    page = libc.mmap(None, 4096, 1, shared_or_private, file, 0)
    if page == ctypes.c_void_p(-1).value:
        continue
    call = {"x86_64": 202, "aarch64": 98}[os.uname().machine]
    if libc.syscall(call, ctypes.c_void_p(page), 1, 1, None, None, 0) >= 0:
        return "asked who waits"
raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
""",
    ),
    Attack(
        "leaks: clocks",
        "reads the processor time of another process, or of one that was started beside it",
        """
for process in (VICTIM, os.getppid(), *range(1, min(os.getpid(), 200))):
    try:
        return "another process has used %.3f s" % time.clock_gettime((~process << 3) | 2)
    except OSError as error:
        last = error
raise last
""",
    ),
    Attack(
        "leaks: pages",
        "asks which pages of a file another process has read before",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
counts = (ctypes.c_long * 18)()
if libc.getrusage(0, counts):
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
return "%d pages were there, %d were not" % (counts[8], counts[9])
""",
    ),
)
