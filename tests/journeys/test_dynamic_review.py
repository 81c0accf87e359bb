"""The reviews of June and November: opened once, signed by people, verified doubt by doubt, ended by the department."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.assistance import notices, recipients
from domain.assistance.determinations import Determination
from domain.assistance.recipients import ACTIVE, Recipient
from domain.cases import BATCH_LETTER, DONE, DYNAMIC, Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.journal import JournalEntry
from domain.oversight import archive as archives
from domain.oversight.campaigns import Campaign, CampaignSubject
from domain.parties import households, organisations
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.verification import reports
from domain.verification.authorisations import Authorisation
from domain.verification.commissions import Commission, CommissionSubject
from domain.verification.doubts import Doubt
from domain.verification.queries import Query, QuerySubject
from domain.work import OPERATOR, SCHEDULER, Work, unit_of_work
from scheduler import tick
from tasks import campaigns as reviewing
from tasks.rows.models import HumanTask
from tests.homes import Office
from tests.infrastructure import processes
from tests.infrastructure.databases import Template
from tests.journeys import reviews, steps
from tests.journeys.played import JUNE
from tests.journeys.playing import Story

FIRST_OF_JUNE = "2027-06-01T09:00:00+08:00"
UNITS = {"benxi-county", "huanren-county", "pingshan", "mingshan", "xihu", "nanfen", "benxi-zone"}
PROGRAMMES = {"DIBAO", "LOWINC", "TEKUN"}
ROOT = Path(__file__).resolve().parents[2]


def _reading(office: Office) -> Any:
    return unit_of_work(office.home, OPERATOR, write=False)


def _roll(work: Work) -> set[tuple[int, str]]:
    """Who receives what today."""
    rows = work.session.execute(select(Recipient.household_id, Recipient.programme).where(Recipient.state == ACTIVE))
    return {(household, programme) for household, programme in rows}


def _cases(work: Work, period: str) -> list[tuple[int, str]]:
    rows = work.session.execute(
        select(Case.household_id, Case.programme)
        .join(Campaign, Campaign.id == Case.campaign_id)
        .where(Case.kind == DYNAMIC, Campaign.period == period)
    )
    return [(household, programme) for household, programme in rows if household is not None]


def _counted(work: Work) -> tuple[int, int]:
    """How many cases and campaigns there are."""
    cases, campaigns = (work.session.scalar(select(func.count()).select_from(table)) or 0 for table in (Case, Campaign))
    return cases, campaigns


def _printed(office: Office) -> list[dict[str, Any]]:
    """What the command line prints of the campaigns."""
    environment = {**os.environ, **office.place.environment}
    done = processes.run("cli", "campaigns", "--json", env=environment)
    assert done.returncode == 0, done.stderr
    listed: list[dict[str, Any]] = json.loads(done.stdout)
    return listed


@pytest.mark.clause("BX-22")
def test_june_opens_one_case_a_household_of_the_roll_and_one_letter_a_unit_and_programme(office: Office) -> None:
    with _reading(office) as work:
        roll = _roll(work)
    office.advance(FIRST_OF_JUNE)
    with _reading(office) as work:
        opened = work.session.execute(
            select(Organisation.code, Campaign.programme).join(Organisation, Organisation.id == Campaign.unit_id)
        ).all()
        assert sorted(map(tuple, opened)) == sorted((unit, programme) for unit in UNITS for programme in PROGRAMMES)
        cases = _cases(work, "2027-06")
        assert len(cases) == len(set(cases)) and set(cases) == roll
        for campaign in work.session.scalars(select(Campaign)):
            own = Case.campaign_id == campaign.id
            made = work.session.scalar(select(func.count()).where(own, Case.kind == DYNAMIC))
            frozen = work.session.scalar(select(func.count()).where(CampaignSubject.campaign_id == campaign.id))
            assert campaign.households == made == frozen
            assert campaign.opened_at == datetime.fromisoformat("2027-06-01T00:10:00+08:00")
            (letter,) = work.session.scalars(select(Case).where(own, Case.kind == BATCH_LETTER))
            (draft,) = work.session.scalars(select(Commission).where(Commission.case_id == letter.id))
            assert (draft.state, draft.prepared_by, draft.signatory_id, draft.letter_id) == ("DRAFT", None, None, None)
            assert draft.agency_id == organisations.by_code(work, "benxi-agency").id  # BX-25: the city's, not its own
            assert draft.department_id == campaign.unit_id
            (task,) = work.session.scalars(select(HumanTask).where(HumanTask.case_id == letter.id))
            assert (task.step_id, task.role, task.org_id) == ("sign", "department_head", campaign.unit_id)
        assert work.session.scalar(select(func.count()).select_from(Query)) == 0  # unsigned nothing is asked


def test_opening_again_and_from_another_worker_opens_nothing_new(office: Office) -> None:
    office.advance(FIRST_OF_JUNE)
    with _reading(office) as work:
        before = _counted(work)
        latecomer = work.session.scalars(
            select(Household.id).where(~select(Recipient.id).where(Recipient.household_id == Household.id).exists())
        ).first()
    with unit_of_work(office.home, SCHEDULER) as work:
        household = households.by_id(work, latecomer)
        unit = work.session.get_one(Organisation, household.department_id)
        recipients.enrol(work, household, "DIBAO", unit, work.today)
    assert office.advance(FIRST_OF_JUNE) is None
    assert tick.sweep(office.home, "another", most=100).done == 0
    office.advance("2027-06-01T18:00:00+08:00")
    with _reading(office) as work:
        for campaign in work.session.scalars(select(Campaign)).all():
            again = reviewing.open_campaign(work, unit_id=campaign.unit_id, programme=campaign.programme,
                                            period=campaign.period, planned_at=campaign.planned_at)  # fmt: skip
            assert again.id == campaign.id
        assert _counted(work) == before  # the roll was frozen when the review opened


def test_the_command_line_prints_the_campaigns(office: Office) -> None:
    assert _printed(office) == []
    office.advance(FIRST_OF_JUNE)
    printed = _printed(office)
    assert len(printed) == 21
    for one in printed:
        assert set(one) == {"period", "programme", "unit", "households", "cases", "opened_at"}
        assert (one["period"], one["opened_at"]) == ("2027-06", "2027-06-01T00:10:00+08:00")
        assert one["programme"] in PROGRAMMES and one["households"] == one["cases"]
    assert len({(one["unit"], one["programme"]) for one in printed}) == 21
    assert {one["unit"] for one in printed} == {"本溪县", "桓仁县", "平山区", "明山区", "溪湖区", "南芬区", "高新区"}
    assert sum(one["cases"] for one in printed) == 28


@pytest.mark.clause("BX-25")
def test_the_letter_is_signed_in_the_county_checked_in_the_city_and_only_then_is_anything_asked(
    office_in: Callable[[Template], Office],
) -> None:
    office = office_in(JUNE)
    reviews.hire(office, "xihu")
    letter = reviews.letter(office, "xihu", "DIBAO")
    signed, collected, half = reviews.households(office, "xihu", programme="DIBAO")
    assert [one.open_steps() for one in (signed, collected, half)] == [[], ["collect"], ["collect"]]
    town = reviews.town_of(collected)
    rows = [steps.signature(collected, member, "collect", town) for member in steps.family(collected)]
    collected.do(town, "collect", {"members": rows})
    assert collected.open_steps() == []
    first, *others = steps.family(half)
    town = reviews.town_of(half)
    rows = [steps.signature(half, first, "collect", town)]
    rows += [{"person": member.ref, "signed": "LATER"} for member in others]
    half.do(town, "collect", {"members": rows})
    assert half.open_steps() == ["collect"]

    with pytest.raises(NotFound):
        reviews.sign(letter, "head")  # the head of another county
    with pytest.raises(InvalidAnswers):
        letter.do("head-xihu", "sign", {"signed_on": "2027-06-01", "letter": []})  # BX-12
    reviews.sign(letter, "head-xihu")
    _asked_nothing(office)
    with pytest.raises(NotFound):
        letter.do("checker", "accept", steps.checked("ACCEPT"))  # a county's agency runs no review
    letter.do("citychecker", "accept", steps.checked("REFUSE", "LETTER", "缺公章", failed=["letter"]))
    assert letter.open_steps() == ["sign"]
    _asked_nothing(office)
    reviews.sign(letter, "head-xihu")
    reviews.accept(letter)

    with letter.work() as work:
        states = [(one.purpose, one.attempt, one.state) for one in letter.rows(work, Commission)]
        assert sorted(states) == [
            ("SURVIVAL", 1, "REFUSED"), ("SURVIVAL", 2, "ACCEPTED"),
            ("VERIFY", 1, "REFUSED"), ("VERIFY", 2, "ACCEPTED"),
        ]  # fmt: skip
        assert letter.case(work).state == DONE
    assert _asked(signed) == _asked(collected) == {"BIZ", "DEATH", "DEPOSIT", "HOUSE", "PENRCV", "VEHICLE"}
    assert half.open_steps() == ["outcome"] or half.open_steps()[0] == "verify_doubt"  # the letter went on without it
    with half.work() as work:
        named = {person.ref: person.id for person in half.members(work)}
        by_person = {
            ref: {query.category for query in half.rows(work, Query) if _subject(work, query, key)}
            for ref, key in named.items()
        }
        assert by_person[first.ref] == {"BIZ", "DEATH", "DEPOSIT", "HOUSE", "PENRCV", "VEHICLE"}
        assert all(by_person[other.ref] == {"DEATH"} for other in others)  # BX-16 alone
    _every_query_is_allowed(office)


def _asked_nothing(office: Office) -> None:
    with _reading(office) as work:
        assert work.session.scalar(select(func.count()).select_from(Query)) == 0


def _asked(story: Story) -> set[str]:
    with story.work() as work:
        return {query.category for query in story.rows(work, Query)}


def _subject(work: Work, query: Query, person_id: int) -> bool:
    asked = select(QuerySubject.id).where(QuerySubject.query_id == query.id, QuerySubject.person_id == person_id)
    return work.session.scalar(asked) is not None


def _every_query_is_allowed(office: Office) -> None:
    """Model 2.7, 1: an accepted commission, and that person's authorisation or an identity category."""
    with _reading(office) as work:
        rows = work.session.execute(
            select(Query.category, Commission.state, Commission.purpose, CommissionSubject.authorisation_id,
                   Authorisation.signed_on, Commission.commissioned_on, Query.sent_at, Commission.decided_at)
            .join(QuerySubject, QuerySubject.query_id == Query.id)
            .join(Commission, Commission.id == Query.commission_id)
            .join(CommissionSubject, (CommissionSubject.commission_id == Commission.id)
                  & (CommissionSubject.person_id == QuerySubject.person_id))
            .outerjoin(Authorisation, Authorisation.id == CommissionSubject.authorisation_id)
        ).all()  # fmt: skip
        assert rows
        for category, state, purpose, held, signed_on, commissioned_on, sent_at, accepted_at in rows:
            assert state == "ACCEPTED" and sent_at >= accepted_at
            if purpose == "VERIFY":
                assert held is not None and signed_on <= commissioned_on
            else:
                assert category == "DEATH"


