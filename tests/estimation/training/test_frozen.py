import numpy as np
import pytest

from estimation.checkpoints import WeightsError, assign_weights
from estimation.networks import scale_pixels
from estimation.pictures import read_picture
from estimation.training.render import save_scene, write_annotations
from estimation.training.scenes import render_scene
from tests.estimation.late import Late

tf = Late("tensorflow")
frozen, teachers = Late("estimation.training.frozen"), Late("estimation.training.teacher")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture(scope="module")
def folded_teacher():
    """Build the folded teacher once for all tests here; each fills it."""
    return teachers.build_teacher()


@pytest.fixture(scope="module", autouse=True)
def built_once(folded_teacher, unfolded_teacher):
    """Give the command these two: to build them takes longer than all that it does with them."""
    with pytest.MonkeyPatch.context() as patch:
        ready = {True: folded_teacher, False: unfolded_teacher}
        patch.setattr(frozen, "build_teacher", lambda *, is_folded=True: ready[is_folded])
        yield


@pytest.fixture(scope="module")
def real_graph(shared_data):
    path = shared_data / "teacher" / "mobilenet_v2_small.pb"
    if not path.is_file():
        pytest.skip(f"the frozen graph is not at {path}")
    return path


@pytest.fixture(scope="module")
def run_graph(real_graph):
    """Give the function that asks the frozen graph itself: BGR from 0 to 255 in, heatmaps and then PAFs out."""
    with tf.Graph().as_default() as graph:
        definition = tf.compat.v1.GraphDef.FromString(real_graph.read_bytes())
        tf.import_graph_def(definition, name="")
    session = tf.compat.v1.Session(graph=graph)
    yield lambda pictures: session.run(
        ["feat_concat:0", "Openpose/concat_stage7:0"], {"image:0": pictures[..., ::-1].astype(np.float32)}
    )
    session.close()


def noise(shared_data):
    return np.random.default_rng(0).integers(0, 256, (2, 96, 128, 3)).astype(np.uint8)


def photograph(shared_data):
    return read_picture(sorted((shared_data / "photos" / "images").glob("*.jpg"))[5])[None, :384, :256]


@pytest.mark.slow
@pytest.mark.parametrize("pictures", [noise, photograph], ids=["noise", "photograph"])
def test_teacher_agrees_with_the_frozen_graph(shared_data, real_graph, run_graph, pictures):
    batch = pictures(shared_data)

    features, maps = teachers.load_teacher(real_graph).answer(scale_pixels(batch))

    expected_features, expected = run_graph(batch)
    np.testing.assert_allclose(features["joined"], expected_features, atol=1e-3 * np.abs(expected_features).max())
    np.testing.assert_allclose(maps[..., 38:], expected[..., :19], atol=1e-3)
    np.testing.assert_allclose(maps[..., :38], expected[..., 19:], atol=1e-3)


@pytest.fixture(scope="module")
def weights():
    """Random weights of the backbone's kind, moderate ones."""
    rng = np.random.default_rng(3)
    model = frozen.build_teacher(is_folded=False)
    return {
        f"{layer.name}/{variable.name}".replace("-", "/"): np.asarray(variable.numpy())
        + (rng.uniform(0.1, 0.4, variable.shape).astype(np.float32) if variable.name in {"gamma", "beta"} else 0)
        for layer in model.layers
        for variable in layer.weights
    }


def test_folded_teacher_agrees_with_the_one_whose_statistics_it_has(weights):
    pictures = np.random.default_rng(1).integers(0, 256, (5, 64, 96, 3)).astype(np.uint8)
    model, folded = frozen.build_teacher(is_folded=False), frozen.build_teacher()
    assign_weights(model, weights, "random")

    frozen.collect_statistics(model, pictures)
    assign_weights(folded, frozen.fold(model, weights), "folded")

    # One batch gave the statistics, so on this very batch there is no difference.
    for expected, answer in zip(
        model(scale_pixels(pictures), training=True), folded(scale_pixels(pictures)), strict=True
    ):
        np.testing.assert_allclose(answer, expected, atol=1e-4 * np.abs(expected).max())


