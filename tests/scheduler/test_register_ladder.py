"""An entry of a register is called to mind on the clock, and climbs section, leader in charge, principal leader."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.oversight import register_views, registers
from domain.parties import staff
from domain.parties.accounts import Account
from tasks.rows.notice_rows import Notification
from tests.domain.test_registers import CITY, COUNTY, by, opened, proof
from tests.homes import Office
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of


def told(office: Office) -> list[tuple[str, str]]:
    """Login and kind of every notice about a register, in order."""
    with office.home.sessions() as session:
        rows = session.execute(
            select(Account.login, Notification.kind)
            .join(Account, Account.id == Notification.account_id)
            .where(Notification.kind.like("register.%"))
            .order_by(Notification.made_at, Notification.id)
        )
        return [(login, kind) for login, kind in rows]


def answering(office: Office) -> None:
    """Section, leader in charge and principal leader of the county's agency."""
    with by(office, COUNTY) as work:
        for layer, login in (("SECTION", "handler"), ("DEPUTY", "reviewer"), ("HEAD", COUNTY)):
            opened(work, "RESPONSIBILITY", layer=layer, person=staff.by_login(work, login).ref)


@pytest.mark.clause("NM-22")
def test_what_is_overdue_climbs_section_leader_in_charge_and_principal_leader_once_each(office: Office) -> None:
    answering(office)
    with by(office, CITY) as work:
        due = work.today + timedelta(days=10)  # Friday 28 May 2027
        ref = opened(work, "READINESS", due=due, milestone="CONNECT").ref
    office.advance("2027-05-25T08:00:00+08:00")
    assert told(office) == []
    office.advance("2027-05-25T09:00:00+08:00")
    assert told(office) == [("handler", "register.soon")]
    office.advance("2027-05-29T09:00:00+08:00")
    assert told(office)[1:] == [("handler", "register.overdue")]
    browser = browser_of(app_of(office), office, "handler")
    shown = browser.get("/notices").text
    assert "平山区核对中心“平台建设就绪”事项已于 2027-05-28 到期" in shown
    notice = shown.split('action="/notices/')[1].split('"')[0]
    led = browser.post(f"/notices/{notice}", data={"csrf_token": token_in(shown), "go": "1"})
    assert led.headers["Location"] == f"/registers/entries/{ref}"
    office.advance("2027-05-31T09:00:00+08:00")  # one working day after
    assert told(office)[2:] == [("reviewer", "register.escalated")]
    office.advance("2027-06-02T09:00:00+08:00")  # three
    assert sorted(told(office)[3:]) == sorted([(COUNTY, "register.escalated"), (CITY, "register.escalated")])
    office.advance("2027-06-20T09:00:00+08:00")
    assert len(told(office)) == 5
    with by(office, COUNTY) as work:
        entry, view = register_views.of_ref(work, ref)
        assert view.late
        registers.finish(work, entry, "已联通", proof(work))


def test_nobody_is_told_of_what_was_finished_and_a_new_day_is_called_to_mind_anew(office: Office) -> None:
    with by(office, CITY) as work:
        ref = opened(work, "GOAL", due=work.today + timedelta(days=10), goal="六月前完成").ref
    with by(office, COUNTY) as work:
        registers.finish(work, register_views.of_ref(work, ref)[0], "完成")
    office.advance("2027-06-03T09:00:00+08:00")
    assert told(office) == []
    with by(office, CITY) as work:
        registers.reopen(work, register_views.of_ref(work, ref)[0], "不实", work.today + timedelta(days=1))
    office.advance("2027-06-05T09:00:00+08:00")
    assert told(office) == [(COUNTY, "register.overdue")]  # nobody is named: the head of the office


def test_what_is_late_from_the_beginning_comes_one_morning_after_the_other(office: Office) -> None:
    with by(office, CITY) as work:
        opened(work, "GOAL", due=work.today - timedelta(days=60), goal="去年未完成的任务")
    office.advance("2027-05-19T09:00:00+08:00")
    first = told(office)
    office.advance("2027-05-21T09:00:00+08:00")
    assert [kind for _login, kind in first] == ["register.overdue"]
    assert [kind for _login, kind in told(office)[1:]] == ["register.escalated"] * 3
