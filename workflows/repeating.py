"""Multi-instance as drawn: over what, how far, and what is announced when an instance is done."""

from __future__ import annotations

from lxml import etree

from workflows.bpmn_xml import camunda, children, tag
from workflows.data_flow import NAME, collection_of, text_of
from workflows.spiff_events import Trigger
from workflows.spiff_repeat import FIRST, Many
from workflows.starts import bare_name


def read_many(node: etree._Element, loop: etree._Element, announces: tuple[tuple[str, Trigger], ...]) -> Many:
    """What `multiInstanceLoopCharacteristics` says; `camunda:collection` or the standard's own data elements."""
    return Many(
        collection=camunda(loop, "collection") or collection_of(node, text_of(loop, "loopDataInputRef")),
        element=camunda(loop, "elementVariable") or item_name(loop, "inputDataItem"),
        cardinality=text_of(loop, "loopCardinality"),
        until=text_of(loop, "completionCondition"),
        sequential=loop.get("isSequential") == "true",
        gathered=collection_of(node, text_of(loop, "loopDataOutputRef")),
        left_in=item_name(loop, "outputDataItem"),
        announces=announces,
    )


def item_name(loop: etree._Element, which: str) -> str:
    """The variable of one item: the name of `inputDataItem` or `outputDataItem`, else its id; "" without one."""
    item = loop.find(tag(which))
    if item is None:
        return ""
    name = str(item.get("name") or "").strip()
    return name if NAME.fullmatch(name) else str(item.get("id") or "")


def announced(loop: etree._Element) -> list[tuple[str, etree._Element]]:
    """When something is thrown (see `Many.announces`), and the element that holds its event definitions."""
    behavior = loop.get("behavior", "All")
    if behavior == "Complex":
        found = []
        for one in children(loop, "complexBehaviorDefinition"):
            event = one.find(tag("event"))
            if event is not None:
                found.append((text_of(one, "condition"), event))
        return found
    attribute = {"None": "noneBehaviorEventRef", "One": "oneBehaviorEventRef"}.get(behavior, "")
    definition = definition_of(loop, loop.get(attribute)) if attribute else None
    if definition is None:
        return []
    holder = etree.Element(tag("implicitThrowEvent"))
    holder.append(etree.fromstring(etree.tostring(definition)))
    return [(FIRST if behavior == "One" else "", holder)]


def definition_of(element: etree._Element, reference: str | None) -> etree._Element | None:
    """The event definition of the file with this id."""
    wanted = bare_name(reference)
    root = element.getroottree().getroot()
    found = (e for e in root.iter(etree.Element) if e.get("id") == wanted and e.tag.endswith("EventDefinition"))
    return next(found, None) if wanted else None
