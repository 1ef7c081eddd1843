"""That each method can learn, and that each stage looks at what was answered before it."""

from dataclasses import replace

import numpy as np
import pytest

from estimation.checkpoints import assign_weights, read_weights, save_weights
from estimation.methods.batches import mean_pose_of
from estimation.methods.catalogue import find_method, list_methods
from tests.estimation.late import Late

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

keras, ops, stages = Late("keras"), Late("keras.ops"), Late("estimation.methods.stages")
machines = Late("estimation.methods.pose.pose_machine")
switching = Late("estimation.methods.counts.switch_cnn")
training, loop = Late("estimation.methods.training"), Late("estimation.training.loop")

MAX_STEPS = 80

# An outline has more to learn by heart than sixteen points, and three columns that specialise more than one.
MAX_STEPS_OF = {"ecru": 240, "encoder_decoder": 240, "unet": 240, "switch_cnn": 320}

# To trace their graphs or to take their steps takes longer than all others together.
LARGE = {
    *("coarse_to_fine", "pose_machine", "stacked_hourglass"),
    *("ecru", "encoder_decoder", "unet"),
    *("density_map", "mcnn", "mcnn_column5", "mcnn_column7", "mcnn_column9", "sacnn", "spn", "switch_cnn"),
}


@pytest.mark.parametrize(
    "entry",
    [pytest.param(e, id=e.name, marks=[pytest.mark.slow] if e.name in LARGE else []) for e in list_methods()],
)
def test_method_learns_eight_samples_by_heart(entry, eight, as_batch):
    method = entry.load()
    if entry.name == "switch_cnn":
        # When all columns know everything by heart, chance says which is best: see the test of the switch below.
        method = replace(method, stages=method.stages[:1])
    trainee, batch = training.set_up(method, "small", mean_pose_of(eight), seed=0), as_batch(method)

    # Networks begin with an answer that knows nothing, not with noise: a twentieth of that loss is far to go.
    losses = [loop.learn(trainee, batch, 3e-3)]
    while losses[-1] > 0.05 * losses[0] and len(losses) < MAX_STEPS_OF.get(entry.name, MAX_STEPS):
        losses.append(loop.learn(trainee, batch, 3e-3))

    assert losses[-1] <= 0.05 * losses[0]


@pytest.mark.slow
def test_switch_learns_by_heart_which_columns_are_best():
    stage, rng = switching.Switch(), np.random.default_rng(4)
    keras.utils.set_random_seed(0)
    network = stage.build("small")
    patches = rng.integers(0, 256, (32, *network.input_shape[1:])).astype(np.uint8)
    best = np.eye(3, dtype=np.float32)[rng.choice(3, 32, p=[0.7, 0.2, 0.1])]
    batch = {"labelled": np.ones(8, np.float32)}
    network.compile(keras.optimizers.Adam(1e-3), loss=lambda truth, output: stage.loss(output, truth, batch))

    losses = [float(network.train_on_batch(patches, best)) for _ in range(MAX_STEPS)]

    assert losses[0] == pytest.approx(np.log(3), rel=0.01)
    assert losses[-1] <= 0.05 * losses[0]


def test_what_is_learned_in_few_steps_is_answered(eight, as_batch):
    method = find_method("direct_regression").load()
    trainee, batch = training.set_up(method, "small", mean_pose_of(eight), seed=0), as_batch(method)
    first = loop.measure(trainee, batch)
    for step in range(60):
        last = loop.learn(trainee, batch, training.rate_at(step, 60, method.rate))
        trainee.average.update(step + 1)

    # The statistics of normalisations have kept up with the weights, the averaged ones too.
    assert last < 0.2 * first
    assert loop.measure(trainee, batch) < 0.4 * first


@pytest.mark.parametrize("name", ["deeppose_cascade", "coarse_to_fine", "error_feedback"])
def test_stage_sees_what_was_answered_before(name, begin, as_batch):
    method = find_method(name).load()
    row, batch = begin(method), as_batch(method)
    pictures = ops.cast(batch["pictures"], "float32")
    _awake(row)
    answers, _ = row.walk(batch)
    stage, network = method.stages[-1], row.networks[-1]

    def outputs(last):
        seen = stage.inputs(stages.Look({"pictures": pictures}, last))
        return np.asarray(network(seen, training=False))

    last = _kept(row, batch)
    zeroed = {key: ops.zeros_like(value) for key, value in last.items()}
    assert len(answers) > 1
    assert np.abs(outputs(last) - outputs(zeroed)).max() > 1e-4


def _kept(row, batch):
    """Ask all stages but the last one; give the answer that the last one sees."""
    pictures = {"pictures": ops.cast(batch["pictures"], "float32")}
    last = {"points": row.start(batch["pictures"])}
    for stage, network in zip(row.method.stages[:-1], row.networks, strict=False):
        outputs = network(stage.inputs(stages.Look(pictures, last)), training=False)
        outputs = tuple(outputs) if isinstance(outputs, list) else (outputs,)
        last = stage.decode(stages.Look(pictures, last, outputs))[-1]
    return last


def _awake(row):
    """Give weights that begin at zero, and so answer the same whatever they see, other values."""
    rng = np.random.default_rng(1)
    for network in row.networks:
        for variable in network.trainable_variables:
            if variable.name == "kernel" and not variable.numpy().any():
                variable.assign(rng.normal(0, 0.05, variable.shape))


