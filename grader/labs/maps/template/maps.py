"""Lab 4, the part that is yours: the functions around the maps that a network for people learns and answers.

Write the six functions below. Each is judged by itself: what you leave unwritten costs its own points alone.

Conventions, the same everywhere:

- A *point* is ``(x, y)``: x counts columns from the left, y counts rows from the top, both from 0 and in cells.
- An *array* is indexed ``[row, column]``. So the point ``(x, y)`` belongs to the cell ``[y, x]``, and the cell in row r
  and column c has its centre at the point ``(c, r)``. Points need not be whole numbers.
- ``shape`` is a tuple of two whole numbers, ``(rows, columns)``. It is hardly ever a square: mixing the two up shows.
- Arrays of numbers may hold float64, float32 or whole numbers; your answer is the same. Return floating-point numbers.
- NumPy and Python's standard library are all that you may import. Do not change the arguments.
"""

import numpy as np


def heatmaps(keypoints: np.ndarray, shape: tuple, sigma: float) -> np.ndarray:
    """Draw a peak at each keypoint: what a network should answer for this picture.

    Parameters
    ----------
    keypoints : array of shape (n_people, n_joints, 2)
        Where each joint of each person is: ``(x, y)`` in cells. A joint that is not labelled is ``(nan, nan)`` and
        draws nothing. With nobody in the picture the shape is ``(0, n_joints, 2)``.
    shape : tuple of int
        ``(rows, columns)`` of each map.
    sigma : float
        Spread of a peak, in cells.

    Returns
    -------
    array of shape (n_joints, rows, columns)
        One map for each joint. In it a person who has the joint at the point p gives the cell with its centre at c the
        value ``exp(-|c - p|² / sigma²)`` (eq. 7 of the paper: the squared distance, divided by the squared sigma, and
        by nothing else). Where several people have the joint, each cell keeps the largest value. A map of which nobody
        has the joint is 0 everywhere. Peaks end nowhere: every cell gets its value.
    """
    raise NotImplementedError("heatmaps() is not written yet. Open maps.py and write it.")


def softargmax(maps: np.ndarray, sharpness: float) -> np.ndarray:
    """Find where the weight of each map lies, in a way that can be learned through.

    Parameters
    ----------
    maps : array of shape (n_maps, rows, columns)
        Any finite values, also very large ones, and negative ones.
    sharpness : float
        Above 0. The values are multiplied by it before the softmax: the larger, the more the highest cell has.

    Returns
    -------
    array of shape (n_maps, 2)
        For each map ``(x, y)`` in cells: the mean of the cells' points, weighted by the softmax over all cells of this
        map, ``exp(sharpness * value)`` divided by their sum. Each map is taken by itself.

    Notes
    -----
    ``exp(1000)`` is more than a float can hold. Adding the same number to all cells of a map changes no weight: so
    there is a number that you can take away first.
    """
    raise NotImplementedError("softargmax() is not written yet. Open maps.py and write it.")


def softargmax_gradient(maps: np.ndarray, sharpness: float, upstream: np.ndarray) -> np.ndarray:
    """Carry the derivative of a loss back from the points of `softargmax` to the cells of the maps.

    Parameters
    ----------
    maps, sharpness
        As for `softargmax`.
    upstream : array of shape (n_maps, 2)
        Derivatives of the loss by the x and by the y that `softargmax` found in each map.

    Returns
    -------
    array of shape (n_maps, rows, columns)
        Derivative of the loss by each cell: how much the loss grows when this cell's value grows by a little, divided
        by that little. For a cell of map k it is ``upstream[k, 0]`` times the derivative of x by the cell's value, plus
        ``upstream[k, 1]`` times that of y.

    Notes
    -----
    You can test yours: change one cell by ``+1e-5`` and by ``-1e-5``, take the difference of the two losses
    ``(upstream * softargmax(...)).sum()``, and divide it by ``2e-5``.
    """
    raise NotImplementedError("softargmax_gradient() is not written yet. Open maps.py and write it.")


def pck(found: np.ndarray, true: np.ndarray, labelled: np.ndarray, length: tuple, fraction: float) -> float:
    """Compute the percentage of correct keypoints, as a share from 0 to 1.

    Parameters
    ----------
    found, true : arrays of shape (n_people, n_joints, 2)
        Where the joints were found, and where they are: ``(x, y)``. Row i of one is the person of row i of the other. A
        joint that was not found is ``(nan, nan)`` in `found`. What stands in `true` for a joint that is not labelled
        means nothing.
    labelled : boolean array of shape (n_people, n_joints)
        Which joints of `true` are known.
    length : tuple of int
        Two joints, such as head top and neck: the distance between them *in* `true` is the person's length. A person of
        whom one of the two is not labelled has no length, and none of the person's joints counts.
    fraction : float
        A joint is right if it was found, and not farther from the true place than `fraction` times its person's length:
        a distance that equals this bound is right.

    Returns
    -------
    float
        Right joints divided by joints that count. Those are the labelled joints of people with a length, the two of
        `length` among them. If no joint counts, the share is ``nan``.
    """
    raise NotImplementedError("pck() is not written yet. Open maps.py and write it.")


def iou(mask_a: np.ndarray, mask_b: np.ndarray) -> float:
    """Compute how well two masks agree: intersection over union.

    Parameters
    ----------
    mask_a, mask_b : arrays of shape (rows, columns)
        Booleans or numbers. A cell is inside a mask where its value is not 0: 1, 255 and 0.5 mean the same.

    Returns
    -------
    float
        Cells that are inside both masks, divided by cells that are inside at least one: 0 to 1. Two empty masks agree
        completely: 1.
    """
    raise NotImplementedError("iou() is not written yet. Open maps.py and write it.")


def density(heads: np.ndarray, shape: tuple, sigma: float) -> np.ndarray:
    """Spread people over a map, so that the sum of the map counts them.

    Parameters
    ----------
    heads : array of shape (n_people, 2)
        ``(x, y)`` of each head in cells, within the map. With nobody in the picture the shape is ``(0, 2)``.
    shape : tuple of int
        ``(rows, columns)`` of the map.
    sigma : float
        Standard deviation in cells.

    Returns
    -------
    array of shape (rows, columns)
        The sum of one bump for each person. A bump has the form of a normal distribution,
        ``exp(-|c - p|² / (2 * sigma²))`` for the cell with its centre at c and the head at p, over *all* cells, and is
        divided by its own sum over the cells of the map: each person adds 1 to the sum of the map, at the border and in
        a corner, too.
    """
    raise NotImplementedError("density() is not written yet. Open maps.py and write it.")
