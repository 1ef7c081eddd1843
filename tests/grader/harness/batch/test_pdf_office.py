"""The text of a Word document and of an OpenDocument text, and what hostile ones come to."""

import io
import zipfile

import pytest

from grader.harness.batch.pdf import PdfReader, protocol
from grader.harness.batch.records import PreCheck
from grader.harness.rubric import load_rubric
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch import pdfs
from tests.oddities import docx

PARTS = load_rubric(LAB.folder / "rubric.toml").manual
WORDS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:a="urn:a" xmlns:m="urn:m"'
OPEN = 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:draw="urn:d" xmlns:office="urn:o"'
SHOWN = (
    "its text is shown, its pictures and its layout are not. For those read it in its own program, or ask the student "
    "for a PDF."
)
DAMAGED = "r.docx is no PDF but a Word document: read it in its own program, or ask the student for a PDF."


@pytest.fixture(scope="module")
def reader():
    with PdfReader() as reader:
        yield reader


def word(body, **more):
    return docx(xml=f'<?xml version="1.0"?><w:document {WORDS}><w:body>{body}</w:body></w:document>', **more)


def run(text):
    return f"<w:r><w:t>{text}</w:t></w:r>"


def odt(body):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", f"<office:document-content {OPEN}>{body}</office:document-content>")
    return buffer.getvalue()


def test_precheck_of_a_word_document_counts_words_and_finds_headings(reader):
    data = docx(*pdfs.HEADINGS, *[pdfs.PROSE] * 20)

    precheck = reader.precheck(data, "my report.docx", PARTS, LAB.headings)

    assert precheck == PreCheck(
        None,
        18 * 20 + sum(len(heading.split()) for heading in pdfs.HEADINGS),
        0,
        ("algorithm", "output_subset", "test_pictures", "challenges"),
        (f"my report.docx is no PDF but a Word document: {SHOWN}", "There are no embedded pictures."),
    )


def test_render_gives_the_text_of_a_word_document(reader):
    pages = reader.render(docx("1. Über", "a &lt;b&gt; &amp;#x41; \u202eevil", "結果"))

    assert pages.images == ()
    assert pages.n_pages is None
    assert pages.text == "1. Über\na <b> &#x41; \\u202eevil\n結果\n"
    assert pages.note == f"The report is no PDF but a Word document: {SHOWN}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"<w:p>{run('a')}{run('b')}</w:p>", "ab\n"),
        ("<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r></w:p>", "a b\n"),
        ("<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:cr/></w:r></w:p>", "a\nb\n\n"),
        ("<w:p><w:r><w:t>a\n b</w:t></w:r></w:p>", "a  b\n"),
        (f"<w:p>{run('a')}<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>", "a\n"),
        ("<w:p><w:r><w:instrText>TOC</w:instrText></w:r></w:p>\n stray ", "\n"),
        (f"<m:A><m:Choice>{run('a')}</m:Choice><m:Fallback><w:p>{run('a')}</w:p></m:Fallback></m:A><w:p/>", "a\n"),
    ],
    ids=["runs", "tabs", "breaks", "line_ends", "deleted", "field", "fallback"],
)
def test_text_of_a_word_document_is_what_one_reads(reader, body, text):
    assert reader.render(word(body)).text == text


def test_text_of_a_document_of_word_on_the_web_is_found(reader):
    assert reader.render(docx("a", name="word/document2.xml")).text == "a\n"


def test_pictures_of_a_word_document_are_counted(reader):
    data = word(f"<w:p>{run('a')}<a:blip/><a:blip/></w:p>")

    assert reader.precheck(data, "r.docx", PARTS, LAB.headings).n_pictures == 2


def test_text_of_an_open_document_is_what_one_reads(reader):
    data = odt(
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        "<text:h>1. Algorithm</text:h><text:p>a<text:s/>b<text:tab/>c<text:line-break/>d"
        "<draw:frame><draw:image/></draw:frame></text:p>"
    )

    assert reader.render(data).text == "1. Algorithm\na b c\nd\n"
    precheck = reader.precheck(data, "r.odt", PARTS, LAB.headings)
    assert (precheck.n_words, precheck.n_pictures, precheck.parts_found) == (6, 1, ("algorithm",))
    assert precheck.notes[0] == f"r.odt is no PDF but an OpenDocument text: {SHOWN}"


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "data",
    [
        docx(xml=f'<!DOCTYPE w [<!ENTITY a0 "ha">{LAUGHS}]><w:document {WORDS}><w:t>&a11;</w:t></w:document>'),
        docx(
            xml=f'<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:document {WORDS}><w:t>&a;</w:t></w:document>'
        ),
        docx(xml=f'<!DOCTYPE w SYSTEM "http://127.0.0.1:9/a.dtd"><w:document {WORDS}><w:t>a</w:t></w:document>'),
        docx(xml="<w:document/>"),
        docx(xml='<?xml version="1.0" encoding="big5"?><a>\xa4</a>'),
        word("<w:p>"),
        docx("a")[:-40],
        docx("a", name="word/other.xml"),
        word(""),
        b"PK\3\4word/document.xml" + bytes(range(256)) * 99,
    ],
    ids=["laughs", "entity", "outside", "prefix", "encoding", "open", "cut", "no_member", "empty", "garbage"],
)
def test_document_that_is_none_is_read_elsewhere(reader, data):
    precheck = reader.precheck(data, "r.docx", PARTS, LAB.headings)

    assert precheck == PreCheck(notes=(DAMAGED,))
    assert reader.render(data).text == ""


def test_long_text_is_cut_and_the_note_says_so(reader):
    data = docx(*[f"{number}. " + "word " * 3000 for number in range(40)])

    precheck, text = reader.precheck(data, "r.docx", PARTS, LAB.headings), reader.render(data).text

    assert "It is longer than the 200,000 characters that are read of it." in precheck.notes
    assert protocol.MAX_DOCUMENT_TEXT - 20_000 < len(text) <= protocol.MAX_DOCUMENT_TEXT
    assert "\n9. word" in text


def test_one_line_without_end_is_cut_too(reader):
    assert len(reader.render(word(f"<w:p>{run('x' * 150_000)}</w:p>")).text) == 150_001


@pytest.mark.slow
def test_bomb_of_markup_is_not_read_to_its_end(reader):
    data = word(f"<w:p>{run('before')}</w:p>" + "<w:p/>" * 8_000_000)
    assert len(data) < 2**20

    assert reader.render(data).text.startswith("before\n")
    assert reader.render(pdfs.report(1), width_px=100).n_pages == 1, "the next document is read as any"


def test_deep_markup_is_read(reader):
    assert reader.render(word("<w:x>" * 100_000 + f"<w:p>{run('deep')}</w:p>" + "</w:x>" * 100_000)).text == "deep\n"
