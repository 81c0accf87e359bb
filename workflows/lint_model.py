"""A whole file as the rules of the standard see it: everything by id, the graph of every scope, events' definitions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from lxml import etree

from workflows.bpmn_xml import FLOW_NODES, children, is_bpmn, local, scopes_of, tag
from workflows.lint_graph import Graph

DEFINITION = "EventDefinition"


class Model:
    """One file. Ids that are used twice stand for their first element."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.by_id: dict[str, etree._Element] = {}
        for element in root.iter(etree.Element):
            if element.get("id") and is_bpmn(element):
                self.by_id.setdefault(str(element.get("id")), element)

    @cached_property
    def graphs(self) -> list[Graph]:
        """The graph of every process and subprocess."""
        return [Graph(scope) for scope in scopes_of(self.root)]

    def all(self, *names: str) -> Iterator[etree._Element]:
        """Every element of these kinds, in the order of the file."""
        for element in self.root.iter(etree.Element):
            if is_bpmn(element) and local(element) in names:
                yield element

    def nodes(self, *kinds: str) -> Iterator[tuple[Graph, str, etree._Element]]:
        """Every flow node of these kinds (all when none is named) with its graph and id."""
        for graph in self.graphs:
            for name, node in graph.nodes.items():
                if not kinds or local(node) in kinds:
                    yield graph, name, node

    def get(self, reference: str | None) -> etree._Element | None:
        """What a reference means; a prefix of a namespace is left out."""
        name = (reference or "").strip()
        return self.by_id.get(name) if name in self.by_id else self.by_id.get(name.rpartition(":")[2])

    def text(self, element: etree._Element, name: str) -> list[str]:
        """The texts of the children called so."""
        return [(child.text or "").strip() for child in children(element, name)]

    def definitions(self, event: etree._Element) -> list[etree._Element]:
        """What an event waits for or throws: its own definitions and those it refers to."""
        own = [child for child in event if is_bpmn(child) and local(child).endswith(DEFINITION)]
        named = (self.get(reference) for reference in self.text(event, "eventDefinitionRef"))
        return own + [found for found in named if found is not None and local(found).endswith(DEFINITION)]

    def kinds(self, event: etree._Element) -> list[str]:
        """The kinds of those: "message", "timer", …"""
        return [local(one).removesuffix(DEFINITION) for one in self.definitions(event)]

    def process_of(self, element: etree._Element) -> etree._Element | None:
        """The process an element lies in, or that a pool stands for."""
        if local(element) == "participant":
            return self.get(element.get("processRef"))
        return next((one for one in (element, *element.iterancestors()) if one.tag == tag("process")), None)

    def is_node(self, element: etree._Element | None) -> bool:
        return element is not None and local(element) in FLOW_NODES


def watches(scope: etree._Element) -> bool:
    """Whether a scope is an event subprocess."""
    return local(scope) == "subProcess" and scope.get("triggeredByEvent") == "true"


def holds_true(element: etree._Element, name: str, default: str = "false") -> bool:
    """A boolean attribute as XML Schema reads it."""
    return str(element.get(name, default)).strip() in ("true", "1")
