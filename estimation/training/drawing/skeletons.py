"""Articulated bodies: bones, angles of the joints, and from both the joints in space.

Lengths are in body heights. The body's own axes are x to its left, y up and z ahead; the camera's axes are x to
the right, y up and z towards the viewer, so that a person who faces the camera needs no turning.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEFT, RIGHT = 1, -1
"""The sign of x on the two sides of a body."""


@dataclass(frozen=True)
class Arm:
    """Angles of an arm in degrees: all zero hangs straight down.

    Attributes
    ----------
    raised : float
        From hanging (0) over level (90) to overhead (180).
    ahead : float
        Direction in which it is raised: 0 sideways, 90 ahead, negative behind.
    twist : float
        Turn about the upper arm; positive carries the bent forearm outwards.
    bent : float
        Elbow, 0 to 150.
    target : tuple of float, optional
        Where the wrist is instead, in body heights from the middle of the shoulders, x to the arm's own side.
        The elbow then points to `pole`; the other angles are not used.
    pole : tuple of float, optional
        Direction of the elbow, x to the arm's own side.
    """

    raised: float = 8.0
    ahead: float = 20.0
    twist: float = -20.0
    bent: float = 15.0
    target: tuple[float, float, float] | None = None
    pole: tuple[float, float, float] = (0.6, -0.6, -0.5)


@dataclass(frozen=True)
class Leg:
    """Angles of a leg in degrees: all zero stands straight.

    Attributes
    ----------
    ahead : float
        Thigh from straight down (0) to level ahead (90).
    apart : float
        Thigh away from the middle.
    splay : float
        Turn of the whole leg outwards.
    bent : float
        Knee, 0 to 150.
    toes : float
        Foot pointed down; 0 is square to the shin.
    """

    ahead: float = 0.0
    apart: float = 4.0
    splay: float = 8.0
    bent: float = 3.0
    toes: float = 0.0


@dataclass(frozen=True)
class Pose:
    """Angles of a whole body in degrees; arms and legs as (left, right).

    `tilt` leans the pelvis ahead, `lean`, `sway` and `turn` bend the spine ahead, to the left and about itself,
    `nod`, `shake` and `cock` move the head likewise. `lift` is the height above the ground in body heights.
    """

    arms: tuple[Arm, Arm] = (Arm(), Arm())
    legs: tuple[Leg, Leg] = (Leg(), Leg())
    tilt: float = 0.0
    lean: float = 2.0
    sway: float = 0.0
    turn: float = 0.0
    nod: float = 0.0
    shake: float = 0.0
    cock: float = 0.0
    lift: float = 0.0
    is_lying: bool = False
    is_seated: bool = False


@dataclass(frozen=True)
class Proportions:
    """Lengths in body heights, of a grown-up by default; `girth` and the rest are factors."""

    head: float = 0.135
    neck: float = 0.045
    shoulder: float = 0.102
    chest: float = 0.175
    waist: float = 0.115
    hip: float = 0.052
    thigh: float = 0.245
    shin: float = 0.235
    upper_arm: float = 0.168
    forearm: float = 0.142
    girth: float = 1.0
    is_curvy: bool = False


@dataclass(frozen=True)
class Skeleton:
    """Joints of one body in space.

    Attributes
    ----------
    shoulders, elbows, wrists, hips, knees, ankles : ndarray of shape (2, 3)
        Left first, in body heights, camera axes, the origin on the ground below the pelvis.
    toes, fingers : ndarray of shape (2, 3)
        Unit directions of the feet and of the hands.
    thumbs : ndarray of shape (2, 3)
        Unit directions that thumbs point in.
    pelvis, waist, neck, head : ndarray of shape (3,)
        Middle of the hips, bend of the spine, middle of the shoulders, middle of the head.
    pelvis_axes, chest_axes, head_axes : ndarray of shape (3, 3)
        Columns: own left, up and ahead.
    proportions : Proportions
        What the body was built from.
    has_seat : bool
        Whether it sits on something.
    """

    shoulders: Array
    elbows: Array
    wrists: Array
    hips: Array
    knees: Array
    ankles: Array
    toes: Array
    fingers: Array
    thumbs: Array
    pelvis: Array
    waist: Array
    neck: Array
    head: Array
    pelvis_axes: Array
    chest_axes: Array
    head_axes: Array
    proportions: Proportions
    has_seat: bool


def rotate(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Array:
    """Make the rotation about one axis by an angle in degrees."""
    return np.asarray(cv2.Rodrigues(np.radians([x, y, z]))[0])


def unit(vector: Array) -> Array:
    """Scale vectors along the last axis to length 1."""
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True))


def _bend_arm(arm: Arm, body: Proportions) -> tuple[Array, Array]:
    """Give the elbow and the wrist of a left arm from its shoulder, in the chest's axes."""
    if arm.target is not None:
        return _reach(np.array(arm.target) - (body.shoulder, 0.0, 0.0), np.array(arm.pole), body)
    swing = rotate(y=-arm.ahead) @ rotate(z=arm.raised) @ rotate(y=arm.ahead + arm.twist)
    bent = np.radians(arm.bent)
    elbow = swing @ (0.0, -body.upper_arm, 0.0)
    return elbow, elbow + swing @ (0.0, -body.forearm * np.cos(bent), body.forearm * np.sin(bent))


