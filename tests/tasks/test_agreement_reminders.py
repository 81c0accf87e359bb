"""That a sharing agreement is about to end is told 30, 7 and 0 days before, once each, to those it concerns (BX-30)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from domain.parties.accounts import Account
from domain.verification import agreements
from domain.verification.catalogue_rows import Agreement, AgreementAlert
from domain.work import unit_of_work
from tasks.rows.notice_rows import Notification
from tests.homes import Office
from tests.webapp.desk_world import app_of, browser_of

TOLD = ("catalogue", "catalogue2", "labour", "labourleader")  # both who keep the catalogue, and the office


def _told(office: Office) -> list[tuple[str, int]]:
    with office.home.sessions() as session:
        rows = session.execute(
            select(Account.login, Notification.facts)
            .join(Account, Account.id == Notification.account_id)
            .where(Notification.kind == "agreement.ending")
            .order_by(Notification.id)
        )
        return [(login, facts["left"]) for login, facts in rows]


def _advance(office: Office, day: date) -> None:
    office.advance(f"{day.isoformat()}T08:00+08:00")


@pytest.mark.clause("BX-30")
def test_the_end_of_an_agreement_is_told_at_each_stage_once_and_anew_when_it_lasts_longer(office: Office) -> None:
    with unit_of_work(office.home, office.actor("catalogue"), write=False) as work:
        first = work.session.scalars(select(Agreement).order_by(Agreement.valid_until)).first()
        assert first is not None
        end, ref = first.valid_until, first.ref  # twenty days after the demonstration begins
        assert (end - work.today).days == 20
    _advance(office, end - timedelta(days=19))
    _advance(office, end - timedelta(days=8))
    assert _told(office) == [(login, 19) for login in TOLD]
    _advance(office, end)
    assert _told(office)[4:] == [(login, left) for left in (7, 0) for login in TOLD]
    with unit_of_work(office.home, office.actor("catalogue")) as work:
        agreements.extend(work, agreements.by_ref(work, ref), end + timedelta(days=29))
    _advance(office, end + timedelta(days=1))
    assert _told(office)[12:] == [(login, 28) for login in TOLD]
    with office.home.sessions() as session:
        rows = session.execute(select(AgreementAlert.valid_until, AgreementAlert.stage).order_by(AgreementAlert.id))
        assert [((day - end).days, stage) for day, stage in rows] == [(0, 30), (0, 7), (0, 0), (29, 30)]

    page = browser_of(app_of(office), office, "catalogue").get("/notices?show=all").text
    assert "本溪市人力资源和社会保障局" in page and (end + timedelta(days=29)).isoformat() in page
