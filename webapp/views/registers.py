"""The registers of an office: what is open and overdue, the entries of each, an entry with its proofs, as a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from io import BytesIO
from typing import Any, BinaryIO, cast

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from documents.sheets import write_xlsx
from domain import files
from domain.errors import Conflict, HouseError, InvalidAnswers, NotPermitted
from domain.files import StoredFile
from domain.oversight import register_kinds, register_views, registers
from domain.oversight.register_kinds import NO_DUE, PERSON, REGISTERS, Register
from domain.oversight.register_rows import DONE, DROPPED, NOTE, OPEN, REOPENED, RegisterEntry
from domain.oversight.register_views import LATE, EntryView
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from webapp import showing
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.errors import status_of
from webapp.permits import requires
from webapp.to_keep import to_keep

blueprint = Blueprint("registers", __name__, url_prefix="/registers")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABS: Mapping[str, Text] = {
    OPEN: _("Not finished"), LATE: _("Overdue"), DONE: _("Finished"), DROPPED: _("Taken back"), "": _("All"),
}  # fmt: skip
KINDS: Mapping[str, Text] = {
    NOTE: _("wrote"), DONE: _("finished it"), DROPPED: _("took it back"), REOPENED: _("opened it again"),
}  # fmt: skip
TYPES = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
MOST, AT_ONCE = 50, 1000


@blueprint.get("")
@requires("register.read")
def index() -> ResponseReturnValue:
    """Every register, with how much of it is open and overdue."""
    with reading() as work:
        tallies = register_views.tallies(work)
        return render_template(
            "registers/index.html", registers=REGISTERS.values(), tallies=tallies, counts=showing.nav_counts(work)
        )  # fmt: skip


@blueprint.get("/<code>")
@requires("register.read")
def listing(code: str) -> ResponseReturnValue:
    """The entries of one register, the earliest due day first."""
    register = register_kinds.by_code(code)
    show, after, office = _show(), request.args.get("after", "")[:26], request.args.get("office", "")[:26]
    with reading() as work:
        rows = register_views.listed(work, register, show, office=office, after=after, most=MOST + 1)
        return render_template(
            "registers/listing.html", register=register, rows=rows[:MOST], more=len(rows) > MOST, after=after,
            show=show, office=office, tabs=TABS, offices=register_views.offices_seen(work, register),
            state_of=state_of, shown=_shown, may_open=_may_open(work, register),
            counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/<code>/entries.xlsx")
@requires("register.read")
def sheet(code: str) -> ResponseReturnValue:
    """The entries as a sheet in which no cell can become a formula."""
    register = register_kinds.by_code(code)
    show, office = _show(), request.args.get("office", "")[:26]
    with reading() as work:
        rows = list(_all(work, register, show, office))
    head = [
        str(one)
        for one in (
            _("Office"), *(column.title for column in register.columns), _("Due"), _("State"), _("Opened by"),
            _("Opened on"), _("Ended on"),
        )
    ]  # fmt: skip
    lines = [
        [
            one.office, *(_shown(register, one, column.code) for column in register.columns), one.due_on,
            str(state_of(one)[1]), one.by_office, one.opened_at.date(), one.ended_at.date() if one.ended_at else None,
        ]
        for one in rows
    ]  # fmt: skip
    answer = send_file(BytesIO(write_xlsx(str(register.title), head, lines)), mimetype=XLSX, max_age=0)
    answer.headers["Content-Disposition"] = f"attachment; filename=register-{code.lower()}.xlsx"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/<code>/new")
@requires("register.open")
def new(code: str) -> ResponseReturnValue:
    """The form for an entry."""
    register = register_kinds.by_code(code)
    with reading() as work:
        return _form(work, register)


@blueprint.post("/<code>")
@requires("register.open")
def enter(code: str) -> ResponseReturnValue:
    """Open an entry for each chosen office; a refused form keeps what was written, and nothing was opened."""
    register = register_kinds.by_code(code)
    try:
        with acting() as work:
            made = _enter(work, register)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _form(work, register, faults=_sentences(refusal)), 422
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _form(work, register, refusal=refusal), status_of(refusal)
    flash(str(_("The entry stands in the register.")))
    if len(made) == 1:
        return redirect(url_for("registers.entry", ref=made[0]))
    return redirect(url_for("registers.listing", code=code))


@blueprint.get("/entries/<ref>")
@requires("register.read")
def entry(ref: str) -> ResponseReturnValue:
    """One entry: its facts, what was written to it, and what may be done."""
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/entries/<ref>")
@requires("register.read", uploads=True)
def write(ref: str) -> ResponseReturnValue:
    """Write to an entry, finish it, take it back or open it again."""
    try:
        with reading() as work:
            register_views.of_ref(work, ref)  # before the bytes are kept
        blob = _paper()
        with acting() as work:
            found, _view = register_views.of_ref(work, ref)
            paper = None
            if blob is not None:
                stored, name, media = blob
                paper = files.keep(work, stored, name=name, media_type=media, purpose="register")
            _act(work, found, request.form.get("act", ""), paper)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, faults=_sentences(refusal)), 422
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal), status_of(refusal)
    flash(str(_("It is written down.")))
    return redirect(url_for("registers.entry", ref=ref))


@blueprint.get("/papers/<ref>")
@requires("register.read")
def paper(ref: str) -> ResponseReturnValue:
    """A paper of an entry, to be kept."""
    with reading() as work:
        return to_keep(work, register_views.paper(work, ref))


def state_of(one: EntryView) -> tuple[str, Text]:
    """Colour and word of an entry's state."""
    if one.late:
        return "overdue", _("overdue")
    marks = {
        OPEN: ("soon", _("not finished")),
        DONE: ("ok", REGISTERS[one.register].done),
        DROPPED: ("line", _("taken back")),
    }
    return marks[one.state]


