"""Build what students get: the pipeline with a hole in place of the answer, and as much of the grader as checks it.

What is shipped of the harness stands in `SHIPPED`, what of the lab in its `Handout`; a file that no pattern names stays
here. Before the archive is written its contents are searched for what students must not have: the reference solution,
the hidden cases, and what the rubric tells staff.
"""

import ast
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from grader.harness.errors import GraderError, UsageError
from grader.harness.lab import REPOSITORY, Handout, Lab

SHIPPED = (
    "LICENSE",
    "grader/__init__.py",
    "grader/conftest.py",
    "grader/pytest.ini",
    "grader/self_check.py",
    "grader/student_commands.py",
    "grader/labs/__init__.py",
    "grader/harness/*.py",
    "grader/harness/intake/*.py",
    "grader/harness/locale/*/LC_MESSAGES/*.mo",
    "grader/harness/report/*.css",
    "grader/harness/report/*.j2",
    "grader/harness/report/*.py",
    "grader/harness/sandbox/*.py",
    "student_template/check.py",
    "student_template/pack.py",
)
"""Patterns below the repository; each must fit something."""

WITHHELD = (
    "grader/harness/case_maker.py",
    "grader/harness/release.py",
    "grader/harness/shrinking.py",
    "grader/harness/sandbox/attack.py",
    "grader/harness/sandbox/attacks.py",
    "grader/harness/sandbox/leaks.py",
    "grader/harness/sandbox/doctor.py",
)
"""Files that a pattern fits and that stay here all the same."""

SCRIPTS = "student_template"
"""Folder of what students of every lab run: its files go to the top."""

N_TELLTALE_LINES = 5
"""So many lines in a row that also stand in the reference are no coincidence."""


@dataclass(frozen=True)
class Secrets:
    """What students must not get.

    Attributes
    ----------
    runs : set of tuple of str
        Each run of `N_TELLTALE_LINES` lines of the reference, without indents and empty lines.
    names : frozenset of str
        The reference's own functions.
    hidden_cases : sequence of tuple of str
        Name and input of each hidden case, as JSON without spaces.
    staff_texts : sequence of str
        What the rubric tells staff.
    """

    runs: frozenset[tuple[str, ...]]
    names: frozenset[str]
    hidden_cases: Sequence[tuple[str, str]]
    staff_texts: Sequence[str]

    def find(self, content: bytes) -> str:
        """Say what of it stands in a file, or in a file of an archive in it; nothing when nothing does."""
        texts = list(_texts(content))
        found = (look(text) for text in texts for look in (self._find_reference, self._find_case, self._find_staff))
        return next(filter(None, found), "")

    def _find_reference(self, text: str) -> str:
        names = self.names.intersection(re.findall(r"\w+", text))
        if names:
            return f"the reference solution's {min(names)}"
        return "lines of the reference solution" if not self.runs.isdisjoint(_runs(text)) else ""

    def _find_case(self, text: str) -> str:
        named = [(name, given) for name, given in self.hidden_cases if name in text]
        packed = "".join(text.split()) if named else ""
        return next((f"the hidden case {name}" for name, given in named if given in packed), "")

    def _find_staff(self, text: str) -> str:
        return next((f"the text for staff {told!r}" for told in self.staff_texts if told in text), "")


def build_release(lab: Lab, out: Path, *, repository: Path = REPOSITORY) -> list[str]:
    """Write the archive that students get; the same files give the same bytes.

    Parameters
    ----------
    lab : Lab
        Whose archive it is.
    out : Path
        Where it goes; what is there is replaced.
    repository : Path, optional
        Where the files come from.

    Returns
    -------
    names : list of str
        What is in the archive, sorted; every name begins with the lab's one folder.

    Raises
    ------
    UsageError
        If the lab gives nothing to students.
    GraderError
        If a pattern fits nothing, a shipped module imports one that is not shipped, something secret would be
        shipped, or the archive cannot be written.
    """
    handout = _handout_of(lab)
    files = collect_files(lab, repository)
    _refuse_missing_imports(files, repository)
    secrets = read_secrets(lab, repository)
    for name, content in files.items():
        if secret := secrets.find(content):
            raise GraderError(f"Students must not get {secret}; it is in {name}. Take it out of that file.")
    try:
        out.write_bytes(_pack({f"{handout.top}/{name}": content for name, content in files.items()}))
    except OSError as exc:
        raise GraderError(f"The archive must be written somewhere; {out} cannot be: {exc.strerror}.") from exc
    return sorted(f"{handout.top}/{name}" for name in files)


