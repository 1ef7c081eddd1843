"""Render the pictures in `images/`, with their ground truth: `python -m estimation.training.gallery`."""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from estimation.training.people import Scene, render_crowd, render_row, render_scene
from estimation.training.render import save_scene, write_annotations

GALLERY: tuple[tuple[Callable[..., Scene], int, int, int, int], ...] = (
    # what, seed, height and width in px, persons
    (render_row, 4, 384, 512, 1),
    (partial(render_row, is_crossing=True), 1, 432, 768, 5),
    (render_scene, 114, 384, 512, 2),
    (render_scene, 105, 384, 512, 3),
    (partial(render_row, is_crossing=True), 7, 400, 480, 2),
    (partial(render_scene, occlusion=0.15), 136, 432, 640, 4),
    (partial(render_scene, occlusion=0.15), 164, 480, 720, 6),
    (partial(render_row, is_crossing=True), 3, 432, 1152, 8),
    (render_crowd, 2, 720, 1120, 12),
    (render_crowd, 1, 900, 1600, 25),
)
"""1.jpg, 2.jpg and so on. The seeds were chosen by eye: most joints are to be seen."""


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