def _ended(story: Story, outcome: str) -> None:
    answers = {"outcome": outcome, "basis": "《社会救助暂行办法》第十三条", "reason": "经逐条核实"}
    with story.work() as work:
        head = "head-" + work.session.get_one(Organisation, story.case(work).department_id).code
    story.do(head, "outcome", answers)


def _verify_all(story: Story, finding: str) -> None:
    while "verify_doubt" in story.open_steps():
        story.do(reviews.town_of(story), "verify_doubt", {"finding": finding, "note": "入户查看并核对原件"})


@pytest.mark.clause("NM-12")
def test_a_review_ends_in_stop_adjust_or_continue_and_stops_only_on_a_doubt_found_true(
    office_in: Callable[[Template], Office],
) -> None:
    office = office_in(JUNE)
    reviews.hire(office, "mingshan")
    for programme in ("DIBAO", "LOWINC"):
        letter = reviews.letter(office, "mingshan", programme)
        reviews.sign(letter, "head-mingshan")
        reviews.accept(letter)
    untouched, owner = reviews.households(office, "mingshan", programme="DIBAO")
    (saver,) = reviews.households(office, "mingshan", programme="LOWINC")

    assert untouched.open_steps() == ["outcome"]
    with pytest.raises(Conflict) as refused:
        _ended(untouched, "STOP")
    assert refused.value.ids["clause"] == "NM-12"
    _ended(untouched, "CONTINUE")

    with owner.work() as work:
        (doubt,) = owner.rows(work, Doubt)
        assert (doubt.code, doubt.category, doubt.finding) == ("D-BIZ", "BIZ", None)
        listed = reports.latest(work, owner.case(work))
        assert listed is not None
        assert (listed.kind, listed.state, listed.reviewer_id) == ("DOUBT_LIST", "REVIEWED", None)
        assert listed.digest and listed.number and listed.delivered_at is not None
    assert owner.open_steps() == ["verify_doubt"]
    with pytest.raises(NotFound):
        owner.do("citychecker", "verify_doubt", {"finding": "TRUE", "note": "x"})  # the agency decides nothing
    _verify_all(owner, "TRUE")
    _ended(owner, "STOP")
    assert owner.open_steps() == ["deliver_notice"]
    with owner.work() as work:
        (made,) = owner.rows(work, Determination)
        assert made.outcome == "STOP" and doubt.ref in _body(owner, work, "determination.recorded")["verified_doubts"]
        with pytest.raises(Conflict):
            archives.complete(work.acting(SCHEDULER), owner.case(work))  # CK-14: not told yet
    town = reviews.town_of(owner)
    receipt = owner.upload(town, "deliver_notice", "receipt.pdf")
    owner.do(town, "deliver_notice", {"delivered_on": "2027-06-01", "way": "LEFT_AT_HOME", "receipt": [receipt]})

    with saver.work() as work:
        assert sorted(doubt.code for doubt in saver.rows(work, Doubt)) == ["D-DEPOSIT", "D-UNDECL"]
    saver.do(reviews.town_of(saver), "verify_doubt", {"finding": "EXPLAINED", "note": "已在申报表列明"})
    assert saver.open_steps() == ["verify_doubt"]  # no outcome while one is open
    _verify_all(saver, "FALSE")
    with pytest.raises(Conflict) as refused:
        _ended(saver, "STOP")
    assert refused.value.ids["clause"] == "NM-12"
    _ended(saver, "ADJUST")
    for story, state in ((untouched, "ACTIVE"), (owner, "STOPPED"), (saver, "ACTIVE")):
        _closed(story, state)
    with _reading(office) as work:
        done = {(row.unit, row.programme): row.done for row in reviewing.listed(work)}
        assert done["mingshan", "DIBAO"] == 2 and done["mingshan", "LOWINC"] == 1 and done["xihu", "DIBAO"] == 0


