"""HTTP of the marking page: whoever has the server's token may read the class and mark it, and nothing else.

What is saved comes as JSON by PUT, is read field by field, and answered with the piece of the page that it changes.
"""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlencode

from jupyter_server.base.handlers import JupyterHandler
from tornado.ioloop import IOLoop
from tornado.web import HTTPError

from grader.harness.batch.marking_page import bank, claims, pages
from grader.harness.batch.marking_page.book import SavedMeanwhile
from grader.harness.batch.marking_page.desk import Desk
from grader.harness.batch.marking_page.queue import Order, find_next, sort
from grader.harness.batch.marking_page.sheet import Choice, MarkRefused, Saved, Sheet
from grader.harness.batch.pdf.images import media_type
from grader.harness.characters import make_visible, one_line
from grader.harness.codec import from_plain
from grader.harness.errors import GraderError
from grader.harness.results import Audience

MAX_NAME = 40
MAX_BODY = 64 * 1024
NAME, ORDER = "lab_marker", "lab_order"
"""Cookies: who marks, and in which order."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STILL = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""For pages and files that came of strangers' work: nothing in them runs."""

_POINTS = re.compile(r"([+\N{MINUS SIGN}-]?)([0-9]{1,4})(?:[.,]([0-9]{1,2}))?")
_NAME = "[A-Za-z0-9-]{1,100}"
_KEY = f"({_NAME})"
_WORD = "([A-Za-z0-9_]{1,100})"

T = TypeVar("T")


@dataclass(frozen=True)
class PartRequest:
    """What is chosen for a part: points as they were typed, empty for none; the version that was seen."""

    level: str
    points: str
    comments: tuple[str, ...]
    text: str
    seen: str


@dataclass(frozen=True)
class CheckRequest:
    """Other points for a check, as they were typed, empty to take them back; why; the version that was seen."""

    points: str
    reason: str
    seen: str


@dataclass(frozen=True)
class NoteRequest:
    """A note for the staff; the version that was seen."""

    text: str
    seen: str


@dataclass(frozen=True)
class WaiverRequest:
    """Why a penalty is waived; nothing takes the waiver back."""

    reason: str


@dataclass(frozen=True)
class CommentRequest:
    """A comment of the bank: its text, its points as they were typed, for whom it changes, whether it goes."""

    text: str
    points: str
    everybody: bool | None = None
    is_retired: bool = False


@dataclass(frozen=True)
class ClaimRequest:
    """Whether to take a report from somebody who is at work on it, or to give it back."""

    take_over: bool = False
    release: bool = False


def make_pages(desk: Desk) -> list[tuple[str, type, dict[str, Any]]]:
    """List the paths of the marking page and who answers them, for Tornado."""
    own = {"desk": desk, "threads": ThreadPoolExecutor(4)}
    return [
        (r"/mark/", _List, own),
        (r"/mark/name", _Name, own),
        (r"/mark/next", _Next, own),
        (rf"/mark/of/{_KEY}", _Submission, own),
        (rf"/mark/of/{_KEY}/page/([1-9][0-9]{{0,4}})", _ReportPage, own),
        (rf"/mark/of/{_KEY}/file/(report|[0-9]{{1,3}})", _File, own),
        (rf"/mark/of/{_KEY}/(results|feedback)\.html", _Results, own),
        (r"/mark/class/", _Class, own),
        (rf"/mark/class/(feedback|results|pairs)/({_NAME}(?:--{_NAME})?\.(?:html|json))", _ClassFile, own),
        (r"/mark/static/(page\.css|page\.js)", _Static, own),
        (rf"/mark/api/of/{_KEY}/part/{_WORD}", _SavePart, own),
        (rf"/mark/api/of/{_KEY}/check/{_WORD}", _SaveCheck, own),
        (rf"/mark/api/of/{_KEY}/note", _SaveNote, own),
        (rf"/mark/api/of/{_KEY}/penalty", _Waive, own),
        (rf"/mark/api/of/{_KEY}/nothing", _GiveNothing, own),
        (rf"/mark/api/of/{_KEY}/claim", _Claim, own),
        (rf"/mark/api/bank/{_WORD}(?:/([0-9]{{1,9}}))?", _Bank, own),
    ]


