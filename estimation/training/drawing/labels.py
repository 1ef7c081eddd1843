"""The ground truth of a drawn person, read from its skeleton and from the pixels that show it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.config import N_PARTS, BodyPart
from estimation.training.drawing.bodies import Body, Segment
from estimation.training.drawing.heads import EAR, EYE, NOSE, SKULL, SKULL_CENTER, lift_to_face
from estimation.training.drawing.skeletons import LEFT, RIGHT, Array
from estimation.training.drawing.solids import SAMPLES, Raster
from estimation.training.run_lengths import EncodedMask


@dataclass(frozen=True)
class RenderedHead:
    """Ground truth of one head, for data sets such as MPII that label it otherwise than by nose, eyes and ears.

    Attributes
    ----------
    box : ndarray of shape (4,) and dtype float32
        (x, y, width, height) in px around skull and face, without hair, hat and ears; exact also where nothing is to be
        seen or outside the picture.
    points : ndarray of shape (2, 2) and dtype float32
        (x, y) in px of the top of the skull, below hair and hats, and of the upper neck, about which the head nods.
    visibility : ndarray of shape (2,) and dtype int64
        As for keypoints; the top counts as seen where the head's hair or hat is.
    """

    box: NDArray[np.float32]
    points: NDArray[np.float32]
    visibility: NDArray[np.int64]


@dataclass(frozen=True)
class RenderedPerson:
    """Ground truth of one person.

    Attributes
    ----------
    keypoints : ndarray of shape (18, 2) and dtype float32
        (x, y) in px in the order of `BodyPart`, exact also where nothing is to be seen or outside the picture.
        The neck is the middle of the two shoulders.
    visibility : ndarray of shape (18,) and dtype int64
        2 where the pixel at the keypoint shows the part of the body that it belongs to; 1 where something covers
        it: the person itself, another one, an object; 0 outside the picture and, as in COCO, for nose, eyes and
        ears on the side of the head that is turned away.
    box : ndarray of shape (4,) and dtype float32
        (x, y, width, height) in px of the pixels that the person takes up within the picture, those that others
        cover included; zeros if there are none.
    area : float
        Number of its pixels that are to be seen, in px².
    head_px : float
        Length of the head from chin to crown, not foreshortened, in px.
    head : RenderedHead, optional
        None where nobody has said.
    mask : EncodedMask, optional
        The pixels that show the person, in COCO's run lengths; None where nobody has said.
    """

    keypoints: NDArray[np.float32]
    visibility: NDArray[np.int64]
    box: NDArray[np.float32]
    area: float
    head_px: float
    head: RenderedHead | None = None
    mask: EncodedMask | None = None


_MIDDLE = {
    BodyPart.nose: {Segment.head},
    BodyPart.neck: {Segment.torso, Segment.neck},
}
_PAIRED = {
    "eye": {Segment.head},
    "ear": {Segment.left_ear},
    "shoulder": {Segment.torso, Segment.left_upper_arm},
    "elbow": {Segment.left_upper_arm, Segment.left_forearm},
    "wrist": {Segment.left_forearm, Segment.left_hand},
    "hip": {Segment.torso, Segment.skirt, Segment.left_thigh},
    "knee": {Segment.left_thigh, Segment.left_shin},
    "ankle": {Segment.left_shin, Segment.left_foot},
}
"""The segments on which a left body part counts as seen."""

_HEAD_SEGMENTS = ({Segment.head, Segment.hair}, {Segment.head, Segment.neck, Segment.torso})
"""The segments on which the top of a head counts as seen, and those on which its upper neck does."""

THICKNESS = 0.12
"""Body heights. A part that lies deeper behind its own segment's face is covered: one hip behind the other."""


def _list_segments(part: BodyPart) -> set[Segment]:
    """List the segments on which a body part counts as seen."""
    if part in _MIDDLE:
        return _MIDDLE[part]
    side, joint = part.name.split("_")
    return {Segment[segment.name.replace("left", side)] for segment in _PAIRED[joint]}


_SEGMENTS = tuple(_list_segments(BodyPart(part)) for part in range(N_PARTS))


