"""The annotations of the data set MPII Human Pose [1]_, read from its MATLAB file.

References
----------
.. [1] Andriluka, Pishchulin, Gehler, Schiele, "2D Human Pose Estimation: New Benchmark and State of the Art Analysis",
   CVPR 2014. http://human-pose.mpi-inf.mpg.de
"""

import io
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import scipy.io

from estimation.joints import MPII_JOINTS
from estimation.methods.people import FloatArray, Person

LARGEST_BYTES = 500_000_000
"""MPII's own file has 12 million."""

_SCALE_PX = 200
"""MPII's `scale` is a person's height in these."""


def read_mpii(path: Path) -> dict[str, list[Person]]:
    """Read who is where in the pictures of MPII.

    Parameters
    ----------
    path : Path
        ``mpii_human_pose_v1_u12_1.mat``.

    Returns
    -------
    people : dict of str to list of Person
        By the picture's file name, in the order of the file. Points are MPII's own minus one, since MATLAB counts
        pixels from 1. A joint that is not listed, or that lies at (0, 0), is not labelled. A person's box is the
        square that `objpos` and `scale` name; without them it has no area.

    Raises
    ------
    ValueError
        If the file cannot be read, or is not MPII's; the message names what is missing.
    """
    annotations = _fields(_load(path), "RELEASE", "annolist", path)
    people: dict[str, list[Person]] = {}
    for number, annotation in enumerate(annotations, start=1):
        where = f"annolist({number})"
        image = _field(annotation, "image", f"{where}.image", path)
        name = PurePosixPath(str(_field(image, "name", f"{where}.image.name", path))).name
        rectangles = getattr(annotation, "annorect", ())
        people.setdefault(name, []).extend(_person(rectangle) for rectangle in _listed(rectangles))
    return people


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
        if len(content) <= LARGEST_BYTES:
            return dict(scipy.io.loadmat(io.BytesIO(content), squeeze_me=True, struct_as_record=False))
        reason = f"it has more than {LARGEST_BYTES} bytes"
    # On strangers' bytes SciPy raises whatever the place that it has come to raises.
    except Exception as error:  # noqa: BLE001 - the same
        reason = (str(error).splitlines() or [type(error).__name__])[0]
    raise ValueError(
        f"The annotations of MPII must be a MATLAB file; {path} cannot be read: {reason:.200}. "
        "Unpack mpii_human_pose_v1_u12_2.zip and name the .mat file in it."
    )


def _fields(loaded: dict[str, Any], variable: str, field: str, path: Path) -> list[Any]:
    if variable not in loaded:
        names = sorted(name for name in loaded if not name.startswith("__"))
        raise _missing(variable, path, f"it holds {names!r:.200}")
    return _listed(_field(loaded[variable], field, f"{variable}.{field}", path))


def _field(struct: Any, name: str, full_name: str, path: Path) -> Any:  # noqa: ANN401 - whatever SciPy made of it
    value = getattr(struct, name, None)
    if value is None or (isinstance(value, np.ndarray) and value.size == 0):
        raise _missing(full_name, path, "there is no such field, or nothing in it")
    return value


def _missing(name: str, path: Path, got: str) -> ValueError:
    return ValueError(
        f"The annotations of MPII must have {name}; {path}: {got}. Name the file mpii_human_pose_v1_u12_1.mat."
    )


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - the same
    """List the elements of an array of structs, of which MATLAB writes a single one without the array."""
    return list(np.atleast_1d(np.asarray(value, dtype=object)))


def _person(rectangle: Any) -> Person:  # noqa: ANN401 - the same
    return Person(_joints(rectangle), _box(rectangle), _head_box(rectangle))


def _joints(rectangle: Any) -> FloatArray:  # noqa: ANN401 - the same
    joints = np.full((len(MPII_JOINTS), 2), np.nan, np.float32)
    for joint, x, y in _points(rectangle):
        if joint in range(len(MPII_JOINTS)) and (x, y) != (0, 0):
            joints[int(joint)] = (x - 1, y - 1)
    return joints


def _points(rectangle: Any) -> Iterator[tuple[float, float, float]]:  # noqa: ANN401 - the same
    points = getattr(getattr(rectangle, "annopoints", None), "point", ())
    for point in _listed(points):
        numbers = _numbers(point, "id", "x", "y")
        if np.isfinite(numbers).all():
            yield numbers[0], numbers[1], numbers[2]


def _box(rectangle: Any) -> FloatArray:  # noqa: ANN401 - the same
    """Turn centre and scale into a box; NaN, which is of no area, where one is missing."""
    x, y = _numbers(getattr(rectangle, "objpos", None), "x", "y")
    (scale,) = _numbers(rectangle, "scale")
    side = scale * _SCALE_PX
    return np.array([x - 1 - side / 2, y - 1 - side / 2, side, side], np.float32)


def _head_box(rectangle: Any) -> FloatArray:  # noqa: ANN401 - the same
    left, top, right, bottom = _numbers(rectangle, "x1", "y1", "x2", "y2")
    return np.array([left - 1, top - 1, right - left, bottom - top], np.float32)


def _numbers(struct: Any, *names: str) -> list[float]:  # noqa: ANN401 - the same
    """Read fields that hold one number each; NaN for what is missing or something else."""
    numbers = []
    for name in names:
        value = np.asarray(getattr(struct, name, np.nan))
        numbers.append(float(value) if value.shape == () and value.dtype.kind in "fiu" else float("nan"))
    return numbers
