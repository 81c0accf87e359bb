"""Answers as they are kept: each kind of field makes its own values plain and refuses the rest with a sentence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.text import gettext as _
from workflows.form_fields import INPUTS, MOST_ROWS, FieldSpec

Files = Mapping[str, Mapping[str, Any]]  # ref -> {"name": str, "size": int}
_UNKNOWN: Mapping[str, Any] = {"name": None, "size": None}
_ROW_KEYS = ("person", "ref")  # what the program itself writes into a row
LEAST_PLACE = 30  # digits behind the point

Wrong = dict[str, object]  # place -> sentence


def clean(spec: FieldSpec, value: Any, place: str, wrong: Wrong, hidden: Collection[str]) -> Any:
    """The answer as it is kept: null when the field is hidden or empty. What is refused goes into `wrong`."""
    if place in hidden:
        return None
    if is_empty(spec, value):
        if spec.required:
            wrong[place] = _("This is needed.") if spec.kind != "checkbox" else _("Please confirm this.")
        return False if spec.kind == "checkbox" else None
    if spec.kind == "dynamiclist":
        return _rows(spec, value, place, wrong, hidden)
    try:
        return _CLEANERS[spec.kind](spec, value)
    except _Refused as refusal:
        wrong[place] = refusal.args[0]
        return None


def understood(spec: FieldSpec, value: Any, files: Files) -> Any:
    """An answer as expressions see it; null while it is empty or not what the field takes."""
    if spec.kind == "dynamiclist":
        return _understood_rows(spec, value, files)
    if is_empty(spec, value):
        return False if spec.kind == "checkbox" else None
    try:
        kept = _CLEANERS[spec.kind](spec, value)
    except _Refused:
        return None
    if spec.kind == "number":
        return Decimal(kept)
    if spec.kind == "datetime":
        return date.fromisoformat(kept)
    return [dict(files.get(ref) or _UNKNOWN) for ref in kept] if spec.kind == "filepicker" else kept


def _understood_rows(spec: FieldSpec, value: Any, files: Files) -> Any:
    if not isinstance(value, list) or not value or len(value) > MOST_ROWS:
        return None
    columns = [one for one in spec.fields if one.kind in INPUTS]
    rows = [row if isinstance(row, Mapping) else {} for row in value]
    return [{one.key: understood(one, row.get(one.key), files) for one in columns} for row in rows]


def is_empty(spec: FieldSpec, value: Any) -> bool:
    """True when nothing was answered."""
    if isinstance(value, str):
        return not value.replace("\x00", "").strip()
    return value is None or value == [] or (spec.kind == "checkbox" and not value)


def is_blank(spec: FieldSpec, row: Any) -> bool:
    """True for a row that nobody filled in and that the program did not draw."""
    if not isinstance(row, Mapping):
        return True
    columns = {one.key: one for one in spec.fields if one.kind in INPUTS}
    if any(row.get(name) for name in _ROW_KEYS if name not in columns):
        return False
    return all(is_empty(one, row.get(key)) for key, one in columns.items())


class _Refused(Exception):
    """A value that a field does not take; the sentence is for the person."""


def _text(spec: FieldSpec, value: Any) -> str:
    if not isinstance(value, str):
        raise _Refused(_("This must be text."))
    text = value.replace("\x00", "").strip()
    if len(text) > spec.longest:
        raise _Refused(_("At most %(most)s characters; this has %(count)s.", most=spec.longest, count=len(text)))
    return text


def _number(spec: FieldSpec, value: Any) -> str:
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
    if isinstance(exponent, int) and -exponent > LEAST_PLACE:
        raise _Refused(_("At most %(digits)s places after the point.", digits=LEAST_PLACE))
    if spec.digits is not None and isinstance(exponent, int) and -exponent > spec.digits:
        raise _Refused(_("At most %(digits)s places after the point.", digits=spec.digits))
    return format(number, "f")


def _date(spec: FieldSpec, value: Any) -> str:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
    except ValueError:
        raise _Refused(_("This must be a date, for example 2027-06-15.")) from None


def _checkbox(spec: FieldSpec, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Refused(_("This must be ticked or not."))
    return value


def _choice(spec: FieldSpec, value: Any) -> str:
    if not isinstance(value, str) or (spec.options and value not in {o.value for o in spec.options}):
        raise _Refused(_("Choose one of the options."))
    return value


def _choices(spec: FieldSpec, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ROWS or not all(isinstance(one, str) for one in value):
        raise _Refused(_("Choose from the options."))
    return [_choice(spec, one) for one in dict.fromkeys(value)]


def _files(spec: FieldSpec, value: Any) -> list[str]:
    refs = value if isinstance(value, list) else [value]
    if len(refs) > 20 or not all(isinstance(r, str) and len(r) == 26 and r.isalnum() for r in refs):
        raise _Refused(_("Upload the file first."))
    return refs


def _rows(
    spec: FieldSpec, value: Any, place: str, wrong: Wrong, hidden: Collection[str]
) -> list[dict[str, Any]] | None:
    if not isinstance(value, list) or len(value) > MOST_ROWS or not all(isinstance(row, dict) for row in value):
        wrong[place] = _("This must be a list of rows.")
        return None
    columns = [one for one in spec.fields if one.kind in INPUTS]
    known = {one.key for one in columns} | set(_ROW_KEYS)
    made = []
    for at, row in enumerate(value):
        if row.keys() - known:
            wrong[place] = _("Row %(row)s has a field that is not asked.", row=at + 1)
            return None
        kept = {name: str(row[name]) for name in _ROW_KEYS if name in row}
        kept |= {one.key: clean(one, row.get(one.key), f"{place}-{at}-{one.key}", wrong, hidden) for one in columns}
        made.append(kept)
    return made


_CLEANERS: Mapping[str, Callable[[FieldSpec, Any], Any]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "datetime": _date,
    "checkbox": _checkbox,
    "checklist": _choices,
    "radio": _choice,
    "select": _choice,
    "filepicker": _files,
}
