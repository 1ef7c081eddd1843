"""Make the zip that you hand in, or say what is still missing: `python pack.py N26130891`.

The zip holds your merge.py and your report as a PDF, under the names that the lab asks for. Your code is not run.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import io
import re
import sys
import warnings
import zipfile
from pathlib import Path

OLDEST_PYTHON = (3, 11)
"""An older one takes newer syntax in merge.py for a mistake."""

HERE = Path(__file__).resolve().parent
LANGUAGES = None
if sys.version_info[:2] >= OLDEST_PYTHON:
    with contextlib.suppress(ImportError):  # alone in another folder it speaks English
        LANGUAGES = importlib.import_module("grader.harness.languages")

STUDENT_ID = re.compile(r"[A-Z]{0,3}[0-9]{6,10}")
LARGEST_REPORT_BYTES = 50 * 2**20
EDITABLE = (".doc", ".docx", ".odt", ".pages")
"""What word processors save: right for writing a report, wrong for handing it in."""


def _(pattern: str, **values: object) -> str:
    """Say it in the language that was chosen."""
    return LANGUAGES.tell(LANGUAGES.said(pattern, **values)) if LANGUAGES else pattern.format(**values)


def main(argv: list[str] | None = None) -> int:
    """Pack and return 0; return 1 when a file is missing or wrong, 2 when the command is."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show must not stop us
    if LANGUAGES is None:
        return run(argv)
    try:
        language = LANGUAGES.find_asked_language(argv)
    except LANGUAGES.UsageError as exc:
        return _complain([str(exc)], 2)
    with LANGUAGES.speaking(language, Path(LANGUAGES.__file__).resolve().parents[1] / "labs" / "merge"):
        return run(argv)


def run(argv: list[str] | None = None) -> int:
    """Do what `main` says, in the language that was chosen."""
    args = _parser().parse_args(argv)
    if sys.version_info[:2] < OLDEST_PYTHON:
        return _complain([python_problem(sys.version_info[:2])], 2)
    student_id = args.student_id.strip().upper()
    if not STUDENT_ID.fullmatch(student_id):
        return _complain([id_problem(args.student_id)], 2)
    report_name = f"{student_id}_Lab3_report.pdf"
    report = args.report or HERE / report_name
    problems = [problem for problem in (merge_problem(args.merge), report_problem(report, report_name)) if problem]
    if problems:
        return _complain(problems, 1)
    target = args.out / f"{student_id}_Lab3.zip"
    content = pack({"merge.py": args.merge.read_bytes(), report_name: report.read_bytes()})
    problem = write_problem(target, content, force=args.force)
    if problem:
        return _complain([problem], 1)
    print(_("Wrote {file} with merge.py and {report}. Hand in this file as it is.", file=target, report=report_name))
    return 0


def python_problem(version: tuple[int, int]) -> str:
    """Say that this Python is too old."""
    oldest, this = (".".join(map(str, numbers)) for numbers in (OLDEST_PYTHON, version))
    return _(
        "Python {oldest} or newer is needed; this is {this}. README.md says how to set it up.", oldest=oldest, this=this
    )


def id_problem(student_id: str) -> str:
    """Say why a student id cannot be one."""
    if not student_id.strip():
        return _("Your student id is missing. Add it to the command, for example: python pack.py N26130891")
    return _(
        "A student id is up to three letters and then six to ten digits; got {id}. "
        "Write it as on your student card, for example: python pack.py N26130891",
        id=repr(student_id),
    )


