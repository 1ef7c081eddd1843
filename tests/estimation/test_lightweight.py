"""The published network in our hands: downloaded, exported, asked, measured."""

import hashlib

import numpy as np
import pytest

from estimation import download, lightweight_files, networks
from estimation.checkpoints import WeightsError, shapes_of
from estimation.lightweight_files import PUBLISHED, PublishedFile, download_lightweight
from estimation.networks import build_network, build_with_weights, load_network
from estimation.training import evaluate
from estimation.training.dataset import load_examples
from estimation.transfers import DownloadError, TransferLimits
from tests.estimation.late import Late
from tests.estimation.representations import write_representation
from tests.estimation.servers import send

keras = Late("keras")
lightweight, export, distillation, narrowing = (
    Late(f"estimation.{name}") for name in ("lightweight", "export", "training.distillation", "training.narrowing")
)

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

LIMITS = TransferLimits(n_attempts=1, pause_s=0.0)


@pytest.fixture(scope="module")
def weights():
    """Published weights of which every one matters, so that no wrong turn can hide behind zeros."""
    rng = np.random.default_rng(11)
    return {
        key: rng.normal(size=shape).astype(np.float32) * (0.1 if len(shape) == 1 else np.sqrt(2 / np.prod(shape[:-1])))
        for key, shape in shapes_of(build_network("lightweight")).items()
    }


@pytest.fixture(scope="module")
def published(weights, tmp_path_factory):
    """Give the two published files and how their publisher describes them."""
    files = write_representation(tmp_path_factory.mktemp("published"), "human-pose-estimation-0001", weights)
    data = [file.read_bytes() for file in files]
    described = tuple(
        PublishedFile(file.name, len(content), hashlib.sha256(content).hexdigest())
        for file, content in zip(files, data, strict=True)
    )
    return data, described


@pytest.fixture
def mirror(server, published, monkeypatch):
    """Give a server that has both files."""
    data, described = published
    monkeypatch.setattr(lightweight_files, "PUBLISHED", described)
    server.script = [send(content) for content in data]
    return server


@pytest.mark.parametrize(("name", "n_parameters"), [("lightweight", 4_099_058), ("compact", 1_762_425)])
def test_networks_have_the_sizes_that_are_said(name, n_parameters):
    assert build_network(name).count_params() == n_parameters


