"""Ctrl-C ends a program with one sentence, whatever it does."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from estimation.stopping import EXIT_CODE, STOPPED
from grader.harness.errors import STOPPED as SAID_BY_THE_GRADER
from student_template.check import STOPPED as SAID_BY_CHECK

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from estimation.stopping import run_until_stopped
def main():
    print("ready", flush=True)
    while True:
{loop}
sys.exit(run_until_stopped(main))
"""
OBEYS = "        pass"
CATCHES_EVERYTHING = "        try:\n            x = 0\n        except:\n            pass"


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to one process")
@pytest.mark.parametrize("loop", [OBEYS, CATCHES_EVERYTHING], ids=["obeys", "catches everything"])
def test_ctrl_c_ends_a_loop_with_one_sentence(loop):
    command = [sys.executable, "-c", PROGRAM.format(loop=loop)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=REPOSITORY, **streams) as running:
        assert running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGINT)
        complained = running.stderr.read()

    assert running.returncode == EXIT_CODE
    assert complained == f"{STOPPED}\n"


def test_everybody_says_the_same():
    assert STOPPED == SAID_BY_THE_GRADER == SAID_BY_CHECK
