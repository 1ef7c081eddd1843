"""PDFs written by hand: what a student's report is, and what it may be instead."""

import io
import zipfile
import zlib

A4 = b"0 0 595 842"
HEADINGS = (
    "1. Complete description of the algorithm",
    "2. The results of the output subset",
    "3. The results of the test pictures",
    "4. Challenges and solutions",
)
PROSE = "the rows of one person are joined step by step until no two of them share a keypoint"


def write_pdf(objects, *, trailer=b""):
    """Put numbered objects together; the first one is the catalog."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + end


def stream(content, entries=b""):
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), entries, content)


def lines(texts, *, size=11):
    """Draw lines of text, from the top of an A4 page down."""
    shown = [f"BT /F {size} Tf 50 {790 - 16 * row} Td ({text}) Tj ET" for row, text in enumerate(texts)]
    return "\n".join(shown).encode()


def document(contents, *, box=A4, catalog=b"", more=(), resources=b"", page=b""):
    """Write a document with one page for each content; objects in `more` are numbered from 4 on."""
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    start = 4 + len(more)
    kids = b" ".join(b"%d 0 R" % (start + 2 * place) for place in range(len(contents)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(contents), kids),
        font,
        *more,
    ]
    for place, content in enumerate(contents):
        own = b"<</Font<</F 3 0 R>>%s>>" % resources
        where = b"/MediaBox[%s]/Contents %d 0 R/Resources%s%s" % (box, start + 2 * place + 1, own, page)
        objects += [b"<</Type/Page/Parent 2 0 R%s>>" % where, content if b"stream" in content else stream(content)]
    return write_pdf(objects)


def picture(columns=40, rows=30):
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8" % (
        columns,
        rows,
    )
    return stream(bytes(range(200)) * (columns * rows * 3 // 200), entries)


PLACE_PICTURE = b"q 300 0 0 200 50 100 cm /P Do Q\n"
PICTURE_RESOURCES = b"/XObject<</P 4 0 R>>"


def report(n_pages=4, *, headings=HEADINGS, with_picture=True):
    """Write a report as it should be: a part a page."""
    contents = []
    for place in range(n_pages):
        title = [headings[place]] if place < len(headings) else []
        contents.append(lines([*title, *[PROSE] * 20]) + (b"\n" + PLACE_PICTURE if with_picture else b""))
    more = [picture()] if with_picture else []
    return document(contents, more=more, resources=PICTURE_RESOURCES if with_picture else b"")


def chinese(texts):
    """Write lines of Chinese: glyphs of no font, and a table that tells which characters they are."""
    characters = sorted(set("".join(texts)))
    codes = {character: place for place, character in enumerate(characters, 1)}
    mapping = "".join(f"<{code:04x}> <{ord(character):04x}>\n" for character, code in codes.items())
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{mapping}endbfchar endcmap end end"
    )
    system, rest = b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>", b"/Descent 0/CapHeight 900/StemV 80"
    more = [
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[5 0 R]/ToUnicode 6 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo%s/FontDescriptor 7 0 R/DW 1000>>" % system,
        stream(table.encode()),
        b"<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 900%s>>" % rest,
    ]
    content = b""
    for row, text in enumerate(texts):
        glyphs = "".join(f"{codes[character]:04x}" for character in text)
        content += f"BT /C 12 Tf 50 {790 - 16 * row} Td <{glyphs}> Tj ET\n".encode()
    font = b"<</Font<</C 4 0 R>>>>"
    return document([content], more=more, page=b"/Resources" + font).replace(b"/Resources<</Font<</F 3 0 R>>>>", b"")


def locked(data):
    """Encrypt with a password."""
    import pypdf  # for this one

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb(n_mib=1024):
    """Write a page whose content unpacks to a gibibyte."""
    packer = zlib.compressobj(9)
    head = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    return document([stream(head + block * (n_mib - 1) + packer.flush(), b"/Filter/FlateDecode")])


def picture_bomb(side=30_000):
    """Write a picture that says that it has 2.7 billion bytes, and has few."""
    packed = zlib.compress(bytes(10_000_000), 9)
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8" % (side, side)
    return document(
        [PLACE_PICTURE], more=[stream(packed, entries + b"/Filter/FlateDecode")], resources=PICTURE_RESOURCES
    )


def many_pages(n_kids=100_000):
    """Name one page again and again."""
    kids = b"3 0 R " * n_kids
    return write_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count %d/Kids[%s]>>" % (n_kids, kids),
            b"<</Type/Page/Parent 2 0 R/MediaBox[%s]>>" % A4,
        ]
    )


def lying_count(count=b"2147483647"):
    return write_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count %s/Kids[3 0 R]>>" % count,
            b"<</Type/Page/Parent 2 0 R/MediaBox[%s]>>" % A4,
        ]
    )


def circular():
    """Make a page tree that is its own branch."""
    return write_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 3/Kids[3 0 R 2 0 R]/Parent 3 0 R>>",
            b"<</Type/Pages/Count 2/Kids[2 0 R 3 0 R]/Parent 2 0 R>>",
        ]
    )


def circular_form():
    """Draw a form that draws itself."""
    form = stream(b"/P Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</P 4 0 R>>>>")
    return document([b"/P Do"], more=[form], resources=PICTURE_RESOURCES)


def nested(depth=100_000):
    return write_pdf([b"<</Type/Catalog/Pages 2 0 R/X%s%s>>" % (b"[" * depth, b"]" * depth), b"<</Type/Pages>>"])


def nested_tree(depth=3000):
    """Hang one page at the end of a long chain."""
    chain = [b"<</Type/Pages/Count 1/Kids[%d 0 R]/Parent %d 0 R>>" % (3 + n, 1 + n) for n in range(depth)]
    page = b"<</Type/Page/Parent %d 0 R/MediaBox[%s]>>" % (1 + depth, A4)
    return write_pdf([b"<</Type/Catalog/Pages 2 0 R>>", *chain, page])


def acting():
    """Ask a reader to run JavaScript, to start a program, to fetch a page and to send a form; with an attachment."""
    script = b"<</S/JavaScript/JS(app.launchURL\\('http://127.0.0.1:9/'\\);)>>"
    names = b"/Names<</JavaScript<</Names[(a) 4 0 R]>>/EmbeddedFiles<</Names[(evil.exe) 5 0 R]>>>>"
    more = [
        script,
        b"<</Type/Filespec/F(evil.exe)/EF<</F 6 0 R>>>>",
        stream(b"MZ" * 50, b"/Type/EmbeddedFile"),
        b"<</S/Launch/F(/bin/touch)/Win<</F(calc.exe)>>>>",
        b"<</Type/Annot/Subtype/Link/Rect[0 0 500 800]/A<</S/URI/URI(http://127.0.0.1:9/)>>>>",
    ]
    actions = b"/OpenAction 7 0 R/AA<</WC 4 0 R/WS 7 0 R>>" + names
    return document(
        [lines([*HEADINGS, PROSE])], catalog=actions, more=more, page=b"/Annots[8 0 R]/AA<</O 4 0 R/C 7 0 R>>"
    )


def slow():
    """Paint a page five hundred times with a colour that takes long to work out."""
    domains = b"/Domain[0 1 0 1]/Range[0 1 0 1 0 1]"
    function = stream(b"{" + b"2 copy mul sin exch pop " * 400 + b"pop dup dup}", b"/FunctionType 4" + domains)
    shading = b"<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 1 0 1]/Matrix[595 0 0 842 0 0]/Function 4 0 R>>"
    return document([b"/S sh\n" * 500], more=[function], resources=b"/Shading<</S" + shading + b">>")


def word():
    """Make a Word document, as far as its first bytes tell."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>")
    return out.getvalue()


def precheck_in_worker(data, parts):
    """Look at a report in another process."""
    from grader.harness.batch.pdf import PdfReader  # where this runs

    with PdfReader() as reader:
        return reader.precheck(data, "report.pdf", parts)