def read_points(text: str) -> Fraction | None:
    """Read points as somebody types them; None for nothing.

    Raises
    ------
    MarkRefused
        If it is no number with two decimals at most.
    """
    text = text.strip()
    if not text:
        return None
    match = _POINTS.fullmatch(text)
    if match is None:
        raise MarkRefused(
            f"Points must be a number with at most two decimals, such as 7 or 7.5; got {one_line(text)!r:.80}. "
            "Nothing was saved."
        )
    points = Fraction(f"{match[2]}.{match[3] or 0}")
    return -points if match[1] in {"-", "\N{MINUS SIGN}"} else points


class _Page(JupyterHandler):  # type: ignore[misc]
    """A page for whoever has the token."""

    policy = _POLICY

    def initialize(self, desk: Desk, threads: ThreadPoolExecutor) -> None:
        self.desk = desk
        self.threads = threads

    async def prepare(self) -> None:
        """Let nobody in without the token, whichever page or method it is."""
        await super().prepare()
        if self.current_user:
            return
        if self.request.method not in {"GET", "HEAD"}:
            raise HTTPError(403)
        self.redirect(f"{self.get_login_url()}?{urlencode({'next': self.request.uri})}")

    @property
    def content_security_policy(self) -> str:
        """What a browser may load for this page."""
        return self.policy

    @property
    def marker(self) -> str:
        """Who marks, as they called themselves; empty before they have."""
        return read_name(unquote(self.get_cookie(NAME, "")))

    @property
    def order(self) -> Order:
        """In which order they want the reports."""
        try:
            return Order(self.get_cookie(ORDER, ""))
        except ValueError:
            return Order.STUDENT

    async def do(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:  # noqa: ANN401 - of any function
        """Do something that takes time, or waits for the gradebook, while others are served."""
        done: T = await IOLoop.current().run_in_executor(self.threads, lambda: work(*arguments, **named))
        return done

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401 - Tornado's
        """Tell in a sentence what cannot be done."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        status, told = _tell(error) if isinstance(error, GraderError) else (status_code, "")
        self.set_status(status)
        if isinstance(error, HTTPError):
            told = (error.log_message or "") % error.args
        self.write_words(told or HTTPStatus(status).phrase)

    def write_words(self, words: str) -> None:
        self.finish(pages.render_words(self.desk, words))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:  # noqa: ANN401 - Tornado's
        """Keep the terminal free of what was told to whoever asked."""
        if not isinstance(value, GraderError):
            super().log_exception(typ, value, tb)


def _tell(error: GraderError) -> tuple[int, str]:
    if isinstance(error, SavedMeanwhile | bank.AsksWhoseMarks):
        return HTTPStatus.CONFLICT, str(error)
    return HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(error, MarkRefused) else HTTPStatus.INTERNAL_SERVER_ERROR, str(
        error
    )


def read_name(text: str) -> str:
    """Take the name of whoever marks: one line, not long, what cannot be seen left out."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:MAX_NAME]


class _List(_Page):
    async def get(self) -> None:
        order = self.get_query_argument("order", "")
        if order in set(Order):
            self.set_cookie(ORDER, order, path="/mark", samesite="Strict", httponly=True)
            self.redirect("/mark/")
            return
        reports = await self.do(self.desk.reports, datetime.now(UTC))
        self.finish(
            pages.render_list(self.desk, sort(reports, self.order), self.order, self.marker, self.xsrf_token.decode())
        )


class _Name(_Page):
    def post(self) -> None:
        name = read_name(self.get_body_argument("name", ""))
        self.set_cookie(NAME, quote(name), path="/mark", samesite="Strict", httponly=True, expires_days=30)
        # Only to a page of ours, whatever the form says.
        back = self.get_body_argument("back", "")
        self.redirect(back if re.fullmatch(rf"/mark/(of/{_KEY})?", back) else "/mark/")


class _Next(_Page):
    async def get(self) -> None:
        after = self.get_query_argument("after", "")
        reports = sort(await self.do(self.desk.reports, datetime.now(UTC)), self.order)
        found = find_next(reports, after, self.marker)
        self.redirect(f"/mark/of/{found.key}" if found else "/mark/?done")


class _Submission(_Page):
    async def get(self, key: str) -> None:
        if not self.marker:
            self.finish(pages.render_name(self.desk, f"/mark/of/{key}", self.xsrf_token.decode()))
            return
        now = datetime.now(UTC)
        held = await self.do(claims.claim, self.desk.book, key, self.marker, now)
        exhibit = await self.do(self.desk.exhibit, key)
        reports = sort(await self.do(self.desk.reports, now), self.order)
        view = pages.View(exhibit, reports, self.order, self.marker, "" if held.by == self.marker else held.by)
        self.finish(await self.do(pages.render_submission, self.desk, view, self.xsrf_token.decode()))


class _ReportPage(_Page):
    policy = _STILL

    async def get(self, key: str, number: str) -> None:
        image = await self.do(self.desk.draw_page, key, int(number))
        if image is None:
            raise HTTPError(404, f"Page {number} cannot be drawn.")
        self.set_header("Content-Type", media_type(image))
        self.set_header("Cache-Control", "private, max-age=3600")
        self.finish(image)


class _File(_Page):
    policy = _STILL

    async def get(self, key: str, what: str) -> None:
        desk = self.desk
        name, data = await (self.do(desk.report, key) if what == "report" else self.do(desk.file, key, int(what)))
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(make_visible(name), safe='')}")
        self.finish(data)