def collect_files(lab: Lab, repository: Path = REPOSITORY) -> dict[str, bytes]:
    """Read what is shipped.

    Returns
    -------
    files : dict of str to bytes
        Contents by path in the release, with ``/``, as the lab's handout places them; the rubric loses what it tells
        staff.

    Raises
    ------
    UsageError
        If the lab gives nothing to students.
    GraderError
        If a pattern fits nothing.
    """
    handout, rubric = _handout_of(lab), _in_repository(lab, "rubric.toml")
    files: dict[str, bytes] = {}
    for pattern in (*SHIPPED, *handout.shipped):
        paths = [path for path in repository.glob(pattern) if path.is_file()]
        if not paths:
            raise GraderError(
                f"What students get must be there; {pattern!r} fits no file. Fix SHIPPED in release.py, or the lab's "
                "handout."
            )
        files |= {path.relative_to(repository).as_posix(): path.read_bytes() for path in paths}
    withheld = {*WITHHELD, *handout.withheld}
    to_top = {SCRIPTS, handout.to_top}
    shipped = {_place(name, to_top): content for name, content in files.items() if name not in withheld}
    if lab.template is not None:  # the grader looks for it where it is here, and the student works on a copy
        template = lab.template.relative_to(REPOSITORY).as_posix()
        shipped[template] = shipped[handout.code] = shipped.pop(_place(template, to_top))
    shipped[rubric] = without_staff(files[rubric])
    return shipped


def read_secrets(lab: Lab, repository: Path = REPOSITORY) -> Secrets:
    """Read what students must not get from where it stands."""
    handout = _handout_of(lab)
    references = [(repository / name).read_text(encoding="utf-8") for name in handout.references]
    trees = map(ast.parse, references)
    functions = [node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    rubric = tomllib.loads((repository / _in_repository(lab, "rubric.toml")).read_text(encoding="utf-8"))
    hidden = repository / _in_repository(lab, "cases/hidden")
    return Secrets(
        runs=frozenset(run for reference in references for run in _runs(reference)),
        names=frozenset(name for name in functions if name.startswith("_")),
        hidden_cases=[case for path in sorted(hidden.glob("*.json")) for case in _cases(path)],
        staff_texts=[check["staff"] for check in rubric["check"] if "staff" in check],
    )


def _handout_of(lab: Lab) -> Handout:
    if lab.handout is None:
        raise UsageError(f"A lab must have a handout to be released; {lab.name!r} has none. Give it one in its lab.py.")
    return lab.handout


def _in_repository(lab: Lab, name: str) -> str:
    """Name a file of the lab's folder by its path below the repository."""
    return (lab.folder / name).relative_to(REPOSITORY).as_posix()


def without_staff(rubric: bytes) -> bytes:
    """Remove the lines of the rubric that are for staff.

    Raises
    ------
    GraderError
        If what is left is not the rubric without them: a text for staff takes more than one line.
    """
    lines = rubric.decode("utf-8").splitlines(keepends=True)
    left = "".join(line for line in lines if not line.startswith("staff ="))
    whole = tomllib.loads(rubric.decode("utf-8"))
    for check in whole["check"]:
        check.pop("staff", None)
    try:
        is_whole = tomllib.loads(left) == whole
    except tomllib.TOMLDecodeError:
        is_whole = False
    if not is_whole:
        raise GraderError("Each text for staff in rubric.toml must be one line that begins with 'staff ='; one is not.")
    return left.encode("utf-8")


def _place(name: str, to_top: Collection[str]) -> str:
    """Tell where a file of the repository goes in the release; the files of some folders go to its top."""
    path = PurePosixPath(name)
    return path.name if str(path.parent) in to_top else name


def _refuse_missing_imports(files: Mapping[str, bytes], repository: Path) -> None:
    """Make sure that what a shipped module imports when it is loaded is shipped, too."""
    for name, content in files.items():
        for module in _imported(content) if name.endswith(".py") else ():
            path = f"{module.replace('.', '/')}.py"
            if path not in files and (repository / path).is_file():
                raise GraderError(
                    f"Students must get what {name} imports; {path} is not shipped. Name it in the lab's handout."
                )


def _imported(source: bytes) -> Iterator[str]:
    """List what a module imports when it is loaded: modules, and names in them, which may be modules, too."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom):
            yield from (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names))


def _texts(content: bytes) -> Iterator[str]:
    """Read a file as text, and, if it is an archive, the files in it."""
    yield content.decode("utf-8", errors="replace")
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from _texts(archive.read(name))


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for start in range(len(lines) - N_TELLTALE_LINES + 1):
        yield tuple(lines[start : start + N_TELLTALE_LINES])


def _cases(path: Path) -> Iterator[tuple[str, str]]:
    """List the cases of a file: name, and the longest list that it holds, which is its input. Nothing is no secret."""
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
        given = max((value for value in case.values() if isinstance(value, list)), key=_length, default=[])
        if _length(given) > len("[[]]"):
            yield json.dumps(case["name"]), json.dumps(given, separators=(",", ":"))


def _length(value: Any) -> int:  # noqa: ANN401 - of JSON
    return len(json.dumps(value, separators=(",", ":")))


def _pack(files: Mapping[str, bytes]) -> bytes:
    """Make a zip whose bytes depend on nothing but the files; what is large in it is packed already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # else Windows and the others write different bytes
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()
