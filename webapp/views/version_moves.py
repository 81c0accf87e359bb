"""What a version means for running cases, and moving them to it: told before anything is done, then as a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.text import gettext as _
from domain.work import Work
from tasks.batches import batches
from tasks.batches.batch_filter import CaseFilter
from tasks.desk import form_switching
from tasks.repair import form_moves, impact, version_moves
from tasks.repair.impact import Impact
from tasks.repair.version_moves import Wanted
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.foreseen import foresee, told
from webapp.i18n import english
from webapp.opened import opened
from webapp.permits import requires
from workflows import definitions, transplant

blueprint = Blueprint("version_moves", __name__)
version_moves.register_all()
form_moves.register_all()


@dataclass(slots=True)
class Asked:
    """What the form of the page says. only: version cases come from, None for all; codes: verdicts that go along."""

    mapping: dict[str, str] = field(default_factory=dict)
    dates: bool = False
    only: int | None = None
    codes: Sequence[str] = transplant.MOVABLE
    reason: str = ""


# --- before it is in force ----------------------------------------------------------------------------------------


@blueprint.get("/drafts/<ref>/impact")
@requires("process.read")
def draft(ref: str) -> ResponseReturnValue:
    """Which running cases the newest revision of a draft would touch, and how."""
    with reading() as work:
        found = opened(work, ref)
        bundle, process, title, head = found.bundle, found.row.process, found.title, found.row.head
    foreseen, fault = foresee(process, bundle)
    with reading():
        return render_template(
            "processes/impact.html", ref=ref, process=process, title=title, revision=head, fault=fault,
            **(told(foreseen) if foreseen is not None else {"impact": None}),
        )  # fmt: skip


# --- moving to a version in force ------------------------------------------------------------------------------------


@blueprint.get("/processes/<process>/versions/<int:number>/moves")
@requires("process.read")
def page(process: str, number: int) -> ResponseReturnValue:
    """Running cases on other versions than this one, what each would meet, and where steps have to be chosen."""
    return _page(process, number, Asked(only=request.args.get("from", type=int)))


@blueprint.post("/processes/<process>/versions/<int:number>/moves")
@requires("process.migrate")
def prepare(process: str, number: int) -> ResponseReturnValue:
    """Work it out again with the steps chosen, or freeze the list as a batch that is judged and approved."""
    asked = _asked()
    if "again" in request.form:
        return _page(process, number, asked)
    try:
        ref = _drafted(process, number, asked)
    except InvalidAnswers as refusal:
        return _page(process, number, asked, dict(refusal.fields)), 422
    except HouseError as refusal:
        return _page(process, number, asked, {"page": refusal.message}), status_of(refusal)
    flash(str(_("The list is frozen. Each case is looked at once more before anything is done.")))
    return redirect(url_for("batches.batch", ref=ref))


def _asked() -> Asked:
    mapping = {
        name.removeprefix("map-"): value for name, value in request.form.items() if name.startswith("map-") and value
    }
    codes = [code for code in transplant.MOVABLE if code in request.form.getlist("code")]
    return Asked(
        mapping, "dates" in request.form, request.form.get("from", type=int), codes,
        request.form.get("reason", "").strip(),
    )  # fmt: skip


def _drafted(process: str, number: int, asked: Asked) -> str:
    """The batch's ref. Raises InvalidAnswers, Conflict, NotFound, NotPermitted."""
    if not asked.reason:
        raise InvalidAnswers({"reason": _("Say why, for the second person and for the record.")})
    wanted = Wanted(process, number, asked.mapping, asked.dates)
    with reading() as work:
        found = _foreseen(work, wanted, asked.only)
        ids = [one for code in asked.codes for one in found.by_code.get(code, ())]
        refs = impact.refs_of(work, ids)
    if not refs:
        raise Conflict(_("No case is left to move. Choose what goes along, or steps for those that need one."))
    with acting() as work:
        permissions.must(work.actor, "process.migrate")
        chosen = CaseFilter(process=process, version=asked.only, state="", cases=tuple(refs))
        return batches.draft(work, version_moves.KIND, wanted.params(), chosen, asked.reason)


def _foreseen(work: Work, wanted: Wanted, only: int | None) -> Impact:
    new = version_moves.target(work, wanted)
    return impact.preview(work, new, wanted.mapping, english=english(), only=only)


def _page(process: str, number: int, asked: Asked, faults: Mapping[str, object] | None = None) -> str:
    with reading() as work:
        row = definitions.version(work, process, number)
        running = definitions.running(work)
        versions = [one for one in definitions.versions(work) if one.process == process and one.id != row.id]
        found = _foreseen(work, Wanted(process, number, asked.mapping, asked.dates), asked.only)
        return render_template(
            "processes/moves.html", row=row, asked=asked, faults=faults or {},
            versions=[(one.number, running[one.id]) for one in versions if running.get(one.id)],
            second_from=batches.SECOND_FROM, reason_limit=batches.LONGEST_REASON, **told(found),
        )  # fmt: skip


# --- the newer forms -------------------------------------------------------------------------------------------------


@blueprint.get("/processes/<process>/forms")
@requires("process.read")
def forms(process: str) -> ResponseReturnValue:
    """Open tasks that have an older version of their form, step by step, and what the newer one changes."""
    return _forms(process)


@blueprint.post("/processes/<process>/forms")
@requires("process.migrate")
def switch_forms(process: str) -> ResponseReturnValue:
    """Freeze the cases of the chosen steps as a batch that gives their open tasks the newer form."""
    steps, reason = request.form.getlist("step"), request.form.get("reason", "").strip()
    if not reason or not steps:
        fault = {"reason": _("Say why, for the second person and for the record.")} if not reason else {}
        return _forms(process, fault or {"page": _("Choose at least one step.")}, steps, reason), 422
    with reading() as work:
        rows = [one for one in form_moves.behind(work, process) if one.step_id in steps]
        refs = form_moves.cases_behind(work, process, rows)
    if not refs:
        return _forms(process, {"page": _("All open tasks have the newest form by now.")}, steps, reason), 409
    with acting() as work:
        permissions.must(work.actor, "process.migrate")
        chosen = CaseFilter(process=process, state="", cases=tuple(refs))
        ref = batches.draft(work, form_moves.KIND, {"steps": steps}, chosen, reason)
    flash(str(_("The list is frozen. Each case is looked at once more before anything is done.")))
    return redirect(url_for("batches.batch", ref=ref))


def _forms(
    process: str, faults: Mapping[str, object] | None = None, steps: Sequence[str] | None = None, reason: str = ""
) -> str:
    with reading() as work:
        row = definitions.newest(work, process)
        if row is None:
            raise NotFound(_("There is no such process."))
        rows = [
            (one, form_switching.changes_of(work, one.key, one.digest, one.newest, english=english()))
            for one in form_moves.behind(work, process)
        ]
        return render_template(
            "processes/forms.html", row=row, rows=rows, faults=faults or {}, steps=steps, reason=reason,
            second_from=batches.SECOND_FROM, reason_limit=batches.LONGEST_REASON,
        )  # fmt: skip
