"""Joins that wait for ever, steps done twice, loops without end: found where they are, and only there."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from time import monotonic

import pytest
from lxml import etree

from tests.workflows.test_lint import USER, one, process
from workflows.bpmn_xml import read_tree, scopes_of
from workflows.lint_graph import Graph
from workflows.lint_soundness import check_soundness
from workflows.token_net import Net, NotAnalysed, explored


def found(xml: str) -> set[tuple[str, str, str]]:
    return {(one.code, one.severity, one.element) for one in check_soundness(read_tree(xml.encode()))}


def nodes(**kinds: str) -> str:
    return "".join(f'<bpmn:{kind} id="{name}"/>' for name, kind in kinds.items())


def test_a_join_behind_a_choice_waits_for_ever() -> None:
    body = nodes(X="exclusiveGateway", A="manualTask", B="manualTask", J="parallelGateway")

    assert found(process(body, "S>X X>A X>B A>J B>J J>E")) == {("deadlock", "error", "J")}


def test_a_join_behind_an_inclusive_choice_may_wait_for_ever() -> None:
    body = nodes(X="inclusiveGateway", A="manualTask", B="manualTask", J="parallelGateway")

    assert found(process(body, "S>X X>A X>B A>J B>J J>E")) == {("may-deadlock", "warning", "J")}


def test_branches_that_run_at_once_and_meet_without_a_join_are_done_twice() -> None:
    body = nodes(X="parallelGateway", A="manualTask", B="manualTask", J="exclusiveGateway", C="manualTask")

    assert found(process(body, "S>X X>A X>B A>J B>J J>C C>E")) == {("lack-of-synchronisation", "warning", "J")}


@pytest.mark.parametrize(
    ("body", "flows"),
    [
        (nodes(X="parallelGateway", A="manualTask", B="manualTask", J="parallelGateway"), "S>X X>A X>B A>J B>J J>E"),
        (nodes(X="inclusiveGateway", A="manualTask", B="manualTask", J="inclusiveGateway"), "S>X X>A X>B A>J B>J J>E"),
        (nodes(X="parallelGateway", A="manualTask", B="manualTask"), "S>X X>A X>B A>E B>E"),
        (nodes(X="parallelGateway", A="manualTask", B="manualTask"), "S>X X>A X>B A>E"),
        (nodes(A="manualTask", B="manualTask", C="manualTask", J="parallelGateway"), "S>A A>B A>C B>J C>J J>E"),
        (
            nodes(M="exclusiveGateway", X="parallelGateway", A="manualTask", B="manualTask", J="parallelGateway",
                  Y="exclusiveGateway"),
            "S>M M>X X>A X>B A>J B>J J>Y Y>M Y>E",
        ),
    ],
)  # fmt: skip
def test_what_is_in_order_is_left_alone(body: str, flows: str) -> None:
    assert found(process(body, flows)) == set()


def test_a_branch_that_may_end_early_beside_a_join_is_told() -> None:
    body = nodes(X="parallelGateway", A="exclusiveGateway", B="manualTask", J="parallelGateway") + nodes(F="endEvent")

    assert found(process(body, "S>X X>A X>B A>J A>F B>J J>E")) == {("may-deadlock", "warning", "J")}


def test_a_reminder_beside_a_step_doubles_nothing() -> None:
    event = (
        '<bpmn:boundaryEvent id="R" attachedToRef="U" cancelActivity="false"><bpmn:timerEventDefinition>'
        "<bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )
    body = USER + event + nodes(N="manualTask", X="parallelGateway", B="manualTask", J="parallelGateway")

    assert found(process(body, "S>X X>U X>B U>J B>J J>E R>N N>J")) <= {("may-deadlock", "warning", "J")}
    assert found(process(body, "S>X X>U X>B U>J B>J J>E R>N N>E")) == set()


def test_a_loop_that_no_way_leaves_is_endless_unless_something_in_it_waits() -> None:
    for kind, codes in (("scriptTask", {"endless-loop"}), ("manualTask", set()), ("serviceTask", set())):
        body = nodes(M="exclusiveGateway", X="parallelGateway", A=kind)
        assert {code for code, _severity, _element in found(process(body, "S>M M>X X>A A>M X>E"))} - {
            "lack-of-synchronisation", "not-analysed"
        } == codes  # fmt: skip


def test_a_loop_of_choices_in_which_nothing_changes_is_a_warning() -> None:
    quiet = nodes(M="exclusiveGateway", X="exclusiveGateway", A="task")
    busy = quiet.replace('<bpmn:task id="A"/>', '<bpmn:scriptTask id="A"/>')

    assert found(process(quiet, "S>M M>X X>A A>M X>E")) == {("loop-without-wait", "warning", "M")}
    assert found(process(busy, "S>M M>X X>A A>M X>E")) == set()


def test_two_hundred_parallel_steps_are_looked_at_in_no_time() -> None:
    names = [f"T{number}" for number in range(200)]
    body = nodes(X="parallelGateway", J="parallelGateway", **dict.fromkeys(names, "manualTask"))
    flows = "S>X J>E " + " ".join(f"X>{name} {name}>J" for name in names)

    assert found(process(body, flows)) == set()


def test_what_is_too_entangled_is_said_to_be_not_analysed() -> None:
    names = [f"G{number}" for number in range(16)]
    body = nodes(X="parallelGateway", J="parallelGateway", **dict.fromkeys(names, "exclusiveGateway"))
    ways = " ".join(
        f"X>{name} {name}>{name}a {name}>{name}b {name}a>{name}j {name}b>{name}j {name}j>J" for name in names
    )
    body += "".join(
        f'<bpmn:exclusiveGateway id="{name}{part}"/>' if part == "j" else f'<bpmn:manualTask id="{name}{part}"/>'
        for name in names
        for part in "abj"
    )

    assert {code for code, _severity, _element in found(process(body, f"S>X J>E {ways}"))} == {"not-analysed"}


# --- against every state, told apart in the plainest way -----------------------------------------------------------


class Plain:
    """Every state of a graph of tasks and gateways, without leaving anything out: a token a flow, two tell enough."""

    def __init__(self, root: etree._Element) -> None:
        self.graph = Graph(next(scopes_of(root)))
        self.fired: set[str] = set()
        self.fed: set[str] = set()
        self.doubled: set[str] = set()
        self.stuck: set[str] = set()
        self.whole = True
        start = tuple((str(flow.get("id")), 1) for flow in self.graph.out["S"])
        self.ends = {str(flow.get("id")): flow for flow in self.graph.flows}
        todo, seen = [start], {start}
        while todo:
            state = todo.pop()
            self.fed |= {self._target(flow) for flow, _count in state}
            nexts = list(self._nexts(Counter(dict(state))))
            if not nexts:
                self.stuck |= {self._target(flow) for flow, _count in state}
            for name, after in nexts:
                self.fired.add(name)
                key = tuple(sorted(after.items()))
                self.doubled |= {str(self.ends[flow].get("sourceRef")) for flow, count in key if count > 1}
                if any(count > 3 for _flow, count in key):
                    self.whole = False
                elif key not in seen:
                    seen.add(key)
                    todo.append(key)
            if len(seen) > 3000:
                raise NotAnalysed

    def _target(self, flow: str) -> str:
        return str(self.ends[flow].get("targetRef"))

    def _nexts(self, state: Counter[str]) -> Iterator[tuple[str, Counter[str]]]:
        for name in {self._target(flow) for flow in state}:
            kind = self.graph.kind(name)
            into = [str(flow.get("id")) for flow in self.graph.into[name]]
            out = [str(flow.get("id")) for flow in self.graph.out[name]]
            held = [flow for flow in into if state[flow]]
            if kind == "parallelGateway":
                if held == into:
                    yield name, _after(state, into, out)
            elif kind == "inclusiveGateway":
                if len(into) == 1 or not self._coming(state, name):
                    for size in range(1, len(out) + 1):
                        yield from ((name, _after(state, held, [*part])) for part in combinations(out, size))
            else:
                ways = [[flow] for flow in out] if kind == "exclusiveGateway" else [out]
                yield from ((name, _after(state, [flow], way)) for flow in held for way in ways)

    def _coming(self, state: Counter[str], name: str) -> bool:
        """Whether a token elsewhere can still reach an empty flow of the join, not through the join."""
        empty = {str(flow.get("id")) for flow in self.graph.into[name]} - set(state)
        for flow in state:
            seen, todo = set(), [flow]
            while todo and self._target(flow) != name:
                at = todo.pop()
                seen.add(at)
                if self._target(at) != name:
                    todo += [str(f.get("id")) for f in self.graph.out[self._target(at)] if str(f.get("id")) not in seen]
            if seen & empty:
                return True
        return False


def _after(state: Counter[str], taken: list[str], given: list[str]) -> Counter[str]:
    return +(state - Counter(taken) + Counter(given))


def _drawn(chance: random.Random) -> str:
    count = chance.randint(3, 7)
    kinds = ["manualTask", "exclusiveGateway", "parallelGateway", "parallelGateway", "inclusiveGateway"]
    names = {f"N{number}": chance.choice(kinds) for number in range(count)}
    pairs = {("S", "N0")}
    for number in range(count):
        later = [f"N{other}" for other in range(number + 1, count)] + ["E"]
        pairs.add((f"N{number}", chance.choice(later)))
        for _again in range(chance.choice([0, 0, 1, 1, 2])):
            target = chance.choice([*later, *later, f"N{chance.randrange(count)}"])
            if names[f"N{number}"] != "manualTask" and target != f"N{number}":
                pairs.add((f"N{number}", target))
    return process(nodes(**names), " ".join(f"{a}>{b}" for a, b in sorted(pairs)))


def test_the_net_sees_what_a_look_at_every_state_sees() -> None:
    compared = Counter[str]()
    for seed in range(1500):
        root = read_tree(_drawn(random.Random(seed)).encode())
        try:
            plain, net = Plain(root), explored(Net(Graph(next(scopes_of(root))), beside=True))
        except NotAnalysed:
            compared["not analysed"] += 1
            continue
        joins = {name for name, _node in Graph(next(scopes_of(root))).of("parallelGateway", "inclusiveGateway")}
        if not (plain.whole and net.whole):
            compared["too many tokens"] += 1
            continue
        many = {name for name in joins if len(net_into(root, name)) > 1}
        assert net.fired & many == plain.fired & many, seed
        assert net.stuck & many == plain.stuck & many, seed
        assert bool(net.doubled) == bool(plain.doubled), seed
        compared["stuck" if plain.stuck else "doubled" if plain.doubled else "sound"] += 1
    assert min(compared["stuck"], compared["doubled"], compared["sound"]) > 50, compared


def net_into(root: etree._Element, name: str) -> list[etree._Element]:
    return Graph(next(scopes_of(root))).into[name]


def test_a_single_start_and_end_is_sound() -> None:
    assert found(one('<bpmn:manualTask id="A"/>')) == set()


def test_the_most_entangled_drawing_takes_no_second() -> None:
    names = [f"G{number}" for number in range(190)]
    body = nodes(
        X="parallelGateway",
        J="parallelGateway",
        **dict.fromkeys([f"{n}{p}" for n in names for p in "aj"], "exclusiveGateway"),
    )
    ways = [f"X>{n}a {n}a>{n}j {n}j>J {n}a>{other}j" for n, other in zip(names, [*names[1:], names[0]], strict=True)]
    begun = monotonic()

    assert {code for code, _severity, _element in found(process(body, "S>X J>E " + " ".join(ways)))} == {"not-analysed"}
    assert monotonic() - begun < 5  # a busy machine; a quarter of a second on an idle one
