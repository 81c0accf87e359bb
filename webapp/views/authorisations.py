"""Recipients' authorisations: a town's figures, who lacks one, a household's papers, a consent taken back (NM-07)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, HouseError, InvalidAnswers, NotPermitted
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.verification.authorisations import WHY
from domain.verification.renewal_rows import ENDING
from domain.work import Work
from tasks.pages import authorisation_pages
from webapp import showing
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.permits import requires

blueprint = Blueprint("authorisations", __name__, url_prefix="/authorisations")
MOST = 50
REASONS: Mapping[str, Text] = {**WHY, ENDING: _("the authorisation ends soon")}
SIGNERS: Mapping[str, Text] = {"SELF": _("the person"), "GUARDIAN": _("the guardian")}
SCOPES: Mapping[str, Text] = {
    "NATIONWIDE": _("nationwide"), "PROVINCE": _("the province"), "CITY": _("the city"), "COUNTY": _("the county"),
}  # fmt: skip
RULES: Mapping[str, Text] = {
    "ON_DECISION_NEGATIVE": _("until a decision against"), "WHILE_RECEIVING": _("while assistance is received"),
    "FIXED_TERM": _("for a fixed term"),
}  # fmt: skip
PLACES: Mapping[str, Text] = {"on": _("Day it was taken back"), "reason": _("Reason")}


@blueprint.get("")
@requires("authorisation.read")
def index() -> ResponseReturnValue:
    """The towns as they were counted in the morning, and whom towns are asking anew."""
    after = request.args.get("after", "")[:26]
    with reading() as work:
        rows = authorisation_pages.asked(work, MOST + 1, after)
        return render_template(
            "authorisations/index.html", towns=authorisation_pages.towns(work), rows=rows[:MOST],
            more=len(rows) > MOST, after=after, reasons=REASONS, titles=showing.titles(work),
            counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/towns/<ref>")
@requires("authorisation.read")
def town(ref: str) -> ResponseReturnValue:
    """Recipient households of one town that lack an authorisation today, or soon will."""
    after = request.args.get("after", "")[:32]
    with reading() as work:
        place = authorisation_pages.town(work, ref)
        rows = authorisation_pages.lacking(work, place, most=MOST + 1, after=after)
        return render_template(
            "authorisations/town.html", town=place, rows=rows[:MOST], more=len(rows) > MOST, after=after,
            counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/households/<ref>")
@requires("authorisation.read")
def household(ref: str) -> ResponseReturnValue:
    """Every paper of a household's members, and the form to take one back."""
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/<ref>/withdraw")
@requires("authorisation.withdraw")
def withdraw(ref: str) -> ResponseReturnValue:
    """Record that a person took the consent back; a refused form keeps what was written."""
    home = request.form.get("household", "")[:26]
    try:
        with acting() as work:
            kept = authorisation_pages.withdraw(work, ref, on=_day(), reason=request.form.get("reason", "")[:1000]).ref
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, home, ref, faults={name: str(said) for name, said in refusal.fields.items()}), 422
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _page(work, home, ref, refusal=refusal), status_of(refusal)
    flash(str(_("The consent was taken back; nothing more is queried on it.")))
    return redirect(url_for("authorisations.household", ref=kept))


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("on", ""))
    except ValueError:
        raise InvalidAnswers({"on": _("Give the day.")}) from None


def _page(
    work: Work, ref: str, of: str = "", *, faults: Mapping[str, str] | None = None, refusal: HouseError | None = None
) -> str:  # fmt: skip
    return render_template(
        "authorisations/household.html", page=authorisation_pages.household(work, ref), of=of, faults=faults or {},
        places=PLACES, refusal=refusal, clause=getattr(refusal, "clause", ""),
        sent=request.form, today=work.today, signers=SIGNERS, scopes=SCOPES, rules=RULES, reasons=REASONS,
        may_withdraw=permissions.may(work.actor, "authorisation.withdraw"), titles=showing.titles(work),
        counts=showing.nav_counts(work),
    )  # fmt: skip
