"""The part of the allow-list on processes that talk and on data: what is carried out and what is documentation."""

from __future__ import annotations

from collections.abc import Mapping

ANY: frozenset[str] = frozenset()
Row = tuple[Mapping[str, frozenset[str]], frozenset[str]]

_DOC = frozenset(("documentation", "extensionElements"))
_NODE = {"id": ANY, "name": ANY}
_FEEL = {"id": ANY, "language": frozenset(("feel",)), "evaluatesToTypeRef": ANY}
_TYPED = {**_NODE, "itemSubjectRef": ANY, "isCollection": ANY}
_CONVERSATION = frozenset(
    ("participantRef", "messageFlowRef", "correlationKey", "conversation", "subConversation", "callConversation",
     "participantAssociation")
)  # fmt: skip

# children of definitions, of a collaboration, of a process; of a step, of what catches and of what throws
AT_TOP = frozenset(
    ("itemDefinition", "import", "interface", "resource", "partnerEntity", "partnerRole", "correlationProperty",
     "endPoint", "dataStore", "globalTask", "globalUserTask", "globalManualTask", "globalScriptTask",
     "globalBusinessRuleTask")
)  # fmt: skip
IN_COLLABORATION = frozenset(
    ("messageFlow", "messageFlowAssociation", "participantAssociation", "correlationKey", "conversation",
     "subConversation", "callConversation", "conversationLink", "conversationAssociation")
)  # fmt: skip
PERFORMERS = frozenset(("resourceRole", "performer", "humanPerformer", "potentialOwner"))
IN_PROCESS = PERFORMERS | {
    "ioSpecification", "property", "correlationSubscription", "auditing", "monitoring", "supportedInterfaceRef",
    "ioBinding",
}  # fmt: skip
IN_STEP = PERFORMERS | {
    "ioSpecification", "property", "dataInputAssociation", "dataOutputAssociation", "auditing", "monitoring",
}  # fmt: skip
IN_HOLDER = PERFORMERS | {"property", "auditing", "monitoring"}
WHEN_CAUGHT = frozenset(("dataOutput", "outputSet", "dataOutputAssociation", "property"))
WHEN_THROWN = frozenset(("dataInput", "inputSet", "dataInputAssociation", "property"))
IN_REPETITION = frozenset(("loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem"))
_GLOBAL = _DOC | PERFORMERS | {"ioSpecification", "supportedInterfaceRef", "ioBinding"}

_TEXTS = frozenset(
    ("inMessageRef", "outMessageRef", "errorRef", "interfaceRef", "endPointRef", "operationRef", "sourceRef",
     "targetRef", "dataInputRefs", "dataOutputRefs", "optionalInputRefs", "optionalOutputRefs",
     "whileExecutingInputRefs", "whileExecutingOutputRefs", "outputSetRefs", "inputSetRefs",
     "correlationPropertyRef", "participantRef", "messageFlowRef", "supportedInterfaceRef", "loopDataInputRef",
     "loopDataOutputRef", "resourceRef", "innerParticipantRef", "outerParticipantRef", "auditing", "monitoring")
)  # fmt: skip