@pytest.mark.parametrize(
    ("name", "answering"), [("pose_machine", "beliefs1"), ("stacked_hourglass", "stack1_maps")], ids=lambda text: text
)
def test_module_sees_what_the_module_before_believes(name, answering, begin, as_batch):
    method = find_method(name).load()
    row, batch = begin(method), as_batch(method)
    _awake(row)
    (network,) = row.networks
    pictures = ops.cast(batch["pictures"], "float32")

    before = np.asarray(network(pictures, training=False)[1])
    kernel = network.get_layer(answering).kernel
    kernel.assign(np.zeros(kernel.shape))
    after = np.asarray(network(pictures, training=False)[1])

    assert np.abs(before - after).max() > 1e-4


def test_only_labelled_joints_teach(begin, as_batch):
    for name in ("direct_regression", "heatmaps", "softargmax_peaked", "error_feedback", "deeppose_cascade"):
        method = find_method(name).load()
        row, batch = begin(method), as_batch(method)
        labelled = np.array(batch["labelled"])
        labelled[:, 3] = 0
        points = np.array(batch["points"])
        moved = points.copy()
        moved[:, 3] = 0.1
        first, second = (
            float(row.walk({**batch, "labelled": labelled, "points": places})[1]) for places in (points, moved)
        )

        assert first == second
        assert first != float(row.walk({**batch, "points": moved})[1])


def test_peaked_maps_cost_less_than_others_with_the_same_mean():
    one, two = np.full((2, 1, 16, 16, 16), -9, np.float32)
    one[0, 7:9, 7:9], two[0, 7:9, 1:3], two[0, 7:9, 13:15] = 9, 9, 9
    batch = {"points": np.full((1, 16, 2), 0.5, np.float32), "labelled": np.ones((1, 16), np.float32)}

    def losses(name):
        (stage,) = find_method(name).load().stages
        return [float(stage.loss(maps, batch["points"], batch)) for maps in (one, two)]

    assert losses("softargmax") == pytest.approx([0, 0], abs=1e-3)
    near, far = losses("softargmax_peaked")
    assert far > near + 0.02


def test_jitter_moves_what_later_stages_look_at(begin, as_batch):
    method = find_method("deeppose_cascade").load()
    row, batch = begin(method), as_batch(method)
    jitter = np.full(batch["points"].shape, 3.0, np.float32)

    still, moved = (row.walk(b)[0] for b in (batch, {**batch, "jitter": jitter}))

    np.testing.assert_allclose(still[0]["points"], moved[0]["points"])
    assert np.abs(np.asarray(still[1]["points"]) - np.asarray(moved[1]["points"])).min() > 0.03


def test_rows_keep_the_mean_pose_with_their_weights(begin):
    method = find_method("error_feedback").load()
    row = begin(method)

    other = stages.Row(method, "small", np.zeros((16, 2), np.float32))
    other.set_weights(row.get_weights())

    np.testing.assert_array_equal(np.asarray(other.start.pose), np.asarray(row.start.pose))


@pytest.mark.parametrize("name", ["deeppose_cascade", "head_box"])
def test_rows_are_written_and_read_whole(name, begin, tmp_path):
    row = begin(find_method(name).load())
    save_weights(row, tmp_path / "row.npz")
    keras.utils.set_random_seed(9)
    other = stages.Row(row.method, "small", np.zeros((16, 2), np.float32))

    assign_weights(other, read_weights(tmp_path / "row.npz"), "here")

    for mine, theirs in zip(row.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-3)  # kernels are stored in half precision


def test_feedback_takes_bounded_steps(begin, as_batch):
    method = find_method("error_feedback").load()
    row, batch = begin(method), as_batch(method)
    (network,) = row.networks
    network.get_layer("numbers").bias.assign(np.full(32, 100.0))

    answers = [np.asarray(answer) for answer in row(batch["pictures"])]

    assert len(answers) == 4
    for step, answer in enumerate(answers, start=1):
        np.testing.assert_allclose(answer - np.asarray(row.start.pose), step * 20 / 224, atol=1e-5)


FIRST_LAYERS = ("stage1_features_conv1", "features_conv1")


def gradient_norms(batch, *, every_stage):
    """Measure the gradients of the first layers of a machine of six stages at its start."""
    keras.utils.set_random_seed(5)
    network = machines.build_machine("small", 6, is_normalised=False)
    seen = keras.Model(network.inputs, network.outputs if every_stage else network.outputs[-1:])
    method = stages.Method((machines.Beliefs(lambda _size: seen),), {"small": 64})
    lesson = stages.MethodLesson(stages.Row(method, "small", np.zeros((16, 2), np.float32)))
    kernels = [network.get_layer(name).get_weights()[0] for name in FIRST_LAYERS]
    # A step of 1 against the gradient is the gradient, on every backend; one step is not worth compiling.
    lesson.compile(optimizer=keras.optimizers.SGD(1.0), run_eagerly=True)
    lesson.train_on_batch(batch)
    return np.array(
        [
            np.linalg.norm(network.get_layer(name).get_weights()[0] - before)
            for name, before in zip(FIRST_LAYERS, kernels, strict=True)
        ]
    )


def test_loss_at_every_stage_keeps_the_gradient_alive(as_batch):
    batch = {name: value[:2] for name, value in as_batch(find_method("pose_machine").load()).items()}

    own, shared = gradient_norms(batch, every_stage=True) / gradient_norms(batch, every_stage=False)

    # The last loss reaches the features that all stages share directly, and those of stage 1 through five stages.
    assert own > 1e4
    assert 1.5 < shared < 50
