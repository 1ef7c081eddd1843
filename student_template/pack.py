"""Make the zip that you hand in, or say what is still missing: `python pack.py N26130891`.

The zip holds your code and your report as a PDF, under the names that the lab asks for. Your code is not run.
`python pack.py --help` lists what else it can do.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    try:
        from grader.student_commands import pack
    except ModuleNotFoundError:
        sys.exit("pack.py: The folder grader must lie beside this file; it does not. Unpack the lab again.")
    sys.exit(pack(HERE))
