"""Deliveries against current recipients: only under a letter, only whom an authorisation covers, each doubt once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from domain import files, identity
from domain.agenda import AgendaItem
from domain.assistance.recipients import Recipient
from domain.cases import Case
from domain.errors import InvalidAnswers, NotFound
from domain.parties import households
from domain.parties.households import Household, Person
from domain.verification import authorisations, recipient_checks
from domain.verification.authorisations import Authorisation
from domain.verification.commission_rows import Commission, CommissionSubject
from domain.verification.deliveries import Delivery, Resource
from domain.verification.recipient_rows import (
    DONE,
    RecipientCheck,
    RecipientDoubt,
    RecipientLeftOut,
    RecipientRequest,
)
from domain.work import OPERATOR, SCHEDULER, Work, unit_of_work
from sources.demo import demo_files
from sources.store import Store, Wanted
from tasks.rows.models import HumanTask
from tests.domain.verification.supplied import accepted
from tests.homes import START, Office, one_roll
from tests.journeys import standing, steps
from tests.storage.test_canaries import forms, raw
from workflows.operations import recipients as operation


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Wanted]:
    """What the store is asked for, while it answers as always."""
    found: list[Wanted] = []
    match = Store.match

    def listening(self: Store, stored: Sequence[Any], wanted: Sequence[Wanted], *more: Any, **named: Any) -> Any:
        found.extend(wanted)
        return match(self, stored, wanted, *more, **named)

    monkeypatch.setattr(Store, "match", listening)
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of five households, so that a demonstration has several."""
    monkeypatch.setattr(recipient_checks, "CHUNK", 5)


@pytest.fixture
def office(office: Office) -> Office:
    """The demonstration, its recipients all on one roll, so that there is something to compare."""
    one_roll(office)
    return office


def look(office: Office) -> Any:
    return unit_of_work(office.home, OPERATOR, write=False)


def every(work: Work, table: type[Any]) -> list[Any]:
    return list(work.session.scalars(select(table).order_by(table.id)))


def recipients_of(work: Work) -> dict[str, Person]:
    """Members of the households on the roll, by ref."""
    rows = work.session.scalars(
        select(Person)
        .join(Recipient, Recipient.household_id == Person.household_id)
        .where(Recipient.state == "ACTIVE", Person.kind == "MEMBER")
    )
    return {one.ref: one for one in rows}


@pytest.mark.clause("CK-18")
def test_without_a_letter_nothing_is_looked_for(office: Office, asked: list[Wanted]) -> None:
    with unit_of_work(office.home, SCHEDULER) as work:
        for delivery in every(work, Delivery):
            recipient_checks.plan(work, delivery)
    office.sweep()
    assert asked == []
    with look(office) as work:
        assert every(work, RecipientCheck) == []


@pytest.mark.clause("CK-18", "BX-11")
def test_under_a_letter_exactly_those_are_looked_for_whose_authorisation_holds(
    office: Office, asked: list[Wanted], small: None
) -> None:
    standing.in_force(office)
    with look(office) as work:
        people = recipients_of(work)
        holding = {ref for ref, one in people.items() if authorisations.in_force(work, one, work.today) is not None}
        checks = every(work, RecipientCheck)
        assert checks and all(check.state == DONE for check in checks)
        assert len(checks) == work.session.scalar(select(func.count()).select_from(Delivery))
        assert 0 < len(holding) < len(people)
        assert {one.ref for one in asked} == holding
        assert Counter(one.ref for one in asked) == dict.fromkeys(holding, len(checks)), "each once a delivery"
        assert all(one.names == () for one in asked), "nobody is looked for by name (CK-09)"
        left_out = {one.person_id for one in every(work, RecipientLeftOut)}
        assert left_out == {one.id for ref, one in people.items() if ref not in holding}
        assert {check.persons for check in checks} == {len(holding)}
        assert {check.left_out for check in checks} == {len(left_out)}


