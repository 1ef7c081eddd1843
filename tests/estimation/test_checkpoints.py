import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from estimation.checkpoints import WeightsError, assign_weights, check_shapes, read_weights, save_weights, shapes_of
from estimation.networks import load_network
from tests.estimation.late import Late

keras, tf = Late("keras"), Late("tensorflow")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

KERNEL = np.arange(6, dtype=np.float32).reshape(1, 1, 3, 2)
BIAS = np.array([0.1, -0.2], np.float32)
TWO_ARRAYS = {"stage_0_s/layer_0/kernel": KERNEL, "stage_0_s/layer_0/bias": BIAS}


@pytest.fixture
def model():
    conv = keras.layers.Conv2D(2, 1, name="stage_0_s-layer_0")
    model = keras.Sequential([keras.Input((None, None, 3)), conv, keras.layers.BatchNormalization(name="norm")])
    rng = np.random.default_rng(3)
    for variable in model.weights:
        variable.assign(rng.random(variable.shape))
    return model


def assert_same(weights, expected):
    assert sorted(weights) == sorted(expected)
    for key, array in expected.items():
        np.testing.assert_array_equal(weights[key], array)
        assert weights[key].dtype == np.float32


def object_graph(arrays):
    """Nest objects as the lab's checkpoint does: net.stage_0_s.layer_0.kernel."""
    net = tf.Module()
    for key, array in arrays.items():
        *path, name = key.split("/")
        owner = net
        for step in path:
            if not hasattr(owner, step):
                setattr(owner, step, tf.Module())
            owner = getattr(owner, step)
        setattr(owner, name, tf.Variable(array))
    return net


def test_read_weights_reads_object_graph(tmp_path):
    prefix = tf.train.Checkpoint(net=object_graph(TWO_ARRAYS)).write(str(tmp_path / "openpose"))
    assert_same(read_weights(prefix), TWO_ARRAYS)


def test_read_weights_leaves_out_training_state(tmp_path):
    net = object_graph(TWO_ARRAYS)
    saver = tf.train.Checkpoint(net=net, optimizer=object_graph({"learning_rate": BIAS}), step=tf.Variable(3))
    assert_same(read_weights(saver.save(str(tmp_path / "epoch"))), TWO_ARRAYS)


def test_read_weights_leaves_out_optimizer_slots(tmp_path, write_checkpoint):
    slots = {f"{key}/.OPTIMIZER_SLOT/optimizer/m": array for key, array in TWO_ARRAYS.items()}
    assert_same(read_weights(write_checkpoint(tmp_path / "openpose", TWO_ARRAYS | slots)), TWO_ARRAYS)


@pytest.mark.parametrize("n_shards", [1, 2])
def test_read_weights_reads_renamed_shards(n_shards, tmp_path, write_checkpoint):
    folder = tmp_path / "a folder (new)"
    folder.mkdir()
    write_checkpoint(tmp_path / "openpose", TWO_ARRAYS, n_shards=n_shards)
    for file in tmp_path.glob("openpose.*"):
        file.rename(folder / file.name.replace("openpose", "mine"))
    assert len(list(folder.iterdir())) == n_shards + 1
    assert_same(read_weights(folder / "mine"), TWO_ARRAYS)


def assert_filled(model, weights):
    assert len(weights) == 184
    for layer in model.layers:
        for variable in layer.weights:
            np.testing.assert_array_equal(variable, weights[f"{layer.name}/{variable.name}".replace("-", "/")])


def test_assign_weights_fills_openpose(openpose, openpose_weights):
    assert_filled(openpose.model, openpose_weights)


@pytest.mark.slow
def test_load_network_reads_a_checkpoint_of_full_size(openpose_checkpoint, openpose_weights):
    assert_filled(load_network(openpose_checkpoint).model, openpose_weights)


def test_shapes_of_openpose_are_those_of_the_lab(openpose_model, shared_data):
    listed = json.loads((shared_data / "lab" / "openpose_checkpoint_variables.json").read_text())["variables"]
    of_the_lab = {
        name.removeprefix("net/").removesuffix("/.ATTRIBUTES/VARIABLE_VALUE"): tuple(shape) for name, shape in listed
    }
    del of_the_lab["_CHECKPOINTABLE_OBJECT_GRAPH"]
    assert shapes_of(openpose_model) == of_the_lab
    assert sum(int(np.prod(shape)) for shape in of_the_lab.values()) == 52_311_446


