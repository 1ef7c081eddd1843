"""What a TA reads in the terminal when a class has been graded."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from grader.harness.batch.found import Roll, WithoutFile
from grader.harness.batch.records import Line, Status
from grader.harness.characters import count, cut, one_line

MAX_LISTED = 20
_SAYS = {
    Status.GRADED: "the checks ran",
    Status.UNGRADABLE: "nothing could be run: no points for the code, and a reason",
    Status.NO_MARK: "the grader itself failed: start the same command again",
    Status.OLDER: "the student handed in again later; kept, not graded",
    Status.NO_SUBMISSION: "reports beside the code, online texts, others: the class page says where each went",
}


def write_summary(roll: Roll, counts: Mapping[Status, int], lines: Sequence[Line], n_stale: int, folder: Path) -> str:
    """Write how a class was graded.

    Parameters
    ----------
    roll : Roll
        Who handed in what.
    counts : mapping of Status to int
        What became of the entries.
    lines : sequence of Line
        The class.
    n_stale : int
        How many results come from another rubric, other cases or another grader.
    folder : Path
        The class's folder.

    Returns
    -------
    text : str
        Some lines, without a line end.
    """
    n_entries = sum(counts.values())
    words = [f"{n_entries} {'entry' if n_entries == 1 else 'entries'}:"]
    words += [f"{counts[status]:7} {status.value:17} {_SAYS[status]}" for status in Status]
    graded = [line.code_points for line in lines if line.status is Status.GRADED]
    points = [float(points) for points in graded if points is not None]
    if points:
        words += [f"Code points: {min(points):.4g} to {max(points):.4g}, median {median(points):.4g}."]
    if roll.absent:
        words += [f"{len(roll.absent)} on the worksheet handed in nothing."]
    if roll.without_file:
        words += [f"{count(len(roll.without_file), 'student')} submitted, but without a file that was found:"]
        words += _shorten([f"  {one.person.key}: {_say_what(one)}" for one in roll.without_file])
    strays = [entry for entry in roll.others if entry.other_lab]
    if strays:
        words += [f"{count(len(strays), 'file')} of another lab by the name, left out:"]
        words += _shorten([f"  {cut(one_line(entry.name), 200)}" for entry in strays])
    if n_stale:
        words += [f"{n_stale} results are of another rubric, cases or grader: --regrade changed grades them again."]
    words += _list([line for line in lines if line.status is not Status.GRADED])
    stopped = [f"  {line.person.key}: {cut(one_line(line.stopped_by), 200)}" for line in lines if line.stopped_by]
    if stopped:
        words += [f"{count(len(stopped), 'submission')} stopped by one line, to look at:", *_shorten(stopped)]
    others = [f"  {line.person.key}: {cut(one_line(line.other_answer), 200)}" for line in lines if line.other_answer]
    if others:
        who = f"{count(len(others), 'student')} whose upload that counts holds no answer, while another one looks like"
        words += [f"{who} one; --take ID=FILE lets it count:", *_shorten(others)]
    words += [f"The class: {folder / 'index.html'}", f"Mark the reports: python -m grader mark {folder}"]
    return "\n".join(words)


def _say_what(one: WithoutFile) -> str:
    """Say what there is of somebody without a file."""
    status = [f"Moodle says {cut(one_line(one.status), 80)!r}"] if one.status else []
    return ", ".join(status + ["there is an online text"] * bool(one.texts))


def _list(lines: Sequence[Line]) -> list[str]:
    """List who has no graded code, and why."""
    words = [f"  {line.person.key}: {line.status.value}. {cut(one_line(line.reason), 200)}" for line in lines]
    return _shorten(words)


def _shorten(words: list[str]) -> list[str]:
    left_out = len(words) - MAX_LISTED
    return words if left_out <= 0 else [*words[:MAX_LISTED], f"  and {left_out} more, on the class page"]
