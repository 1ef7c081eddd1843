"""Open what a student handed in, without unpacking it blindly: everything stays in memory, nothing is run or parsed.

A fault is fatal when the code cannot be had, or cannot be had without guessing: no zip, no code, two that differ,
one that is encrypted, damaged, a link, a folder or a bomb. All else is a remark, and the code is graded:

- Names. The zip's name, the report's name, capital letters, a ``(1)`` or ``.txt`` behind the name of the code, more
  than one folder around it: there is one file that can be meant. Backslashes in paths are folders, as Windows once
  wrote them.
- Another name. The only Python file that is neither of the lab's handout nor of an environment is the code, however it
  is called; so is a copy of the template that somebody worked in, beside the template. A notebook, a text or a document
  in its place is told how it becomes one.
- Python files beside the code. They come along in `files`, a few and small, so that the code can import them.
- What else stands beside the code. Paths that lead outside, links, devices, bombs, archives, Python files elsewhere:
  they are left out, and staff are told, who might unpack the zip by hand. What systems, editors and environments leave
  behind is not there at all. Dates, comments and bytes before the zip do no harm.
- Several files of this name with equal bytes, or one solution and copies of the template: there is no doubt which one
  counts.
- Encodings. UTF-16, and Big5 or GBK where the file names no encoding, are turned into UTF-8. Python would refuse the
  file for a comment in Chinese; the program is the same. A null byte is fatal: Python refuses it, and no one can tell
  what stood there.
- The report. It has its own points, given by a person; it never costs points of the code. A document that is no PDF
  is kept for its reader. One that was handed in beside the zip counts where the zip has none that can be read.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from grader.harness.errors import SubmissionError
from grader.harness.intake.code import MAX_SOURCE_BYTES, MIB, PYTHON, Wanted
from grader.harness.intake.contents import Contents, read_contents
from grader.harness.intake.formats import find_other_format
from grader.harness.intake.loose import REPORTS, LooseReport, add_loose
from grader.harness.intake.names import Naming, printable
from grader.harness.intake.problems import fatal, remark
from grader.harness.intake.source import judge_source, to_utf8
from grader.harness.lab import REPOSITORY, Lab
from grader.harness.languages import said
from grader.harness.results import Handed

MAX_FILE_BYTES = 128 * MIB
"""Size of a submission; a larger one is not read."""


@dataclass(frozen=True)
class Submission:
    """What was handed in, opened.

    Attributes
    ----------
    handed : Handed
        What a report tells of it: names, checksum, problems.
    source : bytes or None
        The student's code, in UTF-8 where Python would refuse it otherwise; None with a fatal problem.
    report : bytes or None
        The written report, in whatever format; None when there is none that can be read. Its name is
        ``handed.report_name``.
    files : mapping of str to bytes
        What lies beside the code and may be imported by it: source by module name, in UTF-8 like the code's. Empty
        without code.
    """

    handed: Handed
    source: bytes | None
    report: bytes | None
    files: Mapping[str, bytes] = field(default_factory=dict)


def open_submission(lab: Lab, path: Path, *, others: Sequence[Naming] = ()) -> Submission:
    """Open a zip, or the bare code, from the disk.

    Parameters
    ----------
    lab : Lab
        Whose submission it should be.
    path : Path
        The file. Not more than `MAX_FILE_BYTES` of it are read.
    others : sequence of Naming, optional
        How other labs call their files: a zip of one of them is told so.

    Returns
    -------
    submission : Submission
        Whatever the file holds: its faults are problems of the submission.

    Raises
    ------
    SubmissionError
        If there is no such file, or it cannot be read.
    """
    try:
        if not path.is_file():
            told = said("A submission must be a file; there is none at {path}. Check the path.", path=repr(str(path)))
            raise SubmissionError(told)
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        told = said(
            "A submission must be readable; {path} is not: {why}. Check its permissions.",
            path=repr(str(path)),
            why=exc.strerror,
        )
        raise SubmissionError(told) from exc
    return open_submission_bytes(lab, path.name, data, others=others)


def open_submission_bytes(
    lab: Lab, name: str, data: bytes, *, others: Sequence[Naming] = (), loose: Sequence[LooseReport] = ()
) -> Submission:
    """Open a zip, or the bare code, that is in memory.

    Parameters
    ----------
    lab : Lab
        Whose submission it should be.
    name : str
        Its file name; one that ends in ``.py`` or ``.py.txt`` makes it the bare code.
    data : bytes
        All of it.
    others : sequence of Naming, optional
        How other labs call their files.
    loose : sequence of LooseReport, optional
        Reports that were handed in beside it.

    Returns
    -------
    submission : Submission
        Whatever the bytes are: their faults are problems of the submission.
    """
    naming, template = lab.naming, lab.template_bytes
    is_bare = name.lower().endswith(PYTHON)
    student_id = _find_owner(naming, loose) if is_bare else naming.find_student_id(name)
    wanted = Wanted(naming, template, student_id, others, _find_handout(lab))
    is_report = name.lower().endswith(REPORTS)  # handed in alone, it is still there to be marked
    reports = [LooseReport(name, data), *loose] if is_report else loose
    contents = add_loose(_read(name, data, wanted, is_bare=is_bare), reports, wanted, is_zip=not (is_bare or is_report))
    problems = list(contents.problems)
    if is_bare and name != naming.code:
        problems.append(remark(naming, "code_name", said("this one is called {name}", name=f"'{printable(name)}'")))
    if not is_bare and not naming.is_expected(name):
        told = said("this one is named {name}", name=f"'{printable(name)}'")
        if tag := next((other.tag for other in others if other.is_expected(name)), ""):
            told = said("{named}; it looks like one of {lab}", named=told, lab=tag)
        problems.append(remark(naming, "file_name", told))
    source = contents.source
    if source is not None:
        source, changed = to_utf8(naming, source)
        problems += [*changed, *judge_source(naming, source, template)]
    problems.sort(key=lambda problem: not problem.is_fatal)
    is_lost = any(problem.is_fatal for problem in problems)
    sha256 = "" if len(data) > MAX_FILE_BYTES else hashlib.sha256(data).hexdigest()
    handed = Handed(printable(name), student_id, sha256, contents.report_name, tuple(problems))
    return Submission(handed, None if is_lost else source, contents.report, {} if is_lost else contents.files)


def _find_owner(naming: Naming, loose: Sequence[LooseReport]) -> str:
    """Find the student id of bare code, whose name has none, in the names of the reports beside it."""
    found = {naming.find_student_id(report.name) for report in loose} - {""}
    return found.pop() if len(found) == 1 else ""


@cache
def _find_handout(lab: Lab) -> frozenset[str]:
    """Name the lab's own Python files, in small letters; the published ones may hold other text under these names."""
    patterns = () if lab.handout is None else lab.handout.shipped
    names = {path.name.lower() for pattern in patterns for path in REPOSITORY.glob(pattern)}
    names |= {path.name.lower() for _, path in lab.program.modules}
    return frozenset(name for name in names if name.endswith(".py") and name != lab.program.file)


def _read(name: str, data: bytes, wanted: Wanted, *, is_bare: bool) -> Contents:
    """Read the code, and the report of a zip."""
    if len(data) > (MAX_SOURCE_BYTES if is_bare else MAX_FILE_BYTES):
        code = "code_too_large" if is_bare else "file_too_large"
        limit = MAX_SOURCE_BYTES if is_bare else MAX_FILE_BYTES
        return Contents(problems=[fatal(wanted.naming, code, said("it has more than {size} MiB", size=limit // MIB))])
    if is_bare:
        return Contents(source=data)
    if not data:
        return Contents(problems=[fatal(wanted.naming, "empty_file", said("it is empty"))])
    if not data.startswith(b"PK") and (other := find_other_format(wanted.naming, [name])):
        return Contents(problems=[other.problem(wanted.naming)])
    return read_contents(data, wanted)
