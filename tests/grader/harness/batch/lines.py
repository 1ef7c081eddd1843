"""Lines, uploads and outcomes as small as tests need them."""

from datetime import datetime
from fractions import Fraction

from grader.harness.batch.found import Entry, Person, Place, Upload
from grader.harness.batch.records import Line, Outcome, PreCheck, Status
from grader.harness.fingerprints import find_fingerprints
from grader.harness.results import Timing
from grader.labs.merge.lab import LAB

WHEN = datetime(2026, 1, 8, 12, 30)  # noqa: DTZ001 - the course's local time


def make_outcome(points=60, **changes):
    given = {
        "status": Status.GRADED,
        "points": {"loads": Fraction(0), "handout": Fraction(points)},
        "verdicts": {"loads": "passed", "handout": "passed"},
        "remarks": ("The zip's name is not as asked.",),
        "timing": Timing(0.5, 0.01, "300 rows"),
        "execution_s": 0.25,
        "precheck": PreCheck(5, 1200, 3, ("algorithm",), ("The part about challenges was not found.",)),
        "fingerprint": find_fingerprints(LAB),
        "results": b"{}\n",
        "page": b"<!doctype html>",
    }
    return Outcome(**{**given, **changes})


def make_upload(folder, key, content=b"zip", *, older=(), remarks=()):
    path = folder / f"{key}_Lab3.zip"
    path.write_bytes(content)
    entry = Entry(path.name, Place(path), path.name, student_id=key, modified=WHEN, n_bytes=len(content))
    person = Person(key, key, f"Name of {key}", "17", f"{key}@example.org")
    return Upload(person, entry, WHEN, tuple(older), tuple(remarks))


def make_line(key, **changes):
    return Line(Person(key), Status.GRADED, "", f"{key}_Lab3.zip", **changes)