def _body(story: Story, work: Work, event: str) -> dict[str, Any]:
    return next(entry.body for entry in reversed(story.journal(work)) if entry.event == event)


def _closed(story: Story, state: str) -> None:
    """The case is done, its file is complete at the department, and the roll says what was decided."""
    assert story.open_steps() == []
    with story.work() as work:
        case = story.case(work)
        assert case.state == DONE
        file = archives.of_case(work, case)
        assert file is not None and file.completed_at is not None and file.holder_id == case.department_id
        receives = recipients.of_household(work, households.by_id(work, case.household_id), case.programme)
        assert receives is not None and receives.state == state
        on_roll = select(CampaignSubject).where(
            CampaignSubject.campaign_id == case.campaign_id, CampaignSubject.household_id == case.household_id
        )
        (decision,) = story.rows(work, Determination)
        assert work.session.scalars(on_roll).one().outcome == decision.outcome
        if decision.outcome == "STOP":
            notice = notices.latest(work, case)
            assert notice is not None and notice.delivered_on == date(2027, 6, 1)


def test_a_letter_unsigned_at_the_months_end_is_overdue_and_can_still_be_signed(
    office_in: Callable[[Template], Office],
) -> None:
    office = office_in(JUNE)
    letter = reviews.letter(office, "pingshan", "DIBAO")
    reviews.sign(letter, "head")
    reviews.accept(letter)
    office.advance("2027-06-30T23:58:00+08:00")
    with _reading(office) as work:
        assert not any(row.overdue for row in reviewing.listed(work))
    office.advance("2027-07-02T09:00:00+08:00")
    with _reading(office) as work:
        late = {(row.unit, row.programme) for row in reviewing.listed(work) if row.overdue}
        assert len(late) == 20 and ("pingshan", "DIBAO") not in late
        noted = work.session.scalar(select(func.count()).where(JournalEntry.event == "campaign.overdue"))
        assert noted == 20
        assert work.session.scalar(select(func.count(Campaign.id))) == 21
    tardy = reviews.letter(office, "pingshan", "LOWINC")
    assert tardy.open_steps() == ["sign"]
    reviews.sign(tardy, "head")
    reviews.accept(tardy)
    with _reading(office) as work:
        late = {(row.unit, row.programme) for row in reviewing.listed(work) if row.overdue}
        assert len(late) == 19 and ("pingshan", "LOWINC") not in late


@pytest.mark.clause("BX-23")
def test_november_opens_without_the_destitute_and_without_who_was_stopped(office: Office) -> None:
    with unit_of_work(office.home, SCHEDULER) as work:
        stopped = work.session.scalars(select(Recipient).where(Recipient.programme == "DIBAO")).first()
        assert stopped is not None
    office.advance(FIRST_OF_JUNE)
    with unit_of_work(office.home, SCHEDULER) as work:
        recipients.stop(work, households.by_id(work, stopped.household_id), "DIBAO", work.today)
    office.advance("2027-11-02T09:00:00+08:00")
    printed = [one for one in _printed(office) if one["period"] == "2027-11"]
    assert {one["programme"] for one in printed} == {"DIBAO", "LOWINC"}
    assert len(printed) == 14 and {one["opened_at"] for one in printed} == {"2027-11-01T00:10:00+08:00"}
    with _reading(office) as work:
        cases = _cases(work, "2027-11")
        assert len(cases) == len(set(cases))
        assert set(cases) == {one for one in _roll(work) if one[1] != "TEKUN"}
        assert (stopped.household_id, "DIBAO") not in cases
        assert len(_cases(work, "2027-06")) == 28
