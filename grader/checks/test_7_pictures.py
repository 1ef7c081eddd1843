"""Pictures: the skeletons of the project's own pictures, held against the people who are in them."""

from grader.pictures import score_people

from grader.cases import Case
from grader.judging import Check
from grader.results import Explanation, Rows

SHARE = 0.95
"""Of what the reference finds in a picture, an answer must find this share: conflicts have several answers."""


def test_pictures(check: Check) -> None:
    """The skeletons find the keypoints of the right people."""
    check.judge_pictures(_finds_enough, score_people)


def _finds_enough(case: Case, people: Rows) -> Explanation | None:
    assert case.scene is not None
    found, must = score_people(case.scene, people), SHARE * case.scene.expected_score
    if found >= must:
        return None
    return Explanation(
        f"The skeletons in images/{case.scene.picture} must find {must:.1%} of the keypoints of the right people",
        f"they find {found:.1%}",
        "Compare the two drawings: who is missing, split, or joined with a neighbour?",
    )
