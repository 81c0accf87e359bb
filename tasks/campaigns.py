"""Review campaigns: opening on a frozen roll, cases in chunks, release when the agency has accepted (BX-22..26)."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, literal, or_, select, true
from sqlalchemy.exc import SQLAlchemyError

from domain import agenda, journal, rules
from domain.assistance.recipients import Recipient
from domain.base import new_ref
from domain.cases import BATCH_LETTER, DYNAMIC, OPEN, Case
from domain.clock import OFFICE_ZONE, office_day, office_instant
from domain.errors import NotFound
from domain.logs import Event, failure
from domain.oversight import campaigns as campaign_rows
from domain.oversight.campaigns import ACCEPTED, Campaign, CampaignSubject
from domain.pace import Pace
from domain.parties import permissions
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification import catalogue, commissions
from domain.work import Work
from domain.workdays import month_end
from tasks import moves, opening, waking
from tasks.rows.repair_models import CaseHeld
from workflows import definitions
from workflows.definitions import Definition
from workflows.instances import CaseWait

log = logging.getLogger("tasks.campaigns")

CHUNK = 50
PACE = Pace()  # of opening cases: staff who claim meanwhile wait no longer than one transaction
HOUSEHOLD_PROCESS = "dynamic_review"
LETTER_PROCESS = "review_commission"


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign with its progress, for the page and `./run do campaigns`."""

    ref: str
    period: str
    programme: str
    unit: str
    unit_label: str
    unit_name: str
    unit_name_en: str
    state: str
    households: int
    cases: int
    done: int
    opened_at: datetime
    output_due_at: datetime
    accepted_at: datetime | None
    overdue: bool


def open_campaign(
    work: Work,
    *,
    unit_id: int,
    programme: str,
    period: str,
    planned_at: datetime,
    only: Collection[int] | None = None,
) -> Campaign:
    """Open the review of one unit and programme: freeze the roll, draft the letter, plan the cases.

    Unique (unit, programme, period): opening it again gives the one that is there. The roll is frozen by one
    INSERT … SELECT over ix_recipient_roll. only: these households of it (None: the whole roll).
    """
    known = work.session.scalars(
        select(Campaign).where(Campaign.unit_id == unit_id, Campaign.programme == programme, Campaign.period == period)
    ).first()
    if known is not None:
        return known
    unit = work.session.get_one(Organisation, unit_id)
    agency = runner_of(work, unit)
    last = month_end(office_day(planned_at))
    campaign = Campaign(
        period=period,
        programme=programme,
        unit_id=unit.id,
        agency_id=agency.id,
        planned_at=planned_at,
        opened_at=work.now,
        output_due_at=office_instant(last, 23, 59),
    )
    work.session.add(campaign)
    work.session.flush()
    work.session.execute(
        insert(CampaignSubject).from_select(
            ["campaign_id", "household_id", "opened"],
            select(literal(campaign.id), Recipient.household_id, literal(False))
            .where(Recipient.unit_id == unit.id, Recipient.programme == programme, Recipient.state == "ACTIVE")
            .where(true() if only is None else Recipient.household_id.in_(only))
            .order_by(Recipient.household_id),
        )
    )
    campaign.households = _count(work, campaign)
    body = {"period": period, "programme": programme, "unit": unit.code, "households": campaign.households}
    journal.record(work, "campaign.opened", campaign.ref, body, stream=("campaign", campaign.ref))
    _open_letter(work, campaign, unit, agency)
    _plan_fill(work, campaign, 0)
    return campaign


def fill(work: Work, campaign_ref: str) -> int:
    """Open the cases of the next households of the roll; plans the next chunk. Returns how many it opened.

    Killed anywhere, the chunk is rolled back whole and done again; UNIQUE(campaign, household) holds it.
    """
    campaign = campaign_rows.by_ref(work, campaign_ref)
    definition = definitions.in_force(work, HOUSEHOLD_PROCESS)
    rows = work.session.execute(
        select(CampaignSubject, Household.town_id)
        .join(Household, Household.id == CampaignSubject.household_id)
        .where(CampaignSubject.campaign_id == campaign.id, CampaignSubject.opened.is_(False))
        .order_by(CampaignSubject.id)
        .limit(PACE.size)
        .with_for_update(of=CampaignSubject)
    ).all()
    if rows:
        unit = work.session.get_one(Organisation, campaign.unit_id)
        numbers = moves.case_numbers(work, unit.id, unit.mark, len(rows))
        own = [
            opening.Own(number, subject.household_id, town)
            for number, (subject, town) in zip(numbers, rows, strict=True)
        ]
        about = {"case": {"campaign": campaign.ref, "subject_state": "RECIPIENT"}}
        with PACE.measured(work.session, len(rows)):
            _open_cases(work, campaign, definition, own, about)
        for subject, _town in rows:
            subject.opened = True
    left = work.session.scalar(
        select(CampaignSubject.id)
        .where(CampaignSubject.campaign_id == campaign.id, CampaignSubject.opened.is_(False))
        .limit(1)
    )
    if left is not None:
        _plan_fill(work, campaign, left)
    elif campaign.state == "OPENING":
        campaign.state = "RUNNING"
        if campaign.accepted_at is not None:
            campaign_rows.plan_release(work, campaign, f"after-{campaign.households}")
    return len(rows)


