"""Answers as they are kept: each kind of field makes its own values plain and refuses the rest with a sentence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from domain.text import gettext as _
from workflows.form_fields import ANSWERED, COMPUTED, FILE_TYPES, INPUTS, MOST_ROWS, FieldSpec

Files = Mapping[str, Mapping[str, Any]]  # ref -> {"name": str, "size": int, "media": str}; expressions see no media
_UNKNOWN: Mapping[str, Any] = {"name": None, "size": None}
ROW_KEYS = ("person", "ref")  # what the program itself writes into a row
LEAST_PLACE = 30  # digits behind the point

Wrong = dict[str, object]  # place -> sentence
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Sight:
    """How the fields stand: places that are hidden, places that must be filled in, what calculated ones are worth."""

    hidden: Collection[str] = ()
    needed: Collection[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    files: Files = field(default_factory=dict, repr=False)


def clean(spec: FieldSpec, value: Any, place: str, wrong: Wrong, sight: Sight) -> Any:
    """The answer as it is kept: null when the field is hidden or empty. What is refused goes into `wrong`."""
    if place in sight.hidden:
        return None
    if spec.kind == COMPUTED:
        return sight.values.get(place)
    if is_empty(spec, value):
        if spec.required or place in sight.needed:
            wrong[place] = _("This is needed.") if spec.kind != "checkbox" else _("Please confirm this.")
        return False if spec.kind == "checkbox" else None
    if spec.kind == "dynamiclist":
        return _rows(spec, value, place, wrong, sight)
    try:
        kept = _CLEANERS[spec.kind](spec, value)
        if spec.kind == "filepicker":
            _fitting(spec, kept, sight.files)
        return kept
    except _Refused as refusal:
        wrong[place] = refusal.args[0]
        return None


def understood(spec: FieldSpec, value: Any, files: Files) -> Any:
    """An answer as expressions see it; null while it is empty or not what the field takes."""
    if spec.kind == "dynamiclist":
        return _understood_rows(spec, value, files)
    if spec.kind == COMPUTED:
        return None
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
    if spec.kind == "filepicker":
        return [{name: (files.get(ref) or _UNKNOWN)[name] for name in _UNKNOWN} for ref in kept]
    return kept


def _understood_rows(spec: FieldSpec, value: Any, files: Files) -> Any:
    if not isinstance(value, list) or not value or len(value) > MOST_ROWS:
        return None
    columns = [one for one in spec.fields if one.kind in ANSWERED]
    rows = [row if isinstance(row, Mapping) else {} for row in value]
    return [{one.key: understood(one, row.get(one.key), files) for one in columns} for row in rows]


def calculated(spec: FieldSpec, value: Any) -> Any:
    """What an expression gave, as a calculated field is worth it: figures are rounded half up to its places."""
    if isinstance(value, Decimal) and spec.digits is not None:
        return value.quantize(Decimal(1).scaleb(-spec.digits), ROUND_HALF_UP, context=_EXACT)
    return value if isinstance(value, Decimal | bool | str | date) else None


def plain(value: Any) -> Any:
    """A calculated value as it is kept."""
    if isinstance(value, Decimal):
        return format(value or abs(value), "f")  # no minus before nothing
    return value.isoformat() if isinstance(value, date) else value


def number_of_rows(spec: FieldSpec) -> object:
    """What is said to a list of too few or too many rows."""
    if spec.least_rows == spec.most_rows:
        return _("Fill in %(count)s rows.", count=spec.least_rows)
    if spec.least_rows <= 1 and spec.most_rows < MOST_ROWS:
        return _("At most %(most)s rows.", most=spec.most_rows)
    if spec.most_rows == MOST_ROWS:
        return _("At least %(least)s rows.", least=spec.least_rows)
    return _("%(least)s to %(most)s rows.", least=spec.least_rows, most=spec.most_rows)


def file_refusal(spec: FieldSpec, media: str, size: int) -> object | None:
    """Why a field does not take a file of this type and size (bytes); None when it does."""
    if spec.file_types and media not in spec.file_types:
        named = ", ".join(sorted({ending.upper() for ending, one in FILE_TYPES.items() if one in spec.file_types}))
        return _("This field takes only: %(types)s.", types=named)
    if spec.file_size and size > spec.file_size:
        return _("Files here have at most %(most)s MB.", most=spec.file_size // 1_000_000)
    return None


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
    if any(row.get(name) for name in ROW_KEYS if name not in columns):
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


def _fitting(spec: FieldSpec, refs: list[str], files: Files) -> None:
    if len(refs) > spec.most_files:
        raise _Refused(
            _("At most %(most)s files.", most=spec.most_files) if spec.most_files > 1 else _("One file at most.")
        )
    for ref in refs:
        known = files.get(ref)
        fault = file_refusal(spec, str(known.get("media", "")), int(known["size"] or 0)) if known else None
        if fault is not None:
            raise _Refused(fault)


def _rows(spec: FieldSpec, value: Any, place: str, wrong: Wrong, sight: Sight) -> list[dict[str, Any]] | None:
    if not isinstance(value, list) or len(value) > MOST_ROWS or not all(isinstance(row, dict) for row in value):
        wrong[place] = _("This must be a list of rows.")
        return None
    if not spec.rows and not spec.least_rows <= len(value) <= spec.most_rows:
        wrong[place] = number_of_rows(spec)
        return None
    columns = [one for one in spec.fields if one.kind in ANSWERED]
    known = {one.key for one in columns if one.kind != COMPUTED} | set(ROW_KEYS)
    made = []
    for at, row in enumerate(value):
        if row.keys() - known:
            wrong[place] = _("Row %(row)s has a field that is not asked.", row=at + 1)
            return None
        kept = {name: str(row[name]) for name in ROW_KEYS if name in row}
        kept |= {one.key: clean(one, row.get(one.key), f"{place}-{at}-{one.key}", wrong, sight) for one in columns}
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
