"""Task forms: a WTForms class made from a `FormSpec`, which draws the form and judges it before any verb does.

A field's name in the browser is the name under which `FormSpec.clean` complains: `key`, and `key-0-inner` in a row.
Whatever was typed is kept as it was typed, so that a refused form shows it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, FieldList, Form, FormField, HiddenField

from domain.reasons import worded
from domain.text import Text
from domain.text import gettext as _
from tasks.desk.marks import MARKS
from webapp.form_controls import NOTHING, FixedRow, OneOf, Sources, empty, field_of, locale
from workflows.forms import (
    CONFIRMED,
    INPUTS,
    MOST_ROWS,
    Broken,
    FieldSpec,
    FormSpec,
    FormState,
    OwnersText,
    confirmation,
)


class TaskForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Base of every form made from a FormSpec."""

    spec: FormSpec
    sources: Sources
    # warning -> (code of a standard reason, words of one's own); rules that do not hold, once it was judged
    confirm: Mapping[str, tuple[str, str]] = MappingProxyType({})
    broken: Sequence[Broken] = ()
    # what is marked for correction at an earlier step: step -> path -> (code of a standard reason, words)
    marks: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType({})

    def answers(self) -> dict[str, Any]:
        """What was entered, in the shape that `FormSpec.clean` takes: an empty row is no row."""
        made = {one.key: _answer(one, self[one.key]) for one in self.spec.inputs}
        reasons = self.reasons()
        return {**made, CONFIRMED: reasons} if reasons else made

    def draft(self) -> dict[str, Any]:
        """What was entered, as it is kept until the form is sent: empty rows stay where they are."""
        made = {one.key: _entered(one, self[one.key]) for one in self.spec.inputs}
        if self.confirm:
            made[CONFIRMED] = {key: list(pair) for key, pair in self.confirm.items()}
        if self.marks:
            made[MARKS] = {step: {at: list(pair) for at, pair in paths.items()} for step, paths in self.marks.items()}
        return made

    def reasons(self) -> dict[str, str]:
        """Warning -> why it was passed over, for those of which that is said."""
        found = {}
        for key, (code, text) in self.confirm.items():
            said = worded(self.sources.confirm, code, text)
            if isinstance(said, str):
                found[key] = said
        return found

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
            elif control.name in state.needed and empty(control.data) and not control.errors:
                control.errors = [str(_("This is needed."))]
        wrong = [control.name for control in self.controls() if control.errors and not isinstance(control, FieldList)]
        faults = state.faults(wrong)
        self._say(faults)
        self._break(state.broken({*wrong, *faults}))
        for one in self.spec.inputs:
            if one.kind == "dynamiclist":
                _gather(self[one.key])
        passed = self.reasons()
        held = all(one.rule.warning and one.rule.key in passed for one in self.broken)
        return held and not self.form_errors and not any(control.errors for control in self._fields.values())

    def _break(self, broken: Sequence[Broken]) -> None:
        """Mark the fields of the rules that do not hold; a warning marks none."""
        self.broken = broken
        for one in broken:
            for control in (self[key] for key in one.places if key in self and not one.rule.warning):
                control.errors = [*control.errors, one.rule.message.text(locale())]

    def said_by_rules(self, control: Field) -> set[str]:
        """Sentences of rules at a field: the page has a place of its own for them, and the summary says each once."""
        return {one.rule.message.text(locale()) for one in self.broken if control.name in one.places}

    def label_of(self, path: str) -> str:
        """What a place is called: a cell of a list with its row."""
        key, _sign, rest = path.partition("-")
        spec = next((one for one in self.spec.answered if one.key == key), None)
        if spec is None:
            return path
        at, _sign, inner = rest.partition("-")
        column = next((one for one in spec.fields if one.key == inner), None)
        if column is None or not at.isdecimal() or int(at) >= len(self[key].entries):
            return spec.text(locale())
        return f"{self[key].entries[int(at)].form.title} · {column.text(locale())}"

    def rule_faults(self) -> list[tuple[Broken, str, list[tuple[str, str]]]]:
        """(rule, sentence, fields as (where it is, what it is called)) of every rule that keeps the form from going."""
        passed = self.reasons()
        names = {one.key: one.text(locale()) for one in self.spec.answered}
        return [
            (one, one.rule.message.text(locale()), [(f"at-{key}", names[key]) for key in one.places])
            for one in self.broken
            if not (one.rule.warning and one.rule.key in passed)
        ]

    def refuse(self, faults: Mapping[str, Any]) -> None:
        """Put each sentence of a verb beside its field; one for no field of ours goes to the form as a whole."""
        self._say({self._place(path): sentence for path, sentence in faults.items()})

    def _say(self, faults: Mapping[str, Any]) -> None:
        known = {confirmation(one): one for one in self.spec.rules}
        for path, sentence in faults.items():
            if path in known:  # a warning that nobody confirmed stands where it is confirmed
                self.broken = [*self.broken, *(() if known[path].key in {b.rule.key for b in self.broken}
                                               else (Broken(known[path], known[path].fields),))]  # fmt: skip
                continue
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
            ruled = self.said_by_rules(control)
            own = [str(said) for said in control.errors if isinstance(said, str | Text) and str(said) not in ruled]
            found += [(control, one.text(locale()), said) for said in own]
            if not isinstance(control, FieldList):
                continue
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
    made.confirm = _confirmations(spec, kept, sent)
    made.marks = _marks(kept, sent)
    for one in spec.inputs:
        if one.kind == "dynamiclist":
            _head_rows(one, made[one.key], sources)
    return made


