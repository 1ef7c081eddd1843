"""The filter of system calls, run instruction by instruction as the kernel would."""

import errno
import mmap
import os
import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from grader.harness.sandbox import seccomp

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# Numbers as the kernel's own tables have them.
CALLS = {
    "x86_64": {
        "read": 0,
        "open": 2,
        "ioctl": 16,
        "socket": 41,
        "fork": 57,
        "execve": 59,
        "kill": 62,
        "fcntl": 72,
        "ptrace": 101,
        "mmap": 9,
        "madvise": 28,
        "rename": 82,
        "getrusage": 98,
        "futex": 202,
        "sched_getaffinity": 204,
        "clock_gettime": 228,
        "clock_getres": 229,
        "clock_nanosleep": 230,
        "mkdirat": 258,
        "unlinkat": 263,
    }
    | {
        "prctl": 157,
        "openat": 257,
        "prlimit64": 302,
        "memfd_create": 319,
        "clone3": 435,
        "openat2": 437,
        "exit_group": 231,
    },
    "aarch64": {
        "read": 63,
        "ioctl": 29,
        "socket": 198,
        "clone": 220,
        "execve": 221,
        "kill": 129,
        "fcntl": 25,
        "ptrace": 117,
        "mmap": 222,
        "madvise": 233,
        "renameat": 38,
        "getrusage": 165,
        "futex": 98,
        "sched_getaffinity": 123,
        "clock_gettime": 113,
        "clock_getres": 114,
        "clock_nanosleep": 115,
        "mkdirat": 34,
        "unlinkat": 35,
    }
    | {
        "prctl": 167,
        "openat": 56,
        "prlimit64": 261,
        "memfd_create": 279,
        "clone3": 435,
        "openat2": 437,
        "exit_group": 94,
    },
}


def answer(machine, call, *arguments, may_write=True, architecture=None):
    """Run the program on one system call."""
    program = seccomp.build(machine, may_open_for_writing=may_write)
    number = CALLS[machine].get(call, call)
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, architecture or MACHINES[machine], 0, *words)
    place, value = 0, 0
    while True:
        code, if_true, if_false, operand = struct.unpack_from("=HBBI", program, 8 * place)
        place += 1
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
        elif code == 0x15:
            place += if_true if value == operand else if_false
        elif code == 0x45:
            place += if_true if value & operand else if_false
        else:
            return operand


CLOCKS = ("clock_gettime", "clock_getres", "clock_nanosleep")

machines = pytest.mark.parametrize("machine", MACHINES)


@machines
def test_needed_calls_are_allowed(machine):
    assert {answer(machine, call) for call in ("read", "openat", "exit_group")} == {ALLOW}


@machines
@pytest.mark.parametrize(
    "call", ["socket", "fork", "clone", "execve", "kill", "ptrace", "prctl", "memfd_create", "getrusage", 1_000_000]
)
def test_other_calls_are_refused(machine, call):
    if call in CALLS[machine] or isinstance(call, int):
        assert answer(machine, call) == ERRNO | errno.EPERM


@machines
@pytest.mark.parametrize("call", ["clone3", "openat2"])
def test_newer_forms_do_not_exist(machine, call):
    assert answer(machine, call) == ERRNO | errno.ENOSYS


@machines
def test_calls_of_another_architecture_end_the_process(machine):
    assert answer(machine, "read", architecture=0x40000003) == KILL


def test_calls_of_the_other_32_bit_form_are_refused():
    assert answer("x86_64", 0x40000000 + 1) == ERRNO | errno.EPERM


@machines
@pytest.mark.parametrize(
    ("call", "arguments", "is_allowed"),
    [
        ("fcntl", (0, 1), True),
        ("fcntl", (0, 1030), True),
        ("fcntl", (0, 8), False),
        ("fcntl", (0, 10), False),
        ("fcntl", (0, 4), False),
        ("ioctl", (0, 0x5401), True),
        ("ioctl", (0, 0x5412), False),
        ("prlimit64", (0, 7), True),
        ("prlimit64", (os.getpid(), 7), True),
        ("prlimit64", (1, 7), False),
        ("sched_getaffinity", (0,), True),
        ("sched_getaffinity", (os.getpid(),), True),
        ("sched_getaffinity", (1,), False),
        ("futex", (0, 128), True),  # FUTEX_WAIT_PRIVATE
        ("futex", (0, 129), True),  # FUTEX_WAKE_PRIVATE
        ("futex", (0, 128 | 256 | 9), True),  # FUTEX_WAIT_BITSET_PRIVATE by the clock on the wall
        ("futex", (0, 0), False),
        ("futex", (0, 1), False),
        ("futex", (0, 256 | 9), False),
        ("madvise", (0, 4096, 4), True),  # MADV_DONTNEED
        ("madvise", (0, 4096, 14), True),  # MADV_HUGEPAGE
        ("madvise", (0, 4096, 3), False),  # MADV_WILLNEED
        ("madvise", (0, 4096, 12), False),  # MADV_MERGEABLE
        *((clock, (number,), number in range(8)) for clock in CLOCKS for number in (0, 1, 2, 3, 7, 8, 11)),
        *((clock, ((~12345 << 3 | 2) & 0xFFFFFFFF,), False) for clock in CLOCKS),
    ],
)
def test_arguments_decide(machine, call, arguments, is_allowed):
    assert answer(machine, call, *arguments) == (ALLOW if is_allowed else ERRNO | errno.EPERM)


