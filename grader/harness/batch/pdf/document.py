"""What is done with one document inside its fork: pypdfium2 reads it, messages tell what is in it.

Each page is a message of its own: when a page breaks the reader, the pages before it have been told.
"""

import ctypes
import math
from collections.abc import Callable
from typing import Any

import pypdfium2
from pypdfium2 import raw

from grader.harness.batch.pdf import protocol

Send = Callable[..., None]

_PASSWORD = raw.FPDF_ERR_PASSWORD
_WHITE = (255, 255, 255, 255)
_N_CHANNELS = 3
_MAX_OBJECTS = 20_000
_MAX_NESTING = 4
_STRANGE_FONT = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 24>>stream
BT /F 9 Tf (a) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/TrueType/BaseFont/NoSuchFont>>endobj
trailer<</Root 1 0 R>>
"""


def find_fonts() -> None:
    """Have the reader list the machine's fonts once, before it forks: by a page that names a font and has none."""
    answer({"do": "look", "first": 0, "max_pages": 1}, _STRANGE_FONT, lambda *_: None)


def answer(request: dict[str, Any], data: bytes, send: Send) -> None:
    """Open a document and tell page by page what was asked for.

    Parameters
    ----------
    request : dict
        ``do`` ("look" or "draw"), ``first`` (a page, counted from 0) and ``max_pages``, and ``width_px`` to draw.
    data : bytes
        The document.
    send : callable
        Takes a header and pixels.
    """
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        send({"is": "closed", "has_password": exc.err_code == _PASSWORD})
        return
    n_pages = len(pdf)
    scripts, files = raw.FPDFDoc_GetJavaScriptActionCount(pdf), raw.FPDFDoc_GetAttachmentCount(pdf)
    send({"is": "document", "pages": n_pages, "scripts": max(scripts, 0), "files": max(files, 0)})
    for index in range(request["first"], min(n_pages, request["first"] + request["max_pages"])):
        try:
            page = pdf[index]
            if request["do"] == "draw":
                header, pixels = _draw(page, request["width_px"])
            else:
                header, pixels = _look_at(page), b""
        except (pypdfium2.PdfiumError, ValueError):  # ValueError: a page without a size
            header, pixels = {"is": "broken page"}, b""
        send(header, pixels)


def _look_at(page: pypdfium2.PdfPage) -> dict[str, Any]:
    text = page.get_textpage()
    n_characters = min(max(text.count_chars(), 0), protocol.MAX_TEXT)
    words = text.get_text_range(0, n_characters) if n_characters else ""
    n_pictures, n_lines = _count_objects(page)
    return {"is": "page", "text": words, "pictures": n_pictures, "lines": n_lines}


def _count_objects(page: pypdfium2.PdfPage) -> tuple[int, int]:
    """Count pictures and drawn lines of a page, also in forms on it, up to a number of objects."""
    counts = {raw.FPDF_PAGEOBJ_IMAGE: 0, raw.FPDF_PAGEOBJ_PATH: 0}
    waiting = [(raw.FPDFPage_CountObjects(page), raw.FPDFPage_GetObject, page, 0)]
    left = _MAX_OBJECTS
    while waiting:
        n_objects, get, owner, depth = waiting.pop()
        for index in range(min(n_objects, left)):
            item = get(owner, index)
            kind = raw.FPDFPageObj_GetType(item)
            if kind in counts:
                counts[kind] += 1
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _MAX_NESTING:
                waiting.append((raw.FPDFFormObj_CountObjects(item), raw.FPDFFormObj_GetObject, item, depth + 1))
        left -= min(max(n_objects, 0), left)
    return counts[raw.FPDF_PAGEOBJ_IMAGE], counts[raw.FPDF_PAGEOBJ_PATH]


def _draw(page: pypdfium2.PdfPage, width_px: int) -> tuple[dict[str, Any], bytes]:
    """Draw a page on white, as wide as asked, or narrower where it would become too high."""
    width, height = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise ValueError(f"a page must have a size; got {width!r} x {height!r}")
    scale = min(width_px / width, protocol.MAX_SHAPE * width_px / height)
    columns = max(round(width * scale) // 4, 1) * 4  # then no row of pixels is padded
    rows = max(round(height * scale), 1)
    bitmap = pypdfium2.PdfBitmap.new_native(columns, rows, raw.FPDFBitmap_BGR)
    bitmap.fill_rect(_WHITE, 0, 0, columns, rows)
    raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, columns, rows, 0, raw.FPDF_ANNOT)
    pixels = ctypes.string_at(bitmap.buffer, columns * rows * _N_CHANNELS)
    return {"is": "drawn page", "width": columns, "height": rows}, pixels