def locate_parts(body: Body) -> tuple[Array, NDArray[np.bool_]]:
    """Find the 18 body parts of a body.

    Returns
    -------
    points : ndarray of shape (18, 3)
        (x, y, depth) in px.
    is_away : ndarray of shape (18,) and dtype bool
        Whether the part is on the side of the head that is turned away from the viewer.
    """
    s, axes = body.skeleton, body.skeleton.head_axes
    points, is_away = np.empty((N_PARTS, 3)), np.zeros(N_PARTS, bool)

    def at(place: Array) -> Array:
        return s.head + axes @ place * s.proportions.head

    points[BodyPart.nose], is_away[BodyPart.nose] = at(np.array(NOSE)), axes[2, 2] < -0.15
    points[BodyPart.neck] = s.shoulders.mean(axis=0)
    for i, (name, side) in enumerate((("left", LEFT), ("right", RIGHT))):
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
            points[BodyPart[f"{name}_{joint}"]] = getattr(s, f"{joint}s")[i]
        eye, ear = BodyPart[f"{name}_eye"], BodyPart[f"{name}_ear"]
        mirror = np.array([side, 1.0, 1.0])
        spot = lift_to_face(np.array([EYE]))[0] * mirror
        points[eye], is_away[eye] = at(spot), (axes @ (spot - SKULL_CENTER))[2] < 0.03
        # Ears stand out: they are still to be seen when the head hides a little of its side.
        points[ear], is_away[ear] = at(np.array(EAR) * mirror), axes[2, 0] * side < -0.25
    return body.place(points), is_away


def label(
    body: Body, raster: Raster, box: NDArray[np.float32], owners: NDArray[np.int16], owner: int
) -> RenderedPerson:
    """Read the ground truth of a person.

    Parameters
    ----------
    body : Body
        The person.
    raster : Raster
        Its solids, numbered from 1.
    box : ndarray of shape (4,)
        Box of its pixels.
    owners : ndarray of shape (H, W) and dtype int16
        Who is to be seen on each pixel of the finished picture.
    owner : int
        This person's number there.

    Returns
    -------
    person : RenderedPerson
        Its ground truth.
    """
    points, is_away = locate_parts(body)
    head, crown = locate_head(body)
    # The top itself lies on the outline: whether it is seen is asked a little further in.
    places = np.concatenate([points, [crown], head[1:]])
    visibility = np.array(
        [
            _judge(body, raster, place, owners, owner, segments)
            for place, segments in zip(places, (*_SEGMENTS, *_HEAD_SEGMENTS), strict=True)
        ]
    )
    visibility[:N_PARTS][is_away] = 0
    head_px = body.skeleton.proportions.head * body.scale_px
    return RenderedPerson(
        points[:, :2].astype(np.float32),
        visibility[:N_PARTS],
        box,
        area=float(np.count_nonzero(owners == owner)),
        head_px=float(head_px),
        head=RenderedHead(_box_head(body), head[:, :2].astype(np.float32), visibility[N_PARTS:]),
    )


def locate_head(body: Body) -> tuple[Array, Array]:
    """Find the top of the head and the upper neck.

    Returns
    -------
    points : ndarray of shape (2, 3)
        (x, y, depth) in px of the top and of the upper neck.
    crown : ndarray of shape (3,)
        The same of a place a twelfth of a head below the top, which is surely on the head.
    """
    s = body.skeleton
    high = SKULL_CENTER[1] + SKULL[1]
    top, crown = (s.head + s.head_axes @ (0.0, y * s.proportions.head, 0.0) for y in (high, high - 1 / 12))
    # Where `build_skeleton` puts the joint between neck and head.
    upper_neck = s.neck + s.chest_axes @ (0.0, s.proportions.neck, 0.012)
    top, upper_neck, crown = body.place(np.stack([top, upper_neck, crown]))
    return np.stack([top, upper_neck]), crown


def _box_head(body: Body) -> NDArray[np.float32]:
    """Bound skull, jaw and nose; a beard is clipped, and no larger than the jaw."""
    bounds = np.array(
        [
            solid.bounds
            for solid, segment in zip(body.solids, body.segments, strict=True)
            if segment is Segment.head and solid.clip is None
        ]
    )
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return np.concatenate([low, high - low]).astype(np.float32)


def _judge(
    body: Body, raster: Raster, place: Array, owners: NDArray[np.int16], owner: int, segments: set[Segment]
) -> int:
    """Tell whether a place (x, y, depth) is outside the picture (0), covered (1) or seen on its own segments (2)."""
    x, y, depth = place
    column, row = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
    if not (0 <= row < owners.shape[0] and 0 <= column < owners.shape[1]):
        return 0
    if owners[row, column] != owner:
        return 1
    seen = _see(body, raster, (column, row), depth + THICKNESS * body.scale_px)
    return 2 if seen & segments else 1


def _see(body: Body, raster: Raster, pixel: tuple[int, int], nearest_px: float) -> set[Segment]:
    """List the segments that a person shows on a pixel (x, y), those nearer than `nearest_px` left out."""
    left, top = (round(float(line[0])) for line in (raster.xs, raster.ys))
    rows, columns = (slice(SAMPLES * n, SAMPLES * (n + 1)) for n in (pixel[1] - top, pixel[0] - left))
    numbers = raster.numbers[rows, columns]
    is_seen = (numbers > 0) & (raster.depths[rows, columns] < nearest_px)
    return {body.segments[number - 1] for number in numbers[is_seen].tolist()}
