"""Articulated bodies: proportions, poses within the limits of human joints, and the joints in space.

Lengths are in body heights. The body's own axes are x to its left, y up and z ahead; the camera's axes are x to
the right, y up and z towards the viewer, so that a person who faces the camera needs no turning.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

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
    seat: bool = False


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
    palms : ndarray of shape (2, 3)
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
    palms: Array
    pelvis: Array
    waist: Array
    neck: Array
    head: Array
    pelvis_axes: Array
    chest_axes: Array
    head_axes: Array
    proportions: Proportions = field(default_factory=Proportions)
    has_seat: bool = False


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
    neck = waist + chest_axes @ (0.0, body.chest, 0.0)
    shoulders, elbows, wrists, hips, knees, ankles, toes = (np.empty((2, 3)) for _ in range(7))
    for i, side in enumerate((LEFT, RIGHT)):
        mirror = np.array([side, 1.0, 1.0])
        elbow, wrist = _bend_arm(pose.arms[i], body)
        shrug = 0.035 * max(elbow[1] / body.upper_arm + 0.2, 0.0)
        shoulders[i] = chest_axes @ ((body.shoulder - shrug / 2) * side, shrug, 0.0)
        elbows[i], wrists[i] = chest_axes @ (elbow * mirror), chest_axes @ (wrist * mirror)
        hips[i] = pelvis_axes @ (body.hip * side, 0.0, 0.0)
        knee, ankle, toe = (lying @ (point * mirror) for point in _bend_leg(pose.legs[i], body))
        knees[i], ankles[i], toes[i] = hips[i] + knee, hips[i] + ankle, toe
    shoulders += neck
    neck = shoulders.mean(axis=0)
    head = neck + chest_axes @ (0.0, body.neck, 0.012) + head_axes @ (0.0, body.head * 0.5, 0.012)
    elbows, wrists = elbows + shoulders, wrists + shoulders
    fingers = unit(unit(wrists - elbows) + 0.15 * chest_axes[:, 2])
    thumbs = chest_axes @ np.array([[-0.5, 0.2, 0.8], [0.5, 0.2, 0.8]]).T
    palms = unit(thumbs.T - fingers * np.sum(fingers * thumbs.T, axis=1, keepdims=True))
    lowest = min(ankles[:, 1].min() - 0.04, knees[:, 1].min() - 0.05, -0.085, wrists[:, 1].min() - 0.02)
    ground = np.array([0.0, pose.lift - lowest, 0.0])
    points = (shoulders, elbows, wrists, hips, knees, ankles)
    placed = [(point + ground) @ view.T for point in points]
    return Skeleton(
        *placed,
        *(directions @ view.T for directions in (toes, fingers, palms)),
        *(view @ (point + ground) for point in (np.zeros(3), waist, neck, head)),
        *(view @ axes for axes in (pelvis_axes, chest_axes, head_axes)),
        proportions=body,
        has_seat=pose.seat,
    )


def draw_proportions(rng: np.random.Generator) -> Proportions:
    """Draw the proportions of a grown-up or, one time in four, of a child."""
    childish = rng.uniform(0.4, 1.0) if rng.random() < 0.25 else 0.0
    scales = rng.normal(1.0, 0.04, size=9)
    body = Proportions()
    curvy = bool(rng.random() < 0.5)
    return Proportions(
        head=(body.head + 0.055 * childish) * scales[0],
        neck=(body.neck - 0.012 * childish) * scales[1],
        shoulder=(body.shoulder - 0.006 * childish - 0.008 * curvy) * scales[2],
        chest=body.chest * scales[3],
        waist=body.waist * scales[4],
        hip=(body.hip + 0.003 * curvy) * scales[5],
        thigh=body.thigh * (1 - 0.14 * childish) * scales[6],
        shin=body.shin * (1 - 0.14 * childish) * scales[6],
        upper_arm=body.upper_arm * (1 - 0.08 * childish) * scales[7],
        forearm=body.forearm * (1 - 0.08 * childish) * scales[8],
        girth=float(np.clip(rng.normal(1.0 + 0.08 * childish, 0.11), 0.8, 1.45)),
        is_curvy=curvy and childish == 0,
    )


def _hang(rng: np.random.Generator) -> Arm:
    """Let an arm hang."""
    return Arm(rng.uniform(4, 18), rng.uniform(-20, 60), rng.uniform(-50, 10), rng.uniform(5, 40))


def _stand(rng: np.random.Generator) -> Leg:
    """Stand on a leg."""
    return Leg(rng.uniform(-6, 8), rng.uniform(1, 10), rng.uniform(0, 25), rng.uniform(0, 10))


def _standing(rng: np.random.Generator) -> Pose:
    return Pose((_hang(rng), _hang(rng)), (_stand(rng), _stand(rng)), sway=rng.normal(0, 4), turn=rng.normal(0, 6))


def _hands_held(rng: np.random.Generator) -> Pose:
    x, y, z = rng.uniform(-0.02, 0.03), rng.uniform(-0.3, -0.1), rng.uniform(0.1, 0.16)
    arm = Arm(target=(x, y, z))
    return replace(_standing(rng), arms=(arm, replace(arm, target=(x + 0.02, y - 0.01, z + 0.02))))


def _freely(rng: np.random.Generator) -> Pose:
    arms = [
        Arm(rng.uniform(5, 150), rng.uniform(-20, 110), rng.uniform(-60, 70), rng.uniform(0, 120)) for _ in range(2)
    ]
    return replace(_standing(rng), arms=(arms[0], arms[1]))


def _one_arm(rng: np.random.Generator, arm: Arm) -> Pose:
    arms = (arm, _hang(rng)) if rng.random() < 0.5 else (_hang(rng), arm)
    return replace(_standing(rng), arms=arms)


def _pointing(rng: np.random.Generator) -> Pose:
    return _one_arm(rng, Arm(rng.uniform(70, 100), rng.uniform(0, 100), 0, rng.uniform(0, 20)))


def _waving(rng: np.random.Generator) -> Pose:
    return _one_arm(rng, Arm(rng.uniform(60, 120), rng.uniform(0, 40), rng.uniform(65, 95), rng.uniform(50, 120)))


def _phoning(rng: np.random.Generator) -> Pose:
    return _one_arm(rng, Arm(target=(rng.uniform(0.06, 0.09), rng.uniform(0.08, 0.12), 0.07), pole=(0.7, -0.8, 0.2)))


def _arms_raised(rng: np.random.Generator) -> Pose:
    arms = [
        Arm(rng.uniform(115, 175), rng.uniform(0, 60), rng.uniform(-40, 40), rng.uniform(0, 60)) for _ in range(2)
    ]
    return replace(_standing(rng), arms=(arms[0], arms[1]))


def _arms_crossed(rng: np.random.Generator) -> Pose:
    y = rng.uniform(-0.13, -0.09)
    over = Arm(target=(-0.055, y, 0.135), pole=(0.7, -0.7, 0.1))
    under = Arm(target=(-0.05, y - 0.025, 0.105), pole=(0.7, -0.7, 0.1))
    return replace(_standing(rng), arms=(over, under) if rng.random() < 0.5 else (under, over))


def _hands_on_hips(rng: np.random.Generator) -> Pose:
    arm = Arm(target=(rng.uniform(0.105, 0.12), rng.uniform(-0.25, -0.22), 0.03), pole=(1.0, 0.0, -0.25))
    return replace(_standing(rng), arms=(arm, arm if rng.random() < 0.7 else _hang(rng)))


def _stride(rng: np.random.Generator, step: float, bend: float) -> tuple[Leg, Leg]:
    ahead = Leg(step, 1, 4, rng.uniform(0.2, 0.6) * bend)
    behind = Leg(-0.7 * step, 1, 4, rng.uniform(0.5, 1.0) * bend, toes=20)
    return (ahead, behind) if rng.random() < 0.5 else (behind, ahead)


def _walking(rng: np.random.Generator) -> Pose:
    step = rng.uniform(12, 32)
    legs = _stride(rng, step, 40)
    arms = [Arm(abs(leg.ahead) + 4, -np.sign(leg.ahead) * 80, 0, rng.uniform(10, 35)) for leg in legs]
    return Pose((arms[0], arms[1]), legs, lean=rng.uniform(0, 6))


def _running(rng: np.random.Generator) -> Pose:
    legs = _stride(rng, rng.uniform(35, 60), 110)
    arms = [Arm(rng.uniform(25, 50), -np.sign(leg.ahead) * 85, -15, rng.uniform(70, 110)) for leg in legs]
    return Pose((arms[0], arms[1]), legs, tilt=8, lean=rng.uniform(4, 14), nod=-8, lift=rng.uniform(0, 0.04))


def _sitting(rng: np.random.Generator) -> Pose:
    legs = [Leg(rng.uniform(78, 92), 0, rng.uniform(0, 20), rng.uniform(70, 105)) for _ in range(2)]
    on_lap = Arm(target=(rng.uniform(0.04, 0.09), rng.uniform(-0.23, -0.2), rng.uniform(0.14, 0.2)))
    arms = (on_lap, on_lap) if rng.random() < 0.7 else (on_lap, _freely(rng).arms[0])
    return Pose(arms, (legs[0], legs[1]), lean=rng.uniform(0, 10), seat=True)


def _crouching(rng: np.random.Generator) -> Pose:
    ahead, bent = rng.uniform(80, 110), rng.uniform(110, 140)
    legs = Leg(ahead, 0, rng.uniform(10, 35), bent, toes=bent - ahead - 20), Leg(ahead, 0, 20, bent, toes=10)
    arm = Arm(rng.uniform(25, 60), 85, rng.uniform(-30, 0), rng.uniform(10, 60))
    return Pose((arm, arm), legs, tilt=15, lean=rng.uniform(5, 25), nod=-15)


def _jumping(rng: np.random.Generator) -> Pose:
    legs = [Leg(rng.uniform(0, 60), rng.uniform(5, 25), 10, rng.uniform(20, 100), toes=35) for _ in range(2)]
    return replace(_arms_raised(rng), legs=(legs[0], legs[1]), lift=rng.uniform(0.05, 0.25))


def _bending(rng: np.random.Generator) -> Pose:
    arms = [Arm(rng.uniform(60, 110), 85, rng.uniform(-20, 20), rng.uniform(0, 30)) for _ in range(2)]
    return replace(_standing(rng), arms=(arms[0], arms[1]), tilt=rng.uniform(20, 45), lean=rng.uniform(15, 40), nod=-20)


def _lying(rng: np.random.Generator) -> Pose:
    return replace(_freely(rng), is_lying=True, legs=(_stand(rng), Leg(rng.uniform(0, 60), 6, 10, rng.uniform(0, 90))))


POSES: dict[str, tuple[float, Callable[[np.random.Generator], Pose]]] = {
    "standing": (4.0, _standing),
    "hands_held": (1.0, _hands_held),
    "freely": (2.5, _freely),
    "pointing": (1.0, _pointing),
    "waving": (1.5, _waving),
    "phoning": (1.0, _phoning),
    "arms_raised": (1.5, _arms_raised),
    "arms_crossed": (1.0, _arms_crossed),
    "hands_on_hips": (1.2, _hands_on_hips),
    "walking": (2.5, _walking),
    "running": (2.0, _running),
    "sitting": (2.0, _sitting),
    "crouching": (1.0, _crouching),
    "jumping": (1.0, _jumping),
    "bending": (0.8, _bending),
    "lying": (0.4, _lying),
}
"""Name of each pose, how often it is drawn, and how."""


def draw_pose(rng: np.random.Generator, name: str | None = None) -> Pose:
    """Draw a pose, of any kind or of the named one, with the head turned at random."""
    if name is None:
        weights = np.array([weight for weight, _ in POSES.values()])
        name = list(POSES)[rng.choice(len(weights), p=weights / weights.sum())]
    pose = POSES[name][1](rng)
    return replace(
        pose,
        nod=pose.nod + rng.normal(2, 8),
        shake=float(np.clip(rng.normal(0, 18), -50, 50)),
        cock=float(rng.normal(0, 5)),
    )
