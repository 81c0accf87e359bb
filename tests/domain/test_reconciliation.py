"""Register, ledger and payments of a month; duplicates by four rules; and what a duplicate forbids (NM-20, NM-21)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from domain import files
from domain.assistance import comparing, determinations, duplicates, payments, recipients, reconciliation
from domain.assistance.determinations import Decision
from domain.assistance.payments import FAILED, LEDGER, PAYMENT, READY, PaymentList, PaymentRow
from domain.assistance.reconciliation_rows import AMOUNT, GONE, HANDLED, MISSING, WAITING, Difference, ReconciliationRun
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted, Stale
from domain.parties import households, organisations
from domain.parties.households import Household
from domain.text import Text
from domain.work import SCHEDULER, Work, unit_of_work
from tests.domain.office import NOW, Desk, household, idno, paper, people
from tests.domain.verification.papered import being, delivered, verified
from workflows.operations import reconciliation as operations

MONTH = "2027-02"
HEAD = "姓名,身份证号,救助类别,城乡类别,发放月份,发放金额"
Row = tuple[str, str, str, str, str]  # name, number, item, area, yuan


@contextmanager
def sitting(desk: Desk, login: str = "clerk", role: str = "department_clerk") -> Iterator[Work]:
    actor = replace(desk.actor(login), roles=frozenset({role}))
    with unit_of_work(desk.home, actor, now=NOW) as work:
        yield work


def load(desk: Desk, kind: str, rows: Sequence[Row], login: str = "clerk", month: str = MONTH, said: str = "") -> str:
    """Hand a list in, read it, and compare the month where both are there; the list's state."""
    lines = [
        HEAD,
        *(f"{name},{number},{item},{area},{said or month},{yuan}" for name, number, item, area, yuan in rows),
    ]
    blob = desk.home.blobs.put_bytes("\r\n".join([*lines, ""]).encode("gb18030"))
    with sitting(desk, login) as work:
        file = files.keep(work, blob, name="发放.csv", media_type="text/csv", purpose="payments")
        ref = payments.receive(work, kind, month, file).ref
    operations.read_list(desk.home, ref, NOW)
    with desk.acting() as work:
        one = payments.by_ref(work, ref)
        state = one.state
        paid = payments.ready(work, one.unit_id, month)
        ready = paid[PAYMENT].ref if {LEDGER, PAYMENT} <= paid.keys() else ""
    if ready:
        operations.reconcile(desk.home, ready, NOW)
    return state


def enrolled(desk: Desk, *names: str, programme: str = "DIBAO") -> list[Row]:
    """Households of one person on the roll since January, each as it stands in a list of 640 yuan."""
    made = []
    with desk.acting() as work:
        unit = organisations.by_code(work, "pingshan")
        for name in names:
            family = household(work, name)
            recipients.enrol(work, family, programme, unit, date(2027, 1, 1))
            made.append((name, households.number_of(work, people(work, family)[0]), "城市低保", "城市", "640.00"))
    return made


def found(desk: Desk, *states: str) -> list[tuple[str, str]]:
    """(rule, item) of what waits, or stands in one of these states."""
    with desk.home.sessions() as session:
        wanted = select(Difference.rule, Difference.item).where(Difference.state.in_(states or WAITING))
        return sorted((rule, item) for rule, item in session.execute(wanted))


@pytest.mark.clause("NM-20")
def test_seeded_differences_of_register_ledger_and_payments_are_found(both: Desk) -> None:
    rows = enrolled(both, "甲某", "乙某", "丙某", "丁某")
    stranger = ("外人", idno(), "城市低保", "城市", "640")
    ledger = [rows[0], rows[1], rows[2]]  # 丁某 stands in neither list
    paid = [rows[0], (*rows[1][:4], "600.50"), stranger]  # 丙某 was not paid, 乙某 too little, 外人 unknown to all
    assert load(both, LEDGER, ledger) == READY
    assert found(both) == []
    assert load(both, PAYMENT, paid) == READY
    assert found(both) == [(AMOUNT, "DIBAO"), *[(MISSING, "DIBAO")] * 3]
    with sitting(both) as work:
        facts = [item.facts for item in reconciliation.of_office(work)[0]]
    assert {"ledger_fen": 64000, "paid_fen": 60050, "ledger": True, "paid": True, "register": True} in facts
    assert {"ledger_fen": 64000, "paid_fen": 0, "ledger": True, "paid": False, "register": True} in facts
    assert {"ledger_fen": 0, "paid_fen": 64000, "ledger": False, "paid": True, "register": False} in facts
    assert {"ledger_fen": 0, "paid_fen": 0, "ledger": False, "paid": False, "register": True} in facts


