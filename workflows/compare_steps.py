"""The sentences about drawings: what each fact of a step or a flow means to the people who own the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from domain.parties.roles import ROLES
from domain.policy_keys import policy_keys
from domain.text import Text
from domain.text import gettext as _
from workflows import operation_titles
from workflows.bpmn_xml import FLOW_NODES
from workflows.compare_drawing import BETWEEN, WAYS, Drawn, moved
from workflows.compare_parts import (
    ADDED,
    CHANGED,
    LINES,
    REMOVED,
    Change,
    Difference,
    Thing,
    Words,
    clipped,
    differing,
    joined,
    plain,
    reordered,
    told_apart,
)
from workflows.steps import words

KINDS: Mapping[str, Text] = {
    "userTask": _("Task of a person"),
    "manualTask": _("Work on paper"),
    "serviceTask": _("Operation of the program"),
    "businessRuleTask": _("Decision table"),
    "scriptTask": _("Calculation"),
    "sendTask": _("Sending"),
    "receiveTask": _("Receiving"),
    "task": _("Step without content"),
    "subProcess": _("Subprocess"),
    "transaction": _("Transaction"),
    "adHocSubProcess": _("Steps in no order"),
    "startEvent": _("Start"),
    "endEvent": _("End"),
    "intermediateCatchEvent": _("Event that is waited for"),
    "intermediateThrowEvent": _("Event that is told"),
    "boundaryEvent": _("Event at the edge of a step"),
    "exclusiveGateway": _("One way is chosen"),
    "inclusiveGateway": _("Every way that fits"),
    "parallelGateway": _("All ways side by side"),
    "eventBasedGateway": _("The first event decides"),
    "complexGateway": _("A condition decides when it goes on"),
    "sequenceFlow": _("Flow"),
    "lane": _("Lane"),
    "laneSet": _("Set of lanes"),
    "childLaneSet": _("Set of lanes"),
    "participant": _("Pool"),
    "textAnnotation": _("Note on the drawing"),
    "association": _("Line to a note"),
    "group": _("Frame"),
    "message": _("Message"),
    "signal": _("Signal"),
    "error": _("Error"),
    "escalation": _("Escalation"),
    "dataObject": _("Data object"),
    "dataObjectReference": _("Data object"),
    "dataStoreReference": _("Data store"),
    "timerEventDefinition": _("a point in time"),
    "messageEventDefinition": _("a message"),
    "signalEventDefinition": _("a signal"),
    "conditionalEventDefinition": _("a condition"),
    "errorEventDefinition": _("an error"),
    "escalationEventDefinition": _("an escalation"),
    "terminateEventDefinition": _("the end of everything"),
    "linkEventDefinition": _("a link"),
    "compensateEventDefinition": _("undoing"),
    "cancelEventDefinition": _("calling off"),
    "multiInstanceLoopCharacteristics": _("once for each"),
    "standardLoopCharacteristics": _("again and again"),
}
_AREAS = {"sequenceFlow": "flow", "textAnnotation": "text", "association": "text", "group": "text"}
_DATA = frozenset("message signal error escalation dataObject dataObjectReference dataStoreReference".split())


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two drawings, as the reader's language names it. stages: code -> title."""

    drawn: Drawn
    stages: Mapping[str, str]
    english: bool

    def name(self, key: str) -> str:
        return self.drawn.named(key, self.english)


Say = Callable[[Side, str], Words]


def _text(_side: Side, value: str) -> Words:
    return clipped(value)


def _names(side: Side, value: str) -> Words:
    return joined([side.name(one) for one in words(value)])


def _lines(side: Side, value: str) -> Words:
    return joined([side.name(one) for one in value.split(BETWEEN)])


def _lane(side: Side, value: str) -> Words:
    return " › ".join(side.name(one) for one in value.split(BETWEEN))


def _ends(side: Side, value: str) -> Words:
    return " → ".join(side.name(one) for one in value.split(BETWEEN))


def _ends_by_id(side: Side, value: str) -> Words:
    """For steps that are called alike on both sides: the id beside the name tells them apart."""
    found = ((one, side.name(one)) for one in value.split(BETWEEN))
    return " → ".join(one if one == name else f"{name} ({one})" for one, name in found)


