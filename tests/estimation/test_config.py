"""The numbers of the skeleton, and configurations that do not share them."""

import pytest

from estimation.config import (
    COCO_PARTS,
    LIMBS,
    MIRRORED,
    N_HEATMAPS,
    N_LIMBS,
    N_PAFS,
    N_PARTS,
    PARTS,
    ROW_LENGTH,
    BodyPart,
    ConnectionsConfig,
    get_default_configuration,
)

BLUE = (255, 0, 0)


def test_counts_are_those_of_the_network():
    assert (N_PARTS, N_HEATMAPS, N_LIMBS, N_PAFS, ROW_LENGTH) == (18, 19, 19, 38, 20)


def test_limbs_use_each_paf_channel_once():
    assert sorted(channel for limb in LIMBS for channel in (limb.paf_dx_idx, limb.paf_dy_idx)) == list(range(N_PAFS))


def test_limbs_are_in_the_order_of_the_lab():
    first, last = LIMBS[0], LIMBS[-1]
    assert (first.from_body_part, first.to_body_part, first.paf_dx_idx) == (BodyPart.neck, BodyPart.right_shoulder, 12)
    assert (last.from_body_part, last.to_body_part, last.paf_dx_idx) == (BodyPart.left_shoulder, BodyPart.left_ear, 26)


def test_mirrored_twice_is_the_part_itself():
    assert [MIRRORED[MIRRORED[part]] for part in BodyPart] == list(BodyPart)
    assert MIRRORED[BodyPart.left_wrist] is BodyPart.right_wrist


def test_coco_parts_are_all_but_the_neck():
    assert set(COCO_PARTS) == set(PARTS) - {BodyPart.neck}


def test_default_configuration_has_all_parts_and_limbs():
    config = get_default_configuration()
    assert (config.body_parts_size(), config.conn_types_size()) == (18, 19)
    assert [part.slot_idx for part in config.body_parts.values()] == list(PARTS)
    assert config.connection_types == list(LIMBS)


def test_default_configuration_is_fresh_when_called_twice():
    get_default_configuration()
    assert get_default_configuration().conn_types_size() == 19


def test_register_body_part_gives_the_next_slot():
    config = ConnectionsConfig()
    config.register_body_part(BodyPart.left_wrist, 7, BLUE)
    config.register_body_part(BodyPart.nose, 0, BLUE)
    assert [(part.slot_idx, part.heatmap_idx) for part in config.body_parts.values()] == [(0, 7), (1, 0)]


@pytest.mark.parametrize(
    ("body_part", "channel", "message"),
    [
        pytest.param(BodyPart.nose, 0, "can be registered once; 'nose' is registered already", id="twice"),
        pytest.param(
            BodyPart.background, 18, "holds a part of a person; got <BodyPart.background: 18>", id="background"
        ),
        pytest.param(BodyPart.neck, 19, "heatmap channel must be from 0 to 18; got 19", id="no such channel"),
        pytest.param(BodyPart.neck, -1, "heatmap channel must be from 0 to 18; got -1", id="negative channel"),
    ],
)
def test_register_body_part_refuses(body_part, channel, message):
    config = ConnectionsConfig()
    config.register_body_part(BodyPart.nose, 0, BLUE)
    with pytest.raises(ValueError, match=message):
        config.register_body_part(body_part, channel, BLUE)
    assert config.body_parts_size() == 1


@pytest.mark.parametrize(
    ("end", "channels", "message"),
    [
        pytest.param(BodyPart.neck, (28, 29), "joins registered body parts; 'neck' is not", id="not registered"),
        pytest.param(BodyPart.nose, (28, 29), "joins two different body parts; got 'nose' twice", id="one part"),
        pytest.param(BodyPart.left_eye, (38, 39), "PAF channel must be from 0 to 37; got 38", id="no such channel"),
        pytest.param(BodyPart.left_eye, (0, -1), "PAF channel must be from 0 to 37; got -1", id="negative channel"),
    ],
)
def test_add_connection_refuses(end, channels, message):
    config = ConnectionsConfig()
    config.register_body_part(BodyPart.nose, 0, BLUE)
    config.register_body_part(BodyPart.left_eye, 15, BLUE)
    with pytest.raises(ValueError, match=message):
        config.add_connection(BodyPart.nose, end, *channels, BLUE)
    assert config.conn_types_size() == 0
