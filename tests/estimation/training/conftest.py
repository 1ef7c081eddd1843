"""Small data sets, a small network and a short recipe, so that training takes seconds."""

import json

import numpy as np
import pytest

from estimation.config import COCO_PARTS, N_HEATMAPS, N_PAFS
from estimation.pictures import write_picture
from estimation.training.recipes import Recipe, Squares
from tests.estimation.late import Late

keras, distillation = Late("keras"), Late("estimation.training.distillation")

STANDING = {
    "nose": (30, 12),
    "left_shoulder": (38, 24),
    "right_shoulder": (24, 24),
    "left_hip": (36, 44),
    "right_hip": (26, 44),
    "left_ankle": (37, 60),
}


@pytest.fixture(scope="session")
def coco_keypoints():
    """Give the function that writes named points as COCO's flat list of 51 numbers."""

    def flatten(**points):
        flat = []
        for part in COCO_PARTS:
            flat += [*points[part.name], 2] if part.name in points else [0, 0, 0]
        return flat

    return flatten


@pytest.fixture(scope="session")
def write_photos(coco_keypoints):
    """Give the function that writes a data set of noise with a labelled person in each picture, 64 px square.

    It takes the pictures' ids, each with what else `annotations.json` says of it, and the ids without anybody.
    """
    person = {"num_keypoints": 6, "keypoints": coco_keypoints(**STANDING), "bbox": [20, 8, 24, 54], "area": 900}

    def write(folder, images, without=()):
        folder.mkdir(parents=True, exist_ok=True)
        for number in images:
            noise = np.random.default_rng(number).integers(0, 256, (64, 64, 3))
            write_picture(folder / f"{number}.png", noise.astype(np.uint8))
        entries = [{"id": number, "file_name": f"{number}.png", **more} for number, more in images.items()]
        annotations = [
            {"id": index, "image_id": number, "category_id": 1, "iscrowd": 0, **person}
            for index, number in enumerate(images, start=1)
            if number not in without
        ]
        categories = [{"id": 1, "name": "person"}]
        coco = {"images": entries, "annotations": annotations, "categories": categories}
        (folder / "annotations.json").write_text(json.dumps(coco), encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def tiny_recipe():
    return Recipe(
        name="tiny",
        network="compact",
        begins="nothing",
        steps=8,
        squares=(Squares(0.5, 64, 2), Squares(1.0, 32, 3)),
        rate=1e-2,
        warm_up=2,
        weight_decay=0.01,
        emphasis=(8.0, 2.0),
        shares=(0.2, 0.5, 0.3),
        rendered=2,
        hint=2.0,
        trust=0.3,
        mix=0.5,
        average_steps=100,
        precision="float32",
        loaders=1,
        checkpoint_every=4,
    )


def build_tiny():
    """Build a network of one layer between picture and answers."""
    picture = keras.Input((None, None, 3), name="picture")
    x = keras.layers.Conv2D(4, 8, strides=8, activation="relu", name="conv4_4_CPM")(picture)
    maps = [
        keras.layers.Conv2D(channels, 1, name=f"maps{index}")(x)
        for index, channels in enumerate((N_PAFS, N_HEATMAPS) * 2)
    ]
    return keras.Model(picture, maps, name="tiny")


@pytest.fixture(scope="module")
def tiny_network():
    """Let training build a tiny network, take another such one for a teacher, and give the function that builds it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distillation, "build_network", lambda _: build_tiny())
        patch.setattr(distillation, "load_teacher", lambda _: build_tiny())
        yield build_tiny
