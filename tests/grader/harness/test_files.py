"""Files of a class are whole, and nobody but their owner can read them."""

import os
import stat
from contextlib import contextmanager

import pytest

from grader.harness.files import create, lock_away, make_folder, replacing, touch, write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions are those of Unix")


@contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("mask", [0, 0o022, 0o777], ids=["open", "usual", "closed"])
def test_files_and_folders_are_their_owners_alone_whatever_the_umask_is(tmp_path, mask):
    with umask(mask):
        write(tmp_path / "a" / "b" / "file", b"1")
        make_folder(tmp_path / "c" / "d")
        os.close(touch(tmp_path / "e"))

    folders, files = ["a", "a/b", "c", "c/d"], ["a/b/file", "e"]
    assert {name: mode(tmp_path / name) for name in folders} == dict.fromkeys(folders, 0o700)
    assert {name: mode(tmp_path / name) for name in files} == dict.fromkeys(files, 0o600)


def test_file_that_was_open_to_others_is_closed_when_it_is_written(tmp_path):
    for name in ("file", ".file.new"):
        (tmp_path / name).write_bytes(b"old")
        (tmp_path / name).chmod(0o666)

    write(tmp_path / "file", b"new")

    assert (mode(tmp_path / "file"), (tmp_path / "file").read_bytes()) == (0o600, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_file_is_made_anew_and_nothing_is_written_through_a_link(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"kept")
    (tmp_path / ".file.new").symlink_to(tmp_path / "elsewhere")

    with replacing(tmp_path / "file") as file:
        file.write(b"new")

    assert (tmp_path / "elsewhere").read_bytes() == b"kept"
    assert not (tmp_path / "file").is_symlink()


def test_touched_file_keeps_its_content(tmp_path):
    with create(tmp_path / "file") as file:
        file.write(b"kept")

    os.close(touch(tmp_path / "file"))

    assert (tmp_path / "file").read_bytes() == b"kept"


def test_folder_that_was_open_is_locked_away_and_links_are_left_alone(tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"")
    outside.chmod(0o644)
    out = tmp_path / "out"
    (out / "course" / "deep").mkdir(parents=True)
    (out / "course" / "deep" / "file").write_bytes(b"")
    (out / "link").symlink_to(outside)
    everything = [out, out / "course", out / "course" / "deep", out / "course" / "deep" / "file"]
    for path in everything:
        path.chmod(0o777)

    assert lock_away(out) == 0
    assert [mode(path) for path in everything] == [0o700, 0o700, 0o700, 0o600]
    assert mode(outside) == 0o644


def test_what_cannot_be_locked_away_is_counted(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "file").chmod(0o644)
    tmp_path.chmod(0o755)
    monkeypatch.setattr("pathlib.Path.chmod", lambda *_: (_ for _ in ()).throw(PermissionError("not yours")))

    assert lock_away(tmp_path) == 2
