"""Pictures of the class page: how points are spread, and which checks were missed by how many.

matplotlib draws them, as SVG whose colours are those of the page's style sheet, so that they follow light, dark and
print. The same input gives the same bytes.
"""

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING

from grader.harness.batch.records import Line, Status
from grader.harness.characters import cut, one_line
from grader.harness.results import Verdict
from grader.harness.rubric import Rubric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_BINS = 12
"""A histogram has at most so many bars."""

_WIDTH_IN = 9.6
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)
_LABEL = 44
"""So many columns of a check's title stand beside its bar."""

_STOPPED = frozenset({Verdict.CRASHED, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY, Verdict.FORBIDDEN})

_INK, _QUIET, _GRID, _BAR, _WRONG, _CRASHED, _NOT_RUN = (f"#01010{k}" for k in range(1, 8))
_NAMES = {
    _INK: "ink",
    _QUIET: "quiet",
    _GRID: "line",
    _BAR: "bar",
    _WRONG: "bar-wrong",
    _CRASHED: "bar-stopped",
    _NOT_RUN: "bar-not-run",
}
"""What matplotlib is told to draw with, and the style sheet's colour that it becomes."""


@dataclass(frozen=True)
class Bin:
    """One bar of the histogram: from `low` to below `high`, the last one `high` included."""

    low: Fraction
    high: Fraction
    n_students: int
    is_last: bool = False

    def __str__(self) -> str:
        """Write the bounds."""
        return f"{float(self.low):g} to {'' if self.is_last else 'below '}{float(self.high):g}"


@dataclass(frozen=True)
class Missed:
    """How many graded submissions missed a check, by what happened in it."""

    title: str
    n_wrong: int
    n_stopped: int
    n_not_run: int

    @property
    def n_missed(self) -> int:
        """All that did not pass it whole."""
        return self.n_wrong + self.n_stopped + self.n_not_run


@dataclass(frozen=True)
class Spread:
    """How many graded submissions have all points of a check, a part of them, and none."""

    title: str
    max_points: Fraction
    n_all: int
    n_part: int
    n_none: int


def bin_points(points: Sequence[Fraction], max_points: Fraction) -> Sequence[Bin]:
    """Sort points into the bars of a histogram that reaches from 0 to `max_points`.

    Parameters
    ----------
    points : sequence of Fraction
        From 0 to `max_points`; what lies outside counts in the first or the last bar.
    max_points : Fraction
        What can be had.

    Returns
    -------
    bins : sequence of Bin
        At most `MAX_BINS`, of a width that a reader can count in.
    """
    width = next((step for step in _STEPS if max_points <= step * MAX_BINS), math.ceil(max_points / MAX_BINS))
    n_bins = max(math.ceil(max_points / width), 1)
    counts = [0] * n_bins
    for value in points:
        counts[min(max(int(value / width), 0), n_bins - 1)] += 1
    highs = [min(Fraction(width * (k + 1)), max_points or Fraction(1)) for k in range(n_bins)]
    return [Bin(Fraction(width * k), highs[k], n, is_last=k == n_bins - 1) for k, n in enumerate(counts)]


def count_missed(rubric: Rubric, lines: Sequence[Line]) -> Sequence[Missed]:
    """Count for each check the graded submissions that did not pass it, those missed most first."""
    graded = [line.verdicts for line in lines if line.status is Status.GRADED]
    missed = []
    for check in rubric.checks:
        verdicts = [verdicts[check.key] for verdicts in graded if check.key in verdicts]
        n_stopped, n_not_run = sum(verdict in _STOPPED for verdict in verdicts), verdicts.count(Verdict.NOT_RUN)
        missed.append(Missed(check.title, verdicts.count(Verdict.WRONG), n_stopped, n_not_run))
    return sorted(missed, key=lambda check: -check.n_missed)


def spread_points(rubric: Rubric, lines: Sequence[Line]) -> Sequence[Spread]:
    """Count for each check that is worth points who has all of them, a part and none, in the order of the rubric."""
    graded = [line.points for line in lines if line.status is Status.GRADED]
    spread = []
    for check in rubric.checks:
        points = [points[check.key] for points in graded if check.key in points]
        n_all, n_none = sum(value >= check.points for value in points), sum(value <= 0 for value in points)
        if check.points > 0:
            spread.append(Spread(check.title, check.points, n_all, len(points) - n_all - n_none, n_none))
    return spread


def draw_strip(check: Spread) -> str:
    """Draw a check's spread as one ``<svg>`` element, a strip of three colours; the numbers must stand beside it."""
    whole, left, parts = max(check.n_all + check.n_part + check.n_none, 1), 0.0, []
    for name, n in ("all", check.n_all), ("part", check.n_part), ("none", check.n_none):
        width = 100 * n / whole
        parts.append(f'<rect class="strip-{name}" x="{left:.2f}" width="{width:.2f}" height="8"/>' if n else "")
        left += width
    return (
        f'<svg class="strip" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'
    )


