"""Pages and files of the marking page that are read: the list, a submission, what was handed in, the class."""

import re
from datetime import UTC, datetime
from urllib.parse import quote

from tornado.web import HTTPError

from grader.harness.batch.marking_page import claims, pages
from grader.harness.batch.marking_page.door import NAME, ORDER, STILL, Page
from grader.harness.batch.marking_page.queue import Order, find_next, sort
from grader.harness.batch.marking_page.requests import read_name
from grader.harness.batch.pdf.images import media_type
from grader.harness.characters import make_visible
from grader.harness.results import Audience


class List(Page):
    """All reports, in the order of whoever marks."""

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


class Name(Page):
    """Keeps the name of whoever marks."""

    def post(self) -> None:
        name = read_name(self.get_body_argument("name", ""))
        self.set_cookie(NAME, quote(name), path="/mark", samesite="Strict", httponly=True, expires_days=30)
        # Only to a page of ours, whatever the form says.
        back = self.get_body_argument("back", "")
        self.redirect(back if re.fullmatch(r"/mark/(of/[A-Za-z0-9-]{1,100})?", back) else "/mark/")


class Next(Page):
    """Leads to the next report that is not marked and free."""

    async def get(self) -> None:
        after = self.get_query_argument("after", "")
        reports = sort(await self.do(self.desk.reports, datetime.now(UTC)), self.order)
        found = find_next(reports, after, self.marker)
        self.redirect(f"/mark/of/{found.key}" if found else "/mark/?done")


class Submission(Page):
    """One submission: what was handed in beside its marks."""

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


class ReportPage(Page):
    """One page of a report, as a picture."""

    policy = STILL

    async def get(self, key: str, number: str) -> None:
        image = await self.do(self.desk.draw_page, key, int(number))
        if image is None:
            raise HTTPError(404, f"Page {number} cannot be drawn.")
        self.set_header("Content-Type", media_type(image))
        self.set_header("Cache-Control", "private, max-age=3600")
        self.finish(image)


class File(Page):
    """A file as it was handed in, to be kept and not opened here."""

    policy = STILL

    async def get(self, key: str, what: str) -> None:
        desk = self.desk
        name, data = await (self.do(desk.report, key) if what == "report" else self.do(desk.file, key, int(what)))
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(make_visible(name), safe='')}")
        self.finish(data)


class Results(Page):
    """The page of a student's results, for the staff or as the student gets it."""

    policy = STILL

    async def get(self, key: str, what: str) -> None:
        audience = Audience.STAFF if what == "results" else Audience.STUDENT
        page = await self.do(self.desk.results, key, audience)
        self.finish(page.encode("utf-8", "backslashreplace"))


class Class(Page):
    """The class page, with the marks of now."""

    # The page says itself which script of its own may run; what is said here holds as well.
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'"

    async def get(self) -> None:
        page = await self.do(self.desk.class_page)
        self.finish(page.encode("utf-8", "backslashreplace"))


class ClassFile(Page):
    """What the class page leads to."""

    policy = STILL

    async def get(self, folder: str, name: str) -> None:
        if name.endswith(".json"):
            self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(await self.do(self.desk.class_file, folder, name))


class Static(Page):
    """The script and the style sheet of the page."""

    def get(self, name: str) -> None:
        text = pages.read_static(name)
        self.set_header("Content-Type", f"text/{'css' if name.endswith('.css') else 'javascript'}; charset=utf-8")
        self.finish(text)
