"""Make the zip that a student hands in, of any lab, or say what is still missing; nothing of it is run.

The zip is opened as the grader opens it, so that what the grader would refuse, or remark on, is said here.
"""

import ast
import io
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.harness.intake.names import EXAMPLE_ID, STUDENT_ID
from grader.harness.lab import Lab
from grader.harness.languages import Said, said
from grader.harness.report.failures import say_explanation
from grader.harness.submission import open_submission_bytes

HARMLESS = ("crlf", "utf8_bom", "tabs")
"""Codes of problems that nobody needs to mend."""

LARGEST_REPORT_BYTES = 50 * 2**20

EDITABLE = (".doc", ".docx", ".odt", ".pages")
"""What word processors save: right for writing a report, wrong for handing it in."""


@dataclass(frozen=True)
class Packed:
    """What came of packing.

    Attributes
    ----------
    path : Path or None
        The zip; None where none was made.
    problems : tuple of Said
        Why there is none.
    remarks : tuple of Said
        What the student should know of the one that there is.
    """

    path: Path | None
    problems: tuple[Said, ...] = ()
    remarks: tuple[Said, ...] = ()


def pack_submission(
    lab: Lab,
    student_id: str,
    folder: Path,
    out: Path,
    *,
    code: Path | None = None,
    report: Path | None = None,
    is_replacing: bool = False,
) -> Packed:
    """Pack code and report under the names that the lab asks for.

    Parameters
    ----------
    lab : Lab
        Whose submission it is.
    student_id : str
        As the student writes it.
    folder : Path
        What the student unpacked and works in.
    out : Path
        The folder that the zip goes to.
    code : Path, optional
        The student's file, if it is not where the lab has it.
    report : Path, optional
        The written report, if it is not in `folder` under its right name.
    is_replacing : bool, optional
        Whether a zip that is there may be replaced.

    Returns
    -------
    packed : Packed
        The zip or the reasons why there is none, in sentences for the student.
    """
    owner = student_id.strip().upper()
    if not re.fullmatch(STUDENT_ID, owner, re.IGNORECASE | re.ASCII):
        return Packed(None, (_say_wrong_id(student_id),))
    zip_name, report_name = (name.replace("StudentID", owner) for name in (lab.naming.zip_name, lab.naming.report_name))
    code, report = code or folder / lab.code, report or folder / report_name
    faults = (_find_fault_of_code(lab, code), _find_fault_of_report(report, report_name))
    if problems := [fault for fault in faults if fault]:
        return Packed(None, tuple(problems))
    source = code.read_bytes()
    data = make_zip({lab.program.file: source, report_name: report.read_bytes()})
    # Whatever else the grader would say of it.
    remarks = open_submission_bytes(lab, zip_name, data).handed.problems
    if told := [say_explanation(remark.explanation) for remark in remarks if remark.code not in HARMLESS]:
        return Packed(None, tuple(told))
    target = out / zip_name
    if problem := _write(target, data, is_replacing=is_replacing):
        return Packed(None, (problem,))
    wrote = said(
        "Wrote {file} with {code} and {report}. Hand in this file as it is.",
        file=target,
        code=lab.program.file,
        report=report_name,
    )
    return Packed(target, (), (wrote, *_remark(lab, source)))


def make_zip(contents: Mapping[str, bytes]) -> bytes:
    """Make a zip; the same contents give the same bytes, whenever and wherever."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # else Windows and the others write different bytes
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _say_wrong_id(student_id: str) -> Said:
    if not student_id.strip():
        return said(
            "Your student id is missing. Add it to the command, for example: python pack.py {example}",
            example=EXAMPLE_ID,
        )
    return said(
        "A student id is up to three letters and then six to ten digits; got {id}. "
        "Write it as on your student card, for example: python pack.py {example}",
        id=f"{student_id!r:.80}",
        example=EXAMPLE_ID,
    )


def _find_fault_of_code(lab: Lab, path: Path) -> Said | None:
    """Say why code cannot be handed in; nothing when it can."""
    file = lab.program.file
    try:
        source = path.read_bytes()
    except OSError as exc:
        return said(
            "{name} is missing: {path} cannot be read ({why}). Put it there and pack again.",
            name=file,
            path=path,
            why=exc.strerror,
        )
    return _find_fault_of_text(file, source) or _find_syntax_error(file, source) or _find_nothing_written(lab, source)


def _find_fault_of_text(file: str, source: bytes) -> Said | None:
    try:
        source.decode("utf-8")
    except UnicodeDecodeError as exc:
        return said(
            "{file} must be saved as UTF-8; line {line} is not. Save it with the encoding UTF-8 in your editor, and "
            "pack again.",
            file=file,
            line=source.count(b"\n", 0, exc.start) + 1,
        )
    if b"\0" in source:
        return said(
            "{file} must be text; it holds zero bytes. Save it as UTF-8 in your editor, and pack again.", file=file
        )
    if b"?????" in source:
        return said("{file} still has blanks to fill in (?????). Put your code there.", file=file)
    return None


def _find_syntax_error(file: str, source: bytes) -> Said | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's remarks on the style of a program that is right
            compile(source, file, "exec", dont_inherit=True)
    except SyntaxError as exc:
        return said(
            "{file} has a syntax error in line {line}: {what}. Fix it, and pack again.{shown}",
            file=file,
            line=exc.lineno,
            what=exc.msg,
            shown=f"\n    {exc.text.strip()}" if exc.text else "",
        )
    except (ValueError, MemoryError, RecursionError) as exc:
        why = exc or type(exc).__name__
        return said("{file} cannot be read as Python: {why}. Make it simpler, and pack again.", file=file, why=why)
    return None


def _find_nothing_written(lab: Lab, source: bytes) -> Said | None:
    """Say that none of the lab's functions is there, or that none does anything yet."""
    file, functions = lab.program.file, lab.program.functions
    names = [function.name for function in functions]
    if _find_written(source, with_empty=True).isdisjoint(names):
        return said(
            "{file} must define {functions}; it does not. Write, for example: def {name}({parameters}):",
            file=file,
            functions=", ".join(names),
            name=names[0],
            parameters=functions[0].parameters,
        )
    if _find_unwritten(lab, source) == names:
        return said(
            "{file} is still as you got it: none of its functions does anything yet. Put your code there.", file=file
        )
    return None


