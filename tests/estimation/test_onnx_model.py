"""The network as an ONNX file: the same answers as Keras', without Keras, and one sentence about what is none."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from estimation import onnx_model
from estimation.checkpoints import WeightsError
from estimation.networks import NAMED_WEIGHTS, WEIGHTS_FOLDER, load_network
from estimation.onnx_model import OnnxModel, seal
from tests.estimation.late import Late
from tests.estimation.shipped import shipped_network

onnx, helper = Late("onnx"), Late("onnx.helper")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = NAMED_WEIGHTS["compact"]


def a_picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def in_keras():
    return load_network(WEIGHTS_FOLDER / "compact.npz")


@pytest.mark.parametrize(("height", "width"), [(1, 1), (33, 25), (96, 32), (64, 160)], ids=lambda side: f"{side}_px")
def test_shipped_network_answers_as_in_keras(in_keras, height, width):
    picture = a_picture(height, width)
    before = picture.copy()

    for light, heavy in zip(shipped_network().predict(picture), in_keras.predict(picture), strict=True):
        assert light.shape == heavy.shape
        assert light.dtype == np.float32
        assert light.flags.c_contiguous
        np.testing.assert_allclose(light, heavy, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(picture, before)


def test_answer_depends_on_no_earlier_size():
    network = load_network(SHIPPED)
    first = network.predict(a_picture(40, 72))

    network.predict(a_picture(100, 30, seed=1))

    for one, other in zip(first, network.predict(a_picture(40, 72)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_shipped_network_runs_without_keras_and_numba():
    source = (
        "import sys, numpy\n"
        "sys.modules.update(dict.fromkeys(['keras', 'tensorflow', 'numba', 'onnx', 'scipy', 'tqdm']))\n"
        "from estimation.networks import load_network\n"
        "from estimation.decoding import find_people\n"
        "from estimation.config import get_default_configuration\n"
        "from estimation.pictures import read_picture\n"
        "maps = load_network('compact').predict(read_picture('images/1.jpg'))\n"
        "print(len(find_people(get_default_configuration(), maps).skeletons))"
    )

    shown = subprocess.run([sys.executable, "-c", source], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert (shown.stdout, shown.stderr) == ("1\n", "")


def network_bytes(
    *, names=("pafs", "heatmaps"), channels=(38, 19), stride=8, bias=0.0, bias_name="b", network="compact"
):
    """Write a network that has one convolution for each of its outputs."""
    nodes, constants = [], []
    for name, n_channels in zip(names, channels, strict=True):
        kernel, shift = np.zeros((n_channels, 3, stride, stride), np.float32), np.full(n_channels, bias, np.float32)
        constants += [
            onnx.numpy_helper.from_array(kernel, f"{name}-k"),
            onnx.numpy_helper.from_array(shift, f"{name}-b"),
        ]
        nodes.append(
            helper.make_node(
                "Conv",
                ["picture", f"{name}-k", f"{name}-{bias_name}"],
                [name],
                kernel_shape=[stride, stride],
                strides=[stride, stride],
            )
        )
    floats = onnx.TensorProto.FLOAT
    answers = [
        helper.make_tensor_value_info(name, floats, [1, n, "r", "c"]) for name, n in zip(names, channels, strict=True)
    ]
    picture = helper.make_tensor_value_info("picture", floats, [1, 3, "height", "width"])
    graph = helper.make_graph(nodes, "small", [picture], answers, constants)
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    if network:
        helper.set_model_props(made, {"network": network})
    return seal(made.SerializeToString())


def test_network_of_the_right_outputs_is_taken(tmp_path):
    (tmp_path / "網路.onnx").write_bytes(network_bytes(bias=0.25, network="lightweight"))

    model = OnnxModel(tmp_path / "網路.onnx")

    assert model.name == "lightweight"
    pafs, heatmaps = model.predict_on_batch(np.zeros((1, 64, 96, 3), np.float32))
    np.testing.assert_array_equal(pafs, np.full((1, 8, 12, 38), 0.25))
    np.testing.assert_array_equal(heatmaps, np.full((1, 8, 12, 19), 0.25))


ADVICE = r"Download it again, or make it with: python -m estimation\.export$"
NO_CHECKSUM = (
    r"other\.onnx must be a network that ends with its checksum, as the compact one does; this is another file, "
)
NO_CHECKSUM += r"or not all of it\. "
ANOTHER = r"other\.onnx must hold the compact network, which gives pafs and heatmaps of pictures of any size; got "


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: b"", NO_CHECKSUM),
        (lambda: SHIPPED.read_bytes()[:-1], NO_CHECKSUM),
        (lambda: SHIPPED.read_bytes().replace(b"conv2_1-sep", b"conv2_3-sep"), NO_CHECKSUM),
        (lambda: network_bytes()[: -len(seal(b""))], NO_CHECKSUM),
        (lambda: seal(b"\xff\xfe no network" * 99), r"other\.onnx must be an ONNX file; OpenCV \S+ cannot read it\. "),
        (lambda: network_bytes(names=("a", "b")), rf"{ANOTHER}outputs a, b\. "),
        (lambda: network_bytes(names=("pafs",), channels=(38,)), rf"{ANOTHER}outputs pafs\. "),
        (
            lambda: network_bytes(channels=(38, 18)),
            rf"{ANOTHER}heatmaps of shape \(1, 4, 8, 18\) instead of \(1, 4, 8, 19\)\. ",
        ),
        (lambda: network_bytes(stride=4), rf"{ANOTHER}pafs of shape \(1, 8, 16, 38\) instead of \(1, 4, 8, 38\)\. "),
        (lambda: network_bytes(bias=np.nan), rf"{ANOTHER}numbers beyond 1e\+06 among the pafs of a grey picture\. "),
        (lambda: network_bytes(bias=-np.inf), rf"{ANOTHER}numbers beyond 1e\+06 among the pafs of a grey picture\. "),
        (
            lambda: network_bytes(network=None),
            r"other\.onnx must say which network it holds; it does not, as old ones do not\. ",
        ),
    ],
    ids=[
        "empty",
        "cut off",
        "changed",
        "no checksum",
        "noise",
        "other outputs",
        "one output",
        "fewer channels",
        "finer cells",
        "NaN",
        "infinite",
        "no name",
    ],
)
def test_another_network_is_refused_in_one_sentence(tmp_path, content, message, capfd):
    (tmp_path / "other.onnx").write_bytes(content())

    with pytest.raises(WeightsError, match=message + ADVICE):
        load_network(tmp_path / "other.onnx")
    assert capfd.readouterr() == ("", "")


def test_network_that_nobody_knows_is_refused(tmp_path):
    (tmp_path / "other.onnx").write_bytes(network_bytes(network="halved"))

    message = r"other\.onnx must hold one of the networks openpose, compact, lightweight; got 'halved'\. Take the "
    with pytest.raises(WeightsError, match=message):
        load_network(tmp_path / "other.onnx")


def test_opencv_prints_nothing_about_a_bad_network(tmp_path):
    file = tmp_path / "bad.onnx"
    file.write_bytes(network_bytes(bias_name="nowhere"))
    source = f"""
