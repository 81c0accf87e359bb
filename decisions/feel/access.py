"""The tree of a FEEL expression: paths, filters and invocations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from decisions.feel import closures
from decisions.feel.nodes import MISSING, Name, Node, Run, Scope, constant_of
from decisions.feel.operators import element
from decisions.feel.scope import BUILT_INS
from decisions.feel.types import ANY, Type, coerce
from decisions.feel.values import Function, State, Stop, Value, kind

LITERALS = frozenset(("date", "time", "date and time", "duration"))  # built-ins that only make a value of constants
LITERAL_NOW = datetime.min.replace(tzinfo=UTC)  # none of them asks for it
LITERAL_STEPS = 1_000


class Path(Node):
    __slots__ = ("name",)

    def __init__(self, value: Node, name: str) -> None:
        super().__init__(value)
        self.name = name
        if isinstance(value, Name):
            self.run = closures.path_of_name_run(value.name, value.run, name)
        else:
            self.run = closures.path_run(value.run, name)


class Filter(Node):
    """value[condition] or value[index]; inside, `item` and the entries of a context item are names.

    `strict` where it stands in a box: there it must be a condition (10.2.1).
    """

    __slots__ = ()

    def __init__(self, value: Node, condition: Node, *, strict: bool = False) -> None:
        super().__init__(value, condition)
        self.cost -= condition.cost
        self.run = self._filter_run(value.run, condition, strict=strict)

    def _filter_run(self, filtered: Run, condition: Node, *, strict: bool) -> Run:
        holds, cost = condition.run, 1 + condition.cost

        def run(state: State, scope: Scope) -> Value:
            value = filtered(state, scope)
            items = value if type(value) is list else [] if value is None else [value]
            kept: list[Value] = []
            for item in items or [None]:
                state.left -= cost
                if state.left < 0:
                    state.tick()
                inner = Scope({"item": item}, scope)
                found = holds(state, Scope(item, inner) if type(item) is dict else inner)
                if found is True:
                    kept.append(item)
                elif type(found) is Decimal and not strict:
                    return element(items, found, state)
                elif found is not None and found is not False:
                    state.note(f"A filter yields a {kind(found)}, not true or false.")
                    return None
            return kept if items else []

        return run

    def _free(self) -> frozenset[str]:
        # A name inside the brackets may be an entry of the items, so it is not certain to come from around.
        return self.parts[0].free() | (self.parts[1].free() & {"?"})


def members_in(node: Node) -> Iterator[tuple[str, str]]:
    """(name, member) of every `name.member` in a tree. What stands inside a filter may mean the items: left out."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Path) and isinstance(one.parts[0], Name):
            yield one.parts[0].name, one.name
        waiting.extend(one.parts[:1] if isinstance(one, Filter) else one.parts)


class Call(Node):
    __slots__ = ("names",)

    def __init__(self, function: Node, arguments: Sequence[Node], names: Sequence[str]) -> None:
        super().__init__(function, *arguments)
        self.names = tuple(names)
        if isinstance(function, Name) and function.name == "not" and len(arguments) == 1 and not names:
            self.run = closures.not_run(arguments[0].run)
        else:
            self.run = self._call_run(function, [part.run for part in arguments])
            if isinstance(function, Name) and function.name in LITERALS and not names:
                self._make_once(function.name, [constant_of(part) for part in arguments])

    def _make_once(self, name: str, arguments: Sequence[Value]) -> None:
        """date("2026-06-30") and its kin are made when they are read. What cannot be made says why when it is asked."""
        made = BUILT_INS.get(name)
        if made is None or MISSING in arguments or not arguments:
            return
        try:
            value = made.call(State(LITERAL_NOW, LITERAL_STEPS), list(arguments), {})
        except Stop:
            return
        if value is not None:
            self.run = closures.unless_shadowed_run(name, value, self.run)

    def _call_run(self, function: Node, arguments: Sequence[Run]) -> Run:
        callee, names = function.run, self.names
        own_name = function.name if isinstance(function, Name) else ""

        def run(state: State, scope: Scope) -> Value:
            called = callee(state, scope)
            values: list[Value] = []
            for argument in arguments:
                values.append(argument(state, scope))
            if type(called) is not Function:
                # A variable called "date" or "count" does not take the function of that name away.
                called = BUILT_INS.get(own_name)
                if called is None:
                    state.note("Something is invoked that is not a function.")
                    return None
            if names:
                return called.call(state, [], dict(zip(names, values, strict=True)))
            return called.call(state, values, {})

        return run


def bind(
    function: Function, types: Sequence[Type], values: list[Value], named: dict[str, Value], state: State
) -> dict[str, Value] | None:
    """Parameters by position or name -> dict of name to value; None with a reason when they do not fit."""
    if named:  # what is not supplied is null (10.3.2.13.5)
        given = dict.fromkeys(function.parameters) | named if named.keys() <= set(function.parameters) else None
    else:
        fits = len(values) == len(function.parameters)
        given = dict(zip(function.parameters, values, strict=True)) if fits else None
    if given is None:
        state.note(f"The function '{function.name}' is invoked with other parameters than it has.")
        return None
    bound: dict[str, Value] = {}
    for name, wanted in zip(function.parameters, types, strict=True):
        fit, bound[name] = (True, given[name]) if wanted is ANY else coerce(given[name], wanted, state)
        if not fit:
            state.note(f"The parameter '{name}' of '{function.name}' has the wrong type.")
            return None
    return bound
