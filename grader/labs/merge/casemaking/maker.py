"""Turns rows into a case: asks the reference for the answer, and whether it is the only one."""

from grader.harness.case_maker import CaseMaker
from grader.harness.errors import RubricError
from grader.labs.merge import reference
from grader.labs.merge.merge_case import MergeCase, Rows


class Maker(CaseMaker):
    """Makes the cases of one check of this lab."""

    def case(self, name: str, says: str, rows: Rows, *positional: float, **keywords: float) -> MergeCase:
        """Make a case without conflicts, which has one answer.

        Raises
        ------
        RubricError
            If the rows do conflict.
        """
        if reference.has_conflicts(rows):
            raise RubricError(
                f"The cases of {self.check!r} must be without conflicts; {name!r} has one. Fix its family."
            )
        return self._make(name, says, rows, positional, keywords, is_only_answer=True)

    def conflicted_case(self, name: str, says: str, rows: Rows, **keywords: float) -> MergeCase:
        """Make a case with conflicts, of which the reference's answer is one of several.

        Raises
        ------
        RubricError
            If the rows do not conflict.
        """
        if not reference.has_conflicts(rows):
            raise RubricError(f"The cases of {self.check!r} must hold conflicts; {name!r} has none. Fix its family.")
        return self._make(name, says, rows, (), keywords, is_only_answer=False)

    def any_case(self, name: str, says: str, rows: Rows) -> MergeCase:
        """Make a case of rows that need not be without conflicts; what comes is not compared but scored."""
        return self._make(name, says, rows, (), {}, is_only_answer=False)

    def _make(
        self,
        name: str,
        says: str,
        rows: Rows,
        positional: tuple[float, ...],
        keywords: dict[str, float],
        *,
        is_only_answer: bool,
    ) -> MergeCase:
        expected = reference.answer(rows, *positional, **keywords)
        deleted = reference.deleted(rows, expected) if is_only_answer else expected[:0]
        return MergeCase(
            check=self.check,
            name=self.full_name(name),
            says=says,
            visibility=self.visibility,
            arguments=(rows, *positional),
            expected=expected,
            keywords=keywords,
            is_only_answer=is_only_answer,
            deleted=deleted,
        )
