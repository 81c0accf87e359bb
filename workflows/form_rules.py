"""Expressions of a form (FEEL, walls 20): read once at the check, each fault placed at its field.

form-js's `conditional.hide` hides a component while it is true; `properties.check` must be true of the answers.
The older `properties.show` (`field=A|B`) is written as such an expression, so that one evaluator decides all of them.
Names are the keys of the form; inside a row also those of the row, which `this` means too (`parent`: the whole form).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from decisions import feel
from decisions.errors import FeelSyntaxError
from decisions.feel.built_ins import BUILT_INS
from domain.errors import Finding
from domain.text import Text
from domain.text import gettext as _
from workflows import form_order, form_types
from workflows.decision_words import said
from workflows.form_fields import ANSWERED, FieldSpec, FormRule, Rule

LONGEST_RULE = 4_000
SPECIAL = frozenset({"this", "parent"})
STEPS = 10_000  # of one expression
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_PYTHON = frozenset({"True", "False", "None", "lambda", "import"})
_SAMPLE = datetime(2027, 6, 15, tzinfo=UTC)  # an instant to try an expression at; what it gives is not kept


class Refused(Exception):
    """An expression that cannot be used; sentence and remedy are for the owner."""

    def __init__(self, sentence: Text, remedy: Text) -> None:
        super().__init__(sentence)
        self.sentence, self.remedy = sentence, remedy


def read(text: object, origin: str) -> Rule:
    """The rule of an attribute's text. Names are resolved later, when all of them are known. Raises Refused."""
    if not isinstance(text, str) or len(text) > LONGEST_RULE:
        raise Refused(_("The expression is not a text of up to %(most)s characters.", most=LONGEST_RULE), _REPAIR)
    bare = text.strip()
    if origin in ("hide", "compute") and bare and not bare.startswith("="):
        raise Refused(_("The condition is no expression."), _("Begin it with =."))
    bare = bare.removeprefix("=").strip()
    if not bare:
        raise Refused(_("The expression is empty."), _("Write the expression or remove it."))
    try:
        expression = feel.compile(bare)
    except FeelSyntaxError as fault:
        if _like_python(bare):
            raise _python(bare) from fault
        raise Refused(_("The expression cannot be read: %(why)s", why=said(str(fault))), _REPAIR) from fault
    if _like_python(bare) or expression.tree.free() & _PYTHON:
        raise _python(bare)
    return Rule(bare, origin, expression, expression.tree.free())


_REPAIR = _("Correct the FEEL expression.")


def _like_python(text: str) -> bool:
    outside = _STRING.sub("", text)
    return "==" in outside or "__" in outside or "!==" in outside


def _python(text: str) -> Refused:
    sentence = _("This looks like Python: %(text)s. Forms hold no programs.", text=text[:60])
    remedy = _("Write it in FEEL: = compares, and/or/not join, true/false/null are values, count(x) counts.")
    return Refused(sentence, remedy)


def of_show(key: str, values: Sequence[str], kind: str, holder: str = "parent") -> Rule:
    """`field=A|B` as the expression that hides: true while the field of this kind has none of the values.

    holder: what the field stands in, `this` row or the `parent` form.
    """
    listed = "[" + ", ".join(_literal(value) for value in values) + "]"
    name = _spoken(key, holder)
    if kind == "checklist":
        holds = f"some one in (if {name} = null then [] else {name}) satisfies list contains({listed}, one)"
    elif kind == "checkbox":
        holds = f'list contains({listed}, if {name} = true then "True" else "False")'
    elif kind in ("number", "datetime"):
        holds = f"list contains({listed}, string({name}))"
    else:
        holds = f"list contains({listed}, {name})"
    text = f"not({holds})"
    return Rule(text, "show", feel.compile(text), frozenset((key,)))


def _spoken(key: str, holder: str) -> str:
    """How an expression speaks of a key. One that is a word of FEEL (`in`, `or`, `null`) cannot be named as it is."""
    try:
        plain = feel.compile(key).tree.free() == {key}
    except FeelSyntaxError:
        plain = False
    return key if plain else f"get value({holder}, {_literal(key)})"


def never() -> Rule:
    """What waits for a field that the form does not have is hidden always."""
    return Rule("true", "show", feel.compile("true"))


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


# --- what the whole form says of its rules --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Resolved:
    """A form whose expressions know what they speak of. order: calculated fields ("key", "list.column"), what they rest
    on first."""

    fields: tuple[FieldSpec, ...]
    rules: tuple[FormRule, ...]
    order: tuple[str, ...]
    findings: Sequence[Finding]


def resolve(fields: Sequence[FieldSpec], rules: Sequence[FormRule], file: str) -> Resolved:
    """The fields and rules with their names known, and what makes the form unusable."""
    form = {one.key: one for one in fields if one.kind in ANSWERED}
    about = _About(file)
    done = tuple(_resolved(one, form, {}, about) for one in fields)
    wide = tuple(replace(one, rule=_named(one.rule, one.key, form, {}, about)) for one in rules)
    for one in rules:
        for key in sorted(set(one.fields) - form.keys()):
            about.note(one.key, _("The form has no field “%(name)s”.", name=key[:60]), _instead(key, form))
    if about.findings:
        return Resolved(done, wide, (), about.findings)
    return Resolved(done, wide, form_order.order(done), form_order.circles(done, file))


