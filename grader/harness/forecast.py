"""How long code that was timed on a published case would take for the largest input that marks are given by."""

from grader.harness.lab import Lab
from grader.harness.lab_files import load_lab_files
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
    told = f"Time: {timing.student_s:.2g} s for {timing.what}"
    if lab.largest is None:
        return f"{told}."
    timed = (case for case in load_lab_files(lab).cases if case.visibility is Visibility.PUBLIC and case.reference_s)
    size = max((case.size for case in timed), default=0)
    if not size:
        return f"{told}."
    expected_s = timing.student_s * (lab.largest.size / size) ** 2
    limit_s = Limits().call_cpu_s
    advice = " Make it faster." if expected_s > limit_s else ""
    return (
        f"{told}. The crowd that is marked is larger, {lab.largest.says}: expect {expected_s:.2g} s of "
        f"{limit_s:g} s there.{advice}"
    )
