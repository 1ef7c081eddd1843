"""A body as a list of solids, each with the segment that it belongs to and the material that it is of."""

from dataclasses import dataclass, field
from enum import IntEnum, auto

import numpy as np

from estimation.training.drawing.looks import Color, Look
from estimation.training.drawing.skeletons import Array, Skeleton
from estimation.training.drawing.solids import Solid


class Segment(IntEnum):
    """Which segment of the body a solid belongs to; decides what covers what. Of a pair left comes first."""

    left_upper_arm = 0
    right_upper_arm = auto()
    left_forearm = auto()
    right_forearm = auto()
    left_hand = auto()
    right_hand = auto()
    left_thigh = auto()
    right_thigh = auto()
    left_shin = auto()
    right_shin = auto()
    left_foot = auto()
    right_foot = auto()
    left_ear = auto()
    right_ear = auto()
    torso = auto()
    skirt = auto()
    neck = auto()
    head = auto()
    hair = auto()
    seat = auto()


@dataclass(frozen=True)
class Material:
    """Colour, second colour of the pattern, shine (0 to 1) and strength of the cloth's folds."""

    color: Color
    second: Color | None = None
    shine: float = 0.0
    folds: float = 0.0


@dataclass
class Body:
    """A growing list of solids in px, each with its segment and material.

    `scale_px` is the length of one body height and `origin` the px of the point on the ground below the pelvis.
    """

    skeleton: Skeleton
    look: Look
    scale_px: float
    origin: tuple[float, float]
    solids: list[Solid] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)

    @property
    def skin(self) -> Material:
        """Bare skin."""
        return Material(self.look.skin, shine=0.35)

    def place(self, point: Array) -> Array:
        """Turn points in body heights, y up, into picture px, y down."""
        shift = np.array([self.origin[0], self.origin[1], 0.0])
        return np.asarray(point * (self.scale_px, -self.scale_px, self.scale_px) + shift)

    def add(
        self,
        segment: Segment,
        material: Material,
        start: Array,
        end: Array,
        radii: tuple[float, float],
        *,
        shape: Array | None = None,
        clip: tuple[Array, Array] | None = None,
    ) -> None:
        """Add a solid given in body heights and camera axes; `clip` is (point, normal) of the cutting plane."""
        flip = np.array([1.0, -1.0, 1.0])
        cut = None if clip is None else (clip[1] * flip, float((clip[1] * flip) @ self.place(clip[0])))
        scaled = (radii[0] * self.scale_px, radii[1] * self.scale_px)
        turned = None if shape is None else shape * flip[:, None]
        self.solids.append(Solid(self.place(start), self.place(end), scaled, turned, cut))
        self.segments.append(segment)
        self.materials.append(material)
