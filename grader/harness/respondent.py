"""The submission at work: its functions answer cases, one by one, from inside the sandbox.

Two sessions play them, each in a process of its own. The first plays them in the lab's order, and its answers are
judged. The second is asked some of them again, last case first, with other seeds for chance: where the two differ, the
answer depended on something else than the input.

The published cases and the hidden ones have a `Respondent` each, and the first is closed before the second is opened:
no process that has met a hidden input lives beside one whose words a student may read.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from grader.harness.cases import Case
from grader.harness.languages import counted, said
from grader.harness.results import Explanation, Protection, Verdict
from grader.harness.sandbox.launcher import Failure, Reply, Session
from grader.harness.sandbox.policy import Budget

MAX_STOPS = 2
"""So many times code may be stopped, or end its process, within one check; the check's other cases then fail too."""

MAX_STOPS_PUBLISHED = 1
"""The same for published cases, which make no mark: time is kept for the others."""

MAX_AGAIN = 4
"""Of the cases of a check so many are asked again. What code keeps between calls, or leaves to chance, shows in some
inputs of a kind as well as in fifty."""

MAX_SIZE_AGAIN = 400
"""A larger input is not asked again: it differs from a smaller one in nothing but the time that it takes."""

MAX_PRINTED = 65_536
"""So many characters of what a submission prints are kept, however many processes it has ended."""

TRIAL_CPU_S = 10.0
"""Computing time for all inputs that are made up on the way; code that is slower is shown the recorded ones."""

OpenSession = Callable[[int, Budget], Session]
"""Opens a session with the seed given, which charges what it uses."""

ReadAnswer = Callable[[Case, Any], Any]
"""Takes an array for the answer to a case, or explains why it cannot be one."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What was returned for one case: whatever the lab reads answers as, or a failure; and the seconds that it took."""

    outcome: Any
    seconds: float


@dataclass(frozen=True)
class Told:
    """What a pass over the cases tells besides the answers.

    Attributes
    ----------
    printed : str
        What the submission has printed in all sessions so far.
    protections : tuple of Protection
        Those of the sandbox, on or off.
    interpreter : str
        Which Python and NumPy ran it; empty where nothing did.
    remarks : tuple of str
        What was done so that it could run.
    """

    printed: str = ""
    protections: tuple[Protection, ...] = ()
    interpreter: str = ""
    remarks: tuple[str, ...] = ()


class Player:
    """One pass over the cases: opens a session when it is needed, and a new one after a case has ended the last."""

    def __init__(self, open_session: OpenSession, read: ReadAnswer, max_stops: int, budget: Budget, seed: int) -> None:
        self._open_session = open_session
        self._read = read
        self._max_stops = max_stops
        self._budget = budget
        self._seed = seed
        self._session: Session | None = None
        self._stops: dict[str, list[Failure]] = {}
        self._spent: Failure | None = None
        self._printed: list[str] = []
        self._protections: tuple[Protection, ...] = ()
        self._interpreter = ""
        self._remarks: set[str] = set()

    def load(self) -> Failure | None:
        """Open a session and let it load the submission; return why it cannot."""
        self.close()
        return self._note(self._opened().load())

    def play(self, case: Case) -> Answer:
        """Ask for the answer to one case."""
        stops = self._stops.setdefault(case.check, [])
        if len(stops) >= self._max_stops:
            return Answer(self._not_tried_again(case, stops[-1]), 0.0)
        if self._spent is not None:
            return Answer(self._out_of_time(self._spent), 0.0)
        session = self._session
        if session is None or not session.is_alive:
            failure = self.load()
            if failure is not None:
                stops.append(failure)
                return Answer(failure, 0.0)
        return self._ask(case)

    def _ask(self, case: Case) -> Answer:
        session = self._opened()
        reply = session.call(case.function, case.arguments, case.keywords)
        self._note(reply.failure)
        if reply.failure is not None and not session.is_alive:
            self._stops[case.check].append(reply.failure)
        return Answer(self._outcome(case, reply), reply.seconds)

    def _note(self, failure: Failure | None) -> Failure | None:
        """Remember the failure that came when the budget was spent: it tells of what."""
        if failure is not None and self._budget.is_spent:
            self._spent = failure
        return failure

    def _outcome(self, case: Case, reply: Reply) -> Any:  # noqa: ANN401 - as the lab reads answers
        if reply.answer is None:
            return cast("Failure", reply.failure)  # a reply holds one of the two
        answer = self._read(case, reply.answer)
        return Failure(Verdict.WRONG, answer) if isinstance(answer, Explanation) else answer

    def _opened(self) -> Session:
        if self._session is None:
            self._session = self._open_session(self._seed, self._budget)
            self._protections, self._interpreter = self._session.protections, self._session.interpreter
        return self._session

    @property
    def stopped(self) -> frozenset[str]:
        """The checks in whose cases the code had to be stopped, or ended its process."""
        return frozenset(check for check, stops in self._stops.items() if stops)

    @property
    def told(self) -> Told:
        """What is to be told of this pass."""
        session = self._session
        printed = "".join([*self._printed, session.printed if session is not None else ""])[:MAX_PRINTED]
        remarks = self._remarks.union(session.remarks if session is not None else ())
        return Told(printed, self._protections, self._interpreter, tuple(sorted(remarks)))

    def close(self) -> None:
        """End the session, if one is open."""
        if self._session is not None:
            self._session.close()
            self._printed.append(self._session.printed)
            self._remarks.update(self._session.remarks)
            self._session = None

    def _not_tried_again(self, case: Case, last: Failure) -> Failure:
        return Failure(
            last.verdict,
            Explanation(
                said("{function}() must come to an end in each case", function=case.function),
                counted(
                    "it had to be stopped, or ended its process, once in cases like this, so this one was not tried",
                    "it had to be stopped, or ended its process, {n} times in cases like this, so this one was not "
                    "tried",
                    self._max_stops,
                ),
                said("Fix the first of them; its message says what happened."),
            ),
        )

    @staticmethod
    def _out_of_time(spent: Failure) -> Failure:
        words = spent.explanation
        return Failure(spent.verdict, Explanation(words.required, said("time ran out before this case"), words.advice))


