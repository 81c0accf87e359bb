"""The agenda: what is planned is planned once; what leaves is written once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from domain import agenda, outbox
from domain.agenda import AgendaItem
from domain.outbox import OutboxMessage
from domain.work import SCHEDULER, unit_of_work
from tests.crowd import at_once


def keys(desk) -> list[str]:
    with unit_of_work(desk.home, SCHEDULER, write=False) as work:
        return list(work.session.scalars(select(AgendaItem.key).order_by(AgendaItem.key)))


def test_a_key_is_planned_once_and_keeps_its_instant_done_or_not(both):
    with both.acting("scheduler") as work:
        assert agenda.put(work, "case.wake", "k", work.now, subject="c", payload={"a": 1})
        assert not agenda.put(work, "case.wake", "k", work.now + timedelta(days=1))
    with both.acting("scheduler") as work:
        assert not agenda.put(work, "case.wake", "k", work.now + timedelta(days=1))
        item = work.session.scalars(select(AgendaItem)).one()
        assert (item.due_at, item.payload, item.subject) == (work.now, {"a": 1}, "c")
        item.done_at = work.now
    with both.acting("scheduler") as work:
        assert not agenda.put(work, "case.wake", "k", work.now)


def test_two_who_plan_one_key_at_once_plan_it_once_and_neither_fails(both):
    told: list[bool] = []

    def plan() -> None:
        for number in range(10):
            with unit_of_work(both.home, SCHEDULER) as work:
                told.append(agenda.put(work, "case.wake", f"key {number}", work.now))
                outbox.post(work, "notice", f"key {number}", {"text": "x"})

    at_once(*[plan] * 4)
    assert told.count(True) == 10
    assert len(keys(both)) == 10


def test_only_what_is_not_done_can_be_forgotten(both):
    with both.acting("scheduler") as work:
        for key in ("done", "open", "other kind", "other subject"):
            agenda.put(work, "b" if key == "other kind" else "a", key, work.now,
                       subject="y" if key == "other subject" else "x")  # fmt: skip
        work.session.scalars(select(AgendaItem).where(AgendaItem.key == "done")).one().done_at = work.now
    with both.acting("scheduler") as work:
        agenda.drop_subject(work, "a", "x")
    assert keys(both) == ["done", "other kind", "other subject"]
    with both.acting("scheduler") as work:
        agenda.drop(work, "done")
        agenda.drop(work, "other kind")
    assert keys(both) == ["done", "other subject"]


def test_what_leaves_is_written_once_and_sealed(both):
    with both.acting("scheduler") as work:
        assert outbox.post(work, "notice", "notice:1", {"name": "甲某"}, address="town")
        assert not outbox.post(work, "notice", "notice:1", {"name": "乙某"})
    with both.acting("scheduler") as work:
        row = work.session.scalars(select(OutboxMessage)).one()
        assert work.home.vault.open_json("outbox_message.body", row.ref, row.body) == {"name": "甲某"}
        assert "甲某".encode() not in row.body
        assert (row.address, row.sent_at, row.attempts) == ("town", None, 0)
