"""Reminders and the ladder: each stage once, nothing for what is over or put off, late ones once after quiet days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from domain import rules
from domain.agenda import AgendaItem
from domain.clock import OFFICE_ZONE, office_day
from domain.parties import organisations, staff
from domain.parties.accounts import Account
from domain.work import SCHEDULER, unit_of_work
from tasks.desk import desk, pausing
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.notice_rows import Notification
from tasks.rows.term_models import TermAlert
from tasks.terms import reminders, terms
from tests.crowd import at_once
from tests.journeys.played import ACCEPTED, story_of
from tests.journeys.playing import Story
from tests.support import an_identity_number

HANDLER, HEAD = "handler", "agencyhead"


@pytest.fixture
def story(office_in) -> Story:
    """A case whose handler holds the planning of the queries, within 15 working days."""
    made = story_of(office_in(ACCEPTED))
    with made.work(HANDLER) as work:
        desk.claim(work, made.task(work, "query_plan").ref)
    return made


def due_of(story: Story) -> date:
    with story.work() as work:
        at = work.session.scalars(
            select(HumanTask.due_at).where(HumanTask.case_id == story.case(work).id, HumanTask.state.in_(OPEN))
        ).one()
        assert at is not None
        return office_day(at)


def working_day(story: Story, day: date, more: int) -> date:
    """So many working days before (below zero) or after a day."""
    with story.work() as work:
        calendar = rules.current(work).calendar
    step = timedelta(days=1 if more > 0 else -1)
    while more:
        day += step
        more -= (1 if more > 0 else -1) if calendar.is_working(day) else 0
    return day


def live_to(story: Story, day: date) -> None:
    """Every morning up to a day is lived through."""
    story.office.advance(datetime.combine(day, time(9), OFFICE_ZONE).isoformat())


def sleep_to(story: Story, day: date) -> None:
    """Nobody works until a day; then one morning is done."""
    at = datetime.combine(day, time(9), OFFICE_ZONE)
    with unit_of_work(story.office.home, SCHEDULER, now=at) as work:
        item = work.session.scalars(select(AgendaItem).where(AgendaItem.key == reminders.KEY)).one()
        reminders.run(work, item)


def told(story: Story) -> list[tuple[str, str]]:
    """Who was told what of terms, in order."""
    with story.work() as work:
        rows = work.session.execute(
            select(Account.login, Notification.kind)
            .join(Account, Account.id == Notification.account_id)
            .where(Notification.kind.in_(("term.reminder", "term.today", "term.overdue", "term.escalated",
                                          "term.supervised")))
            .order_by(Notification.id)
        )  # fmt: skip
        return [(login, kind) for login, kind in rows]


@pytest.mark.clause("NM-22")
def test_each_stage_is_told_once_on_its_morning_and_climbs_the_ladder(story: Story) -> None:
    with story.work() as work:
        org = organisations.by_code(work, "benxi-agency")
        above = staff.create(work, org, login="cityhead", name="市负责人", idno=an_identity_number())
        staff.file(work, above, number="C-1", on=work.today)
        staff.grant(work, above, "agency_head")
    due = due_of(story)
    live_to(story, working_day(story, due, -6))
    assert told(story) == []
    live_to(story, working_day(story, due, -4))
    assert told(story) == [(HANDLER, "term.reminder")]
    live_to(story, due)
    assert told(story) == [(HANDLER, "term.reminder")] * 2 + [(HANDLER, "term.today")]
    live_to(story, working_day(story, due, 1))
    assert told(story)[3:] == [(HANDLER, "term.overdue"), (HEAD, "term.escalated")]
    live_to(story, working_day(story, due, 9))
    assert told(story)[5:] == [("cityhead", "term.supervised")], "the office above, once"
    overdue = [one for one in story_journal(story) if one == "term.overdue"]
    assert overdue == ["term.overdue"], "an overdue step has exactly one overdue entry"


def story_journal(story: Story) -> list[str]:
    with story.work() as work:
        return [one.event for one in story.journal(work)]


def test_after_quiet_days_what_is_late_is_told_once_and_missed_reminders_are_not_made_up(story: Story) -> None:
    due = due_of(story)
    sleep_to(story, working_day(story, due, 2))
    assert told(story) == [(HANDLER, "term.overdue"), (HEAD, "term.escalated")]
    sleep_to(story, working_day(story, due, 2))
    assert len(told(story)) == 2


def test_a_due_day_that_moves_begins_anew_and_a_finished_or_put_off_step_is_left_alone(story: Story) -> None:
    due = due_of(story)
    near = working_day(story, due, -2)
    live_to(story, near)
    assert told(story) == [(HANDLER, "term.reminder")] * 2
    with story.work(HEAD) as work:
        terms.extend(work, story.task(work, "query_plan").ref, 10, "COMPLEX")
    live_to(story, due)
    assert len(told(story)) == 2, "nothing is due on the old day any more"
    later = due_of(story)
    live_to(story, working_day(story, later, -4))
    assert len(told(story)) == 3
    with story.work(HANDLER) as work:
        until = datetime.combine(later, time(8), OFFICE_ZONE)
        pausing.suspend(work, story.task(work, "query_plan").ref, until, "等待回函")
    live_to(story, working_day(story, later, -1))
    assert len(told(story)) == 3


def test_where_nobody_holds_it_everybody_who_may_take_it_is_told(story: Story) -> None:
    with story.work(HANDLER) as work:
        desk.release(work, story.task(work, "query_plan").ref)
    sleep_to(story, due_of(story))
    assert told(story) == [(HANDLER, "term.today")]


def test_two_workers_on_one_morning_tell_once(story: Story) -> None:
    due = due_of(story)
    at = datetime.combine(working_day(story, due, 1), time(9), OFFICE_ZONE)

    def morning() -> None:
        with unit_of_work(story.office.home, SCHEDULER, now=at) as work:
            item = work.session.scalars(select(AgendaItem).where(AgendaItem.key == reminders.KEY)).one()
            reminders.run(work, item)

    at_once(morning, morning)
    assert told(story) == [(HANDLER, "term.overdue"), (HEAD, "term.escalated")]
    with story.work() as work:
        assert work.session.scalar(select(func.count()).select_from(TermAlert)) == 2
