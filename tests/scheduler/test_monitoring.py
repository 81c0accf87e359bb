"""Lists of the monitoring calendar: issued once, verified row by row, reported whole, closed by the city."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from domain import files, rules
from domain.assistance.recipients import Recipient
from domain.cases import DYNAMIC, Case
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.files import StoredFile
from domain.oversight import monitoring
from domain.oversight.campaigns import Campaign, CampaignSubject
from domain.oversight.monitoring import MonitoringItem, MonitoringList
from domain.parties import organisations
from domain.rules import PolicyFile
from domain.verification import recipient_doubts
from domain.verification.recipient_doubts import Filter, Record
from domain.verification.recipient_rows import RecipientDoubt
from domain.work import OPERATOR, SCHEDULER, Work, unit_of_work
from scheduler import recurring
from tasks import recipients
from tests.homes import Office, one_roll
from tests.journeys import standing

CALENDAR = b"""
[values.monitoring_calendar]
value = [
  { category = "DEATH", every = "MONTH", day = 5 },
  { category = "DEPOSIT", every = "QUARTER", day = 5 },
]
source = "NM-10"
"""
SEEN = Record("FALSE", "VISIT", "NONE", "入户核实，情况不符")


def prepared(office: Office) -> None:
    """A roll of some size, and a calendar of two data types."""
    one_roll(office)
    with unit_of_work(office.home, OPERATOR) as work:
        held = {row.path: row.content for row in work.session.scalars(select(PolicyFile))}
        path = next(name for name in held if name.startswith("benxi/2"))
        rules.deploy(work, {**held, path: held[path] + CALENDAR})
        recurring.forget_plan(office.home.row(work.session))


def every(work: Work, table: type[Any]) -> list[Any]:
    return list(work.session.scalars(select(table).order_by(table.id)))


def look(office: Office) -> Any:
    return unit_of_work(office.home, OPERATOR, write=False)


def of_pingshan(work: Work) -> list[MonitoringList]:
    unit = organisations.by_code(work, "pingshan")
    return [one for one in every(work, MonitoringList) if one.unit_id == unit.id]


def evidence(office: Office, login: str) -> StoredFile:
    blob = office.home.blobs.put_bytes(b"%PDF-1.4 evidence")
    with unit_of_work(office.home, office.actor(login)) as work:
        return files.keep(work, blob, name="evidence.pdf", media_type="application/pdf", purpose="evidence")


@pytest.mark.clause("NM-10", "NM-11")
def test_lists_open_by_the_calendar_once_with_fifteen_days(office: Office) -> None:
    prepared(office)
    standing.in_force(office)
    office.advance("2027-06-05T09:00:00+08:00")
    with look(office) as work:
        (june,) = of_pingshan(work)
        assert (june.data_type, june.period_start.isoformat(), june.rows) == ("DEATH", "2027-05-01", 1)
        assert june.issued_at == datetime.fromisoformat("2027-06-05T00:20:00+08:00")
        assert june.due_at is not None and june.due_at.date().isoformat() == "2027-06-21", "the 20th is a Sunday"
        assert june.due is not None and june.due["key"] == "monitoring_term"
        doubt = work.session.get_one(RecipientDoubt, every(work, MonitoringItem)[0].doubt_id)
        assert doubt.category == "DEATH"
        first, last = june.period_start, june.period_end
    assert office.advance("2027-06-05T09:00:00+08:00") is None
    with unit_of_work(office.home, SCHEDULER) as work:
        unit = organisations.by_code(work, "pingshan")
        assert monitoring.issue(work, unit.id, "DEATH", first, last) is None
        recurring.forget_plan(office.home.row(work.session))
    office.sweep()
    office.advance("2027-07-06T09:00:00+08:00")
    with look(office) as work:
        lists = of_pingshan(work)
        assert [(one.data_type, str(one.period_start)) for one in lists] == [
            ("DEATH", "2027-05-01"),
            ("DEATH", "2027-06-01"),
            ("DEPOSIT", "2027-04-01"),
        ]
        assert [one.rows for one in lists] == [1, 0, 2], "a doubt stands on one list only"


@pytest.mark.clause("NM-11")
def test_a_list_is_reported_when_every_row_has_its_own_record_and_a_second_person_closes_it(office: Office) -> None:
    prepared(office)
    standing.in_force(office)
    office.advance("2027-07-06T09:00:00+08:00")
    with look(office) as work:
        (quarter,) = [one for one in of_pingshan(work) if one.data_type == "DEPOSIT"]
        rows, ref = [one.ref for one in monitoring.doubts_of(work, quarter)], quarter.ref
    head, clerk, city = (office.actor(one) for one in ("head", "clerk", "cityreviewer"))
    with unit_of_work(office.home, head) as work, pytest.raises(Conflict, match="2"):
        monitoring.submit(work, ref)
    with unit_of_work(office.home, clerk) as work:
        recipient_doubts.verify(work, rows[0], SEEN)
    with unit_of_work(office.home, head) as work:
        with pytest.raises(Conflict, match="1"):
            monitoring.submit(work, ref)
        with pytest.raises(IntegrityError, match="NM-11"):  # nor by raw SQL
            work.session.execute(
                text("UPDATE monitoring_list SET state = 'SUBMITTED', submitted_by = 1 WHERE ref = :ref"),
                {"ref": ref},
            )
        work.session.rollback()
    with unit_of_work(office.home, clerk) as work:
        recipient_doubts.verify(work, rows[1], SEEN)
        with pytest.raises(NotPermitted):
            monitoring.submit(work, ref)
    with unit_of_work(office.home, city) as work, pytest.raises(Conflict):
        monitoring.close(work, ref, "")
    with unit_of_work(office.home, head) as work:
        monitoring.submit(work, ref)
        with pytest.raises(NotPermitted):
            monitoring.close(work, ref, "")
    with unit_of_work(office.home, city) as work:
        closed = monitoring.close(work, ref, "齐全")
        assert (closed.state, closed.checked_by != closed.submitted_by) == ("CLOSED", True)


@pytest.mark.clause("NM-11")
def test_a_record_says_how_and_stays(office: Office) -> None:
    prepared(office)
    standing.in_force(office)
    paper = evidence(office, "clerk")
    with unit_of_work(office.home, office.actor("clerk")) as work:
        refs = [one.ref for one in recipient_doubts.listed(work, Filter())[0]]
        for wrong, fields in (
            (Record("", "", "", " "), {"finding", "method", "measure", "note"}),
            (replace(SEEN, finding="SOURCE_ERROR"), {"evidence"}),
            (replace(SEEN, finding="EXPLAINED"), {"evidence"}),
            (replace(SEEN, measure="REVIEW"), {"measure"}),
            (replace(SEEN, finding="TRUE"), {"measure"}),
            (replace(SEEN, measure="WHITELIST"), {"measure"}),
        ):
            with pytest.raises(InvalidAnswers) as refused:
                recipient_doubts.verify(work, refs[0], wrong)
            assert set(refused.value.fields) == fields
        made = recipient_doubts.verify(
            work, refs[0], replace(SEEN, finding="SOURCE_ERROR", measure="WHITELIST", evidence=paper)
        )
        assert (made.finding, made.file_id, made.settled_by) == ("SOURCE_ERROR", paper.id, work.actor.user_id)
        with pytest.raises(Conflict):
            recipient_doubts.verify(work, refs[0], SEEN)
        shown = recipient_doubts.shown(work, refs[0])
        assert shown.note == SEEN.note and shown.row.finding == "SOURCE_ERROR"
    for change in ("finding = 'FALSE'", "note = x'00'", "category = 'X'"):
        with unit_of_work(office.home, OPERATOR) as work:
            kept = change if work.session.get_bind().dialect.name == "sqlite" else change.replace("x'00'", "'x'")
            with pytest.raises(IntegrityError, match=r"NM-11|CK-18"):
                work.session.execute(text(f"UPDATE recipient_doubt SET {kept} WHERE ref = :ref"), {"ref": refs[0]})
            work.session.rollback()


def test_each_office_sees_its_own_doubts_alone(office: Office) -> None:
    prepared(office)
    standing.in_force(office)
    with look(office) as work:
        doubts = {one.ref for one in every(work, RecipientDoubt)}
    seen = {}
    for login in ("clerk", "head", "town", "town2", "bank", "handler", "cityhandler", "oversight", "auditor"):
        with unit_of_work(office.home, office.actor(login), write=False) as work:
            rows, _last = recipient_doubts.listed(work, Filter())
            seen[login] = {one.ref for one in rows}
            assert sum(recipient_doubts.counts(work).values()) == len(rows)
            for one in doubts - seen[login]:
                with pytest.raises(NotFound):
                    recipient_doubts.shown(work, one)
    assert seen["clerk"] == seen["head"] == doubts
    assert seen["town"] < seen["clerk"]
    assert not any(seen[one] for one in ("bank", "handler", "cityhandler", "oversight", "auditor"))


@pytest.mark.clause("NM-12", "CK-18")
def test_a_doubt_that_proves_true_opens_a_review_and_stops_nothing(office: Office) -> None:
    prepared(office)
    standing.in_force(office)
    with unit_of_work(office.home, office.actor("clerk")) as work:
        refs = [one.ref for one in recipient_doubts.listed(work, Filter())[0]]
        true = replace(SEEN, finding="TRUE", measure="REVIEW")
        first = recipient_doubts.verify(work, refs[0], true)
        household = first.household_id
        recipient_doubts.verify(work, refs[1], SEEN)
        with pytest.raises(NotPermitted):
            recipients.open_review(work, "DIBAO")
    with unit_of_work(office.home, office.actor("head")) as work:
        made = recipients.open_review(work, "DIBAO")
        with pytest.raises(Conflict):
            recipients.open_review(work, "DIBAO")
    office.sweep()
    with look(office) as work:
        campaign = work.session.scalars(select(Campaign).where(Campaign.ref == made.ref)).one()
        assert [one.household_id for one in every(work, CampaignSubject)] == [household]
        cases = work.session.scalars(select(Case).where(Case.campaign_id == campaign.id, Case.kind == DYNAMIC)).all()
        assert [case.household_id for case in cases] == [household]
        assert work.session.scalars(select(RecipientDoubt).where(RecipientDoubt.ref == refs[0])).one().campaign_id
        assert {one.state for one in every(work, Recipient)} == {"ACTIVE"}, "nobody's help ended"
