"""Tables of a configuration, made once and anew where it has changed."""

import gc
import weakref

from estimation.config import LIMBS, BodyPart, ConnectionsConfig, get_default_configuration
from estimation.tables import tables_of


def test_tables_hold_names_channels_and_limbs():
    tables = tables_of(get_default_configuration())

    assert tables.names == tuple(part.name for part in BodyPart if part is not BodyPart.background)
    assert tables.channels.tolist() == list(range(18))
    assert tables.limbs.tolist() == [
        [limb.from_body_part, limb.to_body_part, limb.paf_dx_idx, limb.paf_dy_idx] for limb in LIMBS
    ]
    assert tables.slots_of_limbs[0] == (BodyPart.neck, BodyPart.right_shoulder)
    assert tables.are_apart


def test_tables_hold_slots_where_fewer_parts_are_registered():
    config = ConnectionsConfig()
    config.register_body_part(BodyPart.left_wrist, 7, (0, 0, 0))
    config.register_body_part(BodyPart.nose, 0, (0, 0, 0))
    config.add_connection(BodyPart.nose, BodyPart.left_wrist, 12, 13, (0, 0, 0))

    assert tables_of(config).channels.tolist() == [7, 0]
    assert tables_of(config).limbs.tolist() == [[1, 0, 12, 13]]


def test_tables_of_nothing_are_empty():
    assert tables_of(ConnectionsConfig()).limbs.shape == (0, 4)


def test_tables_are_made_once():
    config = get_default_configuration()

    assert tables_of(config) is tables_of(config)


def test_tables_follow_a_change():
    config = get_default_configuration()
    before = tables_of(config)

    config.connection_types.pop()
    assert len(tables_of(config).limbs) == len(before.limbs) - 1

    config.connection_types.append(LIMBS[0])
    assert tables_of(config).limbs[-1].tolist() == before.limbs[0].tolist()


def test_limbs_that_join_the_same_parts_are_not_apart():
    config = get_default_configuration()
    config.add_connection(BodyPart.right_shoulder, BodyPart.neck, 0, 1, (0, 0, 0))

    assert not tables_of(config).are_apart


def test_tables_keep_no_configuration_alive():
    config = get_default_configuration()
    tables_of(config)
    gone = weakref.ref(config)

    del config
    gc.collect()

    assert gone() is None
