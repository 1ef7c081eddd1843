"""Draw the loss curves of training runs: `python -m estimation.training.curves RUN [RUN ...] --out curves.png`.

Above are the losses, below the learning rate and the side of the training squares. Several runs lie over each other,
so that architectures can be compared: over steps, or over minutes of training, which is what they cost.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogFormatter

from estimation.training.runs import LOG_COLUMNS

COLUMNS = LOG_COLUMNS
"""What a log has in every row; a loss that was not measured at that step is left empty."""

Over = Literal["steps", "minutes"]
Floats = npt.NDArray[np.float64]

# What is drawn in each panel: the column, what the legend calls it, how it looks.
_LOSSES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("loss", "training", {"linewidth": 1.4}),
    ("hint_loss", "hints", {"linewidth": 1.0, "linestyle": ":"}),
    ("held_out_loss", "held out", {"linestyle": "none", "marker": "o", "markersize": 4}),
)
_RATES: tuple[tuple[str, str, dict[str, Any]], ...] = (("rate", "rate", {"linewidth": 1.4}),)
_SIZES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("size_px", "size", {"linewidth": 1.0, "linestyle": "--", "drawstyle": "steps-post"}),
)
_GREY = "0.4"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one sentence about what the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m estimation.training.curves", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folder of a run, with its log.csv")
    parser.add_argument("--out", type=Path, required=True, help="the picture, such as curves.png or curves.svg")
    parser.add_argument("--over", choices=("steps", "minutes"), default="steps", help="what the curves run over")
    args = parser.parse_args(argv)
    try:
        compare_runs([run / "log.csv" for run in args.runs], args.out, over=args.over)
    except (ValueError, OSError) as exc:
        print(f"curves: {exc}", file=sys.stderr)
        return 2
    return 0


def draw_curves(log: Path, picture: Path) -> None:
    """Draw the curves of one run over its steps; see `compare_runs`."""
    compare_runs([log], picture)


def compare_runs(logs: Sequence[Path], picture: Path, *, over: Over = "steps") -> None:
    """Draw the curves of several runs over each other, a colour for each.

    Parameters
    ----------
    logs : sequence of Path
        The log of each run, as `read_log` reads it; the legend calls a run by the folder that its log is in.
    picture : Path
        Replaced if it exists; its ending says in which format.
    over : {'steps', 'minutes'}, optional
        What the curves run over; minutes are those of training alone, since the run began.

    Raises
    ------
    ValueError
        If a log cannot be drawn, or matplotlib does not know the format.
    OSError
        If the picture cannot be written.
    """
    runs = [read_log(log) for log in logs]
    figure = Figure(figsize=(9, 7), layout="constrained")
    losses, rates = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    sizes = rates.twinx()
    for panel, lines in ((losses, _LOSSES), (rates, _RATES), (sizes, _SIZES)):
        for column, _, style in lines:
            for number, run in enumerate(runs):
                _draw_line(panel, run, column, over, color=f"C{number}", **style)
    losses.set(yscale="log", ylabel="loss")
    losses.yaxis.set_major_formatter(LogFormatter())  # 20 rather than 2 x 10^1
    losses.yaxis.set_minor_formatter(LogFormatter())
    rates.set(ylabel="learning rate", ylim=(0, None), xlabel="step" if over == "steps" else "minutes of training")
    sizes.set(ylabel="side of the squares in px", ylim=(0, None))
    colours = [Line2D([], [], color=f"C{number}", label=name) for number, name in enumerate(_names(logs))]
    losses.legend(handles=[*colours, *_keys(_LOSSES, runs)])
    rates.legend(handles=_keys((*_RATES, *_SIZES), runs))
    for panel in (losses, rates):
        panel.grid(visible=True, which="major", color="0.9")
    figure.savefig(picture, dpi=120)


def _draw_line(panel: Axes, run: dict[str, Floats], column: str, over: Over, **style: Any) -> None:  # noqa: ANN401
    along = run["step"] if over == "steps" else run["seconds"] / 60
    is_known = np.isfinite(run[column])
    panel.plot(along[is_known], run[column][is_known], **style)


def _keys(lines: Iterable[tuple[str, str, dict[str, Any]]], runs: Sequence[dict[str, Floats]]) -> list[Line2D]:
    """Explain in the legend those lines of which a run has something."""
    return [
        Line2D([], [], color=_GREY, label=label, **style)
        for column, label, style in lines
        if any(np.isfinite(run[column]).any() for run in runs)
    ]


def _names(logs: Sequence[Path]) -> list[str]:
    folders = [log.resolve().parent for log in logs]
    names = [folder.name for folder in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]


def read_log(log: Path) -> dict[str, Floats]:
    """Read the log of a run, also of one that was killed while it wrote.

    Parameters
    ----------
    log : Path
        A CSV file with a heading that has at least `COLUMNS`.

    Returns
    -------
    columns : dict of str to ndarray of shape (n_rows,)
        By heading; at least one row, NaN where nothing was measured. A row that was cut off is left out.

    Raises
    ------
    ValueError
        If there is no such file, no whole row in it, or a column is missing.
    """
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError as exc:
        raise ValueError(f"A run must have a log; {log} cannot be read: {exc.strerror}.") from exc
    # What stands after the last line's end was being written when the run was killed, and may lack digits.
    heading, *rows = text.split("\n")[:-1] or [""]
    names = heading.split(",")
    rows = [row for row in rows if row.count(",") == heading.count(",")]
    if not rows:
        raise ValueError(f"A log must have a row to draw; {log} has none. Let the run go on for some steps.")
    if missing := [column for column in COLUMNS if column not in names]:
        raise ValueError(f"A log must have the columns {', '.join(COLUMNS)}; {log} lacks {', '.join(missing)}.")
    return dict(zip(names, np.genfromtxt(rows, delimiter=",", ndmin=2).T, strict=True))


if __name__ == "__main__":
    sys.exit(main())
