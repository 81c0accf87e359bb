"""Who asks: Flask-Login over our own session table (walls 17), and the door before every view.

Flask-Login's session protection and remember cookie are off: a session lives in the table `user_session`, its
token in one cookie, and ends there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, flash, g, redirect, request, session, url_for
from flask_login import LoginManager, current_user
from flask_login.mixins import AnonymousUserMixin, UserMixin
from werkzeug.wrappers import Response as BaseResponse

from domain import access, logs
from domain.clock import OFFICE_ZONE
from domain.errors import NotPermitted
from domain.home import Home
from domain.parties import sessions
from domain.parties.passwords import Passwords
from domain.parties.permissions import must
from domain.parties.sessions import Ended, SignedIn
from domain.settings import Settings
from domain.text import Text
from domain.text import gettext as _
from domain.work import Actor, unit_of_work
from webapp import kept
from webapp.access_log import new_request_id
from webapp.database import db
from webapp.permits import Permit, permit_of

COOKIE = "hedui-session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
STATELESS = frozenset({"static", "health.healthz"})  # they ask nobody who is there
_FORM_BYTES = 500_000

ENDED: dict[str, Text] = {
    sessions.IDLE: _("You were signed out because nothing happened for a while. Sign in to go on where you were."),
    sessions.TOO_OLD: _("Your session reached its longest time. Sign in to go on where you were."),
    sessions.PASSWORD: _("Your password or second factor was changed, so this session ended. Sign in again."),
    sessions.RESTORED: _("This office was restored from a backup. Sign in again and check what you did last."),
    sessions.LOCKED: _("This account was locked in an emergency. Ask the security administrator of your office."),
    sessions.MOVED: _("You were moved to another office, so this session ended. Sign in again."),
    sessions.DISABLED: _("This account was switched off. Ask your system administrator."),
}


@dataclass(frozen=True)
class House:
    """What the application holds beside Flask: its home and its hasher."""

    home: Home
    passwords: Passwords

    @property
    def settings(self) -> Settings:
        """Settings of this process."""
        return self.home.settings


class Visitor(AnonymousUserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """Nobody signed in."""

    signed_in: SignedIn | None = None
    ended: Ended | None = None

    @property
    def actor(self) -> Actor:
        """A visitor may do nothing, but has a request that the journal can name."""
        return Actor(kind="visitor", ref="visitor", request_id=request_id())


class Member(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """Somebody signed in; `signed_in` is the session with the roles in force today."""

    ended: Ended | None = None

    def __init__(self, signed_in: SignedIn) -> None:
        self.signed_in = signed_in

    def get_id(self) -> str:
        """The account's reference."""
        return self.signed_in.account_ref

    @property
    def actor(self) -> Actor:
        """Who answers for what this request does."""
        return self.signed_in.actor


def house() -> House:
    """The house of the running application."""
    return cast(House, current_app.extensions["house"])


def member() -> SignedIn:
    """The session of the signed-in person. Raises NotPermitted for a visitor."""
    found: SignedIn | None = current_user.signed_in
    if found is None:
        raise NotPermitted(_("Sign in first."))
    return found