def _open_cases(
    work: Work,
    campaign: Campaign,
    definition: Definition,
    own: Sequence[opening.Own],
    about: Mapping[str, Any],
) -> None:
    """At once those that come to the same place by the same answers, the others one by one."""
    policy = rules.snapshot(work, campaign.unit_id).id

    def case(**columns: Any) -> Case:
        return Case(
            kind=DYNAMIC,
            process=definition.process,
            process_version=definition.number,
            programme=campaign.programme,
            campaign_id=campaign.id,
            department_id=campaign.unit_id,
            agency_id=campaign.agency_id,
            opened_at=work.now,
            commissioned_at=campaign.accepted_at,
            policy_snapshot_id=policy,
            **columns,
        )

    found, alone = opening.ways(work, definition, case(), own, about)
    for way in found:
        keys = opening.open_many(work, way, case())
        if any(waiting.name == ACCEPTED for waiting in way.run.messages()):
            campaign_rows.catch_up(work, campaign.id, f"chunk-{keys[0]}")
    for one in alone:
        made = case(**one._asdict())
        work.session.add(made)
        work.session.flush()
        moves.start_case(work, made, definition, about)


def release_cases(work: Work, campaign_ref: str) -> int:
    """Tell the next waiting cases of a campaign that its commission is accepted; plans the next chunk.

    A case on hold is told once and waits with the message. Uses ix_case_wait_message and ix_case_held_case_id.
    """
    campaign = campaign_rows.by_ref(work, campaign_ref)
    told = exists().where(CaseHeld.case_id == Case.id, CaseHeld.payload["name"].as_string() == ACCEPTED)
    waiting = work.session.scalars(
        select(Case.ref)
        .join(CaseWait, CaseWait.case_id == Case.id)
        .where(CaseWait.kind == "message", CaseWait.name == ACCEPTED, CaseWait.correlation == campaign.ref)
        .where(or_(Case.suspended_at.is_(None), ~told))
        .distinct()
        .order_by(Case.ref)
        .limit(CHUNK)
    ).all()
    message = {"name": ACCEPTED, "correlation": campaign.ref, "payload": {}}
    taken = sum(_tell(work, ref, message, work.now, f"deliver:{ref}:{campaign.ref}") for ref in waiting)
    if taken and len(waiting) == CHUNK:
        campaign_rows.plan_release(work, campaign, waiting[-1])
    return taken


def route_message(work: Work, payload: Mapping[str, Any], sent_at: datetime | None = None, *, but: str = "") -> int:
    """Hand a message that a case threw to every case that waits for it. Returns how many took it.

    sent_at: when it was thrown; timers that were due until then come first. but: ref of a case that is left out.
    Of very many each is told in a transaction of its own.
    """
    name, correlation = str(payload["name"]), str(payload.get("correlation", ""))
    kinds = (str(payload["kind"]),) if payload.get("kind") else ("message", "signal")
    refs = work.session.scalars(
        select(Case.ref)
        .join(CaseWait, CaseWait.case_id == Case.id)
        .where(CaseWait.kind.in_(kinds), CaseWait.name == name, CaseWait.correlation == correlation)
        .where(Case.ref != but)
        .distinct()
        .order_by(Case.ref)
    ).all()
    message = {"name": name, "correlation": correlation, "payload": payload.get("payload") or {}}
    sent = sent_at or work.now
    for ref in refs[CHUNK:]:
        _tell_alone(work, ref, message, sent, f"deliver:{new_ref()}")
    taken = sum(_tell(work, ref, message, sent, f"deliver:{new_ref()}") for ref in refs[:CHUNK])
    return taken + len(refs[CHUNK:])


def _tell(work: Work, ref: str, message: Mapping[str, Any], sent_at: datetime, key: str) -> bool:
    """Hand a message to one of many cases. One that fails is told alone, later, and does not hold up the others."""
    try:
        with work.session.begin_nested():
            name, correlation = message["name"], message["correlation"]
            return waking.deliver_message(work, ref, name, correlation, message["payload"], sent_at=sent_at)
    except SQLAlchemyError:  # the database's own trouble is that of all: they are told again
        raise
    except Exception as problem:  # whatever ails one case must not hold up the others
        log.error(Event("message.not_taken", case=ref, **failure(problem)))
        _tell_alone(work, ref, message, sent_at, key)
        return True


