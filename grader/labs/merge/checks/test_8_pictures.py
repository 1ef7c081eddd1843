"""Pictures: the skeletons of the project's own pictures, held against the people who are in them."""

from fractions import Fraction

from grader.harness.check import Check
from grader.harness.errors import RubricError
from grader.harness.languages import said
from grader.harness.results import Explanation
from grader.labs.merge.merge_case import LabelledPicture, MergeCase, Rows
from grader.labs.merge.overlays import Overlay, make_overlay
from grader.labs.merge.picture_scores import score_people

SHARE = Fraction(2, 3)
"""Of what the reference finds in a picture, an answer must find this share. Conflicts have several right answers: the
poorest rule that can be defended, the later row wins, finds 0.73 of it in the worst of the pictures."""


def test_pictures(check: Check) -> None:
    """The skeletons find the keypoints of the right people."""
    check.judge_each(_find_enough, overlay=_draw)


def _find_enough(case: MergeCase, people: Rows) -> Explanation | None:
    labelled = _labelled(case)
    found, must = score_people(labelled, people), float(SHARE) * labelled.expected_score
    if found >= must:
        return None
    return Explanation(
        said(
            "The skeletons in images/{picture} must find {share} of the right keypoints",
            picture=labelled.picture,
            share=f"{must:.0%}",
        ),
        said("they find {share}", share=f"{found:.0%}"),
        said("Compare the two drawings: who is missing, split, or joined with a neighbour?"),
    )


def _draw(case: MergeCase, people: Rows) -> Overlay:
    labelled = _labelled(case)
    return make_overlay(labelled, case, people, score_people(labelled, people))


def _labelled(case: MergeCase) -> LabelledPicture:
    if case.labelled is None:
        raise RubricError(f"A case of pictures must have labels; {case.name!r} has none. Make the cases again.")
    return case.labelled
