"""People whom the tests of the judgements share: two to stay, one of too few parts, one of too low a score."""

from estimation.merge import merge
from grader.harness.results import Visibility
from grader.labs.merge.merge_case import MergeCase
from grader.labs.merge.reference import deleted
from tests.strategies import rows_of

NOSE, NECK, SHOULDER, ELBOW, WRIST, L_SHOULDER, L_ELBOW, L_WRIST, HIP, KNEE, ANKLE = range(11)
EYE = 14


def case_of(rows, *positional, **keywords):
    """Make a case without conflicts, as the reference answers it."""
    expected = merge(rows, *positional, **keywords)
    return MergeCase(
        check="key",
        name="name",
        says="Says.",
        visibility=Visibility.PUBLIC,
        arguments=(rows, *positional),
        expected=expected,
        keywords=keywords,
        deleted=deleted(rows, expected),
    )


# Ann and Bob are people of five parts; Cy has three parts, too few; Di has four and too low a score.
ROWS = rows_of(
    ({NOSE: 1, NECK: 2}, 2),
    ({NECK: 2, SHOULDER: 3}, 2),
    ({SHOULDER: 3, ELBOW: 4}, 2),
    ({ELBOW: 4, WRIST: 5}, 2),
    ({NOSE: 11, NECK: 12}, 3),
    ({NECK: 12, SHOULDER: 13}, 3),
    ({SHOULDER: 13, ELBOW: 14}, 3),
    ({ELBOW: 14, WRIST: 15}, 3),
    ({L_SHOULDER: 26, L_ELBOW: 27}, 4),
    ({L_ELBOW: 27, L_WRIST: 28}, 4),
    ({HIP: 39, KNEE: 40}, 0.5),
    ({KNEE: 40, ANKLE: 41}, 0.5),
    ({ANKLE: 41, EYE: 42}, 0.25),
)
ANN = {NOSE: 1, NECK: 2, SHOULDER: 3, ELBOW: 4, WRIST: 5}
BOB = {NOSE: 11, NECK: 12, SHOULDER: 13, ELBOW: 14, WRIST: 15}
CY = {L_SHOULDER: 26, L_ELBOW: 27, L_WRIST: 28}
DI = {HIP: 39, KNEE: 40, ANKLE: 41, EYE: 42}
CASE = case_of(ROWS)
RIGHT = rows_of((ANN, 8), (BOB, 12))

ANN_TEXT = "nose 1, neck 2, right_shoulder 3, right_elbow 4, right_wrist 5"
BOB_TEXT = "nose 11, neck 12, right_shoulder 13, right_elbow 14, right_wrist 15"
CY_TEXT = "left_shoulder 26, left_elbow 27, left_wrist 28"
DI_TEXT = "right_hip 39, right_knee 40, right_ankle 41, right_eye 42"
