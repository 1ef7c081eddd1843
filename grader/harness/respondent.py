"""The submission at work: its `merge` answers the cases, one by one, from inside the sandbox.

Two sessions play the same cases, each in a process of its own. The first answers them in rubric order, and its answers
are judged. The second is asked some of them again, last case first, with other seeds for chance: where the two differ,
the answer depended on something else than the input.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from grader.harness.results import Explanation, Protection, Rows, Verdict, Visibility
from grader.harness.sandbox.launcher import Failure, Reply, Session
from grader.labs.merge.compare import read_people, too_many_people
from grader.labs.merge.merge_case import Case

MAX_STOPS = 2
"""So many times a merge may be stopped, or end its process, within one check; the check's other cases then fail too."""

TOTAL_S = 90.0
"""Seconds that loading and all calls of one pass over the cases may take together."""

MAX_AGAIN = 4
"""Of the public cases of a check, and of the hidden ones, so many are asked again. What a merge keeps between calls,
or leaves to chance, shows in some inputs of a kind as well as in fifty."""

MAX_ROWS_AGAIN = 1000
"""A longer input is not asked again: it differs from a shorter crowd in nothing but the time that it takes."""

MAX_PRINTED = 65_536
"""So many characters of what a submission prints are kept, however many processes it has ended."""

OpenSession = Callable[[int], Session]
"""Opens a session with the seed given."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What came back for one case: people, or a failure; and the seconds that it took."""

    outcome: Rows | Failure
    seconds: float


class Player:
    """One pass over the cases: opens a session when it is needed, and a new one after a case has ended the last."""

    def __init__(self, open_session: OpenSession, seed: int) -> None:
        self._open_session = open_session
        self._seed = seed
        self._session: Session | None = None
        self._stops: dict[str, list[Failure]] = {}
        self._printed: list[str] = []
        self.protections: tuple[Protection, ...] = ()
        self.seconds = 0.0

    def load(self) -> Failure | None:
        """Open a session and let it load the submission; return why it cannot."""
        self.close()
        start_s = time.monotonic()
        failure = self._opened().load()
        self.seconds += time.monotonic() - start_s
        return failure

    def play(self, case: Case) -> Answer:
        """Ask for the answer to one case."""
        stops = self._stops.setdefault(case.check, [])
        if len(stops) >= MAX_STOPS:
            return Answer(_not_tried_again(stops[-1]), 0.0)
        if self.seconds > TOTAL_S:
            return Answer(_out_of_time(), 0.0)
        session = self._session
        if session is None or not session.is_alive:
            failure = self.load()
            if failure is not None:
                stops.append(failure)
                return Answer(failure, 0.0)
        return self._ask(case)

    def _ask(self, case: Case) -> Answer:
        session = self._opened()
        reply = session.merge(case.rows, case.positional, case.keywords)
        self.seconds += reply.seconds
        if reply.failure is not None and not session.is_alive:
            self._stops[case.check].append(reply.failure)
        return Answer(_read(reply, len(case.rows)), reply.seconds)

    def _opened(self) -> Session:
        if self._session is None:
            self._session = self._open_session(self._seed)
            self.protections = self._session.protections
        return self._session

    @property
    def printed(self) -> str:
        """What the submission has printed in all sessions so far."""
        texts = [*self._printed, self._session.printed if self._session is not None else ""]
        return "".join(texts)[:MAX_PRINTED]

    def close(self) -> None:
        """End the session, if one is open."""
        if self._session is not None:
            self._session.close()
            self._printed.append(self._session.printed)
            self._session = None


