"""The nursery: a process that has everything loaded that a child needs, and forks a child for each session.

::

    grader   --- control socket --->   nursery   (in bubblewrap; runs until the grader ends)
       |                                  | fork
       +---- three pipes of its own -->  child   (closes the rest, locks itself in, runs one submission)

It has one thread, reads nothing that comes from a submission, and is told three things only: to fork a child that
takes over three descriptors, to kill a child, to say how a child has ended. Numbers of processes are its own: it
forgets a number when the process is forgotten by the kernel, and uses it no more.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import struct
from array import array
from errno import EMFILE

START, KILL, REAP = b"s", b"k", b"r"
REQUEST = struct.Struct(">cI")
"""What is to be done, and the number of the child; 0 for a new one."""
REPLY = struct.Struct(">i")
"""Ready and killed: 0. Started: the child's number. Ended: the status as `wait` gives it. Negative: it did not work."""
RUNNING = -1
"""In place of a status."""

_N_PIPES = 3
_MAX_DESCRIPTORS = 64
_PIDFD_OPEN = 434  # the same number on every processor
_PR_SET_DUMPABLE = 4


def wait_for_session() -> None:
    """Fork a child whenever the grader asks for one; this returns in the children, and in the nursery never.

    The control socket is descriptor 0, so that a child loses it by taking its own input.
    """
    control = socket.socket(fileno=0)
    _settle()
    children = set()
    control.sendall(REPLY.pack(0))
    while True:
        act, child, pipes = _receive(control)
        if act == START:
            child = _fork() if len(pipes) == _N_PIPES else -EMFILE
            if child == 0:
                control.detach()
                _take_over(pipes)
                return
            children |= {child} if child > 0 else set()
            _announce(control, child, pipes)
        elif act == KILL:
            if child in children:
                os.kill(child, signal.SIGKILL)
            control.sendall(REPLY.pack(0))
        else:
            control.sendall(REPLY.pack(_reap(child, children)))


def _settle() -> None:
    """Make ready to fork: out of reach of the children's user, and with little that a child would have to copy."""
    import resource  # Windows has none

    import numpy.random  # noqa: F401 - NumPy puts it off, and each child would load it anew

    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_DESCRIPTORS, hard))
    os.close(_open_process(os.getpid()))  # a kernel that cannot do this ends the nursery here
    gc.collect()
    gc.freeze()


def _receive(control: socket.socket) -> tuple[bytes, int, list[int]]:
    """Wait for the next request; end the process, and its children with it, when the grader is gone."""
    pipes = array("i")
    try:
        space = socket.CMSG_SPACE(_N_PIPES * pipes.itemsize)
        request, ancillary, _, _ = control.recvmsg(REQUEST.size, space, socket.MSG_WAITALL)
    except OSError:
        os._exit(0)
    if len(request) < REQUEST.size:
        os._exit(0)
    for _, _, data in ancillary:
        pipes.frombytes(data[: len(data) - len(data) % pipes.itemsize])
    act, child = REQUEST.unpack(request)
    return act, child, list(pipes)


def _fork() -> int:
    try:
        return os.fork()
    except OSError as error:
        return -(error.errno or 1)


def _take_over(pipes: list[int]) -> None:
    """Become a child: three pipes and nothing else is open, the control socket least of all."""
    for place, descriptor in enumerate(pipes):
        os.dup2(descriptor, place)
    os.closerange(_N_PIPES, _MAX_DESCRIPTORS)
    os.setsid()


def _announce(control: socket.socket, child: int, pipes: list[int]) -> None:
    """Tell the grader the child's number, with a descriptor that shows when it has ended."""
    for descriptor in pipes:
        os.close(descriptor)
    if child < 0:
        control.sendall(REPLY.pack(child))
        return
    process = _open_process(child)
    control.sendmsg([REPLY.pack(child)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [process]))])
    os.close(process)


def _open_process(process: int) -> int:
    """Open a descriptor that can be read from when that process has ended."""
    descriptor: int = ctypes.CDLL(None, use_errno=True).syscall(_PIDFD_OPEN, process, 0)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), f"pidfd_open: {os.strerror(ctypes.get_errno())}")
    return descriptor


def _reap(child: int, children: set[int]) -> int:
    """Take away a child that has ended; returns its status, or that it is running."""
    if child not in children:
        return RUNNING
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended == 0:
        return RUNNING
    children.remove(child)
    return status
