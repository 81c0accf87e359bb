"""Queries to data sources: planned own level first, sent only for people who agreed, answered once (LF-04, BX-11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Code, Key, Ref, Sealed, new_ref
from domain.cases import NEW, Case
from domain.errors import Conflict, NotFound
from domain.parties import households, permissions
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification import catalogue, catalogue_gaps, catalogue_use, commissions, query_terms
from domain.verification.catalogue_rows import Resource
from domain.verification.catalogue_use import Standing
from domain.verification.commissions import Commission
from domain.work import SCHEDULER, Work

PLANNED, SENT, ANSWERED, NOT_OBTAINED = "PLANNED", "SENT", "ANSWERED", "NOT_OBTAINED"
OPEN, FOUND, NOT_FOUND = "OPEN", "FOUND", "NOT_FOUND"
TIMEOUT, NOT_SHARED, NO_MEANS, NO_AUTHORISATION = "TIMEOUT", "NOT_SHARED", "NO_MEANS", "NO_AUTHORISATION"
QUOTA = "QUOTA"
REASONS = (TIMEOUT, NOT_SHARED, NO_MEANS, NO_AUTHORISATION, QUOTA)


class Query(Base):
    """One category asked of one source in one case, with its own deadline (LF-08, LF-30).

    round 0 is the verification, 1, 2, … the re-checks. No query exists before the commission is accepted:
    a trigger in `domain.verification.guards` holds it (LF-16, BX-17).
    """

    __tablename__ = "query"
    __table_args__ = (
        # by letter too: in a review one order names who authorised, another who is asked for survival alone (BX-16)
        UniqueConstraint("case_id", "commission_id", "resource_id", "round"),
        Index("ix_query_resource_state", "resource_id", "state"),
        ForeignKeyConstraint(
            ["commission_id", "category"], ["commission_category.commission_id", "commission_category.category"]
        ),
        CheckConstraint("state IN ('PLANNED','SENT','ANSWERED','NOT_OBTAINED')", name="state"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    commission_id: Mapped[int] = mapped_column(BigKey, ForeignKey("commission.id"))
    category: Mapped[Code]
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"))
    round: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(16), default=PLANNED)
    reason: Mapped[str] = mapped_column(String(32), default="")  # one of REASONS
    planned_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    sent_at: Mapped[datetime | None]
    due: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class QuerySubject(Base):
    """A person asked about; only a subject of the commission can be."""

    __tablename__ = "query_subject"
    __table_args__ = (
        UniqueConstraint("query_id", "person_id"),
        ForeignKeyConstraint(
            ["commission_id", "person_id"], ["commission_subject.commission_id", "commission_subject.person_id"]
        ),
        CheckConstraint("state IN ('OPEN','FOUND','NOT_FOUND','NOT_OBTAINED')", name="state"),
    )

    id: Mapped[Key]
    query_id: Mapped[int] = mapped_column(BigKey, ForeignKey("query.id"))
    commission_id: Mapped[int] = mapped_column(BigKey)
    person_id: Mapped[int] = mapped_column(BigKey)
    state: Mapped[str] = mapped_column(String(16), default="OPEN")


class ResultRow(Base):
    """One row found: immutable (a trigger refuses change and deletion), traceable to file and row."""

    __tablename__ = "result_row"
    __table_args__ = (
        UniqueConstraint("query_id", "person_id", "fingerprint"),
        # what rests on a delivery, once it is withdrawn
        Index("ix_result_row_delivery_id", "delivery_id"),
        ForeignKeyConstraint(["query_id", "person_id"], ["query_subject.query_id", "query_subject.person_id"]),
        CheckConstraint("match_kind IN ('ID','ID+NAME','NAME_ONLY')", name="match_kind"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    query_id: Mapped[int] = mapped_column(BigKey)
    person_id: Mapped[int] = mapped_column(BigKey)
    category: Mapped[Code]
    source_org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    source_level: Mapped[str] = mapped_column(String(16))
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"))
    row_no: Mapped[str] = mapped_column(String(24))
    data_date: Mapped[date]
    obtained_at: Mapped[datetime]
    match_kind: Mapped[str] = mapped_column(String(12))
    name_differs: Mapped[bool] = mapped_column(default=False)
    fingerprint: Mapped[str] = mapped_column(String(64))
    value: Mapped[Sealed]


def plan(
    work: Work,
    case: Case,
    resources: Collection[str],
    deviation: str = "",
    *,
    reason_code: str = "",
    by: int | None = None,
) -> list[Query]:
    """Plan the queries of a case's verification; what was planned before is returned as it is.

    A category of the letter whose only sources are not shared at present is planned as not obtained (LF-08), so
    that the department investigates it.

    Args:
        resources: refs of the chosen resources.
        deviation: why something offered is left out, "" for no reason.
        reason_code: by which of `catalogue_gaps.REASONS` a higher level is asked instead of the own one (LF-07).
        by: the account that planned, None for the actor.

    Raises:
        NotPermitted: the actor is not a handler of the case's agency (LF-26).
        Conflict: no accepted commission (LF-16); a category the letter does not name (LN-28); something left out
        without a reason (LF-04 the own level, LF-12 of a new applicant everything); a higher level asked instead of
        the own one by no reason that counts (LF-07); a source whose agreement does not hold (BX-30) or that is
        suspended; a quota used up (LN-35); nobody may be asked about.
        NotFound: no such resource for this agency.
    """
    if not work.actor.has("scheduler"):
        permissions.must(work.actor, "query.plan", permissions.relation_to_case(work.actor, case))
    return _plan_under(work, case, _usable(work, case), resources, deviation, reason_code, by)


def _plan_under(
    work: Work,
    case: Case,
    commission: Commission,
    resources: Collection[str],
    deviation: str,
    reason_code: str,
    by: int | None,
) -> list[Query]:
    agency = work.session.get_one(Organisation, commission.agency_id)
    offered = catalogue.reachable(work, agency, _letter(work, commission))
    known = catalogue_use.standings(work, offered)
    usable = [resource for resource in offered if known[resource.id].usable]
    chosen = _chosen(work, commission, known, offered, resources)
    left = [resource for resource in usable if resource not in chosen]
    gaps = [resource for resource in left if case.kind == NEW or catalogue.is_own_level(agency, resource)]
    if gaps and not deviation.strip():
        raise _incomplete(work, agency, gaps)
    catalogue_gaps.must_not_shirk(work, agency, chosen, left, reason_code)
    shared = {resource.category for resource in usable}
    chosen += [resource for resource in offered if resource.category not in shared]
    lines = [known[resource.id] for resource in chosen]
    made = _put_all(work, case, commission, lines, askable(work, case, commission), 0, by)
    left_out = sorted(resource.code for resource in gaps)
    journal.of_case(work, case.ref, "query.planned", case.ref, {"queries": len(made), "left_out": left_out})
    return made


def plan_batch(work: Work, case: Case) -> list[Query]:
    """Plan everything the letters of a review ask for, by the system, with nobody's choice.

    A household may stand under both: those who authorised are verified, the others asked for survival (BX-16).
    Empty when nobody may be asked about today: the review goes on without a query. Raises as `plan`.
    """
    commissions.must_be_accepted(work, case)
    made: list[Query] = []
    for commission in commissions.accepted(work, case):
        if askable(work, case, commission):
            agency = work.session.get_one(Organisation, commission.agency_id)
            offered = catalogue.active_resources(work, agency, _letter(work, commission))
            made += _plan_under(work.acting(SCHEDULER), case, commission, [one.ref for one in offered], "", "", None)
    return made


def plan_again(work: Work, case: Case, category: str, persons: Collection[Person], round: int) -> list[Query]:
    """Plan a re-check of one category for some persons: every source that may be asked, by the system (LF-22).

    Raises:
        Conflict: no accepted commission, a category outside the letter, or nobody may be asked about.
    """
    commission = _usable(work, case)
    if category not in _letter(work, commission):
        raise _outside_the_letter(work, [category])
    agency = work.session.get_one(Organisation, commission.agency_id)
    wanted = {person.id for person in persons}
    people = [person for person in askable(work, case, commission) if person.id in wanted]
    offered = list(catalogue_use.standings(work, catalogue.active_resources(work, agency, [category])).values())
    made = _put_all(work.acting(SCHEDULER), case, commission, offered, people, round, None)
    journal.of_case(work, case.ref, "query.planned", case.ref, {"queries": len(made), "round": round})
    return made


def askable(work: Work, case: Case, commission: Commission) -> list[Person]:
    """Persons of the case's household whom the letter names and whose authorisation holds today (BX-11, NM-15)."""
    return commissions.askable(work, case, commission, households.by_id(work, case.household_id))


