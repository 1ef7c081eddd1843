"""What marks depend on, as hashes: two equal ones mean that a submission would get the same mark again."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from grader.harness.cases import fingerprint
from grader.harness.lab import REPOSITORY, Lab
from grader.harness.lab_files import load_lab_files

HARNESS = Path(__file__).resolve().parent

NO_PART_IN_MARKS = (
    *("batch", "release.py"),
    *(f"sandbox/{name}.py" for name in ("attack", "attacks", "doctor", "leaks")),
)
"""What of the harness takes no part in giving marks: a class is graded as one submission is."""


@cache
def find_fingerprints(lab: Lab) -> Mapping[str, str]:
    """Tell what all marks of this process depend on: SHA-256 of ``rubric``, ``cases`` and ``grader``."""
    return {
        "rubric": load_lab_files(lab).rubric.fingerprint,
        "cases": fingerprint(lab.folder / "cases"),
        "grader": _hash_files(find_modules(lab)),
    }


def find_modules(lab: Lab) -> Sequence[Path]:
    """List the files of code that marks depend on: of the harness, of the lab, and what the lab names besides."""
    left_out = {HARNESS / name for name in NO_PART_IN_MARKS}
    harness = [path for path in HARNESS.rglob("*.py") if left_out.isdisjoint({path, *path.parents})]
    packages = [HARNESS.parent / "__init__.py", HARNESS.parent / "labs" / "__init__.py"]
    return sorted({*packages, *harness, *lab.folder.rglob("*.py"), *lab.marks_depend_on})


def _hash_files(paths: Sequence[Path]) -> str:
    """Hash names and contents: two equal hashes mean the same grader."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(REPOSITORY).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
