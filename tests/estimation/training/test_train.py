import json
import shutil

import keras
import numpy as np
import pytest

from estimation.config import N_HEATMAPS, N_PAFS
from estimation.training import train
from estimation.training.render import render_folder
from estimation.training.train import emphasised, masked_l2


def tiny_network():
    picture = keras.Input((None, None, 3))
    maps = [
        keras.layers.Conv2D(channels, 8, strides=8, name=f"output{index}")(picture)
        for index, channels in enumerate((N_PAFS, N_HEATMAPS) * 2)
    ]
    return keras.Model(picture, maps)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    render_folder(folder, 4, seed=0, workers=1)
    return folder


@pytest.fixture
def run(tmp_path, monkeypatch, rendered):
    """Train a tiny network; `stop_after` breaks the run off after so many steps, as Ctrl-C would."""
    monkeypatch.setattr(train, "build_compact", tiny_network)
    every_batch = train.batches

    def start(name, *more_options, stop_after=None):
        keras.utils.set_random_seed(0)

        def some_batches(*args, first_step):
            for step, batch in enumerate(every_batch(*args, first_step=first_step), start=first_step):
                if step == stop_after:
                    raise KeyboardInterrupt
                yield batch

        monkeypatch.setattr(train, "batches", some_batches)
        options = "--rendered 4 --steps 6 --batch 2 --size 64 --checkpoint-every 2 --precision float32"
        shutil.copytree(rendered, tmp_path / name / "rendered", dirs_exist_ok=True)
        train.main([*options.split(), "--run", str(tmp_path / name), *more_options])
        return tmp_path / name

    return start


def test_train_goes_on_where_it_was_stopped(run):
    whole = run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("broken", stop_after=3)
    assert len(json.loads((run("broken") / "progress.json").read_text())["losses"]) == 6

    with np.load(whole / "compact.npz") as expected, np.load(whole.parent / "broken" / "compact.npz") as resumed:
        assert sorted(expected) == sorted(resumed)
        for key in expected:
            assert np.allclose(expected[key], resumed[key], rtol=1e-3, atol=1e-4), key


def test_train_learns(run):
    losses = json.loads((run("learns") / "progress.json").read_text())["losses"]

    assert len(losses) == 6
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def test_train_goes_on_from_given_weights(run):
    first = run("first")
    second = run("second", "--start", str(first / "compact.npz"))

    before, after = (json.loads((folder / "progress.json").read_text())["losses"] for folder in (first, second))
    assert after[0] < before[0]  # the same first batch, on weights that have learned already


def test_photo_pools_leave_out_what_is_held_out(tmp_path):
    person = {"keypoints": [10, 10, 2] * 17, "num_keypoints": 17, "bbox": [0, 0, 20, 20], "area": 400}
    images = [
        {"id": 5, "file_name": "complete.jpg"},
        {"id": 6, "file_name": "held_out.jpg"},
        {"id": 7, "file_name": "partial.jpg", "persons_complete": 0},
        {"id": 8, "file_name": "nobody.jpg"},
    ]
    annotations = [{**person, "image_id": number} for number in (5, 6, 7)]
    (tmp_path / "annotations.json").write_text(json.dumps({"images": images, "annotations": annotations}))

    pools = train.photo_pools(tmp_path)

    assert [[example.path.name for example in pool] for pool in pools] == [["complete.jpg"], ["partial.jpg"]]


def test_emphasised_raises_weights_where_people_are():
    targets = np.zeros((1, 114), np.float32)
    targets[0, :3] = (-0.5, 1.0, 0.25)
    targets[0, 56] = 1.0  # the background
    targets[0, 57:] = 1.0
    targets[0, 59] = 0.0  # the third channel is not trusted

    weights = emphasised(targets, 8.0)[0, 57:]

    assert weights[:4].tolist() == [5.0, 9.0, 0.0, 1.0]
    assert weights[-1] == 1.0
    assert targets[0, 57] == 1.0  # the input stays


def test_masked_l2_counts_all_stages_where_weights_are_one():
    truth = np.zeros((1, 1, 2, 114), np.float32)
    truth[0, 0, 0, 57:] = 1  # the first of two cells is trusted
    answer = np.full((1, 1, 2, 2 * 57), 3.0, np.float32)

    # Two stages times 57 channels times 3 squared in one cell, nothing in the other; mean over two cells.
    assert float(masked_l2(truth, answer)) == pytest.approx(2 * 57 * 9 / 2)


def test_masked_l2_is_zero_for_the_truth():
    truth = np.random.default_rng(0).normal(size=(2, 3, 3, 114)).astype(np.float32)
    answer = np.concatenate([truth[..., :57]] * 2, axis=-1)

    assert float(masked_l2(truth, answer)) == 0
