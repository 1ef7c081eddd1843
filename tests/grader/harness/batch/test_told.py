"""What the export command says of students."""

from fractions import Fraction

from grader.harness.batch.exports import WorksheetExport
from grader.harness.batch.found import Person
from grader.harness.batch.grades import Missing
from grader.harness.batch.told import group_missing, group_worksheet


def test_worksheet_is_told_with_what_was_kept_and_how_to_overwrite_it():
    done = WorksheetExport(["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["7"])

    assert group_worksheet(done, is_overwriting=False) == [
        ("locked in Moodle, left as they were", ["c"]),
        ("not on this worksheet", ["d"]),
        ("on this worksheet and unknown to the class, left as they were; start the batch command again", ["7"]),
        ("with another Grade, given in Moodle, kept as it is; --overwrite puts ours in its place", ["e"]),
        ("with somebody's words in Feedback, kept, with ours under a line; --overwrite puts ours in its place", ["f"]),
    ]
    assert group_worksheet(done, is_overwriting=True)[3:] == [
        ("with another Grade, given in Moodle, overwritten", ["e"]),
        ("with somebody's words in Feedback, overwritten", ["f"]),
    ]


def test_missing_are_told_with_what_they_get():
    missing = Missing([Person("a")], None, [Person("b")])

    what = "on the worksheet and handed in nothing"
    assert group_missing(missing) == [
        (f"{what}, left without a grade; --missing zero gives 0 points", ["a"]),
        (
            "without a file that was found, though Moodle tells of a submission; left without a grade, look at them",
            ["b"],
        ),
    ]
    assert group_missing(Missing([Person("a")], Fraction(0)))[0] == (f"{what}, 0 points", ["a"])
