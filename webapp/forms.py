"""Task forms: a WTForms class made from a `FormSpec`, which draws the form and judges it before any verb does.

A field's name in the browser is the name under which `FormSpec.clean` complains: `key`, and `key-0-inner` in a row.
Whatever was typed is kept as it was typed, so that a refused form shows it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.form import BaseForm
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from domain.text import Text
from domain.text import gettext as _
from workflows.forms import MOST_ROWS, FieldSpec, FormSpec, is_shown

MOST_FREE_ROWS = 40
Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FixedRow:
    """A row of a list that the program draws: `key` is "person" or "ref", `title` and `note` head it."""

    key: str
    ref: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the program fills in: options and rows by the name of their source.

    preset: options of a checklist that are ticked while nobody has answered yet.
    """

    options: Mapping[str, Choices] = field(default_factory=dict)
    rows: Mapping[str, Sequence[FixedRow]] = field(default_factory=dict)
    preset: frozenset[str] = frozenset()


NOTHING = Sources()


class _Refused(StopValidation):
    """A refusal whose sentence is read later, in the language of the page."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(cast(str, sentence))


class DayField(StringField):
    """A day as it was typed; the browser's own picker gives YYYY-MM-DD."""

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is no day."""
        if self.data:
            try:
                date.fromisoformat(self.data)
            except ValueError:
                raise _Refused(_("This must be a date, for example 2027-06-15.")) from None


class FigureField(StringField):
    """A number as it was typed, with its limits."""

    def __init__(self, *args: Any, spec: FieldSpec, **more: Any) -> None:
        super().__init__(*args, **more)
        self.spec = spec

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is no number, or one outside its limits."""
        if not self.data or not self.data.strip():
            return
        try:
            number = Decimal(self.data.strip().replace(",", "").replace("，", ""))
        except InvalidOperation:
            raise _Refused(_("This must be a number.")) from None
        if not number.is_finite():
            raise _Refused(_("This must be a number."))
        if self.spec.least is not None and number < self.spec.least:
            raise _Refused(_("Not less than %(least)s.", least=self.spec.least))
        if self.spec.most is not None and number > self.spec.most:
            raise _Refused(_("Not more than %(most)s.", most=self.spec.most))


class FilesField(Field):
    """Refs of files handed in before; the page draws them with name and size."""

    def process_data(self, value: Any) -> None:
        """Take the refs of a draft."""
        self.data = [value] if isinstance(value, str) else list(value or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the refs the page sent back."""
        self.data = [one for one in valuelist if one]

    def _value(self) -> str:
        return ""


class ChecklistField(SelectMultipleField):
    """Several of some options, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class _Needed:
    """Refuses an empty answer of a field that is shown; `hide` tells whether the field waits for another."""

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec

    def __call__(self, form: Form, control: Field) -> None:
        if not is_shown(self.spec, _plain_values(form)):
            control.errors = []
            raise StopValidation()
        if not self.spec.required or not _empty(control.data):
            return
        if isinstance(control, BooleanField):
            raise _Refused(_("Please confirm this."))
        raise _Refused(_("Upload the file first.") if isinstance(control, FilesField) else _("This is needed."))


class _NotLonger:
    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, _form: Form, control: Field) -> None:
        count = len((control.data or "").strip())
        if count > self.most:
            raise _Refused(_("At most %(most)s characters; this has %(count)s.", most=self.most, count=count))


class _OneOf:
    """The hidden key of a row must be one that the program drew."""

    def __init__(self, refs: Iterable[str]) -> None:
        self.refs = frozenset(refs)

    def __call__(self, _form: Form, control: Field) -> None:
        if control.data not in self.refs:
            raise _Refused(_("This row belongs to somebody who is not in the household any more. Open it again."))


def _empty(value: Any) -> bool:
    return value is None or value is False or value == [] or (isinstance(value, str) and not value.strip())


def _plain_values(form: Form) -> dict[str, Any]:
    return {name: control.data for name, control in form._fields.items() if not isinstance(control, FieldList)}


class TaskForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Base of every form made from a FormSpec."""

    spec: FormSpec
    sources: Sources

    def answers(self) -> dict[str, Any]:
        """What was entered, in the shape that `FormSpec.clean` takes."""
        return {one.key: _answer(one, self[one.key]) for one in self.spec.inputs}

    def refuse(self, faults: Mapping[str, Any]) -> None:
        """Put each sentence of a verb beside its field; one for no field of ours goes to the form as a whole."""
        for path, sentence in faults.items():
            control = self.control(path)
            if control is None:
                self.form_errors.append(sentence)
            else:
                control.errors = [*control.errors, sentence]

    def control(self, path: str) -> Field | None:
        """The field of a path such as `members-0-DEPOSIT`, or None."""
        return next((one for one in self.controls() if one.name == path), None)

    def controls(self) -> Iterable[Field]:
        """Every field a person fills in, rows included, in the order of the form."""
        for one in self.spec.inputs:
            control = self[one.key]
            yield control
            if isinstance(control, FieldList):
                for row in control.entries:
                    yield from row.form

    def faults(self) -> list[tuple[Field, str, str]]:
        """(field, where it is, sentence) of every refusal, in the order of the form."""
        found = []
        for one in self.spec.inputs:
            control = self[one.key]
            if not isinstance(control, FieldList):
                found += [(control, one.text(_locale()), str(sentence)) for sentence in control.errors]
                continue
            found += [(control, one.text(_locale()), str(s)) for s in control.errors if isinstance(s, str | Text)]
            for row in control.entries:
                for inner in row.form:
                    place = f"{row.form.title} · {inner.label.text}" if row.form.title else str(inner.label.text)
                    found += [(inner, place, str(sentence)) for sentence in inner.errors]
        return found


class _Row(Form):
    """One row of a list; title and note stand above it."""

    title = ""
    note = ""


def form_class(spec: FormSpec, sources: Sources = NOTHING) -> type[TaskForm]:
    """The WTForms class of a form, in the language of the request."""
    members: dict[str, Any] = {"spec": spec, "sources": sources}
    for one in spec.inputs:
        members[one.key] = _rows_field(one, sources) if one.kind == "dynamiclist" else _field(one, sources)
    return cast(type[TaskForm], type(f"TaskForm_{spec.key}", (TaskForm,), members))


def make(
    spec: FormSpec, sources: Sources, kept: Mapping[str, Any], sent: MultiDict[str, str] | None = None
) -> TaskForm:
    """The form, filled with what was sent, else with the draft `kept`."""
    wanted = form_class(spec, sources)
    data = {one.key: _initial(one, kept, sources) for one in spec.inputs}
    made = wanted(formdata=sent, data=data)
    for one in spec.inputs:
        if one.kind == "dynamiclist":
            _head_rows(one, made[one.key], sources)
    return made


def _locale() -> str:
    from webapp.i18n import english  # the pages import this module; kept local so that forms stay importable alone

    return "en" if english() else "zh"


def _field(spec: FieldSpec, sources: Sources) -> Any:
    label, hint = spec.text(_locale()), spec.help(_locale())
    checks = [_Needed(spec)]
    return _MAKERS[spec.kind](spec, label, hint, checks, sources)


def _string(kind: Callable[..., Any]) -> Callable[..., Any]:
    def made(spec: FieldSpec, label: str, hint: str, checks: list[Any], _sources: Sources) -> Any:
        return kind(label, [*checks, _NotLonger(spec.longest)], description=hint)

    return made


def _figure(spec: FieldSpec, label: str, hint: str, checks: list[Any], _sources: Sources) -> Any:
    return FigureField(label, checks, description=hint, spec=spec)


def _box(spec: FieldSpec, label: str, hint: str, checks: list[Any], _sources: Sources) -> Any:
    return BooleanField(label, checks, description=hint)


def _offered(spec: FieldSpec, sources: Sources) -> list[SelectChoice]:
    if spec.options_from:
        return [SelectChoice(value, label) for value, label in sources.options.get(spec.options_from, ())]
    english = _locale() == "en"
    return [SelectChoice(o.value, o.label_en if english else o.label) for o in spec.options]


class _Select(SelectField):
    """One of some options; nothing chosen is for `_Needed` to judge."""

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not offered."""
        if self.data and not any(value == self.data for value, *_more in self.iter_choices()):
            raise _Refused(_("Choose one of the options."))


class _Radio(RadioField):
    """One of some options, all in sight."""

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not offered."""
        if self.data and not any(value == self.data for value, *_more in self.iter_choices()):
            raise _Refused(_("Choose one of the options."))


class _Checklist(ChecklistField):
    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not offered."""
        offered = {value for value, *_more in self.iter_choices()}
        if set(self.data or ()) - offered:
            raise _Refused(_("Choose from the options."))


def _select(spec: FieldSpec, label: str, hint: str, checks: list[Any], sources: Sources) -> Any:
    choices = [SelectChoice("", str(_("Please choose"))), *_offered(spec, sources)]
    return _Select(label, checks, description=hint, choices=choices, coerce=_text_of, validate_choice=False)


