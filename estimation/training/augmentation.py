"""One training square: an augmented cut of a picture, and what a network should answer there."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from estimation.config import CELL_PX, LIMBS, MIRRORED, N_HEATMAPS, N_PAFS, N_PARTS, BodyPart
from estimation.keypoints import px_to_cells
from estimation.pictures import read_picture
from estimation.targets import confidence_maps, part_affinity_fields
from estimation.training.cutouts import Cutout
from estimation.training.dataset import Example

# Half of a cell's diagonal: a keypoint's own cell is then always inside its limbs' PAFs.
OVERHANG_PX = CELL_PX * 2**-0.5

SMALLEST_PERSON_PX = 40
LARGEST_PERSON_SQUARES = 1.6
LARGEST_TURN_DEGREES = 40.0
PASTED_SHARE = 0.25
CUT_OUT_SHARE = 0.25

_FACE = (BodyPart.nose, BodyPart.right_eye, BodyPart.left_eye, BodyPart.right_ear, BodyPart.left_ear)
_MIRRORED_PARTS = list(MIRRORED[:N_PARTS])

Picture = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


def training_pair(
    example: Example, size_px: int, rng: np.random.Generator, cutouts: Sequence[Cutout] = ()
) -> tuple[Picture, FloatArray]:
    """Cut one augmented square out of an example and say what the network should answer there.

    Parameters
    ----------
    example : Example
    size_px : int
        Side of the square, a multiple of 8.
    rng : numpy.random.Generator
        Chooses everything; the same state gives the same pair.
    cutouts : sequence of Cutout, optional
        Rendered people, one of whom now and then stands in front.

    Returns
    -------
    picture : ndarray of shape (size_px, size_px, 3) and dtype uint8
    targets : ndarray of shape (size_px / 8, size_px / 8, 114) and dtype float32
        38 PAFs, 19 heatmaps, then the weight (0 or 1) of each of these 57 values.
    """
    picture = read_picture(example.path)
    warp, is_flipped = _random_warp(example, picture.shape[:2], size_px, rng)
    points, labelled = _mirrored(_moved(example.keypoints, warp), example.labelled, is_flipped=is_flipped)
    map_shape = (size_px // CELL_PX, size_px // CELL_PX)
    trusted = _trusted_cells(example, warp, map_shape)
    square = _warped(picture, warp, size_px, rng)
    if cutouts and rng.random() < PASTED_SHARE:
        square, pasted, seen = _pasted(square, cutouts[int(rng.integers(len(cutouts)))], rng)
        points, labelled = np.concatenate([points, pasted[None]]), np.concatenate([labelled, seen[None]])
        _fill_box(trusted, _box_around(pasted[seen]), 1.0)
    pafs = part_affinity_fields(points, labelled, map_shape, overhang_px=OVERHANG_PX)
    heatmaps = confidence_maps(points, labelled, map_shape)
    weights = trusted[..., None] * _known_channels(example)
    return _recoloured(square, rng), np.concatenate([pafs, heatmaps, weights], axis=-1)


def _random_warp(
    example: Example, picture_shape: tuple[int, ...], size_px: int, rng: np.random.Generator
) -> tuple[FloatArray, bool]:
    """Choose scale, turn, mirror and place: a 2 x 3 matrix from picture to square, and whether it mirrors."""
    height, width = picture_shape
    centre, extent = np.array([width, height]) / 2, float(max(height, width))
    if len(example.boxes) and rng.random() < 0.9:
        x, y, box_width, box_height = example.boxes[rng.integers(len(example.boxes))]
        centre, extent = np.array([x + box_width / 2, y + box_height / 2]), float(max(box_width, box_height, 20))
    wanted = np.exp(rng.uniform(np.log(SMALLEST_PERSON_PX), np.log(LARGEST_PERSON_SQUARES * size_px)))
    # Not so small that the square is mostly frame: nothing can be learned there.
    smallest = 0.9 * size_px / min(height, width)
    scale = float(np.clip(wanted / extent, smallest, max(2.5, smallest)))
    angle = np.radians(np.clip(rng.normal(0, 15), -LARGEST_TURN_DEGREES, LARGEST_TURN_DEGREES))
    is_flipped = bool(rng.random() < 0.5)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if is_flipped:
        turn[:, 0] *= -1
    place = size_px * rng.uniform(0.3, 0.7, size=2)
    middle = centre + np.linalg.solve(turn, size_px / 2 - place)
    # For the same reason the square stays on the picture, but for a margin.
    reach = np.minimum(0.4 * size_px / scale, np.array([width, height]) / 2)
    middle = np.clip(middle, reach, np.array([width, height]) - reach)
    return np.column_stack([turn, size_px / 2 - turn @ middle]).astype(np.float32), is_flipped


def _moved(points: FloatArray, warp: FloatArray) -> FloatArray:
    """Take points of shape (..., 2) to where a 2 x 3 matrix puts them."""
    return points @ warp[:, :2].T + warp[:, 2]


def _mirrored(points: FloatArray, labelled: BoolArray, *, is_flipped: bool) -> tuple[FloatArray, BoolArray]:
    """Exchange left and right parts: in a mirror what was the left wrist looks like a right one."""
    return (points[..., _MIRRORED_PARTS, :], labelled[..., _MIRRORED_PARTS]) if is_flipped else (points, labelled)


def _warped(picture: Picture, warp: FloatArray, size_px: int, rng: np.random.Generator) -> Picture:
    scale = float(np.sqrt(abs(np.linalg.det(warp[:, :2]))))
    if scale < 0.6:
        # Shrink by area first: sampling a large picture thinly would alias.
        size = np.array([picture.shape[1], picture.shape[0]])
        # Whole sizes, so that each pixel covers exactly their ratio: given a scale, OpenCV shrinks by that instead.
        small_size = np.round(scale * size).astype(int)
        small = cv2.resize(picture, small_size.tolist(), interpolation=cv2.INTER_AREA)
        grown = size / small_size
        turn, shift = warp[:, :2], warp[:, 2]
        # A pixel of the small picture has its centre at (x + 0.5) * grown - 0.5 of the large one.
        warp = np.column_stack([turn * grown, shift + turn @ (0.5 * grown - 0.5)])
        picture = small
    border = rng.integers(0, 256, size=3).tolist()
    out = cv2.warpAffine(picture, warp, (size_px, size_px), flags=cv2.INTER_LINEAR, borderValue=border)
    return np.asarray(out, np.uint8)


def _pasted(square: Picture, cutout: Cutout, rng: np.random.Generator) -> tuple[Picture, FloatArray, BoolArray]:
    """Put a rendered person into a square; return it with the person's points and which of them are labelled."""
    size_px = square.shape[0]
    height, width = cutout.mask.shape
    scale = size_px * rng.uniform(0.25, 0.75) / height
    is_flipped = bool(rng.random() < 0.5)
    left, top = size_px * rng.uniform(-0.1, 0.9), size_px * rng.uniform(-0.1, 0.7)
    warp = np.array([(scale, 0, left), (0, scale, top)], np.float32)
    if is_flipped:
        warp[0] = (-scale, 0, left + scale * (width - 1))
    person, mask = (
        cv2.warpAffine(layer, warp, (size_px, size_px), flags=cv2.INTER_LINEAR)
        for layer in (cutout.picture, cutout.mask)
    )
    share = mask[..., None].astype(np.float32) / 255
    blended = np.asarray(square + (person - square.astype(np.float32)) * share, np.uint8)
    return blended, *_mirrored(_moved(cutout.keypoints, warp), cutout.labelled, is_flipped=is_flipped)


