"""What submissions are graded by, rubric and cases together, checked for fitting each other."""

import ast
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from grader.cases import Case, load_cases
from grader.errors import RubricError
from grader.rubric import Rubric, load_rubric

CHECKS_FOLDER = Path(__file__).resolve().parent / "checks"

LOADING = "loads"
"""Key of the check that all others depend on."""

WITHOUT_CASES = (LOADING, "same_answer")
"""Checks that have no cases of their own: whether there is a merge, and whether it answers the others' cases again."""


@cache
def load_material() -> tuple[Rubric, Sequence[Case]]:
    """Read the rubric and all cases, once a process.

    Raises
    ------
    RubricError
        If one of them cannot be read, a case belongs to no check, or a check has no case.
    """
    rubric, cases = load_rubric(), load_cases()
    keys, with_cases = {line.key for line in rubric.checks}, {case.check for case in cases}
    for key in sorted(with_cases - keys):
        raise RubricError(
            f"Cases must belong to a check of the rubric; those of {key!r} do not. Add it or remove them."
        )
    for key in sorted(keys - with_cases - set(WITHOUT_CASES)):
        raise RubricError(f"Each check must have cases; {key!r} has none. Add grader/cases/public/{key}.json.")
    return rubric, cases


def check_tests(rubric: Rubric, folder: Path = CHECKS_FOLDER) -> None:
    """Demand one test for each check of the rubric, and no other test.

    Raises
    ------
    RubricError
        If a check has no test, or a test no check.
    """
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("test_*.py"))]
    functions = [node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    tested = {name.removeprefix("test_") for name in functions if name.startswith("test_")}
    keys = {line.key for line in rubric.checks}
    for key in sorted(keys - tested):
        raise RubricError(f"Each check must have a test in grader/checks; {key!r} has none. Write test_{key}.")
    for key in sorted(tested - keys):
        raise RubricError(f"Each test in grader/checks must stand in the rubric; test_{key} does not. Add {key!r}.")