def test_lists_that_agree_with_the_register_bring_nothing(both: Desk) -> None:
    rows = enrolled(both, "甲某", "乙某")
    load(both, LEDGER, rows)
    # a payment in two parts is the same sum
    load(both, PAYMENT, [(*rows[0][:4], "300"), (*rows[0][:4], "340"), rows[1]])
    assert found(both) == []
    with sitting(both) as work:
        ((run, counts),) = reconciliation.runs_of_office(work)
        assert (run.month, counts) == (MONTH, {})


DIBAO, RURAL = ("城市低保", "城市", "640"), ("农村低保", "农村", "500")
TEKUN, COUNTRY = ("城市特困", "城市", "910"), ("农村特困", "农村", "800")
PRICE, PRICE_RURAL = ("城市价格临时补贴", "城市", "30"), ("农村价格临时补贴", "农村", "25")
TEMP, CARE = ("临时救助", "", "1400"), ("残疾人护理补贴(低保)", "", "100")


@pytest.mark.clause("NM-21")
@pytest.mark.parametrize(
    ("paid", "rules"),
    [
        ([DIBAO, RURAL], ["DUP-URBRUR"]),
        ([TEKUN, COUNTRY], ["DUP-TK"]),
        ([DIBAO, COUNTRY], ["DUP-DBTK"]),
        ([PRICE, PRICE_RURAL], ["DUP-PRICE"]),
        # legal: one entitlement with what may stand beside it, and a back payment in the same place
        ([DIBAO, PRICE, TEMP, CARE], []),
        ([TEKUN, PRICE], []),
        ([DIBAO, DIBAO], []),
    ],
)
def test_the_four_rules_find_duplicates_and_let_legal_combinations_pass(both: Desk, paid, rules: list[str]) -> None:
    number = idno()
    rows = [("甲某", number, *one) for one in paid]
    load(both, LEDGER, rows)
    load(both, PAYMENT, rows)
    assert [rule for rule, _item in found(both) if rule.startswith("DUP-")] == rules


@pytest.mark.clause("NM-21")
def test_a_duplicate_across_counties_is_one_item_of_the_office_that_keeps_the_household(both: Desk) -> None:
    (mine,) = enrolled(both, "甲某")
    other = (mine[0], mine[1], *RURAL)
    for login, row in (("stranger", other), ("clerk", mine)):
        load(both, LEDGER, [row], login)
        load(both, PAYMENT, [row], login)
    load(both, LEDGER, [other, ("乙某", idno(), *TEMP)], "stranger")  # a newer list compares the month anew
    with both.home.sessions() as session:
        (item,) = session.scalars(select(Difference).where(Difference.rule == "DUP-URBRUR")).all()
    with sitting(both) as work:
        assert item.unit_id == work.actor.org_id
        assert reconciliation.by_ref(work, item.ref).id == item.id
        shown = payments.of_person(work, item.idno_blind or b"", MONTH)
        assert {(one.kind, one.area) for one in shown} == {
            (LEDGER, "URBAN"), (LEDGER, "RURAL"), (PAYMENT, "URBAN"), (PAYMENT, "RURAL")
        }  # fmt: skip
    with sitting(both, "stranger") as work, pytest.raises(NotFound):
        reconciliation.by_ref(work, item.ref)