from estimation.onnx_model import OnnxModel
from pathlib import Path
try:
    OnnxModel(Path({str(file)!r}))
except ValueError:
    pass
"""

    # In a process of its own, because another test may have silenced OpenCV.
    shown = subprocess.run([sys.executable, "-c", source], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "")


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"^Weights must be in .*none\.onnx; there is no such file\.$"):
        load_network(tmp_path / "none.onnx")


def test_folder_is_refused(tmp_path):
    (tmp_path / "folder.onnx").mkdir()

    with pytest.raises(WeightsError, match=r"^Weights must be in .*folder\.onnx; it cannot be read: Is a directory\.$"):
        load_network(tmp_path / "folder.onnx")


def test_huge_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_model, "MAX_ONNX_BYTES", 100)
    (tmp_path / "huge.onnx").write_bytes(b"x" * 101)

    with pytest.raises(WeightsError, match=r"huge\.onnx must have at most 100 bytes; it has more\. " + ADVICE):
        load_network(tmp_path / "huge.onnx")


class Failing:
    """A network that OpenCV could read and cannot run."""

    def setInput(self, blob):  # noqa: N802 - OpenCV's name
        pass

    def forward(self, _):
        raise onnx_model.cv2.error("Insufficient memory")


def test_picture_without_memory_is_refused_in_one_sentence(monkeypatch):
    network = load_network(SHIPPED)
    monkeypatch.setattr(network.model, "_net", Failing())

    message = r"^There must be memory to run the network on 64 x 32 pixels; OpenCV fails\. Shrink the picture\.$"
    with pytest.raises(ValueError, match=message):
        network.predict(a_picture(30, 60))


def test_network_that_cannot_run_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_model, "_parse", lambda _data, _path: Failing())
    (tmp_path / "other.onnx").write_bytes(network_bytes())

    with pytest.raises(WeightsError, match=ANOTHER + r"a failure on a picture of 64 x 32\. " + ADVICE):
        load_network(tmp_path / "other.onnx")
