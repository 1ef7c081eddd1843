"""What a student's grade is made of: in numbers, and in lines of plain text for the student."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.harness.batch.comments import CODE, REPORT, write_number_line
from grader.harness.batch.filling import together
from grader.harness.batch.found import Entry, Person, WithoutFile
from grader.harness.batch.records import Line
from grader.harness.batch.worksheet import Row
from grader.harness.characters import make_visible, one_line
from grader.harness.languages import said, tell
from grader.harness.marking import Lateness, Marking, Overruled
from grader.harness.results import format_points

NOTHING_HANDED_IN = said("Nothing was handed in.")


@dataclass(frozen=True)
class Missing:
    """Those on the worksheet who handed in nothing.

    Attributes
    ----------
    people : sequence of Person
        Who they are.
    points : Fraction or None
        What they get; None leaves them without a grade.
    doubtful : sequence of Person
        Those of whom no file was found although Moodle tells of one, or of a text: they get no points by rule.
    """

    people: Sequence[Person] = ()
    points: Fraction | None = None
    doubtful: Sequence[Person] = ()

    @property
    def feedback(self) -> Sequence[str]:
        """What they read; nothing where they get no grade."""
        return [] if self.points is None else [tell(NOTHING_HANDED_IN), together(self.points)]


def find_missing(
    absent: Sequence[Person],
    without_file: Sequence[WithoutFile],
    others: Sequence[Entry],
    rows: Sequence[Row],
    points: Fraction | None,
) -> Missing:
    """Tell who handed in nothing, for certain.

    Parameters
    ----------
    absent : sequence of Person
        Those on the roll's worksheet of whom no submission was found.
    without_file : sequence of WithoutFile
        Those who submitted something, and no file: never nothing for certain.
    others : sequence of Entry
        Files that are no submissions; whoever has one did something.
    rows : sequence of Row
        Of the worksheet of today; somebody with a time of submission there handed in something. None without one.
    points : Fraction or None
        What they get.
    """
    has_something = {entry.participant for entry in others} | {row.participant for row in rows if row.has_submitted}
    has_something.discard("")
    nothing = [person for person in absent if person.participant not in has_something]
    doubtful = [person for person in absent if person.participant in has_something]
    doubtful += [one.person for one in without_file]
    return Missing(nothing, points, sorted(doubtful, key=lambda person: person.key))


def add_code(line: Line, marking: Marking | None) -> Fraction | None:
    """Add what the staff corrected to what the checks gave; None where the grader gave no mark."""
    if line.code_points is None or marking is None:
        return line.code_points
    return line.code_points + marking.correction


def add_all(line: Line, marking: Marking | None) -> Fraction | None:
    """Add up what is given; None while the code or the report has no points yet."""
    if marking is None or line.code_points is None:
        return None
    return marking.total(line.code_points)


def find_lateness(line: Line, marking: Marking | None) -> Lateness | None:
    """Return how late a student was: as the marking says, and as the line does where there is none."""
    return marking.lateness if marking else line.lateness


def tell_corrections(marking: Marking | None) -> Sequence[str]:
    """Tell which checks of the code the staff changed, and why."""
    return [_tell_correction(check) for check in (marking.overruled if marking else ())]


def _tell_correction(check: Overruled) -> str:
    told = said(
        "{title}: {before} corrected to {points} of {of}",
        title=tell(check.title),
        before=format_points(check.before),
        points=format_points(check.points),
        of=format_points(check.max_points),
    )
    reason = one_line(check.reason)
    return tell(said("{corrected}: {reason}", corrected=told, reason=reason) if reason else said("{told}.", told=told))


def tell_grade(line: Line, marking: Marking | None) -> Sequence[str]:
    """Tell what a grade is made of, line by line; nothing while there is none."""
    points, code = add_all(line, marking), add_code(line, marking)
    if points is None or marking is None or code is None:
        return []
    words = [write_number_line(CODE, code), *tell_corrections(marking)]
    if line.reason:
        words.append(tell(line.reason))
    words.append(write_number_line(REPORT, marking.report_points))
    if marking.lateness is not None:
        penalty, how = format_points(marking.penalty), one_line(tell(marking.lateness.says))
        words.append(tell(said("Late: {points} points off ({how}).", points=penalty, how=how)))
    words.append(together(points))
    return [each for text in words for each in make_visible(text).splitlines()]
