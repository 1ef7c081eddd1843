import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.harness.batch import similarity
from grader.harness.batch.similarity import find_similar, shared_lines, split_lines

REPOSITORY = Path(__file__).resolve().parents[4]
TEMPLATE = (REPOSITORY / "student_template" / "merge.py").read_bytes()
ZOO = REPOSITORY / "tests" / "submissions"
INDEPENDENT = {path.name: (path / "merge.py").read_bytes() for path in sorted(ZOO.glob("pass_*"))}
ORIGINAL = b'''
"""My solution."""
import numpy as np


def find_root(parents, place):
    # Follow the parents up to the root.
    while parents[place] != place:
        place = parents[place]
    return place


def join_rows(subset):
    parents = list(range(len(subset)))
    owners = {}
    for place, row in enumerate(subset):
        for slot in range(18):
            if row[slot] == -1:
                continue
            first = owners.setdefault((slot, row[slot]), place)
            parents[find_root(parents, place)] = find_root(parents, first)
    return [find_root(parents, place) for place in range(len(subset))]


def merge(subset, min_num_body_parts=4, min_score=0.4):
    """Merge rows."""
    roots = join_rows(subset)
    people = []
    for root in sorted(set(roots)):
        rows = [row for row, own in zip(subset, roots) if own == root]
        person = np.max(rows, axis=0)
        person[18] = sum(row[18] for row in rows)
        person[19] = np.count_nonzero(person[:18] != -1)
        if person[19] >= min_num_body_parts and person[18] / person[19] >= min_score:
            people.append(person)
    return np.array(people)
'''
# The same with other names, other comments, and the functions in another order.
COPY = b"""
import numpy

# This is the main function, which I wrote on my own.
def merge(data, min_num_body_parts=4, min_score=0.4):


    g = group(data)      # the groups
    result = []
    for k in sorted(set(g)):
        members = [line for line, which in zip(data, g) if which == k]
        human = numpy.max(members, axis=0)

        # add up the score and count the parts
        human[18] = sum(line[18] for line in members)
        human[19] = numpy.count_nonzero(human[:18] != -1)
        if human[19] >= min_num_body_parts and human[18] / human[19] >= min_score:
            result.append(human)
    return numpy.array(result)


def group(data):
    '''Very nice.'''
    up = list(range(len(data)))
    seen = {}
    for n, line in enumerate(data):
        for part in range(18):
            if line[part] == -1:
                continue
            before = seen.setdefault((part, line[part]), n)
            up[top(up, n)] = top(up, before)
    return [top(up, n) for n in range(len(data))]


def top(up, n):
    while up[n] != n:
        n = up[n]
    return n
"""


def shares(pairs):
    return [max(pair.share_first, pair.share_second) for pair in pairs]


def keys(pairs):
    return [(pair.first, pair.second) for pair in pairs]


def test_similarity_finds_a_disguised_copy_among_independent_solutions():
    pairs = find_similar(INDEPENDENT | {"x": ORIGINAL, "y": COPY}, TEMPLATE)

    assert keys(pairs) == [("x", "y")]
    assert min(pairs[0].share_first, pairs[0].share_second) > 0.85
    assert 20 <= pairs[0].n_lines <= len([line for line in ORIGINAL.splitlines() if line.strip()])


def test_similarity_leaves_independent_solutions_alone_by_a_margin():
    pairs = find_similar(INDEPENDENT, TEMPLATE, threshold=0)

    assert len(INDEPENDENT) >= 23
    assert max(shares(pairs)) < similarity.THRESHOLD - 0.05


def test_similarity_takes_the_template_out():
    one, other = (INDEPENDENT[name] for name in ("pass_matrix_closure", "pass_bfs_cut_weakest"))

    assert keys(find_similar({"a": ORIGINAL + one, "b": COPY + other}, TEMPLATE, threshold=0.3)) == [("a", "b")]
    assert find_similar({"a": ORIGINAL + one, "b": COPY + other}, ORIGINAL, threshold=0.3) == []
    assert find_similar({"a": ORIGINAL, "b": ORIGINAL}, ORIGINAL) == []


