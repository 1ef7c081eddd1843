"""Read frames of a video file or a camera, and write a video."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from estimation.pictures import MAX_PICTURE_PX, Picture, bgr_to_rgb, rgb_to_bgr
from estimation.replacing import replacing
from estimation.silence import silence

_CODECS = {".avi": "MJPG", ".mkv": "mp4v", ".mov": "mp4v", ".mp4": "mp4v"}

VIDEO_SUFFIXES = tuple(_CODECS)
"""How the name of a video to write may end; OpenCV's own FFmpeg writes all of these without another codec."""

USUAL_FRAMES_PER_S = 25.0
"""Of a camera or a file that does not say, or says what cannot be."""


class VideoError(ValueError):
    """A video could not be read or written; the message is one sentence that a user can act on."""


@dataclass(frozen=True)
class Video:
    """An open video file or camera.

    Attributes
    ----------
    name : str
        The file, or ``camera 0``.
    frames : iterator of ndarray of shape (H, W, 3) and dtype uint8
        RGB, at least one, the right way up; they end where no more can be read.
    n_frames : int or None
        How many the file says that it has; None for a camera, or if it does not say.
    frames_per_s : float
        How quickly they are to be shown.
    """

    name: str
    frames: Iterator[Picture]
    n_frames: int | None
    frames_per_s: float


@contextlib.contextmanager
def open_video(source: str | os.PathLike[str] | int) -> Iterator[Video]:
    """Open a video file or a camera, and close it in the end.

    Parameters
    ----------
    source : str, path-like or int
        A file that OpenCV's FFmpeg reads, or the number of a camera.

    Yields
    ------
    video : Video

    Raises
    ------
    VideoError
        If there is no such file or camera, or if not even its first frame can be read.
    """
    is_camera = isinstance(source, int)
    name = f"camera {source}" if isinstance(source, int) else os.fspath(source)
    # A name that is no file could be an address or a pattern of file names to OpenCV.
    if not is_camera and not Path(name).is_file():
        raise VideoError(f"{name} must be a video file or the number of a camera; there is no such file.")
    with silence(), contextlib.suppress(cv2.error):
        capture = cv2.VideoCapture(source if is_camera else name)
    try:
        frames = _frames(capture, name)
        first = next(frames, None)
        if first is None:
            raise VideoError(_unreadable(name, is_camera=is_camera))
        n_frames = int(_number(capture.get(cv2.CAP_PROP_FRAME_COUNT), 1, 1e9))
        frames_per_s = _number(capture.get(cv2.CAP_PROP_FPS), 1, 240) or USUAL_FRAMES_PER_S
        yield Video(name, _starting_with(first, frames), None if is_camera else n_frames or None, frames_per_s)
    finally:
        capture.release()


def _unreadable(name: str, *, is_camera: bool) -> str:
    if is_camera:
        return f"{name} must give a picture; there is none, or another program has it. Numbers of cameras start at 0."
    return f"{name} must be a video such as an .mp4 or .avi file; OpenCV cannot read a single frame of it."


def _number(value: float, lowest: float, highest: float) -> float:
    """Return what the file says of itself, or 0 if it cannot be: also NaN."""
    return value if lowest <= value <= highest else 0.0


def _frames(capture: Any, name: str) -> Iterator[Picture]:  # noqa: ANN401 - OpenCV has no types
    while True:
        with silence():
            is_read, bgr = capture.read()
        if not is_read or bgr is None:
            return
        if bgr.shape[0] * bgr.shape[1] > MAX_PICTURE_PX:
            raise VideoError(f"{name} must have at most {MAX_PICTURE_PX} pixels a frame; it has {bgr.shape[:2]}.")
        yield bgr_to_rgb(bgr)


def _starting_with(first: Picture, frames: Iterator[Picture]) -> Iterator[Picture]:
    yield first
    yield from frames


def check_video_name(path: str | os.PathLike[str]) -> None:
    """Raise VideoError unless a video can be written under that name: a known ending, and a folder that is there."""
    target = Path(path)
    if target.suffix.lower() not in _CODECS:
        raise VideoError(
            f"{target} must end in a video format, one of {', '.join(VIDEO_SUFFIXES)}; got {target.suffix!r}."
        )
    if not target.parent.is_dir():
        raise VideoError(f"{target} cannot be written: there is no folder {target.parent}. Make it first.")
    if target.is_dir():
        raise VideoError(f"{target} cannot be written: a folder has that name. Give another name.")


@contextlib.contextmanager
def writing_video(path: str | os.PathLike[str], frames_per_s: float) -> Iterator[Callable[[Picture], None]]:
    """Give a function that appends a frame to a video, which takes its place once the block ends.

    Parameters
    ----------
    path : str or path-like
        Replaced if it exists. Its ending, one of `VIDEO_SUFFIXES`, chooses the format.
    frames_per_s : float
        How quickly the frames are to be shown.

    Yields
    ------
    append : callable
        Takes an RGB frame of shape (H, W, 3) and dtype uint8; all must have the size of the first. An odd last row
        or column is cut off, for the codecs do not know halves.

    Raises
    ------
    VideoError
        If the name is none for a video, the file cannot be written, or no frame came. Then there is no new file.
    """
    check_video_name(path)
    target = Path(path)
    writer: Any = None

    def append(rgb: Picture) -> None:
        nonlocal writer
        frame = np.ascontiguousarray(rgb_to_bgr(rgb)[: max(rgb.shape[0] & -2, 1), : max(rgb.shape[1] & -2, 1)])
        writer = writer or _start(unfinished, target, frames_per_s, frame)
        with silence():
            writer.write(frame)

    try:
        with replacing(target) as unfinished:
            try:
                yield append
            finally:
                if writer is not None:
                    with silence():
                        writer.release()
            if writer is None:
                raise VideoError(f"{target} cannot be written: a video must have at least one frame; none came.")
    except OSError as error:
        raise VideoError(f"{target} cannot be written: {error.strerror}.") from error


def _start(unfinished: Path, target: Path, frames_per_s: float, frame: Picture) -> Any:  # noqa: ANN401 - as above
    codec = cv2.VideoWriter.fourcc(*_CODECS[target.suffix.lower()])
    with silence(), contextlib.suppress(cv2.error):
        writer = cv2.VideoWriter(os.fspath(unfinished), codec, frames_per_s, frame.shape[1::-1])
        if writer.isOpened():
            return writer
    raise VideoError(
        f"{target} cannot be written with frames of {frame.shape[1]} x {frame.shape[0]} pixels. "
        "Give a name that ends in .avi, in a folder where you may write."
    )