def _roles(_side: Side, value: str) -> Words:
    return joined([ROLES[one].title if one in ROLES else one for one in words(value)])


def _kind(_side: Side, value: str) -> Words:
    return joined([KINDS.get(one, one) for one in value.split(BETWEEN)])


def _operation(_side: Side, value: str) -> Words:
    return operation_titles.TITLES.get(value, value)


def _term(side: Side, value: str) -> Words:
    found = next((key for key in policy_keys() if key.name == value), None)
    return value if found is None else found.doc.rstrip(".") if side.english else found.zh


def _stage(side: Side, value: str) -> Words:
    return side.stages.get(value) or value


def _flag(_side: Side, value: str) -> Words:
    return {"true": _("yes"), "yes": _("yes"), "false": _("no"), "no": _("no")}.get(value.strip(), value)


# aspect -> area, sentence, how its value is said
ASPECTS: Mapping[str, tuple[str, Text, Say]] = {
    "kind": ("step", _("It is another kind of step."), _kind),
    "waits": ("step", _("What the event stands for."), _kind),
    "repeats": ("step", _("How often it is done."), _kind),
    "inside": ("step", _("It stands in another part of the process."), _lines),
    "lanes": ("step", _("The lane it stands in."), _lane),
    "@attachedToRef": ("step", _("The step at whose edge it waits."), _names),
    "@cancelActivity": ("step", _("Whether it ends the step at whose edge it waits."), _flag),
    "@isInterrupting": ("step", _("Whether it ends what is going on."), _flag),
    "@triggeredByEvent": ("step", _("Whether an event starts it."), _flag),
    "@camunda:priority": ("step", _("Its priority."), _text),
    "holds": ("step", _("Steps that the lane lists and that do not exist."), _text),
    "incoming": ("flow", _("The step lists flows as coming in that do not lead to it."), _text),
    "outgoing": ("flow", _("The step lists flows as going out that do not leave it."), _text),
    "ends": ("flow", _("The flow leads elsewhere."), _ends),
    "@default": ("condition", _("The way that is taken when no condition holds."), _names),
    "conditionExpression#text": ("condition", _("When this way is taken."), _text),
    "@camunda:candidateGroups": ("role", _("Who may do it."), _roles),
    "property:separate-from": ("role", _("Steps that somebody else must have done."), _names),
    "property:separation-group": ("role", _("The groups of steps of which nobody does two."), _names),
    "property:assign": ("role", _("To whom its tasks go by themselves."), _text),
    "property:nominate": ("role", _("Whether a head names who may do it."), _flag),
    "property:skill": ("role", _("What those who do it must be trained for."), _text),
    "property:skippable": ("role", _("Whether people may skip it."), _flag),
    "property:priority": ("step", _("Its priority."), _text),
    "property:term": ("term", _("The term set by policy."), _term),
    "property:term-internal": ("term", _("The internal term where policy sets none."), _term),
    "property:case-limit": ("term", _("Whether the limit of the case is its own."), _flag),
    "@camunda:dueDate": ("term", _("When it is due."), _text),
    "timerEventDefinition/timeDate#text": ("term", _("The point in time."), _text),
    "timerEventDefinition/timeDuration#text": ("term", _("How long it waits."), _text),
    "timerEventDefinition/timeCycle#text": ("term", _("How often it comes again."), _text),
    "conditionalEventDefinition/condition#text": ("condition", _("What it waits for."), _text),
    "@camunda:formKey": ("form", _("The form of the step."), _text),
    "@camunda:topic": ("data", _("The operation it carries out."), _operation),
    "@camunda:type": ("data", _("How the program carries it out."), _text),
    "@camunda:decisionRef": ("table", _("The decision table it asks."), _text),
    "@camunda:resultVariable": ("data", _("The name under which its result is kept."), _text),
    "@camunda:mapDecisionResult": ("data", _("What of its results is kept."), _text),
    "property:facts": ("data", _("What the decision table is asked about."), _operation),
    "property:record": ("data", _("What is done with what the decision table says."), _operation),
    "property:decision": ("table", _("The decision of the table."), _text),
    "property:prefill": ("data", _("Whether the form is filled beforehand."), _flag),
    "property:correlation": ("data", _("By what the message finds its case."), _text),
    "property:stage": ("process", _("The stage it belongs to."), _stage),
    "property:name.en": ("text", _("Its English name."), _text),
    "@name": ("text", _("Its name."), _text),
    "documentation#text": ("text", _("Its description."), _text),
    "text#text": ("text", _("What the note says."), _text),
    "script#text": ("data", _("What is calculated."), _text),
}
_PREFIXES: Mapping[str, tuple[str, Text, Say]] = {
    "in:": ("data", _("What the operation is given as %(name)s."), _text),
    "out:": ("data", _("What is kept as %(name)s."), _text),
    "property:": ("data", _("The property %(name)s."), _text),
}
_REPEATED: Mapping[str, tuple[str, Text, Say]] = {
    "@camunda:collection": ("step", _("For each of what it is done."), _text),
    "@camunda:elementVariable": ("data", _("The name of the one in hand."), _text),
    "@isSequential": ("step", _("Whether one comes after the other."), _flag),
    "/loopCardinality#text": ("step", _("How often it is done."), _text),
    "/completionCondition#text": ("condition", _("When the rest need not be done any more."), _text),
    "/loopCondition#text": ("condition", _("As long as this holds, it is done again."), _text),
    "@loopMaximum": ("step", _("How often at most."), _text),
}
_REFERRED = {
    "@messageRef": _("The message."), "@signalRef": _("The signal."),
    "@errorRef": _("The error."), "@escalationRef": _("The escalation."),
}  # fmt: skip


