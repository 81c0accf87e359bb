"""Constraints of the standard on sequence flows, gateways, activities, repetition and subprocesses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import ACTIVITIES, children, local, tag
from workflows.lint_elements import finding
from workflows.lint_graph import Graph
from workflows.lint_model import Model, holds_true, watches

_MIME = re.compile(r"[\w.+-]+/[\w.+-]+(?:\s*;.*)?")
_DEFAULTS = ACTIVITIES | {"exclusiveGateway", "inclusiveGateway", "complexGateway"}
_CHOREOGRAPHY = ("choreographyTask", "subChoreography", "callChoreography")


def _ends(model: Model) -> Iterator[Finding]:
    for graph in model.graphs:
        for flow in graph.flows:
            for end, rule in (("sourceRef", "EXT021"), ("targetRef", "EXT022")):
                node = graph.nodes.get(str(flow.get(end)))
                if node is not None and (watches(node) or holds_true(node, "isForCompensation")):
                    sentence = _("A flow may not join an event subprocess or a step for compensation.")
                    yield finding(flow, sentence, _("Remove the flow; an event starts what is there."), code=rule)
            if flow.get("isImmediate") is not None and _executable(flow):
                sentence = _("isImmediate has no place in a process that is carried out.")
                yield finding(flow, sentence, _("Remove the attribute."), code="EXT024")


def _executable(element: etree._Element) -> bool:
    process = next((one for one in element.iterancestors() if one.tag == tag("process")), None)
    return process is not None and holds_true(process, "isExecutable")


def _conditions(model: Model) -> Iterator[Finding]:
    for graph, name, node in model.nodes():
        flows = graph.out[name]
        guarded = [flow for flow in flows if flow.find(tag("conditionExpression")) is not None]
        if guarded and len(flows) == 1 and local(node) in ACTIVITIES:
            sentence = _("The only flow out of the step has a condition; when it is false the case is stuck.")
            yield finding(guarded[0], sentence, _("Remove the condition or draw the other way too."), code="EXT025")
        for flow in guarded:
            if local(node) in ("parallelGateway", "eventBasedGateway"):
                code = "EXT026" if local(node) == "parallelGateway" else "EXT137"
                sentence = _("A condition on a flow out of a %(kind)s has no effect.", kind=local(node))
                yield finding(flow, sentence, _("Remove the condition or use an exclusive gateway."), code=code)
        if node.get("default") and local(node) not in _DEFAULTS:
            sentence = _("A %(kind)s has no default flow.", kind=local(node))
            yield finding(node, sentence, _("Remove the default flow or use an exclusive gateway."), code="EXT027")


def _choreographies(model: Model) -> Iterator[Finding]:
    for element in model.all(*_CHOREOGRAPHY):
        parents = {local(parent) for parent in element.iterancestors()}
        if parents & {"process", "subProcess", "transaction", "adHocSubProcess"}:
            sentence = _("A step of a choreography has no place in a process.")
            yield finding(element, sentence, _("Draw a task, or a message event."), code="EXT036")


def _quantities(model: Model) -> Iterator[Finding]:
    for _graph, _name, node in model.nodes(*ACTIVITIES):
        for attribute, rule in (("startQuantity", "EXT037"), ("completionQuantity", "EXT038")):
            value = (node.get(attribute) or "1").strip()
            if re.fullmatch(r"[+-]?\d{1,9}", value) and int(value) < 1:
                sentence = _("%(name)s is less than 1.", name=attribute)
                yield finding(node, sentence, _("Write 1, or leave the attribute out."), code=rule)


def _resources(model: Model) -> Iterator[Finding]:
    roles = ("resourceRole", "performer", "humanPerformer", "potentialOwner")
    for role in model.all(*roles):
        named, chosen = role.find(tag("resourceRef")), role.find(tag("resourceAssignmentExpression"))
        if named is not None and chosen is not None:
            sentence = _("The performer is both named and chosen by an expression.")
            yield finding(role, sentence, _("Keep one of the two."), code="EXT039")
        if named is None and children(role, "resourceParameterBinding"):
            sentence = _("The performer gives values to a resource that it does not name.")
            yield finding(role, sentence, _("Name the resource or remove the values."), code="EXT040")
        resource = None if named is None else model.get(named.text)
        known = set() if resource is None else {str(one.get("id")) for one in children(resource, "resourceParameter")}
        for binding in children(role, "resourceParameterBinding"):
            if resource is not None and binding.get("parameterRef") not in known:
                sentence = _("The performer gives a value that its resource does not have.")
                yield finding(binding, sentence, _("Name a parameter of the resource."), code="EXT041")


def _repetition(model: Model) -> Iterator[Finding]:
    for _graph, _name, node in model.nodes(*ACTIVITIES):
        many = children(node, "multiInstanceLoopCharacteristics")
        if len(many) + len(children(node, "standardLoopCharacteristics")) > 1:
            sentence = _("The step is repeated in two ways.")
            yield finding(node, sentence, _("Choose one kind of repetition."), code="EXT054")
        for loop in many:
            yield from _behaviour(loop)


def _behaviour(loop: etree._Element) -> Iterator[Finding]:
    behaviour = loop.get("behavior", "All")
    remedy = _("Choose the behaviour that fits, or remove what has no effect.")
    for name, attribute in (("None", "noneBehaviorEventRef"), ("One", "oneBehaviorEventRef")):
        if (behaviour == name) != bool(loop.get(attribute)):
            sentence = _(
                "%(name)s belongs to the behaviour %(behaviour)s, and to no other.", name=attribute, behaviour=name
            )
            yield finding(loop, sentence, remedy, code="EXT071")
    complicated = children(loop, "complexBehaviorDefinition")
    if (behaviour == "Complex") != bool(complicated):
        sentence = _("complexBehaviorDefinition belongs to the behaviour Complex, and to no other.")
        yield finding(loop, sentence, remedy, code="EXT072")
    for one in complicated:
        condition = one.find(tag("condition"))
        text = "" if condition is None else (condition.text or "").strip()
        if not text or re.fullmatch(r"-?[\d.]+|\"[^\"]*\"", text):
            sentence = _("The condition of a complex behaviour is neither true nor false.")
            yield finding(one, sentence, _("Write a comparison."), code="EXT072")


def _event_subprocesses(model: Model) -> Iterator[Finding]:
    for graph in model.graphs:
        for name in graph.watchers():
            if graph.into[name] or graph.out[name]:
                sentence = _("A flow joins an event subprocess.")
                yield finding(graph.nodes[name], sentence, _("Remove the flow; its event starts it."), code="EXT057")
        if watches(graph.scope) and len(graph.of("startEvent")) != 1:
            sentence = _("An event subprocess has exactly one start event.")
            yield finding(graph.scope, sentence, _("Draw one start event and say what it waits for."), code="EXT058")


def _ad_hoc(model: Model) -> Iterator[Finding]:
    for graph in model.graphs:
        if local(graph.scope) != "adHocSubProcess":
            continue
        if not graph.of(*ACTIVITIES):
            sentence = _("An ad-hoc subprocess holds at least one step.")
            yield finding(graph.scope, sentence, _("Draw its steps."), code="EXT060")
        for _name, node in graph.of("startEvent", "endEvent"):
            sentence = _("An ad-hoc subprocess has no start and no end events.")
            yield finding(node, sentence, _("Remove the event."), code="EXT061")


def _gateways(model: Model) -> Iterator[Finding]:
    for graph, name, node in model.nodes("exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway"):
        into, out = len(graph.into[name]), len(graph.out[name])
        yield from _direction(node, into, out)
        if into < 2 and out < 2:
            sentence = _("The gateway neither splits nor joins.")
            yield finding(node, sentence, _("Remove the gateway or draw the missing flows."), code="EXT135")
    for graph, name, node in model.nodes("eventBasedGateway"):
        yield from _race(graph, name, node)


def _direction(node: etree._Element, into: int, out: int) -> Iterator[Finding]:
    said = node.get("gatewayDirection", "Unspecified")
    wrong = {
        "Converging": ("EXT017", into < 2 or out > 1),
        "Diverging": ("EXT018", into > 1 or out < 2),
        "Mixed": ("EXT019", into < 2 or out < 2),
    }.get(said, ("", False))
    if wrong[1] and not (into < 2 and out < 2):
        sentence = _("The gateway neither splits nor joins as its direction says (%(said)s).", said=said)
        yield finding(node, sentence, _("Remove the gateway or draw the missing flows."), code=wrong[0])


def _race(graph: Graph, name: str, node: etree._Element) -> Iterator[Finding]:
    starts, out = holds_true(node, "instantiate"), graph.out[name]
    if len(out) < 2:
        sentence = _("An event-based gateway needs two ways out at least.")
        yield finding(node, sentence, _("Draw the other events."), code="EXT136")
    if starts and graph.into[name]:
        sentence = _("A flow leads into a gateway that starts the process.")
        yield finding(node, sentence, _("Remove the flow, or let the gateway not start it."), code="EXT142")
    if node.get("eventGatewayType") == "Parallel" and not starts:
        sentence = _("A parallel event-based gateway may only start a process.")
        yield finding(node, sentence, _("Use a parallel gateway and an event on each branch."), code="EXT143")
    yield from _raced(graph, name, starts and node.get("eventGatewayType") == "Parallel")


def _raced(graph: Graph, name: str, all_at_once: bool) -> Iterator[Finding]:
    targets = [graph.nodes[t] for t in (str(flow.get("targetRef")) for flow in graph.out[name]) if t in graph.nodes]
    kinds = {local(target) for target in targets}
    by_message = [t for t in targets if children(t, "messageEventDefinition") and local(t) == "intermediateCatchEvent"]
    if "receiveTask" in kinds and by_message:
        sentence = _("An event-based gateway leads to message events and to receive tasks.")
        yield finding(graph.nodes[name], sentence, _("Use one of the two kinds."), code="EXT139")
    for target in targets:
        name_of = str(target.get("id"))
        if not _catches(target):
            sentence = _("An event-based gateway leads to a %(kind)s.", kind=local(target))
            yield finding(target, sentence, _("Lead it to catching events or receive tasks only."), code="EXT138")
        if any(b.get("attachedToRef") == name_of for _n, b in graph.of("boundaryEvent")):
            sentence = _("A step behind an event-based gateway has a boundary event.")
            yield finding(target, sentence, _("Lead the gateway to one more event instead."), code="EXT140")
        if len(graph.into[name_of]) > 1:
            yield finding(
                target, _("Another flow leads here past the gateway."), _("Draw an event of its own."), code="EXT141"
            )
        if all_at_once and local(target) != "receiveTask" and target not in by_message and _catches(target):
            sentence = _("A parallel gateway that starts the process waits for messages only.")
            yield finding(target, sentence, _("Use message events or receive tasks."), code="EXT144")


def _catches(target: etree._Element) -> bool:
    if local(target) == "receiveTask":
        return True
    return local(target) == "intermediateCatchEvent" and not children(target, "linkEventDefinition")


def _scripts(model: Model) -> Iterator[Finding]:
    for element in model.all("scriptTask", "globalScriptTask"):
        written = element.get("scriptFormat") or element.get("scriptLanguage") or ""
        if written and written.lower() != "feel" and not _MIME.fullmatch(written):
            sentence = _("%(name)s is not the name of a script's format.", name=written[:40])
            yield finding(element, sentence, _("Write it as a media type, or feel."), code="EXT145")


FLOW_RULES = (
    _ends, _conditions, _choreographies, _quantities, _resources, _repetition, _event_subprocesses, _ad_hoc,
    _gateways, _scripts,
)  # fmt: skip
