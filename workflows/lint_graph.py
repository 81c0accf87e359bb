"""The graph of one process or subprocess as the rules look at it."""

from __future__ import annotations

from lxml import etree

from workflows.bpmn_xml import (
    children,
    flows_of,
    local,
    nodes_of,
)
from workflows.undoing import handler_of, undoes


class Graph:
    """Nodes and flows of one process or subprocess."""

    def __init__(self, scope: etree._Element) -> None:
        self.scope = scope
        self.nodes = {str(node.get("id")): node for node in nodes_of(scope) if node.get("id")}
        self.flows = flows_of(scope)
        self.out: dict[str, list[etree._Element]] = {name: [] for name in self.nodes}
        self.into: dict[str, list[etree._Element]] = {name: [] for name in self.nodes}
        for flow in self.flows:
            self.out.get(str(flow.get("sourceRef")), []).append(flow)
            self.into.get(str(flow.get("targetRef")), []).append(flow)
        self._kinds: dict[str, list[tuple[str, etree._Element]]] = {}
        self._attached: dict[str, list[str]] = {}
        for name, node in self.nodes.items():
            self._kinds.setdefault(local(node), []).append((name, node))
            self._attached.setdefault(str(node.get("attachedToRef") or ""), []).append(name)
        # whether the file lists the flows at its nodes, as editors do
        self.lists = any(children(node, kind) for node in self.nodes.values() for kind in ("incoming", "outgoing"))

    def kind(self, name: str) -> str:
        return local(self.nodes[name])

    def of(self, *kinds: str) -> list[tuple[str, etree._Element]]:
        if len(kinds) == 1:
            return self._kinds.get(kinds[0], [])
        return [(name, node) for name, node in self.nodes.items() if local(node) in kinds]

    def watchers(self) -> list[str]:
        """Ids of the event subprocesses."""
        return [name for name, node in self.of("subProcess") if node.get("triggeredByEvent") == "true"]

    def links(self, name: str) -> list[str]:
        """Link names of an intermediate event."""
        return [str(link.get("name") or "") for link in children(self.nodes[name], "linkEventDefinition")]

    def nexts(self, name: str) -> list[str]:
        """Nodes a token may go to: along flows, to boundary events, through links."""
        found = [str(flow.get("targetRef")) for flow in self.out[name]]
        found += [one for one in self._attached.get(name, ()) if self.kind(one) == "boundaryEvent"]
        if self.kind(name) == "boundaryEvent" and undoes(self.nodes[name]):
            found += [str(handler.get("id")) for handler in handler_of(self.nodes[name], self.scope)]
        if self.kind(name) == "intermediateThrowEvent":
            wanted = self.links(name)
            found += [n for n, _n in self.of("intermediateCatchEvent") if wanted and self.links(n) == wanted]
        return [n for n in found if n in self.nodes]
