"""Where an element of a model stands, and the type it declares."""

from __future__ import annotations

from decisions.checks.report import Spot
from decisions.feel.types import ANY, Type
from decisions.items import Types
from decisions.source import Element, child, line_of, local


def spot_of(element: Element) -> Spot:
    """Where the text of `element` stands: the nearest id, and the line its first character is on."""
    owner: Element | None = element
    while owner is not None and owner.get("id") is None and owner.get("name") is None:
        owner = owner.getparent()
    where = "definitions" if owner is None else owner.get("id") or owner.get("name") or local(owner)
    inner = child(element, "text")
    if inner is None:
        return Spot(where, line_of(element))
    raw, line = inner.text or "", line_of(inner)
    before = raw[: len(raw) - len(raw.lstrip())].count("\n")
    return Spot(where, None if line is None else line + before)


def type_declared(types: Types, element: Element | None) -> Type:
    """The type its typeRef names; Any without one, or when it is not defined (said by the reader)."""
    reference = "" if element is None else (element.get("typeRef") or "").strip()
    return (types.find(reference) if reference else None) or ANY
