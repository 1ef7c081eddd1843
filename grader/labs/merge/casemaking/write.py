"""Write the case files: one for each check, public or hidden, from a seed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from grader.harness.cases import write_case_files
from grader.harness.results import Visibility
from grader.labs.merge.casemaking import (
    any_input,
    bounds,
    columns,
    conflicts,
    crowds,
    merging,
    picture_cases,
    row_orders,
)
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import MergeCase, dump_cases

FAMILIES: Mapping[str, Callable[[Maker], Sequence[MergeCase]]] = {
    "handout": merging.handout,
    "one_person": merging.one_person,
    "many_people": merging.many_people,
    "row_order": row_orders.row_order,
    "no_neck": merging.no_neck,
    "cycles": merging.cycles,
    "id_zero": merging.id_zero,
    "gaps": merging.gaps,
    "nobody": merging.nobody,
    "counts": columns.counts,
    "scores": columns.scores,
    "min_num_body_parts": bounds.min_num_body_parts,
    "min_score": bounds.min_score,
    "parameters": bounds.parameters,
    "defaults": bounds.defaults,
    "conflict_rules": conflicts.conflict_rules,
    "conflict_late": conflicts.conflict_late,
    "conflict_losses": conflicts.conflict_losses,
    "crowds": crowds.crowds,
    "any_people": any_input.any_people,
    "reordering": any_input.reordering,
    "renumbering": any_input.renumbering,
    "any_conflict": any_input.any_conflict,
    "pictures": picture_cases.pictures,
}
"""For each check that has cases of its own, who makes them."""

PUBLIC_SEED = 2026
"""What the published cases were made from. The hidden ones have a seed that is drawn, and stands nowhere here."""


def make_cases(check: str, seed: int, *, visibility: Visibility) -> Sequence[MergeCase]:
    """Make the cases of one check; the same seed makes the same ones."""
    return FAMILIES[check](Maker(check, visibility, seed))


def write_cases(folder: Path, seed: int, *, visibility: Visibility) -> list[Path]:
    """Write the case files of all checks into ``folder/<visibility>``.

    Parameters
    ----------
    folder : Path
        The lab's ``cases``; made when it is missing.
    seed : int
        Another seed makes other people; what the cases exercise stays. Pictures do not depend on it.
    visibility : Visibility
        Which of the two sets.

    Returns
    -------
    written : list of Path
        The files that changed. One that would change in nothing but a measured duration is left as it is.
    """
    texts = {check: dump_cases(make_cases(check, seed, visibility=visibility)) for check in FAMILIES}
    return write_case_files(folder, visibility, texts)
