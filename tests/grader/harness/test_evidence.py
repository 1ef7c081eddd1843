"""What a reader is shown by a lab that has nothing but arrays to show."""

import numpy as np
import pytest

from grader.harness.cases import Case
from grader.harness.characters import width
from grader.harness.evidence import MAX_LINES, ArrayEvidence, ArrayRecord
from grader.harness.results import Visibility

KIND = ArrayEvidence()


def make_case(*arguments, expected=0.0, function="double", **keywords):
    return Case(
        check="doubles",
        name="one",
        says="Says.",
        visibility=Visibility.PUBLIC,
        arguments=arguments,
        expected=expected,
        keywords=keywords,
        function=function,
    )


CASE = make_case(np.array([1.0, -0.5]), 3.0, expected=np.array([2.0, -1.0]), scale=2.0, by=np.array([[7.0]]))


def collect(case=CASE, answer=np.array([2.0, 1.0]), *, is_shrunk=False):  # noqa: B008 - nobody changes it
    return KIND.collect(case, answer, is_shrunk=is_shrunk)


def test_record_holds_call_arrays_and_both_answers_as_text():
    assert collect() == ArrayRecord(
        call="double(a, 3.0, scale=2.0, by=b)",
        given=("a = np.array([1.0, -0.5])", "b = np.array([[7.0]])"),
        expected="[ 2. -1.]",
        got="[2. 1.]",
        n_numbers=3,
        is_shrunk=False,
    )


def test_record_of_numbers_alone_names_no_array():
    record = KIND.collect(make_case(2.0, expected=4.0), np.array(5.0), is_shrunk=False)

    assert (record.call, record.given, record.expected, record.got) == ("double(2.0)", (), "4.", "5.")


def test_size_counts_the_numbers_given():
    assert KIND.size(collect()) == 3
    assert KIND.size(collect(make_case(2.0))) == 0


def test_text_has_the_call_what_was_expected_and_what_was_got():
    assert KIND.write(collect(), 80) == [
        "Call:",
        "  import numpy as np",
        "  a = np.array([1.0, -0.5])",
        "  b = np.array([[7.0]])",
        "  double(a, 3.0, scale=2.0, by=b)",
        "Expected:",
        "  [ 2. -1.]",
        "Got:",
        "  [2. 1.]",
    ]


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.array([1 / 3, 1e300, -0.0, 5.0]), id="exact"),
        pytest.param(np.array([np.nan, np.inf, -np.inf]), id="not-finite"),
        pytest.param(np.arange(200.0).reshape(10, 20) / 7, id="long"),
        pytest.param(np.empty((0, 3)), id="empty"),
        pytest.param(np.array(2.5), id="number"),
    ],
)
def test_what_is_given_can_be_pasted_into_python(array):
    lines = KIND.write(collect(make_case(array)), 114)
    names = {}

    exec("\n".join(line[2:] for line in lines[1 : lines.index("Expected:") - 1]), names)  # noqa: S102

    assert names["a"].tobytes() == array.tobytes()
    assert names["a"].shape == array.shape


def test_long_array_is_given_in_part():
    lines = KIND.write(collect(make_case(np.arange(201.0))), 114)

    assert lines[2].startswith("  a = [  0.   1.")
    assert "..." in lines[2]


def test_text_tells_a_shrunk_input_and_a_missing_answer():
    lines = KIND.write(collect(answer=None, is_shrunk=True), 80)

    assert lines[0] == "Call, the smallest input that fails:"
    assert lines[-2:] == ["Got:", "  no answer that could be read"]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300, -1e-300], ids=str)
def test_odd_numbers_are_written(value):
    assert KIND.write(collect(answer=np.array([value])), 80)


def test_large_arrays_are_cut_and_counted():
    large = np.arange(600.0).reshape(60, 10)
    tall = np.arange(180.0).reshape(20, 9)

    lines = KIND.write(collect(make_case(large, expected=tall), tall), 60)

    assert all(width(line) <= 60 for line in lines)
    assert len(lines) <= 3 * (MAX_LINES + 2)
    assert lines.count("  (and 8 more lines)") == 2
    assert "..." in " ".join(lines)


def test_page_holds_the_same_and_no_markup_of_strangers():
    record = ArrayRecord("<script>alert(1)</script>\x1b[2J()", (), "<b>", '"&"', 0)

    page = KIND.draw(record)

    assert page.startswith("<pre>Call:\n")
    assert page.endswith("</pre>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[2J()" in page
    assert "&lt;b&gt;" in page
    assert "<script" not in page
    assert page.count("<") == 2


def test_arrays_have_no_pictures():
    assert KIND.overlay is None
    assert list(KIND.pictures(None)) == []