@pytest.mark.clause("CK-18")
def test_what_is_found_becomes_doubts_that_lead_to_delivery_row_rule_and_declaration(office: Office) -> None:
    standing.in_force(office)
    with look(office) as work:
        doubts: list[RecipientDoubt] = every(work, RecipientDoubt)
        assert doubts
        on_roll = {one.id: one for one in recipients_of(work).values()}
        assert {one.person_id for one in doubts} <= on_roll.keys()
        files_of = {"D-BIZ": "business.csv", "D-DEATH": "death.csv"}
        for code, name in files_of.items():  # who owns a business and who died: the row of the file names them
            (one,) = [one for one in doubts if one.code == code]
            number = households.number_of(work, on_roll[one.person_id])
            lines = demo_files(START.date())[f"departments/{name}"].splitlines()
            assert number.encode() in lines[int(one.row_no) - 1]
            assert one.category == code.removeprefix("D-")
        for one in doubts:
            delivery = work.session.get_one(Delivery, one.delivery_id)
            assert work.session.get_one(Resource, delivery.resource_id).category == one.category
            value = work.home.vault.open_json("recipient_doubt.value", one.ref, one.value)
            assert one.row_no in {row["row_no"] for row in value["rows"]}
            assert "declared" in value and value["rows"][0]["values"]
            assert {"decision", "table", "rule", "number", "version"} <= one.rule.keys()
            assert one.fingerprint.startswith(("fp1:", "fps1:"))
        assert sum(check.doubts for check in every(work, RecipientCheck)) == len(doubts)


@pytest.mark.clause("CK-18")
def test_the_same_facts_in_a_later_delivery_raise_nothing_anew(office: Office) -> None:
    """Next month's file says the same of the same people: compared again, no doubt twice."""
    standing.in_force(office, ["BIZ"])
    with look(office) as work:
        before = {one.ref for one in every(work, RecipientDoubt)}
        (check,) = every(work, RecipientCheck)
        found = check.found
    supply(office, demo_files(START.date())["departments/business.csv"] + b"\n")
    with look(office) as work:
        second = every(work, RecipientCheck)[1]
        assert (second.state, second.found, second.doubts) == (DONE, found, 0)
        assert before and {one.ref for one in every(work, RecipientDoubt)} == before


def supply(office: Office, content: bytes, code: str = "BIZ") -> None:
    """Another file of a department, read and compared."""
    blob = office.home.blobs.put_bytes(content)
    with unit_of_work(office.home, OPERATOR) as work:
        resource = work.session.scalars(select(Resource).where(Resource.category == code)).one()
        actor = replace(OPERATOR, org_id=resource.supplier_id)
        file = files.keep(work.acting(actor), blob, name="a.csv", media_type="text/csv", purpose="delivery")
        accepted(work.acting(actor), resource, file, work.today)
    office.sweep()


@pytest.mark.clause("CK-18", "BX-11")
def test_whose_consent_ended_between_two_parts_is_not_looked_for(office: Office, asked: list[Wanted]) -> None:
    standing.in_force(office, ["VEHICLE"])
    with unit_of_work(office.home, OPERATOR) as work:
        named = work.session.scalars(select(CommissionSubject.person_id).order_by(CommissionSubject.id)).first()
        person = work.session.get_one(Person, named)
        authorisation = work.session.scalars(
            select(Authorisation).where(Authorisation.person_id == named).order_by(Authorisation.id.desc()).limit(1)
        ).one()
        authorisations.withdraw(work, authorisation, on=work.today, reason="不再同意")
        check = every(work, RecipientCheck)[0]
        check.state, check.ended_at, check.place = "RUNNING", None, 0
        work.session.flush()
        part = recipient_checks.next_part(work, check)
        assert person.ref not in {one.ref for one in part.people}
        assert (person.id, person.household_id, "NEVER") in part.left_out