def test_similarity_does_not_take_out_code_that_a_student_repeats():
    twice = ORIGINAL + ORIGINAL.replace(b"merge", b"merge_again")

    (pair,) = find_similar({"once": ORIGINAL, "twice": twice}, TEMPLATE)

    assert pair.share_first == 1.0
    assert pair.share_second > 0.95


def test_similarity_says_whose_share_is_whose():
    other = INDEPENDENT["pass_matrix_closure"]
    pairs = find_similar({"b": ORIGINAL, "a": ORIGINAL + other}, TEMPLATE)

    assert keys(pairs) == [("a", "b")]
    assert pairs[0].share_first < 0.6
    assert pairs[0].share_second == 1.0
    assert find_similar({"a": ORIGINAL, "b": ORIGINAL + other}, TEMPLATE)[0].share_first == 1.0


def test_similarity_says_whose_share_is_whose_in_groups():
    long = ORIGINAL + INDEPENDENT["pass_matrix_closure"]
    pairs = {(pair.first, pair.second): pair for pair in find_similar({"a": long, "b": ORIGINAL, "c": long}, TEMPLATE)}

    assert pairs["a", "b"].share_second == pairs["b", "c"].share_first == 1.0
    assert pairs["a", "b"].share_first == pairs["b", "c"].share_second < 0.6
    assert pairs["a", "c"].share_first == 1.0


def test_similarity_pairs_everybody_of_a_group_with_everybody():
    sources = {"d": ORIGINAL, "a": ORIGINAL, "c": COPY, "b": ORIGINAL + b"\n# mine\n"}

    pairs = find_similar(sources, TEMPLATE)

    assert keys(pairs) == [("a", "b"), ("a", "d"), ("b", "d"), ("a", "c"), ("b", "c"), ("c", "d")]
    assert shares(pairs) == sorted(shares(pairs), reverse=True)
    assert shares(pairs)[:3] == [1.0] * 3


def test_similarity_lists_the_most_alike_of_too_many():
    sources = {f"s{number}": ORIGINAL for number in range(9)} | {"x": COPY}

    assert keys(find_similar(sources, TEMPLATE, max_pairs=3)) == [("s0", "s1"), ("s0", "s2"), ("s0", "s3")]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n# nothing\n", id="comments"),
        pytest.param(b"def merge(:\n  ((((", id="unparsable"),
        pytest.param(bytes(range(256)) * 40, id="binary"),
        pytest.param(b"x = 1\0\n" * 400, id="NUL bytes"),
        pytest.param("def merge(subset): return 1\n".encode("utf-16") * 30, id="UTF-16"),
        pytest.param(b"\xed\xa0\x80 = '\xed\xb0\x80'\n" * 50, id="surrogates"),
        pytest.param(b"a" * 10_000_000, id="one long word"),
        pytest.param(b"x += 1\n" * 200_000, id="many lines"),
        pytest.param(b"\t \n" * 20_000, id="white lines"),
        pytest.param(b'f"{' * 20_000, id="nested texts"),
    ],
)
def test_similarity_survives_any_source(source):
    sources = {"../../etc/passwd": source, "\0": ORIGINAL, "copy": COPY}

    assert ("\0", "copy") in keys(find_similar(sources, TEMPLATE))


@pytest.mark.parametrize("sources", [{}, {"a": ORIGINAL}, {"a": b"", "b": b""}], ids=["nobody", "one", "two empty"])
def test_similarity_needs_two_sources(sources):
    assert find_similar(sources, TEMPLATE) == []


def test_similarity_looks_closely_at_the_most_alike_first(monkeypatch):
    monkeypatch.setattr(similarity, "_MAX_CLOSE_LOOKS", 1)
    monkeypatch.setattr(similarity, "_ROWS_AT_ONCE", 2)

    pairs = find_similar(INDEPENDENT | {"x": ORIGINAL, "y": COPY}, TEMPLATE, threshold=0.3)

    assert keys(pairs) == [("x", "y")]


