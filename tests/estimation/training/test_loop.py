import contextlib
import csv
from dataclasses import replace

import numpy as np
import pytest

from estimation.checkpoints import read_weights
from estimation.networks import scale_pixels
from estimation.training.batches import Batch, BatchMaker
from estimation.training.cutouts import render_cutouts
from estimation.training.dataset import load_examples
from estimation.training.runs import Run
from tests.estimation.late import Late

keras, ops = Late("keras"), Late("keras.ops")
loop, losses, teachers = (Late(f"estimation.training.{name}") for name in ("loop", "losses", "teacher"))

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture(scope="module")
def examples(tmp_path_factory, write_photos):
    return list(
        load_examples(write_photos(tmp_path_factory.mktemp("photos"), {number: {} for number in range(1, 5)})).values()
    )


@pytest.fixture(scope="module")
def maker(examples, tiny_recipe):
    partial = [replace(example, is_complete=False) for example in examples[2:]]
    return BatchMaker([examples[:1], examples[1:2], partial], render_cutouts(1, seed=0), tiny_recipe, seed=0)


@pytest.fixture(scope="module")
def compact_hints():
    """Give the hints of the compact network, before the tiny one's stand in for them."""
    return dict(loop.HINTS)


@pytest.fixture(scope="module", autouse=True)
def small(compact_hints, tiny_network):
    """Let the tests here train a tiny network."""


@pytest.fixture(scope="module")
def built(tiny_recipe):
    """Build two networks once: one without hints for a longer run, one with hints; with its numbers as they were."""
    plain, _ = loop.set_up(replace(tiny_recipe, steps=60), seed=0)
    hinted = loop.make_trainee(tiny_recipe, has_hints=True)
    variables = [*hinted.joined.variables, *hinted.joined.optimizer.variables]
    return plain, hinted, variables, [np.array(ops.convert_to_numpy(variable)) for variable in variables]


@pytest.fixture(autouse=True)
def log_every_third_step(monkeypatch):
    monkeypatch.setattr(loop, "_LOG_EVERY", 3)


def rows_of(folder):
    """Read a log, but for the time that it took."""
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = [[float(row[name] or "nan") for name in row if name != "seconds"] for row in csv.DictReader(file)]
    return np.array(rows)


def reset(built):
    """Give the network with hints as a process that has just started has it."""
    _, hinted, variables, values = built
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    hinted.joined.reset_metrics()
    hinted.average.restore(hinted.joined.get_weights())
    return hinted


@pytest.fixture(scope="module")
def undisturbed(built, maker, examples, tmp_path_factory, quick_teacher):
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "_LOG_EVERY", 3)
        loop.train(reset(built), maker, Run(folder), teacher=quick_teacher, kept_out=examples[:2])
    return folder


@contextlib.contextmanager
def broken_off(monkeypatch, after):
    """Let the loop end after so many steps, as Ctrl-C would."""
    with monkeypatch.context() as patch:
        learned = []
        update = loop.WeightAverage.update

        def interrupt(average, step):
            update(average, step)
            learned.append(step)
            if len(learned) > after:
                raise KeyboardInterrupt

        patch.setattr(loop.WeightAverage, "update", interrupt)
        with pytest.raises(KeyboardInterrupt):
            yield


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 3, 4, 5, 7])
def test_train_goes_on_where_it_was_broken_off(
    built, maker, examples, undisturbed, tmp_path, monkeypatch, after, quick_teacher
):
    with broken_off(monkeypatch, after):
        loop.train(reset(built), maker, Run(tmp_path), teacher=quick_teacher, kept_out=examples[:2])

    loop.train(reset(built), maker, Run(tmp_path), teacher=quick_teacher, kept_out=examples[:2])

    np.testing.assert_allclose(rows_of(tmp_path), rows_of(undisturbed), rtol=1e-3, atol=1e-5)
    weights, expected = (read_weights(folder / "compact.npz") for folder in (tmp_path, undisturbed))
    for key, array in expected.items():
        np.testing.assert_allclose(weights[key], array, rtol=1e-2, atol=1e-3, err_msg=key)


@pytest.mark.parametrize(
    ("asked", "used"), [("faster", "mixed_bfloat16"), ("float32", "float32")], ids=["measured", "given"]
)
def test_set_up_trains_in_the_precision_of_the_recipe(monkeypatch, tiny_recipe, asked, used):
    before = keras.config.dtype_policy()
    monkeypatch.setattr(loop, "faster_precision", lambda: "mixed_bfloat16")
    try:
        trainee, _ = loop.set_up(replace(tiny_recipe, precision=asked), seed=0)
    finally:
        keras.config.set_dtype_policy(before)

    assert trainee.model.get_layer("features").compute_dtype == used.removeprefix("mixed_")


