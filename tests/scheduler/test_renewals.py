"""Recipients' authorisations every morning: counted, asked anew before they end or once they hold no longer (NM-07)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from domain import files, rules
from domain.assistance.recipients import Recipient
from domain.cases import Case
from domain.errors import InvalidAnswers
from domain.journal import JournalEntry
from domain.parties import households, organisations
from domain.parties.households import Household, Person
from domain.verification import authorisations, collecting, renewals
from domain.verification.authorisations import Authorisation
from domain.verification.renewal_rows import AuthorisationCount, AuthorisationRenewal, AuthorisationScan
from domain.work import OPERATOR, SCHEDULER, Work, unit_of_work
from tasks import renewals as asking
from tasks.rows.models import HumanTask
from tasks.rows.notice_rows import Notification
from tests.homes import START, Office, one_roll
from tests.support import policy_files

TOMORROW = "2027-05-19T08:00:00+08:00"


def every(work: Work, table: type[Any]) -> Sequence[Any]:
    return work.session.scalars(select(table).order_by(table.id)).all()


@pytest.fixture
def office(office: Office) -> Office:
    """The demonstration, its recipients on one roll; whoever lacked one before the test began was asked already."""
    one_roll(office)
    office.advance(TOMORROW)
    office.sweep()
    return office


def whole(office: Office) -> tuple[Household, list[Person]]:
    """A household that receives and whose members all agreed."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        for one in work.session.scalars(select(Recipient).where(Recipient.state == "ACTIVE").order_by(Recipient.id)):
            household = work.session.get_one(Household, one.household_id)
            lines = authorisations.inventory(work, household, work.today)
            if len(lines) > 1 and all(line.authorisation is not None for line in lines):
                work.session.expunge_all()
                return household, [line.person for line in lines]
    raise AssertionError("the demonstration has such a household")


def asked_of(office: Office, household: Household) -> list[AuthorisationRenewal]:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        wanted = select(AuthorisationRenewal).where(AuthorisationRenewal.household_id == household.id)
        found = list(work.session.scalars(wanted.order_by(AuthorisationRenewal.id)))
        work.session.expunge_all()
        return found


def next_morning(office: Office, days: int = 1) -> None:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        day = work.today + timedelta(days=days)
    office.advance(f"{day.isoformat()}T08:00:00+08:00")
    office.sweep()


def fixed_term(office: Office, person: Person, until: date) -> None:
    """A person took the old paper back and signed one for a fixed term."""
    with unit_of_work(office.home, OPERATOR) as work:
        old = authorisations.of_person(work, person)[0]
        authorisations.withdraw(work, old, on=work.today, reason="改签定期授权")
        work.session.add(
            Authorisation(
                number=f"{old.number}-2", person_id=person.id, case_id=old.case_id, signed_on=work.today,
                signer=old.signer, guardian_id=old.guardian_id, scope=old.scope, until_rule="FIXED_TERM",
                valid_until=until, scan_id=old.scan_id, collected_at=work.now, collected_by=old.collected_by,
            )
        )  # fmt: skip


def test_every_town_is_counted_as_its_inventory_says(office: Office) -> None:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        (scan,) = [one for one in every(work, AuthorisationScan) if one.looked_on == work.today]
        assert (scan.state, scan.programme) == ("DONE", "DIBAO")
        counted = {
            one.town_id: (one.households, one.members, one.lacking, one.ending)
            for one in every(work, AuthorisationCount)
            if one.scan_id == scan.id
        }
        expected: dict[int, list[int]] = {}
        for one in work.session.scalars(select(Recipient).where(Recipient.state == "ACTIVE")):
            household = work.session.get_one(Household, one.household_id)
            lines = authorisations.inventory(work, household, work.today)
            row = expected.setdefault(household.town_id, [0, 0, 0, 0])
            row[0] += 1
            row[1] += len(lines)
            row[2] += sum(line.authorisation is None for line in lines)
        assert counted == {town: tuple(row) for town, row in expected.items()}
        assert sum(row[2] for row in counted.values()) > 0, "the demonstration has families that never signed"