def _radio(spec: FieldSpec, label: str, hint: str, checks: list[Any], sources: Sources) -> Any:
    return _Radio(
        label, checks, description=hint, choices=_offered(spec, sources), coerce=_text_of, validate_choice=False
    )


def _checklist(spec: FieldSpec, label: str, hint: str, checks: list[Any], sources: Sources) -> Any:
    return _Checklist(label, checks, description=hint, choices=_offered(spec, sources), validate_choice=False)


def _files(spec: FieldSpec, label: str, hint: str, checks: list[Any], _sources: Sources) -> Any:
    return FilesField(label, checks, description=hint)


def _text_of(value: object) -> str:
    return "" if value is None else str(value)


_MAKERS: Mapping[str, Callable[..., Any]] = {
    "textfield": _string(StringField),
    "textarea": _string(TextAreaField),
    "datetime": _string(DayField),
    "number": _figure,
    "checkbox": _box,
    "select": _select,
    "radio": _radio,
    "checklist": _checklist,
    "filepicker": _files,
}


def _rows_field(spec: FieldSpec, sources: Sources) -> Any:
    row: dict[str, Any] = {"spec": spec}
    fixed = sources.rows.get(spec.rows)
    if fixed is not None:
        for key in sorted({one.key for one in fixed} or {"person"}):
            row[key] = HiddenField("", [_OneOf(one.ref for one in fixed)])
    for inner in spec.fields:
        if inner.kind != "text":
            row[inner.key] = _field(_relaxed(inner) if fixed is None else inner, sources)
    kind = type(f"Row_{spec.key}", (_Row,), row)
    most = len(fixed) if fixed is not None else MOST_FREE_ROWS
    return FieldList(
        FormField(kind),
        label=spec.text(_locale()),
        description=spec.help(_locale()),
        max_entries=min(most, MOST_ROWS),
    )


def _relaxed(spec: FieldSpec) -> FieldSpec:
    """A column of a free row: an empty row is no row, so `FormSpec.clean` judges what is left."""
    return replace(spec, required=False)


def _initial(spec: FieldSpec, kept: Mapping[str, Any], sources: Sources) -> Any:
    value = kept.get(spec.key)
    if spec.kind == "dynamiclist":
        return _initial_rows(spec, value if isinstance(value, list) else [], sources)
    if value is None and spec.kind == "checklist" and spec.key not in kept and spec.options_from in sources.preset:
        return [one for one, _label in sources.options.get(spec.options_from, ())]
    if value is None and spec.key not in kept:
        return spec.default
    return value


def _initial_rows(spec: FieldSpec, kept: list[Any], sources: Sources) -> list[dict[str, Any]]:
    """The rows to draw. WTForms takes the fields of a row from a mapping."""
    rows = [dict(row) for row in kept if isinstance(row, Mapping)]
    fixed = sources.rows.get(spec.rows)
    if fixed is None:
        return [*rows, {}][:MOST_FREE_ROWS]
    found = {str(row.get(one.key)): row for one in fixed for row in rows if row.get(one.key) == one.ref}
    defaults = {inner.key: inner.default for inner in spec.fields if inner.default is not None}
    return [{**defaults, **found.get(one.ref, {}), one.key: one.ref} for one in fixed]


def _head_rows(spec: FieldSpec, control: FieldList[Any], sources: Sources) -> None:
    heads = {one.ref: one for one in sources.rows.get(spec.rows, ())}
    for place, entry in enumerate(control.entries):
        refs = [entry.form[key].data for key in ("person", "ref") if key in entry.form]
        head = next((heads[ref] for ref in refs if ref in heads), None)
        entry.form.title = head.title if head else str(_("Row %(number)s", number=place + 1))
        entry.form.note = head.note if head else ""


def _answer(spec: FieldSpec, control: Any) -> Any:
    if spec.kind == "dynamiclist":
        return [row for row in (_row_answer(spec, entry.form) for entry in control.entries) if row]
    if spec.kind in ("checkbox",):
        return bool(control.data)
    if spec.kind in ("checklist", "filepicker"):
        return list(control.data or [])
    return control.data or ""


def _row_answer(spec: FieldSpec, row: Form) -> dict[str, Any]:
    values = {inner.key: _answer(inner, row[inner.key]) for inner in spec.fields if inner.key in row}
    hidden = {key: row[key].data for key in ("person", "ref") if key in row and isinstance(row[key], HiddenField)}
    if not hidden and all(_empty(value) for value in values.values()):
        return {}
    return {**values, **hidden}
