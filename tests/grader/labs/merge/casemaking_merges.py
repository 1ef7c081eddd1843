"""Merges for trying out cases: a plain one that can be made wrong in one way at a time; ways to settle conflicts."""

import numpy as np

from estimation.config import ABSENT, N_PARTS, N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN
from estimation.merge import merge as earlier_row_wins


class Merge:
    """Join rows that share a keypoint, for input without conflicts; each method is one step that can be done wrong."""

    default_parts, default_score = 4, 0.4

    def __call__(self, rows, min_num_body_parts=None, min_score=None):
        people = []
        for row in rows:
            keypoints = {(slot, id_) for slot, id_ in enumerate(row[:N_PARTS]) if self.is_present(id_)}
            self.add(people, keypoints, row[SCORE_COLUMN])
        parts = self.default_parts if min_num_body_parts is None else min_num_body_parts
        score = self.default_score if min_score is None else min_score
        kept = [person for person in people if self.is_kept(len(person[0]), person[1], parts, score)]
        return self.write(kept)

    def is_present(self, id_):
        return id_ != ABSENT

    def is_same(self, person, keypoints):
        return bool(person[0] & keypoints)

    def add(self, people, keypoints, score):
        joined = [person for person in people if self.is_same(person, keypoints)]
        for person in joined:
            people.remove(person)
        merged = keypoints.union(*(person[0] for person in joined))
        people.append([merged, score + sum(person[1] for person in joined)])

    def is_kept(self, n_parts, score, min_parts, min_score):
        return n_parts >= min_parts and score / n_parts >= min_score

    def write(self, kept):
        people = np.full((len(kept), ROW_LENGTH), float(ABSENT))
        for person, (keypoints, score) in zip(people, kept, strict=True):
            for slot, id_ in keypoints:
                person[slot] = id_
            person[SCORE_COLUMN], person[N_PARTS_COLUMN] = score, len(keypoints)
        return people


class ZeroIsAbsent(Merge):
    def is_present(self, id_):
        return id_ > 0


class SinglePass(Merge):
    def add(self, people, keypoints, score):
        for person in people:
            if person[0] & keypoints:
                person[0] |= keypoints
                person[1] += score
                return
        people.append([keypoints, score])


class CycleScoreMissing(Merge):
    def add(self, people, keypoints, score):
        is_closing = any(keypoints <= person[0] for person in people)
        super().add(people, keypoints, 0 if is_closing else score)


class SameSlotIsSamePerson(Merge):
    def is_same(self, person, keypoints):
        return bool({slot for slot, _ in person[0]} & {slot for slot, _ in keypoints})


class MaximumPerColumn(Merge):
    """Make one person of all rows: of each slot the largest id."""

    def add(self, people, keypoints, score):
        largest = dict(sorted(keypoints.union(*(person[0] for person in people))))
        people[:] = [[set(largest.items()), score + sum(person[1] for person in people)]]


class FirstPersonOnly(Merge):
    def write(self, kept):
        return super().write(kept[:1])


class BoundsHardCoded(Merge):
    def is_kept(self, n_parts, score, *_):
        return super().is_kept(n_parts, score, 4, 0.4)


class PartsOffByOne(Merge):
    def is_kept(self, n_parts, score, min_parts, min_score):
        return n_parts > min_parts and score / n_parts >= min_score


class ScoreOffByOne(Merge):
    def is_kept(self, n_parts, score, min_parts, min_score):
        return n_parts >= min_parts and score / n_parts > min_score


class DefaultOfFiveParts(Merge):
    default_parts = 5


class DefaultScoreOfHalf(Merge):
    default_score = 0.5


class FixedTable(Merge):
    def is_present(self, id_):
        if id_ >= 150:
            raise IndexError("no room for that id")
        return super().is_present(id_)


class CrashesOnNobody(Merge):
    def write(self, kept):
        return np.stack(list(super().write(kept)))


class PartsAddedUp(Merge):
    def write(self, kept):
        people = super().write(kept)
        people[:, N_PARTS_COLUMN] = 2 * (people[:, N_PARTS_COLUMN] - 1)
        return people


def later_row_wins(rows):
    return earlier_row_wins(rows[::-1])


def better_score_wins(rows):
    return earlier_row_wins(rows[np.argsort(-rows[:, SCORE_COLUMN], kind="stable")])


def worse_score_wins(rows):
    return earlier_row_wins(rows[np.argsort(rows[:, SCORE_COLUMN], kind="stable")])


def keypoints_of(row):
    return {(slot, id_) for slot, id_ in enumerate(row[:N_PARTS]) if id_ != ABSENT}


def disputed_rows_go(rows):
    """Drop all rows of a limb that claim the same keypoint; the earlier of the others wins."""
    limbs = [tuple(np.flatnonzero(row[:N_PARTS] != ABSENT)) for row in rows]
    keep = [
        not any(
            j != i and limbs[j] == limbs[i] and keypoints_of(rows[i]) & keypoints_of(rows[j]) for j in range(len(rows))
        )
        for i in range(len(rows))
    ]
    return earlier_row_wins(rows[keep])


def weakest_row_goes(rows):
    """Join everything, then cut a person with a conflict at the weakest row until no conflict is left."""
    rows = rows.copy()
    while True:
        people = []
        for i, row in enumerate(rows):
            found = keypoints_of(row)
            apart = [person for person in people if not person[0] & found]
            near = [person for person in people if person[0] & found]
            people = [
                *apart,
                (found.union(*(person[0] for person in near)), [i, *(n for person in near for n in person[1])]),
            ]
        tangled = [own for found, own in people if len({slot for slot, _ in found}) < len(found)]
        if not tangled:
            return earlier_row_wins(rows)
        rows = np.delete(rows, [min(own, key=lambda n: rows[n, SCORE_COLUMN]) for own in tangled], axis=0)


def one_person_after_another(rows):
    """Grow a person from the first free row by every row that fits; nobody else gets its keypoints."""
    waiting, order = list(rows), []
    while waiting:
        person, is_growing = keypoints_of(waiting[0]), True
        while is_growing:
            fitting = [
                row
                for row in waiting
                if keypoints_of(row) & person
                and len({slot for slot, _ in person | keypoints_of(row)}) == len(person | keypoints_of(row))
            ]
            is_growing = bool(fitting)
            if fitting:
                person |= keypoints_of(fitting[0])
                order.append(fitting[0])
                waiting = [row for row in waiting if row is not fitting[0]]
        waiting = [row for row in waiting if not keypoints_of(row) & person]
    return earlier_row_wins(np.array(order))


POLICIES = (
    earlier_row_wins,
    later_row_wins,
    better_score_wins,
    worse_score_wins,
    disputed_rows_go,
    weakest_row_goes,
    one_person_after_another,
)
