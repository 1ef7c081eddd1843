"""Open again what a class's folder keeps of a submission, just as it was opened when it was graded."""

from collections.abc import Sequence

from grader.harness.batch.store import Store
from grader.harness.intake.loose import LooseReport
from grader.harness.lab import Lab
from grader.harness.submission import Submission, open_submission_bytes


def open_kept(lab: Lab, store: Store, key: str) -> Submission:
    """Open a student's submission, with the report wherever it was handed in.

    Parameters
    ----------
    lab : Lab
        Whose class it is.
    store : Store
        With a line for the student.
    key : str
        Of the student.

    Returns
    -------
    submission : Submission
        The code, the report with its name, and everything else that grading saw.
    """
    (name, data), *reports = read_originals(store, key)
    return open_submission_bytes(lab, name, data, loose=[LooseReport(*report) for report in reports])


def read_originals(store: Store, key: str) -> Sequence[tuple[str, bytes]]:
    """Return all that a student handed in, each file by the name that it was uploaded by, the one with the code first.

    Names are printable and a stranger's: whoever writes one into a header or a path makes it safe there.
    """
    line = store.line(key)
    kept_as, data = store.submission(key)
    name = "" if line is None else line.file_name
    return [(name or kept_as, data), *((report.name, report.content) for report in store.reports(key))]