@pytest.mark.clause("BX-11")
def test_the_town_that_keeps_the_household_is_asked_once(office: Office) -> None:
    standing.in_force(office)
    with look(office) as work:
        requests: list[RecipientRequest] = every(work, RecipientRequest)
        lacking = {one.household_id for one in every(work, RecipientLeftOut) if one.why == "NEVER"}
        assert {one.household_id for one in requests} == lacking
        assert len(requests) == len(lacking), "once, whatever the number of deliveries"
        for one in requests:
            case = work.session.get_one(Case, one.case_id)
            household = work.session.get_one(Household, one.household_id)
            (task,) = work.session.scalars(select(HumanTask).where(HumanTask.case_id == case.id))
            assert (task.step_id, task.role, task.org_id) == ("collect", "town_post", household.town_id)
    with unit_of_work(office.home, SCHEDULER) as work:
        recipient_checks.plan_asking(work, 10_000)
    office.sweep()
    with look(office) as work:
        assert len(every(work, RecipientRequest)) == len(requests)


def test_killed_after_any_part_the_check_goes_on_and_finds_the_same(office: Office, small: None) -> None:
    """Each part is gathered and performed, the worker dies before it is recorded, another does it again."""
    standing.signed(office, ["VEHICLE", "DEPOSIT"]).do("citychecker", "acceptance", steps.checked("ACCEPT"))
    with look(office) as work:
        whole = {(one.person_id, one.code, one.fingerprint) for one in every(work, RecipientDoubt)}
        figures = [(c.households, c.persons, c.found, c.doubts) for c in every(work, RecipientCheck)]
        parts = work.session.scalar(select(func.count()).where(AgendaItem.kind == recipient_checks.PART))
    assert whole and parts and parts > 2 * 2
    with unit_of_work(office.home, SCHEDULER) as work:
        checks = every(work, RecipientCheck)
        refs = [check.ref for check in checks]
        for check in checks:
            check.state, check.ended_at, check.place = "RUNNING", None, 0
            check.households = check.persons = check.left_out = check.found = check.doubts = 0
    for ref in refs:
        for _part in range(100):
            with unit_of_work(office.home, SCHEDULER, write=False) as work:
                lookup = operation.gather(work, ref)
            assert lookup is not None
            result = operation.perform(office.home, lookup)
            lost = operation.perform(office.home, lookup)  # the first was lost with its worker
            with unit_of_work(office.home, SCHEDULER) as work:
                assert operation.record(work, ref, lost)
                assert not operation.record(work, ref, result), "a part that is recorded is not recorded again"
            if lookup.part.last is None:
                break
    with look(office) as work:
        assert {(one.person_id, one.code, one.fingerprint) for one in every(work, RecipientDoubt)} == whole
        assert [(c.households, c.persons, c.found) for c in every(work, RecipientCheck)] == [f[:3] for f in figures]
        assert [c.doubts for c in every(work, RecipientCheck)] == [0] * len(refs), "none is raised twice"


@pytest.mark.clause("CK-18")
def test_a_new_delivery_is_compared_when_it_is_accepted_and_an_old_one_not_again(office: Office) -> None:
    standing.in_force(office, ["VEHICLE"])
    with unit_of_work(office.home, SCHEDULER) as work:
        delivery = work.session.scalars(
            select(Delivery).join(Resource, Resource.id == Delivery.resource_id).where(Resource.category == "VEHICLE")
        ).one()
        recipient_checks.plan(work, delivery)
        recipient_checks.plan(work, delivery)
        assert recipient_checks.begin(work, delivery.ref) == []
        person = work.session.get_one(Person, every(work, CommissionSubject)[0].person_id)
        name, number = households.name_of(work, person), households.number_of(work, person)
    with look(office) as work:
        (first,) = [one.delivery_id for one in every(work, RecipientCheck)]
        known = {one.ref for one in every(work, RecipientDoubt)}
    heading = "机动车所有人,身份证明号码,号牌种类,号牌号码,车辆类型,品牌型号,初次登记日期,使用性质,机动车状态\n"
    supply(
        office, f"{heading}{name},{number},小型汽车,辽E0T777,小型轿车,某牌,2026-11-02,非营运,正常\n".encode(), "VEHICLE"
    )
    with look(office) as work:
        second = every(work, RecipientCheck)[1]
        assert second.state == DONE and second.delivery_id != first
        (made,) = [one for one in every(work, RecipientDoubt) if one.ref not in known and one.code == "D-VEH"]
        assert (made.person_id, made.delivery_id, made.row_no) == (person.id, second.delivery_id, "2")


