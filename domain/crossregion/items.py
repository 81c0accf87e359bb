"""The items of a request, each by itself: answered, not obtained, expired and locked, agreed (LN-03, LN-26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import select

from domain import journal
from domain.base import new_ref
from domain.crossregion import sides
from domain.errors import Conflict, InvalidAnswers
from domain.parties.permission_rules.crossregion import ASSISTING, STARTER
from domain.text import gettext as _
from domain.verification.assist_rows import (
    AGREED,
    AGREEMENT_ASKED,
    ANSWER,
    ANSWERED,
    DONE,
    EXPIRED,
    FOUND,
    NOT_FOUND,
    NOT_OBTAINED,
    OPEN,
    OVER,
    REASON,
    RUNNING,
    SENT,
    AssistItem,
    AssistMessage,
    AssistRequest,
    AssistResult,
)
from domain.work import Work

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about a person. person: ref of the `AssistPerson`. value: {"amount", "count", "text"} (S3)."""

    person: str
    found: bool
    value: Mapping[str, str] = field(default_factory=dict, repr=False)


def answer(work: Work, item: AssistItem, findings: Sequence[Finding]) -> None:
    """Feed back what was found about everybody asked about; no report is written here (LN-14).

    Raises:
        NotPermitted: not of the agency that assists. Conflict: the request is over (LN-27) or the item is; the limit is
            past and nothing was agreed (LN-26). InvalidAnswers: somebody is left out, or found without anything said.
    """
    request = _request(work, item)
    sides.must(work, request, "assist.answer", ASSISTING)
    must_be_open(work, request, item)
    asked = {one.ref: one for one in sides.people_of(work, request)}
    _must_be_whole(findings, asked)
    for one in findings:
        ref = new_ref()
        value = {name: text.strip() for name, text in one.value.items() if text.strip()}
        work.session.add(
            AssistResult(
                ref=ref, item_id=item.id, person_id=asked[one.person].id, state=FOUND if one.found else NOT_FOUND,
                value=work.home.vault.seal_json("assist_result.value", ref, value),
                answered_by=work.actor.person(), answered_at=work.now,
            )
        )  # fmt: skip
    work.session.flush()
    item.state, item.answered_at = ANSWERED, work.now
    work.session.flush()
    sides.say(work, request, ANSWER, item=item)
    settle(work, request)


def give_up(work: Work, item: AssistItem, reason: str) -> None:
    """Nothing can be brought; the reason goes to the starter. Raises as `answer`, InvalidAnswers without a reason."""
    request = _request(work, item)
    sides.must(work, request, "assist.answer", ASSISTING)
    must_be_open(work, request, item)
    item.reason = _reason(work, item, reason)
    item.state = NOT_OBTAINED
    work.session.flush()
    sides.say(work, request, REASON, item=item, note=reason.strip())
    settle(work, request)


def expire(work: Work, item: AssistItem) -> bool:
    """The limit of an item is past: locked, where the rules say so and nothing else was agreed. True when it was.

    Items of recipients never lock (LN-23); they are late and stay open.
    """
    request = _request(work, item)
    if item.state != OPEN or item.due_at is None or item.due_at > work.now:
        return False
    if request.special or not item.locks:
        journal.record(work, "assist.late", item.ref, {"request": request.ref})
        return False
    item.state = EXPIRED
    work.session.flush()
    journal.record(work, "assist.expired", item.ref, {"request": request.ref})
    return True


def explain(work: Work, item: AssistItem, reason: str) -> None:
    """Tell the starter why nothing came before the limit; owed for every item that expired (LN-26).

    Raises NotPermitted, Conflict: it did not expire, or was explained. InvalidAnswers without a reason.
    """
    request = _request(work, item)
    sides.must(work, request, "assist.answer", ASSISTING)
    if item.state != EXPIRED or item.reason is not None:
        raise Conflict(_("No reason is owed for this item."), clause="LN-26")
    item.reason = _reason(work, item, reason)
    work.session.flush()
    sides.say(work, request, REASON, item=item, note=reason.strip())
    settle(work, request)


