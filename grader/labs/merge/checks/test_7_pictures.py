"""Pictures: the skeletons of the project's own pictures, held against the people who are in them."""

from fractions import Fraction

from grader.harness.check import Check
from grader.harness.results import Explanation
from grader.labs.merge.merge_case import Scene
from grader.labs.merge.picture_scores import score_people

SHARE = Fraction(2, 3)
"""Of what the reference finds in a picture, an answer must find this share. Conflicts have several right answers: the
poorest rule that can be defended, the later row wins, finds 0.73 of it in the worst of the pictures."""


def test_pictures(check: Check) -> None:
    """The skeletons find the keypoints of the right people."""
    check.judge_pictures(score_people, _is_enough)


def _is_enough(scene: Scene, found: float) -> Explanation | None:
    must = float(SHARE) * scene.expected_score
    if found >= must:
        return None
    return Explanation(
        f"The skeletons in images/{scene.picture} must find {must:.0%} of the right keypoints",
        f"they find {found:.0%}",
        "Compare the two drawings: who is missing, split, or joined with a neighbour?",
    )
