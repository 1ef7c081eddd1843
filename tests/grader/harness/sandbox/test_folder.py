"""A folder of the child's own: code that saves its answer works, nothing of it is left, nobody else sees it."""

import ctypes
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from grader.harness.errors import HostUnfit
from grader.harness.results import Verdict
from grader.harness.sandbox import bubblewrap, folder, landlock, launcher
from grader.harness.sandbox.folder import _CLONE_NEWNS, _CLONE_NEWUSER, Folder
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Limits, Mode
from tests.grader.harness.sandbox.conftest import BARE, PROGRAM, in_every_tier
from tests.grader.harness.sandbox.test_nursery import find_nursery, open_known

ROWS = np.ones((2, 20))
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has these protections")

SAVES = """
import os, shutil
import numpy as np
def merge(rows):
    with open("output.txt", "a") as file:
        print(rows, file=file)
    np.savetxt("subset.csv", rows)
    np.save("subset.npy", rows)
    os.makedirs("results/old", exist_ok=True)
    os.rename("subset.npy", "results/old/subset.npy")
    np.save("new.npy", rows)
    os.replace("new.npy", "subset.npy")
    os.truncate("subset.csv", 10)
    shutil.rmtree("results")
    os.remove("output.txt")
    os.remove("subset.npy")
    return rows
"""
READS = """
import os, shutil, tempfile
import numpy as np
def merge(rows):
    np.save("subset.npy", rows)
    np.savetxt("subset.csv", rows)
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
    kept = np.memmap("map.bin", np.float64, "w+", shape=rows.shape)
    kept[:] = rows
    kept.flush()
    shutil.copyfile("subset.csv", "copy.csv")
    assert sorted(os.listdir()) == ["copy.csv", "map.bin", "subset.csv", "subset.npy"]
    assert open("subset.csv").read().startswith("1.0")
    return np.load("subset.npy") * np.loadtxt("subset.csv") * np.fromfile("map.bin").reshape(rows.shape)
"""
FORBIDDEN = {
    "beside": "open('../left_behind', 'w')",
    "temporary": "open('/tmp/left_behind', 'w')",
    "library": "open(np.__file__, 'a')",
    "make": "os.mkdir('../left_behind')",
    "move_out": "open('x', 'w').close(); os.rename('x', '../left_behind')",
    "move_in": "os.rename(np.__file__, 'taken')",
    "link": "os.link(np.__file__, 'taken')",
    "way_out": "os.symlink('/etc', 'etc')",
    "pipe": "os.mkfifo('pipe')",
    "unnamed": "os.close(os.open('.', os.O_TMPFILE | os.O_RDWR))",
}


@in_every_tier
@pytest.mark.parametrize("source", [SAVES, READS], ids=["saves", "reads_again"])
def test_answer_may_be_saved(sessions, source):
    with sessions.open(source) as session:
        replies = [session.call("merge", [ROWS]) for _ in range(2)]

        assert [reply.failure for reply in replies] == [None, None]
        assert np.array_equal(replies[1].answer, ROWS)
        assert {each.name: each.is_on for each in session.protections}["Folder of its own"]


@pytest.mark.parametrize("guarded", ["wrapped", "bare"], indirect=True)
def test_files_elsewhere_stay_forbidden(guarded):
    attempts = "".join(
        f"    try:\n        {line}\n        print('DONE', {name!r})\n    except OSError:\n        pass\n"
        for name, line in FORBIDDEN.items()
    )
    with guarded.open(f"import os\nimport numpy as np\ndef merge(rows):\n{attempts}    return rows\n") as session:
        assert session.call("merge", [ROWS]).failure is None

        assert session.printed == ""


FILLS = """
def merge(rows):
    with open("large", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    return rows
"""
FILLS_BY_NUMBER = """
def merge(rows):
    for number in range(5000):
        open(str(number), "w").close()
    return rows
"""


