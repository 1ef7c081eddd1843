"""Read the Python files beside the code, which it may import: text as the code is, a few, and small."""

import keyword
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from grader.harness.intake.archive import Member, read_member
from grader.harness.intake.code import MIB, PYTHON, Code, Wanted, paths
from grader.harness.intake.names import MAX_SHOWN, Naming
from grader.harness.intake.problems import Refused, remark
from grader.harness.intake.source import is_same_text, to_utf8
from grader.harness.languages import said
from grader.harness.results import Problem

MAX_FILES = 20
MAX_FILE_BYTES = MIB
MAX_TOTAL_BYTES = 2 * MIB

RESERVED = sys.stdlib_module_names | {"numpy"}
"""Modules that no file of a student stands before."""


@dataclass
class _Beside:
    """What was found: sources by module, and the members that were taken, and left out for each reason."""

    files: dict[str, bytes] = field(default_factory=dict)
    taken: list[Member] = field(default_factory=list)
    dropped: dict[str, list[Member]] = field(default_factory=lambda: defaultdict(list))
    reserved: list[Member] = field(default_factory=list)
    elsewhere: dict[str, list[Member]] = field(default_factory=lambda: defaultdict(list))
    n_reads: int = 0
    n_bytes: int = 0


def read_beside(data: bytes, code: Code, wanted: Wanted) -> tuple[Mapping[str, bytes], list[Problem]]:
    """Read the Python files in the folder of the code.

    Parameters
    ----------
    data : bytes
        The zip.
    code : Code
        The code that counts.
    wanted : Wanted
        What is looked for; the template's copies are left out.

    Returns
    -------
    files : mapping of str to bytes
        Source by the name that it is imported by, in UTF-8 where Python would refuse it otherwise. At most `MAX_FILES`,
        of `MAX_FILE_BYTES` each and `MAX_TOTAL_BYTES` together; not more than that is unpacked.
    problems : list of Problem
        Remarks: what is graded with the code, and what was left out and why.
    """
    found = _Beside()
    groups: dict[str, list[Member]] = defaultdict(list)
    for member in _others(code, wanted.naming):
        module = _module(member)
        if member.parts[:-1] != code.member.parts[:-1]:
            found.elsewhere[said("in another folder")].append(member)
        elif wanted.naming.is_almost_code(member.name):
            found.elsewhere[said("called like {code} itself", code=wanted.naming.code)].append(member)
        elif not module:
            found.elsewhere[said("not called as a module can be")].append(member)
        elif module in RESERVED:
            found.reserved.append(member)
        else:
            groups[module].append(member)
    # The lab's own files come last: where there are too many, those that the student wrote are wanted.
    for module in sorted(groups, key=lambda module: (f"{module.lower()}.py" in wanted.handout, module)):
        _read_module(data, module, groups[module], wanted, found)
    return found.files, _tell(wanted.naming, found)


def _others(code: Code, naming: Naming) -> Iterator[Member]:
    """Go through the Python files that are neither the code nor equal to it, by its name or as one that might be it."""
    candidates = {id(member) for member in code.candidates}
    for member in code.files:
        is_python = member.name.lower().endswith(PYTHON) and member.name not in {naming.code, "__init__.py"}
        if is_python and member.is_ordinary and id(member) not in candidates:
            yield member


def _module(member: Member) -> str:
    """Name the module that a file is imported as; empty where its name allows none."""
    stem, ending = member.name[:-3], member.name[-3:]
    if ending != ".py" or len(stem) > MAX_SHOWN:
        return ""
    stem = unicodedata.normalize("NFKC", stem)  # as Python reads names, and as macOS does not write them
    is_name = stem.isidentifier() and not keyword.iskeyword(stem)
    return stem if is_name and not stem.startswith("__") else ""  # Python's own, as __main__, is another module


def _read_module(data: bytes, module: str, group: Sequence[Member], wanted: Wanted, found: _Beside) -> None:
    """Read one module, which may stand in the zip more than once; each look at a member counts."""
    if found.n_reads + len(group) > MAX_FILES:
        # Whoever packs the whole lab packs more than that, and misses nothing.
        if f"{module.lower()}.py" not in wanted.handout:
            found.dropped[said("beyond the first {number}", number=MAX_FILES)] += group
        return
    found.n_reads += len(group)
    try:
        sources = {read_member(data, member, MAX_FILE_BYTES) for member in group}
    except Refused:
        found.dropped[said("not to be read")] += group
        return
    source = sources.pop()
    if sources:
        found.dropped[said("there more than once, with other contents")] += group
    elif source is None:
        found.dropped[said("larger than 1 MiB")] += group
    elif not is_same_text(source, wanted.template):
        _take(module, to_utf8(wanted.naming, source)[0], group[0], found)


def _take(module: str, source: bytes, member: Member, found: _Beside) -> None:
    if b"\0" in source:
        found.dropped[said("no text")].append(member)
    elif found.n_bytes + len(source) > MAX_TOTAL_BYTES:
        found.dropped[said("beyond 2 MiB in all")].append(member)
    else:
        found.files[module] = source
        found.taken.append(member)
        found.n_bytes += len(source)


def _tell(naming: Naming, found: _Beside) -> list[Problem]:
    """Remark on what is graded with the code, and on what is not."""
    told = {
        "code_beside": said("graded with it: {names}", names=paths(found.taken)) if found.taken else "",
        "code_beside_left_out": said("left out: {names}", names=_list(found.dropped)) if found.dropped else "",
        "code_beside_reserved": said("not used: {names}", names=paths(found.reserved)) if found.reserved else "",
        "other_python": said("left out: {names}", names=_list(found.elsewhere)) if found.elsewhere else "",
    }
    return [remark(naming, code, got) for code, got in told.items() if got]


def _list(members: Mapping[str, Sequence[Member]]) -> str:
    told = [said("{names} ({reason})", names=paths(group), reason=reason) for reason, group in members.items()]
    return reduce(lambda first, second: said("{first}; {second}", first=first, second=second), told)
