"""Is the service well, and where does it begin."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response as BaseResponse

from domain import durability
from domain.clock import machine_now
from domain.home import Heartbeat
from domain.logs import Event
from domain.version import VERSION
from webapp.auth import PENDING, house
from webapp.navigation import landing
from webapp.permits import public

blueprint = Blueprint("health", __name__)
log = logging.getLogger(__name__)
WORKER_LATE = 90.0  # seconds without a heartbeat after which a worker counts as late


@blueprint.get("/healthz")
@public
def healthz() -> tuple[Response, int]:
    """For watchers: database, the youngest worker heartbeat in seconds, version.

    503 without a database, and where its tables are not those of this program.
    """
    tables = "unknown"
    try:
        with house().home.sessions() as session:
            last = session.scalar(select(func.max(Heartbeat.seen_at)).where(Heartbeat.kind == "worker"))
            tables = durability.tables(session)
    except DBAPIError:
        log.exception(Event("healthz.failed"))
        return jsonify(status="failed", database="away", worker=None, version=VERSION), 503
    age = None if last is None else round((machine_now() - last).total_seconds(), 1)
    state = "absent" if age is None else "late" if age > WORKER_LATE else "ok"
    other = tables == durability.OTHER
    told = jsonify(status="failed" if other else "ok", database="ok", tables=tables,
                   worker={"state": state, "age_s": age}, version=VERSION)  # fmt: skip
    return told, 503 if other else 200


@blueprint.get("/")
@public
def start() -> BaseResponse:
    """To the person's first page, or to the sign-in."""
    me = current_user.signed_in
    if me is None:
        return redirect(url_for("signin.page"))
    return redirect(url_for(PENDING[me.pending]) if me.pending else landing())


@blueprint.get("/browser")
@public
def browser() -> str:
    """What to do with a browser that is too old."""
    return render_template("browser.html")
