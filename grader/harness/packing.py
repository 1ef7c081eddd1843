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
    lab: Lab, student_id: str, code: Path, report: Path | None, out: Path, *, is_replacing: bool = False
) -> Packed:
    """Pack code and report under the names that the lab asks for.

    Parameters
    ----------
    lab : Lab
        Whose submission it is.
    student_id : str
        As the student writes it.
    code : Path
        The student's file.
    report : Path or None
        The written report; None for the one beside the code, under its right name.
    out : Path
        The folder that the zip goes to.
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
    contents: dict[str, bytes] = {}
    problems = []
    for name, path in {lab.program.file: code, report_name: report or code.parent / report_name}.items():
        try:
            contents[name] = path.read_bytes()
        except OSError as exc:
            problems.append(
                said(
                    "{name} is missing: {path} cannot be read ({why}). Put it there and pack again.",
                    name=name,
                    path=path,
                    why=exc.strerror,
                )
            )
    data = make_zip(contents)
    problems += [] if problems else _find_problems(lab, zip_name, contents, data)
    if problems:
        return Packed(None, tuple(problems))
    target = out / zip_name
    problem = _write(target, data, is_replacing=is_replacing)
    return Packed(None, (problem,)) if problem else Packed(target, (), _remark(lab, contents[lab.program.file]))


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


def _find_problems(lab: Lab, zip_name: str, contents: Mapping[str, bytes], data: bytes) -> list[Said]:
    """Say what the grader would say of the zip, and what Python says of the code."""
    handed = open_submission_bytes(lab, zip_name, data).handed
    problems = [say_explanation(problem.explanation) for problem in handed.problems if problem.code not in HARMLESS]
    problems += [
        said(
            "The report may have at most 50 MiB; {file} has {size}. Make its pictures smaller.",
            file=name,
            size=f"{len(content) / 2**20:.1f}",
        )
        for name, content in contents.items()
        if len(content) > LARGEST_REPORT_BYTES
    ]
    return problems or _find_syntax_error(lab, contents[lab.program.file])


def _find_syntax_error(lab: Lab, source: bytes) -> list[Said]:
    file = lab.program.file
    try:
        tree = _parse(source)
    except SyntaxError as exc:
        shown = f"\n    {exc.text.strip()}" if exc.text else ""
        return [
            said(
                "{file} has a syntax error in line {line}: {what}. Fix it, and pack again.{shown}",
                file=file,
                line=exc.lineno,
                what=exc.msg,
                shown=shown,
            )
        ]
    except (ValueError, MemoryError, RecursionError) as exc:
        why = exc or type(exc).__name__
        return [said("{file} cannot be read as Python: {why}. Make it simpler, and pack again.", file=file, why=why)]
    missing = _find_unwritten(lab, tree)
    if len(missing) == len(lab.program.functions):
        return [
            said(
                "{file} is still as you got it: none of its functions does anything yet. Put your code there.",
                file=file,
            )
        ]
    return []


def _remark(lab: Lab, source: bytes) -> tuple[Said, ...]:
    """Name the functions that nobody has written yet."""
    missing = _find_unwritten(lab, _parse(source))
    if not missing:
        return ()
    told = said("Not written yet, so without points: {functions}. All else is marked.", functions=", ".join(missing))
    return (told,)


def _find_unwritten(lab: Lab, tree: ast.Module) -> list[str]:
    """Find the functions of the lab that are nowhere, or do nothing."""
    nodes = list(ast.walk(tree))
    written = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    written |= {
        alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and not all(
            isinstance(statement, ast.Expr | ast.Raise | ast.Pass) for statement in node.body
        ):
            written.add(node.name)
    return [function.name for function in lab.program.functions if function.name not in written]


def _parse(source: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's remarks on the style of a program that is right
        return ast.parse(source)


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
