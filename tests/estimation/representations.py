"""Write weights in OpenVINO's intermediate representation, as Open Model Zoo's converter does."""

from xml.etree import ElementTree as ET

import numpy as np


def write_representation(folder, name, weights, *, scaling=((0, "Multiply", 1 / 255), (1, "Add", -128 / 255))):
    """Write `NAME.xml` and `NAME.bin` of convolutions in a row; who reads what beyond that does not matter here."""
    net, constants = ET.Element("net", name=name, version="10"), bytearray()
    layers, edges = ET.SubElement(net, "layers"), ET.SubElement(net, "edges")

    def add(kind, called, reads=(), **data):
        number = str(len(layers))
        layer = ET.SubElement(layers, "layer", id=number, name=called, type=kind, version="opset1")
        ET.SubElement(layer, "data", {key: str(value) for key, value in data.items()})
        for port, source in enumerate(reads):
            described = {"from-layer": source, "from-port": "0", "to-layer": number, "to-port": str(port)}
            ET.SubElement(edges, "edge", described)
        return number

    def constant(called, array):
        array = np.ascontiguousarray(array, "<f2")
        shape = ", ".join(map(str, array.shape))
        number = add("Const", called, element_type="f16", offset=len(constants), shape=shape, size=array.nbytes)
        constants.extend(array.tobytes())
        return add("Convert", f"{called}/widened", [number], destination_type="f32")

    read = add("Parameter", "data", shape="1,3,256,456", element_type="f32")
    for index, kind, value in scaling:
        read = add(kind, f"scaling{index}", [read, constant(f"value{index}", np.full((1, 1, 1, 1), value))])
    for key in (key for key in weights if key.endswith("/kernel")):
        called, kernel = key.removesuffix("/kernel"), weights[key]
        is_depthwise = kernel.shape[:2] == (3, 3) and kernel.shape[3] == 1
        stored = constant(key, kernel.transpose(2, 3, 0, 1) if is_depthwise else kernel.transpose(3, 2, 0, 1))
        if is_depthwise:
            stored = add("Reshape", f"{key}/groups", [stored])
        read = add("GroupConvolution" if is_depthwise else "Convolution", f"{called}/WithoutBiases", [read, stored])
        bias = weights[f"{called}/bias"].reshape(1, -1, 1, 1)
        read = add("Add", f"{called}/Dims12", [read, constant(f"{called}/bias", bias)])
        read = add("ReLU", f"{called}/relu", [read])
    ET.ElementTree(net).write(folder / f"{name}.xml")
    (folder / f"{name}.bin").write_bytes(constants)
    return folder / f"{name}.xml", folder / f"{name}.bin"
