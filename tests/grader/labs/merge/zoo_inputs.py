"""Rows that the zoo of submissions is tried on: people of known ids, whole or in parts, apart or entangled."""

import numpy as np
from hypothesis import strategies as st

from estimation.config import LIMBS, N_PARTS, SCORE_COLUMN
from tests.crowds import make_crowd_rows
from tests.strategies import SCORES, rows_of

PAIRS = [(int(limb.from_body_part), int(limb.to_body_part)) for limb in LIMBS]
NOSE, NECK, R_SHOULDER, R_ELBOW, R_WRIST, L_SHOULDER, L_ELBOW, L_WRIST, R_HIP, R_KNEE, R_ANKLE = range(11)
R_EYE, L_EYE, R_EAR, L_EAR = range(14, 18)
ARM = [(NECK, R_SHOULDER), (R_SHOULDER, R_ELBOW), (R_ELBOW, R_WRIST)]
LEG = [(NECK, R_HIP), (R_HIP, R_KNEE), (R_KNEE, R_ANKLE), (NECK, R_SHOULDER)]
FACE = [(NECK, NOSE), (NOSE, R_EYE), (R_EYE, R_EAR), (NOSE, L_EYE), (L_EYE, L_EAR)]
CYCLE = [(NECK, R_SHOULDER), *FACE, (R_SHOULDER, R_EAR)]


def rows_from(*rows):
    """Make input rows from ``(slot, id, slot, id, score)``."""
    return rows_of(*(({a: i, b: j}, score) for a, i, b, j, score in rows))


def person(first_id=100, pairs=PAIRS, score=1.5):
    """Make the rows of one person, whose keypoint in `slot` has the id `first_id + slot`."""
    return rows_from(*((a, first_id + a, b, first_id + b, score + k / 8) for k, (a, b) in enumerate(pairs)))