@pytest.mark.clause("NM-07")
def test_a_household_is_asked_before_its_term_ends_and_not_before_the_reminder(office: Office) -> None:
    household, people = whole(office)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        last = work.today + timedelta(days=63)
    fixed_term(office, people[0], last)
    next_morning(office)
    assert asked_of(office, household) == [], "sixty-two days are left"
    next_morning(office, 2)
    (asked,) = asked_of(office, household)
    assert (asked.why, asked.ends_on) == ("ENDING", last)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        case = work.session.get_one(Case, asked.case_id)
        (task,) = work.session.scalars(select(HumanTask).where(HumanTask.case_id == case.id))
        assert (case.process, case.state) == ("recipient_authorisation", "OPEN")
        assert (task.step_id, task.role, task.org_id) == ("collect", "town_post", household.town_id)
    next_morning(office)
    assert len(asked_of(office, household)) == 1, "asked once for one reason"
    assert told(office, household) == ["60"]
    next_morning(office, 30)
    next_morning(office)
    assert told(office, household) == ["60", "30"]
    next_morning(office, 29)
    assert told(office, household) == ["60", "30", "0"]


def told(office: Office, household: Household) -> list[str]:
    """The stages of which the town was told about a household, in order."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        rows = [one for one in every(work, Notification) if one.facts.get("home") == household.ref]
        assert {one.kind for one in rows} <= {"authorisation.ending"}
        return list(dict.fromkeys(one.key.rpartition(":")[2] for one in rows))


@pytest.mark.clause("NM-07")
def test_a_member_who_joins_ends_the_familys_authorisation_and_has_it_asked_anew(office: Office) -> None:
    household, people = whole(office)
    next_morning(office)
    assert asked_of(office, household) == []
    with unit_of_work(office.home, OPERATOR) as work:
        person = work.session.get_one(Person, people[-1].id)
        person.joined_on = work.today
        assert authorisations.missing(work, [household.id], work.today)
    next_morning(office)
    (asked,) = asked_of(office, household)
    assert (asked.why, asked.ends_on) == ("CHANGED", None) and asked.case_id is not None


@pytest.mark.clause("NM-07", "BX-11")
def test_a_consent_taken_back_is_asked_for_once_more_and_a_family_that_refuses_is_left_in_peace(office: Office) -> None:
    household, people = whole(office)
    with unit_of_work(office.home, OPERATOR) as work:
        for person in people:
            authorisations.withdraw(work, authorisations.of_person(work, person)[0], on=work.today, reason="不再同意")
    next_morning(office)
    (asked,) = asked_of(office, household)
    assert asked.why == "WITHDRAWN"
    next_morning(office, 3)
    assert [one.ref for one in asked_of(office, household)] == [asked.ref]


def test_a_case_that_asks_already_is_not_doubled(office: Office) -> None:
    household, people = whole(office)
    with unit_of_work(office.home, OPERATOR) as work:
        authorisations.withdraw(work, authorisations.of_person(work, people[0])[0], on=work.today, reason="不再同意")
    next_morning(office)
    with unit_of_work(office.home, OPERATOR) as work:
        authorisations.withdraw(work, authorisations.of_person(work, people[1])[0], on=work.today, reason="也不同意")
    next_morning(office)
    first, second = asked_of(office, household)
    assert first.case_id == second.case_id, "two reasons, one task of the town"


def test_who_never_signed_is_asked_by_a_review_or_a_letter_alone(office: Office) -> None:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        signed = {one.person_id for one in every(work, Authorisation)}
        never = {
            one.household_id
            for one in every(work, Recipient)
            if not signed & {p.id for p in households.members(work, work.session.get_one(Household, one.household_id))}
        }
        assert never and not never & {one.household_id for one in every(work, AuthorisationRenewal)}


def test_a_part_that_is_done_twice_counts_once_and_a_look_is_begun_once_a_day(office: Office) -> None:
    with unit_of_work(office.home, SCHEDULER) as work:
        scan = every(work, AuthorisationScan)[-1]
        before = [(one.town_id, one.members) for one in every(work, AuthorisationCount)]
        renewals.advance(work, [scan])  # a look that is finished stays as it is
        assert asking.run_day(work) == 0
        assert [(one.town_id, one.members) for one in every(work, AuthorisationCount)] == before


def test_parts_of_any_size_count_the_same_in_a_fixed_number_of_statements(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        scan = every(work, AuthorisationScan)[-1]
        once = {
            one.town_id: (one.households, one.members, one.lacking)
            for one in every(work, AuthorisationCount)
            if one.scan_id == scan.id
        }
    monkeypatch.setattr(renewals, "CHUNK", 3)
    statements: list[str] = []
    event.listen(office.home.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    next_morning(office)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        scan = every(work, AuthorisationScan)[-1]
        assert scan.looked_on == START.date() + timedelta(days=2)
        parts = {
            one.town_id: (one.households, one.members, one.lacking)
            for one in every(work, AuthorisationCount)
            if one.scan_id == scan.id
        }
        assert parts == once
    rolls = sum("recipient.household_id > authorisation_scan.place" in one for one in statements)
    assert rolls == sum(row[0] for row in once.values()) // 3 + 1  # a part that is not full is the last


def test_looks_of_more_than_a_week_ago_go(office: Office) -> None:
    next_morning(office, 9)
    next_morning(office)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        days = {one.looked_on for one in every(work, AuthorisationScan)}
        assert START.date() + timedelta(days=1) not in days
        assert len(every(work, AuthorisationCount)) <= len(days) * 20


def test_a_roll_without_an_agency_above_it_is_said_to_be_left_out(office: Office) -> None:
    with unit_of_work(office.home, OPERATOR) as work:
        for one in every(work, organisations.Organisation):
            one.agency_id = None
    next_morning(office)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert any(one.event == "authorisations.not_looked_through" for one in every(work, JournalEntry))


def test_a_fixed_term_ends_when_the_rules_say_and_no_later(office: Office) -> None:
    """`auth_term` gives the last day of a paper for a fixed term; a later one is refused with the day."""
    nation, none = "national/2017-01-01.toml", b"[values.auth_term]\nnone = true"
    with unit_of_work(office.home, OPERATOR) as work:
        held = policy_files()
        assert none in held[nation]
        year = b'[values.auth_term]\nvalue = { length = 12, unit = "month", roll = "none" }'
        rules.deploy(work, {**held, nation: held[nation].replace(none, year)})
    household, people = whole(office)
    with unit_of_work(office.home, OPERATOR) as work:
        authorisations.withdraw(work, authorisations.of_person(work, people[0])[0], on=work.today, reason="改签")
    next_morning(office)
    (asked,) = asked_of(office, household)
    with unit_of_work(office.home, office.actor("town")) as work:
        case, person = work.session.get_one(Case, asked.case_id), work.session.get_one(Person, people[0].id)
        scan = files.keep(
            work, office.home.blobs.put_bytes(b"%PDF-1.4 x"), name="a.pdf", media_type="application/pdf",
            purpose="authorisation", case_id=case.id,
        )  # fmt: skip
        signed: dict[str, Any] = {"signed_on": work.today, "scan": scan, "until_rule": "FIXED_TERM"}
        with pytest.raises(InvalidAnswers) as refused:
            collecting.collect(work, case, person, **signed, valid_until=date(2028, 5, 21))
        assert "2028-05-20" in str(refused.value.fields["valid_until"])
        kept = collecting.collect(work, case, person, **signed).authorisation
        assert (kept.until_rule, kept.valid_until) == ("FIXED_TERM", date(2028, 5, 20))
