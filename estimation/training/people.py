"""Pictures of drawn people with exact ground truth, to train on and to show.

Colours are red, green, blue throughout `estimation.training`. A pixel's centre has integer coordinates, so the
keypoint (x, y) lies on ``picture[round(y), round(x)]``.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from estimation.config import N_PARTS, BodyPart
from estimation.training.backgrounds import Picture, develop, draw_background, draw_occluder
from estimation.training.bodies import Body, Segment, build_body
from estimation.training.looks import draw_look
from estimation.training.poses import LEFT, RIGHT, Pose, Proportions, build_skeleton, draw_pose, draw_proportions, rotate
from estimation.training.shading import lift_to_face, shade
from estimation.training.solids import SAMPLES, Raster, cast, find_bounds, make_raster

Array = NDArray[np.float64]
OBJECT = -1
"""Owner of the pixels of foreground objects and seats; 0 is the background, person i owns i + 1."""


@dataclass(frozen=True)
class Person:
    """Ground truth of one person.

    Attributes
    ----------
    keypoints : ndarray of shape (18, 2) and dtype float32
        (x, y) in px in the order of `BodyPart`, exact also where nothing is to be seen or outside the picture.
        The neck is the exact middle of the two shoulders.
    visibility : ndarray of shape (18,) and dtype int64
        2 where the pixel at the keypoint shows the part of the body that it belongs to; 1 where something covers
        it: the person itself, another one, an object; 0 outside the picture and, as in COCO, for nose, eyes and
        ears on the side of the head that is turned away.
    box : ndarray of shape (4,) and dtype float32
        (x, y, width, height) in px of the pixels that the person takes up within the picture, those that others
        cover included.
    area : float
        Number of its pixels that are to be seen, in px².
    head_px : float
        Length of the head from chin to crown, not foreshortened, in px.
    """

    keypoints: NDArray[np.float32]
    visibility: NDArray[np.int64]
    box: NDArray[np.float32]
    area: float
    head_px: float


@dataclass(frozen=True)
class Scene:
    """A picture and everybody in it.

    Attributes
    ----------
    picture : ndarray of shape (H, W, 3) and dtype uint8
        Red, green, blue.
    persons : tuple of Person
        From the farthest to the nearest.
    owners : ndarray of shape (H, W) and dtype int16
        Who is to be seen: 0 nobody, i + 1 for ``persons[i]``, -1 for objects.
    """

    picture: NDArray[np.uint8]
    persons: tuple[Person, ...]
    owners: NDArray[np.int16]


@dataclass(frozen=True)
class Placement:
    """Where a person stands, how large, how turned, and in which pose.

    `foot` is the px of the ground below the pelvis, `scale_px` a body height; `yaw`, `pitch` and `roll` are in
    degrees: to the picture's right, from above, and clockwise.
    """

    foot: tuple[float, float]
    scale_px: float
    pose: Pose
    proportions: Proportions
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True)
class _Drawn:
    """A person on its raster: what the ground truth is read from."""

    body: Body
    raster: Raster
    corner: tuple[int, int]
    box: NDArray[np.float32]


_NEAR = {
    BodyPart.nose: (Segment.head,),
    BodyPart.neck: (Segment.torso, Segment.neck),
    BodyPart.right_eye: (Segment.head,),
    BodyPart.left_eye: (Segment.head,),
    BodyPart.right_ear: (Segment.right_ear,),
    BodyPart.left_ear: (Segment.left_ear,),
    BodyPart.right_shoulder: (Segment.torso, Segment.right_upper_arm),
    BodyPart.right_elbow: (Segment.right_upper_arm, Segment.right_forearm),
    BodyPart.right_wrist: (Segment.right_forearm, Segment.right_hand),
    BodyPart.left_shoulder: (Segment.torso, Segment.left_upper_arm),
    BodyPart.left_elbow: (Segment.left_upper_arm, Segment.left_forearm),
    BodyPart.left_wrist: (Segment.left_forearm, Segment.left_hand),
    BodyPart.right_hip: (Segment.torso, Segment.skirt, Segment.right_thigh),
    BodyPart.right_knee: (Segment.right_thigh, Segment.right_shin),
    BodyPart.right_ankle: (Segment.right_shin, Segment.right_foot),
    BodyPart.left_hip: (Segment.torso, Segment.skirt, Segment.left_thigh),
    BodyPart.left_knee: (Segment.left_thigh, Segment.left_shin),
    BodyPart.left_ankle: (Segment.left_shin, Segment.left_foot),
}
"""The segments on which a body part counts as seen."""

THICKNESS = 0.12
"""A part farther than this behind its own surface, in body heights, is covered: a hip seen through the other one."""


def render_scene(
    rng: np.random.Generator, height_px: int, width_px: int, n_persons: int, *, occlusion: float = 0.3
) -> Scene:
    """Draw people at random places, in random poses, before a random background.

    Parameters
    ----------
    rng : Generator
        Source of all choices: the same state gives the same bytes.
    height_px, width_px : int
        Size of the picture, at least 32.
    n_persons : int
        How many people, at least 0.
    occlusion : float, optional
        Probability of foreground objects, 0 to 1.

    Returns
    -------
    scene : Scene
        The picture with its ground truth.

    Raises
    ------
    ValueError
        If a size, the number of people or the probability is out of its limits.
    """
    _check(height_px, width_px, n_persons)
    nearest = float(np.exp(rng.uniform(np.log(0.45), np.log(1.6)))) * height_px
    nearest = max(nearest / (1 + 0.03 * max(n_persons - 3, 0)), 44.0)
    horizon = rng.uniform(0.05, 0.62) * height_px
    low = nearest + 0.04 * height_px
    ground = rng.uniform(min(low, 0.97 * height_px), max(low, 0.97 * height_px)) if low < height_px else low
    placements = [_place_freely(rng, width_px, nearest, horizon, ground) for _ in range(n_persons)]
    return _render(rng, height_px, width_px, placements, horizon, occlusion)


def _place_freely(
    rng: np.random.Generator, width_px: int, nearest_px: float, horizon_px: float, ground_px: float
) -> Placement:
    """Place one person on the ground, the smaller the nearer it is to the horizon."""
    near = rng.uniform(0.55, 1.0)
    proportions = draw_proportions(rng)
    is_child = proportions.head > 0.16
    foot_y = horizon_px + (ground_px - horizon_px) * near if ground_px > horizon_px else ground_px
    scale = max(nearest_px * near * (rng.uniform(0.6, 0.85) if is_child else rng.uniform(0.9, 1.08)), 40.0)
    yaw = (rng.normal(0, 30), rng.uniform(-180, 180), rng.choice([-90, 90]))[rng.choice(3, p=(0.6, 0.28, 0.12))]
    return Placement(
        foot=(rng.uniform(0.05, 0.95) * width_px, foot_y),
        scale_px=scale,
        pose=draw_pose(rng),
        proportions=proportions,
        yaw=float(yaw),
        pitch=rng.uniform(-2, 16),
        roll=rng.normal(0, 5) if rng.random() < 0.9 else rng.normal(0, 25),
    )


def _render(
    rng: np.random.Generator,
    height_px: int,
    width_px: int,
    placements: list[Placement],
    horizon_px: float,
    occlusion: float,
) -> Scene:
    """Draw the placed people, the farthest first."""
    scene = draw_background(rng, height_px, width_px, horizon_px)
    owners = np.zeros((height_px, width_px), np.int16)
    slope = rng.uniform((-0.8, -0.9, 0.45), (0.8, -0.15, 1.0))
    light = slope / np.linalg.norm(slope)
    drawn = []
    for i, placement in enumerate(sorted(placements, key=lambda p: p.foot[1])):
        drawn.append(_draw_person(rng, scene, owners, placement, light, i + 1))
    if rng.random() < occlusion:
        _cover(rng, scene, owners)
    persons = tuple(_measure(person, owners, i + 1) for i, person in enumerate(drawn))
    return Scene(develop(rng, scene), persons, owners)


def _cover(rng: np.random.Generator, scene: Picture, owners: NDArray[np.int16]) -> None:
    """Put an object in front of everybody."""
    mask, paint = draw_occluder(rng, *owners.shape)
    scene += (paint - scene) * (mask.astype(np.float32) / 255)[..., None]
    owners[mask > 127] = OBJECT


def _draw_person(
    rng: np.random.Generator,
    scene: Picture,
    owners: NDArray[np.int16],
    placement: Placement,
    light: Array,
    owner: int,
) -> _Drawn:
    """Draw a person and its shadow into the scene and take over the pixels in `owners`."""
    view = rotate(z=-placement.roll) @ rotate(x=placement.pitch) @ rotate(y=placement.yaw)
    skeleton = build_skeleton(placement.pose, placement.proportions, view)
    look = draw_look(rng, is_curvy=placement.proportions.is_curvy)
    body = build_body(skeleton, look, placement.scale_px, placement.foot)
    height_px, width_px = owners.shape
    bounds = np.array([find_bounds(solid) for solid in body.solids])
    left, top = np.clip(np.floor(bounds[:, :2].min(axis=0)).astype(int) - 1, 0, (width_px, height_px))
    right, bottom = np.clip(np.ceil(bounds[:, 2:].max(axis=0)).astype(int) + 2, (left, top), (width_px, height_px))
    raster = make_raster(left, top, right - left, bottom - top)
    box = np.zeros(4, np.float32)
    if raster.numbers.size:
        for number, solid in enumerate(body.solids, start=1):
            cast(raster, solid, number, 0.014 * placement.scale_px)
        _shadow(scene, placement, light)
        window = slice(top, bottom), slice(left, right)
        box = _compose(scene[window], owners[window], raster, shade(raster, body, light, rng), body, owner)
        box[:2] += (left, top)
    return _Drawn(body, raster, (int(left), int(top)), box)


def _shadow(scene: Picture, placement: Placement, light: Array) -> None:
    """Darken the ground around a person's feet."""
    x, y = placement.foot
    scale = placement.scale_px
    half = np.array([0.3, 0.075]) * scale
    x += -light[0] * 0.15 * scale
    left, top = np.maximum((x, y) - half, 0).astype(int)
    right, bottom = ((x, y) + half + 1).astype(int)
    window = scene[top : max(bottom, 0), left : max(right, 0)]
    if window.size:
        u = (np.arange(window.shape[1], dtype=np.float32) + np.float32(left - x)) / np.float32(half[0])
        v = (np.arange(window.shape[0], dtype=np.float32) + np.float32(top - y)) / np.float32(half[1])
        far = u * u + (v * v)[:, None]
        window *= (1 - np.float32(0.55) * np.maximum(1 - far, 0) ** 1.5)[..., None]


