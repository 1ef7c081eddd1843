"""What the lecture leads one to expect of counting, computed; all errors in people."""

import math
from dataclasses import replace

from estimation.methods.comparing.measured import FIRST, Rows
from estimation.methods.comparing.task import Claim
from estimation.methods.comparing.tasks.pose_claims import compare
from estimation.methods.crowds import MOST_PEOPLE

GUESS, SKELETONS = "guess the mean", "skeletons"
"""Rows that nobody trained: always the mean, and the lab's own answer."""

BORDERS = (0, 5, 10, 15, 20, 30, 40, 60, 80, 100, 125, MOST_PEOPLE)
"""Numbers of people: the curve has a point for the pictures of each that have more than the one before."""

LARGEST_SHARE = 0.4
"""Of the error of guessing the mean, that a trained method may have."""

KEPT = 0.6, 0.8
"""What is about the 70 % of the accuracy of many columns that one column keeps, says the lecture."""

_COLUMNS = ("mcnn_column9", "mcnn_column7", "mcnn_column5")
_LESS = 1e-6

_ONE_COLUMN = (
    f"MCNN's best column alone keeps about 70 % of MCNN's accuracy, {100 * KEPT[0]:.0f} to {100 * KEPT[1]:.0f} %: the "
    "MAE of all columns divided by that of the one."
)

_SWITCH_NAMES_BY_CHANCE = (
    "Switch-CNN is above it. In so few steps, and from columns that still change, its classifier does not learn which "
    "one counts best: in a run of November 2026 it named the best one for 0.35 of the patches, where chance is 0.33; "
    "with the best one for all of them the MAE would have been 7.9."
)
_COLUMNS_ERR_ALIKE = (
    "The columns err alike: in a run of November 2026 the errors of any two correlated by 0.92 to 0.96, so that three "
    "know little more than the best of them. Li, Zhang and Chen (CSRNet, 2018) found that MCNN's columns learn nearly "
    "the same, too."
)


def claims(rows: Rows) -> list[Claim]:
    """Compute all of them; of methods that did not take part nothing can be said."""
    return [_below_the_guess(rows), _density_over_number(rows), _one_column(rows), _crossing(rows)]


def crossing(rows: Rows) -> int | None:
    """Tell for how many of the first points of the curve skeletons should be counted, and densities from there on.

    Returns
    -------
    n_points : int or None
        With the smallest sum of errors, the least of several; None where one of the two rows is missing.
    """
    curves = [row.curve for row in (rows.find(SKELETONS), rows.find("density_map")) if row and row.curve]
    if len(curves) != 2:
        return None
    # Where there is no picture with so many people, nobody errs.
    skeletons, densities = ([0.0 if math.isnan(error) else error for error in curve] for curve in curves)
    sums = [sum(skeletons[:n_points]) + sum(densities[n_points:]) for n_points in range(len(skeletons) + 1)]
    return sums.index(min(sums))


def _below_the_guess(rows: Rows) -> Claim:
    guess = rows.mean(GUESS, "MAE")
    found = {row.name: row.numbers["MAE"].mean for row in rows.rows if row.is_trained and not row.name.endswith(FIRST)}
    worst = math.nan if any(map(math.isnan, found.values())) else max(found.values(), default=math.nan)
    above = [name for name, error in found.items() if error >= LARGEST_SHARE * guess]
    return compare(
        "below_the_guess",
        f"Every trained method's MAE is below {LARGEST_SHARE} of what guessing the mean has.",
        {GUESS: guess, f"{LARGEST_SHARE} of it": LARGEST_SHARE * guess, **found},
        least=worst + _LESS,
        value=LARGEST_SHARE * guess,
        why=_SWITCH_NAMES_BY_CHANCE if above == ["switch_cnn"] else "",
    )


def _density_over_number(rows: Rows) -> Claim:
    density, number = rows.mean("density_map", "RMSE"), rows.mean("count_regression", "RMSE")
    return compare(
        "density_below_regression",
        "The density map's RMSE is below that of count regression, with the same encoder and the same number of steps.",
        {"density_map": density, "count_regression": number},
        least=density + _LESS,
        value=number,
    )


def _one_column(rows: Rows) -> Claim:
    known = {name: rows.mean(name, "MAE") for name in _COLUMNS if not math.isnan(rows.mean(name, "MAE"))}
    best = min(known, key=lambda name: known[name], default="")
    mcnn, column = rows.mean("mcnn", "MAE"), known.get(best, math.nan)
    kept = mcnn / column if column > 0 else math.nan
    found = {"MAE of mcnn": mcnn, f"MAE of {best or 'its best column'}": column, "kept": kept}
    why = _COLUMNS_ERR_ALIKE if kept > KEPT[1] else ""
    claim = compare("one_column", _ONE_COLUMN, found, least=KEPT[0], value=kept, why=why)
    return replace(claim, came_true=claim.came_true and kept <= KEPT[1])


def _crossing(rows: Rows) -> Claim:
    n_points = crossing(rows)
    sentence = "Counting skeletons is better where there are few people, the density map where there are many."
    if n_points is None:
        return Claim("crossing", sentence, "", None)
    found = f"skeletons are better up to {BORDERS[n_points - 1]} people, the density map from there on"
    if n_points == 0:
        found = "the density map is better whatever the number"
    elif n_points == len(BORDERS):
        found = "skeletons are better whatever the number"
    return Claim("crossing", sentence, found, 0 < n_points < len(BORDERS))
