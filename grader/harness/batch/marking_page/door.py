"""The door of the marking page: nobody comes in without the server's token; what goes wrong is told in a sentence."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import unquote, urlencode

from jupyter_server.base.handlers import JupyterHandler
from tornado.ioloop import IOLoop
from tornado.web import HTTPError

from grader.harness.batch.marking_page import pages
from grader.harness.batch.marking_page.bank import AsksWhoseMarks
from grader.harness.batch.marking_page.book import SavedMeanwhile
from grader.harness.batch.marking_page.desk import Desk
from grader.harness.batch.marking_page.queue import Order
from grader.harness.batch.marking_page.requests import read_name
from grader.harness.batch.marking_page.sheet import MarkRefused
from grader.harness.errors import GraderError

NAME, ORDER = "lab_marker", "lab_order"
"""Cookies: who marks, and in which order."""

OWN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STILL = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""For pages and files that came of strangers' work: nothing in them runs."""

T = TypeVar("T")


class Page(JupyterHandler):  # type: ignore[misc]
    """A page for whoever has the token."""

    policy = OWN

    def initialize(self, desk: Desk, threads: ThreadPoolExecutor) -> None:
        """Take what all pages share."""
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
        """Answer with a page that says one thing."""
        self.finish(pages.render_words(self.desk, words))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:  # noqa: ANN401 - Tornado's
        """Keep the terminal free of what was told to whoever asked."""
        if not isinstance(value, GraderError):
            super().log_exception(typ, value, tb)


def _tell(error: GraderError) -> tuple[int, str]:
    if isinstance(error, SavedMeanwhile | AsksWhoseMarks):
        return HTTPStatus.CONFLICT, str(error)
    is_refused = isinstance(error, MarkRefused)
    return HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.INTERNAL_SERVER_ERROR, str(error)
