"""Constraints of the standard on pools, message flows and artifacts."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import ACTIVITIES, EVENTS, children, local, tag
from workflows.lint_elements import finding
from workflows.lint_model import Model

_CHOREOGRAPHY = frozenset(("choreographyTask", "subChoreography", "callChoreography"))
_ARTIFACTS = frozenset(("textAnnotation", "group", "association"))
_CONVERSATION = frozenset(("conversation", "subConversation", "callConversation"))
_ENDS = ACTIVITIES | EVENTS | {"participant", "conversationNode"} | _CONVERSATION


def _number(element: etree._Element, name: str, default: int) -> int:
    try:
        return int(str(element.get(name, default)).strip()[:12])
    except ValueError:
        return default


def _multiplicities(model: Model) -> Iterator[Finding]:
    for one in model.all("participantMultiplicity"):
        least, most = _number(one, "minimum", 0), _number(one, "maximum", 1)
        if least < 0:
            sentence = _("There can be no less than none: the pool's minimum is negative.")
            yield finding(one, sentence, _("Write 0 or more."), code="EXT029")
        if most < least or most < 1:
            sentence = _("The pool's maximum is smaller than its minimum, or than 1.")
            yield finding(one, sentence, _("Correct one of the two."), code="EXT030")


def _message_flows(model: Model) -> Iterator[Finding]:
    for collaboration in model.all("collaboration"):
        for flow in children(collaboration, "messageFlow"):
            source, target = model.get(flow.get("sourceRef")), model.get(flow.get("targetRef"))
            if source is not None and target is not None:
                yield from _message_flow(model, flow, source, target)


def _message_flow(
    model: Model, flow: etree._Element, source: etree._Element, target: etree._Element
) -> Iterator[Finding]:
    for end, artifact in ((source, "EXT006"), (target, "EXT005")):
        kind = local(end)
        if kind in _CHOREOGRAPHY:
            sentence = _("A message flow leads to or from a step of a choreography.")
            yield finding(flow, sentence, _("Lead it to a step of a process."), code="EXT033")
        elif kind not in _ENDS:
            sentence = _("A message flow cannot join a %(kind)s.", kind=kind)
            code = artifact if kind in _ARTIFACTS else "EXT032"
            yield finding(flow, sentence, _("Lead it to a pool, a step or an event."), code=code)
    pools = model.process_of(source), model.process_of(target)
    if source is target or (pools[0] is not None and pools[0] is pools[1]):
        sentence = _("A message flow joins two things of the same pool.")
        yield finding(flow, sentence, _("Use a sequence flow inside a pool."), code="EXT031")
    yield from _sent_by(model, source)
    yield from _received_by(model, target)


def _sent_by(model: Model, source: etree._Element) -> Iterator[Finding]:
    kind, kinds = local(source), set(model.kinds(source))
    if kind == "startEvent":
        sentence = _("A message flow leads out of a start event.")
        yield finding(source, sentence, _("Lead it out of a throwing event or a task."), code="EXT102")
    elif kind == "endEvent" and "message" not in kinds:
        sentence = _("A message flow leads out of an end event that sends no message.")
        yield finding(source, sentence, _("Make it a message end event."), code="EXT109")
    elif kind == "intermediateCatchEvent" or (kind == "boundaryEvent" and kinds):
        sentence = _("A message flow leads out of an event that receives.")
        yield finding(source, sentence, _("Lead it out of a throwing event or a task."), code="EXT119")
    elif kind == "intermediateThrowEvent" and "message" not in kinds:
        sentence = _("A message flow joins an event that is about no message.")
        yield finding(source, sentence, _("Make it a message event."), code="EXT118")


def _received_by(model: Model, target: etree._Element) -> Iterator[Finding]:
    kind, kinds = local(target), set(model.kinds(target))
    if kind == "startEvent" and "message" not in kinds:
        sentence = _("A message flow leads to a start event that waits for no message.")
        yield finding(target, sentence, _("Make it a message start event."), code="EXT103")
    elif kind == "endEvent":
        sentence = _("A message flow leads to an end event.")
        yield finding(target, sentence, _("Lead it to a catching event or a task."), code="EXT108")
    elif kind == "intermediateThrowEvent":
        sentence = _("A message flow leads to an event that sends.")
        yield finding(target, sentence, _("Lead it to a catching event or a task."), code="EXT119")
    elif kind in ("intermediateCatchEvent", "boundaryEvent") and "message" not in kinds:
        sentence = _("A message flow joins an event that is about no message.")
        yield finding(target, sentence, _("Make it a message event."), code="EXT118")


def _artifacts(model: Model) -> Iterator[Finding]:
    for flow in model.all("sequenceFlow"):
        for end, rule in (("targetRef", "EXT003"), ("sourceRef", "EXT004")):
            found = model.get(flow.get(end))
            if found is not None and local(found) in _ARTIFACTS:
                sentence = _("A sequence flow joins an annotation or a group.")
                yield finding(flow, sentence, _("Use an association."), code=rule)


def _conversations(model: Model) -> Iterator[Finding]:
    for element in model.all(*_CONVERSATION, "conversationLink"):
        parents = {local(parent) for parent in element.iterancestors()}
        if "process" in parents:
            sentence = _("A conversation has no place in a process.")
            yield finding(element, sentence, _("Draw it between the pools."), code="conversation-in-process")


def _pools(model: Model) -> Iterator[Finding]:
    """A process stands in one pool at most of a collaboration."""
    for collaboration in model.all("collaboration"):
        seen: set[str] = set()
        for pool in collaboration.findall(tag("participant")):
            name = pool.get("processRef") or ""
            if name and name in seen:
                sentence = _("Two pools show the same process.")
                yield finding(pool, sentence, _("Keep one of the two."), code="two-pools-one-process")
            seen.add(name)


POOL_RULES = (_multiplicities, _message_flows, _artifacts, _conversations, _pools)
