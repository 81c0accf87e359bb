"""The ladder of what is due: reminded before, on the day and after, told upwards, each stage once (CK-19)."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.parties.accounts import Account
from domain.verification import supply
from domain.verification.deliveries import Resource
from domain.verification.supply import NIL, OPEN, SupplyDue
from domain.work import OPERATOR, unit_of_work
from tasks.rows.notice_rows import Notification
from tasks.supply import ladder
from tests.homes import Office


def _monthly(office: Office) -> None:
    with unit_of_work(office.home, OPERATOR) as work:
        resource = work.session.scalars(select(Resource).where(Resource.code == "bank.DEPOSIT")).one()
        row = supply.set_rhythm(work, resource, "MONTH")
        assert ladder.plan(work, resource, row) == 5
        assert ladder.plan(work, resource, row) == 0


def _told(office: Office) -> Counter[tuple[str, str, str]]:
    with office.home.sessions() as session:
        rows = session.execute(
            select(Account.login, Notification.kind, Notification.key)
            .join(Notification, Notification.account_id == Account.id)
            .where(Notification.kind.like("supply.%"))
        )
        return Counter((login, kind, key.rpartition(":")[2]) for login, kind, key in rows)


def _stages(told: Counter[tuple[str, str, str]], login: str) -> list[str]:
    return sorted(stage for who, _kind, stage in told if who == login)


@pytest.mark.clause("CK-19")
def test_who_does_not_deliver_is_reminded_three_times_and_then_told_upwards_each_once(office: Office) -> None:
    _monthly(office)  # on 18 May: the period of May is due on 10 June
    office.advance("2027-05-31T12:00:00+08:00")
    assert _stages(_told(office), "bank") == ["soon"] and _stages(_told(office), "bankleader") == []
    office.advance("2027-06-07T12:00:00+08:00")
    assert _stages(_told(office), "bank") == ["near", "soon"] and _stages(_told(office), "bankleader") == ["near"]
    office.advance("2027-06-10T12:00:00+08:00")
    office.sweep()
    office.advance("2027-06-11T12:00:00+08:00")
    assert _stages(_told(office), "bankleader") == ["due", "late", "near"]
    assert _stages(_told(office), "catalogue") == []
    office.advance("2027-06-16T12:00:00+08:00")
    told = _told(office)
    assert _stages(told, "catalogue") == ["city"] and _stages(told, "oversight") == ["city"]
    assert _stages(told, "bank") == ["due", "late", "near", "soon"]
    assert set(told.values()) == {1}
    with office.home.sessions() as session:
        keys = list(session.scalars(select(AgendaItem.key).where(AgendaItem.kind == ladder.DUTY)))
        dues = session.scalars(select(SupplyDue)).all()
    # the day it was due planned the period after
    assert sum(":2027-05:" in key for key in keys) == 5 and sum(":2027-06:" in key for key in keys) == 5
    assert [(row.period.code, row.state) for row in dues] == [("2027-05", OPEN)]


@pytest.mark.clause("CK-19")
def test_a_period_that_was_settled_or_a_rhythm_that_changed_reminds_nobody(office: Office) -> None:
    _monthly(office)
    office.advance("2027-06-01T12:00:00+08:00")
    before = _told(office)
    with unit_of_work(office.home, office.actor("bank")) as work:
        resource = work.session.scalars(select(Resource).where(Resource.code == "bank.DEPOSIT")).one()
        assert supply.return_nil(work, resource, "", "nothing moved").state == NIL
    office.advance("2027-06-20T12:00:00+08:00")
    assert _told(office) == before
    with unit_of_work(office.home, OPERATOR) as work:
        resource = work.session.scalars(select(Resource).where(Resource.code == "bank.DEPOSIT")).one()
        supply.set_rhythm(work, resource, "YEAR")
    office.advance("2027-07-20T12:00:00+08:00")
    assert _told(office) == before
