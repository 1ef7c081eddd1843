"""Render the pictures in `images/`, with their ground truth: `python -m estimation.training.gallery`."""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from estimation.training.render import save_scene, write_annotations
from estimation.training.scenes import RenderedScene, render_crowd, render_row, render_scene

GALLERY: tuple[tuple[Callable[..., RenderedScene], int, int, int, int], ...] = (
    # what, seed, height and width in px, people
    (render_row, 4, 320, 448, 1),
    (partial(render_row, is_crossing=True), 5, 304, 544, 5),
    (partial(render_scene, occlusion=0.15), 114, 384, 512, 2),
    (partial(render_scene, occlusion=0.15), 130, 384, 512, 3),
    (partial(render_row, is_crossing=True), 7, 320, 400, 2),
    (partial(render_scene, occlusion=0.15), 142, 432, 640, 4),
    (partial(render_scene, occlusion=0.15), 136, 480, 720, 6),
    (partial(render_row, is_crossing=True), 1, 320, 848, 8),
    (render_crowd, 1, 512, 800, 12),
    (render_crowd, 1, 640, 1136, 25),
    (partial(render_scene, occlusion=0.15), 174, 384, 512, 4),
    (partial(render_scene, occlusion=0.15), 31, 384, 512, 3),
    (partial(render_scene, occlusion=0.15), 635, 384, 512, 4),
)
"""1.jpg, 2.jpg and so on. The seeds were chosen: most joints are to be seen, and the compact network is right.

The last three were chosen for what the network confuses in them: rows that contradict each other join people who stand
close together, so that a `merge` with a wrong rule for conflicts draws what anybody sees to be wrong.
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m estimation.training.gallery", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "images")
    render_gallery(parser.parse_args(argv).out)


def render_gallery(folder: Path) -> None:
    """Write all pictures of the gallery and their `annotations.json` to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for number, (render, seed, height, width, n_persons) in enumerate(GALLERY, start=1):
        scene = render(np.random.default_rng(seed), height, width, n_persons)
        saved.append(save_scene(folder, f"{number}.jpg", scene))
    write_annotations(folder, saved)


if __name__ == "__main__":
    main()
