"""Task forms: a WTForms class made from a `FormSpec`, which draws the form and judges it before any verb does.

A field's name in the browser is the name under which `FormSpec.clean` complains: `key`, and `key-0-inner` in a row.
Whatever was typed is kept as it was typed, so that a refused form shows it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, FieldList, Form, FormField, HiddenField

from domain.text import Text
from domain.text import gettext as _
from webapp.form_controls import NOTHING, FixedRow, OneOf, Sources, empty, field_of, locale
from workflows.forms import MOST_ROWS, FieldSpec, FormSpec, FormState, OwnersText

MOST_FREE_ROWS = 40


class TaskForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Base of every form made from a FormSpec."""

    spec: FormSpec
    sources: Sources

    def answers(self) -> dict[str, Any]:
        """What was entered, in the shape that `FormSpec.clean` takes: an empty row is no row."""
        return {one.key: _answer(one, self[one.key]) for one in self.spec.inputs}

    def state(self, undecided: Collection[str] = ()) -> FormState:
        """What is hidden while this is entered, by the names that the browser knows."""
        entered = {one.key: _entered(one, self[one.key]) for one in self.spec.inputs}
        return self.spec.judge(entered, now=self.sources.now, files=self.sources.files, undecided=undecided)

    def validate(self, extra_validators: Any = None) -> bool:
        """Judge every field that is in sight, then what the checks say. What is hidden is not judged."""
        refused = not super().validate(extra_validators)
        if refused and not self.errors:
            return False
        state = self.state()
        for control in self.controls():
            if control.name in state.hidden:
                control.errors = []
        wrong = [control.name for control in self.controls() if control.errors and not isinstance(control, FieldList)]
        self._say(state.faults(wrong))
        for one in self.spec.inputs:
            if one.kind == "dynamiclist":
                _gather(self[one.key])
        return not self.form_errors and not any(control.errors for control in self._fields.values())

    def refuse(self, faults: Mapping[str, Any]) -> None:
        """Put each sentence of a verb beside its field; one for no field of ours goes to the form as a whole."""
        self._say({self._place(path): sentence for path, sentence in faults.items()})

    def _say(self, faults: Mapping[str, Any]) -> None:
        for path, sentence in faults.items():
            said = sentence.text(locale()) if isinstance(sentence, OwnersText) else sentence
            control = self.control(path)
            if control is None:
                self.form_errors.append(said)
            else:
                control.errors = [*control.errors, said]

    def _place(self, path: str) -> str:
        """The browser's name of a place that a verb names: empty rows were no rows to it."""
        key, dash, rest = path.partition("-")
        place, dash, inner = rest.partition("-")
        spec = next((one for one in self.spec.inputs if one.key == key and one.kind == "dynamiclist"), None)
        if spec is None or not dash or not place.isdigit():
            return path
        kept = [at for at, entry in enumerate(self[key].entries) if _row_answer(spec, entry.form)]
        return f"{key}-{kept[int(place)]}-{inner}" if int(place) < len(kept) else path

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
                found += [(control, one.text(locale()), str(sentence)) for sentence in control.errors]
                continue
            found += [(control, one.text(locale()), str(s)) for s in control.errors if isinstance(s, str | Text)]
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
        members[one.key] = _rows_field(one, sources) if one.kind == "dynamiclist" else field_of(one, sources)
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


def _rows_field(spec: FieldSpec, sources: Sources) -> Any:
    row: dict[str, Any] = {"spec": spec}
    fixed = sources.rows.get(spec.rows)
    if fixed is not None:
        for key in sorted({one.key for one in fixed} or {"person"}):
            row[key] = HiddenField("", [OneOf(one.ref for one in fixed)])
    for inner in spec.fields:
        if inner.kind != "text":
            row[inner.key] = field_of(_relaxed(inner) if fixed is None else inner, sources)
    kind = type(f"Row_{spec.key}", (_Row,), row)
    most = len(fixed) if fixed is not None else MOST_FREE_ROWS
    return FieldList(
        FormField(kind),
        label=spec.text(locale()),
        description=spec.help(locale()),
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


def _entered(spec: FieldSpec, control: Any) -> Any:
    """An answer with its empty rows, so that places are those of the page."""
    if spec.kind != "dynamiclist":
        return _answer(spec, control)
    return [_row_answer(spec, entry.form) for entry in control.entries]


def _gather(rows: FieldList[Any]) -> None:
    """The refusals of a list anew: its own sentences, then those that its rows still have."""
    own = [said for said in rows.errors if isinstance(said, str | Text)]
    inner = [entry.errors for entry in rows.entries]
    rows.errors = [*own, *(inner if any(inner) else [])]


def _row_answer(spec: FieldSpec, row: Form) -> dict[str, Any]:
    values = {inner.key: _answer(inner, row[inner.key]) for inner in spec.fields if inner.key in row}
    hidden = {key: row[key].data for key in ("person", "ref") if key in row and isinstance(row[key], HiddenField)}
    if not hidden and all(empty(value) for value in values.values()):
        return {}
    return {**values, **hidden}


__all__ = ["FixedRow", "Sources", "TaskForm", "form_class", "make"]
