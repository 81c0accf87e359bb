"""Open incidents as a list: filtered by process, step, cause and office, page after page, and tried again by filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from domain import journal
from domain.agenda import AgendaItem
from domain.cases import Case
from domain.parties.organisations import Organisation
from domain.parties.permissions import must
from domain.work import Work
from tasks import incidents
from tasks.batches import batches
from tasks.batches.batch_filter import CaseFilter
from tasks.repair import retry_kind
from workflows.decision_words import is_known, said
from workflows.instances import Incident

SIZE = 50
AT_ONCE = 20  # incidents tried again by one act; more are a batch
MOST_INCIDENTS = 100_000


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; "" for everything. office: code of the department or agency of the case."""

    process: str = ""
    step: str = ""
    cause: str = ""
    office: str = ""

    def as_args(self) -> dict[str, str]:
        """What stands in the address."""
        given = {"process": self.process, "step": self.step, "cause": self.cause, "office": self.office}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Row:
    """One incident. number: of its case; again, parked: what becomes of it. why: in words, "" when unknown."""

    ref: str
    number: str
    process: str
    office: str
    step: str
    cause: str
    attempts: int
    since: datetime
    again: datetime | None
    parked: bool
    why: object


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of trying again by filter. count: incidents; batch: ref of the batch they became, "" when done."""

    count: int
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows, oldest first. following: key of the next page, 0 when there is none. total: of the filter."""

    rows: Sequence[Row]
    following: int
    total: int
    choices: Mapping[str, Sequence[str]]


def listed(work: Work, wanted: Filter, after: int = 0) -> Listing:
    """A page of open incidents after a key. Raises NotPermitted. Uses ix_incident_open and ix_agenda_item_subject."""
    must(work.actor, "operations.read")
    where = _where(wanted)
    found = work.session.execute(
        select(Incident, Case.ref, Case.number, Case.process, Organisation.code)
        .join(Case, Case.id == Incident.case_id)
        .join(Organisation, Organisation.id == Case.department_id)
        .where(*where, Incident.id > after)
        .order_by(Incident.id)
        .limit(SIZE + 1)
    ).all()
    tries = _next_tries(work, {ref for _one, ref, *_more in found})
    rows = []
    for one, ref, number, process, office in found[:SIZE]:
        again, parked = tries.get((ref, one.token), (None, False))
        why = said(one.sentence) if is_known(one.sentence) else ""
        rows.append(
            Row(one.ref, number or ref[-6:], process, office, one.step_id, one.cause, one.attempts, one.opened_at,
                again, parked, why)
        )  # fmt: skip
    total = work.session.scalar(select(func.count(Incident.id)).join(Case, Case.id == Incident.case_id).where(*where))
    return Listing(rows, found[SIZE - 1][0].id if len(found) > SIZE else 0, total or 0, _choices(work))


def retry_all(work: Work, wanted: Filter, reason: str = "") -> Retried:
    """Try all of a filter again: up to twenty at once, more as a batch that has a page to begin and stop it.

    reason: for the batch. Raises NotPermitted, InvalidAnswers where a batch has no reason, Conflict for more than
    10,000 cases. Uses ix_incident_open.
    """
    must(work.actor, "operations.retry")
    rows = work.session.execute(
        select(Incident.case_id, Incident.ref, Case.ref)
        .join(Case, Case.id == Incident.case_id)
        .where(*_where(wanted))
        .order_by(Incident.case_id, Incident.id)  # cases in the order everybody locks them
        .limit(MOST_INCIDENTS)
    ).all()
    if len(rows) > AT_ONCE:
        cases = tuple(dict.fromkeys(case for _id, _incident, case in rows))
        params = {name: value for name, value in wanted.as_args().items() if name in ("step", "cause")}
        chosen = CaseFilter(process=wanted.process, state="", cases=cases)
        return Retried(len(rows), batches.draft(work, retry_kind.RETRY, params, chosen, reason))
    for _id, ref, _case in rows:
        incidents.retry(work, ref)
    if rows:
        journal.record(work, "incidents.retried", "incidents", {"count": len(rows), **wanted.as_args()})
    return Retried(len(rows))


def _where(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Incident.closed_at.is_(None)]
    if wanted.process:
        found.append(Case.process == wanted.process)
    if wanted.step:
        found.append(Incident.step_id == wanted.step)
    if wanted.cause:
        found.append(Incident.cause == wanted.cause)
    if wanted.office:
        office = select(Organisation.id).where(Organisation.code == wanted.office).scalar_subquery()
        found.append(or_(Case.department_id == office, Case.agency_id == office))
    return found


def _choices(work: Work) -> dict[str, Sequence[str]]:
    """What the filters may be set to: what occurs among the open ones. Uses ix_incident_open."""
    rows = work.session.execute(
        select(Case.process, Incident.step_id, Incident.cause, Organisation.code)
        .join(Case, Case.id == Incident.case_id)
        .join(Organisation, or_(Organisation.id == Case.department_id, Organisation.id == Case.agency_id))
        .where(Incident.closed_at.is_(None))
        .distinct()
        .limit(1000)
    ).all()
    names = ("process", "step", "cause", "office")
    return {name: sorted({str(row[at]) for row in rows if row[at]}) for at, name in enumerate(names)}


def _next_tries(work: Work, subjects: set[str]) -> dict[tuple[str, str], tuple[datetime | None, bool]]:
    if not subjects:
        return {}
    items = work.session.scalars(
        select(AgendaItem).where(
            AgendaItem.subject.in_(subjects), AgendaItem.done_at.is_(None), AgendaItem.attempts > 0
        )
    )
    return {
        (item.subject, str(item.payload.get("token", ""))[:32]): (None if item.parked else item.not_before, item.parked)
        for item in items
    }
