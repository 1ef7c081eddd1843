"""Pairs of submissions whose code looks alike, for the staff: a reason to compare two files, never a mark.

copydetect does the work: it reads a source as tokens, writes V for every name and S for every text, leaves out
comments and spaces, and takes the file as the set of all its pieces of `PIECE` characters. What is renamed, moved as a
whole or commented anew keeps its pieces. It is used as follows, so that a large class is quick and the same class gives
the same answer:

- All pieces are compared, not a choice of them by their hashes: Python's hashes differ from process to process.
- The template's pieces are taken out here. copydetect's own way drops a file's repeated pieces along with them.
- Equal files are compared once, and only pairs that share many pieces at all are looked at closely.

Of a file with too little in it to be alike, the whole is compared: who hands in the same few lines as another, names
and all, is a pair with them, unless it is what all were given.
"""

import hashlib
import heapq
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations, product

import numpy as np
import numpy.typing as npt

from grader.harness.batch.records import SimilarPair

PIECE = 20
"""Characters of a source without its names; shorter pieces are idioms of Python."""
THRESHOLD = 0.65
"""Share of either file. Among independent solutions of the lab the largest is 0.59; of copies with every name and
comment changed and the functions in another order the smallest is 0.8."""
MIN_CHARACTERS = 120
"""What is left of a source without its names and the template; in less there is too little to be alike."""
MAX_PAIRS = 1000
_MAX_CHARACTERS = 64 * 1024
_MAX_LINE = 2000
_MAX_CLOSE_LOOKS = 4 * MAX_PAIRS
_ROWS_AT_ONCE = 128

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Source:
    """What is kept of one source, and the people who handed it in.

    Attributes
    ----------
    pieces, places : ndarray of shape (n_pieces,) and dtype int64
        Hash of each piece that is not the template's, and where it begins in the source without names.
    n_characters : int
        How much of the source without names these pieces cover.
    lines : ndarray of dtype int64
        For each character of the source without names the line of the file that it stands on.
    keys : list of str
        Sorted.
    """

    pieces: Numbers
    places: Numbers
    n_characters: int
    lines: Numbers
    keys: list[str]


def find_similar(
    sources: Mapping[str, bytes], template: bytes, *, threshold: float = THRESHOLD, max_pairs: int = MAX_PAIRS
) -> list[SimilarPair]:
    """Find pairs of sources that are too much alike.

    Parameters
    ----------
    sources : mapping of str to bytes
        For each person's key their code, whatever it is.
    template : bytes
        What all were given, not counted; empty without one.
    threshold : float, optional
        Least share of one of the two files that is in the other one, 0 to 1.
    max_pairs : int, optional
        Only so many pairs are listed, those most alike.

    Returns
    -------
    pairs : list of SimilarPair
        The pair with the largest share first; then by the smaller share, then by keys.
    """
    _, given = _read_source(template, np.array([], np.int64))
    groups, small = [], set[str]()
    for source in _group(sources, given.pieces):
        if source.n_characters >= MIN_CHARACTERS:
            groups.append(source)
        else:
            small.update(source.keys)
    alike = (pair for pair in _all_pairs(groups, threshold) if max(pair.share_first, pair.share_second) >= threshold)
    equal = _equal_pairs({key: sources[key] for key in sorted(small)}, template)
    return heapq.nsmallest(max_pairs, chain(equal, alike), key=order_pair)


def order_pair(pair: SimilarPair) -> tuple[float, float, str, str]:
    """Order pairs by the larger share, then by the smaller one, the most alike first; then by keys."""
    low, high = sorted((pair.share_first, pair.share_second))
    return -high, -low, pair.first, pair.second


def split_lines(source: bytes) -> list[str]:
    """Split a source into lines as Python counts them, from 1 on; what is no UTF-8 is replaced, ends are left out."""
    return [line.decode("utf-8", "replace") for line in source.splitlines()]