def test_collect_statistics_gives_every_batch_the_same_weight(weights, monkeypatch):
    monkeypatch.setattr(frozen, "_BATCH", 1)
    pictures = np.stack([np.full((32, 32, 3), value, np.uint8) for value in (16, 64, 160)])
    model = frozen.build_teacher(is_folded=False)
    assign_weights(model, weights, "random")
    means = []
    for picture in pictures:
        frozen.collect_statistics(model, picture[None])
        means.append(np.asarray(model.get_layer("MobilenetV2-Conv-BatchNorm").moving_mean.numpy()))

    frozen.collect_statistics(model, pictures)

    mean = model.get_layer("MobilenetV2-Conv-BatchNorm").moving_mean.numpy()
    np.testing.assert_allclose(mean, np.mean(means, axis=0), rtol=1e-4)


class Scopes:
    """A frozen graph that is all constants: each operation of the teacher and what it reads, at random."""

    def __init__(self):
        self.graph = tf.compat.v1.GraphDef()
        self.rng = np.random.default_rng(5)

    def add(self, operation, *shapes):
        """Add an operation with an input of its own, and then constants of these shapes."""
        names = [f"{operation}/constant{index}" for index in range(len(shapes))]
        for name, shape in zip(names, shapes, strict=True):
            node = self.graph.node.add(name=name, op="Const")
            value = self.rng.uniform(0.2, 0.6, shape).astype(np.float32)
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        self.graph.node.add(name=operation, input=["image:0", *names])


def all_constants():
    scopes = Scopes()
    for layer in frozen.build_teacher(is_folded=False).layers:
        scope, shapes = layer.name.replace("-", "/"), [tuple(variable.shape) for variable in layer.weights]
        if scope.endswith("/BatchNorm"):
            scopes.add(f"{scope}/FusedBatchNorm", *shapes[:2], (0,), (0,))
        elif scope.startswith("MobilenetV2/") and shapes:
            scopes.add(f"{scope}/depthwise" if scope.endswith("/depthwise") else f"{scope}/Conv2D", *shapes)
        elif shapes:
            *kernels, (n_channels,) = shapes
            depthwise = kernels[0] if len(kernels) == 2 else (1, 1, kernels[0][2], 1)
            scopes.add(f"{scope}_depthwise/depthwise", depthwise)
            scopes.add(f"{scope}_pointwise/Conv2D", kernels[-1])
            scopes.add(f"{scope}_pointwise/BatchNorm/FusedBatchNorm", *[(n_channels,)] * 4)
    return scopes.graph


@pytest.fixture(scope="module")
def graph():
    return all_constants()


@pytest.fixture
def write(graph, tmp_path):
    """Give the function that writes the graph of all constants, one operation left out."""

    def write_without(*left_out):
        kept = tf.compat.v1.GraphDef(node=[node for node in graph.node if node.name not in left_out])
        (tmp_path / "frozen.pb").write_bytes(kept.SerializeToString())
        return tmp_path / "frozen.pb"

    return write_without


def constants(graph, operation):
    """Look up what an operation reads behind its input."""
    return [tf.make_ndarray(node.attr["value"].tensor) for node in graph.node if node.name.startswith(f"{operation}/c")]


def test_read_frozen_turns_the_colours_round(graph, write):
    [kernel] = constants(graph, "MobilenetV2/Conv/Conv2D")

    np.testing.assert_array_equal(frozen.read_frozen(write())["MobilenetV2/Conv/kernel"], kernel[:, :, [2, 1, 0]])


@pytest.mark.parametrize("layer", [1, 4], ids=["3x3", "1x1"])
def test_read_frozen_folds_the_stages(graph, write, layer):
    scope = f"Openpose/MConv_Stage2_L1_{layer}"
    weights = frozen.read_frozen(write())

    model = frozen.build_teacher().get_layer(scope.replace("/", "-"))
    for variable in model.weights:
        variable.assign(weights[f"{scope}/{variable.name}"])
    x = np.random.default_rng(0).random((1, 6, 7, model.input.shape[-1]), np.float32)
    [depthwise], [pointwise] = (
        constants(graph, f"{scope}_{part}") for part in ("depthwise/depthwise", "pointwise/Conv2D")
    )
    gamma, beta, mean, variance = constants(graph, f"{scope}_pointwise/BatchNorm/FusedBatchNorm")
    y = tf.nn.separable_conv2d(x, depthwise, pointwise, [1, 1, 1, 1], "SAME").numpy()
    expected = np.maximum((y - mean) / np.sqrt(variance + 1e-3) * gamma + beta, 0)
    np.testing.assert_allclose(np.asarray(model(x)), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("left_out", "operand"),
    [
        ("MobilenetV2/Conv/Conv2D", 1),
        ("MobilenetV2/expanded_conv_3/depthwise/BatchNorm/FusedBatchNorm", 1),
        ("Openpose/MConv_Stage6_L2_5_pointwise/BatchNorm/FusedBatchNorm", 1),
    ],
    ids=["backbone", "normalisation", "stage"],
)
def test_read_frozen_names_the_operation_that_is_missing(write, left_out, operand):
    with pytest.raises(WeightsError, match=rf"constant as operand {operand} of '{left_out}'; .*frozen\.pb has none"):
        frozen.read_frozen(write(left_out))