def merge_problem(path: Path) -> str:
    """Say why a merge.py cannot be handed in; nothing when it can."""
    try:
        source = path.read_bytes()
    except OSError as exc:
        return _(
            "merge.py is missing: {path} cannot be read ({why}). Keep pack.py in the lab's folder.",
            path=path,
            why=exc.strerror,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's remarks on the style of a program that is right
        return _encoding_problem(source) or _syntax_problem(source) or _template_problem(ast.parse(source))


def report_problem(path: Path, name: str) -> str:
    """Say why a report cannot be handed in under the name `name`; nothing when it can."""
    try:
        content = path.read_bytes()
    except OSError:
        return _missing_report(path, name)
    if b"%PDF-" not in content[:1024]:
        return _and_export(_("The report must be a PDF; {file} is not.", file=path.name), name)
    if len(content) > LARGEST_REPORT_BYTES:
        size = f"{len(content) / 2**20:.1f}"
        return _(
            "The report may have at most 50 MiB; {file} has {size}. Make its pictures smaller.",
            file=path.name,
            size=size,
        )
    return ""


def pack(contents: dict[str, bytes]) -> bytes:
    """Make a zip; the same contents give the same bytes, whenever and wherever."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # else Windows and the others write different bytes
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def write_problem(target: Path, content: bytes, *, force: bool) -> str:
    """Write the zip; say why it could not be written, nothing when it was."""
    try:
        with target.open("wb" if force else "xb") as file:
            file.write(content)
    except FileExistsError:
        return _("{file} already exists and was left as it is. Add --force to replace it.", file=target)
    except OSError as exc:
        return _(
            "{file} could not be written ({why}). Choose another folder with --out.", file=target, why=exc.strerror
        )
    return ""


def _encoding_problem(source: bytes) -> str:
    try:
        source.decode("utf-8")
    except UnicodeDecodeError as exc:
        line = source.count(b"\n", 0, exc.start) + 1
        return _(
            "merge.py must be saved as UTF-8; line {line} is not. "
            "Save it with the encoding UTF-8 in your editor, and pack again.",
            line=line,
        )
    if b"\0" in source:
        return _("merge.py must be text; it holds zero bytes. Save it as UTF-8 in your editor, and pack again.")
    return ""


def _syntax_problem(source: bytes) -> str:
    if b"?????" in source:
        return _("merge.py still has blanks to fill in (?????). Put your code there.")
    try:
        compile(source, "merge.py", "exec")
    except SyntaxError as exc:
        shown = f"\n    {exc.text.strip()}" if exc.text else ""
        told = _(
            "merge.py has a syntax error in line {line}: {what}. Fix it, and pack again.", line=exc.lineno, what=exc.msg
        )
        return told + shown
    except (ValueError, MemoryError, RecursionError) as exc:
        why = exc or type(exc).__name__
        return _("merge.py cannot be read as Python: {why}. Make it simpler, and pack again.", why=why)
    return ""


def _template_problem(tree: ast.Module) -> str:
    """Look for something called merge that does something."""
    nodes = list(ast.walk(tree))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == "merge"]
    assigned = [node for node in nodes if isinstance(node, ast.Name) and node.id == "merge" and _is_stored(node)]
    if not functions and not assigned:
        return _("merge.py must define a function merge; it does not. Begin it with: def merge(subset, ...):")
    if not assigned and all(_does_nothing(function) for function in functions):
        return _("merge.py is still as you got it: its function merge does nothing yet. Put your code there.")
    return ""


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _does_nothing(function: ast.FunctionDef) -> bool:
    return all(isinstance(statement, (ast.Expr, ast.Raise, ast.Pass)) for statement in function.body)


def _missing_report(path: Path, name: str) -> str:
    """Say that the report is missing, and what else lies in its place that may be it."""
    others = sorted(other.name for other in path.parent.glob("*") if other.is_file())
    drafts = [other for other in others if other.lower().endswith(EDITABLE)]
    finished = [other for other in others if other.lower().endswith(".pdf")]
    if finished:
        return _(
            'The report {file} is missing. If {other} is it, add: --report "{place}"',
            file=path.name,
            other=finished[0],
            place=path.parent / finished[0],
        )
    if drafts:
        return _and_export(_("The report must be a PDF; there is only {file}.", file=drafts[0]), name)
    return _and_export(_("The report {file} is missing.", file=path.name), name)


def _and_export(problem: str, name: str) -> str:
    """Add how the report becomes a PDF of this name."""
    export = _(
        "Open your report in Word, LibreOffice or Pages, export it as PDF, and save it as {name} beside pack.py.",
        name=name,
    )
    return _("{first} {second}", first=problem, second=export)


def _complain(problems: list[str], code: int) -> int:
    for problem in problems:
        print(f"pack.py: {problem}", file=sys.stderr)
    print(_("No zip was made."), file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=_("Make the zip that you hand in, or say what is still missing: `python pack.py N26130891`.")
    )
    parser.add_argument("student_id", nargs="?", default="", help=_("your student id, such as N26130891"))
    report = _("your report; by default STUDENTID_Lab3_report.pdf beside pack.py")
    parser.add_argument("--report", type=Path, help=report)
    parser.add_argument("--merge", type=Path, default=HERE / "estimation" / "merge.py", help=_("your code"))
    out = _("folder for the zip; by default the current one")
    parser.add_argument("--out", type=Path, default=Path(), help=out)
    parser.add_argument("--force", action="store_true", help=_("replace a zip that is there already"))
    language = _("what this says it in: en or zh-TW; by default your system's language")
    parser.add_argument("--language", default="", metavar="NAME", help=language)
    return parser


if __name__ == "__main__":
    sys.exit(main())
