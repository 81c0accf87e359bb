"""A step that fails after a person's act waits for repair, and nothing of the act is lost; a refusal is a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, update

from domain import journal
from domain.agenda import AgendaItem
from domain.errors import Conflict, InvalidAnswers
from domain.home import Home
from domain.journal import JournalEntry
from domain.parties.accounts import Account
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from scheduler import tick
from tasks import incidents, moves
from tasks.repair import incident_repairs, repairs
from tasks.repair.repairs import VALUES, Repair
from tasks.rows.models import HumanTask
from tests.torture.drawn import Drawing, Node, Scope
from tests.torture.drawn import human as a_person
from tests.torture.world import STAFFED, World, open_world
from workflows import registry
from workflows.instances import CaseWait, Incident

SECRET = "甲某 99010119800101123X"
IDNO = "990101198001011231"


class Fragile:
    """Operations that write a row, and fail or refuse where they are told to."""

    def __init__(self) -> None:
        self.fails: set[str] = set()
        self.refuses: set[str] = set()

    def run(self, call: registry.Call) -> dict[str, Any]:
        journal.of_case(call.work, call.case.ref, "test.wrote", call.case.ref, {"step": call.step_id})
        if call.step_id in self.fails:
            raise ZeroDivisionError(SECRET)
        if call.step_id in self.refuses:
            raise Conflict("The law forbids it.", clause="LN-12")
        return {"ok": True}


@pytest.fixture
def fragile() -> Iterator[Fragile]:
    made, entries = Fragile(), registry.operations()
    assert isinstance(entries, dict)
    entries["test.fragile"] = registry.Operation("test.fragile", "Fragile", "quick", made.run)
    yield made
    del entries["test.fragile"]


@pytest.fixture
def world(database_kind, fresh_place) -> Iterator[World]:
    made = open_world(fresh_place(database_kind, STAFFED))
    yield made
    made.home.engine.dispose()


def service(name: str, inner: str = "") -> Node:
    return Node("serviceTask", name, 'camunda:type="external" camunda:topic="test.fragile"', inner)


def in_a_row(key: str, *nodes: Node, flows: tuple[str, ...] = ()) -> Drawing:
    """Start, the nodes one after the other, end."""
    names = ["S", *(node.id for node in nodes if node.kind != "boundaryEvent"), "E"]
    drawn = [f"{one} {other}" for one, other in pairwise(names)]
    return Drawing(key, Scope([Node("startEvent", "S"), *nodes, Node("endEvent", "E")], flows or drawn))


def begun(world: World, drawing: Drawing) -> tuple[str, str, int]:
    """A case of the drawing, and its first task in hand: case, task, version."""
    world.deploy(drawing)
    case = world.case(drawing.key)
    ((ref, _step, _version),) = world.open_tasks(case)
    return case, ref, world.claim(ref)


def open_incidents(home: Home) -> list[Incident]:
    with unit_of_work(home, OPERATOR, write=False) as work:
        found = list(work.session.scalars(select(Incident).where(Incident.closed_at.is_(None)).order_by(Incident.id)))
        work.session.expunge_all()
        return found


def wrote(home: Home) -> list[str]:
    with unit_of_work(home, OPERATOR, write=False) as work:
        rows = work.session.scalars(
            select(JournalEntry).where(JournalEntry.event == "test.wrote").order_by(JournalEntry.id)
        )
        return [row.body["step"] for row in rows]


def try_again(home: Home) -> tick.Swept:
    """What waits for its next try is tried now."""
    with unit_of_work(home, SCHEDULER) as work:
        work.session.execute(update(AgendaItem).values(not_before=None))
    return tick.sweep(home, "test")


def test_a_failing_step_after_a_persons_act_stands_in_error_and_the_act_is_kept(world, fragile):
    case, task, version = begun(world, in_a_row("p1", a_person("A"), service("one"), service("two"), a_person("B")))
    fragile.fails = {"two"}

    moved = world.complete(task, version)

    assert not moved.completed
    with world.work(write=False) as work:
        done = work.session.scalars(select(HumanTask).where(HumanTask.ref == task)).one()
        assert done.state == "COMPLETED" and done.answers is not None
        assert [(w.kind, w.step_id) for w in work.session.scalars(select(CaseWait))] == [("error", "two")]
    assert wrote(world.home) == ["one"], "what the failing step had written is undone, the step before it is kept"
    (incident,) = open_incidents(world.home)
    assert (incident.step_id, incident.cause, incident.attempts) == ("two", "ZeroDivisionError", 1)
    assert SECRET not in incident.sentence
    assert world.state(case) == "OPEN"

    fragile.fails = set()
    assert try_again(world.home).done == 1
    assert [step for _ref, step, _version in world.open_tasks(case)] == ["B"]
    assert open_incidents(world.home) == []
    assert wrote(world.home) == ["one", "two"]


def test_a_refusal_of_the_rules_refuses_the_persons_act_whole(world, fragile):
    case, task, version = begun(world, in_a_row("p2", a_person("A"), service("one"), service("two")))
    fragile.refuses = {"two"}
    with pytest.raises(Conflict, match="forbids") as refused:
        world.complete(task, version)
    assert refused.value.clause == "LN-12"
    assert [step for _ref, step, _version in world.open_tasks(case)] == ["A"]
    assert wrote(world.home) == [] and open_incidents(world.home) == []


def test_a_step_that_fails_while_its_token_leaves_is_undone_and_stands_in_error(world, fragile):
    timer = "<bpmn:timerEventDefinition><bpmn:timeDate>=nothing_of_the_kind</bpmn:timeDate></bpmn:timerEventDefinition>"
    late = Node("intermediateCatchEvent", "late", inner=timer)
    case, task, version = begun(world, in_a_row("p3", a_person("A"), service("one"), late))
    world.complete(task, version)
    (incident,) = open_incidents(world.home)
    assert incident.step_id == "one", "the step in hand when the timer could not be planned"
    assert wrote(world.home) == []
    with unit_of_work(world.home, OPERATOR) as work:
        incident_repairs.put_values(
            work, incident.ref, {"nothing_of_the_kind": "2099-01-01T00:00:00Z"}, "It was left out."
        )
    assert wrote(world.home) == ["one"]
    assert open_incidents(world.home) == []
    with world.work(write=False) as work:
        assert [row.kind for row in work.session.scalars(select(CaseWait))] == ["timer"]
    assert world.state(case) == "OPEN"


def test_it_is_parked_after_three_tries_and_slows_nobody(world, fragile):
    case, task, version = begun(world, in_a_row("p4", a_person("A"), service("one")))
    fragile.fails = {"one"}
    world.complete(task, version)
    for _time in range(2):
        assert try_again(world.home).postponed == 1
    (incident,) = open_incidents(world.home)
    assert incident.attempts == 3
    with world.work(write=False) as work:
        item = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == "step.retry")).one()
        assert (item.parked, item.attempts) == (True, 3)
    assert try_again(world.home) == tick.Swept()

    others = [world.case("p4") for _number in range(5)]
    fragile.fails = set()
    for other in others:
        ((ref, _step, _version),) = world.open_tasks(other)
        world.complete(ref, world.claim(ref))
    assert {world.state(other) for other in others} == {"DONE"}
    with unit_of_work(world.home, OPERATOR) as work:
        assert incidents.retry(work, incident.ref) == 1
    tick.sweep(world.home, "test")
    assert world.state(case) == "DONE" and open_incidents(world.home) == []


def test_a_case_that_runs_in_circles_is_held_before_its_first_step(world, monkeypatch):
    script = Node("scriptTask", "around", inner="<bpmn:script>n = 1</bpmn:script>")
    gate = Node("exclusiveGateway", "G", 'default="G_around"')
    flows = ("S A", "A around", "around G", "G around", "G E n = 2")
    case, task, version = begun(world, in_a_row("p5", a_person("A"), script, gate, flows=flows))
    monkeypatch.setattr("workflows.engine.Run.advance.__kwdefaults__", {"max_steps": 200, "max_seconds": 5.0})
    world.complete(task, version)
    (incident,) = open_incidents(world.home)
    assert (incident.step_id, incident.cause) == ("around", "BudgetExceeded")
    assert world.open_tasks(case) == []
    assert try_again(world.home).postponed == 1


def test_an_operator_skips_the_step_with_a_reason_that_is_sealed(world, fragile):
    case, task, version = begun(world, in_a_row("p6", a_person("A"), service("one"), a_person("B")))
    fragile.fails = {"one"}
    world.complete(task, version)
    (incident,) = open_incidents(world.home)
    with unit_of_work(world.home, OPERATOR) as work:
        assert incident_repairs.choices(work, incident.ref).failing
        incident_repairs.skip(work, incident.ref, SECRET)
    assert [step for _ref, step, _version in world.open_tasks(case)] == ["B"]
    with world.work(write=False) as work:
        row = work.session.scalars(select(Incident)).one()
        assert (row.outcome, row.closed_at is not None) == ("skipped", True)
        assert work.home.vault.open("incident.reason", row.ref, row.reason) == SECRET
        events = list(work.session.scalars(select(JournalEntry.event).order_by(JournalEntry.id)))
        assert "incident.skipped" in events and "incident.closed" in events
        assert work.session.scalars(select(AgendaItem).where(AgendaItem.kind == "step.retry")).all() == []
        assert work.session.scalars(select(Account).limit(1)).first() is not None


def test_a_failure_becomes_the_business_error_that_the_drawing_catches(world, fragile):
    caught = Node("boundaryEvent", "caught", 'attachedToRef="one"',
                  '<bpmn:errorEventDefinition errorRef="Er"/>')  # fmt: skip
    flows = ("S A", "A one", "one E", "caught B", "B E")
    drawing = in_a_row("p7", a_person("A"), service("one"), caught, a_person("B"), flows=flows)
    drawing = Drawing(drawing.key, drawing.scope, '<bpmn:error id="Er" name="away" errorCode="away"/>')
    case, task, version = begun(world, drawing)
    fragile.fails = {"one"}
    world.complete(task, version)
    (incident,) = open_incidents(world.home)
    with unit_of_work(world.home, OPERATOR) as work:
        assert [one.code for one in incident_repairs.choices(work, incident.ref).catchers] == ["away"]
        with pytest.raises(Conflict, match="catches"):
            incident_repairs.map_error(work, incident.ref, "other", "because")
    with unit_of_work(world.home, OPERATOR) as work:
        incident_repairs.map_error(work, incident.ref, "away", "The source is away for good.")
    assert [step for _ref, step, _version in world.open_tasks(case)] == ["B"]
    assert open_incidents(world.home) == []


def test_a_cancelled_case_has_no_incident_left(world, fragile):
    case, task, version = begun(world, in_a_row("p8", a_person("A"), service("one")))
    fragile.fails = {"one"}
    world.complete(task, version)
    with world.work(world.head) as work:
        moves.cancel_case(work, case, "It is not needed any more.")
    assert open_incidents(world.home) == []
    assert try_again(world.home) == tick.Swept()


def test_a_step_in_error_of_a_case_on_hold_stays_an_incident_until_it_is_done(world, fragile):
    case, task, version = begun(world, in_a_row("p9", a_person("A"), service("one")))
    fragile.fails = {"one"}
    world.complete(task, version)
    with world.work(world.head) as work:
        repairs.suspend(work, case, "来函更正")

    try_again(world.home)
    assert [one.step_id for one in open_incidents(world.home)] == ["one"], "nothing was tried, so nothing is done"

    fragile.fails = set()
    with world.work(world.head) as work:
        repairs.resume(work, case)
    try_again(world.home)
    assert world.state(case) == "DONE" and open_incidents(world.home) == []


def test_an_operator_writes_over_no_value_that_is_not_shown(world, fragile):
    case, _task, _claimed = begun(world, in_a_row("p10", a_person("A"), service("one")))
    with world.work(world.head) as work:
        repairs.repair(work, case, Repair(VALUES, values={"who": SECRET, "members": [1, 2], "idno": IDNO}), "来函更正")
    fragile.fails = {"one"}
    ((task, _step, version),) = world.open_tasks(case)
    world.complete(task, version)
    (incident,) = open_incidents(world.home)
    with unit_of_work(world.home, OPERATOR, write=False) as work:
        assert IDNO not in str(incident_repairs.choices(work, incident.ref).values)
    for name in ("who", "members", "idno", "case"):
        with pytest.raises(Conflict, match="by hand"), unit_of_work(world.home, OPERATOR) as work:
            incident_repairs.put_values(work, incident.ref, {name: 0}, "so")
        with pytest.raises(Conflict, match="by hand"), unit_of_work(world.home, OPERATOR) as work:
            incident_repairs.skip(work, incident.ref, "so", result={name: 0})
    with pytest.raises(InvalidAnswers):
        incident_repairs.read_values(f"idno = {IDNO}")
    assert incident_repairs.read_values("share = 0.3333333333") == {"share": 0.3333333333}
    fragile.fails = set()
    with unit_of_work(world.home, OPERATOR) as work:
        incident_repairs.put_values(work, incident.ref, {"sources": 2}, "so")
    assert world.state(case) == "DONE"
