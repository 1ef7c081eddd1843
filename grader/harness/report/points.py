"""Points as they are shown: rounded to two decimals so that the lines of a report add up to its total."""

from collections.abc import Sequence
from fractions import Fraction

CENTS = 100


def share_out(points: Sequence[Fraction]) -> Sequence[Fraction]:
    """Round points so that they add up to what their sum is rounded to.

    Each is rounded down to a hundredth; the hundredths that are then missing go one by one to those that lost most,
    the first of equals first. No line is off by a hundredth or more.

    Parameters
    ----------
    points : sequence of Fraction
        From 0 on.

    Returns
    -------
    shown : sequence of Fraction
        Whole hundredths, in the same order.
    """
    exact = [one * CENTS for one in points]
    cents = [one.numerator // one.denominator for one in exact]
    missing = round(sum(exact, Fraction(0))) - sum(cents)
    by_loss = sorted(range(len(exact)), key=lambda place: cents[place] - exact[place])
    for place in by_loss[:missing]:
        cents[place] += 1
    return [Fraction(one, CENTS) for one in cents]
