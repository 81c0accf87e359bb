"""Accounts of the house: create, file, give roles, switch off. The system administrator keeps accounts, the
security administrator gives rights; neither sees a case."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from domain import identity
from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound
from domain.oversight import appointing
from domain.parties import organisations, staff
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.parties.permissions import relation_to_account
from domain.parties.roles import ROLES
from domain.text import gettext as _
from domain.work import Work
from tasks.leaving import closing
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.i18n import english
from webapp.permits import requires
from webapp.plain_forms import AccountForm, FilingForm, GrantForm, options

blueprint = Blueprint("administration", __name__, url_prefix="/administration")

# what one button does to an account; each verb asks for its own permission
_ACTS = {
    "disable": closing.close, "lock": staff.lock, "lift": staff.lift, "unlock": staff.unlock,
    "reset-factor": staff.reset_factor,
}  # fmt: skip


@blueprint.get("/accounts")
@requires("account.read")
def accounts() -> ResponseReturnValue:
    """All accounts, by office."""
    office, text = request.args.get("office", ""), request.args.get("q", "").strip()
    with reading() as work:
        rows = staff.listing(work, office=office, text=text)
        return render_template(
            "administration/accounts.html", rows=rows, offices=_offices(work), office=office, text=text,
            state_title=staff.state_title,
        )  # fmt: skip


@blueprint.get("/accounts/new")
@requires("account.create")
def new_account() -> ResponseReturnValue:
    """The form of a new account."""
    with reading() as work:
        return render_template("administration/new_account.html", form=_account_form(work))


@blueprint.post("/accounts")
@requires("account.create")
def create_account() -> ResponseReturnValue:
    """Write a new account; it is dead until filed."""
    try:
        with acting() as work:
            form = _account_form(work)
            if not form.validate():
                return render_template("administration/new_account.html", form=form), 422
            made = staff.create(
                work,
                organisations.by_code(work, form.text("office")),
                login=form.text("login"),
                name=form.text("name"),
                idno=form.text("idno"),
                phone=form.text("phone"),
            )
    except InvalidAnswers as refusal:
        form.refuse(refusal)
        return render_template("administration/new_account.html", form=form), 422
    flash(str(_("The account was created. It works once its filing is entered.")))
    return redirect(url_for("administration.account", ref=made.ref))


@blueprint.get("/accounts/<ref>")
@requires("account.read")
def account(ref: str) -> ResponseReturnValue:
    """One account with its roles and what may be done to it."""
    with reading() as work:
        return _account_page(work, staff.by_ref(work, ref))


@blueprint.post("/accounts/<ref>/file")
@requires("account.file")
def file(ref: str) -> ResponseReturnValue:
    """Enter the filing."""
    form = FilingForm()
    try:
        with acting() as work:
            if form.validate() and form.on.data:
                staff.file(work, staff.by_ref(work, ref), number=form.text("number"), on=form.on.data)
                return redirect(url_for("administration.account", ref=ref))
    except InvalidAnswers as refusal:
        form.refuse(refusal)
    with reading() as work:
        return _account_page(work, staff.by_ref(work, ref), filing=form), 422


@blueprint.post("/accounts/<ref>/roles")
@requires("account.grant")
def grant(ref: str) -> ResponseReturnValue:
    """Give a role."""
    form = GrantForm()
    try:
        with acting() as work:
            if form.validate():
                appointing.appoint(work, staff.by_ref(work, ref), form.text("role"), until=form.until.data)
                return redirect(url_for("administration.account", ref=ref))
    except InvalidAnswers as refusal:
        form.refuse(refusal)
    with reading() as work:
        return _account_page(work, staff.by_ref(work, ref), granting=form), 422


@blueprint.post("/accounts/<ref>/roles/<role>/revoke")
@requires("account.revoke")
def revoke(ref: str, role: str) -> ResponseReturnValue:
    """Take a role away."""
    with acting() as work:
        staff.revoke(work, staff.by_ref(work, ref), role)
    return redirect(url_for("administration.account", ref=ref))


@blueprint.post("/accounts/<ref>/token")
@requires("account.token")
def issue_token(ref: str) -> ResponseReturnValue:
    """Make a one-time token; it is shown on this page alone and never again."""
    with acting() as work:
        found = staff.by_ref(work, ref)
        token = staff.issue_token(work, found)
        login = found.login
    return render_template("administration/token.html", token=token, login=login, ref=ref, hours=staff.TOKEN_HOURS)


@blueprint.post("/accounts/<ref>/<act>")
@requires("account.read")
def change(ref: str, act: str) -> ResponseReturnValue:
    """Switch off, unlock, or forget the second factor; each verb asks for its own permission."""
    if act not in _ACTS:
        raise NotFound(_("There is no such act."))
    try:
        with acting() as work:
            _ACTS[act](work, staff.by_ref(work, ref))
    except Conflict as refusal:
        with reading() as work:
            return _account_page(work, staff.by_ref(work, ref), refusal=refusal), status_of(refusal)
    return redirect(url_for("administration.account", ref=ref))


@blueprint.post("/accounts/<ref>/transfer")
@requires("account.transfer")
def transfer(ref: str) -> ResponseReturnValue:
    """Move somebody to another office."""
    try:
        with acting() as work:
            closing.transfer(work, staff.by_ref(work, ref), organisations.by_code(work, request.form.get("office", "")))
    except Conflict as refusal:
        with reading() as work:
            return _account_page(work, staff.by_ref(work, ref), refusal=refusal), status_of(refusal)
    flash(str(_("The person works in the other office now; give the roles there.")))
    return redirect(url_for("administration.account", ref=ref))


def _account_page(
    work: Work,
    found: Account,
    *,
    filing: FilingForm | None = None,
    granting: GrantForm | None = None,
    refusal: HouseError | None = None,
) -> str:
    grants = staff.grants_of(work, found)
    form = granting or GrantForm(formdata=None)
    form.role.choices = options((role.id, role.title) for role in ROLES.values() if found.org_kind in role.kinds)
    number = work.home.vault.open("account.idno", found.ref, found.idno)
    return render_template(
        "administration/account.html", account=found, grants=grants, today=work.today,
        org=work.session.get_one(Organisation, found.org_id), idno=identity.mask(number),
        relation=relation_to_account(work.actor, found.id), state_title=staff.state_title,
        filing=filing or FilingForm(formdata=None), granting=form, open_work=closing.open_work(work, found),
        refusal=refusal, elsewhere=_offices_like(work, found),
    )  # fmt: skip


def _offices_like(work: Work, found: Account) -> list[tuple[str, str]]:
    """Offices of the same kind as somebody's, but their own."""
    wanted = select(Organisation).where(Organisation.kind == found.org_kind, Organisation.id != found.org_id)
    rows = work.session.scalars(wanted.order_by(Organisation.position, Organisation.id).limit(3000))
    return [(org.code, org.name_en if english() else org.name) for org in rows]


def _offices(work: Work) -> list[tuple[str, str]]:
    found = work.session.scalars(select(Organisation).order_by(Organisation.position, Organisation.id))
    return [(org.code, org.name_en if english() else org.name) for org in found]


def _account_form(work: Work) -> AccountForm:
    form = AccountForm()
    form.office.choices = options(_offices(work))
    return form
