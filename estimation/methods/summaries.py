"""A method's networks in words: layers, shapes, parameters, and how much of the picture each output sees."""

import math

import keras

from estimation.methods.catalogue import Entry
from estimation.methods.counting import count_parameters, receptive_fields


def summarise(entry: Entry, size: str) -> list[str]:
    """Describe a method in one of its sizes.

    Returns
    -------
    lines : list of str
        For each stage its layers with their shapes and parameters, then sums, and what each output sees.
    """
    method = entry.load()
    lines = [f"{entry.title} ({size} size, squares of {method.squares_px[size]} px)"]
    total = 0
    for stage in method.stages:
        network = stage.build(size)
        total += count_parameters(network)
        often = f", asked {stage.times} times" if stage.times > 1 else ""
        lines += ["", f"stage {stage.name}{often}", *_describe_layers(network)]
        lines.append(f"  {count_parameters(network):,} parameters")
        lines += [
            f"  output {number}, {_shape(output)}, sees {_describe(field.side_px)}"
            for number, (output, field) in enumerate(
                zip(network.outputs, receptive_fields(network), strict=True), start=1
            )
        ]
    return [*lines, "", f"{total:,} parameters in all"]


def _describe_layers(network: keras.Model) -> list[str]:
    rows = [
        (layer.name, type(layer).__name__, _shape(layer.output), f"{layer.count_params():,}")
        for layer in network.layers
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        f"  {name:<{widths[0]}}  {kind:<{widths[1]}}  {shape:<{widths[2]}}  {count:>{widths[3]}}"
        for name, kind, shape, count in rows
    ]


def _shape(tensors: keras.KerasTensor | list[keras.KerasTensor]) -> str:
    tensor = tensors[0] if isinstance(tensors, list | tuple) else tensors
    return "x".join(str(side) for side in tensor.shape[1:])


def _describe(side_px: float) -> str:
    return "all of its input" if math.isinf(side_px) else f"{side_px:g} px of its input"
