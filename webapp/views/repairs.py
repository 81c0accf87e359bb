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
from tasks import moves
from tasks.pages import repair_pages
from tasks.repair import repairs
from tasks.repair.repairs import ADD, DROP, MOVE, RESET, SKIP, VALUES, Outcome, Repair
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
# what each means, and what can be done about it afterwards
MEANS: dict[str, Text] = {
    MOVE: _(
        "It ends here undone and the case goes on at the step you choose. Until something happens it can be taken back."
    ),
    RESET: _("A step that was reached before opens anew; what came after it ends and is done again."),
    SKIP: _("Nobody does it and no answers are recorded. To undo it, begin the step again."),
    ADD: _("One more of the several opens; the others stay. It can be dropped again."),
    DROP: _("This one ends and counts no more; the others stay."),
    VALUES: _("The case chooses its further way by the new value. What was answered stays as it is."),
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
    "waiting": _("waiting"), "open": _("to be done"), "working": _("being carried out"), "failed": _("failed"),
}  # fmt: skip
# where a refused question stands on the page, and what it is called in the summary
_PLACES: dict[str, tuple[str, Text]] = {
    "token": ("standing-title", _("What stands in the case")),
    "verb": ("verb", _("Act")),
    "to": ("to", _("Move to the step")),
    "again": ("again", _("Begin again at the step")),
    "name": ("name", _("Name of the value")),
    "reason": ("reason", _("Reason")),
    "hold_reason": ("hold-reason", _("Reason for holding it")),
    "hold_until": ("until", _("Until (may be left empty)")),
    "back_reason": ("back-reason", _("Reason for taking it back")),
    "end_reason": ("end-reason", _("Reason for ending it")),
}
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
        if request.form.get("act") != "do" or _changed_since(wanted):
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
    flash(str(_("Done: %(verb)s. Where the case stands now is shown below.", verb=VERBS[wanted.verb])))
    return redirect(url_for("repairs.page", ref=ref))


def _changed_since(wanted: Repair) -> bool:
    """Something else is chosen now than what was last shown: that is shown first, nothing unseen is done."""
    return request.form.get("shown", repr(wanted)) != repr(wanted)


@blueprint.post("/cases/<ref>/hold")
@requires("case.suspend")
def hold(ref: str) -> ResponseReturnValue:
    """Put a case on hold."""
    return _held("hold", ref, lambda work: repairs.suspend(work, ref, request.form.get("reason", ""), until_of_form()),
                 _("The case is on hold. What comes due for it waits."))  # fmt: skip


@blueprint.post("/cases/<ref>/go-on")
@requires("case.suspend")
def go_on(ref: str) -> ResponseReturnValue:
    """Let a case go on."""
    return _held("hold", ref, lambda work: repairs.resume(work, ref, request.form.get("reason", "")),
                 _("The case goes on. What came due meanwhile is delivered now."))  # fmt: skip


@blueprint.post("/cases/<ref>/take-back")
@requires("case.repair")
def take_back(ref: str) -> ResponseReturnValue:
    """Take a moved token back."""
    return _held("back", ref, lambda work: repairs.undo_move(work, ref, request.form.get("reason", "")),
                 _("The move was taken back. Where the case stands now is shown below."))  # fmt: skip


@blueprint.post("/cases/<ref>/end")
@requires("case.cancel")
def end(ref: str) -> ResponseReturnValue:
    """End the case where it stands, for good."""
    return _held("end", ref, lambda work: moves.cancel_case(work, ref, request.form.get("reason", "")),
                 _("The case was ended. Its open tasks are gone from everybody's list."))  # fmt: skip


def _held(form: str, ref: str, verb: Callable[[Work], object], done: Text) -> ResponseReturnValue:
    try:
        with acting() as work:
            verb(work)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, form=form, faults={f"{form}_{k}": str(v) for k, v in refusal.fields.items()}), 422
    except REFUSED as refusal:
        return _refused(ref, refusal, form)
    flash(str(done))
    return redirect(url_for("cases.case" if form == "end" else "repairs.page", ref=ref))


def _refused(ref: str, refusal: HouseError, form: str = "act") -> ResponseReturnValue:
    with reading() as work:
        return _page(work, ref, form=form, faults={"page": refusal.message}), status_of(refusal)


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
        if not name:
            raise InvalidAnswers({"name": _("Give the name of the value.")})
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


def _page(
    work: Work,
    ref: str,
    *,
    outcome: Outcome | None = None,
    faults: dict[str, str] | None = None,
    form: str = "act",
) -> str:
    """form: which of the page's forms was sent ("act", "hold", "back", "end"); what was typed stays in that one."""
    shown = repair_pages.page(work, ref, english=english())
    possible = {verb for one in shown.standing for verb in one.may}
    possible |= {RESET} if shown.again else set()
    possible |= {VALUES} if shown.may_put_values else set()
    return render_template(
        "cases/repair.html", page=shown, outcome=outcome, faults=faults or {}, place_kinds=KINDS,
        verbs={verb: title for verb, title in VERBS.items() if verb in possible}, all_verbs=VERBS, means=MEANS,
        place_states=STATES, sent=request.form if form == "act" else {},
        typed={one: request.form if one == form else {} for one in ("hold", "back", "end")},
        shown=repr(_wanted()) if outcome is not None else "", places=_PLACES, now=work.now,
    )  # fmt: skip
