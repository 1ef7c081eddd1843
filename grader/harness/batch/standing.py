"""One student's row of the class page: points, the verdict that cost most, why, and what the staff should look at."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from urllib.parse import quote

from grader.harness.batch.grades import add_all, add_code
from grader.harness.batch.records import Line, Status
from grader.harness.marking import Lateness, Marking
from grader.harness.results import Verdict, format_points
from grader.harness.rubric import RubricLine

_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Standing:
    """One row of the table, and the notes on it.

    Attributes
    ----------
    line : Line
        The student.
    marking : Marking or None
        What people gave by hand.
    is_similar : bool
        Whether another submission looks alike.
    checks : sequence of RubricLine
        Of the rubric: what could be had.
    """

    line: Line
    marking: Marking | None
    is_similar: bool
    checks: Sequence[RubricLine]

    @property
    def key(self) -> str:
        """Of the person."""
        return self.line.person.key

    @property
    def label(self) -> str:
        """The student id, or the key of whom has none."""
        return self.line.person.student_id or self.key

    @property
    def address(self) -> str:
        """The key, fit for an address."""
        return quote(self.key, safe="")

    @property
    def has_files(self) -> bool:
        """Tell whether there are a page and results: not when the grader failed before there was a report."""
        return self.line.status is not Status.NO_MARK or bool(self.line.fingerprint)

    @property
    def lateness(self) -> Lateness | None:
        """How late it came, as it is marked."""
        return self.line.lateness if self.marking is None else self.marking.lateness

    @property
    def is_marked(self) -> bool:
        """Tell whether the whole report is marked."""
        return self.marking is not None and self.marking.is_complete

    @property
    def report(self) -> str:
        """Points for the report; how many parts are marked when not all are."""
        if self.marking is None:
            return ""
        if self.marking.is_complete:
            return format_points(self.marking.report_points)
        n_marked = sum(part.points is not None for part in self.marking.parts)
        return f"{n_marked} of {len(self.marking.parts)} parts" if n_marked else ""

    @property
    def code(self) -> Fraction | None:
        """Points for the code, with what the staff corrected; None where the grader gave no mark."""
        return add_code(self.line, self.marking)

    @property
    def total(self) -> Fraction | None:
        """All points; None while some are open."""
        return add_all(self.line, self.marking)

    @cached_property
    def lost(self) -> Sequence[tuple[Fraction, RubricLine]]:
        """What each check cost, with what the staff corrected, the dearest first; nothing where nothing was run."""
        if self.line.status is not Status.GRADED:
            return []
        overruled = {} if self.marking is None else {check.key: check.points for check in self.marking.overruled}
        points = {**self.line.points, **overruled}
        lost = [(check.points - points.get(check.key, Fraction(0)), check) for check in self.checks]
        return sorted((one for one in lost if one[0] > 0), key=lambda one: -one[0])

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that cost most points, of equal ones the heaviest; None where nothing was run."""
        if self.line.status is not Status.GRADED:
            return None
        order, costs = list(Verdict), defaultdict[Verdict, Fraction](Fraction)
        for points, check in self.lost:
            if check.key in self.line.verdicts:
                costs[self.line.verdicts[check.key]] += points
        whole = Verdict.PASSED if self.line.verdicts else None
        return max(costs, key=lambda verdict: (costs[verdict], order.index(verdict)), default=whole)

    @property
    def why(self) -> str:
        """Why it is not all the points, in one line: the check that cost most, or the reason why nothing was run."""
        if self.line.status is not Status.GRADED:
            return self.line.reason
        if not self.lost:
            return ""
        points, check = self.lost[0]
        return f"{_MINUS}{format_points(points)} {check.title}"

    @property
    def ratio(self) -> float | None:
        """How many times the reference's seconds the largest case took."""
        timing = self.line.timing
        return None if timing is None or timing.reference_s <= 0 else timing.student_s / timing.reference_s

    @property
    def notes(self) -> Sequence[tuple[str, str]]:
        """What the staff should look at: kind and sentence."""
        reason = [("reason", self.line.reason)] if self.line.reason else []
        written = [("online text", self.line.online_text)] if self.line.online_text else []
        stopped = [("stopped by one line", self.line.stopped_by)] if self.line.stopped_by else []
        remarks = [("remark", text) for text in self.line.remarks if text != self.line.reason]
        return [*stopped, *reason, *written, *remarks, *(("report", text) for text in self.line.precheck.notes)]

    @property
    def flags(self) -> Sequence[str]:
        """The kinds of notes, in words of the table."""
        found = {kind for kind, _ in self.notes}
        late, older, similar = self.lateness is not None, bool(self.line.older), self.is_similar
        have = {kind: kind in found for kind in ("stopped by one line", "reason", "online text", "remark", "report")}
        return [word for word, is_so in (have | {"late": late, "older": older, "similar": similar}).items() if is_so]

    @property
    def states(self) -> str:
        """What the table is filtered by, as words without spaces."""
        states = [self.line.status.value.replace(" ", "-")]
        states += ["flagged"] if self.flags else []
        states += [] if self.is_marked else ["open"]
        return " ".join(states)
