"""What Hypothesis draws from: small maps full of ties, and rows full of conflicts."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from estimation.config import ABSENT, N_HEATMAPS, N_PAFS, N_PARTS, ROW_LENGTH

# Few values, so that many are equal: plateaus, equal totals, values right on a threshold.
HEATMAP_VALUES = (0.0, 0.1, 0.125, 0.5, 1.0, -0.5)
PAF_VALUES = (0.0, 0.05, 0.25, 0.75, 1.0, -1.0)


@st.composite
def heatmaps_and_pafs(draw):
    """Draw the maps of a picture of 1 x 1 to 5 x 6 cells; about every tenth confidence is not 0."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 6)))
    dtype = draw(st.sampled_from(["float16", "float32", "float64"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random_maps(rng, shape, dtype, density=draw(st.sampled_from([0.0, 0.02, 0.1, 0.3])))


def random_maps(rng, shape, dtype, *, density=0.3):
    """Make maps of few values: peaks in clusters, equal totals, values right on a threshold."""
    heatmaps = rng.choice(HEATMAP_VALUES, (*shape, N_HEATMAPS)) * (rng.random((*shape, N_HEATMAPS)) < density)
    pafs = rng.choice(PAF_VALUES, (*shape, N_PAFS), p=(0.1, 0.1, 0.2, 0.2, 0.3, 0.1))
    return heatmaps.astype(dtype), pafs.astype(dtype)


def crowd_maps(rng, shape=(14, 17), n_peaks=20, dtype=np.float32):
    """Make maps with more candidates than cells, and a field that is strong in a few places and one way there."""
    heatmaps = np.zeros((*shape, N_HEATMAPS))
    for channel in range(N_PARTS):
        cells = rng.choice(shape[0] * shape[1], n_peaks, replace=False)
        heatmaps[..., channel].flat[cells] = rng.choice((0.2, 0.5, 0.9), n_peaks)
    pafs = rng.normal(0, 0.02, (*shape, N_PAFS))
    for channel in range(0, N_PAFS, 2):
        top, left = rng.integers(0, shape[0] - 4), rng.integers(0, shape[1] - 4)
        angle = rng.uniform(0, 2 * np.pi)
        pafs[top : top + 5, left : left + 9, channel : channel + 2] += np.cos(angle), np.sin(angle)
    return heatmaps.astype(dtype), pafs.astype(dtype)


def heatmaps_of_ties():
    """Draw heatmaps of few cells, so that Hypothesis can shrink them."""
    shapes = st.tuples(st.integers(1, 4), st.integers(1, 4), st.just(N_HEATMAPS))
    return arrays(np.float32, shapes, elements=st.sampled_from(np.float32(HEATMAP_VALUES)), fill=st.just(np.float32(0)))


def rows_of(*parts_and_scores):
    """Make rows of 20 from pairs of ``{slot: id}`` and score."""
    rows = np.full((len(parts_and_scores), ROW_LENGTH), float(ABSENT))
    for row, (parts, score) in zip(rows, parts_and_scores, strict=True):
        row[list(parts)] = list(parts.values())
        row[N_PARTS:] = score, len(parts)
    return rows


def changed(answer, *cells):
    """Copy an answer and set some of its cells: ``(row, column, value)``."""
    answer = answer.copy()
    for row, column, value in cells:
        answer[row, column] = value
    return answer


# Scores in eighths add up exactly, in any order.
SCORES = st.integers(0, 24).map(lambda eighths: eighths / 8)


@st.composite
def conflicted_rows(draw, max_size=30, max_parts=4):
    """Draw rows of up to `max_parts` ids over few slots, three ids in each: hardly a row without a conflict."""
    n_slots = draw(st.integers(2, 8))
    parts = st.dictionaries(st.integers(0, n_slots - 1), st.integers(0, 2), max_size=max_parts)
    drawn = draw(st.lists(st.tuples(parts, SCORES), max_size=max_size))
    return rows_of(*(({slot: 3 * slot + k for slot, k in found.items()}, score) for found, score in drawn))


@st.composite
def conflict_free_rows(draw):
    """Draw up to four persons and the rows that join each one's parts: every part to an earlier one, and a few more."""
    drawn = []
    for person in range(draw(st.integers(0, 4))):
        slots = draw(st.permutations(range(N_PARTS)))[: draw(st.integers(2, 8))]
        pairs = [(draw(st.sampled_from(slots[:i])), slots[i]) for i in range(1, len(slots))]
        pairs += draw(st.lists(st.tuples(st.sampled_from(slots), st.sampled_from(slots)), max_size=3))
        drawn += [({slot: N_PARTS * person + slot for slot in pair}, draw(SCORES)) for pair in pairs]
    return rows_of(*draw(st.permutations(drawn)))
