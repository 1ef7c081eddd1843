"""A task whose methods have a layer each, so that a comparison takes seconds."""

import pytest

from estimation.methods.comparing import commands
from estimation.methods.comparing.tasks.pose import Pose
from estimation.methods.comparing.tasks.pose_trials import Variant
from tests.estimation.late import Late

keras, kinds, stages = Late("keras"), Late("estimation.methods.kinds"), Late("estimation.methods.stages")

SIDE_PX = 16


def numbers():
    """Give a method of one layer and one answer."""

    def build(size):
        picture = keras.Input((SIDE_PX, SIDE_PX, 3))
        return keras.Model(picture, keras.layers.Dense(32)(keras.layers.GlobalAveragePooling2D()(picture / 255)))

    return stages.Method((kinds.Regression(build),), {"small": SIDE_PX})


def maps():
    """Give a method of two layers and two answers."""

    def build(size):
        picture = keras.Input((SIDE_PX, SIDE_PX, 3))
        first, second = (keras.layers.Conv2D(16, 1, name=name)(picture / 255) for name in ("first", "second"))
        return keras.Model(picture, [first, second])

    return stages.Method((kinds.Peaks(build),), {"small": SIDE_PX})


class TinyTrial(Pose):
    name, title, text, trials = "trial", "Tried: nothing", "A trial's text.", ()
    n_steps = 2

    def entrants(self):
        return (Variant("again", "Numbers again", "Text.", numbers),)

    def claims(self, _rows):
        return []


class TinyTask(Pose):
    trials = (TinyTrial(),)

    def entrants(self):
        return (
            Variant("direct_regression", "Numbers of <one> layer", "First paragraph.\n\nSecond & last.", numbers),
            Variant("pose_machine", "Maps", "Text.", maps),
        )


@pytest.fixture(scope="session")
def tiny_task():
    """Give a task of two methods and a trial."""
    return TinyTask()


@pytest.fixture
def tiny(tiny_task, monkeypatch):
    """Let the commands find the tiny task and its methods instead of the true ones."""
    monkeypatch.setattr(commands, "load_task", lambda _: tiny_task)
