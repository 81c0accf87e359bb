"""What is known of a value before it is there: types compared so that only what can never fit is called a conflict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from decisions.feel.nodes import Const
from decisions.feel.types import (
    ANY,
    AllowedType,
    ContextType,
    FunctionType,
    ListType,
    NullType,
    RangeType,
    SimpleType,
    Type,
)
from decisions.feel.values import Range, State, Value, kind
from decisions.items import Passing

NUMBER, STRING, BOOLEAN = SimpleType("number"), SimpleType("string"), SimpleType("boolean")
CONTEXT, LIST = SimpleType("context"), SimpleType("list")
NULL = NullType()
DEEP = 20  # types nested deeper than this are taken to fit
ORDERED = frozenset("number|string|date|time|date and time|days and time duration|years and months duration".split("|"))


class ExactContext(ContextType):
    """A context written out: it has these entries and no others."""


@dataclass(frozen=True)
class NamedFunction(FunctionType):
    """A function whose parameters' names are known."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a construct: its type and, when `constant`, its value."""

    type: Type
    constant: bool = False
    value: Value = None


UNKNOWN = Fact(ANY)


def bare(type_: Type) -> Type:
    """The type below its restrictions."""
    while isinstance(type_, AllowedType):
        type_ = type_.base
    return type_


def restrictions(type_: Type) -> list[Callable[[Value, State], bool]]:
    """What values of the type must pass beside being of its base."""
    found = []
    while isinstance(type_, AllowedType):
        found.append(type_.allowed)
        type_ = type_.base
    return found


def texts_allowed(type_: Type) -> list[str]:
    """The texts a type lists as its values; none when it asks something else."""
    tests = [test for one in restrictions(type_) if isinstance(one, Passing) for test in one.tests.parts]
    listed = [test.value for test in tests if isinstance(test, Const) and type(test.value) is str]
    return listed if len(listed) == len(tests) else []


def kind_of(type_: Type) -> str:
    """The kind of all its values that are not null; empty when they may be of several or none."""
    type_ = bare(type_)
    if isinstance(type_, SimpleType):
        return type_.name
    for cls, word in ((ListType, "list"), (ContextType, "context"), (RangeType, "range"), (FunctionType, "function")):
        if isinstance(type_, cls):
            return word
    return ""


def item_of(type_: Type) -> Type:
    """What an iteration or filter over such a value meets."""
    type_ = bare(type_)
    if isinstance(type_, (ListType, RangeType)):
        return type_.item
    return ANY if kind_of(type_) in ("", "list", "range") else type_


def type_of(value: Value, depth: int = 0) -> Type:
    """The type of a value that is there."""
    if value is None:
        return NULL
    if depth > DEEP:
        return ANY
    if type(value) is list:
        return ListType(joined(type_of(item, depth + 1) for item in value))
    if type(value) is dict:
        return ExactContext({name: type_of(item, depth + 1) for name, item in value.items()})
    if type(value) is Range:
        ends = [type_of(end, depth + 1) for end in (value.low, value.high)]
        return RangeType(joined(ends))
    return SimpleType(kind(value))


def joined(types: Iterable[Type]) -> Type:
    """A type all of these belong to; Any when there is none but it."""
    known = list(types)
    nothing: Type = NULL
    return reduce(_join, known, nothing) if known else ANY


def _join(a: Type, b: Type) -> Type:
    if isinstance(a, NullType) or a is b:
        return b
    if isinstance(b, NullType):
        return a
    a, b = bare(a), bare(b)
    if isinstance(a, SimpleType) and a == b:
        return a
    if isinstance(a, ListType) and isinstance(b, ListType):
        return ListType(a.item if a.item is b.item else ANY)
    return ANY


def comparable(a: Type, b: Type) -> bool:
    """Whether `=` can be true or false between two values that are not null."""
    first, second = kind_of(a), kind_of(b)
    return not first or not second or first == second


def conflict(actual: Type, wanted: Type) -> bool:
    """Whether a value of `actual` that is not null can never be taken for one of `wanted` (10.3.2.9.4 included)."""
    return _conflict(actual, wanted, {}, 0)


def _conflict(actual: Type, wanted: Type, known: dict[tuple[int, int], bool], depth: int) -> bool:
    """As `conflict`; `known` are pairs of types that were met, as one type may lie many times in another."""
    a, w = bare(actual), bare(wanted)
    first, second = kind_of(a), kind_of(w)
    if not first or not second or depth > DEEP:
        return False
    pair = (id(a), id(w))
    if pair not in known:
        if first == second:
            known[pair] = _conflict_inside(a, w, known, depth + 1)
        elif second == "list":
            known[pair] = _conflict(a, item_of(w), known, depth + 1)
        else:
            known[pair] = first != "list" or _conflict(item_of(a), w, known, depth + 1)
    return known[pair]


def _conflict_inside(a: Type, w: Type, known: dict[tuple[int, int], bool], depth: int) -> bool:
    if isinstance(a, ListType) and isinstance(w, ListType):
        return _conflict(a.item, w.item, known, depth) and _conflict(a.item, w, known, depth)
    if isinstance(a, RangeType) and isinstance(w, RangeType):
        return _conflict(a.item, w.item, known, depth)
    if isinstance(a, ContextType) and isinstance(w, ContextType):
        lacking = isinstance(a, ExactContext) and bool(missing(a, w.entries))
        both = a.entries.keys() & w.entries.keys()
        return lacking or any(_conflict(a.entries[name], w.entries[name], known, depth) for name in both)
    return False


def missing(written: ContextType, wanted: Mapping[str, Type]) -> list[str]:
    return [name for name in wanted if name not in written.entries]
