"""What submissions of a lab are graded by, read from its folder: rubric, cases and checks, which must fit together.

The cases have one order, in which every submission answers them: `_in_order` says which. The rubric's order decides
what a reader sees first, and nothing else.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from grader.harness.cases import Case, load_cases
from grader.harness.errors import RubricError
from grader.harness.lab import Lab
from grader.harness.results import Visibility
from grader.harness.rubric import Rubric, load_rubric

Test = Callable[..., None]
"""The test of a check: takes a `grader.harness.check.Check` named ``check``, or nothing."""

LOADING = "loads"
"""Key of the check that all others depend on: it needs no case, and its test asks for nothing."""

AGAIN = "same_answer"
"""Key of the check that asks the cases of the others again; a lab may do without."""

WITHOUT_CASES = (LOADING, AGAIN)


@dataclass(frozen=True)
class LabFiles:
    """A lab's rubric, its cases in the order in which they are asked, and the tests of its checks by their keys."""

    rubric: Rubric
    cases: Sequence[Case]
    tests: Mapping[str, Test]


@cache
def load_lab_files(lab: Lab) -> LabFiles:
    """Read all of a lab's files, once a process.

    Raises
    ------
    RubricError
        If one of them cannot be read, a case belongs to no check or names no function of the lab, a check has no case
        or no test, a test has no check or asks for something else than its check, or `LOADING` is missing.
    """
    folder = lab.folder
    rubric, tests = load_rubric(folder / "rubric.toml"), load_tests(folder / "checks")
    cases = load_cases(folder / "cases", lab.read_case)
    _check_tests(rubric, tests)
    _check_cases(rubric, cases)
    functions = [function.name for function in lab.program.functions]
    for case in cases:
        if case.function not in {"", *functions}:
            raise RubricError(
                f"A case must call a function of the lab, {' or '.join(functions)}; {case.name!r} of {case.check!r} "
                f"calls {case.function!r}. Fix the case."
            )
    named = [case if case.function else replace(case, function=functions[0]) for case in cases]
    return LabFiles(rubric, _in_order(named, list(tests)), tests)


def load_tests(folder: Path) -> Mapping[str, Test]:
    """Load the tests of all checks by the keys of their checks, in the order of the files and of the tests in them.

    Raises
    ------
    RubricError
        If two tests have one name, or one asks for something else than its check.
    """
    found: dict[str, Test] = {}
    for path in sorted(folder.glob("test_*.py")):
        # Not entered among the loaded modules: nothing imports checks.
        module = ModuleType(path.stem)
        SourceFileLoader(path.stem, str(path)).exec_module(module)
        for name in _name_tests(path):
            key = name.removeprefix("test_")
            if key in found:
                raise RubricError(f"Each check must have one test; {name} stands in {folder} twice. Rename one.")
            found[key] = vars(module)[name]
    return found


def _name_tests(path: Path) -> list[str]:
    """List the tests of a file, none of which may ask for anything but its check."""
    functions = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    tests = [function for function in functions if function.name.startswith("test_")]
    for test in tests:
        wanted = ast.unparse(test.args).partition(":")[0]
        if wanted != ("" if test.name == f"test_{LOADING}" else "check"):
            raise RubricError(
                f"The test of a check must ask for `check`, and test_{LOADING} for nothing; {test.name} asks for "
                f"{wanted!r}. Put what else it needs into the check's cases."
            )
    return [test.name for test in tests]


def _check_tests(rubric: Rubric, tests: Mapping[str, Test]) -> None:
    """Demand one test for each check of the rubric, and no other test."""
    keys = {line.key for line in rubric.checks}
    if LOADING not in keys:
        raise RubricError(f"Each rubric must have the check {LOADING!r}, which all others depend on; add it.")
    for key in sorted(keys - set(tests)):
        raise RubricError(f"Each check must have a test in the lab's checks; {key!r} has none. Write test_{key}.")
    for key in sorted(set(tests) - keys):
        raise RubricError(f"Each test of a check must stand in the rubric; test_{key} does not. Add {key!r}.")


def _check_cases(rubric: Rubric, cases: Sequence[Case]) -> None:
    keys, with_cases = {line.key for line in rubric.checks}, {case.check for case in cases}
    for key in sorted(with_cases - keys):
        raise RubricError(
            f"Cases must belong to a check of the rubric; those of {key!r} do not. Add it or remove them."
        )
    for key in sorted(keys - with_cases - set(WITHOUT_CASES)):
        raise RubricError(f"Each check must have cases; {key!r} has none. Add cases/public/{key}.json.")


def _in_order(cases: Sequence[Case], keys: Sequence[str]) -> list[Case]:
    """Sort cases into the order in which every submission answers them: published ones first, then check by check.

    It is that of the tests, and not of the rubric: another order could change the marks of code that remembers what it
    was asked before.
    """

    def place(case: Case) -> tuple[bool, int]:
        return case.visibility is not Visibility.PUBLIC, keys.index(case.check)

    return sorted(cases, key=place)
