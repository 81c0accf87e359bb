"""What boxed expressions add to the tree that FEEL evaluates (DMN 7.3, 10.2)."""

from __future__ import annotations

from collections.abc import Sequence

from decisions.feel.flow import closure
from decisions.feel.nodes import Node, Scope
from decisions.feel.types import Type, coerce
from decisions.feel.values import State, Value


class Typed(Node):
    """An expression whose value must have a type."""

    __slots__ = ("label", "type")

    def __init__(self, value: Node, type_: Type, label: str) -> None:
        super().__init__(value)
        self.type = type_
        self.label = label
        inner = value.run

        def run(state: State, scope: Scope) -> Value:
            fit, found = coerce(inner(state, scope), type_, state)
            if not fit:
                state.note(f"The value of '{label}' has another type than declared.")
            return found

        self.run = run


class ResultContext(Node):
    """A boxed context with a result box: the entries are names, the last part is the value."""

    __slots__ = ("names",)

    def __init__(self, names: Sequence[str], values: Sequence[Node], result: Node) -> None:
        super().__init__(*values, result)
        self.names = tuple(names)
        parts = [(name, part.run) for name, part in zip(names, values, strict=True)]
        answer = result.run

        def run(state: State, scope: Scope) -> Value:
            entries: dict[str, Value] = {}
            inner = Scope(entries, scope)
            for name, part in parts:
                entries[name] = part(state, inner)
            return answer(state, inner)

        self.run = run

    def _free(self) -> frozenset[str]:
        found = self.parts[-1].free()
        for name, part in reversed(list(zip(self.names, self.parts, strict=False))):
            found = (found - {name}) | part.free()
        return found


class BoxedFunction(Node):
    """Its body is charged whenever it is invoked."""

    __slots__ = ("label", "parameters", "types")

    def __init__(self, label: str, parameters: Sequence[str], types: Sequence[Type], body: Node) -> None:
        super().__init__(body)
        self.label = label
        self.parameters = tuple(parameters)
        self.types = tuple(types)
        self.cost = 1
        self.run = self._defined

    def _defined(self, state: State, scope: Scope) -> Value:
        """The function; where its body asks for types by name, those of the model it was written in are meant."""
        made = closure(self.label, self.parameters, self.types, self.parts[0], scope)
        call, types = made.call, state.types

        def called(state: State, values: list[Value], given: dict[str, Value]) -> Value:
            around, state.types = state.types, types
            try:
                return call(state, values, given)
            finally:
                state.types = around

        made.call = called
        return made

    def _free(self) -> frozenset[str]:
        return self.parts[0].free() - set(self.parameters)


class Refused(Node):
    """What cannot be evaluated as written: null, for the reason it was refused with."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason
        self.run = lambda state, scope: state.note(reason)


class Row(Node):
    """A row of a relation: its cells do not see one another."""

    __slots__ = ("columns",)

    def __init__(self, columns: Sequence[str], cells: Sequence[Node]) -> None:
        super().__init__(*cells)
        self.columns = tuple(columns)
        parts = [(name, part.run) for name, part in zip(columns, cells, strict=True)]
        self.run = lambda state, scope: {name: part(state, scope) for name, part in parts}
