import cv2
import numpy as np
import pytest

from grader.harness.batch.pdf import PdfReader
from grader.harness.batch.pdf.images import encode, media_type
from tests.grader.harness.batch import pdfs


@pytest.fixture(scope="module")
def reader():
    with PdfReader() as reader:
        yield reader


def decode(image):
    return cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)


def test_render_draws_every_page(reader):
    pages = reader.render(pdfs.report(), width_px=600)

    assert pages.note == ""
    assert [media_type(image) for image in pages.images] == ["image/jpeg"] * 4
    assert [decode(image).shape for image in pages.images] == [(849, 600, 3)] * 4
    first = decode(pages.images[0])
    assert first[-1, -1].tolist() == [255, 255, 255]
    assert first[:, :, 0].min() < 60  # its text


def test_render_makes_grey_pages_png(reader):
    (image,) = reader.render(pdfs.document([pdfs.lines(pdfs.HEADINGS)])).images

    assert media_type(image) == "image/png"
    assert decode(image).shape == (1415, 1000, 3)


def test_render_gives_the_same_bytes_again(reader):
    assert reader.render(pdfs.report()) == reader.render(pdfs.report())


def test_render_draws_red_red(reader):
    (image,) = reader.render(pdfs.document([b"1 0 0 rg 0 0 595 842 re f"]), width_px=100).images

    blue, green, red = decode(image)[50, 50].tolist()
    assert red > 240
    assert max(blue, green) < 20


@pytest.mark.parametrize(
    ("data", "n_images", "note"),
    [
        pytest.param(pdfs.report(500), 20, "The report has 500 pages; the first 20 are shown.", id="500 pages"),
        pytest.param(
            pdfs.many_pages(), 20, "The report has 100,000 pages; the first 20 are shown.", id="one page often"
        ),
        pytest.param(pdfs.lying_count(), 1, "", id="count too high"),
        pytest.param(pdfs.acting(), 1, "", id="actions"),
        pytest.param(pdfs.circular_form(), 1, "", id="form that draws itself"),
        pytest.param(pdfs.picture_bomb(), 1, "", id="huge picture"),
    ],
)
def test_render_gives_what_can_be_had(reader, data, n_images, note):
    pages = reader.render(data, width_px=200)

    assert len(pages.images) == n_images
    assert pages.note == note


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        pytest.param(b"0 0 2384 3370", (283, 200), id="A0"),
        pytest.param(b"0 0 1000000 1000000", (200, 200), id="a million points"),
        pytest.param(b"0 0 1000000 1", (1, 200), id="wide"),
        pytest.param(b"0 0 1 1000000", (400, 4), id="high"),
        pytest.param(b"0 0 1000 4000", (400, 100), id="strip"),
        pytest.param(b"100 100 -100 -300", (400, 200), id="upside down"),
        pytest.param(b"0 0 0 0", (259, 200), id="nothing"),
        pytest.param(b"0 0 1e400 -5", None, id="infinite"),
        pytest.param(b"/A (b)", None, id="words"),
    ],
)
def test_render_bounds_the_size(reader, box, shape):
    (image,) = reader.render(pdfs.document([pdfs.lines(["Hello"])], box=box), width_px=200).images

    height, width = decode(image).shape[:2]
    assert width <= 200
    assert height <= 400
    assert shape is None or (height, width) == shape


@pytest.mark.parametrize(("asked", "width"), [(0, 4), (1, 4), (10**9, 2000)])
def test_render_bounds_the_width_asked_for(reader, asked, width):
    (image,) = reader.render(pdfs.document([b""]), width_px=asked).images

    assert decode(image).shape[1] == width


def test_render_stops_before_the_pictures_become_too_large(reader, monkeypatch):
    size = max(map(len, reader.render(pdfs.report()).images))
    monkeypatch.setattr("grader.harness.batch.pdf.reader.MAX_IMAGES_BYTES", 2 * size)

    pages = reader.render(pdfs.report())

    assert len(pages.images) == 2
    assert pages.note == (
        "The report has 4 pages; the first 2 are shown. 2 pages of them would have made the pictures too large."
    )


def test_render_shows_pages_before_and_after_a_broken_one(reader):
    whole = pdfs.report(3)
    data = whole.replace(b"/Kids[5 0 R 7 0 R 9 0 R]", b"/Kids[5 0 R 1 0 R 9 0 R]")
    assert data != whole

    pages = reader.render(data, width_px=100)

    assert len(pages.images) == 2
    assert pages.note == "1 page could not be drawn."


def numbered(n_pages):
    """Make pages of which each is as grey as its number tells."""
    return pdfs.document([b"%f g 0 0 595 842 re f" % (number / 100) for number in range(n_pages)])


def grey(image):
    return round(int(decode(image)[50, 50, 0]) / 2.55)


@pytest.mark.parametrize(
    ("first", "max_pages", "shown", "note"),
    [
        (0, 2, [0, 1], "The report has 30 pages; the first 2 are shown."),
        (21, 1, [21], ""),
        (25, 3, [25, 26, 27], ""),
        (28, 20, [28, 29], ""),
        (-5, 1, [0], "The report has 30 pages; the first is shown."),
        (30, 1, [], "The report has 30 pages; there is no page 31."),
        (10**30, 1, [], "The report has 30 pages; there is no page 10,000,001."),
        (3, 0, [], ""),
    ],
    ids=["first", "one", "middle", "end", "before", "behind", "far_behind", "none"],
)
def test_render_draws_pages_from_any_on(reader, first, max_pages, shown, note):
    pages = reader.render(numbered(30), first=first, max_pages=max_pages, width_px=100)

    assert [grey(image) for image in pages.images] == shown
    assert (pages.note, pages.n_pages, pages.text) == (note, 30, "")


def test_render_draws_the_last_of_very_many_pages(reader):
    pages = reader.render(pdfs.many_pages(), first=99_999, max_pages=1, width_px=100)

    assert (len(pages.images), pages.n_pages, pages.note) == (1, 100_000, "")


def test_render_says_which_page_is_broken(reader):
    data = pdfs.report(3).replace(b"/Kids[5 0 R 7 0 R 9 0 R]", b"/Kids[5 0 R 1 0 R 9 0 R]")

    pages = reader.render(data, first=1, max_pages=1, width_px=100)

    assert (pages.images, pages.note, pages.n_pages) == ((), "1 page could not be drawn.", 3)


def test_render_says_what_is_missing_in_the_middle(reader, monkeypatch):
    monkeypatch.setattr("grader.harness.batch.pdf.reader.MAX_IMAGES_BYTES", 1)

    assert reader.render(pdfs.report(), first=2, width_px=100).note == (
        "The report has 4 pages; none shown from page 3 on. 2 pages of them would have made the pictures too large."
    )


def test_encode_refuses_another_number_of_pixels():
    with pytest.raises(ValueError, match=r"A page of 2 x 2 pixels must have 3 bytes a pixel; got 13 bytes\."):
        encode(bytes(13), 2, 2)


def test_encode_takes_the_smaller_file_of_a_grey_page():
    noise = np.random.default_rng(1).integers(0, 256, (100, 100, 1), np.uint8).repeat(3, 2)

    assert media_type(encode(noise.tobytes(), 100, 100)) == "image/jpeg"
    assert media_type(encode(bytes(30_000), 100, 100)) == "image/png"
