"""The legal clock on a page of its own, to read and to print; stopping, extending and deciding as plain forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain import reasons, term_grounds
from domain.errors import Conflict, HouseError, InvalidAnswers, NotPermitted, Stale
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from domain.workdays import UNITS
from tasks.pages import term_pages
from tasks.rows.term_models import GRANTED, LAPSED, PENDING, REFUSED
from tasks.terms import terms
from webapp import showing
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.i18n import english
from webapp.permits import requires

blueprint = Blueprint("terms", __name__)
REFUSALS = (Conflict, NotPermitted, Stale)
STATES: Mapping[str, Text] = {
    PENDING: _("waits for a decision"), GRANTED: _("granted"), REFUSED: _("refused"),
    LAPSED: _("ended undecided with its step or term"),
}  # fmt: skip
UNIT_WORDS: Mapping[str, Text] = dict(zip(UNITS, (_("working days"), _("calendar days"), _("months")), strict=True))
# where a refused question stands on the page, and what it is called in the summary
PLACES: Mapping[str, Text] = {
    "until": _("Last day of the stop"), "days": _("How many days"), "reason_code": _("Reason"), "reason": _("Reason"),
}  # fmt: skip
ACTS: Mapping[str, tuple[str, Callable[[Work, str], object]]] = {
    "stop": ("stop_clock", lambda work, ref: terms.stop_clock(work, ref, _day(), _code(), _words())),
    "extend": ("extend", lambda work, ref: terms.extend(work, ref, _days(), _code(), _words())),
    "resume": ("", terms.resume_clock),
}


@blueprint.get("/tasks/<ref>/term")
@requires("term.read")
def page(ref: str) -> ResponseReturnValue:
    """The sum behind the due day of a step, and what may be done with its term."""
    with reading() as work:
        return _page(work, ref)


@blueprint.get("/cases/<ref>/terms")
@requires("case.read")
def of_case(ref: str) -> ResponseReturnValue:
    """Every term of a case as a sum, to print."""
    with reading() as work:
        return render_template("cases/terms.html", page=term_pages.of_case(work, ref), counts=showing.nav_counts(work))


@blueprint.post("/tasks/<ref>/term")
@requires("term.ask")
def act(ref: str) -> ResponseReturnValue:
    """Stop, extend or let run again; a refusal shows the page again with what was entered."""
    kind = request.form.get("act", "")
    try:
        with acting() as work:
            done = _verb(kind)(work, ref)
            waits = getattr(done, "state", "") == PENDING
    except InvalidAnswers as refusal:
        with reading() as work:
            faults = {name: str(said) for name, said in refusal.fields.items()}
            return _page(work, ref, faults=faults, kind=kind), 422
    except REFUSALS as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal, kind=kind), status_of(refusal)
    flash(str(_("You asked for it; whoever decides was told.") if waits else _("The term is changed.")))
    return redirect(url_for("terms.page", ref=ref))


@blueprint.post("/tasks/<ref>/term/<request_ref>")
@requires("term.decide")
def decide(ref: str, request_ref: str) -> ResponseReturnValue:
    """Grant or refuse what somebody asked for."""
    grants = request.form.get("verdict") == "grant"
    try:
        with acting() as work:
            state = (terms.grant if grants else terms.refuse)(work, request_ref).state
    except REFUSALS as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal), status_of(refusal)
    flash(str(STATES[state]))
    return redirect(url_for("terms.page", ref=ref))


def _verb(kind: str) -> Callable[[Work, str], object]:
    if kind not in ACTS:
        raise Conflict(_("Choose what to do."))
    return ACTS[kind][1]


def _day() -> date | None:
    """None for what is no day: said at the field, together with all else that is wrong."""
    try:
        return date.fromisoformat(request.form.get("until", "").strip())
    except ValueError:
        return None


def _days() -> int | None:
    text = request.form.get("days", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _code() -> str:
    return request.form.get("reason_code", "")


def _words() -> str:
    return request.form.get("reason", "")


def _offered(work: Work, use: str, allowed: tuple[str, ...]) -> list[tuple[str, str]]:
    """Reasons to choose: the office's own, those the rules allow; what a power names and no office words, too."""
    said = english()
    found = {one.code: (one.en if said else one.zh) for one in reasons.offered(work, use)}
    named = {code: str(term_grounds.ground(code)) for code in allowed if code not in found}
    return [(code, words) for code, words in {**found, **named}.items() if not allowed or code in allowed]


def _page(
    work: Work, ref: str, *, faults: Mapping[str, str] | None = None, refusal: HouseError | None = None, kind: str = ""
) -> str:
    found = term_pages.page(work, ref)
    return render_template(
        "desk/term.html", page=found, faults=faults or {}, refusal=refusal, clause=getattr(refusal, "clause", ""),
        kind=kind, sent=request.form, places=PLACES, states=STATES, units=UNIT_WORDS, ground=term_grounds.ground,
        stop_reasons=_offered(work, "stop_clock", found.power.grounds),
        extend_reasons=_offered(work, "extend", found.power.grounds), today=work.today, now=work.now,
        counts=showing.nav_counts(work),
    )  # fmt: skip
