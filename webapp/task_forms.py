"""A task's form on its page: drawn from its spec, filled from what was sent, with the files that came along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, cast

from flask import request

from domain.errors import InvalidAnswers
from domain.text import gettext as _
from domain.work import Work
from tasks import desk, options, pages
from tasks.pages import TaskPage
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.forms import FixedRow, Sources, TaskForm, make
from webapp.i18n import english
from workflows.forms import FieldSpec, FormSpec


def filled(ref: str, answers: Mapping[str, Any]) -> TaskForm:
    """The form as sent, with the files that came along already in it."""
    with reading() as work:
        shown = pages.task_page(work, ref, english=english())
        form = make(shown.form, _sources(work, shown), answers, request.form)
        for spec in shown.form.inputs:
            _put_files(form, spec.key, answers.get(spec.key))
        return form


def _put_files(form: TaskForm, key: str, value: Any) -> None:
    control = form[key]
    if control.type == "FilesField":
        control.data = list(value or [])
    elif control.type == "FieldList" and isinstance(value, list):
        for entry, row in zip(control.entries, value, strict=False):
            for inner in entry.form:
                if inner.type == "FilesField":
                    inner.data = list(row.get(inner.short_name) or [])


def sections(form: FormSpec) -> list[tuple[str, list[FieldSpec]]]:
    """The form cut at its groups; the field whose options are the buttons is left out."""
    found: list[tuple[str, list[FieldSpec]]] = [("", [])]
    for spec in form.fields:
        if spec.kind == "group":
            found.append((spec.text("en" if english() else "zh"), []))
        elif not spec.actions:
            found[-1][1].append(spec)
    return [(title, fields) for title, fields in found if fields]


def conditions(form: FormSpec) -> dict[str, object]:
    """For each field that waits for another: when it is needed, in words."""
    found: dict[str, object] = {}
    for group in (form.inputs, *(one.fields for one in form.inputs if one.fields)):
        by_key = {one.key: one for one in group}
        for one in group:
            if one.show is not None and one.show[0] in by_key:
                found[one.key] = _condition(by_key[one.show[0]], one.show[1])
    return found


def _condition(other: FieldSpec, values: Sequence[str]) -> object:
    locale = "en" if english() else "zh"
    names = {o.value: o.label_en if english() else o.label for o in other.options}
    said = (
        "、".join(names.get(value, value) for value in values)
        if locale == "zh"
        else ", ".join(names.get(value, value) for value in values)
    )
    return _("When “%(field)s” is “%(values)s”.", field=other.text(locale), values=said)


def buttons(form: FormSpec) -> list[dict[str, str]]:
    """The buttons of the action bar: the options of the actions field, else one that completes."""
    field = form.action_field()
    if field is None:
        return [{"name": "", "value": "", "label": str(_("Complete and open the next"))}]
    return [{"name": field.key, "value": o.value, "label": o.label_en if english() else o.label} for o in field.options]


def blank(work: Work, shown: TaskPage) -> TaskForm:
    return make(shown.form, _sources(work, shown), shown.values)


def sent(work: Work, shown: TaskPage) -> TaskForm:
    return make(shown.form, _sources(work, shown), shown.values, request.form)


def _sources(work: Work, shown: TaskPage) -> Sources:
    offered = options.for_task(work, shown, english=english())
    rows = {
        name: [FixedRow(one.key, one.ref, one.title, one.note) for one in given] for name, given in offered.rows.items()
    }
    return Sources(offered.options, rows, frozenset(offered.preset))


def hand_in(ref: str, answers: dict[str, Any]) -> int:
    """Store the files of the request, attach them, and name them in `answers` and the draft. Returns how many.

    The bytes are written outside any transaction (walls 9). Raises InvalidAnswers for a wrong type.
    """
    count = 0
    for name, sent in request.files.items(multi=True):
        field = name.removeprefix("upload:")
        if not sent.filename:
            continue
        head = sent.stream.read(16)
        sent.stream.seek(0)
        try:
            media = desk.media_type(head)
        except InvalidAnswers as refusal:
            raise InvalidAnswers({field: next(iter(refusal.fields.values()))}) from refusal
        blob = house().home.blobs.put(cast(BinaryIO, sent.stream), limit=house().settings.upload_limit)
        with acting() as work:
            stored = desk.attach(work, ref, blob, name=sent.filename, media=media, field=field)
            _name_file(answers, field, stored.ref)
            desk.keep_draft(work, ref, answers)
        count += 1
    return count


def _name_file(answers: dict[str, Any], path: str, file: str) -> None:
    key, _dash, rest = path.partition("-")
    if not rest:
        answers[key] = [*(answers.get(key) or []), file]
        return
    place, _dash, inner = rest.partition("-")
    rows = answers.get(key)
    if isinstance(rows, list) and place.isdigit() and int(place) < len(rows):
        rows[int(place)][inner] = [*(rows[int(place)].get(inner) or []), file]


def without(answers: Any, file: str) -> Any:
    if isinstance(answers, dict):
        return {name: without(value, file) for name, value in answers.items()}
    if isinstance(answers, list):
        return [without(one, file) for one in answers if one != file]
    return answers
