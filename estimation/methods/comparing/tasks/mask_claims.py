"""What the lecture leads one to expect of encoder-decoders, computed."""

import math

from estimation.methods.comparing.measured import Rows
from estimation.methods.comparing.task import Claim
from estimation.methods.comparing.tasks.pose_claims import compare

LEAST_GAIN, LEAST_BAND_GAIN, LEAST_IOU = 0.05, 0.08, 0.78

_WITH, _WITHOUT = "unet", "encoder_decoder"


def claims(rows: Rows) -> list[Claim]:
    """Compute all of them; of methods that did not take part nothing can be said."""
    return [
        _gain(rows, "IoU", LEAST_GAIN, "skips_iou", "the mean IoU"),
        _gain(rows, "band IoU", LEAST_BAND_GAIN, "skips_band_iou", "the IoU within 2 px of the outline"),
        _hidden(rows),
        _best(rows),
    ]


def _gain(rows: Rows, column: str, least: float, name: str, what: str) -> Claim:
    with_skips, without = rows.mean(_WITH, column), rows.mean(_WITHOUT, column)
    return compare(
        name,
        f"Skips raise {what} by at least {least:.2f}.",
        {"without": without, "with": with_skips, "difference": with_skips - without},
        least=without + least,
        value=with_skips,
    )


def _hidden(rows: Rows) -> Claim:
    gains = {column: rows.mean(_WITH, column) - rows.mean(_WITHOUT, column) for column in ("IoU", "accuracy")}
    return compare(
        "accuracy_hides",
        "Pixel accuracy hides what skips are worth: it differs by less than half of what the mean IoU does.",
        {f"difference in {column}": gain for column, gain in gains.items()},
        least=gains["accuracy"],
        value=gains["IoU"] / 2,
    )


def _best(rows: Rows) -> Claim:
    reached = {row.name: row.numbers["IoU"].mean for row in rows.rows if row.is_trained}
    known = {name: share for name, share in reached.items() if not math.isnan(share)}
    best = max(known, key=lambda name: known[name], default="")
    return compare(
        "best_iou",
        f"The best mean IoU is at least {LEAST_IOU}.",
        {best: known[best]} if known else {},
        least=LEAST_IOU,
        value=known.get(best, math.nan),
    )
