import pytest

from grader.harness.batch.pdf import PdfReader
from grader.harness.batch.records import PreCheck
from grader.harness.rubric import load_rubric
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch import pdfs

PARTS = load_rubric(LAB.folder / "rubric.toml").manual
DAMAGED = "The PDF is damaged and cannot be opened: ask the student for another copy."
BROKE = "The PDF broke the program that reads it, or needs too much memory: open it with care."


@pytest.fixture(scope="module")
def reader():
    with PdfReader() as reader:
        yield reader


def test_precheck_of_a_good_report_says_nothing(reader):
    precheck = reader.precheck(pdfs.report(), "E1_Lab3_report.pdf", PARTS, LAB.headings)

    words = 18 * 20 * 4 + sum(len(heading.split()) for heading in pdfs.HEADINGS)
    assert precheck == PreCheck(4, words, 4, ("algorithm", "output_subset", "test_pictures", "challenges"), ())


def test_precheck_finds_chinese_headings(reader):
    data = pdfs.chinese(["一、演算法說明", "第二章 輸出子集", "3、測試圖片", "四、困難與解決"])

    precheck = reader.precheck(data, "報告.pdf", PARTS, LAB.headings)

    assert precheck.parts_found == tuple(part.key for part in PARTS)
    assert precheck.n_words == 24


def test_precheck_tells_what_is_missing(reader):
    precheck = reader.precheck(pdfs.report(2, with_picture=False), "r.pdf", PARTS, LAB.headings)

    assert precheck.n_pictures == 0
    assert precheck.notes == (
        "There are no embedded pictures.",
        "No heading was found for the part 'The results of the test pictures'.",
        "No heading was found for the part 'Challenges and solutions'.",
    )


@pytest.mark.parametrize(
    ("data", "note"),
    [
        pytest.param(None, "There is no written report in the submission, or it cannot be read.", id="none"),
        pytest.param(b"", "a\\x1bb.pdf is an empty file.", id="empty"),
        pytest.param(
            pdfs.word(), "a\\x1bb.pdf is no PDF but a Word document: read it in its own program, or", id="docx"
        ),
        pytest.param(b"PK\3\4mimetypeapplication/vnd.oasis.opendocument.text", "but an OpenDocument text:", id="odt"),
        pytest.param(b"\xd0\xcf\x11\xe0" + bytes(99), "but an old Word or Office document:", id="doc"),
        pytest.param(b"{\\rtf1 Hello}", "but an RTF text:", id="rtf"),
        pytest.param(b"\x89PNG\r\n", "but a picture:", id="png"),
        pytest.param(b"PK\3\4", "but a zip archive:", id="zip"),
        pytest.param(b"<html>", "but a web page:", id="html"),
        pytest.param(b"My report", "but something else:", id="text"),
        pytest.param(bytes(2000) + pdfs.report(), "but something else:", id="late header"),
    ],
)
def test_precheck_names_what_is_no_pdf(reader, data, note):
    precheck = reader.precheck(data, "a\x1bb.pdf", PARTS, LAB.headings)

    assert note in " ".join(precheck.notes)
    assert precheck.n_pages is None
    assert len(reader.render(data).note) > 20
    assert reader.render(data).images == ()


def test_precheck_calls_a_nameless_report_by_its_role(reader):
    assert reader.precheck(b"", "", PARTS, LAB.headings).notes == ("The report is an empty file.",)
    assert len(reader.precheck(b"", "x" * 5000, PARTS, LAB.headings).notes[0]) < 100


