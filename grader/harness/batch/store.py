"""The folder that a class is graded into: one result a student, committed as it comes, whole or not at all.

::

    OUT/
      index.html            the class, for the staff
      results/KEY.json      everything about one submission, in Gradescope's format
      submissions/KEY.zip   what was handed in, as it came; KEY_report.pdf: a report that was handed in beside it
      feedback/KEY.html     the student's page
      lines/KEY.json        the student's line in the table: written last, so its presence is the commitment
      roll.json             who and what was found in SUBMISSIONS the last time
      pairs.json            submissions that look alike
      pairs/A--B.html       two of them side by side
      choices.json          which upload counts for whom, where the staff chose
      late.json             extensions and waivers that single students were granted
      exported.json         lines of feedback that went into a worksheet, to be known again
      gradebook.db          nbgrader's gradebook: the only place with the marks of the written reports
      course/               what the formgrader shows

Only the coordinator writes here, one coordinator at a time. A file is written beside its place and renamed into it.
Nobody but the owner can read any of it: what an older grader left open is closed by the next command.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.harness.batch.found import Found, Roll
from grader.harness.batch.late import NOTHING, Granted, judge_lateness
from grader.harness.batch.paths import ClassPaths
from grader.harness.batch.records import Line, Outcome, SimilarPair, Status
from grader.harness.batch.remembered import read_feedback, read_granted
from grader.harness.codec import from_plain, to_plain
from grader.harness.errors import GraderError
from grader.harness.files import lock_away, make_folder, replacing, touch
from grader.harness.intake.loose import LooseReport
from grader.harness.patterns import list_patterns, with_patterns
from grader.harness.rubric import LateRule

GRADEBOOK = "gradebook.db"


class Store:
    """The folder of one class.

    Parameters
    ----------
    folder : Path
        Made where it is missing when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._paths = ClassPaths(folder)
        # Each line is read once: nobody else writes here while it is locked.
        self._lines: dict[str, Line | None] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other coordinators out; the lock ends with the process, however it ends.

        Raises
        ------
        GraderError
            If another process grades into this folder, or it cannot be written.
        """
        with ExitStack() as stack:
            try:
                make_folder(self.folder)
                file = stack.enter_context(os.fdopen(touch(self.folder / ".lock"), "r+b"))
                _lock(file.fileno())
            except BlockingIOError as exc:
                raise GraderError(
                    f"One command at a time may work in a folder; another one works in {str(self.folder)!r}. "
                    "Wait for it to end, or name another folder."
                ) from exc
            except OSError as exc:
                raise GraderError(
                    f"OUT must be a folder that can be written; {str(self.folder)!r} is none: {exc.strerror}. "
                    "Name another."
                ) from exc
            self._lock_away()
            yield

    def _lock_away(self) -> None:
        """Close the folder to everybody else, or say that they can still read it."""
        n_open = lock_away(self.folder)
        if n_open:
            print(
                f"OUT should be readable by you alone; of what is in {str(self.folder)!r}, others may read or change "
                f"{n_open:,}: it is somebody else's, or the disk keeps no permissions. Name an OUT on another disk.",
                file=sys.stderr,
            )

    def commit(self, line: Line, name: str, data: bytes, outcome: Outcome, reports: Sequence[LooseReport] = ()) -> None:
        """Keep one result.

        Parameters
        ----------
        line : Line
            The student's line.
        name : str
            File name of the submission, for its ending.
        data : bytes
            The submission.
        outcome : Outcome
            What grading it gave.
        reports : sequence of LooseReport
            What was handed in beside it.
        """
        key = line.person.key
        files = {self._paths.submission(key, name): data}
        files |= {self._paths.report(key, number, one.name): one.content for number, one in enumerate(reports)}
        for other in {*self._paths.submissions(key), *self.folder.glob(f"submissions/{key}_report*")} - set(files):
            other.unlink(missing_ok=True)
        for path, content in files.items():
            write(path, content)
        for path, content in (self._paths.results(key), outcome.results), (self._paths.page(key), outcome.page):
            if content:
                write(path, content)
            else:  # the grader failed: what stands there is of an earlier upload
                path.unlink(missing_ok=True)
        self.rewrite(line)

    def rewrite(self, line: Line) -> None:
        """Keep a line whose submission and result stay as they are."""
        self._lines.pop(line.person.key, None)
        write(self._paths.line(line.person.key), to_json({**to_plain(line), "patterns": list_patterns(line)}))

    def line(self, key: str) -> Line | None:
        """Return a student's line, or None when it, or what it stands for, is not there: it will be graded then."""
        if key not in self._lines:
            self._lines[key] = self._read_line(key)
        return self._lines[key]

    def _read_line(self, key: str) -> Line | None:
        try:
            data = json.loads(self._paths.line(key).read_bytes())
            patterns = data.pop("patterns", []) if isinstance(data, dict) else []
            # Its lateness depends on the rubric of the day.
            line = replace(with_patterns(from_plain(Line, data), patterns), lateness=None)
        except (OSError, ValueError):
            return None
        has_results = line.status is Status.NO_MARK or self._paths.results(key).is_file()
        is_kept = self.has_submission(key) and all(path.is_file() for path in self._paths.reports(line))
        return line if has_results and is_kept and line.person.key == key else None

    def lines(self, rule: LateRule | None = None) -> Sequence[Line]:
        """Return the lines of all who are on the roll, by key, late by the rule given and by what was granted."""
        lines = [line for line in (self.line(key) for key in self.found().keys) if line is not None]
        granted = NOTHING if rule is None else self.granted()
        return [replace(line, lateness=judge_lateness(rule, line.submitted_at, line.person, granted)) for line in lines]

    def graded_before(self) -> Sequence[Line]:
        """Return the lines of all who ever got a result here, also of those who are on the roll no longer, by key."""
        keys = sorted(path.stem for path in self.folder.glob("lines/*.json"))
        return [line for line in map(self.line, keys) if line is not None]

    def results(self, key: str) -> bytes:
        """Return a student's results file."""
        return self._paths.results(key).read_bytes()

    def submission(self, key: str) -> tuple[str, bytes]:
        """Return name and bytes of what a student handed in."""
        path = next(path for path in self._paths.submissions(key) if path.is_file())
        return path.name, path.read_bytes()

    def has_submission(self, key: str) -> bool:
        """Tell whether what a student handed in is kept."""
        return any(path.is_file() for path in self._paths.submissions(key))

    def reports(self, key: str) -> tuple[LooseReport, ...]:
        """Return the reports that a student handed in beside it."""
        line = self.line(key)
        paths = () if line is None else zip(line.reports, self._paths.reports(line), strict=True)
        return tuple(LooseReport(name, path.read_bytes()) for name, path in paths)

    def write_page(self, key: str, page: bytes) -> None:
        """Keep a student's page."""
        write(self._paths.page(key), page)

    def keep_pairs(self, pairs: Sequence[SimilarPair]) -> None:
        """Remember which submissions look alike."""
        write(self.folder / "pairs.json", to_json({"pairs": to_plain(pairs)}))

    def pairs(self) -> Sequence[SimilarPair]:
        """Return which submissions looked alike the last time; none where nobody has looked."""
        try:
            content = json.loads((self.folder / "pairs.json").read_bytes())["pairs"]
            return from_plain(list[SimilarPair], content)
        except (OSError, ValueError, LookupError, TypeError):
            return []

    def keep_granted(self, granted: Granted) -> None:
        """Remember what the staff granted single students."""
        if granted != self.granted():
            write(self._paths.granted, to_json(to_plain(granted)))

    def granted(self) -> Granted:
        """Return what the staff granted single students; GraderError if it is kept and cannot be read."""
        return read_granted(self._paths.granted)

    def remember_feedback(self, lines: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
        """Remember lines of feedback that go into a worksheet; return, by key, all that ever went into one."""
        before = read_feedback(self._paths.exported)
        after = {key: tuple(dict.fromkeys([*before.get(key, ()), *lines.get(key, ())])) for key in {*before, *lines}}
        if after != before:
            write(self._paths.exported, to_json(to_plain(after)))
        return after

    def pair_pages(self) -> set[str]:
        """Name the pages that show two submissions side by side."""
        return {path.name for path in self.folder.glob("pairs/*.html")}

    def keep_pair_pages(self, names: set[str]) -> None:
        """Delete the pages of pairs that are none any more."""
        for name in self.pair_pages() - names:
            (self.folder / "pairs" / name).unlink(missing_ok=True)

    def call(self, lab: str, roll: Roll) -> None:
        """Remember whose lab it is, and who and what was found."""
        keys = tuple(sorted([*(upload.person.key for upload in roll.uploads), *roll.kept]))
        found = Found(lab, keys, tuple(roll.others), tuple(roll.absent), tuple(roll.without_file))
        write(self._paths.roll, to_json(to_plain(found)))

    def found(self) -> Found:
        """Return what was found the last time.

        Raises
        ------
        GraderError
            If nothing was graded into this folder yet, or by another form of the grader.
        """
        try:
            return from_plain(Found, json.loads(self._paths.roll.read_bytes()))
        except OSError as exc:
            raise GraderError(
                f"A class must have been graded into the folder first; {str(self.folder)!r} holds none. "
                "Run: python -m grader batch SUBMISSIONS --out FOLDER"
            ) from exc
        except ValueError as exc:
            raise GraderError(
                "The class must have been graded by this version of the grader; "
                f"{str(self._paths.roll)!r} was written by an older one, or is damaged. Bring the folder up to date, "
                "which keeps the marks of the reports: "
                "python -m grader batch SUBMISSIONS --out FOLDER --lab NAME --regrade changed"
            ) from exc

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever graded into this folder."""
        return not self._paths.roll.exists()


def write(path: Path, content: bytes) -> None:
    """Write a file of the class, whole or not at all.

    Raises
    ------
    GraderError
        If it cannot be written: the disk is full, say.
    """
    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as exc:
        raise GraderError(
            f"OUT must have room and take files; {str(path)!r} could not be written: {exc.strerror or exc}. What is "
            "finished is kept: make room, and start the same command again."
        ) from exc


def to_json(value: Any) -> bytes:  # noqa: ANN401 - plain data
    """Write plain data as the folder's files have it."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _lock(descriptor: int) -> None:
    """Take the lock of a file, or raise BlockingIOError."""
    if os.name == "posix":
        import fcntl  # Windows has none

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
