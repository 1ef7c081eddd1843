import csv
import dataclasses
import errno
import os

import numpy as np
import pytest

from estimation import networks
from estimation.checkpoints import read_weights, save_weights
from estimation.training import lent_machine, packing, recipes, runs, train
from estimation.training.dataset import load_examples
from tests.estimation.late import Late

budget, distillation = (Late(f"estimation.training.{name}") for name in ("budget", "distillation"))

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture(scope="module")
def tiny(tiny_network, tiny_recipe, tmp_path_factory):
    """Have a recipe `tiny`, for a network of that name."""
    file = tmp_path_factory.mktemp("recipes") / "recipes.toml"
    fields = dataclasses.asdict(tiny_recipe) | {"squares": [list(squares) for squares in tiny_recipe.squares]}
    del fields["name"]
    lines = [f"{name} = {list(value) if isinstance(value, tuple) else value!r}" for name, value in fields.items()]
    file.write_text("\n".join(["[tiny]", *lines, "[other]", *lines]), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "_FILE", file)
        patch.setattr(train, "_LOG_EVERY", 1)
        yield


@pytest.fixture(scope="module")
def photos(write_photos, tmp_path_factory):
    images = {5: {}, 6: {}, 7: {"persons_complete": 0}, 8: {}}
    return write_photos(tmp_path_factory.mktemp("photos"), images, without=(8,))


@pytest.fixture(scope="module")
def command(tiny, photos, write_photos, tmp_path_factory):
    """Give the function that trains in a folder of its own, where everything is rendered already; it returns both."""
    folder = tmp_path_factory.mktemp("runs")

    def start(name, *options, recipe="tiny"):
        write_photos(folder / name / "rendered", {1: {}, 2: {}})
        return train.main([recipe, "--run", str(folder / name), "--photos", str(photos), *options]), folder / name

    return start


@pytest.fixture(scope="module")
def whole(command):
    code, folder = command("whole", "--teacher", "teacher.npz")
    assert code == 0
    return folder


def losses_of(folder):
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def test_train_writes_weights_and_a_log(whole):
    assert len(losses_of(whole)) == 8
    assert read_weights(whole / "tiny.npz")["conv4_4_CPM/kernel"].shape == (8, 8, 3, 4)


@pytest.mark.slow
def test_train_goes_on_when_the_command_is_given_again(command, whole):
    assert command("broken", "--teacher", "teacher.npz", "--stop", "3")[0] == 0
    assert len(losses_of(whole.parent / "broken")) == 3
    _, folder = command("broken", "--teacher", "teacher.npz")

    assert losses_of(folder)[:3] == pytest.approx(losses_of(whole)[:3], rel=1e-3)
    assert len(losses_of(folder)) == 8


@pytest.mark.slow
def test_train_renders_as_many_pictures_as_are_asked_for(command, monkeypatch):
    asked = []
    monkeypatch.setattr(train, "render_folder", lambda folder, count, *, seed: asked.append((folder.name, count, seed)))

    assert command("few", "--rendered", "5", "--stop", "1", "--seed", "3")[0] == 0
    assert asked == [("rendered", 5, 3)]


def test_train_takes_as_many_steps_as_fit_into_the_minutes(command, monkeypatch, capsys):
    fitted = []

    def fit(recipe, trainee, maker, minutes, *, behind):
        fitted.append((minutes, behind))
        return dataclasses.replace(recipe, steps=3)

    monkeypatch.setattr(budget, "fit_to_minutes", fit)

    code, folder = command("timed", "--minutes", "2.5")

    assert (code, fitted, len(losses_of(folder))) == (0, [(2.5, 0)], 3)
    assert "train: 3 steps fit into 2.5 minutes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["fast"], "A recipe must be one of tiny, other; got 'fast'."),
        (["tiny", "--steps", "2"], "A recipe must have more steps than its warm-up; got 2 steps"),
        (["tiny", "--photos", "{}/nowhere"], "A data set must have COCO keypoints in a JSON file; "),
        (["tiny", "--start", "{}/none.npz"], "none.npz; there is no such file."),
        (["tiny", "--start", "{}/broken.npz"], "broken.npz must be a .npz file of plain arrays; it cannot be read"),
    ],
    ids=["recipe", "steps", "photos", "start", "broken start"],
)
def test_train_says_what_is_wrong_before_it_renders(tiny, tmp_path, capsys, monkeypatch, options, message):
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    monkeypatch.setattr(train, "render_folder", lambda *_, **__: pytest.fail("rendered"))

    code = train.main([*(option.format(tmp_path) for option in options), "--run", str(tmp_path / "run")])

    error = capsys.readouterr().err
    assert code == 2
    assert error.startswith("train: ")
    assert message in error


