"""Texts that stand for values their writer has no kind for, read as what the model declares."""

from __future__ import annotations

from collections.abc import Mapping, Set

from decisions.feel.temporal import read_any
from decisions.feel.types import AllowedType, ContextType, ListType, SimpleType, Type
from decisions.feel.values import Value, kind

TEMPORAL = frozenset(("date", "time", "date and time", "days and time duration", "years and months duration"))


def as_declared(inputs: Mapping[str, Value], types: Mapping[str, Type], kinds: Set[str] = TEMPORAL) -> dict[str, Value]:
    """The inputs, a text read as one of `kinds` where it is declared so (in a structure or a list too) and is one."""
    return {name: _as(value, types[name], kinds) if name in types else value for name, value in inputs.items()}


def _as(value: Value, wanted: Type, kinds: Set[str]) -> Value:
    if isinstance(wanted, AllowedType):
        return _as(value, wanted.base, kinds)
    if isinstance(wanted, ListType):
        many = isinstance(value, (list, tuple))
        return [_as(one, wanted.item, kinds) for one in value] if many else _as(value, wanted.item, kinds)
    if isinstance(wanted, ContextType) and isinstance(value, Mapping):
        return as_declared(value, wanted.entries, kinds)
    if isinstance(wanted, SimpleType) and wanted.name in kinds and isinstance(value, str):
        read = read_any(value)
        return read if kind(read) == wanted.name else value
    return value
