"""Incidents, one by one and by filter, and the timers that wait: what whoever runs the house sees and sets right.

An operator works on the step that failed, sees values that steer the process and nothing of the case. What changes a
case is shown first and done by a second press.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from domain.clock import OFFICE_ZONE, machine_now
from domain.errors import Conflict, HouseError, InvalidAnswers, Stale
from domain.parties.organisations import Organisation
from domain.parties.permissions import may
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import incidents
from tasks.batches import batches
from tasks.pages import incident_lists
from tasks.pages.incident_lists import Filter
from tasks.repair import incident_repairs
from tasks.terms import timers
from webapp import failure_words
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.i18n import english
from webapp.permits import requires
from workflows import catching_up

blueprint = Blueprint("incidents", __name__, url_prefix="/operations")

VALUES, SKIP, MAP = "values", "skip", "map"
DONE: dict[str, Text] = {
    VALUES: _("The values are set and the step is tried again."),
    SKIP: _("The step is skipped and the case went on."),
    MAP: _("The drawing caught the error and the case went on."),
}


@blueprint.get("/incidents")
@requires("operations.read")
def listing() -> ResponseReturnValue:
    """Open incidents, filtered, page after page."""
    with reading() as work:
        found = incident_lists.listed(work, _filter(), request.args.get("after", 0, type=int))
        return render_template(
            "operations/incidents.html", found=found, chosen=_filter(), retries=may(work.actor, "operations.retry"),
            real=machine_now(), **_words(work, found),
        )  # fmt: skip


def _words(work: Work, found: incident_lists.Listing) -> dict[str, object]:
    """What the codes of a listing and of its filters are called."""
    names = failure_words.names(work)
    processes = found.choices["process"]
    return {
        "names": names,
        "cause": failure_words.cause,
        "steps": {
            one: next(filter(None, (names.step(key, one) for key in processes)), "") for one in found.choices["step"]
        },
        "offices": dict(
            work.session.execute(
                select(Organisation.code, Organisation.name_en if english() else Organisation.name).where(
                    Organisation.code.in_({*found.choices["office"], *(one.office for one in found.rows)})
                )
            ).all()
        ),
    }


@blueprint.post("/incidents/retry")
@requires("operations.retry")
def retry() -> ResponseReturnValue:
    """Try everything of a filter again; shown first, done by a second press."""
    chosen, reason = _filter(request.form), request.form.get("reason", "")
    if request.form.get("sure") != "yes":
        return _sure(chosen)
    try:
        with acting() as work:
            done = incident_lists.retry_all(work, chosen, reason)
    except InvalidAnswers as refusal:
        return _sure(chosen, {name: str(said) for name, said in refusal.fields.items()}), 422
    except Conflict as refusal:
        return _sure(chosen, {"page": refusal.message}), status_of(refusal)
    if done.batch:
        flash(str(_("The list is frozen. It is begun on this page once each case was looked at.")))
        return redirect(url_for("batches.batch", ref=done.batch))
    flash(str(_("Incidents tried again now: %(count)s.", count=done.count)))
    asked: dict[str, Any] = {**chosen.as_args()}
    return redirect(url_for("incidents.listing", **asked))


def _sure(chosen: Filter, faults: Mapping[str, str] | None = None) -> str:
    with reading() as work:
        found = incident_lists.listed(work, chosen)
        return render_template(
            "operations/incidents_retry.html", found=found, chosen=chosen, faults=faults or {},
            at_once=incident_lists.AT_ONCE, reason_limit=batches.LONGEST_REASON, reason=request.form.get("reason", ""),
            **_words(work, found),
        )  # fmt: skip


@blueprint.get("/incidents/<ref>")
@requires("operations.read")
def incident(ref: str) -> ResponseReturnValue:
    """One incident with what can be done about it."""
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/incidents/<ref>")
@requires("operations.repair")
def repair(ref: str) -> ResponseReturnValue:
    """Values, skip or error mapping: shown first with before and after, done by a second press."""
    given = request.form
    try:
        if "back" in given:
            with reading() as work:
                return _page(work, ref, given=given)
        pending = _read(given)
        if given.get("sure") != "yes":
            with reading() as work:
                return _page(work, ref, pending=pending, given=given)
        with acting() as work:
            _act(work, ref, pending)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, faults=refusal.fields, given=given), 422
    except (Conflict, Stale) as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal, given=given), status_of(refusal)
    flash(str(DONE[pending["act"]]))
    return redirect(url_for("incidents.listing"))


@blueprint.get("/timers")
@requires("operations.read")
def waking() -> ResponseReturnValue:
    """What wakes next."""
    with reading() as work:
        found = timers.listed(work, request.args.get("after", ""), process=request.args.get("process", "")[:64])
        return render_template(
            "operations/timers.html", found=found, now=work.now, catch_up=catching_up.TITLES,
            may_move=may(work.actor, "operations.repair"), names=failure_words.names(work),
        )  # fmt: skip


@blueprint.get("/timers/<case_ref>/<token>")
@requires("operations.repair")
def timer(case_ref: str, token: str) -> ResponseReturnValue:
    """One timer, to be moved."""
    with reading() as work:
        return _timer_page(work, case_ref, token)


@blueprint.post("/timers/<case_ref>/<token>")
@requires("operations.repair")
def move_timer(case_ref: str, token: str) -> ResponseReturnValue:
    """Move a timer with a reason."""
    given = request.form
    try:
        at = _instant(given.get("at", ""))
        with acting() as work:
            timers.move(work, case_ref, token, at, given.get("reason", ""))
    except InvalidAnswers as refusal:
        with reading() as work:
            return _timer_page(work, case_ref, token, faults=refusal.fields, given=given), 422
    except (Conflict, Stale) as refusal:
        with reading() as work:
            return _timer_page(work, case_ref, token, refusal=refusal, given=given), status_of(refusal)
    flash(str(_("The timer is moved.")))
    return redirect(url_for("incidents.waking"))


def _filter(given: Mapping[str, str] | None = None) -> Filter:
    asked = request.args if given is None else given
    return Filter(*(asked.get(name, "")[:160] for name in ("process", "step", "cause", "office")))


def _read(given: Mapping[str, str]) -> dict[str, Any]:
    """What a form asks for. Raises InvalidAnswers."""
    act, reason = given.get("act", ""), given.get("reason", "").strip()
    pending: dict[str, Any] = {"act": act, "reason": reason, "version": _number(given.get("version", ""))}
    faults: dict[str, object] = {}
    if act not in DONE:
        faults["act"] = _("Choose what is to be done.")
    if not reason:
        faults["reason"] = _("Say in a sentence why, with at most %(most)s signs.", most=incident_repairs.REASON)
    try:
        if act == VALUES:
            pending["values"] = incident_repairs.read_values(given.get("lines", ""))
        elif act == SKIP and given.get("result", "").strip():
            pending["result"] = incident_repairs.read_values(given.get("result", ""))
    except InvalidAnswers as refusal:
        faults["lines" if act == VALUES else "result"] = next(iter(refusal.fields.values()))
    if act == MAP:
        pending["code"] = given.get("code", "")[:64]
    if faults:
        raise InvalidAnswers(faults)
    return pending


def _act(work: Work, ref: str, pending: Mapping[str, Any]) -> None:
    reason, version = pending["reason"], pending["version"] or None
    if pending["act"] == VALUES:
        incident_repairs.put_values(work, ref, pending["values"], reason, version=version)
    elif pending["act"] == SKIP:
        incident_repairs.skip(work, ref, reason, result=pending.get("result"), version=version)
    else:
        incident_repairs.map_error(work, ref, pending["code"], reason, version=version)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _instant(text: str) -> datetime:
    """2027-06-01T10:00 in the office's zone, of this or a coming century. Raises InvalidAnswers."""
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=OFFICE_ZONE)
    except ValueError:
        raise InvalidAnswers({"at": _("Give a day and a time.")}) from None
    if not 2000 <= at.year < 2200:
        raise InvalidAnswers({"at": _("Give a day and a time.")})
    return at


