import csv
import dataclasses

import numpy as np
import pytest

from estimation.checkpoints import read_weights, save_weights
from estimation.training import recipes, train
from estimation.training.dataset import load_examples
from tests.estimation.late import Late

loop = Late("estimation.training.loop")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture(scope="module")
def tiny(tiny_network, tiny_recipe, tmp_path_factory):
    """Add a recipe `tiny`, for a network of that name."""
    file = tmp_path_factory.mktemp("recipes") / "recipes.toml"
    fields = dataclasses.asdict(tiny_recipe) | {"squares": [list(squares) for squares in tiny_recipe.squares]}
    lines = [f"{name} = {list(value) if isinstance(value, tuple) else value!r}" for name, value in fields.items()]
    file.write_text("\n".join(["[tiny]", *lines]), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "_FILE", file)
        patch.setattr(loop, "_LOG_EVERY", 1)
        yield


@pytest.fixture(scope="module")
def photos(write_photos, tmp_path_factory):
    images = {5: {}, 6: {}, 7: {"persons_complete": 0}, 8: {}}
    return write_photos(tmp_path_factory.mktemp("photos"), images, without=(8,))


@pytest.fixture(scope="module")
def command(tiny, photos, write_photos, tmp_path_factory):
    """Give the function that trains in a folder of its own, where everything is rendered already; it returns both."""
    folder = tmp_path_factory.mktemp("runs")

    def start(name, *options):
        write_photos(folder / name / "rendered", {1: {}, 2: {}})
        return train.main(["tiny", "--run", str(folder / name), "--photos", str(photos), *options]), folder / name

    return start


@pytest.fixture(scope="module")
def whole(command):
    code, folder = command("whole")
    assert code == 0
    return folder


def losses_of(folder):
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def test_train_writes_weights_and_a_log(whole):
    assert len(losses_of(whole)) == 8
    assert read_weights(whole / "compact.npz")["features/kernel"].shape == (8, 8, 3, 4)


@pytest.mark.slow
def test_train_goes_on_when_the_command_is_given_again(command, whole):
    assert command("broken", "--stop", "3")[0] == 0
    assert len(losses_of(whole.parent / "broken")) == 3
    _, folder = command("broken")

    assert losses_of(folder) == pytest.approx(losses_of(whole), rel=1e-3)
    weights, expected = (read_weights(run / "compact.npz") for run in (folder, whole))
    for key, array in expected.items():
        np.testing.assert_allclose(weights[key], array, rtol=1e-2, atol=1e-3, err_msg=key)


@pytest.mark.slow
def test_train_goes_on_from_given_weights(command, whole):
    _, folder = command("second", "--start", str(whole / "compact.npz"), "--stop", "1")

    # The same first batch, on weights that have learned already.
    assert losses_of(folder)[0] < 0.99 * losses_of(whole)[0]


@pytest.mark.slow
def test_train_renders_as_many_pictures_as_are_asked_for(command, monkeypatch):
    asked = []
    monkeypatch.setattr(train, "render_folder", lambda folder, count, *, seed: asked.append((folder.name, count, seed)))

    assert command("few", "--rendered", "5", "--stop", "1", "--seed", "3")[0] == 0
    assert asked == [("rendered", 5, 3)]


@pytest.mark.slow
def test_train_learns_from_a_teacher(command, quick_teacher, monkeypatch):
    asked = []
    monkeypatch.setattr(loop, "load_teacher", lambda path: asked.append(path.name) or quick_teacher)

    code, folder = command("taught", "--teacher", "teacher.npz", "--stop", "1", "--hint", "1.5")

    assert (code, asked) == (0, ["teacher.npz"])
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert float(row["hint_loss"]) >= 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["fast"], "A recipe must be one of tiny; got 'fast'."),
        (["tiny", "--steps", "2"], "A recipe must have more steps than its warm-up; got 2 steps"),
        (["tiny", "--photos", "{}/nowhere"], "A data set must have COCO keypoints in a JSON file; "),
        (["tiny", "--teacher", "{}/none.npz"], "none.npz; there is no such file."),
        (["tiny", "--start", "{}/none.npz"], "none.npz; there is no such file."),
        (["tiny", "--start", "{}/broken.npz"], "broken.npz must be a .npz file of plain arrays; it cannot be read"),
    ],
    ids=["recipe", "steps", "photos", "teacher", "start", "broken start"],
)
def test_train_says_what_is_wrong_before_it_renders(tiny, tmp_path, capsys, monkeypatch, options, message):
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    monkeypatch.setattr(train, "render_folder", lambda *_, **__: pytest.fail("rendered"))

    code = train.main([*(option.format(tmp_path) for option in options), "--run", str(tmp_path / "run")])

    error = capsys.readouterr().err
    assert code == 2
    assert error.startswith("train: ")
    assert message in error
    assert not (tmp_path / "run").exists()


def test_train_refuses_weights_of_another_network(tiny, tiny_network, tmp_path, capsys):
    model = tiny_network()
    save_weights(model, tmp_path / "good.npz")
    with np.load(tmp_path / "good.npz") as weights:
        np.savez(tmp_path / "other.npz", **{key: weights[key] for key in list(weights)[1:]})

    code = train.main(["tiny", "--start", str(tmp_path / "other.npz"), "--run", str(tmp_path / "run")])

    assert code == 2
    assert "got 1 missing: features/bias; in" in capsys.readouterr().err


def test_train_refuses_the_folder_of_a_longer_run(command, whole, capsys):
    code, folder = command("whole", "--steps", "6")

    assert code == 2
    assert capsys.readouterr().err == (
        "train: A recipe must have at least as many steps as its run has taken; got a recipe of 6 steps, and "
        f"8 taken in {folder}. Name another folder with --run.\n"
    )


def test_train_needs_pictures(tiny, tmp_path, capsys, write_photos, monkeypatch):
    monkeypatch.setattr(train, "render_folder", lambda folder, *_, **__: write_photos(folder, {}))

    assert train.main(["tiny", "--run", str(tmp_path)]) == 2
    assert "train: Batches must have pictures to draw from; got pools of [0, 0, 0] pictures" in capsys.readouterr().err


def test_picture_pools_leave_out_what_is_held_out(photos):
    pools, kept_out = train.picture_pools([], load_examples(photos))

    assert [[example.path.name for example in pool] for pool in pools] == [[], ["5.png"], ["7.png"]]
    assert [example.path.name for example in kept_out] == ["6.png"]


def test_picture_pools_stay_in_the_order_of_the_shares_without_photographs(photos):
    rendered = list(load_examples(photos).values())

    assert train.picture_pools(rendered, {}) == ([rendered, [], []], [])
