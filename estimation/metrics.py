"""How well the joints of matched people are placed: PCP, PDJ, PCK, PCKh and MPJPE.

Keypoints are arrays of shape (n, 18, 2): ``(x, y)`` in picture pixels, in slot order, NaN where a part is
absent; number and order are others where another set of joints is given. In the truth NaN means *not labelled*
(visibility 0): such a joint counts nowhere. Row i of the found people is compared with row i of the true ones;
`coco.Matching.align` puts them in that order, and a person who was missed becomes a row of NaN.

What counts: every labelled joint of a true person. One that was not found is wrong in PCP, PDJ, PCK and PCKh.
It has no error in pixels, so MPJPE leaves it out; give `coverage` beside MPJPE. A share of nothing is NaN.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estimation.config import ConnectionMeta
from estimation.joints import LAB_JOINTS, MPII_JOINTS, JointSet, MpiiJoint
from estimation.keypoints import as_keypoints

Floats = NDArray[np.float64]


def pcp(
    predicted: ArrayLike,
    true: ArrayLike,
    *,
    fraction: float = 0.5,
    limbs: Sequence[ConnectionMeta] | None = None,
    joints: JointSet = LAB_JOINTS,
) -> float:
    """Compute the percentage of correct parts, the strict variant.

    A limb is right when *each* of its two ends is within `fraction` of the limb's true length [1]_. (The loose
    variant of some evaluation tools [2]_ asks that of the mean of the two distances and gives higher numbers.)

    Parameters
    ----------
    predicted, true : array_like of shape (n, 18, 2)
        Matched people in picture pixels.
    fraction : float, optional
        0.5 for PCP@0.5.
    limbs : sequence of ConnectionMeta, optional
        Limbs that count, where both ends are labelled; all of the set by default. Published figures count arms, legs,
        torso and head, as the limbs of `MPII_JOINTS` do.
    joints : JointSet, optional
        Which joints they are.

    Returns
    -------
    share : float
        Right limbs among the labelled ones, 0 to 1; NaN if there is none.

    References
    ----------
    .. [1] Ferrari, Marin-Jimenez, Zisserman, "Progressive Search Space Reduction for Human Pose Estimation",
       CVPR 2008.
    .. [2] Eichner, Marin-Jimenez, Zisserman, Ferrari, "2D Articulated Human Pose Estimation and Retrieval in
       (Almost) Unconstrained Still Images", IJCV 2012.
    """
    errors, truth = _errors(predicted, true, joints), _as_joints(true, "true", joints)
    pairs = joints.limbs if limbs is None else [(limb.from_body_part, limb.to_body_part) for limb in limbs]
    starts, ends = ([pair[end] for pair in pairs] for end in (0, 1))
    lengths = np.linalg.norm(truth[:, ends] - truth[:, starts], axis=-1)
    right = (errors[:, starts] <= fraction * lengths) & (errors[:, ends] <= fraction * lengths)
    return _share(right.sum(), np.isfinite(lengths).sum())


def pck(
    predicted: ArrayLike, true: ArrayLike, *, lengths_px: ArrayLike, alpha: float, joints: JointSet = LAB_JOINTS
) -> float:
    """Compute the percentage of correct keypoints: those within `alpha` times a length of the person.

    A figure means something only with the name of its length. In [1]_ that is the longer side of the person's
    box, `box_lengths`; with `torso_diameters` it is PDJ, with a head size it is PCKh.

    Parameters
    ----------
    predicted, true : array_like of shape (n, 18, 2)
        Matched people in picture pixels.
    lengths_px : array_like of shape (n,)
        The length of each true person; a person whose length is NaN does not count.
    alpha : float
        Allowed share of that length.
    joints : JointSet, optional
        Which joints they are.

    Returns
    -------
    share : float
        Right joints among the labelled ones, 0 to 1; NaN if there is none.

    Raises
    ------
    ValueError
        If a shape is wrong, or the numbers of found people, true people and lengths differ.

    References
    ----------
    .. [1] Yang and Ramanan, "Articulated Human Detection with Flexible Mixtures of Parts", TPAMI 2013.
    """
    right, counted = _count(predicted, true, lengths_px, [alpha], joints)
    return _share(right.sum(), counted.sum())


def pck_curve(
    predicted: ArrayLike, true: ArrayLike, *, lengths_px: ArrayLike, alphas: ArrayLike, joints: JointSet = LAB_JOINTS
) -> Floats:
    """Compute `pck` at many thresholds: the curve that papers draw, (n_alphas,), NaN if no joint counts.

    Parameters are those of `pck`, but for `alphas`, array_like of shape (n_alphas,).
    """
    right, counted = _count(predicted, true, lengths_px, alphas, joints)
    return np.array([_share(number, counted.sum()) for number in right.sum(axis=(1, 2))])


def pck_by_group(
    predicted: ArrayLike, true: ArrayLike, *, lengths_px: ArrayLike, alpha: float, joints: JointSet = MPII_JOINTS
) -> dict[str, float]:
    """Compute `pck` for each group of joints, and over the joints of all groups: the rows of published tables.

    Parameters are those of `pck`.

    Returns
    -------
    shares : dict of str to float
        ``head``, ``shoulder``, ``elbow``, ``wrist``, ``hip``, ``knee``, ``ankle`` and ``total``; NaN for a group of
        which nothing counts.
    """
    right, counted = _count(predicted, true, lengths_px, [alpha], joints)
    groups = {name: list(members) for name, members in joints.groups}
    groups["total"] = [member for members in groups.values() for member in members]
    return {name: _share(right[0, :, members].sum(), counted[:, members].sum()) for name, members in groups.items()}


def pdj(predicted: ArrayLike, true: ArrayLike, *, fraction: float = 0.2, joints: JointSet = LAB_JOINTS) -> float:
    """Compute the percentage of detected joints: those within `fraction` of the person's torso diameter [1]_ [2]_.

    People whose torso diameter is not known do not count. Parameters and result are those of `pck`.

    References
    ----------
    .. [1] Sapp and Taskar, "MODEC: Multimodal Decomposable Models for Human Pose Estimation", CVPR 2013.
    .. [2] Toshev and Szegedy, "DeepPose: Human Pose Estimation via Deep Neural Networks", CVPR 2014.
    """
    return pck(predicted, true, lengths_px=torso_diameters(true, joints), alpha=fraction, joints=joints)


def pckh(
    predicted: ArrayLike,
    true: ArrayLike,
    *,
    head_sizes_px: ArrayLike,
    alpha: float = 0.5,
    joints: JointSet = LAB_JOINTS,
) -> float:
    """Compute PCKh: joints within `alpha` of the person's head size, PCKh@0.5 by default [1]_.

    The head sizes must come from labelled heads: `head_box_sizes`, as MPII has it, or `head_bone_lengths`; the lab's 18
    parts contain neither. Parameters and result are otherwise those of `pck`.

    References
    ----------
    .. [1] Andriluka, Pishchulin, Gehler, Schiele, "2D Human Pose Estimation: New Benchmark and State of the Art
       Analysis", CVPR 2014.
    """
    return pck(predicted, true, lengths_px=head_sizes_px, alpha=alpha, joints=joints)


def torso_diameters(true: ArrayLike, joints: JointSet = LAB_JOINTS) -> Floats:
    """Measure each torso from the left shoulder to the right hip, in pixels: (n,), NaN where one is unlabelled."""
    return _distances(_as_joints(true, "true", joints), joints.torso)


def head_bone_lengths(true: ArrayLike) -> Floats:
    """Measure each head from its top to the upper neck, in pixels: (n,), NaN where one of the two is unlabelled.

    People are of `MPII_JOINTS`: arrays of shape (n, 16, 2). Foreshortened heads are short, so PCKh by this length asks
    more of people who look up or down than PCKh by `head_box_sizes`.
    """
    return _distances(_as_joints(true, "true", MPII_JOINTS), (MpiiJoint.head_top, MpiiJoint.upper_neck))


def head_box_sizes(boxes: ArrayLike) -> Floats:
    """Compute MPII's head size, 0.6 times the diagonal of the head's box.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        ``(x, y, width, height)`` in pixels, NaN where a head is not labelled.

    Returns
    -------
    sizes_px : ndarray of shape (n,) and dtype float64
        NaN where the head is not labelled.
    """
    return np.asarray(0.6 * np.linalg.norm(np.asarray(boxes, dtype=np.float64).reshape(-1, 4)[:, 2:], axis=-1))


def box_lengths(true: ArrayLike) -> Floats:
    """Measure the longer side of the tight box around each person's labelled joints, in pixels.

    Parameters
    ----------
    true : array_like of shape (n, 18, 2)
        True people in picture pixels.

    Returns
    -------
    lengths_px : ndarray of shape (n,) and dtype float64
        The greater of width and height; NaN where nothing is labelled.
    """
    truth = as_keypoints(true, "true", ndim=3)
    # fmin and fmax pass over NaN without the warning that nanmin gives for a person without labels.
    sides = np.fmax.reduce(truth, axis=1) - np.fmin.reduce(truth, axis=1)
    return np.asarray(sides.max(axis=-1))


def mpjpe(predicted: ArrayLike, true: ArrayLike, *, joints: JointSet = LAB_JOINTS) -> float:
    """Compute the mean per joint position error over the joints that are labelled and found [1]_.

    Parameters
    ----------
    predicted, true : array_like of shape (n, 18, 2)
        Matched people in picture pixels.
    joints : JointSet, optional
        Which joints they are.

    Returns
    -------
    error_px : float
        Mean Euclidean distance in picture pixels; NaN if there is no such joint. A joint that was not found has
        no distance, so finding fewer can look better: give `coverage` with it.

    References
    ----------
    .. [1] Ionescu, Papava, Olaru, Sminchisescu, "Human3.6M: Large Scale Datasets and Predictive Methods for 3D
       Human Sensing in Natural Environments", TPAMI 2014; there in millimetres, here in the picture.
    """
    errors = _errors(predicted, true, joints)
    measured = np.isfinite(errors)
    return _share(errors[measured].sum(), measured.sum())


def coverage(predicted: ArrayLike, true: ArrayLike) -> float:
    """Compute the share of the labelled joints that were found, wherever they were placed.

    Parameters
    ----------
    predicted, true : array_like of shape (n, 18, 2)
        Matched people in picture pixels.

    Returns
    -------
    share : float
        0 to 1; NaN if no joint is labelled.
    """
    labelled = np.isfinite(as_keypoints(true, "true", ndim=3)).all(axis=-1)
    return _share(np.isfinite(_errors(predicted, true, LAB_JOINTS)).sum(), labelled.sum())


def _as_joints(points: ArrayLike, name: str, joints: JointSet) -> Floats:
    return as_keypoints(points, name, ndim=3, n_parts=len(joints))


def _errors(predicted: ArrayLike, true: ArrayLike, joints: JointSet) -> Floats:
    """Measure how far each joint is from the truth, in pixels: (n, n_joints), NaN where one of the two is missing."""
    found, truth = _as_joints(predicted, "predicted", joints), _as_joints(true, "true", joints)
    if len(found) != len(truth):
        raise ValueError(
            f"There must be as many matched people as true ones; got {len(found)} and {len(truth)}. "
            "Put them in order with Matching.align()."
        )
    return np.asarray(np.linalg.norm(found - truth, axis=-1))


def _count(
    predicted: ArrayLike, true: ArrayLike, lengths_px: ArrayLike, alphas: ArrayLike, joints: JointSet
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which joints are right, (n_alphas, n, n_joints), and which of them count, (n, n_joints)."""
    errors, truth = _errors(predicted, true, joints), _as_joints(true, "true", joints)
    lengths = np.asarray(lengths_px, dtype=np.float64)
    if lengths.shape != (len(truth),):
        raise ValueError(
            f"lengths_px must hold one length for each of the {len(truth)} people; got the shape {lengths.shape}."
        )
    counted = np.isfinite(truth).all(axis=-1) & np.isfinite(lengths)[:, None]
    allowed = np.asarray(alphas, dtype=np.float64).reshape(-1, 1, 1) * lengths[:, None]
    return (errors <= allowed) & counted, counted


def _distances(points: Floats, pair: tuple[int, int]) -> Floats:
    start, end = pair
    return np.asarray(np.linalg.norm(points[:, start] - points[:, end], axis=-1))


def _share(part: np.number, whole: np.number) -> float:
    return float(part / whole) if whole else float("nan")
