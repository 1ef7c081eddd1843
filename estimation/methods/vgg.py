"""VGG's convolutions, with which the papers of segmentation and counting begin.

References
----------
.. [1] Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015, tab. 1.
"""

from keras import KerasTensor, layers

Blocks = tuple[tuple[int, int], ...]
"""Filters and number of the convolutions of each block."""

VGG16: Blocks = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
VGG19: Blocks = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))


def vgg_block(x: KerasTensor, block: int, n_filters: int, n_convs: int) -> KerasTensor:
    """Convolve several times, rectified and not normalised."""
    for number in range(1, n_convs + 1):
        name = f"conv{block}_{number}"
        x = layers.Conv2D(n_filters, 3, padding="same", activation="relu", name=name)(x)
    return x


def vgg(x: KerasTensor, blocks: Blocks) -> list[KerasTensor]:
    """Convolve block by block, with a pooling between two blocks.

    Returns
    -------
    features : list of tensor
        Of each block, from the finest to the coarsest.
    """
    features = []
    for block, (n_filters, n_convs) in enumerate(blocks, start=1):
        x = layers.MaxPooling2D(2, name=f"pool{block - 1}")(x) if block > 1 else x
        x = vgg_block(x, block, n_filters, n_convs)
        features.append(x)
    return features
