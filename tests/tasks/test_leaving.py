"""Somebody leaves: a dry run, a receipt, and no account that is closed while work is open in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from domain import sealing
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.parties import organisations, staff, substitutes
from domain.parties.accounts import Account
from domain.parties.substitutes import Substitution, Wanted
from domain.work import OPERATOR, Actor
from scheduler import tick
from tasks import moves
from tasks.desk import desk, handing, pausing
from tasks.leaving import closing, leaving, leaving_run
from tasks.rows.finding_models import SavedFilter
from tasks.rows.leaving_models import DONE, ENDED, OWNER, QUEUE, STAYS, TO, Leaving, LeavingItem
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.notice_rows import Notification
from tests.support import an_account
from tests.torture.drawn import shared
from tests.torture.world import HANDLER, World

WHY = "调到别的部门"


@pytest.fixture
def cases(world: World) -> list[str]:
    """Refs of the first task of six cases, of which `handler0` holds five."""
    world.deploy(shared())
    refs = [world.open_tasks(world.case("shared"))[0][0] for _number in range(6)]
    with world.work(world.people[0]) as work:
        for ref in refs[:5]:
            desk.claim(work, ref)
        desk.keep_draft(work, refs[0], {"note": "写到一半"})
    return refs


def sweep(world: World) -> None:
    while tick.sweep(world.home, "test", most=200).done:
        pass


def tasks_of(world: World, who: Actor) -> set[str]:
    with world.work(write=False) as work:
        wanted = select(HumanTask.ref).where(HumanTask.assignee_id == who.user_id, HumanTask.state.in_(OPEN))
        return set(work.session.scalars(wanted))


def task(world: World, ref: str) -> HumanTask:
    with world.work(write=False) as work:
        found = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
        work.session.expunge(found)
        return found


def results(world: World, ref: str) -> dict[str, str]:
    with world.work(write=False) as work:
        row = work.session.scalars(select(Leaving).where(Leaving.ref == ref)).one()
        items = work.session.scalars(select(LeavingItem).where(LeavingItem.leaving_id == row.id))
        return {one.subject: one.result for one in items}


def complete(world: World, ref: str, who: Actor) -> None:
    with world.work(who) as work:
        version = desk.claim(work, ref).version
    with world.work(who) as work:
        moves.complete_task(work, ref, version=version, answers={"note": "x"})


def test_the_dry_run_says_of_every_open_thing_what_becomes_of_it_and_writes_nothing(world: World, cases) -> None:
    leaver, colleague, other = world.people
    # the colleague entered what the leaver holds for checking: to the queue, with the sentence why
    checked = world.case("shared")
    complete(world, world.open_tasks(checked)[0][0], colleague)
    ref_of_check = world.open_tasks(checked)[0][0]
    with world.work(leaver) as work:
        desk.claim(work, ref_of_check)
        handing.delegate(work, cases[1], other.ref)
        pausing.suspend(work, cases[2], _tomorrow(work), "等材料")
    with world.work(other) as work:
        desk.claim(work, cases[5])
        handing.delegate(work, cases[5], leaver.ref)
    with world.work(leaver) as work:
        substitutes.make(work, Wanted(leaver.ref, other.ref, work.today, work.today, "开会"))
    with world.work(world.chief, write=False) as work:
        plan = leaving.plan(work, leaver.ref, to=colleague.ref)
        said = {one.ref: (one.result, one.to) for one in plan.lines}
        assert plan.counts == {TO: 5, QUEUE: 1, OWNER: 1, ENDED: 1}
        assert said[cases[0]] == (TO, "乙")
        assert said[cases[1]] == (TO, "乙")  # delegated: it comes back to the colleague
        assert said[cases[5]] == (OWNER, "丙")
        line = next(one for one in plan.lines if one.ref == ref_of_check)
        assert line.result == QUEUE
        assert "did" in str(line.why)
        assert [one.draft for one in plan.lines if one.ref == cases[0]] == [True]
    assert tasks_of(world, leaver) == {cases[0], cases[2], cases[3], cases[4], cases[5], ref_of_check}


def _tomorrow(work):
    return work.now + timedelta(days=1)


def test_a_hand_over_moves_everything_with_a_receipt_and_what_was_typed_goes_along(world: World, cases) -> None:
    leaver, colleague, _other = world.people
    with world.work(world.chief) as work, pytest.raises(InvalidAnswers):
        leaving.carry_out(work, leaver.ref, to=colleague.ref, reason=" ")
    with world.work(world.chief) as work:
        ref = leaving.carry_out(work, leaver.ref, to=colleague.ref, reason=WHY)
    with world.work(world.chief) as work:
        assert leaving.carry_out(work, leaver.ref, to=colleague.ref, reason=WHY) == ref  # pressed twice
    sweep(world)
    assert tasks_of(world, leaver) == set()
    assert tasks_of(world, colleague) == set(cases[:5])
    with world.work(colleague, write=False) as work:
        moved = work.session.scalars(select(HumanTask).where(HumanTask.ref == cases[0])).one()
        assert (moved.state, desk.draft_of(work, moved)) == ("RESERVED", {"note": "写到一半"})
    with world.work(world.chief, write=False) as work:
        receipt = leaving.receipt(work, ref)
        assert (receipt.state, receipt.done, receipt.total, receipt.counts) == (DONE, 5, 5, {TO: 5})
        assert (receipt.by, receipt.to, receipt.reason) == ("戊", "乙", WHY)
        assert WHY.encode() not in work.session.scalars(select(Leaving.reason)).one()
        told = work.session.scalars(select(Notification).where(Notification.kind == "leaving.moved")).all()
        assert [(one.account_id, one.facts["count"]) for one in told] == [(colleague.user_id, 5)]
        assert [one.ref for one in leaving.listing(work)] == [ref]
        assert list(sealing.verify(work.session, world.home.vault)) == []


def test_a_run_that_is_cut_off_goes_on_where_it_stood(world: World, cases, monkeypatch) -> None:
    leaver, colleague, other = world.people
    monkeypatch.setattr(leaving, "CHUNK", 2)
    with world.work(leaver) as work:
        ref = leaving.carry_out(work, leaver.ref, to=colleague.ref, reason=WHY)
    with world.work(OPERATOR) as work:
        leaving_run.run_some(work, ref)
    assert sorted(results(world, ref).values()) == ["", "", "", TO, TO]
    with world.work(world.chief) as work:  # the world moves on meanwhile
        handing.assign(work, cases[4], other.ref)
    with world.work(OPERATOR) as work:
        closing_refused(work, leaver)
    sweep(world)
    found = results(world, ref)
    assert [found[one] for one in cases[:5]] == [TO, TO, TO, TO, STAYS]
    assert tasks_of(world, other) == {cases[4]}


def closing_refused(work, who: Actor) -> None:
    with pytest.raises(Conflict):
        closing.close(work, work.session.get_one(Account, who.user_id))


def test_who_may_hand_over_is_the_person_and_the_head_and_who_keeps_accounts_sees_figures_alone(world, cases) -> None:
    leaver, colleague, _other = world.people
    with world.work(colleague) as work, pytest.raises(NotPermitted):
        leaving.plan(work, leaver.ref)
    with world.work(world.head) as work, pytest.raises(NotFound):
        leaving.plan(work, leaver.ref)
    with world.work(OPERATOR) as work:
        plan = leaving.plan(work, leaver.ref)
        assert (plan.figures_only, plan.lines, plan.total) == (True, (), 5)
        with pytest.raises(InvalidAnswers):
            leaving.plan(work, leaver.ref, to=colleague.ref)
        leaving.carry_out(work, leaver.ref, reason=WHY)
    sweep(world)
    assert {task(world, ref).state for ref in cases} == {"READY"}


def test_an_account_with_open_work_is_neither_closed_nor_moved_and_the_database_says_so_too(world, cases) -> None:
    leaver = world.people[0]
    with world.work() as work:
        account = work.session.get_one(Account, leaver.user_id)
        with pytest.raises(Conflict, match="5 tasks open"):
            closing.close(work, account)
        with pytest.raises(Conflict, match="5 tasks open"):
            closing.transfer(work, account, organisations.by_code(work, "ms-agency"))
    with world.work(write=False) as work:
        elsewhere = organisations.by_code(work, "ms-agency").id
    for change in ({"state": "DISABLED"}, {"org_id": elsewhere}, {"state": "FILED_NOT"}):
        with pytest.raises(IntegrityError, match="NM-22"), world.work() as work:
            work.session.execute(update(Account).where(Account.id == leaver.user_id).values(**change))
    with world.work(leaver) as work:
        leaving.carry_out(work, leaver.ref, reason=WHY)
    sweep(world)
    with world.work() as work:
        closing.transfer(work, work.session.get_one(Account, leaver.user_id), organisations.by_code(work, "ms-agency"))
    with world.work() as work:
        moved = work.session.get_one(Account, leaver.user_id)
        assert (moved.org_id, staff.actor(work, moved).roles) == (elsewhere, frozenset())
        closing.close(work, moved)
        assert work.session.get_one(Account, leaver.user_id).state == "DISABLED"


def test_an_emergency_lock_is_possible_at_once_and_leaves_the_work_where_it_is(world, cases) -> None:
    leaver = world.people[0]
    with world.work() as work:
        account = work.session.get_one(Account, leaver.user_id)
        staff.lock(work, account)
        with pytest.raises(NotPermitted):
            staff.actor(work, account)
    sweep(world)
    assert tasks_of(world, leaver) == set(cases[:5])
    with world.work(world.chief) as work, pytest.raises(InvalidAnswers):
        handing.assign(work, cases[5], leaver.ref)  # nobody gives work to somebody who cannot come in
    with world.work() as work:
        staff.lift(work, work.session.get_one(Account, leaver.user_id))
        assert staff.actor(work, work.session.get_one(Account, leaver.user_id)).has(HANDLER)
        with pytest.raises(Conflict):
            staff.lift(work, work.session.get_one(Account, leaver.user_id))


def test_substitutions_of_who_leaves_end_on_both_sides(world) -> None:
    leaver, colleague, other = world.people
    for absent, substitute in ((leaver, colleague), (other, leaver)):
        with world.work(absent) as work:
            substitutes.make(work, Wanted(absent.ref, substitute.ref, work.today, work.today, "休假"))
    with world.work(leaver) as work:
        leaving.carry_out(work, leaver.ref, reason=WHY)
    sweep(world)
    with world.work(write=False) as work:
        assert all(one.ended_at for one in work.session.scalars(select(Substitution)))


def test_filters_of_the_office_go_on_under_another_name_and_private_ones_end(world) -> None:
    leaver, colleague, _other = world.people
    with world.work() as work:
        for name, audience in (("我的", "PRIVATE"), ("大家的", "TEAM")):
            work.session.add(
                SavedFilter(owner_id=leaver.user_id, org_id=leaver.org_id, audience=audience, role="", name=name,
                            words={}, position=0, made_at=work.now)
            )  # fmt: skip
    with world.work(leaver, write=False) as work:
        said = {str(one.title): (one.result, one.to) for one in leaving.plan(work, leaver.ref).lines}
        assert said == {"我的": (ENDED, ""), "大家的": (TO, "戊")}  # the head, where nobody is named
    with world.work(leaver) as work:
        leaving.carry_out(work, leaver.ref, to=colleague.ref, reason=WHY)
    sweep(world)
    with world.work(write=False) as work:
        rows = work.session.execute(select(SavedFilter.name, SavedFilter.owner_id)).all()
        assert [tuple(row) for row in rows] == [("大家的", colleague.user_id)]


def test_a_receipt_calls_things_by_their_names_and_shows_a_case_to_who_may_read_it_alone(world, cases) -> None:
    leaver, colleague, other = world.people
    with world.work() as work:
        for name, audience in (("我的", "PRIVATE"), ("大家的", "TEAM")):
            work.session.add(
                SavedFilter(owner_id=leaver.user_id, org_id=leaver.org_id, audience=audience, role="", name=name,
                            words={}, position=0, made_at=work.now)
            )  # fmt: skip
    with world.work(leaver) as work:
        substitutes.make(work, Wanted(leaver.ref, other.ref, work.today, work.today, "开会"))
        handing.delegate(work, cases[1], other.ref)
    with world.work(world.chief) as work:
        ref = leaving.carry_out(work, leaver.ref, to=colleague.ref, reason=WHY)
    sweep(world)
    with world.work(world.chief, write=False) as work:
        lines = leaving.receipt(work, ref).lines
        steps = [one for one in lines if one.kind in ("TASK", "DELEGATED")]
        assert len(steps) == 5
        assert all(str(one.title) and one.case_number and one.case_ref for one in steps)
        assert {str(one.title) for one in lines if one.kind not in ("TASK", "DELEGATED")} == {"甲 → 丙", "大家的", ""}
        ended = [str(one.why) for one in lines if one.kind == "FILTER" and one.result == ENDED]
        assert ended == ["“我的” was theirs alone."]
    with world.work() as work:
        closing.transfer(work, work.session.get_one(Account, leaver.user_id), organisations.by_code(work, "ms-agency"))
    with world.work() as work:
        moved = work.session.get_one(Account, leaver.user_id)
        staff.grant(work, moved, HANDLER)
    with world.work() as work:
        elsewhere = staff.actor(work, work.session.get_one(Account, leaver.user_id))
    with world.work(elsewhere, write=False) as work:  # still their receipt, and nothing of the old office's cases
        lines = leaving.receipt(work, ref).lines
        assert len(lines) == 8
        assert not [one for one in lines if one.case_number or one.case_ref]


def test_somebody_with_nothing_open_has_nothing_to_hand_over(world) -> None:
    fresh = an_account(world.home, _agency(world), HANDLER, login="fresh", name="新人")
    with world.work(world.chief) as work, pytest.raises(Conflict):
        leaving.carry_out(work, fresh.ref, reason=WHY)
    with world.work() as work:
        closing.close(work, work.session.get_one(Account, fresh.id))


def _agency(world: World):
    with world.work() as work:
        return organisations.by_code(work, "ps-agency")


@pytest.mark.slow
def test_a_thousand_open_tasks_go_in_chunks_of_so_many_statements_and_hold_up_nobody(world: World) -> None:
    leaver, colleague, other = world.people
    world.deploy(shared())
    for _chunk in range(20):
        with world.work() as work:
            for _case in range(50):
                world.begin(work, "shared")
    with world.work() as work:
        refs = list(work.session.scalars(select(HumanTask.ref).order_by(HumanTask.id)))
        work.session.execute(
            update(HumanTask).values(state="RESERVED", assignee_id=leaver.user_id, claimed_at=work.now, version=2)
        )
    assert len(refs) == 1000
    with world.counted() as seen, world.work(world.chief, write=False) as work:
        assert leaving.plan(work, leaver.ref, to=colleague.ref).counts == {TO: 1000}
    assert len(seen) <= 40  # two times as many as for five hundred
    with world.counted() as seen, world.work(world.chief) as work:
        ref = leaving.carry_out(work, leaver.ref, to=colleague.ref, reason=WHY)
    assert len([one for one, _more in seen if one.lstrip().startswith("SELECT")]) <= 20
    statements: list[int] = []
    while True:
        with world.counted() as seen, world.work(OPERATOR) as work:
            leaving_run.run_some(work, ref)
        statements.append(len(seen))
        with world.work(write=False) as work:
            if work.session.scalars(select(Leaving.state)).one() == DONE:
                break
        if len(statements) == 3:  # somebody else works on meanwhile
            with world.work(world.chief) as work:
                handing.assign(work, refs[-1], other.ref)
    assert len(statements) == 1000 // leaving.CHUNK + 1
    assert tasks_of(world, leaver) == set()
    assert tasks_of(world, colleague) == set(refs[:-1])
    assert tasks_of(world, other) == {refs[-1]}
    whole = statements[1:-1]
    assert max(whole) - min(whole) <= leaving.CHUNK  # as many at the end as at the beginning
    assert max(statements) <= 13 * leaving.CHUNK  # a task: lock, judge, change, journal, receipt
    with world.work(world.chief, write=False) as work:
        receipt = leaving.receipt(work, ref)
        assert (receipt.counts, receipt.done) == ({TO: 999, STAYS: 1}, 1000)
        told = work.session.scalars(select(Notification).where(Notification.kind == "leaving.moved")).all()
        assert [one.facts["count"] for one in told] == [999]
    with world.work() as work:
        closing.close(work, work.session.get_one(Account, leaver.user_id))
