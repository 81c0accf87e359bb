"""Sign in, second factor, first password, sign out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from domain import access
from domain.clock import OFFICE_ZONE
from domain.errors import InvalidAnswers
from domain.parties import passwords, sessions, signin, staff
from domain.parties.accounts import roles_in_force
from domain.parties.security import SecurityRules
from domain.text import gettext as _
from webapp.acting import acting, reading
from webapp.auth import drop_cookie, house, member, safe_next, set_cookie
from webapp.navigation import landing
from webapp.permits import public, requires
from webapp.plain_forms import CodeForm, SignInForm, TokenForm

blueprint = Blueprint("signin", __name__)


@blueprint.get("/sign-in")
@public
def page() -> ResponseReturnValue:
    """The way in; somebody signed in is sent on."""
    if current_user.signed_in is not None:
        return redirect(safe_next(request.args.get("next")) or landing())
    return _page(SignInForm(data={"portal": request.args.get("portal", "agency")}), 200)


@blueprint.post("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Check login, password and portal; on success hand out the cookie."""
    form = SignInForm()
    if not form.validate():
        return _page(form, 422)
    address, agent = request.remote_addr or "", request.headers.get("User-Agent", "")
    with acting() as work:
        rules = access.security_rules(work)
        begun = signin.begin(work, form.text("login"), form.text("portal"), address, agent, rules)
    if isinstance(begun, signin.Refused):
        return _refused(form, begun)
    outcome = _judged(begun, form.text("password"), rules)
    if isinstance(outcome, signin.Refused):
        return _refused(form, outcome)
    session.clear()
    if outcome.replaced is not None:
        since, place = outcome.replaced
        sentence = _(
            "Your session of %(at)s from %(place)s was ended by this sign-in. If that was not you, tell your security"
            " administrator.",
            at=f"{since.astimezone(OFFICE_ZONE):%H:%M}",
            place=place,
        )
        flash(str(sentence))
    response = redirect(safe_next(request.form.get("next")) or url_for("health.start"))
    set_cookie(response, outcome.token)
    return response


def _judged(begun: signin.Attempt, password: str, rules: SecurityRules) -> signin.Opened | signin.Refused:
    """Verify between the two transactions: hashing is slow and must hold no lock."""
    hasher = house().passwords
    correct = hasher.verify(begun.stored, password)
    fresh = hasher.hash(password) if correct and hasher.outdated(begun.stored) else None
    with acting() as work:
        return signin.conclude(work, begun, correct, rules, fresh)


@blueprint.get("/second-factor")
@requires("account.own", pending=sessions.SECOND_FACTOR)
def second_factor() -> ResponseReturnValue:
    """Ask for the code."""
    return render_template("signin/second_factor.html", form=CodeForm())


@blueprint.post("/second-factor")
@requires("account.own", pending=sessions.SECOND_FACTOR)
def check_second_factor() -> ResponseReturnValue:
    """Check the code; a code counts once."""
    form = CodeForm()
    if form.validate():
        with acting() as work:
            refused = signin.pass_factor(work, member(), form.text("code"), access.security_rules(work))
        if refused is None:
            return redirect(safe_next(request.form.get("next")) or url_for("health.start"))
        form.code.errors = [str(refused.message)]
    return render_template("signin/second_factor.html", form=form), 422


@blueprint.get("/first-password")
@public
def first_password() -> ResponseReturnValue:
    """Choose the first password with a one-time token."""
    return render_template("signin/first_password.html", form=TokenForm())


@blueprint.post("/first-password")
@public
def choose_first_password() -> ResponseReturnValue:
    """Spend the token. Wrong ones count like wrong passwords of the address."""
    form = TokenForm()
    if not form.validate():
        return render_template("signin/first_password.html", form=form), 422
    with acting() as work:
        rules = access.security_rules(work)
        address = request.remote_addr or ""
        begun = signin.begin(work, form.text("login"), "", address, "", rules)
    if isinstance(begun, signin.Refused):
        form.form_errors.append(begun.message)
        return render_template("signin/first_password.html", form=form), 429
    try:
        _choose(form, rules)
    except InvalidAnswers as refusal:
        form.refuse(refusal)
        return render_template("signin/first_password.html", form=form), 422
    flash(str(_("Your password is set. Sign in with it.")))
    return redirect(url_for("signin.page"))


def _choose(form: TokenForm, rules: SecurityRules) -> None:
    with reading() as work:
        account = staff.account_of_token(work, form.text("login"), form.text("token"))
        known = staff.about(work, account)
        least = rules.least_length(roles_in_force(work, account.id))
    fault = passwords.weakness(form.text("password"), known, least)
    if fault is not None:
        raise InvalidAnswers({"password": fault})
    made = house().passwords.hash(form.text("password"))
    with acting() as work:
        staff.use_token(work, form.text("login"), form.text("token"), made)


@blueprint.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End the session here and in the browser."""
    if current_user.signed_in is not None:
        with acting() as work:
            sessions.end(work, member().session_id, member().account_ref)
    session.clear()
    response = redirect(url_for("signin.page"))
    drop_cookie(response)
    return response


def _page(form: SignInForm, status: int) -> tuple[str, int]:
    return render_template("signin/sign_in.html", form=form), status


def _refused(form: SignInForm, refused: signin.Refused) -> tuple[str, int]:
    form.form_errors.append(refused.message)
    return _page(form, 429 if refused.waits else 422)
