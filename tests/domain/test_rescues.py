"""Help before the verification (救急难, LF-14): who may decide, what it asks for, and that it is verified after."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from domain import cases, rules
from domain.agenda import AgendaItem
from domain.assistance import determinations, rescues
from domain.assistance.determinations import Decision
from domain.assistance.rescue_rows import ADJUST, APPROVED, CLOSE, CONCLUDED, PAID, RECOVER, REFUSED, Rescue
from domain.assistance.rescues import Asked
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.work import OPERATOR, Work
from tests.domain.office import NOW, TODAY, Desk, account, case_of, household
from tests.domain.verification.papered import being, decide, delivered, verified
from tests.support import policy_files

BENXI = "benxi/2017-12-06.toml"
GRANTED = b'\n[values.rescue_first_allowed]\nvalue = true\nsource = "LF-14"\n'
URGENT = "昨夜失火，住房烧毁，今晚无处居住"


def grant(work: Work) -> None:
    """The rules of the place allow help before the verification, as Linfen's do."""
    files = policy_files()
    rules.deploy(work.acting(OPERATOR), {**files, BENXI: files[BENXI] + GRANTED})


def urgent(work: Work) -> Case:
    return case_of(work, household(work), kind=cases.RESCUE)


def asked(work: Work, fen: int = 300_000, urgency: str = URGENT, by: str = "clerk") -> Asked:
    return Asked(urgency, fen, account(work, by))


def approved(work: Work, case: Case, *, approve: bool = True) -> Rescue:
    return rescues.decide(being(work, "head"), case, asked(work), approve=approve, reason="情况紧急，属实")


def paid(work: Work, case: Case, on: date = TODAY, fen: int = 300_000) -> Rescue:
    return rescues.pay(being(work, "clerk"), case, on=on, amount_fen=fen)


@pytest.mark.clause("LF-14")
def test_nothing_but_an_urgent_need_is_helped_first_and_only_where_the_rules_allow_it(both: Desk) -> None:
    """An ordinary application, a place whose rules do not grant it and a decision without its reason are refused."""
    with both.acting() as work:
        case = urgent(work)
        with pytest.raises(Conflict) as elsewhere:
            approved(work, case)
        assert elsewhere.value.ids["clause"] == "LF-14"
        grant(work)
        with pytest.raises(Conflict) as ordinary:
            approved(work, case_of(work, household(work)))
        assert ordinary.value.ids["clause"] == "LF-14"
        head = being(work, "head")
        for said, reason, field in (
            (asked(work, urgency="  "), "属实", "urgency"), (asked(work, fen=0), "属实", "amount"),
            (asked(work), " ", "reason"),
        ):  # fmt: skip
            with pytest.raises(InvalidAnswers) as incomplete:
                rescues.decide(head, case, said, approve=True, reason=reason)
            assert field in incomplete.value.fields
        made = approved(work, case)
        assert made.state == APPROVED and rescues.words_of(work, made)["urgency"] == URGENT
        assert URGENT.encode() not in made.urgency
        with pytest.raises(Conflict):
            approved(work, case)  # once


@pytest.mark.clause("LF-14")
def test_the_head_decides_and_never_who_asked_nor_the_agency(both: Desk) -> None:
    with both.acting() as work:
        grant(work)
        case = urgent(work)
        own = asked(work, by="head")
        for login in ("clerk", "handler", "stranger"):
            with pytest.raises(NotPermitted):
                rescues.decide(being(work, login), case, asked(work), approve=True, reason="属实")
        with pytest.raises(NotPermitted):
            rescues.decide(being(work, "head"), case, own, approve=True, reason="属实")
        assert approved(work, case, approve=False).state == REFUSED
        with pytest.raises(Conflict):
            paid(work, case)  # nothing is paid that was not approved


@pytest.mark.clause("LF-14")
def test_the_verification_is_opened_with_the_payment_and_its_term_counts_from_that_day(both: Desk) -> None:
    with both.acting() as work:
        grant(work)
        case = urgent(work)
        made = approved(work, case)
        opening = select(AgendaItem).where(AgendaItem.kind == "rescue.verify")
        assert made.due_at is None and work.session.scalars(opening).first() is None
        before, after = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
        for day, fen, field in (
            (after, 300_000, "paid_on"), (before, 1, "paid_on"), (TODAY, 300_001, "amount"), (TODAY, 0, "amount"),
        ):  # fmt: skip
            with pytest.raises(InvalidAnswers) as refused:
                paid(work, case, day, fen)
            assert field in refused.value.fields
        paid(work, case)
        assert made.state == PAID and made.due is not None and made.due["key"] == "rescue_verify_within"
        planned = work.session.scalars(opening).one()
        assert planned.subject == made.ref and planned.due_at == work.now
        assert [one.id for one in rescues.unverified(work, 9)] == [made.id]
        verification = case_of(work, household(work))
        rescues.verified_by(work, made, verification)
        assert not rescues.unverified(work, 9)
        verification.state = cases.CANCELLED
        work.session.flush()
        assert [one.id for one in rescues.unverified(work, 9)] == [made.id]  # one that is ended verifies nothing


