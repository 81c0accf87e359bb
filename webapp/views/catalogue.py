"""The catalogue of resources: the list, one item with its versions, and what is done with a version (P-17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound
from domain.parties import organisations
from domain.parties.organisations import Organisation
from domain.text import Text
from domain.text import gettext as _
from domain.verification import catalogue, catalogue_quotas, catalogue_scope, catalogue_versions
from domain.verification.catalogue_rows import DRAFT, Resource, ResourceVersion
from domain.work import Work
from webapp import catalogue_rows, showing
from webapp.acting import acting, reading
from webapp.catalogue_forms import CHANNELS, CHOOSE, LEVEL_TITLES, OVER, PERIODS, ItemForm, QuotaForm, ReasonForm
from webapp.errors import status_of
from webapp.i18n import english
from webapp.permits import requires
from webapp.plain_forms import PlainForm, options

blueprint = Blueprint("catalogue", __name__, url_prefix="/catalogue")


@blueprint.get("")
@requires("catalogue.read")
def listing() -> ResponseReturnValue:
    """Every item with its state and what is missing."""
    with reading() as work:
        found = catalogue_rows.lines(work)
        return render_template(
            "catalogue/listing.html", lines=found, titles=showing.titles(work), levels=LEVEL_TITLES, today=work.today,
            mine=work.actor.org_kind == "supplier", counts=showing.nav_counts(work),
            open=sum(1 for one in found if one.missing or not one.standing.usable),
        )  # fmt: skip


@blueprint.get("/new")
@requires("catalogue.edit")
def new() -> ResponseReturnValue:
    """The form for a new item."""
    with reading() as work:
        return _new_page(work, _item_form(work))


@blueprint.post("/new")
@requires("catalogue.edit")
def enter() -> ResponseReturnValue:
    """Enter an item; its draft comes next."""
    with reading() as work:
        form = _item_form(work)
    if form.validate():
        try:
            with acting() as work:
                supplier = catalogue_scope.supplier_by_ref(work, form.text("supplier"))
                made = catalogue.enter(work, supplier, form.text("category"), form.text("level"))
                ref = made.ref
            flash(str(_("The item is entered. Write down what is agreed about it.")))
            return redirect(url_for("catalogue_draft.edit", ref=ref))
        except InvalidAnswers as refusal:
            form.refuse(refusal)
        except Conflict as refusal:
            form.category.errors = [refusal.message]
    with reading() as work:
        return _new_page(work, form), 422


@blueprint.get("/<ref>")
@requires("catalogue.read")
def item(ref: str) -> ResponseReturnValue:
    """One item: what holds, its versions, how they differ, its quotas."""
    with reading() as work:
        return _page(work, _seen(work, ref))


@blueprint.post("/<ref>/publish")
@requires("catalogue.edit")
def publish(ref: str) -> ResponseReturnValue:
    """Put the draft in force; a second person does."""
    return _act(ref, lambda work, version: _published(work, version), DRAFT, _("The version is published."))


@blueprint.post("/<ref>/discard")
@requires("catalogue.edit")
def discard(ref: str) -> ResponseReturnValue:
    """Throw the draft away."""
    return _act(ref, catalogue_versions.discard, DRAFT, _("The draft is thrown away."))


@blueprint.post("/<ref>/resume")
@requires("catalogue.edit")
def resume(ref: str) -> ResponseReturnValue:
    """Take a suspended item up again."""
    return _act(ref, catalogue_versions.resume, "", _("The item is shared again."))


@blueprint.post("/<ref>/suspend")
@requires("catalogue.edit")
def suspend(ref: str) -> ResponseReturnValue:
    """Stop asking this source for a while."""
    return _leave(ref, catalogue_versions.suspend, _("The item is suspended; nothing is asked of it."))


@blueprint.post("/<ref>/retire")
@requires("catalogue.edit")
def retire(ref: str) -> ResponseReturnValue:
    """End an item for good."""
    return _leave(ref, catalogue_versions.retire, _("The item is retired."))


@blueprint.post("/<ref>/quota")
@requires("catalogue.edit")
def quota(ref: str) -> ResponseReturnValue:
    """Grant an agency so many people a period (LN-35)."""
    with reading() as work:
        form = _quota_form(work)
    if form.validate():
        try:
            with acting() as work:
                resource = _kept(work, ref)
                agency = organisations.by_code(work, form.text("agency"))
                catalogue_quotas.grant(
                    work, resource, agency, period=form.text("period"), most=form.most.data or 0,
                    over=form.text("over"), valid_from=form.valid_from.data or work.today,
                )  # fmt: skip
            flash(str(_("The quota is granted.")))
            return redirect(url_for("catalogue.item", ref=ref, _anchor="quotas"))
        except InvalidAnswers as refusal:
            form.refuse(refusal)
        except Conflict as refusal:
            form.valid_from.errors = [refusal.message]
    with reading() as work:
        return _page(work, _kept(work, ref), quota=form), 422


def _published(work: Work, version: ResourceVersion) -> None:
    catalogue_versions.publish(work, version)


def _act(ref: str, verb: Callable[[Work, ResourceVersion], None], state: str, said: Text) -> ResponseReturnValue:
    """Do something with the draft, or with the version in force, and say so."""
    try:
        with acting() as work:
            verb(work, _version(work, _kept(work, ref), state))
    except (Conflict, InvalidAnswers) as refusal:
        with reading() as work:
            return _page(work, _kept(work, ref), refusal=refusal), status_of(refusal)
    flash(str(said))
    return redirect(url_for("catalogue.item", ref=ref))


def _leave(ref: str, verb: Callable[[Work, ResourceVersion, str], None], said: Text) -> ResponseReturnValue:
    form = ReasonForm()
    if form.validate():
        return _act(ref, lambda work, version: verb(work, version, form.text("reason")), "", said)
    with reading() as work:
        return _page(work, _kept(work, ref), leaving=form), 422


def _version(work: Work, resource: Resource, state: str) -> ResourceVersion:
    found = catalogue_versions.draft_of(work, resource) if state == DRAFT else catalogue_versions.live(work, resource)
    if found is None:
        raise Conflict(_("This version is not in that state any more. Load the page again."))
    return found


def _seen(work: Work, ref: str) -> Resource:
    """An item the actor may see. Raises NotFound."""
    found = work.session.scalars(
        select(Resource)
        .join(Organisation, Organisation.id == Resource.supplier_id)
        .where(Resource.ref == ref, catalogue_scope.seen(work))
    ).first()
    if found is None:
        raise NotFound(_("There is no such data source in the catalogue."))
    return found


def _kept(work: Work, ref: str) -> Resource:
    """An item the actor keeps. Raises NotFound."""
    found = _seen(work, ref)
    if not catalogue_scope.keeps(work, work.session.get_one(Organisation, found.supplier_id)):
        raise NotFound(_("There is no such data source in the catalogue."))
    return found


def _item_form(work: Work) -> ItemForm:
    form, titles = ItemForm(), showing.titles(work)
    offices = [(one.ref, one.name_en if english() else one.name) for one in catalogue_scope.suppliers(work)]
    form.supplier.choices = options([*CHOOSE, *offices])
    form.category.choices = options([*CHOOSE, *titles.categories.items()])
    return form


def _new_page(work: Work, form: ItemForm) -> str:
    return render_template("catalogue/new.html", form=form, counts=showing.nav_counts(work))


def _quota_form(work: Work) -> QuotaForm:
    form = QuotaForm(data={"valid_from": date(work.today.year, work.today.month, work.today.day)})
    places = catalogue_scope.kept(work)
    agencies = [one for one in organisations.of_kind(work, "agency") if one.jurisdiction in places]
    named = [(one.code, one.name_en if english() else one.name) for one in agencies]
    form.agency.choices = options(named if len(named) == 1 else [*CHOOSE, *named])
    return form


def _page(
    work: Work,
    resource: Resource,
    *,
    refusal: HouseError | None = None,
    leaving: PlainForm | None = None,
    quota: QuotaForm | None = None,
) -> str:
    (line,) = catalogue_rows.lines(work, resource)
    versions = catalogue_versions.of_resource(work, resource)
    keeps = catalogue_scope.keeps(work, line.supplier)
    draft = next((one for one in versions if one.state == DRAFT), None)
    faults = refusal.fields if isinstance(refusal, InvalidAnswers) else {}
    return render_template(
        "catalogue/item.html", line=line, resource=resource, versions=versions, draft=draft, keeps=keeps,
        lacking=catalogue_versions.missing(draft, line.supplier) if draft is not None else [],
        compared=_compared(work, resource, versions), refusal=refusal,
        faults=[("", sentence) for sentence in faults.values()],
        drafted=catalogue_versions.content_of(work, draft) if draft is not None else None,
        leaving=leaving or ReasonForm(formdata=None), quota=quota or (_quota_form(work) if keeps else None),
        quotas=catalogue_quotas.of_resource(work, resource), people=catalogue_rows.people(work, versions),
        states=catalogue_rows.STATES, channels=CHANNELS, levels=LEVEL_TITLES, periods=PERIODS, over=OVER,
        titles=showing.titles(work), title_of=catalogue_rows.title_of, me=work.actor.user_id, today=work.today,
        counts=showing.nav_counts(work),
    )  # fmt: skip


def _compared(
    work: Work, resource: Resource, versions: list[ResourceVersion]
) -> tuple[ResourceVersion, ResourceVersion, list[catalogue_rows.Change]] | None:
    """Two versions and how they differ: those asked for, else the newest and the one before it."""
    known = {one.number: one for one in versions}
    after = known.get(request.args.get("b", 0, type=int)) or next(iter(versions), None)
    if after is None:
        return None
    before = known.get(request.args.get("a", 0, type=int)) or known.get(after.number - 1)
    if before is None or before is after:
        return None
    first, last = sorted((before, after), key=lambda one: one.number)
    contents = (catalogue_versions.content_of(work, one) for one in (first, last))
    return first, last, catalogue_rows.changes(resource.category, *contents)