class _Results(_Page):
    policy = _STILL

    async def get(self, key: str, what: str) -> None:
        audience = Audience.STAFF if what == "results" else Audience.STUDENT
        page = await self.do(self.desk.results, key, audience)
        self.finish(page.encode("utf-8", "backslashreplace"))


class _Class(_Page):
    # The page says itself which script of its own may run; what is said here holds as well.
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'"

    async def get(self) -> None:
        page = await self.do(self.desk.class_page)
        self.finish(page.encode("utf-8", "backslashreplace"))


class _ClassFile(_Page):
    policy = _STILL

    async def get(self, folder: str, name: str) -> None:
        if name.endswith(".json"):
            self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(await self.do(self.desk.class_file, folder, name))


class _Static(_Page):
    def get(self, name: str) -> None:
        text = pages.read_static(name)
        self.set_header("Content-Type", f"text/{'css' if name.endswith('.css') else 'javascript'}; charset=utf-8")
        self.finish(text)


class _Saves(_Page):
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
        error = getattr(self, "error", None)
        asks = error.n_students if isinstance(error, bank.AsksWhoseMarks) else 0
        seen = error.version if isinstance(error, SavedMeanwhile) else ""
        self.finish({"message": words, "asks": asks, "seen": seen})

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401 - Tornado's
        self.error = kwargs.get("exc_info", (None, None, None))[1]
        super().write_error(status_code, **kwargs)

    async def answer(self, sheet: Sheet, what: str) -> None:
        """Answer with the pieces of the page that a save has changed."""
        exhibit = await self.do(self.desk.exhibit, sheet.student)
        self.finish({"pieces": pages.render_pieces(exhibit, what)})


class _SavePart(_Saves):
    async def put(self, key: str, part: str) -> None:
        asked = self.read(PartRequest)
        choice = Choice(asked.level, read_points(asked.points), asked.comments, asked.text)
        sheet = await self.do(self.desk.book.save_part, key, part, choice, asked.seen, self.saved)
        await self.answer(sheet, f"part-{part}")


class _SaveCheck(_Saves):
    async def put(self, key: str, check: str) -> None:
        asked = self.read(CheckRequest)
        points = read_points(asked.points)
        sheet = await self.do(self.desk.book.overrule, key, check, points, asked.reason, asked.seen, self.saved)
        await self.answer(sheet, f"check-{check}")


class _SaveNote(_Saves):
    async def put(self, key: str) -> None:
        asked = self.read(NoteRequest)
        sheet = await self.do(self.desk.book.write_note, key, asked.text, asked.seen, self.saved)
        await self.answer(sheet, "note")


class _Waive(_Saves):
    async def put(self, key: str) -> None:
        asked = self.read(WaiverRequest)
        _ = self.saved  # whoever has no name waives nothing
        sheet = await self.do(self.desk.waive, key, asked.reason)
        await self.answer(sheet, "penalty")


class _GiveNothing(_Saves):
    async def put(self, key: str) -> None:
        sheet = await self.do(self.desk.book.give_nothing, key, self.saved)
        await self.answer(sheet, "parts")


class _Claim(_Saves):
    async def put(self, key: str) -> None:
        asked = self.read(ClaimRequest)
        if asked.release:
            await self.do(claims.release, self.desk.book, key, self.saved.by)
            self.finish({"by": ""})
            return
        now = datetime.now(UTC)
        held = await self.do(claims.claim, self.desk.book, key, self.saved.by, now, take_over=asked.take_over)
        self.finish({"by": held.by})


class _Bank(_Saves):
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