def shared_lines(source: bytes, other: bytes, template: bytes) -> tuple[set[int], set[int]]:
    """Tell which lines of two sources are in the other one.

    Parameters
    ----------
    source, other : bytes
        As they were handed in.
    template : bytes
        What all were given, not counted; empty without one.

    Returns
    -------
    lines, other_lines : set of int
        Of the one and of the other, counted from 1 on, as `split_lines` splits them. Where the two are equal but for
        comments and spaces, all lines that are not blank.
    """
    one, two = _read_own(source, template), _read_own(other, template)
    if min(one.n_characters, two.n_characters) < MIN_CHARACTERS and _strip(source) == _strip(other):
        return _lines_with_text(source), _lines_with_text(other)
    return _touched(one, _common(one, two)), _touched(two, _common(two, one))


@lru_cache(maxsize=64)
def _read_own(data: bytes, template: bytes) -> "_Source":
    """Read a source that is compared with several others once."""
    _, given = _read_source(template, np.array([], np.int64))
    return _read_source(data, given.pieces)[1]


def _lines_with_text(source: bytes) -> set[int]:
    return {number for number, line in enumerate(split_lines(source), start=1) if line.strip()}


def _strip(source: bytes) -> str:
    """Take a source without comments and spaces; what looks like a comment within a text counts as one."""
    lines = (line.partition("#")[0] for line in split_lines(source[: 4 * _MAX_CHARACTERS]))
    return re.sub(r"\s+", "", "".join(lines))


def _equal_pairs(sources: Mapping[str, bytes], template: bytes) -> Iterator[SimilarPair]:
    """Pair those who handed in the same, and neither nothing nor what all were given."""
    equal: dict[str, list[str]] = {"": [], _strip(template): []}
    n_given = len(equal)
    for key, source in sources.items():
        equal.setdefault(_strip(source), []).append(key)
    for keys in [*equal.values()][n_given:]:
        n_lines = len(_lines_with_text(sources[keys[0]]))
        for first, second in combinations(keys, 2):
            yield SimilarPair(first, second, 1.0, 1.0, n_lines)


def _group(sources: Mapping[str, bytes], given: Numbers) -> list[_Source]:
    """Read each source once; the people whose sources are the same but for names and comments go together."""
    by_bytes: dict[bytes, list[str]] = {}
    for key in sorted(sources):
        by_bytes.setdefault(sources[key], []).append(key)
    groups: dict[bytes, _Source] = {}
    for data, keys in by_bytes.items():
        digest, source = _read_source(data, given)
        groups.setdefault(digest, source).keys.extend(keys)
    return list(groups.values())


def _read_source(data: bytes, given: Numbers) -> tuple[bytes, _Source]:
    """Take the pieces of a source that were not `given`, and a digest of it without names and comments."""
    from copydetect import CodeFingerprint  # brings Matplotlib along

    # The tokenizer takes a minute for 64 KiB of lines that hold spaces only, and its time grows with their square.
    numbers, lines = _take_lines(data)
    # The name is one for messages: nothing is opened.
    read = CodeFingerprint("code.py", PIECE, 1, language="python", fp=io.StringIO("\n".join(lines)))
    found = [(piece, place) for piece, places in read.hash_idx.items() for place in places]
    pieces, places = np.array(found, np.int64).reshape(-1, 2).T
    is_own = ~np.isin(pieces, given)
    pieces, places = pieces[is_own], places[is_own]
    digest = hashlib.sha256(read.filtered_code.encode("utf-8", "surrogatepass")).digest()
    found_lines = numbers[_find_lines(read.raw_code, read.filtered_code, read.offsets).clip(0, len(numbers) - 1)]
    return digest, _Source(pieces, places, _count_characters(places), found_lines, [])


def _take_lines(data: bytes) -> tuple[Numbers, list[str]]:
    """Take the lines of a source that are not blank, so many as are read of it, and their numbers in the file."""
    numbers, lines, room = [], [], _MAX_CHARACTERS
    for number, line in enumerate(split_lines(data[: 4 * _MAX_CHARACTERS]), start=1):
        # What a terminal takes for the end of a line is none in Python.
        kept = re.sub(r"[\v\f\x1c-\x1e\x85\u2028\u2029]", " ", line[: min(_MAX_LINE, room)]).rstrip()
        room -= min(len(line), room)
        if kept:
            numbers.append(number)
            lines.append(kept)
    return np.array(numbers or [1], np.int64), lines


