"""Compress drawn pages: plain pixels in, PNG or JPEG out."""

import numpy as np
import numpy.typing as npt

_JPEG_QUALITY = 80
_PNG_LEVEL = 6
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode(pixels: bytes, width: int, height: int) -> bytes:
    """Compress one page.

    Parameters
    ----------
    pixels : bytes
        Rows of blue, green and red, one byte each; ``width * height * 3`` bytes.
    width, height : int
        In pixels.

    Returns
    -------
    image : bytes
        Of a page without colours a grey PNG or JPEG, whichever is smaller; JPEG of a coloured one.

    Raises
    ------
    ValueError
        If there are not as many bytes as the size says.
    """
    import cv2  # loaded when there is a page

    page = np.frombuffer(pixels, np.uint8)
    if page.size != width * height * 3:
        raise ValueError(f"A page of {width} x {height} pixels must have 3 bytes a pixel; got {page.size} bytes.")
    page = page.reshape(height, width, 3)
    jpeg = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    if not _is_grey(page):
        return bytes(cv2.imencode(".jpg", page, jpeg)[1])
    grey = np.ascontiguousarray(page[:, :, 0])
    png = [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL]
    return min((bytes(cv2.imencode(ext, grey, how)[1]) for ext, how in ((".png", png), (".jpg", jpeg))), key=len)


def media_type(image: bytes) -> str:
    """Tell what an image made here is: ``"image/png"`` or ``"image/jpeg"``."""
    return "image/png" if image.startswith(PNG_SIGNATURE) else "image/jpeg"


def _is_grey(page: npt.NDArray[np.uint8]) -> bool:
    return bool((page[:, :, 0] == page[:, :, 1]).all() and (page[:, :, 1] == page[:, :, 2]).all())