def test_read_frozen_names_the_operation_whose_constant_is_missing(write):
    name = "MobilenetV2/expanded_conv/project/BatchNorm/FusedBatchNorm"

    with pytest.raises(WeightsError, match=f"constant as operand 2 of '{name}'"):
        frozen.read_frozen(write(f"{name}/constant1"))


def test_read_frozen_refuses_what_is_no_constant(graph, tmp_path):
    changed = tf.compat.v1.GraphDef.FromString(graph.SerializeToString())
    [constant] = [node for node in changed.node if node.name == "MobilenetV2/Conv/Conv2D/constant0"]
    constant.Clear()
    constant.name, constant.op = "MobilenetV2/Conv/Conv2D/constant0", "Placeholder"
    (tmp_path / "g.pb").write_bytes(changed.SerializeToString())

    with pytest.raises(WeightsError, match="constant as operand 1 of 'MobilenetV2/Conv/Conv2D'"):
        frozen.read_frozen(tmp_path / "g.pb")


def test_read_frozen_refuses_what_is_no_graph(tmp_path):
    (tmp_path / "picture.pb").write_bytes(b"\x89PNG\r\n\x1a\n and so on")

    with pytest.raises(WeightsError, match=r"picture\.pb must be a frozen TensorFlow graph; it cannot be read"):
        frozen.read_frozen(tmp_path / "picture.pb")


def test_read_frozen_says_where_it_looked(tmp_path):
    with pytest.raises(WeightsError, match=r"must be in .*nowhere\.pb; there is no such file"):
        frozen.read_frozen(tmp_path / "nowhere.pb")


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.setattr(frozen, "_SIDE_PX", 64)
    rng = np.random.default_rng(0)
    scenes = [
        save_scene(tmp_path, f"{index}.png", render_scene(rng, 256, width, 1)) for index, width in enumerate((256, 320))
    ]
    write_annotations(tmp_path, scenes)
    return tmp_path


def test_command_writes_weights_that_load(write, photos, tmp_path):
    out = tmp_path / "teacher.npz"

    assert frozen.main([str(write()), "--photos", str(photos), "--out", str(out)]) == 0

    assert isinstance(teachers.load_teacher(out), teachers.Teacher)
    assert out.stat().st_size < 1.1e6


def test_command_looks_at_no_picture_that_is_held_out(write, photos, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(frozen, "held_out", lambda examples: {2: examples[2]})
    monkeypatch.setattr(frozen, "read_picture", lambda path: seen.append(path.name) or read_picture(path))

    frozen.main([str(write()), "--photos", str(photos), "--out", str(tmp_path / "teacher.npz")])

    assert seen == ["0.png"]


def test_command_needs_photographs(write, photos, monkeypatch, capsys):
    monkeypatch.setattr(frozen, "held_out", dict)

    assert frozen.main([str(write()), "--photos", str(photos)]) == 2

    assert (
        "frozen: The teacher's statistics need photographs in which everybody is labelled; " in capsys.readouterr().err
    )


@pytest.mark.parametrize("shape", [(40, 90), (90, 40), (64, 64), (200, 67)], ids=str)
def test_squares_are_the_middle_of_a_picture(shape):
    picture = np.zeros((*shape, 3), np.uint8)
    picture[shape[0] // 2 - 4 : shape[0] // 2 + 4, shape[1] // 2 - 4 : shape[1] // 2 + 4] = 255

    square = frozen._square(picture)

    assert square.shape == (368, 368, 3)
    rows, columns = np.nonzero(square[..., 0] > 127)
    assert abs(rows.mean() - 183.5) < 6
    assert abs(columns.mean() - 183.5) < 6
