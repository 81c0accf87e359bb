"""Rules on compensation, transactions, ad-hoc subprocesses, multiple events, token quantities and complex gateways.

What the engine carries out of them is drawn so that it has one meaning; the rest is refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import ACTIVITIES, children, local, nodes_of, scopes_of, tag
from workflows.lint_elements import finding
from workflows.repeating import announced
from workflows.starts import bare_name
from workflows.undoing import handler_of, undoes

MOST_TOKENS = 100
_HUMAN = frozenset(("userTask", "manualTask"))
_ALONE = frozenset(
    ("linkEventDefinition", "compensateEventDefinition", "cancelEventDefinition", "terminateEventDefinition")
)
_ANNOUNCED = frozenset(("signalEventDefinition", "messageEventDefinition", "escalationEventDefinition"))
_UNDO = "compensateEventDefinition"


def check_deep(root: etree._Element) -> Iterator[Finding]:
    """Every rule of this module over a file whose event definitions stand in their events."""
    for scope in scopes_of(root):
        nodes = {str(node.get("id")): node for node in nodes_of(scope)}
        yield from _handlers(scope, nodes)
        for node in nodes.values():
            yield from _definitions(node)
            yield from _thrown_undoing(node, scope)
            yield from _cancels(node)
            yield from _quantities(node, scope)
            yield from _announces(node, nodes)
            yield from _activation(node, scope)
        if local(scope) == "adHocSubProcess":
            yield from _ad_hoc(scope, nodes)
        yield from _called_off(scope)


def events_of(node: etree._Element) -> list[etree._Element]:
    return [child for child in node if local(child).endswith("EventDefinition")]


# --- compensation ------------------------------------------------------------------------------------------------


def _handlers(scope: etree._Element, nodes: Mapping[str, etree._Element]) -> Iterator[Finding]:
    marked: dict[str, int] = {}
    for event in nodes.values():
        if local(event) != "boundaryEvent" or not undoes(event):
            continue
        host = str(event.get("attachedToRef") or "")
        marked[host] = marked.get(host, 0) + 1
        if len(handler_of(event, scope)) != 1:
            sentence = _("The compensation event does not lead to exactly one step for compensation.")
            remedy = _("Join it by an association to one step that is marked for compensation.")
            yield finding(event, sentence, remedy, code="compensation-handler")
        if marked[host] > 1 or (host in nodes and _undoes_itself(nodes[host])):
            sentence = _("The step can be undone in two ways.")
            yield finding(event, sentence, _("Keep one of them."), code="compensation-twice")
    for name, node in nodes.items():
        if node.get("isForCompensation") == "true":
            yield from _handler(name, node, nodes)
    if sum(_is_undoing(node) for node in nodes.values()) > 1:
        sentence = _("Several event subprocesses undo the same subprocess.")
        yield finding(scope, sentence, _("Keep one of them."), code="compensation-twice")


def _handler(name: str, node: etree._Element, nodes: Mapping[str, etree._Element]) -> Iterator[Finding]:
    if node.get("triggeredByEvent") == "true":
        if not _is_undoing(node):
            sentence = _("An event subprocess for compensation begins with a compensation event.")
            yield finding(node, sentence, _("Choose compensation for its start event."), code="compensation-start")
        return
    if any(event.get("attachedToRef") == name for event in nodes.values()):
        sentence = _("A step for compensation has a boundary event.")
        remedy = _("Make it a subprocess and attach the event to a step inside it.")
        yield finding(node, sentence, remedy, code="compensation-boundary")


def _is_undoing(node: etree._Element) -> bool:
    if node.get("triggeredByEvent") != "true":
        return False
    return any(start.find(tag(_UNDO)) is not None for start in children(node, "startEvent"))


def _undoes_itself(node: etree._Element) -> bool:
    return any(_is_undoing(child) for child in node.iterchildren(tag("subProcess")))


def _thrown_undoing(node: etree._Element, scope: etree._Element) -> Iterator[Finding]:
    for definition in children(node, _UNDO):
        named = bare_name(definition.get("activityRef"))
        if not named:
            continue
        host = node.get("attachedToRef") if local(node) == "boundaryEvent" else None
        if local(node) in ("boundaryEvent", "startEvent"):
            own = host if host is not None else str(_around(scope).get("id") or "")
            if named != own:
                sentence = _("The compensation event names another step than the one it stands on.")
                yield finding(node, sentence, _("Name no step."), code="compensation-out-of-sight")
        elif named not in _in_sight(scope):
            sentence = _("Compensation names a step that cannot be undone from here: %(id)s.", id=named)
            remedy = _("Name a step of the same process or subprocess, or none for all of them.")
            yield finding(node, sentence, remedy, code="compensation-out-of-sight")


def _around(scope: etree._Element) -> etree._Element:
    parent = scope.getparent()
    return scope if parent is None else parent


def _in_sight(scope: etree._Element) -> set[str]:
    """The steps whose compensation may be thrown from a scope; from an event subprocess also those around it."""
    found = {str(node.get("id")) for node in nodes_of(scope) if local(node) in ACTIVITIES}
    if scope.get("triggeredByEvent") == "true":
        found |= _in_sight(_around(scope))
    return found


# --- transactions ------------------------------------------------------------------------------------------------


def _cancels(node: etree._Element) -> Iterator[Finding]:
    if local(node) != "endEvent" or node.find(tag("cancelEventDefinition")) is None:
        return
    around = next((one for one in node.iterancestors() if local(one) == "transaction"), None)
    if around is None:
        return  # said by EXT106
    beside = nodes_of(_around(around))
    heard = [
        event
        for event in beside
        if event.get("attachedToRef") == around.get("id") and event.find(tag("cancelEventDefinition")) is not None
    ]
    if len(heard) != 1:
        sentence = _("The transaction that is called off has not exactly one cancel boundary event.")
        yield finding(around, sentence, _("Attach one; the way on leads from it."), code="cancel-unheard")
    if any(local(child).endswith("LoopCharacteristics") for child in around):
        sentence = _("A transaction that may be called off is repeated.")
        yield finding(around, sentence, _("Repeat a subprocess around it."), code="transaction-repeated")


def _called_off(scope: etree._Element) -> Iterator[Finding]:
    if local(scope) in ("transaction", "adHocSubProcess") and scope.get("triggeredByEvent") == "true":
        sentence = _("An event subprocess is a plain subprocess.")
        yield finding(scope, sentence, _("Draw a plain event subprocess."), code="event-subprocess-kind")


# --- ad-hoc subprocesses -----------------------------------------------------------------------------------------


def _ad_hoc(scope: etree._Element, nodes: Mapping[str, etree._Element]) -> Iterator[Finding]:
    led_to, leads = _ends(scope)
    if scope.find(tag("completionCondition")) is None and not any(n.tag in _human_tags() for n in scope.iter()):
        sentence = _("Nothing says which of these steps are done and when it is over: no person, no condition.")
        remedy = _("Write the completion condition, or draw a parallel gateway.")
        yield finding(scope, sentence, remedy, code="ad-hoc-without-end")
    for name, node in nodes.items():
        free = name not in led_to and node.get("isForCompensation") != "true" and local(node) != "boundaryEvent"
        if free and local(node) not in ACTIVITIES and node.find(tag("linkEventDefinition")) is None:
            sentence = _("Only steps may stand free in an ad-hoc subprocess.")
            yield finding(node, sentence, _("Lead a flow to it or remove it."), code="ad-hoc-free")
        if scope.get("ordering") == "Sequential" and (leads.get(name, 0) > 1 or _splits(node)):
            if local(node) == "exclusiveGateway":
                continue
            sentence = _("Two ways at once in an ad-hoc subprocess whose steps come one at a time.")
            yield finding(node, sentence, _("Choose the order Parallel, or one way."), code="ad-hoc-fork")


def _human_tags() -> frozenset[str]:
    return frozenset(tag(name) for name in _HUMAN)


def _splits(node: etree._Element) -> bool:
    beside = local(node) == "boundaryEvent" and node.get("cancelActivity", "true") != "true"
    return beside or local(node) in ("parallelGateway", "inclusiveGateway", "complexGateway")


def _ends(scope: etree._Element) -> tuple[set[str], dict[str, int]]:
    led_to: set[str] = set()
    leads: dict[str, int] = {}
    for flow in children(scope, "sequenceFlow"):
        led_to.add(str(flow.get("targetRef")))
        leads[str(flow.get("sourceRef"))] = leads.get(str(flow.get("sourceRef")), 0) + 1
    return led_to, leads


# --- several events in one ---------------------------------------------------------------------------------------


def _definitions(node: etree._Element) -> Iterator[Finding]:
    kinds = [local(one) for one in events_of(node)]
    if len(kinds) < 2:
        return
    catches = local(node) in ("startEvent", "intermediateCatchEvent", "boundaryEvent")
    alone = [kind for kind in kinds if kind in _ALONE and (catches or kind == "linkEventDefinition")]
    if alone:
        sentence = _("A %(kind)s stands alone in its event.", kind=alone[0])
        yield finding(node, sentence, _("Draw one event for each."), code="several-definitions")
    ends = [kind for kind in kinds if kind in ("errorEventDefinition", *_ALONE)]
    if not catches and len(set(ends) - {_UNDO}) > 1:
        sentence = _("The event ends its process or subprocess in two ways.")
        yield finding(node, sentence, _("Keep one of them."), code="several-definitions")
    inside = {"errorEventDefinition", "escalationEventDefinition"} & set(kinds)
    if node.get("parallelMultiple") == "true" and inside:
        sentence = _("An event that waits for all of several cannot wait for an error or an escalation.")
        yield finding(node, sentence, _("Draw an event of its own for it."), code="several-definitions")


def _announces(node: etree._Element, nodes: Mapping[str, etree._Element]) -> Iterator[Finding]:
    for loop in children(node, "multiInstanceLoopCharacteristics"):
        if loop.get("behavior", "All") == "All":
            continue
        thrown = [one for _when, event in announced(loop) for one in events_of(event)]
        if not thrown or any(local(one) not in _ANNOUNCED for one in thrown):
            sentence = _("What is thrown when an instance is done is no signal, message or escalation.")
            remedy = _("Name the definition of a signal, a message or an escalation.")
            yield finding(loop, sentence, remedy, code="behaviour-event")
        for event in nodes.values():
            if event.get("attachedToRef") == node.get("id") and event.get("cancelActivity", "true") == "true":
                yield from _stops_itself(event, thrown)


def _stops_itself(event: etree._Element, thrown: list[etree._Element]) -> Iterator[Finding]:
    # Some read it as the end of the other instances, some not; drawn as not interrupting it has one meaning.
    for caught in events_of(event):
        kind = local(caught)
        if kind in ("signalEventDefinition", "escalationEventDefinition") and kind in {local(one) for one in thrown}:
            sentence = _("The event that the step throws by itself would end the step at its first instance.")
            remedy = _("Make the event not interrupting, or end the step by its completion condition.")
            yield finding(event, sentence, remedy, code="behaviour-interrupts")


# --- tokens ------------------------------------------------------------------------------------------------------


def _quantities(node: etree._Element, scope: etree._Element) -> Iterator[Finding]:
    numbers = {}
    for name in ("startQuantity", "completionQuantity"):
        text = (node.get(name) or "1").strip()
        numbers[name] = int(text) if text.isdecimal() and len(text) < 6 else 0
        if not 0 < numbers[name] <= MOST_TOKENS:
            sentence = _("%(name)s is not a number from 1 to %(most)s.", name=name, most=MOST_TOKENS)
            code = "EXT037" if name == "startQuantity" else "EXT038"
            yield finding(node, sentence, _("Write 1, or leave the attribute out."), code=code)
    if max(numbers.values()) < 2:
        return
    into = [f for f in children(scope, "sequenceFlow") if f.get("targetRef") == node.get("id")]
    sources = {str(one.get("id")): local(one) for one in nodes_of(scope)}
    race = any(sources.get(str(flow.get("sourceRef"))) == "eventBasedGateway" for flow in into)
    if node.get("isForCompensation") == "true" or node.get("triggeredByEvent") == "true":
        sentence = _("A step that no flow joins takes and gives no number of tokens.")
        yield finding(node, sentence, _("Remove the attribute."), code="token-quantity")
    elif numbers["startQuantity"] > 1 and (race or not into):
        sentence = _("So many tokens can never come here.")
        yield finding(node, sentence, _("Remove the attribute."), code="token-quantity")


def _activation(node: etree._Element, scope: etree._Element) -> Iterator[Finding]:
    if local(node) != "complexGateway":
        return
    joins = sum(flow.get("targetRef") == node.get("id") for flow in children(scope, "sequenceFlow")) > 1
    if joins != (node.find(tag("activationCondition")) is not None):
        sentence = _("A complex gateway that joins says by its activation condition when it goes on; no other does.")
        remedy = _("Write it, for instance activationCount >= 2, or use an inclusive gateway.")
        yield finding(node, sentence, remedy, code="complex-gateway")
