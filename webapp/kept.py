"""A form that was sent when the session was over is kept for its sender, sealed, and offered again after the sign-in.

Who sent it is known from the form's own token, which is bound to the session that the page was made in; so a page of
one person that is sent in another's session is kept for nobody.
"""

from __future__ import annotations

import logging
from hmac import compare_digest

from flask import current_app, request, session
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from domain.clock import machine_now
from domain.logs import Event
from domain.parties import kept_forms
from domain.parties.accounts import UserSession
from domain.parties.kept_forms import KEPT_FOR
from domain.work import Actor, unit_of_work
from webapp.auth import cookie_name, house
from webapp.database import db
from webapp.permits import permit_of

log = logging.getLogger("web.kept")
SALT = "wtf-csrf-token"  # of Flask-WTF, which signs the token
LEFT_OUT = frozenset({"csrf_token", "password", "again", "code", "token", "next"})
# what decides over somebody's way in is asked anew, never sent again
NEVER = ("account.", "signin.", "administration.", "kept.")


def keep_sent() -> str | None:
    """Keep what this request sent, when its sender is known. Its reference, or None.

    Called where a session is over or another one by now: before the view, so nothing of it was carried out.
    """
    permit = permit_of(current_app.view_functions.get(request.endpoint or ""))
    if request.method != "POST" or permit is None or not permit.action or _never() or _scripted():
        return None
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in LEFT_OUT]
    files = sorted({name for name, one in request.files.items(multi=True) if one.filename})
    bound = _bound(request.form.get("csrf_token", ""))
    if not fields or not bound:
        return None
    with unit_of_work(house().home, Actor("visitor"), session=db.session()) as work:
        account = _sender(work.session, bound)
        if account is None:
            return None
        ref = kept_forms.keep(work, account, request.full_path.rstrip("?"), fields, files)
    log.info(Event("form.kept", endpoint=request.endpoint or "-", fields=len(fields), kept=ref is not None))
    return ref


def _never() -> bool:
    return (request.endpoint or "").startswith(NEVER)


def _scripted() -> bool:
    """A script keeps its page, and goes on by itself."""
    return request.accept_mimetypes.best == "application/json" or bool(request.headers.get("HX-Request"))


def _bound(token: str) -> str:
    """What a form's token is bound to; "" for one that we did not sign."""
    signer = URLSafeTimedSerializer(str(current_app.secret_key_text), salt=SALT)  # type: ignore[attr-defined]
    try:
        said = signer.loads(token)
    except BadData:
        return ""
    return said if isinstance(said, str) else ""


def _sender(live, bound: str) -> int | None:
    """The account of the session that a page was made in. The browser's own session first, else those of whoever is
    signed in here now: nobody's page is kept for somebody else."""
    wanted = select(UserSession.token_hash, UserSession.account_id, UserSession.seen_at)
    return None
