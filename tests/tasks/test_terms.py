"""Terms stop, run again and get more time: by whom the rules empower, within their limits, with the old day kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain import rules
from domain.agenda import AgendaItem
from domain.clock import office_day
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.journal import JournalEntry
from domain.parties.organisations import Organisation
from domain.verification import catalogue
from domain.workdays import Derivation
from tasks import moves
from tasks.desk import desk
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.notice_rows import Notification
from tasks.rows.term_models import GRANTED, PENDING, REFUSED, TermRequest
from tasks.terms import term_moving, terms
from tasks.terms.timers import key_of
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import ACCEPTED, story_of
from tests.journeys.playing import Story
from workflows.instances import CaseWait

HEAD, HANDLER, STEP = "agencyhead", "handler", "query_plan"
Opened = Callable[[Template], Office]


@pytest.fixture
def story(office_in: Opened) -> Story:
    """A case whose handler is to plan the queries, within the case's own internal limit."""
    return story_of(office_in(ACCEPTED))


def task_of(story: Story, work: Any) -> HumanTask:
    found = work.session.scalars(
        select(HumanTask).where(HumanTask.case_id == story.case(work).id, HumanTask.state.in_(OPEN))
    ).first()
    assert found is not None and found.due is not None
    return found


def ref_of(story: Story) -> str:
    with story.work() as work:
        return task_of(story, work).ref


def due_day(story: Story) -> date:
    with story.work() as work:
        task = task_of(story, work)
        assert task.due_at is not None
        calendar = rules.current(work).calendar
        assert task.due_at == Derivation.from_json(task.due or {}).due(calendar), "the stored day is the derived day"
        return office_day(task.due_at)


def entries(story: Story, event: str) -> list[JournalEntry]:
    with story.work() as work:
        return [one for one in story.journal(work) if one.event == event]


def made_law(story: Story, **power: Any) -> None:
    """The limit as an office has it where the law sets it; with a power over it, if one is given."""
    with story.work() as work:
        case, task = story.case(work), task_of(story, work)
        due = {**(case.due or {}), "key": "case_limit", "kind": "STATUTORY", "source": "NM-08"}
        assert case.due_at is not None
        term_moving.set_due(work, case, due, case.due_at)
        term_moving.set_due(work, task, due, case.due_at)
        if power:
            files = {row.path: row.content for row in work.session.scalars(select(rules.PolicyFile))}
            path = "national/2017-01-01.toml"
            written = ", ".join(f"{name} = {value}" for name, value in power.items())
            more = f'\n[values."term_power.case_limit"]\nvalue = {{ {written} }}\nsource = "law:某办法 十二"\n'
            rules.deploy(work, {**files, path: files[path] + more.encode()})


def test_a_stop_ends_by_itself_and_moves_the_due_day_of_the_case_and_of_every_step_that_shares_it(story: Story) -> None:
    before, ref = due_day(story), ref_of(story)
    with story.work(HEAD) as work:
        until = work.today + timedelta(days=7)
        asked = terms.stop_clock(work, ref, until, "PAPERS")
        assert (asked.state, asked.clause, asked.whole_case) == (GRANTED, "internal", True)
    assert due_day(story) > before
    with story.work() as work:
        case, task = story.case(work), task_of(story, work)
        assert (case.due, case.due_at) == (task.due, task.due_at)
        assert (case.due or {})["stops"] == [
            [(work.today + timedelta(days=1)).isoformat(), until.isoformat(), "PAPERS", "internal"]
        ]
    [entry] = entries(story, "term.stopped")
    assert office_day(datetime.fromisoformat(entry.body["from"])) == before
    assert entry.body["was"]["stops"] == []
    assert entry.body["ground"] == "PAPERS"


def test_running_again_before_the_stop_ends_gives_back_what_was_not_needed(story: Story) -> None:
    before, ref = due_day(story), ref_of(story)
    with story.work(HEAD) as work:
        terms.stop_clock(work, ref, work.today + timedelta(days=20), "FORCE")
    with story.work(HEAD) as work:
        terms.resume_clock(work, ref)
    assert due_day(story) == before
    with story.work(HEAD) as work, pytest.raises(Conflict, match="does not stand still"):
        terms.resume_clock(work, ref)
    with story.work(HEAD) as work:
        terms.stop_clock(work, ref, work.today + timedelta(days=20), "FORCE")
        begun = work.today
    story.office.advance((work.now + timedelta(days=3)).isoformat())
    with story.work(HEAD) as work:
        terms.resume_clock(work, ref)
        stops = Derivation.from_json(task_of(story, work).due or {}).stops
        assert [(one.first, one.last) for one in stops] == [(begun + timedelta(days=1), work.today)]
        ended = work.session.scalars(select(TermRequest.ended_on).order_by(TermRequest.id)).all()
        assert ended == [begun, work.today]
    assert len(entries(story, "term.resumed")) == 2


def test_an_extension_adds_days_as_often_and_as_many_as_the_rules_allow(story: Story) -> None:
    before, ref = due_day(story), ref_of(story)
    with story.work(HEAD) as work, pytest.raises(InvalidAnswers) as refused:
        terms.extend(work, ref, 11, "COMPLEX")
    assert "between 1 and 10" in str(refused.value.fields["days"])
    for _time in range(2):
        with story.work(HEAD) as work:
            terms.extend(work, ref, 3, "COMPLEX")
    with story.work() as work:
        calendar = rules.current(work).calendar
        expected = before
        for _day in range(6):
            expected = calendar.next_working(expected + timedelta(days=1))
    assert due_day(story) == expected
    with story.work(HEAD) as work, pytest.raises(Conflict, match="2 times at most"):
        terms.extend(work, ref, 1, "COMPLEX")


