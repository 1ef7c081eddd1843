"""Curves for the page, as SVG, and table and curves as one picture; the same numbers give the same bytes."""

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from estimation.methods.comparing.measured import FIRST, Curve, Rows, Table

_COLORS = (0, 1, 2, 3, 4, 5, 6, 8, 9)
"""Those of matplotlib's ten that are not grey, which is for what nobody trained."""

_BESIDE = 4
"""So many losses beside each other."""

_LINE_IN, _LETTER_IN, _BOLD, _HEAD_LETTERS = 0.34, 0.078, 1.15, 12
"""Of the table in the picture: how high a line and how wide a letter is, how much wider a bold one, and where names of
columns are broken."""


def draw_curve(curve: Curve, rows: Rows) -> str:
    """Draw a measure over its threshold for all rows but first answers: an SVG."""
    with _settings():
        figure = _figure(8.5, 4.2)
        _fill_curve(figure.subplots(), curve, rows)
        return _svg(figure)


def draw_losses(rows: Rows) -> str:
    """Draw the loss of each trained row over its steps, each with an axis of its own: an SVG."""
    shown = [row for row in rows.rows if row.losses]
    n_rows = max(-(-len(shown) // _BESIDE), 1)
    with _settings():
        figure = _figure(9, 1.9 * n_rows)
        fields = figure.subplots(n_rows, _BESIDE, squeeze=False).flatten()
        for axes, row in zip(fields, shown, strict=False):
            steps, losses = zip(*row.losses, strict=True)
            axes.plot(steps, losses, linewidth=1.5)
            if min(losses) > 0:
                axes.set_yscale("log")
            axes.set_title(row.name, fontsize=9)
            axes.tick_params(labelsize=7, which="both")
            axes.grid(visible=True, alpha=0.3)
        for axes in fields[len(shown) :]:
            axes.set_axis_off()
        return _svg(figure)


def draw_picture(table: Table, lines: Sequence[Sequence[str]], title: str, curve: Curve | None, rows: Rows) -> bytes:
    """Draw the main table, and the curve below it, as a PNG for slides.

    Parameters
    ----------
    table : Table
    lines : sequence of sequence of str
        The cells: above all others what the columns are called, and in each line first the row's name.
    title : str
    curve : Curve, optional
    rows : Rows
    """
    cells = [[textwrap.fill(label, _HEAD_LETTERS) for label in lines[0]], *map(list, lines[1:])]
    n_lines = len(cells) + 0.7 * _n_more_lines(cells[0])
    with _settings():
        height = _LINE_IN * n_lines
        figure = _figure(_LETTER_IN * sum(_widths(cells)) + 2.0, height + 0.8 + (4.2 if curve else 0))
        parts = figure.subplots(2 if curve else 1, squeeze=False, height_ratios=[height, 4.2] if curve else None)
        parts[0, 0].set_title(f"{title} {table.title}")
        fill_table(parts[0, 0], cells)
        if curve:
            _fill_curve(parts[1, 0], curve, rows)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
        return file.getvalue()


def fill_table(axes: Axes, cells: Sequence[Sequence[str]]) -> None:
    """Draw a table over all of the axes, each column as wide as its longest cell needs it.

    Parameters
    ----------
    axes : Axes
    cells : sequence of sequence of str
        In lines; the first is the head, whose cells may have several lines of text.
    """
    axes.set_axis_off()
    widths = _widths(cells)
    shares = [width / sum(widths) for width in widths]
    table = axes.table(cells, bbox=Bbox.unit(), cellLoc="right", colWidths=shares)
    table.auto_set_font_size(value=False)
    table.set_fontsize(9)
    for (line, column), cell in table.get_celld().items():
        cell.set_linewidth(0.3)
        cell.PAD = 1 / widths[column]
        if column == 0:
            cell.set_text_props(ha="left")
        if line == 0:
            cell.set_height(cell.get_height() * (1 + 0.7 * _n_more_lines(cells[0])))
            cell.set_text_props(weight="bold")


def _widths(cells: Sequence[Sequence[str]]) -> list[float]:
    """Tell how many letters wide each column is, with one on both sides; bold letters are wider."""
    head, *others = cells
    return [
        2 + max([_BOLD * max(map(len, label.split("\n"))), *(len(line[column]) for line in others)])
        for column, label in enumerate(head)
    ]


def _n_more_lines(head: Sequence[str]) -> int:
    return max(label.count("\n") for label in head)


def _fill_curve(axes: Axes, curve: Curve, rows: Rows) -> None:
    shown = [row for row in rows.rows if row.curve and not row.name.endswith(FIRST)]
    trained = [row for row in shown if row.is_trained]
    for number, row in enumerate(shown):
        color, stroke = _looks(trained.index(row)) if row.is_trained else ("0.5", "--" if number else ":")
        axes.plot(curve.xs, row.curve, label=row.name, linewidth=1.6, color=color, linestyle=stroke)
    axes.set_title(curve.title)
    axes.set_xlabel(curve.x_label)
    axes.set_ylabel(curve.y_label)
    axes.grid(visible=True, alpha=0.3)
    if shown:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def _looks(number: int) -> tuple[str, str]:
    """Give the colour and the stroke of a trained row: no grey, and other strokes where the colours are used up."""
    return f"C{_COLORS[number % len(_COLORS)]}", ("-", "--", "-.")[number // len(_COLORS) % 3]


@contextmanager
def _settings() -> Iterator[None]:
    """Draw with matplotlib's own settings, whatever the user's are, and with ids that are the same in every run."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"svg.hashsalt": "methods", "svg.fonttype": "path", "font.size": 9.5})
        yield


def _figure(width_in: float, height_in: float) -> Figure:
    return Figure(figsize=(width_in, height_in), layout="constrained")


def _svg(figure: Figure) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return file.getvalue()
