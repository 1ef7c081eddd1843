"""The debugger of whoever writes `merge`: what `demo_image.py --explain` prints and draws."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from estimation import estimators
from estimation.config import get_default_configuration
from estimation.decoding import find_rows
from estimation.explaining import explain, explain_rows
from estimation.handout import SIZE_PX, handout_coordinates, handout_rows
from estimation.pictures import Picture, bgr_to_rgb, rgb_to_bgr, write_picture
from estimation.row_renderers import draw_rows
from estimation.sighting import Sighting, observe

if TYPE_CHECKING:
    from estimation.networks import Network


def explain_sighting(
    name: str, picture: Picture, sighting: Sighting, output: Path, *, as_in_lab: bool
) -> Iterator[str]:
    """Write and draw the rows of a picture and what came of them.

    Parameters
    ----------
    name : str
        The picture's, for the reader.
    picture : ndarray of shape (H, W, 3) and dtype uint8
        RGB, the one that was looked at. Not modified.
    sighting : Sighting
        What `look` returned for it.
    output : Path
        Where the people are drawn: the rows are drawn beside it, as ``output_rows.png``.
    as_in_lab : bool
        As it was given to `look`.

    Yields
    ------
    line : str
    """
    coordinates, rows = find_rows(get_default_configuration(), sighting.maps, as_in_lab=as_in_lab)
    people = sighting.people.skeletons
    yield from explain(name, rows, people)
    drawn = draw_rows(rgb_to_bgr(picture), coordinates, explain_rows(rows, people), people, sighting.cell_px)
    yield _write(output, drawn)


def explain_without_answer(
    name: str, network: "Network", picture: Picture, height_px: int | None, *, as_in_lab: bool
) -> Iterator[str]:
    """Write the rows of a picture of which `merge` has made nothing; parameters are those of `look`."""
    _, maps = observe(network, picture, height_px)
    yield from explain(name, find_rows(get_default_configuration(), maps, as_in_lab=as_in_lab)[1], None)


def explain_handout(output: Path) -> Iterator[str]:
    """Write and draw what `merge` makes of the example of the handout; the rows alone where it fails, before it does.

    Parameters
    ----------
    output : Path
        As in `explain_sighting`.

    Yields
    ------
    line : str
    """
    rows, name = handout_rows(), "The example of the handout"
    try:
        people = estimators.group(rows.copy())
    except Exception:
        yield from explain(name, rows, None)
        raise
    yield from explain(name, rows, people)
    sheet = np.full((SIZE_PX, SIZE_PX, 3), 255, np.uint8)
    yield _write(output, draw_rows(sheet, handout_coordinates(), explain_rows(rows, people), people, cell_px=1))


def is_raised_by_merge(error: BaseException) -> bool:
    """Tell whether an error comes from inside `merge`: its author needs the line where it happened."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename) == Path(estimators.__file__).with_name("merge.py")


def _write(output: Path, drawn: Picture) -> str:
    path = output.with_name(f"{output.stem}_rows{output.suffix}")
    write_picture(path, bgr_to_rgb(drawn))
    return f"Wrote {path}"
