"""The skeleton in numbers: body parts, limbs, channels, slots. Every other module takes them from here.

A *slot* is the column of a body part in a skeleton row and its heatmap channel at once; a *limb* is a
pair of body parts with two PAF channels, one for x and one for y. Sides are the person's own.

This file is also read by the students' Python, which may be 3.8.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Tuple  # noqa: UP035 - Python 3.8 cannot index tuple

CELL_PX = 8
"""One heatmap cell covers this many picture pixels in each direction."""


class BodyPart(IntEnum):
    """The 18 body parts and the background; the value is the slot and the heatmap channel."""

    nose = 0
    neck = 1
    right_shoulder = 2
    right_elbow = 3
    right_wrist = 4
    left_shoulder = 5
    left_elbow = 6
    left_wrist = 7
    right_hip = 8
    right_knee = 9
    right_ankle = 10
    left_hip = 11
    left_knee = 12
    left_ankle = 13
    right_eye = 14
    left_eye = 15
    right_ear = 16
    left_ear = 17
    background = 18


PARTS = tuple(part for part in BodyPart if part is not BodyPart.background)
"""The 18 parts of a person, in slot order."""

N_PARTS = len(PARTS)
N_HEATMAPS = len(BodyPart)
ABSENT = -1
"""Stands in a slot whose body part was not found."""

SCORE_COLUMN = N_PARTS
N_PARTS_COLUMN = N_PARTS + 1
ROW_LENGTH = N_PARTS + 2
"""Length of a skeleton row: 18 keypoint ids, the score, the number of parts."""

MIRRORED = tuple(
    BodyPart[part.name.replace("left", "right") if "left" in part.name else part.name.replace("right", "left")]
    for part in BodyPart
)
"""For each part the one it becomes when the picture is mirrored: wrists change sides, the nose stays."""

# COCO's 17 keypoints in their own order. The neck is not among them: it is the middle of the shoulders.
COCO_PARTS = (
    BodyPart.nose,
    BodyPart.left_eye,
    BodyPart.right_eye,
    BodyPart.left_ear,
    BodyPart.right_ear,
    BodyPart.left_shoulder,
    BodyPart.right_shoulder,
    BodyPart.left_elbow,
    BodyPart.right_elbow,
    BodyPart.left_wrist,
    BodyPart.right_wrist,
    BodyPart.left_hip,
    BodyPart.right_hip,
    BodyPart.left_knee,
    BodyPart.right_knee,
    BodyPart.left_ankle,
    BodyPart.right_ankle,
)

Color = Tuple[int, int, int]  # noqa: UP006 - the same

# Blue, green, red, as OpenCV draws them: once around the colour wheel, in slot order.
_COLORS: tuple[Color, ...] = (
    (255, 0, 0),
    (255, 85, 0),
    (255, 170, 0),
    (255, 255, 0),
    (170, 255, 0),
    (85, 255, 0),
    (0, 255, 0),
    (0, 255, 85),
    (0, 255, 170),
    (0, 255, 255),
    (0, 170, 255),
    (0, 85, 255),
    (0, 0, 255),
    (85, 0, 255),
    (170, 0, 255),
    (255, 0, 255),
    (255, 0, 170),
    (255, 0, 85),
    (255, 0, 85),
)


@dataclass(frozen=True)
class BodyPartMeta:
    """A registered body part: its heatmap channel, its slot in a skeleton row, its colour (BGR)."""

    body_part: BodyPart
    heatmap_idx: int
    slot_idx: int
    color: Color


@dataclass(frozen=True)
class ConnectionMeta:
    """A registered limb: from which part to which, its two PAF channels, its colour (BGR)."""

    from_body_part: BodyPart
    to_body_part: BodyPart
    paf_dx_idx: int
    paf_dy_idx: int
    color: Color


# From part, to part, channel of the PAF's x component; its y component is the next channel.
_LIMBS = (
    (BodyPart.neck, BodyPart.right_shoulder, 12),
    (BodyPart.neck, BodyPart.left_shoulder, 20),
    (BodyPart.right_shoulder, BodyPart.right_elbow, 14),
    (BodyPart.right_elbow, BodyPart.right_wrist, 16),
    (BodyPart.left_shoulder, BodyPart.left_elbow, 22),
    (BodyPart.left_elbow, BodyPart.left_wrist, 24),
    (BodyPart.neck, BodyPart.right_hip, 0),
    (BodyPart.right_hip, BodyPart.right_knee, 2),
    (BodyPart.right_knee, BodyPart.right_ankle, 4),
    (BodyPart.neck, BodyPart.left_hip, 6),
    (BodyPart.left_hip, BodyPart.left_knee, 8),
    (BodyPart.left_knee, BodyPart.left_ankle, 10),
    (BodyPart.neck, BodyPart.nose, 28),
    (BodyPart.nose, BodyPart.right_eye, 30),
    (BodyPart.right_eye, BodyPart.right_ear, 34),
    (BodyPart.nose, BodyPart.left_eye, 32),
    (BodyPart.left_eye, BodyPart.left_ear, 36),
    (BodyPart.right_shoulder, BodyPart.right_ear, 18),
    (BodyPart.left_shoulder, BodyPart.left_ear, 26),
)

LIMBS = tuple(
    ConnectionMeta(start, end, channel, channel + 1, color)
    for (start, end, channel), color in zip(_LIMBS, _COLORS)  # noqa: B905 - Python 3.8 has no strict=
)
"""The 19 limbs, in the order in which their connections reach `estimate`."""

N_LIMBS = len(LIMBS)
N_PAFS = 2 * N_LIMBS


def _check_channel(channel: int, n_channels: int, name: str) -> None:
    """Refuse a channel that is not there: the compiled loops would read past the end of the map."""
    if channel not in range(n_channels):
        raise ValueError(f"A {name} channel must be from 0 to {n_channels - 1}; got {channel!r}.")


class ConnectionsConfig:
    """Which body parts and limbs take part in the estimation.

    Fewer limbs make a faster estimation. Each instance holds its own: two configurations never share.

    Attributes
    ----------
    body_parts : dict of BodyPart to BodyPartMeta
        In the order of registration, which is the order of the slots.
    connection_types : list of ConnectionMeta
        The limbs, in the order in which their connections are formed.
    """

    def __init__(self) -> None:
        self.body_parts: dict[BodyPart, BodyPartMeta] = {}
        self.connection_types: list[ConnectionMeta] = []

    def register_body_part(self, body_part: BodyPart, heatmap_idx: int, color: Color) -> None:
        """Give `body_part` the next free slot and read it from heatmap channel `heatmap_idx`.

        Raises
        ------
        ValueError
            If the part has a slot already, is the background, or if there is no such channel.
        """
        if body_part not in PARTS:
            raise ValueError(f"A slot holds a part of a person; got {body_part!r}. The background is nobody's part.")
        _check_channel(heatmap_idx, N_HEATMAPS, "heatmap")
        if body_part in self.body_parts:
            raise ValueError(f"Each body part can be registered once; {body_part.name!r} is registered already.")
        self.body_parts[body_part] = BodyPartMeta(body_part, heatmap_idx, len(self.body_parts), color)

    def add_connection(
        self, from_body_part: BodyPart, to_body_part: BodyPart, paf_dx_idx: int, paf_dy_idx: int, color: Color
    ) -> None:
        """Add the limb from one registered part to another.

        Raises
        ------
        ValueError
            If one of the two parts is not registered, if they are the same, or if there is no such channel.
        """
        if from_body_part == to_body_part:
            raise ValueError(f"A limb joins two different body parts; got {from_body_part.name!r} twice.")
        for channel in (paf_dx_idx, paf_dy_idx):
            _check_channel(channel, N_PAFS, "PAF")
        for body_part in (from_body_part, to_body_part):
            if body_part not in self.body_parts:
                raise ValueError(f"A limb joins registered body parts; {body_part.name!r} is not. Register it first.")
        self.connection_types.append(ConnectionMeta(from_body_part, to_body_part, paf_dx_idx, paf_dy_idx, color))

    def conn_types_size(self) -> int:
        """Count the limbs."""
        return len(self.connection_types)

    def body_parts_size(self) -> int:
        """Count the registered body parts."""
        return len(self.body_parts)


def get_default_configuration() -> ConnectionsConfig:
    """Make the lab's configuration: all 18 body parts and all 19 limbs, anew at every call."""
    config = ConnectionsConfig()
    for part in PARTS:
        config.register_body_part(part, heatmap_idx=part, color=_COLORS[part])
    for limb in LIMBS:
        config.add_connection(limb.from_body_part, limb.to_body_part, limb.paf_dx_idx, limb.paf_dy_idx, limb.color)
    return config