def _page(
    work: Work,
    ref: str,
    *,
    pending: Mapping[str, Any] | None = None,
    faults: Mapping[str, object] | None = None,
    refusal: HouseError | None = None,
    given: Mapping[str, str] | None = None,
) -> str:
    choice = incident_repairs.choices(work, ref)
    before = {one.name: one for one in choice.values}
    changes = [(name, before.get(name), value) for name, value in (pending or {}).get("values", {}).items()]
    return render_template(
        "operations/incident.html", choice=choice, pending=pending, changes=changes, faults=faults or {},
        refusal=refusal, given=given or {}, names=failure_words.names(work),
        why=incidents.why_of(choice.incident) or failure_words.cause(choice.incident.cause),
        remedy=failure_words.remedy(choice.incident.cause),
        retries=may(work.actor, "operations.retry"), repairs=may(work.actor, "operations.repair"),
    )  # fmt: skip


def _timer_page(
    work: Work,
    case_ref: str,
    token: str,
    *,
    faults: Mapping[str, object] | None = None,
    refusal: HouseError | None = None,
    given: Mapping[str, str] | None = None,
) -> str:
    row = timers.one(work, case_ref, token)
    at = row.due_at.astimezone(OFFICE_ZONE).strftime("%Y-%m-%dT%H:%M")
    return render_template(
        "operations/timer.html", row=row, at=(given or {}).get("at", at), faults=faults or {}, refusal=refusal,
        given=given or {}, catch_up=catching_up.TITLES, names=failure_words.names(work),
    )  # fmt: skip