def _enter(work: Work, register: Register) -> list[str]:
    chosen = request.form.getlist("office")
    offices = [one for one in register_views.offices(work, register) if one.ref in chosen]
    if not offices or len(offices) != len(set(chosen)):
        raise InvalidAnswers({"office": _("Choose the office it is about.")})
    said = {one.code: request.form.get(one.code, "") for one in register.columns}
    due = _day("due_on")
    return [registers.open_entry(work, register, office, said, due).ref for office in offices]


def _act(work: Work, found: RegisterEntry, act: str, paper: StoredFile | None) -> None:
    text = request.form.get("text", "")
    acts: dict[str, Callable[[], object]] = {
        "note": lambda: registers.add(work, found, text, paper),
        "finish": lambda: registers.finish(work, found, text, paper),
        "drop": lambda: registers.drop(work, found, text),
        "reopen": lambda: registers.reopen(work, found, text, _day("due_on")),
    }
    if act not in acts:
        raise Conflict(_("Choose what to do."))
    acts[act]()


def _day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidAnswers({name: _("Enter a day, such as 2026-06-01.")}) from None


def _paper() -> tuple[Any, str, str] | None:
    """The file sent with the form, kept; None when none was. Raises InvalidAnswers for another kind of file."""
    sent = request.files.get("paper")
    if sent is None or not sent.filename:
        return None
    media = next((kind for ending, kind in TYPES.items() if sent.filename.lower().endswith(ending)), "")
    if not media:
        raise InvalidAnswers({"paper": _("Add a PDF, PNG or JPEG file.")})
    blob = house().home.blobs.put(cast(BinaryIO, sent.stream), limit=house().settings.upload_limit)
    return blob, sent.filename[:200], media


def _show() -> str:
    show = request.args.get("show", OPEN)
    return show if show in TABS else OPEN


def _all(work: Work, register: Register, show: str, office: str) -> Iterator[EntryView]:
    after = ""
    while rows := register_views.listed(work, register, show, office=office, after=after, most=AT_ONCE):
        yield from rows
        after = rows[-1].ref


def _shown(register: Register, one: EntryView, code: str) -> str:
    """A fact as it is read: the word of a choice, the name of a person."""
    column = next(column for column in register.columns if column.code == code)
    text = one.said.get(code, "")
    if column.kind == PERSON:
        return one.person
    return str(column.choices[text]) if text in column.choices else text


def _may_open(work: Work, register: Register) -> bool:
    return permissions.may(work.actor, "register.open") and bool(register_views.offices(work, register))


def _sentences(refusal: InvalidAnswers) -> dict[str, str]:
    return {name: str(said) for name, said in refusal.fields.items()}


def _form(
    work: Work, register: Register, *, faults: Mapping[str, str] | None = None, refusal: HouseError | None = None
) -> str:
    people = register_views.people(work) if any(one.kind == PERSON for one in register.columns) else []
    return render_template(
        "registers/new.html", register=register, offices=register_views.offices(work, register), people=people,
        faults=faults or {}, refusal=refusal, sent=request.form, chosen=request.form.getlist("office"), no_due=NO_DUE,
        most=registers.LONGEST, counts=showing.nav_counts(work),
    )  # fmt: skip


def _page(work: Work, ref: str, *, faults: Mapping[str, str] | None = None, refusal: HouseError | None = None) -> str:
    row, one = register_views.of_ref(work, ref)
    register = REGISTERS[one.register]
    return render_template(
        "registers/entry.html", register=register, one=one, lines=register_views.lines(work, row), kinds=KINDS,
        state=state_of(one), shown=_shown, may_write=registers.may_write(work, row),
        may_end=registers.may_end(work, row), is_opener=registers.is_opener(work, row), faults=faults or {},
        refusal=refusal, sent=request.form,
        types=",".join(TYPES), limit=house().settings.upload_limit, most=registers.LONGEST, no_due=NO_DUE,
        today=work.today, counts=showing.nav_counts(work),
    )  # fmt: skip
