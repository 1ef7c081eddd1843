"""What the ``export`` command says of students, in groups: a sentence, and whom it is about."""

from collections.abc import Sequence

from grader.harness.batch.exports import WorksheetExport
from grader.harness.batch.grades import Missing

Group = tuple[str, Sequence[str]]
"""The rest of a sentence that begins with how many there are, and their keys."""


def group_worksheet(done: WorksheetExport, *, is_overwriting: bool) -> Sequence[Group]:
    """Tell what became of the rows of a worksheet."""
    kept = "kept as it is; --overwrite puts ours in its place"
    added = "kept, with ours under a line; --overwrite puts ours in its place"
    return [
        ("locked in Moodle, left as they were", done.locked),
        ("not on this worksheet", done.missing),
        ("on this worksheet and unknown to the class, left as they were; start the batch command again", done.unknown),
        (f"with another Grade, given in Moodle, {'overwritten' if is_overwriting else kept}", done.by_hand),
        (f"with somebody's words in Feedback, {'overwritten' if is_overwriting else added}", done.commented),
    ]


def group_missing(missing: Missing) -> Sequence[Group]:
    """Tell who handed in nothing, and of whom nothing was found."""
    how = "left without a grade; --missing zero gives 0 points" if missing.points is None else "0 points"
    return [
        (f"on the worksheet and handed in nothing, {how}", [person.key for person in missing.people]),
        (
            "without a file that was found, though Moodle tells of a submission; left without a grade, look at them",
            [person.key for person in missing.doubtful],
        ),
    ]
