"""Poses within the limits of human joints, and proportions of grown-ups and children, drawn at random."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from estimation.training.drawing.skeletons import Arm, Leg, Pose, Proportions


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
    return _one_arm(rng, Arm(rng.uniform(75, 125), rng.uniform(0, 40), rng.uniform(75, 95), rng.uniform(60, 120)))


def _phoning(rng: np.random.Generator) -> Pose:
    return _one_arm(rng, Arm(target=(rng.uniform(0.06, 0.09), rng.uniform(0.08, 0.12), 0.07), pole=(0.7, -0.8, 0.2)))


def _arms_raised(rng: np.random.Generator) -> Pose:
    arms = [Arm(rng.uniform(115, 175), rng.uniform(0, 60), rng.uniform(-40, 40), rng.uniform(0, 60)) for _ in range(2)]
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
    return Pose(arms, (legs[0], legs[1]), lean=rng.uniform(0, 10), is_seated=True)


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
