"""Processes: the list, one process with its versions, a version to look at, to take along or to come back to."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, DefinitionRefused, NotFound
from domain.parties import permissions
from domain.text import gettext as _
from domain.work import Work
from webapp import checking, process_rows, words
from webapp.acting import acting, reading
from webapp.auth import member
from webapp.errors import status_of
from webapp.i18n import english
from webapp.people import names
from webapp.permits import requires
from webapp.raw import raw_file, zipped
from workflows import definitions, drafts
from workflows.definition_rows import NOTE, DefinitionRow

blueprint = Blueprint("processes", __name__)


@blueprint.get("/processes")
@requires("process.read")
def listing() -> ResponseReturnValue:
    """Every process: version in force, cases on it and on older ones, draft, what waits for a second owner."""
    with reading() as work:
        rows = process_rows.lines(work)
        waiting = [one for row in rows for one in row.proposals]
        mine = permissions.may(work.actor, "process.approve", permissions.SECOND)
        return render_template(
            "processes/listing.html", rows=rows, drafts=sum(row.draft is not None for row in rows),
            waiting=len(waiting), for_me=sum(mine and not one.mine for one in waiting),
        )  # fmt: skip


@blueprint.get("/processes/<process>")
@requires("process.read")
def process(process: str) -> ResponseReturnValue:
    """One process: versions, where its cases stand, its draft."""
    with reading() as work:
        return _process_page(work, process)


@blueprint.post("/processes/<process>/draft")
@requires("process.edit")
def begin(process: str) -> ResponseReturnValue:
    """Open the draft of a process; a new one begins with the version in force."""
    with acting() as work:
        ref = drafts.begin(work, process).ref
    return redirect(url_for("studio.draft", ref=ref))


@blueprint.get("/processes/<process>/versions/<int:number>")
@requires("process.read")
def version(process: str, number: int) -> ResponseReturnValue:
    """A version to look at: its drawing and its files."""
    with reading() as work:
        row = definitions.version(work, process, number)
        bundle = definitions.bundle_of(work, row)
        return render_template(
            "processes/version.html", row=row, files=sorted(bundle.files.items()),
            steps=words.steps_in_words(bundle, english=english()),
            names=names(work, [row.proposed_by, row.approved_by]), newest=definitions.newest(work, process),
            cases=definitions.running(work).get(row.id, 0),
        )  # fmt: skip


@blueprint.get("/processes/<process>/versions/<int:number>/files/<path:path>")
@requires("process.read")
def version_file(process: str, number: int, path: str) -> ResponseReturnValue:
    """The bytes of one file of a version."""
    with reading() as work:
        bundle = definitions.bundle_of(work, definitions.version(work, process, number))
    return raw_file(bundle, path)


@blueprint.get("/processes/<process>/versions/<int:number>.zip")
@requires("process.read")
def version_zip(process: str, number: int) -> ResponseReturnValue:
    """A version as a zip, byte for byte."""
    with reading() as work:
        bundle = definitions.bundle_of(work, definitions.version(work, process, number))
    return zipped(bundle, f"{process}-{number}")


@blueprint.post("/processes/<process>/versions/<int:number>/rollback")
@requires("process.propose")
def rollback(process: str, number: int) -> ResponseReturnValue:
    """Lay an earlier version before a second owner again; what the check says today is said here."""
    note = request.form.get("note", "").strip()
    with reading() as work:
        bundle = definitions.bundle_of(work, definitions.version(work, process, number))
        if not note or len(note) > NOTE:
            return _process_page(work, process, roll=number, note=note, fault=_note_fault(note)), 422
    try:
        checked = checking.must_pass(bundle, member().actor.person())
        with acting() as work:
            ref = definitions.propose_old(work, process, number, checked, note=note).ref
    except DefinitionRefused as refusal:
        with reading() as work:
            return _process_page(work, process, roll=number, note=note, findings=refusal.findings), 422
    except (Conflict, checking.TooMany) as refusal:
        with reading() as work:
            return _process_page(work, process, roll=number, note=note, fault=refusal.message), status_of(refusal)
    flash(str(_("Version %(number)s waits for a second owner to put it in force again.", number=number)))
    return redirect(url_for("comparisons.proposal", ref=ref))


def _note_fault(note: str) -> object:
    if note:
        return _("At most %(most)s characters; this has %(count)s.", most=NOTE, count=len(note))
    return _("Say why, for the second owner and for the record.")


def _process_page(
    work: Work, process: str, *, roll: int = 0, note: str = "", fault: object = "", findings: object = ()
) -> str:
    line = process_rows.line(work, process)
    if line is None:
        raise NotFound(_("There is no such process."))
    rows = [one for one in definitions.versions(work) if one.process == process]
    return render_template(
        "processes/process.html", line=line, rows=rows, running=definitions.running(work),
        names=names(work, [key for one in rows for key in _people(one)]),
        standing=process_rows.standing(work, rows, english=english()),
        roll=roll, note=note, fault=fault, findings=findings, note_limit=NOTE,
    )  # fmt: skip


def _people(row: DefinitionRow) -> tuple[int | None, int | None]:
    return row.proposed_by, row.approved_by