def weak(rows):
    """Let the row in the middle score below 0."""
    rows = rows.copy()
    rows[len(rows) // 2, SCORE_COLUMN] = -0.5
    return rows


def chain(n_parts, total, first_id=100):
    """Make a person of `n_parts` parts, each joined to the next, whose scores add up to `total`."""
    rows = person(first_id, [(slot, slot + 1) for slot in range(n_parts - 1)])
    rows[:, SCORE_COLUMN] = 0
    rows[0, SCORE_COLUMN] = total
    return rows


def by_limb(*people):
    """Take the first row of each person, then the second of each, as they come from the pipeline."""
    return np.array([row for rows in zip(*people, strict=True) for row in rows])


def shuffled(*people, seed=0):
    return np.random.default_rng(seed).permutation(np.vstack(people))


def numbered_on(rows, first_id=1):
    """Number the keypoints as the pipeline does, on over the slots: in one slot all ids are neighbours."""
    rows = rows.copy()
    for slot in range(N_PARTS):
        old = sorted(set(rows[:, slot]) - {-1})
        rows[:, slot] = [first_id + old.index(id_) if id_ != -1 else -1 for id_ in rows[:, slot]]
        first_id += len(old)
    return rows


def renumbered(rows):
    """Give every keypoint another id; done twice, all have their own again."""
    rows = rows.copy()
    ids = rows[:, :N_PARTS]
    ids[ids != -1] = 5000 - ids[ids != -1]
    return rows


def turned(rows):
    """Swap the ids of two people, from 100 and from 200 on, in every second slot: nobody has the larger ones always."""
    rows = rows.copy()
    ids = rows[:, 1:N_PARTS:2]
    ids[ids != -1] = np.where(ids[ids != -1] < 200, ids[ids != -1] + 100, ids[ids != -1] - 100)
    return rows


def random_people(seed):
    """Make up to four people, each a random tree over random slots with cycles, in random order."""
    rng = np.random.default_rng(seed)
    people = []
    for k in range(rng.integers(1, 5)):
        slots = rng.permutation(N_PARTS)[: rng.integers(4, 12)]
        pairs = [(rng.choice(slots[:i]), slots[i]) for i in range(1, len(slots))]
        pairs += [rng.permutation(slots)[:2] for _ in range(2)]
        distinct = sorted({(int(min(pair)), int(max(pair))) for pair in pairs})
        people.append(person(100 + 20 * k, distinct, score=rng.integers(4, 16) / 8))
    return shuffled(*people, seed=seed)


def random_conflicts(seed, n_false=0.15):
    """Make two to eight people with `n_false` rows a limb and person that join two of them, no row twice."""
    rng = np.random.default_rng(seed)
    rows = make_crowd_rows(rng, int(rng.integers(2, 9)), n_false=n_false)
    first_of_each = np.unique(rows[:, :N_PARTS], axis=0, return_index=True)[1]
    return numbered_on(rows[np.sort(first_of_each)])


@st.composite
def people_rows(draw):
    """Draw up to four people of two parts and more, with cycles, and their rows in any order."""
    drawn = []
    for k in range(draw(st.integers(0, 4))):
        slots = draw(st.permutations(range(N_PARTS)))[: draw(st.integers(2, 9))]
        pairs = {(slots[draw(st.integers(0, i - 1))], slots[i]) for i in range(1, len(slots))}
        pairs |= draw(st.sets(st.tuples(*[st.sampled_from(slots)] * 2), max_size=2))
        distinct = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
        drawn += [({a: a + N_PARTS * k, b: b + N_PARTS * k}, draw(SCORES)) for a, b in distinct]
    return rows_of(*draw(st.permutations(drawn)))


@st.composite
def entangled_rows(draw):
    """Draw different rows over few slots of three ids each: hardly a row without a conflict."""
    slots = st.integers(0, draw(st.integers(1, 7)))
    ends = st.tuples(slots, st.integers(0, 2), slots, st.integers(0, 2)).filter(lambda end: end[0] < end[2])
    drawn = draw(st.lists(ends, max_size=25, unique=True))
    return rows_from(*((a, 3 * a + i, b, 3 * b + j, draw(SCORES)) for a, i, b, j in drawn))


HANDOUT = rows_from(
    (NECK, 1, R_SHOULDER, 2, 1.9540779),
    (NECK, 1, L_SHOULDER, 5, 1.76488239),
    (R_SHOULDER, 2, R_ELBOW, 3, 1.69892728),
    (NOSE, 0, NECK, 1, 1.89980185),
    (NOSE, 0, R_EYE, 6, 1.78199434),
    (R_EYE, 6, R_EAR, 8, 1.73637748),
    (NOSE, 0, L_EYE, 7, 1.82718945),
    (L_EYE, 7, L_EAR, 9, 1.86717367),
    (L_SHOULDER, 5, L_EAR, 9, 1.6537441),
)
SMALL = by_limb(chain(3, 6, 500), chain(3, 6, 600))
"""Two people of three parts."""

FAR_NUMBERS = rows_from(*((a, 1009 * a * a + 11, b, 1009 * b * b + 11, 2.0) for a, b in PAIRS))
NECKLESS = [*FACE[1:], (R_SHOULDER, R_EAR), (R_SHOULDER, R_ELBOW), (R_ELBOW, R_WRIST)]
"""A head and an arm, in an order in which each row shares a part with an earlier one."""

AT_PARTS = np.vstack([chain(3, 3, 100), chain(4, 4, 200), chain(5, 5, 300)])
AT_SCORES = np.vstack([chain(8, 3, 100), chain(5, 2, 200), chain(8, 3.5, 300), chain(5, 5, 400)])
"""People of 0.375, 0.4, 0.4375 and 1 per part."""

SHARED_WRIST = np.vstack([person(100), person(200), rows_from((R_ELBOW, 203, R_WRIST, 104, 1.25))])
TWO_NOSES = np.vstack([person(100), rows_from((NECK, 101, NOSE, 250, 1.0)), person(250, FACE[1:])])
CROSSED = np.vstack(
    [
        by_limb(person(100, PAIRS[:12]), person(200, PAIRS[:12])),
        rows_from((R_HIP, 108, R_KNEE, 209, 1.0), (R_HIP, 208, R_KNEE, 109, 1.0), (R_SHOULDER, 102, R_ELBOW, 203, 0.5)),
    ]
)
LATE = np.vstack(
    [
        person(100, FACE),
        person(200, [*ARM, (NECK, L_SHOULDER)]),
        rows_from((R_SHOULDER, 202, R_EAR, 116, 1.0), (L_SHOULDER, 205, L_EAR, 117, 2.0)),
    ]
)
"""Two halves with a neck each: that they clash shows only where shoulders meet ears."""
EAR_OF_ANOTHER = np.vstack(
    [
        person(100, [*ARM, *LEG[:2], *FACE[:2], (NOSE, L_EYE)]),
        person(200, [(NECK, L_SHOULDER), (L_SHOULDER, L_ELBOW), *FACE]),
        rows_from((R_SHOULDER, 102, R_EAR, 216, 1.0)),
    ]
)
"""A shoulder is joined with the ear of somebody else: the row names nothing that the two clash in."""

LATE_CONFLICTS = [LATE, EAR_OF_ANOTHER]

EQUAL_CLAIMS = np.vstack([rows_from((NECK, 1, NOSE, 300, 2.0), (NECK, 201, NOSE, 300, 2.0)), person(200, score=2.0)])
STRAY_NOSE = np.vstack([person(100), rows_from((NECK, 101, NOSE, 250, 1.0))])
SHARED_SHOULDER = turned(
    np.vstack([person(100, [*FACE, *LEG]), person(200, PAIRS[:17]), rows_from((NECK, 101, L_SHOULDER, 205, 1.0))])
)
CONFLICTS = [SHARED_WRIST, TWO_NOSES, CROSSED, turned(CROSSED), EQUAL_CLAIMS, SHARED_SHOULDER]
