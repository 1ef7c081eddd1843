"""What the lectures and their papers lead one to expect of the methods for one person, computed."""

import math
from collections.abc import Iterator

from estimation.methods.comparing.measured import FIRST, Rows
from estimation.methods.comparing.task import Claim

MEAN_POSE = "mean pose"
BETTER_THAN_MEAN_POSE = 0.10

_OVER_REGRESSION = {"PDJ@0.1": 1.3, "PDJ@0.05": 1.4}
_CASCADES = {
    "deeppose_cascade": "two cascade stages after direct regression",
    "coarse_to_fine": "fine maps after coarse ones",
}
_THIRD_STAGE = (
    "The third stage is worse than the second, on people that it has learned from, too: in a run of November 2026 "
    "PDJ@0.05 was 0.081, 0.115 and 0.098 after each. It sees pieces of the same size and so nothing finer, and in "
    "training joints are moved at random, as in the paper, by as much as the second stage errs."
)
_IN_STAGES = ("pose_machine", "error_feedback", "stacked_hourglass")


def claims(rows: Rows) -> list[Claim]:
    """Compute all of them; of methods that did not take part nothing can be said."""
    return [_learned(rows), *_maps(rows), *_cascades(rows), *_stages(rows)]


def compare(name: str, sentence: str, found: dict[str, float], *, least: float, value: float, why: str = "") -> Claim:
    """Make a claim that a value is at least as large as it should be; one that is NaN leaves it open.

    Parameters
    ----------
    name, sentence : str
    found : dict of str to float
        The numbers that are shown.
    least, value : float
    why : str, optional
        What explains it where it does not come true.
    """
    shown = "; ".join(
        f"{what} {'not known' if math.isnan(number) else f'{number:.3f}'}" for what, number in found.items()
    )
    is_known = not (math.isnan(least) or math.isnan(value))
    # A hair's breadth, since the numbers are means of floats.
    return Claim(name, sentence, shown, bool(value >= least - 1e-9) if is_known else None, why)


def _learned(rows: Rows) -> Claim:
    least = rows.mean(MEAN_POSE, "PDJ@0.2") + BETTER_THAN_MEAN_POSE
    found = {
        row.name: rows.mean(row.name, "PDJ@0.2") for row in rows.rows if row.is_trained and not row.name.endswith(FIRST)
    }
    value = math.nan if any(math.isnan(number) for number in found.values()) else min(found.values(), default=math.nan)
    sentence = f"Every method is at least {BETTER_THAN_MEAN_POSE:.2f} above the mean pose in PDJ@0.2."
    numbers = {MEAN_POSE: rows.mean(MEAN_POSE, "PDJ@0.2"), **found}
    return compare("better_than_mean_pose", sentence, numbers, least=least, value=value)


def _maps(rows: Rows) -> Iterator[Claim]:
    for method in ("heatmaps", "softargmax"):
        for column, factor in _OVER_REGRESSION.items():
            value, before = rows.mean(method, column), rows.mean("direct_regression", column)
            yield compare(
                f"{method}_{column}".replace("@", "_").replace(".", "_").lower(),
                f"{method}: at least {factor:g} times the {column} of direct regression, with the same encoder and "
                "the same number of steps.",
                {method: value, "direct_regression": before, "times": _ratio(value, before)},
                least=factor * before,
                value=value,
            )


def _cascades(rows: Rows) -> Iterator[Claim]:
    for method, words in _CASCADES.items():
        for column, factor, what in (
            ("PDJ@0.05", 1.25, "raise PDJ@0.05 by a quarter"),
            ("PDJ@0.2", 1.0, "do not lower PDJ@0.2"),
        ):
            first, last = rows.mean(method + FIRST, column), rows.mean(method, column)
            name = f"{method}_{column}".replace("@", "_").replace(".", "_").lower()
            yield compare(
                name,
                f"{method}: {words} {what}.",
                {"first": first, "last": last, "times": _ratio(last, first)},
                least=factor * first,
                value=last,
                why=_THIRD_STAGE if name == "deeppose_cascade_pdj_0_05" else "",
            )


def _stages(rows: Rows) -> Iterator[Claim]:
    for method in _IN_STAGES:
        first, last = rows.mean(method + FIRST, "PDJ@0.1"), rows.mean(method, "PDJ@0.1")
        yield compare(
            f"{method}_last",
            f"{method}: the last answer is not worse than the first one in PDJ@0.1.",
            {"first": first, "last": last},
            least=first,
            value=last,
        )


def _ratio(value: float, before: float) -> float:
    return value / before if before > 0 else math.nan