def _confirmations(
    spec: FormSpec, kept: Mapping[str, Any], sent: MultiDict[str, str] | None
) -> dict[str, tuple[str, str]]:
    """Why warnings are passed over, as sent (`confirm:<rule>`, `confirm_code:<rule>`) or kept."""
    warnings = [one.key for one in spec.rules if one.warning]
    if sent is not None:
        found = {key: (sent.get(f"confirm_code:{key}", ""), sent.get(f"confirm:{key}", "")) for key in warnings}
    else:
        before = kept.get(CONFIRMED)
        found = {key: _pair(before[key]) for key in warnings if isinstance(before, Mapping) and key in before}
    return {key: pair for key, pair in found.items() if any(pair)}


def _marks(kept: Mapping[str, Any], sent: MultiDict[str, str] | None) -> dict[str, dict[str, tuple[str, str]]]:
    """What is marked at earlier steps, as sent (`mark:<step>:<path>` with its code and words) or kept."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    if sent is not None:
        for name in sent:
            front, _sign, place = name.partition(":")
            step, sign, path = place.partition(":")
            if front == "mark" and sign:
                words = sent.get(f"mark_code:{place}", ""), sent.get(f"mark_note:{place}", "")
                found.setdefault(step[:64], {})[path[:120]] = words
        return found
    before = kept.get(MARKS)
    for step, paths in before.items() if isinstance(before, Mapping) else ():
        found[step] = {path: _pair(pair) for path, pair in paths.items()}
    return found


def _pair(kept: Any) -> tuple[str, str]:
    """A confirmation of a draft, or of answers given before, which are words alone."""
    if isinstance(kept, list | tuple) and len(kept) == 2:
        return str(kept[0]), str(kept[1])
    return "", kept if isinstance(kept, str) else ""


def _rows_field(spec: FieldSpec, sources: Sources) -> Any:
    row: dict[str, Any] = {"spec": spec}
    fixed = sources.rows.get(spec.rows)
    if fixed is not None:
        for key in sorted({one.key for one in fixed} or {"person"}):
            row[key] = HiddenField("", [OneOf(one.ref for one in fixed)])
    for inner in spec.fields:
        if inner.kind in INPUTS:
            row[inner.key] = field_of(_relaxed(inner) if fixed is None else inner, sources)
    kind = type(f"Row_{spec.key}", (_Row,), row)
    most = len(fixed) if fixed is not None else MOST_ROWS
    return FieldList(
        FormField(kind),
        label=spec.text(locale()),
        description=spec.help(locale()),
        max_entries=most,
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
        short = max(spec.least_rows, 1) - len(rows)
        return [*rows[:MOST_ROWS], *({} for _row in range(short))]
    found = {str(row.get(one.key)): row for one in fixed for row in rows if row.get(one.key) == one.ref}
    defaults = {inner.key: inner.default for inner in spec.fields if inner.default is not None}
    return [{**defaults, **found.get(one.ref, {}), one.key: one.ref} for one in fixed]


def _head_rows(spec: FieldSpec, control: FieldList[Any], sources: Sources) -> None:
    heads = {one.ref: one for one in sources.rows.get(spec.rows, ())}
    for place, entry in enumerate(control.entries):
        refs = [entry.form[key].data for key in ("person", "ref") if key in entry.form]
        head = next((heads[ref] for ref in refs if ref in heads), None)
        entry.form.title = head.title if head else _row_title(spec, place + 1)
        entry.form.note = head.note if head else ""


def _row_title(spec: FieldSpec, number: int) -> str:
    if spec.row_title is None:
        return str(_("Row %(number)s", number=number))
    title = spec.row_title.text(locale())
    return title.replace("{n}", str(number)) if "{n}" in title else f"{title} {number}"


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
    values = {one.key: _answer(one, row[one.key]) for one in spec.fields if one.kind in INPUTS and one.key in row}
    hidden = {key: row[key].data for key in ("person", "ref") if key in row and isinstance(row[key], HiddenField)}
    if not hidden and all(empty(value) for value in values.values()):
        return {}
    return {**values, **hidden}


__all__ = ["FixedRow", "Sources", "TaskForm", "form_class", "make"]