def test_a_term_set_by_law_has_no_power_but_its_own_and_the_refusal_names_the_clause(story: Story) -> None:
    ref, before = ref_of(story), due_day(story)
    made_law(story)
    for ask in (
        lambda work: terms.stop_clock(work, ref, work.today + timedelta(days=2), "PAPERS"),
        lambda work: terms.extend(work, ref, 1, "COMPLEX"),
    ):
        with story.work(HEAD) as work, pytest.raises(Conflict) as refused:
            ask(work)
        assert refused.value.clause == "NM-08"
        assert "gives no power" in refused.value.message
    assert due_day(story) == before


def test_a_second_person_decides_where_the_clause_asks_for_one_and_nobody_on_their_own_wish(story: Story) -> None:
    ref, before = ref_of(story), due_day(story)
    made_law(story, extensions=1, extend='{ length = 10, unit = "working" }', second="true", grounds='["COMPLEX"]')
    with story.work(HEAD) as work, pytest.raises(InvalidAnswers):
        terms.extend(work, ref, 5, "SURVEY")
    with story.work(HANDLER) as work:
        desk.claim(work, ref)
        asked = terms.extend(work, ref, 5, "COMPLEX")
        assert asked.state == PENDING
        wish = asked.ref
    with story.work(HANDLER) as work, pytest.raises(Conflict, match="asked for already"):
        terms.extend(work, ref, 5, "COMPLEX")
    with story.work(HANDLER) as work, pytest.raises(NotPermitted):
        terms.grant(work, wish)
    assert due_day(story) == before
    with story.work(HEAD) as work:
        told = work.session.scalars(
            select(Notification.kind).where(Notification.account_id == work.actor.user_id)
        ).all()
        assert told == ["term.asked"]
        assert terms.grant(work, wish).state == GRANTED
    assert due_day(story) > before
    [entry] = entries(story, "term.extended")
    assert entry.body["power"] == "law:某办法 十二"
    with story.work(HANDLER) as work:
        kinds = work.session.scalars(
            select(Notification.kind).where(Notification.account_id == work.actor.user_id)
        ).all()
        assert "term.extended" in kinds
    with story.work(HEAD) as work, pytest.raises(Conflict, match="decided already"):
        terms.grant(work, wish)


def test_what_a_head_asked_for_under_four_eyes_no_head_grants_themselves(story: Story) -> None:
    ref = ref_of(story)
    made_law(story, stops=1, stop_days=30, second="true")
    with story.work(HEAD) as work:
        wish = terms.stop_clock(work, ref, work.today + timedelta(days=5), "FORCE").ref
    with story.work(HEAD) as work, pytest.raises(NotPermitted, match="Somebody else"):
        terms.grant(work, wish)


def test_a_wish_may_be_refused_and_the_day_stays(story: Story) -> None:
    ref, before = ref_of(story), due_day(story)
    with story.work(HANDLER) as work:
        wish = terms.extend(work, ref, 2, "OTHER", "等待街道回函").ref
    with story.work(HEAD) as work:
        row = terms.refuse(work, wish)
        assert row.state == REFUSED
        assert "等待街道回函" in work.home.vault.open("term_request.reason", row.ref, row.reason)
    assert due_day(story) == before


def test_nothing_is_done_to_a_term_that_has_run_out_nor_by_strangers_nor_on_a_day_gone_by(story: Story) -> None:
    ref = ref_of(story)
    with story.work("town") as work, pytest.raises(NotFound):
        terms.extend(work, ref, 1, "COMPLEX")
    with story.work(HEAD) as work, pytest.raises(InvalidAnswers):
        terms.stop_clock(work, ref, work.today, "FORCE")
    with story.work(HEAD) as work, pytest.raises(InvalidAnswers):
        terms.stop_clock(work, ref, work.today + timedelta(days=61), "FORCE")
    late = due_day(story) + timedelta(days=1)
    story.office.advance(f"{late.isoformat()}T09:00:00+08:00")
    with story.work(HEAD) as work, pytest.raises(Conflict, match="run out"):
        terms.extend(work, ref, 1, "COMPLEX")


def test_a_timer_that_waits_for_the_due_instant_waits_for_the_new_one(story: Story) -> None:
    with story.work(HANDLER) as work:
        task = desk.claim(work, story.task(work, STEP).ref)
        ref, version = task.ref, task.version
    with story.work(HANDLER) as work:
        agency = work.session.get_one(Organisation, story.case(work).agency_id)
        sources = [one.ref for one in catalogue.active_resources(work, agency, steps.ASSETS)]
        moves.complete_task(work, ref, version=version, answers={"resources": sources})
    with story.work() as work:
        case = story.case(work)
        timers = work.session.scalars(
            select(CaseWait).where(CaseWait.case_id == case.id, CaseWait.kind == "timer")
        ).all()
        assert timers, "each source is waited for until its limit"
        old = timers[0].due_at
        tokens = [one.token for one in timers if one.due_at == old]
        assert old is not None
        new = old + timedelta(days=5)
        assert term_moving.move_timers(work, case, {old: new}) == len(tokens)
    with story.work() as work:
        keys = [key_of(story.case_ref, token) for token in tokens]
        waits = work.session.scalars(select(CaseWait.due_at).where(CaseWait.token.in_(tokens))).all()
        items = work.session.scalars(select(AgendaItem.due_at).where(AgendaItem.key.in_(keys))).all()
        assert set(waits) == set(items) == {new}
