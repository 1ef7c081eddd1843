"""Encoder-decoder without skips: down to coarse cells and up again, by transposed convolutions.

The first form in the lecture: everything that is known of the outline must pass through the coarsest level. Here it is
U-Net with nothing beside the way up, in both sizes, so that the two differ in the skips alone.

A convolution is a matrix. The kernel 1 2 / 3 4 moves over 3x3 pixels and makes 2x2 of them, so C has a row for each
cell that comes out and a column for each pixel:

    1 2 0 3 4 0 0 0 0
    0 1 2 0 3 4 0 0 0
    0 0 0 1 2 0 3 4 0
    0 0 0 0 1 2 0 3 4

The transposed convolution is O = C' I, with the same kernel: each cell of 2x2 writes the whole kernel into 3x3 pixels,
and where kernels meet they add up. Of ones it makes

    1 3 2
    4 10 6
    3 7 4

It brings the size back, not the pixels. With a stride of 2 and a kernel of 2, as here, no two kernels meet.
"""

from functools import partial

from estimation.methods.masks.unet import SQUARES_PX, Contour, build_unet
from estimation.methods.stages import Method

METHOD = Method(stages=(Contour(partial(build_unet, has_skips=False)),), squares_px=SQUARES_PX, answers="masks")
