"""Rules on what tokens can do: joins that wait for ever, steps done twice, loops in which nothing ever waits.

An error is only what holds for every case, whatever its values; what some values may bring about is a warning
(docs/decisions/0020).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import children, local, nodes_of, scopes_of, tag
from workflows.lint_elements import finding
from workflows.lint_graph import Graph
from workflows.token_net import Found, Net, NotAnalysed, UnknownNode, explored

_WAITING = frozenset(
    (
        "userTask",
        "manualTask",
        "receiveTask",
        "serviceTask",
        "intermediateCatchEvent",
        "eventBasedGateway",
        "callActivity",
    )
)
# what may change a value that a condition reads
_CHANGING = frozenset(("scriptTask", "businessRuleTask", "subProcess", "transaction", "adHocSubProcess", "sendTask"))
_CHOOSING = frozenset(("exclusiveGateway", "inclusiveGateway", "complexGateway"))


def check_soundness(root: etree._Element) -> Iterator[Finding]:
    """Every finding about the parallel parts and the loops. Only for a drawing whose flows are all in order."""
    for scope in scopes_of(root):
        graph = Graph(scope)
        if graph.nodes and local(scope) != "adHocSubProcess":
            yield from _endless(graph)
            if graph.of("parallelGateway", "inclusiveGateway") or _forks(graph):
                yield from _parallel(graph)


def _forks(graph: Graph) -> bool:
    return any(len(graph.out[name]) > 1 for name, node in graph.nodes.items() if not local(node).endswith("Gateway"))


# --- joins and splits --------------------------------------------------------------------------------------------


def _parallel(graph: Graph) -> Iterator[Finding]:
    try:
        found = explored(Net(graph, beside=True))
        # a boundary event beside its step doubles tokens on purpose
        alone = explored(Net(graph, beside=False)) if _has_beside(graph) else found
    except UnknownNode:
        return
    except NotAnalysed:
        sentence = _("The parallel parts are too entangled to be checked for steps that wait for ever.")
        yield finding(graph.scope, sentence, _("Put parts of them into subprocesses."), "warning", code="not-analysed")
        return
    yield from _waiting(graph, found)
    for name in sorted(alone.doubled):
        sentence = _("Two branches that run at once come together here without a join; what follows is done twice.")
        remedy = _("Join the branches by a parallel gateway before this.")
        yield finding(graph.nodes[name], sentence, remedy, "warning", code="lack-of-synchronisation")


def _has_beside(graph: Graph) -> bool:
    return any(node.get("cancelActivity") == "false" for _name, node in graph.of("boundaryEvent"))


def _waiting(graph: Graph, found: Found) -> Iterator[Finding]:
    for name, node in graph.of("parallelGateway"):
        if name in found.fed and name not in found.fired and found.whole:
            sentence = _("This join waits for ever: its branches are never all taken in one case.")
            remedy = _("Join the branches of a choice by the same kind of gateway that parts them.")
            yield finding(node, sentence, remedy, code="deadlock")
        elif name in found.stuck:
            sentence = _("This join may wait for ever: there are ways on which not all its branches are taken.")
            remedy = _("Join the branches of a choice by the same kind of gateway that parts them.")
            yield finding(node, sentence, remedy, "warning", code="may-deadlock")
    for name, node in graph.of("inclusiveGateway"):
        if name in found.stuck:
            sentence = _("This join may wait for another join that waits for it.")
            yield finding(node, sentence, _("Lead one of the two past the loop."), "warning", code="may-deadlock")


# --- loops -------------------------------------------------------------------------------------------------------


def _endless(graph: Graph) -> Iterator[Finding]:
    quick = [name for name, node in graph.nodes.items() if not _waits(node)]
    for circle in _circles(graph, quick):
        first = next(name for name in graph.nodes if name in circle)
        exits = [name for name in circle if _may_leave(graph, name, circle)]
        if not exits:
            sentence = _("This loop never ends: nothing in it waits, and no way leads out.")
            yield finding(graph.nodes[first], sentence, _("Draw the way out."), code="endless-loop")
        elif not any(local(graph.nodes[name]) in _CHANGING for name in circle):
            sentence = _("Nothing in this loop waits or changes a value; once it is entered again it may never end.")
            remedy = _("Put a person's step, a timer or a message into it.")
            yield finding(graph.nodes[first], sentence, remedy, "warning", code="loop-without-wait")


def _waits(node: etree._Element) -> bool:
    """Whether a case may stand at a node: for a person, a time, an event or a job."""
    if local(node) in ("subProcess", "transaction", "adHocSubProcess"):
        return any(_waits(inner) for inner in nodes_of(node))
    return local(node) in _WAITING and not children(node, "linkEventDefinition")


def _may_leave(graph: Graph, name: str, circle: set[str]) -> bool:
    """Whether a token may go from here out of the circle instead of on in it."""
    node, outside = graph.nodes[name], [other for other in graph.nexts(name) if other not in circle]
    if not outside or local(node) in ("parallelGateway",):
        return False
    by_event = any(
        graph.kind(other) == "boundaryEvent" and graph.nodes[other].get("cancelActivity") != "false"
        for other in outside
    )
    guarded = any(flow.find(tag("conditionExpression")) is not None for flow in graph.out[name])
    return local(node) in _CHOOSING or by_event or guarded


def _circles(graph: Graph, names: list[str]) -> list[set[str]]:
    """The largest sets of these nodes in which every one leads to every other."""
    among = set(names)
    nexts = {name: {other for other in graph.nexts(name) if other in among} for name in names}
    reached = {name: _reached(nexts, name) for name in names}
    found: list[set[str]] = []
    for name in names:
        circle = {other for other in reached[name] if name in reached[other]}
        if circle and circle not in found:
            found.append(circle)
    return found


def _reached(nexts: Mapping[str, Collection[str]], name: str) -> set[str]:
    seen: set[str] = set()
    todo = list(nexts[name])
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo += nexts[at]
    return seen
