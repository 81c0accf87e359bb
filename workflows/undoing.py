"""Compensation as drawn: which step undoes which; and how many tokens a step takes."""

from __future__ import annotations

from lxml import etree

from workflows.bpmn_xml import children, nodes_of, tag
from workflows.starts import bare_name


def undoes(event: etree._Element) -> bool:
    """Whether a boundary event is the mark that a step can be undone."""
    return event.find(tag("compensateEventDefinition")) is not None


def handler_of(event: etree._Element, scope: etree._Element) -> list[etree._Element]:
    """The activities that a compensation boundary event's associations lead to; exactly one where all is well."""
    nodes = {str(node.get("id")): node for node in nodes_of(scope)}
    name = str(event.get("id") or "")
    found: list[etree._Element] = []
    for one in scope.getroottree().getroot().iter(tag("association")):
        ends = bare_name(one.get("sourceRef")), bare_name(one.get("targetRef"))
        other = ends[1] if ends[0] == name else ends[0] if ends[1] == name else ""
        node = nodes.get(other)
        if node is not None and node.get("isForCompensation") == "true" and node not in found:
            found.append(node)
    return found


def handlers_in(scope: etree._Element) -> dict[str, etree._Element]:
    """Of each activity of a process or subprocess that can be undone the activity that undoes it, by id."""
    found = {}
    for event in children(scope, "boundaryEvent"):
        if undoes(event):
            for handler in handler_of(event, scope)[:1]:
                found[str(event.get("attachedToRef") or "")] = handler
    return found


def start_quantity(node: etree._Element) -> int:
    """How many tokens must come before an activity starts."""
    return int(node.get("startQuantity") or 1)
