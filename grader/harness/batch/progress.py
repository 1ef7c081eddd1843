"""What a TA watches: how many are done, how fast, how long still, how they ended, and what goes on after that."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from grader.harness.batch.records import Line, Status
from grader.harness.batch.run import Tell

_SHOWN = (Status.GRADED, Status.UNGRADABLE, Status.NO_MARK)


def show_step(what: str) -> None:
    """Show on the terminal's error stream what is done now, where there is no bar for it."""
    print(f"{what} ...", file=sys.stderr, flush=True)


@contextmanager
def show_progress(n_all: int, n_done: int) -> Iterator[Tell]:
    """Show a bar on the terminal's error stream while a class is graded.

    Parameters
    ----------
    n_all, n_done : int
        Submissions of the class, and those of them that were graded before.

    Yields
    ------
    tell : callable
        To be told of each line.
    """
    counts: Counter[Status] = Counter()
    with tqdm(total=n_all, initial=n_done, unit="submission", desc="Grading", smoothing=0.05) as bar:

        def tell(line: Line) -> None:
            counts[line.status] += 1
            bar.set_postfix_str(", ".join(f"{counts[status]} {status}" for status in _SHOWN), refresh=False)
            bar.update()

        yield tell
