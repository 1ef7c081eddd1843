"""Families about deleting people: the two bounds, the parameters, the defaults.

Each is about one mistake. At a bound stand only the people of the check on that bound; there the call names the bound,
so that a wrong default costs nothing. `parameters` stays away from the bounds, so that an off-by-one costs nothing.
Where one case is near a bound, another is far from it, and whoever is at the bound on parts has no nose: a count that
is a little wrong costs some of these cases, and not all.
"""

from collections.abc import Sequence

from estimation.config import BodyPart
from grader.labs.merge.casemaking.bodies import SCORE_STEP, TREE, Link, grow_body, grow_without, lay_out, links_of
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import MergeCase, Rows

_Person = tuple[int, float | None]
"""Number of parts, and score per part; any score that is high enough for None."""

_Kinds = dict[str, tuple[str, Sequence[_Person]]]

_LARGE: _Person = (12, None)
"""Somebody who stays, whatever the bound."""

_NEAR_BOUND = 5
"""People of so many parts, or fewer, may stand at a bound."""

_FAR_BELOW, _FAR_ABOVE = (10, SCORE_STEP), (10, 4.0)


def min_num_body_parts(maker: Maker) -> list[MergeCase]:
    """Make people of fewer parts than the bound, of just as many, and of more; and what a conflict leaves over."""
    kinds: _Kinds = {
        "below": ("A person of 3 parts, one too few, beside a large one.", [(3, None), _LARGE]),
        "far_below": ("A person of 2 parts beside a large one.", [(2, None), _LARGE]),
        "at": ("A person of 4 parts, just enough, beside a large one.", [(4, None), _LARGE]),
    }
    if not maker.is_public:
        kinds |= {
            "above": ("A person of 5 parts, one more than needed, beside a large one.", [_LARGE, (5, None)]),
            "mixed": ("People of 2, 4, 5, 3 and 12 parts.", [(2, None), (4, None), (5, None), (3, None), _LARGE]),
        }
    cases = [
        maker.case(name, says, _rows(maker, people), min_num_body_parts=4) for name, (says, people) in kinds.items()
    ]
    left_over = (
        "A neck is joined with more than one nose: what is left over of one that gives way has too few parts. "
        "Somebody else stands by."
    )
    for n_strays in (1,) if maker.is_public else (1, 2):
        bystander = links_of([grow_body(maker.rng, 9)], first=n_strays + 1)
        rows = lay_out(maker.rng, [*links_of([TREE]), *(Link(*link) for link in _strays(n_strays)), *bystander])
        cases.append(maker.conflicted_case(f"left_over_{n_strays}", left_over, rows))
    return cases


def min_score(maker: Maker) -> list[MergeCase]:
    """Make people whose score per part is below the bound, just the bound, and above it.

    The scores and their sums are exact in binary, so that rounding decides nothing: 6 divided by 15 is the number
    nearest to 0.4, as the bound itself is, and 0.4 times 15 is 6.
    """
    below, above = (10, (4 - SCORE_STEP) / 10), (10, (4 + SCORE_STEP) / 10)
    kinds: _Kinds = {
        "far_below": ("A person of 0.0625 per part beside a large one.", [_FAR_BELOW, _LARGE]),
        "below": ("A person a little below 0.4 per part, beside a large one.", [below, _LARGE]),
        "at": ("A person of exactly 0.4 per part, beside a large one.", [(10, 0.4), _LARGE]),
    }
    if not maker.is_public:
        kinds |= {
            "far_above": ("A person of 4 per part, and one of 0.0625.", [_FAR_ABOVE, _FAR_BELOW, _LARGE]),
            "one_at": ("A person of exactly 0.4 per part, and nobody else.", [(15, 0.4)]),
            "mixed": ("People below, at and above 0.4 per part.", [above, (15, 0.4), below, (10, 0.4), _LARGE]),
        }
    return [maker.case(name, says, _rows(maker, people), min_score=0.4) for name, (says, people) in kinds.items()]


def parameters(maker: Maker) -> list[MergeCase]:
    """Make calls with other bounds, in each way to pass them."""
    return _public_parameters(maker) if maker.is_public else _hidden_parameters(maker)


