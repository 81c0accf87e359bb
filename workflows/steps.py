"""What a drawing says about each step, as plain values: read from BPMN and `camunda:` attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lxml import etree

from workflows.bpmn_xml import CAMUNDA, camunda, local, scopes_of, tag

KINDS = {
    "userTask": "user",
    "manualTask": "manual",
    "serviceTask": "service",
    "businessRuleTask": "decision",
    "scriptTask": "script",
    "task": "empty",
    "sendTask": "send",
    "receiveTask": "receive",
    "subProcess": "subprocess",
    "transaction": "subprocess",
    "adHocSubProcess": "subprocess",
    "callActivity": "call",
    "startEvent": "start",
    "endEvent": "end",
    "intermediateCatchEvent": "catch",
    "intermediateThrowEvent": "throw",
    "boundaryEvent": "boundary",
    "exclusiveGateway": "gateway",
    "inclusiveGateway": "gateway",
    "parallelGateway": "gateway",
    "eventBasedGateway": "gateway",
    "complexGateway": "gateway",
}
ACTIVITY_KINDS = frozenset(
    ("user", "manual", "service", "decision", "script", "empty", "send", "receive", "subprocess", "call")
)

_Q = f"{{{CAMUNDA}}}"
GROUP = "separation-group"  # of the steps with the same word in it nobody does two


def _frozen() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True)
class StepSpec:
    """One node of a drawing.

    id, name: as drawn; name_en: property `name.en`; kind: see `KINDS`; lane: name of the innermost lane.
    roles: `camunda:candidateGroups`; form: `camunda:formKey`; topic: `camunda:topic`; decision: `camunda:decisionRef`;
    result: `camunda:resultVariable`; mapping: `camunda:mapDecisionResult`.
    separate_from: step ids of property `separate-from`.
    properties, inputs, outputs: `camunda:properties` and `camunda:inputOutput`, texts as written.
    multi_instance: repeated over a collection or a number; element_variable: its `camunda:elementVariable`.
    looped: a standard loop.
    scope: id of the process or subprocess it lies in.
    """

    id: str
    name: str = ""
    name_en: str = ""
    kind: str = ""
    lane: str = ""
    roles: tuple[str, ...] = ()
    form: str = ""
    topic: str = ""
    decision: str = ""
    result: str = ""
    mapping: str = ""
    separate_from: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=_frozen)
    inputs: Mapping[str, str] = field(default_factory=_frozen)
    outputs: Mapping[str, str] = field(default_factory=_frozen)
    multi_instance: bool = False
    element_variable: str = ""
    scope: str = ""
    looped: bool = False


@dataclass(frozen=True)
class Lane:
    """One lane: its name and the ids of the nodes drawn in it. `parent` is the id of the lane around it, or ""."""

    id: str
    name: str
    nodes: tuple[str, ...]
    parent: str = ""


@dataclass(frozen=True)
class Flow:
    """One sequence flow; `condition` as written ("" when absent), `default` True for its source's default flow."""

    id: str
    name: str
    source: str
    target: str
    condition: str = ""
    default: bool = False


def words(text: str) -> tuple[str, ...]:
    """The items of a list written with commas or blanks."""
    return tuple(word for word in re.split(r"[,\s]+", text) if word)


def properties_of(node: etree._Element) -> dict[str, str]:
    """`camunda:properties` of an element, by name."""
    path = f"{tag('extensionElements')}/{_Q}properties/{_Q}property"
    return {str(found.get("name") or ""): str(found.get("value") or "") for found in node.findall(path)}


def parameters_of(node: etree._Element, which: str) -> dict[str, str]:
    """`camunda:inputOutput` texts by name; `which` is inputParameter or outputParameter."""
    path = f"{tag('extensionElements')}/{_Q}inputOutput/{_Q}{which}"
    return {str(found.get("name") or ""): (found.text or "").strip() for found in node.findall(path)}


def multi_of(node: etree._Element) -> etree._Element | None:
    return node.find(tag("multiInstanceLoopCharacteristics"))


def read_lanes(root: etree._Element) -> tuple[Lane, ...]:
    found = []
    for lane in root.iter(tag("lane")):
        nodes = tuple((ref.text or "").strip() for ref in lane.findall(tag("flowNodeRef")))
        around = next((str(a.get("id")) for a in lane.iterancestors(tag("lane"))), "")
        found.append(Lane(str(lane.get("id") or ""), str(lane.get("name") or ""), nodes, around))
    return tuple(found)


def read_flows(root: etree._Element) -> tuple[Flow, ...]:
    found = []
    for scope in scopes_of(root):
        defaults = {str(node.get("default")) for node in scope if node.get("default")}
        for flow in scope.findall(tag("sequenceFlow")):
            name, condition = str(flow.get("id") or ""), flow.find(tag("conditionExpression"))
            text = "" if condition is None else (condition.text or "").strip()
            ends = str(flow.get("sourceRef") or ""), str(flow.get("targetRef") or "")
            found.append(Flow(name, str(flow.get("name") or ""), *ends, text, name in defaults))
    return tuple(found)


def read_steps(root: etree._Element) -> Mapping[str, StepSpec]:
    """Every node of the drawing by id, in document order."""
    lanes: dict[str, str] = {}
    for lane in read_lanes(root):  # an inner lane comes later and wins
        lanes.update(dict.fromkeys(lane.nodes, lane.name))
    steps: dict[str, StepSpec] = {}
    for scope in scopes_of(root):
        around = lanes.get(str(scope.get("id")), "")
        for node in scope:
            if local(node) in KINDS and node.tag == tag(local(node)):
                step = _step(node, str(scope.get("id")), lanes, around)
                lanes.setdefault(step.id, step.lane)  # what lies in a subprocess lies in its lane
                steps[step.id] = step
    return MappingProxyType(steps)


def _step(node: etree._Element, scope: str, lanes: Mapping[str, str], around: str) -> StepSpec:
    name, properties, multi = str(node.get("id") or ""), properties_of(node), multi_of(node)
    return StepSpec(
        id=name,
        name=str(node.get("name") or ""),
        name_en=properties.get("name.en", ""),
        kind=KINDS[local(node)],
        lane=lanes.get(name, around),
        roles=words(camunda(node, "candidateGroups")),
        form=camunda(node, "formKey"),
        topic=camunda(node, "topic"),
        decision=camunda(node, "decisionRef"),
        result=camunda(node, "resultVariable"),
        mapping=camunda(node, "mapDecisionResult"),
        separate_from=words(properties.get("separate-from", "")),
        properties=MappingProxyType(properties),
        inputs=MappingProxyType(parameters_of(node, "inputParameter")),
        outputs=MappingProxyType(parameters_of(node, "outputParameter")),
        multi_instance=multi is not None,
        element_variable="" if multi is None else camunda(multi, "elementVariable"),
        scope=scope,
        looped=node.find(tag("standardLoopCharacteristics")) is not None,
    )


def others_of(steps: Mapping[str, StepSpec], step_id: str) -> frozenset[str]:
    """Ids of the steps that a step is kept apart from: named by it or naming it, or in one group with it."""
    step = steps.get(step_id)
    if step is None:
        return frozenset()
    mine = set(words(step.properties.get(GROUP, "")))
    naming = {one.id for one in steps.values() if step_id in one.separate_from}
    grouped = {one.id for one in steps.values() if mine & set(words(one.properties.get(GROUP, "")))}
    return frozenset(({*step.separate_from} | naming | grouped) - {step_id})