class Respondent:
    """A submission's functions, asked once a case and remembered.

    Parameters
    ----------
    open_session : callable
        Opens a sandbox session that holds the submission.
    read : callable
        Takes an array for the answer to a case, or explains why it cannot be one.
    budget : Budget
        Of time, for all sessions.
    cases : sequence of Case
        All that may be asked, in the order in which they are played: an answer depends on those before it alone, and
        not on who asks first.
    max_stops : int, optional
        So many times code may be stopped within one check.
    """

    def __init__(
        self,
        open_session: OpenSession,
        read: ReadAnswer,
        budget: Budget,
        cases: Sequence[Case],
        max_stops: int = MAX_STOPS,
    ) -> None:
        self._new_player = partial(Player, open_session, read, max_stops)
        self._budget = budget
        self._waiting = list(cases)
        self._first = self._new_player(budget, 1)
        # Inputs made up on the way have a process of their own: they must not change what comes later.
        self._trials = self._new_player(budget.part(cpu_s=TRIAL_CPU_S), 1)
        self._answers: dict[Case, Answer] = {}

    def load(self) -> Failure | None:
        """Load the submission; return why it cannot be, or None."""
        return self._first.load()

    def answer(self, case: Case) -> Answer:
        """Return the answer to a recorded case; those before it are played first, and each once."""
        while case not in self._answers:
            following = self._waiting.pop(0)
            self._answers[following] = self._first.play(following)
        return self._answers[case]

    def answer_all(self) -> None:
        """Play the cases that nobody has asked for, too, so that what follows depends on no choice of checks."""
        for case in [*self._waiting]:
            self.answer(case)

    def try_out(self, case: Case) -> Answer:
        """Return the answer to an input that is made up on the way; nothing is remembered."""
        return self._trials.play(case)

    def answer_again(self, cases: Sequence[Case]) -> Sequence[tuple[Case, Any, Answer]]:
        """Ask for answers once more, in a fresh process, the last case first.

        Parameters
        ----------
        cases : sequence of Case
            Those that may be asked again.

        Returns
        -------
        pairs : sequence of (case, answer, again)
            Of the cases that were answered the first time, those that `MAX_AGAIN` and `MAX_SIZE_AGAIN` leave: the
            answer of then and that of now, in the order of `cases`.
        """
        player = self._new_player(self._budget, 2)
        answered = self._choose(cases)
        try:
            again = {case: player.play(case) for case, _ in answered[::-1]}
        finally:
            player.close()
        return [(case, before, again[case]) for case, before in answered]

    def _choose(self, cases: Sequence[Case]) -> list[tuple[Case, Any]]:
        """Choose what is asked again, each with its answer."""
        chosen: list[tuple[Case, Any]] = []
        n_chosen: Counter[str] = Counter()
        for case in cases:
            outcome = self.answer(case).outcome
            if case.size <= MAX_SIZE_AGAIN and n_chosen[case.check] < MAX_AGAIN and not isinstance(outcome, Failure):
                chosen.append((case, outcome))
                n_chosen[case.check] += 1
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
    def stopped(self) -> frozenset[str]:
        """The checks in whose cases the code had to be stopped, or ended its process."""
        return self._first.stopped

    @property
    def told(self) -> Told:
        """What is to be told of the code's run, besides its answers."""
        return self._first.told