def send(work: Work, query: Query) -> bool:
    """The query goes out, for those who still agree (BX-11); with nobody left it is not obtained. True when sent.

    Before its source's window it stays planned (LN-13); a source that may not be asked any more is not (BX-30).
    """
    if query.state != PLANNED or waits(work, query):
        return query.state == SENT
    if not query_terms.still_allowed(work, work.session.get_one(Resource, query.resource_id)):
        give_up(work.acting(SCHEDULER), query, NOT_SHARED)
        return False
    case, commission = _of(work, query)
    agreed = {person.id for person in askable(work, case, commission)}
    subjects = subjects_of(work, query)
    for subject in subjects:
        if subject.person_id not in agreed:
            subject.state = NOT_OBTAINED
    if not any(subject.state == OPEN for subject in subjects):
        give_up(work.acting(SCHEDULER), query, NO_AUTHORISATION)
        return False
    query.state, query.sent_at = SENT, work.now
    work.session.flush()
    journal.of_case(work, case.ref, "query.sent", query.ref, {"persons": sum(s.state == OPEN for s in subjects)})
    return True


def waits(work: Work, query: Query) -> bool:
    """True for a planned query whose source does not take it yet (LN-13)."""
    opens = query_terms.opens_at(work, query.id) if query.state == PLANNED else None
    return opens is not None and opens > work.now


