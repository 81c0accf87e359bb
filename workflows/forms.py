"""FormSpec: one form-js JSON file, read once, drawn and cleaned from the same description (walls 20).

Components and attributes are an allow-list; everything else is refused at deployment with field and remedy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.errors import DefinitionRefused, Finding, InvalidAnswers
from domain.text import gettext as _
from domain.vault import fingerprint

INPUTS = frozenset(
    {
        "textfield",
        "textarea",
        "number",
        "datetime",
        "checkbox",
        "checklist",
        "radio",
        "select",
        "filepicker",
        "dynamiclist",
    }
)
SHOWN = frozenset({"text", "group"})
ROUTABLE = frozenset({"number", "checkbox", "radio", "select"})
ATTRIBUTES = frozenset(
    {
        "type",
        "id",
        "key",
        "path",
        "label",
        "text",
        "description",
        "properties",
        "values",
        "validate",
        "subtype",
        "dateLabel",
        "components",
        "defaultValue",
        "layout",
        "multiple",
        "accept",
        "decimalDigits",
        "conditional",
        "isRepeating",
        "allowAddRemove",
        "defaultRepetitions",
        "showOutline",
        "verticalAlignment",
        "appearance",
    }
)
VALIDATE = frozenset({"required", "minLength", "maxLength", "min", "max", "pattern"})
PROPERTIES = frozenset(
    {"label.en", "description.en", "text.en", "route", "actions", "rows", "options", "suffix", "width", "show"}
)
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")
LONGEST = 8_000
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: value, Chinese label, English label."""

    value: str
    label: str
    label_en: str


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One component. `fields` are the columns of a dynamiclist; `rows`/`options_from` name program-filled sources.

    show: (field, values): the field is only drawn and required while the other field has one of the values.
    """

    kind: str
    key: str
    label: str
    label_en: str
    hint: str = ""
    hint_en: str = ""
    required: bool = False
    route: bool = False
    actions: bool = False
    options: tuple[Option, ...] = ()
    options_from: str = ""
    rows: str = ""
    fields: tuple[FieldSpec, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    longest: int = LONGEST
    digits: int | None = None
    suffix: str = ""
    default: Any = None
    show: tuple[str, tuple[str, ...]] | None = None

    def text(self, locale: str) -> str:
        """The label in the language of `locale`."""
        return self.label_en or self.label if locale.startswith("en") else self.label

    def help(self, locale: str) -> str:
        """The hint in the language of `locale`."""
        return self.hint_en or self.hint if locale.startswith("en") else self.hint


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A whole form: key, digest of its bytes, components in order (groups flattened, texts kept)."""

    key: str
    digest: str
    fields: tuple[FieldSpec, ...]
    inputs: tuple[FieldSpec, ...] = field(default=())

    def clean(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Cleaned JSON values by field key. Raises InvalidAnswers with a sentence a field.

        Unknown fields are refused too: what the form does not ask must not be slipped in (T9).
        """
        wrong: dict[str, object] = {}
        known = {f.key for f in self.inputs}
        for name in answers:
            if name not in known:
                wrong[name] = _("This form has no such field.")
        clean = {f.key: _clean(f, answers.get(f.key), f.key, wrong, answers) for f in self.inputs}
        if wrong:
            raise InvalidAnswers(wrong)
        return clean

    def routing(self, clean: Mapping[str, Any]) -> dict[str, Any]:
        """The part of cleaned answers that may steer the diagram."""
        return {f.key: _routed(f, clean[f.key]) for f in self.inputs if f.route and clean.get(f.key) is not None}

    def action_field(self) -> FieldSpec | None:
        """The field whose options are the buttons of the task, or None."""
        return next((f for f in self.inputs if f.actions), None)

    def same_shape(self, other: FormSpec) -> bool:
        """True when both ask the same keys with the same types, so answers fit both (walls 6)."""
        return _shape(self.inputs) == _shape(other.inputs)


def parse(source: bytes, key: str, file: str) -> FormSpec:
    """Read a form file. Raises DefinitionRefused naming each component that cannot be drawn."""
    try:
        content = json.loads(source.decode("utf-8"))
        components = content["components"]
        if content.get("type") != "default" or not isinstance(components, list):
            raise ValueError
    except (ValueError, KeyError, TypeError) as problem:
        sentence = _("The file is not a form-js form.")
        raise DefinitionRefused([Finding(file, key, None, sentence, _("Export it again from the form editor."))]) from (
            problem
        )
    findings: list[Finding] = []
    fields = tuple(_read_all(components, file, findings, depth=0))
    inputs = tuple(f for f in fields if f.kind in INPUTS)
    doubled = sorted({f.key for f in inputs if sum(o.key == f.key for o in inputs) > 1})
    for name in doubled:
        findings.append(
            Finding(file, name, None, _("Two fields have the same key."), _("Give each field a key of its own."))
        )
    if findings:
        raise DefinitionRefused(findings)
    return FormSpec(key, fingerprint(source), fields, inputs)


def _read_all(components: Sequence[Any], file: str, findings: list[Finding], depth: int) -> Iterator[FieldSpec]:
    for component in components:
        if not isinstance(component, dict):
            findings.append(Finding(file, "", None, _("A component is not an object."), _("Remove it.")))
        elif component.get("type") == "group" and depth < 3:
            yield FieldSpec("group", "", str(component.get("label", "")), _en(component, "label.en"))
            yield from _read_all(component.get("components") or [], file, findings, depth + 1)
        else:
            made = _read(component, file, findings, depth)
            if made is not None:
                yield made


def _read(component: Mapping[str, Any], file: str, findings: list[Finding], depth: int) -> FieldSpec | None:
    kind = str(component.get("type", ""))
    name = str(component.get("key") or component.get("path") or component.get("id") or kind)

    def refuse(sentence: object, remedy: object) -> None:
        findings.append(Finding(file, name, None, sentence, remedy))

    if kind not in INPUTS | SHOWN:
        refuse(
            _("The component %(kind)s cannot be shown in a task.", kind=kind),
            _("Use one of: %(list)s.", list=", ".join(sorted(INPUTS | SHOWN))),
        )
        return None
    for attribute in component.keys() - ATTRIBUTES:
        refuse(_("The attribute %(name)s has no effect here.", name=attribute), _("Remove it."))
    for attribute in (component.get("validate") or {}).keys() - VALIDATE:
        refuse(_("The check %(name)s is not supported.", name=attribute), _("Remove it."))
    for attribute in (component.get("properties") or {}).keys() - PROPERTIES:
        refuse(_("The property %(name)s is unknown.", name=attribute), _("Remove it or mend its spelling."))
    if kind == "text":
        return FieldSpec("text", "", str(component.get("text", "")), _en(component, "text.en"))
    if not KEY.fullmatch(name):
        refuse(_("The key is not a plain name."), _("Use letters, digits and _, beginning with a letter."))
    if not component.get("label"):
        refuse(_("The field has no label."), _("Write a Chinese label."))
    if not _en(component, "label.en"):
        refuse(_("The field has no English label."), _("Add the property label.en."))
    return _made(component, kind, name, file, findings, depth, refuse)


def _made(
    component: Mapping[str, Any],
    kind: str,
    name: str,
    file: str,
    findings: list[Finding],
    depth: int,
    refuse: Any,
) -> FieldSpec:
    properties: Mapping[str, Any] = component.get("properties") or {}
    checks: Mapping[str, Any] = component.get("validate") or {}
    route = str(properties.get("route", "")).lower() == "true"
    if route and kind not in ROUTABLE:
        refuse(_("A %(kind)s cannot steer the process.", kind=kind), _("Remove the property route."))
    options = tuple(
        Option(str(v.get("value", "")), str(v.get("label", "")), str(v.get("label.en") or v.get("label", "")))
        for v in component.get("values") or []
    )
    if kind in ("radio", "select", "checklist") and not options and not properties.get("options"):
        refuse(_("The field offers nothing to choose."), _("Add options, or the property options."))
    inner: tuple[FieldSpec, ...] = ()
    if kind == "dynamiclist":
        inner = tuple(
            f for f in _read_all(component.get("components") or [], file, findings, depth + 1) if f.kind != "group"
        )
        if not inner or any(f.kind == "dynamiclist" for f in inner):
            refuse(_("A list needs columns and cannot hold another list."), _("Add plain fields to it."))
    return FieldSpec(
        kind=kind,
        key=name,
        label=str(component.get("label") or component.get("dateLabel") or ""),
        label_en=_en(component, "label.en"),
        hint=str(component.get("description", "")),
        hint_en=_en(component, "description.en"),
        required=bool(checks.get("required", False)),
        route=route,
        actions=str(properties.get("actions", "")).lower() == "true",
        options=options,
        options_from=str(properties.get("options", "")),
        rows=str(properties.get("rows", "")),
        fields=inner,
        least=_decimal(checks.get("min")),
        most=_decimal(checks.get("max")),
        longest=int(checks.get("maxLength", LONGEST)),
        digits=component.get("decimalDigits"),
        suffix=str(properties.get("suffix", "")),
        default=component.get("defaultValue"),
        show=_show(str(properties.get("show", ""))),
    )


def _show(text: str) -> tuple[str, tuple[str, ...]] | None:
    """`field=A|B` of the property `show`."""
    name, sign, values = text.partition("=")
    return (name.strip(), tuple(v.strip() for v in values.split("|"))) if sign else None


def _en(component: Mapping[str, Any], name: str) -> str:
    return str((component.get("properties") or {}).get(name, ""))


def _decimal(value: object) -> Decimal | None:
    return None if value is None or value == "" else Decimal(str(value))


def _shape(fields: Sequence[FieldSpec]) -> list[Any]:
    return sorted((f.key, f.kind, _shape(f.fields)) for f in fields)


def _routed(spec: FieldSpec, value: Any) -> Any:
    if spec.kind != "number":
        return value
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else float(number)


def is_shown(spec: FieldSpec, answers: Mapping[str, Any]) -> bool:
    """True unless the field waits for another field's value."""
    if spec.show is None:
        return True
    name, values = spec.show
    given = answers.get(name)
    return str(given) in values or (isinstance(given, list) and any(str(g) in values for g in given))


def _clean(spec: FieldSpec, value: Any, path: str, wrong: dict[str, object], answers: Mapping[str, Any]) -> Any:
    if not is_shown(spec, answers):
        return None
    empty = value is None or value == "" or value == [] or (spec.kind == "checkbox" and not value)
    if empty:
        if spec.required:
            wrong[path] = _("This is needed.") if spec.kind != "checkbox" else _("Please confirm this.")
        return False if spec.kind == "checkbox" else None
    try:
        return _CLEANERS[spec.kind](spec, value, path, wrong)
    except _Refused as refusal:
        wrong[path] = refusal.args[0]
        return None


class _Refused(Exception):
    """A value that a field does not take; the sentence is for the person."""


def _text(spec: FieldSpec, value: Any, path: str, wrong: dict[str, object]) -> str:
    if not isinstance(value, str):
        raise _Refused(_("This must be text."))
    text = value.replace("\x00", "").strip()
    if len(text) > spec.longest:
        raise _Refused(_("At most %(most)s characters; this has %(count)s.", most=spec.longest, count=len(text)))
    return text


def _number(spec: FieldSpec, value: Any, path: str, wrong: dict[str, object]) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise _Refused(_("This must be a number."))
    try:
        number = Decimal(str(value).strip().replace(",", "").replace("，", ""))
    except InvalidOperation:
        raise _Refused(_("This must be a number.")) from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise _Refused(_("This number is too large."))
    if spec.least is not None and number < spec.least:
        raise _Refused(_("Not less than %(least)s.", least=spec.least))
    if spec.most is not None and number > spec.most:
        raise _Refused(_("Not more than %(most)s.", most=spec.most))
    exponent = number.as_tuple().exponent
    if spec.digits is not None and isinstance(exponent, int) and -exponent > spec.digits:
        raise _Refused(_("At most %(digits)s places after the point.", digits=spec.digits))
    return format(number, "f")


def _date(spec: FieldSpec, value: Any, path: str, wrong: dict[str, object]) -> str:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
    except ValueError:
        raise _Refused(_("This must be a date, for example 2027-06-15.")) from None


def _checkbox(spec: FieldSpec, value: Any, path: str, wrong: dict[str, object]) -> bool:
    if not isinstance(value, bool):
        raise _Refused(_("This must be ticked or not."))
    return value


def _choice(spec: FieldSpec, value: Any, path: str, wrong: dict[str, object]) -> str:
    if not isinstance(value, str) or (spec.options and value not in {o.value for o in spec.options}):
        raise _Refused(_("Choose one of the options."))
    return value


def _choices(spec: FieldSpec, value: Any, path: str, wrong: dict[str, object]) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        raise _Refused(_("Choose from the options."))
    return [_choice(spec, one, path, wrong) for one in dict.fromkeys(value)]


def _files(spec: FieldSpec, value: Any, path: str, wrong: dict[str, object]) -> list[str]:
    refs = value if isinstance(value, list) else [value]
    if len(refs) > 20 or not all(isinstance(r, str) and len(r) == 26 and r.isalnum() for r in refs):
        raise _Refused(_("Upload the file first."))
    return refs


def _rows(spec: FieldSpec, value: Any, path: str, wrong: dict[str, object]) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST_ROWS or not all(isinstance(row, dict) for row in value):
        raise _Refused(_("This must be a list of rows."))
    clean = []
    for place, row in enumerate(value):
        known = {f.key for f in spec.fields} | {"person", "ref"}
        if row.keys() - known:
            raise _Refused(_("Row %(row)s has a field that is not asked.", row=place + 1))
        kept = {name: str(row[name]) for name in ("person", "ref") if name in row}
        kept |= {f.key: _clean(f, row.get(f.key), f"{path}-{place}-{f.key}", wrong, row) for f in spec.fields}
        clean.append(kept)
    return clean


_CLEANERS = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "datetime": _date,
    "checkbox": _checkbox,
    "checklist": _choices,
    "radio": _choice,
    "select": _choice,
    "filepicker": _files,
    "dynamiclist": _rows,
}