def _recoloured(picture: Picture, rng: np.random.Generator) -> Picture:
    """Change light, contrast and colour cast; sometimes grey, blur, noise, JPEG, and a piece cut out."""
    levels = np.arange(256) / 255
    gamma, contrast = np.exp(rng.normal(0, 0.25)), np.exp(rng.normal(0, 0.2))
    cast, light = rng.normal(1, 0.08, size=(3, 1)), rng.normal(0, 0.08)
    curves = ((levels**gamma - 0.5) * contrast + 0.5 + light) * cast
    table = np.clip(curves * 255, 0, 255).astype(np.uint8).T.reshape(1, 256, 3)
    picture = cv2.LUT(picture, np.ascontiguousarray(table))
    if rng.random() < 0.08:
        picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=-1)
    if rng.random() < 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.15:
        noise = rng.normal(0, rng.uniform(2, 14), size=picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        quality = int(rng.integers(25, 90))
        _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    if rng.random() < CUT_OUT_SHARE:
        _cut_out(picture, rng)
    return picture


def _cut_out(picture: Picture, rng: np.random.Generator) -> None:
    """Cover a rectangle with one colour [DeVries and Taylor 2017]: what is hidden must be told from the rest."""
    size_px = picture.shape[0]
    width, height = (size_px * rng.uniform(0.08, 0.3, size=2)).astype(int)
    left, top = (int(rng.integers(size_px - side)) for side in (width, height))
    picture[top : top + height, left : left + width] = rng.integers(0, 256, size=3)


def _known_channels(example: Example) -> FloatArray:
    """Say which of the 57 channels the labels speak of: 0 or 1 each."""
    known = np.ones(N_PAFS + N_HEATMAPS, np.float32)
    if not example.has_faces:
        known[[N_PAFS + part for part in (*_FACE, BodyPart.background)]] = 0
        for limb in LIMBS:
            if limb.to_body_part in _FACE:
                known[[limb.paf_dx_idx, limb.paf_dy_idx]] = 0
    return known


def _trusted_cells(example: Example, warp: FloatArray, map_shape: tuple[int, int]) -> FloatArray:
    """Say in which cells the labels are the whole truth: 0 or 1 each."""
    trusted = np.full(map_shape, float(example.is_complete), np.float32)
    if not example.is_complete:
        for box in example.boxes:
            _fill_box(trusted, _moved(_corners(box), warp), 1.0)
    for box in example.ignored_boxes:
        _fill_box(trusted, _moved(_corners(box), warp), 0.0)
    return trusted


def _corners(box: FloatArray) -> FloatArray:
    x, y, width, height = box
    # A box ends at the outermost joint or skin: a little wider it holds the peaks' slopes too.
    left, right = x - 0.1 * width, x + 1.1 * width
    top, bottom = y - 0.1 * height, y + 1.1 * height
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def _box_around(points: FloatArray) -> FloatArray:
    low, high = points.min(axis=0), points.max(axis=0)
    return _corners(np.concatenate([low, high - low]))


def _fill_box(cells: FloatArray, corners: FloatArray, value: float) -> None:
    cv2.fillConvexPoly(cells, np.round(px_to_cells(corners)).astype(np.int32), value)