def persons_to_ask(work: Work, query: Query) -> list[Person]:
    """Persons of a query still open and still in agreement, asked again at the moment of matching (BX-11)."""
    case, commission = _of(work, query)
    open_ones = {subject.person_id for subject in subjects_of(work, query) if subject.state == OPEN}
    return [person for person in askable(work, case, commission) if person.id in open_ones]


def give_up(work: Work, query: Query, reason: str) -> None:
    """Nothing came: the line is 未获得 and the department investigates (LF-08). An answered query stays answered.

    One that was answered for some of its persons is answered, and keeps the reason why the others are not obtained
    (CK-11). reason: one of REASONS. Raises NotPermitted.
    """
    if reason not in REASONS:
        raise ValueError(f"no such reason: {reason}")
    case = work.session.get_one(Case, query.case_id)
    permissions.must(work.actor, "query.give_up", permissions.relation_to_case(work.actor, case))
    if query.state in (ANSWERED, NOT_OBTAINED):
        return
    subjects = subjects_of(work, query)
    some = any(subject.state in (FOUND, NOT_FOUND) for subject in subjects)
    query.state, query.reason = (ANSWERED if some else NOT_OBTAINED), reason
    query.answered_at = work.now if some else None
    for subject in subjects:
        if subject.state == OPEN:
            subject.state = NOT_OBTAINED
    work.session.flush()
    journal.of_case(work, case.ref, "query.not_obtained", query.ref, {"reason": reason, "in_part": some})


def lacks_somebody(query: Query) -> bool:
    """True when a closed query brought nothing about somebody it asked about, for a reason it keeps."""
    return query.state == NOT_OBTAINED or (query.state == ANSWERED and bool(query.reason))


