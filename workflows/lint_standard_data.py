"""Constraints of the standard on data: inputs and outputs, their sets, associations, items, calls and repetition."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import children, local, tag
from workflows.lint_elements import finding
from workflows.lint_model import Model, holds_true

_SCOPES = ("subProcess", "transaction", "adHocSubProcess")
_CALLABLE = (
    "process", "globalTask", "globalUserTask", "globalManualTask", "globalScriptTask", "globalBusinessRuleTask",
)  # fmt: skip
_THROWING = ("endEvent", "intermediateThrowEvent")
_CATCHING = ("startEvent", "intermediateCatchEvent", "boundaryEvent")
_CARRIES = {  # event definition -> what it names, and the attribute there that names an item
    "messageEventDefinition": ("messageRef", "itemRef"),
    "signalEventDefinition": ("signalRef", "structureRef"),
    "errorEventDefinition": ("errorRef", "structureRef"),
    "escalationEventDefinition": ("escalationRef", "structureRef"),
}


# --- items -------------------------------------------------------------------------------------------------------


def _structure(model: Model, item: str | None) -> str | None:
    """The structure an item definition names; None when the item or its structure is not told."""
    found = model.get(item) if item else None
    return None if found is None else found.get("structureRef")


def _differ(model: Model, one: str | None, other: str | None) -> bool:
    """Whether two items are certainly not equivalent: other structures."""
    first, second = _structure(model, one), _structure(model, other)
    return bool(one and other and one != other and first and second and first != second)


def _equivalent(model: Model, one: str | None, other: str | None) -> bool:
    """Whether two items are the same, or name the same structure."""
    if one == other:
        return True
    first, second = _structure(model, one), _structure(model, other)
    return first is not None and first == second


_COLLECTIONS = {
    "dataObject": "EXT020", "dataInput": "EXT081", "dataOutput": "EXT083",
    "inputDataItem": "EXT020", "outputDataItem": "EXT020",
}  # fmt: skip


def _collections(model: Model) -> Iterator[Finding]:
    for element in model.all(*_COLLECTIONS):
        item = model.get(element.get("itemSubjectRef"))
        if item is None or local(item) != "itemDefinition":
            continue
        if holds_true(item, "isCollection") != holds_true(element, "isCollection"):
            sentence = _("The data is a list where its definition is none, or the other way round.")
            remedy = _("Write isCollection as its definition has it.")
            for rule in dict.fromkeys(("EXT020", _COLLECTIONS[local(element)])):
                yield finding(element, sentence, remedy, code=rule)


def _references(model: Model) -> Iterator[Finding]:
    for element in model.all("dataObjectReference"):
        if element.get("itemSubjectRef"):
            sentence = _("A reference to a data object has no definition of its own.")
            yield finding(element, sentence, _("Define it at the data object."), code="EXT073")
    for element in model.all("dataObject"):
        if element.find(tag("dataState")) is not None:
            sentence = _("A data object has no state; a reference to it has.")
            yield finding(element, sentence, _("Move the state to the reference."), code="EXT074")


# --- inputs, outputs and their sets ------------------------------------------------------------------------------


def _specifications(model: Model) -> Iterator[Finding]:
    for one in model.all("ioSpecification"):
        owner = one.getparent()
        if owner is not None and local(owner) in _SCOPES:
            sentence = _("A subprocess has no inputs and outputs of its own.")
            yield finding(one, sentence, _("Give them to the steps inside."), code="EXT079")
        for data, kind, rule in (("dataInput", "inputSet", "EXT084"), ("dataOutput", "outputSet", "EXT088")):
            yield from _unlisted(model, one, data, kind, rule)
    for one in model.all("inputSet"):
        yield from _subset(model, one, "dataInputRefs", "optionalInputRefs", "EXT085")
        yield from _subset(model, one, "dataInputRefs", "whileExecutingInputRefs", "EXT086")
        yield from _paired(model, one, "outputSetRefs", "inputSetRefs")
    for one in model.all("outputSet"):
        yield from _subset(model, one, "dataOutputRefs", "optionalOutputRefs", "EXT089")
        yield from _subset(model, one, "dataOutputRefs", "whileExecutingOutputRefs", "EXT090")
        yield from _paired(model, one, "inputSetRefs", "outputSetRefs")


def _unlisted(model: Model, one: etree._Element, data: str, kind: str, rule: str) -> Iterator[Finding]:
    listed = {ref for given in children(one, kind) for child in given for ref in [(child.text or "").strip()]}
    for element in children(one, data):
        if str(element.get("id")) not in listed:
            sentence = _("The %(kind)s belongs to no set.", kind=data)
            yield finding(element, sentence, _("List it in a set of the step."), code=rule)


def _subset(model: Model, one: etree._Element, whole: str, part: str, rule: str) -> Iterator[Finding]:
    for name in model.text(one, part):
        if name not in model.text(one, whole):
            sentence = _("%(part)s names %(name)s, which the set does not hold.", part=part, name=name[:40])
            yield finding(one, sentence, _("List it in %(whole)s too.", whole=whole), code=rule)


def _paired(model: Model, one: etree._Element, mine: str, theirs: str) -> Iterator[Finding]:
    for name in model.text(one, mine):
        other = model.get(name)
        if other is not None and str(one.get("id")) not in model.text(other, theirs):
            sentence = _("The sets of inputs and outputs do not name each other.")
            yield finding(one, sentence, _("Name each in the other."), code="EXT087")


# --- associations ------------------------------------------------------------------------------------------------


def _associations(model: Model) -> Iterator[Finding]:
    for one in model.all("dataInputAssociation", "dataOutputAssociation"):
        sources = [model.get(name) for name in model.text(one, "sourceRef")]
        target = model.get(next(iter(model.text(one, "targetRef")), ""))
        changed = one.find(tag("transformation")) is not None or one.find(tag("assignment")) is not None
        if target is not None and local(target) == "dataInput" and _of_process(target):
            sentence = _("Nothing inside a process writes the process's own input.")
            yield finding(one, sentence, _("Write to a data object or an output."), code="EXT080")
        for source in sources:
            if source is not None and local(source) == "dataOutput" and _of_process(source):
                sentence = _("Nothing inside a process reads the process's own output.")
                yield finding(one, sentence, _("Read from a data object or an input."), code="EXT082")
        if len(sources) > 1 and one.find(tag("transformation")) is None:
            sentence = _("Several sources need a transformation.")
            yield finding(one, sentence, _("Draw an association for each."), code="EXT092")
        if not changed and len(sources) == 1 and sources[0] is not None and target is not None:
            yield from _same(model, one, sources[0], target)


def _of_process(data: etree._Element) -> bool:
    holder = data.getparent()
    owner = None if holder is None else holder.getparent()
    return owner is not None and holder is not None and local(holder) == "ioSpecification" and local(owner) in _CALLABLE


def _same(model: Model, one: etree._Element, source: etree._Element, target: etree._Element) -> Iterator[Finding]:
    items = [_item(model, source), _item(model, target)]
    if _differ(model, *items):
        sentence = _("The association joins data of different structure.")
        yield finding(one, sentence, _("Use the same definition at both ends."), code="EXT091")


def _item(model: Model, data: etree._Element) -> str | None:
    if local(data) == "dataObjectReference":
        found = model.get(data.get("dataObjectRef"))
        return data.get("itemSubjectRef") or (None if found is None else found.get("itemSubjectRef"))
    return data.get("itemSubjectRef")


# --- events ------------------------------------------------------------------------------------------------------


def _events(model: Model) -> Iterator[Finding]:
    for event in model.all(*_THROWING, *_CATCHING):
        data = children(event, "dataInput") + children(event, "dataOutput")
        carried = [item for one in model.definitions(event) if (item := _carried(model, one))]
        if not data:
            continue
        remedy = _("Give the event the data its messages, signals, errors and escalations carry, in their order.")
        if len(carried) != len(data) and len(model.definitions(event)) > 1:
            sentence = _("The event has other data than what it is about.")
            yield finding(event, sentence, remedy, code="EXT095")
        for given, item in zip(data, carried, strict=False):
            mine = given.get("itemSubjectRef")
            if mine and mine != item and not _equivalent(model, mine, item):
                sentence = _("The event's data has another structure than what it carries.")
                yield finding(event, sentence, remedy, code="EXT094")


def _carried(model: Model, definition: etree._Element) -> str | None:
    attribute, names = _CARRIES.get(local(definition), ("", ""))
    found = model.get(definition.get(attribute)) if attribute else None
    return None if found is None else found.get(names)


# --- services, sending, receiving --------------------------------------------------------------------------------


def _services(model: Model) -> Iterator[Finding]:
    for node in model.all("serviceTask"):
        operation = model.get(node.get("operationRef"))
        if operation is None or local(operation) != "operation":
            continue
        if _count(node, "inputSet") != 1:
            sentence = _("A service step with an operation has exactly one set of inputs.")
            yield finding(node, sentence, _("Describe its inputs once."), code="EXT042")
        if _count(node, "outputSet") > 1:
            sentence = _("A service step has one set of outputs at most.")
            yield finding(node, sentence, _("Describe its outputs once."), code="EXT043")
        yield from _fits(model, node, "dataInput", model.text(operation, "inMessageRef"), "EXT044")
        yield from _fits(model, node, "dataOutput", model.text(operation, "outMessageRef"), "EXT045")


def _messages(model: Model) -> Iterator[Finding]:
    for kind, sets, data, rules in (
        ("sendTask", "inputSet", "dataInput", ("EXT046", "EXT047", "EXT048")),
        ("receiveTask", "outputSet", "dataOutput", ("EXT050", "EXT051", "EXT052")),
    ):
        for node in model.all(kind):
            if _count(node, sets) > 1:
                sentence = _("The step has several sets of inputs or outputs; one is allowed.")
                yield finding(node, sentence, _("Describe them once."), code=rules[0])
            if _count(node, data) > 1:
                sentence = _("The step has several data where one message is sent or received.")
                yield finding(node, sentence, _("Keep one, the message's."), code=rules[1])
            if node.get("messageRef"):
                yield from _fits(model, node, data, [str(node.get("messageRef"))], rules[2])
    for graph, name, node in model.nodes("receiveTask"):
        if holds_true(node, "instantiate") and graph.into[name]:
            sentence = _("A flow leads into a step that starts the process.")
            yield finding(node, sentence, _("Remove the flow, or let the step not start it."), code="EXT049")


def _count(node: etree._Element, name: str) -> int:
    inside = node.find(tag("ioSpecification"))
    return 0 if inside is None else len(children(inside, name))


def _fits(model: Model, node: etree._Element, data: str, messages: list[str], rule: str) -> Iterator[Finding]:
    """The step's data must be the message's."""
    inside, message = node.find(tag("ioSpecification")), model.get(next(iter(messages), ""))
    if inside is None or message is None:
        return
    for given in children(inside, data):
        mine, item = given.get("itemSubjectRef"), message.get("itemRef")
        if mine and item and not _equivalent(model, mine, item):
            sentence = _("The step's data has another definition than its message.")
            yield finding(given, sentence, _("Use the message's definition."), code=rule)


# --- calls and repetition ----------------------------------------------------------------------------------------


def _calls(model: Model) -> Iterator[Finding]:
    for node in model.all("callActivity"):
        called = model.get(node.get("calledElement"))
        if called is not None and local(called) not in _CALLABLE:
            sentence = _("The call names something that cannot be called.")
            yield finding(node, sentence, _("Name a process or a global task by its id."), code="EXT062")
        if called is None or local(called) not in _CALLABLE:
            continue
        if node.find(tag("ioSpecification")) is None and called.find(tag("ioSpecification")) is None:
            continue
        if any(not _matches(model, node, called, data) for data in ("dataInput", "dataOutput")):
            sentence = _("The call's inputs and outputs are not those of what it calls.")
            yield finding(node, sentence, _("Give both the same inputs and outputs."), code="EXT063")


def _services_offered(model: Model) -> Iterator[Finding]:
    for element in model.all(*_CALLABLE):
        if children(element, "supportedInterfaceRef") and not children(element, "ioBinding"):
            sentence = _("What is offered as a service does not bind its inputs and outputs to an operation.")
            yield finding(element, sentence, _("Add the binding, or remove the interface."), code="EXT064")
        for binding in children(element, "ioBinding"):
            yield from _binding(model, element, binding)


def _binding(model: Model, element: etree._Element, binding: etree._Element) -> Iterator[Finding]:
    within = {
        str(one.get("id"))
        for one in element.iter(tag("inputSet"), tag("outputSet"), tag("dataInput"), tag("dataOutput"))
    }
    for attribute, rule in (("inputDataRef", "EXT065"), ("outputDataRef", "EXT066")):
        if binding.get(attribute) and binding.get(attribute) not in within:
            sentence = _("The binding names no input or output of its owner.")
            yield finding(binding, sentence, _("Name one that is there."), code=rule)


def _matches(model: Model, node: etree._Element, called: etree._Element, data: str) -> bool:
    mine, theirs = (
        [] if inside is None else [one.get("itemSubjectRef") for one in children(inside, data)]
        for inside in (node.find(tag("ioSpecification")), called.find(tag("ioSpecification")))
    )
    if len(mine) != len(theirs):
        return False
    left = list(theirs)
    for item in mine:
        found = next((other for other in left if other == item or _equivalent(model, item, other)), "")
        if found == "":
            return False
        left.remove(found)
    return True


def _repetitions(model: Model) -> Iterator[Finding]:
    for loop in model.all("multiInstanceLoopCharacteristics"):
        data = {name: next(iter(model.text(loop, name)), "") for name in ("loopDataInputRef", "loopDataOutputRef")}
        vendor = (
            any(str(key).endswith("}collection") for key in loop.attrib)
            or loop.find(tag("extensionElements")) is not None
        )
        if loop.find(tag("loopCardinality")) is None and not data["loopDataInputRef"] and not vendor:
            sentence = _("The step must be repeated over a collection or a number of times, one of the two.")
            remedy = _("Say in the step's panel, under Repetition, for each of what or how many times.")
            yield finding(loop, sentence, remedy, code="EXT067")
        for name, kind, item, rule in (
            ("loopDataInputRef", "dataInput", "inputDataItem", "EXT070"),
            ("loopDataOutputRef", "dataOutput", "outputDataItem", "EXT069"),
        ):
            if data[name]:
                yield from _list(model, loop, data[name], (kind, item, rule))


def _list(model: Model, loop: etree._Element, name: str, what: tuple[str, str, str]) -> Iterator[Finding]:
    kind, item, rule = what
    found, one = model.get(name), loop.find(tag(item))
    allowed = {kind, "dataObject", "dataObjectReference", "property"}
    if found is None or local(found) not in allowed:
        sentence = _("The repetition goes over %(name)s, which is no data of the step.", name=name[:40])
        yield finding(loop, sentence, _("Name an input or output of the step, or a data object."), code="EXT068")
        return
    if one is None or not one.get("itemSubjectRef"):
        return
    of_one = model.get(one.get("itemSubjectRef"))
    is_list = holds_true(one, "isCollection") or (of_one is not None and holds_true(of_one, "isCollection"))
    if is_list or _differ(model, one.get("itemSubjectRef"), _item(model, found)):
        sentence = _("One item of the list is defined otherwise than the list.")
        yield finding(loop, sentence, _("Define the item as one of the list."), code=rule)


DATA_RULES = (
    _collections, _references, _specifications, _associations, _events, _services, _messages, _calls, _services_offered,
    _repetitions,
)  # fmt: skip
