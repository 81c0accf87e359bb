"""Refusals and faults as pages: a sentence, the event's id, and a way on. Statuses live here alone."""

from __future__ import annotations

import logging

from flask import Flask, current_app, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from domain.blobs import TooLarge
from domain.errors import (
    Conflict,
    DefinitionRefused,
    HouseError,
    InvalidAnswers,
    NotFound,
    NotPermitted,
    OperationFailed,
    Stale,
)
from domain.home import HomeMissing
from domain.logs import Event, failure
from domain.parties.passwords import Busy
from domain.parties.throttle import Throttled
from domain.text import Text
from domain.text import gettext as _
from webapp import kept
from webapp.auth import cookie_name, request_id
from webapp.checking import TooMany

log = logging.getLogger(__name__)

STATUS: dict[type[HouseError], int] = {
    NotFound: 404,
    NotPermitted: 403,
    Stale: 409,
    Conflict: 409,
    InvalidAnswers: 422,
    DefinitionRefused: 422,
    TooLarge: 413,
    Throttled: 429,
    Busy: 429,
    TooMany: 429,
    OperationFailed: 500,
    HomeMissing: 503,
}

TITLES: dict[int, Text] = {
    400: _("The request was not understood"),
    403: _("You cannot do this"),
    404: _("There is no such page"),
    405: _("The request was not understood"),
    409: _("This cannot be done now"),
    413: _("That is too large"),
    422: _("Some answers need another look"),
    429: _("Please wait a moment"),
    500: _("Something went wrong here"),
    503: _("The service is not available"),
}

SENTENCES: dict[int, Text] = {
    400: _("The browser sent something this page does not take. Go back, reload the page and try again."),
    404: _("The address leads nowhere, or to something that is not for you. Start again from your tasks."),
    405: _("The browser sent something this page does not take. Go back, reload the page and try again."),
    413: _("What was sent is larger than this page takes. Send less, or split the file."),
    500: _("Nothing was saved. Try once more; if it happens again, give the number below to your administrator."),
    503: _("The database does not answer. What you entered is still in your browser: wait a minute and send again."),
}


def status_of(error: HouseError) -> int:
    """The status of a refusal: that of the nearest class in the table, else 500."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def init(app: Flask) -> None:
    """Install the pages."""
    app.register_error_handler(HouseError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(OverflowError, _too_large)
    app.register_error_handler(Exception, _unexpected)


def page(status: int, sentence: object, clause: str = "") -> tuple[str, int]:
    """An error page. It asks the database nothing, since the database may be what failed."""
    return (
        render_template(
            "error.html",
            title=TITLES.get(status, TITLES[500]),
            sentence=sentence,
            clause=clause,
            status=status,
            event=request_id(),
        ),
        status,
    )


def _refused(error: HouseError) -> tuple[str, int]:
    status = status_of(error)
    log.info(Event("request.refused", **{**error.ids, "error": type(error).__name__, "status": status}))
    return page(status, error.message, str(error.ids.get("clause", "")))


def _stale_form(error: CSRFError) -> tuple[str, int] | Response:
    """A page of an earlier session of the same person is kept and offered again; any other is refused."""
    log.info(Event("request.refused", error="CSRFError", status=400))
    signed_in = current_user.signed_in
    ref = kept.keep_sent(request.cookies.get(cookie_name(), ""), signed_in.account_id) if signed_in else None
    if ref is not None:
        return redirect(url_for("kept.page", ref=ref), 303)
    return page(400, _("This form is from an earlier session. Go back, reload the page and send it again."))


def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
    status = error.code or 500
    if status < 400 or isinstance(error, SecurityError):
        return error  # a redirect; or a host that is not ours, to which no address can be written
    return page(status, SENTENCES.get(status, SENTENCES[400] if status < 500 else SENTENCES[500]))


def _database(error: DBAPIError) -> tuple[str, int]:
    _trace(error)
    if isinstance(error, IntegrityError):
        return page(409, _("A rule of the database forbids this, or somebody was faster. Reload and look again."))
    if isinstance(error, DataError):  # a text that no database takes: a NUL in an address or a field
        return page(400, SENTENCES[400])
    return page(503, SENTENCES[503]) if isinstance(error, OperationalError) else page(500, SENTENCES[500])


def _too_large(error: OverflowError) -> tuple[str, int]:
    """A number in an address or a field that no database takes; some drivers say so before they ask it."""
    _trace(error)
    return page(400, SENTENCES[400])


def _unexpected(error: Exception) -> tuple[str, int]:
    _trace(error)
    return page(500, SENTENCES[500])


def _trace(error: Exception) -> None:
    """Log type and place of a fault. Its message may hold personal data, so only tests get to read that."""
    log.error(
        Event("request.failed", endpoint=request.endpoint or "-", **failure(error)),
        exc_info=error if current_app.testing else None,
    )