def meaning(aspect: str) -> tuple[str, Text, Say]:
    """Area, sentence and way of saying of any aspect; what has none of its own is named as it is written."""
    if aspect in ASPECTS:
        return ASPECTS[aspect]
    _head, at, tail = aspect.partition("LoopCharacteristics")
    if at and tail in _REPEATED:
        return _REPEATED[tail]
    for ending, sentence in _REFERRED.items():
        if aspect.endswith(ending):
            return "data", sentence, _names
    for prefix, (area, sentence, say) in _PREFIXES.items():
        name = aspect.removeprefix(prefix)
        if name != aspect and not set("@#/") & set(name):
            return area, Text(sentence.source, {"name": name}), say
    return "data", plain(aspect), _text


class DrawingWords:
    """The changes between two drawings. Raises nothing: a drawing that could be read can be compared."""

    def __init__(self, old: Side, new: Side, file: str) -> None:
        self.old, self.new, self.file = old, new, file
        self.added: list[str] = []
        self.removed: list[str] = []
        self.changed: list[str] = []
        self.moved = moved(old.drawn, new.drawn)

    def changes(self) -> Iterator[Change]:
        """In the order of the new drawing, then what is gone."""
        before = self.old.drawn.things
        for key, thing in self.new.drawn.things.items():
            if key not in before:
                self.added.append(key)
                yield self._whole(self.new, thing, ADDED)
                continue
            found = [*self._aspects(before[key], thing), *self._order(before[key], thing)]
            if found:
                self.changed.append(key)
            yield from found
        for key, thing in before.items():
            if key not in self.new.drawn.things:
                self.removed.append(key)
                yield self._whole(self.old, thing, REMOVED)

    def _whole(self, side: Side, thing: Thing, kind: str) -> Change:
        area = _AREAS.get(thing.kind, "step" if thing.kind in FLOW_NODES else "process")
        area = "data" if thing.kind in _DATA else area
        lane = thing.facts.get("lanes", "").split(BETWEEN)[-1]
        title = KINDS.get(thing.kind, thing.kind)
        sentence = _("%(kind)s, in %(lane)s.", kind=title, lane=side.name(lane)) if lane else _("%(kind)s.", kind=title)
        what = _content(side, thing) or self._title(side, thing.key)
        before, after = (what, "") if kind == REMOVED else ("", what)
        return Change(
            kind, area, self.file, thing.key, self._title(side, thing.key), sentence, before, after, self._shows(thing)
        )

    def _aspects(self, old: Thing, new: Thing) -> Iterator[Change]:
        found = {one.aspect: one for one in differing(old, new)}
        for one in found.values():
            if not _said_already(one, found):
                yield self._aspect(new, one)

    def _aspect(self, thing: Thing, one: Difference) -> Change:
        area, sentence, say = meaning(one.aspect)
        if say is _ends and one.before and one.after and _ends(self.old, one.before) == _ends(self.new, one.after):
            say = _ends_by_id
        before, after = told_apart(one, lambda value: say(self.old, value), lambda value: say(self.new, value))
        return Change(
            one.kind, area, self.file, thing.key, self._title(self.new, thing.key), sentence,
            before, after, self._shows(thing),
        )  # fmt: skip

    def _order(self, old: Thing, new: Thing) -> Iterator[Change]:
        for name in new.orders:
            before, after = old.orders.get(name, ()), new.orders[name]
            if reordered(before, after):
                area, sentence = ("flow", _("The order in which the ways out are asked.")) if name == WAYS else (
                    "data", _("The order of %(name)s.", name=name))  # fmt: skip
                said = (joined([self._way(self.old, key) for key in before]),
                        joined([self._way(self.new, key) for key in after]))  # fmt: skip
                yield Change(
                    CHANGED, area, self.file, new.key, self._title(self.new, new.key), sentence,
                    *said, self._shows(new),
                )  # fmt: skip

    def _way(self, side: Side, key: str) -> str:
        flow = side.drawn.things.get(key)
        return side.name(flow.facts["ends"].split(BETWEEN)[-1]) if flow and "ends" in flow.facts else key

    def _title(self, side: Side, key: str) -> Words:
        thing = side.drawn.things[key]
        name = side.name(key)
        if name == key and thing.kind in KINDS:
            return _("%(kind)s without a name", kind=KINDS[thing.kind]) if "/" in key else _(
                "%(kind)s %(id)s", kind=KINDS[thing.kind], id=key
            )  # fmt: skip
        return name if name != thing.kind else _("The drawing as a whole")

    def _shows(self, thing: Thing) -> str:
        return thing.key if thing.key in self.new.drawn.picture or thing.key in self.old.drawn.picture else ""


