"""A task's form on its page: drawn from its spec, filled from what was sent, with the files that came along."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Protocol, cast

from flask import request

from domain import reasons
from domain.errors import InvalidAnswers, OperationFailed
from domain.files import StoredFile
from domain.logs import Event
from domain.text import gettext as _
from domain.work import Work
from tasks import form_facts
from tasks.cases import file_checks
from tasks.desk import desk, marks
from tasks.pages import form_pages, options
from tasks.pages.options import Formed as FormedTask
from tasks.pages.pages import TaskPage
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.form_seen import Seen, conditions, judged
from webapp.form_seen import seen as seen_of
from webapp.forms import FixedRow, Sources, TaskForm, make
from webapp.i18n import english
from workflows.form_revisions import Former
from workflows.forms import FieldSpec, FormSpec, file_refusal

log = logging.getLogger("web.papers")


class Formed(FormedTask, Protocol):
    """A task whose form is drawn: its page, or the form alone."""

    @property
    def values(self) -> Mapping[str, Any]: ...

    @property
    def facts(self) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def former(self) -> Former: ...


def filled(ref: str, answers: Mapping[str, Any]) -> TaskForm:
    """The form as sent, with the files that came along already in it."""
    with reading() as work:
        return with_files(work, form_pages.form_page(work, ref), answers)


def with_files(work: Work, shown: Formed, answers: Mapping[str, Any]) -> TaskForm:
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


def buttons(form: FormSpec) -> list[dict[str, str]]:
    """The buttons of the action bar: the options of the actions field, else one that completes."""
    field = form.action_field()
    if field is None:
        return [{"name": "", "value": "", "label": str(_("Complete and open the next"))}]
    return [{"name": field.key, "value": o.value, "label": o.label_en if english() else o.label} for o in field.options]


def blank(work: Work, shown: Formed) -> TaskForm:
    return make(shown.form, _sources(work, shown), shown.values)


def filled_with(work: Work, shown: Formed, answers: Mapping[str, Any]) -> TaskForm:
    """The form holding these answers, as a draft of them would."""
    return make(shown.form, _sources(work, shown), answers)


def sent(work: Work, shown: Formed) -> TaskForm:
    return make(shown.form, _sources(work, shown), shown.values, request.form)


def seen(shown: TaskPage, form: TaskForm, work: Work | None = None) -> Seen:
    """How the form stands as it is drawn; with a `work` also what a checker marked in it."""
    marked = work is not None and shown.round > 1
    return seen_of(form, marks.standing(work, shown.ref) if work is not None and marked else {})


def _sources(work: Work, shown: Formed) -> Sources:
    offered = options.for_task(work, shown, english=english())
    rows = {
        name: [FixedRow(one.key, one.ref, one.title, one.note) for one in given] for name, given in offered.rows.items()
    }
    confirm = reasons.offered(work, "confirm") if any(one.warning for one in shown.form.rules) else ()
    return Sources(
        offered.options, rows, frozenset(offered.preset), form_facts.instant(work), shown.facts, confirm, _former(shown)
    )


def _former(shown: Formed) -> dict[str, dict[str, str]]:
    """What options that the form offers no more were called."""
    return {
        key: {value: option.label_en if english() else option.label for value, option in options.items()}
        for key, options in shown.former.items()
    }


def hand_in(
    ref: str,
    answers: dict[str, Any],
    attach: Callable[..., StoredFile] = desk.attach,
    keep: Callable[..., object] | None = desk.keep_draft,
    form: FormSpec | None = None,
) -> int:
    """Store the files of the request, attach them, and name them in `answers` and the draft. Returns how many.

    The bytes are written outside any transaction (walls 9). keep: None where nobody's draft is touched. form: whose
    fields say which files they take.
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
        must_take(form, field, media, blob.size)
        with acting() as work:
            stored = attach(work, ref, blob, name=sent.filename, media=media, field=field)
            name_file(answers, field, stored.ref)
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


def must_take(form: FormSpec | None, path: str, media: str, size: int) -> None:
    """The field takes a file of this type and size. Raises InvalidAnswers."""
    parts = path.split("-")
    specs = form.inputs if form is not None else ()
    spec = next((one for one in specs if one.key == parts[0]), None)
    if spec is not None and len(parts) == 3:
        spec = next((one for one in spec.fields if one.key == parts[2]), None)
    fault = file_refusal(spec, media, size) if spec is not None else None
    if fault is not None:
        raise InvalidAnswers({path: fault})


def name_file(answers: dict[str, Any], path: str, file: str) -> None:
    """Put a file into the answers at its field."""
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


__all__ = [
    "Seen",
    "blank",
    "buttons",
    "conditions",
    "filled",
    "filled_with",
    "hand_in",
    "judged",
    "name_file",
    "sections",
    "seen",
    "sent",
    "with_files",
    "without",
]