def test_lesson_has_no_hints_in_a_recipe_without(tiny_recipe, maker, quick_teacher):
    recipe = replace(tiny_recipe, hint=0.0)

    taken = loop.lesson(maker(0), quick_teacher, recipe, step=0)

    assert [truth.shape[-1] for truth in taken.truths] == [114]


@pytest.mark.slow
def test_a_network_without_hints_learns_from_labels_alone(tiny_recipe, maker, quick_teacher):
    recipe = replace(tiny_recipe, hint=0.0)
    trainee = loop.make_trainee(recipe, has_hints=False)

    assert set(loop._learn(trainee, loop.lesson(maker(0), quick_teacher, recipe, step=0))) == {"loss"}


@pytest.mark.slow
def test_train_logs_at_checkpoints_and_between(undisturbed):
    steps, losses, hint_losses, held_out_losses, sizes, rates = rows_of(undisturbed).T

    assert steps.tolist() == [3, 4, 6, 8]
    assert np.isfinite([losses, hint_losses, rates]).all()
    assert np.isfinite(held_out_losses).tolist() == [False, True, False, True]
    assert sizes.tolist() == [64, 64, 32, 32]
    assert hint_losses[-1] < 0.5 * hint_losses[0]  # as their weight, at the end


@pytest.mark.slow
def test_train_logs_means_since_the_line_before(built, maker, undisturbed, tmp_path, monkeypatch, quick_teacher):
    monkeypatch.setattr(loop, "_LOG_EVERY", 1)
    loop.train(reset(built), maker, Run(tmp_path), teacher=quick_teacher)

    for column in (1, 2):
        steps = rows_of(tmp_path)[:, column]
        means = [steps[:3].mean(), steps[3], steps[4:6].mean(), steps[6:].mean()]
        np.testing.assert_allclose(rows_of(undisturbed)[:, column], means, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_train_teaches_each_step_by_its_number(built, maker, tmp_path, monkeypatch, quick_teacher):
    numbers, updates, lesson = [], [], loop.lesson
    monkeypatch.setattr(loop, "lesson", lambda *args: numbers.append(args[-1]) or lesson(*args))
    monkeypatch.setattr(loop.WeightAverage, "update", lambda _, step: updates.append(step))

    loop.train(reset(built), maker, Run(tmp_path), teacher=quick_teacher, stop=2)
    loop.train(reset(built), maker, Run(tmp_path), teacher=quick_teacher, stop=3)

    assert numbers == [0, 1, 2]
    assert updates == [1, 2, 3]


@pytest.mark.slow
def test_train_goes_on_after_a_stop(built, maker, examples, undisturbed, tmp_path, quick_teacher):
    for stop in (5, None):
        loop.train(reset(built), maker, Run(tmp_path), teacher=quick_teacher, kept_out=examples[:2], stop=stop)
        assert rows_of(tmp_path)[-1, 0] == (stop or 8)

    weights, expected = (read_weights(folder / "compact.npz") for folder in (tmp_path, undisturbed))
    for key, array in expected.items():
        np.testing.assert_allclose(weights[key], array, rtol=1e-2, atol=1e-3, err_msg=key)


@pytest.mark.slow
def test_train_closes_its_loaders_when_it_is_broken_off(built, maker, tmp_path, monkeypatch, quick_teacher):
    closed = []

    def prepare(maker, *, first_step, last_step):
        try:
            for step in range(first_step, last_step):
                yield maker(step)
        finally:
            closed.append(True)

    monkeypatch.setattr(loop, "batches", prepare)
    with broken_off(monkeypatch, 1):
        try:
            loop.train(reset(built), maker, Run(tmp_path), teacher=quick_teacher)
        except KeyboardInterrupt:
            assert closed == [True]  # at once, not when nobody holds the traceback any more
            raise


@pytest.mark.slow
def test_train_learns(built, maker, tmp_path):
    plain, *_ = built
    recipe = replace(maker.recipe, steps=60, emphasis=(2.0, 2.0), checkpoint_every=60)

    loop.train(plain, replace(maker, recipe=recipe), Run(tmp_path))

    losses = rows_of(tmp_path)[:, 1]
    assert len(losses) == 20
    assert losses[-5:].mean() < 0.8 * losses[:2].mean()


def test_lesson_without_a_teacher_is_that_of_the_labels(maker):
    batch = maker(0)

    pictures, truths = loop.lesson(batch, None, maker.recipe, 0)

    assert np.array_equal(pictures, scale_pixels(batch.pictures))
    (targets,) = truths
    assert np.array_equal(targets[..., :57], batch.targets[..., :57])
    expected = batch.targets[..., 57:-1] * (1 + 8 * np.abs(batch.targets[..., :56]))
    np.testing.assert_allclose(targets[..., 57:-1], expected, rtol=1e-5)


def test_lesson_takes_the_teachers_word_where_labels_are_missing(maker, quick_teacher):
    batch = maker(0)
    batch.targets[..., 57 + 3] = 0

    _, (targets, *_) = loop.lesson(batch, quick_teacher, maker.recipe, 2)

    emphasis = maker.recipe.emphasis_at(2)
    assert (targets[..., 3] == 0.25).all()
    np.testing.assert_allclose(targets[..., 57 + 3], 0.3 * (1 + emphasis * 0.25), rtol=1e-5)


def test_lesson_mixes_the_teachers_word_into_the_labels_of_photographs(maker, quick_teacher):
    batch = maker(0)._replace(are_photos=np.array([False, True]))
    batch.targets[..., 57:] = 1

    _, (targets, *_) = loop.lesson(batch, quick_teacher, maker.recipe, 2)

    labels = batch.targets[..., :57]
    assert np.array_equal(targets[0, ..., :57], labels[0])
    np.testing.assert_allclose(targets[1, ..., :57], 0.5 * labels[1] + 0.5 * 0.25, rtol=1e-5, atol=1e-6)


def test_lesson_has_the_hints_that_the_architecture_takes(maker, quick_teacher):
    _, (_, *hints) = loop.lesson(maker(0), quick_teacher, maker.recipe, 6)

    assert [hint.shape for hint in hints] == [(2, 8, 8, 16 + 1), (2, 8, 8, 64 + 1)]
    assert all((hint[..., -1] == np.float32(maker.recipe.hint_at(6))).all() for hint in hints)


def test_held_out_batch_is_of_pictures_with_people(examples):
    nobody = replace(examples[1], boxes=examples[1].boxes[:0])

    batch = loop.held_out_batch([nobody, *examples[:2]])
    again = loop.held_out_batch(examples[:2])

    assert batch.pictures.shape == (2, 256, 256, 3)
    assert all(np.array_equal(a, b) for a, b in zip(batch, again, strict=True))


def test_held_out_batch_is_none_without_people(examples):
    assert loop.held_out_batch([]) is None
    assert loop.held_out_batch([replace(examples[0], boxes=examples[0].boxes[:0])]) is None


def test_measure_asks_the_averaged_weights(built):
    trainee = reset(built)
    rng = np.random.default_rng(0)
    batch = Batch(
        rng.integers(0, 256, (3, 32, 32, 3)).astype(np.uint8),
        rng.uniform(size=(3, 4, 4, 114)).astype(np.float32),
        np.ones(3, bool),
    )
    trainee.average.restore([value + 0.1 for value in trainee.joined.get_weights()])
    before = trainee.joined.get_weights()

    loss = loop.measure(trainee, batch)

    assert all(np.array_equal(a, b) for a, b in zip(trainee.joined.get_weights(), before, strict=True))
    with trainee.average.applied():
        answer = np.concatenate([ops.convert_to_numpy(y) for y in trainee.model(scale_pixels(batch.pictures))], -1)
    expected = losses.masked_l2(ops.convert_to_tensor(batch.targets), ops.convert_to_tensor(answer))
    assert loss == pytest.approx(float(expected), rel=1e-4)


def test_hints_are_where_the_cells_are_the_teachers(compact_model, compact_hints, teacher):
    picture = np.zeros((3, 64, 96, 3), np.float32)  # a size that the teacher was asked about before
    student = keras.Model(
        compact_model.input, [compact_model.get_layer(layer).output for layer in compact_hints.values()]
    )

    features, _ = teacher.answer(picture)

    assert set(compact_hints) == set(teachers.LEVELS)
    assert [cells.shape[:3] for cells in student(picture)] == [features[level].shape[:3] for level in compact_hints]


def test_make_trainee_guesses_hints_beside_the_answer(built):
    plain, hinted, *_ = built

    assert [output.shape[-1] for output in plain.joined.outputs] == [114]
    assert [output.shape[-1] for output in hinted.joined.outputs] == [114, 16, 64]
    assert [output.shape[-1] for output in hinted.model.outputs] == [38, 19, 38, 19]


def test_set_up_chooses_the_precision(tiny_recipe):
    before = keras.config.dtype_policy()
    try:
        trainee, teacher = loop.set_up(replace(tiny_recipe, precision="mixed_bfloat16"), seed=0)
    finally:
        keras.config.set_dtype_policy(before)

    assert teacher is None
    assert trainee.model.get_layer("features").compute_dtype == "bfloat16"
    assert trainee.joined.outputs[0].dtype == "float32"
