"""The tree of a FEEL expression: paths, filters and invocations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from decisions.feel import temporal
from decisions.feel.nodes import Name, Node, Scope
from decisions.feel.types import Type, coerce
from decisions.feel.values import Function, Range, State, Value, kind


class Path(Node):
    __slots__ = ("name",)

    def __init__(self, value: Node, name: str) -> None:
        super().__init__(value)
        self.name = name

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        return member(self.parts[0].evaluate(state, scope), self.name, state)


def member(value: Value, name: str, state: State) -> Value:
    """value.name: an entry of a context, a property, or the list of it from every element."""
    if type(value) is dict:
        if name not in value:
            state.note(f"There is no entry '{name}'.")
        return value.get(name)
    if type(value) is list:
        state.tick(len(value))
        if any(type(item) is list for item in value):
            return None
        return [member(item, name, state) for item in value]
    found = range_properties(value) if type(value) is Range else temporal.properties(value)
    if found is None or name not in found:
        if value is not None:
            state.note(f"A {kind(value)} has no property '{name}'.")
        return None
    return found[name]


def range_properties(value: Range) -> dict[str, Value]:
    return {
        "start": value.low,
        "end": value.high,
        "start included": value.low_closed,
        "end included": value.high_closed,
    }


class Filter(Node):
    """value[condition] or value[index]; inside, `item` and the entries of a context item are names."""

    __slots__ = ()

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        value = self.parts[0].evaluate(state, scope)
        condition = self.parts[1]
        items = value if type(value) is list else [value]
        if value is None:
            items = []
        kept: list[Value] = []
        for item in items or [None]:
            state.tick()
            inner = Scope({"item": item, **item} if type(item) is dict else {"item": item}, scope)
            found = condition.evaluate(state, inner)
            if type(found) is Decimal:
                return element(items, found, state)
            if found is True:
                kept.append(item)
            elif type(found) is not bool and found is not None:
                state.note(f"A filter yields a {kind(found)}, not true or false.")
                return None
        return kept if items else []

    def _free(self) -> frozenset[str]:
        # A name inside the brackets may be an entry of the items, so it is not certain to come from around.
        return self.parts[0].free()


def members_in(node: Node) -> Iterator[tuple[str, str]]:
    """(name, member) of every `name.member` in a tree. What stands inside a filter may mean the items: left out."""
    if isinstance(node, Path) and isinstance(node.parts[0], Name):
        yield node.parts[0].name, node.name
    for part in node.parts[:1] if isinstance(node, Filter) else node.parts:
        yield from members_in(part)


def element(items: list[Value], index: Decimal, state: State) -> Value:
    if index != index.to_integral_value() or not 1 <= abs(index) <= len(items):
        state.note("An index lies outside its list.")
        return None
    return items[int(index) - 1 if index > 0 else int(index)]


class Call(Node):
    __slots__ = ("names",)

    def __init__(self, function: Node, arguments: Sequence[Node], names: Sequence[str]) -> None:
        super().__init__(function, *arguments)
        self.names = tuple(names)

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick(2)
        function = self.parts[0].evaluate(state, scope)
        values = [part.evaluate(state, scope) for part in self.parts[1:]]
        if type(function) is not Function and isinstance(self.parts[0], Name):
            # A variable called "date" or "count" does not take the function of that name away.
            function = Name.built_ins.get(self.parts[0].name)
        if type(function) is not Function:
            state.note("Something is invoked that is not a function.")
            return None
        if self.names:
            return function.call(state, [], dict(zip(self.names, values, strict=True)))
        return function.call(state, values, {})


def bind(
    function: Function, types: Sequence[Type], values: list[Value], named: dict[str, Value], state: State
) -> Value:
    """Parameters by position or name -> dict of name to value; None with a reason when they do not fit."""
    if named:
        given = named if named.keys() == set(function.parameters) else None
    else:
        fits = len(values) == len(function.parameters)
        given = dict(zip(function.parameters, values, strict=True)) if fits else None
    if given is None:
        state.note(f"The function '{function.name}' is invoked with other parameters than it has.")
        return None
    bound: dict[str, Value] = {}
    for name, wanted in zip(function.parameters, types, strict=True):
        fit, bound[name] = coerce(given[name], wanted, state)
        if not fit:
            state.note(f"The parameter '{name}' of '{function.name}' has the wrong type.")
            return None
    return bound
