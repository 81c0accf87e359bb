"""FEEL types (DMN 1.5, 10.3.2.9): what `instance of` asks and what a declared variable demands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from decisions.feel.temporal import midnight
from decisions.feel.values import Function, Range, State, Value, kind

SIMPLE = frozenset(
    (
        "number",
        "string",
        "boolean",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
        "list",
        "context",
        "range",
        "function",
    )
)
ALIASES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}


class Type:
    """A type; the base class itself is Any."""

    def holds(self, value: Value, state: State) -> bool:
        """Whether a value that is not null belongs to the type."""
        return True

    @property
    def is_list(self) -> bool:
        return False

    @property
    def inner(self) -> tuple[Type, ...]:
        """The types it is made of."""
        return ()

    @cached_property
    def height(self) -> int:
        """How deeply types nest in it, itself among them."""
        return 1 + max((part.height for part in self.inner), default=0)

    @cached_property
    def extent(self) -> int:
        """How many types it is made of, one met twice counted twice: what comparing it may cost."""
        return 1 + sum(part.extent for part in self.inner)


ANY = Type()


@dataclass(frozen=True)
class NullType(Type):
    def holds(self, value: Value, state: State) -> bool:
        return False


@dataclass(frozen=True)
class SimpleType(Type):
    name: str

    def holds(self, value: Value, state: State) -> bool:
        return kind(value) == self.name

    @property
    def is_list(self) -> bool:
        return self.name == "list"


@dataclass(frozen=True)
class ListType(Type):
    item: Type

    def holds(self, value: Value, state: State) -> bool:
        if type(value) is not list:
            return False
        state.tick(len(value) // 10)
        return all(conforms(item, self.item, state) for item in value)

    @property
    def is_list(self) -> bool:
        return True

    @property
    def inner(self) -> tuple[Type, ...]:
        return (self.item,)


@dataclass(frozen=True)
class RangeType(Type):
    item: Type

    def holds(self, value: Value, state: State) -> bool:
        return type(value) is Range and all(conforms(end, self.item, state) for end in (value.low, value.high))

    @property
    def inner(self) -> tuple[Type, ...]:
        return (self.item,)


@dataclass(frozen=True)
class ContextType(Type):
    entries: Mapping[str, Type]

    def holds(self, value: Value, state: State) -> bool:
        if type(value) is not dict:
            return False
        state.tick(len(self.entries))
        return all(name in value and conforms(value[name], kind_, state) for name, kind_ in self.entries.items())

    @property
    def inner(self) -> tuple[Type, ...]:
        return tuple(self.entries.values())


@dataclass(frozen=True)
class FunctionType(Type):
    parameters: tuple[Type, ...]
    result: Type

    def holds(self, value: Value, state: State) -> bool:
        if type(value) is not Function:
            return False
        state.tick(self.extent)
        if not isinstance(value.type, FunctionType):
            return len(value.parameters) == len(self.parameters)
        mine, theirs = self, value.type
        return (
            len(mine.parameters) == len(theirs.parameters)
            and all(narrower(a, b) for a, b in zip(mine.parameters, theirs.parameters, strict=True))
            and (theirs.result is ANY or narrower(theirs.result, mine.result))
        )

    @property
    def inner(self) -> tuple[Type, ...]:
        return (*self.parameters, self.result)


@dataclass(frozen=True)
class AllowedType(Type):
    """A base type whose values must also pass `allowed` (an item definition's allowedValues)."""

    base: Type
    allowed: Callable[[Value, State], bool]

    def holds(self, value: Value, state: State) -> bool:
        return self.base.holds(value, state) and self.allowed(value, state)

    @property
    def is_list(self) -> bool:
        return self.base.is_list

    @property
    def inner(self) -> tuple[Type, ...]:
        return (self.base,)


def named(name: str) -> Type | None:
    """The built-in type of that name; None when there is none."""
    name = ALIASES.get(name, name)
    if name == "Any":
        return ANY
    if name == "Null":
        return NullType()
    return SimpleType(name) if name in SIMPLE else None


def written(name: str) -> Type | None:
    """The type that stands in an expression under that name (grammar rule 52): those with parts need them there."""
    return None if name in ("list", "range", "context", "function") else named(name)


def conforms(value: Value, wanted: Type, state: State) -> bool:
    """Null conforms to every type (10.3.2.9.2)."""
    return value is None or wanted is ANY or wanted.holds(value, state)


def coerce(value: Value, wanted: Type, state: State) -> tuple[bool, Value]:
    """Whether `value`, or its implicit conversion (10.3.2.9.4), conforms; and that value."""
    if conforms(value, wanted, state):
        return True, value
    if wanted.is_list and type(value) is not list and conforms([value], wanted, state):
        return True, [value]
    if type(value) is list and len(value) == 1 and conforms(value[0], wanted, state):
        return True, value[0]
    if kind(value) == "date" and conforms(midnight(value), wanted, state):
        return True, midnight(value)
    return False, None


_WITH_PARTS = ((RangeType, "range"), (ContextType, "context"), (FunctionType, "function"))


def narrower(a: Type, b: Type) -> bool:
    """Whether every value of `a` is one of `b`, as far as their forms tell."""
    if b is ANY or a == b or isinstance(a, NullType):
        return True
    if isinstance(a, ListType) and isinstance(b, (ListType, SimpleType)):
        return narrower(a.item, b.item) if isinstance(b, ListType) else b.name == "list"
    if isinstance(a, AllowedType):
        return narrower(a.base, b)
    if isinstance(b, SimpleType):
        return any(isinstance(a, form) and b.name == name for form, name in _WITH_PARTS)
    if isinstance(a, RangeType) and isinstance(b, RangeType):
        return narrower(a.item, b.item)
    if isinstance(a, ContextType) and isinstance(b, ContextType):
        return all(name in a.entries and narrower(a.entries[name], want) for name, want in b.entries.items())
    if isinstance(a, FunctionType) and isinstance(b, FunctionType):
        same = len(a.parameters) == len(b.parameters)
        return same and narrower(a.result, b.result) and all(map(narrower, b.parameters, a.parameters))
    return False
