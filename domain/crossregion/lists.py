"""What the pages of verification across regions show: what goes out, what came in, what waits for us, one request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select

from domain import rules
from domain.cases import NEW, OPEN, Case
from domain.crossregion import confirming, items, sides
from domain.errors import NotFound
from domain.identity import mask
from domain.parties import households
from domain.parties.accounts import Account
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.parties.permission_rules.crossregion import ASSISTING, PASSING, STARTER
from domain.policy_catalogue import Jurisdiction
from domain.text import gettext as _
from domain.verification import commissions
from domain.verification.assist_rows import (
    EXPIRED,
    ON_ITS_WAY,
    RUNNING,
    AssistItem,
    AssistRequest,
    AssistStep,
)
from domain.work import Work

OUT, IN, WAITING = "out", "in", "waiting"


@dataclass(frozen=True, slots=True)
class Row:
    """A request in a list. other: name of the office on the other side, "" beyond the province. due_at: the earliest
    limit of what is open; owed: how many items expired without a reason."""

    ref: str
    number: str
    other: str
    other_en: str
    place: str
    kind: str
    reach: str
    state: str
    opened_at: datetime
    received_at: datetime | None
    items: int
    open: int
    owed: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody asked about. name in clear (S3), idno masked."""

    ref: str
    name: str = field(repr=False)
    idno: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item with what was fed back: by ref of the person ("FOUND" | "NOT_FOUND", value)."""

    row: AssistItem
    reason: str = field(repr=False)
    late: bool = False
    results: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A message: who said what, when, in which words."""

    kind: str
    office: str
    office_en: str
    by: str
    at: datetime
    note: str = field(repr=False)
    category: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One request as one of its sides sees it. turn: the office whose turn it is on its way."""

    row: AssistRequest
    case: Case | None
    starter: Organisation
    assist: Organisation | None
    people: Sequence[PersonView]
    items: Sequence[ItemView]
    steps: Sequence[tuple[AssistStep, Organisation]]
    said: Sequence[Said]
    relations: frozenset[str]
    turn: Organisation | None
    mine: bool
    asked_agreement: bool


def listed(work: Work, show: str, *, after: str = "", most: int) -> list[Row]:
    """Requests of one list, the newest first, from behind the one with the ref `after`. Two statements.

    Uses ix_assist_request_starter, ix_assist_request_assist or ix_assist_step_waiting.
    """
    wanted = _wanted(work, show).order_by(AssistRequest.id.desc()).limit(most)
    if after:
        last = select(AssistRequest.id).where(AssistRequest.ref == after).scalar_subquery()
        wanted = wanted.where(AssistRequest.id < last)
    found = work.session.execute(wanted).all()
    tallies = _tallies(work, [request.id for request, _office in found])
    return [_row(request, office, tallies) for request, office in found]


def counted(work: Work) -> dict[str, int]:
    """How many requests stand in each list. Three statements."""
    return {
        show: work.session.scalar(select(func.count()).select_from(_wanted(work, show).subquery())) or 0
        for show in (OUT, IN, WAITING)
    }


def page(work: Work, ref: str) -> Page:
    """One request, for one of its sides. Raises NotFound."""
    request = sides.by_ref(work, ref)
    held = sides.relations(work, request)
    step = confirming.waiting(work, request)
    sided = select(Organisation).where(Organisation.id.in_(_keys(work, request)))
    offices = {one.id: one for one in work.session.scalars(sided)}
    case = work.session.get(Case, request.case_id) if request.case_id is not None and STARTER in held else None
    return Page(
        request, case, offices[request.starter_id], offices.get(request.assist_id or 0), _people(work, request),
        [_item(work, request, one) for one in sides.items_of(work, request)],
        [(one, offices[one.org_id]) for one in sides.steps_of(work, request)], _said(work, request, offices),
        held, offices[step.org_id] if step is not None else None,
        step is not None and step.org_id == work.actor.org_id, items.asked_agreement(work, request) is not None,
    )  # fmt: skip


def case_to_ask(work: Work, number: str) -> Case:
    """The open case of a new applicant with this number, of the own agency. Raises NotFound. Uses uq_cases_number."""
    found = work.session.scalars(
        select(Case).where(
            Case.number == number.strip(), Case.agency_id == work.actor.org_id, Case.kind == NEW, Case.state == OPEN,
            Case.commissioned_at.is_not(None),
        )
    ).first()  # fmt: skip
    if found is None:
        raise NotFound(_("Your agency has no open case of a new applicant with this number."))
    return found


def askable(work: Work, case: Case) -> list[tuple[Person, str]]:
    """Whom the letter names and whose authorisation holds, with their names."""
    letter = commissions.accepted(work, case)
    if not letter:
        return []
    home = households.by_id(work, case.household_id)
    return [(one, households.name_of(work, one)) for one in commissions.askable(work, case, letter[0], home)]


def places(work: Work) -> list[Jurisdiction]:
    """Places that may be asked: every one that the rules know, but the nation and the actor's own."""
    own = work.session.get_one(Organisation, work.actor.org_id).jurisdiction if work.actor.org_id else ""
    known = rules.current(work).jurisdictions.values()
    return [one for one in known if one.level in ("city", "county", "province") and one.id != own]


