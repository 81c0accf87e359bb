"""What makes a drawing good, measured on its own coordinates: each rule yields sentences about what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from lxml import etree

from workflows.bpmn_xml import BPMNDI, FLOW_NODES, flows_of, is_bpmn, local, nodes_of, read_tree, scopes_of, tag
from workflows.steps import properties_of

DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
GRID = 10
WIDEST = 2600
LABEL_FONT, TASK_FONT = 11, 12
LINE_HEIGHT = 1.2
BESIDE_ICON = 44  # what the icon in the corner takes of a task's width, on both sides of a centred name
ENGLISH_LINES, PADDING = 2, 10

Point = tuple[float, float]
Segment = tuple[Point, Point]


@dataclass(frozen=True)
class Box:
    """A rectangle; `right` and `bottom` lie on its border."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def meets(self, other: Box) -> bool:
        """Whether the insides have a point in common."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: Box) -> bool:
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def on_border(self, point: Point) -> bool:
        x, y = point
        inside = self.x <= x <= self.right and self.y <= y <= self.bottom
        return inside and (x in (self.x, self.right) or y in (self.y, self.bottom))

    def cut_by(self, segment: Segment) -> bool:
        """Whether an upright or level segment has a point inside."""
        (x1, y1), (x2, y2) = segment
        return min(x1, x2) < self.right and max(x1, x2) > self.x and min(y1, y2) < self.bottom and max(y1, y2) > self.y


@dataclass(frozen=True)
class Shape:
    id: str
    kind: str
    box: Box
    scope: str
    host: str = ""
    names: tuple[str, str] = ("", "")
    label: Box | None = None


@dataclass(frozen=True)
class Wire:
    id: str
    source: str
    target: str
    points: tuple[Point, ...]
    names: tuple[str, str] = ("", "")
    label: Box | None = None

    @property
    def segments(self) -> list[Segment]:
        return list(pairwise(self.points))


@dataclass(frozen=True)
class Picture:
    """A drawing by its coordinates. lanes: (id, box, ids of its nodes), the innermost ones."""

    shapes: dict[str, Shape]
    wires: list[Wire]
    lanes: list[tuple[str, Box, tuple[str, ...]]]
    pool: Box
    missing: list[str] = field(default_factory=list)

    def around(self, shape: Shape) -> set[str]:
        """The subprocesses a shape lies in, and the activity it is attached to."""
        found, scope = {shape.host}, shape.scope
        while scope in self.shapes:
            found.add(scope)
            scope = self.shapes[scope].scope
        return found


def read(xml: bytes) -> Picture:
    root = read_tree(xml)
    drawn = {str(e.get("bpmnElement")): e for e in root.iter(f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge")}
    shapes: dict[str, Shape] = {}
    wires: list[Wire] = []
    for scope in scopes_of(root):
        for node in nodes_of(scope):
            if node.get("id") in drawn:
                shapes[str(node.get("id"))] = _shape(node, drawn[str(node.get("id"))], str(scope.get("id")))
        wires += [_wire(flow, drawn[str(flow.get("id"))]) for flow in flows_of(scope) if flow.get("id") in drawn]
    pool = next(root.iter(tag("participant")))
    lanes = [_lane(lane, drawn) for lane in root.iter(tag("lane")) if lane.find(tag("childLaneSet")) is None]
    missing = [name for name in _to_draw(root) if name not in drawn]
    return Picture(shapes, wires, lanes, _bounds(drawn[str(pool.get("id"))]), missing)


def _to_draw(root: etree._Element) -> Iterator[str]:
    for scope in scopes_of(root):
        yield from (str(element.get("id")) for element in (*nodes_of(scope), *flows_of(scope)))
    yield from (str(lane.get("id")) for lane in root.iter(tag("lane")))


def _lane(lane: etree._Element, drawn: dict[str, etree._Element]) -> tuple[str, Box, tuple[str, ...]]:
    names = tuple((ref.text or "").strip() for ref in lane.findall(tag("flowNodeRef")))
    return str(lane.get("id")), _bounds(drawn[str(lane.get("id"))]), names


def _bounds(element: etree._Element) -> Box:
    found = element.find(f"{{{DC}}}Bounds")
    assert found is not None
    return Box(*(float(found.get(name, "nan")) for name in ("x", "y", "width", "height")))


def _label(element: etree._Element) -> Box | None:
    found = element.find(f"{{{BPMNDI}}}BPMNLabel")
    return None if found is None else _bounds(found)


def _names(element: etree._Element) -> tuple[str, str]:
    return str(element.get("name") or ""), properties_of(element).get("name.en", "")


def _shape(node: etree._Element, drawn: etree._Element, scope: str) -> Shape:
    assert is_bpmn(node) and local(node) in FLOW_NODES
    host = str(node.get("attachedToRef") or "")
    return Shape(str(node.get("id")), local(node), _bounds(drawn), scope, host, _names(node), _label(drawn))


def _wire(flow: etree._Element, drawn: etree._Element) -> Wire:
    points = tuple((float(p.get("x", "nan")), float(p.get("y", "nan"))) for p in drawn.iter(f"{{{DI}}}waypoint"))
    ends = str(flow.get("sourceRef")), str(flow.get("targetRef"))
    return Wire(str(flow.get("id")), *ends, points, _names(flow), _label(drawn))


# --- rules -------------------------------------------------------------------------------------------------------


def everything_is_drawn(picture: Picture) -> Iterator[str]:
    yield from (f"{name} is not drawn" for name in picture.missing)


def on_the_grid(picture: Picture) -> Iterator[str]:
    for shape in picture.shapes.values():
        box = shape.box
        if any(value % GRID for value in (box.x, box.y, box.width, box.height, *box.centre)):
            yield f"{shape.id} is off the grid"
    for wire in picture.wires:
        if any(value % GRID for point in wire.points for value in point):
            yield f"{wire.id} is off the grid"


def same_sizes(picture: Picture) -> Iterator[str]:
    for shape in picture.shapes.values():
        size = (shape.box.width, shape.box.height)
        wanted = (120, 60) if shape.kind.endswith("Task") else (40, 40)
        if shape.kind != "subProcess" and size != wanted:
            yield f"{shape.id} has the size {size}"


def inside_their_lane(picture: Picture) -> Iterator[str]:
    home = {name: box for _id, box, names in picture.lanes for name in names}
    for shape in picture.shapes.values():
        around = picture.shapes.get(shape.scope)
        if around is None and shape.id not in home:
            yield f"{shape.id} lies in no lane"
        elif around is None and not home[shape.id].holds(shape.box):
            yield f"{shape.id} leaves its lane"
        elif around is not None and not shape.host and not around.box.holds(shape.box):
            yield f"{shape.id} leaves its subprocess"


def inside_the_pool(picture: Picture) -> Iterator[str]:
    yield from (f"the lane {name} leaves the pool" for name, box, _ids in picture.lanes if not picture.pool.holds(box))
    if picture.pool.width > WIDEST:
        yield f"the drawing is {picture.pool.width} wide"


def attached_to_the_border(picture: Picture) -> Iterator[str]:
    for shape in picture.shapes.values():
        if shape.host and not picture.shapes[shape.host].box.on_border(shape.box.centre):
            yield f"{shape.id} is not on the border of {shape.host}"


def apart(picture: Picture) -> Iterator[str]:
    for one, other in combinations(picture.shapes.values(), 2):
        related = one.id in picture.around(other) or other.id in picture.around(one)
        if not related and one.box.meets(other.box):
            yield f"{one.id} and {other.id} overlap"
    for (one_id, one_box, _a), (other_id, other_box, _b) in combinations(picture.lanes, 2):
        if one_box.meets(other_box):
            yield f"the lanes {one_id} and {other_id} overlap"


def straight(picture: Picture) -> Iterator[str]:
    for wire in picture.wires:
        if any(x1 != x2 and y1 != y2 for (x1, y1), (x2, y2) in wire.segments):
            yield f"{wire.id} is askew"
        if any(a == b for a, b in wire.segments):
            yield f"{wire.id} stands still"
        for end, at in ((wire.source, wire.points[0]), (wire.target, wire.points[-1])):
            if not picture.shapes[end].box.on_border(at):
                yield f"{wire.id} does not touch {end}"


def not_through_shapes(picture: Picture) -> Iterator[str]:
    for wire in picture.wires:
        free = picture.around(picture.shapes[wire.source])
        free -= {picture.shapes[wire.source].host}
        for shape in picture.shapes.values():
            if shape.id not in free and any(shape.box.cut_by(segment) for segment in wire.segments):
                yield f"{wire.id} runs through {shape.id}"


def no_crossings(picture: Picture) -> Iterator[str]:
    for one, other in combinations(picture.wires, 2):
        if any(_touch(a, b) for a in one.segments for b in other.segments):
            yield f"{one.id} and {other.id} cross"


def _touch(one: Segment, other: Segment) -> bool:
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = other
    return max(min(ax, bx), min(cx, dx)) <= min(max(ax, bx), max(cx, dx)) and max(min(ay, by), min(cy, dy)) <= min(
        max(ay, by), max(cy, dy)
    )


def labels_are_free(picture: Picture) -> Iterator[str]:
    labelled: list[Shape | Wire] = [*picture.shapes.values(), *picture.wires]
    labels = [(one, one.label) for one in labelled if one.label is not None]
    for one, label in labels:
        for wire in picture.wires:
            if any(label.cut_by(segment) for segment in wire.segments):
                yield f"the label of {one.id} lies on {wire.id}"
        yield from _on_shapes(picture, one.id, label)
    for (one, first), (other, second) in combinations(labels, 2):
        if first.meets(second):
            yield f"the labels of {one.id} and {other.id} overlap"


def _on_shapes(picture: Picture, name: str, label: Box) -> Iterator[str]:
    for shape in picture.shapes.values():
        inside = shape.kind == "subProcess" and shape.box.holds(label)
        if not inside and label.meets(shape.box):
            yield f"the label of {name} lies on {shape.id}"
    for _id, lane, _names in picture.lanes:
        if label.meets(lane) and not lane.holds(label):
            yield f"the label of {name} lies on the border of a lane"


def names_fit(picture: Picture) -> Iterator[str]:
    named: list[Shape | Wire] = [*picture.shapes.values(), *picture.wires]
    for one in named:
        inside = one if isinstance(one, Shape) and one.kind.endswith(("Task", "subProcess")) else None
        for text, fits in zip(one.names, _fit_inside(inside) if inside else _fit_label(one), strict=True):
            if not fits or (not text and (inside or any(one.names))):
                yield f"the name of {one.id} does not fit: {text}"


def _fit_inside(shape: Shape) -> tuple[bool, bool]:
    """Chinese beside the icon in one line; English in two."""
    zh, en = shape.names
    most = 1 if shape.kind == "subProcess" else ENGLISH_LINES
    room = shape.box.width - BESIDE_ICON
    return _lines(zh, room, TASK_FONT) == 1, _lines(en, shape.box.width - PADDING, TASK_FONT) <= most


def _fit_label(one: Shape | Wire) -> tuple[bool, bool]:
    if one.label is None:
        return not one.names[0], not one.names[1]
    heights = [_lines(text, one.label.width, LABEL_FONT) * LABEL_FONT * LINE_HEIGHT for text in one.names]
    return heights[0] <= one.label.height + 1, heights[1] <= one.label.height + 1


def _lines(text: str, width: float, font: int) -> int:
    """Lines a text takes, words kept whole; a Chinese character is as wide as the font is high, others half."""

    def size(part: str) -> float:
        return sum(font if ord(letter) > 0x2E7F else font * 0.56 for letter in part)

    lines, at = 1, 0.0
    for word in text.split(" "):
        if at and at + size(" " + word) > width:
            lines, at = lines + 1, 0.0
        at += size(" " + word) if at else size(word)
        while at > width:
            lines, at = lines + 1, at - width
    return lines


RULES: tuple[Callable[[Picture], Iterator[str]], ...] = (
    everything_is_drawn, on_the_grid, same_sizes, inside_their_lane, inside_the_pool, attached_to_the_border,
    apart, straight, not_through_shapes, no_crossings, labels_are_free, names_fit,
)  # fmt: skip
