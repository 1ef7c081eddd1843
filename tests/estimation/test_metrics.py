"""Hand-computed values on a person who is easy to reckon with: torso diameter 50, box 40 by 80, upper arm 10."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from estimation.config import LIMBS, BodyPart
from estimation.joints import MPII_JOINTS, MpiiJoint
from estimation.metrics import (
    box_lengths,
    coverage,
    head_bone_lengths,
    head_box_sizes,
    mpjpe,
    pck,
    pck_by_group,
    pck_curve,
    pckh,
    pcp,
    pdj,
    torso_diameters,
)

PERSON = {
    BodyPart.right_shoulder: (10, 10),
    BodyPart.left_shoulder: (40, 10),
    BodyPart.right_hip: (10, 50),
    BodyPart.right_elbow: (10, 20),
    BodyPart.right_wrist: (0, 20),
    BodyPart.right_ankle: (10, 90),
}
UPPER_ARM = [limb for limb in LIMBS if limb.to_body_part is BodyPart.right_elbow]


def person(parts=PERSON, **moved):
    points = np.full((1, 18, 2), np.nan)
    for part, xy in {**parts, **{BodyPart[name]: xy for name, xy in moved.items()}}.items():
        points[0, part] = xy
    return points


NOBODY = np.full((1, 18, 2), np.nan)
MISSING = (np.nan, np.nan)


def test_torso_diameters_go_from_left_shoulder_to_right_hip():
    assert torso_diameters(person()).tolist() == [50.0]


def test_box_lengths_are_the_longer_side():
    assert box_lengths(np.concatenate((person(), person(right_ankle=(70, 10))))).tolist() == [80.0, 70.0]


def test_box_lengths_are_nan_when_nothing_is_labelled():
    assert np.isnan(box_lengths(NOBODY)).all()


# Upper arm of length 10: each end may be off by 5. Mean distances of the two ends are in the loose variant.
@pytest.mark.parametrize(
    ("moved", "share"),
    [
        ({}, 1.0),
        ({"right_elbow": (15, 20)}, 1.0),
        ({"right_elbow": (15.01, 20)}, 0.0),
        ({"right_elbow": (18, 20)}, 0.0),
        ({"right_elbow": MISSING}, 0.0),
        ({"right_shoulder": (10, 4)}, 0.0),
    ],
    ids=["exact", "at the bound", "above the bound", "right in the loose variant only", "missing", "other end"],
)
def test_pcp_asks_both_ends(moved, share):
    assert pcp(person(**moved), person(), limbs=UPPER_ARM) == share


def test_pcp_counts_limbs_with_both_ends_labelled():
    # Labelled limbs: right upper arm, right forearm (both length 10). The elbow moves by 6, so both are wrong.
    assert pcp(person(right_elbow=(16, 20)), person()) == 0.0
    assert pcp(person(right_wrist=(0, 26)), person()) == 0.5


def test_pcp_widens_with_the_fraction():
    assert pcp(person(right_elbow=(18, 20)), person(), limbs=UPPER_ARM, fraction=0.8) == 1.0


# Torso diameter 50: a joint may be off by 10. Six joints are labelled.
@pytest.mark.parametrize(
    ("moved", "share"),
    [
        ({}, 1.0),
        ({"right_ankle": (20, 90)}, 1.0),
        ({"right_ankle": (20.01, 90)}, 5 / 6),
        ({"right_ankle": MISSING, "right_wrist": (0, 40)}, 4 / 6),
        ({"left_ankle": (0, 0)}, 1.0),
    ],
    ids=["exact", "at the bound", "above the bound", "missing and wrong", "unlabelled joint found"],
)
def test_pdj_allows_a_fifth_of_the_torso(moved, share):
    assert pdj(person(**moved), person()) == pytest.approx(share)


def test_pdj_counts_missed_persons_as_wrong():
    assert pdj(np.concatenate((person(), NOBODY)), np.concatenate((person(), person()))) == 0.5


def test_pdj_leaves_out_persons_without_torso():
    headless = person(left_shoulder=MISSING)
    assert pdj(np.concatenate((person(), NOBODY)), np.concatenate((person(), headless))) == 1.0


# Box length 80: at alpha 0.1 a joint may be off by 8.
@pytest.mark.parametrize(("x", "share"), [(18, 1.0), (18.01, 5 / 6)], ids=["at the bound", "above the bound"])
def test_pck_uses_the_named_length(x, share):
    assert pck(person(right_ankle=(x, 90)), person(), lengths_px=box_lengths(person()), alpha=0.1) == pytest.approx(
        share
    )


# Head size 30: at 0.5 a joint may be off by 15.
@pytest.mark.parametrize(("x", "share"), [(25, 1.0), (25.01, 5 / 6)], ids=["at the bound", "above the bound"])
def test_pckh_allows_half_the_head(x, share):
    assert pckh(person(right_ankle=(x, 90)), person(), head_sizes_px=[30.0]) == pytest.approx(share)


def test_mpjpe_is_the_mean_distance_in_pixels():
    # Six joints; two are off by 5 and by 13.
    assert mpjpe(person(right_ankle=(13, 94), right_wrist=(5, 32)), person()) == pytest.approx(18 / 6)


def test_mpjpe_leaves_out_missing_joints_when_coverage_counts_them():
    found = person(right_ankle=(13, 94), right_wrist=MISSING)
    assert mpjpe(found, person()) == pytest.approx(5 / 5)
    assert coverage(found, person()) == pytest.approx(5 / 6)


def test_coverage_ignores_unlabelled_joints():
    assert coverage(person(left_ankle=(1, 1)), person()) == 1.0


@pytest.mark.parametrize(
    "metric",
    [pcp, pdj, lambda a, b: pck(a, b, lengths_px=np.ones(len(b)), alpha=1), mpjpe, coverage],
    ids=["pcp", "pdj", "pck", "mpjpe", "coverage"],
)
@pytest.mark.parametrize("true", [NOBODY, []], ids=["no labels", "no persons"])
def test_metrics_are_nan_when_nothing_is_labelled(metric, true):
    assert np.isnan(metric(true, true))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: pdj(np.zeros((2, 18, 2)), person()),
            r"as many matched people as true ones; got 2 and 1.*Matching.align",
        ),
        (lambda: pcp(np.zeros((1, 17, 2)), person()), r"predicted must have the shape \(n, 18, 2\)"),
        (lambda: mpjpe(person(), np.zeros((18, 2))), r"true must have the shape \(n, 18, 2\)"),
        (
            lambda: head_bone_lengths(person()),
            r"true must have the shape \(n, 16, 2\).* in the order of their set; got \(1, 18, 2\).*as `joints`",
        ),
        (
            lambda: pck(person(), person(), lengths_px=[1, 2], alpha=1),
            r"one length for each of the 1 people; got the shape \(2,\)",
        ),
    ],
    ids=["unmatched", "17 parts", "one person", "another set", "two lengths"],
)
def test_metrics_refuse_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def mpii_person(**places):
    points = np.full((1, 16, 2), np.nan)
    for name, xy in places.items():
        points[0, MpiiJoint[name]] = xy
    return points


# Head bone 10, torso diameter 50.
STANDING = {
    "head_top": (20, 0),
    "upper_neck": (20, 10),
    "left_shoulder": (40, 20),
    "right_shoulder": (0, 20),
    "right_hip": (10, 60),
    "right_wrist": (0, 50),
}


def test_head_bones_go_from_the_top_to_the_upper_neck():
    both = np.concatenate((mpii_person(**STANDING), mpii_person(**STANDING | {"head_top": MISSING})))

    lengths = head_bone_lengths(both)

    assert lengths[0] == 10.0
    assert np.isnan(lengths[1])


def test_head_box_sizes_are_three_fifths_of_the_diagonal():
    sizes = head_box_sizes([(5, 5, 30, 40), (np.nan,) * 4])

    assert sizes[0] == pytest.approx(30)
    assert np.isnan(sizes[1])


def test_pckh_is_nan_when_no_head_is_known():
    headless = mpii_person(**STANDING | {"upper_neck": MISSING})

    assert np.isnan(pckh(headless, headless, head_sizes_px=head_bone_lengths(headless), joints=MPII_JOINTS))


def test_metrics_take_another_set_of_joints():
    true = mpii_person(**STANDING)
    found = mpii_person(**STANDING | {"right_wrist": (10.01, 50), "head_top": (20, -4)})

    # The torso's diameter is 50 also here, where left shoulder and right hip stand in other rows.
    assert pdj(found, true, joints=MPII_JOINTS) == pytest.approx(5 / 6)
    assert pcp(found, true, joints=MPII_JOINTS) == 1.0  # the head alone has both ends labelled
    assert mpjpe(found, true, joints=MPII_JOINTS) == pytest.approx((10.01 + 4) / 6)


def test_pck_by_group_has_the_rows_of_published_tables():
    true = mpii_person(**STANDING, pelvis=(20, 60))
    found = mpii_person(**STANDING | {"right_wrist": (30, 50), "head_top": (20, -6)}, pelvis=(90, 60))

    shares = pck_by_group(found, true, lengths_px=head_bone_lengths(true), alpha=0.5)

    assert list(shares) == ["head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "total"]
    assert [shares[name] for name in ("head", "shoulder", "wrist", "hip")] == [0.5, 1.0, 0.0, 1.0]
    assert np.isnan(shares["elbow"])
    assert shares["total"] == pytest.approx(4 / 6)  # the pelvis counts in no group


def test_pck_curve_goes_through_the_values_of_pck():
    true = mpii_person(**STANDING)
    found = mpii_person(**STANDING | {"right_wrist": (4, 53), "head_top": (20, -9)})  # off by 5 and by 9

    curve = pck_curve(found, true, lengths_px=[10.0], alphas=[0.0, 0.5, 0.89, 0.9], joints=MPII_JOINTS)

    np.testing.assert_allclose(curve, [4 / 6, 5 / 6, 5 / 6, 1])


COORDINATES = arrays(np.float64, (2, 18, 2), elements=st.floats(0, 500) | st.just(float("nan")))


@given(COORDINATES, COORDINATES, st.floats(1, 20))
@settings(max_examples=50)
def test_metrics_do_not_depend_on_the_scale_of_the_picture(found, true, factor):
    # The distances are rounded differently at another scale, so the bound is put where no distance falls.
    for metric in (pdj, pcp):
        assert 0 <= np.nan_to_num(metric(found, true)) <= 1
    np.testing.assert_allclose(mpjpe(found * factor, true * factor), factor * mpjpe(found, true), rtol=1e-9)
    assert coverage(found * factor, true * factor) == pytest.approx(coverage(found, true), nan_ok=True)
    assert pdj(true, true) == pytest.approx(1.0) or np.isnan(pdj(true, true))
