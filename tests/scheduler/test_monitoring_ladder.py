"""A list of key monitoring is called to mind before its fifteenth day, and told upwards once it is late (NM-11)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.oversight import monitoring
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.verification import recipient_doubts
from domain.work import unit_of_work
from tasks.rows.notice_rows import Notification
from tests.homes import Office
from tests.journeys import standing
from tests.journeys.test_nearness import hire
from tests.scheduler.test_monitoring import SEEN, look, of_pingshan, prepared


def told(office: Office) -> list[tuple[str, str]]:
    """Login and kind of every notice about a list of Pingshan, in order of time and login."""
    with office.home.sessions() as session:
        rows = session.execute(
            select(Account.login, Notification.kind, Notification.facts)
            .join(Account, Account.id == Notification.account_id)
            .where(Notification.kind.like("monitoring.%"))
            .order_by(Notification.made_at, Account.login)
        )
        return [(login, kind) for login, kind, facts in rows if facts["office"] == "pingshan"]


def at(day: str, hour: int = 9) -> str:
    return f"2027-06-{day}T{hour:02}:00:00+08:00"


@pytest.mark.clause("NM-11")
def test_a_list_reminds_five_and_two_days_before_on_the_day_and_climbs_once_late(office: Office) -> None:
    prepared(office)
    standing.in_force(office)
    office.advance(at("06"))  # issued on the 5th, due on Monday the 21st
    with look(office) as work:
        (june,) = of_pingshan(work)
        town = work.session.get_one(Organisation, monitoring.doubts_of(work, june)[0].town_id).code
    hire(office, "outpost", town, "town_post")
    office.advance(at("16", 8))
    assert told(office) == []
    office.advance(at("16"))
    soon = [("clerk", "monitoring.soon"), ("outpost", "monitoring.soon")]
    assert [one for one in told(office) if one[0] in ("clerk", "outpost")] == soon
    first = len(told(office))
    office.advance(at("20"))
    assert len(told(office)) == 2 * first
    office.advance(at("21"))
    assert {kind for _login, kind in told(office)[2 * first :]} == {"monitoring.today"}
    office.advance(at("22"))
    assert told(office)[3 * first :] == [("clerk", "monitoring.overdue"), ("head", "monitoring.overdue")]
    office.advance(at("24"))
    assert told(office)[3 * first + 2 :] == [("oversight", "monitoring.escalated")]
    office.advance(at("30"))
    assert len(told(office)) == 3 * first + 3


@pytest.mark.clause("NM-11")
def test_nobody_is_reminded_of_a_list_that_was_reported(office: Office) -> None:
    prepared(office)
    standing.in_force(office)
    office.advance(at("06"))
    with look(office) as work:
        (june,) = of_pingshan(work)
        rows, ref = [one.ref for one in monitoring.doubts_of(work, june)], june.ref
    with unit_of_work(office.home, office.actor("clerk")) as work:
        for row in rows:
            recipient_doubts.verify(work, row, SEEN)
    with unit_of_work(office.home, office.actor("head")) as work:
        monitoring.submit(work, ref)
    office.advance(at("25"))
    assert told(office) == []