def defaults(maker: Maker) -> list[MergeCase]:
    """Make people around the default bounds, for calls that name none."""
    parts, scores = [(n, None) for n in (3, 4, 5)], [(8, 0.375), (8, 0.4375)]
    kinds: _Kinds = {
        "parts": ("People of 3, 4 and 5 parts.", [*parts, _LARGE]),
        "scores": ("People of 0.375 and 0.4375 per part.", [*scores, _LARGE]),
    }
    if not maker.is_public:
        kinds = {
            "parts": ("People of 4, 5 and 3 parts.", [_LARGE, *parts[1:], parts[0]]),
            "four_parts": ("A person of 4 parts, and nobody else.", [(4, None)]),
            "scores": ("People of 0.375 and 0.4375 per part.", [(16, 0.4375), (16, 0.375), _LARGE]),
            "low_score": ("A person of 0.4375 per part, and nobody else.", [(8, 0.4375)]),
        }
    return [maker.case(name, says, _rows(maker, people)) for name, (says, people) in kinds.items()]


def _public_parameters(maker: Maker) -> list[MergeCase]:
    stricter = _rows(maker, [(12, None), (6, None), (12, 0.5)])
    pairs = _rows(maker, [(2, None), (2, None), _LARGE])
    weak = _rows(maker, [(9, 0.25), _LARGE])
    return [
        maker.case("keywords", "Stricter bounds, by keyword.", stricter, min_num_body_parts=9, min_score=0.625),
        maker.case("positional", "Stricter bounds, by position.", stricter, 9, 0.625),
        maker.case("two_parts", "People of two parts stay when the bound is 2.", pairs, min_num_body_parts=2),
        maker.case("score_only", "A lower bound on the score alone.", weak, min_score=0.125),
        maker.case("no_score", "With a bound of 0 on the score nobody here is too weak.", weak, min_score=0),
    ]


def _hidden_parameters(maker: Maker) -> list[MergeCase]:
    stricter = _rows(maker, [(7, None), (14, None), (13, 0.5), (7, 0.5)])
    laxer = _rows(maker, [(3, None), (16, 0.25), _LARGE])
    pairs = _rows(maker, [_LARGE, (2, None), (5, None), (2, None)])
    weak = _rows(maker, [(8, 0.25), _LARGE, (6, 0.125)])
    lax = {"min_score": 0.125, "min_num_body_parts": 2}
    return [
        maker.case("keywords", "Stricter bounds, by keyword.", stricter, min_num_body_parts=10, min_score=0.6875),
        maker.case("positional", "Stricter bounds, by position.", stricter, 10, 0.6875),
        maker.case("laxer_keywords", "Lower bounds, by keyword, the second one first.", laxer, **lax),
        maker.case("laxer_positional", "Lower bounds, by position.", laxer, 2, 0.125),
        maker.case("one_of_each", "A stricter bound by position, a lower one by keyword.", laxer, 6, min_score=0.125),
        maker.case("parts_only", "A stricter bound on the parts alone, by keyword.", stricter, min_num_body_parts=10),
        maker.case("score_only", "A stricter bound on the score alone, by keyword.", stricter, min_score=0.6875),
        maker.case("two_parts", "People of two parts stay when the bound is 2.", pairs, min_num_body_parts=2),
        maker.case("no_parts", "With a bound of 0 on the parts nobody is too small.", pairs, min_num_body_parts=0),
        maker.case("no_score", "With a bound of 0 on the score nobody here is too weak.", weak, min_score=0),
        maker.case("no_bounds", "Both bounds are 0, by position.", _rows(maker, [(2, 0.125), (9, 0.25)]), 0, 0),
    ]


def _strays(n_strays: int) -> list[tuple[int, int, int]]:
    """List false limbs from the neck to noses that have an eye each, and nothing else."""
    nose, eye = 12, 13
    return [link for stray in range(1, n_strays + 1) for link in ((nose, 0, stray), (eye, stray, stray))]


def _rows(maker: Maker, people: Sequence[_Person]) -> Rows:
    bodies = [
        grow_body(maker.rng, n_parts) if n_parts > _NEAR_BOUND else grow_without(maker.rng, n_parts, BodyPart.nose)
        for n_parts, _ in people
    ]
    totals = {number: n_parts * score for number, (n_parts, score) in enumerate(people) if score is not None}
    return lay_out(maker.rng, links_of(bodies), totals=totals)
