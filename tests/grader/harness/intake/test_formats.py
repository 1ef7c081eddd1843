import pytest

from grader.harness.intake.formats import find_other_format, look_for_other_format
from grader.harness.intake.names import Naming
from tests.submissions.malformed import NOTEBOOK

NAMING = Naming("Lab3", "merge.py")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("merge.ipynb", "notebook"),
        ("a/Lab 3.IPYNB", "notebook"),
        ("merge.txt", "code_as_text"),
        ("a/N26130891_Merge (1).TXT", "code_as_text"),
        ("merge.py.py.txt", "code_as_text"),
        ("merge.docx", "code_as_document"),
        ("merge.py.docx", "code_as_document"),
        ("merge.pdf", "code_as_document"),
        ("merge.rtf", "code_as_document"),
    ],
)
def test_find_other_format_names_it(name, code):
    refused = find_other_format(NAMING, ["notes.txt", name])

    assert refused is not None
    assert (refused.code, f"'{name}'" in refused.got) == (code, True)


@pytest.mark.parametrize("name", ["notes.txt", "merge_report.pdf", "N26130891_Lab3_report.docx", "merge", "merge.zip"])
def test_find_other_format_takes_no_other_file(name):
    assert find_other_format(NAMING, [name]) is None


def test_notebook_is_told_how_it_becomes_a_python_file():
    assert str(find_other_format(NAMING, ["merge.ipynb"]).problem(NAMING).explanation) == (
        "The code must be in a Python file, merge.py; there is 'merge.ipynb', a notebook. In Jupyter choose File > "
        "Save and Export As > Executable Script (Colab: File > Download > Download .py) and name the file merge.py; or "
        "copy the cell with your function into a new file merge.py. Run it once before you pack it."
    )


def test_text_is_told_how_it_becomes_a_python_file():
    assert str(find_other_format(NAMING, ["merge.txt"]).problem(NAMING).explanation) == (
        "The code must be in a file that is called merge.py; there is 'merge.txt'. Rename it to merge.py. Windows "
        "hides endings: in its Explorer choose View > Show > File name extensions (macOS: Finder > Settings > Advanced "
        "> Show all filename extensions), then rename."
    )


def test_document_is_told_how_it_becomes_a_python_file():
    assert str(find_other_format(NAMING, ["merge.docx"]).problem(NAMING).explanation) == (
        "The code must be plain text in a file merge.py; there is 'merge.docx', a document. Copy the code into a new "
        "file of an editor for programs (VS Code, IDLE, Notepad), save that as merge.py, and run it once: documents "
        "change blanks and quotation marks."
    )


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"\n " + NOTEBOOK, "notebook"),
        (b"PK\3\4...", "code_as_document"),
        (b"%PDF-1.4", "code_as_document"),
        (rb"{\rtf1", "code_as_document"),
    ],
    ids=["notebook", "Word", "PDF", "RTF"],
)
def test_file_that_was_only_renamed_is_known_by_its_bytes(source, code):
    found = look_for_other_format(source)

    assert found is not None
    assert found[0] == code


@pytest.mark.parametrize(
    "source", [b"import numpy\n", b"{}\n", b'{"cells": 1}\n', b'x = {"cells": 1, "nbformat": 4}', b"", b"PK = 1"]
)
def test_python_is_no_other_format(source):
    assert look_for_other_format(source) is None
