"""Where regions and numbers stand in the picture of a topology.

Regions stand on an ellipse, those of a metro beside one another. The ellipse grows until no line passes behind a box
that it does not end at, and until every number has a place on its own line and on no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import atan2, cos, degrees, dist, pi, sin

Point = tuple[float, float]
Names = tuple[str, str]

BOX: Point = (1.9, 0.92)
"""Width and height of a region's box, in inches, as everything here."""
STRETCH = 1.5
"""Width of the ellipse to its height: boxes are wide, so they need more room sideways."""
METRO_GAP = 0.8
"""Further distance between two metros, in regions."""
METRO_APART = 2.8
"""Least distance between regions of two metros: the width of the band behind one, and some."""
CLEAR = 0.14
"""What stays free around a box."""
GROWTH = 1.05


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An upright rectangle."""

    centre: Point
    width: float
    height: float

    def grown(self, margin: float) -> "Rectangle":
        """The same with a margin on each side."""
        return Rectangle(self.centre, self.width + 2 * margin, self.height + 2 * margin)

    def overlaps(self, other: "Rectangle") -> bool:
        """Whether the two share more than an edge."""
        across = abs(self.centre[0] - other.centre[0]) < (self.width + other.width) / 2
        return across and abs(self.centre[1] - other.centre[1]) < (self.height + other.height) / 2

    def is_crossed(self, start: Point, end: Point) -> bool:
        """Whether a part of the line from start to end lies inside."""
        first, last = 0.0, 1.0
        for axis, half in ((0, self.width / 2), (1, self.height / 2)):
            step, away = end[axis] - start[axis], self.centre[axis] - start[axis]
            if abs(step) < 1e-9:
                if abs(away) >= half:
                    return False
                continue
            near, far = sorted(((away - half) / step, (away + half) / step))
            first, last = max(first, near), min(last, far)
        return first < last


@dataclass(frozen=True, slots=True)
class Ring:
    """The drawing's geometry."""

    boxes: Mapping[str, Rectangle]
    labels: Mapping[Names, Rectangle]
    metros: Mapping[str, Sequence[Point]]
    """The arc that each metro of two regions or more lies along; all of the ellipse where it is the only one."""
    signs: Mapping[str, tuple[Point, float]]
    """Where the name of such a metro stands, and its turn in degrees."""


def ring(groups: Mapping[str, Sequence[str]], texts: Mapping[Names, str]) -> Ring:
    """The smallest ring of regions by metro that holds a number for each two regions."""
    angles = _angles(groups)
    radius = 0.0 if len(angles) == 1 else 1.4
    while True:
        boxes = {key: Rectangle(_at(angle, radius), *BOX) for key, angle in angles.items()}
        labels = _labels(boxes, texts) if _is_clear(boxes) and _is_apart(boxes, groups) else None
        if labels is not None:
            break
        radius *= GROWTH
    wide = {name: keys for name, keys in groups.items() if len(keys) > 1}
    spans = {name: (angles[keys[0]], angles[keys[-1]]) for name, keys in wide.items()}
    signs = {name: _sign((first + last) / 2, radius) for name, (first, last) in spans.items()}
    if len(groups) == 1:
        spans = {name: (first, first - 2 * pi) for name, (first, _) in spans.items()}
    return Ring(boxes, labels, {name: _arc(first, last, radius) for name, (first, last) in spans.items()}, signs)


def _angles(groups: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Angles clockwise; the first metro has its middle at the left."""
    gap = METRO_GAP if len(groups) > 1 else 0.0
    unit = 2 * pi / sum(len(keys) + gap for keys in groups.values())
    start = pi + unit * (len(next(iter(groups.values()))) - 1) / 2
    angles: dict[str, float] = {}
    steps = 0.0
    for keys in groups.values():
        for key in keys:
            angles[key] = start - unit * steps
            steps += 1
        steps += gap
    return angles


def _at(angle: float, radius: float) -> Point:
    return STRETCH * radius * cos(angle), radius * sin(angle)


def _arc(first: float, last: float, radius: float) -> list[Point]:
    return [_at(first + (last - first) * step / 40, radius) for step in range(41)]


def _sign(angle: float, radius: float) -> tuple[Point, float]:
    """Outside the arc, along it, and never upside down."""
    (x, y), (across, up) = _at(angle, radius), (cos(angle), STRETCH * sin(angle))
    length = (across**2 + up**2) ** 0.5
    place = (x + 1.5 * across / length, y + 1.5 * up / length)
    return place, _degrees(-across, up)


def _degrees(rise: float, run: float) -> float:
    """The turn of a line, between -90 and 90 degrees."""
    turn = degrees(atan2(rise, run))
    if turn > 90.5:
        return turn - 180
    return turn + 180 if turn < -89.5 else turn


def _is_clear(boxes: Mapping[str, Rectangle]) -> bool:
    if any(one.grown(CLEAR).overlaps(other.grown(CLEAR)) for one, other in combinations(boxes.values(), 2)):
        return False
    return not any(
        box.grown(CLEAR).is_crossed(boxes[low].centre, boxes[high].centre)
        for low, high in combinations(boxes, 2)
        for key, box in boxes.items()
        if key not in (low, high)
    )


def _is_apart(boxes: Mapping[str, Rectangle], groups: Mapping[str, Sequence[str]]) -> bool:
    """Whether the bands behind two metros do not touch."""
    keys = [(name, key) for name, members in groups.items() for key in members]
    return all(
        dist(boxes[one].centre, boxes[other].centre) >= METRO_APART
        for (name, one), (next_name, other) in pairwise([*keys, keys[0]])
        if name != next_name
    )


def _labels(boxes: Mapping[str, Rectangle], texts: Mapping[Names, str]) -> dict[Names, Rectangle] | None:
    """A place for every number, or None if one finds none."""
    lines = {names: (boxes[names[0]].centre, boxes[names[1]].centre) for names in texts}
    taken = [box.grown(0.04) for box in boxes.values()]
    labels: dict[Names, Rectangle] = {}
    for names, text in texts.items():
        others = [line for other, line in lines.items() if other != names]

        def is_free(label: Rectangle, others: Sequence[tuple[Point, Point]] = others) -> bool:
            return not any(label.overlaps(one) for one in taken) and not any(
                label.grown(0.06).is_crossed(*line) for line in others
            )

        label = _label(lines[names], text, is_free)
        if label is None:
            return None
        labels[names] = label
        taken.append(label)
    return labels


def _label(line: tuple[Point, Point], text: str, is_free: Callable[[Rectangle], bool]) -> Rectangle | None:
    """The free place nearest to the middle of the line."""
    (x1, y1), (x2, y2) = line
    for step in range(48):
        share = 0.5 + (step + 1) // 2 * (-1) ** step * 0.018
        label = Rectangle((x1 + (x2 - x1) * share, y1 + (y2 - y1) * share), 0.1 + 0.085 * len(text), 0.2)
        if is_free(label):
            return label
    return None
