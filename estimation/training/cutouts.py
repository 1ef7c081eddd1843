"""Rendered people without a background, to stand in front of the people of photographs."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.training.scenes import RenderedScene, render_scene

# Fewer joints to be seen would be a piece of somebody.
_MIN_VISIBLE_JOINTS = 8
_HEIGHT_PX, _WIDTH_PX = 256, 192


@dataclass(frozen=True)
class Cutout:
    """One person, cut out.

    Attributes
    ----------
    picture : ndarray of shape (H, W, 3) and dtype uint8
        RGB.
    mask : ndarray of shape (H, W) and dtype uint8
        255 where the person is, 0 elsewhere.
    keypoints : ndarray of shape (18, 2) and dtype float32
        ``(x, y)`` in pixels of `picture`.
    labelled : ndarray of shape (18,) and dtype bool
        Which of them are within the picture and not on the far side of the head.
    """

    picture: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.uint8]
    keypoints: npt.NDArray[np.float32]
    labelled: npt.NDArray[np.bool_]


def render_cutouts(count: int, *, seed: int) -> list[Cutout]:
    """Render `count` people, each alone.

    Parameters
    ----------
    count : int
    seed : int
        The same seed gives the same people.

    Returns
    -------
    cutouts : list of Cutout
    """
    cutouts: list[Cutout] = []
    rng = np.random.default_rng(seed)
    while len(cutouts) < count:
        scene = render_scene(rng, _HEIGHT_PX, _WIDTH_PX, 1, occlusion=0)
        if np.count_nonzero(scene.persons[0].visibility == 2) >= _MIN_VISIBLE_JOINTS:
            cutouts.append(_cut(scene))
    return cutouts


def _cut(scene: RenderedScene) -> Cutout:
    person = scene.persons[0]
    left, top, width, height = person.box.astype(int)
    window = np.s_[top : top + height, left : left + width]
    return Cutout(
        picture=scene.picture[window].copy(),
        mask=np.where(scene.owners[window] == 1, 255, 0).astype(np.uint8),
        keypoints=(person.keypoints - person.box[:2]).astype(np.float32),
        labelled=person.visibility > 0,
    )