@pytest.mark.clause("LF-14")
def test_a_verification_that_has_not_begun_in_time_is_noted_once_and_one_that_has_is_not(desk: Desk) -> None:
    with desk.acting() as work:
        grant(work)
        case = urgent(work)
        assert not rescues.mark_late(work, case)
        made = approved(work, case)
        paid(work, case)
        rescues.verified_by(work, made, case_of(work, household(work)))
        assert rescues.mark_late(work, case) and made.late_at == NOW
        assert rescues.mark_late(work, case) and made.late_at == NOW
        begun = urgent(work)
        second = approved(work, begun)
        paid(work, begun)
        verification = case_of(work, household(work))
        verification.commissioned_at = work.now
        rescues.verified_by(work, second, verification)
        assert not rescues.mark_late(work, begun) and second.late_at is None


@pytest.mark.clause("LF-14")
@pytest.mark.parametrize(("outcome", "wrong", "right"), [("APPROVE", RECOVER, CLOSE), ("REJECT", CLOSE, RECOVER)])
def test_it_is_concluded_after_its_verification_and_as_that_said(
    both: Desk, outcome: str, wrong: str, right: str
) -> None:
    """Nothing ends before the decision; an approval closes or adjusts it, a refusal adjusts it or takes it back."""
    with both.acting() as work:
        grant(work)
        case = urgent(work)
        made = approved(work, case)
        paid(work, case, fen=200_000)
        verification, _family, _members = verified(work)
        rescues.verified_by(work, made, verification)
        head = being(work, "head")
        with pytest.raises(Conflict) as early:
            rescues.conclude(head, case, right, "核对完毕", back_fen=100)
        assert early.value.ids["clause"] == "LF-14"
        delivered(work, verification)
        decide(work, verification, outcome)
        with pytest.raises(Conflict):
            rescues.conclude(head, case, wrong, "核对完毕", back_fen=100)
        with pytest.raises(InvalidAnswers) as silent:
            rescues.conclude(head, case, ADJUST, " ")
        assert "reason" in silent.value.fields
        if right == RECOVER:
            with pytest.raises(InvalidAnswers) as too_much:
                rescues.conclude(head, case, RECOVER, "不符合条件", back_fen=200_001)
            assert "back" in too_much.value.fields
        with pytest.raises(NotPermitted):
            rescues.conclude(being(work, "clerk"), case, right, "核对完毕", back_fen=200_000)
        rescues.conclude(head, case, right, "核对完毕", back_fen=200_000)
        assert (made.state, made.outcome) == (CONCLUDED, right)
        assert made.back_fen == (200_000 if right == RECOVER else None)


@pytest.mark.clause("LF-14", "BX-20")
def test_first_help_approves_no_application(both: Desk) -> None:
    """Neither the case of first help nor the application is approved by it: that waits for its report."""
    with both.acting() as work:
        grant(work)
        case = urgent(work)
        paid_case = approved(work, case)
        paid(work, case)
        application = case_of(work, household(work))
        rescues.verified_by(work, paid_case, application)
        for one in (case, application):
            with pytest.raises(Conflict):
                determinations.decide(being(work, "head"), one, Decision("APPROVE", "已先行救助", "LF-14"))


@pytest.mark.parametrize(
    ("column", "value"),
    [("asked_by", "decided_by"), ("amount_fen", "0"), ("paid_fen", "amount_fen + 1"), ("due_at", "NULL"),
     ("outcome", "'CLOSE'"), ("back_fen", "1"), ("state", "'GIVEN'")],
)  # fmt: skip
def test_the_rows_refuse_what_the_verbs_do(both: Desk, column: str, value: str) -> None:
    with both.acting() as work:
        grant(work)
        case = urgent(work)
        approved(work, case)
        paid(work, case)
        with pytest.raises(DBAPIError), work.session.begin_nested():
            work.session.execute(text(f"UPDATE rescue SET {column} = {value}"))
