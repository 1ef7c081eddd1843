"""Pair pictures with the files that their drawings go to."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from estimation.pictures import PICTURE_SUFFIXES, PictureError, find_passed_over, find_pictures

USUAL_FOLDER = Path("output")
"""Where the drawings of several pictures go if nobody says otherwise."""

_MAX_NAMED = 10


def pair_with_drawings(images: Sequence[Path], output: Path | None, usual_file: Path) -> dict[Path, Path]:
    """Say where the drawing of each picture goes, and make the folder for several.

    Parameters
    ----------
    images : sequence of Path
        Pictures and folders of pictures.
    output : Path, optional
        For one picture the file of the drawing, or a folder that is there; for several, or a folder, a folder.
    usual_file : Path
        Where the drawing of one picture goes without `output`.

    Returns
    -------
    drawings : dict of Path to Path
        By picture, each once, in the order given. No two have the same.

    Raises
    ------
    PictureError
        If the folders hold no picture, `output` is a file where a folder is wanted, or a drawing would take the place
        of a picture that is to be drawn.
    OSError
        If the folder cannot be made.
    """
    if len(images) == 1 and not images[0].is_dir():
        file = output or usual_file
        drawings = {images[0]: file / f"{images[0].stem}.png" if file.is_dir() else file}
    else:
        folder = output or USUAL_FOLDER
        drawings = _name_in_folder(_expand(images), folder)
        folder.mkdir(parents=True, exist_ok=True)
    refuse_replacing(drawings)
    return drawings


def _expand(images: Sequence[Path]) -> list[Path]:
    """List all pictures, those of folders among them, each once."""
    pictures = [picture for image in images for picture in (find_pictures(image) if image.is_dir() else [image])]
    if not pictures:
        raise PictureError(
            f"A folder must hold pictures such as .jpg or .png files; {', '.join(map(os.fspath, images)):.200} holds "
            "none."
        )
    return list(dict.fromkeys(pictures))


def _name_in_folder(pictures: Sequence[Path], folder: Path) -> dict[Path, Path]:
    if folder.suffix.lower() in PICTURE_SUFFIXES or folder.is_file():
        raise PictureError(
            f"--output must be a folder for the drawings of a folder or of several pictures; got {folder}."
        )
    stems = [picture.stem for picture in pictures]
    names: dict[str, Path] = {}
    for picture in pictures:
        # 1.jpg and 1.png are two pictures, and so are a/1.jpg and b/1.jpg: no drawing may replace another.
        name = picture.stem if stems.count(picture.stem) == 1 else picture.name
        while name in names:
            name += "_"
        names[name] = picture
    return {picture: folder / f"{name}.png" for name, picture in names.items()}


def refuse_replacing(drawings: Mapping[Path, Path]) -> None:
    """Raise PictureError if a drawing would take the place of one of the pictures or videos that are to be drawn."""
    originals = {picture.resolve() for picture in drawings}
    for drawing in drawings.values():
        if drawing.resolve() in originals:
            raise PictureError(
                f"The drawing {drawing} would take the place of what it is drawn on. Give another --output."
            )


def describe_passed_over(images: Sequence[Path]) -> list[str]:
    """Say in a line for each folder which of its files are no pictures, so that nobody misses them in silence."""
    lines = []
    for folder in images:
        others = find_passed_over(folder) if folder.is_dir() else []
        if others:
            more = f" and {len(others) - _MAX_NAMED} more" if len(others) > _MAX_NAMED else ""
            lines.append(f"Passed over in {folder}, no pictures by their names: {', '.join(others[:_MAX_NAMED])}{more}")
    return lines