def test_compared_twice_it_is_the_same_and_a_corrected_list_closes_what_is_gone(both: Desk) -> None:
    rows = enrolled(both, "甲某", "乙某")
    load(both, LEDGER, rows)
    load(both, PAYMENT, rows[:1])
    assert found(both) == [(MISSING, "DIBAO")]
    with both.acting() as work:
        ref = work.session.scalars(select(PaymentList.ref).where(PaymentList.kind == PAYMENT)).one()
    operations.reconcile(both.home, ref, NOW)
    with both.home.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ReconciliationRun)) == 1
        assert session.scalar(select(func.count()).select_from(Difference)) == 1
    load(both, PAYMENT, rows)
    assert found(both) == [] and found(both, GONE) == [(MISSING, "DIBAO")]


def test_an_item_is_taken_by_one_and_handled_once_with_reason_and_evidence(both: Desk) -> None:
    rows = enrolled(both, "甲某")
    load(both, LEDGER, rows)
    load(both, PAYMENT, [(*rows[0][:4], "1.00")])
    with sitting(both) as work:
        ((item,), _next) = reconciliation.of_office(work)
        with pytest.raises(Conflict):
            reconciliation.handle(work, item, "CORRECTED", "金额录错", paper(work))
        reconciliation.claim(work, item)
        ref = item.ref
    with sitting(both, "head", "department_head") as work, pytest.raises(Stale):
        reconciliation.claim(work, reconciliation.by_ref(work, ref))
    with sitting(both, "head", "finance") as work, pytest.raises(NotPermitted):
        reconciliation.claim(work, reconciliation.by_ref(work, ref))
    with sitting(both) as work:
        item = reconciliation.by_ref(work, ref)
        with pytest.raises(InvalidAnswers) as refused:
            reconciliation.handle(work, item, "", " ", None)
        assert set(refused.value.fields) == {"outcome", "reason", "evidence"}
        reconciliation.release(work, item)
        reconciliation.claim(work, item)
        reconciliation.handle(work, item, "CORRECTED", "金额录错", paper(work))
        assert (item.state, reconciliation.reason_of(work, item)) == (HANDLED, "金额录错")
        with pytest.raises(Conflict):
            reconciliation.claim(work, item)


@pytest.mark.parametrize(
    ("rows", "said", "sentence"),
    [
        ([("甲某", "", "城市低保", "城市", "640")], "2027-01", "another month"),
        ([("甲某", "", "奖金", "", "640")], "", "kind of money"),
        ([("甲某", "", "城市低保", "城市", "一百")], "", "Row 2"),
        ([("甲某", "", "城市低保", "城市", "0.005")], "", "parts of a fen"),
    ],
)
def test_a_list_with_a_row_that_is_not_understood_is_refused_whole(desk: Desk, rows, said: str, sentence: str) -> None:
    good = ("乙某", idno(), *DIBAO)
    assert load(desk, LEDGER, [*[(name, idno(), *rest) for name, _no, *rest in rows], good], said=said) == FAILED
    with desk.home.sessions() as session:
        one = session.scalars(select(PaymentList)).one()
        assert isinstance(one.why, Text) and sentence in str(one.why) and "Row 2" in str(one.why)
        assert session.scalar(select(func.count()).select_from(PaymentRow)) == 0


def test_names_numbers_and_their_words_lie_sealed(desk: Desk) -> None:
    number = idno()
    load(desk, LEDGER, [("金丝雀某", number, *DIBAO)])
    with desk.home.sessions() as session:
        row = session.scalars(select(PaymentRow)).one()
    assert number.encode() not in row.who and "金丝雀".encode() not in row.who
    assert number.encode() not in row.idno_blind


def test_the_same_list_twice_and_a_month_to_come_are_refused(desk: Desk) -> None:
    rows = [("甲某", idno(), *DIBAO)]
    assert load(desk, LEDGER, rows) == READY
    with pytest.raises(Conflict) as refused:
        load(desk, LEDGER, rows)
    assert refused.value.clause == "LF-10"
    with pytest.raises(InvalidAnswers):
        load(desk, LEDGER, rows, month="2027-04")
    with sitting(desk, "handler", "agency_handler") as work, pytest.raises(NotPermitted):
        payments.receive(work, LEDGER, MONTH, paper(work))


WORDS = Decision("APPROVE", "人均收入低于标准", "本民发〔2017〕47号")