@pytest.mark.clause("CK-18")
def test_a_letter_whose_period_is_over_compares_nothing(office: Office, asked: list[Wanted]) -> None:
    standing.in_force(office, ["VEHICLE"], until="2027-05-20")
    asked.clear()
    office.advance("2027-05-21T00:30:00+08:00")
    with unit_of_work(office.home, SCHEDULER) as work:
        delivery = work.session.scalars(
            select(Delivery).join(Resource, Resource.id == Delivery.resource_id).where(Resource.category == "VEHICLE")
        ).one()
        work.session.execute(text("DELETE FROM recipient_left_out"))
        assert recipient_checks.begin(work, delivery.ref) == []
        check = every(work, RecipientCheck)[0]
        check.state, check.ended_at, check.place = "RUNNING", None, 0
        assert recipient_checks.next_part(work, check).last is None
    assert asked == []


def test_somebody_who_authorised_after_the_letter_waits_for_another_letter(office: Office) -> None:
    """BX-11: first authorise, then commission; nobody is asked to sign again for it."""
    story = standing.in_force(office, ["VEHICLE"])
    with unit_of_work(office.home, OPERATOR) as work:
        letter = work.session.scalars(select(Commission).where(Commission.case_id == story.case(work).id)).one()
        check = every(work, RecipientCheck)[0]
        check.state, check.ended_at, check.place = "RUNNING", None, 0
        late = work.session.scalars(select(RecipientLeftOut).order_by(RecipientLeftOut.id).limit(1)).one()
        older = work.session.scalars(select(Authorisation).order_by(Authorisation.id).limit(1)).one()
        work.session.add(
            Authorisation(
                number="T-1",
                person_id=late.person_id,
                signed_on=work.today,
                signer="SELF",
                scope="NATIONWIDE",
                until_rule="WHILE_RECEIVING",
                scan_id=older.scan_id,
                collected_at=work.now,
            )
        )
        work.session.flush()
        assert letter.commissioned_on == work.today
        part = recipient_checks.next_part(work, check)
        assert (late.person_id, late.household_id, "LATER") in part.left_out
        assert late.person_id not in {one.person_id for one in part.people}


@pytest.mark.clause("BX-12", "LF-19")
def test_three_people_make_a_letter(office: Office) -> None:
    story = standing.drafted(office)
    with pytest.raises(NotFound):
        story.do("clerk", "sign", {})
    letter = story.upload("head", "sign", "standing.pdf")
    with pytest.raises(InvalidAnswers):
        story.do("head", "sign", {"signed_on": "2027-05-18", "letter": []})
    story.do("head", "sign", {"signed_on": "2027-05-18", "letter": [letter]})
    with look(office) as work:
        (row,) = every(work, Commission)
        assert (row.state, row.purpose, row.valid_until) == ("ISSUED", "STANDING", date(2028, 5, 17))
        assert row.prepared_by != row.signatory_id and row.number and row.letter_id
        assert every(work, RecipientCheck) == []
    story.do("citychecker", "acceptance", steps.checked("ACCEPT"))
    with look(office) as work:
        assert every(work, Commission)[0].state == "ACCEPTED"
        assert every(work, RecipientCheck)


@pytest.mark.parametrize(("first", "last"), [("2027-05-18", "2028-05-18"), ("2027-06-01", "2027-05-31"),
                                            ("2027-01-01", "2027-05-17")])  # fmt: skip
def test_a_period_is_bounded(office: Office, first: str, last: str) -> None:
    """Above a year, backwards, over: said to who drafts it."""
    story = standing.begun(office)
    answers = {"categories": ["VEHICLE"], "valid_from": first, "valid_until": last, "basis": "x"}
    with pytest.raises(InvalidAnswers) as refused:
        story.do("clerk", "draft", answers)
    assert set(refused.value.fields) == {"valid_until"}
    assert story.open_steps() == ["draft"]


