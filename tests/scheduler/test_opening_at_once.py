"""A review opens its households at once, and every one of them stands as if it had been opened alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.journal import JournalEntry, JournalStream
from domain.oversight.campaigns import Campaign, CampaignSubject
from domain.parties import households
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.rules import PolicySnapshotRow
from domain.sealing import verify
from domain.verification import authorisations
from domain.work import OPERATOR, SCHEDULER, Work, unit_of_work
from tasks import campaigns
from tasks.rows.models import HumanTask
from tests.homes import Office
from workflows import registry
from workflows.instances import CaseState, CaseWait
from workflows.moments import CaseMoment

INVENTORY = "authorisation.inventory"
JUNE = datetime.fromisoformat("2027-06-01T00:10:00+08:00")
# keys and references, and what is made of them; the instant of the machine
APART = {"id", "ref", "case_id", "stream_id", "token", "key", "subject", "machine_at", "mac", "head", "prev"}
Rows = dict[str, list[dict[str, Any]]]


class TakenBack(Exception):
    """Ends a transaction that was only looked at."""


def opened(office: Office) -> dict[int, Rows]:
    """Every row of every case of June's reviews of the largest programme, by household; nothing of it stays."""
    found: dict[int, Rows] = {}
    try:
        with unit_of_work(office.home, SCHEDULER, now=JUNE) as work:
            for unit in work.session.scalars(select(Organisation.id).where(Organisation.reviews_from.is_not(None))):
                _open(work, unit)
            for case in work.session.scalars(
                select(Case).where(Case.household_id.is_not(None), Case.opened_at == JUNE)
            ):
                assert case.household_id not in found
                found[case.household_id or 0] = rows_of(work, case)
            assert list(verify(work.session, office.home.vault)) == []
            raise TakenBack
    except TakenBack:
        return found


def _open(work: Work, unit: int) -> None:
    campaign = campaigns.open_campaign(work, unit_id=unit, programme="DIBAO", period="2027-06", planned_at=JUNE)
    while campaign.state == "OPENING":
        campaigns.fill(work, campaign.ref)
    assert work.session.scalar(select(CampaignSubject.id).where(CampaignSubject.opened.is_(False))) is None


def rows_of(work: Work, case: Case) -> Rows:
    """What is written about a case, without what is its own."""
    found: Rows = {}
    for mapped in (Case, HumanTask, CaseState, CaseWait, CaseMoment, AgendaItem, JournalStream, JournalEntry):
        columns = mapped.__table__.c
        if "case_id" in columns:
            own = columns["case_id"] == case.id
        else:
            own = columns["ref" if mapped is Case else "subject"] == case.ref
        rows = work.session.execute(select(mapped.__table__).where(own)).mappings().all()
        found[mapped.__tablename__] = [plain(work, row, case) for row in rows]
    return found


def plain(work: Work, row: Mapping[Any, Any], case: Case) -> dict[str, Any]:
    """A row without its keys; its own reference and tokens, its campaign and its rules by name."""
    kept = {name: value for name, value in row.items() if name not in APART}
    if "data" in kept:
        text = kept["data"].decode().replace(case.ref, "its reference")
        for number, token in enumerate(json.loads(kept["data"])[1][0][0]):
            text = text.replace(token[0], f"token {number}")
        kept["data"] = text
    if "campaign_id" in kept:
        campaign = work.session.get_one(Campaign, kept.pop("campaign_id"))
        kept["campaign"] = (campaign.programme, campaign.unit_id)
        kept["rules"] = work.session.get_one(PolicySnapshotRow, kept.pop("policy_snapshot_id")).digest
    mine = work.session.get_one(Campaign, case.campaign_id).ref
    told: dict[str, Any] = json.loads(json.dumps(kept, default=str).replace(mine, "its campaign"))
    return told


def test_every_case_of_a_review_opened_at_once_has_the_rows_of_one_opened_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = opened(office)
    asked = registry.get(INVENTORY)
    monkeypatch.setitem(registry._registry.entries, INVENTORY, replace(asked, many=None))
    alone = opened(office)
    assert len(at_once) > 10
    assert at_once.keys() == alone.keys()
    for household, rows in alone.items():
        assert at_once[household] == rows
    ways = Counter(len(rows["human_task"]) for rows in at_once.values())
    assert set(ways) == {0, 1}, "some wait for their commission, some for a signature"
    said = {rows["case_state"][0]["data"].partition('"missing":')[2][:1] for rows in at_once.values()}
    assert len(said) > 2, "several answers"


def test_who_is_missing_is_the_same_for_many_households_as_for_each(office: Office) -> None:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        everybody = list(work.session.scalars(select(Household)))
        keys = [one.id for one in everybody]
        said = set()
        for day in (date(2026, 6, 1) + timedelta(days=200 * step) for step in range(2)):
            for scope in authorisations.SCOPES[:2]:
                found = authorisations.missing(work, keys, day, scope=scope)
                for one in everybody:
                    lines = authorisations.inventory(work, one, day, scope=scope)
                    missing = sum(line.authorisation is None for line in lines)
                    assert found.get(one.id, 0) == missing
                    said.add((missing, len(households.members(work, one, day))))
        assert len(said) > 2
