"""Every way a task can come to somebody, or count as theirs, asks separation of duties: of whoever acts, of whom they
stand in for, and of whom it is given to. A new operation of the table of a task's life has to be named here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from domain.errors import HouseError
from domain.parties import staff, substitutes
from domain.parties.substitutes import Wanted
from domain.work import Actor
from scheduler import tick
from tasks import life, moves, on_behalf
from tasks.batches import batch_undo, batches, task_kinds
from tasks.desk import desk, handing, pausing
from tasks.finding.task_choice import TaskChoice
from tasks.leaving import leaving
from tasks.proof import proof
from tasks.rows.models import HumanTask
from tasks.rows.proof_models import SeparationViolation
from tests.torture.drawn import Drawing, Node, Scope, end, human, start
from tests.torture.world import World

WHY = "补充说明"


def side_by_side() -> Drawing:
    """Two steps at once of which nobody does both; the second may be skipped and given up."""
    said = (
        "<bpmn:extensionElements><camunda:properties>"
        '<camunda:property name="separate-from" value="one" /><camunda:property name="skippable" value="yes" />'
        "</camunda:properties></bpmn:extensionElements>"
    )
    named = said.replace('"skippable" value="yes"', '"nominate" value="yes"')
    nodes = [
        start(), Node("parallelGateway", "fork"), human("one"), human("two", said), human("named", named),
        Node("boundaryEvent", "gone", 'attachedToRef="two"', '<bpmn:errorEventDefinition errorRef="away" />'),
        end(), end("e2"), end("e3"), end("e4"),
    ]  # fmt: skip
    flows = ["start fork", "fork one", "fork two", "fork named", "one end", "two e2", "gone e3", "named e4"]
    return Drawing("sides", Scope(nodes, flows), '<bpmn:error id="away" name="away" errorCode="away" />')


@dataclass
class Sides:
    """A case of it; `who` did the first step, or will; `other` did nothing."""

    world: World
    case: str
    refs: dict[str, str]

    @property
    def who(self) -> Actor:
        return self.world.people[0]

    @property
    def other(self) -> Actor:
        return self.world.people[1]

    @property
    def third(self) -> Actor:
        return self.world.people[2]

    @property
    def two(self) -> str:
        return self.refs["two"]

    def act(self, actor: Actor, verb: Callable[..., object], *more: object, step: str = "two", **named: object) -> None:
        with self.world.work(actor) as work:
            verb(work, self.refs[step], *more, **named)

    def version(self, step: str = "two") -> int:
        return next(version for ref, _step, version in self.world.open_tasks(self.case) if ref == self.refs[step])

    def first_half(self) -> None:
        """`who` does the first step."""
        self.act(self.who, desk.claim, step="one")
        self.act(self.who, moves.complete_task, step="one", version=self.version("one"), answers={"note": "x"})


@pytest.fixture
def sides(world: World) -> Sides:
    world.deploy(side_by_side())
    case = world.case("sides")
    return Sides(world, case, {step: ref for ref, step, _version in world.open_tasks(case)})


def _held_first(sides: Sides) -> None:
    """`who` holds the second step when they do the first."""
    sides.act(sides.who, desk.claim)
    sides.first_half()


def _claim(sides: Sides) -> None:
    sides.first_half()
    sides.act(sides.who, desk.claim)


def _start(sides: Sides) -> None:
    sides.first_half()
    sides.act(sides.who, pausing.start)


def _by_other(verb: Callable[..., object]) -> Callable[[Sides], None]:
    def play(sides: Sides) -> None:
        sides.first_half()
        sides.act(sides.other, desk.claim)
        sides.act(sides.other, verb, sides.who.ref)

    return play


def _assign(sides: Sides) -> None:
    sides.first_half()
    sides.act(sides.world.chief, handing.assign, sides.who.ref)


def _nominate(sides: Sides) -> None:
    sides.first_half()
    sides.act(sides.world.chief, handing.nominate, [sides.who.ref], step="named")


def _comes_back(verb: Callable[..., object], *, by_owner: bool) -> Callable[[Sides], None]:
    def play(sides: Sides) -> None:
        sides.act(sides.who, desk.claim)
        sides.act(sides.who, handing.delegate, sides.other.ref)
        sides.first_half()
        sides.act(sides.who if by_owner else sides.other, verb)

    return play


def _complete(sides: Sides) -> None:
    _held_first(sides)
    sides.act(sides.who, moves.complete_task, version=sides.version(), answers={"note": "x"})


def _skip(sides: Sides) -> None:
    _held_first(sides)
    sides.act(sides.who, pausing.skip, WHY)


def _fail(sides: Sides) -> None:
    _held_first(sides)
    sides.act(sides.who, pausing.fail, WHY, code="away")


def _substitute(sides: Sides) -> None:
    sides.first_half()
    _stands_in(sides, sides.who, sides.other)
    # no right of their own: they act for whom they stand in for
    with sides.world.work() as work:
        staff.grant(work, staff.by_ref(work, sides.other.ref), "archivist")
        staff.revoke(work, staff.by_ref(work, sides.other.ref), "agency_handler")
        actor = staff.actor(work, staff.by_ref(work, sides.other.ref))
    sides.act(actor, desk.claim)


def _for_the_absent(sides: Sides) -> None:
    """Who did the first step stands in for somebody who holds the second."""
    sides.act(sides.other, desk.claim)
    sides.first_half()
    _stands_in(sides, sides.other, sides.who)
    with sides.world.work(write=False) as work:
        actor = staff.actor(work, staff.by_ref(work, sides.who.ref))
    sides.act(actor, moves.complete_task, version=sides.version(), answers={"note": "x"})


def _stands_in(sides: Sides, absent: Actor, substitute: Actor) -> None:
    with sides.world.work(absent) as work:
        substitutes.make(work, Wanted(absent.ref, substitute.ref, work.today, work.today, WHY))


def _on_behalf(sides: Sides) -> None:
    sides.first_half()
    sides.act(
        sides.world.chief, on_behalf.complete_for, version=sides.version(), account=sides.who.ref,
        answers={"note": "x"}, reason=WHY,
    )  # fmt: skip


def _leaving(sides: Sides) -> None:
    sides.act(sides.other, desk.claim)
    sides.first_half()
    with sides.world.work(sides.other) as work:
        leaving.carry_out(work, sides.other.ref, to=sides.who.ref, reason=WHY)
    while tick.sweep(sides.world.home, "test", most=50).done:
        pass


def _many(sides: Sides, actor: Actor, kind: str, **params: object) -> str:
    """Something done to the second step as one of many."""
    task_kinds.register_all()
    with sides.world.work(actor) as work:
        chosen = TaskChoice(refs=(sides.two,), office=actor is sides.world.chief)
        ref = batches.draft(work, kind, params, chosen, WHY)
    _sweep(sides)
    try:
        with sides.world.work(actor) as work:
            batches.run(work, ref)
    finally:
        _sweep(sides)
    return ref


def _sweep(sides: Sides) -> None:
    while tick.sweep(sides.world.home, "test", most=50).done:
        pass


def _batch_claim(sides: Sides) -> None:
    sides.first_half()
    _many(sides, sides.who, task_kinds.CLAIM)


def _batch_assign(sides: Sides) -> None:
    sides.first_half()
    _many(sides, sides.world.chief, task_kinds.ASSIGN, people=[sides.who.ref])


def _restore(sides: Sides) -> None:
    """A batch took it from them; it is taken back after they did the first half."""
    sides.act(sides.who, desk.claim)
    ref = _many(sides, sides.world.chief, task_kinds.ASSIGN, people=[sides.other.ref])
    sides.first_half()
    with sides.world.work(sides.world.chief) as work:
        batch_undo.undo(work, ref)
    _sweep(sides)


# what can make a task somebody's, or count as done by them: each is tried by, for or towards who did the other half
OPERATIONS: dict[str, Callable[[Sides], None]] = {
    life.CLAIM: _claim, life.START: _start, life.DELEGATE: _by_other(handing.delegate),
    life.FORWARD: _by_other(handing.forward), life.ASSIGN: _assign, life.NOMINATE: _nominate,
    life.HAND_BACK: _comes_back(handing.hand_back, by_owner=False),
    life.RECALL: _comes_back(handing.recall, by_owner=True), life.COMPLETE: _complete, life.SKIP: _skip,
    life.FAIL: _fail, life.RESTORE: _restore,
}  # fmt: skip
# these change nobody's hands: whoever holds the task held it before, and completing it asks again
CHANGES_NO_HANDS = {
    life.STOP, life.RELEASE, life.DRAFT, life.SUSPEND, life.RESUME, life.PRIORITY, life.BREAK, life.MEND, life.EXIT
}  # fmt: skip
WAYS: dict[str, Callable[[Sides], None]] = {
    **OPERATIONS, "claimed for an absent person": _substitute, "completed for an absent person": _for_the_absent,
    "completed on behalf": _on_behalf, "handed over by who leaves": _leaving,
    "claimed among many": _batch_claim, "assigned among many": _batch_assign,
}  # fmt: skip


# these do what may be done and say the rest elsewhere: it is nobody's then
QUIET = (life.HAND_BACK, "handed over by who leaves", "claimed among many",
         "assigned among many")  # fmt: skip


def test_every_operation_that_brings_a_task_to_somebody_is_tried_here() -> None:
    assert set(OPERATIONS) | CHANGES_NO_HANDS == set(life.OPERATIONS)
    assert not set(OPERATIONS) & CHANGES_NO_HANDS
    # who says a person with it brings it to that person
    assert {row.operation for row in life.TABLE if "person" in row.needs} <= set(OPERATIONS)


@pytest.mark.parametrize("way", WAYS)
def test_no_way_brings_both_halves_to_one_person(sides: Sides, way: str) -> None:
    said = ""
    try:
        WAYS[way](sides)
    except HouseError as refusal:
        said = str(refusal) + "".join(str(one) for one in getattr(refusal, "fields", {}).values())
    with sides.world.work(write=False) as work:
        row = work.session.scalars(select(HumanTask).where(HumanTask.ref == sides.two)).one()
        work.session.expunge(row)
    counted = {row.completed_by, row.done_for}
    assert sides.who.user_id not in counted, said
    if way not in (life.COMPLETE, life.SKIP, life.FAIL):  # held before the first half was done
        assert row.assignee_id != sides.who.user_id
        assert row.held_for != sides.who.user_id
    assert row.state not in ("OBSOLETE", "FAILED")
    if way == life.RESTORE:
        assert row.assignee_id == sides.other.user_id
    elif way in QUIET:
        assert row.state == "READY"
    else:
        assert "did “" in said or "completed “" in said or "second person" in said, (way, said)
    # and the other program, which shares nothing with this one, finds nothing either
    with sides.world.work() as work:
        proof.ask(work)
    while tick.sweep(sides.world.home, "test", most=50).done:
        pass
    with sides.world.work(write=False) as work:
        assert work.session.scalars(select(SeparationViolation)).all() == []


def test_a_head_who_did_one_half_repairs_the_other_as_little_as_anybody(sides: Sides) -> None:
    head = sides.world.chief
    sides.act(sides.other, desk.claim, step="one")
    sides.act(sides.other, desk.release, step="one")
    version = sides.version("one")
    sides.act(head, on_behalf.complete_for, step="one", version=version, account=sides.who.ref,
              answers={"note": "x"}, reason=WHY)  # fmt: skip
    with pytest.raises(HouseError, match="second person"):
        sides.act(head, on_behalf.complete_for, version=sides.version(), account=sides.other.ref,
                  answers={"note": "x"}, reason=WHY)  # fmt: skip
    with pytest.raises(HouseError, match="second person"):
        sides.act(head, pausing.skip, WHY)
