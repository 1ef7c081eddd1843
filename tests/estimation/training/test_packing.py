import zipfile
from pathlib import Path

import numpy as np
import pytest

from estimation.training import packing


@pytest.fixture
def command(tmp_path):
    """Give the arguments that pack three small folders, and what is in them."""
    rng = np.random.default_rng(0)
    files = {"photos/annotations.json": b"{}", "teacher.npz": rng.bytes(50), "rendered/annotations.json": b"[]"}
    files |= {f"photos/images/{number}.jpg": rng.bytes(300_000) for number in range(8)}
    for name, content in files.items():
        path = tmp_path / "from" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    source = tmp_path / "from"
    options = [
        "--photos",
        source / "photos",
        "--rendered-people",
        source / "rendered",
        "--teacher",
        source / "teacher.npz",
    ]
    return [str(option) for option in (*options, "--out", tmp_path / "parts", "--part-mib", "1")], files


def test_what_was_packed_in_parts_is_unpacked_whole(command, tmp_path, capsys):
    arguments, files = command
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "part-9-of-9.zip").write_bytes(b"old")

    assert packing.main(arguments) == 0

    parts = sorted((tmp_path / "parts").iterdir())
    assert [part.name for part in parts] == [f"part-{number}-of-3.zip" for number in (1, 2, 3)]
    assert all(part.stat().st_size <= 2**20 for part in parts)
    assert f"{parts[0]}  0.9 MiB" in capsys.readouterr().out
    packing.unpack(tmp_path / "parts", tmp_path / "to")
    found = {
        path.relative_to(tmp_path / "to").as_posix(): path for path in (tmp_path / "to").rglob("*") if path.is_file()
    }
    assert {name: path.read_bytes() for name, path in found.items()} == files


def test_missing_part_is_told(command, tmp_path):
    packing.main(command[0])
    (tmp_path / "parts" / "part-2-of-3.zip").unlink()

    with pytest.raises(
        ValueError, match=r"All 3 parts of a packing must be in .*; got none of number 2\. Bring it there\."
    ):
        packing.unpack(tmp_path / "parts", tmp_path / "to")


def test_no_parts_are_told(tmp_path):
    with pytest.raises(ValueError, match=r"All 1 parts of a packing must be in .*; got none of number 1\."):
        packing.unpack(tmp_path, tmp_path / "to")


def test_broken_part_is_told(command, tmp_path):
    packing.main(command[0])
    (tmp_path / "parts" / "part-2-of-3.zip").write_bytes(b"half")

    with pytest.raises(ValueError, match=r"part-2-of-3\.zip must be a zip file; it is broken: .* Bring it anew\."):
        packing.unpack(tmp_path / "parts", tmp_path / "to")


def test_names_in_a_part_lead_nowhere_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "part-1-of-1.zip", "w") as archive:
        archive.writestr("../../outside.txt", "x")

    packing.unpack(tmp_path, tmp_path / "a" / "to")

    assert not list(tmp_path.parent.glob("outside.txt"))
    assert (tmp_path / "a" / "to" / "outside.txt").exists()


def test_file_larger_than_a_part_is_refused(command, capsys):
    arguments, _ = command
    (Path(arguments[1]) / "large.jpg").write_bytes(bytes(2**20))

    assert packing.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("packing: A file must fit into a part of 1048576 bytes; got ")
    assert error.endswith("large.jpg. Raise --part-mib.\n")
