"""How long code that was timed on a published case would take for the largest input that marks are given by."""

from grader.harness.lab import Lab
from grader.harness.lab_files import load_lab_files
from grader.harness.languages import said, tell
from grader.harness.results import Timing, Visibility
from grader.harness.sandbox.policy import Limits


def write_forecast(lab: Lab, timing: Timing | None) -> str:
    """Tell the time of the largest published case, and what it lets expect of the largest that is marked.

    Parameters
    ----------
    lab : Lab
        Whose code was timed.
    timing : Timing or None
        Of its largest published case; None where there is none.

    Returns
    -------
    sentences : str
        Empty without a timing. The expectation takes the time to grow with the square of the size, as that of two
        nested loops does.
    """
    if timing is None:
        return ""
    told = tell(said("Time: {seconds} s for {what}.", seconds=f"{timing.student_s:.2g}", what=tell(timing.what)))
    if lab.largest is None:
        return told
    timed = (case for case in load_lab_files(lab).cases if case.visibility is Visibility.PUBLIC and case.reference_s)
    size = max((case.size for case in timed), default=0)
    if not size:
        return told
    expected_s = timing.student_s * (lab.largest.size / size) ** 2
    limit_s = Limits().call_cpu_s
    expected = said(
        "The crowd that is marked is larger, {what}: expect {seconds} s of {limit} s there.",
        what=tell(lab.largest.says),
        seconds=f"{expected_s:.2g}",
        limit=f"{limit_s:g}",
    )
    told = tell(said("{first} {second}", first=told, second=tell(expected)))
    if expected_s <= limit_s:
        return told
    return tell(said("{first} {second}", first=told, second=tell(said("Make it faster."))))
