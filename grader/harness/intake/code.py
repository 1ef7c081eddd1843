"""Find the code among the members of a zip, and read it: the file of the right name, or the only one that can be meant.

Nothing is guessed. A file of the right name goes first, then one of almost this name, one of this name and a student
id, and the only Python file that is neither of the lab's handout nor of an environment. Where several are left, and
differ, none counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.harness.intake.archive import Member, read_member
from grader.harness.intake.environments import find_files, find_loose, find_own
from grader.harness.intake.formats import find_other_format
from grader.harness.intake.names import Naming, printable, quoted
from grader.harness.intake.problems import Refused, remark
from grader.harness.intake.source import is_same_text
from grader.harness.languages import said
from grader.harness.results import Problem

MIB = 2**20
MAX_SOURCE_BYTES = MIB
"""Size of the code; solutions have some thousand bytes."""

PYTHON = (".py", ".py.txt")
"""How Python files end; Windows hides the last ending of the second."""

# Code packs to a tenth at best.
_SOURCE_RATIO = 20

_MAX_CANDIDATES = 8

_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz")


@dataclass(frozen=True)
class Wanted:
    """What is looked for in a zip.

    Attributes
    ----------
    naming : Naming
        How the lab calls its files.
    template : bytes or None
        The code that students got.
    student_id : str
        Whose zip it is, as far as its name tells.
    others : sequence of Naming
        How other labs call theirs: a zip of one of them is told so.
    handout : frozenset of str
        Names of the other Python files that students got, in small letters: they are nobody's solution.
    """

    naming: Naming
    template: bytes | None = None
    student_id: str = ""
    others: Sequence[Naming] = ()
    handout: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Code:
    """The code that counts.

    Attributes
    ----------
    member : Member
        Where it is.
    source : bytes
        As it is in the zip.
    candidates : sequence of Member
        All that could be it: those that do not count equal it, or the template.
    files : sequence of Member
        The student's files, itself among them.
    """

    member: Member
    source: bytes
    candidates: Sequence[Member]
    files: Sequence[Member]


def read_code(data: bytes, members: Sequence[Member], wanted: Wanted, problems: list[Problem]) -> Code:
    """Find the code and read it; of several files, those that equal another or the template do not count.

    Parameters
    ----------
    data : bytes
        The zip.
    members : sequence of Member
        All that is in it.
    wanted : Wanted
        What is looked for.
    problems : list of Problem
        Gets a remark where several files could be it and there is no doubt which one counts.

    Returns
    -------
    code : Code
        The one that counts.

    Raises
    ------
    Refused
        If it cannot be had, or not without guessing.
    """
    files, candidates = _find_candidates(members, wanted)
    sources = _read_sources(data, candidates, wanted.naming)
    solutions = {one: member for one, member in sources.items() if not is_same_text(one, wanted.template)}
    if not solutions and len(copies := _find_copies(files, wanted)) == 1:
        solutions = _read_sources(data, copies, wanted.naming)
        candidates = [*candidates, *copies]
    solutions = solutions or sources
    if len(solutions) > 1:
        raise _refuse_several(candidates, wanted.naming, differ=True)
    source, member = solutions.popitem()
    if len(candidates) > 1:
        told = said(
            "it holds {number}: {names}; {taken} counts",
            number=len(candidates),
            names=paths(candidates),
            taken=f"'{printable(member.path)}'",
        )
        problems.append(remark(wanted.naming, "several_codes", told))
    return Code(member, source, candidates, files)


def judge_place(naming: Naming, code: Code) -> Iterator[Problem]:
    """Remark on where the code is, and how it is called."""
    name, shown = code.member.name, f"'{printable(code.member.name)}'"
    if (naming.is_almost_code(name) or naming.is_signed_code(name)) and name != naming.code:
        yield remark(naming, "code_name", said("it is called {name}", name=shown))
    elif name != naming.code:
        told = said("it is called {name}, the only Python file that can be meant", name=shown)
        yield remark(naming, "code_name", told)
    if len(code.member.parts) > 2:
        yield remark(naming, "code_deep", said("it is at {place}", place=paths([code.member])))


def misplaced(members: Sequence[Member]) -> Iterator[tuple[str, str, list[Member]]]:
    """Group the members that are no ordinary files inside the zip: code of the problem, what they do, members."""
    yield "path_outside", said("points outside of it"), [member for member in members if member.is_outside]
    yield "link", said("is a link"), [member for member in members if member.is_link]
    yield "special_file", said("is a device, a pipe or a socket"), [member for member in members if member.is_special]


def paths(members: Sequence[Member]) -> str:
    """List the paths of members for a sentence."""
    return quoted([member.path for member in members])


def _find_candidates(members: Sequence[Member], wanted: Wanted) -> tuple[list[Member], list[Member]]:
    """Find the student's files, and those among them that may be the code; at least one."""
    for files in (find_own(members), find_loose(members)):
        if named := _find_named(files, wanted.naming):
            return files, named
        _refuse_other_lab(files, wanted)
        if python := _find_python(files, wanted):
            return files, [one for one in python if wanted.naming.is_signed_code(one.name)] or python
    raise _say_what_is_there(members, wanted)


