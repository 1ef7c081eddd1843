"""What is saved on the marking page: JSON by PUT, answered with the pieces of the page that it changes."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, TypeVar

from tornado.web import HTTPError

from grader.harness.batch.marking_page import bank, claims, pages
from grader.harness.batch.marking_page.book import SavedMeanwhile
from grader.harness.batch.marking_page.door import Page
from grader.harness.batch.marking_page.requests import (
    CheckRequest,
    ClaimRequest,
    CommentRequest,
    NoteRequest,
    PartRequest,
    WaiverRequest,
    read_points,
)
from grader.harness.batch.marking_page.sheet import Choice, MarkRefused, Saved, Sheet
from grader.harness.codec import from_plain

MAX_BODY = 64 * 1024

T = TypeVar("T")


class Saves(Page):
    """Saves something, and answers with JSON."""

    def read(self, kind: type[T]) -> T:
        """Read the body as a record; 400 for anything else."""
        if len(self.request.body) > MAX_BODY:
            raise HTTPError(413, f"A request must have at most {MAX_BODY // 1024} KiB.")
        try:
            return from_plain(kind, json.loads(self.request.body))
        except ValueError as exc:
            raise HTTPError(400, f"A request must be as the page sends it. {exc}") from exc

    @property
    def saved(self) -> Saved:
        """Who saves, and when."""
        if not self.marker:
            raise MarkRefused("Whoever marks must say who they are. Load the page again and give your name.")
        return Saved(self.marker, datetime.now(UTC).isoformat(timespec="seconds"))

    def write_words(self, words: str) -> None:
        """Answer with what went wrong, and with what the page must know to go on."""
        error = getattr(self, "error", None)
        asks = error.n_students if isinstance(error, bank.AsksWhoseMarks) else 0
        seen = error.version if isinstance(error, SavedMeanwhile) else ""
        self.finish({"message": words, "asks": asks, "seen": seen})

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401 - Tornado's
        """Keep what went wrong for the answer."""
        self.error = kwargs.get("exc_info", (None, None, None))[1]
        super().write_error(status_code, **kwargs)

    async def answer(self, sheet: Sheet, what: str) -> None:
        """Answer with the pieces of the page that a save has changed."""
        marks = await self.do(self.desk.marks, sheet.student)
        self.finish({"pieces": pages.render_pieces(marks, what)})


class SavePart(Saves):
    """What was chosen for a part of the report."""

    async def put(self, key: str, part: str) -> None:
        asked = self.read(PartRequest)
        choice = Choice(asked.level, read_points(asked.points), asked.comments, asked.text)
        sheet = await self.do(self.desk.book.save_part, key, part, choice, asked.seen, self.saved)
        await self.answer(sheet, f"part-{part}")


class SaveCheck(Saves):
    """Other points for a check of the code."""

    async def put(self, key: str, check: str) -> None:
        asked = self.read(CheckRequest)
        points = read_points(asked.points)
        sheet = await self.do(self.desk.book.overrule, key, check, points, asked.reason, asked.seen, self.saved)
        await self.answer(sheet, f"check-{check}")


class SaveNote(Saves):
    """A note for the staff."""

    async def put(self, key: str) -> None:
        asked = self.read(NoteRequest)
        sheet = await self.do(self.desk.book.write_note, key, asked.text, asked.seen, self.saved)
        await self.answer(sheet, "note")


class Waive(Saves):
    """A penalty that is waived."""

    async def put(self, key: str) -> None:
        asked = self.read(WaiverRequest)
        _ = self.saved  # whoever has no name waives nothing
        sheet = await self.do(self.desk.waive, key, asked.reason)
        await self.answer(sheet, "penalty")


class GiveNothing(Saves):
    """No points for all that is open."""

    async def put(self, key: str) -> None:
        sheet = await self.do(self.desk.give_nothing, key, self.saved)
        await self.answer(sheet, "parts")


class Claim(Saves):
    """Who is at work on a report."""

    async def put(self, key: str) -> None:
        asked = self.read(ClaimRequest)
        if asked.release:
            await self.do(claims.release, self.desk.book, key, self.saved.by)
            self.finish({"by": ""})
            return
        now = datetime.now(UTC)
        held = await self.do(claims.claim, self.desk.book, key, self.saved.by, now, take_over=asked.take_over)
        self.finish({"by": held.by})


class Bank(Saves):
    """A comment of the bank: a new one, a changed one, or one less."""

    async def put(self, part: str, key: str | None) -> None:
        asked, book = self.read(CommentRequest), self.desk.book
        points = read_points(asked.points) or Fraction(0)
        if key is None:
            comment = await self.do(bank.add_comment, book, part, asked.text, points)
        elif asked.is_retired:
            await self.do(bank.retire_comment, book, key)
            self.finish({"key": ""})
            return
        else:
            change = bank.change_comment
            comment = await self.do(change, book, key, asked.text, points, self.saved, everybody=asked.everybody)
        self.finish({"key": comment.key})