@pytest.mark.parametrize("source", [FILLS, FILLS_BY_NUMBER], ids=["bytes", "files"])
@pytest.mark.parametrize("guarded", ["wrapped", "bare"], indirect=True)
def test_folder_is_small(guarded, source):
    failure = guarded.call(source).failure

    assert failure.verdict is Verdict.CRASHED
    assert "No space left on device" in failure.explanation.got or "File too large" in failure.explanation.got
    assert failure.explanation.advice == (
        "merge.py may write a few small files when it is graded; these are too many or too large: write less."
    )


LEAVES = "def merge(rows):\n    open('left_behind', 'w').write('x')\n    return rows\n"
FINDS = "import os\ndef merge(rows):\n    print(os.listdir('.'), os.path.exists('left_behind'))\n    return rows\n"


@pytest.mark.parametrize("mode", [Mode.STRICT, Mode.AUTO, pytest.param(Mode.OFF, marks=pytest.mark.slow)])
@pytest.mark.parametrize("is_wrapped", [True, False], ids=["wrapped", "bare"])
def test_file_of_one_session_is_not_there_for_another(mode, is_wrapped, monkeypatch):
    if mode is not Mode.OFF and is_wrapped and bubblewrap.probe():
        pytest.skip(bubblewrap.probe())
    if mode is Mode.STRICT and not is_wrapped:
        pytest.skip("strict mode needs bubblewrap")
    if not is_wrapped:
        monkeypatch.setattr(bubblewrap, "probe", lambda: "not wanted in this test")

    def look():
        with open_session(PROGRAM, FINDS.encode(), mode=mode) as session:
            assert session.call("merge", [ROWS]).failure is None
        return session.printed

    with open_session(PROGRAM, LEAVES.encode(), mode=mode) as first:
        assert first.call("merge", [ROWS]).failure is None
        while_it_lives = look()
    assert while_it_lives == look() == "[] False\n"


@on_linux
def test_child_has_no_rights_left(guarded):
    guarded.expect_good()
    _, child = open_known(guarded, SAVES)
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{child}/status").read_text().splitlines())

    may_read = f"{1 << 2:016x}"  # a Python that only root can enter, see confinement
    assert {status["CapPrm"], status["CapEff"]} <= {"0" * 16, may_read}
    assert status["CapInh"] == status["CapAmb"] == "0" * 16


@on_linux
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look at the mounts of a process that keeps to itself")
def test_folder_is_mounted_for_one_process_alone(wrapped):
    def list_mounted(process):
        lines = Path(f"/proc/{process}/mountinfo").read_text().splitlines()
        return [line for line in lines if line.split()[4] == bubblewrap.FOLDER]

    nursery = find_nursery(wrapped)
    children = [open_known(wrapped, SAVES)[1] for _ in range(2)]

    assert list_mounted(nursery) == []
    assert [len(list_mounted(child)) for child in children] == [1, 1]
    (flags,) = {line.split()[5] for child in children for line in list_mounted(child)}
    assert {"nosuid", "nodev", "noexec"} <= set(flags.split(","))


NO_MOUNT = """
import grader.harness.sandbox.folder as folder
def refuse(*_):
    raise OSError(1, "mounting is forbidden")
folder._mount = refuse
runner.serve()
"""


@pytest.fixture
def no_mount(monkeypatch):
    """Children that may not mount, as in a container."""
    lines = NO_MOUNT.strip().replace("\n", "\n    ")
    monkeypatch.setattr(launcher, "_BOOT", launcher._BOOT.replace("runner.serve()", lines))


@on_linux
def test_folder_in_memory_that_cannot_be_is_told(no_mount, no_nursery):
    if bubblewrap.probe():
        pytest.skip(bubblewrap.probe())
    with open_session(PROGRAM, SAVES.encode()) as session:
        told = {each.name: each for each in session.protections}["Folder of its own"]
        failure = session.call("merge", [ROWS]).failure

    assert (told.is_on, told.detail) == (False, "[Errno 1] mounting is forbidden")
    assert failure.explanation.advice.startswith("merge.py may not read or write files")
    with pytest.raises(HostUnfit, match=r"Folder of its own \(\[Errno 1\] mounting is forbidden\)"):
        open_session(PROGRAM, SAVES.encode(), mode=Mode.STRICT)


