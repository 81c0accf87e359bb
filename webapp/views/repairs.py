"""Repair of one case: where it stands, what may be done there, what would happen, and then the act."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, HouseError, InvalidAnswers, NotPermitted, Stale
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import repair_pages, repairs
from tasks.repairs import ADD, DROP, MOVE, RESET, SKIP, VALUES, Outcome, Repair
from webapp.acting import acting, reading
from webapp.day_fields import until_of_form
from webapp.errors import status_of
from webapp.i18n import english
from webapp.permits import requires

blueprint = Blueprint("repairs", __name__)

VERBS: dict[str, Text] = {
    MOVE: _("Move it to another step"),
    RESET: _("Begin a step again"),
    SKIP: _("Skip it, as if it had been done"),
    ADD: _("Add one more of them"),
    DROP: _("Drop this one"),
    VALUES: _("Put a value right"),
}
KINDS: dict[str, Text] = {
    "person": _("people's step"),
    "job": _("service"),
    "event": _("waits for an event"),
    "join": _("waits for other ways"),
    "many": _("for several"),
    "loop": _("repeated"),
    "subprocess": _("part of the process"),
    "step": _("step"),
}
STATES: dict[str, Text] = {
    "waiting": _("waiting"), "open": _("open"), "working": _("at work"), "failed": _("failed"),
}  # fmt: skip
REFUSED = (Conflict, NotPermitted, Stale)


@blueprint.get("/cases/<ref>/repair")
@requires("case.repair")
def page(ref: str) -> ResponseReturnValue:
    """The page of repair of a case."""
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/cases/<ref>/repair")
@requires("case.repair")
def act(ref: str) -> ResponseReturnValue:
    """A dry run, or the act after it; the button says which."""
    reason, version = request.form.get("reason", ""), request.form.get("version", type=int)
    try:
        wanted = _wanted()
        if request.form.get("act") != "do":
            with acting() as work:
                outcome = repairs.dry_run(work, ref, wanted, version=version)
            with reading() as work:
                return _page(work, ref, outcome=outcome)
        with acting() as work:
            repairs.repair(work, ref, wanted, reason, version=version)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, faults={k: str(v) for k, v in refusal.fields.items()}), 422
    except REFUSED as refusal:
        return _refused(ref, refusal)
    flash(str(_("The case was repaired. What it did is in its journal.")))
    return redirect(url_for("repairs.page", ref=ref))


@blueprint.post("/cases/<ref>/hold")
@requires("case.suspend")
def hold(ref: str) -> ResponseReturnValue:
    """Put a case on hold."""
    return _held(ref, lambda work: repairs.suspend(work, ref, request.form.get("reason", ""), until_of_form()),
                 _("The case is on hold. What comes due for it waits."))  # fmt: skip


@blueprint.post("/cases/<ref>/go-on")
@requires("case.suspend")
def go_on(ref: str) -> ResponseReturnValue:
    """Let a case go on."""
    return _held(ref, lambda work: repairs.resume(work, ref, request.form.get("reason", "")),
                 _("The case goes on. What came due meanwhile is delivered now."))  # fmt: skip


@blueprint.post("/cases/<ref>/take-back")
@requires("case.repair")
def take_back(ref: str) -> ResponseReturnValue:
    """Take a moved token back."""
    return _held(ref, lambda work: repairs.undo_move(work, ref, request.form.get("reason", "")),
                 _("The move was taken back."))  # fmt: skip


def _held(ref: str, verb: Callable[[Work], object], done: Text) -> ResponseReturnValue:
    try:
        with acting() as work:
            verb(work)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, faults={f"hold_{k}": str(v) for k, v in refusal.fields.items()}), 422
    except REFUSED as refusal:
        return _refused(ref, refusal)
    flash(str(done))
    return redirect(url_for("repairs.page", ref=ref))


def _refused(ref: str, refusal: HouseError) -> ResponseReturnValue:
    with reading() as work:
        return _page(work, ref, faults={"page": refusal.message}), status_of(refusal)


def _wanted() -> Repair:
    """What the form asks for. Raises InvalidAnswers."""
    form = request.form
    verb, token = form.get("verb", ""), form.get("token", "")
    step = form.get("again" if verb == RESET else "to", "") if verb in (MOVE, RESET) else ""
    if verb in (MOVE, SKIP, DROP, ADD) and not token:
        raise InvalidAnswers({"token": _("Choose what stands there.")})
    if verb in (MOVE, RESET) and not step:
        raise InvalidAnswers({"to" if verb == MOVE else "again": _("Choose a step.")})
    if verb == ADD:
        return Repair(ADD, step=form.get(f"step-{token}", ""), item=_json("item"))
    if verb == VALUES:
        name = form.get("name", "").strip()
        gone = form.get("gone") == "yes"
        return Repair(VALUES, values={} if gone else {name: _json("value")}, remove=(name,) if gone else ())
    if verb not in VERBS:
        raise InvalidAnswers({"verb": _("Choose what to do.")})
    return Repair(verb, token, step, end_others=form.get("alone") == "yes")


def _json(field: str) -> object:
    """A value as it was typed: JSON, or plain text."""
    text = request.form.get(field, "").strip()[:4_000]
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _page(work: Work, ref: str, *, outcome: Outcome | None = None, faults: dict[str, str] | None = None) -> str:
    shown = repair_pages.page(work, ref, english=english())
    verbs = {k: v for k, v in VERBS.items() if k != VALUES or shown.may_put_values}
    return render_template(
        "cases/repair.html", page=shown, outcome=outcome, faults=faults or {}, verbs=verbs, place_kinds=KINDS,
        place_states=STATES, sent=request.form, now=work.now,
    )  # fmt: skip
