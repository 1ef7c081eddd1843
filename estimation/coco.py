"""COCO's keypoint evaluation: OKS, its AP and AR through pycocotools, and who is who by OKS.

Keypoints are arrays of shape (n, 18, 2): ``(x, y)`` in picture pixels, in slot order, NaN where a part is
absent; in the truth, where it is not labelled. COCO has 17 keypoints: the neck is left out everywhere here.
"""

import contextlib
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import linear_sum_assignment

from estimation.coco_format import COCO_SLOTS, PERSON_CATEGORY
from estimation.config import COCO_PARTS, N_PARTS
from estimation.keypoints import as_keypoints

Floats = NDArray[np.float64]

COCO_SIGMAS = np.array((26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89)) / 1000
"""How far annotators scatter on each of COCO's 17 keypoints, as a share of the root of a person's area."""

COCO_NUMBERS = ("AP", "AP50", "AP75", "AP_medium", "AP_large", "AR", "AR50", "AR75", "AR_medium", "AR_large")
"""What `evaluate_coco` returns, in the order of pycocotools."""


def oks(predicted: ArrayLike, true: ArrayLike, areas: ArrayLike) -> Floats:
    r"""Compute the object keypoint similarity of COCO [1]_.

    .. math:: \frac{\sum_i \exp(-d_i^2 / (2 s^2 (2\sigma_i)^2))}{\sum_i 1}

    over the labelled keypoints i, with :math:`s^2` the area of the true person. The neck is no COCO keypoint.

    Parameters
    ----------
    predicted, true : array_like of shape (..., 18, 2)
        In picture pixels; the leading axes broadcast.
    areas : array_like of shape (...)
        Area of each true person in square pixels; broadcasts too.

    Returns
    -------
    similarity : ndarray of shape (...) and dtype float64
        1 where all keypoints agree, 0 where no labelled one was found; NaN where none is labelled.

    Raises
    ------
    ValueError
        If the last two axes are not 18 parts by 2, or an area is negative or no number.

    References
    ----------
    .. [1] COCO keypoint evaluation, https://cocodataset.org/#keypoints-eval; `COCOeval.computeOks`.
    """
    similarities = keypoint_similarities(predicted, true, areas)
    n_labelled = np.isfinite(as_keypoints(true, "true")[..., COCO_SLOTS, :]).all(axis=-1).sum(axis=-1)
    with np.errstate(invalid="ignore"):  # 0 / 0 is the NaN of a person without labels
        return np.asarray(similarities.sum(axis=-1) / n_labelled)


def keypoint_similarities(predicted: ArrayLike, true: ArrayLike, areas: ArrayLike) -> Floats:
    """Compute the terms of `oks`, one for each of COCO's 17 keypoints.

    Parameters and errors are those of `oks`.

    Returns
    -------
    similarities : ndarray of shape (..., 17) and dtype float64
        From 1, where a keypoint agrees, to 0; 0 where it was not found or is not labelled.
    """
    found, truth = as_keypoints(predicted, "predicted"), as_keypoints(true, "true")
    area = np.asarray(areas, dtype=np.float64)
    if not np.all(area >= 0):
        raise ValueError(f"Areas must be numbers of at least 0, in square pixels; got {area.tolist()!r:.200}.")
    distances = np.linalg.norm((found - truth)[..., COCO_SLOTS, :], axis=-1)
    variances = (2 * COCO_SIGMAS) ** 2 * (area[..., None] + np.spacing(1))
    return np.asarray(np.nan_to_num(np.exp(-(distances**2) / (2 * variances))))


@dataclass(frozen=True)
class Matching:
    """Which found person is which true one.

    Attributes
    ----------
    pairs : list of tuple of int
        ``(index of the found person, index of the true person)``, each index once, in the order of the true.
    missed : list of int
        True people whom nobody was matched with.
    surplus : list of int
        Found people who are nobody, or somebody who was found already.
    """

    pairs: list[tuple[int, int]]
    missed: list[int]
    surplus: list[int]

    def align(self, predicted: ArrayLike) -> Floats:
        """Reorder the found people as the true ones are.

        Parameters
        ----------
        predicted : array_like of shape (n, 18, 2)
            The found people who were matched. Not modified.

        Returns
        -------
        aligned : ndarray of shape (m, 18, 2)
            A row for each true person; NaN for the missed ones.
        """
        aligned = np.full((len(self.pairs) + len(self.missed), N_PARTS, 2), np.nan)
        for found, true in self.pairs:
            aligned[true] = np.asarray(predicted)[found]
        return aligned


