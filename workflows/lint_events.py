"""Rules on what an event names and where it stands, and on repetition."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import (
    ACTIVITIES,
    children,
    local,
    tag,
)
from workflows.lint_elements import finding
from workflows.lint_graph import Graph
from workflows.undoing import undoes

EVENT_REFS = {
    "messageEventDefinition": ("messageRef", "message"),
    "signalEventDefinition": ("signalRef", "signal"),
    "errorEventDefinition": ("errorRef", "error"),
    "escalationEventDefinition": ("escalationRef", "escalation"),
}
_ERRORS_ON = frozenset(("serviceTask", "subProcess", "callActivity", "transaction", "adHocSubProcess"))


def check_events(graph: Graph) -> Iterator[Finding]:
    root = graph.scope.getroottree().getroot()
    for node in graph.nodes.values():
        kind = local(node)
        definitions = [child for child in node if local(child).endswith("EventDefinition")]
        if kind in ("intermediateCatchEvent", "boundaryEvent") and not definitions:
            yield finding(
                node,
                _("The event does not say what it waits for."),
                _("Choose a message, timer or other."),
                code="event-waits-for-nothing",
            )
        for definition in definitions:
            yield from _reference(root, definition)
        if kind in ("sendTask", "receiveTask"):
            yield from _message(root, node, node.get("messageRef"))
        if kind == "boundaryEvent":
            yield from _boundary(graph, node, definitions)


# what throws an error or an escalation must say which, by its code
_CODELESS = {"errorEventDefinition": "EXT010", "escalationEventDefinition": "EXT011"}


def _reference(root: etree._Element, definition: etree._Element) -> Iterator[Finding]:
    kind = local(definition)
    if kind not in EVENT_REFS:
        return
    attribute, wanted = EVENT_REFS[kind]
    reference, node = definition.get(attribute), definition.getparent()
    catches_all = kind in ("errorEventDefinition", "escalationEventDefinition") and node is not None
    if reference is None and catches_all and local(node) in ("boundaryEvent", "startEvent"):  # type: ignore[arg-type]
        return
    found = next((e for e in root.findall(tag(wanted)) if reference and e.get("id") == reference), None)
    if found is None:
        sentence = _("The event names no %(wanted)s of this file.", wanted=wanted)
        code = _CODELESS.get(kind, "event-names-nothing")
        yield finding(definition, sentence, _("Choose one in the event's panel."), code=code)
    elif not (found.get("name") if wanted in ("message", "signal") else found.get(f"{wanted}Code")):
        sentence = _("The %(wanted)s has no name or code.", wanted=wanted)
        throws = node is not None and local(node) in ("endEvent", "intermediateThrowEvent")
        code = _CODELESS.get(kind, "no-name-or-code") if throws else "no-name-or-code"
        yield finding(found, sentence, _("Give it one; it is what sender and receiver agree on."), code=code)


def _message(root: etree._Element, node: etree._Element, reference: str | None) -> Iterator[Finding]:
    found = next((e for e in root.findall(tag("message")) if reference and e.get("id") == reference), None)
    if found is None or not found.get("name"):
        sends = local(node) == "sendTask" and not reference  # how it is sent is left to whoever carries it out
        yield finding(
            node,
            _("The task names no message with a name."),
            _("Choose a message in the step's panel."),
            code="send-names-no-message" if sends else "task-names-no-message",
        )


def _boundary(graph: Graph, node: etree._Element, definitions: list[etree._Element]) -> Iterator[Finding]:
    host = graph.nodes.get(str(node.get("attachedToRef")))
    kinds = {local(definition) for definition in definitions}
    if host is None or local(host) not in ACTIVITIES:
        yield finding(
            node,
            _("The boundary event is attached to nothing here."),
            _("Drop it onto an activity."),
            code="attached-to-nothing",
        )
        return
    waits = ACTIVITIES - {"task", "scriptTask", "businessRuleTask", "sendTask"}
    if undoes(node):
        return  # it waits for nothing, it is what can be undone
    many = host.find(tag("multiInstanceLoopCharacteristics"))
    announces = many is not None and many.get("behavior", "All") != "All"
    if local(host) not in waits and not announces:
        sentence = _("The step is over at once, so a boundary event on it can never happen.")
        yield finding(node, sentence, _("Attach it to a step that waits."), code="boundary-never-happens")
    if node.get("cancelActivity", "true") not in ("true", "false"):
        yield finding(node, _("cancelActivity must be true or false."), _("Correct it."), code="cancel-activity-value")
    if "errorEventDefinition" in kinds and node.get("cancelActivity", "true") != "true":
        yield finding(node, _("An error boundary event always interrupts."), _("Make it interrupting."), code="EXT147")
    inside = kinds & {"errorEventDefinition", "escalationEventDefinition"}
    if inside and local(host) not in _ERRORS_ON and not (announces and "errorEventDefinition" not in kinds):
        sentence = _("A %(kind)s throws neither errors nor escalations.", kind=local(host))
        yield finding(node, sentence, _("Attach it to a service task or a subprocess."), code="throws-neither")


def check_loops(graph: Graph) -> Iterator[Finding]:
    for _name, node in graph.nodes.items():
        many = children(node, "multiInstanceLoopCharacteristics")
        loops = children(node, "standardLoopCharacteristics")
        if len(many) + len(loops) > 1:
            yield finding(
                node, _("The step is repeated in two ways."), _("Choose one kind of repetition."), code="EXT054"
            )
        for loop in loops:
            maximum = loop.get("loopMaximum")
            if loop.find(tag("loopCondition")) is None and maximum is None:
                yield finding(
                    loop,
                    _("The loop has neither condition nor maximum."),
                    _("Say when it ends."),
                    code="loop-without-end",
                )
            if maximum is not None and not (maximum.isdecimal() and 0 < int(maximum) <= 10_000):
                yield finding(
                    loop,
                    _("The loop's maximum is not a number from 1 to 10000."),
                    _("Correct it."),
                    code="loop-maximum",
                )
