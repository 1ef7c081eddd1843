import os
import subprocess
import sys

import pytest

from estimation.silence import silence


def test_silence_lets_nothing_through_and_ends(capfd):
    os.write(2, b"before ")
    with silence():
        os.write(2, b"meanwhile ")
        print("in Python", file=sys.stderr)
        sys.stderr.flush()
    os.write(2, b"after")

    # Python's own stream is pytest's here, which has another file below it.
    written = capfd.readouterr().err
    assert "before " in written
    assert "meanwhile" not in written
    assert "after" in written


def fail_in_silence():
    with silence():
        raise OSError("in silence")


def test_silence_ends_with_an_exception(capfd):
    with pytest.raises(OSError, match="in silence"):
        fail_in_silence()
    os.write(2, b"heard")

    assert capfd.readouterr().err == "heard"


def test_silence_needs_no_descriptor():
    source = "import os; os.close(2)\nfrom estimation.silence import silence\nwith silence(): print('done')"

    shown = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)

    assert (shown.returncode, shown.stdout) == (0, "done\n")
