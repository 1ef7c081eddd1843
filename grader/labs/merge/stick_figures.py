"""Draw rows without a picture: ids on a stick figure, so that a reader sees at once who was joined to whom.

Each group of rows that hang together is one figure, seen from the front: the person's right is on the left. The
colours are classes of the page's style sheet; a conflict is a ring and several ids beside it, never a colour alone.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType

from estimation.config import LIMBS, PARTS, BodyPart
from grader.harness.characters import width
from grader.harness.languages import Said, said, tell
from grader.labs.merge.merge_case import Rows
from grader.labs.merge.wording import ids_of, order_limb, write_last_columns, write_person, write_rows_count

MAX_FIGURES = 4
"""More people are counted, not drawn."""

_COMPARED = 500
"""Keypoints that several people hold are looked for among so many people: an answer may be of any length."""

MAX_IDS = 3
"""So many ids of one slot are written beside its dot."""

_COLUMNS = 2
"""So many figures stand side by side, so that their ids can be read on a telephone, too."""

_WIDTH, _HEIGHT, _NOTE_HEIGHT = 250, 330, 30
_SCALE = 8 / 11
"""Pixels of one unit of the drawing, where there is room."""

_LETTER = 10.2
"""Width of a letter where the style sheet writes largest."""

_RIGHT_AND_MIDDLE = {
    BodyPart.nose: (125, 66),
    BodyPart.neck: (125, 112),
    BodyPart.right_shoulder: (84, 118),
    BodyPart.right_elbow: (68, 160),
    BodyPart.right_wrist: (58, 202),
    BodyPart.right_hip: (101, 200),
    BodyPart.right_knee: (95, 246),
    BodyPart.right_ankle: (91, 292),
    BodyPart.right_eye: (110, 50),
    BodyPart.right_ear: (93, 62),
}
_PLACES: Mapping[int, tuple[int, int]] = MappingProxyType(
    {int(part): place for part, place in _RIGHT_AND_MIDDLE.items()}
    | {
        int(BodyPart[part.name.replace("right", "left")]): (_WIDTH - x, y)
        for part, (x, y) in _RIGHT_AND_MIDDLE.items()
        if part.name.startswith("right")
    }
)
"""Where each part is on the figure, in units of the drawing."""

_EYES = (BodyPart.right_eye, BodyPart.left_eye)
_WRISTS = (BodyPart.right_wrist, BodyPart.left_wrist)
_MIDDLE = (BodyPart.nose, BodyPart.neck)
_NEXT_LINE = 4.0
"""Rows of one limb are drawn side by side, this far apart."""

_BODY = LIMBS[:17]
"""The limbs without shoulder-ear, which would cross the face of the figure behind."""

Keypoint = tuple[int, str]
"""Slot and id."""


@dataclass(eq=False)
class _Figure:
    """One person or one group of rows: its keypoints, the lines between them, what is written below."""

    keypoints: set[Keypoint] = field(default_factory=set)
    lines: list[tuple[Keypoint, Keypoint]] = field(default_factory=list)
    caption: str = ""
    says: str = ""

    def add(self, ids: Mapping[int, str]) -> None:
        """Take in one row: its keypoints, and a line when there are two of them."""
        self.keypoints |= set(ids.items())
        if len(ids) == 2:
            start, end = order_limb(*ids)
            self.lines.append(((start, ids[start]), (end, ids[end])))


@dataclass(frozen=True)
class _Label:
    """Words in a drawing, and where they stand."""

    kind: str
    x: float
    y: float
    anchor: str
    text: str

    @property
    def left(self) -> float:
        """Where they begin."""
        return self.x - width(self.text) * _LETTER * {"start": 0, "middle": 0.5, "end": 1}[self.anchor]

    @property
    def right(self) -> float:
        """Where they end."""
        return self.left + width(self.text) * _LETTER

    @property
    def svg(self) -> str:
        """Write them."""
        return (
            f'<text class="{self.kind}" x="{self.x:g}" y="{self.y:g}" text-anchor="{self.anchor}">'
            f"{escape(self.text)}</text>"
        )


def draw_input(rows: Rows) -> str:
    """Draw an input of `merge`: one figure for all rows that hang together, one line a row.

    Parameters
    ----------
    rows : ndarray of shape (n, 20)
        Limb rows. Not modified.

    Returns
    -------
    svg : str
        One ``<svg>`` element with a title for screen readers.
    """
    figures = _groups(rows)
    shown = figures[:MAX_FIGURES]
    crowded = {keypoint for figure in shown for keypoint in _crowded(figure)}
    return _svg(said("Group"), shown, crowded, n_more=len(figures) - len(shown))


def draw_people(people: Rows, n_left_out: int = 0) -> str:
    """Draw an answer of `merge`: one figure a person; keypoints that several people hold are ringed.

    Parameters
    ----------
    people : ndarray of shape (m, 20)
        People. Not modified.
    n_left_out : int, optional
        How many more the answer has.

    Returns
    -------
    svg : str
        One ``<svg>`` element with a title for screen readers.
    """
    figures = [_person(row) for row in people[:MAX_FIGURES]]
    counts = Counter(keypoint for row in people[:_COMPARED] for keypoint in ids_of(row).items())
    shared = {keypoint for figure in figures for keypoint in figure.keypoints if counts[keypoint] > 1}
    return _svg(said("Person"), figures, shared, n_more=len(people) + n_left_out - len(figures))


def _person(row: Rows) -> _Figure:
    ids = ids_of(row)
    limbs = [(int(limb.from_body_part), int(limb.to_body_part)) for limb in LIMBS]
    lines = [((start, ids[start]), (end, ids[end])) for start, end in limbs if start in ids and end in ids]
    return _Figure(set(ids.items()), lines, write_last_columns(row), write_person(row))


def _groups(rows: Rows) -> list[_Figure]:
    """Put rows that share a keypoint into one figure, in the order of their first rows."""
    figures: list[_Figure] = []
    owners: dict[Keypoint, _Figure] = {}
    for row in rows:
        ids = ids_of(row)
        joined = {id(owners[keypoint]): owners[keypoint] for keypoint in ids.items() if keypoint in owners}
        first, *others = sorted(joined.values(), key=figures.index) or [_Figure()]
        for other in others:
            first.keypoints |= other.keypoints
            first.lines += other.lines
            figures.remove(other)
        if not joined:
            figures.append(first)
        first.add(ids)
        owners |= dict.fromkeys(first.keypoints if others else ids.items(), first)
    for figure in figures:
        n_rows = len(figure.lines)
        figure.caption = write_rows_count(n_rows)
        listed = {"rows": figure.caption, "keypoints": _list(figure.keypoints)}
        says = said("{rows}: {keypoints}", **listed)
        figure.says = tell(said("{rows} that hang together: {keypoints}", **listed) if n_rows > 1 else says)
    return figures


def _crowded(figure: _Figure) -> set[Keypoint]:
    """Find the keypoints that share their slot with another one of the figure: a conflict."""
    counts = Counter(slot for slot, _ in figure.keypoints)
    return {keypoint for keypoint in figure.keypoints if counts[keypoint[0]] > 1}


def _list(keypoints: Iterable[Keypoint]) -> str:
    return ", ".join(f"{PARTS[slot].name} {id_}" for slot, id_ in sorted(keypoints))


def _svg(noun: Said, figures: Sequence[_Figure], ringed: set[Keypoint], n_more: int) -> str:
    told = [said("{noun} {k}: {says}.", noun=noun, k=k, says=one.says) for k, one in enumerate(figures, start=1)]
    told = told or [said("{noun}: nobody.", noun=noun)]
    told += [said("In conflict: {keypoints}.", keypoints=_list(ringed))] if ringed else []
    told += [said("{more} more are not drawn.", more=n_more)] if n_more else []
    labels = [_labels(figure, ringed) for figure in figures] or [[_caption(tell(said("nobody")))]]
    # No id may be cut off, however long it is: every figure gets the room that the widest one needs.
    left = max(0, *(-label.left for its in labels for label in its))
    right = max(_WIDTH, *(label.right for its in labels for label in its))
    n_columns, n_rows = min(len(labels), _COLUMNS), math.ceil(len(labels) / _COLUMNS)
    across, height = n_columns * (left + right), n_rows * _HEIGHT + (_NOTE_HEIGHT if n_more else 0)
    drawn = [_figure(figure, ringed, its) for figure, its in zip(figures, labels, strict=False)] or [_nobody()]
    placed = (
        f'<g transform="translate({left + k % _COLUMNS * (left + right):g} {k // _COLUMNS * _HEIGHT})">{inner}</g>'
        for k, inner in enumerate(drawn)
    )
    note = escape(tell(said("+ {more} more", more=n_more)))
    more = f'<text class="note" x="{across / 2:g}" y="{height - 12}">{note}</text>' if n_more else ""
    size = f'viewBox="0 0 {across:g} {height}" width="{across * _SCALE:.0f}" height="{height * _SCALE:.0f}"'
    title = f"<title>{escape(' '.join(map(tell, told)))}</title>"
    return f'<svg class="figures" {size} role="img">{title}{"".join(placed)}{more}</svg>'


def _nobody() -> str:
    return _ghost() + _caption(tell(said("nobody"))).svg


def _ghost() -> str:
    """Draw the whole body faintly, so that a reader sees which parts are absent."""
    ends = ((_PLACES[limb.from_body_part], _PLACES[limb.to_body_part]) for limb in _BODY)
    path = "".join(f"M{x1} {y1}L{x2} {y2}" for (x1, y1), (x2, y2) in ends)
    return f'<circle class="ghost" cx="125" cy="58" r="36"/><path class="ghost" d="{path}"/>'


def _figure(figure: _Figure, ringed: set[Keypoint], labels: Sequence[_Label]) -> str:
    dots = "".join(
        _dot(slot, is_ringed=any((slot, id_) in ringed for at, id_ in figure.keypoints if at == slot))
        for slot in sorted({slot for slot, _ in figure.keypoints})
    )
    return f"{_ghost()}{_lines(figure, ringed)}{dots}{''.join(label.svg for label in labels)}"


def _labels(figure: _Figure, ringed: set[Keypoint]) -> Sequence[_Label]:
    """Write the ids of each slot, and what stands below the figure."""
    labels = [_caption(figure.caption)]
    for slot in sorted({slot for slot, _ in figure.keypoints}):
        ids = sorted(id_ for at, id_ in figure.keypoints if at == slot)
        more = [f"+{len(ids) - MAX_IDS}"] if len(ids) > MAX_IDS else []
        is_ringed = any((slot, id_) in ringed for id_ in ids)
        labels.append(_label(slot, " / ".join([*ids[:MAX_IDS], *more]), is_ringed))
    return labels


def _caption(text: str) -> _Label:
    return _Label("note", _WIDTH / 2, _HEIGHT - 12, "middle", text)


def _lines(figure: _Figure, ringed: set[Keypoint]) -> str:
    """Draw one line a row; rows of the same limb side by side, those that end in a conflict dashed."""
    totals = Counter((start[0], end[0]) for start, end in figure.lines)
    drawn: Counter[tuple[int, int]] = Counter()
    paths = []
    for start, end in figure.lines:
        limb = (start[0], end[0])
        offset = (drawn[limb] - (totals[limb] - 1) / 2) * _NEXT_LINE
        drawn[limb] += 1
        name = "bone clash" if start in ringed or end in ringed else "bone"
        paths.append(f'<path class="{name}" d="{_parallel(limb, offset)}"/>')
    return "".join(paths)


def _parallel(limb: tuple[int, int], offset: float) -> str:
    (x1, y1), (x2, y2) = _PLACES[limb[0]], _PLACES[limb[1]]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    right, down = (y1 - y2) / length * offset, (x2 - x1) / length * offset
    return f"M{x1 + right:.4g} {y1 + down:.4g}L{x2 + right:.4g} {y2 + down:.4g}"


def _dot(slot: int, *, is_ringed: bool) -> str:
    x, y = _PLACES[slot]
    ring = f'<circle class="ring" cx="{x}" cy="{y}" r="8.5"/>' if is_ringed else ""
    return f'{ring}<circle class="dot" cx="{x}" cy="{y}" r="4.5"/>'


def _label(slot: int, text: str, is_ringed: bool) -> _Label:
    """Place ids where they touch no line: outside of the body, above the eyes, below the wrists."""
    x, y = _PLACES[slot]
    side = 1 if slot in _MIDDLE or x > _WIDTH / 2 else -1
    anchor = "start" if side > 0 else "end"
    x += 4 * side if is_ringed else 0
    x, y = (x + 3 * side, y - 12) if slot in _EYES else (x + 12 * side, y + 5)
    if slot == BodyPart.nose:
        x, y = x - 3, y + 10
    elif slot == BodyPart.neck:
        x, y = x - 6, y - 10
    elif slot in _WRISTS:
        anchor, x, y = "middle", _PLACES[slot][0], y + 16
    return _Label("id clash" if is_ringed else "id", x, y, anchor, text)
