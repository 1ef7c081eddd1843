import pytest

from grader.harness.intake.names import MAX_SHOWN, Naming, decode_name, printable, quoted

NAMING = Naming("Lab3", "merge.py")


@pytest.mark.parametrize("encoding", ["utf-8", "cp950"])
@pytest.mark.parametrize("name", ["merge.py", "王小明/merge.py", "許功蓋.pdf"], ids=ascii)
def test_decode_name_reads_taiwanese_names(name, encoding):
    assert decode_name(name.encode(encoding)) == name


@pytest.mark.parametrize("name", ["作业/报告.pdf", "王小明的作业/merge.py"], ids=ascii)
def test_decode_name_reads_names_in_gbk(name):
    assert decode_name(name.encode("gbk")) == name


def test_decode_name_reads_what_is_only_cp437():
    assert decode_name("résumé.pdf".encode("cp437")) == "résumé.pdf"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("N26130891_Lab3.zip", "N26130891_Lab3.zip"),
        ("王小明.pdf", "王小明.pdf"),
        ("a\nb\tc\u3000d", "a\\nb\\tc\u3000d"),
        ("a\0\x1b[31m", r"a\x00\x1b[31m"),
        ("gpj.\u202efdp", r"gpj.\u202efdp"),
        ("\ud800", r"\ud800"),
        ("e\u0301", "é"),
    ],
    ids=["ASCII", "Chinese", "white space", "control characters", "direction", "half a letter", "two code points"],
)
def test_printable_replaces_what_cannot_be_seen(name, shown):
    assert printable(name) == shown


@pytest.mark.parametrize("n_characters", [MAX_SHOWN + 1, 5000])
def test_printable_keeps_the_ending_of_a_long_name(n_characters):
    shown = printable("n" * n_characters + ".pdf")

    assert len(shown) == MAX_SHOWN
    assert shown.startswith("nnn")
    assert shown.endswith("nnn.pdf")


def test_quoted_lists_five_names():
    assert quoted(["a", "b"]) == "'a', 'b'"
    assert quoted(list("abcdefg")) == "'a', 'b', 'c', 'd', 'e' and 2 more"


@pytest.mark.parametrize(
    ("file_name", "student_id"),
    [
        ("N26130891_Lab3.zip", "N26130891"),
        ("n26130891_LAB3.ZIP", "N26130891"),
        ("N26130891_Lab3 (1).zip", "N26130891"),
        ("N26130891_Lab3(12).zip", "N26130891"),
        ("N26130891_Lab3 2.zip", "N26130891"),
        ("314551001_lab3-1.zip", "314551001"),
    ],
)
def test_student_id_comes_from_an_expected_name(file_name, student_id):
    assert NAMING.is_expected(file_name)
    assert NAMING.find_student_id(file_name) == student_id


@pytest.mark.parametrize(
    ("file_name", "student_id"),
    [
        ("lab3_n26130891_final.zip", "N26130891"),
        ("N26130891.zip", "N26130891"),
        ("N26130891_N26130892_Lab3.zip", ""),
        ("20261121_lab3_final.zip", ""),
        ("lab3.zip", ""),
        ("\u212a1234567_Lab3.zip", ""),
        ("N\u0661\u0662\u0663\u0664\u0665\u0666\u0667_Lab3.zip", ""),
        ("N26130891_Lab3.zip\n", "N26130891"),
        ("", ""),
    ],
    ids=ascii,
)
def test_student_id_is_found_in_other_names_where_there_is_one(file_name, student_id):
    assert not NAMING.is_expected(file_name)
    assert NAMING.find_student_id(file_name) == student_id