def match_persons(predicted: ArrayLike, true: ArrayLike, areas: ArrayLike, *, minimum_oks: float = 0.1) -> Matching:
    """Assign found people to true ones, one to one, so that the sum of their OKS is the largest possible.

    Parameters
    ----------
    predicted : array_like of shape (n, 18, 2)
        Found people in picture pixels.
    true : array_like of shape (m, 18, 2)
        True people in picture pixels.
    areas : array_like of shape (m,)
        Area of each true person in square pixels.
    minimum_oks : float, optional
        Pairs that are less alike do not match, so people without a common part never do. COCO calls a person
        found from 0.5 on; 0.1 keeps the badly placed ones, whose joints PCK and the like then judge one by one.

    Returns
    -------
    matching : Matching
        The pairs, who was missed, and who was found in excess.

    Raises
    ------
    ValueError
        If a shape is wrong or `minimum_oks` is not above 0 and at most 1.
    """
    if not 0 < minimum_oks <= 1:
        raise ValueError(f"minimum_oks must be above 0 and at most 1; got {minimum_oks!r}.")
    found, truth = as_keypoints(predicted, "predicted", ndim=3), as_keypoints(true, "true", ndim=3)
    similarity = np.nan_to_num(oks(found[:, None], truth[None], areas))
    similarity[similarity < minimum_oks] = 0
    rows, columns = linear_sum_assignment(similarity, maximize=True)
    pairs = [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if similarity[i, j] > 0]
    pairs.sort(key=lambda pair: pair[1])
    return Matching(
        pairs,
        missed=sorted(set(range(len(truth))) - {j for _, j in pairs}),
        surplus=sorted(set(range(len(found))) - {i for i, _ in pairs}),
    )


def evaluate_coco(
    annotations: str | os.PathLike[str] | Mapping[str, Any] | COCO,
    results: Iterable[Mapping[str, Any]],
    *,
    image_ids: Sequence[int] | None = None,
) -> dict[str, float]:
    """Compute COCO's ten keypoint numbers with pycocotools.

    Parameters
    ----------
    annotations : path, dict or COCO
        The truth in COCO's format: a JSON file, its content, or what pycocotools made of it. Not modified.
    results : iterable of dict
        What `coco_results` returns, of all pictures together; none at all is an AP of 0. Not modified.
    image_ids : sequence of int, optional
        Pictures that count; all of `annotations` without it.

    Returns
    -------
    numbers : dict of str to float
        `COCO_NUMBERS`: AP and AR are means over the OKS thresholds 0.50, 0.55, ..., 0.95, AP50 and so on at one
        threshold, medium and large over people of 32^2 to 96^2 and above 96^2 square pixels; 20 people a
        picture at most. NaN where no true person counts (pycocotools says -1).

    Raises
    ------
    ValueError
        If a result is not in COCO's format or of a picture that is not in `annotations`.
    """
    checked = [dict(result) for result in results]  # pycocotools writes areas and ids into what it is given
    with contextlib.redirect_stdout(io.StringIO()):  # it prints its progress and a table
        truth = _as_coco(annotations)
        for number, result in enumerate(checked):
            _check_result(result, truth.imgs, number)
        evaluation = COCOeval(truth, _load_results(truth, checked), "keypoints")
        if image_ids is not None:
            evaluation.params.imgIds = list(image_ids)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    numbers = (float(number) if number >= 0 else float("nan") for number in evaluation.stats)
    return dict(zip(COCO_NUMBERS, numbers, strict=True))


def _as_coco(annotations: str | os.PathLike[str] | Mapping[str, Any] | COCO) -> COCO:
    if isinstance(annotations, str | os.PathLike):
        return COCO(os.fspath(annotations))
    dataset = annotations.dataset if isinstance(annotations, COCO) else annotations
    # The evaluation marks the annotations that it ignores; the caller's stay as they are.
    copy = COCO()
    copy.dataset = {**dataset, "annotations": [dict(annotation) for annotation in dataset["annotations"]]}
    copy.createIndex()
    return copy


def _load_results(truth: COCO, results: list[dict[str, Any]]) -> COCO:
    if results:
        return truth.loadRes(results)
    nothing = COCO()  # loadRes looks into the first result to see what it has, and fails when there is none
    nothing.dataset = {**truth.dataset, "annotations": []}
    nothing.createIndex()
    return nothing


def _check_result(result: Mapping[str, Any], images: Mapping[int, Any], number: int) -> None:
    where = f"got {result!r:.200} as result {number}. Make results with coco_results()."
    if result.get("image_id") not in images:
        raise ValueError(f"A result must name a picture of the annotations; {where}")
    if result.get("category_id") != PERSON_CATEGORY:
        raise ValueError(f"A result must have the category {PERSON_CATEGORY}, person; {where}")
    if not _are_finite(result.get("keypoints"), (3 * len(COCO_PARTS),)) or not _are_finite(result.get("score"), ()):
        raise ValueError(
            f"A result must have {3 * len(COCO_PARTS)} finite keypoint numbers and a finite score; {where}"
        )


def _are_finite(numbers: object, shape: tuple[int, ...]) -> bool:
    try:
        array = np.asarray(numbers, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return array.shape == shape and bool(np.isfinite(array).all())
