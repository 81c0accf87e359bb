"""A form that was sent when the session was over is kept for its sender, sealed, and offered again after the sign-in.

Files that were handed in before, whole or in pieces, stand in the form by their reference and go along. A file that
came with the form itself is not kept: it is named, and nothing is completed before it was chosen again.

Who sent it is known from the form's own token, which is bound to the session that its page was made in; so a page of
one person that is sent in another's session is kept for nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest
from itertools import groupby

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from domain.clock import machine_now
from domain.home import Home
from domain.logs import Event
from domain.parties import kept_forms
from domain.parties.accounts import UserSession
from domain.parties.kept_forms import KEPT_FOR
from domain.text import Text
from domain.text import gettext as _
from domain.work import Actor, Work, unit_of_work
from webapp.database import db
from webapp.permits import permit_of

log = logging.getLogger("web.kept")
SALT = "wtf-csrf-token"  # of Flask-WTF, which signs the token
LEFT_OUT = frozenset({"csrf_token", "next"})
AGAIN = "again:"  # before the name of a field: a file of this name is to be chosen again
MOST_NAMED = 40
# what decides over somebody's way in is asked anew, never sent again
NEVER = ("account.", "signin.", "administration.", "kept.")


def keep_sent(cookie: str, account_id: int | None) -> str | None:
    """Keep what this request sent, when its sender is known. Its reference, or None.

    cookie: the token of the browser's session, live or over; account_id: who is signed in here, or None. Nothing of
    the request was carried out: this comes before the view.
    """
    permit = permit_of(current_app.view_functions.get(request.endpoint or ""))
    if request.method != "POST" or permit is None or not permit.action or _by_itself():
        return None
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in LEFT_OUT]
    fields = [(name, value) for name, value in sent if not name.startswith(AGAIN)]
    bound = _bound(request.form.get("csrf_token", ""))
    if not fields or not bound:
        return None
    files = [(name.removeprefix(AGAIN), value) for name, value in sent if name.startswith(AGAIN)]
    chosen = [(name.removeprefix("upload:"), one.filename or "") for name, one in request.files.items(multi=True)]
    files = [(name, value[:200]) for name, value in files + chosen if value][:MOST_NAMED]
    home: Home = current_app.extensions["house"].home
    with unit_of_work(home, Actor("visitor"), session=db.session()) as work:
        sender = _sender(work, bound, cookie, account_id)
        if sender is None or account_id not in (None, sender):
            return None
        ref = kept_forms.keep(work, sender, request.full_path.rstrip("?"), fields, files)
    log.info(Event("form.kept", endpoint=request.endpoint or "-", fields=len(fields), kept=ref is not None))
    return ref


def to_choose_again() -> dict[str, Text]:
    """Field -> which files are to be chosen again there, when this request goes on with a form that was kept."""
    asked = sorted(one for one in request.form.items(multi=True) if one[0].startswith(AGAIN))
    return {
        name.removeprefix(AGAIN)[:120]: _(
            "Choose once more: %(names)s. You were signed out before the form was sent.",
            names=str(_(", ")).join(value[:200] for _name, value in ones),
        )
        for name, ones in groupby(asked[:MOST_NAMED], key=lambda one: one[0])
    }


def _by_itself() -> bool:
    """A script keeps its page and goes on by itself; what concerns the way in is never kept."""
    scripted = request.accept_mimetypes.best == "application/json" or bool(request.headers.get("HX-Request"))
    return scripted or (request.endpoint or "").startswith(NEVER)


def _bound(token: str) -> str:
    """What a form's token is bound to; "" for one that we did not sign."""
    try:
        said = URLSafeTimedSerializer(current_app.secret_key or b"", salt=SALT).loads(token)
    except BadData:
        return ""
    return said if isinstance(said, str) else ""


def _sender(work: Work, bound: str, cookie: str, account_id: int | None) -> int | None:
    """The account in whose session the page was made: the browser's own, or an earlier one of who is signed in."""
    fresh = UserSession.seen_at > machine_now() - KEPT_FOR
    whose = UserSession.token_hash == sha256(cookie.encode()).digest()
    if account_id is not None:
        whose = UserSession.account_id == account_id
    wanted = select(UserSession.token_hash, UserSession.account_id).where(whose, fresh)
    rows: Sequence[tuple[bytes, int]] = work.session.execute(wanted.order_by(UserSession.id.desc()).limit(20)).all()
    for mark, account in rows:
        own = work.home.vault.mac("csrf", bytes(mark).hex().encode()).hex()
        if compare_digest(own, bound):
            return account
    return None
