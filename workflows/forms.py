"""FormSpec: one form-js JSON file, read once, drawn and cleaned from the same description (walls 20).

Components and attributes are an allow-list; everything else is refused at deployment with field and remedy.
"""

from __future__ import annotations

import json
import re
from collections import Counter
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
CHOICES = frozenset({"radio", "select", "checklist"})
DEEPEST = 3
# what of a component the pages obey; `layout` and `id` are the editor's own
ATTRIBUTES = frozenset(
    (
        "type id key path label text description properties values validate subtype dateLabel components"
        " defaultValue layout decimalDigits"
    ).split()
)
VALIDATE = frozenset({"required", "maxLength", "min", "max"})
PROPERTIES = frozenset("label.en description.en text.en route actions rows options suffix suffix.en width show".split())
# what the program itself can fill into a form, by the properties `rows` and `options` (tasks.options)
ROW_SOURCES = frozenset({"members", "recheck_items", "disputed"})
OPTION_SOURCES = frozenset({"members", "guardians", "categories", "resources"})
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
    suffix_en: str = ""
    default: Any = None
    show: tuple[str, tuple[str, ...]] | None = None

    def text(self, locale: str) -> str:
        """The label in the language of `locale`."""
        return self.label_en or self.label if locale.startswith("en") else self.label

    def unit(self, locale: str) -> str:
        """What stands behind the figure, in the language of `locale`."""
        return self.suffix_en or self.suffix if locale.startswith("en") else self.suffix

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
        if content.get("type") != "default":
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        sentence = _("The file is not a form-js form.")
        remedy = _("Export it again from the form editor.")
        raise DefinitionRefused([Finding(file, key, None, sentence, remedy)]) from problem
    reader = _Reader(file)
    fields = tuple(reader.read_all(components))
    inputs = tuple(f for f in fields if f.kind in INPUTS)
    for name in sorted(key for key, count in Counter(f.key for f in inputs).items() if count > 1):
        reader.refuse(name, _("Two fields have the same key."), _("Give each field a key of its own."))
    if reader.findings:
        raise DefinitionRefused(reader.findings)
    return FormSpec(key, fingerprint(source), fields, inputs)


