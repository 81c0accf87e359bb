"""What departments delivered is deleted after the time that the rules of their place give, with a certificate."""

from __future__ import annotations

from datetime import date

import pypdfium2
import pytest
from sqlalchemy import select

from domain import rules
from domain.journal import JournalEntry
from domain.verification import purges
from domain.verification.deliveries import DROPPED, READY, Delivery
from domain.verification.delivery_parts import DeliveryPart, DeliveryPurge
from domain.work import OPERATOR, unit_of_work
from tests.homes import START, Office
from tests.support import policy_files
from workflows.operations import stored

RULE = b'\n[values.delivered_data_months]\nvalue = 2\nsource = "internal"\n'


def _rule(office: Office) -> None:
    """The city keeps what is delivered for two months."""
    files = policy_files()
    (path,) = [one for one in files if one.startswith("benxi/2017")]
    with unit_of_work(office.home, OPERATOR) as work:
        rules.deploy(work, {**files, path: files[path] + RULE})


def _states(office: Office) -> set[str]:
    with office.home.sessions() as session:
        return set(session.scalars(select(Delivery.state)))


@pytest.mark.parametrize(
    ("day", "months", "first"),
    [
        (date(2027, 5, 31), 3, date(2027, 2, 28)),
        (date(2027, 1, 15), 1, date(2026, 12, 15)),
        (date(2028, 3, 31), 25, date(2026, 2, 28)),
    ],
)
def test_months_are_counted_back_to_the_corresponding_day(day: date, months: int, first: date) -> None:
    assert purges.months_ago(day, months) == first


def test_without_a_rule_of_the_place_nothing_is_deleted(office: Office) -> None:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert purges.past_their_time(work) == []
    office.advance("2027-05-20T04:00:00+08:00")
    assert _states(office) == {READY}


@pytest.mark.clause("BX-28")
def test_what_is_past_its_time_goes_at_night_with_a_certificate_that_prints_the_same_each_time(office: Office) -> None:
    _rule(office)
    with office.home.sessions() as session:
        named = {one.blob_name: one.delivery_id for one in session.scalars(select(DeliveryPart))}
        days = set(session.scalars(select(Delivery.data_date)))
    assert days == {START.date()} and named
    office.advance("2027-07-18T04:00:00+08:00")
    assert _states(office) == {READY}, "two months are over with the day"
    office.advance("2027-07-19T04:00:00+08:00")

    assert _states(office) == {DROPPED}
    assert not any(office.home.blobs.exists(name) for name in named)
    with office.home.sessions() as session:
        made = session.scalars(select(DeliveryPurge)).all()
        assert {one.delivery_id for one in made} == set(named.values())
        assert {(one.reason, one.purged_by) for one in made} == {("delivered_data_months = 2", None)}
        said = session.scalars(select(JournalEntry).where(JournalEntry.event == "delivery.purged")).all()
        assert len(said) == len(made)
        one, source = made[0], session.get_one(Delivery, made[0].delivery_id)
    printed = stored.certificate(office.home, one.ref)
    assert stored.certificate(office.home, one.ref) == printed
    words = "".join("".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(printed))
    assert all(word in words for word in ("数据销毁证明", one.ref, one.content, source.ref, f"{one.rows}行"))
