"""Two languages: Chinese is the default; English by `?lang=en`, which a cookie remembers, or by the account."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, format_date, get_locale, get_translations
from flask_login import current_user

from domain.clock import OFFICE_ZONE
from webapp.auth import STATELESS

DEFAULT = "zh_Hans_CN"
LOCALES = {"zh": DEFAULT, "en": "en"}
COOKIE = "hedui-lang"
CATALOGUE, LANGUAGE = "hedui.catalogue", "hedui.language"  # WSGI environment: what this request is answered in


def init(app: Flask) -> None:
    """Install Flask-Babel and the filters for days and instants."""
    app.config.update(BABEL_DEFAULT_LOCALE=DEFAULT, BABEL_DEFAULT_TIMEZONE=str(OFFICE_ZONE))
    Babel(app, locale_selector=_chosen)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of the extension that Flask-Babel adds
        gettext=lambda one: _catalogue().ugettext(one),
        ngettext=lambda one, more, count: _catalogue().ungettext(one, more, count),
        newstyle=True,
    )
    app.after_request(_remember)
    app.add_template_filter(local_day)
    app.add_template_filter(local_time)
    app.add_template_filter(long_day)


def translate(source: str) -> str:
    """The sentence in the language of the request; what `domain.text.bound` is given."""
    if not has_request_context():
        return source
    found: str = _catalogue().ugettext(source)
    return found


def _catalogue() -> Any:
    """The sentences in the language of the request; looked for once, for a page asks for hundreds of them."""
    if not has_request_context():
        return get_translations()
    found = request.environ.get(CATALOGUE)
    if found is None:
        found = request.environ[CATALOGUE] = get_translations()
    return found


def language() -> str:
    """The language of this request, e.g. "zh_Hans_CN"; the default outside one."""
    if not has_request_context():
        return DEFAULT
    found: str | None = request.environ.get(LANGUAGE)
    if found is None:
        found = request.environ[LANGUAGE] = str(get_locale())
    return found


def english() -> bool:
    """True when this request is answered in English."""
    return language() == "en"


def local_day(moment: datetime | date) -> str:
    """The day in the office's zone, e.g. 2027-06-15."""
    return _local(moment).strftime("%Y-%m-%d")


def local_time(moment: datetime) -> str:
    """Day and minute in the office's zone, e.g. 2027-06-15 09:26."""
    return moment.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M")


def long_day(moment: datetime | date) -> str:
    """The day in words, e.g. 2027年6月15日星期二 or Tuesday, June 15, 2027."""
    return str(format_date(_local(moment), "full"))


def _local(moment: datetime | date) -> date:
    return moment.astimezone(OFFICE_ZONE).date() if isinstance(moment, datetime) else moment


def _chosen() -> str:
    for code in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if code in LOCALES:
            return LOCALES[code]
    if request.endpoint in STATELESS:
        return DEFAULT
    signed_in = current_user.signed_in
    return signed_in.locale if signed_in is not None and signed_in.locale in LOCALES.values() else DEFAULT


def _remember(response: Response) -> Response:
    code = request.args.get("lang")
    if code in LOCALES and request.cookies.get(COOKIE) != code:
        response.set_cookie(COOKIE, code, max_age=365 * 86400, samesite="Lax", httponly=True, path="/")
    return response
