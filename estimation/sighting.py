"""From a picture to a drawing of its people: what the demo does with each picture and each frame."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from estimation.belief import MIN_PERSON_SCORE, select_believed
from estimation.config import CELL_PX, get_default_configuration
from estimation.decoding import People, find_people
from estimation.pictures import Picture, bgr_to_rgb, bring_to_height, rgb_to_bgr
from estimation.renderers import draw

if TYPE_CHECKING:
    from estimation.networks import Maps, Network

USUAL_HEIGHT_PX = 368
"""How high a picture the networks know: people of 40 to 400 pixels in it."""

SMALL_HEIGHT_PX, LARGE_HEIGHT_PX = 256, 640
"""A picture that is lower than the first or higher than the second is seen at the usual height."""


@dataclass(frozen=True)
class Sighting:
    """Who was found in a picture, and what the network saw of it.

    Attributes
    ----------
    size_px : tuple of int
        Width and height of the picture as it came.
    seen : ndarray of shape (h, w, 3) and dtype uint8
        The picture as the network saw it, RGB.
    maps : Maps
        What the network answered.
    people : People
        Who was found, in heatmap cells.
    """

    size_px: tuple[int, int]
    seen: Picture
    maps: "Maps"
    people: People

    @property
    def cell_px(self) -> float:
        """Pixels of the picture as it came that a heatmap cell covers."""
        return float(CELL_PX * self.size_px[1] / self.seen.shape[0])


def choose_height(height_px: int) -> int:
    """Say how high a picture of this height is for the network."""
    return height_px if SMALL_HEIGHT_PX <= height_px <= LARGE_HEIGHT_PX else USUAL_HEIGHT_PX


def observe(network: "Network", picture: Picture, height_px: int | None = None) -> tuple[Picture, "Maps"]:
    """Bring a picture to the height that `look` says, and ask the network; return what it saw and what it answered."""
    seen = bring_to_height(picture, height_px or choose_height(picture.shape[0]))
    return seen, network.predict(seen)


def look(network: "Network", picture: Picture, height_px: int | None = None, *, as_in_lab: bool = False) -> Sighting:
    """Find the people in a picture.

    Parameters
    ----------
    network : Network
        What `load_network` returned.
    picture : ndarray of shape (H, W, 3) and dtype uint8
        RGB, as `read_picture` gives it. Not modified.
    height_px : int, optional
        How high a picture the network sees; without it what `choose_height` says.
    as_in_lab : bool, optional
        Take each step as the lab does; see `find_people`.

    Returns
    -------
    sighting : Sighting

    Raises
    ------
    ValueError
        If `picture` is no such array, or `merge` returns what cannot be people.
    """
    seen, maps = observe(network, picture, height_px)
    height, width = picture.shape[:2]
    people = find_people(get_default_configuration(), maps, as_in_lab=as_in_lab)
    return Sighting((width, height), seen, maps, people)


def draw_sighting(picture: Picture, sighting: Sighting, min_score: float = MIN_PERSON_SCORE) -> Picture:
    """Draw who was found and is believed on a copy of the picture.

    Parameters
    ----------
    picture : ndarray of shape (H, W, 3) and dtype uint8
        RGB, the one that was looked at. Not modified.
    sighting : Sighting
        What `look` returned for it.
    min_score : float, optional
        Who is drawn; see `select_believed`. With 0 all that was found is, also keypoints of nobody.

    Returns
    -------
    drawn : ndarray of shape (H, W, 3) and dtype uint8
        RGB. The surer the network is of a limb, the less of the picture is seen through it.
    """
    people, _ = select_believed(sighting.people, min_score)
    limb_scores = people.limb_scores if min_score > 0 else None
    canvas = rgb_to_bgr(picture)
    config = get_default_configuration()
    return bgr_to_rgb(draw(config, canvas, people.coordinates, people.skeletons, sighting.cell_px, limb_scores))
