"""The ways tokens can take through one process or subprocess, whatever the values: every state, up to a bound.

A place is a flow that a token stands on. Steps that only pass a token on are left out, so that long chains cost
nothing. Every choice is taken both ways, so that what never happens here never happens in a case; what happens here
may need values that no case has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from lxml import etree

from workflows.bpmn_xml import GATEWAYS, children, local, tag
from workflows.lint_graph import Graph

MOST_STATES = 4_000
MOST_WORK = 400_000  # tokens looked at
MOST_CHOICES = 6  # ways out of one inclusive choice
MOST_TOKENS = 3  # on one flow; more are told from none no further

Marking = tuple[int, ...]  # places with a token, sorted; a place stands twice for two tokens
_LEAVES = ("terminateEventDefinition", "errorEventDefinition", "cancelEventDefinition")


class NotAnalysed(Exception):  # noqa: N818 - it is an outcome, turned into a finding or silence
    """The drawing has too many states."""


class UnknownNode(Exception):  # noqa: N818 - likewise
    """The drawing holds what this net does not know."""


@dataclass
class Found:
    """What was seen: joins that went on, nodes that got a token, places with two, states where all stands still."""

    fired: set[str] = field(default_factory=set)
    fed: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)  # nodes behind which two tokens stood on one flow
    stuck: set[str] = field(default_factory=set)  # nodes that waited when nothing could move
    whole: bool = True


class Net:
    """Nodes and places of a scope. beside: whether boundary events that do not interrupt may happen."""

    def __init__(self, graph: Graph, *, beside: bool) -> None:
        self.graph, self.beside = graph, beside
        self.into: dict[str, list[int]] = {name: [] for name in graph.nodes}
        self.out: dict[str, list[int]] = {name: [] for name in graph.nodes}
        self.source: list[str] = []
        self.target: list[str] = []
        self.optional: list[bool] = []
        self._hosts: dict[str, list[tuple[str, bool]]] = {name: [] for name in graph.nodes}
        for name, node in graph.of("boundaryEvent"):
            if node.get("attachedToRef") in self._hosts and not children(node, "compensateEventDefinition"):
                interrupts = node.get("cancelActivity", "true") != "false"
                self._hosts[str(node.get("attachedToRef"))].append((name, interrupts))
        self._places()

    # --- building

    def _places(self) -> None:
        for name, node in self.graph.nodes.items():
            self._known(node)
            for flow in self.graph.out[name]:
                optional = flow.find(tag("conditionExpression")) is not None or flow.get("id") == node.get(
                    "default", ""
                )
                if str(flow.get("targetRef")) in self.graph.nodes:
                    self._place(name, str(flow.get("targetRef")), optional)
            if local(node) == "intermediateThrowEvent" and self.graph.links(name):
                for other in self.graph.nexts(name):
                    if self.graph.links(other):
                        self._place(name, other, False)
        self._shorten()

    def _known(self, node: etree._Element) -> None:
        odd = node.get("startQuantity", "1") != "1" or node.get("completionQuantity", "1") != "1"
        if odd or local(node) == "complexGateway" or node.get("eventGatewayType") == "Parallel":
            raise UnknownNode

    def _place(self, source: str, target: str, optional: bool) -> int:
        number = len(self.source)
        self.source.append(source)
        self.target.append(target)
        self.optional.append(optional)
        if source:
            self.out[source].append(number)
        self.into[target].append(number)
        return number

    def _passes(self, name: str) -> bool:
        """Whether a node only hands one token on."""
        kind = self.graph.kind(name)
        alone = len(self.into[name]) == 1 and len(self.out[name]) == 1 and not self._hosts[name]
        return alone and kind not in ("startEvent", "endEvent", "boundaryEvent", "eventBasedGateway")

    def _shorten(self) -> None:
        for name in list(self.graph.nodes):
            if self._passes(name) and not self.optional[self.out[name][0]]:
                before, after = self.into[name][0], self.out[name][0]
                if before != after:
                    end = self.target[after]
                    self.target[before] = end
                    self.into[end] = [before if place == after else place for place in self.into[end]]
                    self.into[name], self.out[name] = [], []

    # --- where it begins

    def beginnings(self) -> list[Marking]:
        """A marking for each way in: a start event, a step that starts the process, else all that nothing leads to."""
        starts = [name for name, _node in self.graph.of("startEvent")]
        starts += [
            name
            for name, node in self.graph.of("receiveTask", "eventBasedGateway")
            if node.get("instantiate") == "true"
        ]
        if starts:
            return [(self._place("", name, False),) for name in starts]
        watchers = set(self.graph.watchers())
        free = [
            name
            for name, node in self.graph.nodes.items()
            if not self.graph.into[name]
            and name not in watchers
            and local(node) not in ("boundaryEvent", "endEvent")
            and node.get("isForCompensation") != "true"
            and not (local(node) == "intermediateCatchEvent" and self.graph.links(name))
        ]
        return [tuple(sorted(self._place("", name, False) for name in free))] if free else []

    # --- moving

    def moves(self, marking: Marking) -> Iterator[tuple[str, Marking]]:
        """Every next state with the node that moved."""
        held_places = set(marking)
        for name in dict.fromkeys(self.target[place] for place in marking):
            kind = self.graph.kind(name)
            if kind == "parallelGateway":
                if held_places.issuperset(self.into[name]):
                    yield name, _changed(marking, self.into[name], self.out[name])
            elif kind == "inclusiveGateway" and len(self.into[name]) > 1:
                held = [place for place in self.into[name] if place in held_places]
                if not self._awaited(marking, name):
                    yield from ((name, _changed(marking, held, out)) for out in self._ways(name))
            else:
                for place in dict.fromkeys(p for p in marking if self.target[p] == name):
                    yield from ((name, _changed(marking, (place,), out)) for out in self._ways(name))
                if self._leaves(name):
                    yield name, ()

    def _leaves(self, name: str) -> bool:
        node = self.graph.nodes[name]
        return local(node) == "endEvent" and any(children(node, kind) for kind in _LEAVES)

    def _awaited(self, marking: Marking, name: str) -> bool:
        """Whether a token elsewhere can still come to an empty flow of an inclusive join."""
        empty = {place for place in self.into[name] if place not in marking}
        return any(empty & self._onward(place, name) for place in set(marking) if self.target[place] != name and empty)

    def _onward(self, place: int, until: str) -> frozenset[int]:
        seen, todo = {place}, [place]
        while todo:
            at = self.target[todo.pop()]
            if at != until:
                fresh = [p for p in self._all_out(at) if p not in seen]
                seen.update(fresh)
                todo += fresh
        return frozenset(seen)

    def _all_out(self, name: str) -> list[int]:
        return self.out[name] + [place for event, _interrupts in self._hosts[name] for place in self.out[event]]

    def _ways(self, name: str) -> list[Sequence[int]]:
        """What may be marked when a node has done its part, one entry a choice."""
        node, out = self.graph.nodes[name], self.out[name]
        ways = self._own_ways(node, out)
        for event, interrupts in self._hosts[name]:
            if interrupts:
                ways = [*ways, self.out[event]]
            elif self.beside:
                ways = [*ways, *([*way, *self.out[event]] for way in ways)]
        if len(ways) > 2**MOST_CHOICES:
            raise NotAnalysed
        return ways

    def _own_ways(self, node: etree._Element, out: list[int]) -> list[Sequence[int]]:
        kind = local(node)
        if kind in ("exclusiveGateway", "eventBasedGateway"):
            return [(place,) for place in out] or [()]
        chosen = [place for place in out if self.optional[place]]
        if kind == "inclusiveGateway":
            chosen = out
        elif kind in GATEWAYS or not chosen:
            return [out]
        always = [place for place in out if place not in chosen]
        if len(chosen) > MOST_CHOICES:
            raise NotAnalysed
        some = [[*always, *part] for size in range(1, len(chosen) + 1) for part in combinations(chosen, size)]
        return [*some, always] if always else [*some] or [()]


def _changed(marking: Marking, taken: Sequence[int], given: Sequence[int]) -> Marking:
    left = list(marking)
    for place in taken:
        left.remove(place)
    return tuple(sorted([*left, *given]))


def explored(net: Net) -> Found:
    """Every state of a net. Raises NotAnalysed when there are too many. Net: UnknownNode."""
    found = Found()
    todo = net.beginnings()
    seen, work = set(todo), 0
    while todo:
        marking = todo.pop()
        found.fed.update(net.target[place] for place in marking)
        stands = True
        for name, after in net.moves(marking):
            stands = False
            found.fired.add(name)
            work += 1 + len(after)
            twice = {place for place, other in pairwise(after) if place == other}
            found.doubled.update(net.source[place] for place in twice if net.source[place])
            if any(after.count(place) > MOST_TOKENS for place in twice):
                found.whole = False
            elif after not in seen:
                seen.add(after)
                todo.append(after)
            if len(seen) > MOST_STATES or work > MOST_WORK:
                raise NotAnalysed
        if stands and marking:
            found.stuck.update(net.target[place] for place in marking)
    return found
