"""One line a request: what was asked for by its pattern, never by its address; who asked; how it ended; how long."""

from __future__ import annotations

import logging

from flask import Flask, Response, current_app, g, request

from domain import logs
from domain.base import new_ref
from domain.clock import ticks
from domain.logs import Event
from domain.request_times import Counted

log = logging.getLogger("web")
BEGAN = "hedui.began"  # WSGI environment: monotonic seconds
HEADER = "X-Request-Id"
COUNTED = "request_times"  # among the application's extensions: how long it took so far
# asked for by browsers and watchers all day long; what fails of it is shown all the same
OFTEN = frozenset({"static", "health.healthz"})


def new_request_id() -> str:
    """A short id that nobody guesses or sends: on error pages, in the journal, in the log and in a header."""
    return new_ref()[-12:].upper()


def init(app: Flask) -> None:
    """Log and count what every request came to. Must be installed first, so that it is the last to see the answer."""
    app.extensions[COUNTED] = Counted()
    app.after_request(_done)


def _done(response: Response) -> Response:
    asked = str(logs.here().get("request", ""))
    if asked:
        response.headers[HEADER] = asked
    ms = (ticks() - request.environ.get(BEGAN, ticks())) * 1000
    response.headers["Server-Timing"] = f"app;dur={ms:.1f}"
    _count(ms)
    often = request.endpoint in OFTEN and response.status_code < 400
    # whoever nobody asked for stays unknown: a line must not cost a query
    signed_in = getattr(g.get("_login_user"), "signed_in", None)
    log.log(
        logging.DEBUG if often else logging.INFO,
        Event(
            "request.done",
            method=request.method,
            route=request.url_rule.rule if request.url_rule is not None else "-",
            status=response.status_code,
            ms=round(ms),
            account=signed_in.account_ref if signed_in is not None else "-",
        ),
    )
    return response


def _count(ms: float) -> None:
    """Beside the line of the log, for the operations page: by its pattern as well, and in memory alone."""
    rule = request.url_rule
    if rule is not None and request.endpoint not in OFTEN:
        counted: Counted = current_app.extensions[COUNTED]
        counted.note(f"{request.method} {rule.rule}", ms)
