"""Working days are published: open terms are counted anew, every day that moved is listed, nobody is late unawares."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from domain import rules
from domain.clock import office_day
from domain.policy_documents import PolicyRefused
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from domain.workdays import Derivation
from scheduler import tick
from tasks.desk import desk
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.notice_rows import Notification
from tasks.rows.term_models import KEPT, MOVED, TermMove, TermRun
from tasks.terms import recompute, term_moving
from tests.journeys.played import ACCEPTED, story_of
from tests.journeys.playing import Story

YEAR = """year = 2027
status = "official"
source = "test"
[[holiday]]
zh = "端午节"
en = "Dragon Boat Festival"
first = {first}
last = {last}
workdays = [{worked}]
"""


@pytest.fixture
def story(office_in) -> Story:
    made = story_of(office_in(ACCEPTED))
    with made.work("handler") as work:
        desk.claim(work, made.task(work, "query_plan").ref)
    return made


def due_of(story: Story) -> date:
    with story.work() as work:
        task = work.session.scalars(
            select(HumanTask).where(HumanTask.case_id == story.case(work).id, HumanTask.state.in_(OPEN))
        ).one()
        calendar = rules.current(work).calendar
        assert task.due_at == Derivation.from_json(task.due or {}).due(calendar), "stored and computed day differ"
        assert (task.due or {})["calendar"] == calendar.version
        return office_day(task.due_at)


def publish(story: Story, first: str, last: str, worked: str = "") -> None:
    """The arrangement of the year is published and put in force; the worker does its part."""
    source = YEAR.format(first=first, last=last, worked=worked).encode()
    with unit_of_work(story.office.home, OPERATOR) as work:
        rules.put_calendar(work, source)
    story.office.sweep()


def moves(story: Story) -> list[TermMove]:
    with story.work() as work:
        found = list(work.session.scalars(select(TermMove).order_by(TermMove.id)))
        work.session.expunge_all()
        return found


def test_a_longer_holiday_moves_the_due_days_lists_them_and_tells_who_holds_the_step(story: Story) -> None:
    before = due_of(story)
    publish(story, "2027-05-24", "2027-05-28")
    after = due_of(story)
    assert after > before
    listed = moves(story)
    assert {one.subject for one in listed} == {"case", "task"}
    for one in listed:
        assert (one.outcome, office_day(one.old_at), office_day(one.new_at)) == (MOVED, before, after)
    with story.work() as work:
        [run] = work.session.scalars(select(TermRun)).all()
        assert (run.state, run.moved, run.kept) == ("DONE", 2, 0)
        told = work.session.scalars(select(Notification).where(Notification.kind == "term.moved")).all()
        assert [(one.facts["count"], one.facts["run"]) for one in told] == [(1, run.ref)]
        entries = [one for one in story.journal(work) if one.event == "term.recomputed"]
        assert {office_day(datetime.fromisoformat(one.body["from"])) for one in entries} == {before}


def test_the_same_calendar_again_moves_nothing(story: Story) -> None:
    publish(story, "2027-05-24", "2027-05-28")
    count = len(moves(story))
    publish(story, "2027-05-24", "2027-05-28")
    assert len(moves(story)) == count


def test_what_the_family_was_told_never_ends_earlier(story: Story) -> None:
    with story.work() as work:
        task = story.task(work, "query_plan")
        due = {**(task.due or {}), "key": "objection_term"}
        assert task.due_at is not None
        term_moving.set_due(work, task, due, task.due_at)
    before = due_of(story)
    publish(story, "2027-06-09", "2027-06-09", "2027-05-22, 2027-05-23, 2027-05-29")
    assert due_of(story) == before
    kept = [one for one in moves(story) if one.subject == "task"]
    assert [one.outcome for one in kept] == [KEPT]
    assert kept[0].computed_at < kept[0].old_at
    case_moved = [one for one in moves(story) if one.subject == "case"]
    assert [one.outcome for one in case_moved] == [MOVED], "the office's own limit does end earlier"
    assert case_moved[0].new_at < case_moved[0].old_at


def test_a_day_that_would_have_come_already_becomes_the_next_working_day(story: Story) -> None:
    due = due_of(story)
    near = due - timedelta(days=1)
    story.office.advance(f"{near.isoformat()}T09:00:00+08:00")
    publish(story, "2027-06-20", "2027-06-20", "2027-05-22, 2027-05-23, 2027-05-29, 2027-05-30, 2027-06-05")
    with story.work() as work:
        calendar = rules.current(work).calendar
        soon = calendar.next_working(work.today + timedelta(days=1))
    assert due_of(story) == min(soon, due)


def test_a_run_that_is_cut_off_goes_on_where_it_stood(story: Story, monkeypatch) -> None:
    monkeypatch.setattr(recompute, "CASES", 1)
    source = YEAR.format(first="2027-05-24", last="2027-05-28", worked="").encode()
    with unit_of_work(story.office.home, OPERATOR) as work:
        rules.put_calendar(work, source)
    tick.sweep(story.office.home, "killed", most=1)
    story.office.sweep()
    with story.work() as work:
        assert [one.state for one in work.session.scalars(select(TermRun))] == ["DONE"]
    assert len(moves(story)) == 2


def test_a_calendar_that_cannot_be_read_changes_nothing(story: Story) -> None:
    with unit_of_work(story.office.home, SCHEDULER) as work, pytest.raises(PolicyRefused):
        rules.put_calendar(work, b"year = 2027\n")
    due_of(story)
