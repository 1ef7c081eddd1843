"""The bank of comments: typed once, chosen by a key, changed for everybody who has one or from now on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.harness.batch.database import Values, open_gradebook, settle
from grader.harness.batch.marking_page.book import Book, Page, write_part
from grader.harness.batch.marking_page.sheet import (
    BankComment,
    MarkRefused,
    PartSheet,
    Saved,
    add_up,
    check_points,
    check_text,
)
from grader.harness.batch.marking_page.tables import describe
from grader.harness.batch.marks import Kept, find_notebook, make_sheet, read_kept, read_rows
from grader.harness.errors import GraderError

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_COMMENTS = 60
"""Of one part: more cannot be overlooked."""


class AsksWhoseMarks(GraderError):  # noqa: N818 - names what happened
    """Students have the comment that is to be changed, and nobody has said whether it changes for them.

    Attributes
    ----------
    n_students : int
        How many have it.
    """

    def __init__(self, n_students: int) -> None:
        have = "1 report has" if n_students == 1 else f"{n_students} reports have"
        super().__init__(f"{have} this comment. Change it there as well, or only from now on?")
        self.n_students = n_students


@dataclass(frozen=True)
class _Use:
    """A part of somebody's report that has a comment."""

    page: Page
    part: PartSheet


def list_comments(book: Book) -> Sequence[BankComment]:
    """List the comments that are offered, in the order in which they were typed."""
    with open_gradebook(book.url) as connection:
        kept = read_kept(connection, book.name)
    offered = (comment for comment in kept.bank.values() if comment.key not in kept.retired)
    return sorted(offered, key=lambda comment: int(comment.key))


def add_comment(book: Book, part: str, text: str, points: Fraction) -> BankComment:
    """Put a comment into the bank.

    Raises
    ------
    MarkRefused
        If it has no text, its points could never be given, or the part has too many comments.
    """
    text = _check(book, part, text, points)
    with book.writing() as connection:
        bank = read_kept(connection, book.name)
        n_comments = sum(one.part == part and one.key not in bank.retired for one in bank.bank.values())
        if n_comments >= MAX_COMMENTS:
            raise MarkRefused(
                f"A part may have {MAX_COMMENTS} comments in the bank; this one has as many. Take one out first."
            )
        comment = BankComment(_next_key(bank), part, text, points)
        _write(connection, book, comment)
    return comment


def change_comment(  # one argument for each thing that is said
    book: Book, key: str, text: str, points: Fraction, saved: Saved, *, everybody: bool | None = None
) -> BankComment:
    """Change a comment of the bank.

    Parameters
    ----------
    book : Book
        The gradebook.
    key : str
        Of the comment.
    text, points : str, Fraction
        What it says and is worth now.
    saved : Saved
        Who changes it, and when.
    everybody : bool, optional
        Whether those who have it get the new one. Otherwise theirs stays as it was, and a new comment takes its place.

    Returns
    -------
    comment : BankComment
        The one that is offered now.

    Raises
    ------
    AsksWhoseMarks
        If somebody has it, it changes, and `everybody` does not say; nothing is written.
    MarkRefused
        If there is no such comment, it is none, or somebody's points would leave their part's; nothing is written.
    """
    with book.writing() as connection:
        before = _find(connection, book, key)
        text = _check(book, before.part, text, points)
        after = replace(before, text=text, points=points)
        if after == before:
            return before
        uses = _list_uses(connection, book, before)
        if uses and everybody is None:
            raise AsksWhoseMarks(len(uses))
        if uses and not everybody:
            _write(connection, book, before, is_retired=True)
            after = replace(after, key=_next_key(read_kept(connection, book.name)))
            _write(connection, book, after)
            return after
        _write(connection, book, after)
        _change_marks(connection, uses, after, saved)
    return after


def retire_comment(book: Book, key: str) -> None:
    """Take a comment out of the bank; those who have it keep it. MarkRefused if there is none."""
    with book.writing() as connection:
        _write(connection, book, _find(connection, book, key), is_retired=True)


def _check(book: Book, part: str, text: str, points: Fraction) -> str:
    text = " ".join(check_text("A comment", text).split())
    most = next((one.max_points for one in book.rubric.manual if one.key == part), None)
    if most is None:
        raise MarkRefused(f"A comment must be for a part of the rubric; {part!r:.80} is none. Load the page again.")
    if not text:
        raise MarkRefused("A comment must say something; this one is empty. Write a few words.")
    check_points("A comment", abs(points), most)
    return text


def _find(connection: "Connection", book: Book, key: str) -> BankComment:
    kept = read_kept(connection, book.name)
    if key not in kept.bank or key in kept.retired:
        raise MarkRefused(f"A comment must be in the bank; number {key!r:.80} is not. Load the page again.")
    return kept.bank[key]


def _next_key(kept: Kept) -> str:
    return str(max(map(int, kept.bank), default=0) + 1)


def _write(connection: "Connection", book: Book, comment: BankComment, *, is_retired: bool = False) -> None:
    values: Values = {"text": comment.text, "points": str(comment.points), "is_retired": is_retired}
    by = ["assignment", "part", "key"]
    settle(connection, describe()[1].comments, by, {(book.name, comment.part, comment.key): values})


def _list_uses(connection: "Connection", book: Book, comment: BankComment) -> Sequence[_Use]:
    rows, kept = read_rows(connection, book.name), read_kept(connection, book.name)
    uses = []
    for student in sorted(rows):
        sheet = make_sheet(student, rows[student], book.rubric, kept)
        part = next((part for part in sheet.parts if comment.key in part.choice.comments), None)
        if part is not None:
            uses.append(_Use(Page(find_notebook(rows[student]), rows[student], kept, sheet), part))
    return uses


def _change_marks(connection: "Connection", uses: Sequence[_Use], comment: BankComment, saved: Saved) -> None:
    """Write the marks of those who have a comment anew; whoever marked them stays who marked them."""
    for use in uses:
        kept = replace(use.page.kept, bank={**use.page.kept.bank, comment.key: comment})
        points = add_up(use.part.choice, use.part.levels, kept.bank)
        if points is not None and not 0 <= points <= use.part.max_points:
            raise MarkRefused(
                f"Points must stay from 0 to those of the part; those of {use.page.sheet.student} for "
                f"{use.part.title!r} would not. Nothing was changed: change it from now on, or give other points."
            )
        marked = Saved(use.part.saved.by or saved.by, saved.at)
        write_part(connection, replace(use.page, kept=kept), use.part, use.part.choice, marked)