MORE: Mapping[str, Row] = {
    **{name: ({"id": ANY}, _DOC) for name in _TEXTS},
    "itemDefinition": ({"id": ANY, "structureRef": ANY, "itemKind": ANY, "isCollection": ANY}, _DOC),
    "import": ({"namespace": ANY, "location": ANY, "importType": ANY}, ANY),
    "interface": ({**_NODE, "implementationRef": ANY}, _DOC | {"operation"}),
    "operation": ({**_NODE, "implementationRef": ANY}, _DOC | {"inMessageRef", "outMessageRef", "errorRef"}),
    "resource": (_NODE, _DOC | {"resourceParameter"}),
    "resourceParameter": ({**_NODE, "type": ANY, "isRequired": ANY}, _DOC),
    **{
        name: (_NODE, _DOC | {"resourceRef", "resourceParameterBinding", "resourceAssignmentExpression"})
        for name in PERFORMERS
    },
    "resourceParameterBinding": ({"id": ANY, "parameterRef": ANY}, _DOC | {"expression", "formalExpression"}),
    "resourceAssignmentExpression": ({"id": ANY}, _DOC | {"expression", "formalExpression"}),
    "expression": ({"id": ANY}, _DOC),
    "formalExpression": (_FEEL, _DOC),
    "partnerEntity": (_NODE, _DOC | {"participantRef"}),
    "partnerRole": (_NODE, _DOC | {"participantRef"}),
    "endPoint": ({"id": ANY}, _DOC),
    "dataStore": ({**_NODE, "capacity": ANY, "isUnlimited": ANY, "itemSubjectRef": ANY}, _DOC | {"dataState"}),
    "participantMultiplicity": ({"id": ANY, "minimum": ANY, "maximum": ANY}, _DOC),
    "messageFlow": ({**_NODE, "sourceRef": ANY, "targetRef": ANY, "messageRef": ANY}, _DOC),
    "messageFlowAssociation": ({"id": ANY, "innerMessageFlowRef": ANY, "outerMessageFlowRef": ANY}, _DOC),
    "participantAssociation": ({"id": ANY}, _DOC | {"innerParticipantRef", "outerParticipantRef"}),
    "conversation": (_NODE, _DOC | _CONVERSATION),
    "subConversation": (_NODE, _DOC | _CONVERSATION),
    "callConversation": ({**_NODE, "calledCollaborationRef": ANY}, _DOC | _CONVERSATION),
    "conversationLink": ({**_NODE, "sourceRef": ANY, "targetRef": ANY}, _DOC),
    "conversationAssociation": (
        {"id": ANY, "innerConversationNodeRef": ANY, "outerConversationNodeRef": ANY}, _DOC,
    ),
    "correlationKey": (_NODE, _DOC | {"correlationPropertyRef"}),
    "correlationProperty": ({**_NODE, "type": ANY}, _DOC | {"correlationPropertyRetrievalExpression"}),
    "correlationPropertyRetrievalExpression": ({"id": ANY, "messageRef": ANY}, _DOC | {"messagePath"}),
    "messagePath": (_FEEL, _DOC),
    "correlationSubscription": ({"id": ANY, "correlationKeyRef": ANY}, _DOC | {"correlationPropertyBinding"}),
    "correlationPropertyBinding": ({"id": ANY, "correlationPropertyRef": ANY}, _DOC | {"dataPath"}),
    "dataPath": (_FEEL, _DOC),
    "ioSpecification": ({"id": ANY}, _DOC | {"dataInput", "dataOutput", "inputSet", "outputSet"}),
    "ioBinding": ({"id": ANY, "operationRef": ANY, "inputDataRef": ANY, "outputDataRef": ANY}, _DOC),
    "dataInput": (_TYPED, _DOC | {"dataState"}),
    "dataOutput": (_TYPED, _DOC | {"dataState"}),
    "inputDataItem": (_TYPED, _DOC | {"dataState"}),
    "outputDataItem": (_TYPED, _DOC | {"dataState"}),
    "inputSet": (
        _NODE, _DOC | {"dataInputRefs", "optionalInputRefs", "whileExecutingInputRefs", "outputSetRefs"},
    ),
    "outputSet": (
        _NODE, _DOC | {"dataOutputRefs", "optionalOutputRefs", "whileExecutingOutputRefs", "inputSetRefs"},
    ),
    "property": ({**_NODE, "itemSubjectRef": ANY}, _DOC | {"dataState"}),
    "dataInputAssociation": ({"id": ANY}, _DOC | {"sourceRef", "targetRef", "transformation", "assignment"}),
    "dataOutputAssociation": ({"id": ANY}, _DOC | {"sourceRef", "targetRef", "transformation", "assignment"}),
    "assignment": ({"id": ANY}, _DOC | {"from", "to"}),
    "transformation": (_FEEL, _DOC),
    "from": (_FEEL, _DOC),
    "to": (_FEEL, _DOC),
    "globalTask": (_NODE, _GLOBAL),
    "globalUserTask": ({**_NODE, "implementation": frozenset(("##unspecified",))}, _GLOBAL),
    "globalManualTask": (_NODE, _GLOBAL),
    "globalScriptTask": ({**_NODE, "scriptLanguage": frozenset(("feel", "FEEL"))}, _GLOBAL | {"script"}),
    "globalBusinessRuleTask": ({**_NODE, "implementation": frozenset(("##unspecified",))}, _GLOBAL),
}  # fmt: skip
