"""Two drawings compared: every step, flow, lane and definition by its id, and what of the picture only moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from workflows.bpmn_xml import BPMN, BPMNDI, FLOW_NODES, is_bpmn, local
from workflows.compare_parts import Numbers, Thing
from workflows.compare_tree import called, picture_of, put_all

# what stands for itself; everything else belongs to the nearest of these around it
OWN = FLOW_NODES | frozenset(
    (
        "definitions process collaboration participant laneSet childLaneSet lane sequenceFlow messageFlow dataObject"
        " dataObjectReference dataStoreReference textAnnotation association group message signal error escalation"
        " category categoryValue"
    ).split()
)
SINGLE = frozenset(("definitions", "process", "collaboration"))
EVENTS = "EventDefinition"
REPEATS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
WAYS = "ways"
BETWEEN = "\n"


@dataclass(slots=True)
class Drawn:
    """A drawing as things by key, and its picture: id of the element -> how it is drawn."""

    things: dict[str, Thing] = field(default_factory=dict)
    picture: dict[str, str] = field(default_factory=dict)

    def named(self, key: str, english: bool) -> str:
        """What an element is called: its English or drawn name, a flow by its ends, else its id."""
        thing = self.things.get(key)
        if thing is None:
            return key
        if thing.kind == "sequenceFlow":
            return self.way(thing, english)
        wanted = ("property:name.en", "@name") if english else ("@name",)
        return thing.get(*wanted, "text#text", "#text") or key

    def way(self, flow: Thing, english: bool) -> str:
        """A flow as "from → to (its name)"."""
        ends = " → ".join(self._end(end, english) for end in flow.facts.get("ends", "").split(BETWEEN))
        name = flow.get("property:name.en", "@name") if english else flow.get("@name")
        return f"{ends} ({name})" if name else ends

    def _end(self, key: str, english: bool) -> str:
        thing = self.things.get(key)
        # flows may be drawn to lead to flows, even in a circle
        return key if thing is not None and thing.kind == "sequenceFlow" else self.named(key, english)


def read(root: etree._Element) -> Drawn:
    """The things of a drawing, in the order of the file."""
    drawn = Drawn()
    _Reader(drawn).read(root, "")
    _wire(drawn)
    _place_in_lanes(drawn)
    _draw(drawn, root)
    return drawn


def _apart(child: etree._Element) -> bool:
    """True for what is not part of the element around it."""
    if is_bpmn(child):
        return local(child) in OWN
    return child.tag == f"{{{BPMNDI}}}BPMNDiagram"


class _Reader:
    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn
        self.names = Numbers()

    def read(self, element: etree._Element, around: str) -> None:
        """One element that stands for itself, and those inside it."""
        kind = called(element, BPMN)
        drawn_id = None if kind in SINGLE else element.get("id")
        key = self.names.fresh(str(drawn_id) if drawn_id else f"{around}/{kind}" if kind not in SINGLE else kind)
        thing = Thing(key, kind)
        thing.put("kind", kind)
        if kind != "definitions":
            thing.put("inside", around)
        put_all(thing, element, BPMN, _apart)
        if drawn_id is not None:
            del thing.facts["@id"]
        _sum_up(thing, element)
        self.drawn.things[key] = thing
        for child in self._own(element):
            self.read(child, key)

    def _own(self, element: etree._Element) -> Iterator[etree._Element]:
        """What stands for itself anywhere below, but for what lies in another such thing."""
        for child in element:
            if is_bpmn(child) and local(child) in OWN:
                yield child
            elif not _apart(child):
                yield from self._own(child)


def _sum_up(thing: Thing, element: etree._Element) -> None:
    """Facts that say in one what several parts say: the ends of a flow, what an event waits for, how a step repeats."""
    if thing.kind == "sequenceFlow":
        ends = [thing.facts.pop(name, "") for name in ("@sourceRef", "@targetRef")]
        thing.put("ends", BETWEEN.join(ends))
    inner = [local(child) for child in element if is_bpmn(child)]
    events = [name for name in inner if name.endswith(EVENTS)]
    if events:
        thing.put("waits", BETWEEN.join(events))
    repeats = [name for name in inner if name in REPEATS]
    if repeats:
        thing.put("repeats", BETWEEN.join(repeats))


def _wire(drawn: Drawn) -> None:
    """Which flows leave a node, in the order they are asked; `incoming` and `outgoing` only where they contradict."""
    out: dict[str, list[str]] = {}
    ends: dict[str, tuple[str, str]] = {}
    for thing in drawn.things.values():
        if thing.kind == "sequenceFlow":
            source, _between, target = thing.facts["ends"].partition(BETWEEN)
            out.setdefault(source, []).append(thing.key)
            ends[thing.key] = source, target
    for thing in drawn.things.values():
        if len(out.get(thing.key, ())) > 1:
            thing.orders[WAYS] = tuple(out[thing.key])
        for side, end in (("outgoing", 0), ("incoming", 1)):
            _drop_agreeing(thing, side, end, ends)


def _drop_agreeing(thing: Thing, side: str, end: int, ends: dict[str, tuple[str, str]]) -> None:
    named = [name for name in thing.facts if name == f"{side}#text" or name.startswith(f"{side}[")]
    odd = []
    for name in named:
        value = thing.facts.pop(name)
        if not name.endswith("#text") or ends.get(value, ("", ""))[end] != thing.key:
            odd.append(f"{name} {value}" if not name.endswith("#text") else value)
    if odd:
        thing.put(side, ", ".join(sorted(odd)))


def _place_in_lanes(drawn: Drawn) -> None:
    """The lanes a node lies in, the innermost last, as a fact of the node; a lane keeps what exists nowhere."""
    places: dict[str, list[str]] = {}
    for lane in [thing for thing in drawn.things.values() if thing.kind == "lane"]:
        lost = []
        for name in [one for one in lane.facts if one.startswith("flowNodeRef") and one.endswith("#text")]:
            value = lane.facts.pop(name)
            if value not in drawn.things:
                lost.append(value)
            elif lane.key not in places.setdefault(value, []):
                places[value].append(lane.key)
        if lost:
            lane.put("holds", ", ".join(sorted(lost)))
    for key, lanes in places.items():
        drawn.things[key].put("lanes", BETWEEN.join(lanes))


def _draw(drawn: Drawn, root: etree._Element) -> None:
    shapes: dict[str, list[str]] = {}
    for diagram in root.iterchildren(f"{{{BPMNDI}}}BPMNDiagram"):
        drawn_here = [part for plane in diagram for part in plane if part.get("bpmnElement")]
        for part in drawn_here:
            shapes.setdefault(str(part.get("bpmnElement")), []).append(picture_of(part))
    drawn.picture = {key: "\n".join(sorted(parts)) for key, parts in shapes.items()}


def moved(old: Drawn, new: Drawn) -> list[str]:
    """Elements that both drawings have and that are drawn in another place or shape."""
    return [
        key
        for key in dict.fromkeys([*old.picture, *new.picture])
        if old.picture.get(key) != new.picture.get(key) and _there(old, key) and _there(new, key)
    ]


def _there(drawn: Drawn, key: str) -> bool:
    return key in drawn.things


__all__ = ["BETWEEN", "REPEATS", "WAYS", "Drawn", "moved", "read"]
