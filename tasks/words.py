"""Answers of a form as people read them: labels and options in the language of the page, refs as names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.text import gettext as _
from sources.categories import title_of
from workflows.form_revisions import Former
from workflows.forms import COMPUTED, CONFIRMED, FieldSpec, FormSpec


@dataclass(frozen=True, slots=True)
class Names:
    """Names for the refs and codes an answer may hold (S3); former: options that its form offers no more."""

    people: Mapping[str, str] = field(default_factory=dict, repr=False)
    categories: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)
    former: Former = field(default_factory=dict)

    def of(self, value: str) -> str:
        """The name behind a ref or code; what is unknown stays as it is."""
        return self.people.get(value) or self.others.get(value) or self.categories.get(value) or value


def in_words(form: FormSpec, answers: Mapping[str, Any], names: Names, *, english: bool) -> Iterator[tuple[str, str]]:
    """(label, answer) of every field that was answered, in the order of the form; a list gives a line a row."""
    locale = "en" if english else "zh"
    for spec in form.answered:
        value = answers.get(spec.key)
        if spec.kind == "dynamiclist":
            yield from _rows(spec, value if isinstance(value, list) else [], names, locale)
        else:
            said = _said(spec, value, names, locale)
            if said:
                yield spec.text(locale), said
    confirmed = answers.get(CONFIRMED)
    reasons = confirmed if isinstance(confirmed, Mapping) else {}
    for rule in form.rules:
        if rule.key in reasons:
            yield rule.message.text(locale), str(_("confirmed: %(reason)s", reason=reasons[rule.key]))


def cells(
    form: FormSpec, answers: Mapping[str, Any], names: Names, *, english: bool, empty: bool = False
) -> Iterator[tuple[str, str, str]]:
    """(path, label, answer) of every answer, each cell of a list by itself; empty: also of what was not answered."""
    locale = "en" if english else "zh"
    for spec in form.answered:
        value = answers.get(spec.key)
        if spec.kind != "dynamiclist":
            said = _said(spec, value, names, locale)
            if said or empty:
                yield spec.key, spec.text(locale), said
            continue
        for at, row in enumerate(value if isinstance(value, list) else []):
            head = names.people.get(str(row.get("person", ""))) or f"{spec.text(locale)} {at + 1}"
            for inner in spec.fields:
                said = _said(inner, row.get(inner.key), names, locale) if inner.key != "person" else ""
                if inner.key and (said or empty):
                    yield f"{spec.key}-{at}-{inner.key}", f"{head} · {inner.text(locale)}", said


def _rows(spec: FieldSpec, rows: Sequence[Any], names: Names, locale: str) -> Iterator[tuple[str, str]]:
    for place, row in enumerate(rows):
        said = [
            f"{inner.text(locale)} {text}"
            for inner in spec.fields
            if inner.key != "person" and (text := _said(inner, row.get(inner.key), names, locale))
        ]
        head = names.people.get(str(row.get("person", ""))) or f"{spec.text(locale)} {place + 1}"
        if said:
            yield head, ("; " if locale == "en" else "；").join(said)


def _said(spec: FieldSpec, value: Any, names: Names, locale: str) -> str:
    if value is None or value == "" or value == []:
        return ""
    if spec.kind == COMPUTED and isinstance(value, bool):
        return str(_("yes")) if value else str(_("no"))
    if spec.kind == "checkbox":
        return str(_("yes")) if value else ""
    if spec.kind == "filepicker":
        return str(_("%(count)s files", count=len(value)))
    options = (*names.former.get(spec.key, {}).values(), *spec.options)
    labels = {o.value: o.label_en if locale == "en" else o.label for o in options}
    if spec.kind == "checklist" and spec.options_from == "resources":
        return str(_("%(count)s sources", count=len(value)))
    if spec.kind == "checklist":
        called = [labels.get(one) or _called(spec, one, names, locale) for one in value]
        return (", " if locale == "en" else "、").join(called)
    if spec.kind in ("radio", "select"):
        return labels.get(value) or names.of(value)
    return f"{value} {spec.unit(locale)}".strip()


def _called(spec: FieldSpec, value: str, names: Names, locale: str) -> str:
    """The name behind a box; a field of a letter, such as "DEPOSIT.balance", as its catalogue item calls it."""
    if spec.options_from != "agreed_fields":
        return names.of(value)
    category, _dot, code = value.partition(".")
    return f"{names.of(category)} · {title_of(category, code, english=locale == 'en')}"
