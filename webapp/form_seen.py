"""How a task's form stands on its page: what is hidden, needed and calculated, and which rules do not hold.

The server alone decides it: when the page is drawn, and again whenever the script asks while somebody fills in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from werkzeug.datastructures import MultiDict

from domain.text import gettext as _
from tasks.desk.marks import Mark
from webapp.forms import TaskForm
from webapp.i18n import english
from workflows.forms import COMPUTED, INPUTS, MOST_ROWS, FieldSpec, Files, FormRule, FormSpec, FormState

TOUCHED = ":touched"  # no key of a field begins so


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page needs to draw a form. judged: whether the server has to be asked at all.

    values: calculated fields in words, by place; rules: those that mark a field, by its key; broken: keys of rules that
    do not hold; warnings: (rule, whether it stands, code and words of its confirmation); marks: what a checker found,
    by place.
    """

    hidden: frozenset[str]
    judged: bool
    needed: frozenset[str]
    values: Mapping[str, str]
    rules: Mapping[str, Sequence[FormRule]]
    broken: frozenset[str]
    warnings: Sequence[tuple[FormRule, bool, tuple[str, str]]]
    reasons: Sequence[tuple[str, str]]
    marks: Mapping[str, Mark]


def seen(form: TaskForm, marks: Mapping[str, Mark] = MappingProxyType({})) -> Seen:
    """How the form stands as it is drawn; what waits for a button stays in sight."""
    spec = form.spec
    state = form.state(_buttons(spec))
    at: dict[str, list[FormRule]] = {}
    for rule in spec.rules:
        for key in rule.fields if not rule.warning else ():
            at.setdefault(key, []).append(rule)
    broken = frozenset(one.rule.key for one in form.broken)
    warnings = [
        (rule, rule.key in broken or rule.key in form.confirm, form.confirm.get(rule.key, ("", "")))
        for rule in spec.rules
        if rule.warning
    ]
    offered = [(one.code, one.en if english() else one.zh) for one in form.sources.confirm]
    return Seen(
        state.hidden, spec.judges, state.needed, _values(spec, state), at, broken, warnings, offered, marks
    )  # fmt: skip


def judged(form: FormSpec, sent: MultiDict[str, str], now: datetime, files: Files) -> dict[str, Any]:
    """How the form stands with what was sent; of checks and rules only those whose fields were touched."""
    entered = {one.key: _typed(one, one.key, sent) for one in form.inputs}
    state = form.judge(entered, now=now, files=files, undecided=_buttons(form))
    touched = set(sent.getlist(TOUCHED))
    faults = {place: said.text(_locale()) for place, said in state.faults().items() if place in touched}
    broken = [one.rule for one in state.broken() if touched & _spoken_of(form, one.rule)]
    return {
        "hidden": sorted(state.hidden),
        "needed": sorted(state.needed),
        "values": _values(form, state),
        "faults": faults,
        "rules": {one.key: one.message.text(_locale()) for one in broken},
    }


def _spoken_of(form: FormSpec, rule: FormRule) -> set[str]:
    """Keys that a rule concerns or rests on, also through what is calculated."""
    names = {*rule.fields, *rule.rule.names}
    sums = {one.key: one.compute.names for one in form.fields if one.compute is not None}
    for key in reversed(form.order):
        if key in names:
            names |= sums.get(key, set())
    return names


def conditions(form: FormSpec) -> dict[str, object]:
    """For each field that waits for others: for which, in words; whoever has no script reads it."""
    found: dict[str, object] = {}
    form_keys = {one.key: one for one in form.answered}
    for group in (form.fields, *(one.fields for one in form.inputs if one.fields)):
        known = {**form_keys, **{one.key: one for one in group}}
        for one in group:
            said = list(_waits(one, known))
            if said and one.kind != "group":
                found[one.key or one.mark] = " ".join(str(sentence) for sentence in said)
    return found


def _waits(one: FieldSpec, known: Mapping[str, FieldSpec]) -> Iterator[object]:
    if one.show is not None and one.show[0] in known:
        yield _condition(known[one.show[0]], one.show[1])
    asked = {name for rule in one.hides if rule.origin == "hide" for name in rule.names}
    if asked:
        yield _("Whether it applies depends on: %(fields)s.", fields=_named(asked, known))
    if one.needed is not None and one.needed.names:
        yield _("Whether it is needed depends on: %(fields)s.", fields=_named(one.needed.names, known))


def _named(keys: Sequence[str] | set[str] | frozenset[str], known: Mapping[str, FieldSpec]) -> str:
    names = [known[key].text(_locale()) for key in known if key in keys]
    return "、".join(f"“{name}”" for name in names) if not english() else ", ".join(f"“{name}”" for name in names)


def _condition(other: FieldSpec, values: Sequence[str]) -> object:
    names = {o.value: o.label_en if english() else o.label for o in other.options}
    said = (", " if english() else "、").join(names.get(value, value) for value in values)
    return _("When “%(field)s” is “%(values)s”.", field=other.text(_locale()), values=said)


def _values(form: FormSpec, state: FormState) -> dict[str, str]:
    """What is calculated, in words, by place."""
    specs = {one.key: one for one in form.fields if one.kind == COMPUTED}
    specs |= {f"{one.key}.{inner.key}": inner for one in form.fields for inner in one.fields if inner.kind == COMPUTED}
    found = {}
    for place, value in state.values.items():
        parts = place.split("-")
        found[place] = _worth(specs[f"{parts[0]}.{parts[2]}" if len(parts) == 3 else place], value)
    return found


def _worth(spec: FieldSpec, value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return f"{value} {spec.unit(_locale())}".strip()


def _locale() -> str:
    return "en" if english() else "zh"


def _buttons(form: FormSpec) -> tuple[str, ...]:
    """The question whose options are buttons: nobody can have answered it before the form is sent."""
    field = form.action_field()
    return () if field is None else (field.key,)


def _typed(spec: FieldSpec, name: str, sent: MultiDict[str, str]) -> Any:
    """One answer as the browser sends it, without the lists that the program offers: nothing is kept of it."""
    if spec.kind == "dynamiclist":
        front = f"{name}-"
        places = {one[len(front) :].partition("-")[0] for one in sent if one.startswith(front)}
        count = max((int(one) + 1 for one in places if one.isdecimal() and len(one) < 4), default=0)
        return [_typed_row(spec, f"{front}{at}-", sent) for at in range(min(count, MOST_ROWS))]
    if spec.kind == "checkbox":
        return name in sent
    if spec.kind in ("checklist", "filepicker"):
        return [one for one in sent.getlist(name) if one]
    return sent.get(name, "")


def _typed_row(spec: FieldSpec, front: str, sent: MultiDict[str, str]) -> dict[str, Any]:
    own = {key: sent[f"{front}{key}"] for key in ("person", "ref") if f"{front}{key}" in sent}
    return own | {one.key: _typed(one, f"{front}{one.key}", sent) for one in spec.fields if one.kind in INPUTS}