@pytest.mark.clause("CK-18", "BX-12")
def test_the_database_refuses_a_check_without_an_accepted_standing_letter(office: Office) -> None:
    standing.signed(office)
    with unit_of_work(office.home, OPERATOR) as work:
        letter = every(work, Commission)[0]
        delivery = every(work, Delivery)[0]
        work.session.add(
            RecipientCheck(
                delivery_id=delivery.id,
                commission_id=letter.id,
                unit_id=letter.department_id,
                begun_at=work.now,
                policy_snapshot_id=work.session.scalars(select(Case.policy_snapshot_id)).first(),
            )
        )
        with pytest.raises(IntegrityError, match="CK-18"):
            work.session.flush()
        work.session.rollback()


@pytest.mark.clause("CK-18")
def test_strangers_surface_nowhere(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever stands in a delivery and is no recipient the letter names: in no row, no log."""
    caplog.set_level(logging.DEBUG)
    standing.in_force(office)
    with look(office) as work:
        named = set(work.session.scalars(select(CommissionSubject.person_id)))
        doubts = every(work, RecipientDoubt)
        assert {one.person_id for one in doubts} <= named
        known = {households.number_of(work, one) for one in work.session.scalars(select(Person))}
        for one in doubts:
            said = repr(work.home.vault.open_json("recipient_doubt.value", one.ref, one.value))
            said += work.home.vault.open("recipient_doubt.sentence", one.ref, one.sentence)
            assert not any(number in said for number in known), "not even the recipient's own number"
        for number in known:
            assert number not in caplog.text


@pytest.mark.clause("CK-18")
def test_who_stands_in_a_row_beside_a_recipient_surfaces_nowhere(office: Office, tmp_path: Path) -> None:
    """A joint owner who is no recipient: neither name nor number in the doubt, the raw database or the files."""
    standing.in_force(office, ["HOUSE"])
    with look(office) as work:
        person = work.session.get_one(Person, every(work, CommissionSubject)[0].person_id)
        number, name, key = households.number_of(work, person), households.name_of(work, person), person.id
    stranger, other = identity.make_demonstration(date(1961, 2, 3), 411), "欧阳金丝雀"
    supply(
        office,
        "权利人,权利人证件号,不动产权证书号,坐落,建筑面积,用途,登记时间,权属状态\n"
        f"{name}、{other},{number}、{stranger},辽(2019)本溪市不动产权第99001号,本溪市北光路7号,88,商业服务,2019-05-06,现势\n"
        .encode(), "HOUSE",
    )  # fmt: skip
    with look(office) as work:
        found = [one for one in every(work, RecipientDoubt) if one.person_id == key]
        assert found
        for one in found:
            value = work.home.vault.open_json("recipient_doubt.value", one.ref, one.value)
            assert value["rows"][0]["values"]["certificate"].endswith("99001号")
            said = repr(value) + work.home.vault.open("recipient_doubt.sentence", one.ref, one.sentence)
            assert other not in said and stranger not in said and number not in said
    for place, content in raw(office, tmp_path):
        assert not any(form in content for word in (stranger, other) for form in forms(word)), place


def statements(work: Work, run: Callable[[], Any]) -> int:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(work.home.engine, "before_cursor_execute", note)
    try:
        run()
    finally:
        event.remove(work.home.engine, "before_cursor_execute", note)
    return len(seen)


def test_a_part_asks_the_same_whatever_its_size(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    standing.in_force(office, ["VEHICLE"])
    counted = []
    for size in (1, 30):
        monkeypatch.setattr(recipient_checks, "CHUNK", size)
        with unit_of_work(office.home, OPERATOR) as work:
            check = every(work, RecipientCheck)[0]
            check.state, check.ended_at, check.place = "RUNNING", None, 0
            work.session.flush()
            counted.append(statements(work, lambda: recipient_checks.next_part(work, check)))  # noqa: B023
            work.session.rollback()
    assert counted[0] == counted[1] <= 12