def _reach(target: Array, pole: Array, body: Proportions) -> tuple[Array, Array]:
    """Place the elbow so that the wrist meets `target`, or comes as near as the arm is long."""
    upper, fore = body.upper_arm, body.forearm
    axis = unit(target)
    length = float(np.clip(np.linalg.norm(target), abs(upper - fore) + 0.04, (upper + fore) * 0.998))
    along = (upper**2 - fore**2 + length**2) / (2 * length)
    side = unit(pole - axis * (pole @ axis))
    return axis * along + side * np.sqrt(max(upper**2 - along**2, 0.0)), axis * length


def _bend_leg(leg: Leg, body: Proportions) -> tuple[Array, Array, Array]:
    """Give the knee and the ankle of a left leg from its hip, and the direction of its toes."""
    thigh = rotate(y=leg.splay) @ rotate(z=leg.apart) @ rotate(x=-leg.ahead)
    shin = thigh @ rotate(x=leg.bent)
    knee = thigh @ (0.0, -body.thigh, 0.0)
    return knee, knee + shin @ (0.0, -body.shin, 0.0), shin @ rotate(x=leg.toes) @ (0.0, 0.0, 1.0)


def build_skeleton(pose: Pose, body: Proportions, view: Array) -> Skeleton:
    """Place the joints of a body.

    Parameters
    ----------
    pose : Pose
        Angles of the joints.
    body : Proportions
        Lengths of the bones.
    view : ndarray of shape (3, 3)
        Rotation from the body's axes to the camera's.

    Returns
    -------
    skeleton : Skeleton
        Its lowest point touches the ground, y = 0 before the camera tilts, unless the pose lifts it.
    """
    lying = rotate(x=-90) if pose.is_lying else np.eye(3)
    pelvis_axes = lying @ rotate(x=pose.tilt) @ rotate(z=-pose.sway / 3)
    chest_axes = pelvis_axes @ rotate(y=pose.turn) @ rotate(x=pose.lean) @ rotate(z=-pose.sway)
    head_axes = chest_axes @ rotate(y=pose.shake) @ rotate(x=pose.nod) @ rotate(z=-pose.cock)
    waist = pelvis_axes @ (0.0, body.waist, 0.0)
    shoulders, elbows, wrists = _place_arms(pose, body, waist, chest_axes)
    hips, knees, ankles, toes = _place_legs(pose, body, pelvis_axes, lying)
    neck = shoulders.mean(axis=0)
    head = neck + chest_axes @ (0.0, body.neck, 0.012) + head_axes @ (0.0, body.head * 0.5, 0.012)
    fingers, thumbs = _aim_hands(elbows, wrists, chest_axes)
    lowest = min(ankles[:, 1].min() - 0.04, knees[:, 1].min() - 0.05, wrists[:, 1].min() - 0.02, -0.085)
    ground = np.array([0.0, pose.lift - lowest, 0.0])

    def see(points: Array) -> Array:
        return np.asarray((points + ground) @ view.T)

    return Skeleton(
        shoulders=see(shoulders),
        elbows=see(elbows),
        wrists=see(wrists),
        hips=see(hips),
        knees=see(knees),
        ankles=see(ankles),
        toes=toes @ view.T,
        fingers=fingers @ view.T,
        thumbs=thumbs @ view.T,
        pelvis=see(np.zeros(3)),
        waist=see(waist),
        neck=see(neck),
        head=see(head),
        pelvis_axes=view @ pelvis_axes,
        chest_axes=view @ chest_axes,
        head_axes=view @ head_axes,
        proportions=body,
        has_seat=pose.is_seated,
    )


def _aim_hands(elbows: Array, wrists: Array, chest_axes: Array) -> tuple[Array, Array]:
    """Give the directions of fingers, along the forearms, and of thumbs, ahead and inwards."""
    fingers = unit(unit(wrists - elbows) + 0.15 * chest_axes[:, 2])
    inwards = np.array([[-0.5, 0.2, 0.8], [0.5, 0.2, 0.8]]) @ chest_axes.T
    thumbs = unit(inwards - fingers * np.sum(fingers * inwards, axis=1, keepdims=True))
    return fingers, thumbs


def _place_arms(pose: Pose, body: Proportions, waist: Array, chest_axes: Array) -> tuple[Array, Array, Array]:
    """Give shoulders, elbows and wrists from the pelvis; shoulders rise with raised arms."""
    shoulders, elbows, wrists = (np.empty((2, 3)) for _ in range(3))
    for i, side in enumerate((LEFT, RIGHT)):
        elbow, wrist = _bend_arm(pose.arms[i], body)
        shrug = 0.035 * max(elbow[1] / body.upper_arm + 0.2, 0.0)
        shoulder = np.array([body.shoulder - shrug / 2, body.chest + shrug, 0.0])
        for joints, joint in ((shoulders, shoulder), (elbows, shoulder + elbow), (wrists, shoulder + wrist)):
            joints[i] = waist + chest_axes @ (joint * (side, 1.0, 1.0))
    return shoulders, elbows, wrists


def _place_legs(pose: Pose, body: Proportions, pelvis_axes: Array, lying: Array) -> tuple[Array, Array, Array, Array]:
    """Give hips, knees, ankles and the directions of the toes; legs hang from upright axes or lie."""
    hips, knees, ankles, toes = (np.empty((2, 3)) for _ in range(4))
    for i, side in enumerate((LEFT, RIGHT)):
        knee, ankle, toe = (lying @ (point * (side, 1.0, 1.0)) for point in _bend_leg(pose.legs[i], body))
        hips[i] = pelvis_axes @ (body.hip * side, 0.0, 0.0)
        knees[i], ankles[i], toes[i] = hips[i] + knee, hips[i] + ankle, toe
    return hips, knees, ankles, toes