def _tell_alone(work: Work, ref: str, message: Mapping[str, Any], sent_at: datetime, key: str) -> None:
    payload = {**message, "sent_at": sent_at.isoformat()}
    agenda.put(work, "case.deliver", key, work.now, subject=ref, payload=payload)


def runner_of(work: Work, unit: Organisation) -> Organisation:
    """The agency that runs a unit's reviews: the nearest one of the level the policy names (BX-25)."""
    level = rules.value(work, unit.id, "review_runner_level")
    current: Organisation | None = unit
    while current is not None:
        agency = work.session.get(Organisation, current.agency_id) if current.agency_id else None
        if agency is not None and (level == "same_level" or agency.level == level):
            return agency
        current = work.session.get(Organisation, current.parent_id) if current.parent_id else None
    raise NotFound(_("No verification agency of the level %(level)s stands above this unit.", level=level))


def listed(work: Work) -> Sequence[CampaignRow]:
    """Campaigns in the actor's scope with their progress, newest period first; one SELECT.

    A unit's own people see their unit's, an agency those it runs, oversight and the operator all.
    """
    permissions.must(work.actor, "campaign.read")
    done = func.count(Case.id).filter(Case.state == "DONE")
    wanted = (
        select(Campaign, Organisation, func.count(Case.id), done)
        .join(Organisation, Organisation.id == Campaign.unit_id)
        .join(Case, (Case.campaign_id == Campaign.id) & (Case.kind == DYNAMIC), isouter=True)
        .group_by(Campaign.id, Organisation.id)
        .order_by(Campaign.period.desc(), Organisation.position, Campaign.programme)
    )
    if work.actor.org_kind == "department":
        wanted = wanted.where(Campaign.unit_id == work.actor.org_id)
    elif work.actor.org_kind == "agency":
        wanted = wanted.where(Campaign.agency_id == work.actor.org_id)
    # the name of 附件2 (本溪县), not of the office that reports for it (BX-48)
    labels = {unit.id: unit.zh for units in rules.current(work).units.values() for unit in units}
    return [
        CampaignRow(
            ref=c.ref,
            period=c.period,
            programme=c.programme,
            unit=unit.code,
            unit_label=labels.get(unit.unit_code or "", unit.name),
            unit_name=unit.name,
            unit_name_en=unit.name_en,
            state=c.state,
            households=c.households,
            cases=cases,
            done=finished,
            opened_at=c.opened_at,
            output_due_at=c.output_due_at,
            accepted_at=c.accepted_at,
            overdue=c.accepted_at is None and work.now > c.output_due_at,
        )
        for c, unit, cases, finished in work.session.execute(wanted)
    ]


def as_json(rows: Sequence[CampaignRow]) -> str:
    """The fixed shape of `./run do campaigns --json`."""
    return json.dumps(
        [
            {
                "period": row.period,
                "programme": row.programme,
                "unit": row.unit_label,
                "households": row.households,
                "cases": row.cases,
                "opened_at": row.opened_at.astimezone(OFFICE_ZONE).isoformat(),
            }
            for row in rows
        ],
        ensure_ascii=False,
        indent=2,
    )


def _open_letter(work: Work, campaign: Campaign, unit: Organisation, agency: Organisation) -> None:
    """The scheduler drafts the letter; a person of the department signs it in a case of its own (BX-25)."""
    definition = definitions.in_force(work, LETTER_PROCESS)
    case = Case(
        ref=new_ref(),
        number=moves.case_number(work, unit.id, unit.mark),
        kind=BATCH_LETTER,
        process=definition.process,
        process_version=definition.number,
        programme=campaign.programme,
        campaign_id=campaign.id,
        department_id=unit.id,
        agency_id=agency.id,
        opened_at=work.now,
        due_at=campaign.output_due_at,
        policy_snapshot_id=rules.snapshot(work, unit.id).id,
        state=OPEN,
    )
    work.session.add(case)
    work.session.flush()
    asked = sorted({resource.category for resource in catalogue.active_resources(work, agency)})
    commissions.prepare(work, case, categories=asked)
    due = campaign.output_due_at.isoformat()
    moves.start_case(work, case, definition, {"case": {"campaign": campaign.ref, "month_end": due}})


def _plan_fill(work: Work, campaign: Campaign, place: int) -> None:
    agenda.put(work, "campaign.fill", f"campaign.fill:{campaign.ref}:{place}", work.now, subject=campaign.ref)


def _count(work: Work, campaign: Campaign) -> int:
    return work.session.scalar(select(func.count()).where(CampaignSubject.campaign_id == campaign.id)) or 0
