"""The types that a form's answers have for its expressions, and what cannot fit together in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from decisions.checks import check_expression
from decisions.errors import Finding as Fault
from decisions.feel.types import ANY, AllowedType, ContextType, ListType, SimpleType, Type
from domain.text import Text
from workflows.decision_words import said
from workflows.form_fields import ANSWERED, COMPUTED, FieldSpec

TEXT, NUMBER = SimpleType("string"), SimpleType("number")
_TYPES: Mapping[str, Type] = {
    "textfield": TEXT,
    "textarea": TEXT,
    "radio": TEXT,
    "select": TEXT,
    "number": NUMBER,
    "datetime": SimpleType("date"),
    "checkbox": SimpleType("boolean"),
    "checklist": ListType(TEXT),
    "filepicker": ListType(ContextType({"name": TEXT, "size": NUMBER})),
}
# what the names of a form are is said by the form itself, in its own words
_CODES = frozenset(
    {"type-conflict", "unknown-function", "unknown-member", "wrong-arity", "never-true", "outside-allowed"}
)


def type_of(spec: FieldSpec) -> Type:
    """What an answer of this field is, as long as there is one."""
    if spec.kind == "dynamiclist":
        return ListType(ContextType({one.key: type_of(one) for one in spec.fields if one.kind in ANSWERED}))
    if spec.kind == COMPUTED:
        return NUMBER if spec.digits is not None else ANY
    known = _TYPES[spec.kind]
    if spec.options and not spec.options_from and spec.kind in ("radio", "select"):
        return AllowedType(known, _one_of(frozenset(one.value for one in spec.options)))
    return known


def _one_of(values: frozenset[str]) -> Callable[[Any, Any], bool]:
    return lambda value, _state: value in values


def misfits(
    text: str, known: Mapping[str, FieldSpec], this: Mapping[str, FieldSpec]
) -> Iterator[tuple[Text, Text, str]]:
    """(sentence, remedy, severity) of everything in an expression that does not fit the fields it speaks of.

    known: the names it may use; this: the fields of its row, or of the form.
    """
    names: dict[str, Type | None] = {"this": _context(this), "parent": ANY}
    names |= {key: type_of(one) for key, one in known.items()}
    for fault in check_expression(text, names):
        if fault.code in _CODES:
            yield said(fault.sentence + _at(fault)), said(fault.remedy), fault.severity


def _context(fields: Mapping[str, FieldSpec]) -> Type:
    return ContextType({key: type_of(one) for key, one in fields.items()})


def _at(fault: Fault) -> str:
    line, sign, column = fault.where.partition(":")
    return f" (line {line}, column {column})" if sign and line.isdigit() and column.isdigit() else ""
