import numpy as np
import pytest

from estimation.methods import crowds as crowds_module
from estimation.methods.crowd_batches import CrowdBatchMaker, crowd_batch_of
from estimation.methods.crowds import Crowds, make_crowds


@pytest.fixture(scope="module")
def many():
    return make_crowds(50, 64, seed=2)


def test_crowds_have_from_nobody_to_150_people(many):
    counts = many.counts

    assert len(many) == 50
    assert 2 <= (counts == 0).sum() <= 12
    assert counts.max() > 100
    assert counts.max() <= 150
    assert all(((counts > low) & (counts <= high)).any() for low, high in ((0, 15), (15, 40), (40, 150)))


def test_every_head_is_inside_the_picture(many):
    heads = np.concatenate(many.heads)

    assert (heads >= -0.5).all()
    assert (heads < 63.5).all()
    np.testing.assert_allclose(many.densities(4).sum(axis=(1, 2)), many.counts, atol=1e-3)


@pytest.mark.parametrize("share_without", [0.0, 1.0])
def test_things_stand_where_people_do_and_where_nobody_does(share_without, monkeypatch):
    n_things, draw_thing = [], crowds_module.draw_thing
    monkeypatch.setattr(crowds_module, "SHARE_WITHOUT_PEOPLE", share_without)
    monkeypatch.setattr(crowds_module, "draw_thing", lambda *args: n_things.append(1) or draw_thing(*args))

    crowds = make_crowds(10, 32, seed=2)

    assert (crowds.counts == 0).all() == bool(share_without)
    assert 60 < sum(n_things) < 180  # 0 to 24 in each


def test_people_far_away_are_higher_up(many):
    heights = [heads[:, 1] for heads in many.heads if len(heads) > 40]

    # Heads come from the nearest to the farthest.
    assert all(rows[:10].mean() > rows[-10:].mean() for rows in heights)


def test_crowds_are_the_same_for_the_same_seed(many):
    few, others = make_crowds(3, 64, seed=2), make_crowds(3, 64, seed=3)

    np.testing.assert_array_equal(few.pictures, many.pictures[:3])
    for mine, theirs in zip(few.heads, many.heads, strict=False):
        np.testing.assert_array_equal(mine, theirs)
    assert (few.counts != others.counts).any()


def test_crowds_of_another_size_have_as_many_people(many):
    larger = make_crowds(3, 96, seed=2)

    np.testing.assert_array_equal(larger.counts, many.counts[:3])
    np.testing.assert_allclose(larger.heads[0][:, 1].mean() / 96, many.heads[0][:, 1].mean() / 64, atol=0.03)


def test_nobody_has_more_people_than_are_wanted():
    assert make_crowds(12, 32, seed=2, most=3).counts.max() <= 3


def test_shrunk_heads_stay_where_they_are():
    pictures = np.zeros((1, 64, 64, 3), np.uint8)
    pictures[0, 32:36, 8:12] = 255
    crowds = Crowds(pictures, (np.array([[9.5, 33.5]], np.float32),))

    small = crowds.shrunk(16)

    assert small.heads[0].tolist() == [[2, 8]]
    assert small.pictures[0, 8, 2].tolist() == [255] * 3
    assert small.pictures.sum() == 3 * 255
    assert crowds.shrunk(64) is crowds


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"count": 0}, r"at least one picture of a crowd; got 0\. Ask for more"),
        ({"size_px": 31}, r"at least 32 px wide; got 31\. Ask for larger"),
        ({"most": 0}, "from 1 to 150 people at most; got 0"),
        ({"most": 151}, "from 1 to 150 people at most; got 151"),
    ],
    ids=["none", "small", "nobody", "too many"],
)
def test_crowds_that_cannot_be_are_told(arguments, says):
    with pytest.raises(ValueError, match=says):
        make_crowds(**{"count": 1, "size_px": 64, "seed": 0} | arguments)


def test_batches_depend_on_the_number_of_the_step_alone(many):
    maker = CrowdBatchMaker(many, 32, 6, seed=1)

    first, other, again = maker(3), maker(4), CrowdBatchMaker(many, 32, 6, seed=1)(3)

    assert first["pictures"].shape == (6, 32, 32, 3)
    assert first["density"].shape == (6, 8, 8)
    assert first["density"].dtype == np.float32
    assert first["labelled"].tolist() == [1] * 6
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
    assert (first["pictures"] != other["pictures"]).any()


def test_mirrored_crowds_keep_their_people(many):
    maker, rng = CrowdBatchMaker(many, 64, 8, seed=2), np.random.default_rng((2, 0))
    chosen = rng.integers(50, size=8)
    plain, batch = crowd_batch_of(many, 64, chosen), maker(0)

    is_mirrored = np.array([(a != b).any() for a, b in zip(batch["pictures"], plain["pictures"], strict=True)])

    assert 0 < is_mirrored.sum() < 8
    for name in ("pictures", "density"):
        np.testing.assert_array_equal(batch[name][is_mirrored], plain[name][is_mirrored][:, :, ::-1])
        np.testing.assert_array_equal(batch[name][~is_mirrored], plain[name][~is_mirrored])


def test_batch_of_all_has_the_truth_of_all(many):
    batch = crowd_batch_of(many, 64)

    np.testing.assert_allclose(batch["density"].sum(axis=(1, 2)), many.counts, atol=1e-3)
    np.testing.assert_array_equal(batch["pictures"], many.pictures)