def draw_histogram(bins: Sequence[Bin]) -> str:
    """Draw how the points for the code are spread.

    Returns
    -------
    svg : str
        One ``<svg>`` element with a title for screen readers, to stand in a page.
    """
    with _settings("histogram"):
        figure, axes = _axes(2.8)
        edges = [float(bin_.low) for bin_ in bins] + [float(bins[-1].high)]
        widths = [float(bin_.high - bin_.low) for bin_ in bins]
        bars = axes.bar(edges[:-1], [bin_.n_students for bin_ in bins], widths, align="edge", color=_BAR, linewidth=0)
        for bar, width in zip(bars, widths, strict=True):
            bar.set(x=bar.get_x() + 0.03 * width, width=0.94 * width)
        axes.bar_label(bars, [str(bin_.n_students or "") for bin_ in bins], padding=2, color=_INK)
        axes.set_xticks(edges)
        axes.margins(x=0.01, y=0.14)
        axes.set_xlabel("points for the code", color=_QUIET)
        axes.set_ylabel("submissions", color=_QUIET)
        _grid(axes, "y")
        says = "; ".join(f"{bin_}: {bin_.n_students}" for bin_ in bins if bin_.n_students)
        return _svg(figure, "histogram", f"Histogram of the points for the code. {says or 'No points yet'}.")


def draw_missed(missed: Sequence[Missed], n_graded: int) -> str:
    """Draw which checks were missed by how many of `n_graded` submissions.

    Returns
    -------
    svg : str
        One ``<svg>`` element with a title for screen readers, to stand in a page.
    """
    with _settings("missed"):
        figure, axes = _axes(0.9 + 0.27 * len(missed))
        rows = range(len(missed))
        lefts = [0] * len(missed)
        for label, color, counts in _kinds(missed):
            axes.barh(rows, counts, 0.68, lefts, color=color, label=label, linewidth=0)
            lefts = [left + n for left, n in zip(lefts, counts, strict=True)]
        for row, check in zip(rows, missed, strict=True):
            words = f"{check.n_missed:,} ({check.n_missed / max(n_graded, 1):.0%})" if check.n_missed else "0"
            end = (check.n_missed, row)
            axes.annotate(words, end, (4, 0), textcoords="offset points", va="center", color=_INK)
        axes.set_yticks(rows, [_label(check.title) for check in missed])
        axes.set(xlim=(0, 1.1 * max([*lefts, 1])), ylim=(len(missed) - 0.4, -0.6))
        axes.set_xlabel(f"submissions, of {n_graded:,} graded", color=_QUIET)
        _grid(axes, "x")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, labelcolor=_INK, borderpad=0)
        says = "; ".join(f"{one_line(check.title)}: {check.n_missed}" for check in missed if check.n_missed)
        return _svg(figure, "missed", f"Checks missed, of {n_graded} graded submissions. {says or 'None'}.")


def _kinds(missed: Sequence[Missed]) -> Iterator[tuple[str, str, list[int]]]:
    """List what a bar is stacked of: words, colour, and the count of each check."""
    yield "wrong answer", _WRONG, [check.n_wrong for check in missed]
    yield "stopped", _CRASHED, [check.n_stopped for check in missed]
    yield "not run", _NOT_RUN, [check.n_not_run for check in missed]


def _label(title: str) -> str:
    """Cut a title to what fits beside a bar, and put a square for each letter that matplotlib's own font lacks."""
    from matplotlib import font_manager  # heavy, and most runs draw nothing

    known = font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap()
    shown = cut(one_line(title), _LABEL)
    # A dollar sign would begin a formula.
    return "".join(letter if ord(letter) in known else "\N{WHITE SQUARE}" for letter in shown).replace("$", r"\$")


@contextmanager
def _settings(salt: str) -> Iterator[None]:
    """Draw with matplotlib's own settings, whatever the user's are, and with ids that are the same in every run."""
    import matplotlib as mpl  # heavy, and most runs draw nothing

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"svg.hashsalt": salt, "svg.fonttype": "path", "font.size": 9.5})
        yield


def _axes(height_in: float) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure  # heavy, and most runs draw nothing

    figure = Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
    return figure, figure.subplots()


def _grid(axes: "Axes", along: str) -> None:
    """Take away what is not data, and rule faint lines that start at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.spines[:].set_visible(False)
    axes.set_axisbelow(True)
    counted = axes.yaxis if along == "y" else axes.xaxis
    counted.set_major_locator(MaxNLocator(nbins=5, integer=True))
    counted.grid(visible=True, color=_GRID, linewidth=0.8)
    axes.tick_params(length=0, labelcolor=_QUIET)
    if along == "x":
        axes.tick_params(axis="y", labelcolor=_INK)


def _svg(figure: "Figure", name: str, says: str) -> str:
    """Write a figure as an element of a page: without what belongs to a file, with colours of the style sheet."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    whole = file.getvalue()
    (box,) = re.findall(r'<svg [^>]*viewBox="([\d. ]+)"', whole)
    width, height = box.split()[2:]
    inside = re.sub(r"<!--.*?-->|<style.*?</style>", "", whole.split(box, 1)[1].split(">", 1)[1], flags=re.DOTALL)
    # Both pictures stand in one page, where an id may be there once.
    inside = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", inside)
    for color, variable in _NAMES.items():
        inside = inside.replace(color, f"var(--{variable})")
    inside = re.sub(r"\s*\n\s*", "\n", inside)
    return (
        f'<svg class="chart" viewBox="{box}" width="{width}" height="{height}" role="img">'
        f"<title>{escape(says)}</title>{inside}"
    )
