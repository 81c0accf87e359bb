"""The allow-list of the drawing: every element and attribute that the engine carries out or that is picture only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from lxml import etree

from domain.errors import Finding
from domain.text import Text
from domain.text import gettext as _
from workflows import lint_deep_elements as deep
from workflows import lint_documents as more
from workflows.bpmn_xml import BPMN, BPMNDI, CAMUNDA, FLOW_NODES, is_bpmn, line_of, local, tag

FILE = "process.bpmn"
ANY: frozenset[str] = frozenset()

_DOC = frozenset(("documentation", "extensionElements"))
_WIRES = _DOC | {"incoming", "outgoing"}
_STEP = _WIRES | more.IN_STEP
_HOLDER = _WIRES | more.IN_HOLDER
_THROWN = _WIRES | deep.EVENTS | more.WHEN_THROWN
_CAUGHT = _WIRES | deep.EVENTS | more.WHEN_CAUGHT
_TASK: dict[str, frozenset[str]] = {
    "id": ANY, "name": ANY, "default": ANY,
    "startQuantity": ANY, "completionQuantity": ANY, "isForCompensation": frozenset(("true", "false")),
}  # fmt: skip
_NODE = {"id": ANY, "name": ANY}
_REPEAT = frozenset(("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"))
_UNSPECIFIED = {"implementation": frozenset(("##unspecified", "##WebService"))}
_GATEWAY = {**_NODE, "gatewayDirection": ANY}
_CATCH = {**_NODE, "parallelMultiple": frozenset(("true", "false"))}
_TEXT = {"id": ANY}
_EITHER = frozenset(("true", "false"))
_ARTIFACTS = frozenset(("textAnnotation", "association", "group"))
_INSIDE = _ARTIFACTS | deep.SCOPES | {
    "sequenceFlow", "dataObject", "dataObjectReference", "dataStoreReference", "startEvent", "endEvent",
    "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "task", "userTask", "manualTask",
    "scriptTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask", "subProcess", "exclusiveGateway",
    "inclusiveGateway", "parallelGateway", "eventBasedGateway", "callActivity",
}  # fmt: skip

# element -> attributes with their admitted values (ANY: every value), and children
ELEMENTS: Mapping[str, tuple[Mapping[str, frozenset[str]], frozenset[str]]] = {
    "definitions": (
        {**_NODE, "targetNamespace": ANY, "expressionLanguage": ANY, "typeLanguage": ANY, "exporter": ANY,
         "exporterVersion": ANY},
        _DOC | more.AT_TOP | deep.DEFINITIONS
        | {"process", "collaboration", "message", "signal", "error", "escalation", "category"},
    ),
    **more.MORE,
    **deep.MORE,
    "collaboration": ({**_NODE, "isClosed": ANY}, _DOC | _ARTIFACTS | more.IN_COLLABORATION | {"participant"}),
    "participant": (
        {**_NODE, "processRef": ANY}, _DOC | {"participantMultiplicity", "interfaceRef", "endPointRef"},
    ),
    "category": (_NODE, _DOC | {"categoryValue"}),
    "categoryValue": ({"id": ANY, "value": ANY}, _DOC),
    "message": ({**_NODE, "itemRef": ANY}, _DOC),
    "signal": ({**_NODE, "structureRef": ANY}, _DOC),
    "error": ({**_NODE, "errorCode": ANY, "structureRef": ANY}, _DOC),
    "escalation": ({**_NODE, "escalationCode": ANY, "structureRef": ANY}, _DOC),
    "process": (
        {**_NODE, "isExecutable": ANY, "isClosed": ANY, "processType": ANY, "definitionalCollaborationRef": ANY},
        _DOC | _INSIDE | more.IN_PROCESS | {"laneSet"},
    ),
    "laneSet": (_NODE, _DOC | {"lane"}),
    "childLaneSet": (_NODE, _DOC | {"lane"}),
    "lane": (_NODE, _DOC | {"flowNodeRef", "childLaneSet"}),
    "flowNodeRef": ({}, ANY),
    "sequenceFlow": ({**_NODE, "sourceRef": ANY, "targetRef": ANY}, _DOC | {"conditionExpression"}),
    "conditionExpression": ({"id": ANY, "language": frozenset(("feel",))}, ANY),
    "subProcess": ({**_TASK, "triggeredByEvent": frozenset(("true", "false"))}, _HOLDER | _INSIDE | _REPEAT),
    "transaction": ({**_TASK, **deep.TRANSACTION}, _HOLDER | _INSIDE | _REPEAT),
    "adHocSubProcess": ({**_TASK, **deep.AD_HOC}, _HOLDER | _INSIDE | _REPEAT | {"completionCondition"}),
    "complexGateway": ({**_GATEWAY, "default": ANY}, _WIRES | {"activationCondition"}),
    "task": (_TASK, _STEP),
    "userTask": ({**_TASK, **_UNSPECIFIED}, _STEP | _REPEAT),
    "manualTask": (_TASK, _STEP | _REPEAT),
    "scriptTask": ({**_TASK, "scriptFormat": frozenset(("feel", "FEEL"))}, _STEP | _REPEAT | {"script"}),
    "serviceTask": ({**_TASK, **_UNSPECIFIED, "operationRef": ANY}, _STEP | _REPEAT),
    "businessRuleTask": ({**_TASK, **_UNSPECIFIED}, _STEP | _REPEAT),
    "callActivity": ({**_TASK, "calledElement": ANY}, _STEP | _REPEAT),
    "sendTask": ({**_TASK, **_UNSPECIFIED, "messageRef": ANY, "operationRef": ANY}, _STEP),
    "receiveTask": (
        {**_TASK, **_UNSPECIFIED, "messageRef": ANY, "operationRef": ANY, "instantiate": _EITHER}, _STEP,
    ),
    "exclusiveGateway": ({**_GATEWAY, "default": ANY}, _WIRES),
    "inclusiveGateway": ({**_GATEWAY, "default": ANY}, _WIRES),
    "parallelGateway": (_GATEWAY, _WIRES),
    "eventBasedGateway": (
        {**_GATEWAY, "instantiate": _EITHER, "eventGatewayType": frozenset(("Exclusive", "Parallel"))}, _WIRES,
    ),
    "startEvent": (
        {**_CATCH, "isInterrupting": frozenset(("true", "false"))},
        _CAUGHT
        | {
            "messageEventDefinition",
            "signalEventDefinition",
            "timerEventDefinition",
            "conditionalEventDefinition",
            "errorEventDefinition",
            "escalationEventDefinition",
        },
    ),
    "endEvent": (
        _NODE,
        _THROWN | deep.CANCEL | {"messageEventDefinition", "signalEventDefinition", "errorEventDefinition",
                  "escalationEventDefinition", "terminateEventDefinition"},
    ),
    "intermediateThrowEvent": (
        _NODE,
        _THROWN | {"messageEventDefinition", "signalEventDefinition", "escalationEventDefinition",
                  "linkEventDefinition"},
    ),
    "intermediateCatchEvent": (
        _CATCH,
        _CAUGHT | {"messageEventDefinition", "signalEventDefinition", "timerEventDefinition",
                  "conditionalEventDefinition", "linkEventDefinition"},
    ),
    "boundaryEvent": (
        {**_CATCH, "attachedToRef": ANY, "cancelActivity": ANY},
        _CAUGHT | deep.CANCEL | {"messageEventDefinition", "signalEventDefinition", "timerEventDefinition",
                  "conditionalEventDefinition", "errorEventDefinition", "escalationEventDefinition"},
    ),
    "messageEventDefinition": ({"id": ANY, "messageRef": ANY}, _DOC | {"operationRef"}),
    "signalEventDefinition": ({"id": ANY, "signalRef": ANY}, _DOC),
    "errorEventDefinition": ({"id": ANY, "errorRef": ANY}, _DOC),
    "escalationEventDefinition": ({"id": ANY, "escalationRef": ANY}, _DOC),
    "terminateEventDefinition": (_TEXT, _DOC),
    "linkEventDefinition": (_NODE, _DOC),
    "timerEventDefinition": (_TEXT, _DOC | {"timeDate", "timeDuration", "timeCycle"}),
    "conditionalEventDefinition": (_TEXT, _DOC | {"condition"}),
    "timeDate": (_TEXT, ANY),
    "timeDuration": (_TEXT, ANY),
    "timeCycle": (_TEXT, ANY),
    "condition": ({"id": ANY, "language": frozenset(("feel",))}, ANY),
    "script": (_TEXT, ANY),
    "multiInstanceLoopCharacteristics": (
        {"id": ANY, "isSequential": ANY, **deep.BEHAVIORS},
        _DOC | more.IN_REPETITION | {"loopCardinality", "completionCondition", "complexBehaviorDefinition"},
    ),
    "standardLoopCharacteristics": ({"id": ANY, "testBefore": ANY, "loopMaximum": ANY}, _DOC | {"loopCondition"}),
    "loopCardinality": (_TEXT, ANY),
    "completionCondition": (_TEXT, ANY),
    "loopCondition": (_TEXT, ANY),
    "incoming": ({}, ANY),
    "outgoing": ({}, ANY),
    "documentation": ({"id": ANY, "textFormat": ANY}, ANY),
    "extensionElements": ({}, ANY),
    "textAnnotation": ({"id": ANY, "textFormat": ANY}, _DOC | {"text"}),
    "text": ({}, ANY),
    "association": ({"id": ANY, "sourceRef": ANY, "targetRef": ANY, "associationDirection": ANY}, _DOC),
    "group": ({"id": ANY, "categoryValueRef": ANY}, _DOC),
    "dataObject": ({**_NODE, "isCollection": ANY, "itemSubjectRef": ANY}, _DOC | {"dataState"}),
    "dataObjectReference": ({**_NODE, "dataObjectRef": ANY, "itemSubjectRef": ANY}, _DOC | {"dataState"}),
    "dataState": (_NODE, _DOC),
    "dataStoreReference": ({**_NODE, "dataStoreRef": ANY, "itemSubjectRef": ANY}, _DOC | {"dataState"}),
}  # fmt: skip

CAMUNDA_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "userTask": frozenset(("candidateGroups", "formKey")),
    "globalUserTask": frozenset(("candidateGroups", "formKey")),
    "globalBusinessRuleTask": frozenset(("decisionRef", "resultVariable", "mapDecisionResult")),
    "serviceTask": frozenset(("type", "topic")),
    "businessRuleTask": frozenset(("decisionRef", "resultVariable", "mapDecisionResult")),
    "multiInstanceLoopCharacteristics": frozenset(("collection", "elementVariable")),
}

_MAPPINGS = frozenset(("inputOutput",))
CAMUNDA_CHILDREN: Mapping[str, frozenset[str]] = {
    "userTask": frozenset(("outputParameter",)),
    "globalUserTask": frozenset(("outputParameter",)),
    "globalBusinessRuleTask": frozenset(("inputParameter", "outputParameter")),
    "serviceTask": frozenset(("inputParameter", "outputParameter")),
    "businessRuleTask": frozenset(("inputParameter", "outputParameter")),
    "sendTask": frozenset(("inputParameter",)),
    "intermediateThrowEvent": frozenset(("inputParameter",)),
    "endEvent": frozenset(("inputParameter",)),
}

# What people ask for by name, and what to draw instead.
INSTEAD = {
    "choreography": _("Draw the process of each participant; messages join them."),
    "delegateExpression": _("Choose what the system does in the step's panel, under Operation."),
    "class": _("Choose what the system does in the step's panel, under Operation."),
    "expression": _("Choose what the system does in the step's panel, under Operation."),
    "dueDate": _("Choose a term: the day comes from the policies, with the clause it rests on."),
    "assignee": _("Choose roles in the step's panel; who takes the task is decided in the inbox."),
    "candidateUsers": _("Choose roles in the step's panel; who takes the task is decided in the inbox."),
}


def finding(
    element: etree._Element, sentence: object, remedy: object, severity: str = "error", *, code: str = ""
) -> Finding:
    """A finding at an element; its id is that of the nearest element that has one. code: the rule that is broken."""
    named = next((e for e in (element, *element.iterancestors()) if e.get("id")), element)
    name = str(named.get("id") or local(element))
    return Finding(FILE, name, line_of(element), sentence, remedy, severity, code=code)


def one_of(names: Collection[str]) -> Text:
    """The remedy that names what there is to choose from."""
    return _("Use one of: %(names)s.", names=", ".join(sorted(names)[:20]) or "-")


def check_elements(root: etree._Element) -> Iterator[Finding]:
    """Everything in the file that the engine would ignore or cannot carry out."""
    if root.tag != tag("definitions"):
        yield finding(root, _("This is not a BPMN diagram."), _("Save the drawing as BPMN 2.0."), code="not-bpmn")
        return
    yield from _check(root)


def _check(element: etree._Element) -> Iterator[Finding]:
    name = local(element)
    allowed, children = ELEMENTS[name]
    for key, value in element.attrib.items():
        yield from _attribute(element, name, str(key), str(value), allowed)
    for child in element:
        if child.tag == tag("extensionElements") and "extensionElements" in children:
            yield from _extensions(child, name)
        elif is_bpmn(child) and local(child) in children:
            yield from _check(child)
        elif not (name == "definitions" and child.tag.startswith(f"{{{BPMNDI}}}")):
            yield _unknown_element(child)


def _unknown_element(child: etree._Element) -> Finding:
    name = local(child)
    instead = INSTEAD.get(name, _("Remove it from the drawing."))
    if is_bpmn(child) and name in ELEMENTS:
        where = next((local(parent) for parent in child.iterancestors()), "")
        return finding(
            child,
            _("%(name)s has no effect inside %(where)s.", name=name, where=where),
            instead,
            code="element-without-effect",
        )
    return finding(
        child,
        _("The element %(name)s is not supported and would be ignored.", name=name),
        instead,
        code="unsupported-element",
    )


def _attribute(
    element: etree._Element, name: str, key: str, value: str, allowed: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    qualified = etree.QName(key)
    if not qualified.namespace:
        if key not in allowed:
            yield _ignored(element, key)
        elif allowed[key] and value not in allowed[key]:
            sentence = _("%(key)s=%(value)s is not supported.", key=key, value=value[:40])
            yield finding(element, sentence, INSTEAD.get(key, _("Leave the attribute out.")), code="unsupported-value")
    elif qualified.namespace == CAMUNDA:
        if key == f"{{{CAMUNDA}}}historyTimeToLive" and name == "process":
            return  # written by every Camunda Modeler; nothing is deleted here by age of a definition
        if qualified.localname not in CAMUNDA_ATTRIBUTES.get(name, frozenset()):
            yield _ignored(element, qualified.localname)
    else:
        yield from _of_others(element, name, qualified, value)


def _of_others(element: etree._Element, name: str, key: etree.QName, value: str) -> Iterator[Finding]:
    """An attribute of neither the standard nor Camunda."""
    if key.namespace != "http://www.w3.org/2001/XMLSchema-instance":
        if name != "definitions":
            yield _ignored(element, key.localname)
    elif name in FLOW_NODES and key.localname == "type" and value.rpartition(":")[2].lower() != f"t{name}".lower():
        # the schema lets a <task> say that it is a tUserTask; it would be run as what its name says
        sentence = _("%(key)s=%(value)s is not supported.", key="xsi:type", value=value[:40])
        yield finding(element, sentence, _("Leave the attribute out."), code="unsupported-value")


def _ignored(element: etree._Element, key: str) -> Finding:
    sentence = _("The attribute %(key)s has no effect here and would be ignored.", key=key)
    return finding(element, sentence, INSTEAD.get(key, _("Remove the attribute.")), code="unsupported-attribute")


def _extensions(block: etree._Element, owner: str) -> Iterator[Finding]:
    for child in block:
        name = local(child)
        if owner == "callActivity" and child.tag in (f"{{{CAMUNDA}}}in", f"{{{CAMUNDA}}}out"):
            continue  # what is handed over: `lint_calls`
        if not str(child.tag).startswith(f"{{{CAMUNDA}}}") or name not in ("properties", "inputOutput"):
            yield finding(
                child, _("The extension %(name)s has no effect and would be ignored.", name=name),
                INSTEAD.get(name, _("Remove it from the step's panel.")), code="unsupported-extension",
            )  # fmt: skip
            continue
        for item in child:
            yield from _item(item, name, owner)


def _item(item: etree._Element, block: str, owner: str) -> Iterator[Finding]:
    name = local(item)
    admitted = {"property"} if block == "properties" else CAMUNDA_CHILDREN.get(owner, frozenset())
    if name not in admitted:
        sentence = _("%(name)s has no effect on %(owner)s and would be ignored.", name=name, owner=owner)
        yield finding(item, sentence, _("Remove it from the step's panel."), code="extension-without-effect")
    elif not item.get("name"):
        yield finding(
            item,
            _("A %(name)s has no name.", name=name),
            _("Give it a name or remove it."),
            code="extension-without-name",
        )
    elif len(item):
        sentence = _("The parameter %(name)s is a list, map or script.", name=str(item.get("name")))
        yield finding(
            item, sentence, _("Write a text, or a FEEL expression that begins with =."), code="parameter-not-text"
        )


__all__ = ["BPMN", "ELEMENTS", "FILE", "check_elements", "finding", "one_of"]
