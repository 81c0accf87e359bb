"""Rules on how a drawing hangs together: ids, flows, gateways, events, what can be reached and what can end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import (
    FLOW_NODES,
    GATEWAYS,
    MAX_NODES,
    children,
    local,
    nodes_of,
    scopes_of,
    tag,
)
from workflows.lint_elements import finding
from workflows.lint_events import check_events, check_loops
from workflows.lint_graph import Graph
from workflows.lint_starts import check_begin, check_start_event
from workflows.starts import begins
from workflows.undoing import undoes


def check_flow(root: etree._Element) -> Iterator[Finding]:
    """Every rule on structure, in the order in which a reader meets the drawing."""
    yield from _ids(root)
    yield from _processes(root)
    for scope in scopes_of(root):
        graph = Graph(scope)
        for rule in _RULES:
            yield from rule(graph)


def _ids(root: etree._Element) -> Iterator[Finding]:
    with_id = [element for element in root.iter() if element.get("id")]
    counted = Counter(element.get("id") for element in with_id)
    seen: set[str | None] = set()
    for element in with_id:
        name = element.get("id")
        if counted[name] > 1 and name in seen:
            yield finding(
                element, _("The id %(id)s is used twice.", id=name), _("Give each element its own id."), code="id-twice"
            )
        if "." in str(name) and element.tag.startswith(tag("")[:-1]):
            yield finding(
                element, _("The id %(id)s contains a dot.", id=name), _("Use letters, digits and _."), code="dot-in-id"
            )
        seen.add(name)
    nodes = sum(len(nodes_of(scope)) for scope in scopes_of(root))
    if nodes > MAX_NODES:
        sentence = _("The drawing has %(count)s nodes, more than %(limit)s.", count=nodes, limit=MAX_NODES)
        yield finding(root, sentence, _("Split it into several processes."), code="too-many-nodes")


def _processes(root: etree._Element) -> Iterator[Finding]:
    processes = list(root.iter(tag("process")))
    if not any(nodes_of(process) for process in processes):
        sentence = _("The file holds no process with steps.")
        yield finding(root, sentence, _("Draw the process."), code="one-process")
    for process in processes:
        if process.get("isExecutable") != "true":
            sentence = _("The process is not marked executable; it will be treated as if it were.")
            yield finding(
                process, sentence, _("Tick Executable in the process's panel."), "warning", code="not-executable"
            )
    known = {process.get("id") for process in processes}
    for participant in root.iter(tag("participant")):
        if participant.get("processRef") and participant.get("processRef") not in known:
            yield finding(
                participant,
                _("The pool names a process that is not in the file."),
                _("Correct the pool."),
                code="pool-without-process",
            )


def _starts(graph: Graph) -> Iterator[Finding]:
    starts = graph.of("startEvent")
    yield from check_begin(graph.scope, graph.into, bool(graph.of("endEvent")))
    yield from _startcheck_events(graph, starts)
    for name, node in starts:
        if graph.into[name]:
            yield finding(
                node, _("A flow leads into a start event."), _("Lead the flow to the step after it."), code="EXT096"
            )
    for name, node in graph.of("endEvent"):
        if graph.out[name]:
            yield finding(node, _("A flow leads out of an end event."), _("Use an intermediate event."), code="EXT105")


def _startcheck_events(graph: Graph, starts: list[tuple[str, etree._Element]]) -> Iterator[Finding]:
    watches = graph.scope.get("triggeredByEvent") == "true"
    for _name, node in starts:
        kinds = [local(child) for child in node if local(child).endswith("EventDefinition")]
        if watches and not kinds and not children(node, "eventDefinitionRef"):
            sentence = _("The start event of an event subprocess does not say what it waits for.")
            yield finding(node, sentence, _("Choose a message, timer, error or other for it."), code="EXT129")
        elif not watches:
            yield from check_start_event(graph.scope, node)
        if node.get("isInterrupting", "true") != "true" and (not watches or "errorEventDefinition" in kinds):
            sentence = _("Only the start event of an event subprocess, and none for errors, may be non-interrupting.")
            yield finding(node, sentence, _("Make it interrupting."), code="EXT150")


def _watchers(graph: Graph) -> Iterator[Finding]:
    for name in graph.watchers():
        node = graph.nodes[name]
        if graph.into[name] or graph.out[name]:
            yield finding(
                node, _("A flow joins an event subprocess."), _("Remove the flow; its event starts it."), code="EXT057"
            )
        if any(local(child).endswith("LoopCharacteristics") for child in node):
            yield finding(
                node,
                _("An event subprocess cannot be repeated."),
                _("Repeat a subprocess inside it."),
                code="event-subprocess-repeated",
            )
        if any(event.get("attachedToRef") == name for _n, event in graph.of("boundaryEvent")):
            yield finding(
                node,
                _("An event subprocess has a boundary event."),
                _("Attach it to a step inside it."),
                code="event-subprocess-boundary",
            )


def _ends_of_flows(graph: Graph) -> Iterator[Finding]:
    pairs = Counter((flow.get("sourceRef"), flow.get("targetRef")) for flow in graph.flows)
    for flow in graph.flows:
        ends = flow.get("sourceRef"), flow.get("targetRef")
        if any(str(end) not in graph.nodes for end in ends):
            sentence = _("The flow does not join two nodes of the same process or subprocess.")
            yield finding(
                flow,
                sentence,
                _("Draw the flow again; it must not cross a subprocess's border."),
                code=_wrong_end(graph, flow),
            )
        elif pairs[ends] > 1:
            yield finding(
                flow, _("Two flows join the same two nodes."), _("Remove one of them."), code="two-flows-same-nodes"
            )
        elif ends[0] == ends[1] and graph.kind(str(ends[0])) in GATEWAYS:
            yield finding(
                flow, _("A gateway leads to itself."), _("Lead the flow to a step."), code="gateway-to-itself"
            )
    for name, node in graph.nodes.items():
        yield from _listed(graph, name, node)


def _wrong_end(graph: Graph, flow: etree._Element) -> str:
    """The rule that a flow breaks whose ends are not both in its process or subprocess."""
    within = {str(node.get("id")): node for node in graph.scope.getroottree().iter(etree.Element) if node.get("id")}
    for end, rule in ((flow.get("sourceRef"), "EXT021"), (flow.get("targetRef"), "EXT022")):
        found = within.get(str(end))
        if found is not None and local(found) not in FLOW_NODES:
            return rule
    return "EXT028" if all(str(flow.get(end)) in within for end in ("sourceRef", "targetRef")) else "flow-ends"


def _listed(graph: Graph, name: str, node: etree._Element) -> Iterator[Finding]:
    # Editors list the flows at each node. A file that does so for some and not for others was cut by hand.
    for kind, flows in (("incoming", graph.into[name]), ("outgoing", graph.out[name])):
        real = {flow.get("id") for flow in flows}
        for reference in children(node, kind):
            if (reference.text or "").strip() not in real:
                listed = (reference.text or "").strip()
                sentence = _("The node lists a flow %(id)s that does not lead there.", id=listed)
                yield finding(reference, sentence, _("Draw the flow again."), code="EXT023")
        if graph.lists and flows and not children(node, kind):
            sentence = _("The node does not list its %(kind)s flows although others do.", kind=kind)
            yield finding(
                node, sentence, _("Save the drawing again from the editor."), code=_UNLISTED.get(local(node), "EXT023")
            )


# an event that lists no flow at all, by the standard's rule on that event
_UNLISTED = {"startEvent": "EXT101", "endEvent": "EXT107"}
_LONELY = {
    "endEvent": "EXT107", "intermediateCatchEvent": "EXT115", "intermediateThrowEvent": "EXT115",
}  # fmt: skip
_DEAD = {
    "startEvent": "EXT101", "intermediateCatchEvent": "EXT116", "intermediateThrowEvent": "EXT116",
    "boundaryEvent": "EXT113",
}  # fmt: skip


def _reach(graph: Graph) -> Iterator[Finding]:
    todo = [str(node.get("id")) for node in begins(graph.scope) if node.get("id")] + graph.watchers()
    seen = set(todo)
    while todo:
        fresh = [name for name in graph.nexts(todo.pop()) if name not in seen]
        seen.update(fresh)
        todo += fresh
    ending = _can_end(graph)
    for name, node in graph.nodes.items():
        if name not in seen:
            code = "unreachable" if graph.into[name] or graph.links(name) else _LONELY.get(local(node), "unreachable")
            yield finding(node, _("No token can ever get here."), _("Lead a flow to it or remove it."), code=code)
        elif name not in ending:
            yield finding(
                node,
                _("From here there is no way to an end event."),
                _("Draw the way to an end event."),
                code="no-way-to-end",
            )


def _can_end(graph: Graph) -> set[str]:
    before: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for name in graph.nodes:
        for after in graph.nexts(name):
            before[after].append(name)
    ends = [name for name, _node in graph.of("endEvent")]
    if ends_itself(graph):
        ends = [name for name in graph.nodes if not graph.nexts(name)]
    undoing = [name for name, node in graph.nodes.items() if node.get("isForCompensation") == "true"]
    undoing += [name for name, node in graph.of("boundaryEvent") if undoes(node)]
    todo = ends + graph.watchers() + undoing
    seen = set(todo)
    while todo:
        fresh = [name for name in before[todo.pop()] if name not in seen]
        seen.update(fresh)
        todo += fresh
    return seen


def ends_itself(graph: Graph) -> bool:
    """Whether paths end where no flow leads on: without start and end events (BPMN 2.0.2, 10.5.3)."""
    return not graph.of("startEvent") and not graph.of("endEvent")


def _dead_ends(graph: Graph) -> Iterator[Finding]:
    for name, node in graph.nodes.items():
        kind = local(node)
        links = graph.links(name)
        if name in graph.watchers():
            continue
        if kind == "boundaryEvent" and children(node, "compensateEventDefinition"):
            continue  # an association leads from it
        if ends_itself(graph) and kind not in GATEWAYS and kind != "boundaryEvent":
            continue
        if node.get("isForCompensation") == "true":
            continue  # who undoes does not lead on
        if not graph.out[name] and kind != "endEvent" and not (kind == "intermediateThrowEvent" and links):
            yield finding(
                node,
                _("No flow leads out of here."),
                _("Draw the flow to the next step or an end event."),
                code=_DEAD.get(kind, "dead-end"),
            )
        if kind == "boundaryEvent" and graph.into[name]:
            yield finding(
                node, _("A flow leads into a boundary event."), _("Lead the flow to the activity."), code="EXT112"
            )


def _links(graph: Graph) -> Iterator[Finding]:
    events = [(n, node) for n, node in graph.of("intermediateThrowEvent", "intermediateCatchEvent") if graph.links(n)]
    catching = Counter(name for n, node in events if local(node) == "intermediateCatchEvent" for name in graph.links(n))
    throwing = {name for n, node in events if local(node) == "intermediateThrowEvent" for name in graph.links(n)}
    for name, node in events:
        link, catches = graph.links(name)[0], local(node) == "intermediateCatchEvent"
        remedy = _("Give one throwing and one catching link the same name, inside the same process or subprocess.")
        partner = link in throwing and catching[link] == 1 if catches else catching[link] == 1
        if not link or not partner:
            yield finding(
                node, _("The link %(name)s has no partner or several.", name=link), remedy, code="link-partner"
            )
        if (catches and graph.into[name]) or (not catches and graph.out[name]):
            yield finding(
                node,
                _("A link stands in the middle of a flow."),
                _("Links replace the flow between them."),
                code="EXT117",
            )


def _conditions(graph: Graph) -> Iterator[Finding]:
    for name, node in graph.nodes.items():
        flows, default = graph.out[name], node.get("default")
        guarded = [flow for flow in flows if flow.find(tag("conditionExpression")) is not None]
        if default and default not in {flow.get("id") for flow in flows}:
            yield finding(
                node,
                _("The default flow does not leave this node."),
                _("Choose one of its own flows."),
                code="default-not-own",
            )
        for flow in guarded:
            if flow.get("id") == default:
                yield finding(
                    flow,
                    _("The default flow has a condition."),
                    _("Remove the condition."),
                    code="default-with-condition",
                )
        yield from _choices(graph, node, flows, guarded, default)


def _choices(
    graph: Graph, node: etree._Element, flows: list[etree._Element], guarded: list[etree._Element], default: str | None
) -> Iterator[Finding]:
    kind = local(node)
    if kind in ("exclusiveGateway", "inclusiveGateway", "complexGateway"):
        for flow in flows:
            if len(flows) > 1 and flow not in guarded and flow.get("id") != default:
                sentence = _("A flow out of the gateway has no condition and is not the default.")
                yield finding(
                    flow, sentence, _("Write its condition or make it the default flow."), code="flow-without-condition"
                )
    elif kind in ("parallelGateway", "eventBasedGateway", "startEvent", "boundaryEvent", "intermediateThrowEvent",
                  "intermediateCatchEvent"):  # fmt: skip
        for flow in guarded:
            sentence = _("A condition on a flow out of a %(kind)s has no effect.", kind=kind)
            code = {"eventBasedGateway": "EXT137", "parallelGateway": "EXT026"}.get(kind, "condition-without-effect")
            severity = "warning" if kind == "parallelGateway" else "error"  # all its flows are taken all the same
            yield finding(flow, sentence, _("Remove the condition or use an exclusive gateway."), severity, code=code)
    elif guarded and len(flows) == 1:
        sentence = _("The only flow out of the step has a condition; when it is false the case is stuck.")
        yield finding(guarded[0], sentence, _("Remove the condition or draw the other way too."), code="EXT025")


_DIRECTIONS = {"Converging": "EXT017", "Diverging": "EXT018", "Mixed": "EXT019"}


def _gateways(graph: Graph) -> Iterator[Finding]:
    for name, node in graph.of(*GATEWAYS):
        into, out, said = len(graph.into[name]), len(graph.out[name]), node.get("gatewayDirection", "Unspecified")
        wrong = {
            "Diverging": into > 1 or out < 2,
            "Converging": into < 2 or out > 1,
            "Mixed": into < 2 or out < 2,
        }.get(said, into < 2 and out < 2)
        if wrong:
            sentence = _("The gateway neither splits nor joins as its direction says (%(said)s).", said=said)
            code = "EXT135" if into < 2 and out < 2 else _DIRECTIONS[said]
            yield finding(node, sentence, _("Remove the gateway or draw the missing flows."), code=code)


def _races(graph: Graph) -> Iterator[Finding]:
    for name, _node in graph.of("eventBasedGateway"):
        for flow in graph.out[name]:
            target = graph.nodes.get(str(flow.get("targetRef")))
            if target is None:
                continue
            kind = local(target)
            if kind not in ("intermediateCatchEvent", "receiveTask") or graph.links(str(target.get("id"))):
                sentence = _("An event-based gateway leads to a %(kind)s.", kind=kind)
                yield finding(target, sentence, _("Lead it to catching events or receive tasks only."), code="EXT138")
            elif len(graph.into[str(target.get("id"))]) > 1:
                yield finding(
                    target,
                    _("Another flow leads here past the gateway."),
                    _("Draw an event of its own."),
                    code="EXT141",
                )
            elif any(b.get("attachedToRef") == target.get("id") for _n, b in graph.of("boundaryEvent")):
                sentence = _("A step behind an event-based gateway has a boundary event.")
                yield finding(target, sentence, _("Lead the gateway to one more event instead."), code="EXT140")


_RULES: tuple[Callable[[Graph], Iterator[Finding]], ...] = (
    _starts, _watchers, _ends_of_flows, _dead_ends, _reach, _links, _conditions, _gateways, _races, check_events,
    check_loops,
)  # fmt: skip
