"""From points to maps and back, and pieces of pictures around points, in Keras' own operations.

Points are in sides of their square, 0 to 1: of N cells in a row the cell j has its middle at (j + 0.5) / N.
"""

from keras import KerasTensor, ops


def draw_peaks(points: KerasTensor, n_cells: int, sigma_cells: float) -> KerasTensor:
    """Draw a peak of height 1 for each point, exp(-d^2 / sigma^2), as eq. 7 of the lab has it.

    Parameters
    ----------
    points : tensor of shape (n, K, 2)
        Not labelled ones anywhere: their maps are nobody's.
    n_cells : int
        Cells in a row and in a column.
    sigma_cells : float

    Returns
    -------
    maps : tensor of shape (n, n_cells, n_cells, K)
    """
    middles = _middles(n_cells)
    steps = (middles - ops.expand_dims(points, -1)) * n_cells
    profiles = ops.exp(-(steps**2) / sigma_cells**2)
    return ops.einsum("nky,nkx->nyxk", profiles[:, :, 1], profiles[:, :, 0])


def peak_points(maps: KerasTensor) -> KerasTensor:
    """Find the highest cell of each map, moved by a quarter cell to the higher neighbour in each direction.

    Parameters
    ----------
    maps : tensor of shape (n, N, N, K)

    Returns
    -------
    points : tensor of shape (n, K, 2)
    """
    n_cells, n_maps = maps.shape[1], maps.shape[-1]
    highest = ops.argmax(ops.reshape(maps, (-1, n_cells * n_cells, n_maps)), axis=1)
    row, column = highest // n_cells, highest % n_cells
    through_row = ops.einsum("nyxk,nky->nkx", maps, ops.one_hot(row, n_cells))
    through_column = ops.einsum("nyxk,nkx->nky", maps, ops.one_hot(column, n_cells))
    places = [_moved_a_quarter(through_row, column), _moved_a_quarter(through_column, row)]
    return (ops.stack(places, axis=-1) + 0.5) / n_cells


def _moved_a_quarter(profiles: KerasTensor, cells: KerasTensor) -> KerasTensor:
    n_cells = profiles.shape[-1]
    before, behind = (
        ops.sum(profiles * ops.one_hot(ops.clip(cells + step, 0, n_cells - 1), n_cells), axis=-1) for step in (-1, 1)
    )
    is_inside = ops.cast((cells > 0) & (cells < n_cells - 1), "float32")
    return ops.cast(cells, "float32") + 0.25 * ops.sign(behind - before) * is_inside


def map_weights(maps: KerasTensor) -> KerasTensor:
    """Turn each map (n, N, N, K) into weights that sum to 1 over its cells."""
    n_cells, n_maps = maps.shape[1], maps.shape[-1]
    flat = ops.softmax(ops.reshape(maps, (-1, n_cells * n_cells, n_maps)), axis=1)
    return ops.reshape(flat, (-1, n_cells, n_cells, n_maps))


def expected_points(weights: KerasTensor) -> KerasTensor:
    """Compute the mean place of each map of weights: (n, N, N, K) to (n, K, 2); `estimation.softargmax` in sides."""
    middles = _middles(weights.shape[1])
    x = ops.einsum("nyxk,x->nk", weights, middles)
    y = ops.einsum("nyxk,y->nk", weights, middles)
    return ops.stack([x, y], axis=-1)


def _middles(n_cells: int) -> KerasTensor:
    return (ops.arange(n_cells, dtype="float32") + 0.5) / n_cells


def corners_around(points: KerasTensor, share: float, n_cells: int) -> KerasTensor:
    """Give the upper left corners of the squares around points, moved to the next edge between cells.

    Parameters
    ----------
    points : tensor of shape (n, K, 2)
    share : float
        Side of the small squares.
    n_cells : int
        Cells in a row of the coarsest grid that will be cut.

    Returns
    -------
    corners : tensor of shape (n, K, 2)
        In sides, at most one small square beyond the picture.
    """
    return ops.round(ops.clip(points - share / 2, -share, 1) * n_cells) / n_cells


def cut_around(features: KerasTensor, corners: KerasTensor, share: float) -> KerasTensor:
    """Cut small squares of whole cells; beyond the picture there is 0.

    Parameters
    ----------
    features : tensor of shape (n, N, N, C)
    corners : tensor of shape (n, K, 2)
        From `corners_around`, of a grid that is as fine or coarser.
    share : float
        Side of the small squares; `share` times N cells.

    Returns
    -------
    cut : tensor of shape (n * K, share * N, share * N, C)
    """
    n_cells, n_channels = features.shape[1], features.shape[-1]
    side = round(share * n_cells)
    wide = ops.pad(features, [(0, 0), (side, side), (side, side), (0, 0)])
    n_wide = n_cells + 2 * side
    first = ops.cast(ops.round(corners * n_cells), "int32") + side
    rows, columns = (ops.expand_dims(first[..., axis], -1) + ops.arange(side, dtype="int32") for axis in (1, 0))
    cells = ops.expand_dims(rows, -1) * n_wide + ops.expand_dims(columns, -2)
    pictures = ops.reshape(ops.arange(ops.shape(features)[0], dtype="int32") * n_wide**2, (-1, 1, 1, 1))
    taken = ops.take(ops.reshape(wide, (-1, n_channels)), cells + pictures, axis=0)
    return ops.reshape(taken, (-1, side, side, n_channels))


def own_of_each(outputs: KerasTensor, n_joints: int) -> KerasTensor:
    """Take from what a network says of the small square around each joint what it says of that joint.

    Parameters
    ----------
    outputs : tensor of shape (n * K, ..., K)
        For the square around each joint something about every joint.
    n_joints : int
        K.

    Returns
    -------
    own : tensor of shape (n, ..., K)
    """
    rest = tuple(outputs.shape[1:-1])
    by_square = ops.reshape(outputs, (-1, n_joints, *rest, n_joints))
    is_own = ops.reshape(ops.eye(n_joints), (1, n_joints, *(1 for _ in rest), n_joints))
    return ops.sum(by_square * is_own, axis=1)
