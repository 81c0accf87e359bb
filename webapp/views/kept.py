"""What somebody sent when their session was over: shown after the sign-in to whoever sent it, sent on or put away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from domain.errors import NotFound
from domain.parties import kept_forms
from domain.parties.kept_forms import Kept
from domain.text import gettext as _
from webapp import showing
from webapp.acting import acting, reading
from webapp.auth import safe_next
from webapp.kept import AGAIN
from webapp.navigation import landing
from webapp.permits import requires

blueprint = Blueprint("kept", __name__)

# buttons of a task's form: without its files, the form is not carried out but kept as the draft
TASK_FORM = frozenset(
    {"desk.complete", "desk.release", "desk.upload", "desk.switch_form", "desk.remove_file", "task_rows.change"}
)
ON_BEHALF = frozenset({"on_behalf.complete"})  # shows its page again by itself


@blueprint.get("/kept/<ref>")
@requires("account.own")
def page(ref: str) -> ResponseReturnValue:
    """The form, ready to be sent. Whoever did not send it is led to their own work."""
    try:
        with reading() as work:
            kept = kept_forms.get(work, ref)
            again = [(f"{AGAIN}{name}", file) for name, file in kept.files]
            return render_template(
                "account/kept.html", kept=kept, at=showing.clock_time(kept.at), fields=[*kept.fields, *again],
                opens=bool(again) and _meant(kept)[0] in TASK_FORM | ON_BEHALF,
            )  # fmt: skip
    except NotFound:
        return redirect(landing())


@blueprint.post("/kept/<ref>/send")
@requires("account.own")
def send(ref: str) -> ResponseReturnValue:
    """Send it where it was meant to go: the browser repeats what this page sent, and the row is gone."""
    with acting() as work:
        path = _way(kept_forms.get(work, ref))
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


def _way(kept: Kept) -> str:
    """Where the form goes on: as it was sent, or, when files are to be chosen again, to its task's draft."""
    endpoint, values = _meant(kept)
    return url_for("desk.draft", ref=values["ref"]) if kept.files and endpoint in TASK_FORM else kept.path


def _meant(kept: Kept) -> tuple[str, Mapping[str, Any]]:
    """The view that the form was sent to."""
    try:
        endpoint, values = current_app.url_map.bind(request.host).match(kept.path.partition("?")[0], "POST")
    except HTTPException:
        return "", {}
    return str(endpoint), values
