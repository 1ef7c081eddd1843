"""Where the joints of one person are."""

import numpy as np
import numpy.typing as npt

from estimation.joints import MPII_JOINTS
from estimation.methods.batches import to_px
from estimation.methods.comparing.measured import Column, Curve, Measured, Rows, Table
from estimation.methods.comparing.task import Answers, Claim
from estimation.methods.comparing.tasks import pose_claims
from estimation.methods.comparing.tasks.pose_people import PeopleTask
from estimation.methods.comparing.tasks.pose_trials import TRIALS
from estimation.methods.samples import Samples
from estimation.metrics import mpjpe, pck, pck_by_group, pck_curve, pcp

Lengths = npt.NDArray[np.float64]

ALPHAS = tuple(round(0.02 * number, 2) for number in range(26))

_GROUPS = (*(name for name, _ in MPII_JOINTS.groups), "total")


class Pose(PeopleTask):
    """MPII's 16 joints of the person in the middle of a square."""

    name, title = "pose", "Where are the joints?"
    text = (
        "Each method sees a square around one person and answers where MPII's 16 joints are. All have learned from the "
        "same rendered people, whose joints are known exactly, and are asked about people whom none of them has seen."
        "\n\n"
        "PDJ: the share of joints within a part of the torso's diameter. PCKh: within a part of the head's size "
        "(0.6 times the diagonal of its box). PCP: limbs whose two ends are within half of the limb's length. MPJPE: "
        "mean distance in pixels of squares of 128 px. Mean pose: the same pose for everybody, the mean of the people "
        "learned from. Chance: the pose of somebody else among them."
    )
    tables = (
        Table(
            "All joints",
            (
                *(Column(f"PDJ@{alpha}", f"PDJ@{alpha}") for alpha in (0.2, 0.1, 0.05)),
                *(Column(f"PCKh@{alpha}", f"PCKh@{alpha}") for alpha in (0.5, 0.1)),
                Column("PCP@0.5", "PCP@0.5"),
                Column("MPJPE", "MPJPE px", 1),
            ),
            "The mean of all seeds; below it from lowest to highest. First: a method's first answer of several.",
        ),
        Table(
            "By group of joints",
            tuple(Column(f"PDJ@0.2 {group}", group) for group in _GROUPS),
            "PDJ@0.2. Pelvis and thorax are in no group, so the total is of 14 joints.",
        ),
    )
    curve = Curve("PDJ over its threshold", "distance, in diameters of the torso", "share of joints", ALPHAS)
    # Direct regression, heatmaps and softargmax are compared with the same encoder and the same number of steps.
    same_steps = (("direct_regression", "heatmaps", "softargmax", "softargmax_peaked"),)
    order = (
        *("direct_regression", "deeppose_cascade", "resnet50v2", "heatmaps", "softargmax", "softargmax_peaked"),
        *("coarse_to_fine", "pose_machine", "error_feedback", "stacked_hourglass"),
    )
    published = (
        "DeepPose, PCP@0.5 on LSP after one, two and three stages: 0.54, 0.60, 0.61.",
        "PCKh@0.5 on MPII, all joints: error feedback 0.813, Tompson 0.820, pose machine 0.879, hourglass 0.894.",
        "PCK@0.2 on FLIC, elbow and wrist: DeepPose 0.923, 0.820; Tompson 0.931, 0.890; hourglass 0.982, 0.952.",
    )
    trials = TRIALS

    def measure(self, answers: Answers, samples: Samples) -> Measured:
        """Compare points with the labelled joints."""
        found, joints = to_px(answers, samples.squares.shape[1]), samples.joints
        lengths = samples.lengths_px
        torso, head = lengths["torso"], lengths["head size"]

        def within(lengths_px: Lengths, alpha: float) -> float:
            return pck(found, joints, lengths_px=lengths_px, alpha=alpha, joints=MPII_JOINTS)

        groups = pck_by_group(found, joints, lengths_px=torso, alpha=0.2, joints=MPII_JOINTS)
        curve = pck_curve(found, joints, lengths_px=torso, alphas=ALPHAS, joints=MPII_JOINTS)
        numbers = {f"PDJ@{alpha}": within(torso, alpha) for alpha in (0.2, 0.1, 0.05)}
        numbers |= {f"PCKh@{alpha}": within(head, alpha) for alpha in (0.5, 0.1)}
        numbers |= {
            "PCP@0.5": pcp(found, joints, joints=MPII_JOINTS),
            "MPJPE": mpjpe(found, joints, joints=MPII_JOINTS),
        }
        numbers |= {f"PDJ@0.2 {group}": share for group, share in groups.items()}
        return Measured(numbers, tuple(curve.tolist()))

    def claims(self, rows: Rows) -> list[Claim]:
        """Compute what the lectures say of the methods."""
        return pose_claims.claims(rows)


TASK = Pose()