def _find_lines(code: str, filtered: str, offsets: Numbers) -> Numbers:
    """Tell for each character of the filtered source on which line of the source it stands."""
    places = np.arange(len(filtered))
    removed = offsets[np.clip(np.searchsorted(offsets[:, 0], places), 0, len(offsets) - 1), 1]
    ends = [place for place, character in enumerate(code) if character == "\n"]
    return np.asarray(np.searchsorted(np.array(ends, np.int64), places + removed), np.int64)


def _count_characters(places: Numbers) -> int:
    slices = _slices(places)
    return int((slices[1] - slices[0]).sum())


def _slices(places: Numbers) -> Numbers:
    from copydetect.utils import get_copied_slices

    return np.asarray(get_copied_slices(places, PIECE), np.int64)


def _all_pairs(groups: Sequence[_Source], threshold: float) -> Iterator[SimilarPair]:
    for source in groups:
        n_lines = _count_lines(source, source.places)
        for first, second in combinations(sorted(source.keys), 2):
            yield SimilarPair(first, second, 1.0, 1.0, n_lines)
    for one, other in _candidates(groups, threshold / 2):
        yield from _compare(groups[one], groups[other])


def _candidates(groups: Sequence[_Source], least: float) -> list[tuple[int, int]]:
    """Find the pairs of which one shares at least `least` of its pieces with the other, the most alike first."""
    from scipy import sparse

    pieces = [np.unique(source.pieces) for source in groups]
    sizes = np.array([len(own) for own in pieces], np.int64)
    if len(pieces) < 2:
        return []
    vocabulary, columns = np.unique(np.concatenate(pieces), return_inverse=True)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    table = sparse.csr_matrix((np.ones(len(columns), np.int32), columns, starts), (len(pieces), len(vocabulary)))
    transposed = table.T.tocsr()
    found: list[tuple[float, int, int]] = []
    for start in range(0, len(pieces), _ROWS_AT_ONCE):
        shared = (table[start : start + _ROWS_AT_ONCE] @ transposed).toarray()
        found = heapq.nsmallest(_MAX_CLOSE_LOOKS, [*found, *_close(shared, sizes, start, least)])
    return [(one, other) for _, one, other in found]


def _close(shared: npt.NDArray[np.int32], sizes: Numbers, start: int, least: float) -> Iterator[tuple[float, int, int]]:
    """List the pairs of some rows, the row's number the lower one, with minus the share of pieces of the smaller."""
    rows = np.arange(start, start + len(shared))
    share = shared / np.minimum(sizes[rows, None], sizes[None, :])
    for row, other in np.argwhere((share >= least) & (rows[:, None] < np.arange(len(sizes)))):
        yield -float(share[row, other]), start + int(row), int(other)


def _compare(one: _Source, other: _Source) -> Iterator[SimilarPair]:
    share, n_lines = _share(one, other)
    other_share, n_other_lines = _share(other, one)
    for key, other_key in product(one.keys, other.keys):
        if key < other_key:
            yield SimilarPair(key, other_key, share, other_share, n_lines)
        else:
            yield SimilarPair(other_key, key, other_share, share, n_other_lines)


def _share(one: _Source, other: _Source) -> tuple[float, int]:
    """Tell which share of a source is in another one, and how many of its lines."""
    places = _common(one, other)
    return _count_characters(places) / one.n_characters, _count_lines(one, places)


def _common(one: _Source, other: _Source) -> Numbers:
    """List where the pieces of a source begin that are in another one, too."""
    return one.places[np.isin(one.pieces, other.pieces)]


def _count_lines(source: _Source, places: Numbers) -> int:
    return len(_touched(source, places))


def _touched(source: _Source, places: Numbers) -> set[int]:
    """List the lines of the file on which the pieces at these places stand."""
    touched = (source.lines[start:end].tolist() for start, end in _slices(places).T)
    return set().union(*touched)