def test_lightweight_takes_pixels_as_published(weights):
    """The first convolution sees blue, green, red as (x - 128) / 255, and pads by a pixel on all sides."""
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    model = build_with_weights(weights, "here")
    first = lightweight.keras.Model(model.input, model.get_layer("conv1").output)

    answer = np.asarray(first(networks.scale_pixels(picture)[None]))[0]

    scaled = np.pad((picture[..., ::-1].astype(np.float32) - 128) / 255, ((1, 1), (1, 1), (0, 0)))
    for row, column in ((0, 0), (3, 7), (7, 7)):
        window = scaled[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        expected = np.einsum("ijk,ijkc->c", window, weights["conv1/kernel"]) + weights["conv1/bias"]
        np.testing.assert_allclose(answer[row, column], np.maximum(expected, 0), atol=1e-5)


@pytest.mark.parametrize("name", ["lightweight", "compact"])
def test_onnx_answers_as_keras_does_and_knows_its_name(name, tmp_path):
    model = build_network(name)
    rng = np.random.default_rng(5)
    arrays = {
        key: rng.normal(size=shape).astype(np.float32) * (0.1 if len(shape) == 1 else np.sqrt(2 / np.prod(shape[:-1])))
        for key, shape in shapes_of(model).items()
    }
    np.savez(tmp_path / "mine.npz", **arrays)
    export.export(tmp_path / "mine.npz", tmp_path / "mine.onnx")

    light, heavy = load_network(tmp_path / "mine.onnx"), load_network(tmp_path / "mine.npz")

    assert light.name == heavy.name == name
    picture = rng.integers(0, 256, (70, 44, 3)).astype(np.uint8)
    for one, other in zip(light.predict(picture), heavy.predict(picture), strict=True):
        assert one.shape[:2] == (9, 6)
        np.testing.assert_allclose(one, other, atol=2e-5 * np.abs(other).max())


def test_compact_begins_as_a_narrower_teacher(weights):
    teacher, model = build_with_weights(weights, "here"), build_network("compact")
    pictures = np.random.default_rng(2).integers(0, 256, (6, 64, 64, 3)).astype(np.uint8)

    names = narrowing.begin_as(model, teacher, lightweight.NARROWED, pictures)

    assert len(names) == 39
    for name in ("conv1", "conv4_1-sep", "conv4_4_CPM", "conv5_3_CPM_L1"):
        np.testing.assert_array_equal(model.get_layer(name).kernel, teacher.get_layer(name).kernel)
    for link in lightweight.NARROWED:
        own, known = (each.get_layer(link.writer).kernel.shape[-1] for each in (model, teacher))
        assert own < known, link
    scaled = networks.scale_pixels(pictures)
    for own, known in zip(model(scaled), teacher(scaled)[:2], strict=True):
        apart = np.square(np.asarray(own) - np.asarray(known)).mean() / np.asarray(known).var()
        assert apart < 0.3


def test_compact_gives_one_cell_per_eight_pixels(compact_model):
    outputs = compact_model(np.zeros((2, 64, 96, 3), np.float32))

    assert [tuple(output.shape) for output in outputs] == [(2, 8, 12, 38), (2, 8, 12, 19)]


def test_compact_weights_stay_under_ten_megabytes_at_float16(compact_model):
    assert 2 * compact_model.count_params() < 10e6


def test_compact_starts_with_empty_maps(compact_model):
    picture = np.random.default_rng(0).normal(size=(1, 64, 64, 3)).astype(np.float32)

    for maps in compact_model(picture):
        assert not np.asarray(maps).any()


def test_compact_sees_more_than_a_cell(compact_model):
    model = keras.models.clone_model(compact_model)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.path.endswith("kernel"):
            weight.assign(rng.normal(scale=0.1, size=weight.shape))
    picture = np.zeros((1, 128, 128, 3), np.float32)
    before = np.asarray(model(picture)[-1])
    picture[0, 0, 0] = 1
    changed = np.argwhere((np.asarray(model(picture)[-1]) != before)[0].any(axis=-1))

    assert changed.max() == 15  # a pixel in one corner reaches the opposite corner, 16 cells away


def test_download_makes_the_network_of_the_published_files(mirror, weights, tmp_path, monkeypatch, capsys):
    assert download.main(["lightweight", "--to", str(tmp_path), "--url", mirror.url], LIMITS) == 0

    target = tmp_path / "lightweight.onnx"
    assert capsys.readouterr().out == f"The network is in {target}\n"
    assert list(tmp_path.iterdir()) == [target]
    monkeypatch.setitem(networks.NAMED_WEIGHTS, "lightweight", target)
    picture = np.random.default_rng(0).integers(0, 256, (40, 64, 3)).astype(np.uint8)
    rounded = {key: array.astype(np.float16).astype(np.float32) for key, array in weights.items()}
    model = build_with_weights(rounded, "here")
    expected = networks.Network("lightweight", target, model).predict(picture)
    for one, other in zip(load_network("lightweight").predict(picture), expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3 * np.abs(other).max())


def test_download_leaves_a_right_network_unless_forced(mirror, tmp_path):
    download_lightweight(tmp_path, mirror.url, limits=LIMITS)
    n_requests = len(mirror.requests)

    again = download_lightweight(tmp_path, mirror.url, limits=LIMITS)

    assert again == f"The network in {tmp_path / 'lightweight.onnx'} is complete already; nothing to do."
    assert len(mirror.requests) == n_requests


def test_download_refuses_changed_bytes_before_it_reads_them(mirror, published, tmp_path):
    (xml, constants), _ = published
    mirror.script = [send(xml), send(constants[:-1] + b"\0")]

    message = r"human-pose-estimation-0001\.bin must have \d+ bytes and the SHA-256 [0-9a-f]{64}; got \d+ bytes and "
    with pytest.raises(DownloadError, match=message):
        download_lightweight(tmp_path, mirror.url, limits=LIMITS)
    assert not (tmp_path / "lightweight.onnx").exists()


def test_published_files_are_those_of_open_model_zoos_list():
    assert [(file.name, file.n_bytes, file.sha256[:8]) for file in PUBLISHED] == [
        ("human-pose-estimation-0001.xml", 153_702, "560880b4"),
        ("human-pose-estimation-0001.bin", 8_197_356, "40dfef77"),
    ]


def test_missing_lightweight_is_told_with_the_command_that_gets_it(tmp_path, monkeypatch):
    monkeypatch.setitem(networks.NAMED_WEIGHTS, "lightweight", tmp_path / "lightweight.onnx")

    message = r"lightweight\.onnx; there is no such file\. Get them with: python -m estimation\.download lightweight$"
    with pytest.raises(WeightsError, match=message):
        load_network("lightweight")


def test_file_that_lacks_an_array_is_told_which(weights, tmp_path):
    np.savez(tmp_path / "short.npz", **{key: array for key, array in weights.items() if key != "conv3_1/sep/bias"})

    for load in (load_network, distillation.load_teacher):
        with pytest.raises(WeightsError, match=r"116 variables; got 1 missing: conv3_1/sep/bias; in .*short\.npz"):
            load(tmp_path / "short.npz")


@pytest.mark.slow
def test_teacher_sees_people_on_photographs_kept_out(shared_data, tmp_path):
    export.export(shared_data / "teacher" / "human_pose_estimation_0001.npz", tmp_path / "lightweight.onnx")
    photos = shared_data / "photos"
    chosen = evaluate.select_examples(load_examples(photos), only_held_out=True, count=128)

    found = evaluate.evaluate(
        load_network(tmp_path / "lightweight.onnx"),
        chosen,
        height_px=368,
        threshold=evaluate.THRESHOLD,
        as_in_lab=False,
    )

    assert found.coco_numbers(photos / "annotations.json")["AP"] > 0.40
