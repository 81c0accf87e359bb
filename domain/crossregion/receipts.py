"""A request arrives: the receipt is given at once, and from here its clocks run (LN-04, LN-12, LN-13, LN-23, LN-38)."""

from __future__ import annotations

from datetime import date, datetime

from domain import agenda, rules
from domain.cases import Case
from domain.clock import office_day, office_instant
from domain.crossregion import sides
from domain.policy_keys.regions import CROSS_PROVINCE_LIMIT, CROSS_REGION_LIMIT, CROSS_REGION_LOCK_ON_EXPIRY
from domain.rules import NO_LIMIT, Due
from domain.verification import catalogue_quotas, catalogue_use
from domain.verification.assist_rows import (
    CONFIRMED,
    CROSS_PROV,
    INTRA_PROV,
    OPEN,
    QUEUED,
    RECEIPT,
    SENT,
    AssistItem,
    AssistRequest,
)
from domain.verification.catalogue_rows import Resource
from domain.verification.catalogue_use import Standing
from domain.work import SCHEDULER, Work
from domain.workdays import Derivation

OPEN_DUTY, EXPIRE_DUTY = "assist.open", "assist.expire"


def arrive(work: Work, request: AssistRequest) -> None:
    """The request reaches the agency that assists, whether or not anybody there opens it (LN-04).

    Beyond the province it waits for the ministry's platform (LN-11). Raises Conflict: a quota is used up (LN-35).
    """
    if request.assist_id is None:
        request.state = CONFIRMED
        work.session.flush()
        return
    request.state, request.received_at = SENT, work.now
    work.session.flush()
    people = len(sides.people_of(work, request))
    for item in sides.items_of(work, request):
        _begin(work, request, item, people)
    work.session.flush()
    sides.say(work.acting(SCHEDULER), request, RECEIPT, office=request.assist_id)


def open_waiting(work: Work, item: AssistItem) -> None:
    """The window of an item that waited has come; nothing happens to one that is over."""
    if item.state == QUEUED:
        item.state = OPEN
        work.session.flush()


def opens_on(work: Work, item: AssistItem) -> date:
    """The first day from today on which the other side takes an item (LN-13)."""
    found = _standing(work, item)
    return found.opens(work.today) if found is not None else work.today


def _standing(work: Work, item: AssistItem) -> Standing | None:
    if item.resource_id is None:
        return None
    return catalogue_use.standing(work, work.session.get_one(Resource, item.resource_id))


def _begin(work: Work, request: AssistRequest, item: AssistItem, people: int) -> None:
    known = _standing(work, item)
    day = work.today
    if known is not None:
        day = catalogue_quotas.spend(work, known.resource, request.starter_id, people, known.opens)
    waits = day > work.today
    start = office_instant(day, 0) if waits else work.now
    found, item.locks = _due(work, request, known, start), _locks(work, request)
    item.state, item.opens_at = (QUEUED, start) if waits else (OPEN, None)
    item.due, item.due_at = found.derivation, found.at
    if waits:
        agenda.put(work, OPEN_DUTY, f"{OPEN_DUTY}:{item.ref}", start, subject=item.ref)
    if found.at is not None:
        agenda.put(work, EXPIRE_DUTY, f"{EXPIRE_DUTY}:{item.ref}", found.at, subject=item.ref)


def _due(work: Work, request: AssistRequest, known: Standing | None, start: datetime) -> Due:
    """For a new application the norm's limit, beyond the province the ministry's (LN-38); else that of the item."""
    if request.case_id is not None:
        case = work.session.get_one(Case, request.case_id)
        key = CROSS_PROVINCE_LIMIT if request.reach == CROSS_PROV else CROSS_REGION_LIMIT
        if rules.of_case(work, case).holds(key):
            found = rules.due(work, case, key.name, start)
            if found.at is not None:
                return found
    return _limit_of_item(work, known, start)


def _limit_of_item(work: Work, known: Standing | None, start: datetime) -> Due:
    limit = known.version.limit if known is not None and known.version is not None else None
    if known is None or limit is None:
        return NO_LIMIT
    calendar = rules.current(work).calendar
    made = Derivation(office_day(start), limit, calendar.version, "LN-23")
    due = {**made.to_json(), "key": known.resource.limit_key, "kind": rules.INTERNAL}
    return Due(made.due(calendar), due, rules.INTERNAL, "LN-23")


def _locks(work: Work, request: AssistRequest) -> bool:
    if request.case_id is None or request.reach != INTRA_PROV:
        return False
    case = work.session.get_one(Case, request.case_id)
    return bool(rules.of_case(work, case).value(CROSS_REGION_LOCK_ON_EXPIRY).get(request.kind, False))