def cut(path, n_bytes):
    path.write_bytes(path.read_bytes()[:n_bytes])


def change_byte(path):
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("ending", "harm", "message"),
    [
        pytest.param("index", lambda path: path.unlink(), r"there is no such \.index file", id="no_index"),
        pytest.param("index", lambda path: cut(path, 0), "cannot be read: file is too short", id="empty_index"),
        pytest.param("index", lambda path: cut(path, 90), "cannot be read: not an sstable", id="cut_index"),
        pytest.param("index", lambda path: path.write_bytes(b"<html>" * 99), "not an sstable", id="other_index"),
        pytest.param(
            "data-00001-of-00002", lambda path: path.unlink(), "data-00001-of-00002; No such file", id="no_shard"
        ),
        pytest.param("data-00001-of-00002", lambda path: cut(path, 3), "Read less bytes", id="cut_shard"),
        pytest.param("data-00000-of-00002", change_byte, "Checksum does not match", id="changed_shard"),
    ],
)
def test_read_weights_refuses_broken_checkpoint(ending, harm, message, tmp_path, write_checkpoint):
    prefix = write_checkpoint(tmp_path / "openpose", TWO_ARRAYS, n_shards=2)
    harm(tmp_path / f"openpose.{ending}")
    with pytest.raises(WeightsError, match=message) as caught:
        read_weights(prefix)
    assert str(prefix) in str(caught.value)


def test_read_weights_refuses_checkpoint_of_other_objects(tmp_path, write_checkpoint):
    prefix = write_checkpoint(tmp_path / "other", TWO_ARRAYS, root="model/")
    with pytest.raises(WeightsError, match=r"must be named net/\.\.\.; got model/stage_0_s/layer_0/bias/.* in .*other"):
        read_weights(prefix)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_read_weights_refuses_values_that_are_not_finite(value, tmp_path, write_checkpoint):
    spoilt = TWO_ARRAYS | {"stage_0_s/layer_0/bias": np.array([0, value], np.float32)}
    np.savez(tmp_path / "spoilt.npz", **spoilt)
    message = "must be finite floats; got NaN or infinite values in 'stage_0_s/layer_0/bias' of .*spoilt"
    for path in (tmp_path / "spoilt.npz", write_checkpoint(tmp_path / "spoilt", spoilt)):
        with pytest.raises(WeightsError, match=message):
            read_weights(path)


def npz_bytes(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def zip_bytes(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


CLAIMS_TERABYTES = npy_bytes(np.zeros(10)).replace(b"(10,), }" + b" " * 12, b"(9" + b"0" * 13 + b",), }")

UNREADABLE = r"must be a \.npz file of plain arrays; it cannot be read: "


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", UNREADABLE + "File is not a zip file", id="empty"),
        pytest.param(b"<html>", UNREADABLE + "File is not a zip file", id="html"),
        pytest.param(npz_bytes(a=KERNEL)[:-40], UNREADABLE + "File is not a zip file", id="cut"),
        pytest.param(npz_bytes(a=KERNEL).replace(KERNEL.tobytes(), bytes(24)), UNREADABLE + "Bad CRC", id="changed"),
        pytest.param(npy_bytes(KERNEL), UNREADABLE + "File is not a zip file", id="npy"),
        pytest.param(pickle.dumps({"a": KERNEL}), UNREADABLE + "File is not a zip file", id="pickle"),
        pytest.param(npz_bytes(a=np.array([None])), UNREADABLE + "Object arrays cannot be loaded", id="pickled_member"),
        pytest.param(zip_bytes("a.npy", CLAIMS_TERABYTES), UNREADABLE + "Unable to allocate", id="shape_too_large"),
        pytest.param(
            zip_bytes("a.txt", b"text"), r"must be finite floats; got dtype \|S4 in 'a.txt'", id="text_member"
        ),
        pytest.param(npz_bytes(a=np.arange(3)), "must be finite floats; got dtype int64 in 'a'", id="integers"),
    ],
)
def test_read_weights_refuses_broken_npz(content, message, tmp_path):
    path = tmp_path / "compact.npz"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message) as caught:
        read_weights(path)
    assert str(path) in str(caught.value)