@machines
def test_files_are_opened_for_reading_only_where_landlock_is_missing(machine):
    read, write = os.O_RDONLY | os.O_CLOEXEC, os.O_WRONLY | os.O_CREAT

    assert answer(machine, "openat", 0, 0, read, may_write=False) == ALLOW
    assert answer(machine, "openat", 0, 0, write, may_write=False) == ERRNO | errno.EACCES
    assert answer(machine, "openat", 0, 0, os.O_RDONLY | os.O_TRUNC, may_write=False) == ERRNO | errno.EACCES
    assert answer(machine, "openat", 0, 0, write) == ALLOW


@machines
@pytest.mark.parametrize("call", ["mkdirat", "unlinkat", "rename", "renameat"])
def test_files_are_changed_only_where_a_wall_says_which(machine, call):
    if call in CALLS[machine]:
        assert answer(machine, call) == ALLOW
        assert answer(machine, call, may_write=False) == ERRNO | errno.EPERM


@machines
@pytest.mark.parametrize("may_write", [True, False])
def test_files_without_a_name_are_refused(machine, may_write):
    flags = os.O_TMPFILE | os.O_RDWR

    assert answer(machine, "openat", 0, 0, flags, may_write=may_write) == ERRNO | errno.EACCES
    assert answer(machine, "openat", 0, 0, os.O_DIRECTORY, may_write=may_write) == ALLOW


@machines
@pytest.mark.parametrize(
    ("access", "kind", "is_allowed"),
    [
        (mmap.PROT_READ, mmap.MAP_PRIVATE, True),
        (mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, True),
        (mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, True),
        (mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, True),
        (mmap.PROT_READ, mmap.MAP_SHARED, False),
        (mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_SHARED, False),
        (mmap.PROT_READ, 3, False),  # MAP_SHARED_VALIDATE
    ],
)
def test_maps_are_of_files_of_its_own(machine, access, kind, is_allowed):
    assert answer(machine, "mmap", 0, 4096, access, kind) == (ALLOW if is_allowed else ERRNO | errno.EACCES)


def test_numbers_are_those_of_this_machine():
    """The C library's header has the truth for the processor that the tests run on."""
    folder = Path("/usr/include") / f"{platform.machine()}-linux-gnu" / "asm"
    names = {"x86_64": "unistd_64.h", "aarch64": "../asm-generic/unistd.h"}
    header = folder / names.get(platform.machine(), "none")
    if not header.exists():
        pytest.skip("the headers of the C library are not installed")
    column = list(MACHINES).index(platform.machine())
    true = dict(line.split()[1:3] for line in header.read_text().splitlines() if line.startswith("#define __NR_"))

    for name, numbers in {**seccomp._NUMBERS, **seccomp._MISSING, **seccomp._CHANGES, **seccomp._ARGUMENTS}.items():
        if numbers[column] is not None:
            assert true.get(f"__NR_{name}", str(numbers[column])) == str(numbers[column]), name


def test_other_processors_have_no_filter(monkeypatch):
    monkeypatch.setattr(seccomp.platform, "machine", lambda: "riscv64")

    with pytest.raises(OSError, match="no table of system calls for Linux on riscv64"):
        seccomp.install(may_open_for_writing=True)


def test_kernel_that_refuses_is_reported():
    """Without no_new_privs an ordinary user may not set a filter; here the call itself is wrong."""
    code = "from grader.harness.sandbox import seccomp; seccomp._PR_SET_SECCOMP = 9999; "
    code += "seccomp.install(may_open_for_writing=True)"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, check=False, cwd=Path(__file__).parents[4]
    )

    assert b"the kernel does not take a seccomp filter" in done.stderr
