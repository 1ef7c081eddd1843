"""Read, write and list picture files."""

import contextlib
import os
import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from estimation.replacing import replacing
from estimation.silence import silence

# OpenCV would print a warning of its own beside the one sentence of PictureError. Version 5 moved the function.
_SILENT = 0
(cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel)(_SILENT)

Picture = NDArray[np.uint8]

_KNOWN_SUFFIXES = (
    *(".avif", ".bmp", ".dib", ".gif", ".hdr", ".jp2", ".jpe", ".jpeg", ".jpg", ".pam", ".pbm", ".pgm"),
    *(".pic", ".png", ".pnm", ".ppm", ".ras", ".sr", ".tif", ".tiff", ".webp"),
)
# OpenCV has no list of what it reads, and builds differ; of these it reads what it writes. Of .pfm it makes black.
PICTURE_SUFFIXES = tuple(suffix for suffix in _KNOWN_SUFFIXES if cv2.haveImageWriter(f"name{suffix}"))
"""File names that `find_pictures` takes for pictures, in lower case: what this OpenCV reads."""

MAX_PICTURE_PX = 100_000_000
"""Larger pictures are refused: the network needs far more memory for one than reading it takes."""


class PictureError(ValueError):
    """A picture could not be read or written; the message is one sentence that a user can act on."""


def rgb_to_bgr(rgb: Picture) -> Picture:
    """Copy a picture of red, green, blue as one of blue, green, red: OpenCV's order, and that of the lab's colours."""
    bgr: Picture = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return bgr


def bgr_to_rgb(bgr: Picture) -> Picture:
    """Copy a picture of blue, green, red as one of red, green, blue, which is what a `Network` reads."""
    rgb: Picture = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    return rgb


def read_picture(path: str | os.PathLike[str]) -> Picture:
    """Read a picture as RGB, the right way up.

    Parameters
    ----------
    path : str or path-like
        A file in any format that OpenCV decodes.

    Returns
    -------
    rgb : ndarray of shape (H, W, 3) and dtype uint8
        Red, green, blue. Turned as the file's EXIF orientation says; grey becomes RGB, 16 bits become 8, an
        alpha channel is dropped.

    Raises
    ------
    PictureError
        If the file is missing, a folder, unreadable, empty, not a picture or larger than `MAX_PICTURE_PX`.
    """
    data = _read_bytes(Path(path))
    try:
        # imread cannot open a path with, say, Chinese letters on Windows; Python can, and imdecode needs no path.
        with silence():
            bgr = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PictureError(
            f"{path} must be a picture of at most {MAX_PICTURE_PX} pixels; OpenCV cannot read it. "
            "Make it smaller, or save it again."
        ) from error
    if bgr is None:
        raise PictureError(f"{path} must be a picture such as a JPEG or PNG file; OpenCV cannot decode it.")
    height, width = bgr.shape[:2]
    if height * width > MAX_PICTURE_PX:
        raise PictureError(f"{path} must have at most {MAX_PICTURE_PX} pixels; it has {width} x {height}. Shrink it.")
    return bgr_to_rgb(bgr)


def _read_bytes(path: Path) -> bytes:
    if os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir, it does not raise inside a closed folder
        raise PictureError(f"{path} must be a picture file; it is a folder.")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise PictureError(f"{path} must be a picture file; there is no such file.") from error
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from error
    if not data:
        raise PictureError(f"{path} must be a picture file; it is empty.")
    return data


def write_picture(path: str | os.PathLike[str], rgb: Picture) -> None:
    """Write an RGB picture in the format that the file name ends in, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        Replaced if it exists.
    rgb : ndarray of shape (H, W, 3) and dtype uint8
        Red, green, blue. Not modified.

    Raises
    ------
    PictureError
        If the array is no such picture, the ending is unknown, or the file cannot be written.
    """
    target = Path(path)
    data = _encode(target, rgb)
    try:
        with replacing(target) as unfinished:
            unfinished.write_bytes(data)
    except OSError as error:
        raise PictureError(f"{path} cannot be written: {error.strerror}.") from error


def _encode(target: Path, rgb: Picture) -> bytes:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
        raise PictureError(
            f"A picture must be a uint8 array of shape (H, W, 3); got {rgb.dtype} {rgb.shape} for {target}."
        )
    if not cv2.haveImageWriter(f"name{target.suffix}"):
        raise PictureError(f"{target} must end in a picture format such as .png or .jpg; got {target.suffix!r}.")
    is_encoded, encoded = False, np.empty(0, dtype=np.uint8)
    with contextlib.suppress(cv2.error), silence():  # some versions raise, others return False
        is_encoded, encoded = cv2.imencode(target.suffix, rgb_to_bgr(rgb))
    if not is_encoded:
        raise PictureError(f"{target} cannot hold a picture of shape {rgb.shape}. Write a .png file.")
    data: bytes = encoded.tobytes()
    return data


def resize_picture(picture: Picture, width: int, height: int) -> Picture:
    """Bring a picture to another size: means of areas where it shrinks, cubic where it grows.

    Parameters
    ----------
    picture : ndarray of shape (H, W, 3) and dtype uint8
        Not modified.
    width, height : int
        The size wanted, in pixels.

    Returns
    -------
    resized : ndarray of shape (height, width, 3) and dtype uint8
        `picture` itself if it has that size.
    """
    if picture.shape[:2] == (height, width):
        return picture
    way = cv2.INTER_AREA if height < picture.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.uint8)


def bring_to_height(picture: Picture, height_px: int) -> Picture:
    """Bring a picture to a height, its aspect ratio kept up to rounding; see `resize_picture`."""
    height, width = picture.shape[:2]
    return resize_picture(picture, max(round(width * height_px / height), 1), height_px)


def find_pictures(folder: str | os.PathLike[str]) -> list[Path]:
    """List the picture files that lie directly in a folder, in the order in which a person counts.

    Parameters
    ----------
    folder : str or path-like
        Files whose names start with a dot are left out: macOS puts such beside its pictures.

    Returns
    -------
    paths : list of Path
        Files that end as `PICTURE_SUFFIXES` say, in either case; ``2.jpg`` comes before ``10.jpg``.

    Raises
    ------
    PictureError
        If `folder` is not a folder.
    """
    if not Path(folder).is_dir():
        raise PictureError(f"{folder} must be a folder of pictures; it is not a folder.")
    files = (path for path in Path(folder).iterdir() if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file())
    return sorted((path for path in files if not path.name.startswith(".")), key=_natural_key)


def find_passed_over(folder: str | os.PathLike[str]) -> list[str]:
    """List what lies directly in a folder of pictures and is none, so that nobody misses it in silence.

    Parameters
    ----------
    folder : str or path-like
        A folder.

    Returns
    -------
    names : list of str
        Names of files that do not end as `PICTURE_SUFFIXES` say, and of folders, these with a slash at the end; in
        the order of `find_pictures`. What starts with a dot is left out.
    """
    others = set(Path(folder).iterdir()) - set(find_pictures(folder))
    shown = sorted((path for path in others if not path.name.startswith(".")), key=_natural_key)
    return [f"{path.name}/" if path.is_dir() else path.name for path in shown]


def _natural_key(path: Path) -> tuple[list[str | int], str]:
    # Text and numbers take turns in what split() returns, so text never meets a number in a comparison.
    pieces = re.split(r"([0-9]+)", path.stem.casefold())
    return [int(piece) if piece.isdecimal() and piece.isascii() else piece for piece in pieces], path.name
