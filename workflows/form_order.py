"""In which order a form's answers follow from one another: what is calculated first, and what would go in circles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.errors import Finding
from domain.text import gettext as _
from workflows.form_fields import ANSWERED, COMPUTED, FieldSpec


def order(fields: Sequence[FieldSpec]) -> tuple[str, ...]:
    """Calculated fields, what they rest on first. Only of a form without circles."""
    needs, _strict = _needs(fields)
    wanted = {one.key for one in fields if one.kind == COMPUTED}
    wanted |= {f"{one.key}.{inner.key}" for one in fields for inner in one.fields if inner.kind == COMPUTED}
    done: dict[str, None] = {}
    for start in sorted(wanted):
        waiting = [start]
        while waiting:
            at = waiting[-1]
            first = (name for name in sorted(needs.get(at, ())) if name not in done and name not in waiting)
            before = next(first, None)
            if before is None:
                done[waiting.pop()] = None
            else:
                waiting.append(before)
    return tuple(name for name in done if name in wanted)


def circles(fields: Sequence[FieldSpec], file: str) -> list[Finding]:
    """Fields that decide about one another: nobody could tell whether they are hidden, or what they are worth.

    `show` alone can always be told."""
    needs, strict = _needs(fields)
    found: set[frozenset[str]] = set()
    said: list[Finding] = []
    for name in needs:
        circle = _circle(name, needs)
        if circle and frozenset(circle) not in found and strict & set(circle):
            found.add(frozenset(circle))
            names = " → ".join(circle)
            if any(_computed(fields, one) for one in circle):
                sentence = _("What the form calculates here depends on itself: %(names)s.", names=names)
            else:
                sentence = _("Whether the field is hidden depends on itself: %(names)s.", names=names)
            place = circle[0].rpartition(".")[2]
            said.append(Finding(file, place, None, sentence, _("Break the circle."), code="form-rule"))
    return said


def _computed(fields: Sequence[FieldSpec], name: str) -> bool:
    holder, dot, key = name.rpartition(".")
    among = next((one.fields for one in fields if one.key == holder), ()) if dot else fields
    return any(one.key == key and one.kind == COMPUTED for one in among)


def _needs(fields: Sequence[FieldSpec]) -> tuple[dict[str, set[str]], set[str]]:
    """Key -> keys that decide whether it is hidden; and those that an expression decides, not `show` alone.

    A list's answer depends on what its columns hide; a column is called `list.column`.
    """
    needs: dict[str, set[str]] = {}
    strict: set[str] = set()
    for one in fields:
        if one.kind not in ANSWERED:
            continue
        columns = {inner.key for inner in one.fields if inner.kind in ANSWERED}
        for inner in one.fields:
            if inner.kind in ANSWERED:
                _add(needs, strict, f"{one.key}.{inner.key}", inner, one.key, columns)
        _add(needs, strict, one.key, one, "", set())
        needs[one.key] |= {f"{one.key}.{name}" for name in columns}
    return needs, strict


def _add(
    needs: dict[str, set[str]], strict: set[str], place: str, spec: FieldSpec, holder: str, columns: set[str]
) -> None:
    named = {name for rule in (*spec.hides, *filter(None, (spec.compute,))) for name in rule.names}
    needs[place] = {f"{holder}.{name}" if name in columns else name for name in named}
    if spec.kind == COMPUTED or any(rule.origin != "show" for rule in spec.hides):
        strict.add(place)


def _circle(start: str, needs: Mapping[str, set[str]]) -> list[str]:
    """The way from a key back to itself, [] without one."""
    came: dict[str, str] = {}
    waiting = [start]
    while waiting:
        at = waiting.pop()
        for name in sorted(needs.get(at, ())):
            if name == start:
                return _way(at, start, came)
            if name not in came:
                came[name] = at
                waiting.append(name)
    return []


def _way(end: str, start: str, came: Mapping[str, str]) -> list[str]:
    way = [end]
    while way[-1] != start:
        way.append(came[way[-1]])
    return [*reversed(way), start]
