"""The application: everything is put together here, in the order a request passes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from domain import logs
from domain.clock import ticks
from domain.home import open_home
from domain.parties.passwords import Passwords
from domain.settings import LOOPBACK_NAMES, Settings
from domain.text import bound
from webapp import access_log, addresses, auth, errors, headers, i18n, page
from webapp.api import exchange as exchange_api
from webapp.auth import House
from webapp.database import connect, db
from webapp.permits import check_routes, public
from webapp.templating import Environment
from webapp.views import blueprints

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LOCAL_HOSTS = (*sorted(LOOPBACK_NAMES), "127.0.0.1", "[::1]")


class Hedui(Flask):
    """Flask that reads every sentence in the language of the request, and names the request in every log line."""

    jinja_environment = Environment

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = access_log.new_request_id()
        environ[access_log.BEGAN] = ticks()
        with bound(i18n.translate), logs.about(request=asked):
            return super().wsgi_app(environ, start_response)


def create_app(
    settings: Settings, *, passwords: Passwords | None = None, more: Sequence[Blueprint | Callable[[], Blueprint]] = ()
) -> Flask:
    """The application of one home.

    passwords: a hasher with other costs. more: blueprints beside those of `webapp.views`.
    Raises UndeclaredRoute when a route does not say who may use it; KeysMissing without keys.
    """
    app = Hedui("webapp")
    _configure(app, settings)
    connect(app, settings)
    with app.app_context():
        home = open_home(settings, engine=db.engine)
    app.extensions["house"] = House(home, passwords if passwords is not None else Passwords())
    app.secret_key = home.vault.purpose_key("web")
    access_log.init(app)
    i18n.init(app)
    addresses.init(app)
    auth.init(app)
    tokens = CSRFProtect(app)
    tokens.exempt(exchange_api.blueprint)  # signed by a device instead, and no cookie is read
    headers.init(app)
    errors.init(app)
    page.init(app)
    public(app.view_functions["static"])
    for blueprint in (*blueprints(), exchange_api.blueprint, *more):
        app.register_blueprint(blueprint if isinstance(blueprint, Blueprint) else blueprint())
    check_routes(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    proxies = settings.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]
    app.config.update(
        MAX_CONTENT_LENGTH=settings.upload_limit,
        MAX_FORM_MEMORY_SIZE=500_000,
        MAX_FORM_PARTS=1_000,
        TRUSTED_HOSTS=[*settings.hosts, *_LOCAL_HOSTS],
        # Flask's own cookie holds notices for the next page and a visitor's CSRF seed, nothing else.
        SESSION_COOKIE_NAME="__Host-hedui-visit" if settings.https else "hedui-visit",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_SAMESITE="Lax",
        # the token is bound to the session and ends with it
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=86_400,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
