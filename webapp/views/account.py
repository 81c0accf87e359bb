"""One's own account: password, second factor, language."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from qrcode.main import QRCode

from domain import access
from domain.errors import InvalidAnswers, NotFound
from domain.parties import passwords, second_factor, sessions, staff, throttle
from domain.parties.accounts import Account, roles_in_force
from domain.text import gettext as _
from webapp.acting import acting, reading
from webapp.auth import house, member, safe_next
from webapp.i18n import LOCALES
from webapp.permits import requires
from webapp.plain_forms import CodeForm, NewPasswordForm

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/")
@requires("account.own")
def page() -> ResponseReturnValue:
    """Who I am here, and what I may change."""
    with reading() as work:
        account = work.session.get_one(Account, member().account_id)
        grants = staff.grants_of(work, account)
        return render_template("account/page.html", account=account, grants=grants, me=member())


@blueprint.post("/settings")
@requires("account.own")
def settings() -> ResponseReturnValue:
    """Language and single-letter shortcuts."""
    code = request.form.get("language", "")
    if code not in LOCALES:
        raise NotFound(_("There is no such language here."))
    with acting() as work:
        account = work.session.get_one(Account, member().account_id)
        account.locale = LOCALES[code]
        account.shortcuts = "shortcuts" in request.form
    return redirect(url_for("account.page", lang=code))


@blueprint.get("/password")
@requires("account.own", pending=sessions.NEW_PASSWORD)
def password() -> ResponseReturnValue:
    """Ask for the present and the new password."""
    return render_template("account/password.html", form=NewPasswordForm())


@blueprint.post("/password")
@requires("account.own", pending=sessions.NEW_PASSWORD)
def change_password() -> ResponseReturnValue:
    """Store the new password; other sessions of the account end."""
    form = NewPasswordForm()
    if form.validate():
        try:
            _change(form)
        except InvalidAnswers as refusal:
            form.refuse(refusal)
        else:
            flash(str(_("Your password was changed. Other sessions of your account ended.")))
            return redirect(safe_next(request.form.get("next")) or url_for("health.start"))
    return render_template("account/password.html", form=form), 422


def _change(form: NewPasswordForm) -> None:
    me, hasher = member(), house().passwords
    bucket = f"password:{me.account_ref}"
    with acting() as work:
        rules = access.security_rules(work)
        waits = throttle.take(work.session, bucket, rules.failures_account, rules.pause)
        account = work.session.get_one(Account, me.account_id)
        stored, known = account.password_hash, staff.about(work, account)
        least = rules.least_length(roles_in_force(work, account.id))
    if waits is not None:
        raise throttle.Throttled(_("Too many failed attempts. Wait a quarter of an hour and try again."))
    if not hasher.verify(stored, form.text("current")):
        raise InvalidAnswers({"current": _("This is not your present password.")})
    fault = passwords.weakness(form.text("password"), known, least)
    if fault is None and form.text("password") == form.text("current"):
        fault = _("The new password is the present one. Choose another.")
    if fault is not None:
        raise InvalidAnswers({"password": fault})
    made = hasher.hash(form.text("password"))
    with acting() as work:
        throttle.clear(work.session, bucket)
        staff.set_password(work, work.session.get_one(Account, me.account_id), made, keep_session=me.session_id)


@blueprint.get("/second-factor")
@requires("account.own", pending=sessions.SET_UP_FACTOR)
def set_up_factor() -> ResponseReturnValue:
    """Show the key for the telephone; showing it writes nothing."""
    return _factor_page(CodeForm(), 200)


@blueprint.post("/second-factor")
@requires("account.own", pending=sessions.SET_UP_FACTOR)
def keep_factor() -> ResponseReturnValue:
    """Keep the key once a code proves that the telephone has it."""
    form = CodeForm()
    if form.validate():
        me = member()
        try:
            with acting() as work:
                account = work.session.get_one(Account, me.account_id)
                secret = second_factor.offered_secret(work, me.account_ref, me.mark)
                second_factor.set_up(work, account, secret, form.text("code"))
                sessions.factor_passed(work, me.session_id)
        except InvalidAnswers as refusal:
            form.refuse(refusal)
        else:
            flash(str(_("The second factor is set up. From now on every sign-in asks for a code.")))
            return redirect(safe_next(request.form.get("next")) or url_for("health.start"))
    return _factor_page(form, 422)


def _factor_page(form: CodeForm, status: int) -> tuple[str, int]:
    me = member()
    with reading() as work:
        account = work.session.get_one(Account, me.account_id)
        if second_factor.enrolled(account):
            return render_template("account/second_factor.html", form=form, secret=None), status
        secret = second_factor.offered_secret(work, me.account_ref, me.mark)
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    size, path = _picture(second_factor.set_up_address(secret, me.login))
    return render_template("account/second_factor.html", form=form, secret=groups, size=size, path=path), status


def _picture(address: str) -> tuple[int, str]:
    """The square code as one SVG path: edge in modules and the path's data."""
    code = QRCode(border=4)
    code.add_data(address)
    matrix = code.get_matrix()
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return len(matrix), "".join(squares)
