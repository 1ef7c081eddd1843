"""People and things cut out of rendered pictures, to paste into others."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from estimation.methods.people import FloatArray
from estimation.training.drawing.looks import draw_color
from estimation.training.scenes import render_scene

_HEIGHT_PX, _WIDTH_PX = 208, 160
_SHORTEST_PX = 100.0

_HEADS_TALL = 7.2
"""Body heights are so many heads."""


@dataclass(frozen=True)
class Cutout:
    """Somebody, or something, without what is behind.

    Attributes
    ----------
    paint : ndarray of shape (h, w, 4) and dtype float32
        Red, green, blue, 0 to 255, times how much is covered, and that, 0 to 1.
    head : tuple of float
        (x, y) of the middle of the head in pixels of the paint.
    chin_row : int
        The first row below the head.
    body_px : float
        Length of a standing body of this size.
    """

    paint: FloatArray
    head: tuple[float, float]
    chin_row: int
    body_px: float

    def scaled(self, body_px: float, *, is_mirrored: bool) -> "Cutout":
        """Resize, so that a standing body would have a certain length; shrinking averages whole areas."""
        scale = body_px / self.body_px
        height, width = self.paint.shape[:2]
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        paint = cv2.resize(self.paint[:, ::-1] if is_mirrored else self.paint, size, interpolation=way)
        x = (self.head[0] + 0.5) * size[0] / width - 0.5
        x = size[0] - 1 - x if is_mirrored else x
        y = (self.head[1] + 0.5) * size[1] / height - 0.5
        return Cutout(paint, (x, y), round(self.chin_row * size[1] / height), body_px)

    def coloured(self, factors: npt.NDArray[np.float64], haze: FloatArray, share: float) -> "Cutout":
        """Multiply the colours, and mix a share of haze in."""
        paint = self.paint.copy()
        covered = paint[..., 3:]
        paint[..., :3] = (1 - share) * np.minimum(paint[..., :3] * factors, 255 * covered) + share * haze * covered
        return replace(self, paint=paint)

    def without_head(self) -> "Cutout":
        """Leave what is below the chin: clothes that nobody wears."""
        paint = self.paint.copy()
        paint[: self.chin_row] = 0
        return replace(self, paint=paint)


def cut_people(count: int, *, seed: tuple[int, ...]) -> list[Cutout]:
    """Render people until so many stand whole in their pictures, and cut them out.

    Parameters
    ----------
    count : int
    seed : tuple of int
        The same seed gives the same people.

    Returns
    -------
    cutouts : list of Cutout
    """
    cutouts: list[Cutout] = []
    number = 0
    while len(cutouts) < count:
        scene = render_scene(np.random.default_rng((*seed, number)), _HEIGHT_PX, _WIDTH_PX, 1, occlusion=0.0)
        number += 1
        (person,) = scene.persons
        x, y, width, height = person.box.tolist()
        is_whole = x > 0 and y > 0 and x + width < _WIDTH_PX and y + height < _HEIGHT_PX
        if person.head is None or not is_whole or height < max(_SHORTEST_PX, 1.3 * width):
            continue
        left, top, right, bottom = int(x), int(y), int(x + width), int(y + height)
        covered = (scene.owners == 1)[top:bottom, left:right, None].astype(np.float32)
        paint = np.concatenate([scene.picture[top:bottom, left:right] * covered, covered], axis=-1)
        head = person.head.box[:2] + person.head.box[2:] / 2 - (left, top)
        chin_row = round(float(person.head.box[1] + person.head.box[3])) - top
        cutouts.append(Cutout(paint, (float(head[0]), float(head[1])), chin_row, _HEADS_TALL * person.head_px))
    return cutouts


def draw_thing(rng: np.random.Generator, people: list[Cutout]) -> Cutout:
    """Draw what stands among people and is nobody: a post, a ball, a box, a sign on its post, clothes.

    Clothes and signs share colour, size and outline with people: who only looks for those counts them too.
    """
    kind = rng.integers(5)
    if kind == 0:
        return people[rng.integers(len(people))].without_head()
    high, wide = 96, (96, 12, 48, 60, 32)[kind]
    color = np.array(draw_color(rng), np.float32).tolist()
    paint = np.zeros((high, wide, 4), np.float32)
    if kind == 1:
        cv2.rectangle(paint, (3, 0), (8, high), (*color, 1.0), -1)
    elif kind == 2:
        cv2.ellipse(paint, (24, 72), (23, 23), 0, 0, 360, (*color, 1.0), -1, cv2.LINE_AA)
    elif kind == 3:
        cv2.rectangle(paint, (2, int(rng.uniform(30, 80))), (57, high), (*color, 1.0), -1)
    else:
        cv2.rectangle(paint, (13, 20), (18, high), (*color, 1.0), -1)
        cv2.ellipse(paint, (16, 12), (11, 11), 0, 0, 360, (*draw_color(rng), 1.0), -1, cv2.LINE_AA)
    paint[..., :3] *= paint[..., 3:] * np.linspace(1.1, 0.8, wide, dtype=np.float32)[None, :, None]
    return Cutout(np.minimum(paint, 255), (wide / 2, 12.0), 24, float(high))
