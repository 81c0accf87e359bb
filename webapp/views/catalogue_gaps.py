"""The gap list (LF-06): what the own level does not share, with what is done about it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from domain.errors import InvalidAnswers, NotFound
from domain.parties import permissions
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification import catalogue_gaps
from domain.verification.catalogue_gaps import Gap, Line
from domain.work import Work
from webapp import showing
from webapp.acting import acting, reading
from webapp.catalogue_forms import CHOOSE, LEVEL_TITLES, NoteForm
from webapp.i18n import english
from webapp.permits import requires
from webapp.plain_forms import options

blueprint = Blueprint("catalogue_gaps", __name__, url_prefix="/catalogue/gaps")
TITLES = {
    Gap.NONE: ("overdue", _("nobody shares it")),
    Gap.UPPER: ("today", _("only a level above shares it")),
    Gap.OWN: ("ok", _("shared at the own level")),
}


@blueprint.get("")
@requires("catalogue.read")
def page() -> ResponseReturnValue:
    """Every category as the agency finds it, what it lacks first."""
    with reading() as work:
        return _page(work, _form(work))


@blueprint.post("")
@requires("catalogue.note")
def note() -> ResponseReturnValue:
    """Write down how far one has come."""
    with reading() as work:
        form = _form(work)
    if form.validate():
        try:
            with acting() as work:
                catalogue_gaps.note(work, _agency(work), form.text("category"), form.text("note"))
            flash(str(_("The note is written down.")))
            return redirect(url_for("catalogue_gaps.page", state=request.args.get("state") or None))
        except InvalidAnswers as refusal:
            form.refuse(refusal)
    with reading() as work:
        return _page(work, form), 422


def _agency(work: Work) -> Organisation:
    """The actor's agency: the own office, or the one a department entrusts. Raises NotFound for others."""
    office = work.session.get(Organisation, work.actor.org_id) if work.actor.org_id is not None else None
    if office is not None and office.agency_id is not None and office.kind != "agency":
        office = work.session.get(Organisation, office.agency_id)
    if office is None or office.kind != "agency":
        raise NotFound(_("The gap list is a verification agency’s; your office has none."))
    return office


def _offices(work: Work, lines: Sequence[Line]) -> dict[int, str]:
    """What the offices are called that share something, by key. One SELECT."""
    wanted = {one.supplier_id for line in lines for one in (*line.items, *(item for item, _why in line.blocked))}
    found = work.session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))
    return {one.id: one.name_en if english() else one.name for one in found}


def _wanted() -> Gap | None:
    """The state the list is narrowed to, by ?state=; None for all. Raises NotFound for a state there is not."""
    said = request.args.get("state", "")
    if not said:
        return None
    if said not in {kind.value for kind in Gap}:
        raise NotFound(_("There is no such state of a gap."))
    return Gap(said)


def _form(work: Work) -> NoteForm:
    form = NoteForm(data={"category": request.args.get("category", "")})
    form.category.choices = options([*CHOOSE, *showing.titles(work).categories.items()])
    return form


def _page(work: Work, form: NoteForm) -> str:
    agency = _agency(work)
    lines, wanted = catalogue_gaps.gaps(work, agency), _wanted()
    shown = [line for line in lines if wanted is None or line.gap == wanted]
    own = permissions.OWN if work.actor.org_id == agency.id else permissions.NONE
    return render_template(
        "catalogue/gaps.html", lines=shown, every=len(lines), wanted=wanted, agency=agency, form=form, kinds=TITLES,
        levels=LEVEL_TITLES,
        notes=permissions.may(work.actor, "catalogue.note", own), titles=showing.titles(work),
        offices=_offices(work, shown),
        tally={kind: sum(1 for one in lines if one.gap == kind) for kind in TITLES}, counts=showing.nav_counts(work),
    )  # fmt: skip