def by_ref(work: Work, ref: str) -> Query:
    """The query with this reference; the caller permits. Raises NotFound."""
    found = work.session.scalars(select(Query).where(Query.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such query."))
    return found


def of_case(work: Work, case: Case, round: int | None = None) -> list[Query]:
    """The queries of a case (of one round), in the order they were planned; the caller permits."""
    wanted = select(Query).where(Query.case_id == case.id).order_by(Query.id)
    return list(work.session.scalars(wanted if round is None else wanted.where(Query.round == round)))


def subjects_of(work: Work, query: Query) -> Sequence[QuerySubject]:
    """The persons a query asks about, with what became of each."""
    return work.session.scalars(
        select(QuerySubject).where(QuerySubject.query_id == query.id).order_by(QuerySubject.id)
    ).all()


def newest_round(work: Work, case: Case) -> int:
    """0 for the verification, else the newest re-check."""
    return max((query.round for query in of_case(work, case)), default=0)


def waiting_case_refs(work: Work, resource: Resource) -> list[str]:
    """Cases with a query to this resource that is out and not yet due. Uses ix_query_resource_state."""
    return list(
        work.session.scalars(
            select(Case.ref)
            .join(Query, Query.case_id == Case.id)
            .where(Query.resource_id == resource.id, Query.state == SENT)
            .where((Query.due_at > work.now) | Query.due_at.is_(None))
            .distinct()
            .order_by(Case.ref)
        )
    )


def _of(work: Work, query: Query) -> tuple[Case, Commission]:
    return work.session.get_one(Case, query.case_id), work.session.get_one(Commission, query.commission_id)


def _letter(work: Work, commission: Commission) -> tuple[str, ...]:
    return commissions.categories_of(work, commission)


def _usable(work: Work, case: Case) -> Commission:
    """The accepted commission under which somebody may be asked about, else the first one."""
    first = commissions.must_be_accepted(work, case)
    return next((one for one in commissions.accepted(work, case) if askable(work, case, one)), first)


def _chosen(
    work: Work,
    commission: Commission,
    standing: Mapping[int, Standing],
    offered: Sequence[Resource],
    refs: Collection[str],
) -> list[Resource]:
    known = {resource.ref: resource for resource in offered}
    strange = [catalogue.by_ref(work, ref) for ref in refs if ref not in known]
    outside = {resource.category for resource in strange} - set(_letter(work, commission))
    if outside:
        raise _outside_the_letter(work, outside)
    if strange:
        raise NotFound(_("There is no such data source for this agency."))
    chosen = [resource for resource in offered if resource.ref in set(refs)]
    for line in (standing[resource.id] for resource in chosen):
        if line.blocked is not None:
            raise Conflict(line.blocked, clause=line.clause, resource=line.resource.code)
    return chosen


def _outside_the_letter(work: Work, categories: Collection[str]) -> Conflict:
    known = rules.current(work).categories
    named = ", ".join(known[code].zh if code in known else code for code in sorted(categories))
    return Conflict(_("The commission letter does not ask for: %(categories)s.", categories=named), clause="LN-28")


def _incomplete(work: Work, agency: Organisation, gaps: Sequence[Resource]) -> Conflict:
    known = rules.current(work).categories
    names = [f"{work.session.get_one(Organisation, gap.supplier_id).name} ({known[gap.category].zh})" for gap in gaps]
    own = any(catalogue.is_own_level(agency, gap) for gap in gaps)
    return Conflict(
        _("The plan leaves out: %(gaps)s. Add them, or give the reason.", gaps=", ".join(names)),
        clause="LF-04" if own else "LF-12",
        gaps=[gap.code for gap in gaps],
        field="deviation",
    )


def _put_all(
    work: Work,
    case: Case,
    commission: Commission,
    chosen: Sequence[Standing],
    people: Sequence[Person],
    round: int,
    by: int | None,
) -> list[Query]:
    if not people:
        raise Conflict(_("Nobody of this household may be asked about: no authorisation holds today."), clause="BX-11")
    mine = (query for query in of_case(work, case, round) if query.commission_id == commission.id)
    standing = {query.resource_id: query for query in mine}
    made = []
    for line in chosen:
        query = standing.get(line.resource.id)
        if query is None:
            query, refused = _put(work, case, commission, line, round, by, len(people))
            work.session.add_all(
                QuerySubject(query_id=query.id, commission_id=commission.id, person_id=person.id) for person in people
            )
            work.session.flush()
            if refused:
                give_up(work.acting(SCHEDULER), query, refused)
        made.append(query)
    return made


def _terms(work: Work, case: Case, line: Standing, people: int, by: int | None) -> tuple[query_terms.Terms, str]:
    """The terms of a query, and why it is not obtained from the start, "" when it may go out."""
    try:
        return query_terms.of_item(work, case, line, people), "" if line.usable else NOT_SHARED
    except Conflict:
        if by is not None or work.actor.user_id is not None:
            raise
        # nobody is there who could be told: the department investigates the line (LF-08)
        return query_terms.without(work, case, line.resource), QUOTA


def _put(
    work: Work, case: Case, commission: Commission, line: Standing, round: int, by: int | None, people: int
) -> tuple[Query, str]:
    terms, refused = _terms(work, case, line, people, by)
    query = Query(
        ref=new_ref(),
        case_id=case.id,
        commission_id=commission.id,
        category=line.resource.category,
        resource_id=line.resource.id,
        round=round,
        planned_by=by if by is not None else work.actor.user_id,
        due=terms.due,
        due_at=terms.due_at,
    )
    work.session.add(query)
    work.session.flush()
    query_terms.keep(work, query.id, query.ref, terms)
    return query, refused