def request_id() -> str:
    """The id of this request: on error pages, in the journal and in the log."""
    found = logs.here().get("request") or g.get("request_id")
    if found is None:
        found = g.request_id = new_request_id()
    return str(found)


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host, but only https may set it."""
    return f"__Host-{COOKIE}" if house().settings.https else COOKIE


def set_cookie(response: Response | BaseResponse, token: str) -> None:
    """Hand the browser its token; it goes when the browser closes, or when the session ends here."""
    response.set_cookie(cookie_name(), token, path="/", httponly=True, secure=house().settings.https, samesite="Lax")


def drop_cookie(response: Response | BaseResponse) -> None:
    """Take the token back."""
    response.delete_cookie(cookie_name(), path="/", httponly=True, secure=house().settings.https, samesite="Lax")


def init(app: Flask) -> None:
    """Install Flask-Login and the door. Must come before CSRFProtect, which needs to know the session."""
    manager = LoginManager()
    manager.session_protection = None
    manager.anonymous_user = Visitor
    manager.request_loader(_load)
    manager.init_app(app)
    app.before_request(_door)


def _load(incoming: Request) -> Member | Visitor | None:
    token = incoming.cookies.get(cookie_name(), "")
    if not token or g.get("loading_failed"):
        return None
    it = house()
    g.loading_failed = True  # a page about a fault must not ask a database that is away again
    with unit_of_work(it.home, Actor(kind="visitor"), session=db.session(), write=False) as work:
        found = sessions.find(work, token, access.security_rules(work), request_id())
    g.loading_failed = False
    if isinstance(found, SignedIn):
        if sessions.due_to_be_seen(found) and not _watching():
            with unit_of_work(it.home, found.actor, session=db.session()) as work:
                sessions.seen(work, found.session_id)
        return Member(found)
    visitor = Visitor()
    visitor.ended = found
    return visitor


def _watching() -> bool:
    permit = permit_of(current_app.view_functions.get(request.endpoint or ""))
    return permit is not None and permit.watching


def _door() -> Response | BaseResponse | None:
    """Before every view: same origin, size, signed in, nothing pending, and the action permitted."""
    _same_origin()
    if request.endpoint is None:
        return None  # Flask answers 404 or 405
    permit = permit_of(current_app.view_functions[request.endpoint])
    if permit is None:
        raise NotPermitted(_("This page does not say who may use it, so nobody may."), endpoint=request.endpoint)
    _limit_size(permit)
    if request.endpoint in STATELESS or permit.machine:
        return None
    _bind_csrf()
    if not permit.action:
        return None
    if current_user.signed_in is None:
        return _to_sign_in()
    pending = current_user.signed_in.pending
    if pending and pending not in permit.pending:
        wanted = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
        return redirect(url_for(PENDING[pending], next=safe_next(wanted)))
    must(current_user.actor, permit.action)
    return None


# where somebody is sent who has to do something first
PENDING = {
    sessions.SECOND_FACTOR: "signin.second_factor",
    sessions.SET_UP_FACTOR: "account.set_up_factor",
    sessions.NEW_PASSWORD: "account.password",
}


def _same_origin() -> None:
    """Refuse unsafe requests that a browser says come from elsewhere; the CSRF token is the second lock."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", "")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != request.host):
        raise NotPermitted(_("The request came from another site and was refused. Go back and use our own page."))


def _limit_size(permit: Permit) -> None:
    if permit.machine:
        request.max_content_length = permit.largest
    elif permit.uploads:
        request.max_content_length = house().settings.upload_limit
    elif request.method not in SAFE_METHODS:
        # Flask's own limits do not cover urlencoded fields, so the whole body is held short.
        request.max_content_length = _FORM_BYTES


def _bind_csrf() -> None:
    """Bind the CSRF token to our session: a token of another session, or from before the sign-in, is worthless."""
    if current_user.signed_in is None:
        return
    bound = house().home.vault.mac("csrf", current_user.signed_in.mark.encode()).hex()
    if session.get("csrf_token") != bound:
        session["csrf_token"] = bound


def _to_sign_in() -> Response | BaseResponse:
    if current_user.ended is not None:
        flash(str(_ended_sentence(current_user.ended)))
    wanted = request.full_path.rstrip("?") if request.method in SAFE_METHODS else _page_before()
    ref = kept.keep_sent(request.cookies.get(cookie_name(), ""), None)
    if ref is not None:
        flash(str(_("What you sent is kept for you. Sign in, and it goes on from there.")))
        wanted = url_for("kept.page", ref=ref)
    target = url_for("signin.page", next=safe_next(wanted))
    if request.headers.get("HX-Request"):
        return Response("", 401, {"HX-Redirect": target})
    response = redirect(target)
    drop_cookie(response)
    return response


def _ended_sentence(ended: Ended) -> Text:
    if ended.reason == sessions.NEW_SIGN_IN:
        return _(
            "Your account signed in somewhere else at %(at)s, so this session ended. If that was not you, tell your"
            " security administrator at once.",
            at=f"{ended.at.astimezone(OFFICE_ZONE):%H:%M}",
        )
    return ENDED.get(ended.reason, _("You signed out. Sign in again."))


def _page_before() -> str:
    parts = urlsplit(request.headers.get("Referer", ""))
    return parts.path if parts.netloc == request.host else ""


def safe_next(target: str | None) -> str | None:
    """`target` when it is a path of this application, else None (T15: no other host, no tricks with slashes)."""
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\") or len(target) > 500:
        return None
    if any(ord(sign) < 33 or sign in "\\%" for sign in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