@pytest.fixture
def on_disk(no_mount, monkeypatch):
    """Children with a folder on the disk, behind Landlock alone."""
    if landlock.find_version() < landlock.FIRST_WITH_TRUNCATE:
        pytest.skip("Landlock is too old here")
    monkeypatch.setattr(bubblewrap, "probe", lambda: "not wanted in this test")


@on_linux
def test_folder_on_the_disk_takes_what_is_saved_and_gives_nothing_back(on_disk, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_session(PROGRAM, SAVES.encode()) as session:
        assert session.call("merge", [ROWS]).failure is None
        (place,) = tmp_path.iterdir()
        assert list(place.iterdir()) == [place / "subset.csv"]
    assert list(tmp_path.iterdir()) == []

    with open_session(PROGRAM, READS.encode()) as session:
        failure = session.call("merge", [ROWS]).failure
    assert failure.explanation.advice.startswith("merge.py may not read or write files")


@on_linux
@pytest.mark.parametrize(
    "source",
    [
        FILLS_BY_NUMBER.replace("5000", "10**9"),
        """
def merge(rows):
    number = 0
    while True:
        with open(str(number), "wb") as file:
            file.write(bytes(1 << 19))
        number += 1
""",
    ],
    ids=["files", "bytes"],
)
def test_child_that_fills_the_disk_is_stopped(on_disk, source, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_session(PROGRAM, source.encode(), limits=Limits(call_s=60.0, call_cpu_s=60)) as session:
        failure = session.call("merge", [ROWS]).failure

    assert failure.verdict is Verdict.CRASHED
    assert failure.explanation.got == "the system had to stop it"
    assert list(tmp_path.iterdir()) == []


@on_linux
def test_file_on_the_disk_is_short(on_disk):
    with open_session(PROGRAM, FILLS.encode()) as session:
        explanation = session.call("merge", [ROWS]).failure.explanation

    assert "File too large" in explanation.got
    assert explanation.advice.endswith("these are too many or too large: write less.")


@pytest.mark.parametrize("tier", ["off", BARE])
def test_machine_without_temporary_files_has_no_folder(tier, monkeypatch):
    def refuse(**_):
        raise FileNotFoundError("no place at all")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    if tier != "off":
        monkeypatch.setattr(bubblewrap, "probe", lambda: "not wanted in this test")
    with open_session(PROGRAM, SAVES.encode(), mode=Mode.OFF if tier == "off" else Mode.AUTO) as session:
        told = {each.name: each for each in session.protections}["Folder of its own"]
        assert session.call("merge", [ROWS]).failure.verdict is Verdict.CRASHED

    assert (told.is_on, told.detail) == (False, "there is no place for temporary files: no place at all")


@pytest.mark.parametrize(
    ("user", "asked"), [(0, [_CLONE_NEWNS]), (1000, [_CLONE_NEWNS, _CLONE_NEWUSER | _CLONE_NEWNS])]
)
def test_root_asks_for_no_user_namespace(user, asked, monkeypatch):
    """In one it could not become nobody, and would be refused altogether."""
    flags = []

    def unshare(wanted):
        flags.append(wanted)
        ctypes.set_errno(1)
        return -1

    monkeypatch.setattr(folder.ctypes, "CDLL", lambda *_, **__: SimpleNamespace(unshare=unshare))
    monkeypatch.setattr(folder.os, "geteuid", lambda: user)
    monkeypatch.setattr(folder.os, "getegid", lambda: user)

    with pytest.raises(OSError, match="unshare: Operation not permitted"):
        folder._leave_common_mounts()
    assert flags == asked


def test_folder_that_was_not_asked_for_is_none():
    with pytest.raises(OSError, match="not asked for"):
        Folder({}).enter()
