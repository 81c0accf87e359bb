"""Constraints of the standard on events: which kind may stand where, their flows, links, conditions, compensation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import ACTIVITIES, children, local, tag
from workflows.lint_elements import finding
from workflows.lint_graph import Graph
from workflows.lint_model import Model, holds_true, watches

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_START = frozenset(("message", "timer", "conditional", "signal"))
_WATCH = _START | {"error", "escalation", "compensate"}
_END = frozenset(("message", "error", "escalation", "cancel", "compensate", "signal", "terminate"))
_CATCH = frozenset(("message", "timer", "conditional", "link", "signal"))
_THROW = frozenset(("message", "escalation", "link", "compensate", "signal"))
_INTERRUPTING = frozenset(("message", "timer", "escalation", "error", "cancel", "compensate", "conditional", "signal"))
_BESIDE = frozenset(("message", "timer", "escalation", "conditional", "signal"))


def _starts(model: Model) -> Iterator[Finding]:
    for graph, name, node in model.nodes("startEvent"):
        if graph.into[name]:
            sentence = _("A flow leads into a start event.")
            yield finding(node, sentence, _("Lead the flow to the step after it."), code="EXT096")
        if not graph.out[name]:
            yield finding(node, _("No flow leads out of the start event."), _("Draw the flow."), code="EXT101")
        yield from _start_kinds(graph, node, model.kinds(node))


def _start_kinds(graph: Graph, node: etree._Element, kinds: list[str]) -> Iterator[Finding]:
    if watches(graph.scope):
        yield from _watching_start(node, kinds)
    elif local(graph.scope) == "process":
        yield from _top_start(node, kinds)
    elif kinds:
        sentence = _("The start event of a subprocess waits for nothing.")
        yield finding(node, sentence, _("Use a plain start event, or an event subprocess."), code="EXT100")
    beside = not holds_true(node, "isInterrupting", "true")
    if beside and (not watches(graph.scope) or set(kinds) & {"error", "compensate"}):
        sentence = _("Only the start event of an event subprocess, and none for errors, may be non-interrupting.")
        yield finding(node, sentence, _("Make it interrupting."), code="EXT150")


def _watching_start(node: etree._Element, kinds: list[str]) -> Iterator[Finding]:
    remedy = _("Choose a message, timer, error or other for it.")
    if not kinds or set(kinds) - _WATCH:
        sentence = _("The start event of an event subprocess does not say what it waits for.")
        for rule in ("EXT059", "EXT129"):  # the standard says it twice
            yield finding(node, sentence, remedy, code=rule)


def _top_start(node: etree._Element, kinds: list[str]) -> Iterator[Finding]:
    foreign = [kind for kind in kinds if kind not in _START]
    if foreign:
        sentence = _("A process cannot begin with this event: %(kind)s.", kind=foreign[0])
        remedy = _("Begin with nothing, a message, a timer, a condition or a signal.")
        yield finding(node, sentence, remedy, code="EXT098")


def _called(model: Model) -> Iterator[Finding]:
    for node in model.all("callActivity"):
        called = model.get(node.get("calledElement"))
        if called is None or local(called) != "process":
            continue
        starts = children(called, "startEvent")
        if starts and all(model.kinds(start) for start in starts):
            sentence = _("The called process has no plain start event.")
            yield finding(node, sentence, _("Draw one in the called process."), code="EXT099")


def _begin_and_end(model: Model) -> Iterator[Finding]:
    """A scope that shows where it ends shows where it begins, and the other way round."""
    for graph in model.graphs:
        if local(graph.scope) == "adHocSubProcess" or watches(graph.scope):
            continue
        starts, ends = graph.of("startEvent"), graph.of("endEvent")
        remedy = _("Draw both start and end events, or neither.")
        if ends and not starts and not _begun_by_message(graph):
            sentence = _("There is an end event, but no start event.")
            yield finding(graph.scope, sentence, remedy, code="EXT097")
        if starts and not ends:
            sentence = _("There is a start event, but no end event.")
            yield finding(graph.scope, sentence, remedy, code="EXT104")


def _begun_by_message(graph: Graph) -> bool:
    return any(holds_true(node, "instantiate") for _name, node in graph.of("receiveTask", "eventBasedGateway"))


def _ends(model: Model) -> Iterator[Finding]:
    for graph, name, node in model.nodes("endEvent"):
        if graph.out[name]:
            sentence = _("A flow leads out of an end event.")
            yield finding(node, sentence, _("Use an intermediate event."), code="EXT105")
        if not graph.into[name]:
            sentence = _("No flow leads to the end event.")
            yield finding(node, sentence, _("Draw the flow, or remove the event."), code="EXT107")
        kinds = set(model.kinds(node))
        if "cancel" in kinds and not any(local(one) == "transaction" for one in node.iterancestors()):
            sentence = _("A cancel end event stands in a transaction only.")
            for rule in ("EXT106", "EXT121"):  # said of end events and of cancelling
                yield finding(node, sentence, _("Use an error end event."), code=rule)
        for kind in sorted(kinds - _END):
            sentence = _("An end event cannot be of this kind: %(kind)s.", kind=kind)
            yield finding(node, sentence, _("Use an intermediate event before it."), code="EXT146")


def _between(model: Model) -> Iterator[Finding]:
    for graph, name, node in model.nodes("intermediateCatchEvent", "intermediateThrowEvent"):
        catches, kinds = local(node) == "intermediateCatchEvent", model.kinds(node)
        if not graph.into[name] and not (catches and "link" in kinds):
            sentence = _("No flow leads to the event.")
            yield finding(node, sentence, _("Draw the flow, or remove the event."), code="EXT115")
        if not graph.out[name] and not (not catches and "link" in kinds):
            yield finding(node, _("No flow leads out of the event."), _("Draw the flow."), code="EXT116")
        if catches and not kinds:
            sentence = _("The event does not say what it waits for.")
            yield finding(node, sentence, _("Choose a message, timer or other."), code="EXT148")
        for kind in sorted(set(kinds) - (_CATCH if catches else _THROW)):
            sentence = _("An intermediate event cannot be of this kind here: %(kind)s.", kind=kind)
            remedy = _("Use a catching or throwing event that may be so, a boundary event or an end event.")
            yield finding(node, sentence, remedy, code="EXT148" if catches else "EXT149")


def _boundaries(model: Model) -> Iterator[Finding]:
    for graph, name, node in model.nodes("boundaryEvent"):
        host = model.get(node.get("attachedToRef"))
        if host is None or local(host) not in ACTIVITIES:
            sentence = _("The boundary event is attached to nothing here.")
            yield finding(node, sentence, _("Drop it onto an activity."), code="EXT110")
        kinds = model.kinds(node)
        if "cancel" in kinds and (host is None or local(host) != "transaction"):
            sentence = _("A cancel boundary event stands on a transaction only.")
            for rule in ("EXT111", "EXT121"):
                yield finding(node, sentence, _("Use an error boundary event."), code=rule)
        if graph.into[name]:
            sentence = _("A flow leads into a boundary event.")
            yield finding(node, sentence, _("Lead the flow to the activity."), code="EXT112")
        yield from _ways_out(graph, name, node, kinds)
        yield from _boundary_kinds(node, kinds)


def _ways_out(graph: Graph, name: str, node: etree._Element, kinds: list[str]) -> Iterator[Finding]:
    if "compensate" in kinds:
        if graph.out[name]:
            sentence = _("A flow leads out of a compensation event.")
            remedy = _("Join event and step by an association.")
            yield finding(node, sentence, remedy, code="EXT114")
    elif not graph.out[name]:
        sentence = _("No flow leads out of the boundary event.")
        yield finding(node, sentence, _("Draw the flow to the next step or an end event."), code="EXT113")


def _boundary_kinds(node: etree._Element, kinds: list[str]) -> Iterator[Finding]:
    interrupts = holds_true(node, "cancelActivity", "true")
    allowed = _INTERRUPTING if interrupts else _BESIDE
    if not kinds:
        sentence = _("The boundary event does not say what it waits for.")
        for rule in ("EXT120", "EXT130", "EXT147"):  # the standard says it in three places
            yield finding(node, sentence, _("Choose a message, timer or other."), code=rule)
    for kind in sorted(set(kinds) - allowed):
        sentence = _("A boundary event that interrupts cannot be of this kind: %(kind)s.", kind=kind)
        if not interrupts:
            sentence = _("A boundary event that does not interrupt cannot be of this kind: %(kind)s.", kind=kind)
        for rule in ("EXT120", "EXT147"):
            yield finding(node, sentence, _("Choose another kind, or make it interrupting."), code=rule)


def _links(model: Model) -> Iterator[Finding]:
    for graph in model.graphs:
        links = [
            (n, e, graph.links(n)[0])
            for n, e in graph.of("intermediateCatchEvent", "intermediateThrowEvent")
            if graph.links(n)
        ]
        caught = Counter(name for _n, node, name in links if local(node) == "intermediateCatchEvent")
        for own, node, name in links:
            catches = local(node) == "intermediateCatchEvent"
            if graph.into[own] if catches else graph.out[own]:
                sentence = _("A link stands in the middle of a flow.")
                yield finding(node, sentence, _("Links replace the flow between them."), code="EXT117")
            yield from _partner(model, graph, node, name, catches)
            if catches and caught[name] > 1:
                sentence = _("Several links catch under the name %(name)s.", name=name)
                yield finding(node, sentence, _("Give each its own name."), code="EXT127")


def _partner(model: Model, graph: Graph, node: etree._Element, name: str, catches: bool) -> Iterator[Finding]:
    other = "intermediateThrowEvent" if catches else "intermediateCatchEvent"
    if _joined(model, node, [event for _n, event in graph.of(other)], name):
        return
    remedy = _("Give one throwing and one catching link the same name, inside the same process or subprocess.")
    elsewhere = [event for one, _n, event in model.nodes(other) if one.scope is not graph.scope]
    if _joined(model, node, elsewhere, name):
        sentence = _("The other end of the link %(name)s lies in another process or subprocess.", name=name)
        yield finding(node, sentence, remedy, code="EXT126")
    elif catches:
        yield finding(node, _("No link throws to %(name)s.", name=name), remedy, code="EXT124")
    else:
        yield finding(node, _("No link catches %(name)s.", name=name), remedy, code="EXT125")


def _joined(model: Model, node: etree._Element, others: list[etree._Element], name: str) -> bool:
    """Whether one of these events is the other end: by the same name, or by source and target."""
    mine = {str(one.get("id")) for one in children(node, "linkEventDefinition")}
    meant = {
        ref
        for one in children(node, "linkEventDefinition")
        for end in ("source", "target")
        for ref in model.text(one, end)
    }
    for other in others:
        for link in children(other, "linkEventDefinition"):
            named = {*model.text(link, "source"), *model.text(link, "target")}
            if (name and link.get("name") == name) or str(link.get("id")) in meant or mine & named:
                return True
    return False


def _conditions(model: Model) -> Iterator[Finding]:
    for definition in model.all("conditionalEventDefinition"):
        condition = definition.find(tag("condition"))
        if condition is None or not (condition.text or "").strip():
            yield finding(definition, _("The event has no condition."), _("Write its condition."), code="EXT123")
        elif not condition.get(_TYPE, "").endswith("tFormalExpression"):
            sentence = _("The event's condition is a description, not an expression.")
            yield finding(definition, sentence, _("Write it as an expression."), code="EXT123")


def _timers(model: Model) -> Iterator[Finding]:
    for definition in model.all("timerEventDefinition"):
        times = [child for child in definition if local(child) in ("timeDate", "timeDuration", "timeCycle")]
        if len(times) > 1:
            sentence = _("The timer has %(count)s times; exactly one is needed.", count=len(times))
            yield finding(definition, sentence, _("Give a date, a duration or a cycle."), code="EXT131")


def _compensation(model: Model) -> Iterator[Finding]:
    for definition in model.all("compensateEventDefinition"):
        named = definition.get("activityRef")
        if named and (found := model.get(named)) is not None and local(found) not in ACTIVITIES:
            sentence = _("Compensation names something that is no step.")
            yield finding(definition, sentence, _("Name a step, or none."), code="EXT122")


def _messages(model: Model) -> Iterator[Finding]:
    for definition in model.all("messageEventDefinition"):
        process = model.process_of(definition)
        if process is None or not holds_true(process, "isExecutable"):
            continue
        found = model.get(definition.get("messageRef"))
        if found is None or local(found) != "message":
            sentence = _("The event names no %(wanted)s of this file.", wanted="message")
            yield finding(definition, sentence, _("Choose one in the event's panel."), code="EXT128")


EVENT_RULES = (
    _starts, _called, _begin_and_end, _ends, _between, _boundaries, _links, _conditions, _timers, _compensation,
    _messages,
)  # fmt: skip
