"""Data as drawn: data objects and properties as variables, and what the arrows between them and the steps carry.

A data object and a property are the variable of their name, or of their id where the name is none an expression
can use. What a step is given lives while the step does; what an arrow takes from it is kept under the object's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from workflows.bpmn_xml import children, local, tag
from workflows.starts import bare_name

NAME = re.compile(r"[^\W\d]\w*")
PLACEHOLDER = "__targetRef_placeholder"  # what an editor writes where an arrow ends at the step itself
HELD = ("dataObject", "dataObjectReference", "property", "dataInput", "dataOutput")


@dataclass(frozen=True)
class Copy:
    """One arrow: from `source` (or by `transformation`, or by `assignments` FEEL -> name) to `target`."""

    source: str
    target: str
    transformation: str = ""
    assignments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class StepData:
    """What is copied before a step begins and after it ends. outputs: names that the step may set for the latter."""

    reads: tuple[Copy, ...] = ()
    writes: tuple[Copy, ...] = ()
    outputs: frozenset[str] = frozenset()


def by_id(node: etree._Element, reference: str | None) -> etree._Element | None:
    """The data element of the file with this id."""
    wanted = bare_name(reference)
    if not wanted:
        return None
    return next((e for e in node.getroottree().getroot().iter(etree.Element) if e.get("id") == wanted), None)


def variable_of(element: etree._Element | None) -> str:
    """The variable that a data object, property, data input or output stands for; "" for none."""
    if element is None or local(element) not in HELD:
        return ""
    if local(element) == "dataObjectReference":
        drawn = by_id(element, element.get("dataObjectRef"))
        if drawn is not None and local(drawn) == "dataObject" and (drawn.get("name") or not element.get("name")):
            return variable_of(drawn)
    name, identity = str(element.get("name") or "").strip(), str(element.get("id") or "")
    if name == PLACEHOLDER:
        return ""
    return name if NAME.fullmatch(name) else identity


def read_data(node: etree._Element) -> StepData | None:
    """What the arrows at a step carry; None when there are none that carry anything."""
    reads = tuple(_copies(node, "dataInputAssociation"))
    writes = tuple(_copies(node, "dataOutputAssociation"))
    if not reads and not writes:
        return None
    return StepData(reads, writes, frozenset(copy.source for copy in writes if copy.source))


def _copies(node: etree._Element, kind: str) -> Iterator[Copy]:
    for arrow in children(node, kind):
        target = variable_of(by_id(node, text_of(arrow, "targetRef")))
        assigned = tuple(
            (text_of(one, "from"), _name_of(node, text_of(one, "to"))) for one in children(arrow, "assignment")
        )
        source = variable_of(by_id(node, text_of(arrow, "sourceRef")))
        transformation = text_of(arrow, "transformation")
        if assigned or (target and (source or transformation)):
            yield Copy(source, target, transformation, assigned)


def _name_of(node: etree._Element, text: str) -> str:
    """What an assignment writes to: a variable by its name, or a data element by its id."""
    return variable_of(by_id(node, text)) or text


def text_of(element: etree._Element, name: str) -> str:
    """The text of a child, "" when it is absent."""
    found = element.find(tag(name))
    return "" if found is None else (found.text or "").strip()


def collection_of(node: etree._Element, reference: str) -> str:
    """The variable a repetition runs over or fills: what an arrow ties its data input or output to, else itself."""
    element = by_id(node, reference)
    if element is None:
        return ""
    into = local(element) == "dataInput"
    ends = ("targetRef", "sourceRef") if into else ("sourceRef", "targetRef")
    for arrow in children(node, "dataInputAssociation" if into else "dataOutputAssociation"):
        if bare_name(text_of(arrow, ends[0])) == element.get("id"):
            return variable_of(by_id(node, text_of(arrow, ends[1])))
    return variable_of(element)
