"""What somebody sent when their session was over: shown after the sign-in to whoever sent it, sent on or put away."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import NotFound
from domain.parties import kept_forms
from domain.text import gettext as _
from webapp import showing
from webapp.acting import acting, reading
from webapp.auth import safe_next
from webapp.navigation import landing
from webapp.permits import requires

blueprint = Blueprint("kept", __name__)


@blueprint.get("/kept/<ref>")
@requires("account.own")
def page(ref: str) -> ResponseReturnValue:
    """The form, ready to be sent. Whoever did not send it is led to their own work."""
    try:
        with reading() as work:
            kept = kept_forms.get(work, ref)
            return render_template("account/kept.html", kept=kept, at=showing.clock_time(kept.at))
    except NotFound:
        return redirect(landing())


@blueprint.post("/kept/<ref>/send")
@requires("account.own")
def send(ref: str) -> ResponseReturnValue:
    """Send it where it was meant to go: the browser repeats what this page sent, and the row is gone."""
    with acting() as work:
        path = kept_forms.get(work, ref).path
        kept_forms.put_away(work, ref)
    return redirect(safe_next(path) or safe_next(path.partition("?")[0]) or landing(), 307)


@blueprint.post("/kept/<ref>/away")
@requires("account.own")
def away(ref: str) -> ResponseReturnValue:
    """Forget it."""
    with acting() as work:
        kept_forms.put_away(work, ref)
    flash(str(_("What you had sent was put away.")))
    return redirect(safe_next(request.form.get("back")) or url_for("health.start"))