def _wanted(work: Work, show: str) -> Select[AssistRequest, Organisation]:
    me = work.actor.org_id
    if show == OUT:
        other = select(AssistRequest, Organisation).outerjoin(Organisation, Organisation.id == AssistRequest.assist_id)
        return other.where(AssistRequest.starter_id == me)
    mine = select(AssistRequest, Organisation).join(Organisation, Organisation.id == AssistRequest.starter_id)
    if show == IN:
        return mine.where(AssistRequest.assist_id == me, AssistRequest.received_at.is_not(None))
    earlier = select(func.min(AssistStep.position)).where(
        AssistStep.request_id == AssistRequest.id, AssistStep.outcome.is_(None)
    )
    turn = exists().where(
        AssistStep.request_id == AssistRequest.id, AssistStep.org_id == me, AssistStep.outcome.is_(None),
        AssistStep.position == earlier.correlate(AssistRequest).scalar_subquery(),
    )  # fmt: skip
    return mine.where(AssistRequest.state == ON_ITS_WAY, turn)


def _tallies(work: Work, keys: Sequence[int]) -> dict[int, tuple[int, int, int, datetime | None]]:
    running = AssistItem.state.in_(RUNNING)
    rows = work.session.execute(
        select(
            AssistItem.request_id, func.count(), func.count().filter(running),
            func.count().filter(AssistItem.state == EXPIRED, AssistItem.reason.is_(None)),
            func.min(AssistItem.due_at).filter(running),
        )
        .where(AssistItem.request_id.in_(keys))
        .group_by(AssistItem.request_id)
    )  # fmt: skip
    return {key: (whole, open_ones, owed, due) for key, whole, open_ones, owed, due in rows}


def _row(
    one: AssistRequest, office: Organisation | None, tallies: dict[int, tuple[int, int, int, datetime | None]]
) -> Row:
    whole, open_ones, owed, due = tallies.get(one.id, (0, 0, 0, None))
    return Row(
        one.ref, one.number, office.name if office else "", office.name_en if office else "", one.place, one.kind,
        one.reach, one.state, one.opened_at, one.received_at, whole, open_ones, owed, due,
    )  # fmt: skip


def _keys(work: Work, request: AssistRequest) -> set[int]:
    found = {request.starter_id, *(one.org_id for one in sides.steps_of(work, request))}
    found |= {one.from_id for one in sides.messages_of(work, request) if one.from_id is not None}
    return found | ({request.assist_id} if request.assist_id is not None else set())


def _people(work: Work, request: AssistRequest) -> list[PersonView]:
    vault = work.home.vault
    return [
        PersonView(
            one.ref, vault.open("assist_person.name", one.ref, one.name),
            mask(vault.open("assist_person.idno", one.ref, one.idno)),
        )
        for one in sides.people_of(work, request)
    ]  # fmt: skip


def _item(work: Work, request: AssistRequest, one: AssistItem) -> ItemView:
    names = {person.id: person.ref for person in sides.people_of(work, request)}
    told = {names[row.person_id]: (row.state, items.value_of(work, row)) for row in items.results_of(work, one)}
    late = one.state == "OPEN" and one.due_at is not None and one.due_at < work.now
    return ItemView(one, items.reason_of(work, one), late, told)


def _said(work: Work, request: AssistRequest, offices: dict[int, Organisation]) -> list[Said]:
    lines = sides.messages_of(work, request)
    keys = {one.by_id for one in lines if one.by_id is not None}
    people = {one.id: one.name for one in work.session.scalars(select(Account).where(Account.id.in_(keys)))}
    named = {one.id: one.category for one in sides.items_of(work, request)}
    made = []
    for one in lines:
        office = offices.get(one.from_id or 0)
        made.append(
            Said(
                one.kind, office.name if office else "", office.name_en if office else "",
                people.get(one.by_id or 0, ""), one.at, sides.note_of(work, one), named.get(one.item_id or 0, ""),
            )
        )  # fmt: skip
    return made


__all__ = ["ASSISTING", "IN", "OUT", "PASSING", "STARTER", "WAITING", "Page", "Row", "listed", "page"]