def test_similarity_does_not_depend_on_the_process():
    script = (
        "import sys, pathlib; from grader.harness.batch.similarity import find_similar;"
        "paths = sorted(pathlib.Path('tests/submissions').glob('[pw]*s*/merge.py'))[::4];"
        "print(find_similar({p.parent.name: p.read_bytes() for p in paths},"
        " pathlib.Path('student_template/merge.py').read_bytes(), threshold=0.3))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=REPOSITORY,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]

    assert b"SimilarPair" in said[0]
    assert said[0] == said[1]


def test_equal_files_that_do_not_run_are_a_pair():
    broken = ORIGINAL.replace(b"def merge(subset", b"def merge(subset:", 1)

    (pair,) = find_similar({"N1": broken, "N2": broken}, TEMPLATE)

    assert (pair.first, pair.second, pair.share_first, pair.share_second) == ("N1", "N2", 1, 1)


SMALL = b"def merge(subset):\n    return subset[0]\n"


@pytest.mark.parametrize(
    ("other", "is_pair"),
    [
        (SMALL, True),
        (b"# mine\n\ndef merge( subset ):   # new\r\n    return subset[0]", True),
        (SMALL.replace(b"subset", b"rows"), False),
        (SMALL.replace(b"0", b"1"), False),
    ],
    ids=["same", "comments_and_spaces", "other_names", "other_number"],
)
def test_small_files_are_a_pair_when_they_are_equal(other, is_pair):
    pairs = find_similar({"N1": SMALL, "N2": other}, TEMPLATE)

    assert [(pair.first, pair.second, pair.n_lines) for pair in pairs] == [("N1", "N2", 2)] * is_pair


@pytest.mark.parametrize("source", [b"", b"  \n# nothing\n", TEMPLATE, b"# mine\n" + TEMPLATE], ids=range(4))
def test_who_hands_in_nothing_or_what_was_given_is_no_pair(source):
    assert find_similar({"N1": source, "N2": source}, TEMPLATE) == []


def numbers_of(source, text):
    return {number for number, line in enumerate(split_lines(source), start=1) if text in line}


def test_shared_lines_are_those_of_the_files_as_handed_in():
    lines, other_lines = shared_lines(ORIGINAL, COPY, TEMPLATE)

    assert numbers_of(ORIGINAL, "parents[place] != place") <= lines
    assert numbers_of(COPY, "while up[n] != n") <= other_lines
    assert not lines & {number for number, line in enumerate(split_lines(ORIGINAL), start=1) if not line.strip()}
    assert not other_lines & numbers_of(COPY, "# add up the score")
    assert max(lines) <= len(split_lines(ORIGINAL))
    assert shared_lines(COPY, ORIGINAL, TEMPLATE) == (other_lines, lines)


def test_shared_lines_count_blank_lines_and_every_end_of_a_line():
    spread = b"\n\r\n\r" + ORIGINAL.replace(b"\n", b"\r\n\n")

    lines, spread_lines = shared_lines(ORIGINAL, spread, b"")

    texts = split_lines(ORIGINAL), split_lines(spread)
    assert {texts[0][number - 1] for number in lines} == {texts[1][number - 1] for number in spread_lines}


def test_shared_lines_are_not_those_of_the_template():
    one, other = TEMPLATE + ORIGINAL, TEMPLATE + COPY
    n_given = len(split_lines(TEMPLATE))

    lines, other_lines = shared_lines(one, other, TEMPLATE)

    assert lines
    assert min(lines) > n_given - 2, "a piece may begin on the template's last line"
    assert min(other_lines) > n_given - 2


def test_shared_lines_of_small_equal_files_are_all():
    assert shared_lines(SMALL, b"# mine\n\n" + SMALL, TEMPLATE) == ({1, 2}, {1, 3, 4})


def test_shared_lines_of_independent_files_are_few():
    one, other = [*INDEPENDENT.values()][:2]

    assert len(shared_lines(one, other, TEMPLATE)[0]) < len(split_lines(one)) // 2


@pytest.mark.parametrize("source", [b"", b"\n", b"\xff\xfe\0d", b"x" * 100_000, b"#\n" * 90_000], ids=range(5))
def test_shared_lines_take_anything(source):
    assert shared_lines(source, ORIGINAL, TEMPLATE)[1] == set()
