"""Write the case files: one for each check, public or hidden, from a seed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from grader.harness.cases import Case, write_case_files
from grader.harness.results import Visibility
from grader.labs.maps.casemaking import any_input, drawing, points_of_maps, scoring
from grader.labs.maps.casemaking.maker import Maker
from grader.labs.maps.maps_case import dump_cases

FAMILIES: Mapping[str, Callable[[Maker], Sequence[Case]]] = {
    "heatmaps_shape": drawing.heatmaps_shape,
    "heatmaps_values": drawing.heatmaps_values,
    "heatmaps_people": drawing.heatmaps_people,
    "heatmaps_unlabelled": drawing.heatmaps_unlabelled,
    "heatmaps_any": any_input.record,
    "heatmaps_crowd": drawing.heatmaps_crowd,
    "softargmax_values": points_of_maps.softargmax_values,
    "softargmax_shape": points_of_maps.softargmax_shape,
    "softargmax_large": points_of_maps.softargmax_large,
    "softargmax_channels": points_of_maps.softargmax_channels,
    "softargmax_moves": points_of_maps.softargmax_moves,
    "softargmax_types": points_of_maps.softargmax_types,
    "softargmax_any": any_input.record,
    "gradient_values": points_of_maps.gradient_values,
    "gradient_shape": points_of_maps.gradient_shape,
    "gradient_difference": points_of_maps.gradient_difference,
    "gradient_sum": points_of_maps.gradient_sum,
    "gradient_channels": points_of_maps.gradient_channels,
    "gradient_any": any_input.record,
    "pck_values": scoring.pck_values,
    "pck_bound": scoring.pck_bound,
    "pck_unlabelled": scoring.pck_unlabelled,
    "pck_length": scoring.pck_length,
    "pck_missed": scoring.pck_missed,
    "pck_any": any_input.record,
    "iou_values": scoring.iou_values,
    "iou_empty": scoring.iou_empty,
    "iou_types": scoring.iou_types,
    "iou_any": any_input.record,
    "density_shape": drawing.density_shape,
    "density_values": drawing.density_values,
    "density_border": drawing.density_border,
    "density_people": drawing.density_people,
    "density_any": any_input.record,
    "density_crowd": drawing.density_crowd,
}
"""For each check that has cases of its own, who makes them."""

PUBLIC_SEED = 2027
"""What the published cases were made from. The hidden ones have a seed that is drawn, and stands nowhere here."""


def make_cases(check: str, seed: int, *, visibility: Visibility) -> Sequence[Case]:
    """Make the cases of one check; the same seed makes the same ones."""
    return FAMILIES[check](Maker(check, visibility, seed))


def write_cases(folder: Path, seed: int, *, visibility: Visibility) -> list[Path]:
    """Write the case files of all checks into ``folder/<visibility>``.

    Parameters
    ----------
    folder : Path
        The lab's ``cases``; made when it is missing.
    seed : int
        Another seed makes other people and other maps; what the cases exercise stays.
    visibility : Visibility
        Which of the two sets.

    Returns
    -------
    written : list of Path
        The files that changed. One that would change in nothing but a measured duration is left as it is.
    """
    texts = {check: dump_cases(make_cases(check, seed, visibility=visibility)) for check in FAMILIES}
    return write_case_files(folder, visibility, texts)