def _find_named(files: Sequence[Member], naming: Naming) -> list[Member]:
    """Find the files of the code's name; those of almost its name count only without one of the right name."""
    named = [member for member in files if naming.is_almost_code(member.name)]
    ordinary = [member for member in named if member.is_ordinary]
    if exact := [member for member in ordinary if member.name == naming.code]:
        return exact
    if not ordinary:
        for code, what, found in misplaced(named):
            if found:
                raise Refused(code, said("{names} {what}", names=paths(found), what=what))
    return ordinary


def _refuse_other_lab(files: Sequence[Member], wanted: Wanted) -> None:
    # A file of the lab's handout may be called as another lab's code is; it lies among others of the handout.
    handout = [member for member in files if member.name.lower() in wanted.handout]
    given = [one for one in handout if any(one is not two and one.parts[:-1] == two.parts[:-1] for two in handout)]
    names = [member.name for member in files if member not in given]
    for other in wanted.others:
        if any(map(other.is_almost_code, names)):
            told = said("it holds {name} and looks like one of {lab}", name=f"'{other.code}'", lab=other.tag)
            raise Refused("other_lab", told)


def _find_python(files: Sequence[Member], wanted: Wanted) -> list[Member]:
    """Find the Python files that may be the code under another name: any but those of the lab's handout."""
    left_out = wanted.handout | {"__init__.py"}
    python = [member for member in files if member.name.lower().endswith(PYTHON) and member.is_ordinary]
    return [member for member in python if member.name.lower() not in left_out]


def _find_copies(files: Sequence[Member], wanted: Wanted) -> list[Member]:
    """Find the Python files named after the code, in which somebody worked who left the template as it was."""
    stem = wanted.naming.code.removesuffix(".py").lower()
    python = [member for member in _find_python(files, wanted) if stem in member.name.lower()]
    return [member for member in python if not wanted.naming.is_almost_code(member.name)]


def _read_sources(data: bytes, candidates: Sequence[Member], naming: Naming) -> dict[bytes, Member]:
    """Read all candidates, equal ones once. Without the code's name, one that cannot be read is one of several."""
    if len(candidates) > _MAX_CANDIDATES:
        raise _refuse_several(candidates, naming)
    sources: dict[bytes, Member] = {}
    for member in candidates:
        try:
            sources.setdefault(_read_source(data, member), member)
        except Refused as refused:
            is_alone = len(candidates) == 1 or naming.is_almost_code(member.name)
            raise (refused if is_alone else _refuse_several(candidates, naming)) from refused
    return sources


def _refuse_several(candidates: Sequence[Member], naming: Naming, *, differ: bool = False) -> Refused:
    """Say that several files may be the code; they are of its name, or none is."""
    values = {"number": len(candidates), "names": paths(candidates)}
    if not naming.is_almost_code(candidates[0].name):
        return Refused("no_code", said("it holds {number} Python files, and none is called so: {names}", **values))
    told = said("it holds {number} that differ: {names}", **values)
    return Refused("several_codes", told if differ else said("it holds {number}: {names}", **values))


def _say_what_is_there(members: Sequence[Member], wanted: Wanted) -> Refused:
    """Say what is in a zip that has no code."""
    files = find_own(members) or find_files(members)
    names = [member.path for member in files]
    if any(wanted.naming.code in member.parts[: None if member.is_folder else -1] for member in members):
        return Refused("code_is_folder", said("it is a folder"))
    if not files:
        return Refused("empty_zip", said("there is no file in it"))
    if "word/document.xml" in names:
        return Refused("no_code", said("it is a Word document and no zip of files"))
    if other := find_other_format(wanted.naming, names):
        return other
    if inner := [path for path in names if path.lower().endswith(_ARCHIVES)]:
        return Refused("nested_archive", said("there is only another archive, {names}", names=quoted(inner)))
    return Refused("no_code", said("it holds {names}", names=quoted(names)))


def _read_source(data: bytes, member: Member) -> bytes:
    source = read_member(data, member, MAX_SOURCE_BYTES)
    if source is None:
        shown = paths([member])
        if member.packed_bytes * _SOURCE_RATIO < max(member.plain_bytes, MAX_SOURCE_BYTES):
            told = said(
                "{name} has {size} bytes and unpacks to more than 1 MiB", name=shown, size=f"{member.packed_bytes:,}"
            )
            raise Refused("zip_bomb", told)
        raise Refused("code_too_large", said("{name} has more than 1 MiB", name=shown))
    return source
