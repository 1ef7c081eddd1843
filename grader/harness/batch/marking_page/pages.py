"""The marking page as HTML: the list, one submission, and the pieces of it that a save changes.

All text of strangers is escaped and made visible on its way into the page, which has no script but its own file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.harness.batch.marking_page.desk import Desk, Exhibit, Marks
from grader.harness.batch.marking_page.queue import Order, Waiting, find_neighbour
from grader.harness.batch.marking_page.sheet import MINUS
from grader.harness.characters import cut, one_line
from grader.harness.report.html import data_url, make_environment, read_style
from grader.harness.results import format_points

if TYPE_CHECKING:
    from fractions import Fraction

    from jinja2 import Environment, Template
    from markupsafe import Markup

FOLDER = Path(__file__).resolve().parent
MAX_NAME = 60
MAX_BRIEF = 100
"""Columns of a comment where its part is folded."""

MAX_LISTED = 5000
"""So many students can be looked up on one page."""

KEYS = "123456789abcdefghijklmnopqrstuvwxyz"
"""The first comments of a part are chosen by these."""


@dataclass(frozen=True)
class View:
    """One submission among the others.

    Attributes
    ----------
    exhibit : Exhibit
        The submission.
    reports : sequence of Waiting
        All reports in the order of whoever marks.
    order : Order
        That order.
    marker : str
        Who marks.
    held_by : str
        Who else is at work on it; empty for nobody.
    """

    exhibit: Exhibit
    reports: Sequence[Waiting]
    order: Order
    marker: str
    held_by: str

    @property
    def before(self) -> Waiting | None:
        """The one before it."""
        return find_neighbour(self.reports, self.exhibit.line.person.key, -1)

    @property
    def behind(self) -> Waiting | None:
        """The one behind it."""
        return find_neighbour(self.reports, self.exhibit.line.person.key, 1)


def render_list(desk: Desk, reports: Sequence[Waiting], order: Order, marker: str, xsrf: str) -> str:
    """Write the list of all reports."""
    return _template("list.html.j2").render(
        lab=desk.lab, reports=reports, order=order, orders=list(Order), marker=marker, xsrf=xsrf
    )


def render_submission(desk: Desk, view: View, xsrf: str) -> str:
    """Write the page of one submission."""
    exhibit = view.exhibit
    return _template("submission.html.j2").render(
        lab=desk.lab, view=view, exhibit=exhibit, sheet=exhibit.sheet, line=exhibit.line, xsrf=xsrf
    )


def render_name(desk: Desk, back: str, xsrf: str) -> str:
    """Write the page that asks who marks; `back` is the path to go on with."""
    return _template("name.html.j2").render(lab=desk.lab, back=back, xsrf=xsrf)


def render_words(desk: Desk, words: str) -> str:
    """Write a page that says one thing."""
    return _template("words.html.j2").render(lab=desk.lab, words=words)


def render_pieces(marks: Marks, what: str) -> Mapping[str, str]:
    """Write the pieces of the page that a save has changed, by the ids of their elements.

    Parameters
    ----------
    marks : Marks
        The submission after the save.
    what : str
        ``"part-KEY"``, ``"parts"``, ``"check-KEY"``, ``"penalty"`` or ``"note"``.
    """
    words: Any = _template("pieces.html.j2").module
    pieces = {"sum": words.show_sum(marks)}
    for part in marks.sheet.parts:
        if what in {"parts", f"part-{part.key}"}:
            pieces[f"part-{part.key}"] = words.show_part(part, marks.bank.get(part.key, ()))
    for row in marks.checks:
        if what == f"check-{row.key}":
            pieces[what] = words.show_check(row, marks.sheet.check(row.key))
    if what == "penalty":
        pieces["penalty"] = words.show_penalty(marks.marking.lateness)
    if what == "note":
        pieces["note"] = words.show_note(marks.sheet.note)
    return {name: str(piece) for name, piece in pieces.items()}


def read_static(name: str) -> str:
    """Read the page's script or style sheet, which begins with that of the results' pages."""
    own = (FOLDER / name).read_text(encoding="utf-8")
    return f"{read_style()}\n{own}" if name.endswith(".css") else own


def _template(name: str) -> "Template":
    return _environment().get_template(name)


@cache
def _environment() -> "Environment":
    environment = make_environment(FOLDER)
    environment.filters.update(
        name=lambda text: cut(one_line(text), MAX_NAME),
        brief=lambda text: cut(one_line(" ".join(text.split())), MAX_BRIEF),
        signed=_sign,
        clock=_clock,
        picture=_picture,
    )
    environment.globals.update(keys=KEYS, max_listed=MAX_LISTED)
    return environment


def _sign(points: "Fraction") -> str:
    return f"{MINUS if points < 0 else '+'}{format_points(abs(points))}"


def _clock(at: str) -> str:
    """Write a time that was kept, as the clock on the wall shows it."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%d %b, %H:%M}"
    except ValueError:
        return ""


def _picture(jpeg: bytes) -> "Markup":
    from markupsafe import Markup

    return Markup(data_url(jpeg))  # noqa: S704 - base64