class Student:
    """A submission's merge, asked once a case and remembered.

    Parameters
    ----------
    open_session : callable
        Opens a sandbox session that holds the submission, with the seed given.
    cases : sequence of Case
        All that may be asked. In each process the public ones come before the hidden: what a merge remembers of a
        hidden input must not come out in its answer to a public one, which students see.
    """

    def __init__(self, open_session: OpenSession, cases: Sequence[Case] = ()) -> None:
        self._public = [case for case in cases if case.visibility is Visibility.PUBLIC]
        self._first = Player(open_session, seed=1)
        # Inputs made up on the way have a process and a time of their own: they must not change what comes later.
        self._trials = Player(open_session, seed=1)
        self._open_session = open_session
        self._answers: dict[Case, Answer] = {}
        self.printed_in_public = ""

    def load(self) -> Failure | None:
        """Load the submission; return why it cannot be, or None."""
        return self._first.load()

    def answer(self, case: Case) -> Answer:
        """Return the answer to a recorded case; the same case is asked once."""
        if case not in self._answers:
            if case.visibility is Visibility.HIDDEN:
                self._play_public()
            self._play(case)
        return self._answers[case]

    def _play_public(self) -> None:
        for case in self._public:
            if case not in self._answers:
                self._play(case)
        self._public = []

    def _play(self, case: Case) -> None:
        self._answers[case] = self._first.play(case)
        if case.visibility is Visibility.PUBLIC:
            self.printed_in_public = self._first.printed

    def try_out(self, case: Case) -> Answer:
        """Return the answer to an input that is made up on the way; nothing is remembered."""
        return self._trials.play(case)

    def answer_again(self) -> Sequence[tuple[Case, Rows, Answer]]:
        """Ask for answers once more, in a fresh process, the last of the public cases and of the hidden ones first.

        Returns
        -------
        pairs : sequence of (case, people, answer)
            Of the cases that were answered the first time, those that `MAX_AGAIN` and `MAX_ROWS_AGAIN` leave: the
            people of then and the answer of now, in the order of the first time.
        """
        player = Player(self._open_session, seed=2)
        answered = self._answered()
        backwards = [
            case for visibility in Visibility for case, _ in reversed(answered) if case.visibility is visibility
        ]
        try:
            again = {case: player.play(case) for case in backwards}
        finally:
            player.close()
        return [(case, people, again[case]) for case, people in answered]

    def _answered(self) -> Sequence[tuple[Case, Rows]]:
        """Choose what is asked again, each with its answer."""
        chosen: list[tuple[Case, Rows]] = []
        n_chosen: Counter[tuple[str, Visibility]] = Counter()
        for case, answer in self._answers.items():
            kind = case.check, case.visibility
            is_wanted = len(case.rows) <= MAX_ROWS_AGAIN and n_chosen[kind] < MAX_AGAIN
            if is_wanted and not isinstance(answer.outcome, Failure):
                chosen.append((case, answer.outcome))
                n_chosen[kind] += 1
        return chosen

    def seconds(self, case: Case) -> float | None:
        """Return the seconds that a recorded case took, or None where it was not answered."""
        answer = self._answers.get(case)
        return None if answer is None or isinstance(answer.outcome, Failure) else answer.seconds

    def close(self) -> None:
        """End the submission's processes."""
        self._first.close()
        self._trials.close()

    @property
    def printed(self) -> str:
        """What the submission printed while its answers were taken the first time."""
        return self._first.printed

    @property
    def protections(self) -> Sequence[Protection]:
        """The protections of the sandbox that were on or off."""
        return self._first.protections


def _read(reply: Reply, n_rows: int) -> Rows | Failure:
    if reply.answer is None:
        return cast("Failure", reply.failure)  # a reply holds one of the two
    people = read_people(reply.answer)
    if isinstance(people, Explanation):
        return Failure(Verdict.WRONG, people)
    too_many = too_many_people(n_rows, people)
    return people if too_many is None else Failure(Verdict.WRONG, too_many)


def _not_tried_again(last: Failure) -> Failure:
    return Failure(
        last.verdict,
        Explanation(
            "merge() must come to an end in each case",
            f"it had to be stopped, or ended its process, {MAX_STOPS} times in cases like this, so this one was not "
            "tried",
            "Mend the first of them; its message says what happened.",
        ),
    )


def _out_of_time() -> Failure:
    return Failure(
        Verdict.TIMED_OUT,
        Explanation(
            f"All cases together must be answered within {TOTAL_S:.0f} seconds",
            "the time was over before this case",
            "Make merge faster; the slowest case is the crowd.",
        ),
    )