class _Reader:
    """Reads the components of one file; what cannot be drawn becomes a finding, never an exception."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def refuse(self, element: str, sentence: object, remedy: object) -> None:
        self.findings.append(Finding(self.file, element, None, sentence, remedy))

    def read_all(self, components: object, depth: int = 0) -> Iterator[FieldSpec]:
        """Components in order, groups flattened: a group's heading comes first, its fields after it."""
        if not isinstance(components, list):
            self.refuse("", _("The components are not a list."), _("Export the form again from the form editor."))
            return
        for component in components:
            if not isinstance(component, dict):
                self.refuse("", _("A component is not an object."), _("Remove it."))
            elif component.get("type") == "group":
                yield from self._group(component, depth)
            else:
                made = self._component(component, depth)
                if made is not None:
                    yield made

    def _group(self, component: Mapping[str, Any], depth: int) -> Iterator[FieldSpec]:
        if depth >= DEEPEST:
            self.refuse(str(component.get("id", "")), _("Groups are nested too deep."), _("Flatten them."))
            return
        yield FieldSpec("group", "", str(component.get("label", "")), self._english(component, "label.en"))
        yield from self.read_all(component.get("components", []), depth + 1)

    def _component(self, component: Mapping[str, Any], depth: int) -> FieldSpec | None:
        kind = str(component.get("type", ""))
        name = str(component.get("key") or component.get("path") or component.get("id") or kind)
        if kind not in INPUTS | SHOWN:
            self.refuse(
                name,
                _("The component %(kind)s cannot be shown in a task.", kind=kind),
                _("Use one of: %(list)s.", list=", ".join(sorted(INPUTS | SHOWN))),
            )
            return None
        if not self._only_known(component, name):
            return None
        if kind == "text":
            return FieldSpec("text", "", str(component.get("text", "")), self._english(component, "text.en"))
        self._named(component, name)
        return self._field(component, kind, name, depth)

    def _only_known(self, component: Mapping[str, Any], name: str) -> bool:
        """Refuse what would have no effect; False when the component has not the shape of one."""
        for attribute in sorted(component.keys() - ATTRIBUTES):
            self.refuse(name, _("The attribute %(name)s has no effect here.", name=attribute), _("Remove it."))
        for part, allowed in (("validate", VALIDATE), ("properties", PROPERTIES)):
            inner = component.get(part) or {}
            if not isinstance(inner, dict):
                self.refuse(name, _("%(part)s is not an object.", part=part), _("Remove it."))
                return False
            for attribute in sorted(inner.keys() - allowed):
                self.refuse(name, _("%(name)s has no effect here.", name=f"{part}.{attribute}"), _("Remove it."))
        return True

    def _named(self, component: Mapping[str, Any], name: str) -> None:
        if not KEY.fullmatch(name):
            self.refuse(
                name, _("The key is not a plain name."), _("Use letters, digits and _, beginning with a letter.")
            )
        if not component.get("label"):
            self.refuse(name, _("The field has no label."), _("Write a Chinese label."))
        if not self._english(component, "label.en"):
            self.refuse(name, _("The field has no English label."), _("Write the English label."))

    def _field(self, component: Mapping[str, Any], kind: str, name: str, depth: int) -> FieldSpec:
        properties: Mapping[str, Any] = component.get("properties") or {}
        checks: Mapping[str, Any] = component.get("validate") or {}
        route = str(properties.get("route", "")).lower() == "true"
        if route and kind not in ROUTABLE:
            self.refuse(
                name,
                _("A %(kind)s cannot steer the process.", kind=kind),
                _("Take away the tick at “Decides the way”."),
            )
        options = tuple(self._options(component, name))
        if kind in CHOICES and not options and not properties.get("options"):
            self.refuse(name, _("The field offers nothing to choose."), _("Add options, or choose a list for them."))
        return FieldSpec(
            kind=kind,
            key=name,
            label=str(component.get("label") or ""),
            label_en=self._english(component, "label.en"),
            hint=str(component.get("description", "")),
            hint_en=self._english(component, "description.en"),
            required=checks.get("required") is True,
            route=route,
            actions=str(properties.get("actions", "")).lower() == "true",
            options=options,
            options_from=str(properties.get("options", "")),
            rows=str(properties.get("rows", "")),
            fields=self._columns(component, kind, name, depth),
            least=self._figure(checks, "min", name),
            most=self._figure(checks, "max", name),
            longest=int(self._figure(checks, "maxLength", name) or LONGEST),
            digits=self._digits(component, name),
            suffix=str(properties.get("suffix", "")),
            suffix_en=self._english(component, "suffix.en"),
            default=component.get("defaultValue"),
            show=_show(str(properties.get("show", ""))),
        )

    def _columns(self, component: Mapping[str, Any], kind: str, name: str, depth: int) -> tuple[FieldSpec, ...]:
        if kind != "dynamiclist":
            return ()
        inner = tuple(f for f in self.read_all(component.get("components", []), depth + 1) if f.kind != "group")
        if not inner or any(f.kind == "dynamiclist" for f in inner):
            self.refuse(name, _("A list needs columns and cannot hold another list."), _("Add plain fields to it."))
        return inner

    def _options(self, component: Mapping[str, Any], name: str) -> Iterator[Option]:
        values = component.get("values") or []
        if not isinstance(values, list) or not all(isinstance(v, dict) and v.get("value") for v in values):
            self.refuse(name, _("An option has no value."), _("Give each option a value and a label."))
            return
        for value in values:
            label = str(value.get("label", ""))
            yield Option(str(value["value"]), label, str(value.get("label.en") or label))

    def _figure(self, checks: Mapping[str, Any], attribute: str, name: str) -> Decimal | None:
        value = checks.get(attribute)
        if value is None or value == "":
            return None
        try:
            figure = Decimal(str(value))
        except InvalidOperation:
            figure = Decimal("NaN")
        if not figure.is_finite():
            self.refuse(name, _("%(name)s is not a number.", name=attribute), _("Write a plain number."))
            return None
        return figure

    def _digits(self, component: Mapping[str, Any], name: str) -> int | None:
        digits = component.get("decimalDigits")
        if digits is not None and (not isinstance(digits, int) or not 0 <= digits <= 10):
            self.refuse(name, _("%(name)s is not a number.", name="decimalDigits"), _("Write a plain number."))
            return None
        return digits

    @staticmethod
    def _english(component: Mapping[str, Any], name: str) -> str:
        properties = component.get("properties")
        return str(properties.get(name, "")) if isinstance(properties, dict) else ""


def _show(text: str) -> tuple[str, tuple[str, ...]] | None:
    """`field=A|B` of the property `show`."""
    name, sign, values = text.partition("=")
    return (name.strip(), tuple(v.strip() for v in values.split("|"))) if sign else None


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
