"""Try your code on the public cases and see why points are lost: `python check.py`.

Your code runs on your own machine, in a process of its own with a time limit. The messages are those of the marking.
`python check.py --help` lists what else it can do.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    try:
        from grader.student_commands import check
    except ModuleNotFoundError:
        sys.exit("check.py: The folder grader must lie beside this file; it does not. Unpack the lab again.")
    sys.exit(check(HERE))