def _compose(
    scene: Picture, owners: NDArray[np.int16], raster: Raster, samples: NDArray[np.float32], body: Body, owner: int
) -> NDArray[np.float32]:
    """Shrink a person's samples onto the scene; give the box of its pixels within this window."""
    size = (scene.shape[1], scene.shape[0])
    is_seat = np.array([False, *(segment == Segment.seat for segment in body.segments)])[raster.numbers]
    drawn = (raster.numbers > 0).astype(np.float32)
    share = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA)
    scene *= (1 - share)[..., None]
    scene += cv2.resize(samples, size, interpolation=cv2.INTER_AREA)
    own = cv2.resize(np.where(is_seat, 0, drawn).astype(np.float32), size, interpolation=cv2.INTER_AREA) >= 0.5
    owners[share >= 0.5] = OBJECT
    owners[own] = owner
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    if not rows.size:
        return np.zeros(4, np.float32)
    return np.array([columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1], np.float32)


def locate_parts(body: Body) -> tuple[Array, NDArray[np.bool_]]:
    """Give the 18 body parts in px, (x, y, depth), and which of them the head has turned away."""
    s = body.skeleton
    points = np.empty((N_PARTS, 3))
    away = np.zeros(N_PARTS, bool)
    h, axes = s.proportions.head, s.head_axes
    points[BodyPart.nose] = s.head + axes @ (0.0, -0.13, 0.508) * h
    points[BodyPart.neck] = s.shoulders.mean(axis=0)
    away[BodyPart.nose] = axes[2, 2] < -0.15
    for i, side in enumerate((LEFT, RIGHT)):
        name = ("left", "right")[i]
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
            points[BodyPart[f"{name}_{joint}"]] = getattr(s, f"{joint}s")[i]
        eye, ear = BodyPart[f"{name}_eye"], BodyPart[f"{name}_ear"]
        spot = lift_to_face(np.array([[0.145 * side, 0.0]]))[0]
        points[eye] = s.head + axes @ spot * h
        points[ear] = s.head + axes @ (0.37 * side, -0.01, -0.04) * h
        away[eye] = (axes @ unit_normal(spot))[2] < 0.03
        away[ear] = axes[2, 0] * side < -0.25
    return np.asarray(body.place(points)), away


