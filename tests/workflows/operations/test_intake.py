"""Before a delivery counts: looked at in the child, shown masked, accepted or taken back; or refused whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError

from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties.accounts import Account
from domain.verification import catalogue, deliveries, intake, mappings, supply, withdrawals
from domain.verification.deliveries import (
    FAILED,
    LOOKING,
    READING,
    READY,
    WAITING,
    WITHDRAWN,
    Delivery,
    Resource,
)
from domain.verification.delivery_parts import DeliveryProgress
from domain.verification.intake import Intake, Looked
from domain.verification.supply import DONE, MONTH, OPEN, SupplyDue
from domain.work import OPERATOR, SCHEDULER, Work, unit_of_work
from tests.domain.office import NOW, TODAY, Desk, idno
from tests.domain.verification.sourced import sitting, sources, supplier
from tests.domain.verification.supplied import as_supplier, file_of, named
from workflows.operations import deliveries as reading
from workflows.operations import intake as looking

HEADING = "户名,证件号码,开户银行,账户余额(元),查询时点\r\n"


@dataclass
class Bank:
    """A bank with its two people, at whose desk files are handed in; or another office that supplies data."""

    desk: Desk
    ref: str
    people: dict[str, str]
    now: datetime = NOW

    def acting(self, work: Work, role: str = "data_supplier") -> Work:
        account = work.session.scalars(select(Account).where(Account.ref == self.people[role])).one()
        return as_supplier(work, account, role)

    def resource(self, work: Work) -> Resource:
        return work.session.scalars(select(Resource).where(Resource.ref == self.ref)).one()

    def hand_in(self, content: str | bytes, period: str = "", replaces: str = "") -> str:
        data = content if isinstance(content, bytes) else content.encode()
        with unit_of_work(self.desk.home, SCHEDULER, now=self.now) as work:
            before = deliveries.by_ref(work, replaces) if replaces else None
            made = intake.hand_in(
                self.acting(work), self.resource(work), file_of(work, data), period=period, replaces=before
            )
            return made.ref

    def look(self, ref: str) -> None:
        """The duty: gather, perform, record."""
        with unit_of_work(self.desk.home, SCHEDULER, now=self.now, write=False) as work:
            plan = looking.gather(work, ref)
        looked = looking.perform(self.desk.home, plan)
        with unit_of_work(self.desk.home, SCHEDULER, now=self.now) as work:
            looking.record(work, ref, looked)

    def look_while(self, ref: str, meanwhile: Callable[[], None]) -> Looked | None:
        """The duty, with something that happens between its beginning and its reading; what it brought."""
        with unit_of_work(self.desk.home, SCHEDULER, now=self.now, write=False) as work:
            plan = looking.gather(work, ref, self.now)
        meanwhile()
        looked = looking.perform(self.desk.home, plan)
        with unit_of_work(self.desk.home, SCHEDULER, now=self.now) as work:
            looking.record(work, ref, looked)
        return looked

    def looked(self, content: str | bytes, period: str = "", replaces: str = "") -> str:
        ref = self.hand_in(content, period, replaces)
        self.look(ref)
        return ref

    def accept(self, ref: str, *, whole: bool = False) -> None:
        with unit_of_work(self.desk.home, SCHEDULER, now=self.now) as work:
            intake.accept(self.acting(work), deliveries.by_ref(work, ref), whole=whole)

    def taken_in(self, content: str, period: str = "", replaces: str = "") -> str:
        ref = self.looked(content, period, replaces)
        self.accept(ref)
        reading.read_delivery(self.desk.home, ref, now=self.now)
        return ref

    def state(self, ref: str) -> str:
        return self.delivery(ref).state

    def delivery(self, ref: str) -> Delivery:
        with self.desk.home.sessions() as session:
            return session.scalars(select(Delivery).where(Delivery.ref == ref)).one()

    def said(self, ref: str) -> str:
        return str(self.delivery(ref).refusal or "")

    def seen(self, ref: str) -> tuple[dict[str, object], dict[str, object]]:
        with unit_of_work(self.desk.home, SCHEDULER, now=self.now, write=False) as work:
            row = intake.of(work, deliveries.by_ref(work, ref))
            assert row is not None
            return intake.seen_of(work, row), dict(row.quality)

    def dues(self) -> dict[str, str]:
        with self.desk.home.sessions() as session:
            return {row.period.code: row.state for row in session.scalars(select(SupplyDue))}


def bank_of(desk: Desk, *, rhythm: str = "") -> Bank:
    with sitting(desk, "clerk") as work:
        resource = sources(work)["DEPOSIT"]
        people = named(work, resource)
        if rhythm:
            supply.set_rhythm(work.acting(OPERATOR), resource, rhythm)
        return Bank(desk, resource.ref, {role: account.ref for role, account in people.items()})


@pytest.fixture
def bank(desk: Desk) -> Bank:
    return bank_of(desk)


def rows(count: int, day: str = "2027-02-28", bad: int = 0) -> str:
    lines = [f"甲某{n},{idno()},本溪银行,{n}00.50,{day}\r\n" for n in range(count)]
    lines += [f"乙某{n},{idno()},本溪银行,不详,{day}\r\n" for n in range(bad)]
    return HEADING + "".join(lines)


def test_a_file_that_is_taken_back_while_it_is_looked_at_is_let_go(bank: Bank) -> None:
    ref = bank.hand_in(rows(3))
    with unit_of_work(bank.desk.home, SCHEDULER, now=NOW, write=False) as work:
        plan = looking.gather(work, ref)
    with unit_of_work(bank.desk.home, SCHEDULER, now=NOW) as work:
        intake.call_back(bank.acting(work), deliveries.by_ref(work, ref))

    looked = looking.perform(bank.desk.home, plan)

    assert looked is None
    with unit_of_work(bank.desk.home, SCHEDULER, now=NOW) as work:
        looking.record(work, ref, looked)
    assert bank.state(ref) == WITHDRAWN


def test_looking_says_how_far_it_is_and_ends_when_the_file_is_taken_back(both: Desk) -> None:
    bank = bank_of(both)
    many = "".join(f"甲某{n},,本溪银行,{n}00.50,2027-02-28\r\n" for n in range(25_000))
    noted: list[str] = []

    def note(*args: object) -> None:
        if "INTO delivery_progress" in str(args[2]) or "UPDATE delivery_progress" in str(args[2]):
            noted.append(str(args[2]))

    event.listen(both.home.engine, "before_cursor_execute", note)
    ref = bank.hand_in(HEADING + many)
    assert bank.look_while(ref, lambda: None) is not None
    assert len(noted) >= 2
    assert bank.state(ref) != LOOKING

    noted.clear()
    again = bank.hand_in(HEADING + many + "甲某,,本溪银行,1.00,2027-02-28\r\n")

    def take_back() -> None:
        with unit_of_work(both.home, SCHEDULER, now=NOW) as work:
            intake.call_back(bank.acting(work), deliveries.by_ref(work, again))

    assert bank.look_while(again, take_back) is None
    event.remove(both.home.engine, "before_cursor_execute", note)
    assert bank.state(again) == WITHDRAWN and noted == []
    with both.home.sessions() as session:
        assert session.scalars(select(DeliveryProgress)).all() == []


@pytest.mark.clause("CK-15")
def test_nothing_of_a_file_counts_before_its_officer_accepts_it(both: Desk) -> None:
    bank = bank_of(both)
    ref = bank.looked(rows(3, bad=1))
    assert bank.state(ref) == WAITING
    with sitting(both, "clerk") as work:
        assert deliveries.ready(work, bank.resource(work), None) == []
        assert work.session.scalars(select(Delivery.store_name)).all() == [None]
    reading.read_delivery(both.home, ref, now=NOW)  # nobody accepted it: there is nothing to read
    assert bank.state(ref) == WAITING
    with both.home.engine.begin() as raw, pytest.raises(IntegrityError, match="CK-15"):
        raw.execute(text("UPDATE delivery SET state = 'READY', store_name = 'x'"))

    bank.accept(ref)
    assert bank.state(ref) == READING
    reading.read_delivery(both.home, ref, now=NOW)

    made = bank.delivery(ref)
    assert (made.state, made.accepted, made.rejected, made.total) == (READY, 3, 1, 4)
    with sitting(both, "clerk") as work:
        assert [one.ref for one in deliveries.ready(work, bank.resource(work), None)] == [ref]
    with pytest.raises(Conflict):
        bank.accept(ref)


@pytest.mark.clause("CK-15")
def test_the_officer_sees_columns_masked_rows_and_figures(bank: Bank) -> None:
    number = idno()
    first = bank.taken_in(HEADING + f"甲某某,{number},本溪银行,1234.50,2027-02-28\r\n")
    two_rows = rows(2).partition("\r\n")[2]
    unpaid = f"甲某某,{number},A77,,2027-02-28\r\n"
    nobodys = f"乙某某,{number[:-1]}{'1' if number[-1] != '1' else '2'},A78,9.00,2027-02-28\r\n"
    again = bank.looked(HEADING.replace("开户银行", "网点代号") + unpaid + two_rows + nobodys)
    seen, quality = bank.seen(first)
    assert [column[1:] for column in seen["columns"]] == [  # type: ignore[attr-defined]
        ["户名", "name"], ["证件号码", "number"], ["开户银行", "bank"], ["账户余额(元)", "balance"],
        ["查询时点", "data_date"],
    ]  # fmt: skip
    assert seen["preview"] == [["甲**", f"{number[:6]}********{number[-4:]}", "本***", "••••.••", "2027-02-28"]]
    assert (quality["rows"], quality["before"], quality["unknown"]) == (1, 0, 0)
    seen, quality = bank.seen(again)
    assert seen["ignored"] == ["网点代号"]
    assert (quality["rows"], quality["before"], quality["rejected"], quality["unknown"]) == (3, 1, 1, 1)
    empty = quality["empty"]
    assert isinstance(empty, dict) and empty["bank"] == 3 and not {"balance", "data_date", "number"} & empty.keys()
    assert number not in json.dumps([seen, quality]) and "甲某" not in json.dumps([seen, quality], ensure_ascii=False)


@pytest.mark.clause("CK-16")
@pytest.mark.parametrize("role", ["data_supplier", "supplier_leader"])
def test_an_office_names_both_its_people_before_its_first_file(both: Desk, role: str) -> None:
    with sitting(both, "clerk") as work:
        resource = sources(work)["DEPOSIT"]
        account = named(work, resource, role)[role]
        acting = as_supplier(work, account, "data_supplier")
        with pytest.raises(Conflict) as refused:
            intake.hand_in(acting, resource, file_of(work, b"x"))
        assert refused.value.clause == "CK-16"
        assert work.session.scalars(select(Delivery)).all() == []
        made = deliveries.enter(work.acting(OPERATOR), resource, file_of(work, b"y"), TODAY, LOOKING)
        work.session.add(Intake(ref="r" * 26, delivery_id=made.id, looks=0))
        with pytest.raises(IntegrityError, match="CK-16"):
            work.session.flush()
        work.session.rollback()


@pytest.mark.clause("CK-19")
def test_a_file_settles_the_period_it_was_handed_in_for(both: Desk) -> None:
    bank = bank_of(both, rhythm=MONTH)
    ref = bank.taken_in(rows(2))
    late = bank.taken_in(rows(2, "2027-01-31"), "2027-01")
    assert (bank.delivery(ref).data_date, bank.delivery(late).data_date) == (date(2027, 2, 28), date(2027, 1, 31))
    assert bank.dues() == {"2027-02": DONE, "2027-01": DONE}
    with pytest.raises(InvalidAnswers):
        bank.hand_in(rows(1), "2027-03")
    with pytest.raises(InvalidAnswers):
        bank.hand_in(rows(1), "2026-Q4")


@pytest.mark.clause("CK-19")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: rows(20, "2026-11-30"), "row 2"),
        (lambda: "2027年1月存款明细,,,,\r\n" + rows(2), "row 1"),
        (lambda: "本溪银行2026年第四季度存款明细,,,,\r\n" + rows(2), "2026-10…2026-12"),
        (lambda: rows(0, bad=3), "row 2"),
        (lambda: HEADING, "not one row"),
        (lambda: rows(3)[:-20], "row 4"),
        pytest.param(
            lambda: "户名,证件号码,死亡日期\r\n甲,1,2027-01-01\r\n",
            "has no column for",
            marks=pytest.mark.clause("CK-08"),
        ),
        pytest.param(lambda: "毕业生,学校\r\n甲,某校\r\n", "No heading row", marks=pytest.mark.clause("CK-08")),
    ],
    ids=[
        "wrong days",
        "wrong month",
        "wrong quarter",
        "no usable row",
        "empty month",
        "half a file",
        "template",
        "other",
    ],
)
def test_a_file_of_another_period_or_template_is_refused_whole_with_place_and_remedy(
    desk: Desk, content: object, said: str
) -> None:
    bank = bank_of(desk, rhythm=MONTH)
    before = len(list(desk.home.blobs.names()))
    ref = bank.looked(content())  # type: ignore[operator]
    assert bank.state(ref) == FAILED and said in bank.said(ref)
    assert bank.dues() == {}
    made = bank.delivery(ref)
    assert made.store_name is None
    # what was uploaded, the paper its row was made from, and at most the list of its faults: no row was stored
    assert len(list(desk.home.blobs.names())) - before <= 3
    with pytest.raises(Conflict):
        bank.accept(ref)
    reading.read_delivery(desk.home, ref, now=NOW)
    assert bank.state(ref) == FAILED


def test_a_day_of_printing_in_the_title_is_no_period_and_some_stray_days_are_no_mistake(desk: Desk) -> None:
    bank = bank_of(desk, rhythm=MONTH)
    stray = f"丙某,{idno()},本溪银行,1.00,2026-11-30\r\n"
    ref = bank.looked("打印日期：2027年3月8日,,,,\r\n" + rows(30) + stray)
    assert bank.state(ref) == WAITING
    assert bank.seen(ref)[1]["beside"] == 1


@pytest.mark.clause("CK-15")
def test_half_the_rows_of_the_last_time_need_a_word_that_the_file_is_whole(bank: Bank) -> None:
    bank.taken_in(rows(9))
    ref = bank.looked(rows(4))
    with pytest.raises(Conflict) as refused:
        bank.accept(ref)
    assert refused.value.clause == "CK-15" and bank.state(ref) == WAITING
    bank.accept(ref, whole=True)
    assert bank.state(ref) == READING


@pytest.mark.clause("LF-10")
def test_the_same_file_is_one_delivery_for_an_office_and_two_for_two(both: Desk) -> None:
    bank = bank_of(both)
    content = rows(2)
    ref = bank.taken_in(content)
    with pytest.raises(Conflict, match=ref) as refused:
        bank.hand_in(content)
    assert refused.value.clause == "LF-10"
    with sitting(both, "clerk") as work:
        second = catalogue.add_resource(work, supplier(work, "post-bank"), "DEPOSIT")
        people = named(work, second)
        other = Bank(both, second.ref, {role: account.ref for role, account in people.items()})
    assert other.taken_in(content) != ref
    with both.home.sessions() as session:
        assert len(session.scalars(select(Delivery.file_digest)).all()) == 2


def test_what_was_taken_back_before_it_counted_may_be_sent_again(bank: Bank) -> None:
    content = rows(2)
    ref = bank.looked(content)
    with unit_of_work(bank.desk.home, SCHEDULER, now=NOW) as work:
        intake.call_back(bank.acting(work), deliveries.by_ref(work, ref))
    assert bank.state(ref) == WITHDRAWN
    assert bank.taken_in(content) == ref
    assert bank.state(ref) == READY


@pytest.mark.clause("CK-08")
def test_columns_mapped_by_hand_are_used_for_this_file_and_the_next_with_the_same_headings(both: Desk) -> None:
    bank = bank_of(both)
    heading = "持卡人,持卡人代号,结余\r\n"
    one = bank.looked(heading + f"甲某,{idno()},12.50\r\n")
    assert bank.state(one) == FAILED
    unread = bank.seen(one)[0]["unread"]
    assert unread["labels"] == ["持卡人", "持卡人代号", "结余"]  # type: ignore[index]
    said = {0: "name", 1: "number", 2: "balance"}
    with unit_of_work(both.home, SCHEDULER, now=NOW) as work:
        intake.map_columns(bank.acting(work), deliveries.by_ref(work, one), unread["signature"], said)  # type: ignore[index]
    assert bank.state(one) == LOOKING
    bank.look(one)
    assert bank.state(one) == WAITING
    bank.accept(one)
    reading.read_delivery(both.home, one, now=NOW)
    assert (bank.delivery(one).state, bank.delivery(one).accepted) == (READY, 1)

    two = bank.taken_in(heading + f"甲某,{idno()},12.50\r\n乙某,{idno()},1\r\n")
    assert (bank.delivery(two).state, bank.delivery(two).accepted) == (READY, 2)
    other = bank.looked("持卡人,结余,持卡人代号\r\n" + f"甲某,12.50,{idno()}\r\n")
    assert bank.state(other) == FAILED


def test_a_mapping_belongs_to_its_office_and_names_each_field_once(bank: Bank) -> None:
    with unit_of_work(bank.desk.home, SCHEDULER, now=NOW) as work:
        resource, mine = bank.resource(work), bank.acting(work)
        with pytest.raises(InvalidAnswers):
            mappings.save(mine, resource, "a" * 64, {0: "name", 1: "name"})
        with pytest.raises(InvalidAnswers):
            mappings.save(mine, resource, "short", {0: "name"})
        foreign = Resource(ref="x" * 26, code="x", category="DEATH", supplier_id=resource.supplier_id + 1)
        with pytest.raises(NotPermitted):
            mappings.save(mine, foreign, "a" * 64, {0: "name"})


@pytest.mark.clause("CK-08")
def test_every_rejected_row_stands_in_the_whole_list_with_its_place_and_reason(bank: Bank) -> None:
    ref = bank.looked(rows(1, bad=1200))
    made = bank.delivery(ref)
    assert made.accepted + made.rejected == 1201 and len(made.told) == deliveries.FAULTS_KEPT
    with unit_of_work(bank.desk.home, SCHEDULER, now=NOW, write=False) as work:
        row = intake.of(work, deliveries.by_ref(work, ref))
        assert row is not None and row.rejections is not None
        lines = b"".join(bank.desk.home.blobs.frames(row.rejections)).splitlines()
    listed = [json.loads(line) for line in lines]
    assert {(sheet, number) for sheet, number, *_rest in listed} == {(1, n) for n in range(3, 1203)}
    assert {column for _s, _r, column, _said, _kept in listed} == {"账户余额(元)"}
    assert "不详".encode() not in b"".join(lines)


def test_a_corrected_file_takes_the_place_of_the_one_before_in_one_moment(both: Desk) -> None:
    bank = bank_of(both, rhythm=MONTH)
    first = bank.taken_in(rows(2))
    second = bank.taken_in(rows(3), replaces=first)
    assert (bank.state(first), bank.state(second)) == (WITHDRAWN, READY)
    with sitting(both, "clerk") as work:
        assert [one.ref for one in deliveries.ready(work, bank.resource(work), None)] == [second]
        gone = withdrawals.of(work, deliveries.by_ref(work, first))
        assert gone is not None and gone.kind == withdrawals.REPLACED
    assert bank.dues() == {"2027-02": DONE}


def test_a_withdrawn_file_makes_its_period_due_again_and_only_its_leader_withdraws(both: Desk) -> None:
    bank = bank_of(both, rhythm=MONTH)
    ref = bank.taken_in(rows(2))
    with unit_of_work(both.home, SCHEDULER, now=NOW) as work:
        delivery = deliveries.by_ref(work, ref)
        with pytest.raises(NotPermitted):
            withdrawals.withdraw(bank.acting(work), delivery, "wrong branch")
        leader = bank.acting(work, "supplier_leader")
        with pytest.raises(InvalidAnswers):
            withdrawals.withdraw(leader, delivery, " ")
        withdrawals.withdraw(leader, delivery, "wrong branch")
        with pytest.raises(Conflict):
            withdrawals.withdraw(leader, delivery, "again")
    assert bank.state(ref) == WITHDRAWN and bank.dues() == {"2027-02": OPEN}
    with both.home.engine.begin() as raw, pytest.raises(IntegrityError):
        raw.execute(text("DELETE FROM delivery_withdrawal"))
    with both.home.engine.begin() as raw, pytest.raises(IntegrityError):
        raw.execute(text("UPDATE delivery SET state = 'READY'"))
