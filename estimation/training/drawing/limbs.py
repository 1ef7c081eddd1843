"""Torso, arms, legs and the clothes on them."""

import numpy as np

from estimation.training.drawing.bodies import Body, Material, Segment
from estimation.training.drawing.skeletons import LEFT, RIGHT, Array, unit


def add_limbs(body: Body) -> None:
    """Add everything below the head."""
    if body.skeleton.has_seat:
        _add_seat(body)
    _add_torso(body)
    _add_shoulders(body)
    for i in range(2):
        _add_leg(body, i)
        _add_foot(body, i)
        _add_arm(body, i)
        _add_hand(body, i)
    if body.look.skirt:
        _add_skirt(body)


def _top(body: Body) -> Material:
    return Material(body.look.top, body.look.top_second, folds=0.5)


def _bottom(body: Body) -> Material:
    is_dress = body.look.bottom == body.look.top
    return Material(body.look.bottom, body.look.top_second if is_dress else None, folds=0.6)


def _add_seat(body: Body) -> None:
    s = body.skeleton
    up = s.pelvis_axes[:, 1]
    ground = np.array([s.pelvis[0], s.ankles[:, 1].min() - 0.02, s.pelvis[2]])
    stuff = Material(body.look.hat, shine=0.2)
    body.add(Segment.seat, stuff, s.pelvis - up * 0.17, ground, (0.115, 0.1), shape=s.pelvis_axes, clip=(ground, up))


def _add_torso(body: Body) -> None:
    s, p, loose = body.skeleton, body.skeleton.proportions, body.look.loose
    g, top = p.girth, _top(body)
    pelvis, chest = s.pelvis_axes * (1.0, 1.0, 0.76), s.chest_axes * (1.0, 1.0, 0.66)
    wide, narrow, broad = np.array((0.094, 0.064, 0.08) if p.is_curvy else (0.086, 0.073, 0.087)) * g
    low, up = s.pelvis_axes[:, 1], s.chest_axes[:, 1]
    middle, upper = s.waist + up * p.chest * 0.45, s.neck - up * 0.058
    body.add(Segment.torso, _bottom(body), s.pelvis - low * 0.012, s.waist, (wide, narrow), shape=pelvis)
    hem, grow = s.pelvis - low * 0.012, loose + 0.004
    body.add(
        Segment.torso, top, s.pelvis - low * 0.02, s.waist, (wide + grow, narrow + grow), shape=pelvis, clip=(hem, low)
    )
    body.add(Segment.torso, top, s.waist, middle, (narrow + loose, broad + loose), shape=chest)
    body.add(Segment.torso, top, middle, upper, (broad + loose, broad - 0.006), shape=chest)
    if p.is_curvy:
        for side in (LEFT, RIGHT):
            bust = s.neck + s.chest_axes @ (0.04 * side, -0.095, 0.04)
            body.add(Segment.torso, top, bust, bust, (0.034 * g, 0.034 * g))


def _add_shoulders(body: Body) -> None:
    """Add the slope from the neck to the shoulders, the neck and the collar."""
    s, g, top, skin = body.skeleton, body.skeleton.proportions.girth, _top(body), body.skin
    up, loose = s.chest_axes[:, 1], body.look.loose / 2
    for shoulder in s.shoulders:
        tip = shoulder - up * 0.012
        body.add(Segment.torso, top, s.neck - up * 0.03, tip, (0.052 * g, 0.034 * g + loose))
        body.add(Segment.torso, top, s.neck + s.chest_axes @ (0.0, 0.012, -0.012), tip, (0.036, 0.03 + loose))
    throat = s.head - s.head_axes @ (0.0, 0.2, 0.08) * s.proportions.head
    body.add(Segment.neck, skin, s.neck - up * 0.01, throat, (0.036, 0.031))
    collar = s.neck + s.chest_axes @ (0.0, 0.012, 0.016)
    low = collar - s.chest_axes @ (0.0, body.look.collar, -0.02)
    body.add(Segment.neck, skin, collar, low, (0.04, 0.022))


def _add_bone(
    body: Body,
    segment: Segment,
    cloth: Material,
    ends: tuple[Array, Array],
    radii: tuple[float, float],
    *,
    cover: float,
) -> None:
    """Add a bone in skin and the covered share of it in cloth, 1 or more for all, cut at the hem below 1."""
    start, end = ends
    if cover < 1:
        body.add(segment, body.skin, start, end, radii)
    if cover <= 0:
        return
    loose, share = body.look.loose, min(cover, 1.0)
    stop = start + (end - start) * share
    clip = (stop, unit(start - end)) if cover < 1 else None
    width = radii[0] + (radii[1] - radii[0]) * share + loose * (1.5 if cover < 1 else 1.0)
    body.add(segment, cloth, start, stop, (radii[0] + loose, width), clip=clip)