def _said_already(one: Difference, found: Mapping[str, Difference]) -> bool:
    """True for the id of something that came or went as a whole and is told by another of its facts."""
    if one.before is not None and one.after is not None:
        return False
    if one.aspect == "@camunda:type":
        return "@camunda:topic" in found and "external" in (one.before, one.after)
    head, at, tail = one.aspect.rpartition("@")
    if tail == "id" and at and head:
        return any(other != one.aspect and other.startswith(head) for other in found) or (
            ("waits" in found and head.endswith("EventDefinition"))
            or ("repeats" in found and head.endswith("LoopCharacteristics"))
        )
    return ("waits" in found and one.aspect in KINDS) or ("repeats" in found and one.aspect in KINDS)


_FIRST = (
    "@camunda:candidateGroups", "@camunda:formKey", "@camunda:topic", "@camunda:decisionRef", "waits", "repeats",
    "property:term", "property:term-internal", "ends", "conditionExpression#text", "text#text",
)  # fmt: skip
_LABELS: Mapping[str, Text] = {
    "@camunda:formKey": _("form"),
    "@camunda:decisionRef": _("decision table"),
    "@name": _("name"),
    "property:name.en": _("English name"),
    "property:stage": _("stage"),
    "property:separate-from": _("not by who did"),
    "property:case-limit": _("limit of the case"),
    "property:prefill": _("filled beforehand"),
    "documentation#text": _("description"),
    "conditionExpression#text": _("if"),
    "@default": _("when no condition holds"),
}
_UNSAID = frozenset(("kind", "inside", "lanes", "@camunda:type"))


def _content(side: Side, thing: Thing) -> Words:
    """All that a thing holds, as one line: what matters most by itself, the rest with the name of its entry."""
    parts: list[Words] = []
    for aspect in sorted(thing.facts, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST)):
        if aspect in _UNSAID or aspect.endswith("@id"):
            continue
        if aspect == "@name" and thing.facts[aspect] in side.name(thing.key):
            continue
        said = meaning(aspect)[2](side, thing.facts[aspect])
        label: Words = _LABELS.get(aspect) or aspect.removeprefix("property:").removeprefix("@camunda:").removeprefix(
            "@"
        )
        bare = aspect in _FIRST and aspect not in _LABELS
        parts.append(said if bare else _("%(name)s: %(value)s", name=label, value=said))
    return joined(parts, LINES)
