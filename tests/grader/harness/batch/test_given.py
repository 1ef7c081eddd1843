"""What was handed in is opened as a file or not at all: nothing is followed, nothing is waited for."""

import os
import re
import socket
from pathlib import Path

import pytest

from grader.harness.batch.given import open_given

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and links are those of Unix")


def pipe(path):
    os.mkfifo(path)


def link(path):
    (path.parent / "elsewhere").write_bytes(b"another's")
    path.symlink_to(path.parent / "elsewhere")


def dangling_link(path):
    path.symlink_to("nowhere")


def folder(path):
    path.mkdir()


def bound_socket(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)


def device(path):
    path.symlink_to("/dev/zero")


@pytest.fixture
def given(tmp_path):
    path = tmp_path / "class" / "N1" / "N1_Lab3.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a student's")
    return path


def test_given_file_is_read(given):
    with open_given(given) as file:
        assert file.read() == b"a student's"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (pipe, "a pipe has taken its place"),
        (link, "a link has taken its place or that of a folder above it, and links are not followed"),
        (dangling_link, "a link has taken its place"),
        (device, "a link has taken its place"),
        (folder, "a folder has taken its place"),
        (bound_socket, "a socket has taken its place"),
    ],
)
def test_given_file_that_was_swapped_is_refused(given, make, says, monkeypatch):
    monkeypatch.chdir(given.parent)  # the address of a socket is short
    given.unlink()
    make(given)

    with pytest.raises(OSError, match=re.escape(says)), open_given(given):
        pass


def test_given_device_is_refused():
    with pytest.raises(OSError, match="a device has taken its place"), open_given(Path("/dev/null")):
        pass


def test_given_folder_that_became_a_link_is_refused(given):
    given.parent.rename(given.parent.with_name("moved"))
    given.parent.symlink_to("moved")

    with pytest.raises(OSError, match="a link has taken its place or that of a folder above it"), open_given(given):
        pass


def test_given_file_that_is_gone_is_told(given):
    given.unlink()

    with pytest.raises(FileNotFoundError), open_given(given):
        pass


def test_given_file_leaves_no_folder_open(given):
    before = len([*Path("/proc/self/fd").iterdir()])
    for path in (given, given.with_name("missing")):
        try:
            with open_given(path):
                pass
        except FileNotFoundError:
            continue

    assert len([*Path("/proc/self/fd").iterdir()]) == before
