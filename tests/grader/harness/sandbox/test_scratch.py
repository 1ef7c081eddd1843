"""A folder on the disk: how much is in it, and that all of it goes."""

import os
import sys
from pathlib import Path

import pytest

from grader.harness.sandbox import scratch
from grader.harness.sandbox.confinement import NOBODY
from grader.harness.sandbox.scratch import MAX_FILES, Scratch, Tenant


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = Scratch(1000, is_for_nobody=False)
    yield made
    made.remove()


def test_new_folder_is_empty_and_for_its_owner(folder, tmp_path):
    assert list(tmp_path.iterdir()) == [folder.path]
    assert list(folder.path.iterdir()) == []
    assert not folder.is_overfull()
    if os.name == "posix":
        assert folder.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives folders away")
def test_folder_of_a_roots_child_is_nobodys(folder):
    theirs = Scratch(1000, is_for_nobody=True)

    assert (theirs.path.stat().st_uid, folder.path.stat().st_uid) == (NOBODY, 0)
    theirs.remove()


def test_bytes_in_all_folders_count(folder):
    (folder.path / "inner").mkdir()
    size = (folder.path / "inner").lstat().st_size
    folder.n_bytes = size + 1000
    (folder.path / "inner" / "file").write_bytes(bytes(1000))
    assert not folder.is_overfull()

    (folder.path / "other").write_bytes(b"x")
    assert folder.is_overfull()


def test_files_count_though_they_are_empty(folder):
    for number in range(MAX_FILES):
        (folder.path / str(number)).touch()
    assert not folder.is_overfull()

    (folder.path / "one more").touch()
    assert folder.is_overfull()


def test_folder_that_cannot_be_looked_through_is_overfull(folder, monkeypatch):
    def refuse(_):
        raise OSError("File name too long")

    monkeypatch.setattr(scratch, "_walk", refuse)
    assert folder.is_overfull()


def test_file_that_goes_while_it_is_looked_at_counts_nothing(folder, monkeypatch):
    (folder.path / "file").write_bytes(bytes(1001))
    walk = scratch._walk

    def walk_late(path):
        for entry in walk(path):
            os.unlink(entry.path)  # noqa: PTH108 - a name is all there is
            yield entry

    monkeypatch.setattr(scratch, "_walk", walk_late)
    assert not folder.is_overfull()


def test_everything_is_removed_and_no_link_followed(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    (folder.path / "link").symlink_to(outside)
    (folder.path / "locked").mkdir()
    (folder.path / "locked" / "file").touch()
    (folder.path / "locked" / "link").symlink_to(outside / "precious")
    (folder.path / "locked").chmod(0)

    folder.remove()

    assert list(tmp_path.iterdir()) == [outside]
    assert (outside / "precious").exists()


@pytest.mark.skipif(os.name != "posix", reason="built with descriptors of folders")
def test_no_depth_is_too_deep(folder, tmp_path):
    descriptor = os.open(folder.path, os.O_RDONLY)
    for _ in range(sys.getrecursionlimit() + 200):
        os.mkdir("deeper", dir_fd=descriptor)
        inner = os.open("deeper", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    assert folder.is_overfull()

    folder.remove()

    assert list(tmp_path.iterdir()) == []


def test_removing_twice_is_harmless(folder):
    folder.remove()
    folder.remove()

    assert not folder.path.exists()


class Process:
    """A process that does nothing but end when it is killed."""

    stdin = stdout = stderr = None

    def __init__(self):
        self.n_kills = 0

    def wait(self, _):
        return -9 if self.n_kills else None

    def kill(self):
        self.n_kills += 1


def test_tenant_takes_its_folder_along(folder):
    process = Process()
    tenant = Tenant(process, folder)
    assert tenant.wait(0.0) is None
    assert folder.path.exists()

    tenant.kill()

    assert (process.n_kills, tenant.wait(0.0)) == (1, -9)
    assert not folder.path.exists()


def test_tenant_that_is_watched_is_killed_when_its_folder_is_full(folder, monkeypatch):
    process = Process()
    tenant = Tenant(process, folder)
    looks = iter([False, False, True])
    monkeypatch.setattr(folder, "is_overfull", lambda: next(looks))

    tenant._look()

    assert process.n_kills == 1
    assert list(looks) == []
    assert isinstance(folder.path, Path)
    tenant.kill()
