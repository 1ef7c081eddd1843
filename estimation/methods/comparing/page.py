"""The page of a comparison: one HTML file with everything inside; the same results give the same bytes."""

import base64
import functools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from estimation.methods.comparing.comparison import PHOTOGRAPHS, RENDERED, Comparison
from estimation.methods.comparing.measured import DASH, FIRST, Column, Row, Rows, Spread, Table
from estimation.methods.comparing.plots import draw_curve, draw_losses, draw_picture
from estimation.methods.comparing.task import Claim, Task, strip_of, strip_path, undrawn_strip
from estimation.pictures import write_picture

_VERDICTS = {True: ("true", "came true"), False: ("false", "did not come true here"), None: ("open", "cannot be said")}


@dataclass(frozen=True)
class _Part:
    """A set of people, or a trial."""

    anchor: str
    title: str
    notes: Sequence[str]
    tables: Sequence[Mapping[str, Any]]
    figures: Sequence[Mapping[str, str]]
    shown: str
    strips: Sequence[Mapping[str, str]]
    claims: Sequence[Mapping[str, str]]


def build_page(comparisons: Sequence[Comparison], remarks: Mapping[str, str]) -> str:
    """Write the page.

    Parameters
    ----------
    comparisons : sequence of Comparison
        The task's first, and then those of its trials.
    remarks : mapping of str to str
        A sentence for a claim, by its name: why it did not come true.

    Returns
    -------
    html : str
    """
    main, *trials = comparisons
    titles = {RENDERED: "Rendered, with exact truth", PHOTOGRAPHS: "Photographs kept out"}
    parts = [_part(main, name, remarks, anchor=name, title=titles[name]) for name in main.people.asked]
    parts += [
        _part(trial, RENDERED, remarks, anchor=trial.task.name, title=trial.task.title, text=trial.task.text)
        for trial in trials
    ]
    rendered = main.rows(RENDERED)
    page = {
        "title": f"Methods side by side: {main.task.title}",
        "css": Markup(Path(__file__).with_name("page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        "paragraphs": main.task.text.split("\n\n"),
        "numbers": _numbers(main),
        "parts": parts,
        "methods": [
            {
                "name": entrant.name,
                "title": entrant.title,
                "paragraphs": entrant.text.split("\n\n"),
                "table": _table(main.task.tables[0], _of_one(rendered, entrant.name), _cost(main.task)),
            }
            for entrant in main.entrants
        ],
        "published": main.task.published,
    }
    return _template().render(page=page)


def build_picture(comparison: Comparison) -> bytes:
    """Draw the main table of the rendered people, and the curve, as a PNG."""
    rows, task = comparison.rows(RENDERED), comparison.task
    view = _table(task.tables[0], rows, _cost(task))
    lines = [["", *view["labels"]]]
    lines += [[line["name"], *(cell["text"] for cell in line["cells"])] for line in view["lines"]]
    return draw_picture(task.tables[0], lines, task.title, task.curve, rows)


def _numbers(main: Comparison) -> str:
    """Say how much was learned from, and how often."""
    n_seeds = len({result.seed for result in main.results})
    asked = ", ".join(f"{len(samples)} {name}" for name, samples in main.people.asked.items())
    runs = "one run" if n_seeds == 1 else f"{n_seeds} runs"
    return f"Learned from {len(main.people.training)} rendered; asked about {asked}; {runs} of each method."


def _part(
    comparison: Comparison, name: str, remarks: Mapping[str, str], *, anchor: str, title: str, text: str = ""
) -> _Part:
    task, rows, samples = comparison.task, comparison.rows(name), comparison.people.asked[name]
    figures = []
    if task.curve and any(row.curve for row in rows.rows):
        figures.append({"title": task.curve.title, "url": _svg_url(draw_curve(task.curve, rows))})
    if name == RENDERED:
        figures.append({"title": "Losses over the steps of the first run", "url": _svg_url(draw_losses(rows))})
    claims = task.claims(rows) if name == RENDERED else []
    return _Part(
        anchor=anchor,
        title=title,
        notes=[note for note in (*text.split("\n\n"), task.note_on(samples)) if note],
        tables=[_table(table, rows, () if number else _cost(task)) for number, table in enumerate(task.tables)],
        figures=figures,
        shown=task.many,
        strips=_strips(comparison, name),
        claims=[_claim(claim, remarks) for claim in claims],
    )


def _table(table: Table, rows: Rows, before: Sequence[Column]) -> dict[str, Any]:
    columns = (*before, *table.columns)
    return {
        "title": table.title,
        "note": table.note,
        "labels": [column.label for column in columns],
        "lines": [
            {"name": row.name, "is_trained": row.is_trained, "cells": [_cell(row, column) for column in columns]}
            for row in rows.rows
        ],
    }


def _cell(row: Row, column: Column) -> dict[str, str]:
    spread: Spread | None = row.numbers.get(column.name)
    if spread is None:
        return {"text": DASH, "range": ""}
    return {"text": spread.describe(column.digits), "range": spread.describe_range(column.digits)}


def _of_one(rows: Rows, entrant: str) -> Rows:
    return Rows(tuple(row for row in rows.rows if row.name in {entrant, entrant + FIRST}))


def _cost(task: Task) -> tuple[Column, ...]:
    """Give the columns that stand before those of the main table."""
    return (
        Column("parameters", "parameters", 0),
        Column("steps", "steps", 0),
        Column("seconds", "seconds to train", 0),
        Column("ms_a_person", f"ms a {task.one}", 1),
    )


def _claim(claim: Claim, remarks: Mapping[str, str]) -> dict[str, str]:
    kind, verdict = _VERDICTS[claim.came_true]
    remark = remarks.get(claim.name, "")
    if not remark and claim.came_true is False:
        remark = claim.why or (
            f'Why is not said yet; write it to remarks.toml in the folder of the runs: {claim.name} = "..."'
        )
    return {"kind": kind, "verdict": verdict, "sentence": claim.sentence, "found": claim.found, "remark": remark}


def _strips(comparison: Comparison, name: str) -> list[dict[str, str]]:
    task, samples = comparison.task, comparison.people.asked[name]
    drawn = {"truth": None, **comparison.baselines(name)}
    undrawn = undrawn_strip(task, samples)
    strips = [] if undrawn is None else [{"title": "picture", "url": _drawn_url(undrawn)}]
    strips += [
        {"title": title, "url": _drawn_url(strip_of(task, samples, answers))} for title, answers in drawn.items()
    ]
    for entrant in comparison.entrants:
        data = strip_path(comparison.run_folder(entrant.name), name).read_bytes()
        strips.append({"title": entrant.name, "url": _data_url("image/jpeg", data)})
    return strips


def _drawn_url(strip: Any) -> str:  # noqa: ANN401 - a picture
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "strip.jpg"
        write_picture(path, strip)
        return _data_url("image/jpeg", path.read_bytes())


def _svg_url(svg: str) -> str:
    return _data_url("image/svg+xml", svg.encode())


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


@functools.cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2")
