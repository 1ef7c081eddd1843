"""What submissions are graded by, rubric and cases together, checked for fitting each other."""

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from grader.harness.errors import RubricError
from grader.harness.rubric import Rubric, load_rubric
from grader.labs.merge.merge_case import Case, load_cases

CHECKS_FOLDER = Path(__file__).resolve().parent / "checks"
ROOT = CHECKS_FOLDER.parent.parent

IMAGES = ROOT / "images"
"""Pictures that pages draw skeletons on."""

TEMPLATE = ROOT / "student_template" / "merge.py"
"""What students got to begin with."""

Test = Callable[..., None]
"""The test of a check: takes a `grader.harness.check.Check` named ``check``, or nothing."""

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


@cache
def load_tests(folder: Path = CHECKS_FOLDER) -> Mapping[str, Test]:
    """Load the tests of all checks, once a process, by the key of their check.

    Raises
    ------
    RubricError
        As `load_material` and `check_tests`.
    """
    check_tests(load_material()[0], folder)
    found: dict[str, Test] = {}
    for path in sorted(folder.glob("test_*.py")):
        # Not entered among the loaded modules: nothing imports checks.
        module = ModuleType(path.stem)
        SourceFileLoader(path.stem, str(path)).exec_module(module)
        found |= {name.removeprefix("test_"): value for name, value in vars(module).items() if name.startswith("test_")}
    return found


def check_tests(rubric: Rubric, folder: Path = CHECKS_FOLDER) -> None:
    """Demand one test for each check of the rubric, and no other test.

    Raises
    ------
    RubricError
        If a check has no test, a test no check, or a test asks for something else than its check.
    """
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("test_*.py"))]
    functions = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    tests = [function for function in functions if function.name.startswith("test_")]
    for test in tests:
        wanted = ast.unparse(test.args).partition(":")[0]
        if wanted not in {"", "check"}:
            raise RubricError(
                f"The test of a check must ask for `check` or for nothing; {test.name} asks for {wanted!r}. "
                "Put what else it needs into the check's cases."
            )
    tested = {test.name.removeprefix("test_") for test in tests}
    keys = {line.key for line in rubric.checks}
    for key in sorted(keys - tested):
        raise RubricError(f"Each check must have a test in grader/checks; {key!r} has none. Write test_{key}.")
    for key in sorted(tested - keys):
        raise RubricError(f"Each test in grader/checks must stand in the rubric; test_{key} does not. Add {key!r}.")
