"""Pictures as patches beside each other, and back."""

from keras import KerasTensor, ops


def to_patches(pictures: KerasTensor, n_patches: int) -> KerasTensor:
    """Cut pictures into squares, row by row.

    Parameters
    ----------
    pictures : tensor of shape (n, N, N, C)
    n_patches : int
        In a row and in a column; N is a multiple of it.

    Returns
    -------
    patches : tensor of shape (n * n_patches ** 2, N / n_patches, N / n_patches, C)
    """
    side, n_channels = pictures.shape[1] // n_patches, pictures.shape[3]
    rows = ops.reshape(pictures, (-1, n_patches, side, n_patches, side, n_channels))
    return ops.reshape(ops.transpose(rows, (0, 1, 3, 2, 4, 5)), (-1, side, side, n_channels))


def from_patches(patches: KerasTensor, n_patches: int) -> KerasTensor:
    """Put patches together again: the opposite of `to_patches`."""
    side, n_channels = patches.shape[1], patches.shape[3]
    rows = ops.reshape(patches, (-1, n_patches, n_patches, side, side, n_channels))
    side *= n_patches
    return ops.reshape(ops.transpose(rows, (0, 1, 3, 2, 4, 5)), (-1, side, side, n_channels))