def _doubled(work: Work, family: Household) -> Difference:
    """An unhandled duplicate of the first member of a household."""
    unit = organisations.by_code(work, "pingshan")
    person = people(work, family)[0]
    finding = comparing.Finding("DUP-DBTK", unit.id, "", {"places": []}, person.idno_blind)
    reconciliation.record(work, reconciliation.Found(unit.id, MONTH, None, None, (finding,)))
    return work.session.scalars(select(Difference)).one()


@pytest.mark.clause("NM-21")
def test_nothing_is_approved_while_a_duplicate_of_the_household_stands(both: Desk) -> None:
    with both.acting() as work:
        case, family, _members = verified(work)
        delivered(work, case)
        item = _doubled(work.acting(SCHEDULER), family)
        with pytest.raises(Conflict) as refused:
            determinations.decide(being(work, "head"), case, WORDS)
        assert refused.value.clause == "NM-21" and MONTH in str(refused.value)
        clerk = being(work, "clerk")
        reconciliation.claim(clerk, item)
        reconciliation.handle(clerk, item, "STOPPED", "停发特困供养", paper(work))
        assert determinations.decide(being(work, "head"), case, WORDS).outcome == "APPROVE"


@pytest.mark.clause("NM-21")
@pytest.mark.parametrize(("programme", "refused"), [("TEKUN", True), ("DIBAO", True), ("TEMP", False), ("EDU", False)])
def test_a_second_overlapping_entitlement_is_not_approved_and_a_legal_one_is(both: Desk, programme, refused) -> None:
    with both.acting() as work:
        case, family, _members = verified(work)
        delivered(work, case)
        other = household(work, "甲某")
        people(work, other)[0].idno_blind = people(work, family)[0].idno_blind
        recipients.enrol(work, other, programme, organisations.by_code(work, "mingshan"), date(2027, 1, 1))
        if refused:
            with pytest.raises(Conflict) as said:
                determinations.decide(being(work, "head"), case, WORDS)
            assert said.value.clause == "NM-21"
        # a refusal of the application needs no other to end first
        outcome = "REJECT" if refused else "APPROVE"
        assert determinations.decide(being(work, "head"), case, replace(WORDS, outcome=outcome)).outcome == outcome


PLACES = st.lists(
    st.tuples(
        st.sampled_from(["DIBAO", "TEKUN", "PRICE", "TEMP"]), st.sampled_from(["URBAN", "RURAL", ""]), st.just(1)
    ),
    max_size=6,
)


@pytest.mark.clause("NM-21")
def test_the_table_says_what_the_rules_say_for_any_combination(desk: Desk) -> None:
    with desk.acting() as work:
        unit = organisations.by_code(work, "pingshan").id

        @given(PLACES)
        def judged(places: list[tuple[str, str, int]]) -> None:
            def in_places(item: str) -> int:
                return len({place for place in places if place[0] == item})

            wanted = {
                "DUP-URBRUR": in_places("DIBAO") > 1,
                "DUP-TK": in_places("TEKUN") > 1,
                "DUP-DBTK": in_places("DIBAO") > 0 and in_places("TEKUN") > 0,
                "DUP-PRICE": in_places("PRICE") > 1,
            }
            assert duplicates.broken(work, unit, places) == [rule for rule, holds in wanted.items() if holds]

        judged()


def test_the_number_of_statements_does_not_grow_with_the_payments(both: Desk) -> None:
    def counted(count: int, month: str) -> int:
        rows = [("甲某", idno(), *DIBAO) for _one in range(count)]
        rows += [("乙某", rows[0][1], *RURAL)]
        load(both, LEDGER, rows, month=month)
        load(both, PAYMENT, rows, month=month)
        with both.acting() as work:
            newest = select(PaymentList.ref).where(PaymentList.kind == PAYMENT, PaymentList.month == month)
            ref = work.session.scalars(newest).one()
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(both.home.engine, "before_cursor_execute", note)
        operations.reconcile(both.home, ref, NOW)
        event.remove(both.home.engine, "before_cursor_execute", note)
        return len(seen)

    assert counted(3, "2027-01") == counted(300, "2027-02")
