"""The grader: a stranger's `merge` in a sandbox, judged case by case, with a reason for every lost point."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - here, because an older Python cannot read the modules of this package
    this = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Python 3.11 or newer is needed; this is {this}. README.md says how to set it up.")
