import re

import numpy as np
import pytest

from estimation.checkpoints import WeightsError
from estimation.openvino_format import read_representation
from tests.estimation.representations import write_representation

WEIGHTS = {
    "conv1/kernel": np.random.default_rng(0).normal(size=(3, 3, 3, 4)).astype(np.float16),
    "conv1/bias": np.arange(4, dtype=np.float32),
    "conv2_1/dw/kernel": np.random.default_rng(1).normal(size=(3, 3, 4, 1)).astype(np.float16),
    "conv2_1/dw/bias": np.ones(4, np.float32),
    "Mconv1_stage2_L1/3x3/2/kernel": np.random.default_rng(2).normal(size=(1, 1, 4, 2)).astype(np.float16),
    "Mconv1_stage2_L1/3x3/2/bias": np.zeros(2, np.float32),
}


def read(files):
    return read_representation(*files, first="conv1", scale=1 / 255, shift=128)


def test_weights_are_read_by_the_names_of_the_convolutions(tmp_path):
    weights = read(write_representation(tmp_path, "net", WEIGHTS))

    assert set(weights) == set(WEIGHTS)
    for key, array in WEIGHTS.items():
        assert weights[key].dtype == np.float32
        np.testing.assert_allclose(weights[key], array, rtol=1e-3, atol=5e-3, err_msg=key)


def test_scaling_inside_the_first_convolution_is_taken_out(tmp_path):
    inside = WEIGHTS | {
        "conv1/kernel": WEIGHTS["conv1/kernel"].astype(np.float32) / 255,
        "conv1/bias": WEIGHTS["conv1/bias"] - WEIGHTS["conv1/kernel"].astype(np.float32).sum((0, 1, 2)) * 128 / 255,
    }

    weights = read(write_representation(tmp_path, "net", inside, scaling=()))

    for key in ("conv1/kernel", "conv1/bias"):
        np.testing.assert_allclose(weights[key], WEIGHTS[key], rtol=2e-3, atol=2e-2, err_msg=key)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda xml: xml[:-20], "ParseError"),
        (lambda xml: xml.replace('offset="0"', 'offset="999999"'), "ValueError cannot reshape array of size 0"),
        (lambda xml: xml.replace('"f16"', '"i4"'), "KeyError 'i4'"),
        (lambda xml: xml.replace('"Convert"', '"FakeQuantize"'), "ValueError FakeQuantize 'conv1/kernel/widened' in"),
        (lambda xml: xml.replace('"Add"', '"Minus"'), "StopIteration"),
    ],
    ids=["cut-off", "short", "packed", "quantised", "without-bias"],
)
def test_another_file_is_refused_in_one_sentence(tmp_path, change, found):
    xml, constants = write_representation(tmp_path, "net", WEIGHTS)
    xml.write_text(change(xml.read_text()))

    message = rf"net\.xml and net\.bin must be a network in OpenVINO's .*; they cannot be read: {re.escape(found)}"
    with pytest.raises(WeightsError, match=message):
        read((xml, constants))


def test_missing_file_is_named(tmp_path):
    xml, constants = write_representation(tmp_path, "net", WEIGHTS)
    constants.unlink()

    with pytest.raises(WeightsError, match=r"Weights must be in .*net\.bin; there is no such file\."):
        read((xml, constants))
