import cv2
import numpy as np
import pytest

from estimation.training import cutouts
from estimation.training.cutouts import render_cutouts
from estimation.training.scenes import RenderedPerson, RenderedScene


@pytest.fixture(scope="module")
def people():
    return render_cutouts(3, seed=4)


def a_scene(n_visible):
    """Make a scene of one person, three by four pixels, with so many joints to be seen."""
    owners = np.zeros((10, 12), np.int16)
    owners[3:7, 5:8] = 1
    owners[4, 6] = -1  # something in front
    picture = np.arange(360, dtype=np.uint8).reshape(10, 12, 3)
    visibility = np.where(np.arange(18) < n_visible, 2, 1)
    visibility[-1] = 0
    points = np.stack([np.linspace(5, 7, 18), np.linspace(3, 6, 18)], axis=-1).astype(np.float32)
    person = RenderedPerson(points, visibility, np.array([5, 3, 3, 4], np.float32), area=11.0, head_px=1.0)
    return RenderedScene(picture, (person,), owners)


def test_render_cutouts_is_the_same_for_the_same_seed(people):
    again = render_cutouts(1, seed=4)[0]

    for name, value in vars(people[0]).items():
        assert np.array_equal(value, getattr(again, name)), name
    assert people[0].picture.shape != people[1].picture.shape


def test_render_cutouts_labels_what_the_mask_shows(people):
    for person in people:
        assert person.picture.shape == (*person.mask.shape, 3)
        assert (person.picture.dtype, person.mask.dtype) == (np.uint8, np.uint8)
        assert set(np.unique(person.mask)) == {0, 255}
        assert person.labelled.sum() >= 8
        around = cv2.dilate(person.mask, np.ones((9, 9), np.uint8))
        x, y = np.floor(person.keypoints[person.labelled] + 0.5).astype(int).T
        assert (around[y, x] == 255).all()


def test_render_cutouts_cuts_along_the_persons_box(monkeypatch):
    scene = a_scene(n_visible=8)
    monkeypatch.setattr(cutouts, "render_scene", lambda *_, **__: scene)

    (person,) = render_cutouts(1, seed=0)

    assert np.array_equal(person.picture, scene.picture[3:7, 5:8])
    assert person.mask.tolist() == [[255, 255, 255], [255, 0, 255], [255, 255, 255], [255, 255, 255]]
    assert person.keypoints[[0, -1]].tolist() == [[0, 0], [2, 3]]
    assert np.flatnonzero(~person.labelled).tolist() == [17]


def test_render_cutouts_leaves_out_pieces_of_people(monkeypatch):
    scenes = iter([a_scene(n_visible=7), a_scene(n_visible=8), a_scene(n_visible=7), a_scene(n_visible=9)])
    monkeypatch.setattr(cutouts, "render_scene", lambda *_, **__: next(scenes))

    assert len(render_cutouts(2, seed=0)) == 2
    assert next(scenes, None) is None