def test_read_weights_names_missing_npz(tmp_path):
    with pytest.raises(WeightsError, match=r"must be in .*compact\.npz; there is no such file"):
        read_weights(tmp_path / "compact.npz")


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(npz_bytes(kernel=KERNEL, bias=BIAS)) - 1), value=st.integers(0, 255))
def test_read_weights_reads_or_refuses_npz_with_any_byte_changed(place, value, tmp_path):
    data = bytearray(npz_bytes(kernel=KERNEL, bias=BIAS))
    data[place] = value
    (tmp_path / "weights.npz").write_bytes(data)
    try:
        weights = read_weights(tmp_path / "weights.npz")
    except WeightsError:
        return
    assert all(array.dtype == np.float32 for array in weights.values())


def test_check_shapes_takes_exact_match():
    check_shapes({"a": BIAS}, {"a": (2,)}, "here")


def test_check_shapes_names_all_faults_at_once():
    weights = {"bias": BIAS, "kernel": KERNEL, "step": BIAS}
    message = (
        r"must be the network's 3 variables; got 1 missing: gamma; 1 extra: step; "
        r"1 misshapen: kernel \(1, 1, 3, 2\) instead of \(1, 1, 2, 3\); in here\. Use weights"
    )
    with pytest.raises(WeightsError, match=message):
        check_shapes(weights, {"kernel": (1, 1, 2, 3), "bias": (2,), "gamma": (2,)}, "here")


def test_check_shapes_lists_five_and_counts_the_rest():
    with pytest.raises(WeightsError, match=r"7 missing: v0, v1, v2, v3, v4 and 2 more; in here"):
        check_shapes({}, {f"v{number}": (1,) for number in range(7)}, "here")


def test_assign_weights_changes_nothing_when_some_are_missing(model):
    before = [variable.numpy() for variable in model.weights]
    with pytest.raises(
        WeightsError, match="4 missing: norm/gamma, norm/beta, norm/moving_mean, norm/moving_variance; in here"
    ):
        assign_weights(model, TWO_ARRAYS, "here")
    for variable, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_save_weights_rounds_kernels_and_keeps_vectors(model, tmp_path):
    before = [variable.numpy() for variable in model.weights]
    save_weights(model, tmp_path / "compact.npz")
    with np.load(tmp_path / "compact.npz") as stored:
        assert {key: array.dtype.name for key, array in stored.items()} == {
            "norm/beta": "float32",
            "norm/gamma": "float32",
            "norm/moving_mean": "float32",
            "norm/moving_variance": "float32",
            "stage_0_s/layer_0/bias": "float32",
            "stage_0_s/layer_0/kernel": "float16",
        }
    for variable in model.weights:
        variable.assign(variable * 0)
    assign_weights(model, read_weights(tmp_path / "compact.npz"), "here")
    for variable, value in zip(model.weights, before, strict=True):
        expected = value.astype(np.float16) if value.ndim > 1 else value
        np.testing.assert_array_equal(variable, expected)


def test_save_weights_writes_same_bytes_again(model, tmp_path, monkeypatch):
    save_weights(model, tmp_path / "first.npz")
    monkeypatch.setattr("time.time", lambda: 2e9)
    save_weights(model, tmp_path / "second.npz")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()


def test_save_weights_keeps_old_file_when_writing_fails(model, tmp_path, monkeypatch):
    def disk_full(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    (tmp_path / "compact.npz").write_text("old")
    monkeypatch.setattr(np, "savez", disk_full)
    with pytest.raises(OSError, match="disk full"):
        save_weights(model, tmp_path / "compact.npz")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("value", "message"), [pytest.param(1e6, r"1e\+06", id="too_large"), pytest.param(np.nan, "nan", id="nan")]
)
def test_save_weights_refuses_what_float16_cannot_hold(value, message, model, tmp_path):
    model.weights[0].assign(np.full(KERNEL.shape, value))
    with pytest.raises(WeightsError, match=rf"finite as float16; got {message} in 'stage_0_s/layer_0/kernel'\. Train"):
        save_weights(model, tmp_path / "compact.npz")
    assert not list(tmp_path.iterdir())
