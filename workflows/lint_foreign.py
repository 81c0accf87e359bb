"""Diagrams that were drawn elsewhere: what of other vendors' words changes the way of a case or its values.

What cannot is a warning: the engine runs the drawing without it. What can, or might, refuses the drawing: it would
run otherwise here than where it was drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from domain.errors import Finding
from domain.text import Text

# parts of the standard that describe and are never carried out
DESCRIBES = frozenset(
    (
        "import", "interface", "operation", "resource", "resourceParameter", "performer", "humanPerformer",
        "potentialOwner", "resourceRole", "rendering", "monitoring", "auditing", "partnerRole", "partnerEntity",
        "endPoint", "extension", "relationship", "dataStore", "dataState", "interfaceRef", "supportedInterfaceRef",
        "ioBinding", "operationRef", "participantMultiplicity", "participantAssociation", "messageFlowAssociation",
        "conversation", "subConversation", "callConversation", "conversationNode", "conversationLink",
        "conversationAssociation", "globalConversation", "category", "categoryValueRef", "partitionElement",
        "property", "itemDefinition", "messageFlow", "endPointRef",
    )
)  # fmt: skip
# words of execution: wherever they stand, they do something between the steps or to the values of a case
_ACTS = re.compile(
    r"listener|script|mapping|connector|inputoutput|inputparameter|outputparameter|loopcharacteristics|calledelement$"
    r"|calleddecision|skipexpression|resultvariable|errorcodevariable|errormessagevariable|escalationcodevariable"
    r"|variablename|variableevents|elementvariable|errorevent|operator|conditionexpression|messagepayload"
    r"|messagevariable|correlation|oncomplete|completioncondition|subscription|triggerable"
    r"|^(?:in|out|inputs?|outputs?|collection|expression|adhoc|ad-hoc)$",
    re.IGNORECASE,
)
# attributes of the standard that decide the way of a case
_CONTROL = frozenset(
    (
        "startQuantity", "completionQuantity", "isForCompensation", "isInterrupting", "parallelMultiple",
        "cancelActivity", "eventGatewayType", "instantiate", "isSequential", "behavior", "oneBehaviorEventRef",
        "noneBehaviorEventRef", "method", "ordering", "cancelRemainingInstances", "triggeredByEvent",
        "waitForCompletion", "activityRef", "calledElement", "default", "language", "loopMaximum", "testBefore",
        "scriptFormat", "scriptLanguage", "messageRef", "signalRef", "errorRef", "escalationRef", "attachedToRef",
        "xsi:type",
    )
)  # fmt: skip
# steps that are carried out from outside, whatever class or service another vendor's engine would have called
_OUTSIDE = frozenset(("serviceTask", "sendTask", "businessRuleTask"))

# what only an office needs: who does a step, with which form, by which operation, and where it stands in the picture
OFFICE = frozenset(
    (
        "no-role", "unknown-role", "no-form", "unknown-form", "no-operation", "unknown-operation", "unknown-input",
        "missing-input", "no-decision", "unknown-decision", "unknown-decision-operation", "separate-from-nobody",
        "separate-from-itself", "not-in-picture", "one-lane", "lane-lists-nothing", "not-executable",
        "id-not-in-expressions", "output-is-text", "one-process", "pool-without-process",
        "send-names-no-message",
    )
)  # fmt: skip
# what the engine carries out as the standard says, though it is drawn oddly
ODD = frozenset(
    (
        "EXT026", "dead-end", "no-way-to-end", "two-flows-same-nodes", "boundary-never-happens", "throws-neither",
        "cycle-happens-once",
    )
)  # fmt: skip
_OF_WORDS = frozenset(
    (
        "unsupported-attribute", "unsupported-value", "unsupported-element", "element-without-effect",
        "unsupported-extension",
    )
)  # fmt: skip
_PICTURE = re.compile(r"Element '\{http://www\.omg\.org/spec/(?:BPMN/20100524/DI|DD/20100524/D[IC])\}")
_NAMESPACE = "The attribute 'targetNamespace' is required"


def judged(found: Finding, kinds: Mapping[str, str]) -> Finding | None:
    """A finding of a drawing's check as it counts for a drawing from elsewhere; None: it does not count.

    kinds: element id -> its kind.
    """
    if found.code in OFFICE:
        return None
    if found.code in ODD or (found.code in _OF_WORDS and not _matters(found, kinds)):
        return replace(found, severity="warning")
    if found.code == "schema" and (_PICTURE.search(str(found.sentence)) or _NAMESPACE in str(found.sentence)):
        return replace(found, severity="warning")
    return found


def _matters(found: Finding, kinds: Mapping[str, str]) -> bool:
    """Whether what is not carried out here could change the way of a case or its values."""
    values = found.sentence.values if isinstance(found.sentence, Text) else {}
    word = str(values.get("key", values.get("name", "")))
    if found.code in ("unsupported-element", "element-without-effect"):
        return word not in DESCRIBES
    if word == "expression" and kinds.get(found.element) in _OUTSIDE:
        return False
    return word in _CONTROL or bool(_ACTS.search(word))