def _add_arm(body: Body, i: int) -> None:
    s, g = body.skeleton, np.sqrt(body.skeleton.proportions.girth)
    thin = g * (0.92 if s.proportions.is_curvy else 1.0)
    start = s.shoulders[i] + (s.elbows[i] - s.shoulders[i]) * 0.05
    cloth, cover = _top(body), body.look.sleeve
    upper, fore = Segment(Segment.left_upper_arm + i), Segment(Segment.left_forearm + i)
    _add_bone(body, upper, cloth, (start, s.elbows[i]), (0.034 * thin, 0.031 * thin), cover=cover)
    _add_bone(body, fore, cloth, (s.elbows[i], s.wrists[i]), (0.033 * thin, 0.021 * g), cover=cover - 1)


def _add_hand(body: Body, i: int) -> None:
    """Add a palm, a thumb and four fingers, or a mitten where fingers would be thinner than a pixel."""
    s, hand, skin = body.skeleton, Segment(Segment.left_hand + i), body.skin
    wrist, along, thumb = s.wrists[i], s.fingers[i], s.thumbs[i]
    across = np.cross(along, thumb)
    shape = np.stack([thumb, along, across * 0.55], axis=1)
    knuckles, root = wrist + along * 0.045, wrist + along * 0.015 + thumb * 0.012
    body.add(hand, skin, wrist + along * 0.008, knuckles, (0.02, 0.025), shape=shape)
    body.add(hand, skin, root, root + thumb * 0.026 + along * 0.03, (0.011, 0.008))
    if body.scale_px < 90:
        body.add(hand, skin, knuckles, wrist + along * 0.085, (0.022, 0.014), shape=shape)
        return
    inwards = across * (-0.012 if i else 0.012)
    for spread, length in ((0.017, 0.044), (0.0055, 0.05), (-0.006, 0.047), (-0.0175, 0.036)):
        base = knuckles + thumb * spread
        body.add(hand, skin, base, base + along * length + thumb * spread * 0.35 - inwards, (0.0085, 0.0065))


def _add_leg(body: Body, i: int) -> None:
    s, look, g = body.skeleton, body.look, np.sqrt(body.skeleton.proportions.girth)
    thigh, shin = Segment(Segment.left_thigh + i), Segment(Segment.left_shin + i)
    hip, knee, ankle = s.hips[i], s.knees[i], s.ankles[i]
    cover = min(0.9 * look.skirt / s.proportions.thigh, 0.97) if look.skirt else look.leg_cover
    cloth, bone = _bottom(body), ankle - knee
    # The ball at the top of the thigh would stand out beside the hips: the bone starts lower.
    _add_bone(body, thigh, cloth, (hip + (knee - hip) * 0.2, knee), (0.054 * g, 0.042 * g), cover=cover)
    _add_bone(body, shin, cloth, (knee, ankle), (0.041 * g, 0.025 * g), cover=cover - 1)
    if cover < 1.5:
        calf = knee + bone * 0.28 - s.toes[i] * 0.01
        body.add(shin, body.skin, knee + bone * 0.1, calf, (0.036 * g, 0.04 * g))
        body.add(shin, body.skin, calf, knee + bone * 0.7, (0.04 * g, 0.028 * g))


def _add_foot(body: Body, i: int) -> None:
    s, look, foot = body.skeleton, body.look, Segment(Segment.left_foot + i)
    ankle, toes = s.ankles[i], s.toes[i]
    down = unit(ankle - s.knees[i])
    down = unit(down - toes * (down @ toes))
    across = np.cross(down, toes)
    shoe, sole = Material(look.shoes, shine=0.3), Material(look.sole)
    heel, tip = ankle + down * 0.012 - toes * 0.012, ankle + down * 0.022 + toes * 0.092
    body.add(foot, shoe, ankle + down * 0.004, heel, (0.03, 0.031))
    body.add(foot, shoe, heel, tip, (0.031, 0.03), shape=np.stack([across, down * 0.72, toes], axis=1))
    flat = np.stack([across, down * 0.3, toes], axis=1)
    body.add(foot, sole, heel + down * 0.018, tip + down * 0.012, (0.034, 0.032), shape=flat)


def _add_skirt(body: Body) -> None:
    """Add a cone around each thigh and one around both, from the hips to the hem."""
    s, look, g, cloth = body.skeleton, body.look, body.skeleton.proportions.girth, _bottom(body)
    thighs = unit(s.knees - s.hips)
    narrow, wide = s.pelvis_axes * (1.0, 1.0, 0.85), s.pelvis_axes * (1.0, 1.0, 0.78)
    for hip, thigh in zip(s.hips, thighs, strict=True):
        hem = hip + thigh * look.skirt
        body.add(Segment.skirt, cloth, hip, hem, (0.062 * g, 0.088 * g), shape=narrow, clip=(hem, -thigh))
    middle = unit(thighs.sum(axis=0))
    hem = s.pelvis + middle * look.skirt
    body.add(Segment.skirt, cloth, s.pelvis, hem, (0.092 * g, 0.118 * g), shape=wide, clip=(hem, -middle))
