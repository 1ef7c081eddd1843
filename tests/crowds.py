"""Rows of whole crowds, with the conflicts that a network makes: limbs drawn from one person to another."""

import numpy as np

from estimation.config import ABSENT, LIMBS, ROW_LENGTH


def make_crowd_rows(rng, n_people, *, limbs=LIMBS, n_false=0.3):
    """Make the rows of a crowd as they reach `merge`: limb after limb, the best PAF score of a limb first.

    Of the true connections one in twenty is missing; `n_false` of a limb's connections, on average, join two persons.
    """
    rows = []
    part_scores = rng.uniform(0.2, 1.0, (n_people, ROW_LENGTH))
    for limb in limbs:
        people = np.arange(n_people)
        true = [(rng.uniform(0.4, 1.0), person, person) for person in people[rng.random(n_people) < 0.95]]
        false = [
            (rng.uniform(0.1, 0.8), *rng.choice(n_people, 2, replace=False))
            for _ in range(rng.binomial(n_people, n_false))
        ]
        for _, start, end in sorted(true + false, reverse=True)[:n_people]:
            row = np.full(ROW_LENGTH, float(ABSENT))
            row[limb.from_body_part] = limb.from_body_part * n_people + start
            row[limb.to_body_part] = limb.to_body_part * n_people + end
            row[-2] = 2 * part_scores[start, limb.from_body_part] + part_scores[end, limb.to_body_part]
            row[-1] = 2
            rows.append(row)
    return np.array(rows)