def test_train_refuses_weights_of_another_network(tiny, tiny_network, tmp_path, capsys):
    model = tiny_network()
    save_weights(model, tmp_path / "good.npz")
    with np.load(tmp_path / "good.npz") as weights:
        np.savez(tmp_path / "other.npz", **{key: weights[key] for key in list(weights)[1:]})

    code = train.main(["tiny", "--start", str(tmp_path / "other.npz"), "--run", str(tmp_path / "run")])

    assert code == 2
    assert "got 1 missing: conv4_4_CPM/bias; in" in capsys.readouterr().err


def test_train_refuses_the_folder_of_a_longer_run(command, whole, capsys):
    code, folder = command("whole", "--steps", "6")

    assert code == 2
    assert capsys.readouterr().err == (
        "train: A run must have at least as many steps as it has taken; got 6 steps, and "
        f"8 taken in {folder}. Name another folder with --run.\n"
    )


def test_train_refuses_the_folder_of_another_recipe(command, whole, capsys):
    code, folder = command("whole", recipe="other")

    assert code == 2
    assert capsys.readouterr().err == (
        "train: A run must go on as what it began as; got 'other', and a run of 'tiny' in "
        f"{folder}. Name another folder with --run.\n"
    )


def test_train_tells_that_no_space_is_left_and_keeps_what_there_is(command, capsys, monkeypatch):
    assert command("full", "--stop", "4")[0] == 0
    folder = command("full", "--stop", "4")[1]
    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".npz"}

    def no_space(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(runs.np, "savez", no_space)
    capsys.readouterr()

    assert command("full")[0] == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("train: [Errno 28] No space left on device")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".npz"} == kept


def test_train_needs_pictures(tiny, tmp_path, capsys, write_photos, monkeypatch):
    monkeypatch.setattr(train, "render_folder", lambda folder, *_, **__: write_photos(folder, {}))

    assert train.main(["tiny", "--run", str(tmp_path)]) == 2
    assert "train: Batches must have pictures to draw from; got pools of [0, 0, 0] pictures" in capsys.readouterr().err


def test_picture_pools_leave_out_what_is_held_out_and_tell_what_is_broken(write_photos, tmp_path, capsys):
    images = {5: {}, 6: {}, 7: {"persons_complete": 0}, 8: {}, 11: {}}
    write_photos(tmp_path, images, without=(8,))
    (tmp_path / "11.png").write_bytes(b"broken")

    pools, kept_out = train.picture_pools([], load_examples(tmp_path))

    names = [[photograph.example.path.name for photograph in pool] for pool in (*pools, kept_out)]
    assert names == [[], ["5.png"], ["7.png"], ["6.png"]]
    assert capsys.readouterr().err.startswith(f"train: 1 picture is left out. {tmp_path / '11.png'} must be a picture")


def test_picture_pools_stay_in_the_order_of_the_shares_without_photographs(photos):
    pools, kept_out = train.picture_pools(load_examples(photos).values(), {})

    assert ([len(pool) for pool in pools], kept_out) == ([4, 0, 0], [])


@pytest.fixture
def parts(photos, write_photos, tmp_path):
    """Pack what a run on a lent machine needs."""
    (tmp_path / "teacher.npz").write_bytes(b"whose place a tiny network takes")
    write_photos(tmp_path / "rendered", {1: {}, 2: {}})
    places = ["--photos", photos, "--rendered-people", tmp_path / "rendered", "--teacher", tmp_path / "teacher.npz"]
    assert packing.main([str(word) for word in (*places, "--out", tmp_path / "parts")]) == 0
    return tmp_path / "parts"


def test_lent_machine_trains_and_measures_from_the_parts_alone(
    tiny, tiny_network, parts, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(budget, "MEASURED_S", 0.1)
    monkeypatch.setattr(lent_machine, "_RESERVE_S", 0.0)
    rates, fit = [], budget.fit_to_minutes

    def fit_four(recipe, *args, **more):
        rates.append(recipe.rate)
        return dataclasses.replace(fit(recipe, *args, **more), steps=4)

    monkeypatch.setattr(budget, "fit_to_minutes", fit_four)
    monkeypatch.setattr("estimation.export.build_with_weights", lambda *_: tiny_network())
    monkeypatch.setitem(networks.NAMED_WEIGHTS, "tiny", tmp_path)
    out = tmp_path / "out"

    code = lent_machine.main([str(parts), "--out", str(out), "--recipe", "tiny", "--minutes", "3", "--rate", "5e-4"])

    told = capsys.readouterr().out
    assert code == 0
    assert [line.split()[0] for line in told.splitlines() if line.startswith(("AP", "AR"))] == [
        *("AP", "AP50", "AP75", "AP_medium", "AP_large", "AR", "AR50", "AR75", "AR_medium", "AR_large")
    ]
    assert "lent_machine: done after " in told
    assert {path.name for path in out.iterdir()} == {"trained.npz", "trained.onnx", "log.csv"}
    assert len(losses_of(out)) == 4
    assert set(rates) == {5e-4}


def test_lent_machine_tells_a_missing_part(tmp_path, capsys):
    assert lent_machine.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("lent_machine: All 1 parts of a packing must be in ")
