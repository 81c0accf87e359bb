"""Where an instance of a process begins: its start events, or the steps that nothing leads to (BPMN 2.0.2, 10.5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from workflows.bpmn_xml import FLOW_NODES, children, flows_of, local, nodes_of, tag
from workflows.spiff_events import NotAnInstant, after, is_cycle, read_instant
from workflows.spiff_feel import compiled, plain

_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_REFERRED = {
    "messageEventDefinition": ("message", "messageRef"),
    "signalEventDefinition": ("signal", "signalRef"),
}


@dataclass(frozen=True)
class StartSpec:
    """One way a process begins.

    id: of the start event, or of the receive task or event that begins it; "" for a process without start events,
    all of whose first steps begin together. kind: none, message, signal, timer, conditional or multiple.
    name: of the message or signal; of a timer its kind (date, duration or cycle). text: the timer's or the condition's
    text. events: of a multiple start what it consists of; any one of them begins the process, with `parallel` all
    of them together. gateway: id of the parallel event-based gateway it stands behind; what else stands there is
    then waited for by the instance that began. messages that an instance waits for come to it, not to a new one.
    """

    id: str
    kind: str
    name: str = ""
    text: str = ""
    events: tuple[StartSpec, ...] = ()
    parallel: bool = False
    gateway: str = ""
    correlation: str = ""


def begins(scope: etree._Element) -> list[etree._Element]:
    """The nodes of a process or subprocess with which it begins, in document order."""
    nodes = nodes_of(scope)
    led_to = {str(flow.get("targetRef")) for flow in flows_of(scope)}
    free = [node for node in nodes if str(node.get("id")) not in led_to]
    starts = [node for node in nodes if local(node) == "startEvent"]
    creating = [node for node in free if node.get("instantiate") == "true"]
    return starts + creating or [node for node in free if may_begin(node)]


def may_begin(node: etree._Element) -> bool:
    """Whether a node without incoming flow begins with its scope, when that has no start event."""
    waits = local(node) == "boundaryEvent" or node.get("triggeredByEvent") == "true"
    linked = local(node) == "intermediateCatchEvent" and bool(children(node, "linkEventDefinition"))
    return local(node) in FLOW_NODES and not waits and not linked and node.get("isForCompensation") != "true"


def read_starts(process: etree._Element) -> tuple[StartSpec, ...]:
    """Every way a process begins, as drawn."""
    found: list[StartSpec] = []
    for node in begins(process):
        if local(node) == "startEvent":
            found.append(_start(node))
        elif node.get("instantiate") == "true":
            found += _creating(node, process)
    return tuple(found) or (StartSpec("", "none"),)


def _start(node: etree._Element) -> StartSpec:
    name, events = str(node.get("id") or ""), tuple(_events(node, ""))
    if not events:
        return StartSpec(name, "none")
    if len(events) > 1:
        return StartSpec(name, "multiple", events=events, parallel=node.get("parallelMultiple") == "true")
    return replace(events[0], id=name)


def _creating(node: etree._Element, process: etree._Element) -> Iterator[StartSpec]:
    if local(node) == "receiveTask":
        yield StartSpec(str(node.get("id")), "message", named(node, "message", node.get("messageRef")))
        return
    gateway = str(node.get("id")) if node.get("eventGatewayType") == "Parallel" else ""
    behind = {str(flow.get("targetRef")) for flow in flows_of(process) if flow.get("sourceRef") == node.get("id")}
    for event in nodes_of(process):
        if str(event.get("id")) not in behind:
            continue
        if local(event) == "receiveTask":
            name = named(event, "message", event.get("messageRef"))
            yield StartSpec(str(event.get("id")), "message", name, gateway=gateway)
        else:
            yield replace(_start(event), gateway=gateway)


def _events(node: etree._Element, name: str) -> Iterator[StartSpec]:
    for definition in definitions_of(node):
        kind = local(definition)
        if kind in _REFERRED:
            wanted, attribute = _REFERRED[kind]
            yield StartSpec(name, wanted, named(definition, wanted, definition.get(attribute)))
        elif kind == "timerEventDefinition":
            inner = next((child for child in definition if local(child) in _TIMERS), None)
            if inner is not None:
                yield StartSpec(name, "timer", _TIMERS[local(inner)], (inner.text or "").strip())
        elif kind == "conditionalEventDefinition":
            condition = definition.find(tag("condition"))
            yield StartSpec(name, "conditional", "", "" if condition is None else (condition.text or "").strip())


def definitions_of(node: etree._Element) -> list[etree._Element]:
    """The event definitions of an event, those kept at the head of the file included."""
    found = [child for child in node if local(child).endswith("EventDefinition")]
    root = node.getroottree().getroot()
    for reference in children(node, "eventDefinitionRef"):
        wanted = bare_name(reference.text)
        found += [e for e in root if local(e).endswith("EventDefinition") and e.get("id") == wanted]
    return found


def named(node: etree._Element, kind: str, reference: str | None) -> str:
    """The name of the message or signal a node refers to, "" when there is none."""
    root = node.getroottree().getroot()
    wanted = bare_name(reference)
    found = next((e for e in root.findall(tag(kind)) if wanted and e.get("id") == wanted), None)
    return "" if found is None else str(found.get("name") or "")


def bare_name(reference: str | None) -> str:
    """The local part of a reference: `tns:order` is `order` in this file or another of the set."""
    return (reference or "").strip().rpartition(":")[2]


# --- timers that begin a process ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """When a timer start happens next. left: how often it still does, None without end; every: ISO duration,
    counted `round` times from `start`."""

    due: datetime
    left: int | None = 1
    every: str = ""
    start: datetime | None = None
    round: int = 1

    def next(self) -> Plan | None:
        """The plan after this time; None when that was the last."""
        left = None if self.left is None else self.left - 1
        if not self.every or left == 0 or self.start is None:
            return None
        return Plan(after(self.start, self.every, self.round + 1), left, self.every, self.start, self.round + 1)


def plan(start: StartSpec, now: datetime) -> Plan:
    """The first time of a timer start that counts from `now` (aware).

    Raises:
        NotAnInstant: its text is no time of its kind.
    """
    text = start.text
    if start.name == "date":
        return Plan(read_instant(_value(text, now)))
    if start.name == "duration":
        return Plan(after(now, _value(text, now)))
    value = str(_value(text, now))
    if not is_cycle(value):
        raise NotAnInstant("a cycle such as R3/P1D is needed")
    times, _slash, every = value.removeprefix("R").partition("/")
    return Plan(after(now, every), int(times) if times else None, every, now)


def _value(text: str, now: datetime) -> object:
    if text[:1] == "P" or text[:1] == "R" or text[:1].isdigit():
        return text
    return plain(compiled(text).evaluate({}, now=now).value)
