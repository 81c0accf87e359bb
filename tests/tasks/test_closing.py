"""What ends with a step: notices that asked for it, and the wish for more time that nobody decided on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from domain.clock import OFFICE_ZONE
from domain.errors import Conflict
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.verification import catalogue
from tasks import moves
from tasks.desk import desk
from tasks.rows import notice_rows
from tasks.rows.models import HumanTask
from tasks.rows.notice_rows import Notification
from tasks.rows.term_models import LAPSED, PENDING, TermRequest
from tasks.terms import notice_kinds, notifications, terms
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import ACCEPTED, story_of
from tests.journeys.playing import Story
from tests.tasks.test_reminders import due_of

HANDLER, HEAD, STEP = "handler", "agencyhead", "query_plan"


@pytest.fixture
def story(office_in: Callable[[Template], Office]) -> Story:
    """A case whose handler holds the planning of the queries."""
    made = story_of(office_in(ACCEPTED))
    with made.work(HANDLER) as work:
        desk.claim(work, made.task(work, STEP).ref)
    return made


def ask(story: Story) -> str:
    """The handler asks for more days; the head has to decide."""
    with story.work(HANDLER) as work:
        asked = terms.extend(work, story.task(work, STEP).ref, 2, "COMPLEX")
        assert asked.state == PENDING
        return asked.ref


def complete(story: Story) -> None:
    with story.work(HANDLER) as work:
        task = story.task(work, STEP)
        agency = work.session.get_one(Organisation, story.case(work).agency_id)
        sources = [one.ref for one in catalogue.active_resources(work, agency, steps.ASSETS)]
        moves.complete_task(work, task.ref, version=task.version, answers={"resources": sources})


def live_to(story: Story, day: date) -> None:
    story.office.advance(datetime.combine(day, time(9), OFFICE_ZONE).isoformat())


def unread(story: Story) -> list[tuple[str, str]]:
    """Who has not read what, in the order of telling."""
    with story.work() as work:
        rows = work.session.execute(
            select(Account.login, Notification.kind)
            .join(Account, Account.id == Notification.account_id)
            .where(Notification.read_at.is_(None))
            .order_by(Notification.id)
        )
        return [(login, kind) for login, kind in rows]


def wish(story: Story) -> TermRequest:
    with story.work() as work:
        found = work.session.scalars(select(TermRequest)).one()
        work.session.expunge(found)
        return found


def events(story: Story) -> list[str]:
    with story.work() as work:
        return [one.event for one in story.journal(work)]


def test_every_kind_that_ends_with_its_task_is_a_kind() -> None:
    assert set(notice_kinds.KINDS) >= notice_rows.SETTLED_BY_END


def test_a_wish_for_more_time_ends_with_its_step_and_whoever_asked_is_told_once(story: Story) -> None:
    ref = ask(story)
    assert (HEAD, "term.asked") in unread(story)
    complete(story)
    story.office.sweep()
    assert (wish(story).state, wish(story).decided_by) == (LAPSED, None)
    assert [one for one in unread(story) if one[1].startswith("term.")] == [(HANDLER, "term.lapsed")]
    assert events(story).count("term.lapsed") == 1
    with story.work(HEAD) as work, pytest.raises(Conflict, match="decided already"):
        terms.grant(work, ref)
    with story.work() as work:
        terms.tell_lapsed(work, ref)
    assert unread(story).count((HANDLER, "term.lapsed")) == 1


def test_a_wish_for_more_time_ends_with_its_case(story: Story) -> None:
    ask(story)
    with story.work("head") as work:
        moves.cancel_case(work, story.case_ref, "申请人撤回")
    story.office.sweep()
    assert wish(story).state == LAPSED
    assert (HANDLER, "term.lapsed") in unread(story)
    assert (HEAD, "term.asked") not in unread(story)


def test_a_wish_for_more_time_ends_when_the_term_runs_out_undecided(story: Story) -> None:
    ask(story)
    live_to(story, due_of(story) + timedelta(days=4))
    assert wish(story).state == LAPSED
    told = unread(story)
    assert told.count((HANDLER, "term.lapsed")) == 1
    assert (HEAD, "term.asked") not in told


@pytest.mark.parametrize("verdict", [terms.grant, terms.refuse])
def test_once_decided_nobody_is_asked_to_decide_any_more(story: Story, verdict: Callable[..., TermRequest]) -> None:
    ref = ask(story)
    with story.work(HEAD) as work:
        verdict(work, ref)
    assert HEAD not in [login for login, _kind in unread(story)]
    assert [kind for login, kind in unread(story) if login == HANDLER][-1] in ("term.extended", "term.refused")


def test_a_later_stage_takes_the_place_of_the_earlier_one_and_nothing_is_left_when_the_step_is_done(
    story: Story,
) -> None:
    def of_terms() -> list[tuple[str, str]]:
        return [one for one in unread(story) if one[1].startswith("term.")]

    due = due_of(story)
    live_to(story, due - timedelta(days=1))
    assert of_terms() == [(HANDLER, "term.reminder")], "of several stages the newest is there to be read"
    live_to(story, due)
    assert of_terms() == [(HANDLER, "term.today")]
    live_to(story, due + timedelta(days=4))
    assert of_terms() == [(HANDLER, "term.overdue"), (HEAD, "term.escalated")]
    with story.work(HEAD) as work:
        task = story.task(work, STEP)
        people = list(work.session.scalars(select(Account.id).where(Account.login == HANDLER)))
        notifications.notify(work, people, "task.commented", key="remark", task=task)
        told = work.session.scalars(select(Notification.key).where(Notification.kind == "term.overdue")).one()
    complete(story)
    assert of_terms() == []
    assert (HANDLER, "task.commented") in unread(story), "a remark asks for nothing and is read by whoever reads it"
    with story.work() as work:
        task = work.session.scalars(select(HumanTask).where(HumanTask.step_id == STEP)).one()
        assert notifications.notify(work, people, "term.overdue", key=told, task=task, day=due.isoformat()) == 0
    assert of_terms() == [], "what was told is never told again, also when it is settled"


def test_a_due_day_that_moves_settles_what_was_told_of_the_old_one(story: Story) -> None:
    live_to(story, due_of(story))
    assert (HANDLER, "term.today") in unread(story)
    with story.work(HEAD) as work:
        terms.extend(work, story.task(work, STEP).ref, 5, "COMPLEX")
    assert [kind for _login, kind in unread(story) if kind.startswith("term.")] == ["term.extended"]
