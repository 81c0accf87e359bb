"""Where an element of a model stands, and the type it declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from decisions.checks.report import Spot
from decisions.feel.types import ANY, Type
from decisions.items import Types, named_as
from decisions.source import Element, child, children, line_of, local, text_in


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


def cells_in(root: Element) -> Mapping[str, Spot]:
    """The id of every table, column, rule and cell of a model -> where it stands."""
    found: dict[str, Spot] = {}
    for owner in children(root, "decision", "businessKnowledgeModel"):
        for table in owner.iter("{*}decisionTable"):
            for element, rule, column in _cells(table):
                identity = element.get("id")
                if identity:
                    found[identity] = Spot(identity, None, named_as(owner), rule, column)
    return found


def _cells(table: Element) -> Iterator[tuple[Element, int | None, str]]:
    yield table, None, ""
    labels: dict[str, list[str]] = {"inputEntry": [], "outputEntry": []}
    for clause in children(table, "input", "output"):
        name = clause.get("label") or clause.get("name") or text_in(child(clause, "inputExpression"))
        labels[f"{local(clause)}Entry"].append(name)
        for inside in (clause, *children(clause)):
            yield inside, None, name
    for number, rule in enumerate(children(table, "rule"), 1):
        yield rule, number, ""
        for kind, names in labels.items():
            for cell, name in zip(children(rule, kind), names, strict=False):
                yield cell, number, name
