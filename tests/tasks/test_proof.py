"""The nightly proof: what separation of duties forbids is found when it happened all the same, by other means."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from domain.errors import NotPermitted
from domain.parties import kin, staff
from domain.parties.accounts import Account
from domain.work import OPERATOR, unit_of_work
from scheduler import duties, recurring, tick
from tasks.desk import pausing
from tasks.proof import proof, proof_rules
from tasks.rows.notice_rows import Notification
from tasks.rows.proof_models import SeparationProof, SeparationViolation
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.support import an_account
from tests.torture.drawn import shared
from tests.torture.world import World


def sweep(world: World) -> None:
    while tick.sweep(world.home, "test", most=200).done:
        pass


def next_day(world: World, days: int = 1) -> None:
    with world.work(write=False) as work:
        at = work.now + timedelta(days=days)
    tick.advance_to(world.home, at, "test")


def complete(world: World, case: str, who: int) -> str:
    """The open task of a case is done by a handler; its ref."""
    ref = world.open_tasks(case)[0][0]
    version = world.claim(ref, who)
    world.complete(ref, version, {"note": "x"}, who)
    return ref


def proofs(world: World) -> list[SeparationProof]:
    with world.work(write=False) as work:
        found = list(work.session.scalars(select(SeparationProof).order_by(SeparationProof.id)))
        work.session.expunge_all()
        return found


def violated(world: World) -> list[tuple[str, str, str, int]]:
    with world.work(write=False) as work:
        rows = work.session.scalars(select(SeparationViolation).order_by(SeparationViolation.id))
        return [(one.rule, one.step, one.other_step, one.account_id) for one in rows]


@pytest.fixture
def two_eyes(world: World) -> tuple[str, str, str]:
    """A case whose first two steps were done by two people; its ref and the refs of the two tasks."""
    world.deploy(shared())
    case = world.case("shared")
    return case, complete(world, case, 0), complete(world, case, 1)


def test_an_office_day_on_which_everything_was_right_leaves_one_row_that_says_so(world: World, two_eyes) -> None:
    next_day(world)
    rows = proofs(world)
    assert [(one.scope, one.tasks, one.cases, one.violations) for one in rows] == [("NEW", 2, 1, 0)]
    next_day(world)
    assert [one.tasks for one in proofs(world)] == [2, 0]  # the next one looks at what is new alone
    assert violated(world) == []


def test_a_violation_that_was_written_past_the_program_is_found_and_told(world: World, two_eyes) -> None:
    _case, _entered, checked = two_eyes
    with world.work() as work:
        bureau = staff.by_login(work, "owner0").org_id
    watcher = an_account_in(world, bureau)
    with world.work() as work:
        work.session.execute(
            text("UPDATE human_task SET completed_by = :who WHERE ref = :ref"),
            {"who": world.people[0].user_id, "ref": checked},
        )
    next_day(world)
    assert proofs(world)[0].violations == 3
    # the journal still names who did it in truth
    who, other = world.people[0].user_id, world.people[1].user_id
    assert set(violated(world)) == {
        ("PAIR", "check", "enter", who), ("JOURNAL", "check", "", who), ("JOURNAL", "check", "", other),
    }  # fmt: skip
    with world.work(write=False) as work:
        told = work.session.scalars(select(Notification).where(Notification.kind == "separation.violated")).all()
        assert [(one.account_id, one.facts["count"]) for one in told] == [(watcher, 3)]
    next_day(world)
    assert [one.violations for one in proofs(world)] == [3, 0]  # told once


def test_a_completed_task_that_the_journal_knows_nothing_of_is_found(world: World) -> None:
    world.deploy(shared())
    case = world.case("shared")
    done = world.open_tasks(case)[0][0]
    with world.work() as work:  # as somebody would who writes into the database
        work.session.execute(
            text("UPDATE human_task SET state = 'COMPLETED', completed_by = :who, completed_at = opened_at,"
                 " answers = :no WHERE ref = :ref"),
            {"who": world.people[0].user_id, "ref": done, "no": b""},
        )  # fmt: skip
    next_day(world)
    assert violated(world) == [("JOURNAL", "enter", "", world.people[0].user_id)]
    next_day(world)
    assert [one.violations for one in proofs(world)] == [1, 0]  # told once


def an_account_in(world: World, org_id: int) -> int:
    return an_account(world.home, SimpleNamespace(id=org_id), "oversight", login="watcher", name="督").id  # type: ignore[arg-type]


def test_whoever_represents_somebody_and_whoever_let_the_other_half_pass_is_found_as_well(world: World) -> None:
    world.deploy(shared())
    case = world.case("shared")
    entered = complete(world, case, 0)
    checked = complete(world, case, 1)
    with world.work() as work:
        work.session.execute(
            text("UPDATE human_task SET done_for = :who WHERE ref = :ref"),
            {"who": world.people[0].user_id, "ref": checked},
        )
    other = world.case("shared")
    ref = world.open_tasks(other)[0][0]
    with world.work(world.chief) as work:
        pausing.skip(work, ref, "不用录入")
    second = complete(world, other, 1)
    with world.work() as work:
        work.session.execute(
            text("UPDATE human_task SET completed_by = :who WHERE ref = :ref"),
            {"who": world.chief.user_id, "ref": second},
        )
    assert entered
    next_day(world)
    found = {(rule, step, who) for rule, step, _other, who in violated(world) if rule != "JOURNAL"}
    assert found == {("PAIR", "check", world.people[0].user_id), ("PASSED", "check", world.chief.user_id)}


def test_everything_is_looked_at_on_demand_by_those_who_watch_alone(world: World, two_eyes) -> None:
    _case, entered, _checked = two_eyes
    next_day(world, 3)
    with world.work() as work:  # an old row is changed long after its proof
        work.session.execute(
            text("UPDATE human_task SET completed_by = :who WHERE ref = :ref"),
            {"who": world.people[1].user_id, "ref": entered},
        )
    next_day(world)
    assert violated(world) == []
    with world.work(world.chief) as work, pytest.raises(NotPermitted):
        proof.ask(work)
    with world.work() as work:
        proof.ask(work)
    sweep(world)
    assert proofs(world)[-1].scope == "ALL"
    assert ("PAIR", "check", "enter", world.people[1].user_id) in violated(world)


def test_a_machine_that_was_down_proves_once_for_all_the_days(world: World, two_eyes) -> None:
    with world.work() as work:
        recurring.plan(work, world.home.row(work.session))
        work.session.execute(text("UPDATE home SET stopped_at = :at"), {"at": _later(work)})
    sweep(world)
    assert [one.tasks for one in proofs(world)] == [2]
    sweep(world)
    assert len(proofs(world)) == 1


def _later(work):
    at = work.now + timedelta(days=9)
    return at.replace(tzinfo=None) if work.session.get_bind().dialect.name == "sqlite" else at


def test_a_relative_declared_before_is_found_and_one_declared_afterwards_is_not(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    with story.work() as work:
        person = story.members(work)[0]
        number = story.office.home.vault.open("person.idno", person.ref, person.idno)
        account = work.session.get_one(Account, office.actor("town").user_id)
        kin._keep(replace(work, now=work.now + timedelta(hours=1)), account, "SIBLING", "兄", number)
    run(office)
    assert found_in(office) == []
    with story.work() as work:
        work.session.execute(
            text("UPDATE account_kin SET declared_at = '2020-01-01 00:00:00' WHERE relation = 'SIBLING'")
        )
        proof.ask(work.acting(OPERATOR))
    office.sweep()
    assert found_in(office) == [("NEAR", "intake")]


def run(office: Office) -> None:
    with story_work(office) as work:
        proof.ask(work)
    office.sweep()


def story_work(office: Office):
    return unit_of_work(office.home, OPERATOR)


def found_in(office: Office) -> list[tuple[str, str]]:
    with story_work(office) as work:
        rows = work.session.scalars(select(SeparationViolation).order_by(SeparationViolation.id))
        return [(one.rule, one.step) for one in rows]


def test_what_a_file_keeps_apart_is_read_both_ways_round() -> None:
    read = proof_rules.apart_in([shared().xml()])
    assert read == {
        "enter": {"check": "PAIR"}, "check": {"enter": "PAIR"}, "sign": {"file": "GROUP"}, "file": {"sign": "GROUP"},
    }  # fmt: skip


def test_the_duties_of_the_day_are_planned_once_and_known(world: World) -> None:
    assert set(recurring.DAILY) <= set(duties.DUTIES)
    for _time in range(2):
        with world.work() as work:
            recurring.plan(work, world.home.row(work.session))
    with world.work(write=False) as work:
        keys = work.session.execute(text("SELECT key FROM agenda_item WHERE kind = 'separation.proof'")).scalars()
        assert sorted(keys) == ["separation.proof:2027-06-16"]