def ask_agreement(work: Work, request: AssistRequest, note: str) -> None:
    """The starter asks that answers be taken after the limit all the same (LN-26). Raises NotPermitted, Conflict."""
    sides.must(work, request, "assist.start", STARTER)
    if request.state not in (SENT, DONE) or request.special or asked_agreement(work, request) is not None:
        raise Conflict(_("An agreement was asked for already, or there is nothing left to agree on."), clause="LN-26")
    sides.say(work, request, AGREEMENT_ASKED, note=_words(note))


def agree(work: Work, request: AssistRequest, note: str) -> None:
    """The other side agrees: what expired is open again, and nothing of this request locks from here on (LN-26).

    Raises NotPermitted: not who leads the agency that assists. Conflict: nobody asked. InvalidAnswers: no words.
    """
    sides.must(work, request, "assist.agree", ASSISTING)
    asked = asked_agreement(work, request)
    if asked is None or request.special or request.state not in (SENT, DONE):
        raise Conflict(_("The starter asked for no agreement."), clause="LN-26")
    said = _words(note)
    request.special, request.special_asked_by, request.special_by = True, asked.by_id, work.actor.person()
    request.state, request.closed_at = SENT, None
    work.session.flush()
    for item in sides.items_of(work, request):
        if item.state == EXPIRED:
            item.state = OPEN
    work.session.flush()
    sides.say(work, request, AGREED, note=said)


def asked_agreement(work: Work, request: AssistRequest) -> AssistMessage | None:
    """The starter's word that asks for an agreement, None before it."""
    return next((one for one in sides.messages_of(work, request) if one.kind == AGREEMENT_ASKED), None)


def must_be_open(work: Work, request: AssistRequest, item: AssistItem) -> None:
    """Raise Conflict unless something may be fed back for this item now (LN-26, LN-27)."""
    if request.state != SENT:
        raise Conflict(_("This request is over; nothing is fed back to it any more."), clause="LN-27")
    late = item.due_at is not None and item.due_at < work.now
    if item.state == EXPIRED or (item.state == OPEN and late and item.locks and not request.special):
        raise Conflict(
            _("The limit of this item is past. Nothing is fed back after it, except where it was specially agreed;"
              " tell the starter the reason (LN-26)."),
            clause="LN-26",
        )  # fmt: skip
    if item.state != OPEN:
        raise Conflict(_("This item is not open: it waits for its window, or is finished."), clause="LN-13")


def settle(work: Work, request: AssistRequest) -> None:
    """A request is done once every item is finished and every reason that is owed was given."""
    open_ones = [
        one for one in sides.items_of(work, request)
        if one.state in RUNNING or (one.state == EXPIRED and one.reason is None)
    ]  # fmt: skip
    if request.state == SENT and not open_ones:
        request.state, request.closed_at = DONE, work.now
        work.session.flush()


def results_of(work: Work, item: AssistItem) -> Sequence[AssistResult]:
    """What was fed back for an item. Uses uq_assist_result_item_id_person_id."""
    return work.session.scalars(select(AssistResult).where(AssistResult.item_id == item.id)).all()


def value_of(work: Work, result: AssistResult) -> dict[str, Any]:
    """What a result says (S3)."""
    return cast(dict[str, Any], work.home.vault.open_json("assist_result.value", result.ref, result.value))


def reason_of(work: Work, item: AssistItem) -> str:
    """Why nothing came (S3), "" where nothing was said."""
    return work.home.vault.open("assist_item.reason", item.ref, item.reason) if item.reason else ""


def is_over(request: AssistRequest) -> bool:
    """True for a request about which nobody does anything any more."""
    return request.state in OVER


def _request(work: Work, item: AssistItem) -> AssistRequest:
    return work.session.get_one(AssistRequest, item.request_id)


def _reason(work: Work, item: AssistItem, reason: str) -> bytes:
    return work.home.vault.seal("assist_item.reason", item.ref, _words(reason))


def _words(text: str) -> str:
    if not text.strip():
        raise InvalidAnswers({"reason": _("Give the reason; the other side reads it.")})
    return text.strip()[:LONGEST]


def _must_be_whole(findings: Sequence[Finding], asked: Mapping[str, object]) -> None:
    faults: dict[str, object] = {}
    if sorted(one.person for one in findings) != sorted(asked):
        faults["findings"] = _("Say of everybody asked about what was found.")
    for one in findings:
        if one.found and not any(text.strip() for text in one.value.values()):
            faults[one.person] = _("Say what was found.")
    if faults:
        raise InvalidAnswers(faults)
