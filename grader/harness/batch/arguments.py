"""What the commands for a class take on the command line."""

import argparse
import os
from pathlib import Path

from grader.harness.options import LANGUAGE
from grader.harness.sandbox.policy import Mode

MODES = [Mode.STRICT.value, Mode.AUTO.value]


def declare_batch(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Declare what ``batch`` takes; return the parser."""
    what = "Moodle's archive, zipped or unpacked, a folder of zips, or zips"
    parser.add_argument("submissions", type=Path, nargs="+", metavar="SUBMISSIONS", help=what)
    parser.add_argument("--out", type=Path, required=True, metavar="OUT", help="folder of the class")
    parser.add_argument("--worksheet", type=Path, metavar="FILE.csv", help="Moodle's grading worksheet: ids and times")
    parser.add_argument("--workers", type=_count, default=_n_cores(), metavar="N", help="processes; default: all cores")
    parser.add_argument("--scheduler", metavar="tcp://HOST:8786", help="grade on this Dask cluster")
    parser.add_argument("--regrade", default="", metavar="all|changed|ID", help="grade again; the report's marks stay")
    what = "let this upload of theirs count; 'newest' takes it back"
    parser.add_argument("--take", action="append", default=[], metavar="ID=FILE", help=what)
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--add", action="store_true", help="SUBMISSIONS adds or replaces these; all others stay")
    part.add_argument("--drop", action="store_true", help="who is not in SUBMISSIONS any more leaves the class")
    parser.add_argument("--sandbox", choices=MODES, default=Mode.STRICT, help="auto: with what this machine has")
    parser.add_argument("--student-python", type=Path, metavar="PATH", help="interpreter that runs the students' code")
    parser.add_argument("--language", **LANGUAGE)
    _add_grants(parser)
    _add_gradebook(parser)
    return parser


def declare_serving(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Declare what ``mark`` and ``formgrader`` take; return the parser."""
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the class")
    parser.add_argument("--port", type=int, help="default: 8642, or any that is free")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    _add_gradebook(parser)
    return parser


def declare_export(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Declare what ``export`` takes; return the parser."""
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the class")
    parser.add_argument("--moodle", type=Path, metavar="WORKSHEET.csv", help="fill in a copy of Moodle's worksheet")
    parser.add_argument("--feedback-zip", action="store_true", help="students' pages, for Moodle to hand out")
    parser.add_argument("--csv", action="store_true", help="one row a student, one column a check")
    parser.add_argument("--gradescope", type=Path, metavar="DIR", help="one results.json a student")
    what = "students who handed in nothing get 0, or no grade (blank, the default)"
    parser.add_argument("--missing", choices=["zero", "blank"], default="blank", help=what)
    what = "put ours in the place of grades and feedback that somebody filled in on the worksheet"
    parser.add_argument("--overwrite", action="store_true", help=what)
    parser.add_argument("--language", **LANGUAGE)
    _add_grants(parser)
    _add_gradebook(parser)
    return parser


def _add_grants(parser: argparse.ArgumentParser) -> None:
    what = "another due time for a student, as N26130001='2026-01-16 23:59'; remembered in OUT, ID= takes it back"
    parser.add_argument("--extension", action="append", default=[], metavar="ID=TIME", help=what)
    what = "take nothing off for lateness, and tell the student why; remembered in OUT, ID= takes it back"
    parser.add_argument("--waive", action="append", default=[], metavar="ID=REASON", help=what)


def _add_gradebook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gradebook", default="", metavar="URL", help="SQLAlchemy address; default: a file in OUT")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number from 1 on; got {text!r}")
    return int(text)


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
