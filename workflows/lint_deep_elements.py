"""The part of the allow-list on compensation, transactions, ad-hoc subprocesses, multiple events, complex gateways."""

from __future__ import annotations

ANY: frozenset[str] = frozenset()
EVENTS = frozenset(("eventDefinitionRef", "compensateEventDefinition"))
DEFINITIONS = frozenset(
    "messageEventDefinition signalEventDefinition errorEventDefinition escalationEventDefinition "
    "terminateEventDefinition timerEventDefinition conditionalEventDefinition compensateEventDefinition "
    "cancelEventDefinition linkEventDefinition".split()
)
CANCEL = frozenset(("cancelEventDefinition",))
SCOPES = frozenset(("transaction", "adHocSubProcess", "complexGateway"))
BEHAVIORS = {
    "behavior": frozenset(("None", "One", "All", "Complex")),
    "noneBehaviorEventRef": ANY,
    "oneBehaviorEventRef": ANY,
}
_DOC = frozenset(("documentation", "extensionElements"))
MORE: dict[str, tuple[dict[str, frozenset[str]], frozenset[str]]] = {
    "compensateEventDefinition": ({"id": ANY, "activityRef": ANY, "waitForCompletion": ANY}, _DOC),
    "cancelEventDefinition": ({"id": ANY}, _DOC),
    "eventDefinitionRef": ({}, ANY),
    "activationCondition": ({"id": ANY, "language": frozenset(("feel",))}, ANY),
    "complexBehaviorDefinition": ({"id": ANY}, _DOC | {"condition", "event"}),
    "event": ({"id": ANY, "name": ANY}, _DOC | DEFINITIONS | {"eventDefinitionRef"}),
}
TRANSACTION = {"method": frozenset(("##Compensate", "Compensate")), "triggeredByEvent": ANY}
AD_HOC = {
    "ordering": frozenset(("Parallel", "Sequential")),
    "cancelRemainingInstances": frozenset(("true", "false")),
    "triggeredByEvent": ANY,
}