def check(fields: Sequence[FieldSpec], rules: Sequence[FormRule], file: str) -> list[Finding]:
    """What the owner should know of the expressions before they are in force: types that do not fit, and slips.

    A form that was once let through is used as it is, whatever a later release of the check would say of it.
    """
    about, form = _About(file), {one.key: one for one in fields if one.kind in ANSWERED}
    for one in fields:
        if one.kind != "group":  # said at each field in it
            _checked(one, form, {}, about)
        for inner in one.fields:
            _checked(inner, form, {other.key: other for other in one.fields if other.kind in ANSWERED}, about)
    for rule in rules:
        for sentence, remedy, severity in form_types.misfits(rule.rule.text, form, form):
            about.note(rule.key, sentence, remedy, severity)
        if _tried(rule.rule, rule.rule.names) is None:
            about.note(
                rule.key,
                _("The rule does not hold while nothing is filled in."),
                _("Say what is left empty too, as in “a = null or b = null or a <= b”."),
                "warning",
            )
    return about.findings


def _checked(spec: FieldSpec, form: Mapping[str, FieldSpec], row: Mapping[str, FieldSpec], about: _About) -> None:
    for rule in rules_of(spec):
        if rule.origin != "show":
            for sentence, remedy, severity in form_types.misfits(rule.text, {**form, **row}, row or form):
                about.note(spec.key or spec.ident or spec.kind, sentence, remedy, severity)
    if spec.check is not None:
        _try_empty(spec, spec.check, about)


class _About:
    """Gathers findings of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def note(self, place: str, sentence: Text, remedy: Text, severity: str = "error") -> None:
        found = Finding(self.file, place, None, sentence, remedy, severity, code="form-rule")
        if found not in self.findings:
            self.findings.append(found)


def _resolved(spec: FieldSpec, form: Mapping[str, FieldSpec], row: Mapping[str, FieldSpec], about: _About) -> FieldSpec:
    place = spec.key or spec.ident or spec.kind
    hides = [_named(rule, place, form, row, about) for rule in spec.hides]
    outside = False
    if spec.show is not None:
        other = row.get(spec.show[0]) or form.get(spec.show[0])
        outside = bool(row) and spec.show[0] not in row
        holder = "this" if spec.show[0] in row else "parent"
        hides.append(of_show(other.key, spec.show[1], other.kind, holder) if other is not None else never())
    check = spec.check and _named(spec.check, place, form, row, about)
    needed = spec.needed and _named(spec.needed, place, form, row, about)
    compute = spec.compute and _named(spec.compute, place, form, row, about)
    inner = {one.key: one for one in spec.fields if one.kind in ANSWERED}
    fields = tuple(_resolved(one, form, inner, about) for one in spec.fields)
    return replace(
        spec, hides=tuple(hides), outside=outside, check=check, needed=needed, compute=compute, fields=fields
    )  # fmt: skip


def _named(rule: Rule, place: str, form: Mapping[str, FieldSpec], row: Mapping[str, FieldSpec], about: _About) -> Rule:
    """The rule with the keys it speaks of; what is no key is refused."""
    known = {**form, **row}
    mentioned = set(rule.names & known.keys())
    for name in sorted(mentioned & BUILT_INS.keys()):
        if re.search(rf"\b{name}\s*\(", rule.text):
            sentence = _("“%(name)s” is the key of a field and the name of a function.", name=name)
            about.note(place, sentence, _("Give the field another key."))
    special = (rule.names & SPECIAL) - known.keys()
    unknown = rule.names - known.keys() - BUILT_INS.keys() - SPECIAL
    for name in sorted(name for name in unknown if not re.search(rf"\b{re.escape(name)}\s*\(", rule.text)):
        about.note(place, _("The form has no field “%(name)s”.", name=name[:60]), _instead(name, known))
    if rule.origin != "compute" and not isinstance(_tried(rule, known), bool | None):
        about.note(place, _("The expression gives neither true nor false."), _("Write a comparison."))
    for name in sorted(special):
        mentioned |= _through(rule, name, place, (row or form) if name == "this" else form, about)
    return replace(rule, names=frozenset(mentioned))


# what `this.key` and `parent.key` mean is known by their names alone
def _through(rule: Rule, name: str, place: str, known: Mapping[str, FieldSpec], about: _About) -> set[str]:
    """The keys that `this.key` or `parent.key` mean; all of them where the whole is meant."""
    members = {member for owner, member in rule.expression.members if owner == name}
    for member in sorted(members - known.keys()):
        about.note(place, _("The form has no field “%(name)s”.", name=member[:60]), _instead(member, known))
    return members & known.keys() if members else set(known)


def _instead(name: str, known: Iterable[str]) -> Text:
    names = sorted(known)
    near = get_close_matches(name, names, 3, 0.6) or (names if len(names) <= 12 else [])
    if near:
        return _("Use one of: %(names)s.", names=", ".join(near))
    return _("Use the key of a field of this form.")


def _tried(rule: Rule, known: Iterable[str]) -> Any:
    """What the expression gives while nothing is answered."""
    return rule.expression.evaluate(dict.fromkeys([*known, *SPECIAL]), now=_SAMPLE, budget=STEPS).value


def _try_empty(spec: FieldSpec, check: Rule, about: _About) -> None:
    """A check that an empty answer cannot pass surprises whoever may leave the field empty."""
    if spec.required or "null" in _STRING.sub("", check.text):
        return
    if _tried(check, check.names) is None:
        about.note(
            spec.key,
            _("The check does not let an empty answer pass, though the field may be left empty."),
            _("Write “%(key)s = null or …”, or tick “Must be filled in”.", key=spec.key),
            "warning",
        )


def rules_of(spec: FieldSpec) -> Iterator[Rule]:
    """The expressions of one component."""
    yield from spec.hides
    yield from filter(None, (spec.check, spec.needed, spec.compute))
