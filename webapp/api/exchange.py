"""Packages of other services over HTTP: `/api/exchange/v1` (LN-31, BX-31; docs/exchange.md).

Nobody is signed in here. Who speaks is known by the signature of a registered device; without one nothing is kept. The
address alone is counted, so that strangers cannot keep the service busy.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from domain.logs import Event
from domain.parties import throttle
from domain.wire import kinds, refusals
from domain.wire.refusals import Refused
from domain.wire.rows import HTTP
from domain.work import Actor
from exchange import packages, receiving
from exchange.suites import SUITES
from webapp.acting import acting
from webapp.auth import request_id
from webapp.permits import machines

blueprint = Blueprint("exchange_api", __name__, url_prefix="/api/exchange/v1")
log = logging.getLogger(__name__)
A_MINUTE = 600  # packages of one address
STATUS: Mapping[str, int] = {
    refusals.TOO_LARGE: 413, refusals.NOT_A_PACKAGE: 400, refusals.OTHER_RECIPIENT: 403,
    refusals.UNKNOWN_SENDER: 403, refusals.UNKNOWN_DEVICE: 403, refusals.DEVICE_NOT_VALID: 403,
    refusals.REUSED_REFERENCE: 409, refusals.BUSY: 429,
}  # fmt: skip
_OTHERWISE = 422


@blueprint.get("")
@machines(0)
def about() -> Response:
    """Which version, suites and kinds this service takes, and how large a package may be."""
    return jsonify(schema=packages.SCHEMA, suites=list(SUITES), kinds=list(kinds.KINDS), largest=packages.LARGEST)


@blueprint.post("/packages")
@machines(packages.LARGEST)
def take() -> Response:
    """Take one package in: the signed receipt, or a refusal's code and sentence as JSON."""
    try:
        _not_too_often()
        with acting(_speaker()) as work:
            taken = receiving.take_in(work, _sent(), HTTP)
    except Refused as refused:
        log.info(Event("exchange.refused", code=refused.code, place=refused.place))
        answer = jsonify(code=refused.code, sentence=refused.message, place=refused.place)
        answer.status_code = STATUS.get(refused.code, _OTHERWISE)
        return answer
    log.info(Event("exchange.taken", kind=taken.kind, package=taken.ref, repeated=taken.repeated))
    return Response(taken.receipt, 200, content_type=packages.MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def _sent() -> bytes:
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as problem:
        raise Refused(refusals.TOO_LARGE) from problem


def _not_too_often() -> None:
    """Counted in a transaction of its own, so that a refused package counts too. Raises Refused (BUSY)."""
    with acting(_speaker()) as work:
        again = throttle.take(work.session, f"exchange:{request.remote_addr}", A_MINUTE, timedelta(minutes=1))
    if again is not None:
        raise Refused(refusals.BUSY)


def _speaker() -> Actor:
    return Actor(kind="service", ref="exchange", request_id=request_id())