def unit_normal(spot: Array) -> Array:
    """Direction out of the skull at a point of its surface, roughly: away from its middle."""
    return np.asarray(spot - (0, 0.1, -0.03))


def _measure(person: _Drawn, owners: NDArray[np.int16], owner: int) -> Person:
    """Read a person's ground truth from its raster and from who owns the pixels."""
    points, away = locate_parts(person.body)
    segments = person.body.segments
    visibility = np.zeros(N_PARTS, np.int64)
    height_px, width_px = owners.shape
    for part in range(N_PARTS):
        x, y = np.floor(points[part, :2] + 0.5).astype(int)
        if away[part] or not (0 <= x < width_px and 0 <= y < height_px):
            continue
        visibility[part] = 1
        block = tuple(slice(SAMPLES * (v - o), SAMPLES * (v - o + 1)) for v, o in zip((y, x), person.corner[::-1]))
        numbers, depths = person.raster.numbers[block], person.raster.depths[block]
        if owners[y, x] != owner or not numbers.size:
            continue
        near = depths < points[part, 2] + THICKNESS * person.body.scale_px
        seen = {segments[n - 1] for n in numbers[near & (numbers > 0)].tolist()}
        if seen & set(_NEAR[BodyPart(part)]):
            visibility[part] = 2
    head_px = person.body.skeleton.proportions.head * person.body.scale_px
    area = float(np.count_nonzero(owners == owner))
    return Person(points[:, :2].astype(np.float32), visibility, person.box, area, float(head_px))


def _check(height_px: int, width_px: int, n_persons: int) -> None:
    """Refuse sizes and numbers that no scene has."""
    if min(height_px, width_px) < 32:
        raise ValueError(
            f"A scene is at least 32 px high and wide; got {(height_px, width_px)!r}. Render it larger and shrink it."
        )
    if n_persons < 0:
        raise ValueError(f"A scene holds 0 persons or more; got {n_persons!r}. Pass how many to draw.")
