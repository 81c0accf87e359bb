"""A task's form on its page: drawn from its spec, filled from what was sent, with the files that came along."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast

from flask import request
from werkzeug.datastructures import MultiDict

from domain.errors import InvalidAnswers, OperationFailed
from domain.files import StoredFile
from domain.logs import Event
from domain.text import gettext as _
from domain.work import Work
from tasks import desk, file_checks, form_facts, options, pages
from tasks.pages import TaskPage
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.forms import FixedRow, Sources, TaskForm, make
from webapp.i18n import english
from workflows.forms import INPUTS, MOST_ROWS, FieldSpec, Files, FormSpec

log = logging.getLogger("web.papers")
TOUCHED = ":touched"  # no key of a field begins so


def filled(ref: str, answers: Mapping[str, Any]) -> TaskForm:
    """The form as sent, with the files that came along already in it."""
    with reading() as work:
        return with_files(work, pages.task_page(work, ref, english=english()), answers)


def with_files(work: Work, shown: TaskPage, answers: Mapping[str, Any]) -> TaskForm:
    """The form as sent, holding the files that `answers` name."""
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
    form_keys = {one.key: one for one in form.inputs}
    for group in (form.fields, *(one.fields for one in form.inputs if one.fields)):
        by_key = {**form_keys, **{one.key: one for one in group}}
        for one in group:
            if one.show is not None and one.show[0] in by_key:
                found[one.key or one.mark] = _condition(by_key[one.show[0]], one.show[1])
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


def filled_with(work: Work, shown: TaskPage, answers: Mapping[str, Any]) -> TaskForm:
    """The form holding these answers, as a draft of them would."""
    return make(shown.form, _sources(work, shown), answers)


def sent(work: Work, shown: TaskPage) -> TaskForm:
    return make(shown.form, _sources(work, shown), shown.values, request.form)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page needs to show and hide fields: places hidden at first, whether the server has to be asked at all."""

    hidden: frozenset[str]
    judged: bool


def seen(shown: TaskPage, form: TaskForm) -> Seen:
    """What is hidden while the form stands as it is drawn; what waits for a button stays in sight."""
    return Seen(form.state(_buttons(shown.form)).hidden, shown.form.judges)


def judged(form: FormSpec, sent: MultiDict[str, str], now: datetime, files: Files) -> dict[str, Any]:
    """What does not apply to what was sent, and what the checks say of the fields that were touched."""
    entered = {one.key: _typed(one, one.key, sent) for one in form.inputs}
    state = form.judge(entered, now=now, files=files, undecided=_buttons(form))
    touched = set(sent.getlist(TOUCHED))
    locale = "en" if english() else "zh"
    faults = {place: said.text(locale) for place, said in state.faults().items() if place in touched}
    return {"hidden": sorted(state.hidden), "faults": faults}


def _buttons(form: FormSpec) -> tuple[str, ...]:
    """The question whose options are buttons: nobody can have answered it before the form is sent."""
    field = form.action_field()
    return () if field is None else (field.key,)


def _typed(spec: FieldSpec, name: str, sent: MultiDict[str, str]) -> Any:
    """One answer as the browser sends it, without the lists that the program offers: nothing is kept of it."""
    if spec.kind == "dynamiclist":
        front = f"{name}-"
        places = {one[len(front) :].partition("-")[0] for one in sent if one.startswith(front)}
        count = max((int(one) + 1 for one in places if one.isdecimal() and len(one) < 4), default=0)
        return [_typed_row(spec, f"{front}{at}-", sent) for at in range(min(count, MOST_ROWS))]
    if spec.kind == "checkbox":
        return name in sent
    if spec.kind in ("checklist", "filepicker"):
        return [one for one in sent.getlist(name) if one]
    return sent.get(name, "")


def _typed_row(spec: FieldSpec, front: str, sent: MultiDict[str, str]) -> dict[str, Any]:
    own = {key: sent[f"{front}{key}"] for key in ("person", "ref") if f"{front}{key}" in sent}
    return own | {one.key: _typed(one, f"{front}{one.key}", sent) for one in spec.fields if one.kind in INPUTS}


def _sources(work: Work, shown: TaskPage) -> Sources:
    offered = options.for_task(work, shown, english=english())
    rows = {
        name: [FixedRow(one.key, one.ref, one.title, one.note) for one in given] for name, given in offered.rows.items()
    }
    facts = {one.ref: {"name": one.name, "size": one.size} for one in shown.files}
    return Sources(offered.options, rows, frozenset(offered.preset), form_facts.instant(work), facts)


def hand_in(
    ref: str,
    answers: dict[str, Any],
    attach: Callable[..., StoredFile] = desk.attach,
    keep: Callable[..., object] | None = desk.keep_draft,
) -> int:
    """Store the files of the request, attach them, and name them in `answers` and the draft. Returns how many.

    The bytes are written outside any transaction (walls 9). keep: None where nobody's draft is touched.
    Raises InvalidAnswers for a wrong type.
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
            stored = attach(work, ref, blob, name=sent.filename, media=media, field=field)
            _name_file(answers, field, stored.ref)
            if keep is not None:
                keep(work, ref, answers)
        look_through(stored.ref)
        count += 1
    return count


def look_through(file: str) -> None:
    """Look through a file that was just stored. While the scanner does not answer it waits for the agenda."""
    with reading() as work:
        wanted = file_checks.gather(work, file)
    try:
        found = file_checks.perform(house().home, wanted)
    except OperationFailed as problem:
        log.warning(Event("file.waits", error=type(problem).__name__))
        return
    with acting() as work:
        file_checks.record(work, file, found)


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
