"""The filter of system calls, run instruction by instruction as the kernel would."""

import errno
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


machines = pytest.mark.parametrize("machine", MACHINES)


@machines
def test_needed_calls_are_allowed(machine):
    assert {answer(machine, call) for call in ("read", "openat", "exit_group")} == {ALLOW}


@machines
@pytest.mark.parametrize(
    "call", ["socket", "fork", "clone", "execve", "kill", "ptrace", "prctl", "memfd_create", 1_000_000]
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


def test_numbers_are_those_of_this_machine():
    """The C library's header has the truth for the processor that the tests run on."""
    folder = Path("/usr/include") / f"{platform.machine()}-linux-gnu" / "asm"
    names = {"x86_64": "unistd_64.h", "aarch64": "../asm-generic/unistd.h"}
    header = folder / names.get(platform.machine(), "none")
    if not header.exists():
        pytest.skip("the headers of the C library are not installed")
    column = list(MACHINES).index(platform.machine())
    true = dict(line.split()[1:3] for line in header.read_text().splitlines() if line.startswith("#define __NR_"))
    special = {"fcntl": seccomp._FCNTL, "ioctl": seccomp._IOCTL, "prlimit64": seccomp._PRLIMIT64}

    for name, numbers in {**seccomp._NUMBERS, **seccomp._MISSING, **special}.items():
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
