"""Of which type are the values that an expression of a drawing may speak of, as far as forms and the case tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from decisions.feel.types import ANY, ContextType, Type, named
from workflows.form_fields import COMPUTED, FieldSpec

# what the pages clean a field's answer to (workflows.form_values); other kinds never decide a way
KINDS = {"number": "number", "checkbox": "boolean", "radio": "string", "select": "string"}
# lent by the engine beside the variables of a case
LENT = {
    "case_due": "date and time",
    "loopCounter": "number",
    "nrOfInstances": "number",
    "nrOfCompletedInstances": "number",
}


def of_field(field: FieldSpec) -> Type | None:
    """The type of a field's answer, None when it is not told by its kind."""
    if field.kind == COMPUTED:
        return named("number") if field.digits is not None else None
    return named(KINDS.get(field.kind, ""))


def of_names(brought: Mapping[str, Collection[str] | None]) -> dict[str, Type | None]:
    """Name -> type. brought: name -> members it has (with their types, where it is a mapping), None: not known."""
    found: dict[str, Type | None] = {}
    for name, members in brought.items():
        found[name] = named(LENT.get(name, "")) if members is None else ContextType(_entries(members))
    return found


def _entries(members: Collection[str]) -> dict[str, Type]:
    if isinstance(members, Mapping):
        return {name: kind or ANY for name, kind in members.items()}
    return dict.fromkeys(members, ANY)
