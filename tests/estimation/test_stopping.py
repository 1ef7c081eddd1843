"""Ctrl-C ends a program with one sentence, whatever it does."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from estimation.stopping import EXIT_CODE, STOPPED
from grader.harness.errors import STOPPED as SAID_BY_THE_GRADER

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


TAKES_TIME = """
import sys, time
from estimation import stopping
stopping.GRACE_S = 1.0
def main():
    try:
        print("ready", flush=True)
        while True:
            time.sleep(0.01)
    except KeyboardInterrupt:
        stopping.take_time()
        time.sleep(1.3)
        print("put away", flush=True)
        return 7
sys.exit(stopping.run_until_stopped(main))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to one process")
def test_a_program_may_take_its_time_to_put_away_its_work():
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", TAKES_TIME], cwd=REPOSITORY, **streams) as running:
        assert running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGINT)
        said, complained = running.communicate()

    assert (said, complained, running.returncode) == ("put away\n", "", 7)


def test_everybody_says_the_same():
    assert STOPPED == SAID_BY_THE_GRADER
