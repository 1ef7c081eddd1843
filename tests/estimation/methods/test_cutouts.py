import numpy as np
import pytest

from estimation.methods.cutouts import Cutout, cut_people, draw_thing


@pytest.fixture(scope="module")
def people():
    return cut_people(3, seed=(4, 0))


def test_people_are_cut_out_whole(people):
    for person in people:
        covered = person.paint[..., 3]
        assert set(np.unique(covered)) == {0, 1}
        assert all(covered[edge].any() for edge in (0, -1))
        assert all(covered[:, edge].any() for edge in (0, -1))
        assert not person.paint[covered == 0].any()
        x, y = person.head
        assert covered[round(y), round(x)] == 1
        assert y < person.chin_row < len(covered) / 2


def test_people_are_the_same_for_the_same_seed(people):
    again, others = cut_people(2, seed=(4, 0)), cut_people(2, seed=(4, 1))

    for person, same, other in zip(people, again, others, strict=False):
        np.testing.assert_array_equal(person.paint, same.paint)
        assert person.paint.shape != other.paint.shape or (person.paint != other.paint).any()


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_heads_stay_on_their_people(is_mirrored):
    paint = np.zeros((80, 40, 4), np.float32)
    paint[8:12, 4:8] = 1
    whole = Cutout(paint, (5.5, 9.5), 12, 80.0)

    small = whole.scaled(20.0, is_mirrored=is_mirrored)

    assert small.paint.shape == (20, 10, 4)
    x, y = small.head
    assert (x, y) == ((8, 2) if is_mirrored else (1, 2))
    assert small.paint[round(y), round(x), 3] == 1
    assert small.paint[..., 3].sum() == 1
    assert small.chin_row == 3


def test_tiny_people_are_one_pixel_at_least(people):
    assert people[0].scaled(0.01, is_mirrored=False).paint.shape == (1, 1, 4)


def test_haze_covers_only_what_is_there():
    paint = np.zeros((2, 2, 4), np.float32)
    paint[0, 0] = 100, 200, 250, 1
    whole = Cutout(paint, (0, 0), 1, 2.0)

    hazy = whole.coloured(np.array([2.0, 1, 2]), np.array([10, 10, 10], np.float32), 0.5)

    np.testing.assert_allclose(hazy.paint[0, 0], [105, 105, 132.5, 1])
    assert hazy.paint[..., 3].sum() == 1
    assert not hazy.paint[1].any()


def test_clothes_have_no_head(people):
    whole = people[0]

    clothes = whole.without_head()

    assert not clothes.paint[: whole.chin_row].any()
    np.testing.assert_array_equal(clothes.paint[whole.chin_row :], whole.paint[whole.chin_row :])
    assert whole.paint[: whole.chin_row].any()


def test_things_are_of_many_kinds(people):
    things = [draw_thing(np.random.default_rng(seed), people) for seed in range(30)]

    assert {thing.paint.shape[1] for thing in things} > {12, 48, 60, 32}
    for thing in things:
        covered = thing.paint[..., 3:]
        assert covered.any()
        assert (thing.paint[..., :3] <= 255 * covered + 1e-3).all()