def _find_fault_of_report(path: Path, name: str) -> Said | None:
    """Say why a report cannot be handed in under the name `name`; nothing when it can."""
    try:
        content = path.read_bytes()
    except OSError:
        return _say_missing_report(path, name)
    if b"%PDF-" not in content[:1024]:
        return _and_export(said("The report must be a PDF; {file} is not.", file=path.name), name)
    if len(content) > LARGEST_REPORT_BYTES:
        return said(
            "The report may have at most 50 MiB; {file} has {size}. Make its pictures smaller.",
            file=path.name,
            size=f"{len(content) / 2**20:.1f}",
        )
    return None


def _say_missing_report(path: Path, name: str) -> Said:
    """Say that the report is missing, and what else lies in its place that may be it."""
    others = sorted(other.name for other in path.parent.glob("*") if other.is_file())
    drafts = [other for other in others if other.lower().endswith(EDITABLE)]
    finished = [other for other in others if other.lower().endswith(".pdf")]
    if finished:
        return said(
            'The report {file} is missing. If {other} is it, add: --report "{place}"',
            file=path.name,
            other=finished[0],
            place=path.parent / finished[0],
        )
    if drafts:
        return _and_export(said("The report must be a PDF; there is only {file}.", file=drafts[0]), name)
    return _and_export(said("The report {file} is missing.", file=path.name), name)


def _and_export(problem: Said, name: str) -> Said:
    """Add how the report becomes a PDF of this name."""
    export = said(
        "Open your report in Word, LibreOffice or Pages, export it as PDF, and save it as {name} beside pack.py.",
        name=name,
    )
    return said("{first} {second}", first=problem, second=export)


def _remark(lab: Lab, source: bytes) -> tuple[Said, ...]:
    """Name the functions that nobody has written yet."""
    missing = _find_unwritten(lab, source)
    if not missing:
        return ()
    told = said("Not written yet, so without points: {functions}. All else is marked.", functions=", ".join(missing))
    return (told,)


def _find_unwritten(lab: Lab, source: bytes) -> list[str]:
    """Find the functions of the lab that are nowhere, or do nothing."""
    written = _find_written(source, with_empty=False)
    return [function.name for function in lab.program.functions if function.name not in written]


def _find_written(source: bytes, *, with_empty: bool) -> set[str]:
    """Find the names that code gives to something; functions that do nothing are names only `with_empty`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = list(ast.walk(ast.parse(source)))
    written = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    written |= {
        alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return written | {
        node.name for node in nodes if isinstance(node, ast.FunctionDef) and (with_empty or not _does_nothing(node))
    }


def _does_nothing(function: ast.FunctionDef) -> bool:
    return all(isinstance(statement, ast.Expr | ast.Raise | ast.Pass) for statement in function.body)


def _write(target: Path, content: bytes, *, is_replacing: bool) -> Said | None:
    """Write the zip; say why it could not be written, nothing when it was."""
    try:
        with target.open("wb" if is_replacing else "xb") as file:
            file.write(content)
    except FileExistsError:
        return said("{file} already exists and was left as it is. Add --force to replace it.", file=target)
    except OSError as exc:
        return said(
            "{file} could not be written ({why}). Choose another folder with --out.", file=target, why=exc.strerror
        )
    return None
