"""Lab 3, the part that is yours: join connections into people.

The pipeline has found keypoints (noses, necks, wrists ...) and connections, that is, pairs of keypoints that a limb
joins. Each connection is one row of `subset`. Your `merge` decides which rows belong to the same person.

`estimation/config.py` has names for the numbers below: `BodyPart`, `ABSENT`, `SCORE_COLUMN`, `N_PARTS_COLUMN`. To use
them, write for example `from estimation.config import ABSENT, BodyPart`. NumPy and Python's standard library are all
that you may import besides.
"""

import numpy as np


def merge(subset: np.ndarray, min_num_body_parts: int = 4, min_score: float = 0.4) -> np.ndarray:
    """Merge the rows of one person into one row, for every person; then delete people of whom too little was found.

    Parameters
    ----------
    subset : array of shape (n, 20)
        One row for each connection.

        Columns 0 to 17 are the slots of the 18 body parts (0 nose, 1 neck, 2 right shoulder ... 17 left ear). A slot
        holds the id of a keypoint, a number from 0 on, or -1 where there is none. So id 0 is a keypoint like any
        other. A row that comes from a connection has two ids.

        Column 18 is the score. Column 19 is the number of parts, that is, of ids that are not -1.

        The rows stand limb after limb, and within a limb the best connection stands first. With nobody in the
        picture `subset` has no rows: its shape is (0, 20). You may change `subset`; nobody reads it afterwards.
    min_num_body_parts : int
        People with fewer parts are deleted. People with exactly as many stay.
    min_score : float
        People whose score divided by their number of parts is lower are deleted. People who reach it exactly stay.

    Returns
    -------
    array of shape (n_people, 20)
        One row for each person, in any order, with the same columns: the ids of all keypoints of the person, -1 in
        the other slots; the sum of the scores of the rows that were merged; the number of ids that are not -1.
        For nobody: an array of shape (0, 20).

    Notes
    -----
    *Score.* Every row counts once. A row whose two keypoints are in the person already adds its score, too, and
    changes nothing else.

    *Conflicts.* The network makes mistakes, so rows can contradict each other: two rows give one neck two different
    noses, or two people the same wrist. Your answer must not contradict itself: each keypoint belongs to one person
    at most, and the keypoints of a person are connected by rows of `subset`. Which connection you drop is your
    decision: describe it in your report. Drop no more than you have to. `images/11.jpg`, `12.jpg` and `13.jpg` show
    what a wrong rule does, and `python demo_image.py --image images/11.jpg --explain` lists their rows.

    *The same call gives the same answer*, today and tomorrow: use no random numbers, and remember nothing between
    two calls.
    """
    # Step 1: Merge the rows that belong together. Two rows belong to the same person when they hold the same id in
    # the same slot (-1 is not an id). Merging two rows can make the result share an id with a third one, and so on.
    # Watch for conflicts: when two rows would put different ids into one slot, some connection must go.

    # Step 2: Delete the people with fewer than `min_num_body_parts` parts, and those whose score divided by their
    # number of parts is lower than `min_score`.

    raise NotImplementedError("merge() is not written yet. Open estimation/merge.py and put your code here.")