@pytest.mark.parametrize(
    ("data", "note"),
    [
        pytest.param(pdfs.report()[:3000], DAMAGED, id="truncated"),
        pytest.param(b"%PDF-1.7\n" + bytes(range(256)) * 50, DAMAGED, id="garbage"),
        pytest.param(b"%PDF-", DAMAGED, id="header"),
        pytest.param(
            pdfs.locked(pdfs.report(1)),
            "The PDF is locked with a password: ask the student for one that is not.",
            id="locked",
        ),
        pytest.param(pdfs.circular(), "3 pages could not be read.", id="circular page tree"),
        pytest.param(pdfs.nested(), "1 page could not be read.", id="nested arrays"),
        pytest.param(pdfs.nested_tree(), "1 page could not be read.", id="deep page tree"),
        pytest.param(pdfs.bomb(), BROKE, id="stream bomb"),
    ],
)
def test_precheck_says_why_a_pdf_was_not_read(reader, data, note):
    precheck = reader.precheck(data, "r.pdf", PARTS, LAB.headings)

    assert precheck.notes == (note,)
    assert precheck.n_words is None
    pages = reader.render(data, width_px=200)
    assert pages.images == ()
    assert note.replace("read.", "drawn.") in pages.note


@pytest.mark.parametrize(
    ("data", "n_pages", "note"),
    [
        pytest.param(
            pdfs.report(500), 500, "The report has 500 pages, more than 20; 100 of them were looked at.", id="500 pages"
        ),
        pytest.param(
            pdfs.many_pages(), 100_000, "The report has 100,000 pages, more than 20; 100 of them", id="one page often"
        ),
        pytest.param(pdfs.report(21), 21, "The report has 21 pages, more than 20.", id="21 pages"),
        pytest.param(pdfs.lying_count(), 1, "There is hardly any text: 0 words.", id="count too high"),
        pytest.param(pdfs.lying_count(b"-5"), 1, "There is hardly any text: 0 words.", id="count below zero"),
        pytest.param(
            pdfs.picture_bomb(), 1, "There is hardly any text: 0 words. It may have been scanned.", id="huge picture"
        ),
        pytest.param(
            pdfs.document([b"0 0 m 9 9 l S " * 30]),
            1,
            "There are no embedded pictures. Drawn lines may be figures.",
            id="lines",
        ),
        pytest.param(
            pdfs.acting(),
            1,
            "The PDF holds 1 script and 1 attached file, which nothing here ran or opened: leave them alone.",
            id="actions",
        ),
    ],
)
def test_precheck_gives_advice(reader, data, n_pages, note):
    precheck = reader.precheck(data, "r.pdf", PARTS, LAB.headings)

    assert precheck.n_pages == n_pages
    assert note in " ".join(precheck.notes)


def test_precheck_does_not_count_drawn_lines_as_pictures(reader):
    assert reader.precheck(pdfs.document([b"0 0 m 9 9 l S " * 30]), "r.pdf", PARTS, LAB.headings).n_pictures is None
    assert reader.precheck(pdfs.document([b"0 0 m 9 9 l S " * 3]), "r.pdf", PARTS, LAB.headings).n_pictures == 0


def test_precheck_counts_pictures_in_forms_and_survives_their_circles(reader):
    form = pdfs.stream(b"/P Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</P 5 0 R>>>>")
    data = pdfs.document([b"/P Do"], more=[form, pdfs.picture()], resources=pdfs.PICTURE_RESOURCES)

    assert reader.precheck(data, "r.pdf", PARTS, LAB.headings).n_pictures == 1
    assert reader.precheck(pdfs.circular_form(), "r.pdf", PARTS, LAB.headings).n_pages == 1


def test_precheck_does_not_open_what_is_too_large(reader, monkeypatch):
    monkeypatch.setattr("grader.harness.batch.pdf.reader.MAX_DOCUMENT_BYTES", 3 * 2**20)
    large = pdfs.report() + bytes(3 * 2**20)

    assert reader.precheck(large[: 3 * 2**20], "r.pdf", PARTS, LAB.headings).n_pages == 4
    assert reader.precheck(large, "r.pdf", PARTS, LAB.headings).notes == (
        "The PDF has more than 3 MiB and was not opened.",
    )
