"""One thing done to many tasks: judged as it will be done, in chunks, killed and gone on with, taken back exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select, update

from domain import identity
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.parties import organisations, staff
from domain.parties.accounts import Account
from domain.work import OPERATOR, SCHEDULER, Work, unit_of_work
from tasks.batches import batch_chunks, batch_pages, batch_undo, batches, task_kinds
from tasks.desk import desk, handing
from tasks.finding.filters import Filter
from tasks.finding.task_choice import TaskChoice
from tasks.rows.models import HumanTask
from tasks.rows.repair_models import CaseBatch, CaseBatchRow
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys.copies import copies
from tests.journeys.played import AUTHORISED, story_of

task_kinds.register_all()
ALL = TaskChoice(Filter(owner="all"), office=True)
MOST_STATEMENTS = 25  # of a look at 400 tasks


@pytest.fixture
def office(office_in: Callable[[Template], Office]) -> Office:
    """An office whose department has a commission to draw up, and two clerks more."""
    found = office_in(AUTHORISED)
    for number, login in enumerate(("clerk2", "clerk3")):
        hire(found, login, "pingshan", "department_clerk", number)
    return found


def hire(office: Office, login: str, code: str, role: str, number: int) -> None:
    with unit_of_work(office.home, OPERATOR) as work:
        idno = identity.make_demonstration(date(1980, 1, 1 + number), 100 + number)
        account = staff.create(work, organisations.by_code(work, code), login=login, name=f"夏{login}", idno=idno)
        staff.file(work, account, number=f"T-{login}", on=work.today)
        staff.grant(work, account, role)


def many(office: Office, count: int, **columns: Any) -> list[str]:
    """That many tasks for the clerks of the department, and the one that was there."""
    return copies(office, story_of(office).case_ref, count, **columns)


def ref_of(office: Office, login: str) -> str:
    return office.actor(login).ref


@contextmanager
def by(office: Office, login: str) -> Iterator[Work]:
    with unit_of_work(office.home, office.actor(login)) as work:
        yield work


def draft(office: Office, login: str, kind: str, chosen: TaskChoice = ALL, **params: Any) -> str:
    with by(office, login) as work:
        ref = batches.draft(work, kind, params, chosen, "每年调整分工")
    office.sweep()
    return ref


def run(office: Office, login: str, ref: str) -> None:
    with by(office, login) as work:
        batch_chunks.begin(work, ref)
    office.sweep()


def back(office: Office, login: str, ref: str) -> None:
    with by(office, login) as work:
        batch_chunks.take_back(work, ref)
    office.sweep()


def batch_of(office: Office, ref: str) -> CaseBatch:
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        found = work.session.scalars(select(CaseBatch).where(CaseBatch.ref == ref)).one()
        work.session.expunge(found)
        return found


def results(office: Office, ref: str) -> Counter[tuple[str, str]]:
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        rows = work.session.execute(
            select(CaseBatchRow.verdict, CaseBatchRow.result).join(CaseBatch).where(CaseBatch.ref == ref)
        )
        return Counter((verdict, result) for verdict, result in rows)


def tasks(office: Office) -> dict[str, dict[str, Any]]:
    """Every column of every task but the version, by ref."""
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        return {
            one.ref: {c.key: getattr(one, c.key) for c in HumanTask.__mapper__.column_attrs if c.key != "version"}
            for one in work.session.scalars(select(HumanTask))
        }


def held_by(office: Office) -> Counter[str]:
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        rows = work.session.execute(select(Account.login).join(HumanTask, HumanTask.assignee_id == Account.id))
        return Counter(login for (login,) in rows)


def test_four_hundred_tasks_go_to_those_with_the_least_work_and_back(office: Office) -> None:
    refs = many(office, 429)
    with by(office, "clerk") as work:
        for ref in refs[:100]:
            desk.claim(work, ref)
    before = tasks(office)
    people = [ref_of(office, login) for login in ("clerk", "clerk2", "clerk3")]
    ref = draft(office, "head", task_kinds.ASSIGN, people=people)
    assert tasks(office) == before
    page_of = batch_of(office, ref)
    assert (page_of.state, page_of.total) == ("JUDGED", 430)
    judged = results(office, ref)
    run(office, "head", ref)
    assert batch_of(office, ref).state == "DONE"
    assert results(office, ref)["ok", "DONE"] == judged["ok", ""] and results(office, ref)["ok", "FAILED"] == 0
    assert sorted(held_by(office).values()) == [143, 143, 144]
    # somebody went on with one meanwhile: it stays, and the page says so
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        touched = work.session.scalars(
            select(HumanTask.ref).join(Account, Account.id == HumanTask.assignee_id).where(Account.login == "clerk2")
        ).first()
    assert touched is not None
    with by(office, "clerk2") as work:
        desk.keep_draft(work, touched, {"basis": "x"})
    worked_on = tasks(office)[touched]
    back(office, "head", ref)
    assert results(office, ref)["ok", "STAYS"] == 1
    after = tasks(office)
    assert after.pop(touched) == worked_on
    del before[touched]
    assert after == before


def test_a_look_at_four_hundred_tasks_is_a_handful_of_statements(office: Office) -> None:
    refs = many(office, 400, people=True)
    people = [ref_of(office, login) for login in ("clerk", "clerk2", "clerk3")]
    for kind, params in (
        (task_kinds.CLAIM, {}),
        (task_kinds.ASSIGN, {"people": people, "batch": "none"}),
        (task_kinds.REMIND, {}),
    ):
        login = "clerk" if kind == task_kinds.CLAIM else "head"
        judge = batches.kind_of(kind).judge_many
        assert judge is not None
        with unit_of_work(office.home, office.actor(login), write=False) as work, counted(office) as statements:
            found = judge(work, refs, params)
        assert {one.code for one in found.values()} == {"ok"}, kind
        assert len(statements) <= MOST_STATEMENTS, (kind, len(statements))


@contextmanager
def counted(office: Office) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(office.home.engine, "before_cursor_execute", note)
    yield seen
    event.remove(office.home.engine, "before_cursor_execute", note)


def test_a_killed_chunk_is_done_again_and_each_task_once(office: Office) -> None:
    many(office, 60)
    ref = draft(office, "head", task_kinds.ASSIGN, people=[ref_of(office, "clerk2")])
    with by(office, "head") as work:
        batches.run(work, ref)
    with pytest.raises(KeyboardInterrupt):
        killed_in_the_middle(office, ref)
    with unit_of_work(office.home, SCHEDULER) as work:
        batch_chunks.run_some(work, ref)
    assert results(office, ref) == {("ok", "DONE"): batch_chunks.TASKS_RUN_AT_ONCE, ("ok", ""): 61 - 25}
    with by(office, "head") as work:
        batches.cancel(work, ref)
    office.sweep()
    assert held_by(office) == {"clerk2": 25}
    run(office, "head", ref)
    assert results(office, ref) == {("ok", "DONE"): 61}
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        versions = set(work.session.scalars(select(HumanTask.version).where(HumanTask.assignee_id.is_not(None))))
        assert versions == {2}  # each was written once


def killed_in_the_middle(office: Office, ref: str) -> None:
    with unit_of_work(office.home, SCHEDULER) as work:
        batch_chunks.run_some(work, ref)
        raise KeyboardInterrupt


def test_a_few_are_claimed_and_given_back_while_one_waits(office: Office) -> None:
    refs = many(office, 20)
    with by(office, "clerk2") as work:
        desk.claim(work, refs[0])
    before = tasks(office)
    with by(office, "clerk") as work:
        ref = batches.draft(work, task_kinds.CLAIM, {}, TaskChoice(refs=tuple(refs[:10])), "", later=False)
        batch_chunks.judge_now(work, ref)
        batch_chunks.begin(work, ref)
    assert results(office, ref) == {("ok", "DONE"): 9, ("cannot", ""): 1}
    with by(office, "clerk") as work:
        page = batch_pages.batch_page(work, ref)
        assert [(one.count, "took this task" in str(one.told)) for one in page.reasons] == [(1, True)]
    # nobody but the head of the office sees what a colleague did
    with pytest.raises(NotFound), by(office, "clerk2") as work:
        batches.load(work, ref)
    with by(office, "head") as work:
        batches.load(work, ref)
    back(office, "clerk", ref)
    assert results(office, ref) == {("ok", "UNDONE"): 9, ("cannot", ""): 1}
    assert tasks(office) == before


def test_a_person_near_to_a_household_is_left_out_and_the_sentence_says_why(office: Office) -> None:
    refs = many(office, 3)
    with by(office, "head") as work:
        handing.exclude(work, refs[0], ref_of(office, "clerk"))
    ref = draft(office, "head", task_kinds.ASSIGN, people=[ref_of(office, "clerk"), ref_of(office, "checker")])
    with by(office, "head") as work:
        page = batch_pages.batch_page(work, ref)
    assert page.verdicts == {"ok": 3, "cannot": 1}
    assert "excluded" in str(page.reasons[0].told)
    assert [one.ref for one in page.reasons[0].first] == [refs[0]]


def test_dates_are_moved_by_two_people_and_a_term_of_the_law_by_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SECOND_FROM", 3)
    refs = many(office, 5, limit_kind="STATUTORY")
    with unit_of_work(office.home, OPERATOR) as work:
        own = update(HumanTask).where(HumanTask.state == "READY", HumanTask.ref.not_in(refs[:2]))
        work.session.execute(own.values(limit_kind="INTERNAL"))
    before = tasks(office)
    with pytest.raises(InvalidAnswers), by(office, "head") as work:
        batches.draft(work, task_kinds.DUE, {"day": "2027-05-01"}, ALL, "x")
    ref = draft(office, "head", task_kinds.DUE, day="2027-05-28")
    with by(office, "head") as work:
        page = batch_pages.batch_page(work, ref)
        assert page.verdicts == {"ok": 4, "cannot": 2} and page.second
        assert "set by law" in str(page.reasons[0].told)
    with pytest.raises(Conflict, match="second person"):
        run(office, "head", ref)
    with by(office, "clerk") as work:
        batches.approve(work, ref)
    run(office, "head", ref)
    assert Counter(one["limit_kind"] for one in tasks(office).values() if one["state"] == "READY") == {
        "INTERNAL": 4, "STATUTORY": 2,
    }  # fmt: skip
    with by(office, "head") as work:
        assert not batch_undo.undo(work, ref)
    with by(office, "clerk") as work:
        batch_undo.approve(work, ref)
    office.sweep()
    assert tasks(office) == before


KINDS: Mapping[str, Mapping[str, Any]] = {
    task_kinds.PUT_OFF: {"until": "2027-05-20T08:00:00+08:00"}, task_kinds.PRIORITY: {"priority": 1},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_done_to_many_is_taken_back_as_it_was(office: Office, kind: str) -> None:
    refs = many(office, 8)
    with by(office, "clerk") as work:
        for ref in refs[:4]:
            desk.claim(work, ref)
    before = tasks(office)
    done = draft(office, "head", kind, **KINDS[kind])
    run(office, "head", done)
    assert results(office, done) == {("ok", "DONE"): 9}
    assert tasks(office) != before
    back(office, "head", done)
    assert results(office, done) == {("ok", "UNDONE"): 9}
    assert tasks(office) == before


def test_what_was_put_off_is_taken_up_and_put_off_again_until_the_same_day(office: Office) -> None:
    many(office, 4)
    put_off = draft(office, "head", task_kinds.PUT_OFF, **KINDS[task_kinds.PUT_OFF])
    run(office, "head", put_off)
    before = tasks(office)
    choice = TaskChoice(refs=tuple(one["ref"] for one in before.values() if one["state"] == "SUSPENDED"))
    taken_up = draft(office, "head", task_kinds.TAKE_UP, choice)
    run(office, "head", taken_up)
    assert Counter(one["state"] for one in tasks(office).values())["READY"] == 5
    back(office, "head", taken_up)
    assert tasks(office) == before
    office.advance("2027-05-20T09:00:00+08:00")
    assert Counter(one["state"] for one in tasks(office).values())["READY"] == 5


def test_people_are_reminded_once_a_task_and_day(office: Office) -> None:
    refs = many(office, 3)
    with by(office, "clerk") as work:
        desk.claim(work, refs[0])
    run(office, "head", first := draft(office, "head", task_kinds.REMIND))
    assert results(office, first) == {("ok", "DONE"): 4}
    second = draft(office, "head", task_kinds.REMIND)
    assert results(office, second) == {("cannot", ""): 4}
    with pytest.raises(Conflict, match="nothing on this list"):
        run(office, "head", second)


def test_what_only_the_head_may_is_refused_to_a_clerk(office: Office) -> None:
    many(office, 2)
    for kind, params in ((task_kinds.ASSIGN, {"people": [ref_of(office, "clerk2")]}), (task_kinds.REMIND, {})):
        with pytest.raises(NotPermitted), by(office, "clerk") as work:
            batches.draft(work, kind, params, ALL, "")
