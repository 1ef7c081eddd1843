"""The submission at work: its `merge` answers the cases, one by one, from inside the sandbox.

Two sessions play the same cases, each in a process of its own. The first answers them in rubric order, and its answers
are judged. The second is asked again, last case first, with other seeds for chance: where the two differ, the answer
depended on something else than the input.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.cases import Case
from grader.compare import read_people
from grader.results import Explanation, Protection, Rows, Verdict
from grader.sandbox.launcher import Failure, Reply, Session

MAX_STOPS = 2
"""So many times a merge may be stopped, or end its process, within one check; the check's other cases then fail too."""

TOTAL_S = 60.0
"""Seconds that all calls of one session may take together."""

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
        self._stops: Counter[str] = Counter()
        self._printed: list[str] = []
        self.protections: tuple[Protection, ...] = ()
        self.seconds = 0.0

    def load(self) -> Failure | None:
        """Open a session and let it load the submission; return why it cannot."""
        self.close()
        return self._opened().load()

    def play(self, case: Case) -> Answer:
        """Ask for the answer to one case."""
        if self._stops[case.check] >= MAX_STOPS:
            return Answer(_not_tried_again(), 0.0)
        if self.seconds > TOTAL_S:
            return Answer(_out_of_time(), 0.0)
        session = self._session
        if session is None or not session.is_alive:
            failure = self.load()
            if failure is not None:
                self._stops[case.check] += 1
                return Answer(failure, 0.0)
        return self._ask(case)

    def _ask(self, case: Case) -> Answer:
        session = self._opened()
        reply = session.merge(case.rows, case.positional, case.keywords)
        self.seconds += reply.seconds
        self._stops[case.check] += not session.is_alive
        return Answer(_read(reply), reply.seconds)

    def _opened(self) -> Session:
        if self._session is None:
            self._session = self._open_session(self._seed)
            self.protections = self._session.protections
        return self._session

    @property
    def printed(self) -> str:
        """What the submission has printed in all sessions so far."""
        return "".join([*self._printed, self._session.printed if self._session is not None else ""])

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
    """

    def __init__(self, open_session: OpenSession) -> None:
        self._first = Player(open_session, seed=1)
        self._open_session = open_session
        self._answers: dict[Case, Answer] = {}

    def load(self) -> Failure | None:
        """Load the submission; return why it cannot be, or None."""
        return self._first.load()

    def answer(self, case: Case) -> Answer:
        """Return the answer to a recorded case; the same case is asked once."""
        if case not in self._answers:
            self._answers[case] = self._first.play(case)
        return self._answers[case]

    def try_out(self, case: Case) -> Answer:
        """Return the answer to an input that is made up on the way; nothing is remembered."""
        return self._first.play(case)

    def answer_again(self) -> Sequence[tuple[Case, Answer, Answer]]:
        """Ask for all answers once more, in a fresh process and last case first.

        Returns
        -------
        pairs : sequence of (case, answer, answer)
            Of each case that was answered the first time: both answers, in the order of the first time.
        """
        player = Player(self._open_session, seed=2)
        answered = [pair for pair in self._answers.items() if not isinstance(pair[1].outcome, Failure)]
        try:
            pairs = [(case, answer, player.play(case)) for case, answer in reversed(answered)]
        finally:
            player.close()
        return pairs[::-1]

    def seconds(self, case: Case) -> float | None:
        """Return the seconds that a recorded case took, or None where it was not answered."""
        answer = self._answers.get(case)
        return None if answer is None or isinstance(answer.outcome, Failure) else answer.seconds

    def close(self) -> None:
        """End the submission's processes."""
        self._first.close()

    @property
    def printed(self) -> str:
        """What the submission printed while its answers were taken the first time."""
        return self._first.printed

    @property
    def protections(self) -> Sequence[Protection]:
        """The protections of the sandbox that were on or off."""
        return self._first.protections


def _read(reply: Reply) -> Rows | Failure:
    if reply.answer is None:
        return reply.failure
    people = read_people(reply.answer)
    return Failure(Verdict.WRONG, people) if isinstance(people, Explanation) else people


def _not_tried_again() -> Failure:
    return Failure(
        Verdict.TIMED_OUT,
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
