"""A request is ended by its starter alone, at any time; the other side can only suggest it (DOC-31, LN-27)."""

from __future__ import annotations

from domain import agenda, journal
from domain.crossregion import sides
from domain.crossregion.receipts import EXPIRE_DUTY, OPEN_DUTY
from domain.errors import Conflict, InvalidAnswers
from domain.parties.permission_rules.crossregion import ASSISTING, STARTER
from domain.text import gettext as _
from domain.verification.assist_rows import (
    CANCELLED,
    DRAFT,
    EXPIRED,
    OVER,
    RUNNING,
    SENT,
    SUGGESTION,
    TERMINATED,
    TERMINATION,
    AssistRequest,
)
from domain.work import Work


def terminate(work: Work, request: AssistRequest, reason: str) -> int:
    """End a request: what is open is cancelled, what came stays. Returns how many items were cancelled.

    Raises NotPermitted: any office but the starter. Conflict: it is over. InvalidAnswers without a reason.
    """
    sides.must(work, request, "assist.terminate", STARTER)
    _must_run(request)
    said = _words(reason)
    stopped = [
        item for item in sides.items_of(work, request)
        if item.state in (*RUNNING, DRAFT) or (item.state == EXPIRED and item.reason is None and request.special)
    ]  # fmt: skip
    for item in stopped:
        item.state = CANCELLED
        for duty in (OPEN_DUTY, EXPIRE_DUTY):
            agenda.drop(work, f"{duty}:{item.ref}")
    request.state, request.closed_at = TERMINATED, work.now
    work.session.flush()
    sides.say(work, request, TERMINATION, note=said)
    journal.record(work, "assist.terminated", request.ref, {"items": len(stopped)})
    return len(stopped)


def suggest(work: Work, request: AssistRequest, reason: str) -> None:
    """The other side suggests to end it; nothing changes by that. Raises NotPermitted, Conflict, InvalidAnswers."""
    sides.must(work, request, "assist.suggest", ASSISTING)
    if request.state != SENT:
        raise Conflict(_("This request is over."), clause="LN-27")
    sides.say(work, request, SUGGESTION, note=_words(reason))


def _must_run(request: AssistRequest) -> None:
    if request.state in OVER:
        raise Conflict(_("This request is over."), clause="LN-27")


def _words(text: str) -> str:
    if not text.strip():
        raise InvalidAnswers({"reason": _("Give the reason; the other side reads it.")})
    return text.strip()[:1000]
