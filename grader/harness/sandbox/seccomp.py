"""Which system calls the child may make: a list of the allowed ones, everything else is refused with EPERM.

A filter for Linux's seccomp is a small program that the kernel runs at each system call, on its number and the plain
values of its arguments. It is built here, instruction by instruction, and handed to the kernel through ctypes: no
compiler and no package is needed. It cannot look behind pointers, so it cannot know file names: that is for Landlock
and for bubblewrap. Numbers of system calls differ by processor; there are tables for x86_64 and aarch64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

# name: (x86_64, aarch64); None where the processor has no such call.
_NUMBERS = {
    # Reading, writing and closing what is open.
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "close": (3, 57),
    "close_range": (436, 436),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    # Finding and opening files; which ones is for Landlock and bubblewrap.
    "open": (2, None),
    "openat": (257, 56),
    "stat": (4, None),
    "lstat": (6, None),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    # Memory of its own.
    "brk": (12, 214),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    # Its own signals: handlers and masks, nothing that sends one.
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    # Time and sleep; `times` tells of this process and of children that it cannot have.
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "sched_yield": (24, 124),
    # What it is. Not what it used: `getrusage` counts pages that another process has read before.
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getgroups": (115, 158),
    "getresuid": (118, 148),
    "getresgid": (120, 150),
    "uname": (63, 160),
    "getrandom": (318, 278),
    # The end.
    "exit": (60, 93),
    "exit_group": (231, 94),
}
# Calls that change files, where there is a wall that says which. Not among them: links, modes, owners, times,
# attributes and locks, since walls leave those alone or nobody needs them to save an answer.
_CHANGES = {
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rename": (82, None),
    "renameat": (264, 38),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "msync": (26, 227),  # numpy.memmap.flush
}
# Calls whose arguments decide.
_ARGUMENTS = {
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "prlimit64": (302, 261),
    "sched_getaffinity": (204, 123),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "madvise": (28, 233),
    "futex": (202, 98),
    "mmap": (9, 222),
}
_OPEN_FLAGS = {"open": 1, "openat": 2}  # which argument holds the flags
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_UNNAMED = 0o20000000  # O_TMPFILE without O_DIRECTORY: a file that nobody can find
# Newer forms that C libraries try first: told that they do not exist, they fall back to one in the table.
_MISSING = {"clone3": (435, 435), "openat2": (437, 437), "rseq": (334, 293)}

# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC: none of them makes the kernel send a signal to anybody.
_FCNTL_COMMANDS = (0, 1, 2, 3, 1030)
# TCGETS ("is it a terminal?"), FIONCLEX, FIOCLEX.
_IOCTL_REQUESTS = (0x5401, 0x5450, 0x5451)
# CLOCK_REALTIME to CLOCK_BOOTTIME: the fixed ones. Others are made from the number of a process or of a descriptor,
# and tell another process's time.
_CLOCKS = tuple(range(8))
# MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, for the memory of C libraries and NumPy. Others read ahead,
# throw out of memory, or look for pages that processes could share.
_ADVICE = (4, 8, 14, 15)
# One without it is for all processes that map the same file, and carries data from one to the next.
_FUTEX_PRIVATE = 128
_MAP_SHARED, _MAP_ANONYMOUS, _PROT_WRITE = 1, 0x20, 2

# Processor: (column of the tables, AUDIT_ARCH_*).
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_LOAD, _JUMP_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def is_supported() -> bool:
    """Tell whether there is a table for this system and this processor."""
    return platform.system() == "Linux" and platform.machine() in _ARCHITECTURES


def install(*, may_open_for_writing: bool) -> None:
    """Set the filter on this process, for ever. ``no_new_privs`` must be set already.

    Parameters
    ----------
    may_open_for_writing : bool
        Whether files may be opened for writing at all; false where Landlock does not say which.

    Raises
    ------
    OSError
        If there is no table for this processor, or the kernel does not take the filter.
    """
    if not is_supported():
        raise OSError(errno.ENOSYS, f"no table of system calls for {platform.system()} on {platform.machine()}")
    code = build(platform.machine(), may_open_for_writing=may_open_for_writing)
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel does not take a seccomp filter")


def build(machine: str, *, may_open_for_writing: bool) -> bytes:
    """Write the program: eight bytes an instruction."""
    column, architecture = _ARCHITECTURES[machine]
    code = [
        _instruction(_LOAD, _ARCHITECTURE_OFFSET),
        # Another architecture's calls, 32-bit ones among them, have other numbers: nothing honest makes them.
        _instruction(_JUMP_EQUAL, architecture, 1, 0),
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD, _NUMBER_OFFSET),
    ]
    simple = {**_NUMBERS, **(_CHANGES if may_open_for_writing else {})}
    for name in [name for name in simple if name not in _OPEN_FLAGS]:
        code += _answer(simple[name][column], _ALLOW)
    for numbers in _MISSING.values():
        code += _answer(numbers[column], _ERRNO | errno.ENOSYS)
    own = (0, os.getpid())
    number = {name: numbers[column] for name, numbers in _ARGUMENTS.items()}
    code += _allow_if_in(number["fcntl"], 1, _FCNTL_COMMANDS)
    code += _allow_if_in(number["ioctl"], 1, _IOCTL_REQUESTS)
    code += _allow_if_in(number["prlimit64"], 0, own)
    code += _allow_if_in(number["sched_getaffinity"], 0, own)
    for name in ("clock_gettime", "clock_getres", "clock_nanosleep"):
        code += _allow_if_in(number[name], 0, _CLOCKS)
    code += _allow_if_in(number["madvise"], 2, _ADVICE)
    code += _allow_private_futex(number["futex"])
    code += _allow_own_map(number["mmap"])
    for name, argument in _OPEN_FLAGS.items():
        code += _allow_without_bits(
            _NUMBERS[name][column], argument, _UNNAMED if may_open_for_writing else _WRITING | _UNNAMED
        )
    code.append(_instruction(_RETURN, _ERRNO | errno.EPERM))
    return b"".join(code)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _answer(number: int | None, action: int) -> list[bytes]:
    """One call, one answer, whatever its arguments."""
    if number is None:
        return []
    return [_instruction(_JUMP_EQUAL, number, 0, 1), _instruction(_RETURN, action)]


def _argument(argument: int) -> bytes:
    """Load the low half of an argument: all that the kernel reads of it, or all that has a meaning."""
    return _instruction(_LOAD, _ARGUMENTS_OFFSET + 8 * argument)


def _allow_if_in(number: int, argument: int, values: tuple[int, ...]) -> list[bytes]:
    """Allow one call if an argument is one of `values`; refuse it otherwise."""
    tests = [_instruction(_JUMP_EQUAL, value, len(values) - place, 0) for place, value in enumerate(values)]
    body = [_argument(argument), *tests, _instruction(_RETURN, _ERRNO | errno.EPERM), _instruction(_RETURN, _ALLOW)]
    return [_instruction(_JUMP_EQUAL, number, 0, len(body)), *body]


def _allow_without_bits(number: int | None, argument: int, bits: int) -> list[bytes]:
    """Allow one call if an argument has none of `bits`; refuse it otherwise."""
    if number is None:
        return []
    body = [
        _argument(argument),
        _instruction(_JUMP_ANY_BIT, bits, 0, 1),
        _instruction(_RETURN, _ERRNO | errno.EACCES),
        _instruction(_RETURN, _ALLOW),
    ]
    return [_instruction(_JUMP_EQUAL, number, 0, len(body)), *body]


def _allow_private_futex(number: int) -> list[bytes]:
    """Allow the futexes that this process shares with nobody; refuse the others."""
    body = [
        _argument(1),
        _instruction(_JUMP_ANY_BIT, _FUTEX_PRIVATE, 1, 0),
        _instruction(_RETURN, _ERRNO | errno.EPERM),
        _instruction(_RETURN, _ALLOW),
    ]
    return [_instruction(_JUMP_EQUAL, number, 0, len(body)), *body]


def _allow_own_map(number: int) -> list[bytes]:
    """Allow maps of memory, copies of files, and files that may be written: those that are this process's own."""
    body = [
        _argument(3),
        _instruction(_JUMP_ANY_BIT, _MAP_ANONYMOUS, 4, 0),
        _instruction(_JUMP_ANY_BIT, _MAP_SHARED, 0, 3),
        _argument(2),
        _instruction(_JUMP_ANY_BIT, _PROT_WRITE, 1, 0),
        _instruction(_RETURN, _ERRNO | errno.EACCES),
        _instruction(_RETURN, _ALLOW),
    ]
    return [_instruction(_JUMP_EQUAL, number, 0, len(body)), *body]
